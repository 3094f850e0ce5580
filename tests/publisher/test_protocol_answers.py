"""The answers of the SPARQL 1.1 Protocol at /sparql: their forms (P06), their statuses (P07), and their tags."""

from __future__ import annotations

from urllib.parse import urlencode

import pyoxigraph
import pytest
from flask.testing import FlaskClient
from pyoxigraph import NamedNode, Quad, QueryBoolean, QueryResultsFormat, QuerySolutions, RdfFormat
from werkzeug.test import TestResponse

from regiolog.publisher.problems import PROBLEMS
from tests.publisher.endpoint import ANYTHING, BASE, COUNT, FORM, QUERY, ROWS, TRIPLES, refused, rows

TABLES = {
    "application/sparql-results+json": QueryResultsFormat.JSON,
    "application/sparql-results+xml": QueryResultsFormat.XML,
    "text/tab-separated-values": QueryResultsFormat.TSV,
}
GRAPHS = {
    "text/turtle": RdfFormat.TURTLE,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/ld+json": RdfFormat.JSON_LD,
    "application/rdf+xml": RdfFormat.RDF_XML,
}


def triples(answer: TestResponse) -> set[Quad]:
    """What a body says when it is read as what its Content-Type says that it is."""
    assert answer.status_code == 200, answer.text
    return set(pyoxigraph.parse(answer.data, GRAPHS[str(answer.mimetype)]))


@pytest.mark.parametrize(
    ("query", "accept", "media_type"),
    [
        (ROWS, None, "application/sparql-results+json"),
        (ROWS, "*/*", "application/sparql-results+json"),
        (
            ROWS,
            "application/sparql-results+json;q=1.0,application/sparql-results+xml;q=0.7",
            "application/sparql-results+json",
        ),
        (
            ROWS,
            "application/sparql-results+json;q=0.5,application/sparql-results+xml;q=0.7",
            "application/sparql-results+xml",
        ),
        (ROWS, "application/sparql-results+xml, application/rdf+xml", "application/sparql-results+xml"),
        (ROWS, "application/rdf+xml, application/sparql-results+xml", "application/sparql-results+xml"),
        (ROWS, "application/json", "application/sparql-results+json"),
        (ROWS, "text/csv", "text/csv"),
        (ROWS, "text/tab-separated-values", "text/tab-separated-values"),
        (ANYTHING, None, "application/sparql-results+json"),
        (ANYTHING, "application/sparql-results+xml", "application/sparql-results+xml"),
        (TRIPLES, None, "text/turtle"),
        (TRIPLES, "application/n-triples,*/*;q=0.9", "application/n-triples"),
        (TRIPLES, "application/ld+json", "application/ld+json"),
        (TRIPLES, "application/sparql-results+xml, application/rdf+xml", "application/rdf+xml"),
        (TRIPLES, "application/sparql-results+json,*/*;q=0.9", "text/turtle"),
        (f"DESCRIBE <{BASE}id/decision/REGIODECREET>", None, "text/turtle"),
    ],
)
def test_p06_the_header_chooses_the_form(client: FlaskClient, query: str, accept: str | None, media_type: str) -> None:
    """What real clients send is answered in what they read, and in nothing of another kind."""
    headers = {"Accept": accept} if accept else {}
    for answer in (
        client.get("/sparql", query_string={"query": query}, headers=headers),
        client.post("/sparql", data=query, content_type=QUERY, headers=headers),
    ):
        assert (answer.status_code, answer.mimetype) == (200, media_type)
        assert "Accept" in answer.headers["Vary"]


