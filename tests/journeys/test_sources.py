"""The auditor asks who said what: claims, proposals and structures, against a naive reading of the tables."""

from __future__ import annotations

from collections import defaultdict

import pytest

from tests.facts import table, with_tables
from tests.journeys.conftest import Served


def said_by(source: str, day: str, published: str) -> dict[str, str]:
    """The region of every municipality that a source speaks of, after what it had published by a day.

    The first publications are the lists of the founding day; each later line of the log changes one municipality.
    """
    first = {"pinc": "2022-02-17", "abb": "2022-06-14"}[source]
    if published < first:
        return {}
    founding = {
        row["municipality_nis"]: row["region_key"]
        for row in table("region_members")
        if row["valid_from"] in {"2021-03-12", "2022-02-04"}
    }
    for row in sorted(table("publication_log"), key=lambda row: row["published_on"]):
        if row["source_key"] != source or not row["nis"] or row["published_on"] > published:
            continue
        if "valid 2025-01-01" in row["change"] and day < "2025-01-01":
            continue
        if row["region_after_key"]:
            founding[row["nis"]] = row["region_after_key"]
        else:
            founding.pop(row["nis"], None)
    return founding


@with_tables
@pytest.mark.parametrize("source", ["abb", "pinc"])
def test_what_a_source_said_on_every_day_it_published(served: Served, source: str) -> None:
    """All of its claims after each publication, as known that day, beside the log's own lines."""
    days = sorted({row["published_on"] for row in table("publication_log") if row["source_key"] == source})
    for day in days:
        rows = served.sparql(
            f"""PREFIX rl: <https://w3id.org/regiolog/ns#> PREFIX dcterms: <http://purl.org/dc/terms/>
            SELECT ?nis ?key {{
              GRAPH <graph/source/{source}> {{ ?claim rl:says rl:claim-region-of ; rl:municipality ?m ; rl:region ?r }}
              ?m dcterms:identifier ?nis . ?r dcterms:identifier ?key }}""",
            at=day,
            known=day,
        )
        assert {row["nis"]: row["key"] for row in rows} == said_by(source, day, day), day


@with_tables
def test_said_agrees_for_single_municipalities(served: Served) -> None:
    """The named query, on days before, between and after the publications that touch one municipality."""
    for nis in ("11056", "44001", "46030", "35013", "71022", "11002"):
        for day in ("2022-02-16", "2022-06-15", "2022-12-05", "2022-12-21", "2023-02-01", "2024-12-31", "2025-06-01"):
            answered = {
                row["source"]: row["region_key"]
                for row in (
                    [] if nis == "46030" and day < "2024-04-19" else served.query("said", nis=nis, at=day, known=day)
                )
            }
            expected = {source: said_by(source, day, day).get(nis) for source in ("abb", "pinc")}
            assert answered == {source: key for source, key in expected.items() if key}, (nis, day)


@with_tables
@pytest.mark.parametrize("day", ["2020-10-09", "2021-03-11", "2021-03-12", "2022-02-03", "2022-02-04", "2026-01-01"])
def test_proposals_stand_by_their_own_period(served: Served, day: str) -> None:
    """Each proposed region of the table, by its name, from its first day until it was settled."""
    rows = [row for row in table("regions") if row["status_code"] == "proposed"]
    standing = {row["region_key"]: row["name"] for row in rows if row["valid_from"] <= day < row["valid_to"]}
    answered = {
        row["region_key"]: row["name"] for row in served.query("regions", at=day) if row["status"] == "proposed"
    }
    assert answered == standing


@with_tables
def test_straddling_counts_as_the_tables_do(served: Served) -> None:
    """Regions and members of each of the 179 structures, worked out from members and the map of that day."""
    rows = {row["key"]: row for row in served.query("straddling", at="2023-08-29")}
    for row in table("cooperations_by_region"):
        key = row["cooperation_id"].rpartition("/")[2]
        regions = row["region_keys_2023_08_29"].split(";")
        if len(regions) < 2:
            assert key not in rows
            continue
        assert rows[key]["region_keys"].split("; ") == sorted(regions)
        assert (rows[key]["regions"], rows[key]["members"]) == (row["regions_2023_08_29"], row["members"])


