"""The SPARQL 1.1 Protocol at /sparql, the two clocks, and what is refused."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pyoxigraph
import pytest
from flask.testing import FlaskClient

from regiolog.publisher.app import create_app
from regiolog.publisher.service import Service
from regiolog.publisher.settings import Settings

COUNT = "PREFIX rl: <https://w3id.org/regiolog/ns#> SELECT (COUNT(?m) AS ?n) WHERE { ?m a rl:Municipality }"
ROWS = "SELECT ?s WHERE { ?s a <https://w3id.org/regiolog/ns#ReferenceRegion> } ORDER BY ?s LIMIT 2"
GRAPH = "CONSTRUCT WHERE { ?s a <https://w3id.org/regiolog/ns#ReferenceRegion> }"
ASK = "ASK { ?s ?p ?o }"
FORM = "application/x-www-form-urlencoded"


def count(answer: object) -> int:
    """The one number of an answer in JSON."""
    document = json.loads(answer.text)  # type: ignore[attr-defined]
    return int(document["results"]["bindings"][0]["n"]["value"])


def test_the_three_kinds_of_request(client: FlaskClient) -> None:
    """GET, a form, and the query itself as a body; each with its clocks."""
    assert count(client.get("/sparql", query_string={"query": COUNT, "at": "2018-12-31"})) == 308
    form = urlencode({"query": COUNT, "at": "2018-12-31"})
    assert count(client.post("/sparql", data=form, content_type=FORM)) == 308
    direct = client.post("/sparql?at=2018-12-31", data=COUNT, content_type="application/sparql-query; charset=UTF-8")
    assert count(direct) == 308


@pytest.mark.parametrize(
    ("clocks", "municipalities"),
    [
        ({}, 285),
        ({"at": "2024-12-31"}, 300),
        ({"at": "2025-02-01", "known": "2024-04-01"}, 300),
        ({"at": "2025-02-01", "known": "2024-09-01T00:00:00Z"}, 285),
        ({"at": "", "known": ""}, 285),
    ],
)
def test_the_clocks_choose_the_default_graph(client: FlaskClient, clocks: dict[str, str], municipalities: int) -> None:
    """The query stays the same, and its answer is that of the moment."""
    assert count(client.get("/sparql", query_string={"query": COUNT, **clocks})) == municipalities


@pytest.mark.parametrize(
    ("query", "accept", "media_type"),
    [
        (ROWS, None, "application/sparql-results+json"),
        (
            ROWS,
            "application/sparql-results+json;q=1.0,application/sparql-results+xml;q=0.7",
            "application/sparql-results+json",
        ),
        (ROWS, "application/sparql-results+xml, application/rdf+xml", "application/sparql-results+xml"),
        (ROWS, "application/rdf+xml, application/sparql-results+xml", "application/sparql-results+xml"),
        (ROWS, "application/json", "application/sparql-results+json"),
        (ROWS, "text/csv", "text/csv"),
        (ROWS, "text/tab-separated-values", "text/tab-separated-values"),
        (ASK, None, "application/sparql-results+json"),
        (ASK, "application/sparql-results+xml", "application/sparql-results+xml"),
        (GRAPH, None, "text/turtle"),
        (GRAPH, "application/n-triples,*/*;q=0.9", "application/n-triples"),
        (GRAPH, "application/ld+json", "application/ld+json"),
        (GRAPH, "application/rdf+xml", "application/rdf+xml"),
        (GRAPH, "application/sparql-results+json,*/*;q=0.9", "text/turtle"),
    ],
)
def test_the_header_chooses_the_form(client: FlaskClient, query: str, accept: str | None, media_type: str) -> None:
    """What real clients send is answered in what they read."""
    answer = client.get("/sparql", query_string={"query": query}, headers={"Accept": accept} if accept else {})
    assert (answer.status_code, answer.mimetype) == (200, media_type)


@pytest.mark.parametrize(
    ("query", "parameters", "media_type"),
    [
        (ROWS, {"format": "json", "output": "json", "results": "json"}, "application/sparql-results+json"),
        (ROWS, {"format": "csv"}, "text/csv"),
        (ROWS, {"output": "xml"}, "application/sparql-results+xml"),
        (ROWS, {"format": "text/tab-separated-values"}, "text/tab-separated-values"),
        (ROWS, {"format": "whatever", "timeout": "5", "debug": "on"}, "application/sparql-results+json"),
        (GRAPH, {"format": "turtle"}, "text/turtle"),
        (GRAPH, {"format": "json"}, "application/ld+json"),
        (GRAPH, {"format": "xml"}, "application/rdf+xml"),
        (GRAPH, {"format": "n-triples"}, "application/n-triples"),
    ],
)
def test_a_parameter_chooses_the_form(
    client: FlaskClient, query: str, parameters: dict[str, str], media_type: str
) -> None:
    """Clients have parameters of their own: those that are known are honoured, the rest pass."""
    answer = client.get("/sparql", query_string={"query": query, **parameters})
    assert (answer.status_code, answer.mimetype) == (200, media_type)


def test_a_graph_says_the_same_in_every_form(client: FlaskClient) -> None:
    """Turtle, N-Triples, JSON-LD and RDF/XML hold the same triples."""
    said = [
        {
            str(quad.triple)
            for quad in pyoxigraph.parse(
                client.get("/sparql", query_string={"query": GRAPH, "format": name}).data, format_
            )
        }
        for name, format_ in (
            ("ttl", pyoxigraph.RdfFormat.TURTLE),
            ("nt", pyoxigraph.RdfFormat.N_TRIPLES),
            ("jsonld", pyoxigraph.RdfFormat.JSON_LD),
            ("rdf", pyoxigraph.RdfFormat.RDF_XML),
        )
    ]
    assert len(said[0]) == 15
    assert all(each == said[0] for each in said)


def test_a_snapshot_is_a_graph_that_a_query_can_name(client: FlaskClient) -> None:
    """Two days are compared in one query, and the register's address need not be spelt out."""
    query = """
        PREFIX geo: <http://www.opengis.net/ont/geosparql#>
        PREFIX rl: <https://w3id.org/regiolog/ns#>
        PREFIX day: <http://localhost:8000/graph/>
        SELECT (COUNT(DISTINCT ?m) AS ?n) WHERE {
          GRAPH <graph/2022-02-04> { ?m geo:sfWithin ?r . ?r a rl:ReferenceRegion }
          GRAPH day:2024-12-31 { ?m geo:sfWithin ?other . ?other a rl:ReferenceRegion }
          FILTER(?r != ?other)
        }"""
    assert count(client.get("/sparql", query_string={"query": query})) == 1


