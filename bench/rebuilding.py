"""P10 and P14: building the statement table from the journal, and what it takes on disk."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from statistics import median
from typing import Any

from bench.filling import Size
from bench.measure import CPU, Compared, Row, share
from bench.registers import Rebuilt, Registers
from regiolog.sync.statements.history_writer import HistoryWriter
from regiolog.sync.statements.table import FILE

Table = tuple[str, str, list[tuple[Any, ...]]]


def rebuilding(registers: Registers, size: Size, name: str, rounds: int) -> Iterator[Row]:
    """P10: all statements from the journal, in a process that does nothing else, and how much memory that takes."""
    built: list[Rebuilt] = []
    raw: list[float] = []
    for _ in range(rounds):
        built.append(registers.rebuild(size))
        history = registers.history(size)
        count = history.counts()["statements"]
        history.close()
        raw.append(_by_hand(registers, _rows(registers, size)))
    ratios = [one.seconds / other for one, other in zip(built, raw, strict=True)]
    noise = (share(ratios, 0.75) - share(ratios, 0.25)) / median(ratios) * 100 if rounds > 1 else None
    found = Compared(median(each.seconds for each in built), median(raw), median(ratios), noise)
    yield found.row(
        "P10",
        f"rebuild of one statement, {name}",
        "the same rows into the same tables, by sqlite3 executemany",
        at_least=0.5,
        unit="µs",
        per=count,
    )
    peak = max(each.peak for each in built)
    yield Row(
        "",
        f"most memory of that rebuild, {name}",
        peak / 2**20,
        built[0].before / 2**20,
        "MiB",
        "the same process before it",
    )


def weighing(registers: Registers, size: Size, name: str) -> Iterator[Row]:
    """P14: the file of the statement table, all indexes and terms in it, for each statement."""
    history = registers.history(size)
    counts = history.counts()
    history.close()
    path = registers.journal(size) / FILE
    each = path.stat().st_size / counts["statements"]
    terms = counts["terms"] / counts["statements"]
    what = f"bytes a statement, whole file, {name} ({counts['statements']:,} statements, {terms:.2f} terms each)"
    yield Row("P14", what, each, None, "B", "", each, "≤ 150", each <= 150)


def _rows(registers: Registers, size: Size) -> list[Table]:
    """Every row of every table of a statement table."""
    db = sqlite3.connect(registers.journal(size) / FILE)
    tables = []
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        rows = db.execute(f"SELECT * FROM {name}").fetchall()
        places = ", ".join("?" * len(rows[0]))
        tables.append((name, f"INSERT OR REPLACE INTO {name} VALUES ({places})", rows))
    db.close()
    return tables


def _by_hand(registers: Registers, tables: list[Table]) -> float:
    """How long the same rows take, in seconds of CPU time, with the tables and settings of the projector's."""
    path = registers.scratch("raw") / FILE
    HistoryWriter.open(path, readonly=False).close()
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA synchronous = NORMAL")
    started = CPU()
    db.execute("BEGIN IMMEDIATE")
    for _, insert, rows in tables:
        db.executemany(insert, rows)
    db.execute("COMMIT")
    db.close()
    spent = CPU() - started
    path.unlink()
    return spent
