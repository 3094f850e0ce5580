"""The two clocks: civil days in Flanders (valid), and instants in UTC (known).

A *valid* period (geldigheid) says when something holds in the world; its bounds are civil days. A *known* instant
says when the register held it to be so. Both kinds of period are half-open, ``[start, end)``, as in SQL:2011.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from regiolog.events.errors import BadMoment

BRUSSELS = ZoneInfo("Europe/Brussels")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})\Z", re.ASCII)

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The instant of now, in UTC."""
    return datetime.now(UTC)


class Period(NamedTuple):
    """A half-open stretch of civil days, ``[start, end)``.

    Attributes:
        start: The first day; None when it is unknown.
        end: The first day that is no longer in it; None when it is open or unknown.
    """

    start: date | None
    end: date | None

    def __contains__(self, day: object) -> bool:
        """Whether a civil day lies in this period."""
        if not isinstance(day, date):
            return False
        return (self.start is None or self.start <= day) and (self.end is None or day < self.end)


def start_of_day(day: date) -> datetime:
    """00:00 of a civil day in Brussels, in UTC: when a date is the start of something known."""
    return datetime.combine(day, time(), BRUSSELS).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """The last microsecond of a civil day in Brussels, in UTC: what a bare date in ``known`` asks for."""
    return start_of_day(day + timedelta(days=1)) - timedelta(microseconds=1)


def day_of(instant: datetime) -> date:
    """The civil day in Brussels that an instant falls on."""
    return instant.astimezone(BRUSSELS).date()


def today(clock: Clock) -> date:
    """The civil day of now in Brussels."""
    return day_of(clock())


def parse_day(text: str) -> date:
    """Read a civil day written ``YYYY-MM-DD``.

    Raises:
        BadMoment: The text has another form, or names a day that does not exist.
    """
    if not _DAY.match(text):
        raise BadMoment(f"{_shown(text)} is not a day: write YYYY-MM-DD")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadMoment(f"{text} is a day that does not exist") from None


def parse_instant(text: str) -> datetime:
    """Read an instant written as in RFC 3339, with its offset.

    Raises:
        BadMoment: The text has another form, or names an instant that does not exist.
    """
    if not _INSTANT.match(text):
        raise BadMoment(f"{_shown(text)} is not an instant: write YYYY-MM-DDThh:mm:ssZ")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadMoment(f"{text} is an instant that does not exist") from None


def parse_known(text: str, clock: Clock) -> datetime:
    """Read what somebody asks of the known clock: an instant, or a day that means its end in Brussels.

    The day of today means now, for its end has not come yet.

    Raises:
        BadMoment: The text is neither.
    """
    if "T" in text:
        return parse_instant(text)
    day = parse_day(text)
    if day == date.max:
        raise BadMoment(f"{text} is later than any known time")
    now = clock()
    return now if day == day_of(now) else end_of_day(day)


def instant_text(instant: datetime) -> str:
    """An instant as RFC 3339 in UTC, without needless fractions: ``2021-03-11T23:00:00Z``."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _shown(text: str) -> str:
    """The text as a reader can see it, never longer than a line."""
    return repr(text if len(text) <= 40 else text[:40] + "…")
