"""Filling a journal with the events of a made-up register, at the instants at which they are to be known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from typing import Final, NamedTuple

from regiolog.events.event import Event
from regiolog.events.journal import Boundary, Journal


class Size(NamedTuple):
    """How big a register is.

    Attributes:
        municipalities: How many it begins with.
        events: How many events its journal holds.
    """

    municipalities: int
    events: int


ARCHIVE: Final = Size(308, 799)
"""The register of the archive that ships, which is not made up; it has far more statements for each event."""
SIZES: Final = {"A": ARCHIVE, "S": Size(300, 1_000), "M": Size(3_000, 20_000), "L": Size(35_000, 200_000)}


class Made(NamedTuple):
    """An event, and the instant at which it is to be recorded."""

    known: datetime
    event: Event


class Hand:
    """A clock that shows the instant to which it was set."""

    def __init__(self, now: datetime = datetime(1990, 1, 1, tzinfo=UTC)) -> None:
        """Show an instant."""
        self.now = now

    def __call__(self) -> datetime:
        """The instant that it shows."""
        return self.now


def fill(journal: Journal, clock: Hand, made: Iterator[Made]) -> int:
    """Record events month by month, each month in one transaction, and say how many there are.

    Args:
        journal: Where they go; it is empty, and stamps what it takes in with `clock`.
        clock: Set to the last instant of each month's events.
        made: The events, in order.
    """
    head = journal.head()
    for _, month in groupby(made, lambda each: (each.known.year, each.known.month)):
        batch = list(month)
        clock.now = batch[-1].known
        head = journal.append([each.event for each in batch], Boundary(everything=True), head)[-1]
    return head