def test_the_protocol_can_choose_the_default_graph(client: FlaskClient) -> None:
    """A snapshot that the request names is the default graph, as with `at`."""
    chosen = {"query": COUNT, "default-graph-uri": "http://localhost:8000/graph/2018-12-31"}
    assert count(client.get("/sparql", query_string=chosen)) == 308
    with_from = COUNT.replace("WHERE", "FROM <graph/2018-12-31> WHERE")
    assert count(client.get("/sparql", query_string={"query": with_from})) == 308


@pytest.mark.parametrize(
    ("request_", "status", "kind", "words"),
    [
        ({"query": "SELECT"}, 400, "query-malformed", "SPARQL"),
        ({"query": "SELECT ?s WHERE { ?s ?p 'open }"}, 400, "query-malformed", "line 1"),
        ({"query": "{" * 200}, 400, "query-too-deep", "100"),
        ({"query": "SELECT * WHERE { " + " " * 40_000 + "?s ?p ?o }"}, 413, "query-too-long", "32768"),
        ({"query": "SELECT * WHERE { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }"}, 403, "query-forbidden", "SERVICE"),
        ({"query": "INSERT DATA { <a:a> <a:b> <a:c> }"}, 403, "query-forbidden", "INSERT"),
        ({"update": "INSERT DATA { <a:a> <a:b> <a:c> }"}, 403, "query-forbidden", "updates"),
        ({"query": COUNT, "at": "2021-13-01"}, 400, "bad-moment", "does not exist"),
        ({"query": COUNT, "known": "yesterday"}, 400, "bad-moment", "YYYY-MM-DD"),
        ({"query": COUNT, "at": "2017-01-01"}, 400, "bad-moment", "coverage"),
        ({"at": "2021-13-01"}, 400, "bad-moment", "does not exist"),
        ({"query": [COUNT, COUNT]}, 400, "bad-parameter", "query is given twice"),
        ({"query": COUNT, "at": ["2021-01-01", "2021-01-01"]}, 400, "bad-parameter", "at is given twice"),
        (
            {"query": "SELECT * { GRAPH <http://localhost:8000/graph/atlantis> { ?s ?p ?o } }"},
            400,
            "bad-moment",
            "atlantis",
        ),
        ({"query": "SELECT * { GRAPH <http://elsewhere.example/> { ?s ?p ?o } }"}, 400, "bad-parameter", "elsewhere"),
        ({"query": "SELECT * FROM <http://elsewhere.example/> { ?s ?p ?o }"}, 400, "bad-parameter", "elsewhere"),
        ({"query": "ASK FROM <graph/2018-12-31> {}", "known": "2024-04-01"}, 400, "bad-parameter", "known chooses"),
        (
            {"query": "ASK {}", "default-graph-uri": "http://localhost:8000/graph/2018-12-31", "at": "2021-01-01"},
            400,
            "bad-parameter",
            "at chooses",
        ),
        ({"query": COUNT, "default-graph-uri": "http://elsewhere.example/"}, 400, "bad-parameter", "elsewhere"),
        ({"query": GRAPH, "format": "csv"}, 406, "not-acceptable", "text/turtle"),
    ],
)
def test_what_is_refused_says_why(
    client: FlaskClient, request_: dict[str, str | list[str]], status: int, kind: str, words: str
) -> None:
    """Malformed, forbidden, too long, too deep, at no moment, of no graph: each by GET and by form."""
    encoded = urlencode(request_, doseq=True)
    for answer in (client.get(f"/sparql?{encoded}"), client.post("/sparql", data=encoded, content_type=FORM)):
        if answer.status_code == 400 and "query" not in request_ and "update" not in request_:
            continue
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), answer.text
        assert answer.json is not None
        assert answer.json["type"].endswith(f"#{kind}")
        assert words in answer.json["detail"]


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (COUNT, None, 415),
        (COUNT, "text/plain", 415),
        (COUNT, "application/sparql-update", 403),
        (urlencode({"query": COUNT}), "application/sparql-query", 400),
        (COUNT.encode("utf-16"), "application/sparql-query; charset=utf-16", 415),
        (COUNT.encode("utf-16"), "application/sparql-query", 400),
        ("", FORM, 400),
        (b"x" * 400_000, "application/sparql-query", 413),
    ],
)
def test_a_body_has_to_be_what_it_says(
    client: FlaskClient, body: str | bytes, content_type: str | None, status: int
) -> None:
    """Another type, another charset, no query, or too much of it."""
    answer = client.post("/sparql", data=body, content_type=content_type)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")


