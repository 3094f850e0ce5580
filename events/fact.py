"""A fact: an event as it is believed, and the finding that one cannot hold beside the others."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from regiolog.events.event import Event


class Fact(NamedTuple):
    """An event as it is believed.

    Attributes:
        origin: The position of the event that first said it; its place in any order, and its name.
        latest: The position of the event that last changed it.
        event: What it says now.
    """

    origin: int
    latest: int
    event: Event


class Impossible(Exception):
    """A fact that cannot hold beside the others.

    Args:
        fact: The fact that cannot hold.
        reason: One sentence that says why.
        against: The fact that it contradicts, when it is one.
        field: The field of its record that is to blame, when no other fact is.
    """

    def __init__(self, fact: Fact, reason: str, against: Fact | None, field: str | None = None) -> None:
        """Keep the parts apart; a rule decides which of them was asked for."""
        super().__init__(reason)
        self.fact = fact
        self.reason = reason
        self.against = against
        self.field = field


def in_valid_order(facts: Iterable[Fact]) -> list[Fact]:
    """The facts by the day on which they begin to hold, then by where they were first said."""
    return sorted(facts, key=lambda fact: (fact.event.valid_from or date.min, fact.origin))


def yield_to_decision(fact: Fact, settled: Fact) -> None:
    """What a decision has settled, no source changes by its word alone.

    Args:
        fact: What would change it.
        settled: The fact that it rests on now.

    Raises:
        Impossible: A decision settled it, and the fact names none.
    """
    by = settled.event.decision
    if fact.event.decision is None and by is not None:
        raise Impossible(fact, f"{by} decided otherwise: the word of a source is a claim beside it", settled)
