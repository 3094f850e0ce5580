"""Endpoints: a real SPARQL endpoint on this machine is asked page by page, until it has said all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from pyoxigraph import QueryBoolean, QueryResultsFormat, QueryTriples, RdfFormat, Store

from regiolog.events.claim import Naming, Placement
from regiolog.events.errors import HarvestFailed
from regiolog.sync.harvest.declared import read_source
from regiolog.sync.sources import endpoint
from regiolog.sync.sources.endpoint import Answered, form_of
from regiolog.sync.sources.fetching import Fetcher
from regiolog.sync.sources.source import Limits
from tests.harvest.lists import NAMES, PLACED, Register, declaration
from tests.misbehaving import Asked, Misbehaving

SPARQL = "/sparql"
RESULTS = "application/sparql-results+json"
HERE = "http://agency.example/"
CODE, NAME = f"{HERE}code", "http://www.w3.org/2000/01/rdf-schema#label"
WITHIN = "http://www.opengis.net/ont/geosparql#sfWithin"
LEVEL = "http://mu.semte.ch/vocabularies/ext/werkingsgebiedNiveau"
SAME = "http://www.w3.org/2004/02/skos/core#exactMatch"
REFNIS = "http://vocab.belgif.be/auth/refnis2019/"

ROWS = f"""SELECT ?code ?region ?name WHERE {{
  ?area <{CODE}> ?code ; <{WITHIN}> ?in . ?in <{CODE}> ?region OPTIONAL {{ ?in <{NAME}> ?name }}
}} ORDER BY ?code # one row for each area"""
AREAS = f"""CONSTRUCT {{ ?area <{WITHIN}> ?in ; <{SAME}> ?nis . ?in <{LEVEL}> ?level ; <{NAME}> ?name }} WHERE {{
  ?area <{WITHIN}> ?in ; <{SAME}> ?nis . ?in <{LEVEL}> ?level ; <{NAME}> ?name
}} ORDER BY ?area"""
TABLE = {"says": "regions", "municipality": "code", "region": "region", "name": "name"}
MANY = {f"2{number:04}": f"R{number % 3}" for number in range(25)}
"""Twenty-five areas in three regions."""


class Endpoint:
    """An endpoint over a store, behind a server that can also misbehave.

    Attributes:
        server: The server.
        bends: What it makes of a query before it answers it.
        graphs: As what it sends graphs.
        sized: Whether it says how long its answers are.
    """

    def __init__(self, server: Misbehaving) -> None:
        """Know nothing yet."""
        self.server = server
        self.bends: Callable[[str], str] = str
        self.graphs = RdfFormat.TURTLE
        self.sized = True
        self._store = Store()
        server.behaves(SPARQL, self.answer)

    @property
    def asked(self) -> list[str]:
        """The end of every query that was asked."""
        return [parse_qs(asked.body.decode())["query"][0].rpartition("\n")[2] for asked in self.server.asked(SPARQL)]

    def knows(self, places: dict[str, str]) -> None:
        """Know these areas and their regions, and nothing else."""
        regions = {f"<{HERE}r/{key}> <{CODE}> '{key}'; <{LEVEL}> 'Referentieregio' ." for key in places.values()}
        names = {f"<{HERE}r/{key}> <{NAME}> '{NAMES[key]}' ." for key in places.values() if key in NAMES}
        areas = [
            f"<{HERE}a/{code}> <{CODE}> '{code}'; <{SAME}> <{REFNIS}{code}>; <{WITHIN}> <{HERE}r/{region}> ."
            for code, region in places.items()
        ]
        self._store.clear()
        self._store.load("\n".join([*regions, *names, *areas]).encode(), format=RdfFormat.TURTLE)

    def pages(self, *bodies: bytes, media: str = RESULTS) -> None:
        """Answer with these very pages first."""
        for body in bodies:
            self.server.answers(SPARQL, body, media=media, times=1)

    def answer(self, asked: Asked) -> Iterator[bytes]:
        """Answer one query."""
        found = self._store.query(self.bends(parse_qs(asked.body.decode())["query"][0]))
        assert not isinstance(found, QueryBoolean)
        if isinstance(found, QueryTriples):
            media, body = self.graphs.media_type, found.serialize(format=self.graphs)
        else:
            media, body = RESULTS, found.serialize(format=QueryResultsFormat.JSON)
        assert body is not None
        length = f"Content-Length: {len(body)}\r\n" if self.sized else ""
        yield f"HTTP/1.1 200 OK\r\nContent-Type: {media}; charset=utf-8\r\n{length}\r\n".encode() + body


