"""Queries are answered whole by processes that can be killed, and nobody else notices when one is."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Pipe
from pathlib import Path

import msgspec
import pytest

from regiolog.events.errors import (
    QueryForbidden,
    QueryMalformed,
    QueryOutOfMemory,
    QueryOverload,
    QueryRejected,
    QueryTimedOut,
    QueryTooDeep,
    QueryTooLarge,
    QueryTooLong,
    RegiologError,
)
from regiolog.sync.queries.question import Failed, Portion, Ready, Reply, Setup, Task
from regiolog.sync.queries.workers import GRAPHS, TABLES, QueryWorkers, Question
from regiolog.sync.statements.history import SnapshotKey
from tests.sync.pools import ENDLESS, HUNGRY, MANY_ROWS, NOW, SMALL, about, children, within
from tests.sync.tables import said, write


@pytest.mark.parametrize("media_type", TABLES)
def test_rows_and_truth_are_answered_in_each_format(workers: QueryWorkers, media_type: str) -> None:
    """SELECT and ASK in JSON, XML, CSV and TSV."""
    rows = workers.ask(about(SMALL, formats={"select": media_type}))
    assert (rows.form, rows.media_type) == ("select", media_type)
    assert b"urn:s7" in rows.read()
    truth = workers.ask(about("ASK { ?s ?p ?o }", formats={"ask": media_type}))
    assert (truth.form, truth.media_type) == ("ask", media_type)
    assert b"true" in truth.read()


@pytest.mark.parametrize("media_type", GRAPHS)
@pytest.mark.parametrize("query", ["CONSTRUCT WHERE { <urn:s7> ?p ?o }", "DESCRIBE <urn:s7>"])
def test_triples_are_answered_in_each_format(workers: QueryWorkers, media_type: str, query: str) -> None:
    """CONSTRUCT and DESCRIBE in Turtle, N-Triples, JSON-LD and RDF/XML."""
    answer = workers.ask(about(query, formats={"graph": media_type}))
    assert (answer.form, answer.media_type) == ("graph", media_type)
    assert b"urn:s7" in answer.read()


def test_the_first_format_is_taken_when_none_is_asked(workers: QueryWorkers) -> None:
    """JSON for rows, Turtle for triples; and an unknown one is the caller's error."""
    assert workers.ask(about(SMALL)).media_type == "application/sparql-results+json"
    assert workers.ask(about("DESCRIBE <urn:s7>")).media_type == "text/turtle"
    with pytest.raises(ValueError, match="text/turtle is no format for select"):
        workers.ask(about(SMALL, formats={"select": "text/turtle"}))


def test_relative_iris_are_made_whole(workers: QueryWorkers) -> None:
    """The base makes IRIs whole."""
    query = 'SELECT ?s ?x { ?s ?p "9" BIND(<id/x> AS ?x) }'
    answer = workers.ask(about(query, base_iri="http://localhost:8000/", formats={"select": "text/csv"}))
    assert answer.read() == b"s,x\r\nurn:s9,http://localhost:8000/id/x\r\n"


def test_a_question_can_be_about_several_moments(table: Path, tmp_path: Path) -> None:
    """Named snapshots stand beside the default graph, and what is appended is seen."""
    path = tmp_path / "statements.sqlite"
    write(path, {1: [said("a", "1")]})
    query = "SELECT ?g ?v { { ?s ?p ?v } UNION { GRAPH ?g { ?s ?p ?v } } } ORDER BY ?g"
    with QueryWorkers(path, spool=tmp_path / "spool", size=1) as pool:
        pool.ask(about(query))
        write(path, {2: [said("a", "2")]}, {2: [said("a", "1")]})
        question = Question(
            query=query,
            default=SnapshotKey(0, 2, 1),
            named={"urn:then": Portion(NOW), "urn:now": Portion(SnapshotKey(0, 2, 1))},
            formats={"select": "text/csv"},
        )
        assert pool.ask(question).read() == b"g,v\r\n,2\r\nurn:now,2\r\nurn:then,1\r\n"


def test_a_table_that_was_made_anew_is_opened_anew(tmp_path: Path) -> None:
    """The statement table can be deleted while a worker has it open."""
    path = tmp_path / "statements.sqlite"
    write(path, {1: [said("a", "1")]})
    with QueryWorkers(path, spool=tmp_path / "spool", size=1) as pool:
        pool.ask(about(SMALL))
        for file in tmp_path.glob("statements.sqlite*"):
            file.unlink()
        write(path, {1: [said("a", "1")], 2: [said("b", "2")]})
        question = Question(query="SELECT ?o { ?s ?p ?o } ORDER BY ?o", default=SnapshotKey(0, 2, 1))
        rows = json.loads(pool.ask(question).read())["results"]["bindings"]
        assert [row["o"]["value"] for row in rows] == ["1", "2"]


