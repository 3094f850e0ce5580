"""Measuring two ways of doing the same work in turn, and the table of what came out."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Final, Literal, NamedTuple

Clock = Callable[[], float]

CPU: Final = time.process_time
"""What the process itself used: the fairer clock on a shared machine, as long as all work is done in it."""
WALL: Final = time.perf_counter
"""What went by, the disk's time included."""


class Row(NamedTuple):
    """One line of the table.

    Attributes:
        number: The number of the goal in the design, as ``P8``.
        what: What was done, and on which size.
        ours: How much of `unit` it took; a median where there were rounds.
        reference: How much the reference took; None where there is none.
        unit: What both are measured in.
        against: What the reference is.
        ratio: What the goal is about: ours over the reference where less is better, else the other way round.
        goal: The goal in words; empty where it is only reported.
        met: Whether it was met; None where there is nothing to meet.
        noise: By how many per cent the middle half of the rounds differ in their ratio; None for one round.
    """

    number: str
    what: str
    ours: float
    reference: float | None
    unit: str
    against: str = ""
    ratio: float | None = None
    goal: str = ""
    met: bool | None = None
    noise: float | None = None


class Compared(NamedTuple):
    """Two ways of doing the same, measured in turn.

    Attributes:
        ours: The median time of ours, in seconds.
        reference: The median time of the reference, in seconds.
        ratio: The median of what each round says of ours over the reference.
        noise: By how many per cent the middle half of those ratios differ.
    """

    ours: float
    reference: float
    ratio: float
    noise: float | None

    def row(
        self,
        number: str,
        what: str,
        against: str,
        *,
        at_most: float | None = None,
        at_least: float | None = None,
        speed: bool = False,
        unit: Literal["s", "ms", "µs"] = "ms",
        per: int = 1,
    ) -> Row:
        """A line of the table.

        Args:
            number: The number of the goal.
            what: What was done.
            against: What the reference is.
            at_most: The goal, where less time is meant.
            at_least: The goal, where more speed is meant.
            speed: Whether more speed is meant where there is no goal.
            unit: What to show the times in.
            per: How many things were done at a time; the times are shown for one.
        """
        factor = {"s": 1, "ms": 1e3, "µs": 1e6}[unit] / per
        ratio = 1 / self.ratio if speed or at_least is not None else self.ratio
        goal, met = "", None
        if at_least is not None:
            goal, met = f"≥ {at_least:g}", ratio >= at_least
        elif at_most is not None:
            goal, met = f"≤ {at_most:g}", ratio <= at_most
        return Row(
            number,
            what,
            self.ours * factor,
            self.reference * factor,
            unit,
            against,
            ratio,
            goal,
            met,
            self.noise,
        )


def compare(
    ours: Callable[[], float | None],
    reference: Callable[[], float | None],
    *,
    rounds: int,
    clock: Clock = CPU,
    repeat: int = 1,
) -> Compared:
    """Do two things in turn, and take the medians.

    Args:
        ours: One way; returns None, or the seconds it measured itself, without what it had to prepare.
        reference: The other way.
        rounds: How many rounds; the two change places in every other one.
        clock: What measures.
        repeat: How often each is done at a time, for what is too short to be measured once.
    """
    pairs: list[tuple[float, float]] = []
    for number in range(rounds):
        if number % 2:
            second = _timed(reference, clock, repeat)
            pairs.append((_timed(ours, clock, repeat), second))
        else:
            pairs.append((_timed(ours, clock, repeat), _timed(reference, clock, repeat)))
    return compared([(one / repeat, other / repeat) for one, other in pairs])


def compared(pairs: Sequence[tuple[float, float]]) -> Compared:
    """What rounds come to: the medians.

    Args:
        pairs: What each round took, ours and the reference, in seconds.
    """
    ratios = [one / other for one, other in pairs]
    noise = None
    if len(pairs) > 1:
        noise = (share(ratios, 0.75) - share(ratios, 0.25)) / median(ratios) * 100
    return Compared(median(one for one, _ in pairs), median(other for _, other in pairs), median(ratios), noise)


def share(values: Sequence[float], part: float) -> float:
    """The value below which such a part of them lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(part * (len(ordered) - 1)))]


def table(rows: Sequence[Row]) -> str:
    """The rows as one table, in plain text."""
    head = ("", "metric", "ours", "reference", "", "ratio", "± %", "goal", "met?", "the reference is")
    lines = [head, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    right = {2, 3, 5, 6}
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _timed(work: Callable[[], float | None], clock: Clock, repeat: int) -> float:
    gc.collect()
    started = clock()
    own = [work() for _ in range(repeat)]
    spent = clock() - started
    return sum(each for each in own if each is not None) if own[0] is not None else spent


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.number,
        row.what,
        _number(row.ours),
        _number(row.reference),
        row.unit,
        _number(row.ratio),
        "" if row.noise is None else f"{row.noise:.0f}",
        row.goal,
        {True: "yes", False: "NO", None: ""}[row.met],
        row.against,
    )


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
