"""The requests of the SPARQL 1.1 Protocol at /sparql, by their points: P01 to P04, P08 to P10, and P12.

Datasets (P05), answers and their statuses (P06, P07), limits (P11) and the wire have files of their own.
"""

from __future__ import annotations

import json
from urllib.parse import quote, urlencode

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.publisher.endpoint import (
    ANYTHING,
    BASE,
    COUNT,
    FORM,
    PREFIXES,
    QUERY,
    ROWS,
    TRIPLES,
    UPDATE,
    number,
    refused,
    rows,
)

INSERT = "INSERT DATA { <a:a> <a:b> <a:c> }"


def count(answer: TestResponse) -> int:
    """The one number of an answer in JSON."""
    assert answer.status_code == 200, answer.text
    return int(json.loads(answer.text)["results"]["bindings"][0]["n"]["value"])


# P01: by GET or POST, exactly one query.


def test_p01_a_query_is_asked_in_three_ways(client: FlaskClient) -> None:
    """By GET, as a form, and as the body itself, each with a clock; all three say the same."""
    form = urlencode({"query": COUNT, "at": "2018-12-31"})
    assert count(client.get(f"/sparql?{form}")) == 308
    assert count(client.post("/sparql", data=form, content_type=FORM)) == 308
    assert count(client.post("/sparql?at=2018-12-31", data=COUNT, content_type=QUERY)) == 308


def test_p01_two_queries_are_refused_however_they_are_given(client: FlaskClient) -> None:
    """Twice in the address, twice in the form, or once in each; the same one twice is two as well."""
    one, two = urlencode({"query": COUNT}), urlencode([("query", COUNT), ("query", COUNT)])
    for answer in (
        client.get(f"/sparql?{two}"),
        client.post("/sparql", data=two, content_type=FORM),
        client.post(f"/sparql?{one}", data=one, content_type=FORM),
        client.post(f"/sparql?{one}", data=COUNT, content_type=QUERY),
    ):
        refused(answer, 400, "bad-parameter", "query is given twice")


def test_p01_without_a_query_a_post_asks_nothing(client: FlaskClient) -> None:
    """A form has to have one, and a body has to be one; GET without one is answered with the service description."""
    refused(client.post("/sparql", data="at=2021-01-01", content_type=FORM), 400, "bad-parameter", "query is missing")
    refused(client.post("/sparql", data="", content_type=FORM), 400, "bad-parameter", "query is missing")
    refused(client.post("/sparql", data="", content_type=QUERY), 400, "query-malformed", "SPARQL")
    refused(client.get("/sparql?query="), 400, "query-malformed", "SPARQL")


# P02: GET, percent-encoded, in any order.


@pytest.mark.parametrize(
    "encoded", [quote(COUNT, safe=""), quote(COUNT, safe="?:/{}()"), quote(COUNT).replace("%20", "+")]
)
def test_p02_parameters_are_encoded_as_anybody_encodes_them(client: FlaskClient, encoded: str) -> None:
    """Every character or only those that must be, a space as %20 or as a plus; names may be encoded as well."""
    assert count(client.get(f"/sparql?query={encoded}&at=2018-12-31")) == 308
    assert count(client.get(f"/sparql?%71uery={encoded}&a%74=2018%2D12%2D31")) == 308


def test_p02_parameters_come_in_any_order(client: FlaskClient) -> None:
    """The query may be last, first or in between."""
    query, at = urlencode({"query": COUNT}), "at=2018-12-31"
    graph = urlencode({"named-graph-uri": f"{BASE}graph/source/abb", "default-graph-uri": f"{BASE}graph/2018-12-31"})
    for pairs in ((query, at, graph), (at, graph, query), (graph, query, at)):
        assert count(client.get(f"/sparql?{'&'.join(pairs)}")) == 308


def test_p02_letters_of_all_the_world_arrive_as_they_are(client: FlaskClient) -> None:
    """In the address, in a form and in a body; what is not UTF-8 is refused, not guessed."""
    text = "Dendermonde é ﬁ 東 😀 + & % #"
    query = f"SELECT ('{text}' AS ?text) {{}}"
    assert rows(client, query) == [{"text": text}]
    for body, content_type in ((urlencode({"query": query}), FORM), (query, QUERY)):
        answer = client.post("/sparql", data=body, content_type=content_type)
        assert json.loads(answer.text)["results"]["bindings"][0]["text"]["value"] == text
    latin = "query=ASK%20%7B%20%3Fs%20%3Fp%20%22%E9%22%20%7D"
    refused(client.get(f"/sparql?{latin}"), 400, "bad-request", "not UTF-8")
    refused(client.post("/sparql", data=latin, content_type=FORM), 400, "bad-request", "not UTF-8")


