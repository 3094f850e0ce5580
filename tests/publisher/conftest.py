"""The Flemish register, served as on 1 June 2026, and clients of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from regiolog.publisher.app import create_app
from regiolog.publisher.beginning import load_archive
from regiolog.publisher.service import Service
from regiolog.publisher.settings import Settings
from regiolog.sync.folder import Folder
from tests.builders import TurnedClock

Rows = list[dict[str, str]]
Ask = Callable[..., Rows]


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A register with the archive that ships."""
    data = tmp_path_factory.mktemp("register")
    clock = TurnedClock(datetime(2026, 6, 1, 12, tzinfo=UTC))
    folder = Folder(data, create=True, clock=clock)
    load_archive(folder.journal, None, clock=clock)
    folder.close()
    with Service.open(Settings(data=data), clock=clock) as opened:
        yield opened


@pytest.fixture(scope="session")
def app(service: Service) -> Flask:
    """The application."""
    return create_app(service)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Somebody who asks."""
    return app.test_client()


@pytest.fixture
def ask(client: FlaskClient) -> Ask:
    """Ask a named query for its rows; ``from_`` stands for the parameter that Python has a keyword for."""

    def rows(name: str, **given: Any) -> Rows:
        parameters = {key.rstrip("_"): value for key, value in given.items()}
        answer = client.get(f"/query/{name}.csv", query_string=parameters)
        assert answer.status_code == 200, answer.text
        return list(csv.DictReader(io.StringIO(answer.text, newline="")))

    return rows
