"""The named queries: what product.md promises that they answer, and how they take their parameters."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from xml.etree import ElementTree as ET

import pytest
from flask.testing import FlaskClient

from regiolog.publisher.queries import FORMATS, QUERIES
from tests.publisher.conftest import Ask

LIMBURG = "71016"
EXAMPLES = {
    "region-of": {"nis": "11056"},
    "members": {"region": "waasland"},
    "lineage": {"nis": "46030"},
    "conversion": {"from": "2024-12-31", "to": "2025-01-01"},
    "said": {"nis": "11056"},
    "history": {"kind": "cooperation", "key": "65EB0324E77A4F2289F6B63D"},
}
PROMISED = {
    "region-of": "municipality, nis, name, region, region_key, region_name, status, decision, evidence",
    "members": "municipality, nis, name",
    "regions": "region, region_key, name, status, members",
    "municipalities": "municipality, nis, name, province, region_key",
    "lineage": "date, before_nis, before_name, after_nis, after_name, decision",
    "conversion": "from_nis, from_name, to_nis, to_name, kind",
    "said": "source, region_key, valid_from, valid_to, known_from, known_to",
    "straddling": "cooperation, name, type, regions, members",
    "divergences": "subject, source, source_says, register_says, known_from, known_to",
    "history": "property, value, valid_from, valid_to, known_from, known_to, event, decision",
}


# What product.md asks


def test_g0_the_regions_of_june_2021_as_they_were_known_then(ask: Ask) -> None:
    """Fourteen demarcated and three announced; beside these seventeen the proposal for Limburg still stood."""
    then = {"at": "2021-06-01", "known": "2021-06-01"}
    statuses = [row["status"] for row in ask("regions", **then)]
    assert Counter(statuses) == {"demarcated": 14, "announced": 3, "proposed": 1}
    assert ask("region-of", nis="11056", **then)[0]["region_key"] == "regio-antwerpen"


@pytest.mark.parametrize("known", [None, "2021-03-12", "2022-12-23", "2024-01-01"])
def test_g1_the_region_of_zwijndrecht_before_the_decree(ask: Ask, known: str | None) -> None:
    """At 2022-12-10 it is Regio Antwerpen, whatever is known since the decision."""
    rows = ask("region-of", nis="11056", at="2022-12-10", **({"known": known} if known else {}))
    assert [row["region_key"] for row in rows] == ["regio-antwerpen"]


@pytest.mark.parametrize(
    ("known", "region"), [("2023-03-01", "regio-antwerpen"), ("2023-03-10", "waasland"), ("2025-01-01", "waasland")]
)
def test_g2_g3_a_decree_is_known_when_it_is_published(ask: Ask, known: str, region: str) -> None:
    """Before its publication the decree changes nothing; from then on it does, though it is not in force yet."""
    assert ask("region-of", nis="11056", at="2023-04-01", known=known)[0]["region_key"] == region


def test_g5_no_region_is_demarcated_before_the_decision(ask: Ask) -> None:
    """On 1 January 2021 thirteen regions stood proposed, and no other; nobody knew it before the note was decided."""
    rows = ask("regions", at="2021-01-01")
    assert [row["status"] for row in rows] == ["proposed"] * 13
    assert {row["members"] for row in rows} == {""}
    assert ask("regions", at="2021-01-01", known="2020-10-08") == []
    assert [row["region_key"] for row in ask("regions", at="2021-03-12") if row["status"] == "proposed"] == [
        "proposal-2020-limburg"
    ]
    assert "proposed" not in {row["status"] for row in ask("regions", at="2022-02-04")}


def test_g6_announced_regions_have_neither_name_nor_members(ask: Ask) -> None:
    """The same seventeen are seen from now; how many municipalities an announced one has is not known."""
    rows = [row for row in ask("regions", at="2021-06-01") if row["status"] != "proposed"]
    assert len(rows) == 17
    announced = [row for row in rows if row["status"] == "announced"]
    assert [(row["name"], row["members"]) for row in announced] == [("", "")] * 3
    assert sum(int(row["members"]) for row in rows if row["status"] == "demarcated") == 258


@pytest.mark.parametrize(
    ("at", "placed", "all_"), [("2021-06-01", 258, 300), ("2022-02-04", 300, 300), ("2025-01-01", 285, 285)]
)
def test_g7_how_many_municipalities_have_a_region(ask: Ask, at: str, placed: int, all_: int) -> None:
    """All but those of Limburg from 2021 on, and all of them from 4 February 2022 on."""
    rows = ask("municipalities", at=at)
    assert (sum(bool(row["region_key"]) for row in rows), len(rows)) == (placed, all_)


def test_g8_limburg_was_left_pending(ask: Ask) -> None:
    """In June 2021 its 42 municipalities were pending under a decision; in February 2022 they were in limburg."""
    limburgers = [row["nis"] for row in ask("municipalities", at="2021-06-01") if row["province"] == "70000"]
    assert len(limburgers) == 42
    for nis in limburgers:
        (row,) = ask("region-of", nis=nis, at="2021-06-01")
        assert (row["status"], row["decision"], row["region_key"]) == ("pending", "VR-2021-03-12", "")
    (later,) = ask("region-of", nis=LIMBURG, at="2022-02-04")
    assert (later["status"], later["region_key"]) == ("assigned", "limburg")
    (too_early,) = ask("region-of", nis=LIMBURG, at="2022-02-04", known="2022-02-06")
    assert too_early["status"] == "pending"
    (just,) = ask("region-of", nis=LIMBURG, at="2022-02-04", known="2022-02-07")
    assert just["region_key"] == "limburg"


def test_g9_a_region_is_renamed_and_stays_the_same(ask: Ask) -> None:
    """Regio Oostende became Middenkust: one region under one IRI."""
    before, after = (
        next(row for row in ask("regions", at=at) if row["region_key"] == "middenkust")
        for at in ("2022-07-01", "2023-04-01")
    )
    assert (before["name"], after["name"]) == ("Regio Oostende", "Middenkust")
    assert before["region"] == after["region"]


@pytest.mark.parametrize(
    ("at", "count"), [("2022-02-04", 9), ("2023-03-19", 10), ("2024-12-31", 10), ("2025-01-01", 7)]
)
def test_g10_the_municipalities_of_waasland(ask: Ask, at: str, count: int) -> None:
    """Nine, ten with Zwijndrecht, and seven after the mergers."""
    assert len(ask("members", region="waasland", at=at)) == count


@pytest.mark.parametrize(
    ("at", "count"), [("2018-12-31", 308), ("2019-01-01", 300), ("2024-12-31", 300), ("2025-01-01", 285)]
)
def test_g11_the_number_of_municipalities(ask: Ask, at: str, count: int) -> None:
    """Two waves of mergers made 308 into 300 and 285."""
    assert len(ask("municipalities", at=at)) == count


@pytest.mark.parametrize(("known", "count"), [("2024-04-01", 300), ("2024-09-01", 285)])
def test_g12_mergers_are_known_before_they_happen(ask: Ask, known: str, count: int) -> None:
    """The decrees of 19 April 2024 announce what holds from 2025 on."""
    assert len(ask("municipalities", at="2025-02-01", known=known)) == count


def test_g13_before_and_after_a_merger(ask: Ask) -> None:
    """46030 came from three municipalities, and Zwijndrecht's territory changed province."""
    rows = ask("lineage", nis="46030")
    assert {row["before_nis"] for row in rows} == {"46003", "46013", "11056"}
    assert {(row["date"], row["after_nis"], row["decision"]) for row in rows} == {
        ("2025-01-01", "46030", "FUSIES-2025")
    }
    provinces = {row["nis"]: row["province"] for row in ask("municipalities", at="2024-12-31")}
    after = {row["nis"]: row["province"] for row in ask("municipalities", at="2025-01-01")}
    assert (provinces["11056"], after["46030"]) == ("10000", "40000")


