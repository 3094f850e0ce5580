"""A catalogue as rdflib reads it, for the tests that ask what is in it."""

from __future__ import annotations

from typing import Final

from flask.testing import FlaskClient
from rdflib import Graph, Namespace, URIRef
from rdflib.namespace import DCTERMS
from rdflib.term import Node

DCAT: Final = Namespace("http://www.w3.org/ns/dcat#")
RL: Final = Namespace("https://w3id.org/regiolog/ns#")
BASE: Final = "http://localhost:8000/"
HERE, REGISTER = URIRef(f"{BASE}catalog"), URIRef(f"{BASE}id/register")


def read(client: FlaskClient) -> Graph:
    """The catalogue."""
    answer = client.get("/catalog.ttl")
    assert answer.status_code == 200, answer.text
    return Graph().parse(data=answer.data, format="turtle")


def one(graph: Graph, subject: Node, predicate: Node) -> Node:
    """The one value of a property."""
    (value,) = graph.objects(subject, predicate)
    return value


def modified(graph: Graph, subject: Node) -> str:
    """Since when something is as it is, as instants are written here; rdflib writes their zone otherwise."""
    return str(one(graph, subject, DCTERMS.modified)).replace("+00:00", "Z")
