"""What the archive says of cooperation structures is what the tables of facts say, row by row."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from itertools import pairwise
from typing import Any

import pytest

from regiolog.sync.archive import archive_lines
from tests.facts import TABLES, table, with_tables

TYPES = {"opdrachthoudende-vereniging-met-private-deelname": "Opdrachthoudende vereniging met private deelname"}
STATUSES = {"active": "active", "inactive": "not active", None: ""}
BEGUN = ("cooperation-was-observed", "cooperation-was-founded")

Line = dict[str, Any]
Row = dict[str, str]


@pytest.fixture(scope="module")
def abb() -> list[Line]:
    """What the Agentschap Binnenlands Bestuur published, in order."""
    return [json.loads(line) for line in archive_lines("abb")]


@pytest.fixture(scope="module")
def spans() -> dict[tuple[str, str, str, str, str], tuple[str, str]]:
    """From when, and until when, Provincies in Cijfers made each claim about structures; an open end is empty."""
    found: dict[tuple[str, str, str, str, str], tuple[str, str]] = {}
    for line in map(json.loads, archive_lines("provincies-in-cijfers")):
        for claim in line.get("withdrawn", ()):
            if claim["says"] in {"structure", "member-of"}:
                begin, end = found[_bare(claim)]
                assert not end
                found[_bare(claim)] = (begin, line["known_from"])
        for claim in line.get("made", ()):
            if claim["says"] in {"structure", "member-of"}:
                assert _bare(claim) not in found, "no structure or member came back"
                found[_bare(claim)] = (line["known_from"], "")
    return found


def _bare(claim: Line) -> tuple[str, str, str, str, str]:
    return (claim["says"], claim["of"], claim["words"], claim.get("type", ""), claim.get("code", ""))


def rows_of(name: str, *, layers: bool) -> list[Row]:
    """The rows of a table that are layers of Provincies in Cijfers, or those that are structures of ABB."""
    return [row for row in table(name) if row["cooperation_id"].startswith("pinc:") == layers]


def layer_of(row: Row) -> str:
    """The layer of a row of Provincies in Cijfers, as claims name it."""
    return row["cooperation_id"].split(":")[1].removeprefix("gemeente_")


def test_how_many_there_are(abb: list[Line], spans: dict[tuple[str, ...], tuple[str, str]]) -> None:
    """433 structures of ABB, of which four came of mergers, with 3,089 members; 337 claimed in five layers."""
    kinds = Counter(line["kind"] for line in abb)
    assert [kinds[kind] for kind in BEGUN] == [429, 4]
    assert (kinds["cooperations-were-merged"], kinds["cooperation-type-was-changed"]) == (4, 1)
    assert sum(len(line["members"]) for line in abb if "members" in line) == 3_089
    claimed = [of for says, of, *_ in spans if says == "structure"]
    assert Counter(of.partition("/")[0] for of in claimed) == {
        "politiezone": 113,
        "igs_wonen": 105,
        "elz": 61,
        "woonmaatschappij": 42,
        "vervoerregio": 16,
    }


def test_members_that_ended_in_2025_stay(abb: list[Line]) -> None:
    """254 memberships in 73 structures name a municipality that ended on 2025-01-01: ABB never said otherwise."""
    ended = {
        nis
        for line in map(json.loads, archive_lines())
        if line["kind"] == "municipalities-were-merged" and line["valid_from"] == "2025-01-01"
        for nis in set(line["merged"]) - {line["into"]["nis"]}
    }
    still = [
        (line["cooperation"], member["municipality"])
        for line in abb
        for member in line.get("members", ())
        if member.get("municipality") in ended
    ]
    assert (len(still), len({key for key, _ in still})) == (254, 73)
    assert not any(line["kind"] in {"members-left", "members-were-last-observed"} for line in abb)


def test_who_is_no_municipality_has_a_name_and_a_type(abb: list[Line]) -> None:
    """A municipality is named by its code, whoever else by the publisher's words; nobody's role is known."""
    for line in abb:
        members = line.get("members", ())
        assert len({member["organisation"] for member in members}) == len(members)
        for member in members:
            assert member.keys() - {"organisation"} in ({"municipality"}, {"name", "type"})


@with_tables
def test_structures_are_those_of_the_table(abb: list[Line]) -> None:
    """Every row has its line: name, types, status, numbers, address, source, and the day on which it was published."""
    said = {line["iri"]: line for line in abb if line["kind"] in BEGUN}
    rows = {row["cooperation_id"]: row for row in rows_of("cooperations", layers=False)}
    assert said.keys() == rows.keys()
    assert len(rows) == 433
    for iri, row in rows.items():
        line = said[iri]
        assert line["cooperation"] == iri.rpartition("/")[2]
        assert line["name"] == row["name"].replace("\t", " ")
        words = [TYPES.get(type_, type_.replace("-", " ").capitalize()) for type_ in line["types"]]
        assert "; ".join(words) == row["type"]
        assert STATUSES[line.get("status")] == row["status"]
        assert (line.get("kbo", ""), line.get("ovo", "")) == (row["kbo"], row["ovo"])
        assert (line["source"], line["known_from"]) == ([row["source"]], row["observed_first"])
        assert ("tab" in line.get("note", "")) == ("\t" in row["name"])
    (changed,) = [line for line in abb if line["kind"] == "cooperation-type-was-changed"]
    (row,) = [row for row in rows.values() if ";" in row["type"]]
    assert changed["cooperation"] == row["cooperation_id"].rpartition("/")[2]
    assert f"removed dienstverlenende vereniging on {changed['valid_from']}" in row["note"]
    assert changed["types"] == ["opdrachthoudende-vereniging"]


@with_tables
def test_members_are_those_of_the_table(abb: list[Line]) -> None:
    """Every row is one member of one line: its structure, address, code or name, source and day."""
    said = Counter(
        (
            line["cooperation"],
            line["known_from"],
            line["source"][0],
            *(member.get(name, "") for name in ("organisation", "municipality", "name", "type")),
        )
        for line in abb
        for member in line.get("members", ())
    )
    rows = rows_of("cooperation_members", layers=False)
    assert len(rows) == 3_089
    assert said == Counter(
        (
            row["cooperation_id"].rpartition("/")[2],
            row["observed_first"],
            row["source"],
            row["member_uri"],
            row["member_nis"],
            "" if row["member_nis"] else row["member_name"],
            "" if row["member_nis"] else row["member_type"],
        )
        for row in rows
    )
    assert not any(row["gone_by"] for row in rows)


@with_tables
def test_mergers_of_police_zones_are_those_of_the_table(abb: list[Line]) -> None:
    """Each of the four has its parts, its result, the day on which it held and the one on which it was published."""
    said = {
        (line["valid_from"], line["known_from"], role, key)
        for line in abb
        if line["kind"] == "cooperations-were-merged"
        for role, keys in (("original", line["parts"]), ("resulting", [line["into"]]))
        for key in keys
    }
    assert said == {
        (row["date"], row["published_on"], row["role"], row["cooperation_id"].rpartition("/")[2])
        for row in table("cooperation_events")
    }
    founded = {line["cooperation"]: line for line in abb if line["kind"] == "cooperation-was-founded"}
    assert founded.keys() == {key for *_, role, key in said if role == "resulting"}
    for row in table("cooperation_events"):
        if row["role"] == "resulting":
            line = founded[row["cooperation_id"].rpartition("/")[2]]
            assert (line["valid_from"], line["name"]) == (row["date"], row["name"])


@with_tables
def test_layers_are_those_of_the_table(spans: dict[tuple[str, ...], tuple[str, str]]) -> None:
    """Every row was claimed from its first day until the day on which it was gone; codes where they stay the same."""
    said = {
        (of, words, type_, code, *span) for (says, of, words, type_, code), span in spans.items() if says == "structure"
    }
    rows = rows_of("cooperations", layers=True)
    assert len(rows) == len(said) == 337
    assert said == {
        (
            f"{layer_of(row)}/{row['name']}",
            row["name"],
            row["type"],
            "" if layer_of(row) == "igs_wonen" else row["cooperation_id"].split(":")[2],
            row["observed_first"],
            row["gone_by"],
        )
        for row in rows
    }


@with_tables
def test_members_of_layers_are_those_of_the_table(spans: dict[tuple[str, ...], tuple[str, str]]) -> None:
    """Every row was claimed, under each name that its structure had, without a gap where it was renamed."""
    ids = {f"{layer_of(row)}/{row['name']}": row["cooperation_id"] for row in rows_of("cooperations", layers=True)}
    parts: defaultdict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for (says, of, words, *_), span in spans.items():
        if says == "member-of":
            parts[ids[words], of].append(span)
    said = set()
    for (key, nis), found in parts.items():
        found.sort()
        assert all(end == begin for (_, end), (begin, _) in pairwise(found))
        said.add((key, nis, found[0][0], found[-1][1]))
    rows = rows_of("cooperation_members", layers=True)
    assert len(rows) == len(said) == 1_672
    assert said == {(row["cooperation_id"], row["member_nis"], row["observed_first"], row["gone_by"]) for row in rows}


@with_tables
def test_renamed_structures_are_said_anew() -> None:
    """The twelve that were renamed cease to be said under the old name on the day of the new one."""
    rows = rows_of("cooperations", layers=True)
    twice = {key for key, count in Counter(row["cooperation_id"] for row in rows).items() if count > 1}
    assert len(twice) == 12
    lines = [json.loads(line) for line in archive_lines("provincies-in-cijfers")]
    for row in rows:
        if row["cooperation_id"] in twice and row["gone_by"]:
            old = f"{layer_of(row)}/{row['name']}"
            line = next(line for line in lines if line["id"] == f"pinc-{row['gone_by']}/gemeente_{layer_of(row)}")
            assert old in {claim["of"] for claim in line["withdrawn"] if claim["says"] == "structure"}
            (new,) = [
                each["name"] for each in rows if each["cooperation_id"] == row["cooperation_id"] and each is not row
            ]
            assert f"{layer_of(row)}/{new}" in {claim["of"] for claim in line["made"] if claim["says"] == "structure"}


@with_tables
def test_every_line_names_the_version_that_says_so() -> None:
    """A document is the table and the commit of a version that is held, published on that day."""
    for line in map(json.loads, archive_lines("provincies-in-cijfers")):
        if line["kind"] == "claims-were-made":
            name, _, commit = line["document"].partition("@")
            assert line["source"] == [f"pinc/{name}/{line['known_from']}_{commit}.csv"]
            assert (TABLES / "sources" / line["source"][0]).is_file()
