"""What is served as ``immutable`` never changes: not its bytes, not its tag, not its links, whatever is recorded later.

Every room is asked at addresses that fix both clocks, before and after the register learns what contradicts it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final, NamedTuple
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from regiolog.publisher.app import create_app
from regiolog.publisher.queries import QUERIES
from regiolog.publisher.service import Service
from regiolog.publisher.settings import Settings
from tests.builders import TurnedClock, decision, said, tell
from tests.events.shorthand import correct, newspaper, publishes, puts, retract
from tests.processes import prepared
from tests.publisher.endpoint import ANYTHING, BASE, COUNT, PREFIXES, ROWS, TRIPLES
from tests.publisher.timegates import mementos

MOMENTS: Final = (
    ("2022-12-10", "2022-12-10"),
    ("2023-04-01", "2023-03-10T12:00:00Z"),
    ("2025-02-01", "2024-09-01"),
)
"""What is asked of each room: days, each with what was known before or after it."""

THINGS: Final = (
    "municipality/11056",
    "region/middenkust",
    "region/proposal-2020-limburg",
    "province/10000",
    "cooperation/65EB0324E77A4F2289F6B63D",
    "decision/REGIODECREET",
    "source/abb",
    "event/64",
)
"""Things of each kind that the archive has; most of them are told of otherwise later."""

SNAPSHOTS: Final = tuple(f"{BASE}graph/{at}/{known}" for at, known in MOMENTS)
GROWING: Final = ("said", "divergences", "history")
"""The named queries that tell until when something was known."""

FORMS: Final = ("ttl", "json", "html")
OF_HISTORY: Final = f"""{PREFIXES} PREFIX prov: <http://www.w3.org/ns/prov#>
SELECT ?s ?known ?until WHERE {{ GRAPH <graph/history/municipality/11056> {{
  ?s prov:generatedAtTime ?known OPTIONAL {{ ?s prov:invalidatedAtTime ?until }} }} }} ORDER BY ?s ?known"""
OF_TWO_DAYS: Final = f"""{PREFIXES} SELECT ?m ?r ?q WHERE {{
  GRAPH <{SNAPSHOTS[0]}> {{ ?m geo:sfWithin ?r }} GRAPH <{SNAPSHOTS[1]}> {{ ?m geo:sfWithin ?q }} }}
