"""Which facts are believed: the events as they were last corrected, without those that were retracted.

A *fact* is an event as it is believed now. A correction puts another event in its place and a retraction takes it
away; neither changes what was believed before. What a thing's facts mean together is worked out by the fold of its
kind, in the order of the days on which they hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from regiolog.events.correction import EventWasCorrected, EventWasRetracted
from regiolog.events.fact import Fact

if TYPE_CHECKING:
    from regiolog.events.event import Entity, Event


class Believed:
    """The facts of some or all things, kept up to date event by event."""

    def __init__(self) -> None:
        """Believe nothing."""
        self._facts: dict[str, Fact | None] = {}
        self._latest: dict[str, tuple[int, str]] = {}
        self._of: dict[Entity, dict[str, Fact]] = {}
        self._origins: dict[str, int] = {}
        self._seen: set[int] = set()

    def take(self, position: int, event: Event) -> set[Entity]:
        """Believe one more event.

        Args:
            position: Where the journal keeps it.
            event: The event.

        Returns:
            The things whose facts are no longer what they were.
        """
        if position in self._seen:
            return set()
        self._seen.add(position)
        match event:
            case EventWasCorrected(corrects=origin, replacement=replacement):
                return self._replace(origin, position, event.id, replacement)
            case EventWasRetracted(retracts=origin):
                return self._replace(origin, position, event.id, None)
            case _:
                self._origins[event.id] = position
                return self._put(event.id, Fact(position, position, event))

    def touched_by(self, event: Event) -> set[Entity]:
        """The things whose facts this event would change, were it taken now."""
        match event:
            case EventWasCorrected(corrects=origin) | EventWasRetracted(retracts=origin):
                before = self._facts.get(origin)
                return {*(before.event.touches() if before else ()), *event.touches()}
            case _:
                return set(event.touches())

    def facts(self, entity: Entity) -> list[Fact]:
        """What is believed of one thing, in no particular order."""
        return list(self._of.get(entity, {}).values())

    def fact(self, event_id: str) -> Fact | None:
        """The fact that an event first said, as it is believed now; None when it is unknown or was retracted."""
        return self._facts.get(event_id)

    def all(self) -> list[Fact]:
        """Every fact that is believed."""
        return [fact for fact in self._facts.values() if fact is not None]

    def last_word(self, event_id: str) -> tuple[int, str] | None:
        """Position and name of the event that last corrected or retracted this one; None when none did."""
        return self._latest.get(event_id)

    def position_of(self, event_id: str) -> int | None:
        """Where the event of this name was first said; None when it is unknown."""
        return self._origins.get(event_id)

    def entities(self, kind: str) -> list[Entity]:
        """Every thing of a kind of which anything is or was believed."""
        return [entity for entity in self._of if entity.kind == kind]

    def _replace(self, origin: str, position: int, name: str, replacement: Event | None) -> set[Entity]:
        last = self._latest.get(origin)
        if last is not None and last[0] > position:
            return set()
        self._latest[origin] = (position, name)
        before = self._facts.get(origin)
        touched: set[Entity] = set()
        if before is not None:
            for entity in before.event.touches():
                self._of[entity].pop(origin, None)
                touched.add(entity)
        place = before.origin if before is not None else position
        if replacement is None:
            self._facts[origin] = None
            return touched
        return touched | self._put(origin, Fact(place, position, replacement))

    def _put(self, name: str, fact: Fact) -> set[Entity]:
        self._facts[name] = fact
        touched = set(fact.event.touches())
        for entity in touched:
            self._of.setdefault(entity, {})[name] = fact
        return touched
