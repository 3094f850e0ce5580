"""Change feeds as the Flemish base registry writes them, behind a web server on this machine that can misbehave."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from tests.harvest.followed import declared
from tests.harvest.lists import Register
from tests.misbehaving import Asked, Misbehaving

CHANGES: Final = "/changes"
BATCH: Final = "application/cloudevents-batch+json"
MUNICIPALITY: Final = "basisregisters.municipality"
NAMESPACE: Final = "https://data.vlaanderen.be/id/gemeente"
IN_USE: Final = "https://data.vlaanderen.be/id/concept/gemeentestatus/inGebruik"
RETIRED: Final = "https://data.vlaanderen.be/id/concept/gemeentestatus/gehistoreerd"

TABLE: Final = {"says": "municipalities", "municipality": "objectId", "name": "gemeentenaam"}


def event(
    number: int, what: str, code: str, /, time: str = "", kind: str = MUNICIPALITY, **changed: Any
) -> dict[str, Any]:
    """An event; what changed is given as the old and the new value."""
    attributes = [{"naam": name, "oudeWaarde": old, "nieuweWaarde": new} for name, (old, new) in changed.items()]
    when = time or f"2020-01-01T01:{number // 60:02}:{number % 60:02}.6152934+01:00"
    return {
        "specversion": "1.0",
        "id": str(number),
        "time": when,
        "type": f"{kind}.{what}.v1",
        "source": "https://api.example/v2/feeds/wijzigingen/gemeenten",
        "subject": f"{NAMESPACE}/{code}",
        "datacontenttype": "application/json",
        "basisregisterseventtype": "MunicipalityWasChanged",
        "data": {
            "objectId": code,
            "naamruimte": NAMESPACE,
            "versieId": when,
            "nisCodes": [code],
            "attributen": attributes,
        },
    }


def transform(number: int, of: str, *into: str) -> dict[str, Any]:
    """An event by which a thing becomes another one, or others."""
    to: dict[str, Any] = {"naarId": f"{NAMESPACE}/{into[0]}"}
    if len(into) > 1:
        to = {"naarIds": [f"{NAMESPACE}/{each}" for each in into]}
    told = event(number, "transform", of)
    del told["subject"]
    return {**told, "data": {"vanId": f"{NAMESPACE}/{of}", **to, "nisCodes": [of, *into]}}


def named(name: str, language: str = "nl") -> dict[str, str]:
    """A name in a language."""
    return {"@value": name, "@language": language}


def created(number: int, code: str, name: str) -> list[dict[str, Any]]:
    """The two events by which a municipality comes into the base registry: its status, and its name."""
    return [
        event(number, "create", code, status=(None, IN_USE)),
        event(number + 1, "update", code, gemeentenaam=([], [named(name), named(f"{name}-fr", "fr")])),
    ]


BEGINNING: Final = [*created(5, "10001", "Dorp 1"), *created(8, "10002", "Dorp 2"), *created(20, "10003", "Dorp 3")]
"""Three municipalities, with holes between the numbers of their events."""

LISTED: Final = {"10001": "Dorp 1", "10002": "Dorp 2", "10003": "Dorp 3"}
"""What they are called."""


class Feed:
    """A change feed in pages of four events; a header says when one is complete.

    Attributes:
        server: Where it is served.
        events: What it has.
        pages: Pages that are as they stand here, whatever the feed has: the body, and whether it is complete.
    """

    def __init__(self, server: Misbehaving, *events: dict[str, Any]) -> None:
        """Publish some events."""
        self.server = server
        self.events = list(events)
        self.pages: dict[int, tuple[bytes, bool]] = {}
        self.page, self.complete = "pagina", "X-Page-Complete"
        server.behaves(CHANGES, self.answer)

    def answer(self, asked: Asked) -> Iterator[bytes]:
        """Answer with one page."""
        number = int(parse_qs(urlsplit(asked.target).query)[self.page][0])
        events = self.events[4 * (number - 1) : 4 * number]
        body, is_complete = self.pages.get(number, (json.dumps(events).encode(), len(events) == 4))
        tag = f'"{abs(hash(body))}"'
        top = f"ETag: {tag}\r\nContent-Type: {BATCH}; charset=utf-8\r\n{self.complete}: {str(is_complete).lower()}\r\n"
        if asked.headers.get("if-none-match") == tag:
            yield f"HTTP/1.1 304 Not Modified\r\nETag: {tag}\r\n\r\n".encode()
            return
        yield f"HTTP/1.1 200 OK\r\n{top}Content-Length: {len(body)}\r\n\r\n".encode() + body

    def asked(self) -> list[str]:
        """Which pages were asked for since this was called last."""
        found = [parse_qs(urlsplit(each.target).query)[self.page][0] for each in self.server.requests]
        self.server.requests.clear()
        return found

    def declaration(self, **changes: Any) -> dict[str, Any]:
        """The declaration of the feed."""
        return declared("cloudevents", self.server.address(CHANGES), "wijzigingen", TABLE, **changes)


def listed(register: Register) -> dict[str, str]:
    """Which municipalities the source lists."""
    return {bare.of: bare.words for bare in register.saying()}
