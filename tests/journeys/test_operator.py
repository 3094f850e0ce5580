"""The operator: starts it, stops it, kills it, copies it while it serves, and finds the same register each time."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from regiolog.sync.projection import projection
from tests.builders import decision, said
from tests.facts import EVENTS
from tests.journeys import conftest
from tests.processes import REGIOLOG, Served, alive, copied, environment, family, gone, lines, prepared, regiolog

RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
COUNT = "SELECT (COUNT(*) AS ?n) { ?m a <https://w3id.org/regiolog/ns#Municipality> }"


@pytest.fixture(scope="module")
def mine(served: conftest.Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service on a copy that was taken while another one served."""
    data = copied(served.data / "journal.sqlite", tmp_path_factory.mktemp("operator") / "data")
    with Served(data, "--deadline", 2) as service:
        yield service


def digests(data: Path) -> list[list[str]]:
    """The digests of the history and of a dozen moments, which replaying must give too."""
    result = regiolog("replay", "--data", data)
    assert result.returncode == 0, result.stderr
    return list(lines(result.stdout))


@pytest.fixture(scope="module")
def expected(served: conftest.Served) -> list[list[str]]:
    """The digests of the register that everything here is a copy of."""
    return digests(served.data)


def test_a_copy_that_was_taken_while_serving_is_a_good_register(mine: Served, expected: list[list[str]]) -> None:
    """The same digests at a dozen moments as the one that it was taken from."""
    assert mine.ready().json["register"] == "flanders"
    assert digests(mine.data) == expected


def test_the_running_service_has_the_digests_of_a_replay(mine: Served) -> None:
    """Each digest that replaying prints is that of the graph that is served for the moment."""
    for at, known, digest in digests(mine.data)[1:]:
        graph = mine.get(f"graph/{at}/{known}.nq")
        assert graph.status == 200, graph.text
        found = hashlib.sha256(f"projection {projection.VERSION}\n{graph.text}".encode())
        assert found.hexdigest() == digest, (at, known)


def test_what_is_recorded_while_serving_becomes_visible(mine: Served) -> None:
    """Nothing has to be started again, and recording needs no lock."""
    name = said("region-was-renamed", "2025-06-01", region="waasland", name="Waas", id="waas", decision="D1")
    recorded = regiolog(
        "record", "-", "--data", mine.data, given="\n".join(map(json.dumps, [decision("D1"), name])).encode()
    )
    assert recorded.returncode == 0, recorded.stderr
    assert mine.ready().json["position"] == int(recorded.stdout.splitlines()[-1].split("\t")[0])
    assert ",Waas,demarcated," in mine.get("query/regions.csv", at="2025-06-01").text
    assert ",Waasland,demarcated," in mine.get("query/regions.csv", at="2025-06-01", known="2025-02-01").text


def test_commands_that_read_work_while_it_serves(mine: Served) -> None:
    """They wait for the one that projects, and see what it sees."""
    counted = regiolog("query", "-", "--at", "2025-01-01", "--data", mine.data, given=COUNT.encode())
    assert counted.stdout.split() == ["n", "285"]
    assert json.loads(regiolog("status", "--json", "--data", mine.data).stdout)["served"] is True
    graph = regiolog("dump", "--at", "2022-02-04", "--known", "2022-03-01", "--data", mine.data).stdout
    assert graph == mine.get("graph/2022-02-04/2022-03-01.nq").text


def test_a_folder_in_use_is_refused_in_one_sentence(mine: Served) -> None:
    """By a second service, on whatever port."""
    refused = regiolog("serve", "--port", 0, "--data", mine.data)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.splitlines() == [
        f"regiolog: the data folder {mine.data} is already in use: another regiolog serves it"
    ]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0"])
def test_a_taken_port_is_refused_before_anything_else(mine: Served, host: str, tmp_path: Path) -> None:
    """One sentence, and no folder is made."""
    refused = regiolog("serve", "--host", host, "--port", mine.port, "--data", tmp_path / "data")
    assert refused.returncode == 1
    (sentence,) = refused.stderr.splitlines()
    assert sentence == f"regiolog: port {mine.port} of {host} is already in use; choose another with --port"
    assert not (tmp_path / "data").exists()


def test_many_runaway_queries_leave_room_for_the_rest(mine: Served) -> None:
    """What finds no room is told so at once, and whether the service is alive is answered all the while."""
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(mine.get("sparql", query=RUNAWAY).status)) for _ in range(30)
    ]
    for thread in threads:
        thread.start()
    longest = 0.0
    while any(thread.is_alive() for thread in threads):
        start = time.monotonic()
        assert mine.get("health/live").status == 200
        longest = max(longest, time.monotonic() - start)
    assert longest < 2, "it was answered only once a runaway query had met its deadline"
    assert statuses == [503] * 30
    assert mine.get("sparql", accept="text/csv", query=COUNT, at="2018-12-31").text.split() == ["n", "308"]


def test_another_base_iri_is_refused_with_both_named(served: conftest.Served, tmp_path: Path) -> None:
    """What was published under an address stays there."""
    data = copied(served.data / "journal.sqlite", tmp_path)
    refused = regiolog("serve", "--port", 0, "--data", data, "--base-iri", "http://other.example/")
    (sentence,) = refused.stderr.splitlines()
    assert refused.returncode == 1
    assert "http://localhost:8000/" in sentence
    assert "http://other.example/" in sentence