def test_g13_what_became_of_a_municipality_that_ended(ask: Ask) -> None:
    """Asked for the old code, lineage leads to the new one."""
    (row,) = ask("lineage", nis="11056")
    assert (row["before_name"], row["after_nis"], row["after_name"]) == (
        "Zwijndrecht",
        "46030",
        "Beveren-Kruibeke-Zwijndrecht",
    )
    assert ask("lineage", nis="11056", at="2024-12-31") == []


def test_g14_absorbed_or_given_a_new_code(ask: Ask) -> None:
    """Antwerpen keeps its code and absorbs Borsbeek; Hasselt keeps its name and gets another code."""
    rows = {(row["before_nis"], row["after_nis"]) for row in ask("lineage", nis="11002")}
    assert rows == {("11002", "11002"), ("11007", "11002")}
    converted = ask("conversion", from_="2024-12-31", to="2025-01-01")
    kinds = {(row["from_nis"], row["to_nis"]): row["kind"] for row in converted}
    assert kinds["11002", "11002"] == kinds["11007", "11002"] == "absorbed"
    assert kinds["71022", "71072"] == "merged"
    hasselt = next(row for row in converted if row["from_nis"] == "71022")
    assert (hasselt["from_name"], hasselt["to_name"]) == ("Hasselt", "Hasselt")
    assert len(converted) == 28


@pytest.mark.parametrize("at", ["2021-03-12", "2022-02-04", "2023-03-19", "2025-01-01"])
@pytest.mark.parametrize("known", [None, "2022-02-07", "2023-03-10", "2024-09-01"])
def test_g15_no_municipality_is_in_two_regions(ask: Ask, at: str, known: str | None) -> None:
    """Each municipality is listed once, under one region or none."""
    codes = [row["nis"] for row in ask("municipalities", at=at, **({"known": known} if known else {}))]
    assert len(codes) == len(set(codes))


