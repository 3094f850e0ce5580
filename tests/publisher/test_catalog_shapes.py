"""The catalogue passes the published shapes of DCAT-AP 3.0.1, which lie beside the repository where they are to be had.

``shapes.ttl`` says what has to be there and ``range.ttl`` of which class it is. The terms of the lists that the second
asks about are typed in the catalogue itself. ``owl:imports`` are never followed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from flask import Flask
from pyshacl import validate
from rdflib import RDF, SH, Graph, URIRef
from rdflib.namespace import DCTERMS, FOAF
from rdflib.term import Node

from regiolog.publisher.app import create_app
from regiolog.publisher.catalog.words import Words, read_words
from regiolog.publisher.service import Service
from regiolog.publisher.settings import Settings
from tests.publisher.catalogues import BASE, DCAT, HERE, REGISTER, read

SHAPES: Final = Path(__file__).resolve().parents[3] / "shared" / "suites" / "dcat-ap-3.0.1"

pytestmark = pytest.mark.skipif(not SHAPES.is_dir(), reason="the shapes of DCAT-AP are not beside the repository")


EVERYTHING: Final = read_words(
    {
        "publisher": "https://example.org/id/organisation/1",
        "publisher_name": "An organisation",
        "contact_email": "desk@example.org",
        "licence": "https://creativecommons.org/publicdomain/zero/1.0/",
        "landing_page": "https://example.org/register",
        "theme": ["http://vocab.belgif.be/auth/datatheme/GOVE"],
        "status": ["https://metadata.vlaanderen.be/id/GDI-Vlaanderen-Trefwoorden/VLOPENDATA"],
    }
)

FAULTS: Final[dict[str, tuple[str, Callable[[Graph], object]]]] = {
    "a catalogue without a title": ("shapes", lambda graph: graph.remove((HERE, DCTERMS.title, None))),
    "a catalogue without a publisher": ("shapes", lambda graph: graph.remove((HERE, DCTERMS.publisher, None))),
    "a dataset without a description": ("shapes", lambda graph: graph.remove((REGISTER, DCTERMS.description, None))),
    "a distribution without an address": ("shapes", lambda graph: graph.remove((None, DCAT.accessURL, None))),
    "a service without an endpoint": ("shapes", lambda graph: graph.remove((None, DCAT.endpointURL, None))),
    "an agent without a name": ("shapes", lambda graph: graph.remove((None, FOAF.name, None))),
    "a series without a title": (
        "shapes",
        lambda graph: graph.remove((URIRef(f"{BASE}catalog#years"), DCTERMS.title, None)),
    ),
    "two frequencies": ("shapes", lambda graph: graph.add((REGISTER, DCTERMS.accrualPeriodicity, HERE))),
    "a publisher that is no agent": ("range", lambda graph: graph.remove((None, RDF.type, FOAF.Agent))),
    "a licence that is no licence": ("range", lambda graph: graph.remove((None, RDF.type, DCTERMS.LicenseDocument))),
    "a language that is none": ("range", lambda graph: graph.remove((None, RDF.type, DCTERMS.LinguisticSystem))),
    "a media type that is none": ("range", lambda graph: graph.remove((None, RDF.type, DCTERMS.MediaType))),
    "a version that is no dataset": (
        "range",
        lambda graph: graph.add((REGISTER, DCTERMS.hasVersion, URIRef("https://example.org/nothing"))),
    ),
}
"""What can be wrong with a catalogue, by which file of shapes finds it."""


def catalogue(service: Service, words: Words | None = None) -> Graph:
    """The catalogue as Turtle has it, with the words of a publisher."""
    settings = Settings(data=service.settings.data, workers=1, catalog=words or Words())
    with Service.open(settings, projecting=False, clock=service.clock) as opened:
        return read(create_app(opened).test_client())


def violations(graph: Graph, name: str) -> list[tuple[Node | None, Node | None]]:
    """What a file of shapes finds wrong: where, and of which property."""
    shapes = Graph().parse(SHAPES / f"{name}.ttl", format="turtle")
    _, report, _ = validate(
        graph,
        shacl_graph=shapes,
        advanced=True,
        inference="none",
        do_owl_imports=False,
        allow_infos=True,
        allow_warnings=True,
    )
    assert isinstance(report, Graph)
    return [
        (report.value(each, SH.focusNode), report.value(each, SH.resultPath))
        for each in report.subjects(RDF.type, SH.ValidationResult)
        if report.value(each, SH.resultSeverity) == SH.Violation
    ]


@pytest.mark.parametrize("words", [None, EVERYTHING], ids=["nothing said", "everything said"])
@pytest.mark.parametrize("name", ["shapes", "range", "deprecateduris"])
def test_d01_the_catalogue_passes(service: Service, name: str, words: Words | None) -> None:
    """Whether or not its publisher said anything: what is not known is left out, and nothing has to be made up."""
    graph = catalogue(service, words)
    assert len(graph) > 1000
    assert violations(graph, name) == []


@pytest.fixture(scope="module")
def whole(service: Service) -> Graph:
    """A catalogue to spoil."""
    return catalogue(service, EVERYTHING)


@pytest.mark.parametrize("fault", FAULTS)
def test_d01_the_shapes_notice_what_is_wrong(app: Flask, whole: Graph, fault: str) -> None:
    """A check that always passes would check nothing."""
    name, spoil = FAULTS[fault]
    graph = Graph()
    graph += whole
    spoil(graph)
    assert violations(graph, name) != []
