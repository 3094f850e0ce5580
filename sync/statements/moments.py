"""Moments: what somebody asks of the two clocks, made into the key of one snapshot."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from regiolog.events.errors import BadMoment
from regiolog.events.temporal import Clock, end_of_day, instant_text, parse_day, parse_known, system_clock, today
from regiolog.sync.statements.history import History, SnapshotKey


class Moment(NamedTuple):
    """A pair of coordinates, resolved.

    Attributes:
        at: The civil day that is asked about.
        known: The instant whose belief is asked for.
        position: The last event that was known then.
        key: The key of the snapshot.
        fixed: Whether the answer can never change: both coordinates were given, and `known` lies before the head's.
        past: Whether what was known can never change: `known` was given, and lies before the head's.
    """

    at: date
    known: datetime
    position: int
    key: SnapshotKey
    fixed: bool
    past: bool = False


def resolve(history: History, at: str | None, known: str | None, *, clock: Clock = system_clock) -> Moment:
    """Resolve what was asked to a moment.

    Args:
        history: The statement table.
        at: A civil day, ``now``, or None for today in Brussels.
        known: A civil day (its end in Brussels), an instant, ``now``, or None for the head: the later of the clock and
            the last effective `known_from`.
        clock: Tells the instant of now.

    Raises:
        BadMoment: A coordinate is malformed, lies before coverage, or `known` lies after the head.
    """
    day = today(clock) if at is None or at == "now" else parse_day(at)
    coverage = history.coverage
    if day < coverage:
        raise BadMoment(f"at={day} is before coverage begins on {coverage}")
    last = history.head_known()
    now = clock()
    head = max(now, last)
    if known is None or known == "now":
        position = history.position
        return Moment(day, head, position, history.key(day, position), fixed=False)
    instant = parse_known(known, lambda: now)
    if instant > head:
        raise BadMoment(f"known={known} is after the head, {instant_text(head)}")
    position = history.position_at(instant)
    if position == 0:
        first = instant_text(history.known_of(1)) if history.position else "ever"
        raise BadMoment(f"known={known} is before the register knew anything, on {first}")
    # The day of today means now, and so another instant each time, whatever the clock does.
    past = instant < last and ("T" in known or instant == end_of_day(parse_day(known)))
    return Moment(day, instant, position, history.key(day, position), fixed=past and at not in {None, "now"}, past=past)
