"""Schedules mean what they say: intervals, and what clocks in Flanders show, also when they leap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from regiolog.events.temporal import BRUSSELS
from regiolog.sync.due import UnusableSchedule, next_due, trigger_of
from regiolog.sync.harvest.declared import read_source
from regiolog.sync.harvest.report import Report
from regiolog.sync.harvest.runs import Memory
from tests.harvest.lists import declaration

NOON = datetime(2026, 6, 3, 10, tzinfo=UTC)
"""Noon in Flanders, on a Wednesday."""


def shown(schedule: str, day: str, count: int) -> list[str]:
    """The days and times that clocks in Flanders show when it is due, the first so many since a midnight."""
    now = datetime.fromisoformat(day).replace(tzinfo=BRUSSELS).astimezone(UTC) - timedelta(microseconds=1)
    found = []
    for _ in range(count):
        now = trigger_of(schedule).after(now, now)
        found.append(f"{now.astimezone(BRUSSELS):%a %d %b %H:%M}")
    return found


def due(
    schedule: str | None, kept: datetime | None, now: datetime = NOON, last: Report | None = None
) -> datetime | None:
    """When a source is due of which is remembered when it was to be due, and what its last run did."""
    source, _ = read_source("krant", declaration(schedule=schedule), Path())
    return next_due(source, Memory("krant", due=kept, last=last), now)


def failed(begun: datetime, after: float | None) -> Report:
    """The report of a run that failed after two seconds, and whose publisher asked to be left alone for so many."""
    return Report(source="krant", said_by="krant", outcome="failed", begun=begun, seconds=2.0, after=after)


@pytest.mark.parametrize(
    ("schedule", "interval"),
    [
        ("every 1s", timedelta(seconds=1)),
        ("every 15 min", timedelta(minutes=15)),
        ("Every  6h", timedelta(hours=6)),
        ("every 1 d", timedelta(days=1)),
    ],
)
def test_an_interval_counts_from_the_beginning_of_the_last_run(schedule: str, interval: timedelta) -> None:
    """How long the run took plays no part, as long as it took less than the interval."""
    trigger = trigger_of(schedule)
    assert trigger.after(NOON, NOON) == NOON + interval
    assert trigger.after(NOON, NOON + interval * 0.9) == NOON + interval


def test_intervals_that_went_by_during_a_run_are_left_out() -> None:
    """A run that takes three intervals is followed by the next one that begins later, and not by three at once."""
    trigger = trigger_of("every 10 min")
    assert trigger.after(NOON, NOON + timedelta(minutes=30)) == NOON + timedelta(minutes=40)
    assert trigger.after(NOON, NOON + timedelta(minutes=31)) == NOON + timedelta(minutes=40)


def test_a_clock_that_was_set_back_puts_nothing_off() -> None:
    """Where the last run seems to lie in the future, the next is no later than an interval from now."""
    now = NOON - timedelta(days=300)
    assert now < trigger_of("every 6h").after(NOON, now) <= now + timedelta(hours=6)


@pytest.mark.parametrize(
    ("schedule", "times"),
    [
        ("30 6 * * 1-5", ["Wed 03 Jun 06:30", "Thu 04 Jun 06:30", "Fri 05 Jun 06:30", "Mon 08 Jun 06:30"]),
        ("0 6 * * 0,6", ["Sat 06 Jun 06:00", "Sun 07 Jun 06:00", "Sat 13 Jun 06:00"]),
        ("0 6 * * 7", ["Sun 07 Jun 06:00", "Sun 14 Jun 06:00"]),
        ("0 6 * * FRI-SUN", ["Fri 05 Jun 06:00", "Sat 06 Jun 06:00", "Sun 07 Jun 06:00", "Fri 12 Jun 06:00"]),
        ("5/20 0 * * *", ["Wed 03 Jun 00:05", "Wed 03 Jun 00:25", "Wed 03 Jun 00:45", "Thu 04 Jun 00:05"]),
        ("0 8-18/5,22 * * *", ["Wed 03 Jun 08:00", "Wed 03 Jun 13:00", "Wed 03 Jun 18:00", "Wed 03 Jun 22:00"]),
        ("0 0 1 jan,jul *", ["Wed 01 Jul 00:00", "Fri 01 Jan 00:00"]),
        ("0 0 29 2 *", ["Tue 29 Feb 00:00", "Sun 29 Feb 00:00"]),
        ("0 0 31 * *", ["Fri 31 Jul 00:00", "Mon 31 Aug 00:00", "Sat 31 Oct 00:00"]),
    ],
)
def test_the_fields_of_cron_mean_what_they_mean_there(schedule: str, times: list[str]) -> None:
    """Minute, hour, day of a month, month, and day of the week, which begins on Sunday, both 0 and 7."""
    assert shown(schedule, "2026-06-03", len(times)) == times


@pytest.mark.parametrize(
    ("schedule", "times"),
    [
        ("30 2 * * *", ["Sat 28 Mar 02:30", "Sun 29 Mar 03:30", "Mon 30 Mar 02:30"]),
        ("0 0 * * *", ["Sat 28 Mar 00:00", "Sun 29 Mar 00:00", "Mon 30 Mar 00:00", "Tue 31 Mar 00:00"]),
        ("30 6 * * *", ["Sat 28 Mar 06:30", "Sun 29 Mar 06:30", "Mon 30 Mar 06:30"]),
    ],
)
def test_clocks_that_leap_in_spring_leave_no_day_out(schedule: str, times: list[str]) -> None:
    """A time that the clocks leap over, on 29 March 2026 those from 2 to 3, comes an hour later by them."""
    assert shown(schedule, "2026-03-28", len(times)) == times


@pytest.mark.parametrize(
    ("schedule", "times"),
    [
        ("30 2 * * *", ["Sat 24 Oct 02:30", "Sun 25 Oct 02:30", "Mon 26 Oct 02:30"]),
        ("0 0 * * *", ["Sat 24 Oct 00:00", "Sun 25 Oct 00:00", "Mon 26 Oct 00:00"]),
    ],
)
def test_clocks_that_fall_back_in_autumn_count_once(schedule: str, times: list[str]) -> None:
    """A time that the clocks show twice, on 25 October 2026 those from 2 to 3, is due the first time."""
    assert shown(schedule, "2026-10-24", len(times)) == times


def test_every_hour_is_every_hour_when_clocks_leap() -> None:
    """What is of every hour has sixty minutes between two times in spring and in autumn too."""
    for day in ("2026-03-29", "2026-10-25"):
        trigger, times = trigger_of("15 * * * *"), [datetime.fromisoformat(f"{day}T00:15").replace(tzinfo=BRUSSELS)]
        for _ in range(6):
            times.append(trigger.after(times[-1], times[-1]))
        assert {after.timestamp() - before.timestamp() for before, after in pairwise(times)} == {3600}


@pytest.mark.parametrize(
    ("schedule", "because"),
    [
        ("", "'' is no schedule: write an interval"),
        ("daily", "'daily' is no schedule: write an interval"),
        ("every 1.5 h", "is no schedule: write an interval"),
        ("every 6 weeks", "is no schedule: write an interval"),
        ("every -1 h", "is no schedule: write an interval"),
        ("every 0 s", "'every 0 s' is not between a second and 366 days"),
        ("every 367 d", "is not between a second and 366 days"),
        ("every 999999999 d", "is not between a second and 366 days"),
        ("0 6 * *", "is no schedule: write an interval"),
        ("0 6 * * * *", "is no schedule: write an interval"),
        ("60 6 * * *", "`60` is no minute"),
        ("*/0 6 * * *", "`\\*/0` is no minute"),
        ("\u0661 6 * * *", "is no minute"),
        ("1,, 6 * * *", "`1,,` is no minute"),
        ("30-10 6 * * *", "`30-10` is no minute"),
        ("0 24 * * *", "`24` is no hour"),
        ("0 6 0 * *", "`0` is no day of a month"),
        ("0 6 last * *", "`last` is no day of a month"),
        ("0 6 * 13 *", "`13` is no month"),
        ("0 6 * mei *", "`mei` is no month"),
        ("0 6 * * 8", "`8` is no day of the week"),
        ("0 6 * * fri-mon", "`fri-mon` is no day of the week"),
        ("0 6 31 2 *", "'0 6 31 2 \\*' never comes"),
        ("0 6 31 4,6,9,11 *", "never comes"),
        ("0 6 1 * 1", "days of a month and days of the week"),
        ("x" * 1_000, "'x{60}…' is no schedule"),
    ],
)
def test_what_is_no_schedule_is_refused(schedule: str, because: str) -> None:
    """One sentence says what is wrong with it."""
    with pytest.raises(UnusableSchedule, match=because) as refused:
        trigger_of(schedule)
    assert len(str(refused.value)) < 250


@pytest.mark.parametrize("schedule", ["every 6h", "30 6 * * 1-5"])
def test_a_source_is_due_now_until_it_was_harvested_on_schedule(schedule: str) -> None:
    """What was never due is due now; what is overdue has been since it was due."""
    assert due(schedule, None) == NOON
    assert due(schedule, NOON - timedelta(days=9)) == NOON - timedelta(days=9)


def test_a_source_without_a_schedule_is_never_due() -> None:
    """It is harvested by hand, whatever is remembered of a schedule that it had."""
    assert due(None, None) is None
    assert due(None, NOON - timedelta(days=9)) is None


def test_a_source_is_due_when_that_was_kept() -> None:
    """A due time that has not come yet is kept."""
    assert due("every 6h", NOON + timedelta(hours=2)) == NOON + timedelta(hours=2)
    assert due("0 14 * * *", NOON + timedelta(hours=2)) == NOON + timedelta(hours=2)


def test_a_schedule_that_was_changed_is_heeded_at_once() -> None:
    """A due time that was kept under another schedule puts nothing off, and makes nothing due that is not."""
    assert due("every 1h", NOON + timedelta(days=30)) == NOON + timedelta(hours=1)
    assert due("0 14 * * *", NOON + timedelta(days=30)) == NOON + timedelta(hours=2)
    assert due("0 14 * * *", NOON + timedelta(minutes=5)) == NOON + timedelta(hours=2)


@pytest.mark.parametrize("schedule", ["every 5s", "* * * * *"])
@pytest.mark.parametrize("kept", [None, NOON - timedelta(minutes=1), NOON + timedelta(hours=1, seconds=2)])
def test_a_publisher_that_asks_for_it_is_left_alone(schedule: str, kept: datetime | None) -> None:
    """It is due no earlier than that, whatever its schedule says; and when that goes by, it is as it was."""
    asked = failed(NOON, 3600.0)
    assert due(schedule, kept, NOON + timedelta(minutes=1), asked) == NOON + timedelta(hours=1, seconds=2)
    assert due(schedule, kept, NOON + timedelta(minutes=1), failed(NOON, None)) != NOON + timedelta(hours=1, seconds=2)
    assert due(schedule, NOON + timedelta(hours=2), NOON + timedelta(hours=2), asked) == NOON + timedelta(hours=2)


@pytest.mark.parametrize("after", [86_400.0, 1e12, 1e299])
def test_no_publisher_is_left_alone_for_more_than_a_day(after: float) -> None:
    """Whatever it asks."""
    assert due("every 1h", None, NOON, failed(NOON, after)) == NOON + timedelta(days=1, seconds=2)


def test_what_was_asked_in_the_future_puts_nothing_off() -> None:
    """Where a clock was set back, nobody waits until it has come to where it was."""
    assert due("every 1h", None, NOON, failed(NOON + timedelta(days=9), 3600.0)) == NOON


def test_a_wish_brings_nothing_forward() -> None:
    """What is due later than the publisher asks for stays so."""
    assert due("every 6h", NOON + timedelta(hours=3), NOON, failed(NOON, 60.0)) == NOON + timedelta(hours=3)
