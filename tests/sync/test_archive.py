"""What the archive says was decided is whole, in its order, and says what the tables of facts say."""

from __future__ import annotations

import csv
import json
from collections import Counter
from typing import Any

import pytest

from regiolog.sync.archive import archive_lines
from tests.facts import TABLES, table, with_tables

DATES = {
    "decided": "decided_on",
    "adopted": "adopted_on",
    "published": "published_on",
    "in_force": "in_force_from",
}
DAYS = (
    "2018-12-31",
    "2019-01-01",
    "2021-03-11",
    "2021-03-12",
    "2022-02-03",
    "2022-02-04",
    "2023-03-18",
    "2023-03-19",
)
LATER = ("2024-12-31", "2025-01-01", "2026-11-23")

Line = dict[str, Any]


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    """Every line of what was decided, in order."""
    return [json.loads(line) for line in archive_lines()]


def on(rows: list[dict[str, str]], day: str) -> list[dict[str, str]]:
    """The rows whose period contains a day; an empty bound is open."""
    return [row for row in rows if row["valid_from"] <= day and (not row["valid_to"] or day < row["valid_to"])]


def of(lines: list[Line], kind: str) -> list[Line]:
    """The lines of one kind."""
    return [line for line in lines if line["kind"] == kind]


def municipalities(lines: list[Line], day: str) -> dict[str, tuple[str, str]]:
    """Name and province by NIS code on a day, read off the beginning and the mergers."""
    there = {nis: (found["name"], found["province"]) for nis, found in lines[0]["municipalities"].items()}
    for merger in of(lines, "municipalities-were-merged"):
        if merger["valid_from"] <= day:
            for nis in merger["merged"]:
                del there[nis]
            there[merger["into"]["nis"]] = (merger["into"]["name"], merger["into"]["province"])
    return there


def places(lines: list[Line], day: str) -> dict[str, tuple[str, str, str]]:
    """Region, decision and evidence by NIS code on a day, read line by line."""
    placed: dict[str, tuple[str, str, str]] = {}
    for line in lines:
        if line.get("valid_from", "9") > day:
            continue
        basis = (line.get("decision", ""), line["evidence"])
        match line["kind"]:
            case "regions-were-demarcated" | "assignments-were-confirmed":
                single = line.get("evidence_of", {})
                for nis, region in line["assignments"].items():
                    placed[nis] = (region, basis[0], single.get(nis, line)["evidence"])
            case "municipality-was-reassigned":
                assert placed[line["municipality"]][0] == line["from_region"]
                placed[line["municipality"]] = (line["to_region"], *basis)
            case "municipalities-were-merged":
                for nis in set(line["merged"]) - {line["into"]["nis"]}:
                    placed.pop(nis, None)
                if "region" in line["into"]:
                    placed[line["into"]["nis"]] = (line["into"]["region"], *basis)
            case _:
                pass
    return placed


def test_within_a_decision_the_order_is_the_agreed_one(lines: list[Line]) -> None:
    """The decision, its links, regions, proposals, mergers, moves and assignments, pending, confirmations."""
    ranks = {
        kind: rank
        for rank, kind in enumerate(
            (
                "decision-was-registered",
                "decision-was-linked",
                "region-was-designated",
                "region-was-renamed",
                "region-was-announced",
                "region-lapsed",
                "regions-were-proposed",
                "proposal-was-settled",
                "municipalities-were-merged",
                "municipality-was-reassigned",
                "regions-were-demarcated",
                "municipalities-were-left-pending",
                "assignments-were-confirmed",
            )
        )
    }
    blocks: dict[str, list[int]] = {}
    for line in lines:
        if "decision" in line:
            blocks.setdefault(line["id"].split("/")[0], []).append(ranks[line["kind"]])
    assert len(blocks) == 16
    assert all(block == sorted(block) and block[0] == 0 for block in blocks.values())


