"""Killed in the midst of an answer, or out of room: a client sees an error, never half a body as a whole."""

from __future__ import annotations

import gzip
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import pytest

from regiolog.publisher.settings import SERVERS
from tests.journeys import conftest
from tests.processes import Served, prepared
from tests.sockets import Connection, Heard

RUNAWAY = quote("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }")
LONG = quote("SELECT * { ?s ?p ?o . ?x a ?y } LIMIT ") + "{}"
CHANCE = quote("SELECT (STRUUID() AS ?u) { ?s ?p ?o . ?x a ?y } LIMIT 500000")
SLOWLY = 4_096
"""Bytes that a slow reader holds."""
BUFFERED = 5_000_000
"""As many bytes as the system may hold itself, and still sends when the process is gone."""


@pytest.fixture(scope="module", params=SERVERS)
def service(
    request: pytest.FixtureRequest, served: conftest.Served, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """The register, served by each of the two servers."""
    data = prepared(served.data, tmp_path_factory.mktemp("cut off"))
    with Served(data, "--deadline", 60, server=request.param, share="60") as running:
        yield running


def heard(service: Served, path: str, **headers: str) -> Heard:
    """What a bare socket hears."""
    with Connection(service.port, seconds=60) as connection:
        connection.get(path, **headers)
        return connection.hear()


def spooled(service: Served) -> list[str]:
    """What is in the spool: files that have a name, and those that are only held open."""
    held = []
    for entry in Path(f"/proc/{service.http}/fd").iterdir():
        try:
            target = str(entry.readlink())
        except OSError:
            continue
        if str(service.data / "spool") in target and "deleted" in target:
            held.append(target)
    return held + [str(path) for path in (service.data / "spool").rglob("*") if path.is_file()]


def eventually(so: Callable[[], bool], within: float = 30) -> bool:
    """Whether something comes true in time."""
    patience = time.monotonic() + within
    while not so() and time.monotonic() < patience:
        time.sleep(0.1)
    return so()


def test_a_query_whose_worker_is_killed_is_a_whole_problem(service: Served) -> None:
    """In the midst of evaluating: 503, with all of its body, and the next query is answered."""
    assert heard(service, "sparql?query=ASK%7B%7D").status == 200
    found: list[Heard] = []
    asking = threading.Thread(target=lambda: found.append(heard(service, f"sparql?query={RUNAWAY}")))
    asking.start()
    time.sleep(1)
    for worker in service.query_workers:
        os.kill(worker, signal.SIGKILL)
    asking.join()
    (answer,) = found
    assert (answer.status, answer.headers["content-type"]) == (503, "application/problem+json")
    assert answer.is_whole
    assert "ended the query" in json.loads(answer.body)["detail"]
    assert heard(service, "sparql?query=ASK%7B%7D%23again").status == 200


LONG_ANSWERS: tuple[tuple[str, dict[str, str]], ...] = (
    (f"sparql?query={LONG.format(100_000)}", {}),
    (f"sparql?query={LONG.format(100_001)}", {"Accept": "application/sparql-results+xml"}),
    (f"sparql?query={CHANCE}", {"Accept": "text/csv", "Accept-Encoding": "gzip"}),
    ("graph/history.nt", {}),
    ("graph/history.nt", {"Accept-Encoding": "gzip"}),
)


def test_answers_whose_process_is_killed_are_seen_to_be_cut_off(service: Served) -> None:
    """Their lengths were said before, fewer bytes came; and another process takes the place of the killed one."""
    with ExitStack() as stack:
        connections = []
        for path, headers in LONG_ANSWERS:
            connection = stack.enter_context(Connection(service.port, seconds=60, takes=SLOWLY))
            connection.get(path, **headers)
            connections.append(connection)
        for connection in connections:
            connection.take(10_000)
        killed = service.http
        os.kill(killed, signal.SIGKILL)
        answers = [connection.hear() for connection in connections]
    for answer, (path, headers) in zip(answers, LONG_ANSWERS, strict=True):
        assert answer.status == 200
        assert "transfer-encoding" not in answer.headers
        assert answer.body
        if answer.length > BUFFERED:
            assert len(answer.body) < answer.length, (path, headers)
    assert sum(answer.length > BUFFERED for answer in answers) >= 4
    assert eventually(lambda: _status(service) == 200)
    assert service.http != killed


@pytest.mark.parametrize(
    "path", ["graph/2024-06-01.nq", "graph/2024-06-01.ttl", "graph/history/region/waasland.jsonld", "sparql", ""]
)
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_every_answer_says_how_long_it_is(service: Served, path: str, encoding: str) -> None:
    """None comes in chunks, whose end a server can make up."""
    answer = heard(service, path, Accept_Encoding=encoding)
    assert answer.status == 200
    assert "transfer-encoding" not in answer.headers
    assert answer.is_whole
    if encoding == "gzip":
        assert answer.headers["content-encoding"] == "gzip"
        assert gzip.decompress(answer.body)


def test_clients_that_hang_up_leave_nothing_behind(service: Served) -> None:
    """No file and no thread, though there were more of them than threads; whole graphs stay kept."""
    kept = len(spooled(service))
    for number in range(40):
        with Connection(service.port, seconds=60, takes=SLOWLY) as connection:
            connection.get(f"sparql?query={LONG.format(12_000 + number)}")
            connection.take(5_000)
    assert eventually(lambda: len(spooled(service)) <= kept)
    started = time.monotonic()
    assert heard(service, "health/live").status == 200
    assert time.monotonic() - started < 2
    assert heard(service, f"sparql?query={LONG.format(50_000)}").is_whole


@pytest.mark.parametrize("server", SERVERS)
def test_a_full_disk_is_an_error(served: conftest.Served, tmp_path: Path, server: str) -> None:
    """An answer that cannot be written down is a 503 with all of its body; shorter ones are answered all the while."""
    data = prepared(served.data, tmp_path)
    with Served(data, "--deadline", 60, largest_file=4 * 2**20, server=server) as service:
        for path in (f"sparql?query={LONG.format(100_000)}", "graph/history.nt.gz"):
            answer = heard(service, path)
            assert (answer.status, answer.headers["content-type"]) == (503, "application/problem+json"), path
            assert answer.is_whole
            assert json.loads(answer.body)["detail"]
        assert heard(service, f"sparql?query={LONG.format(10_000)}").is_whole
        assert eventually(lambda: not spooled(service))


def _status(service: Served) -> int:
    try:
        return heard(service, "health/live").status
    except OSError:
        return 0