@pytest.mark.parametrize(
    ("query", "parameters", "media_type"),
    [
        (ROWS, {"format": "json", "output": "json", "results": "json"}, "application/sparql-results+json"),
        (ROWS, {"format": "csv"}, "text/csv"),
        (ROWS, {"output": "xml"}, "application/sparql-results+xml"),
        (ROWS, {"format": "text/tab-separated-values"}, "text/tab-separated-values"),
        (ROWS, {"format": "whatever", "timeout": "5", "debug": "on"}, "application/sparql-results+json"),
        (TRIPLES, {"format": "turtle"}, "text/turtle"),
        (TRIPLES, {"format": "json"}, "application/ld+json"),
        (TRIPLES, {"format": "json-ld"}, "application/ld+json"),
        (TRIPLES, {"format": "xml"}, "application/rdf+xml"),
        (TRIPLES, {"format": "n-triples"}, "application/n-triples"),
    ],
)
def test_p06_a_parameter_chooses_the_form(
    client: FlaskClient, query: str, parameters: dict[str, str], media_type: str
) -> None:
    """It goes before the header; what clients send of their own and nobody knows here passes."""
    answer = client.get("/sparql", query_string={"query": query, **parameters}, headers={"Accept": "*/*"})
    assert (answer.status_code, answer.mimetype) == (200, media_type)
    answer = client.post("/sparql", data=urlencode({"query": query, **parameters}), content_type=FORM)
    assert answer.mimetype == media_type


@pytest.mark.parametrize("media_type", [*TABLES, "text/csv"])
def test_p06_rows_are_what_their_type_says(client: FlaskClient, media_type: str) -> None:
    """The body is read as what its Content-Type says, and holds the regions."""
    answer = client.get("/sparql", query_string={"query": ROWS}, headers={"Accept": media_type})
    assert answer.mimetype == media_type
    said = [row["s"] for row in rows(client, ROWS)]
    assert len(said) == 2
    if media_type == "text/csv":
        assert answer.text.splitlines() == ["s", *said]
    else:
        table = pyoxigraph.parse_query_results(answer.data, TABLES[media_type])
        assert isinstance(table, QuerySolutions)
        assert [row["s"] for row in table] == [NamedNode(each) for each in said]


@pytest.mark.parametrize("media_type", TABLES)
def test_p06_yes_and_no_are_what_their_type_says(client: FlaskClient, media_type: str) -> None:
    """An ASK is answered in XML and JSON, and as one word in the others."""
    for query, said in (("ASK {}", True), ("ASK { ?s <a:nothing> ?o }", False)):
        answer = client.get("/sparql", query_string={"query": query}, headers={"Accept": media_type})
        result = pyoxigraph.parse_query_results(answer.data, TABLES[str(answer.mimetype)])
        assert isinstance(result, QueryBoolean)
        assert bool(result) is said


@pytest.mark.parametrize("query", [TRIPLES, f"DESCRIBE <{BASE}id/decision/REGIODECREET>"])
def test_p06_triples_are_what_their_type_says(client: FlaskClient, query: str) -> None:
    """Turtle, N-Triples, JSON-LD and RDF/XML hold the same; JSON-LD without a context to fetch."""
    said = [
        triples(client.get("/sparql", query_string={"query": query}, headers={"Accept": media_type}))
        for media_type in GRAPHS
    ]
    assert len(said[0]) >= 15
    assert all(each == said[0] for each in said)


def test_p06_no_form_of_another_kind_is_given(client: FlaskClient) -> None:
    """Who takes only rows of triples, or only pictures, is told what there is."""
    refused(
        client.get("/sparql", query_string={"query": TRIPLES, "format": "csv"}), 406, "not-acceptable", "text/turtle"
    )
    for query, accept, there_is in ((ROWS, "text/turtle", "text/csv"), (ANYTHING, "image/png", "sparql-results+json")):
        answer = client.get("/sparql", query_string={"query": query}, headers={"Accept": accept})
        refused(answer, 406, "not-acceptable", there_is)