def test_a_runaway_query_disturbs_nobody(mine: Served) -> None:
    """It ends at its deadline with an error that names the limit; others are answered meanwhile, and afterwards."""
    ended: list[tuple[int, str, float]] = []

    def run_away() -> None:
        start = time.monotonic()
        answer = mine.get("sparql", query=RUNAWAY)
        ended.append((answer.status, answer.text, time.monotonic() - start))

    thread = threading.Thread(target=run_away)
    thread.start()
    answered = 0
    while thread.is_alive():
        reply = mine.get("sparql", accept="text/csv", query=COUNT, at="2025-01-01")
        assert reply.text.split() == ["n", "285"]
        answered += 1
    thread.join()
    ((status, text, seconds),) = ended
    assert (status, "2 s" in text) == (503, True)
    assert seconds < 10
    assert answered > 2
    for _ in range(4):
        assert mine.get("sparql", accept="text/csv", query=COUNT, at="2018-12-31").text.split() == ["n", "308"]


def test_after_kill_9_nothing_is_left_and_it_starts_again(
    served: conftest.Served, expected: list[list[str]], tmp_path: Path
) -> None:
    """No process outlives it by two seconds, though a query runs; the port and the folder are free again."""
    data = copied(served.data / "journal.sqlite", tmp_path)
    with Served(data, "--deadline", 60) as killed:
        thread = threading.Thread(target=_asked_in_vain, args=(killed,))
        thread.start()
        time.sleep(0.3)
        processes = family(killed.process.pid)
        assert len(processes) > 3
        port = killed.port
        killed.process.kill()
        killed.process.wait()
        assert gone(processes, within=2), alive(processes)
        thread.join()
    with Served(data, "--port", port) as again:
        assert again.port == port
        assert again.ready().json["position"] == EVENTS
        assert digests(data) == expected


def test_burnt_statements_come_back_the_same(
    served: conftest.Served, expected: list[list[str]], tmp_path: Path
) -> None:
    """Deleted, or damaged: the same digests, and one sentence where they could not be read."""
    data = prepared(served.data, tmp_path)
    for file in data.glob("statements.sqlite*"):
        file.unlink()
    with Served(data) as service:
        assert service.ready().json["position"] == EVENTS
        assert digests(data) == expected
        assert service.end() == (0, "")
    for file in data.glob("statements.sqlite*"):
        file.write_bytes(b"no statements at all" * 1000)
    with Served(data) as service:
        assert service.ready().json["position"] == EVENTS
        assert service.end() == (0, "regiolog: building the statements again: they cannot be read\n")


def test_an_event_that_cannot_be_projected_stops_there_and_is_named(served: conftest.Served, tmp_path: Path) -> None:
    """What was projected before goes on being served, as not ready; commands that read say why at once."""
    data = prepared(served.data, tmp_path)
    with Served(data) as service:
        service.ready()
        with closing(sqlite3.connect(data / "journal.sqlite")) as journal, journal:
            journal.execute(
                "INSERT INTO events (kind, data, tags) VALUES ('region-was-sold', CAST('{}' AS BLOB), '[]')"
            )
        reply = service.get("health/ready")
        assert reply.status == 503
        assert f"the projection stopped at event {EVENTS + 1}" in reply.json["detail"]
        assert service.get("query/region-of.csv", nis="11056", at="2022-12-10").status == 200
        refused = regiolog("dump", "--data", data)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert f"stopped at event {EVENTS + 1}" in refused.stderr
        stopped = json.loads(regiolog("status", "--json", "--data", data).stdout)
        assert (stopped["lag"], f"event {EVENTS + 1}" in stopped["stopped"]) == (1, True)
    with Served(data) as again:
        assert again.get("health/ready").status == 503
        assert again.get("query/region-of.csv", nis="11056", at="2022-12-10").status == 200
        _, said_last = again.end()
        assert f"stopped at event {EVENTS + 1}" in said_last


def test_a_disk_that_takes_no_more_leaves_the_journal_as_it_was(served: conftest.Served, tmp_path: Path) -> None:
    """One sentence, and nothing of the file is recorded."""
    data = copied(served.data / "journal.sqlite", tmp_path)
    refused = regiolog("record", "-", "--data", data, given=json.dumps(decision("D1")).encode(), largest_file=8)
    assert (refused.returncode, refused.stdout) == (1, "")
    (sentence,) = refused.stderr.splitlines()
    assert "disk" in sentence
    with closing(sqlite3.connect(data / "journal.sqlite")) as journal:
        assert journal.execute("SELECT COUNT(*) FROM events").fetchone() == (EVENTS,)


def test_an_archive_that_cannot_be_loaded_leaves_nothing_behind(tmp_path: Path) -> None:
    """A full disk at the very beginning: one sentence, and a second try begins anew."""
    refused = regiolog("serve", "--port", 0, "--data", tmp_path / "data", largest_file=100_000)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert len(refused.stderr.splitlines()) == 1
    with Served(tmp_path / "data") as service:
        assert service.ready().json["position"] == EVENTS


def test_a_reader_that_leaves_early_is_no_error(served: conftest.Served) -> None:
    """As in ``regiolog dump | head``."""
    with subprocess.Popen(
        [REGIOLOG, "dump", "--data", str(served.data)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as dumping:
        assert dumping.stdout is not None
        assert dumping.stderr is not None
        dumping.stdout.readline()
        dumping.stdout.close()
        assert dumping.stderr.read() == b""


def _asked_in_vain(service: Served) -> None:
    """Ask something that is not answered before the service ends."""
    with suppress(OSError):
        assert service.get("sparql", query=RUNAWAY).status == 503
