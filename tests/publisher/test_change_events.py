"""What the change feed says: every change once, with what was said before and what is said now."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from referencing import Registry, Resource

from regiolog.events.temporal import parse_instant
from regiolog.ontology import documents
from regiolog.publisher.app import create_app
from regiolog.publisher.changes.attributes import AUTHORITY, NODES, OTHER
from regiolog.publisher.feed.members import members
from regiolog.publisher.service import Service
from regiolog.publisher.settings import Settings
from regiolog.sync.folder import Folder
from tests.builders import BASE, Record, TurnedClock, decision, region, said, small_register, tell
from tests.events.shorthand import correct, retract
from tests.publisher.changing import Event, Harvester, get, statements, taken

ANTWERPEN, BORSBEEK = "https://data.vlaanderen.be/id/gemeente/11002", "https://data.vlaanderen.be/id/gemeente/11007"
GEMEENTE = "https://data.vlaanderen.be/id/gemeente/"


@pytest.fixture(scope="module")
def events(service: Service) -> list[Event]:
    """Every change of the Flemish register."""
    return Harvester(create_app(service).test_client()).run()


def merged(*into: str, merged: list[str], **fields: Any) -> Record:
    """A merger of municipalities."""
    nis, name = into
    return said(
        "municipalities-were-merged",
        "2024-01-01",
        merged=merged,
        into={"nis": nis, "name": name, "province": "10000", "region": "noord"},
        id=f"merger/{nis}",
        **fields,
    )


class Small:
    """A small register that is served."""

    def __init__(self, data: Path) -> None:
        """Begin it."""
        self.clock = TurnedClock()
        folder = Folder(data, create=True, clock=self.clock)
        tell(folder.journal, *small_register(), clock=self.clock)
        folder.close()
        self.service = Service.open(Settings(data=data), clock=self.clock)
        self.client = create_app(self.service).test_client()
        self.harvester = Harvester(self.client)

    def learns(self, *records: Record) -> list[Event]:
        """Record something, and see what a harvester learns of it."""
        self.harvester.run()
        self.clock.turn(hours=1)
        tell(self.service.folder.journal, *records, clock=self.clock)
        deadline = time.monotonic() + 30
        while self.service.history().position < self.service.folder.journal.head():
            assert time.monotonic() < deadline
            time.sleep(0.005)
        return self.harvester.run()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    """A register of six municipalities."""
    opened = Small(tmp_path / "small")
    yield opened
    opened.service.close()


def test_numbers_only_grow(events: list[Event], service: Service) -> None:
    """Each fits a signed 64-bit number, says its position, and counts from 1 within it; times never go back."""
    numbers = [int(each["id"]) for each in events]
    assert numbers == sorted(set(numbers))
    assert numbers[-1] < 2**63
    for position, group in groupby(events, key=lambda each: each["position"]):
        of_event = list(group)
        assert [int(each["id"]) - position * 100_000 for each in of_event] == list(range(1, len(of_event) + 1))
        assert [each["last"] for each in of_event] == [False] * (len(of_event) - 1) + [True]
        assert {each["causationid"] for each in of_event} == {f"{BASE}id/event/{position}"}
        told = service.history().told_of(position)
        assert told is not None
        assert {(parse_instant(each["time"]), each["eventkind"]) for each in of_event} == {(told.known, told.gist.kind)}
    times = [parse_instant(each["time"]) for each in events]
    assert times == sorted(times)


def test_the_same_version_objects_as_in_the_stream(events: list[Event], service: Service) -> None:
    """Thing by thing, in the same order, at the same positions, by the same IRIs."""
    history = service.history()
    changes = [each for each in events if ".transform." not in each["type"]]
    of_stream = members(history, 0, history.position)
    assert [(each["data"]["versie"], each["position"], each["subject"]) for each in changes] == [
        (each.iri, each.turned.position, each.turned.iri) for each in of_stream
    ]
    assert [each["type"] for each in changes] == [
        f"regiolog.{each.turned.kind}.{each.turned.act}.v1" for each in of_stream
    ]


def test_who_takes_all_in_holds_the_register(events: list[Event], service: Service) -> None:
    """What is said of each thing, statement by statement, is what its newest version object says."""
    history = service.history()
    newest = {each.iri: each for each in history.turned(0, history.position)}
    held = statements(taken(events))
    assert held.keys() == newest.keys()
    for thing, turned in newest.items():
        expected = {each[1:] for each in history.timeline(turned.kind, turned.key, turned.position)}
        assert held[thing] == expected, thing


def test_only_what_changed_is_told(events: list[Event]) -> None:
    """No attribute has the same value before and after, and what is created had none."""
    for event in events:
        for attribute in event["data"].get("attributen", ()):
            assert attribute["oudeWaarde"] != attribute["nieuweWaarde"]
            if ".create." in event["type"]:
                assert attribute["oudeWaarde"] is None


def test_names_of_nodes_are_no_names_of_properties() -> None:
    """An attribute is one or the other."""
    assert not {*NODES.values(), AUTHORITY, OTHER} & documents.context().keys()


def test_an_absorption_transforms_what_was_absorbed(events: list[Event]) -> None:
    """Antwerpen keeps its code: Borsbeek becomes part of it, and it becomes nothing; before what else that changed."""
    (found,) = [each for each in events if each["data"].get("vanId") in {ANTWERPEN, BORSBEEK}]
    assert found["type"] == "regiolog.municipality.transform.v1"
    assert found["subject"] == BORSBEEK
    assert found["data"] == {"vanId": BORSBEEK, "naarId": ANTWERPEN, "nisCodes": ["11002", "11007"]}
    same = [each for each in events if each["position"] == found["position"]]
    assert same[0] is found
    assert {each["subject"] for each in same[1:]} == {ANTWERPEN, BORSBEEK}


def test_a_merger_under_another_code(events: list[Event]) -> None:
    """Hasselt and Kortessem both become 71072, which is created."""
    found = [each for each in events if each["data"].get("naarId") == f"{GEMEENTE}71072"]
    assert [each["data"]["vanId"] for each in found] == [f"{GEMEENTE}71022", f"{GEMEENTE}73040"]
    assert {tuple(each["data"]["nisCodes"]) for each in found} == {("71022", "71072", "73040")}
    created = [each["subject"] for each in events if each["type"] == "regiolog.municipality.create.v1"]
    assert f"{GEMEENTE}71072" in created


def test_every_merger_is_told(events: list[Event]) -> None:
    """A transform for each municipality that ended in a merger, and for no other."""
    ended = {
        each["subject"]
        for each in events
        for attribute in each["data"].get("attributen", ())
        if each["eventkind"] == "municipalities-were-merged" and attribute["naam"] == "ends"
    }
    transformed = [each["data"]["vanId"] for each in events if ".transform." in each["type"]]
    assert len(transformed) == len(set(transformed)) == 42
    assert set(transformed) == ended


def test_what_it_is_called(events: list[Event]) -> None:
    """Key and namespace together are an address of the thing; codes are those of the municipalities it is about."""
    by_type: dict[str, Event] = {}
    for each in events:
        by_type.setdefault(each["type"], each)
        if "objectId" in each["data"]:
            data = each["data"]
            assert f"{data['naamruimte']}/{data['objectId']}" in {
                data["@id"],
                f"{BASE}id/{each['type'].split('.')[1]}/{data['objectId']}",
            }
            assert data["nisCodes"] == [data["objectId"]] or ".municipality." not in each["type"]
            assert (data["@id"], data["versieId"]) == (each["subject"], each["time"])
    assert by_type["regiolog.municipality.create.v1"]["data"]["naamruimte"] == GEMEENTE.removesuffix("/")
    assert by_type["regiolog.region.create.v1"]["data"]["naamruimte"] == f"{BASE}id/region"
    joined = next(each for each in events if each["eventkind"] == "members-were-observed")
    assert len(joined["data"]["nisCodes"]) > 1
    assert joined["data"]["nisCodes"] == sorted(set(joined["data"]["nisCodes"]))


@pytest.fixture(scope="module")
def schemas(service: Service) -> dict[str, Any]:
    """The schemas as they are served."""
    client = create_app(service).test_client()
    names = ("event.v1.json", "change.v1.json", "transform.v1.json")
    return {name: json.loads(get(client, f"/changes/schemas/{name}").data) for name in names}


@pytest.fixture(scope="module")
def whole(schemas: dict[str, Any]) -> Draft202012Validator:
    """Checks a whole event."""
    registry: Registry[Any] = Registry().with_resources(
        (f"{BASE}changes/schemas/{name}", Resource.from_contents(schema)) for name, schema in schemas.items()
    )
    reference = {"$ref": f"{BASE}changes/schemas/event.v1.json"}
    return Draft202012Validator(reference, registry=registry, format_checker=FormatChecker())


def test_events_pass_the_schemas(events: list[Event], schemas: dict[str, Any], whole: Draft202012Validator) -> None:
    """Each as a whole, and its data with the one that it names."""
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    for event in events:
        whole.validate(event)  # and its data with that which goes with its type
        name = "transform" if ".transform." in event["type"] else "change"
        assert event["dataschema"] == f"{BASE}changes/schemas/{name}.v1.json"


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "1.5"},
        {"id": 100001},
        {"time": "yesterday"},
        {"type": "regiolog.municipality.transform.v1"},
        {"position": 0},
        {"last": None},
        {"more": 1},
        {"data": {"attributen": []}},
    ],
)
def test_what_is_no_event_fails_the_schema(
    events: list[Event], whole: Draft202012Validator, wrong: dict[str, Any]
) -> None:
    """The schema tells an event from what is none."""
    with pytest.raises(ValidationError):
        whole.validate({**events[0], **wrong})


def test_events_are_read_by_the_sdk(events: list[Event]) -> None:
    """Each by itself, as a CloudEvent with all that it says."""
    reader = JSONFormat()
    for event in events:
        read = reader.read(CloudEvent, json.dumps(event))
        assert read.get_id() == event["id"]
        assert read.get_time() == parse_instant(event["time"])
        assert read.get_data() == event["data"]
        extensions = {name: read.get_extension(name) for name in ("position", "eventkind", "causationid", "last")}
        assert extensions == {name: event[name] for name in extensions}


def test_a_harvester_learns_what_is_new(small: Small) -> None:
    """And nothing else: it asks for the last page again, and takes what has a greater number."""
    first = small.harvester.run()
    assert [each["position"] for each in first] == sorted(each["position"] for each in first)
    assert small.harvester.run() == []
    (renamed,) = small.learns(said("municipality-was-renamed", "2024-01-01", municipality="10001", name="Nieuwdorp"))
    assert renamed["type"] == "regiolog.municipality.update.v1"
    assert renamed["data"]["attributen"] == [
        {
            "naam": "label",
            "oudeWaarde": [{"value": "Dorp 1", "language": "nl"}],
            "nieuweWaarde": [
                {"value": "Dorp 1", "language": "nl", "validTo": "2024-01-01"},
                {"value": "Nieuwdorp", "language": "nl", "validFrom": "2024-01-01"},
            ],
        }
    ]
    assert small.harvester.asked == 3 + small.harvester.page


def test_what_changes_nothing_is_no_change(small: Small) -> None:
    """An event that only says otherwise who recorded it has a position, and nothing here."""
    assert small.learns(correct("demarcation", agent="registrar-2")) == []


def test_a_correction_tells_both_timelines(small: Small) -> None:
    """Of what was wrong, and of what is right; a merger that is corrected tells only what merged besides."""
    small.learns(merged("10009", "Fusie", merged=["10001", "10002"]))
    changed = small.learns({**correct("merger/10009", merged=["10001", "10002", "10003"]), "id": "better"})
    transforms = [each for each in changed if ".transform." in each["type"]]
    assert [each["data"]["vanId"] for each in transforms] == [f"{GEMEENTE}10003"]
    assert transforms[0]["data"]["nisCodes"] == ["10001", "10002", "10003", "10009"]
    assert {each["eventkind"] for each in changed} == {"event-was-corrected"}
    back = small.learns(retract("better"))
    assert [each["type"] for each in back if each["subject"] == f"{GEMEENTE}10009"] == [
        "regiolog.municipality.delete.v1"
    ]
    assert not [each for each in back if ".transform." in each["type"]]
    (held,) = [each for name, each in taken(Harvester(small.client).run()).items() if name == f"{GEMEENTE}10003"]
    assert "ends" not in held.attributes


def test_what_goes_under_its_own_code_is_not_transformed(small: Small) -> None:
    """A municipality that absorbs another stays itself."""
    found = small.learns(merged("10001", "Dorp 1", merged=["10001", "10002"]))
    transforms = [each["data"] for each in found if ".transform." in each["type"]]
    assert transforms == [
        {"vanId": f"{GEMEENTE}10002", "naarId": f"{GEMEENTE}10001", "nisCodes": ["10001", "10002"]},
    ]


def test_another_address_is_another_thing(small: Small) -> None:
    """The region that goes by another address is deleted under the one and created under the other, whole."""
    small.learns(said("region-was-announced", "2020-01-01", region="west", id="announced"))
    small.learns(region("west", iri="http://x.example.org/west"))
    found = small.learns(retract("announced"))
    assert [(each["type"], each["subject"]) for each in found] == [
        ("regiolog.region.delete.v1", f"{BASE}id/region/west"),
        ("regiolog.region.create.v1", "http://x.example.org/west"),
    ]
    gone, come = (each["data"] for each in found)
    assert gone["versie"] == come["versie"] + "/gone"
    assert {each["nieuweWaarde"] for each in gone["attributen"]} == {None}
    assert {each["oudeWaarde"] for each in come["attributen"]} == {None}
    things = taken(Harvester(small.client).run())
    assert "http://x.example.org/west" in things
    assert f"{BASE}id/region/west" not in things


def test_a_property_that_the_context_lacks_is_told_all_the_same(small: Small) -> None:
    """Whatever is said can be read back, in every kind of thing."""
    small.learns(
        decision(
            "D3", in_force="2021-01-01", divergent_dates=[{"which": "decided", "value": "2020-01-02", "source": "s"}]
        )
    )
    history = small.service.history()
    held = statements(taken(Harvester(small.client).run()))
    for thing, kind, key in (
        (f"{BASE}id/decision/D3", "decision", "D3"),
        (f"{BASE}id/region/noord", "region", "noord"),
    ):
        assert held[thing] == {each[1:] for each in history.timeline(kind, key, history.position)}


def test_one_thing_by_itself(client: FlaskClient, events: list[Event]) -> None:
    """What changed of one thing, with the numbers that it has among everything, and what it was transformed into."""
    for kind, key in (("municipality", "11056"), ("municipality", "11002"), ("region", "middenkust")):
        wanted = [
            each
            for each in events
            if each["data"].get("objectId") == key or f"{GEMEENTE}{key}" in {*map(str, each["data"].values())}
        ]
        assert len(wanted) > 1
        assert Harvester(client, f"/changes/{kind}/{key}").run() == wanted
