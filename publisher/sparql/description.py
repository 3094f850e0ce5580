"""What the SPARQL endpoint says of itself (SPARQL 1.1 Service Description), true at whatever address it is asked.

Where a form of RDF has relative addresses, it is described by these: whoever reads them resolves them against the
address that was really asked (RFC 3986, section 5.1), which no service behind a proxy knows for certain. N-Triples has
none, and names the address as the service knows it, for which the setting ``proxies`` is.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from string import Template
from typing import Final
from urllib.parse import quote

from flask import Response, request
from rdflib import RDF, Graph, Namespace, URIRef
from rdflib.term import Node

from regiolog.publisher import answers
from regiolog.publisher.asking import moment, service
from regiolog.publisher.negotiation import JSON_LD, N_TRIPLES, RDF_XML, TURTLE, Format
from regiolog.sync.queries.workers import size_in_words

SD: Final = Namespace("http://www.w3.org/ns/sparql-service-description#")

_HERE: Final = "http://here.invalid/"
"""Stands for the address that was asked, until it is known how to write it."""

_STRAY: Final = re.compile("%(?![0-9A-Fa-f]{2})")
_RDFLIB: Final = {TURTLE: "turtle", N_TRIPLES: "nt", JSON_LD: "json-ld", RDF_XML: "xml"}


def answer(form: Format) -> Response:
    """The description, in one of the forms of RDF."""
    described = _described(_asked(), request.base_url) if form is N_TRIPLES else _described("", "")
    etag = answers.tag(form.media_type, *sorted(" ".join(term.n3() for term in triple) for triple in described))
    if answers.unchanged(etag):
        return answers.not_modified(etag, weak=True)
    body = described.serialize(format=_RDFLIB[form], encoding="utf-8")
    return answers.send(body, form.content_type, etag, weak=True)


def _asked() -> str:
    """The address that was asked, with what follows a question mark: that may be a moment."""
    query = _STRAY.sub("%25", quote(request.query_string, safe="!$&'()*+,/:;=?@%"))
    return f"{request.base_url}?{query}" if query else request.base_url


def _described(address: str, path: str) -> Graph:
    """The description.

    Args:
        address: How to write the address that was asked; empty where addresses are relative to it.
        path: The same without what follows a question mark.
    """
    here = service()
    history, limits = here.history(), here.settings
    text = Template(_file()).substitute(
        base=history.base_iri,
        endpoint=path,
        query_bytes=size_in_words(limits.query_bytes),
        query_depth=limits.query_depth,
        graphs=limits.graphs,
        deadline=f"{limits.deadline:g}",
        share=f"{limits.share:g}",
        memory=size_in_words(limits.memory),
        answer_rows=limits.answer_rows,
        answer_bytes=size_in_words(limits.answer_bytes),
    )
    described = Graph().parse(data=text, format="turtle", publicID=_HERE)
    for name in here.graphs.ranging(history, moment({})):
        graph = URIRef(f"{_HERE}#{name.removeprefix(history.base_iri)}")
        described.add((graph, RDF.type, SD.NamedGraph))
        described.add((graph, SD.name, URIRef(name)))
        for collection in ("dataset", "graphs"):
            described.add((URIRef(f"{_HERE}#{collection}"), SD.namedGraph, graph))
    for triple in list(described):
        subject, predicate, value = (_written(term, address) for term in triple)
        described.remove(triple)
        described.add((subject, predicate, value))
    return described


def _written(term: Node, address: str) -> Node:
    """A term, with the address that was asked as it is to be written."""
    is_here = isinstance(term, URIRef) and term.startswith(_HERE)
    return URIRef(address + str(term).removeprefix(_HERE)) if is_here else term


@cache
def _file() -> str:
    return resources.files("regiolog.publisher.sparql").joinpath("service-description.ttl").read_text(encoding="utf-8")