@pytest.fixture
def publisher() -> Iterator[Endpoint]:
    """An endpoint that knows twenty-five areas."""
    with Misbehaving() as server:
        publisher = Endpoint(server)
        publisher.knows(MANY)
        yield publisher


def declared(publisher: Endpoint, query: str = ROWS, *, page: int = 10, **limits: float) -> dict[str, Any]:
    """The declaration of an endpoint."""
    return declaration(
        kind="sparql",
        location=publisher.server.address(SPARQL),
        query=query,
        allow=["127.0.0.1"],
        mapping=TABLE if query == ROWS else {"says": "regions"},
        limits={"page": page, "attempts": 1, "seconds": 10, **limits},
    )


def ask(publisher: Endpoint, query: str = ROWS, *, page: int = 10, **limits: float) -> Answered:
    """Everything that an endpoint answers to a query."""
    source, _ = read_source("krant", declared(publisher, query, page=page, **limits), Path())
    with Fetcher(source.limits, allow=source.allow) as fetcher:
        return endpoint.ask(source, fetcher)


def refusal(publisher: Endpoint, query: str = ROWS, **limits: float) -> str:
    """Why the answers of an endpoint are not taken."""
    with pytest.raises(HarvestFailed) as refused:
        ask(publisher, query, **limits)  # type: ignore[arg-type]
    assert "\n" not in str(refused.value)
    return str(refused.value)


