"""Turns: which things each event changed, and what was said of one over all days once an event was known.

What is said of a thing is what its own facts make: of the thing itself, and of the nodes that describe it. Every
statement of the register belongs to just one thing, so that its things' timelines together are the whole of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final, Literal, NamedTuple

from regiolog.sync.statements.changing import Changing, instant
from regiolog.sync.statements.statement import Statement

Act = Literal["create", "update", "delete"]
"""What an event did to a thing: something is said of it from now on, something else, or nothing any more."""

_TURN: Final = (
    "SELECT position, kind, key, (SELECT text FROM term WHERE id = thing), stood, stands, event.known, event.recorded "
    "FROM turn JOIN event USING (position)"
)
_TIMELINE: Final = """
SELECT COALESCE((SELECT text FROM term WHERE id = graph), ''), s.text, p.text, o.text, start, "end"
FROM turn CROSS JOIN statement ON statement.id BETWEEN first AND last
JOIN term s ON s.id = subject JOIN term p ON p.id = predicate JOIN term o ON o.id = object
WHERE kind = ? AND key = ? AND position <= ? AND closed > ?
"""


class Turned(NamedTuple):
    """A thing of which an event changed what is said.

    Attributes:
        position: The position of the event.
        kind: The kind of thing.
        key: Its key.
        iri: Its IRI.
        act: What the event did to it.
        known: Since when the event is known, in effect.
        recorded: When the journal took it in.
    """

    position: int
    kind: str
    key: str
    iri: str
    act: Act
    known: datetime
    recorded: datetime


class Turns(Changing):
    """What the table tells of what happened to things."""

    def turned(self, after: int, upto: int) -> list[Turned]:
        """What the events changed at ``after < position <= upto``, by position, kind and key."""
        rows = self._db.execute(
            f"{_TURN} WHERE position > ? AND position <= ? ORDER BY position, kind, key, stands", (after, upto)
        )
        return [_turned(row) for row in rows]

    def turns_of(self, kind: str, key: str, upto: int) -> list[Turned]:
        """What happened to one thing up to a position, in order."""
        rows = self._db.execute(
            f"{_TURN} WHERE kind = ? AND key = ? AND position <= ? ORDER BY position, stands", (kind, key, upto)
        )
        return [_turned(row) for row in rows]

    def last_turned(self, upto: int) -> tuple[int, datetime, datetime] | None:
        """The last event up to a position that turned anything: where it is, since when it is known, when recorded."""
        row = self._db.execute(
            "SELECT position, known, recorded FROM event "
            "WHERE position = (SELECT MAX(position) FROM turn WHERE position <= ?)",
            (upto,),
        ).fetchone()
        return None if row is None else (row[0], instant(row[1]), instant(row[2]))

    def timeline(self, kind: str, key: str, position: int) -> Iterator[Statement]:
        """What is said of one thing over all days, as it is known once the event at a position is."""
        rows = self._db.execute(_TIMELINE, (kind, key, position, position))
        return (Statement(*row) for row in rows)


def _turned(row: tuple[int, str, str, str, int, int, int, int]) -> Turned:
    position, kind, key, thing, stood, stands, known, recorded = row
    act: Act = "delete" if not stands else "update" if stood else "create"
    return Turned(position, kind, key, thing[1:-1], act, instant(known), instant(recorded))
