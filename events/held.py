"""What a rule sees: the believed facts of just the things that it asks about, read from the journal once.

Whatever was read becomes part of the boundary of the append that follows, so that a rule never decides on
something that another writer changed meanwhile.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from regiolog.events.authority import AUTHORITY, Authority
from regiolog.events.believed import Believed
from regiolog.events.claim import Source, fold_source
from regiolog.events.cooperation_life import Cooperation, fold_cooperation
from regiolog.events.correction import EventWasCorrected, EventWasRetracted
from regiolog.events.decision import Decision, fold_decision
from regiolog.events.event import BULK, Entity, Event
from regiolog.events.journal import Boundary
from regiolog.events.municipality_life import Municipality, fold_municipality
from regiolog.events.proposal import Proposal, fold_proposal
from regiolog.events.region import Region, fold_region
from regiolog.events.register import RegisterWasBegun

if TYPE_CHECKING:
    from regiolog.events.fact import Fact
    from regiolog.events.journal import Journal

State = TypeVar("State")

_TAGS = {
    "municipality": (BULK,),
    "province": ("register",),
    "register": ("register",),
}


class Held:
    """The register as far as it was asked about, with what is about to be appended to it.

    Attributes:
        authority: Which source may open which kinds of register event.
        head: The last position of the journal when it was looked at.
        pending: What is about to be appended.
        whole: Whether the append depends on the journal as a whole.
    """

    def __init__(self, journal: Journal, authority: Authority = AUTHORITY) -> None:
        """See the journal as it stands now."""
        self._journal = journal
        self.authority = authority
        self._believed = Believed()
        self._tags: set[str] = set()
        self._folds: dict[Entity, object] = {}
        self._stack: list[tuple[int, Event]] = []
        self._read: dict[int, Event] = {}
        self._positions: dict[str, int] = {}
        self._provisional: dict[int, Event] = {}
        self._tagged: defaultdict[str, list[int]] = defaultdict(list)
        self.head = journal.head()
        self.pending: list[Event] = []
        self.whole = False

    @property
    def boundary(self) -> Boundary:
        """What must not have changed when the pending events are appended."""
        return Boundary(tags=frozenset(self._tags), everything=self.whole)

    @property
    def last(self) -> Event | None:
        """The last event of all, pending ones included; None when there is none."""
        if self.pending:
            return self.pending[-1]
        recorded = self._journal.at(self.head) if self.head else None
        return recorded.event if recorded is not None else None

    def take(self, event: Event) -> set[Entity]:
        """Hold an event that is about to be appended; say which things it changes."""
        self.pending.append(event)
        position = self.head + len(self.pending)
        self._provisional[position] = self._read[position] = event
        for tag in event.tags():
            self._tagged[tag].append(position)
        self._positions[event.id] = position
        touched = self._believed.take(position, event)
        for entity in touched:
            self._folds.pop(entity, None)
        return touched

    def take_back(self, length: int) -> None:
        """Hold no more than the first so many pending events, as if the others had never been taken."""
        for position in range(self.head + length + 1, self.head + len(self.pending) + 1):
            event = self._provisional.pop(position)
            del self._read[position]
            for tag in event.tags():
                self._tagged[tag].remove(position)
            self._positions.pop(event.id, None)
        del self.pending[length:]
        self._believed = Believed()
        for position, event in sorted(self._read.items(), key=lambda each: each[0]):
            self._believed.take(position, event)
        self._folds.clear()

    def event_at(self, position: int) -> Event | None:
        """The event at a position, pending ones included."""
        if position in self._provisional:
            return self._provisional[position]
        recorded = self._journal.at(position) if 0 < position <= self.head else None
        return recorded.event if recorded is not None else None

    def event(self, event_id: str) -> Event | None:
        """The event of this name as it was recorded, whether it is believed or not."""
        self._need(f"id:{event_id}")
        position = self._positions.get(event_id)
        return None if position is None else self.event_at(position)

    def name_of(self, event_id: str) -> str:
        """An event as the reader of a refusal can look it up: by its position, when it has one yet."""
        position = self._positions.get(event_id)
        return event_id if position is None or position > self.head else f"event {position}, {event_id}"

    def fact(self, event_id: str) -> Fact | None:
        """What an event says as it is believed now; None when it is unknown or was retracted."""
        self._need(f"id:{event_id}", f"about:{event_id}")
        return self._believed.fact(event_id)

    def last_word(self, event_id: str) -> tuple[int, str] | None:
        """Position and name of the last correction or retraction of an event; None when there is none."""
        self._need(f"id:{event_id}", f"about:{event_id}")
        return self._believed.last_word(event_id)

    def register(self) -> RegisterWasBegun | None:
        """The beginning of the register; None while it has not begun."""
        self._need("register")
        first = self.event_at(1)
        return first if isinstance(first, RegisterWasBegun) else None

    def facts(self, entity: Entity) -> list[Fact]:
        """What is believed of one thing."""
        self._need(f"{entity.kind}:{entity.key}", *_TAGS.get(entity.kind, ()))
        return self._believed.facts(entity)

    def facts_before(self, event_id: str, entity: Entity) -> list[Fact]:
        """What was believed of one thing when an event was recorded, whatever was corrected or retracted since."""
        self.facts(entity)
        then = Believed()
        for position, event in sorted(self._read.items(), key=lambda each: each[0]):
            if position < self._positions[event_id]:
                then.take(position, event)
        return then.facts(entity)

    def resting_on(self, decision: str) -> list[Fact]:
        """The facts that rest on a decision."""
        self._need(f"under:{decision}")
        return [fact for fact in self._believed.all() if fact.event.decision == decision]

    def published_by(self, source: str) -> list[Fact]:
        """The facts of the register that rest on the word of a source alone."""
        self._need(f"by:{source}")
        facts = (fact for fact in self._believed.all() if fact.event.said_by == source)
        return [
            fact
            for fact in facts
            if fact.event.decision is None and Entity("source", source) not in fact.event.touches()
        ]

    def municipality(self, nis: str) -> Municipality:
        """One municipality as it is believed to be."""
        return self._fold(Entity("municipality", nis), fold_municipality, Municipality)

    def municipalities(self) -> list[str]:
        """The NIS codes of all municipalities that the register has or had."""
        self._need(*_TAGS["municipality"])
        return [entity.key for entity in self._believed.entities("municipality")]

    def region(self, key: str) -> Region:
        """One region as it is believed to be."""
        return self._fold(Entity("region", key), fold_region, Region)

    def subregion(self, key: str) -> Region:
        """One subregion as it is believed to be."""
        return self._fold(Entity("subregion", key), fold_region, Region)

    def decision(self, key: str) -> Decision:
        """One decision as it is believed to be."""
        return self._fold(Entity("decision", key), fold_decision, Decision)

    def proposal(self, key: str) -> Proposal:
        """One proposal as it is believed to be."""
        return self._fold(Entity("proposal", key), fold_proposal, Proposal)

    def source(self, key: str) -> Source:
        """One source, and what it is believed to be saying."""
        return self._fold(Entity("source", key), fold_source, Source)

    def cooperation(self, key: str) -> Cooperation:
        """One cooperation structure as it is believed to be."""
        return self._fold(Entity("cooperation", key), fold_cooperation, Cooperation)

    def _fold(self, entity: Entity, fold: Callable[[str, list[Fact]], State], kind: type[State]) -> State:
        facts = self.facts(entity)
        state = self._folds.get(entity)
        if not isinstance(state, kind):
            state = fold(entity.key, facts)
            self._folds[entity] = state
        return state

    def _need(self, *tags: str) -> None:
        """Read every event that carries one of these tags, and the whole story of each that was corrected."""
        missing = set(tags) - self._tags
        while missing:
            self._tags |= missing
            origins: set[str] = set()
            found = self._journal.read(Boundary(tags=frozenset(missing)))
            taken = [(each.position, each.event) for each in found if each.position <= self.head]
            ours = {position for tag in missing for position in self._tagged.get(tag, ())}
            taken += [(position, self._provisional[position]) for position in sorted(ours)]
            for _, event in taken:
                if isinstance(event, EventWasCorrected):
                    origins.add(event.corrects)
                elif isinstance(event, EventWasRetracted):
                    origins.add(event.retracts)
            missing = {f"{kind}:{origin}" for origin in origins for kind in ("id", "about")} - self._tags
            self._stack.extend(taken)
        for position, event in sorted(self._stack, key=lambda each: each[0]):
            self._positions[event.id] = position
            self._read[position] = event
            for entity in self._believed.take(position, event):
                self._folds.pop(entity, None)
        self._stack.clear()
