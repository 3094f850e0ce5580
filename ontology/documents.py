"""The documents of the ontology as they ship with the package: vocabulary, code lists, shapes and context."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any, Final

from rdflib import Graph

from regiolog.ontology.namespaces import RL

VOCABULARY: Final[str] = "vocabulary.ttl"
"""The classes, properties and datatypes of our own (OWL)."""

CODE_LISTS: Final[str] = "codelists.ttl"
"""The fixed words that statements use (SKOS)."""

SHAPES: Final[str] = "shapes.ttl"
"""What holds of every snapshot (SHACL)."""

FEED: Final[str] = "feed.ttl"
"""What every member of the feed passes (SHACL)."""

MEMBER_SHAPE: Final[str] = RL + "VersionObjectShape"
"""The shape in :data:`FEED` that a member passes."""

CONTEXT: Final[str] = "context.jsonld"
"""The readable keys of our JSON-LD."""

DOCUMENTS: Final[dict[str, str]] = {
    VOCABULARY: "text/turtle",
    CODE_LISTS: "text/turtle",
    SHAPES: "text/turtle",
    FEED: "text/turtle",
    CONTEXT: "application/ld+json",
}
"""Every document by its file name, with its media type."""


@cache
def document(name: str) -> bytes:
    """The bytes of a document, as published.

    Args:
        name: One of the names in :data:`DOCUMENTS`.

    Raises:
        KeyError: There is no such document.
    """
    if name not in DOCUMENTS:
        raise KeyError(name)
    return resources.files("regiolog.ontology").joinpath(name).read_bytes()


def graph(*names: str) -> Graph:
    """One new graph with the statements of the named Turtle documents; the caller may change it.

    Raises:
        KeyError: There is no such document.
    """
    merged = Graph()
    for name in names:
        merged.parse(data=document(name), format="turtle")
    return merged


def vocabulary() -> Graph:
    """The vocabulary and the code lists as one new graph: what ``/ns`` answers."""
    return graph(VOCABULARY, CODE_LISTS)


def shapes() -> Graph:
    """The shapes as a new graph."""
    return graph(SHAPES)


def context() -> dict[str, Any]:
    """The JSON-LD context: the value of ``@context``, as a new object."""
    parsed: dict[str, Any] = json.loads(document(CONTEXT))["@context"]
    return parsed
