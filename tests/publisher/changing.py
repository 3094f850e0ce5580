"""Readers of the change feed: one as the base registry's harvesters are, and one that makes statements of timelines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple

from flask.testing import FlaskClient
from pyoxigraph import RdfFormat, parse
from werkzeug.test import TestResponse

from regiolog.ontology import documents
from regiolog.publisher.changes.attributes import NODES
from regiolog.sync.statements.statement import ALWAYS, NEVER

BATCH = "application/cloudevents-batch+json"
Event = dict[str, Any]
Said = tuple[str, str, str, int, int]
"""A subject, a predicate, an object, and the days."""


def get(client: FlaskClient, address: str, **headers: str) -> TestResponse:
    """An answer, read to its end."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = client.get(address, headers=named)
    answer.get_data()
    answer.close()
    return answer


class Harvester:
    """What reads page by page, and remembers only the page and the last number.

    Args:
        client: Asks.
        address: The change feed.
    """

    def __init__(self, client: FlaskClient, address: str = "/changes") -> None:
        """Begin at the beginning."""
        self._client = client
        self._address = address
        self.page = 1
        self.last = 0
        self.asked = 0

    def run(self) -> list[Event]:
        """All that is new."""
        found: list[Event] = []
        while True:
            answer = get(self._client, f"{self._address}?pagina={self.page}", Accept=BATCH)
            assert (answer.status_code, answer.content_type) == (200, BATCH), answer.text
            self.asked += 1
            found += [each for each in json.loads(answer.data) if int(each["id"]) > self.last]
            self.last = max([self.last, *(int(each["id"]) for each in found)])
            if answer.headers["X-Page-Complete"] != "true":
                return found
            self.page += 1


class Held(NamedTuple):
    """What a reader holds of a thing: its attributes, each with its timeline."""

    attributes: dict[str, list[Any]]


def taken(events: Iterable[Event]) -> dict[str, Held]:
    """All things by their IRIs, once events are taken in; each must find what it says that was there before."""
    things: dict[str, Held] = {}
    for event in events:
        act = event["type"].split(".")[2]
        if act == "transform":
            continue
        data = event["data"]
        if act == "create":
            assert data["@id"] not in things
        held = things.setdefault(data["@id"], Held({}))
        for attribute in data["attributen"]:
            assert held.attributes.pop(attribute["naam"], None) == attribute["oudeWaarde"], event["id"]
            if attribute["nieuweWaarde"] is not None:
                held.attributes[attribute["naam"]] = attribute["nieuweWaarde"]
        if act == "delete":
            assert not held.attributes, "all that was said is taken back"
            del things[data["@id"]]
    return things


def statements(things: dict[str, Held]) -> dict[str, set[Said]]:
    """What is said of each thing, read out of its timelines with the context that is published."""
    days: dict[str, tuple[str, int, int]] = {}
    graphs = []
    for thing, name, entry in _entries(things):
        graph = f"urn:x:{len(days)}"
        days[graph] = (thing, _day(entry.get("validFrom"), ALWAYS), _day(entry.get("validTo"), NEVER))
        graphs.append({"@id": graph, "@graph": [_node(thing, name, entry)]})
    said: dict[str, set[Said]] = {thing: set() for thing in things}
    document = json.dumps({"@context": documents.context(), "@graph": graphs})
    for quad in parse(document, format=RdfFormat.JSON_LD):
        thing, start, end = days[str(quad.graph_name)[1:-1]]
        said[thing].add((str(quad.subject), str(quad.predicate), str(quad.object), start, end))
    return said


def _entries(things: dict[str, Held]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for thing, held in things.items():
        for name, timeline in held.attributes.items():
            for entry in timeline:
                yield thing, name, entry


def _node(thing: str, name: str, entry: dict[str, Any]) -> dict[str, Any]:
    """A value as JSON-LD: a node by itself, or a property of the thing."""
    value = entry["value"]
    if isinstance(value, dict) and "@id" in value and name in {*NODES.values(), "localAuthority", "other"}:
        return value
    return {"@id": thing, name: {entry["language"]: value} if "language" in entry else value}


def _day(text: str | None, unknown: int) -> int:
    return unknown if text is None else date.fromisoformat(text).toordinal()