def test_long_answers_come_in_a_file_and_whole(table: Path, tmp_path: Path) -> None:
    """Above a megabyte the answer is a file in the spool, which leaves the folder when it is opened or discarded."""
    with QueryWorkers(table, spool=tmp_path / "spool") as pool:
        answer = pool.ask(about(MANY_ROWS))
        assert isinstance(answer.body, Path)
        assert answer.body.parent == tmp_path / "spool"
        body = answer.read()
        assert len(body) == answer.length > 1 << 20
        assert len(json.loads(body)["results"]["bindings"]) == 90_000
        pool.ask(about(MANY_ROWS)).discard()
        small = pool.ask(about(SMALL))
        assert isinstance(small.body, bytes)
        assert small.length == len(small.body)
        assert list((tmp_path / "spool").iterdir()) == []


def test_what_was_left_in_the_spool_is_removed_at_the_start(table: Path, tmp_path: Path) -> None:
    """Unless another pool uses the folder now."""
    spool = tmp_path / "spool"
    spool.mkdir()
    (spool / "1-1-1.answer").write_bytes(b"left over")
    (spool / "something else").write_bytes(b"not ours")
    with QueryWorkers(table, spool=spool, size=1) as pool:
        assert [file.name for file in spool.iterdir()] == ["something else"]
        answer = pool.ask(about(MANY_ROWS))
        with QueryWorkers(table, spool=spool, size=1):
            assert len(answer.read()) == answer.length


# Refusals


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("SELECT * { ?s ?p }", QueryMalformed),
        ("SELECT * { ?s ?p ?o ", QueryMalformed),
        ("", QueryMalformed),
        ("SELECT (COUNT(*) AS ?s) ?o { ?s ?p ?o }", QueryMalformed),
        ("SELECT * { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }", QueryForbidden),
        ("DROP ALL", QueryForbidden),
        ("#" * 32_769, QueryTooLong),
        ("SELECT * " + "{" * 200 + "}" * 200, QueryTooDeep),
    ],
)
def test_a_query_that_is_none_is_refused(workers: QueryWorkers, query: str, error: type[QueryRejected]) -> None:
    """With what is wrong, and no worker is lost by it."""
    before = children()
    with pytest.raises(error):
        workers.ask(about(query))
    assert children() == before


def test_a_deadline_ends_the_worker_and_another_takes_its_place(table: Path, tmp_path: Path) -> None:
    """The query is gone within a quarter of a second, the limit is named, and the next question is answered."""
    others = children()
    with QueryWorkers(table, spool=tmp_path / "spool", size=1) as pool:
        pool.ask(about(SMALL))
        before = children() - others
        begun = time.monotonic()
        with pytest.raises(QueryTimedOut, match=r"0\.5 s"):
            pool.ask(about(ENDLESS), deadline=0.5)
        assert time.monotonic() - begun < 0.5 + 0.25
        assert not before & children()
        assert pool.ask(about(SMALL)).form == "select"


def test_other_queries_never_notice_a_kill(table: Path, tmp_path: Path) -> None:
    """While one worker after the other is killed, small queries are all answered."""
    with QueryWorkers(table, spool=tmp_path / "spool", size=2) as pool:
        done = threading.Event()

        def runaways() -> int:
            times = 0
            while not done.is_set():
                with pytest.raises(QueryTimedOut):
                    pool.ask(about(ENDLESS), deadline=0.2)
                times += 1
            return times

        with ThreadPoolExecutor() as threads:
            killed = threads.submit(runaways)
            try:
                expected = pool.ask(about(SMALL)).read()
                for _ in range(300):
                    assert pool.ask(about(SMALL)).read() == expected
                    time.sleep(0.005)
            finally:
                done.set()
            assert killed.result() >= 3


def test_a_hungry_query_names_the_memory_limit(table: Path, tmp_path: Path) -> None:
    """The worker that runs out of memory is replaced."""
    with QueryWorkers(table, spool=tmp_path / "spool", size=1, memory_bytes=384 << 20) as pool:
        with pytest.raises(QueryOutOfMemory, match="384 MiB"):
            pool.ask(about(HUNGRY), deadline=60)
        assert pool.ask(about(SMALL)).form == "select"


def test_a_large_answer_names_its_limit_and_leaves_nothing(table: Path, tmp_path: Path) -> None:
    """Nothing is cut short: the answer is refused, in memory and in a file, and the worker goes on."""
    for limit, said_so in ((1000, "1000 bytes"), (2 << 20, "2 MiB")):
        with QueryWorkers(table, spool=tmp_path / "spool", size=1, answer_bytes=limit) as pool:
            pool.ask(about(SMALL))
            before = children()
            with pytest.raises(QueryTooLarge, match=said_so):
                pool.ask(about(MANY_ROWS))
            assert children() == before
            assert list((tmp_path / "spool").iterdir()) == []


def test_a_partial_answer_is_removed_when_the_deadline_passes(table: Path, tmp_path: Path) -> None:
    """A worker killed in the midst of writing leaves no file."""
    with QueryWorkers(table, spool=tmp_path / "spool", size=1, memory_bytes=4 << 30) as pool:
        pool.ask(about(SMALL))
        with pytest.raises(QueryTimedOut):
            pool.ask(about("SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"), deadline=0.7)
        assert list((tmp_path / "spool").iterdir()) == []


