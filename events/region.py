"""Reference regions (referentieregio's) and subregions: counted, drawn, named, ended.

A region is no body: it has no organs, powers or budget. It can be *announced*, which means counted by a decision
that gives it neither name nor members, and *designated*, which gives it a name. What is announced and never drawn
*lapses*.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from regiolog.events.event import ADDRESS, REGION_NAME, Entity, Event
from regiolog.events.fact import Fact, Impossible, in_valid_order
from regiolog.events.timeline import Timeline

Status = Literal["announced", "demarcated", "ended"]


class _OfRegion(Event, frozen=True, kw_only=True, tag="of-region"):
    """What every event about one region names.

    Attributes:
        region: The key of the region.
    """

    region: str

    def touches(self) -> tuple[Entity, ...]:
        """The region."""
        return (Entity("region", self.region),)


class RegionWasAnnounced(_OfRegion, frozen=True, kw_only=True, tag="region-was-announced"):
    """A decision counted a region without naming it or saying who belongs to it (regio aangekondigd)."""


class RegionLapsed(_OfRegion, frozen=True, kw_only=True, tag="region-lapsed"):
    """An announced region will not come: another decision settled the matter otherwise (regio vervallen)."""


class RegionWasDesignated(_OfRegion, frozen=True, kw_only=True, tag="region-was-designated"):
    """A region was drawn and named (regio afgebakend).

    Attributes:
        name: Its Dutch name.
        iri: The address by which its publisher names it; None when there is none, and ours is used.
        code: The code that Provincies in Cijfers gives it.
    """

    name: str
    iri: str | None = None
    code: str | None = None

    def touches(self) -> tuple[Entity, ...]:
        """The region, its name, and the code and the address that it goes by."""
        code = () if self.code is None else (Entity(REGION_NAME, self.code),)
        return (*super().touches(), Entity(REGION_NAME, self.name), *code, *_address(self.iri))


class RegionWasRenamed(_OfRegion, frozen=True, kw_only=True, tag="region-was-renamed"):
    """The same region goes by another name (regio hernoemd).

    Attributes:
        name: Its new Dutch name.
    """

    name: str

    def touches(self) -> tuple[Entity, ...]:
        """The region, and its name."""
        return (*super().touches(), Entity(REGION_NAME, self.name))


class RegionWasEnded(_OfRegion, frozen=True, kw_only=True, tag="region-was-ended"):
    """A region was abolished (regio opgeheven)."""


class _OfSubregion(Event, frozen=True, kw_only=True, tag="of-subregion"):
    """What every event about one subregion names.

    Attributes:
        subregion: The key of the subregion.
    """

    subregion: str

    def touches(self) -> tuple[Entity, ...]:
        """The subregion."""
        return (Entity("subregion", self.subregion),)


class SubregionWasAnnounced(_OfSubregion, frozen=True, kw_only=True, tag="subregion-was-announced"):
    """A decision counted a subregion without naming it (subregio aangekondigd).

    Attributes:
        within: The key of the region that it is a part of.
    """

    within: str


class SubregionLapsed(_OfSubregion, frozen=True, kw_only=True, tag="subregion-lapsed"):
    """An announced subregion will not come (subregio vervallen)."""


class SubregionWasDesignated(_OfSubregion, frozen=True, kw_only=True, tag="subregion-was-designated"):
    """A subregion was drawn and named (subregio afgebakend).

    Attributes:
        within: The key of the region that it is a part of.
        name: Its Dutch name.
        iri: The address by which its publisher names it, when there is one.
    """

    within: str
    name: str
    iri: str | None = None

    def touches(self) -> tuple[Entity, ...]:
        """The subregion, and the address that it goes by."""
        return (*super().touches(), *_address(self.iri))


class SubregionWasRenamed(_OfSubregion, frozen=True, kw_only=True, tag="subregion-was-renamed"):
    """The same subregion goes by another name (subregio hernoemd).

    Attributes:
        name: Its new Dutch name.
    """

    name: str


class SubregionWasEnded(_OfSubregion, frozen=True, kw_only=True, tag="subregion-was-ended"):
    """A subregion was abolished (subregio opgeheven)."""


def _address(iri: str | None) -> tuple[Entity, ...]:
    return () if iri is None else (Entity(ADDRESS, iri),)


@dataclass(slots=True)
class Region:
    """What is believed of one region or subregion.

    Attributes:
        key: Its key.
        statuses: Announced, demarcated or ended, over time.
        names: Its Dutch names over time.
        designated: The fact that drew it; None when nothing has.
        iri: The address that names it: its publisher's, if it had one when the register first heard of it. A
            published address is a promise, so one that comes later is only a match.
        match: The address that its publisher gave it later, when it already had ours.
        code: The code that Provincies in Cijfers gives it.
        within: The key of the region that a subregion is a part of.
    """

    key: str
    statuses: Timeline[Status] = field(default_factory=Timeline)
    names: Timeline[str] = field(default_factory=Timeline)
    designated: Fact | None = None
    iri: str | None = None
    match: str | None = None
    code: str | None = None
    within: str | None = None

    @property
    def begin(self) -> date | None:
        """The day on which it was announced or designated; None when neither happened."""
        return self.statuses.spans[0].start if self.statuses.spans else None

    @property
    def end(self) -> date | None:
        """The first day on which it no longer stands; None while no end is known."""
        last = self.statuses.spans[-1] if self.statuses.spans else None
        return last.start if last is not None and last.value == "ended" else None


def fold_region(key: str, facts: list[Fact]) -> Region:
    """Work out what the believed facts say of one region or subregion, day by day.

    Raises:
        Impossible: A fact cannot hold beside the others.
    """
    state = Region(key)
    for fact in in_valid_order(facts):
        _add(state, fact)
    return state


def _add(state: Region, fact: Fact) -> None:
    match fact.event:
        case RegionWasAnnounced() | SubregionWasAnnounced():
            _begin(state, fact, "announced")
            if isinstance(fact.event, SubregionWasAnnounced):
                state.within = fact.event.within
        case RegionWasDesignated() | SubregionWasDesignated():
            _begin(state, fact, "demarcated")
            state.designated = fact
            if fact.origin <= state.statuses.spans[0].cause.origin:  # an announcement found later changes no address
                state.iri = fact.event.iri
            else:
                state.match = fact.event.iri
            state.names.put(fact.event.name, fact)
            if isinstance(fact.event, SubregionWasDesignated):
                state.within = fact.event.within
            else:
                state.code = fact.event.code
        case RegionWasRenamed() | SubregionWasRenamed():
            _must_be(state, fact, "demarcated")
            if state.names.spans[-1].value == fact.event.name:
                raise Impossible(fact, f"it is called {fact.event.name} already", state.names.spans[-1].cause)
            state.names.put(fact.event.name, fact)
        case RegionLapsed() | SubregionLapsed():
            _must_be(state, fact, "announced")
            state.statuses.put("ended", fact)
        case RegionWasEnded() | SubregionWasEnded():
            _must_be(state, fact, "demarcated")
            state.statuses.put("ended", fact)
        case _:
            pass


def _begin(state: Region, fact: Fact, status: Status) -> None:
    last = state.statuses.spans[-1] if state.statuses.spans else None
    if last is not None and not (last.value == "announced" and status == "demarcated"):
        raise Impossible(fact, f"region {state.key} was {last.value} on {last.start} already", last.cause)
    state.statuses.put(status, fact)


def _must_be(state: Region, fact: Fact, status: Status) -> None:
    last = state.statuses.spans[-1] if state.statuses.spans else None
    if last is None:
        raise Impossible(fact, f"region {state.key} has not begun on {fact.event.valid_from}", None, "valid_from")
    if last.value != status:
        raise Impossible(fact, f"region {state.key} was {last.value} on {last.start}, not {status}", last.cause)