# --- Pages --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", [1, 7, 24, 25, 26, 1_000])
def test_all_rows_come_however_large_a_page_is(publisher: Endpoint, page: int) -> None:
    """Every row comes once, in the order of the query, and an empty page is the end."""
    answered = ask(publisher, page=page)
    rows = answered.body.decode().splitlines()
    assert rows == ["code,region,name", *(f"{code},{key},{NAMES.get(key, '')}" for code, key in MANY.items())]
    assert (answered.media, answered.whole) == ("text/csv", True)
    last = min(-(-25 // page) * page, 25)
    assert publisher.asked[-1] == f"LIMIT {page} OFFSET {last}"


@pytest.mark.parametrize("graphs", [RdfFormat.TURTLE, RdfFormat.N_TRIPLES, RdfFormat.RDF_XML, RdfFormat.JSON_LD])
def test_all_triples_come_in_any_form(publisher: Endpoint, graphs: RdfFormat) -> None:
    """A graph is put together from its pages, each triple once, though one page repeats another's."""
    publisher.knows(PLACED)
    publisher.graphs = graphs
    answered = ask(publisher, AREAS, page=3)
    assert len(answered.body.splitlines()) == 2 * 4 + 2 * 2
    assert publisher.asked == [f"LIMIT 3 OFFSET {first}" for first in (0, 3, 6)]


def test_an_endpoint_may_give_less_than_it_is_asked_for(publisher: Endpoint) -> None:
    """One that never gives more than four rows at once is asked on where it stopped, and all of them come."""
    publisher.bends = lambda query: re.sub(r"LIMIT \d+", "LIMIT 4", query)
    assert len(ask(publisher).body.splitlines()) == 1 + 25
    assert publisher.asked[:3] == ["LIMIT 10 OFFSET 0", "LIMIT 10 OFFSET 4", "LIMIT 10 OFFSET 8"]


def test_a_page_without_anything_that_has_an_address_is_not_the_end(publisher: Endpoint) -> None:
    """Triples of blank nodes are passed over, and those of the pages behind them come."""
    query = f"CONSTRUCT {{ ?it <{NAME}> ?code }} WHERE {{ ?area <{CODE}> ?code BIND(IF(?code < '20011', BNODE(), ?area)"
    answered = ask(publisher, f"{query} AS ?it) }} ORDER BY ?code", page=5)
    assert len(answered.body.splitlines()) == 25 - 11 + 3


@pytest.mark.parametrize("query", [ROWS, AREAS])
def test_an_endpoint_that_takes_no_notice_of_offset_is_refused(publisher: Endpoint, query: str) -> None:
    """Who is answered the first page again would never come to an end, or believe that it had."""
    publisher.knows(PLACED)
    publisher.bends = lambda query: re.sub(r"OFFSET \d+", "OFFSET 0", query)
    assert refusal(publisher, query) == "the endpoint answers two pages alike: it seems to take no notice of OFFSET"


ONE = b'{"head": {"vars": ["code"]}, "results": {"bindings": [{"code": {"type": "literal", "value": "1"}}]}}'


@pytest.mark.parametrize(
    ("pages", "reason"),
    [
        ([b"<!doctype html><title>Busy</title>"], "is not application/sparql-results+json"),
        ([b""], "is not application/sparql-results+json"),
        ([b"{}"], "is not application/sparql-results+json"),
        ([b"[" * 100_000], "is not application/sparql-results+json"),
        ([b'{"head": {"vars": ["code"]}, "results": {"bindings": [1]}}'], "is not application/sparql-results+json"),
        ([b'{"head": {}, "boolean": true}'], "is not application/sparql-results+json"),
        ([ONE[:-1]], "is not application/sparql-results+json"),
        ([ONE.replace(b'"1"', b'"\xff"')], "is not application/sparql-results+json"),
        ([ONE, ONE.replace(b'["code"]', b'["code", "region"]')], "with other columns on another page"),
    ],
)
def test_what_is_no_answer_is_refused(publisher: Endpoint, pages: list[bytes], reason: str) -> None:
    """A page that is not the results of a query, or not of the same one, is said to be none."""
    publisher.pages(*pages)
    assert reason in refusal(publisher)


def test_a_graph_that_is_a_page_of_html_is_refused(publisher: Endpoint) -> None:
    """An error that comes as a page, with status 200, is no graph."""
    publisher.server.shows_an_error_as_a_page(SPARQL, times=1)
    assert refusal(publisher, AREAS) == "what came is an HTML page, and not RDF"


def test_an_endpoint_has_limits(publisher: Endpoint) -> None:
    """Rows, bytes and seconds count over all pages."""
    assert refusal(publisher, rows=24) == "it has more than 24 rows, which is the limit"
    assert "larger than the limit of 1,500 bytes" in refusal(publisher, bytes=1_500)
    publisher.server.keeps_silent(SPARQL, times=1)
    assert "did not come within 0.2 seconds" in refusal(publisher, seconds=0.2)


# --- Queries ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "form"),
    [
        (ROWS, "SELECT"),
        (AREAS, "CONSTRUCT"),
        ("# ask\nselect * { ?s ?p 'LIMIT 3' } order by ?s", "SELECT"),
        ("SELECT * { { SELECT ?s { ?s ?p ?o } LIMIT 9 } } ORDER BY ?s", "SELECT"),
    ],
)
def test_a_query_is_a_select_or_a_construct_with_an_order(query: str, form: str) -> None:
    """Comments, texts and queries within play no part in what a query is."""
    assert form_of(query) == form


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("", "a SELECT or a CONSTRUCT"),
        ("ASK { ?s ?p ?o }", "a SELECT or a CONSTRUCT"),
        ("DELETE WHERE { ?s ?p ?o }", "a SELECT or a CONSTRUCT"),
        ("SELECT * { ?s ?p ?o }", "ORDER BY"),
        ("SELECT * { ?s ?p 'ORDER BY' } # ORDER BY ?s", "ORDER BY"),
        ("SELECT * { { SELECT ?s { ?s ?p ?o } ORDER BY ?s } }", "ORDER BY"),
        ("SELECT * { ?s ?p ?o } ORDER BY ?s LIMIT 10", "no LIMIT and no OFFSET"),
        ("SELECT * { ?s ?p ?o } ORDER BY ?s OFFSET 10 LIMIT 10", "no LIMIT and no OFFSET"),
        ("SELECT * { ?s ?p ?o } ORDER BY ?s limit # ten\n 10", "no LIMIT and no OFFSET"),
    ],
)
def test_a_query_that_cannot_be_paged_is_said(query: str, reason: str) -> None:
    """Without an order of its own, or with pages of its own, a query cannot be asked page by page."""
    with pytest.raises(ValueError, match=reason):
        form_of(query)


# --- Harvests -----------------------------------------------------------------------------------------------------


