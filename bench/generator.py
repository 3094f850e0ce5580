"""Registers of any size, made up from a seed: every event is one that the rules would have let in.

The generator keeps a small state of its own, so that it never asks for the impossible. What piles up for good
(decisions, mergers, boundary changes) grows with the number of municipalities and not with that of events: two
registers with as many municipalities have snapshots of the same size, however long their histories.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, Final

import msgspec

from bench.filling import Made, Size
from bench.memory import (
    BASE,
    COVERAGE,
    DAYS,
    DRAWN,
    FIRST,
    LATENESS,
    SLIPS,
    WIDEST,
    Memory,
    Story,
    Thing,
    ordinal,
    tagged,
)
from regiolog.events.correction import EventWasCorrected, EventWasRetracted
from regiolog.events.decision import DecisionWasLinked, DecisionWasRegistered
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
from regiolog.events.municipality import (
    AuthoritiesWereLinked,
    Authority,
    MergerResult,
    MunicipalitiesWereMerged,
    MunicipalityBoundaryWasChanged,
    MunicipalityWasMovedToProvince,
    MunicipalityWasRenamed,
)
from regiolog.events.region import RegionWasDesignated, RegionWasRenamed
from regiolog.events.register import FoundMunicipality, RegisterWasBegun

_WEIGHTS: Final = {
    "rename": 22,
    "reassign": 26,
    "unassign": 3,
    "move": 7,
    "link": 4,
    "confirm": 1,
    "rename_region": 1,
    "correct": 17,
    "retract": 4,
}


def generate(size: Size, seed: int = 1) -> Iterator[Made]:
    """The events of a register, in the order of the journal; the same for the same size and seed.

    Args:
        size: How big it is to be; the events that set it up count.
        seed: What makes it differ from others of its size.
    """
    return iter(_Registrar(size, Random(seed)))


class _Registrar(Memory):
    """Somebody who records one event after another, and remembers what can still be said."""

    def __init__(self, size: Size, random: Random) -> None:
        super().__init__(size.municipalities, random)
        self._size = size

    def __iter__(self) -> Iterator[Made]:
        """Every event, set-up first."""
        count = 0
        start = datetime.combine(COVERAGE, datetime.min.time(), UTC)
        for count, event in enumerate(self._set_up(), start=1):
            yield Made(start + timedelta(seconds=count), event)
        rest = max(1, self._size.events - count)
        for number, make in enumerate(self._plan(rest)):
            at = (number + 1) / rest * (DAYS - 62)
            self._today = FIRST + 62 + int(at)
            event = make() or self._rename()
            yield Made(start + timedelta(days=62 + at), event)

    def _plan(self, count: int) -> list[Callable[[], Event | None]]:
        """What to do, one thing for each event: what piles up is spread evenly, the rest is drawn by weight."""
        towns = self._size.municipalities
        lasting: list[Callable[[], Event | None]] = [
            *[self._decide] * (towns // 4),
            *[self._relate] * (towns // 12),
            *[self._merge] * (towns // 24),
            *[self._shift_boundary] * (towns // 24),
        ]
        lasting = lasting if len(lasting) <= count // 3 else self._random.sample(lasting, count // 3)
        daily: list[Callable[[], Event | None]] = [getattr(self, f"_{name}") for name in _WEIGHTS]
        drawn = self._random.choices(daily, list(_WEIGHTS.values()), k=count - len(lasting))
        plan = [*lasting, *drawn]
        self._random.shuffle(plan)
        return plan

    # Setting up

    def _set_up(self) -> Iterator[Event]:
        provinces = list(self._provinces)
        towns = [self._born(self._name()) for _ in range(self._size.municipalities)]
        for number, town in enumerate(towns):
            town.province = provinces[number * len(provinces) // len(towns)]
        yield RegisterWasBegun(
            id=self._id(),
            register="made-up",
            base_iri=BASE,
            coverage=COVERAGE,
            provinces=self._provinces,
            municipalities={town.key: FoundMunicipality(town.name, town.province) for town in towns},
            source=("made up",),
        )
        yield self._decide()
        count = max(3, len(towns) // 20)
        for number in range(count):
            region = Thing(f"region-{number + 1}", self._name(), days=[FIRST])
            self._regions[region.key] = region
            self._members[region.key] = {}
            yield RegionWasDesignated(
                id=self._id(),
                region=region.key,
                name=region.name,
                **self._from(FIRST),
                **self._grounds(),
            )
        self._keys = list(self._regions)
        for number, town in enumerate(towns):
            self._put(town, self._keys[number * count // len(towns)])
        for province in provinces:
            there = [town for town in towns if town.province == province]
            yield self._demarcation(there, DRAWN, self._decisions[0])

    def _demarcation(self, towns: list[Thing], day: int, decision: str) -> RegionsWereDemarcated:
        self._rest(towns, day, decision)
        weak = [town.key for town in towns if self._random.random() < 0.1]
        return RegionsWereDemarcated(
            id=self._id(),
            assignments={town.key: town.region for town in towns if town.region is not None},
            evidence_of={nis: EvidenceOf("derived", "worked out from a later list") for nis in weak},
            **self._from(day),
            **self._grounds(decision),
        )

    # The world changes

    def _decide(self) -> DecisionWasRegistered:
        key = f"BESLUIT-{len(self._decisions) + 1}"
        self._decisions.append(key)
        taken = date.fromordinal(max(FIRST, self._today - self._random.randrange(60)))
        event = DecisionWasRegistered(
            id=self._id(),
            decision=key,
            type="decree",
            body="Vlaamse Regering",
            title=f"Besluit over {self._name()}",
            decided=taken,
            published=taken + timedelta(days=self._random.randrange(90)),
            source=(f"http://localhost/besluit/{key}",),
        )
        self._stories.append(Story(event))
        return event

    def _relate(self) -> Event | None:
        if len(self._decisions) < 2:
            return None
        later, earlier = self._random.sample(range(len(self._decisions)), 2)
        pair = (max(later, earlier), min(later, earlier))
        if pair in self._related:
            return None
        self._related.add(pair)
        return DecisionWasLinked(
            id=self._id(),
            decision=self._decisions[pair[0]],
            relation="follows",
            other=self._decisions[pair[1]],
            source=("made up",),
        )

    def _rename(self) -> Event:
        town = self._any_town()
        town.name = self._name()
        event = MunicipalityWasRenamed(
            id=self._id(), municipality=town.key, name=town.name, **self._from(self._day(town)), **self._grounds()
        )
        return self._told(event, town)

    def _move(self) -> Event:
        town = self._any_town()
        before = town.province
        town.province = self._random.choice([nis for nis in self._provinces if nis != before])
        event = MunicipalityWasMovedToProvince(
            id=self._id(),
            municipality=town.key,
            province=town.province,
            **self._from(self._day(town)),
            **self._grounds(),
        )
        town.moved = event.id
        return self._told(event, town, before=before)

    def _reassign(self) -> Event:
        town = self._any_town()
        before = town.region
        day, event_id = self._day(town), self._id()
        self._put(town, self._random.choice([key for key in self._some_regions() if key != before]))
        assert town.region is not None
        town.placed = event_id
        about = {"id": event_id, "municipality": town.key, **self._from(day), **self._grounds()}
        town.bases.add(about["decision"])
        if before is None:
            return self._told(MunicipalityWasAssigned(region=town.region, **about), town)
        moved = MunicipalityWasReassigned(from_region=before, to_region=town.region, **about)
        return self._told(moved, town, before=before)

    def _unassign(self) -> Event | None:
        town = self._any_town()
        before = town.region
        if before is None:
            if town.pending:
                return None
            town.pending, town.placed = True, None
            return MunicipalitiesWereLeftPending(
                id=self._id(), municipalities=(town.key,), **self._from(self._day(town)), **self._grounds()
            )
        self._put(town, None)
        town.placed = None
        return MunicipalityWasUnassigned(
            id=self._id(),
            municipality=town.key,
            region=before,
            **self._from(self._day(town)),
            **self._grounds(),
        )

    def _merge(self) -> Event | None:
        first = self._any_town()
        near = self._members[first.region] if first.region is not None else {}
        others = [town for town in near.values() if town is not first][: self._random.randint(1, 2)]
        if not others:
            return None
        merged = [first, *others]
        day = self._day(*merged)
        absorbs = self._random.random() < 0.25
        result = first if absorbs else self._born(self._name(), first.province)
        self._put(result, first.region)
        if not absorbs:
            result.days.append(day)
        for town in merged:
            town.placed = town.moved = None
            if town is not result:
                self._bury(town)
        grounds = self._grounds()
        result.bases.add(grounds["decision"])
        event = MunicipalitiesWereMerged(
            id=self._id(),
            merged=tuple(town.key for town in merged),
            into=MergerResult(result.key, result.name, result.province, result.region),
            **self._from(day),
            **grounds,
        )
        return self._told(event, *dict.fromkeys((*merged, result)))

    def _shift_boundary(self) -> Event | None:
        one, other = self._any_town(), self._any_town()
        if one is other:
            return None
        event = MunicipalityBoundaryWasChanged(
            id=self._id(),
            municipalities=(one.key, other.key),
            description=f"{self._random.randint(1, 90)} percelen gaan naar {other.key}",
            **self._from(self._day(one, other)),
            **self._grounds(),
        )
        return self._told(event, one, other)

    def _confirm(self) -> Event | None:
        """A region on a new legal basis, or drawn anew: a few of its municipalities go elsewhere."""
        region = self._random.choice(self._keys)
        day = self._today + self._random.choice(LATENESS)
        decision = self._decisions[-1]
        members = self._members[region].values()
        towns = [town for town in members if town.days[-1] < day and decision not in town.bases][:WIDEST]
        if not towns:
            return None
        if self._random.random() < 0.3:
            for town in towns[:3]:
                self._put(town, self._random.choice(self._some_regions()))
            return self._demarcation(towns, day, decision)
        self._rest(towns, day, decision)
        return AssignmentsWereConfirmed(
            id=self._id(),
            assignments=dict.fromkeys((town.key for town in towns), region),
            **self._from(day),
            **self._grounds(decision),
        )

    def _link(self) -> Event | None:
        day = self._today + self._random.choice(LATENESS)
        towns = [town for town in (self._any_town() for _ in range(3)) if town.days[-1] < day]
        if not towns:
            return None
        found = {}
        for town in dict.fromkeys(towns):
            town.days.append(day)
            town.linked += 1
            number = f"{town.key}{town.linked:05}"
            found[town.key] = Authority(
                f"http://data.lblod.info/id/bestuurseenheden/{number}", kbo=number, ovo=f"OVO{number}"
            )
        return AuthoritiesWereLinked(
            id=self._id(), authorities=found, source=("http://localhost/besturen",), **self._from(day)
        )

    def _rename_region(self) -> Event:
        region = self._regions[self._random.choice(self._keys)]
        event = RegionWasRenamed(
            id=self._id(), region=region.key, name=self._name(), **self._from(self._day(region)), **self._grounds()
        )
        return self._told(event, region)

    # We were wrong

    def _correct(self) -> Event | None:
        story = self._random.choice(self._stories)
        changes = self._another_day(story) if self._random.random() < 0.6 else self._another_word(story)
        if not changes:
            return None
        before = story.event
        story.event = msgspec.structs.replace(before, **changes)
        return EventWasCorrected(
            id=self._id(),
            corrects=before.id,
            reason="overgetypt uit een bron die het mis had",
            replacement=story.event,
            tagged=tagged(before),
            source=("made up",),
        )

    def _retract(self) -> Event | None:
        place = self._random.randrange(len(self._stories))
        story = self._stories[place]
        event = story.event
        match event:
            case MunicipalityWasRenamed() | RegionWasRenamed() | MunicipalityBoundaryWasChanged():
                pass
            case MunicipalityWasMovedToProvince() if story.things[0].moved == event.id:
                story.things[0].province = story.before or ""
                story.things[0].moved = None
            case MunicipalityWasReassigned() if story.things[0].placed == event.id:
                self._put(story.things[0], story.before)
                story.things[0].placed = None
            case _:
                return None
        for thing in story.things:
            thing.days.remove(ordinal(event))
        self._stories[place] = self._stories[-1]
        self._stories.pop()
        return EventWasRetracted(
            id=self._id(),
            retracts=event.id,
            reason="het is nooit gebeurd",
            tagged=tagged(event),
            source=("made up",),
        )

    def _another_day(self, story: Story) -> dict[str, Any]:
        """Another day for an event, between what comes before and after it in all that it is about."""
        if not story.things:
            return {}
        day = ordinal(story.event)
        moved = day + self._random.choice(SLIPS)
        for thing in story.things:
            place = bisect_left(thing.days, day)
            low = thing.days[place - 1] if place else FIRST
            if moved <= low or (place + 1 < len(thing.days) and moved >= thing.days[place + 1]):
                return {}
        for thing in story.things:
            thing.days.remove(day)
            insort(thing.days, moved)
        return self._from(moved)

    def _another_word(self, story: Story) -> dict[str, Any]:
        """Something else for an event to say, which nothing that came later rests on."""
        match story.event:
            case DecisionWasRegistered():
                return {"title": f"Besluit over {self._name()}"}
            case MunicipalityWasRenamed() | RegionWasRenamed():
                return {"name": self._name()}
            case MunicipalityBoundaryWasChanged():
                return {"description": f"{self._random.randint(100, 900)} percelen"}
            case MunicipalityWasReassigned(id=name, from_region=left) if story.things[0].placed == name:
                town = story.things[0]
                others = [key for key in self._some_regions() if key not in {left, town.region}]
                right = self._random.choice(others)
                self._put(town, right)
                return {"to_region": right}
            case _:
                return {"note": f"nagekeken: {self._name()}"}
