"""Whichever server answers over HTTP, an operator finds the same service: it starts, bears what comes, and ends."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import pytest

from regiolog.publisher.server import http_process, patience
from regiolog.publisher.settings import SERVERS
from tests.facts import EVENTS
from tests.journeys import conftest
from tests.processes import Served, alive, family, gone, prepared
from tests.sockets import Connection

RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
COUNT = "SELECT (COUNT(*) AS ?n) { ?m a <https://w3id.org/regiolog/ns#Municipality> }"
LONG = "SELECT * { ?s ?p ?o . ?x a ?y } LIMIT 100000"
HALF = b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\nContent-Length: 100\r\n\r\nASK"
CROWD = 150
"""More connections than there are threads of any kind."""

each_server = pytest.mark.parametrize("server", SERVERS)


@pytest.fixture(scope="module", params=SERVERS)
def service(
    request: pytest.FixtureRequest, served: conftest.Served, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """The register, served by each of the two servers."""
    data = prepared(served.data, tmp_path_factory.mktemp("servers"))
    with Served(data, "--deadline", 2, server=request.param) as running:
        yield running


def seconds_until(so: Callable[[], bool], within: float) -> float:
    """How long it takes until something is so."""
    began = time.monotonic()
    while not so() and time.monotonic() - began < within:
        time.sleep(0.1)
    assert so()
    return time.monotonic() - began


def test_it_answers_what_the_other_answers(service: Served, served: conftest.Served) -> None:
    """The same bytes, under the same tag."""
    for path in ("graph/2024-06-01.nq", "query/regions.csv", "doc/municipality/11002.ttl", "nowhere"):
        there = served.get(path)
        with Connection(service.port) as connection:
            connection.get(path)
            here = connection.hear()
        assert (here.status, here.body) == (there.status_code, there.content)
        for name in ("Content-Type", "ETag", "Cache-Control", "Vary"):
            tag = there.headers.get(name)
            assert here.headers.get(name.lower()) == (tag and tag.replace("-gzip", ""))


def test_a_runaway_query_disturbs_nobody(service: Served) -> None:
    """It ends at its deadline with an error that names the limit; others are answered meanwhile."""
    replies = []
    running = threading.Thread(target=lambda: replies.append(service.get("sparql", query=RUNAWAY)))
    running.start()
    answered = 0
    while running.is_alive():
        reply = service.get("sparql", accept="text/csv", query=f"{COUNT} # {answered}", at="2025-01-01")
        assert reply.text.split() == ["n", "285"]
        answered += 1
    (reply,) = replies
    assert (reply.status, "2 s" in reply.text) == (503, True)
    assert answered > 2


def test_a_long_answer_comes_whole(service: Served) -> None:
    """From a file, with its length."""
    with Connection(service.port) as connection:
        connection.get(f"sparql?query={quote(LONG)}", Accept="application/sparql-results+json")
        answer = connection.hear()
    assert answer.status == 200
    assert answer.is_whole
    assert answer.length > patience.AT_ONCE
    assert len(json.loads(answer.body)["results"]["bindings"]) == 100_000


@pytest.mark.parametrize("begun", [b"", HALF.partition(b"Content-Type")[0], HALF], ids=["nothing", "header", "body"])
def test_a_crowd_that_sends_slowly_holds_nobody(service: Served, begun: bytes) -> None:
    """Many who send nothing, half a header or half a body; whoever asks a whole question is answered."""
    with ExitStack() as stack:
        for _ in range(CROWD):
            stack.enter_context(Connection(service.port)).say(begun)
        time.sleep(0.5)
        began = time.monotonic()
        assert service.get("health/live").status == 200
        assert service.get("sparql", query=f"{COUNT} # {len(begun)}", at="2024-01-01").status == 200
        assert time.monotonic() - began < 5


def test_a_crowd_that_reads_slowly_holds_nobody(service: Served) -> None:
    """Many who take nothing of a long answer; each gets one all the same, or is told to come back."""
    path = f"sparql?query={quote(LONG.replace('100000', '20000'))}"
    with ExitStack() as stack:
        crowd = [stack.enter_context(Connection(service.port, takes=4_096)) for _ in range(60)]
        for connection in crowd:
            connection.get(path)
        for connection in crowd:
            connection.take(1)
        began = time.monotonic()
        assert service.get("health/live").status == 200
        assert service.get("sparql", query=f"{COUNT} # slow", at="2024-01-01").status == 200
        assert time.monotonic() - began < 5
        answers = [connection.hear() for connection in crowd]
    assert {answer.status for answer in answers} <= {200, 503}
    assert all(answer.is_whole for answer in answers)
    assert sum(answer.status == 200 for answer in answers) > 2


def test_a_crowd_that_wants_everything_holds_nobody(service: Served) -> None:
    """Many who ask for the whole history; a few at a time get it, and the others are told to come back."""
    with ThreadPoolExecutor(24) as threads:
        whole = [threads.submit(service.get, "graph/history.nt", known=f"2024-06-{n:02}") for n in range(1, 25)]
        slowest = 0.0
        while not all(each.done() for each in whole):
            began = time.monotonic()
            assert service.get("health/live").status == 200
            slowest = max(slowest, time.monotonic() - began)
            time.sleep(0.05)
    assert slowest < 5
    statuses = [each.result().status for each in whole]
    assert set(statuses) <= {200, 503}
    assert 0 < statuses.count(200) < len(statuses)


@pytest.mark.soak
def test_who_does_nothing_is_hung_up_on(service: Served, at_length: Callable[[int, int], int]) -> None:
    """A header is to come in half a minute; a connection on which nothing moves is ended, whoever waits for whom."""
    if not at_length(0, 1):
        pytest.skip("takes two minutes; tests/publisher/test_patience.py does it in a second")
    with Connection(service.port, seconds=60) as connection:
        connection.say(b"GET /health/live HTTP/1.1\r\nHost: x\r\nAcc")
        began = time.monotonic()
        assert connection.hear().status in {0, 408}
        assert time.monotonic() - began < http_process.PATIENCE + 5
    with Connection(service.port, seconds=90) as connection:
        connection.say(HALF)
        began = time.monotonic()
        assert connection.hear().status in {0, 400}
        assert time.monotonic() - began < http_process.IDLE + 20
    with Connection(service.port, seconds=90, takes=4_096) as connection:
        connection.get(f"sparql?query={quote(LONG)}")
        connection.take(1)
        time.sleep(http_process.IDLE + 20)
        answer = connection.hear()
        assert len(answer.body) < answer.length


def test_half_a_request_is_not_answered_as_a_whole_one(service: Served) -> None:
    """A body that ends early is refused, if anybody is left to hear it."""
    with Connection(service.port) as connection:
        connection.say(HALF + b" {}")
        connection.end()
        assert connection.hear().status in {0, 400}


def test_lists_that_take_long_to_read_are_refused(service: Served) -> None:
    """Headers that choose between ten thousand forms."""
    with Connection(service.port) as connection:
        connection.get("sparql?query=ASK%7B%7D", Accept="a/b;q=0.1," * 9_000)
        refused = connection.hear()
    assert refused.status == 431
    assert "Accept" in json.loads(refused.body)["detail"]


@each_server
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly(server: str, how: signal.Signals, served: conftest.Served, tmp_path: Path) -> None:
    """Within seconds, even while a query runs, with exit code 0 and nothing to say; a short one is still answered."""
    data = prepared(served.data, tmp_path)
    with Served(data, "--deadline", 60, server=server) as service:
        assert service.get("health/ready").json["position"] == EVENTS
        with Connection(service.port) as endless, Connection(service.port, takes=4_096) as long:
            endless.get(f"sparql?query={quote(RUNAWAY)}")
            long.get(f"sparql?query={quote(LONG.replace('100000', '15000'))}")
            long.take(1)
            processes = family(service.process.pid)
            began = time.monotonic()
            answers = []
            reading = threading.Thread(target=lambda: answers.append(long.hear()))
            reading.start()
            code, said_last = service.end(how)
            reading.join()
    assert (code, said_last) == (0, "")
    assert time.monotonic() - began < 10
    assert answers[0].is_whole
    assert gone(processes, within=2)


@each_server
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGHUP])
def test_what_reaches_all_its_processes_ends_it_cleanly(
    server: str, how: signal.Signals, served: conftest.Served, tmp_path: Path
) -> None:
    """Ctrl-C in a terminal, and the end of one, reach everybody in it: the keeper alone ends the others, in order."""
    with Served(prepared(served.data, tmp_path), apart=True, server=server) as service:
        processes = family(service.process.pid)
        os.killpg(service.process.pid, how)
        _, said_last = service.process.communicate(timeout=20)
    assert (service.process.returncode, said_last) == (0, "")
    assert gone(processes, within=2)


@each_server
def test_a_proxy_is_believed_where_there_is_one(server: str, served: conftest.Served, tmp_path: Path) -> None:
    """What it says of the address reaches the application."""
    with (
        Served(prepared(served.data, tmp_path), server=server, proxies="1") as service,
        Connection(service.port) as connection,
    ):
        connection.get("graph/2024-06-01.nq", X_Forwarded_Host="regio.example.org", X_Forwarded_Proto="https")
        assert "<https://regio.example.org/timegate/graph/2024-06-01" in connection.hear().headers["link"]


@each_server
def test_after_kill_9_nothing_is_left(server: str, served: conftest.Served, tmp_path: Path) -> None:
    """No process outlives the keeper by two seconds, though a query runs; the port is free again."""
    data = prepared(served.data, tmp_path)
    with Served(data, "--deadline", 60, server=server) as killed, Connection(killed.port) as endless:
        endless.get(f"sparql?query={quote(RUNAWAY)}")
        time.sleep(0.3)
        processes = family(killed.process.pid)
        port = killed.port
        killed.process.kill()
        killed.process.wait()
        assert gone(processes, within=2), alive(processes)
    with Served(data, "--port", port, server=server) as again:
        assert again.port == port


@each_server
def test_a_process_that_ends_by_itself_is_replaced_once(server: str, served: conftest.Served, tmp_path: Path) -> None:
    """Twice in a row is a fault: the service ends, and says so."""
    data = prepared(served.data, tmp_path)
    with Served(data, server=server) as service:
        first = service.http
        os.kill(first, signal.SIGKILL)
        seconds_until(lambda: _answers(service) and service.http != first, within=30)
        os.kill(service.http, signal.SIGKILL)
        service.process.wait(30)
        code, said_last = service.process.returncode, service.process.communicate()[1]
    assert code == 1
    assert "the process that answers over HTTP ended by itself" in said_last.splitlines()[-1]


def test_where_granian_cannot_be_had_waitress_answers(
    served: conftest.Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which is said in one sentence."""
    (tmp_path / "broken" / "granian").mkdir(parents=True)
    (tmp_path / "broken" / "granian" / "__init__.py").write_text("raise ImportError('made for another machine')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "broken"))
    with Served(prepared(served.data, tmp_path / "data")) as service:
        assert service.get("health/ready").json["position"] == EVENTS
        code, said_last = service.end()
    assert code == 0
    assert said_last == "regiolog: granian cannot be used here, so waitress answers instead: made for another machine\n"


def test_two_services_of_either_kind_do_not_share_a_port(
    service: Served, served: conftest.Served, tmp_path: Path
) -> None:
    """Whichever server the second one would use."""
    data = prepared(served.data, tmp_path)
    for server in SERVERS:
        with pytest.raises(RuntimeError, match=f"port {service.port} of 127.0.0.1 is already in use"):
            Served(data, "--port", service.port, server=server)


def _answers(service: Served) -> bool:
    try:
        return service.get("health/live").status == 200
    except OSError:
        return False
