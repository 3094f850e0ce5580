"""What is answered before Flask: what was answered before, and short answers to queries."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from werkzeug.test import Client, TestResponse

from regiolog.publisher.app import create_app
from regiolog.publisher.service import Service
from regiolog.publisher.settings import Settings
from regiolog.publisher.sparql.direct import Direct
from regiolog.sync.folder import Folder
from tests.builders import TurnedClock, decision, small_register, tell

DECISIONS = "SELECT (COUNT(?d) AS ?n) { ?d a <https://w3id.org/regiolog/ns#Decision> }"
NAMES = "SELECT ?s ?p ?o { ?s ?p ?o }"
FORM = "application/x-www-form-urlencoded"


class World:
    """A small register with a clock to turn, what is recorded in it, and whoever asks."""

    def __init__(self, data: Path, **settings: Any) -> None:
        """Begin the register on 1 June 2021, and serve it."""
        self.clock = TurnedClock(datetime(2021, 6, 1, 12, tzinfo=UTC))
        folder = Folder(data, create=True, clock=self.clock)
        tell(folder.journal, *small_register(), clock=self.clock)
        folder.close()
        self.service = Service.open(Settings(data=data, workers=1, **settings), clock=self.clock)
        self.app = create_app(self.service)
        self.client = self.app.test_client()

    def record(self, *records: dict[str, Any]) -> None:
        """Record something an hour later, and wait until it can be seen."""
        self.clock.turn(hours=1)
        tell(self.service.folder.journal, *records, clock=self.clock)
        while self.service.history().position < self.service.folder.journal.head():
            pass

    def get(self, address: str, **headers: str) -> TestResponse:
        """Ask for an address; underscores in the names of headers stand for dashes."""
        return self.client.get(address, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def sparql(self, query: str, **given: str) -> TestResponse:
        """Ask a query."""
        return self.client.get("/sparql", query_string={"query": query, **given})


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A small register that is served."""
    made = World(tmp_path / "data")
    yield made
    made.service.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The same, for tests that leave it as it is."""
    made = World(tmp_path_factory.mktemp("shared") / "data")
    yield made
    made.service.close()


def test_what_was_answered_is_given_again_without_a_query(world: World) -> None:
    """With no query worker left, the same question still has its answer, byte for byte; another has none."""
    first = world.sparql(NAMES)
    posted = world.client.post("/sparql", data=NAMES, content_type="application/sparql-query")
    world.service.workers.close()
    again = world.sparql(NAMES)
    assert (again.status_code, again.data, list(again.headers)) == (200, first.data, list(first.headers))
    assert world.client.post("/sparql", data=NAMES, content_type="application/sparql-query").data == posted.data
    assert world.sparql(f"{NAMES} #").status_code == 503
    assert world.client.post("/sparql", data=f"{NAMES} #", content_type="application/sparql-query").status_code == 503


def test_nothing_is_older_than_the_statements(world: World) -> None:
    """As soon as something is recorded, the question is asked anew."""
    before = world.sparql(DECISIONS, format="csv").text
    world.record(decision("D3"))
    after = world.sparql(DECISIONS, format="csv").text
    assert (before.split(), after.split()) == (["n", "2"], ["n", "3"])


def test_a_day_that_passes_is_noticed(world: World) -> None:
    """Nothing is recorded, and yet today's answer is another one tomorrow."""
    world.record(
        {"kind": "municipality-was-renamed", "municipality": "10001", "name": "Nieuwdorp", "decision": "D1"}
        | {"valid_from": "2021-06-02", "id": "renamed"}
    )
    page = "/doc/municipality/10001.nt"
    assert "Nieuwdorp" not in world.get(page).text
    world.clock.turn(days=1)
    assert "Nieuwdorp" in world.get(page).text


def test_what_both_clocks_fix_stays_for_good(world: World) -> None:
    """It is kept whatever is recorded later."""
    world.record(decision("D3"))
    fixed = {"at": "2021-06-01", "known": "2021-06-01T12:00:00Z", "format": "csv"}
    first = world.sparql(DECISIONS, **fixed)
    assert first.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    world.record(decision("D4"))
    world.service.workers.close()
    assert world.sparql(DECISIONS, **fixed).data == first.data
    assert world.sparql(DECISIONS).status_code == 503


def test_the_day_of_today_fixes_nothing(world: World) -> None:
    """It means now, also for a clock that has stepped back behind the last event."""
    world.record(decision("D3"))
    world.clock.turn(minutes=-30)
    for known in ("2021-06-01", "now"):
        asked = world.sparql(DECISIONS, at="2021-06-01", known=known)
        assert asked.headers["Cache-Control"] == "public, no-cache"
    fixed = world.sparql(DECISIONS, at="2021-06-01", known="2021-06-01T12:00:00Z")
    assert "immutable" in fixed.headers["Cache-Control"]


def test_who_has_it_is_told_so(shared: World) -> None:
    """A 304 without a body, with the tag of either encoding, a list of tags or any; not with another's."""
    plain, zipped = shared.get("/graph/now.nt"), shared.get("/graph/now.nt", Accept_Encoding="gzip")
    assert gzip.decompress(zipped.data) == plain.data
    for known in (plain.headers["ETag"], zipped.headers["ETag"], f'"x", {plain.headers["ETag"]}', "*"):
        for coding in ("identity", "gzip"):
            answer = shared.get("/graph/now.nt", If_None_Match=known, Accept_Encoding=coding)
            assert (answer.status_code, answer.data) == (304, b"")
            assert "Content-Type" not in answer.headers
            assert answer.headers["Cache-Control"] == "public, no-cache"
    assert shared.get("/graph/now.nt", If_None_Match='"another"').status_code == 200
    assert shared.get("/graph/now.nt", If_None_Match="nonsense,,").status_code == 200


