"""From events to statements: what each kind of event makes the graph say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from regiolog.sync.folder import Folder
from tests.builders import Record, TurnedClock, decision, said, small_register, tell
from tests.sync.shown import MUNICIPALITY, ours, short


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    """A data folder with a small register in it: its next event is the seventh."""
    folder = Folder(tmp_path, create=True, clock=TurnedClock())
    tell(folder.journal, *small_register())
    yield folder
    folder.close()


def about(folder: Folder, iri: str, at: str) -> set[str]:
    """What the head says of a thing on a day, as property and value."""
    history = folder.history()
    key = history.key(date.fromisoformat(at), history.position)
    return {f"{short(each.predicate)} {short(each.object)}" for each in history.at(iri, key)}


def test_a_municipality_on_a_day(folder: Folder) -> None:
    """Its key, name, class, province and region."""
    assert about(folder, f"{MUNICIPALITY}10001", "2021-01-01") == {
        'dcterms:identifier "10001"',
        'rdfs:label "Dorp 1"@nl',
        "rdf:type rl:Municipality",
        "geo:sfWithin </province/10000>",
        "geo:sfWithin </region/noord>",
    }


def test_an_assignment_is_a_node_too(folder: Folder) -> None:
    """The node says on what the assignment rests, and goes on when another decision confirms it."""
    tell(
        folder.journal,
        said(
            "assignments-were-confirmed",
            "2022-01-01",
            decision="D2",
            assignments={"10001": "noord"},
            evidence="derived",
            note="the annex is not held",
            source=["http://example.org/list", "een krant"],
        ),
    )
    node = ours("event/6#assignment-10001")
    always = {
        "rdf:type rl:Assignment",
        "rl:municipality <m/10001>",
        "rl:region </region/noord>",
        "adms:status rl:status-assigned",
        'rl:begins "2020-02-01"^^xsd:date',
    }
    assert about(folder, node, "2021-01-01") == always | {
        "rl:basis </decision/D1>",
        "rl:evidence rl:evidence-published",
    }
    assert about(folder, node, "2022-01-01") == always | {
        "rl:basis </decision/D2>",
        "rl:evidence rl:evidence-derived",
        'rdfs:comment "the annex is not held"@en',
        "dcterms:source <http://example.org/list>",
        'dc:source "een krant"',
    }
    history = folder.history()
    within = [each for each in history.about(f"{MUNICIPALITY}10001") if "region/noord" in each.statement.object]
    assert len(within) == 1, "that it is in the region was said once"


def test_pending(folder: Folder) -> None:
    """A pending municipality is in no region, and the node says by which decision."""
    tell(folder.journal, said("municipalities-were-left-pending", municipalities=["10005"]))
    assert about(folder, ours("event/7#assignment-10005"), "2021-01-01") >= {
        "adms:status rl:status-pending",
        "rl:basis </decision/D1>",
    }
    assert not any("region" in each for each in about(folder, f"{MUNICIPALITY}10005", "2021-01-01"))


MERGER = said(
    "municipalities-were-merged",
    "2022-01-01",
    merged=["10001", "10002"],
    into={"nis": "20001", "name": "Groot", "province": "40000", "region": "noord"},
)


def test_a_merger(folder: Folder) -> None:
    """The old end, the new begins, each points at the other, and the merger is a node of its own."""
    tell(folder.journal, MERGER)
    assert about(folder, f"{MUNICIPALITY}10001", "2022-01-01") == {
        'dcterms:identifier "10001"',
        'rdfs:label "Dorp 1"@nl',
        'rl:ends "2022-01-01"^^xsd:date',
        "dcterms:isReplacedBy <m/20001>",
    }
    assert about(folder, f"{MUNICIPALITY}20001", "2022-01-01") == {
        'dcterms:identifier "20001"',
        'rdfs:label "Groot"@nl',
        'rl:begins "2022-01-01"^^xsd:date',
        "rdf:type rl:Municipality",
        "geo:sfWithin </province/40000>",
        "geo:sfWithin </region/noord>",
        "dcterms:replaces <m/10001>",
        "dcterms:replaces <m/10002>",
    }
    assert about(folder, ours("event/7#merger"), "2022-01-01") == {
        "rdf:type rl:Merger",
        "rl:mergedFrom <m/10001>",
        "rl:mergedFrom <m/10002>",
        "rl:mergedInto <m/20001>",
        'dcterms:date "2022-01-01"^^xsd:date',
        "rl:basis </decision/D1>",
        "rl:evidence rl:evidence-published",
    }
    assert about(folder, ours("event/7#merger"), "2021-12-31") == set()
    assert about(folder, f"{MUNICIPALITY}20001", "2021-12-31") == {
        'dcterms:identifier "20001"',
        'rl:begins "2022-01-01"^^xsd:date',
    }


def test_an_absorption(folder: Folder) -> None:
    """Who absorbs goes on, under the same code, in the same region on the same basis."""
    into = {"nis": "10001", "name": "Dorp 1", "province": "10000"}
    tell(folder.journal, {**MERGER, "into": into})
    absorbing = about(folder, f"{MUNICIPALITY}10001", "2022-01-01")
    assert "dcterms:replaces <m/10002>" in absorbing
    assert "rdf:type rl:Municipality" in absorbing
    assert not any("rl:ends" in each or "isReplacedBy" in each for each in absorbing)
    assert "rl:mergedFrom <m/10001>" in about(folder, ours("event/7#merger"), "2022-01-01")
    assert "rl:basis </decision/D1>" in about(folder, ours("event/6#assignment-10001"), "2023-01-01")


def test_a_decision(folder: Folder) -> None:
    """Its four dates are four properties, and a date that a source gives otherwise is a node."""
    tell(
        folder.journal,
        decision(
            "D3",
            decided="2021-03-12",
            adopted="2021-03-10",
            published="2021-03-20",
            in_force="2021-04-01",
            effect="an effect",
            regions_counted=17,
            standing="in force",
            remark="a gap",
            divergent_dates=[{"which": "decided", "value": "2021-03-21", "source": "a page"}],
        ),
        said("decision-was-linked", decision="D3", relation="implements", other="D1"),
        said("decision-was-superseded", "2023-01-01", decision="D3", superseded="D2"),
    )
    iri = ours("decision/D3")
    assert about(folder, iri, "2021-03-09") == {'dcterms:identifier "D3"'}
    assert about(folder, iri, "2021-03-10") == {
        'dcterms:identifier "D3"',
        "rdf:type rl:Decision",
        "eli:type_document rl:decision-decree",
        'dcterms:title "besluit D3"@nl',
        'dc:creator "Vlaamse Regering"@nl',
        'eli:date_document "2021-03-12"^^xsd:date',
        'dcterms:dateAccepted "2021-03-10"^^xsd:date',
        'eli:date_publication "2021-03-20"^^xsd:date',
        'eli:first_date_entry_in_force "2021-04-01"^^xsd:date',
        'dcterms:description "an effect"@en',
        'rl:regionsCounted "17"^^xsd:integer',
        'rl:standing "in force"@en',
        'rl:remark "a gap"@en',
        "rl:evidence rl:evidence-published",
        "rl:implements </decision/D1>",
        "rl:divergentDate </decision/D3#date-decided-2021-03-21>",
    }
    assert about(folder, f"{iri}#date-decided-2021-03-21", "2022-01-01") == {
        "rdf:type rl:DivergentDate",
        "rl:whichDate rl:date-decided",
        'dcterms:date "2021-03-21"^^xsd:date',
        'dc:source "a page"',
    }
    superseded = about(folder, ours("decision/D2"), "2023-01-01")
    assert {"adms:status rl:status-superseded", "dcterms:isReplacedBy </decision/D3>"} <= superseded
    assert "adms:status rl:status-superseded" not in about(folder, ours("decision/D2"), "2022-12-31")


@pytest.mark.parametrize(
    ("records", "iri", "at", "expected"),
    [
        (
            [said("region-was-announced", region="later"), said("region-lapsed", "2021-01-01", region="later")],
            "region/later",
            "2020-06-01",
            {"rdf:type rl:ReferenceRegion", "adms:status rl:status-announced", 'rl:ends "2021-01-01"^^xsd:date'},
        ),
        (
            [said("region-was-announced", region="later"), said("region-lapsed", "2021-01-01", region="later")],
            "region/later",
            "2021-01-01",
            {"adms:status rl:status-ended", 'dcterms:identifier "later"'},
        ),
        (
            [said("region-was-renamed", "2021-01-01", region="noord", name="Het Noorden")],
            "region/noord",
            "2021-01-01",
            {'rdfs:label "Het Noorden"@nl', "adms:status rl:status-demarcated", "rl:basis </decision/D1>"},
        ),
        (
            [said("subregion-was-designated", subregion="no", within="noord", name="Noordoost")],
            "subregion/no",
            "2021-01-01",
            {"rdf:type rl:SubRegion", "geo:sfWithin </region/noord>", 'rdfs:label "Noordoost"@nl'},
        ),
        (
            [said("municipality-boundary-was-changed", municipalities=["10001", "10003"], description="een wei")],
            "event/7#boundary",
            "2021-01-01",
            {"rdf:type rl:BoundaryChange", "rl:municipality <m/10001>", 'dcterms:description "een wei"@nl'},
        ),
    ],
)
def test_regions_and_boundaries(folder: Folder, records: list[Record], iri: str, at: str, expected: set[str]) -> None:
    """Regions are announced, lapse, are renamed and divided; a boundary change is a node."""
    tell(folder.journal, *records)
    assert expected <= about(folder, ours(iri), at)


def test_an_announced_region_that_is_designated_keeps_its_address(folder: Folder) -> None:
    """A published address is a promise: the official one that comes later is a match."""
    tell(
        folder.journal,
        said("region-was-announced", region="later"),
        said("region-was-designated", "2021-01-01", region="later", name="Later", iri="http://example.org/later"),
    )
    assert "owl:sameAs <http://example.org/later>" in about(folder, ours("region/later"), "2021-01-01")


def test_an_authority_is_linked_and_not_merged(folder: Folder) -> None:
    """The local authority is a thing of its own, with its area and its numbers."""
    authority = {
        "authority": "http://example.org/a",
        "area": "http://example.org/b",
        "kbo": "0123456789",
        "ovo": "OVO000001",
    }
    tell(
        folder.journal,
        {"kind": "authorities-were-linked", "authorities": {"10001": authority}, "source": ["a list"]},
    )
    assert "rl:authority <http://example.org/a>" in about(folder, f"{MUNICIPALITY}10001", "2021-01-01")
    assert about(folder, "http://example.org/a", "2021-01-01") == {
        "rdf:type besluit:Bestuurseenheid",
        "besluit:werkingsgebied <http://example.org/b>",
        'dcterms:identifier "0123456789"',
        'skos:notation "OVO000001"^^rl:ovoCode',
    }


def test_nothing_published_is_a_blank_node_or_an_organisation(folder: Folder) -> None:
    """Everything has an address, and a region is never an organisation."""
    tell(folder.journal, MERGER)
    history = folder.history()
    graph = history.triples(history.key(date(2023, 1, 1), history.position)).decode()
    assert "_:" not in graph
    assert "http://www.w3.org/ns/org#Organization" not in graph