def test_g18_the_evidence_travels_to_the_answer(ask: Ask) -> None:
    """Most assignments of March 2021 are derived, with their sources; that of Zulte is contradicted."""
    kinds = [
        ask("region-of", nis=row["nis"], at="2021-06-01")[0]["evidence"]
        for row in ask("municipalities", at="2021-06-01")
        if row["region_key"]
    ]
    assert kinds.count("derived") == 244
    (zulte,) = ask("region-of", nis="44081", at="2021-06-01")
    assert zulte["evidence"] == "contradicted"
    assert "CONTRADICTED" in zulte["note"]
    assert "; " in zulte["sources"]


@pytest.mark.parametrize(
    ("nis", "at", "decision"),
    [
        ("44021", "2022-01-01", "VR-2021-03-12"),
        ("44021", "2023-04-01", "REGIODECREET"),
        ("46030", "2025-01-01", "FUSIES-2025"),
        ("11002", "2025-01-01", "REGIODECREET"),
    ],
)
def test_g19_the_decision_behind_a_region(ask: Ask, nis: str, at: str, decision: str) -> None:
    """The decree carries what it confirmed, and the merger decrees carry the new municipalities."""
    assert ask("region-of", nis=nis, at=at)[0]["decision"] == decision


# What region-of says when there is no region


@pytest.mark.parametrize(
    ("nis", "at", "known", "reason"),
    [
        ("11056", "2025-02-01", "2025-03-01", "ended on 2025-01-01: became 46030"),
        ("46030", "2024-06-01", "2025-03-01", "begins on 2025-01-01"),
        ("46030", "2024-06-01", "2023-03-01", "not known yet at this moment"),
        ("44021", "2020-06-01", "2025-03-01", "in no region"),
    ],
)
def test_a_municipality_without_a_region_says_why(ask: Ask, nis: str, at: str, known: str, reason: str) -> None:
    """The status is none, and the reason stands in the place of the evidence."""
    (row,) = ask("region-of", nis=nis, at=at, known=known)
    assert (row["nis"], row["status"], row["evidence"], row["region"], row["decision"]) == (nis, "none", reason, "", "")


def test_a_code_without_its_day_has_no_rows(ask: Ask) -> None:
    """A region that does not stand at the moment has no members then."""
    assert ask("members", region="waasland", at="2021-01-01") == []


# Conversion


def test_conversion_over_both_waves(ask: Ask) -> None:
    """From 2018 to 2025 each ended code leads to one that exists then."""
    rows = ask("conversion", from_="2018-12-31", to="2025-01-01")
    assert len(rows) == 43
    now = {row["nis"] for row in ask("municipalities", at="2025-01-01")}
    assert {row["to_nis"] for row in rows} <= now


def test_conversion_of_what_was_not_known_yet(ask: Ask) -> None:
    """As it was known before the merger decrees, nothing changes in 2025."""
    assert ask("conversion", from_="2024-12-31", to="2025-01-01", known="2024-04-01") == []
    assert ask("conversion", from_="2025-01-01", to="2025-01-01") == []


# The queries themselves


def test_every_promised_query_is_there() -> None:
    """The names and the columns are those of the interface."""
    assert {name: ", ".join(each.columns) for name, each in QUERIES.items()} == PROMISED


@pytest.mark.parametrize("name", PROMISED)
def test_the_promised_columns_come_first(client: FlaskClient, name: str) -> None:
    """Further columns may follow, and none comes before."""
    header = client.get(f"/query/{name}.csv", query_string=EXAMPLES.get(name, {})).text.splitlines()[0]
    assert header.split(",")[: len(QUERIES[name].columns)] == list(QUERIES[name].columns)


@pytest.mark.parametrize("name", PROMISED)
@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.suffix)
def test_every_query_has_every_form(client: FlaskClient, name: str, form: object) -> None:
    """By the end of the address and by the header, the type is the one that was asked for."""
    suffix, media_type = form.suffix, form.media_type  # type: ignore[attr-defined]
    by_address = client.get(f"/query/{name}.{suffix}", query_string=EXAMPLES.get(name, {}))
    by_header = client.get(f"/query/{name}", query_string=EXAMPLES.get(name, {}), headers={"Accept": media_type})
    assert by_address.status_code == by_header.status_code == 200
    assert by_address.mimetype == by_header.mimetype == media_type
    assert by_address.data == by_header.data or suffix == "html"


