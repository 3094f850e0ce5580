"""Our own terms at /ns, in every form."""

from __future__ import annotations

import pyoxigraph
import pytest
from flask.testing import FlaskClient
from rdflib import Graph
from rdflib.compare import isomorphic

from regiolog.ontology import documents

PARSERS = {"ttl": "turtle", "jsonld": "json-ld", "nt": "nt", "rdf": "xml"}


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")  # rdflib's own
@pytest.mark.parametrize("suffix", PARSERS)
def test_the_vocabulary_is_what_ships(client: FlaskClient, suffix: str) -> None:
    """With its code lists, the same graph in each form; the shapes beside it."""
    served = Graph().parse(data=client.get(f"/ns.{suffix}").data, format=PARSERS[suffix])
    assert isomorphic(served, documents.vocabulary())
    shapes = Graph().parse(data=client.get(f"/ns/shapes.{suffix}").data, format=PARSERS[suffix])
    assert isomorphic(shapes, documents.shapes())


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
