"""Digests: what a snapshot, or the whole history, comes to as one number that anybody can work out again."""

from __future__ import annotations

import hashlib
from datetime import date

from regiolog.events.temporal import instant_text
from regiolog.sync.statements.history import History, SnapshotKey, Timed
from regiolog.sync.statements.statement import ALWAYS, NEVER, Statement


def of_snapshot(history: History, key: SnapshotKey) -> str:
    """SHA-256 over the projection's version and the canonical N-Quads of all graphs at a key, sorted."""
    return _digest(key.version, quads(history, key))


def quads(history: History, key: SnapshotKey) -> set[bytes]:
    """The canonical N-Quads of all graphs at a key: the register's own as the default graph, sources, proposals."""
    return {_quad(timed.statement) + b"\n" for timed in history.held(key)}


def of_history(history: History, position: int) -> str:
    """SHA-256 over the projection's version and all statements ever, with both periods, up to a position.

    Each line is the statement as canonical N-Quads, followed by a tab before each of: first day, end day, known
    from, known until, opening and closing position; what is open is empty.
    """
    known = {told.position: instant_text(told.known) for told in history.told(position)}
    return _digest(history.version, {_line(timed, known) for timed in history.ever(position)})


def _quad(statement: Statement) -> bytes:
    graph = f"{statement.graph} " if statement.graph else ""
    return f"{statement.subject} {statement.predicate} {statement.object} {graph}.".encode()


def _line(timed: Timed, known: dict[int, str]) -> bytes:
    start, end = timed.statement.start, timed.statement.end
    parts = (
        "" if start == ALWAYS else date.fromordinal(start).isoformat(),
        "" if end == NEVER else date.fromordinal(end).isoformat(),
        known[timed.opened],
        known.get(timed.closed, ""),
        str(timed.opened),
        str(timed.closed) if timed.closed in known else "",
    )
    return b"\t".join((_quad(timed.statement), *(part.encode() for part in parts))) + b"\n"


def _digest(version: int, lines: set[bytes]) -> str:
    digest = hashlib.sha256(f"projection {version}\n".encode())
    for line in sorted(lines):
        digest.update(line)
    return digest.hexdigest()