def test_everything_that_a_line_names_is_known_by_then(lines: list[Line]) -> None:
    """Decisions, regions, provinces and municipalities are named only after the line that brought them in."""
    decisions: set[str] = set()
    regions: set[str] = set()
    codes = set(lines[0]["municipalities"])
    provinces = set(lines[0]["provinces"])
    assert {found["province"] for found in lines[0]["municipalities"].values()} == provinces
    for line in lines[1:]:
        if line["kind"] == "decision-was-registered":
            decisions.add(line["decision"])
        if line["kind"] in {"region-was-designated", "region-was-announced"}:
            regions.add(line["region"])
        if line["kind"] == "municipalities-were-merged":
            assert set(line["merged"]) <= codes
            assert line["into"]["province"] in provinces
            assert "region" not in line["into"] or line["into"]["region"] in regions
            codes.add(line["into"]["nis"])
        named = {line[name] for name in ("region", "from_region", "to_region") if name in line}
        assert named | set(line.get("assignments", {}).values()) <= regions
        many = {*line.get("assignments", ()), *line.get("municipalities", ()), *line.get("authorities", ())}
        assert many | ({line["municipality"]} if "municipality" in line else set()) <= codes
        assert set(line.get("evidence_of", ())) <= set(line.get("assignments", ()))
        assert {line[name] for name in ("decision", "other") if name in line} <= decisions


def test_long_objects_are_sorted_by_code(lines: list[Line]) -> None:
    """Municipalities stand by NIS code, so that a change is easy to find."""
    for line in lines:
        for name in ("provinces", "municipalities", "assignments", "evidence_of", "authorities", "merged"):
            assert list(line.get(name, ())) == sorted(line.get(name, ())), line["id"]


def test_the_counts_are_those_of_the_decisions(lines: list[Line]) -> None:
    """308, 300 and 285 municipalities; 258, 300 and 285 of them in a region; 42 pending and 299 confirmed."""
    days = ("2018-12-31", "2019-01-01", "2024-12-31", "2025-01-01")
    assert [len(municipalities(lines, day)) for day in days] == [308, 300, 300, 285]
    assert [len(places(lines, day)) for day in ("2021-06-01", "2022-02-04", "2025-01-01")] == [258, 300, 285]
    assert [len(line["assignments"]) for line in of(lines, "regions-were-demarcated")] == [258, 42]
    assert [len(line["assignments"]) for line in of(lines, "assignments-were-confirmed")] == [299]
    pending = of(lines, "municipalities-were-left-pending")[0]["municipalities"]
    assert pending == list(of(lines, "regions-were-demarcated")[1]["assignments"])
    firm = Counter(evidence for *_, evidence in places(lines, "2021-06-01").values())
    assert firm == {"derived": 244, "published": 13, "contradicted": 1}
    assert places(lines, "2021-06-01")["44081"] == ("regio-gent", "VR-2021-03-12", "contradicted")


def test_every_municipality_has_one_authority_on_any_day(lines: list[Line]) -> None:
    """A link lasts while its municipality does, so no two municipalities share an authority on one day."""
    links = [
        (nis, found["authority"])
        for line in of(lines, "authorities-were-linked")
        for nis, found in line["authorities"].items()
    ]
    assert len(links) == len(dict(links)) == 308 + 7 + 12
    for day in ("2018-12-31", "2019-01-01", "2024-12-31", "2025-01-01"):
        there = municipalities(lines, day)
        assert len({dict(links)[nis] for nis in there}) == len(there)


@with_tables
@pytest.mark.parametrize("day", DAYS + LATER)
def test_municipalities_are_those_of_the_table(lines: list[Line], day: str) -> None:
    """Codes, names and provinces on a day agree with the table."""
    rows = on(table("municipalities"), day)
    assert municipalities(lines, day) == {row["nis"]: (row["name_nl"], row["province_nis"]) for row in rows}
    assert len(rows) == len(municipalities(lines, day))


