"""A harvester among a thousand: pages of the feeds come whole, or not at all and with a reason."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from regiolog.publisher.settings import SERVERS
from tests.journeys import conftest
from tests.processes import Served, prepared
from tests.sockets import Connection, Heard

CROWD = 1_000
FORMS = ("text/turtle", "application/n-quads", "application/ld+json", "*/*")
ASKED = [
    *((path, form) for path in ("feed", "feed/branch/1", "feed/1", "feed/5", "feed/13") for form in FORMS),
    ("changes?page=2", "application/cloudevents-batch+json"),
    ("changes?page=3", "application/atom+xml"),
    ("log/entries?after=0", "*/*"),
]
"""What the crowd asks for, one after another: the path, and in which form."""


@pytest.fixture(scope="module", params=SERVERS)
def service(
    request: pytest.FixtureRequest, served: conftest.Served, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """The register, served by each of the two servers, with nothing written down yet."""
    data = prepared(served.data, tmp_path_factory.mktemp("crowd"))
    with Served(data, server=request.param) as running:
        yield running


def fetched(service: Served, path: str, form: str) -> Heard:
    """What comes of one request."""
    with Connection(service.port, seconds=60) as connection:
        connection.get(path, Accept=form)
        return connection.hear()


def test_a_thousand_at_once(service: Served) -> None:
    """Each gets a whole page, or is told to come back; pages that are the same are the same bytes."""
    asked = [ASKED[number % len(ASKED)] for number in range(CROWD)]
    with ExitStack() as stack:
        crowd = [stack.enter_context(Connection(service.port, seconds=60)) for _ in asked]
        for connection, (path, form) in zip(crowd, asked, strict=True):
            connection.get(path, Accept=form)
        answers = [connection.hear() for connection in crowd]
    statuses = Counter(answer.status for answer in answers)
    assert set(statuses) <= {200, 429, 503}, statuses
    assert statuses[200] > 0
    bodies: dict[tuple[str, str], bytes] = {}
    for (path, form), answer in zip(asked, answers, strict=True):
        assert answer.is_whole
        if answer.status == 200:
            assert bodies.setdefault((path, form), answer.body) == answer.body
        else:
            assert b'"detail"' in answer.body
            assert answer.headers["retry-after"].isdecimal()
    for (path, form), body in bodies.items():
        assert fetched(service, path, form).body == body


def test_clients_that_hang_hold_nobody(service: Served) -> None:
    """Many who ask for a long page and take nothing of it; whoever takes it is answered, and they get theirs whole."""
    with ExitStack() as stack:
        crowd = [stack.enter_context(Connection(service.port, seconds=60, takes=4_096)) for _ in range(60)]
        for connection in crowd:
            connection.get("feed/5", Accept="application/n-quads")
        for connection in crowd:
            connection.take(1)
        began = time.monotonic()
        assert fetched(service, "feed", "text/turtle").status == 200
        assert fetched(service, "feed/2", "text/turtle").is_whole
        assert time.monotonic() - began < 10
        answers = [connection.hear() for connection in crowd]
    assert {answer.status for answer in answers} <= {200, 429, 503}
    assert all(answer.is_whole for answer in answers)
    assert any(answer.status == 200 for answer in answers)
