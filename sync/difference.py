"""Difference: what was said at one moment and not at another, set by set, and the events that did it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from regiolog.sync.history import History, SnapshotKey, Timed
from regiolog.sync.statement import Statement


class Change(NamedTuple):
    """One statement that holds at only one of two moments.

    Attributes:
        sign: ``-`` when it holds at the first moment, ``+`` when it holds at the second.
        statement: What is said, with its civil days.
        position: The event that did it. Where it is believed at only one of the moments, the event that opened or
            closed it; where only the day moved, the event that first said that it begins, or ends, between the days.
    """

    sign: Literal["-", "+"]
    statement: Statement
    position: int


def difference(history: History, old: SnapshotKey, new: SnapshotKey) -> list[Change]:
    """What has to be taken from one snapshot, and added, to get another; sorted by event, then by statement."""
    before = {timed.statement[:4]: timed for timed in history.held(old)}
    after = {timed.statement[:4]: timed for timed in history.held(new)}
    behind = _Behind(history)
    changes = [
        Change(sign, timed.statement, behind.position(timed, other))
        for sign, here, there, other in _sides(before, after, old, new)
        for quad, timed in here.items()
        if quad not in there
    ]
    return sorted(changes, key=lambda change: (change.position, change.statement[:4], change.sign))


_Held = dict[tuple[str, str, str, str], Timed]


def _sides(
    before: _Held, after: _Held, old: SnapshotKey, new: SnapshotKey
) -> Iterator[tuple[Literal["-", "+"], _Held, _Held, SnapshotKey]]:
    yield "-", before, after, new
    yield "+", after, before, old


class _Behind:
    """Finds the events that make statements hold at one moment and not at another."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._about: dict[str, list[Timed]] = {}

    def position(self, timed: Timed, other: SnapshotKey) -> int:
        """The event behind a statement that does not hold at another key."""
        if timed.closed <= other.position:
            return timed.closed
        if timed.opened > other.position:
            return timed.opened
        return self._first_said(timed, starts=other.breakpoint < timed.statement.start)

    def _first_said(self, timed: Timed, *, starts: bool) -> int:
        """The event from which on it was said, without a break, that a statement begins, or ends, when it does."""
        subject = timed.statement.subject
        if subject not in self._about:
            self._about[subject] = self._history.about(subject[1:-1])
        bound = "start" if starts else "end"
        earlier = {
            each.closed: each
            for each in self._about[subject]
            if each.statement[:4] == timed.statement[:4]
            and getattr(each.statement, bound) == getattr(timed.statement, bound)
        }
        while (before := earlier.get(timed.opened)) is not None:
            timed = before
        return timed.opened
