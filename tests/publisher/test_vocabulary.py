"""Our own terms at /ns, in every form."""

from __future__ import annotations

import pyoxigraph
import pytest
from flask.testing import FlaskClient
from pyoxigraph import CanonicalizationAlgorithm, Dataset, RdfFormat, parse

from regiolog.ontology import documents

PARSERS = {
    "ttl": RdfFormat.TURTLE,
    "jsonld": RdfFormat.JSON_LD,
    "nt": RdfFormat.N_TRIPLES,
    "rdf": RdfFormat.RDF_XML,
}


def canonical(data: bytes, form: RdfFormat) -> set[str]:
    """The triples of a document, its blank nodes named as in every document that says the same."""
    graph = Dataset(parse(data, form))
    graph.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return {str(quad) for quad in graph}


@pytest.mark.parametrize("suffix", PARSERS)
def test_the_vocabulary_is_what_ships(client: FlaskClient, suffix: str) -> None:
    """With its code lists, the same graph in each form; the shapes beside it."""
    for address, ships in (
        ("/ns", documents.vocabulary()),
        ("/ns/shapes", documents.graph(documents.SHAPES, documents.FEED)),
    ):
        expected = canonical(ships.serialize(format="nt", encoding="utf-8"), RdfFormat.N_TRIPLES)
        assert len(expected) > 100
        assert canonical(client.get(f"{address}.{suffix}").data, PARSERS[suffix]) == expected


def test_the_header_chooses(client: FlaskClient) -> None:
    """Turtle for whoever does not mind, a page for a browser."""
    assert client.get("/ns").mimetype == "text/turtle"
    assert client.get("/ns", headers={"Accept": "text/html"}).mimetype == "text/html"
    assert client.get("/ns", headers={"Accept": "application/ld+json"}).mimetype == "application/ld+json"
    assert client.get("/ns/shapes", headers={"Accept": "text/html"}).status_code == 406
    assert client.get("/ns.csv").status_code == 404


def test_the_context_is_served(client: FlaskClient) -> None:
    """Another library reads a document of ours by the context alone."""
    answer = client.get("/ns/context.jsonld")
    assert answer.mimetype == "application/ld+json"
    assert answer.data == documents.document(documents.CONTEXT)
    assert list(pyoxigraph.parse(answer.data, pyoxigraph.RdfFormat.JSON_LD)) == []
