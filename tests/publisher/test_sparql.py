"""What /sparql has beyond the SPARQL Protocol: the two clocks, a page for people, and answers that are never kept."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from regiolog.publisher.service import Service
from tests.publisher.endpoint import COUNT, ROWS, TRIPLES, number


@pytest.mark.parametrize(
    ("clocks", "municipalities"),
    [
        ({}, 285),
        ({"at": "2024-12-31"}, 300),
        ({"at": "2025-02-01", "known": "2024-04-01"}, 300),
        ({"at": "2025-02-01", "known": "2024-09-01T00:00:00Z"}, 285),
        ({"at": "", "known": ""}, 285),
        ({"at": "now", "known": "now"}, 285),
    ],
)
def test_the_clocks_choose_the_default_graph(client: FlaskClient, clocks: dict[str, str], municipalities: int) -> None:
    """The query stays the same, and its answer is that of the moment."""
    assert number(client, COUNT, clocks) == municipalities


def test_a_browser_gets_a_page_to_write_queries_on(client: FlaskClient) -> None:
    """With a query it shows the answer too, and links to the forms of it."""
    page = client.get("/sparql", headers={"Accept": "text/html"})
    assert "<textarea" in page.text
    shown = client.get("/sparql", query_string={"query": ROWS, "format": "html", "at": "2025-01-01"}).text
    assert "2 rows." in shown
    assert "&amp;format=csv" in shown
    assert "at=2025-01-01" in shown
    assert "ReferenceRegion&gt; ." in client.get("/sparql", query_string={"query": TRIPLES, "format": "html"}).text


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