def test_p02_what_get_carries_as_a_body_is_no_query(client: FlaskClient) -> None:
    """Only the address counts: without a query in it, the endpoint says what it is."""
    answer = client.get("/sparql", data=COUNT, content_type=QUERY)
    assert (answer.status_code, answer.mimetype) == (200, "text/turtle")


# P03 and P04: what is posted says what it is.


@pytest.mark.parametrize(
    "content_type",
    [FORM, f"{FORM}; charset=UTF-8", "Application/X-WWW-Form-URLEncoded", f'{FORM}; charset="utf-8"'],
)
def test_p03_a_form_is_known_by_its_media_type(client: FlaskClient, content_type: str) -> None:
    """In capitals too, and with the charset that it has in any case."""
    assert count(client.post("/sparql", data=urlencode({"query": COUNT}), content_type=content_type)) == 285


@pytest.mark.parametrize(
    "content_type",
    [QUERY, f"{QUERY}; charset=UTF-8", f"{QUERY};charset=utf8", "Application/SPARQL-Query", f"{QUERY}; version=1.1"],
)
def test_p04_a_query_is_known_by_its_media_type(client: FlaskClient, content_type: str) -> None:
    """Its other parameters, and graphs, stand in the address."""
    graph = urlencode({"default-graph-uri": f"{BASE}graph/2018-12-31"})
    assert count(client.post("/sparql", data=COUNT, content_type=content_type)) == 285
    assert count(client.post(f"/sparql?{graph}", data=COUNT, content_type=content_type)) == 308


@pytest.mark.parametrize("body", [COUNT, urlencode({"query": COUNT}), ""])
@pytest.mark.parametrize(
    "content_type", [None, "", "text/plain", "application/json", "multipart/form-data; boundary=x"]
)
def test_p03_p04_another_type_or_none_is_refused(client: FlaskClient, body: str, content_type: str | None) -> None:
    """A form or a query, sent as what it is not; even where the address has a query."""
    refused(client.post("/sparql", data=body, content_type=content_type), 415, "unsupported-media-type", FORM)
    answer = client.post("/sparql?query=ASK%7B%7D", data=body, content_type=content_type)
    refused(answer, 415, "unsupported-media-type", QUERY)


@pytest.mark.parametrize("content_type", [FORM, QUERY])
@pytest.mark.parametrize("charset", ["utf-16", "iso-8859-1", "us-ascii"])
def test_p03_p04_another_charset_is_refused(client: FlaskClient, content_type: str, charset: str) -> None:
    """Even where its bytes would be the same."""
    answer = client.post("/sparql", data=COUNT.encode(charset), content_type=f"{content_type}; charset={charset}")
    refused(answer, 415, "unsupported-media-type", "UTF-8")


def test_p04_a_body_that_is_not_what_it_says_is_refused(client: FlaskClient) -> None:
    """UTF-16 that is said to be UTF-8, a form that is said to be a query, and a query that is said to be a form."""
    refused(client.post("/sparql", data=COUNT.encode("utf-16"), content_type=QUERY), 400, "bad-request", "not UTF-8")
    form = urlencode({"query": COUNT})
    refused(client.post("/sparql", data=form, content_type=QUERY), 400, "query-malformed", "line 1")
    refused(client.post("/sparql", data=COUNT, content_type=FORM), 400, "bad-parameter", "query is missing")


# P08: other methods.


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "QUERY", "PROPFIND", "TRACE"])
def test_p08_other_methods_are_405(client: FlaskClient, method: str) -> None:
    """With a query or without one; the header says which there are."""
    for address in ("/sparql", "/sparql?query=ASK%7B%7D"):
        answer = client.open(address, method=method, data=ANYTHING, content_type=QUERY)
        refused(answer, 405, "method-not-allowed", method)
        assert {each.strip() for each in answer.headers["Allow"].split(",")} == {"GET", "HEAD", "OPTIONS", "POST"}


def test_p08_head_is_get_without_a_body(client: FlaskClient) -> None:
    """All headers are the same, the length and the tag among them."""
    for query in (ROWS, TRIPLES, ANYTHING):
        asked = client.get("/sparql", query_string={"query": query})
        head = client.head("/sparql", query_string={"query": query})
        assert (head.status_code, head.data) == (200, b"")
        assert len(asked.data) == int(head.headers["Content-Length"]) > 0
        assert {**asked.headers} == {**head.headers}