@pytest.fixture
def register(begin: Callable[..., Register], publisher: Endpoint) -> Register:
    """A register with one source, an endpoint that knows who is in which region."""
    publisher.knows(PLACED)
    return begin(krant=declared(publisher, page=3), areas=declared(publisher, AREAS, page=3) | {"said_by": "areas"})


def test_rows_are_harvested_as_a_table(register: Register, publisher: Endpoint) -> None:
    """A SELECT is read as a table; asked again it says what it said, and what is gone from it is withdrawn."""
    report = register.harvest()
    assert (report.outcome, report.made) == ("new", 6)
    assert register.placed() == PLACED
    assert Naming(of="R1", words="Noord", region="noord") in register.saying().values()
    assert [register.harvest().outcome for _ in range(2)] == ["unchanged", "unchanged"]
    publisher.knows({code: PLACED[code] for code in list(PLACED)[:3]})
    assert (register.harvest().withdrawn, set(register.placed())) == (1, {"10001", "10002", "10003"})


def test_rows_may_name_things_by_their_addresses(register: Register, publisher: Endpoint) -> None:
    """What a SELECT says of addresses is withdrawn like what it says of codes, and a new name follows the old."""
    query = ROWS.replace("?code ?region ?name", "?area ?in ?name")
    table = {"says": "regions", "municipality": "area", "region": "in", "name": "name"}
    register.declare("krant", {**declared(publisher, query), "mapping": table})
    assert register.harvest().made == 6
    publisher.knows({code: PLACED[code] for code in list(PLACED)[:3]})
    assert register.harvest().withdrawn == 1
    assert set(register.placed()) == {f"{HERE}a/{code}" for code in list(PLACED)[:3]}
    publisher.bends = lambda query: query.replace("?area ?in ?name", "?area ?in (UCASE(?called) AS ?name)").replace(
        f"<{NAME}> ?name", f"<{NAME}> ?called"
    )
    report = register.harvest()
    assert (report.made, report.withdrawn) == (2, 2)
    assert {claim.words for claim in register.saying() if isinstance(claim, Naming)} == {"NOORD", "ZUID"}


def test_triples_are_harvested_as_a_graph(register: Register, publisher: Endpoint) -> None:
    """A CONSTRUCT is read as RDF; in whatever form and order it comes next time, it says what it said."""
    report = register.harvest("areas")
    assert (report.outcome, report.made) == ("new", 6)
    said = [claim for claim in register.saying("areas").values() if isinstance(claim, Placement)]
    assert {claim.municipality: claim.region for claim in said} == {
        "10001": "noord",
        "10002": "noord",
        "10003": "zuid",
        "10004": "zuid",
    }
    publisher.graphs = RdfFormat.N_TRIPLES
    publisher.bends = lambda query: query.replace("ORDER BY ?area", "ORDER BY DESC(?area)")
    assert [register.harvest("areas").outcome for _ in range(2)] == ["unchanged", "unchanged"]


@pytest.mark.parametrize("name", ["krant", "areas"])
def test_an_error_on_the_third_page_records_nothing(register: Register, publisher: Endpoint, name: str) -> None:
    """What came before it is thrown away, and the next run takes in everything."""
    head = register.folder.journal.head()
    register.change(name, limits=Limits(page=1, attempts=1))
    publisher.server.behaves(SPARQL, publisher.answer, times=2)
    publisher.server.fails(SPARQL, 500, times=1)
    report = register.harvest(name)
    assert (report.outcome, "answers 500 Internal Server Error" in (report.reason or "")) == ("failed", True)
    assert (publisher.server.count(SPARQL), register.folder.journal.head()) == (3, head)
    assert register.harvest(name).made == 6


def test_an_endpoint_whose_answers_may_be_cut_short_withdraws_nothing(register: Register, publisher: Endpoint) -> None:
    """Where no length tells that a page came whole, less than before is looked at first."""
    register.harvest("areas")
    publisher.knows({code: PLACED[code] for code in list(PLACED)[:3]})
    publisher.sized = False
    report = register.harvest("areas")
    assert report.outcome == "refused"
    assert report.reason == "nothing tells that it came whole, and 1 claims would be withdrawn"
    assert register.harvest("areas", accept=True).withdrawn == 1
