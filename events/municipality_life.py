"""The life of a municipality: what its believed facts mean together, day by day.

The fold is the rule: a fact that cannot hold beside the others makes it fail, and names both.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from regiolog.events.demarcation import (
    AssignmentsWereConfirmed,
    EvidenceOf,
    MunicipalitiesWereLeftPending,
    MunicipalityWasAssigned,
    MunicipalityWasReassigned,
    MunicipalityWasUnassigned,
    RegionsWereDemarcated,
)
from regiolog.events.event import Event
from regiolog.events.fact import Fact, Impossible, in_valid_order, yield_to_decision
from regiolog.events.municipality import (
    AuthoritiesWereLinked,
    Authority,
    MergerResult,
    MunicipalitiesWereMerged,
    MunicipalityBoundaryWasChanged,
    MunicipalityWasEnded,
    MunicipalityWasMovedToProvince,
    MunicipalityWasNamed,
    MunicipalityWasRenamed,
)
from regiolog.events.register import FoundMunicipality, RegisterWasBegun
from regiolog.events.timeline import Span, Timeline


class Placing(NamedTuple):
    """Where a municipality belongs over one stretch of days, and on what basis.

    Attributes:
        region: The key of its region; None while it is pending.
        origin: The position of the event that put it there; a confirmation leaves that as it was.
        began: The day on which it was put there.
        evidence: How firm the evidence of the basis is, with its note and sources.
    """

    region: str | None
    origin: int
    began: date | None
    evidence: EvidenceOf


@dataclass(slots=True)
class Municipality:
    """What is believed of one municipality.

    Attributes:
        nis: Its NIS code.
        begun: The fact that it began with; None when none is believed.
        begin: Its first day; None when that is unknown.
        ended: The fact that ended it; None while none did.
        end: The first day on which it no longer is; None while none is known.
        names: Its names over time, by language.
        provinces: The NIS codes of its provinces over time.
        placings: Where it belongs over time; each span's cause is the fact that its legal basis comes from.
        authorities: Its local authorities over time.
        successors: The NIS codes that its territory went to, when it ended.
        mergers: The mergers that it resulted from or took part in.
        boundary_changes: The corrections of its boundary.
    """

    nis: str
    begun: Fact | None = None
    begin: date | None = None
    ended: Fact | None = None
    end: date | None = None
    names: dict[str, Timeline[str]] = field(default_factory=dict)
    provinces: Timeline[str] = field(default_factory=Timeline)
    placings: Timeline[Placing] = field(default_factory=Timeline)
    authorities: Timeline[Authority] = field(default_factory=Timeline)
    successors: tuple[str, ...] = ()
    mergers: list[Fact] = field(default_factory=list)
    boundary_changes: list[Fact] = field(default_factory=list)

    def exists(self, day: date) -> bool:
        """Whether it is there on a day."""
        begins = self.begun is not None and (self.begin is None or self.begin <= day)
        return begins and (self.end is None or day < self.end)


def fold_municipality(nis: str, facts: list[Fact]) -> Municipality:
    """Work out what the believed facts say of one municipality, day by day.

    Raises:
        Impossible: A fact cannot hold beside the others.
    """
    state = Municipality(nis)
    for fact in in_valid_order(facts):
        _add(state, fact)
    return state


def _add(state: Municipality, fact: Fact) -> None:
    event = fact.event
    match event:
        case RegisterWasBegun():
            _begin(state, fact, event.municipalities[state.nis])
        case MunicipalitiesWereMerged():
            _merge(state, fact, event)
        case _ if isinstance(event, MunicipalityWasEnded) and state.nis != event.municipality:
            pass
        case AuthoritiesWereLinked():
            _link(state, fact, event.authorities[state.nis])
        case _:
            _must_exist(state, fact)
            match event:
                case MunicipalityWasNamed():
                    _name(state, fact, event.name, event.language, new=True)
                case MunicipalityWasRenamed():
                    _name(state, fact, event.name, event.language, new=False)
                case MunicipalityWasMovedToProvince():
                    _move(state, fact, event.province)
                case MunicipalityBoundaryWasChanged():
                    state.boundary_changes.append(fact)
                case MunicipalityWasEnded():
                    state.successors = event.successors
                    _end(state, fact)
                case MunicipalityWasAssigned():
                    _assign(state, fact, event.region)
                case MunicipalityWasReassigned():
                    _leave(state, fact, event.from_region)
                    _place(state, fact, event.to_region, _evidence(event))
                case MunicipalityWasUnassigned():
                    _leave(state, fact, event.region)
                    state.placings.close(fact)
                case RegionsWereDemarcated():
                    _demarcate(state, fact, event)
                case AssignmentsWereConfirmed():
                    _confirm(state, fact, event)
                case MunicipalitiesWereLeftPending():
                    _leave_pending(state, fact)
                case _:
                    pass


def _begin(state: Municipality, fact: Fact, found: FoundMunicipality | MergerResult) -> None:
    if state.begun is not None:
        raise Impossible(fact, f"NIS code {state.nis} is in use already", state.begun)
    state.begun = fact
    state.begin = fact.event.valid_from
    state.names["nl"] = Timeline([Span(found.name, state.begin, None, fact)])
    state.provinces.put(found.province, fact)


def _merge(state: Municipality, fact: Fact, event: MunicipalitiesWereMerged) -> None:
    into = event.into
    state.mergers.append(fact)
    if state.nis != into.nis:
        _must_exist(state, fact)
        state.successors = (into.nis,)
        _end(state, fact)
    elif event.absorbs:
        _must_exist(state, fact)
        if state.names["nl"].spans[-1].value != into.name:
            _name(state, fact, into.name, "nl", new=False)
        if state.provinces.spans[-1].value != into.province:
            _move(state, fact, into.province)
        held = state.placings.open()
        if into.region is not None and (held is None or held.value.region != into.region):
            raise Impossible(fact, f"{state.nis} is not in region {into.region}", held.cause if held else None)
    else:
        _begin(state, fact, into)
        if into.region is not None:
            _place(state, fact, into.region, _evidence(event))


def _must_exist(state: Municipality, fact: Fact) -> None:
    day = fact.event.valid_from
    if state.begun is None or (state.begin is not None and (day is None or day < state.begin)):
        raise Impossible(fact, f"municipality {state.nis} has not begun on {day}", state.begun, "valid_from")
    if state.end is not None and (day is None or state.end <= day):
        raise Impossible(fact, f"municipality {state.nis} ended on {state.end}", state.ended, "valid_from")


def _end(state: Municipality, fact: Fact) -> None:
    if state.begin is not None and fact.event.valid_from == state.begin:
        raise Impossible(fact, f"municipality {state.nis} began on that day", state.begun)
    for names in state.names.values():
        names.close(fact)
    state.provinces.close(fact)
    state.placings.close(fact)
    state.authorities.close(fact)
    state.ended = fact
    state.end = fact.event.valid_from


def _name(state: Municipality, fact: Fact, name: str, language: str, *, new: bool) -> None:
    names = state.names.get(language)
    held = names.open() if names is not None else None
    if new and held is not None:
        raise Impossible(fact, f"{state.nis} has the name {held.value} in {language} already", held.cause)
    if not new and held is None:
        raise Impossible(fact, f"{state.nis} has no name in {language} to change", None, "language")
    if held is not None and held.value == name:
        raise Impossible(fact, f"{state.nis} is called {name} already", held.cause)
    if held is not None:
        yield_to_decision(fact, held.cause)
    state.names.setdefault(language, Timeline()).put(name, fact)


def _move(state: Municipality, fact: Fact, province: str) -> None:
    held = state.provinces.open()
    if held is not None and held.value == province:
        raise Impossible(fact, f"{state.nis} is in province {province} already", held.cause)
    state.provinces.put(province, fact)


def _link(state: Municipality, fact: Fact, authority: Authority) -> None:
    if state.begun is None:
        raise Impossible(fact, f"municipality {state.nis} is unknown", None)
    day = fact.event.valid_from
    if day is not None:
        _must_exist(state, fact)
    held = state.authorities.open()
    if held is not None and held.value == authority:
        raise Impossible(fact, f"the authority of {state.nis} is linked already", held.cause)
    if held is not None:
        state.authorities.close(fact)
    start = state.begin if day is None else day
    state.authorities.spans.append(Span(authority, start, None, fact))


def _place(state: Municipality, fact: Fact, region: str | None, evidence: EvidenceOf) -> None:
    state.placings.put(Placing(region, fact.origin, fact.event.valid_from, evidence), fact)


def _assign(state: Municipality, fact: Fact, region: str) -> None:
    held = state.placings.open()
    if held is not None and held.value.region is not None:
        raise Impossible(fact, f"{state.nis} is assigned to {held.value.region} already", held.cause)
    _place(state, fact, region, _evidence(fact.event))


def _demarcate(state: Municipality, fact: Fact, event: RegionsWereDemarcated) -> None:
    region = event.assignments[state.nis]
    held = state.placings.open()
    evidence = event.evidence_of.get(state.nis) or _evidence(event)
    if held is not None and held.value.region is not None and held.cause.event.decision == event.decision:
        raise Impossible(
            fact, f"{state.nis} is assigned to {held.value.region} by {event.decision} already", held.cause
        )
    if held is not None and held.value.region == region:
        _rebase(state, fact, held, evidence)
    else:
        _place(state, fact, region, evidence)


def _confirm(state: Municipality, fact: Fact, event: AssignmentsWereConfirmed) -> None:
    region = event.assignments[state.nis]
    held = state.placings.open()
    if held is None or held.value.region != region:
        raise Impossible(fact, f"{state.nis} is not in region {region} to be confirmed", held.cause if held else None)
    if held.cause.event.decision == event.decision:
        raise Impossible(fact, f"{state.nis} rests on {event.decision} already", held.cause)
    _rebase(state, fact, held, event.evidence_of.get(state.nis) or _evidence(event))


def _rebase(state: Municipality, fact: Fact, held: Span[Placing], evidence: EvidenceOf) -> None:
    state.placings.put(held.value._replace(evidence=evidence), fact)


def _leave(state: Municipality, fact: Fact, region: str) -> None:
    held = state.placings.open()
    if held is None or held.value.region != region:
        raise Impossible(fact, f"{state.nis} is not in region {region}", held.cause if held else None)


def _leave_pending(state: Municipality, fact: Fact) -> None:
    held = state.placings.open()
    if held is not None:
        what = "pending" if held.value.region is None else f"assigned to {held.value.region}"
        raise Impossible(fact, f"{state.nis} is {what} already", held.cause)
    _place(state, fact, None, _evidence(fact.event))


def _evidence(event: Event) -> EvidenceOf:
    return EvidenceOf(event.evidence, event.note, event.source)
