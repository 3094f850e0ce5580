"""The documents ship with the package, parse offline, and the context speaks of the right IRIs."""

from __future__ import annotations

import json
import socket
from typing import Any

import pyoxigraph
import pytest
from rdflib import Graph, Literal, URIRef
from rdflib.compare import isomorphic

from regiolog.ontology import documents, terms
from regiolog.ontology.namespaces import PREFIXES, XSD
from tests.ontology.samples import NAMES, sample


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here may reach out."""

    def refuse(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("a document was about to be fetched")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def read_json_ld(text: str) -> Graph:
    """What a JSON-LD document says, to a reader that is not the writer."""
    quads = pyoxigraph.parse(text, format=pyoxigraph.RdfFormat.JSON_LD, base_iri="http://example.org/")
    data = pyoxigraph.serialize((quad.triple for quad in quads), format=pyoxigraph.RdfFormat.N_TRIPLES)
    return Graph().parse(data=data, format="nt")


def expanded(node: dict[str, Any]) -> Graph:
    """What a JSON-LD node says under our context."""
    return read_json_ld(json.dumps({"@context": documents.context(), **node}))


@pytest.mark.parametrize("name", [documents.VOCABULARY, documents.CODE_LISTS, documents.SHAPES])
def test_turtle_documents_parse(name: str) -> None:
    """Every Turtle document that ships is Turtle."""
    assert len(documents.graph(name)) > 0


def test_documents_have_their_media_types() -> None:
    """Every document is there, with the media type it is served under."""
    assert all(documents.document(name) for name in documents.DOCUMENTS)
    assert set(documents.DOCUMENTS.values()) == {"text/turtle", "application/ld+json"}


def test_there_are_no_other_documents() -> None:
    """A name that is not in the list opens no file."""
    with pytest.raises(KeyError):
        documents.document("../pyproject.toml")


def test_documents_use_the_prefixes_of_the_table() -> None:
    """Where a document binds a prefix that our table has, it binds it to the same namespace."""
    for name in (documents.VOCABULARY, documents.CODE_LISTS, documents.SHAPES):
        for line in documents.document(name).decode().splitlines():
            if line.startswith("@prefix"):
                _, prefix, namespace, _ = line.split()
                assert PREFIXES.get(prefix.rstrip(":"), namespace[1:-1]) == namespace[1:-1]


def test_the_context_has_the_prefixes_of_the_table() -> None:
    """The context binds every prefix of the table to its namespace."""
    context = documents.context()
    assert {prefix: context[prefix] for prefix in PREFIXES} == dict(PREFIXES)


def test_the_context_expands_an_assignment() -> None:
    """Readable keys and words become the right IRIs, days become dates."""
    said = expanded(
        {
            "id": "#a",
            "type": "Assignment",
            "municipality": "https://data.vlaanderen.be/id/gemeente/11056",
            "status": "status-assigned",
            "evidence": "evidence-derived",
            "begins": "2023-03-19",
            "sourceText": "pinc",
            "comment": {"en": "the annex is not held"},
        }
    )
    subject = URIRef("http://example.org/#a")
    assert set(said) == {
        (subject, URIRef(terms.RDF_TYPE), URIRef(terms.RL_ASSIGNMENT)),
        (
            subject,
            URIRef(terms.RL_HAS_MUNICIPALITY),
            URIRef("https://data.vlaanderen.be/id/gemeente/11056"),
        ),
        (subject, URIRef(terms.ADMS_STATUS), URIRef(terms.RL_STATUS_ASSIGNED)),
        (subject, URIRef(terms.RL_EVIDENCE), URIRef(terms.EVIDENCE["derived"])),
        (subject, URIRef(terms.RL_BEGINS), Literal("2023-03-19", datatype=URIRef(XSD + "date"))),
        (subject, URIRef(terms.DC_SOURCE), Literal("pinc")),
        (subject, URIRef(terms.RDFS_COMMENT), Literal("the annex is not held", lang="en")),
    }


@pytest.mark.parametrize("name", NAMES)
def test_what_is_published_survives_the_context(name: str) -> None:
    """Written with the context and read again, a graph says the same; every property has a readable key."""
    said = sample(name)
    text = said.serialize(format="json-ld", context=documents.context())
    assert isomorphic(read_json_ld(text), said)
    keys = {key for node in json.loads(text)["@graph"] for key in node}
    assert not {key for key in keys if ":" in key or key.startswith("@")}


def test_documents_cannot_be_changed_by_who_reads_them() -> None:
    """Each reader gets a graph and a context of its own."""
    documents.context().clear()
    documents.vocabulary().remove((None, None, None))
    assert documents.context()
    assert len(documents.vocabulary()) > 0
