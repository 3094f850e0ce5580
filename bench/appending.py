"""P8 and P9: writing to the journal and reading it again, beside plain sqlite3 on the very same tables."""

from __future__ import annotations

import json
import sqlite3
from collections import deque
from collections.abc import Iterator
from itertools import chain, islice
from typing import Final, NamedTuple

import msgspec
from eventsourcing.dcb.api import DCBAppendCondition, DCBEvent, DCBQuery, DCBQueryItem

from bench.filling import SIZES, Hand, Size
from bench.generator import generate
from bench.measure import CPU, WALL, Clock, Row, compare
from bench.registers import Registers
from regiolog.events.event import Event
from regiolog.events.journal import Boundary
from regiolog.events.journal_sqlite import FILE, SQLiteRecorder, open_journal
from regiolog.events.kinds import encode, stored_name

BATCH: Final = 1_000
_BATCHES: Final = 5


class Rows(NamedTuple):
    """One batch as plain rows: what stands in the two tables of the journal."""

    events: list[tuple[str, bytes, str]]
    tags: list[tuple[str, int]]


def appending(registers: Registers, rounds: int) -> Iterator[Row]:
    """P8: batches of a thousand events, each on disk before the next one."""
    # The set-up has a few huge events; what comes after it is what a register appends.
    made = [each.event for each in islice(generate(SIZES["M"], registers.seed), BATCH, BATCH * (_BATCHES + 1))]
    batches = [made[start : start + BATCH] for start in range(0, len(made), BATCH)]
    boundaries = [Boundary(frozenset(chain.from_iterable(map(Event.scope, batch)))) for batch in batches]
    rows = _as_rows(batches)
    drafts = [[DCBEvent(kind, data, msgspec.json.decode(tags)) for kind, data, tags in each.events] for each in rows]
    queries = [DCBQuery([DCBQueryItem(tags=[tag]) for tag in sorted(boundary.tags)]) for boundary in boundaries]
    tables = _tables(registers)

    def ours(clock: Clock) -> float:
        recorder = SQLiteRecorder(registers.scratch("journal") / FILE, create=True)
        head, started = 0, clock()
        for batch, query in zip(drafts, queries, strict=True):
            head = recorder.append(batch, DCBAppendCondition(query, head))
        spent = clock() - started
        recorder.close()
        return spent

    def whole(clock: Clock) -> float:
        journal = open_journal(registers.scratch("journal"), Hand(), create=True)
        head, started = 0, clock()
        for batch, boundary in zip(batches, boundaries, strict=True):
            head = journal.append(batch, boundary, head)[-1]
        spent = clock() - started
        journal.close()
        return spent

    def raw(clock: Clock) -> float:
        db = sqlite3.connect(registers.scratch("raw") / FILE, isolation_level=None)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        for statement in tables:
            db.execute(statement)
        started = clock()
        for batch in rows:
            db.execute("BEGIN IMMEDIATE")
            db.executemany("INSERT INTO events (kind, data, tags) VALUES (?, ?, ?)", batch.events)
            db.executemany("INSERT INTO tags VALUES (?, ?)", batch.tags)
            db.execute("COMMIT")
        spent = clock() - started
        db.close()
        return spent

    against = "the same tables, their rows ready, by sqlite3 executemany"
    for clock, name, goal in ((WALL, "wall", 0.95), (CPU, "CPU", None)):
        found = compare(lambda clock=clock: ours(clock), lambda clock=clock: raw(clock), rounds=rounds)  # type: ignore[misc]
        yield found.row(
            "P8",
            f"durable append of one event, 1,000 at a time ({name})",
            against,
            at_least=goal,
            unit="µs",
            per=len(made),
        )
    found = compare(lambda: whole(CPU), lambda: raw(CPU), rounds=rounds)
    yield found.row(
        "", "  … stamped, encoded and tagged by the journal (CPU)", "the same rows, ready", unit="µs", per=len(made)
    )


def replaying(registers: Registers, size: Size, name: str, rounds: int) -> Iterator[Row]:
    """P9: the whole journal as typed events."""
    path = registers.journal(size)
    journal = open_journal(path, create=False)
    db = sqlite3.connect(path / FILE)
    query = "SELECT position, data FROM events ORDER BY position"

    def ours() -> None:
        deque(journal.replay(), maxlen=0)

    def raw() -> None:
        deque(((position, json.loads(data)) for position, data in db.execute(query)), maxlen=0)

    yield compare(ours, raw, rounds=rounds).row(
        "P9",
        f"replay of one event, {name}",
        "rows of the same table and json.loads",
        at_least=3,
        unit="µs",
        per=journal.head(),
    )
    db.close()
    journal.close()


def _as_rows(batches: list[list[Event]]) -> list[Rows]:
    rows: list[Rows] = []
    position, now = 0, Hand()()
    for batch in batches:
        events: list[tuple[str, bytes, str]] = []
        tags: list[tuple[str, int]] = []
        for event in batch:
            position += 1
            data = encode(msgspec.structs.replace(event, recorded_at=now))
            events.append((stored_name(event), data, msgspec.json.encode(event.tags()).decode()))
            tags += [(tag, position) for tag in event.tags()]
        rows.append(Rows(events, tags))
    return rows


def _tables(registers: Registers) -> list[str]:
    """How the journal's tables are made, as the journal itself makes them."""
    path = registers.scratch("tables")
    open_journal(path, create=True).close()
    db = sqlite3.connect(path / FILE)
    found = db.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'").fetchall()
    db.close()
    return [statement for (statement,) in found]
