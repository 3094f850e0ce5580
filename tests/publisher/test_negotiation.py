"""Which form is chosen, by the header and by the address."""

from __future__ import annotations

import pytest
from flask import Flask

from regiolog.publisher.negotiation import HTML, JSON_LD, N_QUADS, N_TRIPLES, RDF_XML, TURTLE, choose, split
from regiolog.publisher.problems import Problem

FORMATS = (TURTLE, JSON_LD, N_TRIPLES, RDF_XML, HTML)


@pytest.mark.parametrize(
    ("accept", "suffix"),
    [
        (None, "ttl"),
        ("", "ttl"),
        ("*/*", "ttl"),
        ("text/turtle", "ttl"),
        ("application/ld+json", "jsonld"),
        ('application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"', "jsonld"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "html"),
        ("application/rdf+xml;q=0.5, application/n-triples;q=0.8", "nt"),
        ("text/*", "ttl"),
        ("application/*", "jsonld"),
        ("text/turtle;q=0, */*", "jsonld"),
        ("text/html;q=0.2, application/n-quads, application/ld+json;q=0.9", "jsonld"),
        ("TEXT/TURTLE", "ttl"),
        ("text/plain", "nt"),
    ],
)
def test_the_header_chooses(app: Flask, accept: str | None, suffix: str) -> None:
    """The most specific range decides how well a form is liked, and the earlier form wins where two are liked alike."""
    with app.test_request_context("/", headers={} if accept is None else {"Accept": accept}):
        assert choose(FORMATS).suffix == suffix


@pytest.mark.parametrize("accept", ["image/png", "text/csv;q=1", "text/turtle;q=0", "application/n-quads"])
def test_what_is_not_there_is_not_sent(app: Flask, accept: str) -> None:
    """Nobody gets a form that they do not accept; they are told which there are."""
    with (
        app.test_request_context("/", headers={"Accept": accept}),
        pytest.raises(Problem, match="text/turtle") as refused,
    ):
        choose(FORMATS)
    assert refused.value.kind == "not-acceptable"


def test_the_address_beats_the_header(app: Flask) -> None:
    """A suffix is a choice, whatever a browser sends."""
    with app.test_request_context("/", headers={"Accept": "text/html"}):
        assert choose(FORMATS, "nt") is N_TRIPLES
        with pytest.raises(Problem, match=r"\.nq"):
            choose(FORMATS, N_QUADS.suffix)


def test_a_key_may_have_dots() -> None:
    """Only the end that names a form is taken off."""
    assert split("11056.ttl", FORMATS) == ("11056", "ttl")
    assert split("a.b", FORMATS) == ("a.b", None)
    assert split("a.b.nt", FORMATS) == ("a.b", "nt")
    assert split(".ttl", FORMATS) == (".ttl", None)
