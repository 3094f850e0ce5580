"""What a publisher with authority says of cooperation structures, as the events that would make the register say so."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, Final

from regiolog.events.cooperation import (
    CooperationStatusWasChanged,
    CooperationsWereMerged,
    CooperationTypeWasChanged,
    CooperationWasEnded,
    CooperationWasFounded,
    CooperationWasObserved,
    CooperationWasRenamed,
    Member,
    MembersWereLastObserved,
    MembersWereObserved,
)
from regiolog.events.cooperation_life import Cooperation
from regiolog.events.event import Event
from regiolog.sync.harvest.reading import Organisation, Reading, Union

KINDS: Final = frozenset(
    str(kind.__struct_config__.tag)
    for kind in (
        CooperationStatusWasChanged,
        CooperationsWereMerged,
        CooperationTypeWasChanged,
        CooperationWasEnded,
        CooperationWasFounded,
        CooperationWasObserved,
        CooperationWasRenamed,
        MembersWereLastObserved,
        MembersWereObserved,
    )
)
"""The kinds of event that a source needs authority for, to open what it says of structures."""

ADDING: Final = (CooperationWasFounded, CooperationWasObserved, MembersWereObserved)
"""The kinds of event that change nothing that was said before."""

ENDING: Final = (CooperationWasEnded, MembersWereLastObserved)
"""The kinds of event by which something is no longer listed."""

Make = Callable[..., Event]
"""Makes an event of a kind with its fields, and with all that every event of the run carries."""


def events_of(
    reading: Reading,
    held: Callable[[str], Cooperation | None],
    listed: Iterable[str],
    make: Make,
    *,
    day: date,
    last: date | None,
    said_by: str,
    complete: bool,
) -> list[tuple[Organisation | Union | None, Event]]:
    """The events by which the register comes to say what a document says of structures, each with whom it is about.

    What is observed holds from the day of the publication; what came of a merger was founded on its day. What a
    complete document no longer lists was last seen on the day of the one before.

    Args:
        reading: What the document says.
        held: A structure as it is held, by its key; None when the register never had it.
        listed: The keys of the structures that this source lists by documents like this one.
        make: Makes the events.
        day: From which day what is said holds.
        last: The day on which the source was last seen before; None when that is not known.
        said_by: The key of the source: it ends no membership that rests on the word of another.
        complete: Whether the document lists all that there is.
    """
    found: list[tuple[Organisation | Union | None, Event]] = []
    founded = {
        union.into: union.day for union in reading.unions if union.day is not None and union.into not in union.parts
    }
    for each in reading.organisations:
        state = held(each.key)
        if state is None and each.iri in founded:
            found.append((each, make(CooperationWasFounded, **_described(each), valid_from=founded[each.iri])))
        elif state is None:
            found.append((each, make(CooperationWasObserved, **_described(each))))
        elif stands(state, day):
            found += [(each, event) for event in _differences(each, state, make, day)]
        elif state.ended is not None and isinstance(state.ended.event, CooperationWasEnded):
            found.append((each, _listed_again(each, make)))
        found += [(each, event) for event in _members(each, state, make, day, last, said_by, complete)]
    for union in reading.unions:
        parts, into = tuple(sorted(iri.rpartition("/")[2] for iri in union.parts)), union.into.rpartition("/")[2]
        state = held(into)
        done = state is not None and any(
            isinstance(fact.event, CooperationsWereMerged)
            and set(fact.event.parts) == set(parts)
            and union.day in {None, fact.event.valid_from}
            for fact in state.mergers
        )
        if not done:
            found.append((union, make(CooperationsWereMerged, parts=parts, into=into, valid_from=union.day or day)))
    if complete:
        told = {each.key for each in reading.organisations}
        for key in listed:
            state = held(key)
            if key not in told and state is not None and stands(state, day):
                found.append((None, make(CooperationWasEnded, cooperation=key, last=_before(last, day))))
    return found


def stands(state: Cooperation, day: date) -> bool:
    """Whether a structure has not ended on a day; one whose end is announced stands until then."""
    return state.end is None or day < state.end


def _described(each: Organisation) -> dict[str, Any]:
    return {
        "cooperation": each.key,
        "name": each.name,
        "types": each.types,
        "status": each.status,
        "iri": each.iri,
        "kbo": each.kbo,
        "ovo": each.ovo,
    }


def _listed_again(each: Organisation, make: Make) -> Event:
    """What a rule refuses, with the event that ended the structure: whether it ever ended, somebody has to say."""
    return make(CooperationStatusWasChanged, cooperation=each.key, status=each.status or "active")


def _differences(each: Organisation, state: Cooperation, make: Make, day: date) -> list[Event]:
    """What the document says of a structure otherwise than is held from its day on."""
    found: list[Event] = []
    name, types, status = state.names.at(day), state.types.at(day), state.statuses.at(day)
    if name is not None and name.value != each.name:
        found.append(make(CooperationWasRenamed, cooperation=each.key, name=each.name))
    if each.types and (types is None or set(types.value) != set(each.types)):
        found.append(make(CooperationTypeWasChanged, cooperation=each.key, types=each.types))
    if each.status is not None and (status is None or status.value != each.status):
        found.append(make(CooperationStatusWasChanged, cooperation=each.key, status=each.status))
    return found


def _members(
    each: Organisation,
    state: Cooperation | None,
    make: Make,
    day: date,
    last: date | None,
    said_by: str,
    complete: bool,
) -> list[Event]:
    if each.members is None or (state is not None and not stands(state, day)):
        return []
    held: dict[str, Member] = {}
    ours: set[str] = set()
    for key, timeline in ({} if state is None else state.members).items():
        span = timeline.at(day)
        if span is not None:
            held[key] = span.value.member
            if span.cause.event.said_by == said_by:
                ours.add(key)
    by_code = {member.municipality: key for key, member in held.items() if member.municipality}
    fresh, seen = [], set[str]()
    for member in each.members:
        key = member.key if member.key in held else by_code.get(member.municipality or "", member.key)
        seen.add(key)
        if key not in held:
            fresh.append(member)
    gone = [member for key, member in held.items() if complete and key not in seen and key in ours]
    found: list[Event] = []
    if fresh:
        found.append(make(MembersWereObserved, cooperation=each.key, members=tuple(fresh)))
    if gone:
        found.append(make(MembersWereLastObserved, cooperation=each.key, members=tuple(gone), last=_before(last, day)))
    return found


def _before(last: date | None, day: date) -> date | None:
    return last if last is not None and last < day else None