# P07: statuses.


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT", "not SPARQL 1.1"),
        ("ASK {} ASK {}", "not SPARQL 1.1"),
        ("SELECT ?s WHERE { ?s ?p ex:o }", "the prefix ex: is not declared; begin with PREFIX ex: <…>"),
        ("PREFIX a: <a:> ASK { a:b rdf:type :c }", "PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>"),
        ("SELECT ?s WHERE { ?s ?p 'open }", "line 1"),
        ("SELECT ?s ?t WHERE { ?s ?p ?o } GROUP BY ?s", "not SPARQL 1.1"),
    ],
)
def test_p07_what_is_not_sparql_is_400(client: FlaskClient, query: str, words: str) -> None:
    """By any kind of request, with the place where it goes wrong."""
    form = urlencode({"query": query})
    for answer in (
        client.get(f"/sparql?{form}"),
        client.post("/sparql", data=form, content_type=FORM),
        client.post("/sparql", data=query, content_type=QUERY),
    ):
        refused(answer, 400, "query-malformed", words)


@pytest.mark.parametrize(
    ("parameters", "kind", "words"),
    [
        ({"at": "2021-13-01"}, "bad-moment", "does not exist"),
        ({"known": "yesterday"}, "bad-moment", "YYYY-MM-DD"),
        ({"at": "2017-01-01"}, "bad-moment", "coverage"),
        ({"at": ["2021-01-01", "2021-01-01"]}, "bad-parameter", "at is given twice"),
    ],
)
def test_p07_a_moment_that_cannot_be_asked_about_is_400(
    client: FlaskClient, parameters: dict[str, str | list[str]], kind: str, words: str
) -> None:
    """With a query, as a form, and without one."""
    form = urlencode({"query": COUNT, **parameters}, doseq=True)
    for answer in (
        client.get(f"/sparql?{form}"),
        client.post("/sparql", data=form, content_type=FORM),
        client.get(f"/sparql?{urlencode(parameters, doseq=True)}"),
    ):
        refused(answer, 400, kind, words)


def test_p07_no_query_sends_a_request_elsewhere(client: FlaskClient) -> None:
    """SERVICE is 403, with SILENT too; in a string it is a word like any other."""
    for silent in ("", "SILENT "):
        query = f"SELECT * {{ SERVICE {silent}<http://127.0.0.1:9/> {{ ?s ?p ?o }} }}"
        refused(client.get("/sparql", query_string={"query": query}), 403, "query-forbidden", "SERVICE")
    assert rows(client, "SELECT ('SERVICE <a:b>' AS ?x) {}") == [{"x": "SERVICE <a:b>"}]


def test_p07_a_function_that_nobody_knows_is_422(client: FlaskClient) -> None:
    """It is SPARQL, and yet cannot be answered: neither a fault of ours nor an empty cell."""
    unknown = "SELECT (<http://elsewhere.example/area>(1) AS ?x) {}"
    refused(client.get("/sparql", query_string={"query": unknown}), 422, "query-unsupported", "area")


def test_p07_every_status_of_a_problem_is_4xx_or_5xx() -> None:
    """A request that the client can mend is 4xx; what a running query hits, and an overload, are 5xx."""
    assert {each.status // 100 for each in PROBLEMS.values()} == {4, 5}
    running = {"query-timed-out", "query-too-large", "query-out-of-memory", "overload"}
    assert {PROBLEMS[kind].status for kind in running} == {503}


# Tags.


def test_an_answer_to_get_is_known_again(client: FlaskClient) -> None:
    """Whoever has it is told so by 304; another moment, form or query is another answer. A POST has no tag."""
    asked = client.get("/sparql", query_string={"query": COUNT, "at": "2018-12-31"})
    known = {"If-None-Match": asked.headers["ETag"]}
    again = client.get("/sparql", query_string={"query": COUNT, "at": "2018-12-31"}, headers=known)
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", asked.headers["ETag"])
    for other in (
        {"at": "2019-01-01"},
        {"at": "2018-12-31", "format": "csv"},
        {"default-graph-uri": f"{BASE}graph/now"},
    ):
        assert client.get("/sparql", query_string={"query": COUNT, **other}, headers=known).status_code == 200
    posted = client.post("/sparql?at=2018-12-31", data=COUNT, content_type=QUERY, headers=known)
    assert (posted.status_code, posted.data, posted.headers["Cache-Control"]) == (200, asked.data, "no-store")
    assert "ETag" not in posted.headers
