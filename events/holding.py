"""Holding: an event is believed for a moment, and refused when anything that it touches could not be so."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from regiolog.events.claim import SourceWasRegistered
from regiolog.events.correction import EventWasCorrected, EventWasRetracted
from regiolog.events.decision import DecisionWasRegistered
from regiolog.events.errors import Refusal
from regiolog.events.event import MEMBERS, Entity, Event
from regiolog.events.fact import Impossible
from regiolog.events.region import RegionLapsed, RegionWasEnded

if TYPE_CHECKING:
    from regiolog.events.held import Held
    from regiolog.events.region import Region


def hold(held: Held, event: Event, also: Event | None = None) -> None:
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
    if isinstance(event, EventWasRetracted):
        _check_resting(held, also)


def _check_resting(held: Held, retracted: Event | None) -> None:
    """Nothing that rests on a decision, or on the word of a source, stays without it."""
    match retracted:
        case DecisionWasRegistered(decision=str() as key):
            what, resting = f"decision {key}", held.resting_on(key)
        case SourceWasRegistered(said_by=key):
            what, resting = f"source {key}", held.published_by(key)
        case _:
            return
    if resting:
        raise Refusal(f"{what} carries what rests on it", field="retracts", event=held.name_of(resting[0].event.id))


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
        case "proposal":
            return held.proposal(entity.key)
        case "source":
            return held.source(entity.key)
        case "cooperation":
            return held.cooperation(entity.key)
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
        against = found.against
        return Refusal(
            found.reason, field=found.field, event=None if against is None else held.name_of(against.event.id)
        )
    return Refusal(f"it would make a later event impossible: {found.reason}", event=held.name_of(found.fact.event.id))