def test_too_many_questions_at_once_are_refused(table: Path, tmp_path: Path) -> None:
    """One is answered and one may wait; the third is told so, and the second when it has waited too long."""
    with (
        QueryWorkers(table, spool=tmp_path / "spool", size=1, waiting=1, share=60) as pool,
        ThreadPoolExecutor() as threads,
    ):
        pool.ask(about(SMALL))
        first = threads.submit(pool.ask, about(ENDLESS), 1.5)
        time.sleep(0.2)
        second = threads.submit(pool.ask, about(SMALL), 0.5)
        time.sleep(0.2)
        with pytest.raises(QueryOverload, match="1 queries wait"):
            pool.ask(about(SMALL))
        with pytest.raises(QueryOverload, match=r"within 0\.5 s"):
            second.result()
        with pytest.raises(QueryTimedOut):
            first.result()
        assert pool.ask(about(SMALL)).form == "select"


def test_a_long_query_gives_way_to_one_that_waits(table: Path, tmp_path: Path) -> None:
    """As soon as it has had its share; whoever asked it is told so, and who waited is answered."""
    with (
        QueryWorkers(table, spool=tmp_path / "spool", size=1, deadline=60, share=0.5) as pool,
        ThreadPoolExecutor() as threads,
    ):
        pool.ask(about(SMALL))
        long = threads.submit(pool.ask, about(ENDLESS))
        assert within(5, lambda: bool(pool._busy))
        assert pool.ask(about(SMALL), 30).form == "select"
        with pytest.raises(QueryOverload, match=r"others waited, and the query had run for 0\.5 s"):
            long.result(10)


def test_no_more_queries_give_way_than_others_wait(table: Path, tmp_path: Path) -> None:
    """Of two that have had their share, the one that was asked first; the other goes on to its deadline."""
    with (
        QueryWorkers(table, spool=tmp_path / "spool", size=2, share=0.5) as pool,
        ThreadPoolExecutor() as threads,
    ):
        first = threads.submit(pool.ask, about(ENDLESS), 30)
        assert within(5, lambda: len(pool._busy) == 1)
        second = threads.submit(pool.ask, about(ENDLESS), 3)
        assert within(5, lambda: len(pool._busy) == 2)
        assert pool.ask(about(SMALL), 30).form == "select"
        with pytest.raises(QueryOverload, match="others waited"):
            first.result(10)
        with pytest.raises(QueryTimedOut):
            second.result(30)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { ?s ?p ?o FILTER(1" + "+1" * 16_000 + " = 2) }",
        "SELECT * { ?s <urn:a>" + "/<urn:a>" * 3_500 + " ?o }",
        "SELECT * { ?s ?p ?o" + ",?o" * 10_000 + " }",
        "SELECT * { ?s ?p ?o FILTER(?o" + "||?o" * 8_000 + ") }",
        "SELECT * { " + "OPTIONAL{?s ?p ?o}" * 1_700 + " }",
    ],
)
def test_long_chains_end_no_worker(workers: QueryWorkers, query: str) -> None:
    """What is no nesting in the text is deep in the engine; it is answered or times out, and nothing breaks."""
    with suppress(QueryTimedOut):
        workers.ask(about(query), deadline=1).discard()


def test_no_request_leaves_even_without_the_guard(table: Path, tmp_path: Path) -> None:
    """A worker that is handed a SERVICE cannot open a socket."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        mine, theirs = Pipe()
        with subprocess.Popen(
            [sys.executable, "-m", "regiolog.sync.queries.query_worker", str(theirs.fileno()), str(os.getpid())],
            pass_fds=[theirs.fileno()],
        ) as process:
            theirs.close()
            mine.send_bytes(msgspec.msgpack.encode(Setup(str(table), 1 << 30, 1 << 20, 1000, 1 << 20)))
            assert mine.poll(30)
            assert isinstance(msgspec.msgpack.decode(mine.recv_bytes(), type=Reply), Ready)
            port = listener.getsockname()[1]
            query = f"SELECT * {{ SERVICE <http://127.0.0.1:{port}/> {{ ?s ?p ?o }} }}"
            mine.send_bytes(msgspec.msgpack.encode(Task(about(query), str(tmp_path / "1.answer"))))
            assert mine.poll(30)
            reply = msgspec.msgpack.decode(mine.recv_bytes(), type=Reply)
            assert isinstance(reply, Failed)
            with pytest.raises(TimeoutError):
                listener.accept()
            mine.close()
            assert process.wait(2) == 0


def test_a_pool_without_a_table_says_so(tmp_path: Path) -> None:
    """A worker that cannot start is an error with its reason, each time."""
    with QueryWorkers(tmp_path / "none.sqlite", spool=tmp_path / "spool", size=1) as pool:
        for _ in range(2):
            with pytest.raises(RegiologError, match=r"did not start: .*none\.sqlite"):
                pool.ask(about(SMALL))


# Processes
