"""What somebody who makes up a register has to remember, so as never to ask for the impossible."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any, Final
from uuid import UUID

from regiolog.events.correction import Said
from regiolog.events.event import Event

BASE: Final = "http://localhost:8000/"
COVERAGE: Final = date(1990, 1, 1)
YEARS: Final = 36

FIRST: Final = COVERAGE.toordinal()
DAYS: Final = YEARS * 365
DRAWN: Final = FIRST + 31
"""The day on which the regions are drawn; everything else comes after it."""
WIDEST: Final = 50
"""How many municipalities a confirmation or a link of authorities names at most."""
LATENESS: Final = (0, 0, 1, 30, 90, 180, -10, -40, -400)
"""How many days after it is recorded a change takes effect."""
SLIPS: Final = (-60, -7, -1, 1, 7, 60)
SYLLABLES: Final = [
    "al",
    "bro",
    "den",
    "dor",
    "eik",
    "gro",
    "hal",
    "kam",
    "lin",
    "mar",
    "nes",
    "os",
    "ra",
    "sta",
    "tun",
    "vik",
    "wes",
    "ys",
    "zand",
    "é",
]


@dataclass(slots=True, eq=False)
class Thing:
    """A municipality or a region: all days on which something about it begins or ends, and what holds last."""

    key: str
    name: str = ""
    province: str = ""
    region: str | None = None
    days: list[int] = field(default_factory=list)
    placed: str | None = None
    moved: str | None = None
    pending: bool = False
    linked: int = 0
    bases: set[str] = field(default_factory=set)


@dataclass(slots=True, eq=False)
class Story:
    """An event that may turn out to be wrong: what it says as it is believed, and the things that it is about."""

    event: Said
    things: tuple[Thing, ...] = ()
    before: str | None = None


class Memory:
    """What there is at the moment, and what can still be said of it."""

    def __init__(self, municipalities: int, random: Random) -> None:
        self._random = random
        self._names = 0
        count = max(2, municipalities // 350)
        self._provinces = {str(90_000 + number * 10): self._name() for number in range(count)}
        self._regions: dict[str, Thing] = {}
        self._members: dict[str, dict[str, Thing]] = {}
        self._alive: list[Thing] = []
        self._place: dict[str, int] = {}
        self._keys: list[str] = []
        self._decisions: list[str] = []
        self._related: set[tuple[int, int]] = set()
        self._stories: list[Story] = []
        self._codes = 10_000
        self._today = FIRST

    def _told(self, event: Said, *things: Thing, before: str | None = None) -> Event:
        self._stories.append(Story(event, tuple(things), before))
        return event

    def _day(self, *things: Thing) -> int:
        """A day for a change: about now, and after everything that is said of what it is about."""
        last = max(thing.days[-1] for thing in things)
        day = self._today + self._random.choice(LATENESS)
        if day <= last:
            day = last + self._random.randint(1, 30)
        for thing in things:
            thing.days.append(day)
        return day

    def _from(self, day: int) -> dict[str, Any]:
        return {"valid_from": date.fromordinal(day)}

    def _grounds(self, decision: str | None = None) -> dict[str, Any]:
        """A decision, one of the latest unless given, and now and then weaker evidence."""
        grounds: dict[str, Any] = {"decision": decision or self._random.choice(self._decisions[-5:])}
        if self._random.random() < 0.15:
            grounds |= {"evidence": "derived", "note": "worked out from a later list", "source": ("a list",)}
        elif self._random.random() < 0.5:
            grounds["source"] = (f"http://localhost/bron/{self._random.randint(1, 500)}",)
        return grounds

    def _born(self, name: str, province: str = "") -> Thing:
        town = Thing(f"{self._codes:05}", name, province)
        self._codes += 1
        self._place[town.key] = len(self._alive)
        self._alive.append(town)
        return town

    def _bury(self, town: Thing) -> None:
        self._put(town, None)
        place, last = self._place.pop(town.key), self._alive.pop()
        if last is not town:
            self._alive[place] = last
            self._place[last.key] = place

    def _put(self, town: Thing, region: str | None) -> None:
        if town.region is not None:
            self._members[town.region].pop(town.key, None)
        town.region, town.pending = region, False
        if region is not None:
            self._members[region][town.key] = town

    def _rest(self, towns: list[Thing], day: int, decision: str) -> None:
        """Let the assignments of some municipalities rest on a decision from a day on."""
        for town in towns:
            town.days.append(day)
            town.bases.add(decision)
            town.placed = None

    def _any_town(self) -> Thing:
        return self._random.choice(self._alive)

    def _some_regions(self) -> list[str]:
        """A few regions to choose from, at least three."""
        return self._random.sample(self._keys, min(len(self._keys), 4))

    def _name(self) -> str:
        """A name that nothing else has."""
        self._names += 1
        made = "".join(self._random.choice(SYLLABLES) for _ in range(2))
        return f"{made.capitalize()}-{self._names}"

    def _id(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))


def ordinal(event: Event) -> int:
    """The first day on which an event holds, as an ordinal."""
    assert event.valid_from is not None
    return event.valid_from.toordinal()


def tagged(before: Event) -> tuple[str, ...]:
    """What rules find a correction by: the scope of what was believed until now."""
    under = () if before.decision is None else (f"under:{before.decision}",)
    return tuple(dict.fromkeys((*before.scope(), *under)))
