"""Tables and pools of workers that several tests of a module share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from regiolog.sync.queries.workers import QueryWorkers
from tests.sync.tables import said, write


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three hundred statements."""
    path = tmp_path_factory.mktemp("table") / "statements.sqlite"
    write(path, {1: [said(f"s{number}", str(number)) for number in range(300)]})
    return path


@pytest.fixture(scope="module")
def workers(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[QueryWorkers]:
    """Two workers with room enough."""
    with QueryWorkers(table, spool=tmp_path_factory.mktemp("spool"), memory_bytes=1 << 30) as pool:
        yield pool
