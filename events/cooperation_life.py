"""The life of a cooperation structure: what its believed facts mean together, day by day.

The fold is the rule: a fact that cannot hold beside the others makes it fail, and names both. What a decision has
settled, the word of a source alone does not change.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple, TypeVar

from regiolog.events.cooperation import (
    CooperationStatus,
    CooperationStatusWasChanged,
    CooperationsWereMerged,
    CooperationType,
    CooperationTypeWasChanged,
    CooperationWasEnded,
    CooperationWasFounded,
    CooperationWasObserved,
    CooperationWasRenamed,
    CooperationWasSplit,
    Member,
    MembersJoined,
    MembersLeft,
    MembersWereLastObserved,
    MembersWereObserved,
)
from regiolog.events.fact import Fact, Impossible, in_valid_order, yield_to_decision
from regiolog.events.timeline import Span, Timeline

Value = TypeVar("Value")


class Membership(NamedTuple):
    """One member's part in a structure over one stretch of days.

    Attributes:
        member: Who it is.
        number: Its place among the members that its event names, from 1.
        joined: Whether it joined on the first day; else it was first observed then.
    """

    member: Member
    number: int
    joined: bool


@dataclass(slots=True)
class Cooperation:
    """What is believed of one cooperation structure.

    Attributes:
        key: Its key.
        begun: The fact by which the register met it; None when nothing has.
        ended: The fact that ended it; None while none did.
        names: Its names over time.
        types: Its kinds over time.
        statuses: Whether it works, over time.
        members: The memberships over time, by the key of the member.
        left: The day on which each member that is no longer listed was last seen, by the membership's first fact and
            number.
        gone: The fact by which each member that is none any more last left, by the key of the member.
        successors: The keys of what it became.
        mergers: The mergers and splits that it took part in or resulted from.
    """

    key: str
    begun: Fact | None = None
    ended: Fact | None = None
    names: Timeline[str] = field(default_factory=Timeline)
    types: Timeline[tuple[CooperationType, ...]] = field(default_factory=Timeline)
    statuses: Timeline[CooperationStatus] = field(default_factory=Timeline)
    members: dict[str, Timeline[Membership]] = field(default_factory=dict)
    left: dict[tuple[int, int], date] = field(default_factory=dict)
    gone: dict[str, Fact] = field(default_factory=dict)
    successors: tuple[str, ...] = ()
    mergers: list[Fact] = field(default_factory=list)

    @property
    def iri(self) -> str | None:
        """The address by which its publisher named it when the register met it."""
        event = None if self.begun is None else self.begun.event
        return event.iri if isinstance(event, CooperationWasFounded | CooperationWasObserved) else None

    @property
    def begin(self) -> date | None:
        """The day from which on it is held."""
        return None if self.begun is None else self.begun.event.valid_from

    @property
    def end(self) -> date | None:
        """The first day on which it no longer is; None while none is known."""
        return None if self.ended is None else self.ended.event.valid_from

    def has(self, member: Member, day: date | None) -> bool:
        """Whether somebody is a member on a day, just as is said."""
        timeline = self.members.get(member.key)
        held = timeline.at(day) if timeline is not None else None
        return held is not None and held.value.member == member


def fold_cooperation(key: str, facts: list[Fact]) -> Cooperation:
    """Work out what the believed facts say of one cooperation structure, day by day.

    Raises:
        Impossible: A fact cannot hold beside the others.
    """
    state = Cooperation(key)
    for fact in in_valid_order(facts):
        _add(state, fact)
    return state


def _add(state: Cooperation, fact: Fact) -> None:
    event = fact.event
    match event:
        case CooperationWasFounded() | CooperationWasObserved():
            _begin(state, fact, event)
            return
        case CooperationsWereMerged(parts=parts, into=into):
            _must_be_there(state, fact)
            state.mergers.append(fact)
            if state.key in parts and state.key != into:
                _end(state, fact, (into,))
            return
        case CooperationWasSplit(cooperation=key, into=into):
            _must_be_there(state, fact)
            state.mergers.append(fact)
            if state.key == key:
                _end(state, fact, into)
            return
        case _:
            _must_be_there(state, fact)
    match event:
        case CooperationWasRenamed(name=name):
            _change(state.names, fact, name, f"{state.key} is called {name}")
        case CooperationTypeWasChanged(types=types):
            _change(state.types, fact, types, f"{state.key} is of type {', '.join(types)}")
        case CooperationStatusWasChanged(status=status):
            _change(state.statuses, fact, status, f"{state.key} is {status}")
        case MembersJoined(members=members) | MembersWereObserved(members=members):
            for number, member in enumerate(members, start=1):
                _join(state, fact, member, number)
        case MembersLeft(members=members) | MembersWereLastObserved(members=members):
            for member in members:
                _leave(state, fact, member)
        case CooperationWasEnded():
            _end(state, fact, ())
        case _:
            pass


def _begin(state: Cooperation, fact: Fact, event: CooperationWasFounded | CooperationWasObserved) -> None:
    if state.begun is not None:
        raise Impossible(fact, f"cooperation {state.key} is in the register already", state.begun)
    state.begun = fact
    state.names.put(event.name, fact)
    if event.types:
        state.types.put(event.types, fact)
    if event.status is not None:
        state.statuses.put(event.status, fact)


def _must_be_there(state: Cooperation, fact: Fact) -> None:
    day = fact.event.valid_from
    if state.begun is None or (day is not None and state.begin is not None and day < state.begin):
        raise Impossible(fact, f"cooperation {state.key} is not in the register on {day}", state.begun, "valid_from")
    if state.end is not None and (day is None or state.end <= day):
        raise Impossible(fact, f"cooperation {state.key} ended on {state.end}", state.ended, "valid_from")


def _change(timeline: Timeline[Value], fact: Fact, value: Value, already: str) -> None:
    held = timeline.open()
    if held is not None and held.value == value:
        raise Impossible(fact, f"{already} already", held.cause)
    if held is not None:
        yield_to_decision(fact, held.cause)
    timeline.put(value, fact)


def _join(state: Cooperation, fact: Fact, member: Member, number: int) -> None:
    timeline = state.members.setdefault(member.key, Timeline())
    held = timeline.open() or _as_municipality(state, member)
    if held is not None:
        if held.cause is fact and held.value.member == member:  # its publisher names it twice
            return
        raise Impossible(fact, f"{member.key} is a member of {state.key} already", held.cause, "members")
    if member.key in state.gone:
        yield_to_decision(fact, state.gone[member.key])
    timeline.put(Membership(member, number, isinstance(fact.event, MembersJoined)), fact)


def _as_municipality(state: Cooperation, member: Member) -> Span[Membership] | None:
    """The open membership of the same municipality under another address, or under none."""
    if member.municipality is None:
        return None
    for timeline in state.members.values():
        held = timeline.open()
        if held is not None and held.value.member.municipality == member.municipality:
            return held
    return None


def _leave(state: Cooperation, fact: Fact, member: Member) -> None:
    timeline = state.members.get(member.key, Timeline())
    held = timeline.open()
    if held is None:
        raise Impossible(fact, f"{member.key} is no member of {state.key}", None, "members")
    yield_to_decision(fact, held.cause)
    timeline.close(fact)
    state.gone[member.key] = fact
    if isinstance(fact.event, MembersWereLastObserved) and fact.event.last is not None:
        _check_last(fact, fact.event.last, held.start)
        state.left[held.cause.origin, held.value.number] = fact.event.last


def _check_last(fact: Fact, last: date, since: date | None) -> None:
    """Something was last seen while it was still there."""
    day = fact.event.valid_from
    if (since is not None and last < since) or (day is not None and day <= last):
        raise Impossible(fact, f"it was not last seen on {last}: it is held from {since} to {day}", None, "last")


def _end(state: Cooperation, fact: Fact, successors: tuple[str, ...]) -> None:
    if fact.event.valid_from == state.begin:
        raise Impossible(fact, f"cooperation {state.key} came into the register on that day", state.begun)
    _finish(state.names, fact)
    _finish(state.types, fact)
    _finish(state.statuses, fact)
    for timeline in state.members.values():
        _finish(timeline, fact)
    if isinstance(fact.event, CooperationWasEnded) and fact.event.last is not None:
        _check_last(fact, fact.event.last, state.begin)
    state.successors = successors
    state.ended = fact


def _finish(timeline: Timeline[Value], fact: Fact) -> None:
    held = timeline.open()
    if held is not None:
        yield_to_decision(fact, held.cause)
    timeline.close(fact)