def test_without_a_query_the_endpoint_describes_itself(client: FlaskClient) -> None:
    """The description names the address that was asked, and forms that are really answered."""
    answer = client.get("/sparql", headers={"Accept": "text/turtle"})
    said = {
        (triple.predicate.value.rpartition("#")[2], getattr(triple.object, "value", ""))
        for triple in (
            quad.triple for quad in pyoxigraph.parse(answer.data, pyoxigraph.RdfFormat.TURTLE, base_iri="http://other/")
        )
    }
    assert ("endpoint", "http://localhost/sparql") in said
    formats = {value.rpartition("/")[2] for name, value in said if name == "resultFormat"}
    assert formats == {
        *("SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV"),
        *("Turtle", "N-Triples", "JSON-LD", "RDF_XML"),
    }
    for name in ("ld+json", "n-triples", "rdf+xml"):
        assert client.get("/sparql", headers={"Accept": f"application/{name}"}).mimetype == f"application/{name}"


def test_a_browser_gets_a_page_to_write_queries_on(client: FlaskClient) -> None:
    """With a query it shows the answer too, and links to the forms of it."""
    page = client.get("/sparql", headers={"Accept": "text/html"})
    assert "<textarea" in page.text
    shown = client.get("/sparql", query_string={"query": ROWS, "format": "html", "at": "2025-01-01"}).text
    assert "2 rows." in shown
    assert "&amp;format=csv" in shown
    assert "at=2025-01-01" in shown
    assert "ReferenceRegion&gt; ." in client.get("/sparql", query_string={"query": GRAPH, "format": "html"}).text


