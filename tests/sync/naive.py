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


class Held(NamedTuple):
    """What is held of everything on one day."""

    towns: dict[str, Town]
    regions: dict[str, tuple[str, str | None]]


def effective(recorded: Iterable[Recorded]) -> list[tuple[int, datetime, dict[str, Any]]]:
    """Events with since when each is known, which never goes backwards."""
    found: list[tuple[int, datetime, dict[str, Any]]] = []
    latest: datetime | None = None
    for position, event in recorded:
        own = event.known_from or event.recorded_at
        assert own is not None
        latest = own if latest is None else max(latest, own)
        found.append((position, latest, {**as_record(event), "kind": stored_name(event)}))
    return found


def held_at(events: list[tuple[int, datetime, dict[str, Any]]], at: date, position: int) -> Held:
    """Everything on a day, as it was believed at a position."""
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
    ordered = sorted(believed.values(), key=lambda each: (each[1].get("valid_from") or "0000", each[0]))
    towns: dict[str, dict[str, Any]] = {}
    regions: dict[str, dict[str, Any]] = {}
    for _, event in ordered:
        if (event.get("valid_from") or "0000") <= at.isoformat():
            _apply(event, towns, regions)
    return Held(
        {
            nis: Town(town["name"], town["province"], town.get("region"), town.get("status"), town.get("basis"))
            for nis, town in towns.items()
            if town["alive"]
        },
        {key: (value["status"], value.get("name")) for key, value in regions.items() if value["status"] != "ended"},
    )


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
