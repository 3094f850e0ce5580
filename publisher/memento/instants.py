"""The instants at which something that is published changes: since when each of its mementos (RFC 7089) holds.

They are the effective known instants of the events that changed what is said and, of what is not fixed to a day, also
00:00 in Brussels of the days on which something that is then believed begins or ends. They only ever grow at their end.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from regiolog.events.temporal import day_of, start_of_day
from regiolog.ontology.iris import Iris
from regiolog.publisher.things.sheet import PARTS
from regiolog.sync.statements.changing import About
from regiolog.sync.statements.history import History
from regiolog.sync.statements.history_graph import NODES
from regiolog.sync.statements.statement import iri

NEXT: Final = timedelta(microseconds=1)
"""The step from one instant to the next."""

BEFORE: Final = datetime.min.replace(tzinfo=UTC)
"""Before every instant."""


class Instants(Protocol):
    """The instants at which something changes, none of them after the head."""

    def first(self, after: datetime) -> datetime | None:
        """The first one after an instant; None when there is none."""

    def last(self, until: datetime) -> datetime | None:
        """The last one up to an instant; None when there is none."""

    def all(self) -> list[datetime]:
        """All of them, in order."""


class OfGraph:
    """The instants at which the graph of the whole register changes, looked up one by one.

    Between two events nothing is learnt, so only the days between them are looked at for one that turns.

    Args:
        history: The statements.
        head: The instant of now.
        turning: Whether days that turn count, for the graph of whatever day it is.
    """

    def __init__(self, history: History, head: datetime, *, turning: bool) -> None:
        """Look nothing up yet."""
        self._history = history
        self._head = head
        self._turning = turning

    def first(self, after: datetime) -> datetime | None:
        """The first one after an instant; None when there is none."""
        event = self._history.first_known(after)
        return next(self._turns(after, self._head if event is None else event), event)

    def last(self, until: datetime) -> datetime | None:
        """The last one up to an instant; None when there is none."""
        event = self._history.last_known(until)
        return event and max(self._turns(event, min(until, self._head)), default=event)

    def all(self) -> list[datetime]:
        """All of them, in order."""
        return sorted({*self._history.all_known(), *self._turns(BEFORE, self._head)})

    def _turns(self, after: datetime, until: datetime) -> Iterator[datetime]:
        if not self._turning:
            return iter(())
        days = self._history.turning_days(max(day_of(after), self._history.coverage), day_of(until))
        return (turn for turn in map(start_of_day, days) if after < turn <= until)


class OfThing:
    """The instants at which what is said about one thing changes.

    Args:
        every: All of them, in order.
    """

    def __init__(self, every: list[datetime]) -> None:
        """Take them."""
        self._every = every

    def first(self, after: datetime) -> datetime | None:
        """The first one after an instant; None when there is none."""
        place = bisect_right(self._every, after)
        return self._every[place] if place < len(self._every) else None

    def last(self, until: datetime) -> datetime | None:
        """The last one up to an instant; None when there is none."""
        place = bisect_right(self._every, until)
        return self._every[place - 1] if place else None

    def all(self) -> list[datetime]:
        """All of them, in order."""
        return self._every


def of_thing(history: History, kind: str, subject: str, code: str, head: datetime, *, turning: bool) -> Instants:
    """The instants at which what is said about a thing changes.

    What counts is what is said of it, of the nodes that describe it, and of others with it as the value, on whatever
    day that holds; of a source also what it says; of an event, that it happened and that it was corrected.

    Args:
        history: The statements.
        kind: The kind of thing.
        subject: Its IRI.
        code: Its key.
        head: The instant of now.
        turning: Whether days that turn count, for what is said of it on whatever day it is.
    """
    if kind == "event":
        events = [int(code), *history.corrections_of(int(code), history.position)]
        return OfThing(sorted(set(map(history.known_of, events))))
    graph = iri(Iris(history.base_iri).source_graph(code)) if kind == "source" else ""
    about = About(iri(subject), NODES, tuple(map(iri, PARTS)), graph)
    turns = history.turning_days_about(about, day_of(head)) if turning else []
    return OfThing(sorted({*history.all_known_about(about), *map(start_of_day, turns)}))
