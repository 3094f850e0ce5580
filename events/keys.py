"""Keys: every code, key and address that a wish names is one that the register has had, or may bring in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regiolog.events.authority import Authority
from regiolog.events.claim import ClaimsWereMade, SourceWasRegistered
from regiolog.events.cooperation import (
    CooperationsWereMerged,
    CooperationWasFounded,
    CooperationWasObserved,
    CooperationWasSplit,
    Member,
    MembersJoined,
    MembersLeft,
    MembersWereLastObserved,
    MembersWereObserved,
)
from regiolog.events.decision import DecisionWasRegistered
from regiolog.events.demarcation import (
    AssignmentsWereConfirmed,
    MunicipalitiesWereLeftPending,
    MunicipalityWasReassigned,
    RegionsWereDemarcated,
)
from regiolog.events.errors import Refusal, UnknownKey
from regiolog.events.event import ADDRESS, MEMBERS, PROPOSED, REGION_NAME, Entity, Event
from regiolog.events.municipality import (
    MunicipalitiesWereMerged,
    MunicipalityWasMovedToProvince,
)
from regiolog.events.proposal import RegionsWereProposed
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
    _check_authority(held, event)
    for entity in event.touches():
        if entity in brought or entity.kind in {REGION_NAME, PROPOSED} or isinstance(event, RegisterWasBegun):
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
        case RegionsWereProposed(regions=regions):
            for key in regions:
                if held.facts(Entity("region", key)):
                    raise Refusal(
                        "it is the key of a region: a proposed one has a key of its own", field=f"regions.{key}"
                    )
        case RegionWasAnnounced(region=key) | RegionWasDesignated(region=key) if held.facts(Entity(PROPOSED, key)):
            raise Refusal("it is the key of a proposed region: a real one has a key of its own", field="region")
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
        case MembersJoined() | MembersLeft() | MembersWereObserved() | MembersWereLastObserved():
            _must_be_members(held, event.members)
        case CooperationsWereMerged(parts=parts, into=into):
            if len(set(parts)) != len(parts) or not parts:
                raise Refusal("it names a structure twice, or none", field="parts")
            if parts == (into,):
                raise Refusal("a structure cannot become itself", field="into")
        case CooperationWasSplit(cooperation=key, into=into) if key in into or not into:
            raise Refusal("a structure cannot become itself, or nothing", field="into")
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
        case RegionsWereProposed(decision=str() as key):
            return {Entity("proposal", key)}
        case SourceWasRegistered(said_by=key):
            return {Entity("source", key)}
        case CooperationWasFounded(cooperation=key) | CooperationWasObserved(cooperation=key):
            return {Entity("cooperation", key)}
        case _:
            return set()


def _must_be_free(held: Held, event: Event, address: Entity) -> None:
    """An address names one thing: neither another one, nor anything that the register names itself."""
    begun, thing = held.register(), event.touches()[0]
    ours = MUNICIPALITIES if begun is None else (MUNICIPALITIES, begun.base_iri)
    if address.key.startswith(ours):
        raise Refusal(f"it names something that is no {thing.kind}, or is given out by this register", field="iri")
    if thing.kind == "cooperation" and address.key.rpartition("/")[2] != thing.key:
        raise Refusal("the key of a structure is the last part of its address", field="iri")
    for fact in held.facts(address):
        if fact.event.touches()[0] != event.touches()[0]:
            raise Refusal(
                f"it names another {fact.event.touches()[0].kind}", field="iri", event=held.name_of(fact.event.id)
            )


def must_be_registered(held: Held, key: str, field: str) -> None:
    """Refuse a decision that nothing has registered."""
    if held.decision(key).registered is None:
        raise UnknownKey(f"decision {key} is unknown", field=field)


def must_be_source(held: Held, key: str) -> None:
    """Refuse a source that nothing has registered."""
    if not held.facts(Entity("source", key)):
        raise UnknownKey(f"source {key} is unknown", field="said_by")


def _check_authority(held: Held, event: Event) -> None:
    """A source whose word becomes a fact of the register is known, and has authority for facts of this kind."""
    source = event.said_by
    if source is None or isinstance(event, SourceWasRegistered):
        return
    must_be_source(held, source)
    kind = str(event.__struct_config__.tag)
    if event.decision is None and not isinstance(event, ClaimsWereMade) and kind not in authority_of(held, source):
        raise Refusal(
            f"{source} has no authority for {kind}: record what it says as a claim, or name the decision",
            field="said_by",
        )


def authority_of(held: Held, source: str) -> frozenset[str]:
    """The kinds of event that a source may open."""
    authority: Authority = held.authority
    return authority.get(source, frozenset())


def _must_be_members(held: Held, members: tuple[Member, ...]) -> None:
    """Each member says who it is, by an address or by a code that the register has had."""
    for number, member in enumerate(members):
        if not member.key:
            raise Refusal("it says neither organisation nor municipality", field=f"members[{number}]")
        nis = member.municipality
        if nis is not None and not held.facts(Entity("municipality", nis)):
            raise UnknownKey(f"NIS code {nis} is unknown", field=f"members[{number}].municipality")


def _must_be_province(held: Held, nis: str, field: str) -> None:
    if not held.facts(Entity("province", nis)):
        raise UnknownKey(f"province {nis} is unknown", field=field)


def _field_of(event: Event, key: str) -> str | None:
    """The field of a record in which a key stands, for the reader of a refusal."""
    for name, value in as_record(event).items():
        if value == key or (isinstance(value, list | tuple | dict) and key in value):
            return name
        if isinstance(value, dict) and key in value.values():
            return name
    return None