def test_a_page_does_not_show_what_is_too_long_for_it(client: FlaskClient, service: Service) -> None:
    """It says how long the answer is and what the limit is, and links to the files; some rows of many are counted."""
    long = "SELECT * { ?s ?p ?o . ?x a ?y } LIMIT 20000"
    page = client.get("/sparql", query_string={"query": long, "format": "html"}).text
    assert "a page shows at most 8388608" in page
    assert "&amp;format=csv" in page
    assert [path for path in service.folder.spool.rglob("*") if path.is_file()] == []
    many = client.get("/sparql", query_string={"query": "SELECT ?s { ?s ?p ?o } LIMIT 3000", "format": "html"}).text
    assert "The first 2000 of 3000 rows" in many


def test_an_answer_of_chance_is_never_kept(client: FlaskClient) -> None:
    """What answers otherwise each time has no tag; the word in a string does no harm."""
    chance = client.get("/sparql", query_string={"query": "SELECT (RAND() AS ?x) {}"})
    assert "ETag" not in chance.headers
    assert chance.headers["Cache-Control"] == "no-store"
    harmless = client.get("/sparql", query_string={"query": "SELECT ('RAND()' AS ?x) {}"})
    assert "ETag" in harmless.headers


def test_a_query_that_takes_too_long_is_ended(service: Service) -> None:
    """The answer is a 503 that names the limit, and the next query is answered."""
    settings = Settings(data=service.settings.data, deadline=0.5)
    with Service.open(settings, projecting=False, clock=service.clock) as hasty:
        client = create_app(hasty).test_client()
        endless = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
        answer = client.get("/sparql", query_string={"query": endless})
        assert answer.status_code == 503
        assert answer.json is not None
        assert "0.5 s" in answer.json["detail"]
        assert count(client.get("/sparql", query_string={"query": COUNT})) == 285


def test_a_long_answer_is_whole_or_an_error(service: Service) -> None:
    """What fits is sent with its length, from a file that is gone then; what does not is a 503 that names the limit."""
    everything = "SELECT * { ?s ?p ?o . ?x a ?y } LIMIT 20000"
    client = create_app(service).test_client()
    with client.get("/sparql", query_string={"query": everything}) as answer:
        assert int(answer.headers["Content-Length"]) == len(answer.data) > 2**20
        assert len(json.loads(answer.data)["results"]["bindings"]) == 20_000
    assert [path for path in service.folder.spool.rglob("*") if path.is_file()] == []
    settings = Settings(data=service.settings.data, answer_bytes=10_000)
    with Service.open(settings, projecting=False, clock=service.clock) as brief:
        refused = create_app(brief).test_client().get("/sparql", query_string={"query": everything})
        assert refused.status_code == 503
        assert refused.json is not None
        assert refused.json["type"] == "/problems#query-too-large"


def test_an_overload_says_when_to_come_back(service: Service) -> None:
    """Workers that take no more questions are a 503 with Retry-After."""
    with Service.open(Settings(data=service.settings.data), projecting=False, clock=service.clock) as closing:
        client = create_app(closing).test_client()
        closing.workers.close()
        answer = client.get("/sparql", query_string={"query": COUNT})
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
