"""The auditor who trusts nobody: every snapshot, rebuilt from ``graph/history`` alone, is the one that is served."""

from __future__ import annotations

import gzip

import pytest

from tests.journeys.conftest import Served
from tests.journeys.rebuilt import Rebuilt, comparable, instant_of

MOMENTS = [
    ("2018-01-01", "2018-01-01"),
    ("2021-01-01", "2020-10-09"),
    ("2021-06-01", "2021-06-01"),
    ("2022-02-04", "2022-02-06"),
    ("2022-06-15", "2022-06-16"),
    ("2022-12-03", "2022-12-03"),
    ("2022-12-10", "2022-12-10"),
    ("2023-03-18", "2023-03-09"),
    ("2023-04-01", "2023-03-08"),
    ("2023-08-29", "2023-08-30"),
    ("2024-12-31", "2024-09-01"),
    ("2025-01-01", "2024-04-18T21:59:59Z"),
    ("2025-01-01", "2024-04-18T22:00:00Z"),
    ("2026-01-01", "2025-02-01"),
]


@pytest.mark.parametrize(("at", "known"), MOMENTS)
def test_the_snapshot_of_any_moment_is_in_the_history(served: Served, rebuilt: Rebuilt, at: str, known: str) -> None:
    """The register's graph, each source's and each proposal's, triple by triple and byte by byte."""
    graphs = rebuilt.graphs(at, comparable(instant_of(known)))
    mine = {name[1:-1]: {f"{triple} ." for triple in triples} for name, triples in graphs.items()}
    theirs = {f"{rebuilt.base}id/register": served.get(f"graph/{at}/{known}.nt").text}
    for source in ("abb", "pinc"):
        answer = served.get(f"graph/source/{source}.nt", at=at, known=known)
        if answer.status_code == 200:
            theirs[f"{rebuilt.base}graph/source/{source}"] = answer.text
    proposal = served.get("graph/proposal/VR-2020-10-09.nt", known=known)
    theirs[f"{rebuilt.base}graph/proposal/VR-2020-10-09"] = proposal.text
    assert mine == {name: set(text.splitlines()) for name, text in theirs.items() if text.strip()}


def test_a_history_that_was_cut_earlier_is_the_beginning_of_the_whole(served: Served, rebuilt: Rebuilt) -> None:
    """What was known then is a history of its own, that says nothing of what came later, and never changes again."""
    answer = served.get("graph/history.nt", known="2022-12-03")
    assert "immutable" in answer.headers["Cache-Control"]
    then = Rebuilt(answer.content, rebuilt.base)
    edge = comparable(instant_of("2022-12-03"))
    assert max(node.known_from for node in then.nodes) <= edge
    assert all(node.known_to <= edge for node in then.nodes)
    for at in ("2021-06-01", "2022-12-03", "2025-01-01"):
        assert then.graphs(at, None) == rebuilt.graphs(at, edge)


def test_every_form_of_the_history_says_the_same(served: Served) -> None:
    """Turtle, TriG, N-Quads and JSON-LD of one thing's history, packed or not."""
    plain = served.get("graph/history/region/middenkust.nq")
    packed = served.get("graph/history/region/middenkust.nq.gz")
    assert gzip.decompress(packed.content) == plain.content
    assert served.get("graph/history/region/middenkust.nt").content == plain.content
    for form in ("ttl", "trig", "jsonld"):
        assert served.get(f"graph/history/region/middenkust.{form}").status_code == 200


def test_the_history_of_one_thing_is_part_of_the_whole(served: Served, rebuilt: Rebuilt) -> None:
    """A municipality with its assignments, claims and memberships; an event with what it opened and closed."""
    whole = set(served.get("graph/history.nt").text.splitlines())
    for thing in ("municipality/11056", "region/waasland", "event/64", "source/abb", "decision/REGIODECREET"):
        own = set(served.get(f"graph/history/{thing}.nt").text.splitlines())
        assert own, thing
        assert own <= whole, thing
    zwijndrecht = Rebuilt(served.get("graph/history/municipality/11056.nt").content, rebuilt.base)
    now = {triple for triples in zwijndrecht.graphs("2024-12-31", None).values() for triple in triples}
    everywhere = {triple for triples in rebuilt.graphs("2024-12-31", None).values() for triple in triples}
    subject = "<https://data.vlaanderen.be/id/gemeente/11056>"
    assert {each for each in everywhere if each.startswith(subject)} <= now


def test_events_are_activities_with_their_decisions(served: Served) -> None:
    """Who asks what made Zwijndrecht move finds the event, its kind, the decision and the act of deciding it."""
    rows = served.sparql(
        """
        PREFIX dcterms: <http://purl.org/dc/terms/>
        PREFIX prov: <http://www.w3.org/ns/prov#>
        PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
        PREFIX rl: <https://w3id.org/regiolog/ns#>
        SELECT ?kind ?decided ?decision WHERE {
          GRAPH <graph/history/municipality/11056> {
            ?node rdf:object ?waasland ; rdf:predicate rl:region ; prov:wasGeneratedBy ?event ; rl:graph ?register .
            ?event a rl:Event ; rl:eventKind ?kind ; prov:wasInformedBy ?act ; rl:basis ?decision .
          }
          GRAPH <graph/history/decision/REGIODECREET> { ?act a rl:DecisionMaking ; prov:generated ?decision .
            OPTIONAL { ?act dcterms:date ?decided } }
          ?waasland dcterms:identifier "waasland"
        }"""
    )
    assert rows == [
        {
            "kind": "https://w3id.org/regiolog/ns#event-municipality-was-reassigned",
            "decided": "2023-02-03",
            "decision": "http://localhost:8000/id/decision/REGIODECREET",
        }
    ]


def test_demarcations_and_changes_have_classes_of_their_own(served: Served) -> None:
    """Two demarcations; a change of organisations for each merger of municipalities, and for four of police zones."""
    text = served.get("graph/history.nt").text
    assert text.count("<https://w3id.org/regiolog/ns#Demarcation> .") == 2
    changes = served.sparql(
        """PREFIX org: <http://www.w3.org/ns/org#>
        SELECT (COUNT(DISTINCT ?c) AS ?n) (COUNT(?before) AS ?befores) {
          ?c a org:ChangeEvent . OPTIONAL { ?c org:originalOrganization ?before } }"""
    )
    assert changes == [{"n": "24", "befores": "52"}]