@with_tables
@pytest.mark.parametrize("day", DAYS + LATER)
def test_memberships_are_those_of_the_table(lines: list[Line], day: str) -> None:
    """Regions on a day agree with the table; decision and evidence too, until the decree confirms them."""
    rows = on(table("region_members"), day)
    placed = places(lines, day)
    assert {nis: region for nis, (region, *_) in placed.items()} == {
        row["municipality_nis"]: row["region_key"] for row in rows
    }
    for row in rows:
        expected = (row["decision_id"], row["evidence_code"])
        if day >= "2023-03-19" and row["valid_from"] < "2023-03-19":
            expected = ("REGIODECREET", "derived")
        assert placed[row["municipality_nis"]][1:] == expected


@with_tables
def test_evidence_and_sources_are_those_of_the_table(lines: list[Line]) -> None:
    """Each assignment keeps the words and sources of its evidence, on the line or on the municipality."""
    for row in table("region_members"):
        nis = row["municipality_nis"]
        line = next(
            line
            for line in lines
            if line.get("decision") == row["decision_id"]
            and line["kind"] != "assignments-were-confirmed"
            and (
                nis in line.get("assignments", ()) or nis in (line.get("municipality"), line.get("into", {}).get("nis"))
            )
        )
        said = line.get("evidence_of", {}).get(nis, line)
        assert said["evidence"] == row["evidence_code"]
        assert set(row["source"].split("; ")) <= set(said["source"])
        if row["evidence"] != row["evidence_code"]:
            assert said["note"] == row["evidence"]


@with_tables
def test_the_confirmed_list_is_the_published_one(lines: list[Line]) -> None:
    """What the decree confirms, and the one move, is what Provincies in Cijfers published on 2022-12-22."""
    confirmed = of(lines, "assignments-were-confirmed")[0]
    moved = of(lines, "municipality-was-reassigned")[0]
    codes = {line["region"]: line["code"] for line in of(lines, "region-was-designated")}
    with (TABLES / "sources" / confirmed["source"][0]).open(encoding="utf-8", newline="") as file:
        published = {row["gemeente"]: row["REFREG"] for row in csv.DictReader(file)}
    said = {**confirmed["assignments"], moved["municipality"]: moved["to_region"]}
    assert {nis: codes[region] for nis, region in said.items()} == {
        nis: code for nis, code in published.items() if not nis.startswith("9999")
    }


@with_tables
def test_decisions_are_those_of_the_table(lines: list[Line]) -> None:
    """Every decision has its dates, words and relations, and is known from the first of its dates by rank."""
    registered = {line["decision"]: line for line in of(lines, "decision-was-registered")}
    rows = table("decisions")
    assert set(registered) == {row["decision_id"] for row in rows}
    links = 0
    for row in rows:
        line = registered[row["decision_id"]]
        assert {name: line.get(name, "") for name in DATES} == {name: row[column] for name, column in DATES.items()}
        words = {
            "body": "body",
            "title": "title",
            "effect": "effect",
            "standing": "status",
            "remark": "contradiction_or_gap",
        }
        assert {name: line.get(name, "") for name in words} == {name: row[column] for name, column in words.items()}
        assert str(line.get("regions_counted", "")) == row["regions_claimed"]
        assert line["type"].replace("-", " ") == row["kind"].replace("decrees", "decree")
        assert line["source"] == [row["source"]]
        ranked = ("published", "decided", "adopted", "in_force")
        basis = next(name for name in ranked if row[DATES[name]])
        for under in lines:
            if under["id"].startswith(f"{row['decision_id']}/"):
                assert (under["known_from"], under["known_basis"]) == (
                    row[DATES[basis]],
                    basis.replace("_", "-"),
                )
        own = [each for each in of(lines, "decision-was-linked") if each["id"].startswith(f"{row['decision_id']}/")]
        assert all({each["decision"], each["other"]} - {row["decision_id"]} for each in own)
        assert all(
            key in row["relations"] for each in own for key in {each["decision"], each["other"]} - {row["decision_id"]}
        )
        links += sum(row["relations"].count(key) for key in registered)
    assert links == len(of(lines, "decision-was-linked"))


