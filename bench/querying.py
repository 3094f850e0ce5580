"""P1 and P3: SPARQL at a moment, beside the same query on a plain store; and whether a longer history slows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Final

from pyoxigraph import QueryResultsFormat, QuerySolutions, RdfFormat, Store

from bench.filling import Size
from bench.measure import CPU, WALL, Row, compare
from bench.registers import Registers
from regiolog.sync.queries.question import Question
from regiolog.sync.queries.snapshots import Snapshots
from regiolog.sync.queries.workers import QueryWorkers
from regiolog.sync.statements.history import History, SnapshotKey
from regiolog.sync.statements.moments import resolve

AT: Final = "2015-06-01"
KNOWN: Final = "2018-03-01"
_ENOUGH: Final = 0.05
"""For how many seconds a query is repeated, to be measured once."""


def queries() -> dict[str, str]:
    """The queries by name, the quickest first."""
    folder = Path(__file__).with_name("queries")
    return {name: (folder / f"{name}.rq").read_text("utf-8") for name in ("card", "members", "counts", "names")}


def asking(registers: Registers, size: Size, name: str, rounds: int) -> Iterator[Row]:
    """P1: a query on a snapshot that is there, to the bytes of the answer; and what is around that in the service."""
    history = registers.history(size)
    snapshots = Snapshots(history)
    plain = Store()
    plain.bulk_load(history.triples(resolve(history, AT, KNOWN).key), format=RdfFormat.N_TRIPLES)
    with QueryWorkers(
        registers.journal(size) / "statements.sqlite", spool=registers.scratch("spool"), size=1
    ) as workers:
        for query, text in queries().items():
            asked, reference = _at_moment(history, snapshots, text), _on(plain, text)
            assert sorted(asked().split()) == sorted(reference().split()), f"{query} is answered otherwise"
            repeat = repeated(reference)
            warm = _warm(snapshots, resolve(history, AT, KNOWN).key, text)
            yield compare(quiet(warm), quiet(reference), rounds=rounds, repeat=repeat).row(
                "P1",
                f"{query} at (at, known), {name}",
                "the same query on a plain in-memory store of that state",
                at_most=1.1,
            )
            yield compare(quiet(asked), quiet(reference), rounds=rounds, repeat=repeat).row(
                "", "  … with both clocks to resolve", "the same store, which has no clocks"
            )
            through = _through(workers, history, text)
            yield compare(quiet(through), quiet(reference), rounds=rounds, repeat=repeat, clock=WALL).row(
                "", "  … through a query worker (wall)", "the same store, in this process"
            )
    history.close()


def growing(registers: Registers, short: Size, long: Size, rounds: int) -> Iterator[Row]:
    """P3: the same questions of two registers as big, one of which has five times the history."""
    few, many = registers.history(short), registers.history(long)
    here, there = Snapshots(few), Snapshots(many)
    for query, text in queries().items():
        ours, reference = _at_moment(many, there, text), _at_moment(few, here, text)
        repeat = repeated(reference)
        yield compare(quiet(ours), quiet(reference), rounds=rounds, repeat=repeat).row(
            "P3",
            f"{query}, {short.municipalities:,} municipalities, {long.events:,} events",
            f"the same with {short.events:,} events",
            at_most=1.2,
        )
    few.close()
    many.close()


def _warm(snapshots: Snapshots, key: SnapshotKey, query: str) -> Callable[[], bytes]:
    return lambda: answer(snapshots.store(key), query)


def _at_moment(history: History, snapshots: Snapshots, query: str) -> Callable[[], bytes]:
    def ask() -> bytes:
        return answer(snapshots.store(resolve(history, AT, KNOWN).key), query)

    return ask


def _on(store: Store, query: str) -> Callable[[], bytes]:
    return lambda: answer(store, query)


def _through(workers: QueryWorkers, history: History, query: str) -> Callable[[], bytes]:
    def ask() -> bytes:
        question = Question(
            query=query, default=resolve(history, AT, KNOWN).key, formats={"select": "text/tab-separated-values"}
        )
        return workers.ask(question).read()

    return ask


def answer(store: Store, query: str) -> bytes:
    """The rows of a query, as a file of tab-separated values."""
    found = store.query(query)
    assert isinstance(found, QuerySolutions)
    written = BytesIO()
    found.serialize(written, format=QueryResultsFormat.TSV)
    return written.getvalue()


def repeated(work: Callable[[], object]) -> int:
    """How often to do something for it to be measured."""
    work()
    started = CPU()
    work()
    return max(1, min(1_000, round(_ENOUGH / max(CPU() - started, 1e-6))))


def quiet(work: Callable[[], object]) -> Callable[[], None]:
    """The same without what it returns."""

    def run() -> None:
        work()

    return run