def test_p08_a_page_elsewhere_may_post(client: FlaskClient) -> None:
    """The preflight of a POST with a type that forms do not have is answered, and so is the POST."""
    elsewhere = {"Origin": "http://elsewhere.example"}
    asking = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    preflight = client.options("/sparql", headers={**elsewhere, **asking})
    assert (preflight.status_code, preflight.headers["Access-Control-Allow-Origin"]) == (200, "*")
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert "content-type" in preflight.headers["Access-Control-Allow-Headers"].lower()
    answer = client.post("/sparql", data=COUNT, content_type=QUERY, headers=elsewhere)
    assert (count(answer), answer.headers["Access-Control-Allow-Origin"]) == (285, "*")
    wrong = client.post("/sparql", data="SELECT", content_type=QUERY, headers=elsewhere)
    assert (wrong.status_code, wrong.headers["Access-Control-Allow-Origin"]) == (400, "*")


# P09: no updates.


def test_p09_updates_are_refused_in_every_way(client: FlaskClient) -> None:
    """By GET, as a form, as a body, several at once, with graphs of their own, and in place of a query."""
    update = urlencode({"update": INSERT})
    several = urlencode([("update", INSERT), ("update", "CLEAR ALL")])
    using = urlencode({"using-graph-uri": f"{BASE}graph/now"})
    before = number(client, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    for answer in (
        client.get(f"/sparql?{update}"),
        client.get(f"/sparql?{update}&query=ASK%7B%7D"),
        client.post("/sparql", data=update, content_type=FORM),
        client.post("/sparql", data=several, content_type=FORM),
        client.post("/sparql", data=INSERT, content_type=UPDATE),
        client.post(f"/sparql?{using}", data=INSERT, content_type=UPDATE),
        client.post(f"/sparql?{using}", data=COUNT, content_type=QUERY),
    ):
        refused(answer, 403, "query-forbidden", "updates are refused")
    assert number(client, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }") == before


@pytest.mark.parametrize(
    "update",
    [
        INSERT,
        "CLEAR ALL",
        "LOAD <http://127.0.0.1:9/>",
        "DELETE WHERE { ?s ?p ?o }",
        "# ASK {}\nPREFIX a: <a:> DROP ALL",
    ],
)
def test_p09_an_update_is_no_query(client: FlaskClient, update: str) -> None:
    """Sent as if it were one."""
    refused(client.get("/sparql", query_string={"query": update}), 403, "query-forbidden", "only queries")
    refused(client.post("/sparql", data=update, content_type=QUERY), 403, "query-forbidden", "only queries")


# P10: a base IRI.


@pytest.mark.parametrize("address", ["http://localhost/", "https://elsewhere.example/regions/"])
def test_p10_relative_iris_are_those_of_the_register(client: FlaskClient, address: str) -> None:
    """Wherever the endpoint is reached, a query means the same; BASE in it goes before."""
    query = "SELECT (<id/region/x> AS ?here) (IRI('id/region/x') AS ?made) {}"
    headers = {"Accept": "text/csv"}
    answer = client.get("/sparql", query_string={"query": query}, headers=headers, base_url=address)
    assert answer.text.splitlines()[1] == f"{BASE}id/region/x,{BASE}id/region/x"
    based = client.get("/sparql", query_string={"query": f"BASE <http://b.example/> {query}"}, headers=headers)
    assert based.text.splitlines()[1] == "http://b.example/id/region/x,http://b.example/id/region/x"
    assert (
        number(client, f"{PREFIXES} SELECT (COUNT(?m) AS ?n) {{ GRAPH <graph/2018-12-31> {{ ?m a rl:Municipality }} }}")
        == 308
    )


# P12: versions, from the draft of 1.2.


@pytest.mark.parametrize("version", ["1.1", "1.2", "1.2-basic", "9"])
def test_p12_a_version_passes(client: FlaskClient, version: str) -> None:
    """As a parameter of the request, of the media type that is sent, and of the one that is wanted."""
    accept = {"Accept": f"application/sparql-results+json; version={version}"}
    form = urlencode({"query": COUNT, "version": version})
    for answer in (
        client.get(f"/sparql?{form}", headers=accept),
        client.post("/sparql", data=form, content_type=FORM, headers=accept),
        client.post("/sparql", data=COUNT, content_type=f"{QUERY}; version={version}", headers=accept),
    ):
        assert (count(answer), answer.mimetype) == (285, "application/sparql-results+json")


def test_p12_a_query_may_say_its_version(client: FlaskClient) -> None:
    """VERSION before the prefixes does not change the answer."""
    assert number(client, f'VERSION "1.2" {COUNT}', at="2018-12-31") == 308
