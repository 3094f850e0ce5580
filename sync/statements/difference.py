"""Difference: what was said at one moment and not at another, set by set, and the events that did it.

It is a difference of triples in their graphs: one that is said again, over another period or by another event, is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final, Literal, NamedTuple

from regiolog.sync.statements.history import History, Numbered, SnapshotKey
from regiolog.sync.statements.statement import Statement

_ONLY_HERE: Final = """statement.id IN (
    SELECT id FROM statement WHERE opened > :known_there AND opened <= :known
    UNION SELECT id FROM statement WHERE closed > :known AND closed <= :known_there AND closed < 2147483647
    UNION SELECT id FROM statement WHERE :day_there < :day AND start > :day_there AND start <= :day
    UNION SELECT id FROM statement WHERE :day < :day_there AND "end" > :day AND "end" <= :day_there
)
AND opened <= :known AND closed > :known AND start <= :day AND "end" > :day
AND NOT EXISTS (
    SELECT 1 FROM statement k
    WHERE k.subject = statement.subject AND k.predicate = statement.predicate
    AND +k.object = statement.object AND +k.graph = statement.graph
    AND k.opened <= :known_there AND k.closed > :known_there AND k.start <= :day_there AND k."end" > :day_there
)"""
"""That a statement holds here, and its triple not there: only what lies between the two is looked at."""

_BEHIND: Final = """CASE WHEN closed <= :known_there THEN closed WHEN opened > :known_there THEN opened ELSE (
    WITH RECURSIVE said(opened) AS (
        SELECT statement.opened UNION
        SELECT k.opened FROM said JOIN statement k ON +k.closed = said.opened
        WHERE k.subject = statement.subject AND k.predicate = statement.predicate
        AND +k.object = statement.object AND +k.graph = statement.graph
        AND iif(:day_there < statement.start, k.start = statement.start, k."end" = statement."end")
    )
    SELECT MIN(opened) FROM said
) END"""
"""The event that makes a statement hold here and not there."""


class Change(NamedTuple):
    """One statement that holds at only one of two moments.

    Attributes:
        sign: ``-`` when it holds at the first moment, ``+`` when it holds at the second.
        position: The event that did it. Where it is believed at only one of the moments, the event that opened or
            closed it; where only the day moved, the event that first said, and said without a break, that it begins,
            or ends, between the days.
        numbered: The statement by its name, with both of its periods.
    """

    sign: Literal["-", "+"]
    position: int
    numbered: Numbered

    @property
    def statement(self) -> Statement:
        """What is said, with its civil days."""
        return self.numbered.timed.statement


def difference(history: History, old: SnapshotKey, new: SnapshotKey) -> list[Change]:
    """What has to be taken from one snapshot, and added, to get another; sorted by event, then by statement.

    It takes as long as there is to tell; where the days are not the same, the table's numbers are read through as well.
    """
    old, new = _of_one_day(history, old, new)
    changes = [*_only(history, "-", old, new), *_only(history, "+", new, old)]
    return sorted(changes, key=lambda change: (change.position, change.statement[:4], change.sign))


def _only(history: History, sign: Literal["-", "+"], here: SnapshotKey, there: SnapshotKey) -> Iterator[Change]:
    """What holds at one key and not at another; of several statements that say the same, the last."""
    marks = {
        "known": here.position,
        "day": here.breakpoint,
        "known_there": there.position,
        "day_there": there.breakpoint,
    }
    found = {
        numbered.timed.statement[:4]: Change(sign, behind, numbered)
        for behind, numbered in history.selected(_BEHIND, _ONLY_HERE, marks)
    }
    return iter(found.values())


def _of_one_day(history: History, old: SnapshotKey, new: SnapshotKey) -> tuple[SnapshotKey, SnapshotKey]:
    """The same two graphs by the same day, where nothing that is believed at the earlier one begins or ends between."""
    if old.breakpoint > new.breakpoint:
        return _of_one_day(history, new, old)[::-1]
    if history.key(date.fromordinal(max(new.breakpoint, 1)), old.position) == old:
        return old._replace(breakpoint=new.breakpoint), new
    return old, new
