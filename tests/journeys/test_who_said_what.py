"""The consumer and the auditor ask who said what, and when: claims, proposals, structures and divergences.

Like every golden answer, these are asked by named query, by plain SPARQL, and on ``graph/history`` alone.
"""

from __future__ import annotations

import pytest

from tests.journeys.conftest import PREFIXES, Plain, Served


@pytest.mark.parametrize(
    ("at", "standing"), [("2020-10-08", 0), ("2021-01-01", 13), ("2021-03-12", 1), ("2022-02-03", 1), ("2022-02-04", 0)]
)
def test_g5_thirteen_proposed_and_settled_region_by_region(
    served: Served, plain: Plain, at: str, standing: int
) -> None:
    """The note of 9 October 2020 proposed thirteen; twelve were settled in March 2021, Limburg in February 2022."""
    rows = served.query("regions", at=at)
    assert [row["status"] for row in rows].count("proposed") == standing
    assert "demarcated" not in {row["status"] for row in rows} or at >= "2021-03-12"
    asked = plain.sparql(
        PREFIXES
        + f"""PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
        SELECT ?key {{ GRAPH <graph/proposal/VR-2020-10-09> {{
            ?r a rl:ProposedRegion ; dcterms:identifier ?key ; rl:begins ?from ; rl:ends ?until
            FILTER(?from <= "{at}"^^xsd:date && ?until > "{at}"^^xsd:date) }} }}""",
        at=at,
    )
    assert sorted(row["key"] for row in asked) == [row["region_key"] for row in rows if row["status"] == "proposed"]


def test_g5_nobody_knew_of_a_proposal_before_it_was_made(served: Served) -> None:
    """And while it stood, nobody knew what would settle it."""
    assert served.query("regions", at="2021-01-01", known="2020-10-08") == []
    assert len(served.query("regions", at="2021-01-01", known="2020-10-09")) == 13
    assert len(served.query("regions", at="2022-03-01", known="2021-12-01")) == 18


@pytest.mark.parametrize(
    ("day", "region"), [("2022-12-03", "waasland"), ("2022-12-10", "regio-antwerpen"), ("2022-12-23", "waasland")]
)
def test_g4_said_taken_back_and_said_again(served: Served, plain: Plain, day: str, region: str) -> None:
    """Provincies in Cijfers moved Zwijndrecht, took it back within the week, and moved it again."""
    said = served.query("said", nis="11056", at=day, known=day)
    assert [row["region_key"] for row in said if row["source"] == "pinc"] == [region]
    asked = plain.sparql(
        PREFIXES
        + """SELECT ?key {
            GRAPH <graph/source/pinc> { <https://data.vlaanderen.be/id/gemeente/11056> geo:sfWithin ?region }
            ?region a rl:ReferenceRegion ; dcterms:identifier ?key }""",
        at=day,
        known=day,
    )
    assert asked == [{"key": region}]


def test_g4_every_period_is_told(served: Served) -> None:
    """Without a moment, all that was ever said of it, with when it was known."""
    rows = [row for row in served.query("said", nis="11056") if row["source"] == "pinc"]
    assert [(row["region_key"], row["valid_from"], row["known_to"][:10]) for row in rows] == [
        ("regio-antwerpen", "2022-02-17", "2022-11-30"),
        ("waasland", "2022-12-01", "2022-12-05"),
        ("regio-antwerpen", "2022-12-06", "2022-12-21"),
        ("waasland", "2022-12-22", "2025-01-19"),
    ]


@pytest.mark.parametrize("nis", ["44001", "44011"])
def test_g17_what_was_never_true_and_withdrawn(served: Served, plain: Plain, nis: str) -> None:
    """The agency put Aalter and Deinze as they were before 2019 in Regio Gent, and withdrew it: both stay visible."""
    (row,) = served.query("said", nis=nis)
    assert (row["source"], row["region_key"], row["valid_from"]) == ("abb", "regio-gent", "2022-06-14")
    assert (row["known_from"], row["known_to"]) == ("2022-06-13T22:00:00Z", "2023-01-30T23:00:00Z")
    asking = (
        PREFIXES
        + f"""SELECT ?key {{
            GRAPH <graph/source/abb> {{ <https://data.vlaanderen.be/id/gemeente/{nis}> geo:sfWithin ?region }}
            ?region dcterms:identifier ?key }}"""
    )
    assert plain.sparql(asking, at="2022-07-01", known="2022-07-01") == [{"key": "regio-gent"}]
    assert plain.sparql(asking, at="2022-07-01", known="2023-02-01") == []


INTER_MUNICIPAL = {
    "Dienstverlenende vereniging",
    "Opdrachthoudende vereniging",
    "Opdrachthoudende vereniging met private deelname",
    "Projectvereniging",
}


def test_g16_structures_that_straddle_regions(served: Served, plain: Plain) -> None:
    """77 when the agency first published members; none in 2022, since nobody had said who takes part."""
    rows = served.query("straddling", at="2023-08-29")
    between = [row for row in rows if set(row["type"].split("; ")) <= INTER_MUNICIPAL]
    assert len(between) == 77
    assert {row["name"]: row["regions"] for row in rows if row["name"] in {"Cipal", "TMVS"}} == {
        "Cipal": "15",
        "TMVS": "14",
    }
    assert served.query("straddling", at="2022-02-04") == []
    asked = plain.sparql(
        PREFIXES
        + """SELECT ?name (COUNT(DISTINCT ?region) AS ?n) {
            ?membership a org:Membership ; org:organization ?cooperation ; rl:municipality/geo:sfWithin ?region .
            ?region a rl:ReferenceRegion . ?cooperation a rl:Cooperation ; rdfs:label ?name
        } GROUP BY ?cooperation ?name HAVING (COUNT(DISTINCT ?region) > 1)""",
        at="2023-08-29",
    )
    assert sorted((row["name"], row["n"]) for row in asked) == sorted((row["name"], row["regions"]) for row in rows)


def test_the_agency_still_says_regio_antwerpen_in_2025(served: Served) -> None:
    """Two years after the decree, and after the municipality itself has ended."""
    rows = served.query("divergences", at="2025-02-19")
    (row,) = [row for row in rows if row["subject"].endswith("/gemeente/11056")]
    assert (row["source"], row["source_says"]) == ("abb", "regio-antwerpen")
    assert row["register_says"] == "ended on 2025-01-01: became 46030 in waasland"
    (before,) = [
        row
        for row in served.query("divergences", at="2024-12-31")
        if row["subject"].endswith("/gemeente/11056") and row["source"] == "abb"
    ]
    assert (before["source_says"], before["register_says"]) == ("regio-antwerpen", "waasland")
    assert (before["known_from"], before["decision"]) == ("2023-03-08T23:00:00Z", "REGIODECREET")


def test_members_that_have_ended_are_divergences(served: Served) -> None:
    """254 memberships in 73 structures name municipalities that ended in 2025; a merger moves no membership."""
    rows = [row for row in served.query("divergences") if row["source_says"].startswith("member ")]
    assert (len(rows), len({row["subject"] for row in rows})) == (254, 73)
    assert {row["source"] for row in rows} == {"abb"}
    assert [
        row for row in served.query("divergences", at="2024-12-31") if row["source_says"].startswith("member ")
    ] == []
