"""When a source is due (oogstmoment): its schedule as the settings write it, and the times that follow from it."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from typing import Final, NamedTuple

from regiolog.events.temporal import BRUSSELS, day_of
from regiolog.sync.harvest.report import Report
from regiolog.sync.harvest.runs import Memory
from regiolog.sync.sources.source import Source

_SHORTEST, _LONGEST = timedelta(seconds=1), timedelta(days=366)
_LEFT_ALONE: Final = 86_400.0
"""For how many seconds a publisher is left alone that asks for it, at most."""

_UNITS: Final = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}
_INTERVAL: Final = re.compile(r"every (\d{1,9}) ?(s|min|h|d)", re.ASCII)

_PART: Final = re.compile(r"(?:\*|([a-z]+|\d{1,2})(?:-([a-z]+|\d{1,2}))?)(?:/(\d{1,2}))?", re.ASCII)
_MONTHS: Final = ("", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


class UnusableSchedule(ValueError):
    """A schedule that cannot be read, or that never comes; one sentence says why."""


class Every(NamedTuple):
    """Due again and again after the same time, counted from when the last run began.

    Attributes:
        interval: The time between two runs.
    """

    interval: timedelta

    def after(self, begun: datetime, now: datetime) -> datetime:
        """The first time that is later than now; those that went by during the run are left out.

        Args:
            begun: When the last run began.
            now: The instant of now.
        """
        return begun + self.interval * ((now - begun) // self.interval + 1)

    def soonest(self, due: datetime, now: datetime) -> datetime:
        """When it is due that was to be due later than now, by this schedule or by one that it had before."""
        return min(due, now + self.interval)


class Civil(NamedTuple):
    """Due when the clocks in Flanders show certain times, as cron writes them.

    A time that the clocks leap over in spring comes an hour later by them. One that they show twice in autumn counts
    once, unless it is of every hour, or of every so many.

    Attributes:
        minutes: Of each hour.
        hours: Of each day.
        days: Of each month.
        months: Of each year.
        weekdays: Of each week, where Sunday is 0.
        is_hourly: Whether it is of every hour, or of every so many.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    is_hourly: bool

    def after(self, begun: datetime, now: datetime) -> datetime:  # noqa: ARG002 - clocks do not ask when a run began
        """The first time that is later than now.

        Args:
            begun: When the last run began.
            now: The instant of now.
        """
        day = day_of(now)
        while not (later := [instant for instant in self._on(day) if instant > now]):
            day += timedelta(days=1)
        return min(later)

    def soonest(self, due: datetime, now: datetime) -> datetime:
        """When it is due that was to be due later than now, by this schedule or by one that it had before."""
        return self.after(due, now)

    @property
    def comes(self) -> bool:
        """Whether there is such a day at all; there is no 31 February."""
        return min(self.days) <= max(monthrange(2000, month)[1] for month in self.months)

    def _on(self, day: date) -> Iterator[datetime]:
        """The instants of one day, in no order."""
        if day.month not in self.months or day.day not in self.days or day.isoweekday() % 7 not in self.weekdays:
            return
        for hour, minute in product(self.hours, self.minutes):
            shown = datetime.combine(day, time(hour, minute), BRUSSELS)
            yield shown.astimezone(UTC)
            if self.is_hourly and _before(shown.replace(fold=1)) < _before(shown):
                yield shown.replace(fold=1).astimezone(UTC)


Trigger = Every | Civil
"""What a schedule means."""


def trigger_of(text: str) -> Trigger:
    """What a schedule means that the settings write.

    Args:
        text: ``every 6h``, with s, min, h or d; or the five fields of cron in civil time, ``30 6 * * 1-5``.

    Raises:
        UnusableSchedule: It is neither, or never comes.
    """
    words = text.lower().split()
    if found := _INTERVAL.fullmatch(" ".join(words)):
        interval = timedelta(**{_UNITS[found[2]]: int(found[1])})
        if not _SHORTEST <= interval <= _LONGEST:
            raise UnusableSchedule(f"{_said(text)} is not between a second and {_LONGEST.days} days")
        return Every(interval)
    if len(words) != 5:
        raise UnusableSchedule(
            f"{_said(text)} is no schedule: write an interval in s, min, h or d, as `every 6h`, or the five fields of "
            "cron, as `30 6 * * 1-5`"
        )
    civil = Civil(
        _numbers(text, words[0], "minute", range(60)),
        _numbers(text, words[1], "hour", range(24)),
        _numbers(text, words[2], "day of a month", range(1, 32)),
        _numbers(text, words[3], "month", range(1, 13), _MONTHS),
        frozenset(day % 7 for day in _numbers(text, words[4], "day of the week", range(8), _WEEKDAYS)),
        is_hourly=words[1].startswith("*"),
    )
    if words[2] != "*" != words[4]:
        raise UnusableSchedule(
            f"{_said(text)} names days of a month and days of the week, and programs differ in whether one of the two "
            "is enough: leave one of them `*`"
        )
    if not civil.comes:
        raise UnusableSchedule(f"{_said(text)} never comes: no such day is in the calendar")
    return civil


def next_due(source: Source, memory: Memory, now: datetime) -> datetime | None:
    """When a source is due next; None when it has no schedule, and an instant that went by when it is overdue.

    Raises:
        UnusableSchedule: Its schedule cannot be read.
    """
    if source.schedule is None:
        return None
    due = memory.due or now
    if due > now:
        due = trigger_of(source.schedule).soonest(due, now)
    return later(due, memory.last, now)


def later(due: datetime, last: Report | None, now: datetime) -> datetime:
    """When a source is due of which a publisher may have asked, in its last run, to be left alone for a while.

    Args:
        due: When it is due otherwise.
        last: The report of that run; None when there was none.
        now: The instant of now. A run that lies ahead of it, since the clock was set back, puts nothing off.
    """
    if last is None or last.after is None or last.begun > now:
        return due
    return max(due, last.begun + timedelta(seconds=last.seconds + min(last.after, _LEFT_ALONE)))


def _numbers(text: str, field: str, called: str, among: range, names: tuple[str, ...] = ()) -> frozenset[int]:
    """The numbers that a field of cron stands for.

    Args:
        text: The whole schedule.
        field: The field.
        called: What one of its numbers is called.
        among: The numbers that there are.
        names: The names that may be written instead, in the order of the numbers from 0.

    Raises:
        UnusableSchedule: It stands for none, or for others.
    """
    found: set[int] = set()
    for part in field.split(","):
        parsed = _PART.fullmatch(part)
        begin, end, step = -1, -1, 1
        if parsed is not None:
            begin = _number(parsed[1], names) if parsed[1] else among[0]
            end = _number(parsed[2], names) if parsed[2] else begin if parsed[1] and not parsed[3] else among[-1]
            step = int(parsed[3] or 1)
        if names == _WEEKDAYS and begin > 0 and end == 0:
            end = 7  # a week may end on Sunday
        if begin not in among or end not in among or begin > end or step not in range(1, among[-1] + 1):
            raise UnusableSchedule(f"{_said(text)} is no schedule: `{field[:40]}` is no {called}")
        found.update(range(begin, end + 1, step))
    return frozenset(found)


def _number(text: str, names: tuple[str, ...]) -> int:
    """A number, or the number of a name; -1 when it is neither."""
    return int(text) if text.isdigit() else names.index(text) if text in names else -1


def _before(shown: datetime) -> timedelta:
    """By how much clocks are ahead of UTC."""
    ahead = shown.utcoffset()
    assert ahead is not None
    return ahead


def _said(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:60]}…")
