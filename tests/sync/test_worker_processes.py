"""The processes of a pool: they end when they should, and leave nobody behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from regiolog.events.errors import (
    QueryOverload,
)
from regiolog.sync.queries.workers import Answer, QueryWorkers
from tests.sync.pools import ENDLESS, SMALL, about, children, exists, within


def test_workers_ignore_ctrl_c(workers: QueryWorkers) -> None:
    """SIGINT is for the service."""
    workers.ask(about(SMALL))
    before = children()
    for process in before:
        os.kill(process, signal.SIGINT)
    time.sleep(0.2)
    assert children() == before
    assert workers.ask(about(SMALL)).form == "select"


def test_workers_ignore_ctrl_c_from_their_first_moment(table: Path, tmp_path: Path) -> None:
    """Not even while they start does SIGINT reach them."""
    others = children()
    with QueryWorkers(table, spool=tmp_path / "spool", size=3) as pool:
        before: set[int] = set()
        for _ in range(60):
            before |= children() - others
            for process in before:
                os.kill(process, signal.SIGINT)
            time.sleep(0.01)
        assert len(before) == 3
        assert children() - others == before
        assert pool.ask(about(SMALL)).form == "select"


def test_a_worker_that_was_killed_while_idle_is_replaced_unseen(table: Path, tmp_path: Path) -> None:
    """The next question does not notice."""
    others = children()
    with QueryWorkers(table, spool=tmp_path / "spool", size=1) as pool:
        pool.ask(about(SMALL))
        (process,) = children() - others
        os.kill(process, signal.SIGKILL)
        assert within(2, lambda: not exists(process))
        assert pool.ask(about(SMALL)).form == "select"


def test_closing_ends_every_process_and_every_question(table: Path, tmp_path: Path) -> None:
    """Within a second, in the midst of queries; who asks is told."""
    with ThreadPoolExecutor() as threads:
        others = children()
        pool = QueryWorkers(table, spool=tmp_path / "spool", size=2)
        running = [threads.submit(pool.ask, about(ENDLESS), 60) for _ in range(3)]
        time.sleep(1)
        begun = time.monotonic()
        pool.close()
        assert time.monotonic() - begun < 1
        assert children() == others
        for question in running:
            with pytest.raises(QueryOverload, match="stopped"):
                question.result(2)
        with pytest.raises(QueryOverload, match="stopped"):
            pool.ask(about(SMALL))
        pool.close()


PARENT = """
import signal, sys, threading, time
from pathlib import Path
from regiolog.sync.statements.history import SnapshotKey
from regiolog.sync.queries.workers import Question, QueryWorkers

signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored when the tests run in the background
pool = QueryWorkers(Path(sys.argv[1]), spool=Path(sys.argv[2]), size=2, deadline=60)
pool.ask(Question(query="ASK {{}}", default=SnapshotKey(0, 1, 1)))
for query in {queries!r}:
    threading.Thread(target=pool.ask, args=[Question(query=query, default=SnapshotKey(0, 1, 1))], daemon=True).start()
time.sleep(1)
print("asked", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_workers_end_when_their_parent_is_gone(table: Path, tmp_path: Path, ending: signal.Signals) -> None:
    """In the midst of an endless query, and while idle, within a second and a half of any end of the parent."""
    program = PARENT.format(queries=[ENDLESS])
    with subprocess.Popen(
        [sys.executable, "-c", program, str(table), str(tmp_path / "spool")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"asked\n"
        processes = children(parent.pid)
        assert len(processes) == 2
        parent.send_signal(ending)
        parent.wait(5)
        assert within(1.5, lambda: not any(map(exists, processes)))


def test_a_parent_that_ends_without_closing_leaves_nobody(table: Path, tmp_path: Path) -> None:
    """Not even one that was given no name: ``python -c``, from another folder."""
    last = "print(*(worker._process.pid for worker in pool._idle), flush=True)"
    program = PARENT.format(queries=[]).replace("time.sleep(60)", last)
    (tmp_path / "msgspec.py").write_text("raise SystemExit('the folder one stands in is not to be imported from')")
    ended = subprocess.run(
        [sys.executable, "-P", "-c", program, str(table), str(tmp_path / "spool")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.stdout.startswith("asked\n"), ended.stderr
    processes = [int(process) for process in ended.stdout.split()[1:]]
    assert len(processes) == 2
    assert within(1.5, lambda: not any(map(exists, processes)))


def test_a_worker_imports_little(table: Path) -> None:
    """It starts fast because it knows nothing of HTTP, the journal's library or rdflib."""
    program = "import regiolog.sync.queries.query_worker, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()
    assert "pyoxigraph" in loaded
    assert not {"flask", "rdflib", "eventsourcing", "click", "granian"} & set(loaded)


def test_any_thread_may_ask(workers: QueryWorkers) -> None:
    """Forty questions from eight threads, each answered with its own."""

    def ask(number: int) -> Answer:
        query = f'SELECT ?s {{ ?s ?p "{number}" }}'
        return workers.ask(about(query, formats={"select": "text/csv"}))

    with ThreadPoolExecutor(8) as threads:
        for number, answer in enumerate(threads.map(ask, range(40))):
            assert answer.read() == f"s\r\nurn:s{number}\r\n".encode()
