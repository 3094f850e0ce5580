"""The rules: what a wish becomes beside what is held — an event, silence, or a refusal.

A rule never writes. It looks at the things that a wish touches, believes the wish for a moment, and folds their
timelines again: what cannot hold is refused, with the event that it contradicts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from regiolog.events import marking
from regiolog.events.claim import ClaimsWereMade, SourceWasRegistered
from regiolog.events.cooperation import CooperationWasFounded, CooperationWasObserved, MembersWereObserved
from regiolog.events.cooperation_life import Cooperation, fold_cooperation
from regiolog.events.correction import EventWasCorrected, EventWasRetracted
from regiolog.events.decision import DecisionWasLinked, DecisionWasRegistered
from regiolog.events.demarcation import (
    AssignmentsWereConfirmed,
    MunicipalitiesWereLeftPending,
    MunicipalityWasAssigned,
    RegionsWereDemarcated,
)
from regiolog.events.errors import Refusal, UnknownKey
from regiolog.events.event import Entity, Event, says_the_same
from regiolog.events.fact import Fact
from regiolog.events.holding import hold
from regiolog.events.keys import check_keys, must_be_registered, must_be_source
from regiolog.events.municipality import (
    MunicipalityWasMovedToProvince,
    MunicipalityWasNamed,
    MunicipalityWasRenamed,
)
from regiolog.events.proposal import RegionsWereProposed
from regiolog.events.record import Correction, Wish, as_record, patched
from regiolog.events.region import (
    RegionWasDesignated,
    RegionWasRenamed,
    SubregionWasDesignated,
)
from regiolog.events.register import RegisterWasBegun

if TYPE_CHECKING:
    from datetime import datetime

    from regiolog.events.held import Held


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
        if says_the_same(known, event) or _repeats(held, event, known):
            return None
        raise Refusal(f"the id {event.id} is in use for something else", field="id", event=held.name_of(known.id))
    _check_beginning(held, event)
    if isinstance(event, RegisterWasBegun) and held.register() is not None:
        return None
    _check_backfill(held, event, now)
    check_keys(held, event)
    news = _news(held, event)
    if news is None or _is_so(held, news):
        return None
    event = news
    hold(held, event)
    return event


def _repeats(held: Held, event: Event, known: Event) -> bool:
    """Whether a recorded event is what became of one that brought only partly news."""
    match event, known:
        case ClaimsWereMade(), ClaimsWereMade():
            return event.repeats(known) and marking.was_said_before(held, event, known)
        case MembersWereObserved(), MembersWereObserved():
            key = event.cooperation
            state = fold_cooperation(key, held.facts_before(known.id, Entity("cooperation", key)))
            return (
                says_the_same(msgspec.structs.replace(event, members=known.members), known)
                and set(known.members) <= set(event.members)
                and all(state.has(each, event.valid_from) for each in {*event.members} - {*known.members})
            )
        case _:
            return False


def _news(held: Held, event: Event) -> Event | None:
    """What a source says that it is not saying already; None when that is nothing."""
    match event:
        case ClaimsWereMade():
            return marking.news(held, event, held.source(event.said_by))
        case MembersWereObserved(cooperation=key, members=members):
            state = held.cooperation(key)
            fresh = tuple(each for each in members if not state.has(each, event.valid_from))
            return msgspec.structs.replace(event, members=fresh) if fresh else None
        case _:
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
    scope = tuple(dict.fromkeys((*before.scope(), *before.rests_on())))
    event: Event
    if asked.change is None:
        if isinstance(before, RegisterWasBegun):
            raise Refusal("the beginning of the register cannot be retracted", field=field)
        event = _read(EventWasRetracted, {**asked.event, "retracts": origin, "tagged": scope})
    else:
        replacement = patched(before, asked.change)
        _check_promises(before, replacement)
        if isinstance(replacement, ClaimsWereMade) and "made" in asked.change:
            replacement = marking.read_anew(held, replacement, fact.origin)
        if as_record(replacement) == {
            name: value for name, value in as_record(before).items() if not name.startswith("known_")
        }:
            return None
        _check_coverage(held, replacement)
        check_keys(held, replacement)
        event = _read(
            EventWasCorrected,
            {**asked.event, "corrects": origin, "replacement": as_record(replacement), "tagged": scope},
        )
    _check_backfill(held, event, now)
    if event.decision is not None:
        must_be_registered(held, event.decision, "decision")
    if event.said_by is not None:
        must_be_source(held, event.said_by)
    hold(held, event, also=before)
    return event


def _asks_the_same(held: Held, known: Event, asked: Correction) -> bool:
    """Whether a correction or retraction that was recorded is the one that is asked for again."""
    target = _named_by(held, asked.target)
    if target is None:
        return False
    if isinstance(known, EventWasRetracted):
        return asked.change is None and known.retracts == _origin(target)
    if not isinstance(known, EventWasCorrected) or asked.change is None or known.corrects != _origin(target):
        return False
    again = patched(known.replacement, asked.change)
    if isinstance(again, ClaimsWereMade) and isinstance(known.replacement, ClaimsWereMade):
        if not again.repeats(known.replacement) or not known.replacement.repeats(again):
            return False
        again = msgspec.structs.replace(again, made=known.replacement.made)
    return as_record(again) == {
        name: value for name, value in as_record(known.replacement).items() if not name.startswith("known_")
    }


def _read(kind: type[Event], record: dict[str, object]) -> Event:
    return msgspec.convert(record, kind)


def _named_by(held: Held, target: str | int) -> Event | None:
    """The event that a record names by its id or its position; None when there is none."""
    if isinstance(target, int):
        return held.event_at(target)
    named = held.event(target)
    return held.event_at(int(target)) if named is None and re.fullmatch("[0-9]{1,18}", target) else named


def _origin(event: Event) -> str:
    """The id of the event that first said it."""
    match event:
        case EventWasCorrected(corrects=origin) | EventWasRetracted(retracts=origin):
            return origin
        case _:
            return event.id


def _target(held: Held, target: str | int, field: str) -> tuple[str, Fact]:
    """The event that is to be corrected, by the id of its origin, and what it says now."""
    event = _named_by(held, target)
    if event is None:
        raise UnknownKey(f"there is no event {target}", field=field)
    origin = _origin(event)
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
        case SourceWasRegistered(), SourceWasRegistered():
            fixed = ("said_by",)
        case RegionsWereProposed(), RegionsWereProposed():
            fixed = ("decision",)
        case (CooperationWasFounded(), CooperationWasFounded()) | (CooperationWasObserved(), CooperationWasObserved()):
            fixed = ("cooperation", "iri")
        case (RegionWasDesignated(), RegionWasDesignated()) | (
            SubregionWasDesignated(),
            SubregionWasDesignated(),
        ):
            fixed = ("iri",)
        case _:
            pass
    if isinstance(before, RegisterWasBegun) and isinstance(after, RegisterWasBegun):
        gone = before.provinces.keys() - after.provinces.keys()
        if gone:
            raise Refusal("a province cannot be taken away: others may rest on it", field=f"provinces.{min(gone)}")
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
        case CooperationWasObserved(cooperation=key):
            return held.facts(Entity("cooperation", key)) != [] and _is_as_observed(held.cooperation(key), event)
        case ClaimsWereMade():
            return False
        case DecisionWasLinked(decision=str() as key):
            return any(says_the_same(fact.event, event) for *_, fact in held.decision(key).links)
        case _:
            first = event.touches()[0] if event.touches() else None
            return first is not None and any(says_the_same(fact.event, event) for fact in held.facts(first))


def _is_as_observed(held: Cooperation, event: CooperationWasObserved) -> bool:
    """Whether a structure that is observed once more is held to be just so on that day."""
    day = event.valid_from
    spans = (held.names.at(day), held.types.at(day), held.statuses.at(day))
    now = tuple(None if span is None else span.value for span in spans)
    begun = None if held.begun is None else held.begun.event
    return now == (event.name, event.types or None, event.status) and all(
        getattr(event, name) in {None, getattr(begun, name, None)} for name in ("iri", "kbo", "ovo")
    )


def _is_in(held: Held, nis: str, region: str | None, event: Event) -> bool:
    span = held.municipality(nis).placings.at(event.valid_from)
    return span is not None and span.value.region == region and _same_basis(span.cause, event)


def _same_basis(cause: Fact, event: Event) -> bool:
    return cause.event.decision == event.decision
