"""The rules: what a wish becomes beside what is held — an event, silence, or a refusal.

A rule never writes. It looks at the things that a wish touches, believes the wish for a moment, and folds their
timelines again: what cannot hold is refused, with the event that it contradicts.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import msgspec

from regiolog.events.correction import EventWasCorrected, EventWasRetracted
from regiolog.events.decision import DecisionWasLinked, DecisionWasRegistered
from regiolog.events.demarcation import (
    AssignmentsWereConfirmed,
    MunicipalitiesWereLeftPending,
    MunicipalityWasAssigned,
    MunicipalityWasReassigned,
    RegionsWereDemarcated,
)
from regiolog.events.errors import Refusal, UnknownKey
from regiolog.events.event import MEMBERS, Entity, Event, says_the_same
from regiolog.events.fact import Fact, Impossible
from regiolog.events.municipality import (
    MunicipalitiesWereMerged,
    MunicipalityWasMovedToProvince,
    MunicipalityWasNamed,
    MunicipalityWasRenamed,
)
from regiolog.events.record import Correction, Wish, as_record, patched
from regiolog.events.region import (
    RegionLapsed,
    RegionWasAnnounced,
    RegionWasDesignated,
    RegionWasEnded,
    RegionWasRenamed,
    SubregionWasAnnounced,
    SubregionWasDesignated,
)
from regiolog.events.register import RegisterWasBegun

if TYPE_CHECKING:
    from datetime import datetime

    from regiolog.events.held import Held
    from regiolog.events.region import Region


def decide(held: Held, wish: Wish, now: datetime) -> Event | None:
    """Decide what a wish becomes, and hold it.

    Args:
        held: What the register holds; what is decided is added to it.
        wish: What is asked.
        now: The instant of now, which nothing can be known after.

    Returns:
        The event that is to be appended; None when the register says so already.

    Raises:
        Refusal: The wish contradicts what is held, or names what is unknown.
    """
    try:
        if isinstance(wish.asked, Correction):
            return _correct(held, wish.asked, now, named=wish.named)
        return _record(held, wish.asked, now, named=wish.named)
    except Refusal as refusal:
        kind = UnknownKey if isinstance(refusal, UnknownKey) else Refusal
        raise kind(refusal.reason, line=wish.line, field=refusal.field, event=refusal.event) from None


def _record(held: Held, event: Event, now: datetime, *, named: bool) -> Event | None:
    if named and (known := held.event(event.id)) is not None:
        if says_the_same(known, event):
            return None
        raise Refusal(f"the id {event.id} is in use for something else", field="id", event=held.name_of(known.id))
    _check_beginning(held, event)
    if isinstance(event, RegisterWasBegun) and held.register() is not None:
        return None
    _check_backfill(held, event, now)
    _check_keys(held, event)
    if _is_so(held, event):
        return None
    _hold(held, event)
    return event


def _correct(held: Held, asked: Correction, now: datetime, *, named: bool) -> Event | None:
    if named and (known := held.event(asked.event["id"])) is not None:
        if _asks_the_same(held, known, asked):
            return None
        raise Refusal(f"the id {known.id} is in use for something else", field="id", event=held.name_of(known.id))
    _check_beginning(held, None)
    field = "retracts" if asked.change is None else "corrects"
    origin, fact = _target(held, asked.target, field)
    before = fact.event
    scope = tuple(dict.fromkeys((*before.scope(), *(f"under:{key}" for key in (before.decision,) if key))))
    event: Event
    if asked.change is None:
        if isinstance(before, RegisterWasBegun):
            raise Refusal("the beginning of the register cannot be retracted", field=field)
        event = _read(EventWasRetracted, {**asked.event, "retracts": origin, "tagged": scope})
    else:
        replacement = patched(before, asked.change)
        _check_promises(before, replacement)
        if as_record(replacement) == {
            name: value for name, value in as_record(before).items() if not name.startswith("known_")
        }:
            return None
        _check_coverage(held, replacement)
        _check_keys(held, replacement)
        event = _read(
            EventWasCorrected,
            {**asked.event, "corrects": origin, "replacement": as_record(replacement), "tagged": scope},
        )
    _check_backfill(held, event, now)
    if event.decision is not None:
        _must_be_registered(held, event.decision, "decision")
    _hold(held, event, also=before)
    return event


def _asks_the_same(held: Held, known: Event, asked: Correction) -> bool:
    """Whether a correction or retraction that was recorded is the one that is asked for again."""
    if isinstance(known, EventWasRetracted):
        target = held.event_at(asked.target) if isinstance(asked.target, int) else held.event(asked.target)
        origin = target.corrects if isinstance(target, EventWasCorrected) else target and target.id
        return asked.change is None and origin == known.retracts
    if not isinstance(known, EventWasCorrected) or asked.change is None:
        return False
    return as_record(patched(known.replacement, asked.change)) == {
        name: value for name, value in as_record(known.replacement).items() if not name.startswith("known_")
    }


def _read(kind: type[Event], record: dict[str, object]) -> Event:
    return msgspec.convert(record, kind)


def _target(held: Held, target: str | int, field: str) -> tuple[str, Fact]:
    """The event that is to be corrected, by the id of its origin, and what it says now."""
    event = held.event_at(target) if isinstance(target, int) else held.event(target)
    if event is None:
        raise UnknownKey(f"there is no event {target}", field=field)
    origin = event.id
    if isinstance(event, EventWasCorrected):
        origin = event.corrects
    elif isinstance(event, EventWasRetracted):
        origin = event.retracts
    last = held.last_word(origin)
    fact = held.fact(origin)
    if fact is None:
        raise Refusal("it was retracted: record it anew", field=field, event=held.name_of(last[1]) if last else None)
    if last is not None and last[1] != event.id:
        raise Refusal(f"it was corrected since: name {last[1]} instead", field=field)
    return origin, fact


def _check_promises(before: Event, after: Event) -> None:
    """What was published under an address stays there."""
    fixed: tuple[str, ...] = ()
    match before, after:
        case RegisterWasBegun(), RegisterWasBegun():
            fixed = ("register", "base_iri", "coverage")
        case DecisionWasRegistered(), DecisionWasRegistered():
            fixed = ("decision",)
        case (RegionWasDesignated(), RegionWasDesignated()) | (
            SubregionWasDesignated(),
            SubregionWasDesignated(),
        ):
            fixed = ("iri",)
        case _:
            pass
    for name in fixed:
        if getattr(before, name) != getattr(after, name):
            raise Refusal("it is a published name, which a correction cannot change", field=name)


def _check_beginning(held: Held, event: Event | None) -> None:
    begun = held.register()
    if begun is None:
        if not isinstance(event, RegisterWasBegun):
            raise Refusal("the register has not begun: its first event is register-was-begun", field="kind")
        return
    if isinstance(event, RegisterWasBegun):
        if not says_the_same(begun, event):
            raise Refusal("the register began otherwise", field="kind", event=held.name_of(begun.id))
        return
    if event is not None:
        _check_coverage(held, event)


def _check_coverage(held: Held, event: Event) -> None:
    begun = held.register()
    day = event.valid_from
    if begun is not None and day is not None and day < begun.coverage:
        raise Refusal(f"{day} is before coverage begins on {begun.coverage}", field="valid_from")


def _check_backfill(held: Held, event: Event, now: datetime) -> None:
    """Backfill is one ordered load before the first live event (`time.md`)."""
    if event.known_from is None:
        return
    held.whole = True
    last = held.last
    if event.known_from > now:
        raise Refusal("nothing is known from a day that has not come", field="known_from")
    if last is None:
        return
    if last.known_from is None:
        raise Refusal(
            "the journal has live events: nothing can be dated back any more",
            field="known_from",
            event=held.name_of(last.id),
        )
    if event.known_from < last.known_from:
        raise Refusal("it is known earlier than the event before it", field="known_from", event=held.name_of(last.id))


def _check_keys(held: Held, event: Event) -> None:
    """Every key that an event names is one that the register has had, save those that it brings in."""
    brought = _brought_in(event)
    if event.decision is not None and Entity("decision", event.decision) not in brought:
        _must_be_registered(held, event.decision, "decision")
    for entity in event.touches():
        if entity in brought or isinstance(event, RegisterWasBegun):
            continue
        if entity.kind == "decision":
            _must_be_registered(held, entity.key, "decision")
        else:
            kind = "region" if entity.kind == MEMBERS else entity.kind
            if not held.facts(Entity(kind, entity.key)):
                what = "NIS code" if kind == "municipality" else kind
                raise UnknownKey(f"{what} {entity.key} is unknown", field=_field_of(event, entity.key))
    match event:
        case MunicipalityWasMovedToProvince(province=province):
            _must_be_province(held, province, "province")
        case MunicipalitiesWereMerged(into=into):
            _must_be_province(held, into.province, "into.province")
            if len(set(event.merged)) != len(event.merged) or not event.merged:
                raise Refusal("it names a municipality twice, or none", field="merged")
            if event.merged == (into.nis,):
                raise Refusal("a municipality cannot become itself", field="into.nis")
        case MunicipalityWasReassigned(from_region=left, to_region=joined) if left == joined:
            raise Refusal("a municipality cannot move to the region that it leaves", field="to_region")
        case MunicipalitiesWereLeftPending(municipalities=codes) if len(set(codes)) != len(codes):
            raise Refusal("it names a municipality twice", field="municipalities")
        case SubregionWasAnnounced(within=region) | SubregionWasDesignated(within=region):
            if not held.facts(Entity("region", region)):
                raise UnknownKey(f"region {region} is unknown", field="within")
        case RegionsWereDemarcated() | AssignmentsWereConfirmed():
            loose = event.evidence_of.keys() - event.assignments.keys()
            if loose:
                raise Refusal(f"{min(loose)} is not among the assignments", field="evidence_of")
        case _:
            pass


def _brought_in(event: Event) -> set[Entity]:
    match event:
        case DecisionWasRegistered(decision=str() as key):
            return {Entity("decision", key)}
        case MunicipalitiesWereMerged():
            return set() if event.absorbs else {Entity("municipality", event.into.nis)}
        case RegionWasAnnounced(region=key) | RegionWasDesignated(region=key):
            return {Entity("region", key)}
        case SubregionWasAnnounced(subregion=key) | SubregionWasDesignated(subregion=key):
            return {Entity("subregion", key)}
        case _:
            return set()


def _must_be_registered(held: Held, key: str, field: str) -> None:
    if held.decision(key).registered is None:
        raise UnknownKey(f"decision {key} is unknown", field=field)


def _must_be_province(held: Held, nis: str, field: str) -> None:
    if not held.facts(Entity("province", nis)):
        raise UnknownKey(f"province {nis} is unknown", field=field)


def _field_of(event: Event, key: str) -> str | None:
    """The field of a record in which a key stands, for the reader of a refusal."""
    for name, value in as_record(event).items():
        if value == key or (isinstance(value, list | dict) and key in value):
            return name
        if isinstance(value, dict) and key in value.values():
            return name
    return None


def _is_so(held: Held, event: Event) -> bool:
    """Whether the register says so already, under the same decision."""
    day = event.valid_from
    match event:
        case MunicipalityWasNamed() | MunicipalityWasRenamed():
            names = held.municipality(event.municipality).names.get(event.language)
            span = names.at(day) if names is not None else None
            return span is not None and span.value == event.name and _same_basis(span.cause, event)
        case MunicipalityWasMovedToProvince():
            held_in = held.municipality(event.municipality).provinces.at(day)
            return held_in is not None and held_in.value == event.province and _same_basis(held_in.cause, event)
        case RegionWasRenamed():
            called = held.region(event.region).names.at(day)
            return called is not None and called.value == event.name and _same_basis(called.cause, event)
        case MunicipalityWasAssigned():
            return _is_in(held, event.municipality, event.region, event)
        case RegionsWereDemarcated() | AssignmentsWereConfirmed():
            return all(_is_in(held, nis, key, event) for nis, key in event.assignments.items())
        case MunicipalitiesWereLeftPending():
            return all(_is_in(held, nis, None, event) for nis in event.municipalities)
        case DecisionWasRegistered(decision=str() as key):
            registered = held.decision(key).registered
            return registered is not None and says_the_same(registered.event, event)
        case DecisionWasLinked(decision=str() as key):
            return any(says_the_same(fact.event, event) for *_, fact in held.decision(key).links)
        case _:
            first = event.touches()[0] if event.touches() else None
            return first is not None and any(says_the_same(fact.event, event) for fact in held.facts(first))


def _is_in(held: Held, nis: str, region: str | None, event: Event) -> bool:
    span = held.municipality(nis).placings.at(event.valid_from)
    return span is not None and span.value.region == region and _same_basis(span.cause, event)


def _same_basis(cause: Fact, event: Event) -> bool:
    return cause.event.decision == event.decision


def _hold(held: Held, event: Event, also: Event | None = None) -> None:
    """Believe an event; refuse it when anything that it touches could not be so."""
    touched = dict.fromkeys(
        entity for entity in (*(also.touches() if also else ()), *event.touches()) if entity.kind != MEMBERS
    )
    for entity in touched:
        held.facts(entity)
    held.take(event)
    try:
        for entity in touched:
            _fold(held, entity)
        for entity in touched:
            if entity.kind == "municipality":
                _check_placings(held, entity.key)
            elif entity.kind == "region" and (also or isinstance(event, RegionWasEnded | RegionLapsed)):
                for nis in _ever_in(held, entity.key):
                    _check_placings(held, nis)
    except Impossible as found:
        raise _contradiction(held, found, event) from None
    if isinstance(also, DecisionWasRegistered) and isinstance(event, EventWasRetracted) and also.decision:
        resting = held.resting_on(also.decision)
        if resting:
            raise Refusal(
                f"decision {also.decision} carries what rests on it",
                field="retracts",
                event=held.name_of(resting[0].event.id),
            )


def _fold(held: Held, entity: Entity) -> object:
    match entity.kind:
        case "municipality":
            return held.municipality(entity.key)
        case "region":
            return held.region(entity.key)
        case "subregion":
            return held.subregion(entity.key)
        case "decision":
            return held.decision(entity.key)
        case _:
            return None


def _ever_in(held: Held, region: str) -> list[str]:
    codes = [
        entity.key
        for fact in held.facts(Entity(MEMBERS, region))
        for entity in fact.event.touches()
        if entity.kind == "municipality"
    ]
    return list(dict.fromkeys(codes))


def _check_placings(held: Held, nis: str) -> None:
    """A municipality belongs to a region only on days on which that region is demarcated."""
    for span in held.municipality(nis).placings:
        if span.value.region is None:
            continue
        region = held.region(span.value.region)
        begin = _demarcated_from(region)
        if begin is None or span.start is None or span.start < begin:
            raise Impossible(span.cause, f"region {region.key} is not demarcated on {span.start}", region.designated)
        if region.end is not None and (span.end is None or span.end > region.end):
            ended = region.statuses.spans[-1].cause
            raise Impossible(span.cause, f"region {region.key} ended on {region.end}, with {nis} in it", ended)


def _demarcated_from(region: Region) -> date | None:
    return next((span.start for span in region.statuses if span.value == "demarcated"), None)


def _contradiction(held: Held, found: Impossible, wish: Event) -> Refusal:
    """Say what a fold found from the side of whoever asked."""
    mine = {wish.id}
    if isinstance(wish, EventWasCorrected):
        mine.add(wish.corrects)
    if isinstance(wish, EventWasRetracted):
        mine.add(wish.retracts)
    if found.fact.event.id in mine:
        if found.against is None:
            return Refusal(found.reason, field="valid_from")
        return Refusal(found.reason, event=held.name_of(found.against.event.id))
    return Refusal(f"it would make a later event impossible: {found.reason}", event=held.name_of(found.fact.event.id))
