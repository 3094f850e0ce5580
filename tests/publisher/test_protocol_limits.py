"""The limits of /sparql (P11): each that is met is an error that names it, and never a 200 with part of an answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from regiolog.publisher.app import create_app
from regiolog.publisher.service import Service
from regiolog.publisher.settings import Settings
from regiolog.sync.queries.question import GRAPHS
from tests.publisher.endpoint import COUNT, FORM, QUERY, asked, number, refused, rows

ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
MANY = "SELECT * { ?s ?p ?o . ?x a ?y } LIMIT 20000"

Limited = Callable[..., FlaskClient]


@pytest.fixture
def limited(service: Service) -> Iterator[Limited]:
    """Somebody who asks a service with other limits."""
    with ExitStack() as opened:

        def client(**limits: Any) -> FlaskClient:
            settings = Settings(data=service.settings.data, workers=1, **limits)
            other = opened.enter_context(Service.open(settings, projecting=False, clock=service.clock))
            return create_app(other).test_client()

        yield client


def in_every_way(client: FlaskClient, query: str, status: int, kind: str, words: str) -> None:
    """See that a query is refused by each kind of request, with the same words."""
    form = urlencode({"query": query})
    refused(client.get(f"/sparql?{form}"), status, kind, words)
    refused(client.post("/sparql", data=form, content_type=FORM), status, kind, words)
    refused(client.post("/sparql", data=query, content_type=QUERY), status, kind, words)


def test_p11_the_deadline(limited: Limited) -> None:
    """What takes longer is ended, and the next query is answered."""
    client = limited(deadline=3, cache=0)
    assert number(client, COUNT) == 285
    refused(asked(client, ENDLESS), 503, "query-timed-out", "3 s, which is the limit")
    assert number(client, COUNT) == 285


@pytest.mark.parametrize(
    "media_type", ["application/sparql-results+json", "application/sparql-results+xml", "text/csv"]
)
def test_p11_rows(limited: Limited, media_type: str) -> None:
    """So many are answered, and one more is refused, in whatever form."""
    client = limited(answer_rows=20)
    headers = {"Accept": media_type}
    for many, whole in ((20, True), (21, False)):
        answer = client.get("/sparql", query_string={"query": f"SELECT * {{ ?s ?p ?o }} LIMIT {many}"}, headers=headers)
        if whole:
            assert (answer.status_code, answer.mimetype) == (200, media_type)
        else:
            refused(answer, 503, "query-too-large", "20 rows or triples, which is the limit")


@pytest.mark.parametrize("media_type", GRAPHS)
def test_p11_triples(limited: Limited, media_type: str) -> None:
    """The same of CONSTRUCT."""
    client = limited(answer_rows=20)
    headers = {"Accept": media_type}
    for many, whole in ((20, True), (21, False)):
        query = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ SELECT DISTINCT * {{ ?s ?p ?o }} LIMIT {many} }}"
        answer = client.get("/sparql", query_string={"query": query}, headers=headers)
        if whole:
            assert (answer.status_code, answer.mimetype) == (200, media_type)
        else:
            refused(answer, 503, "query-too-large", "20 rows or triples, which is the limit")


def test_p11_bytes(client: FlaskClient, limited: Limited, service: Service) -> None:
    """What fits is sent with its length, from a file that is gone then; what does not is refused, and leaves none."""
    with client.get("/sparql", query_string={"query": MANY}) as answer:
        assert int(answer.headers["Content-Length"]) == len(answer.data) > 2**20
        assert len(json.loads(answer.data)["results"]["bindings"]) == 20_000
    brief = limited(answer_bytes=2 * 2**20)
    assert len(rows(brief, "SELECT * { ?s ?p ?o } LIMIT 1000")) == 1000
    in_every_way(brief, MANY, 503, "query-too-large", "2 MiB, which is the limit")
    assert [path for path in service.folder.spool.rglob("*") if path.is_file()] == []


def test_p11_memory(limited: Limited) -> None:
    """A text that is doubled two dozen times does not fit, and takes nobody else with it."""
    client = limited(memory=512 * 2**20, deadline=60)
    doubling = "SELECT (STRLEN(?z) AS ?n) { BIND('0123456789abcdef' AS ?x0) "
    doubling += " ".join(f"BIND(CONCAT(?x{at}, ?x{at}) AS ?x{at + 1})" for at in range(28))
    answer = asked(client, f"{doubling} BIND(?x28 AS ?z) }}")
    refused(answer, 503, "query-out-of-memory", "512 MiB, which is the limit")
    assert number(client, COUNT) == 285


def test_p11_length(limited: Limited) -> None:
    """Counted in bytes of UTF-8, however it was sent; a body far beyond is refused before it is read as a query."""
    client = limited(query_bytes=100)
    fits = f"SELECT ('{'é' * 38}' AS ?x) {{}}"
    assert len(fits.encode()) == 96
    assert rows(client, fits) == [{"x": "é" * 38}]
    in_every_way(client, f"{fits}     ", 413, "query-too-long", "101 bytes, and the limit is 100")
    far = client.post("/sparql", data=b"x" * 400_000, content_type=QUERY)
    refused(far, 413, "query-too-long", "which is the limit")


def nested(deep: int) -> tuple[str, ...]:
    """Queries in which groups, brackets and signs stand so deep inside one another."""
    return (
        f"ASK {'{' * deep}{'}' * deep}",
        f"SELECT ({'(' * (deep - 1)}1{')' * (deep - 1)} AS ?n) {{}}",
        f"ASK {{ FILTER({'!' * (deep - 2)}true) }}",
    )


def test_p11_nesting(limited: Limited) -> None:
    """So deep is answered, and one deeper is refused unseen."""
    client = limited(query_depth=10)
    for query in nested(10):
        assert asked(client, query).status_code == 200
    for query in nested(11):
        in_every_way(client, query, 400, "query-too-deep", "deeper than 10, which is the limit")


def test_p11_the_queue(limited: Limited) -> None:
    """Where too many queries wait, a further one is told so at once; what asks no worker is answered meanwhile."""
    client = limited(deadline=3, queue=1, cache=0)
    kinds: list[str] = []

    def ask_for_long() -> None:
        answer = asked(client.application.test_client(), ENDLESS)
        kinds.append(answer.json["type"] if answer.json else answer.text)

    asking = [threading.Thread(target=ask_for_long) for _ in range(4)]
    for each in asking:
        each.start()
    assert client.get("/sparql").status_code == 200
    for each in asking:
        each.join()
    assert len(kinds) == 4
    assert "/problems#overload" in kinds
    assert set(kinds) <= {"/problems#query-timed-out", "/problems#overload"}
    assert number(client, COUNT) == 285


def test_p11_a_share_while_others_wait(limited: Limited) -> None:
    """A query that runs for long gives way to one that waits; its client is told when to come back."""
    client = limited(deadline=60, share=1, cache=0)
    told: list[TestResponse] = []
    asking = threading.Thread(target=lambda: told.append(asked(client.application.test_client(), ENDLESS)))
    asking.start()
    while asking.is_alive():
        assert number(client, COUNT, at="2018-12-31") == 308
    (answer,) = told
    refused(answer, 503, "overload", "1 s, which is its share")
    assert answer.headers["Retry-After"] == "1"


def test_p11_an_overload_says_when_to_come_back(service: Service) -> None:
    """Workers that take no more questions are a 503 with Retry-After; a query that was too much has none."""
    with Service.open(Settings(data=service.settings.data), projecting=False, clock=service.clock) as closing:
        client = create_app(closing).test_client()
        closing.workers.close()
        answer = asked(client, COUNT)
        refused(answer, 503, "overload", "")
        assert answer.headers["Retry-After"] == "1"


def test_p11_what_met_a_limit_is_not_kept(limited: Limited) -> None:
    """Nobody is given the error again who asks later, nor half of an answer."""
    answer = asked(limited(answer_rows=1), "SELECT * { ?s ?p ?o } LIMIT 2")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (503, "no-store")
    assert "ETag" not in answer.headers