def test_the_head_of_what_is_kept_has_no_body(shared: World) -> None:
    """With all headers of the answer."""
    whole = shared.get("/graph/now.nt")
    head = shared.client.head("/graph/now.nt")
    assert (head.status_code, head.data) == (200, b"")
    assert list(head.headers) == list(whole.headers)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"Accept": "text/csv"}, {"Accept": "application/sparql-results+json"}),
        ({"Accept-Encoding": "gzip"}, {"Accept-Encoding": "identity"}),
    ],
)
def test_what_is_asked_otherwise_is_answered_otherwise(
    shared: World, one: dict[str, str], other: dict[str, str]
) -> None:
    """The headers that an answer depends on tell requests apart."""
    address = f"/sparql?{urlencode({'query': NAMES})}"
    first, second = shared.client.get(address, headers=one), shared.client.get(address, headers=other)
    assert first.data != second.data
    assert shared.client.get(address, headers=one).data == first.data


def test_errors_and_chance_are_not_kept(world: World) -> None:
    """A query that was refused may be answered later, and one of chance is asked each time."""
    assert world.sparql(NAMES, known="2021-06-01T13:00:00Z").status_code == 400
    world.clock.turn(hours=2)
    assert world.sparql(NAMES, known="2021-06-01T13:00:00Z").status_code == 200
    assert world.sparql("SELECT (UUID() AS ?x) {}").data != world.sparql("SELECT (UUID() AS ?x) {}").data


def test_no_more_is_kept_than_may_be(tmp_path: Path) -> None:
    """The least recently asked is forgotten first."""
    world = World(tmp_path / "data", cache=12_000)
    for number in range(20):
        assert world.sparql(f"ASK {{}} #{number}").status_code == 200
        assert world.sparql("ASK {} #0").status_code == 200
    world.service.workers.close()
    kept = [number for number in range(20) if world.sparql(f"ASK {{}} #{number}").status_code == 200]
    assert kept[0] == 0
    assert kept[-1] == 19
    assert len(kept) < 6
    world.service.close()


def test_a_service_that_keeps_nothing_answers_all_the_same(tmp_path: Path) -> None:
    """With a cache of no bytes every question is asked."""
    world = World(tmp_path / "data", cache=0)
    assert world.sparql(DECISIONS).status_code == 200
    world.service.workers.close()
    assert world.sparql(DECISIONS).status_code == 503
    world.service.close()


@pytest.mark.parametrize(
    "given",
    [
        {"query": NAMES},
        {"query": NAMES, "format": "csv"},
        {"query": NAMES, "at": "2021-01-01"},
        {"query": "ASK {}", "format": "xml"},
        {"query": "CONSTRUCT WHERE { ?s ?p ?o }"},
        {"query": "DESCRIBE <https://data.vlaanderen.be/id/gemeente/10001>", "format": "nt"},
        {"query": "SELECT (RAND() * 0 AS ?x) {}"},
        {"query": "ASK {}", "default-graph-uri": "http://localhost:8000/graph/2021-01-01"},
        {"query": "ASK {}", "at": "2021-13-01"},
        {"query": "ASK"},
        {"query": "ASK { SERVICE <http://127.0.0.1/> {} }"},
        {"query": "ASK {}", "format": "turtle"},
        {},
    ],
)
@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_the_short_way_says_what_the_long_way_says(shared: World, given: dict[str, str], coding: str) -> None:
    """Status, headers and bytes of an answer are those that Flask alone gives, by GET and by POST."""
    alone = Client(_without_what_is_in_front(shared), TestResponse)
    headers = {"Accept-Encoding": coding}
    form = {"method": "POST", "data": urlencode(given), "content_type": FORM}
    for request in ({"query_string": given}, form):
        short: Any = shared.client.open("/sparql", headers=headers, **request)
        long = alone.open("/sparql", headers=headers, **request)
        assert short.status_code == long.status_code
        said = [
            gzip.decompress(each.data) if "Content-Encoding" in each.headers else each.data for each in (short, long)
        ]
        assert sorted(said[0].split()) == sorted(said[1].split())
        assert dict(short.headers) | {"Content-Length": ""} == dict(long.headers) | {"Content-Length": ""}


def _without_what_is_in_front(world: World) -> Any:
    app = create_app(world.service)
    layer: Any = app.wsgi_app
    while hasattr(layer, "_application"):
        layer = layer._application
    return layer


def test_a_short_answer_never_reaches_flask(shared: World) -> None:
    """What stands behind the short way is asked only for what that leaves to it."""

    def behind(_environ: Any, start: Any) -> list[bytes]:
        start("418 I AM A TEAPOT", [("Content-Length", "0")])
        return [b""]

    client = Client(Direct(behind, shared.service, 10_000), TestResponse)
    for given, status in (
        ({"query": DECISIONS}, 200),
        ({"query": DECISIONS, "format": "csv", "at": "2021-01-01"}, 200),
        ({"query": DECISIONS, "format": "html"}, 418),
        ({"query": "ASK"}, 418),
        ({}, 418),
    ):
        assert client.get("/sparql", query_string=given).status_code == status
        assert client.post("/sparql", data=urlencode(given), content_type=FORM).status_code == status
    assert client.get("/doc/region/noord").status_code == 418


def test_a_long_answer_goes_the_long_way(client: FlaskClient) -> None:
    """It is in a file, and whole."""
    query = "SELECT * { ?s ?p ?o . ?x a ?y } LIMIT 20000"
    with client.get("/sparql", query_string={"query": query, "format": "tsv"}) as answer:
        assert int(answer.headers["Content-Length"]) == len(answer.data) > 2**20
        assert answer.data.count(b"\n") == 20_001