def test_the_forms_say_the_same(client: FlaskClient) -> None:
    """JSON, XML, CSV and TSV hold the same cells, plain in the tables."""
    address = "/query/members{}?region=waasland&at=2025-01-01"
    rows = client.get(address.format(".csv")).text.splitlines()
    assert rows[1] == "https://data.vlaanderen.be/id/gemeente/42023,42023,Waasmunster"
    tabs = client.get(address.format(".tsv")).text.splitlines()
    assert tabs == [row.replace(",", "\t") for row in rows]
    bindings = json.loads(client.get(address.format(".json")).text)["results"]["bindings"]
    assert [each["nis"]["value"] for each in bindings] == [row.split(",")[1] for row in rows[1:]]
    results = ET.fromstring(client.get(address.format(".xml")).data)
    assert len(results.findall(".//{*}result")) == 7


def first_columns(table: str, number: int) -> list[list[str]]:
    """The first cells of each row of a CSV."""
    return [row[:number] for row in csv.reader(io.StringIO(table, newline=""))]


def test_the_text_of_a_query_runs_as_plain_sparql(client: FlaskClient) -> None:
    """What a page shows can be asked at /sparql, and answers the same."""
    for name, query in QUERIES.items():
        values = {each.name: each.example for each in query.parameters}
        there = client.get(f"/query/{name}.csv", query_string=values)
        here = client.get("/sparql", query_string={"query": query.text, "format": "csv"})
        assert here.status_code == 200, here.text
        if query.enriches is None:
            assert here.text == there.text
        else:
            assert first_columns(here.text, 4) == first_columns(there.text, 4)


def test_the_list_tells_parameters_and_sparql(client: FlaskClient) -> None:
    """/query names every query, with its parameters and its SPARQL, for people and for programs."""
    listed = client.get("/query", headers={"Accept": "application/json"}).json
    assert listed is not None
    assert [each["name"] for each in listed] == list(QUERIES)
    assert all("SELECT" in each["sparql"] for each in listed)
    page = client.get("/query").text
    assert all(f'id="{name}"' in page for name in QUERIES)


def test_a_browser_gets_the_form_first(client: FlaskClient) -> None:
    """Without its parameters a query shows a page to a browser, and is refused to a program."""
    page = client.get("/query/region-of", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert re.search(r'<input id="nis" name="nis"', page.text)
    assert client.get("/query/region-of").status_code == 400


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/query/region-of", 400, ["nis is missing", "known"]),
        ("/query/region-of?nis=11056&nis=11002", 400, ["nis is given 2 times"]),
        ("/query/region-of?nis=11056&at=2021-06-01&at=2022-01-01", 400, ["at is given 2 times"]),
        ("/query/region-of?nis=11056&date=2021-06-01", 400, ["date is not a parameter", "nis, at, known"]),
        ("/query/region-of?nis=1105", 400, ["five digits", "11056"]),
        ("/query/region-of?nis=", 400, ["five digits"]),
        ("/query/region-of?nis=%D9%A1%D9%A1%D9%A0%D9%A5%D9%A6", 400, ["five digits"]),
        ("/query/region-of?nis=99999", 404, ["never had", "99999"]),
        ("/query/region-of?nis=11056&at=2021-6-1", 400, ["YYYY-MM-DD"]),
        ("/query/region-of?nis=11056&at=2021-02-30", 400, ["does not exist"]),
        ("/query/region-of?nis=11056&at=2017-12-31", 400, ["before coverage", "2018-01-01"]),
        ("/query/region-of?nis=11056&known=2030-01-01", 400, ["after the head"]),
        ("/query/members?region=atlantis", 404, ["never had", "atlantis"]),
        ("/query/members?region=was/land", 400, ["the key of a region"]),
        ("/query/conversion?from=2024-12-31", 400, ["to is missing"]),
        ("/query/conversion?from=2025-01-01&to=2024-12-31", 400, ["from=2025-01-01 is after to=2024-12-31"]),
        ("/query/conversion?from=2024-12-32&to=2025-01-01", 400, ["does not exist"]),
        ("/query/conversion?from=2017-01-01&to=2025-01-01", 400, ["before coverage"]),
        ("/query/conversion?from=2024-12-31&to=2025-01-01&at=2025-01-01", 400, ["at is not a parameter"]),
        ("/query/regions.xlsx", 404, [".xlsx", ".csv"]),
        ("/query/nothing", 404, ["region-of"]),
    ],
)
def test_what_cannot_be_used_is_refused(client: FlaskClient, address: str, status: int, words: list[str]) -> None:
    """Each refusal says what was wrong, and what is accepted."""
    answer = client.get(address)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.json is not None
    assert all(word in answer.json["detail"] for word in words), answer.json["detail"]


def test_an_empty_clock_is_as_good_as_none(client: FlaskClient) -> None:
    """Forms send fields that were left empty."""
    empty = client.get("/query/regions.csv?at=2021-06-01&known=")
    assert empty.data == client.get("/query/regions.csv?at=2021-06-01").data
