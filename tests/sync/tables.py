"""Statement tables made by hand, for tests of what reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from regiolog.sync.statements.history_writer import HistoryWriter, Turn
from regiolog.sync.statements.statement import ALWAYS, NEVER, REGISTER, Statement

BEGUN = datetime(2018, 1, 1, tzinfo=UTC)


def said(subject: str, value: str, start: int = ALWAYS, end: int = NEVER) -> Statement:
    """A statement of the register, ``<urn:subject> <urn:says> "value"``."""
    return Statement(REGISTER, f"<urn:{subject}>", "<urn:says>", f'"{value}"', start, end)


def write(
    path: Path,
    opening: Mapping[int, Iterable[Statement]],
    closing: Mapping[int, Iterable[Statement]] | None = None,
) -> None:
    """Add to a table, made when it is missing, what the events at some positions open and close."""
    history = HistoryWriter.open(path, readonly=False)
    history.begin()
    for position in sorted(opening):
        known = BEGUN + timedelta(days=position)
        history.write(position, known, [Turn(list((closing or {}).get(position, ())), list(opening[position]))])
        history.note(position=position, version=1, coverage="2018-01-01", base_iri="http://localhost:8000/")
    history.commit()
    history.close()
