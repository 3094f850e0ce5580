"""A naive reading of a register: every event again, for every question, with dictionaries and nothing else.

It shares no code with the folds and the projection, so that the two can be held against each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

from regiolog.events.journal import Recorded
from regiolog.events.kinds import stored_name
from regiolog.events.record import as_record


class Town(NamedTuple):
    """What is held of one municipality on one day."""

    name: str
    province: str
    region: str | None
    status: str | None
    basis: str | None


class Part(NamedTuple):
    """What is held of one membership: where it was first said, and who takes part as what."""

    node: str
    organisation: str | None
    municipality: str | None
    role: str | None
    met: str
    day: str
    basis: str | None
    by: str | None


class Structure(NamedTuple):
    """What is held of one cooperation structure on one day."""

    name: str
    types: frozenset[str]
    status: str | None
    met: str
    day: str
    basis: str | None
    by: str | None
    members: frozenset[Part]


class Claim(NamedTuple):
    """What a source says, where it was first said, and what it was read as."""

    node: str
    says: str
    of: str
    words: str
    document: str
    marks: frozenset[str]
    municipality: str | None
    region: str | None
    begins: str | None
    ends: str | None
    listed: tuple[str | None, str | None]
    rest: frozenset[str]


class Held(NamedTuple):
    """What is held of everything on one day.

    Attributes:
        towns: The municipalities.
        regions: Status and name of each region.
        structures: The cooperation structures.
        changes: What the mergers and splits of structures led from and to, by the position of each.
        claims: What each source says.
        proposals: Name, first day, last day and settling decision of each region that a decision proposed.
    """

    towns: dict[str, Town]
    regions: dict[str, tuple[str, str | None]]
    structures: dict[str, Structure]
    changes: dict[str, tuple[frozenset[str], frozenset[str]]]
    claims: dict[str, set[Claim]]
    proposals: dict[str, dict[str, tuple[str, str, str | None, str | None]]]


Told = list[tuple[int, datetime, dict[str, Any]]]
"""Events with their positions, and since when each is known."""


def effective(recorded: Iterable[Recorded]) -> Told:
    """Events with since when each is known, which never goes backwards."""
    found: Told = []
    latest: datetime | None = None
    for position, event in recorded:
        own = event.known_from or event.recorded_at
        assert own is not None
        latest = own if latest is None else max(latest, own)
        found.append((position, latest, {**as_record(event), "kind": stored_name(event)}))
    return found


def held_at(events: Told, at: date, position: int) -> Held:
    """Everything on a day, as it was believed at a position."""
    believed = _believed(events, position)
    ordered = sorted(believed, key=lambda each: (each[1].get("valid_from") or "0000", each[0]))
    towns: dict[str, dict[str, Any]] = {}
    regions: dict[str, dict[str, Any]] = {}
    structures: dict[str, dict[str, Any]] = {}
    changes: dict[str, tuple[frozenset[str], frozenset[str]]] = {}
    for place, event in ordered:
        if (event.get("valid_from") or "0000") <= at.isoformat():
            _apply(event, towns, regions)
            _cooperate(place, event, structures, changes)
    return Held(
        {
            nis: Town(town["name"], town["province"], town.get("region"), town.get("status"), town.get("basis"))
            for nis, town in towns.items()
            if town["alive"]
        },
        {key: (value["status"], value.get("name")) for key, value in regions.items() if value["status"] != "ended"},
        {
            key: Structure(**{**value, "members": frozenset(value["members"].values())})
            for key, value in structures.items()
        },
        changes,
        _claims(believed, at),
        _proposals(ordered),
    )


def _believed(events: Told, position: int) -> list[tuple[int, dict[str, Any]]]:
    """The events as they were last corrected, in the order in which they were first said."""
    believed: dict[str, tuple[int, dict[str, Any]]] = {}
    for place, _, event in events:
        if place > position:
            continue
        if event["kind"] == "event-was-corrected":
            believed[event["corrects"]] = (believed[event["corrects"]][0], event["replacement"])
        elif event["kind"] == "event-was-retracted":
            del believed[event["retracts"]]
        else:
            believed[event["id"]] = (place, event)
    return sorted(believed.values(), key=lambda each: each[0])


def _claims(believed: list[tuple[int, dict[str, Any]]], at: date) -> dict[str, set[Claim]]:
    """What each source says on a day: what it has not withdrawn, over the days that it gave."""
    saying: dict[str, dict[str, tuple[str, Claim]]] = {}
    for place, event in believed:
        if event["kind"] == "source-was-registered":
            saying[event["said_by"]] = {}
        if event["kind"] != "claims-were-made":
            continue
        said = saying[event["said_by"]]
        for claim in event.get("withdrawn", ()):
            del said[_words(claim)]
        for number, claim in enumerate(event.get("made", ()), start=1):
            rest = [*claim.get("originals", ()), claim.get("type"), claim.get("code")]
            read = Claim(
                f"{place}#claim-{number}",
                claim["says"],
                claim["of"],
                claim["words"],
                event["document"],
                frozenset(claim.get("marks", ())),
                claim.get("municipality"),
                claim.get("region"),
                claim.get("valid_from"),
                claim.get("valid_to"),
                (claim.get("begins"), claim.get("ends")),
                frozenset(each for each in rest if each),
            )
            said.setdefault(_words(claim), (read.begins or event["valid_from"], read))
    return {
        source: {claim for start, claim in said.values() if start <= at.isoformat() < (claim.ends or "9999")}
        for source, said in saying.items()
    }


def _words(claim: dict[str, Any]) -> str:
    """A claim as its source made it, without what it was read as."""
    names = ("says", "of", "words", "valid_from", "valid_to", "type", "code", "begins", "ends")
    return repr([*(claim.get(name) for name in names), *claim.get("originals", ())])


def _proposals(
    ordered: list[tuple[int, dict[str, Any]]],
) -> dict[str, dict[str, tuple[str, str, str | None, str | None]]]:
    """Every proposal, whatever the day that is asked about."""
    proposals: dict[str, dict[str, tuple[str, str, str | None, str | None]]] = {}
    for _, event in ordered:
        if event["kind"] == "regions-were-proposed":
            proposals[event["decision"]] = {
                key: (region["name"], event["valid_from"], None, None) for key, region in event["regions"].items()
            }
        elif event["kind"] == "proposal-was-settled":
            for key in event["settled"]:
                stood = proposals[event["proposal"]][key]
                proposals[event["proposal"]][key] = (*stood[:2], event["valid_from"], event["decision"])
    return proposals


def _cooperate(
    place: int,
    event: dict[str, Any],
    structures: dict[str, dict[str, Any]],
    changes: dict[str, tuple[frozenset[str], frozenset[str]]],
) -> None:
    kind = event["kind"]
    structure = structures.get(event.get("cooperation", ""), {})
    grounds = {"day": event.get("valid_from"), "basis": event.get("decision"), "by": event.get("said_by")}
    if kind in {"cooperation-was-founded", "cooperation-was-observed"}:
        structures[event["cooperation"]] = {
            "name": event["name"],
            "types": frozenset(event.get("types", ())),
            "status": event.get("status"),
            "met": "begins" if kind.endswith("founded") else "firstObserved",
            "members": {},
            **grounds,
        }
    elif kind == "cooperation-was-renamed":
        structure["name"] = event["name"]
    elif kind == "cooperation-type-was-changed":
        structure["types"] = frozenset(event["types"])
    elif kind == "cooperation-status-was-changed":
        structure["status"] = event["status"]
    elif kind in {"members-joined", "members-were-observed"}:
        for number, member in enumerate(event["members"], start=1):
            key = member.get("organisation") or member["municipality"]
            met = "begins" if kind.endswith("joined") else "firstObserved"
            part = Part(
                f"{place}#member-{number}",
                member.get("organisation"),
                member.get("municipality"),
                member.get("role"),
                met,
                event["valid_from"],
                event.get("decision"),
                event.get("said_by"),
            )
            structure["members"].setdefault(key, part)
    elif kind in {"members-left", "members-were-last-observed"}:
        for member in event["members"]:
            del structure["members"][member.get("organisation") or member["municipality"]]
    elif kind == "cooperations-were-merged":
        changes[str(place)] = (frozenset(event["parts"]), frozenset({event["into"]}))
        for key in {*event["parts"]} - {event["into"]}:
            del structures[key]
    elif kind == "cooperation-was-split":
        changes[str(place)] = (frozenset({event["cooperation"]}), frozenset(event["into"]))
        del structures[event["cooperation"]]
    elif kind == "cooperation-was-ended":
        del structures[event["cooperation"]]


def _apply(event: dict[str, Any], towns: dict[str, dict[str, Any]], regions: dict[str, dict[str, Any]]) -> None:
    kind, basis = event["kind"], event.get("decision")

    def place(nis: str, region: str | None) -> None:
        towns[nis].update(region=region, status="assigned" if region else "pending", basis=basis)

    if kind == "register-was-begun":
        for nis, found in event["municipalities"].items():
            towns[nis] = {**found, "alive": True}
    elif kind == "municipality-was-renamed":
        towns[event["municipality"]]["name"] = event["name"]
    elif kind == "municipality-was-moved-to-province":
        towns[event["municipality"]]["province"] = event["province"]
    elif kind == "municipality-was-ended":
        towns[event["municipality"]]["alive"] = False
    elif kind == "municipalities-were-merged":
        into = event["into"]
        kept = towns.get(into["nis"]) if into["nis"] in event["merged"] else None
        for nis in event["merged"]:
            towns[nis]["alive"] = False
        towns[into["nis"]] = {
            **(kept or {}),
            "name": into["name"],
            "province": into["province"],
            "alive": True,
        }
        if kept is None and into.get("region"):
            place(into["nis"], into["region"])
    elif kind in {"regions-were-demarcated", "assignments-were-confirmed"}:
        for nis, region in event["assignments"].items():
            place(nis, region)
    elif kind == "municipality-was-assigned":
        place(event["municipality"], event["region"])
    elif kind == "municipality-was-reassigned":
        place(event["municipality"], event["to_region"])
    elif kind == "municipality-was-unassigned":
        towns[event["municipality"]].update(region=None, status=None, basis=None)
    elif kind == "municipalities-were-left-pending":
        for nis in event["municipalities"]:
            place(nis, None)
    elif kind == "region-was-announced":
        regions[event["region"]] = {"status": "announced"}
    elif kind == "region-was-designated":
        regions[event["region"]] = {"status": "demarcated", "name": event["name"]}
    elif kind == "region-was-renamed":
        regions[event["region"]]["name"] = event["name"]
    elif kind in {"region-lapsed", "region-was-ended"}:
        regions[event["region"]]["status"] = "ended"
