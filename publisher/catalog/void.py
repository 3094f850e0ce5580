"""The same datasets as VoID: how much each holds, by class and by property, and where to fetch and ask it."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from regiolog.ontology.namespaces import FOAF, GEMEENTE, PREFIXES, VOID
from regiolog.publisher.catalog.holdings import Dataset, Holdings
from regiolog.publisher.catalog.sketch import Sketch
from regiolog.publisher.negotiation import JSON_LD, N_QUADS, N_TRIPLES, RDF_XML, TRIG, TURTLE
from regiolog.sync.statements.counting import Sums
from regiolog.sync.statements.statement import integer, literal

_FEATURES: Final = {
    N_QUADS: "N-Quads",
    TRIG: "TriG",
    TURTLE: "Turtle",
    N_TRIPLES: "N-Triples",
    JSON_LD: "JSON-LD",
    RDF_XML: "RDF_XML",
}
"""What the W3C calls the forms of RDF, in ``http://www.w3.org/ns/formats/``."""


def write(sketch: Sketch, told: Holdings) -> None:
    """Say how much the datasets hold that are graphs."""
    sketch.typed(sketch.here, f"{VOID}DatasetDescription")
    sketch.link(sketch.here, f"{FOAF}primaryTopic", told.now.iri)
    for space in (f"{told.base}id/", GEMEENTE):
        sketch.say(told.now.iri, f"{VOID}uriSpace", literal(space))
    for dataset in (told.now, told.history, *told.sources):
        _dataset(sketch, told, dataset)


def _dataset(sketch: Sketch, told: Holdings, dataset: Dataset) -> None:
    name = dataset.iri
    sketch.typed(name, f"{VOID}Dataset")
    sketch.link(name, f"{VOID}sparqlEndpoint", f"{told.base}sparql")
    for distribution in dataset.distributions:
        sketch.link(name, f"{VOID}dataDump", f"{told.base}{distribution.path}")
        sketch.link(name, f"{VOID}feature", f"http://www.w3.org/ns/formats/{_FEATURES[distribution.form]}")
    if dataset.sums is not None:
        _sums(sketch, dataset, dataset.sums)


def _sums(sketch: Sketch, dataset: Dataset, sums: Sums) -> None:
    name = dataset.iri
    for predicate, number in (
        ("triples", sums.triples),
        ("distinctSubjects", sums.subjects),
        ("distinctObjects", sums.objects),
        ("classes", len(sums.classes)),
        ("properties", len(sums.properties)),
    ):
        sketch.say(name, f"{VOID}{predicate}", integer(number))
    for kind, part, counted, parts in (
        ("class", "classPartition", "entities", sums.classes),
        ("property", "propertyPartition", "triples", sums.properties),
    ):
        for term, number in parts.items():
            node = sketch.of(f"{dataset.name}-{kind}-{short(term[1:-1])}")
            sketch.link(name, f"{VOID}{part}", node)
            sketch.typed(node, f"{VOID}Dataset")
            sketch.say(node, f"{VOID}{kind}", term)
            sketch.say(node, f"{VOID}{counted}", integer(number))
    used = [*sums.classes, *sums.properties]
    for namespace in PREFIXES.values():
        if any(term.startswith(f"<{namespace}") for term in used):
            sketch.link(name, f"{VOID}vocabulary", namespace)


def short(term: str) -> str:
    """A term as part of a name: its prefix and what follows, else all of it, so that no two are alike."""
    for prefix, namespace in PREFIXES.items():
        if term.startswith(namespace):
            return f"{prefix}.{quote(term.removeprefix(namespace), safe='')}"
    return quote(term, safe="")