ORDER BY ?m ?r ?q"""
OF_SOURCES: Final = "SELECT ?g (COUNT(*) AS ?n) FROM NAMED <graph/source/abb> FROM NAMED <graph/source/pinc> "
ASKED: Final = (
    ROWS,
    COUNT,
    ANYTHING,
    TRIPLES,
    OF_TWO_DAYS,
    OF_HISTORY,
    "SELECT ?g WHERE { GRAPH ?g {} }",
    f"{OF_SOURCES} WHERE {{ GRAPH ?g {{ ?s ?p ?o }} }} GROUP BY ?g ORDER BY ?g",
    "SELECT ?s ?p ?o WHERE { GRAPH <graph/source/pinc> { ?s ?p ?o } } ORDER BY ?s ?p ?o",
    "SELECT ?s ?p ?o WHERE { GRAPH <graph/proposal/VR-2020-10-09> { ?s ?p ?o } }",
    "DESCRIBE <https://data.vlaanderen.be/id/gemeente/11056>",
    "SELECT ?p ?o WHERE { <https://data.vlaanderen.be/id/gemeente/11056> ?p ?o }",
)
"""What is asked of ``/sparql`` at each moment."""

OF_THE_SOURCE: Final = {
    "of": "http://data.lblod.info/id/werkingsgebieden/245c7249341fa053902cf672f54c3d0a311c402dce9c943d6763ada403d02e94",
    "words": "http://data.lblod.info/id/werkingsgebieden/3c9f5b3c00046aaee3fa5830de6ff7fe",
    "says": "region-of",
}
"""What the Agentschap Binnenlands Bestuur has said of Zwijndrecht since 2022."""

LATER: Final = (
    (
        decision("X1", title="verzonnen besluit"),
        decision("X2", type="proposal", title="verzonnen voorstel"),
        said("regions-were-proposed", "2022-01-01", "X2", regions={"verzonnen": {"name": "Verzonnen"}}),
        newspaper("krant"),
        publishes(puts("11056", "Waasland"), puts("44021", "Waasland"), valid_from="2022-01-01", document="1"),
        publishes(withdrawn=(OF_THE_SOURCE,), source="abb", valid_from="2022-06-14", document="2"),
        correct("VR-2021-03-12/region/middenkust", name="Oostende en omstreken"),
        correct("REGIODECREET/registration", title="Een ander decreet"),
        correct("abb/registration", name="Een ander agentschap"),
        retract("VR-2023-03-24/implements/REGIODECREET"),
    ),
    (
        correct("REGIODECREET/move/11056", valid_from="2023-03-20"),
        said("region-was-renamed", "2024-01-01", "X1", region="waasland", name="Het Waasland"),
        said("municipality-was-renamed", "2023-01-01", "X1", municipality="11056", name="Burcht"),
        said("municipality-was-named", "2018-01-01", "X1", municipality="11056", name="Zwyndrecht", language="fr"),
        said(
            "members-joined",
            "2024-03-15",
            "X1",
            cooperation="65EB0324E77A4F2289F6B63D",
            members=[{"municipality": "44021"}],
        ),
    ),
)
"""What is recorded afterwards, in two months: decisions, a source and what it says, what is wrong, what is new."""


class Answer(NamedTuple):
    """What was answered, as far as a cache keeps it."""

    body: bytes
    tag: str
    links: str | None
    caching: str

    @property
    def is_lasting(self) -> bool:
        """Whether it was said never to change."""
        return "immutable" in self.caching


def addresses(client: FlaskClient) -> Iterator[str]:
    """Addresses of every room that fix both clocks."""
    for at, known in MOMENTS:
        clocks = urlencode({"at": at, "known": known})
        for query in QUERIES.values():
            own = {each.name: each.example for each in query.parameters}
            given = {**own, **({} if query.compares else {"at": at}), "known": known}
            yield from (f"/query/{query.name}.{form}?{urlencode(given)}" for form in ("csv", "json"))
        for thing in THINGS:
            if client.get(f"/doc/{thing}?{clocks}").status_code == 200:  # an event may not have been known yet
                yield from (f"/doc/{thing}.{form}?{clocks}" for form in FORMS)
                yield from (f"/doc/{thing}/{at}/{known}.{form}" for form in FORMS)
        yield from (f"/graph/{at}/{known}.{form}" for form in ("nq", "trig", "ttl.gz"))
        yield f"/graph/source/abb.ttl?{clocks}"
        for graph in ("proposal/VR-2020-10-09", "history/municipality/11056", "history/source/abb"):
            yield f"/graph/{graph}.ttl?known={known}"
        for text in ASKED:
            form = "nt" if text is TRIPLES or text.startswith("DESCRIBE") else "csv"
            yield f"/sparql?{urlencode({'query': text, 'format': form})}&{clocks}"
    (first, first_known), (second, second_known), _ = MOMENTS
    apart = {"from": first, "to": second, "from_known": first_known, "to_known": second_known}
    same = {"from": first, "to": second, "known": second_known}
    for given in (apart, same, {**apart, "set": "source/pinc"}):
        yield from (f"/diff.{form}?{urlencode(given)}" for form in ("csv", "json", "ttl"))
    for text in (ROWS, COUNT, TRIPLES):
        form = "nt" if text is TRIPLES else "csv"
        for graphs in (SNAPSHOTS[:1], SNAPSHOTS):
            chosen = [("default-graph-uri", each) for each in graphs]
            yield f"/sparql?{urlencode([('query', text), ('format', form), *chosen])}"
    named = "".join(f"FROM NAMED <{each}> " for each in SNAPSHOTS)
    among = f"SELECT ?g (COUNT(*) AS ?n) {named} WHERE {{ GRAPH ?g {{ ?s ?p ?o }} }} GROUP BY ?g ORDER BY ?g"
    for text in (f"SELECT * FROM <{SNAPSHOTS[0]}> WHERE {{ ?s ?p ?o }} ORDER BY ?s ?p ?o", among):
        yield f"/sparql?{urlencode({'query': text, 'format': 'csv'})}"
    for original in ("doc/municipality/11056.nt", "doc/region/middenkust/2023-04-01.ttl", "doc/source/abb.ttl"):
        yield from (each.path for each in mementos(client, original))


def answered(client: FlaskClient, address: str) -> Answer:
    """What is at an address; in order where only its tag says that the order means nothing."""
    answer = client.get(address)
    with answer:
        assert answer.status_code == 200, (address, answer.text)
        tag = answer.headers["ETag"]
        lines = answer.data.splitlines()
        body = b"\n".join(sorted(lines)) if tag.startswith("W/") else answer.data
        return Answer(body, tag, answer.headers.get("Link"), answer.headers["Cache-Control"])


@pytest.fixture(scope="module")
def asked_twice(service: Service, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Answer, Answer]]:
    """What each address answered before anything was recorded, and what afterwards."""
    data = prepared(service.settings.data, tmp_path_factory.mktemp("lasting") / "data")
    clock = TurnedClock(datetime(2026, 6, 1, 12, tzinfo=UTC))
    with Service.open(Settings(data=data, cache=0), clock=clock) as opened:
        client = create_app(opened).test_client()
        before = {address: answered(client, address) for address in addresses(client)}
        for records in LATER:
            clock.turn(days=30)
            tell(opened.folder.journal, *records, clock=clock)
        while (standing := opened.standing()).position < standing.head:
            assert standing.stopped is None
            time.sleep(0.05)
        clock.turn(days=30)
        return {address: (first, answered(client, address)) for address, first in before.items()}


def test_what_is_immutable_never_changes(asked_twice: dict[str, tuple[Answer, Answer]]) -> None:
    """What was said to be so is the same afterwards: its bytes, its tag, its links, and that it is so."""
    changed = {
        address: [name for name in Answer._fields if getattr(first, name) != getattr(again, name)]
        for address, (first, again) in asked_twice.items()
        if first.is_lasting and first != again
    }
    assert not changed


def test_much_in_every_room_is_immutable(asked_twice: dict[str, tuple[Answer, Answer]]) -> None:
    """So that there is something to see, of each query, of each kind of thing, and of every other room."""
    lasting = [address for address, (first, _) in asked_twice.items() if first.is_lasting]
    assert len(lasting) > 150
    rooms = [f"/query/{name}." for name in QUERIES if name not in GROWING]
    rooms += [f"/doc/{thing}{end}" for thing in THINGS if not thing.startswith("event/") for end in (".", "/")]
    rooms += ["/graph/2", "/graph/source/", "/graph/proposal/", "/graph/history/", "/diff.csv", "/diff.ttl", "/sparql?"]
    assert [room for room in rooms if not any(address.startswith(room) for address in lasting)] == []


def test_what_may_change_did(asked_twice: dict[str, tuple[Answer, Answer]]) -> None:
    """What tells until when something was known tells more when it is known no longer, and is never immutable."""
    told = {name: [both for address, both in asked_twice.items() if f"/query/{name}." in address] for name in GROWING}
    assert not any(first.is_lasting for answers in told.values() for first, _ in answers)
    assert all(any(first.body != again.body for first, again in answers) for answers in told.values())