@with_tables
def test_every_structure_and_every_member_is_there(served: Served) -> None:
    """All 433 structures and 3,089 memberships of the agency, with type, status and numbers."""
    structures = [row for row in table("cooperations") if not row["cooperation_id"].startswith("pinc:")]
    members = [row for row in table("cooperation_members") if not row["cooperation_id"].startswith("pinc:")]
    held = served.sparql(
        """PREFIX rl: <https://w3id.org/regiolog/ns#> PREFIX dcterms: <http://purl.org/dc/terms/>
        PREFIX adms: <http://www.w3.org/ns/adms#> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
        SELECT ?c ?name ?status { ?c a rl:Cooperation ; rdfs:label ?name . OPTIONAL { ?c adms:status ?status } }""",
        at="2024-12-31",
    )
    changed = table("cooperation_events")
    gone = {row["cooperation_id"] for row in changed if (row["role"], row["date"]) == ("original", "2024-01-01")}
    later = {row["cooperation_id"] for row in changed if (row["role"], row["date"]) == ("resulting", "2025-01-01")}
    assert (len(gone), len(later)) == (2, 3)
    statuses = {"active": "active", "not active": "inactive", "": ""}
    assert {(row["c"], row["name"], row.get("status", "").rpartition("#status-")[2]) for row in held} == {
        (row["cooperation_id"], " ".join(row["name"].split()), statuses[row["status"]])  # one name holds a tab
        for row in structures
        if row["cooperation_id"] not in gone | later
    }
    found = served.sparql(
        """PREFIX org: <http://www.w3.org/ns/org#> PREFIX rl: <https://w3id.org/regiolog/ns#>
        SELECT ?c ?member ?m { ?node a org:Membership ; org:organization ?c ; org:member ?member .
          OPTIONAL { ?node rl:municipality ?m } }"""
    )
    assert {(row["c"], row["member"], row.get("m", "").rpartition("/")[2]) for row in found} == {
        (row["cooperation_id"], row["member_uri"], row["member_nis"]) for row in members
    }
    assert len(found) == len(members) == 3_089


@with_tables
def test_the_layers_of_provincies_in_cijfers_are_its_claims(served: Served) -> None:
    """On each day that a layer changed: its areas by name, and who is in them; never in the register."""
    rows = [row for row in table("cooperation_members") if row["cooperation_id"].startswith("pinc:")]
    names: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in table("cooperations"):
        if row["cooperation_id"].startswith("pinc:"):
            names[row["cooperation_id"]].append(row)
    days = sorted({day for row in rows for day in (row["observed_first"], row["gone_by"]) if day})
    for day in days:
        expected = set()
        for row in rows:
            if row["observed_first"] <= day and not (row["gone_by"] and row["gone_by"] <= day):
                (named,) = [
                    each["name"]
                    for each in names[row["cooperation_id"]]
                    if each["observed_first"] <= day and not (each["gone_by"] and each["gone_by"] <= day)
                ]
                layer = row["cooperation_id"].split(":")[1].removeprefix("gemeente_")
                expected.add((row["member_nis"], f"{layer}/{named}"))
        said = served.sparql(
            """PREFIX rl: <https://w3id.org/regiolog/ns#>
            SELECT ?nis ?structure {
              GRAPH <graph/source/pinc> { ?claim rl:says rl:claim-member-of ; rl:of ?nis ; rl:words ?structure } }""",
            at=day,
            known=day,
        )
        assert {(row["nis"], row["structure"]) for row in said} == expected, day


@with_tables
def test_members_that_ended_are_those_of_the_tables(served: Served) -> None:
    """254 memberships in 73 structures name one of the 27 municipalities that ended on 1 January 2025."""
    ended = {row["old_nis"] for row in table("mergers") if row["effective_date"] == "2025-01-01"} - {"11002"}
    expected = {
        (row["cooperation_id"], row["member_nis"])
        for row in table("cooperation_members")
        if row["member_nis"] in ended and not row["cooperation_id"].startswith("pinc:")
    }
    rows = served.query("divergences")
    listed = {
        (row["subject"], row["source_says"].split()[1]) for row in rows if row["source_says"].startswith("member ")
    }
    assert listed == expected
    placed = {row["subject"].rpartition("/")[2] for row in rows if "/gemeente/" in row["subject"]}
    assert placed == ended
    names = [(row["source_says"], row["register_says"]) for row in rows if "/werkingsgebieden/" in row["subject"]]
    assert names == [("Regio Oostende", "Middenkust")]
    assert len(rows) == 254 + 27 + 1
