"""Keys: every code, key and address that a wish names is one that the register has had, or may bring in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regiolog.events.decision import DecisionWasRegistered
from regiolog.events.demarcation import (
    AssignmentsWereConfirmed,
    MunicipalitiesWereLeftPending,
    MunicipalityWasReassigned,
    RegionsWereDemarcated,
)
from regiolog.events.errors import Refusal, UnknownKey
from regiolog.events.event import ADDRESS, MEMBERS, Entity, Event
from regiolog.events.municipality import (
    MunicipalitiesWereMerged,
    MunicipalityWasMovedToProvince,
)
from regiolog.events.record import as_record
from regiolog.events.region import (
    RegionWasAnnounced,
    RegionWasDesignated,
    SubregionWasAnnounced,
    SubregionWasDesignated,
)
from regiolog.events.register import RegisterWasBegun

if TYPE_CHECKING:
    from regiolog.events.held import Held

MUNICIPALITIES = "https://data.vlaanderen.be/id/gemeente/"
"""Where municipalities are named; the ontology mints these, and a test holds that it is the same address."""


def check_keys(held: Held, event: Event) -> None:
    """Every key that an event names is one that the register has had, save those that it brings in."""
    brought = _brought_in(event)
    if event.decision is not None and Entity("decision", event.decision) not in brought:
        must_be_registered(held, event.decision, "decision")
    for entity in event.touches():
        if entity in brought or isinstance(event, RegisterWasBegun):
            continue
        if entity.kind == ADDRESS:
            _must_be_free(held, event, entity)
            continue
        if entity.kind == "decision":
            must_be_registered(held, entity.key, "decision")
        else:
            kind = "region" if entity.kind == MEMBERS else entity.kind
            if not held.facts(Entity(kind, entity.key)):
                what = "NIS code" if kind == "municipality" else kind
                raise UnknownKey(f"{what} {entity.key} is unknown", field=_field_of(event, entity.key))
    match event:
        case RegisterWasBegun(provinces=provinces, municipalities=found):
            astray = [nis for nis, each in found.items() if each.province not in provinces]
            if astray:
                raise UnknownKey(
                    f"province {found[astray[0]].province} is unknown", field=f"municipalities.{astray[0]}.province"
                )
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


def _must_be_free(held: Held, event: Event, address: Entity) -> None:
    """An address names one thing: neither another region, nor anything that the register names itself."""
    begun = held.register()
    ours = MUNICIPALITIES if begun is None else (MUNICIPALITIES, begun.base_iri)
    if address.key.startswith(ours):
        raise Refusal("it names something that is no region, or is given out by this register", field="iri")
    for fact in held.facts(address):
        if fact.event.touches()[0] != event.touches()[0]:
            raise Refusal("it names another region", field="iri", event=held.name_of(fact.event.id))


def must_be_registered(held: Held, key: str, field: str) -> None:
    """Refuse a decision that nothing has registered."""
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
