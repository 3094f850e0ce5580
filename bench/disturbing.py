"""P12 and P13: what queries notice of a runaway beside them, and of a writer that does nothing but write."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Final

from bench.filling import Size
from bench.measure import WALL, Row, share
from bench.registers import Registers
from regiolog.events.errors import QueryTimedOut
from regiolog.events.journal import Boundary
from regiolog.events.municipality import MunicipalityWasRenamed
from regiolog.sync.folder import Folder
from regiolog.sync.history import History
from regiolog.sync.question import Question
from regiolog.sync.workers import QueryWorkers

_DAY: Final = date(2040, 1, 1)
"""A day after everything that the registers hold."""
_CARD: Final = "SELECT ?says ?what WHERE {{ {} ?says ?what }} ORDER BY ?says ?what"
_TOWNS: Final = "SELECT ?m WHERE { ?m a <https://w3id.org/regiolog/ns#Municipality> } ORDER BY ?m"
_RUNAWAY: Final = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
_DEADLINE: Final = 0.5


def beside_a_runaway(registers: Registers, size: Size, name: str, runaways: int) -> Iterator[Row]:
    """P12: how long after its deadline a runaway is gone, and what other queries take meanwhile."""
    history = registers.history(size)
    table = registers.journal(size) / "statements.sqlite"
    with QueryWorkers(table, spool=registers.scratch("spool"), size=2) as workers, ThreadPoolExecutor(1) as other:
        towns = _rows(workers, history, _TOWNS)
        key = history.key(_DAY, history.position)

        def read(number: int) -> None:
            workers.ask(Question(query=_CARD.format(towns[number % len(towns)]), default=key)).read()

        def run_away() -> float:
            started = WALL()
            try:
                workers.ask(Question(query=_RUNAWAY, default=key), deadline=_DEADLINE)
            except QueryTimedOut:
                return WALL() - started - _DEADLINE
            raise RuntimeError("the runaway came to an end")

        for number in range(100):
            read(number)
        idle = _timed(read, lambda count: count < 1_000)
        late: list[float] = []
        busy: list[float] = []
        for _ in range(runaways):
            gone = other.submit(run_away)
            busy += _timed(read, lambda _, gone=gone: not gone.done())  # type: ignore[misc]
            late.append(gone.result())
    history.close()
    worst = max(late) * 1e3
    what = f"a runaway, gone after its deadline, the latest of {runaways}, {name}"
    yield Row("P12", what, worst, None, "ms", "", None, "≤ 250 ms", worst <= 250)
    yield _ratio("P12", f"a card beside a runaway, p95 of {len(busy):,}, {name}", busy, idle)


def beside_a_writer(registers: Registers, size: Size, name: str, count: int) -> Iterator[Row]:
    """P13: reads at an earlier and at the newest position, all at work as in the service, and a writer flat out."""
    with registers.at_work(size) as (folder, history, workers):
        towns = _rows(workers, history, _TOWNS)
        then = history.key(_DAY, history.position)

        def read(number: int) -> None:
            _rows(workers, history, _CARD.format(towns[number % len(towns)]))

        def read_then(number: int) -> None:
            workers.ask(Question(query=_CARD.format(towns[number % len(towns)]), default=then)).read()

        _timed(read, lambda done: done < 100)
        idle = _timed(read, lambda done: done < count)
        idle_then = _timed(read_then, lambda done: done < count)
        codes = [town.rpartition("/")[2].rstrip(">") for town in towns]
        head = folder.journal.head()
        command = [sys.executable, "-m", "bench.disturbing", str(folder.path), *codes[:200]]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
            if writer.stdout is None or not writer.stdout.readline():
                raise RuntimeError("the writer did not begin")
            started = WALL()
            busy_then = _timed(read_then, lambda done: done < count)
            busy = _timed(read, lambda done: done < count)
            speed = (folder.journal.head() - head) / (WALL() - started)
            writer.kill()
    beside = f"beside {speed:,.0f} appends a second, p95, {name}"
    yield _ratio("P13", f"a card at an earlier known, {beside}", busy_then, idle_then)
    yield _ratio("P13", f"a card at the newest position, {beside}", busy, idle)


def _ratio(number: str, what: str, busy: list[float], idle: list[float]) -> Row:
    ours, reference = share(busy, 0.95) * 1e3, share(idle, 0.95) * 1e3
    ratio = ours / reference
    return Row(number, what, ours, reference, "ms", "the same with nothing beside it", ratio, "≤ 2", ratio <= 2)


def _timed(read: Callable[[int], None], more: Callable[[int], bool]) -> list[float]:
    """How long each read takes, one after another, in seconds on the wall."""
    found: list[float] = []
    while more(len(found)):
        started = WALL()
        read(len(found))
        found.append(WALL() - started)
    return found


def _rows(workers: QueryWorkers, history: History, query: str) -> list[str]:
    """The first column of what a worker answers at the newest position."""
    question = Question(
        query=query, default=history.key(_DAY, history.position), formats={"select": "text/tab-separated-values"}
    )
    return [line.split("\t")[0] for line in workers.ask(question).read().decode().splitlines()[1:]]


def write(path: Path, codes: list[str]) -> None:
    """Rename one municipality after another, each on disk before the next, until killed."""
    folder = Folder(path)
    head = folder.journal.head()
    sys.stdout.write("writing\n")
    sys.stdout.flush()
    for number in range(1_000_000):
        event = MunicipalityWasRenamed(
            id=f"bench-{number}",
            municipality=codes[number % len(codes)],
            name=f"Nieuw-{number}",
            valid_from=date.fromordinal(_DAY.toordinal() + number // len(codes)),
            decision="BESLUIT-1",
        )
        head = folder.journal.append([event], Boundary(frozenset(event.scope())), head)[-1]


if __name__ == "__main__":
    write(Path(sys.argv[1]), sys.argv[2:])
