"""What the catalogue says of sources, and how much it counts: neither more nor less than there is."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pyoxigraph
import pytest
from flask import Flask
from flask.testing import FlaskClient
from pyoxigraph import RdfFormat
from rdflib import RDF, RDFS, Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, FOAF, VOID

from regiolog.publisher.app import create_app
from regiolog.publisher.beginning import load_archive
from regiolog.publisher.service import Service
from regiolog.publisher.settings import Settings
from regiolog.sync.archive.credits import COLLECTIONS, PUBLISHERS
from regiolog.sync.folder import Folder
from tests.builders import TurnedClock
from tests.publisher.catalogues import BASE, DCAT, HERE, REGISTER, one, read


@pytest.fixture(scope="module")
def said(app: Flask) -> Graph:
    """The catalogue."""
    return read(app.test_client())


# Sources.


def test_statbel_is_named_with_its_licence(said: Graph, client: FlaskClient) -> None:
    """As its licence asks: as a source of the register, to programs and to people."""
    (cited,) = (each for each in said.objects(REGISTER, DCTERMS.source) if "statbel" in str(each))
    assert "Statbel" in str(one(said, one(said, cited, DCTERMS.publisher), FOAF.name))
    assert "statbel" in str(one(said, cited, DCTERMS.license))
    page = client.get("/catalog.html").text
    assert "Statbel" in page
    assert "the source must be named" in page


def test_each_source_is_a_dataset_of_its_own_publisher(said: Graph, client: FlaskClient) -> None:
    """With its licence, where it states one; that it states none is said too, and never taken for ours."""
    sources = {each for each in said.objects(HERE, DCAT.dataset) if str(each).startswith(f"{BASE}graph/source/")}
    assert {str(each).rpartition("/")[2] for each in sources} == {"abb", "pinc"}
    for source in sources:
        key = str(source).rpartition("/")[2]
        thing = Graph().parse(data=client.get(f"/doc/source/{key}.ttl").data, format="turtle")
        publisher = one(said, source, DCTERMS.publisher)
        assert publisher == URIRef(f"{BASE}id/source/{key}")
        assert str(one(said, publisher, FOAF.name)) == str(one(thing, publisher, RDFS.label))
        assert set(said.objects(source, DCTERMS.license)) == set(thing.objects(publisher, DCTERMS.license))
        assert (REGISTER, DCTERMS.source, source) in said
        assert (URIRef(f"{BASE}graph/history"), DCTERMS.source, source) in said


def test_the_collections_are_those_of_the_readme() -> None:
    """What is told of the archive's documents in words, and what the catalogue tells, are of the same ones."""
    readme = (Path(__file__).parents[2] / "sync" / "archive" / "README.md").read_text(encoding="utf-8")
    rows = dict(
        re.findall(r"^\| `([^`|]+)` \| ([^|]+) \|", readme.partition("| prefix | collection |")[2], re.MULTILINE)
    )
    assert set(rows) == {each.prefix for each in COLLECTIONS}
    assert {each.publisher for each in COLLECTIONS} == set(PUBLISHERS)
    for each in COLLECTIONS:
        (row,) = re.findall(rf"^\| `{re.escape(each.prefix)}` .+$", readme, re.MULTILINE)
        assert ("none stated" in row) is (each.licence is None)
        assert ("MIT" in row) is (each.licence == "https://spdx.org/licenses/MIT")


def test_only_what_is_rested_on_is_named(service: Service, tmp_path: Path) -> None:
    """A register without what the publishers said does not claim to have it from them."""
    clock = TurnedClock(datetime(2026, 6, 1, 12, tzinfo=UTC))
    folder = Folder(tmp_path / "register", create=True, clock=clock)
    load_archive(folder.journal, None, leave_out=("abb", "provincies-in-cijfers"), clock=clock)
    folder.close()
    with Service.open(Settings(data=tmp_path / "register", workers=1), clock=clock) as opened:
        graph = Graph().parse(data=create_app(opened).test_client().get("/catalog.nt").data, format="nt")
    assert not [each for each in graph.objects(HERE, DCAT.dataset) if "/graph/source/" in str(each)]
    sources = {str(each) for each in graph.objects(REGISTER, DCTERMS.source)}
    assert f"{BASE}catalog#cited-statbel-refnis" in sources
    for each in graph.objects(REGISTER, DCTERMS.source):
        assert (each, DCTERMS.publisher, None) in graph


# VoID.


def counted(lines: bytes) -> tuple[dict[str, int], Counter[str], Counter[str]]:
    """What a dump holds, counted by a reader of it: in all, by class and by property."""
    triples = {quad.triple for quad in pyoxigraph.parse(lines, RdfFormat.N_TRIPLES)}
    every = {
        "triples": len(triples),
        "distinctSubjects": len({each.subject for each in triples}),
        "distinctObjects": len({each.object for each in triples}),
    }
    classes = Counter(str(each.object)[1:-1] for each in triples if each.predicate.value == str(RDF.type))
    return every, classes, Counter(each.predicate.value for each in triples)


@pytest.mark.parametrize("path", ["graph/now", "graph/source/abb", "graph/source/pinc"])
def test_what_is_counted_is_what_the_dump_holds(said: Graph, client: FlaskClient, path: str) -> None:
    """Triples, things of each class, triples of each property: no more, and none left out."""
    with client.get(f"/{path}.nt") as dump:
        every, classes, properties = counted(dump.data)
    dataset = REGISTER if path == "graph/now" else URIRef(f"{BASE}{path}")
    for name, number in every.items():
        assert one(said, dataset, VOID[name]) == Literal(number)
    for part, of, how, expected in (
        (VOID.classPartition, VOID["class"], VOID.entities, classes),
        (VOID.propertyPartition, VOID.property, VOID.triples, properties),
    ):
        told = {str(one(said, node, of)): one(said, node, how) for node in said.objects(dataset, part)}
        assert told == {name: Literal(number) for name, number in expected.items()}
        assert len(set(said.objects(dataset, part))) == len(expected) > 0
    assert one(said, dataset, VOID.classes) == Literal(len(classes))
    assert one(said, dataset, VOID.properties) == Literal(len(properties))
    assert URIRef(f"{BASE}{path}.nt.gz") in set(said.objects(dataset, VOID.dataDump))
    used = {*classes, *properties}
    assert all(any(name.startswith(str(each)) for name in used) for each in said.objects(dataset, VOID.vocabulary))