@with_tables
def test_regions_are_those_of_the_table(lines: list[Line]) -> None:
    """Regions have the names, addresses, codes, days and decisions of the table."""
    kinds = {"region-was-designated", "region-was-announced", "region-was-renamed"}
    said = {
        (line["region"], line["valid_from"], line["decision"], line.get("name", ""), tuple(line["source"]))
        for line in lines
        if line["kind"] in kinds
    }
    rows = [row for row in table("regions") if row["status_code"] != "proposed"]
    assert said == {
        (
            row["region_key"],
            row["valid_from"],
            row["decision_id"],
            row["name"],
            tuple(row["source"].split("; ")),
        )
        for row in rows
    }
    for line in of(lines, "region-was-designated"):
        assert (line["iri"], line["code"]) in {
            (row["uri"], row["pinc_code"]) for row in rows if row["region_key"] == line["region"]
        }
    ends = {row["region_key"]: row["valid_to"] for row in rows if row["status_code"] == "announced"}
    assert {line["region"]: line["valid_from"] for line in of(lines, "region-lapsed")} == ends


def test_the_proposal_stands_until_it_is_settled(lines: list[Line]) -> None:
    """Thirteen regions were proposed; twelve were settled with the four provinces, and Limburg a year later."""
    (proposed,) = of(lines, "regions-were-proposed")
    assert (proposed["decision"], proposed["valid_from"], len(proposed["regions"])) == (
        "VR-2020-10-09",
        "2020-10-09",
        13,
    )
    first, second = of(lines, "proposal-was-settled")
    assert (first["decision"], len(first["settled"])) == ("VR-2021-03-12", 12)
    assert (second["decision"], second["settled"]) == ("VR-2022-02-04", ["proposal-2020-limburg"])
    assert {*first["settled"], *second["settled"]} == set(proposed["regions"])
    assert first["proposal"] == second["proposal"] == proposed["decision"]


@with_tables
def test_proposals_are_those_of_the_table(lines: list[Line]) -> None:
    """Every proposed region has its name, its sources, and the day on which it was settled."""
    (proposed,) = of(lines, "regions-were-proposed")
    ends = {key: line["valid_from"] for line in of(lines, "proposal-was-settled") for key in line["settled"]}
    said = {
        (key, region["name"], "; name: ".join((*proposed["source"], *region["source"])), ends[key])
        for key, region in proposed["regions"].items()
    }
    rows = [row for row in table("regions") if row["status_code"] == "proposed"]
    assert said == {(row["region_key"], row["name"], row["source"], row["valid_to"]) for row in rows}
    assert {(row["decision_id"], row["valid_from"]) for row in rows} == {(proposed["decision"], "2020-10-09")}


@with_tables
def test_mergers_are_those_of_the_table(lines: list[Line]) -> None:
    """Every row of the mergers is one municipality of one merger, on its day and under its decision."""
    said = {
        (line["valid_from"], line["decision"], line["into"]["nis"], line["into"]["name"], nis)
        for line in of(lines, "municipalities-were-merged")
        for nis in line["merged"]
    }
    columns = ("effective_date", "decision_id", "new_nis", "new_name", "old_nis")
    assert said == {tuple(row[column] for column in columns) for row in table("mergers")}
    for line in of(lines, "municipalities-were-merged"):
        for row in table("mergers"):
            if row["new_nis"] == line["into"]["nis"]:
                assert set(row["source"].split("; ")) <= set(line["source"])


@with_tables
def test_authorities_are_those_of_the_table(lines: list[Line]) -> None:
    """Each row's authority is linked from the row's begin; Antwerpen's second row keeps the first link."""
    linked = {
        (nis, line.get("valid_from", ""), *(found[name] for name in ("authority", "area", "kbo", "ovo")))
        for line in of(lines, "authorities-were-linked")
        for nis, found in line["authorities"].items()
    }
    columns = ("nis", "valid_from", "lblod_bestuurseenheid", "lblod_werkingsgebied", "kbo", "ovo")
    rows = {tuple(row[column] for column in columns) for row in table("municipalities")}
    kept = {row for row in rows if row[:2] == ("11002", "2025-01-01")}
    assert len(kept) == 1
    assert linked == rows - kept
