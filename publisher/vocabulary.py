"""``/ns``: our own vocabulary with its code lists, and the shapes and the context that belong to it."""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

from flask import Blueprint, Response
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import RDF, RDFS, SKOS

from regiolog.ontology import documents
from regiolog.ontology.namespaces import PREFIXES, RL
from regiolog.publisher import answers, negotiation, pages
from regiolog.publisher.asking import asked
from regiolog.publisher.negotiation import HTML, JSON_LD, N_TRIPLES, RDF_XML, TURTLE, Format

room: Final = Blueprint("vocabulary", __name__)

FORMATS: Final = (TURTLE, JSON_LD, N_TRIPLES, RDF_XML, HTML)
"""The forms in which the vocabulary can be had."""

_NAMES: Final = {JSON_LD: "json-ld", N_TRIPLES: "nt", RDF_XML: "xml", TURTLE: "turtle"}

_FILES: Final = {"ns": (documents.VOCABULARY, documents.CODE_LISTS), "shapes": (documents.SHAPES, documents.FEED)}


class Described(NamedTuple):
    """A term as the page shows it.

    Attributes:
        name: Its name behind ``#``.
        kind: What it is.
        labels: What it is called, by language.
        definitions: What it means, by language.
    """

    name: str
    kind: str
    labels: dict[str, str]
    definitions: dict[str, str]


@room.get("/ns")
def vocabulary() -> Response:
    """The vocabulary and its code lists."""
    return _served("ns", negotiation.choose(FORMATS))


@room.get("/ns.<suffix>")
def in_form(suffix: str) -> Response:
    """The same, in the form that the address names."""
    return _served("ns", negotiation.choose(FORMATS, suffix))


@room.get("/ns/shapes")
def shapes() -> Response:
    """What holds of every snapshot, and of every member of the feed, as SHACL."""
    return _served("shapes", negotiation.choose(FORMATS[:-1]))


@room.get("/ns/shapes.<suffix>")
def shapes_in_form(suffix: str) -> Response:
    """The same, in the form that the address names."""
    return _served("shapes", negotiation.choose(FORMATS[:-1], suffix))


@room.get("/ns/context.jsonld")
def context() -> Response:
    """The context of our JSON-LD."""
    asked(optional=())
    body = documents.document(documents.CONTEXT)
    etag = answers.tag(body)
    return answers.not_modified(etag) if answers.unchanged(etag) else answers.send(body, JSON_LD.content_type, etag)


def _served(what: str, form: Format) -> Response:
    asked(optional=())
    if form is HTML:
        return pages.plain("vocabulary.html", terms=described(), namespace=RL)
    # The order of what is written may differ from process to process; what it says is that of our files.
    etag = answers.tag(*map(documents.document, _FILES[what]), form.suffix)
    if answers.unchanged(etag):
        return answers.not_modified(etag, weak=True)
    return answers.send(_written(what, form), form.content_type, etag, weak=True)


@cache
def described() -> tuple[Described, ...]:
    """Every term of ours, in the order of its name."""
    graph = documents.vocabulary()
    found = []
    for subject in set(graph.subjects(RDF.type)):
        if isinstance(subject, URIRef) and subject.startswith(RL) and subject != URIRef(RL):
            kind = min(str(each) for each in graph.objects(subject, RDF.type))
            found.append(
                Described(
                    subject.removeprefix(RL),
                    kind.rpartition("#")[2],
                    _texts(graph, subject, RDFS.label) | _texts(graph, subject, SKOS.prefLabel),
                    _texts(graph, subject, SKOS.definition),
                )
            )
    return tuple(sorted(found))


def _texts(graph: Graph, subject: URIRef, predicate: URIRef) -> dict[str, str]:
    return {each.language or "": str(each) for each in graph.objects(subject, predicate) if isinstance(each, Literal)}


@cache
def _written(what: str, form: Format) -> bytes:
    graph = documents.graph(*_FILES[what])
    for prefix, namespace in PREFIXES.items():
        graph.bind(prefix, namespace)
    if form is N_TRIPLES:
        return b"".join(sorted(graph.serialize(format="nt", encoding="utf-8").splitlines(keepends=True)))
    return graph.serialize(format=_NAMES[form], encoding="utf-8")
