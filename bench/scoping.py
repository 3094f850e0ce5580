"""P2, and P3 once more: a query on a moment of which nothing is in memory, beside building the whole snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from bench.filling import Size
from bench.measure import CPU, Row, compare
from bench.querying import AT, KNOWN, answer, queries, quiet, repeated
from bench.registers import Registers
from regiolog.sync.queries.patterns import scope
from regiolog.sync.queries.scope import Scope
from regiolog.sync.queries.snapshots import Snapshots
from regiolog.sync.statements.history import History, SnapshotKey
from regiolog.sync.statements.moments import resolve

SELECTIVE: Final = ("card", "members")
"""The queries that begin with something that they name."""
_LONGEST: Final = "L"
"""The size that the goals are about: at smaller ones a snapshot is soon built."""


def scoping(registers: Registers, size: Size, name: str, rounds: int) -> Iterator[Row]:
    """P2: a query whose scope was read before, to the bytes of the answer; reading it; and a query that has none.

    Args:
        registers: The registers to measure on.
        size: Which of them.
        name: Its name.
        rounds: How many.
    """
    history = registers.history(size)
    key = resolve(history, AT, KNOWN).key
    for query, text in queries().items():
        read = scope(text, history.base_iri)
        cold, whole = _cold(history, key, text, read), _cold(history, key, text, None)
        assert sorted(cold().split()) == sorted(whole().split()), f"{query} is answered otherwise"
        if query in SELECTIVE:
            has_goal = name == _LONGEST
            compared = compare(_often(cold), _built(history, key), rounds=rounds)
            yield compared.row(
                "P2",
                f"{query} at (at, known), cold, {name}",
                "building the whole snapshot",
                at_most=0.01 if has_goal else None,
            )
            goal, met = ("≤ 1 ms", compared.ours <= 0.001) if has_goal else ("", None)
            yield Row("P2", "  … in CPU time", compared.ours * 1e3, None, "ms", goal=goal, met=met)
            parsing = compare(_often(lambda text=text: scope(text, history.base_iri)), _often(cold), rounds=rounds)  # type: ignore[misc]
            yield parsing.row("", "  … reading its scope", "the query itself", unit="ms")
        else:
            yield compare(quiet(cold), quiet(whole), rounds=rounds).row(
                "", f"{query}, which is not selective, {name}", "building the whole snapshot, and the query"
            )
    history.close()


def growing_cold(registers: Registers, short: Size, long: Size, rounds: int) -> Iterator[Row]:
    """P3: the selective queries, cold, of two registers as big, one of which has five times the history."""
    few, many = registers.history(short), registers.history(long)
    for query in SELECTIVE:
        text = queries()[query]
        read = scope(text, few.base_iri)
        ours = _cold(many, resolve(many, AT, KNOWN).key, text, read)
        reference = _cold(few, resolve(few, AT, KNOWN).key, text, read)
        yield compare(quiet(ours), quiet(reference), rounds=rounds, repeat=repeated(reference)).row(
            "P3",
            f"{query}, cold, {short.municipalities:,} municipalities, {long.events:,} events",
            f"the same with {short.events:,} events",
            at_most=2.5,
        )
    few.close()
    many.close()


def _cold(history: History, key: SnapshotKey, query: str, read: Scope | None) -> Callable[[], bytes]:
    """A query with nothing in memory."""
    return lambda: answer(Snapshots(history).store(key, scope=lambda: read), query)


def _built(history: History, key: SnapshotKey) -> Callable[[], None]:
    return quiet(lambda: Snapshots(history).store(key))


def _often(work: Callable[[], object]) -> Callable[[], float]:
    """The same, so often that it can be measured; returns the seconds that it takes once."""
    times = repeated(work)

    def run() -> float:
        started = CPU()
        for _ in range(times):
            work()
        return (CPU() - started) / times

    return run
