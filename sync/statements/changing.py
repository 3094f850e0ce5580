"""When what is said changes: since when events are known, and the days on which something that is believed turns.

Effective known instants are kept in the table as whole microseconds since 1970, days as proleptic ordinals.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Final, NamedTuple

from regiolog.events.temporal import start_of_day
from regiolog.sync.statements.statement import ALWAYS, NEVER
from regiolog.sync.statements.table import Table

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_ABOUT: Final = """
WITH thing (id) AS (SELECT id FROM term WHERE text = :thing),
described (id) AS (
    SELECT id FROM thing
    UNION SELECT subject FROM statement WHERE object IN thing
    AND predicate IN (SELECT id FROM term WHERE text IN (SELECT value FROM json_each(:nodes)))
    UNION SELECT object FROM statement WHERE subject IN thing
    AND predicate IN (SELECT id FROM term WHERE text IN (SELECT value FROM json_each(:parts)))
),
said AS (
    SELECT start, "end", opened, closed FROM statement WHERE subject IN described
    UNION SELECT start, "end", opened, closed FROM statement WHERE object IN thing
    UNION SELECT start, "end", opened, closed FROM statement
    WHERE graph > 0 AND graph = (SELECT id FROM term WHERE text = :graph)
)
"""
_KNOWN_ABOUT: Final = (
    _ABOUT + "SELECT DISTINCT known FROM event "  # noqa: S608 - both are constants
    "WHERE position IN (SELECT opened FROM said UNION SELECT closed FROM said) ORDER BY known"
)
_TURNS_ABOUT: Final = (
    _ABOUT + "SELECT start AS day, opened, closed FROM said "  # noqa: S608 - likewise
    "WHERE start > :always AND start <= :last "
    'UNION SELECT "end", opened, closed FROM said WHERE "end" <= :last ORDER BY day'
)


class About(NamedTuple):
    """What is said about a thing: of it, of what describes it, and with it as the value.

    Attributes:
        thing: The thing, as N-Triples.
        nodes: The properties by which a node says that it describes a thing, as N-Triples.
        parts: The properties by which a thing says what describes it further, as N-Triples.
        graph: A graph, as N-Triples, all of which belongs to the thing; empty for none.
    """

    thing: str
    nodes: tuple[str, ...]
    parts: tuple[str, ...]
    graph: str = ""


class Changing(Table):
    """What the table tells of the two clocks."""

    def known_of(self, position: int) -> datetime:
        """Since when the event at a position is known, in effect: never before the one before it."""
        row = self._db.execute(
            "SELECT known FROM event WHERE position <= ? ORDER BY position DESC LIMIT 1", (position,)
        ).fetchone()
        return _EPOCH if row is None else instant(row[0])

    def position_at(self, known: datetime) -> int:
        """The last position that was known at an instant; 0 when none was."""
        row = self._db.execute(
            "SELECT position FROM event WHERE known <= ? ORDER BY known DESC, position DESC LIMIT 1",
            (micros(known),),
        ).fetchone()
        return 0 if row is None else int(row[0])

    def head_known(self) -> datetime:
        """Since when the last event is known."""
        return self.known_of(NEVER)

    def first_known(self, after: datetime) -> datetime | None:
        """The first instant after another from which on an event is known; None when there is none."""
        (known,) = self._db.execute("SELECT MIN(known) FROM event WHERE known > ?", (micros(after),)).fetchone()
        return None if known is None else instant(known)

    def last_known(self, until: datetime) -> datetime | None:
        """The last instant up to another from which on an event is known; None when there is none."""
        (known,) = self._db.execute("SELECT MAX(known) FROM event WHERE known <= ?", (micros(until),)).fetchone()
        return None if known is None else instant(known)

    def all_known(self) -> list[datetime]:
        """Every instant from which on an event is known, each once, in order."""
        return [instant(known) for (known,) in self._db.execute("SELECT DISTINCT known FROM event ORDER BY known")]

    def turning_days(self, first: date, last: date) -> list[date]:
        """The days, both ends included, on which anything begins or ends that is believed when the day begins."""
        rows = self._db.execute(
            "SELECT DISTINCT day FROM breakpoint WHERE day BETWEEN ? AND ?", (first.toordinal(), last.toordinal())
        ).fetchall()
        turning = []
        for (day,) in rows:
            position = self.position_at(start_of_day(date.fromordinal(day)))
            (change,) = self._db.execute(
                "SELECT TOTAL(change) FROM breakpoint WHERE day = ? AND position <= ?", (day, position)
            ).fetchone()
            if change > 0:
                turning.append(date.fromordinal(day))
        return turning

    def all_known_about(self, about: About) -> list[datetime]:
        """Every instant from which on an event is known that changed what is said about a thing, in order."""
        return [instant(known) for (known,) in self._db.execute(_KNOWN_ABOUT, _marks(about))]

    def turning_days_about(self, about: About, last: date) -> list[date]:
        """The days on which anything said about a thing begins or ends that is believed when the day begins.

        Args:
            about: What is looked at.
            last: The last day that is looked at.
        """
        marks = {**_marks(about), "last": last.toordinal(), "always": ALWAYS}
        turning = []
        for day, periods in groupby(self._db.execute(_TURNS_ABOUT, marks), key=itemgetter(0)):
            position = self.position_at(start_of_day(date.fromordinal(day)))
            if any(opened <= position < closed for _, opened, closed in periods):
                turning.append(date.fromordinal(day))
        return turning


def micros(known: datetime) -> int:
    """An instant as whole microseconds since 1970, as the table keeps it."""
    return (known - _EPOCH) // timedelta(microseconds=1)


def instant(known: int) -> datetime:
    """An instant, from whole microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=known)


def _marks(about: About) -> dict[str, object]:
    return {
        "thing": about.thing,
        "nodes": json.dumps(about.nodes),
        "parts": json.dumps(about.parts),
        "graph": about.graph,
    }
