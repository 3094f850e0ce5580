"""What the archive says that publishers said of regions is what they published, version by version."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from regiolog.sync.archive import archive_lines
from tests.facts import TABLES, table, with_tables

FILES = {"abb": "abb", "pinc": "provincies-in-cijfers"}

Line = dict[str, Any]
Said = tuple[str, str, str, str]
"""A claim as it was said: what it says, of what, in which words, and from which day where the source states one."""


@pytest.fixture(scope="module")
def said() -> dict[str, list[Line]]:
    """What each source began and ceased to say of regions, in order."""
    return {
        source: [line for line in map(json.loads, archive_lines(name)) if line.get("document") and _of_regions(line)]
        for source, name in FILES.items()
    }


@pytest.fixture(scope="module")
def regions() -> dict[str, str]:
    """The keys of the regions by their address and by their code."""
    found = [line for line in map(json.loads, archive_lines()) if line["kind"] == "region-was-designated"]
    return {line[name]: line["region"] for line in found for name in ("iri", "code")}


def _of_regions(line: Line) -> bool:
    return any(
        claim["says"] in {"region-of", "name-of-region"}
        for name in ("made", "withdrawn")
        for claim in line.get(name, ())
    )


def bare(claim: dict[str, Any]) -> Said:
    """A claim as it was said."""
    return (claim["says"], claim["of"], claim["words"], claim.get("valid_from", ""))


def saying(lines: list[Line]) -> Iterator[tuple[Line, dict[Said, Line], dict[Said, Line]]]:
    """Each line with what its source said before it and after it, read naively."""
    now: dict[Said, Line] = {}
    for line in lines:
        before = dict(now)
        for claim in line.get("withdrawn", ()):
            del now[bare(claim)]
        for claim in line.get("made", ()):
            assert bare(claim) not in now, "said again while it is said"
            now[bare(claim)] = claim
        yield line, before, dict(now)


def places(state: dict[Said, Line]) -> dict[str, str]:
    """The region of each municipality, as a source has it; placeholders left out."""
    there = [claim for claim in state.values() if claim["says"] == "region-of" and "marks" not in claim]
    assert len({claim["municipality"] for claim in there}) == len(there)
    return {claim["municipality"]: claim["region"] for claim in there}


def names(state: dict[Said, Line]) -> dict[str, str]:
    """The name of each region, as a source has it; placeholders left out."""
    there = [claim for claim in state.values() if claim["says"] == "name-of-region" and "marks" not in claim]
    assert len({claim["region"] for claim in there}) == len(there)
    return {claim["region"]: claim["words"] for claim in there}


def test_each_publication_that_brought_something_new_is_one_line(said: dict[str, list[Line]]) -> None:
    """ABB spoke of regions on four days; Provincies in Cijfers on eleven."""
    assert [line["known_from"] for line in said["abb"]] == ["2022-06-14", "2022-06-17", "2023-01-31", "2024-08-23"]
    assert len(said["pinc"]) == 11
    for lines in said.values():
        assert len({line["known_from"] for line in lines}) == len({line["document"] for line in lines}) == len(lines)


def test_what_both_began_with(said: dict[str, list[Line]]) -> None:
    """Both name 15 regions; ABB places 302 municipalities, of which two had ended, and Provincies in Cijfers 300."""
    first = {source: next(saying(lines))[2] for source, lines in said.items()}
    assert {source: (len(places(state)), len(names(state))) for source, state in first.items()} == {
        "abb": (302, 15),
        "pinc": (300, 15),
    }
    assert places(first["abb"]).keys() - places(first["pinc"]).keys() == {"44001", "44011"}
    assert places(first["pinc"]).items() < places(first["abb"]).items()
    assert {names(first["abb"])[key] for key in ("regio-brugge", "westhoek")} == {"Regio Brugge ", "Westhoek "}


def test_what_both_say_last(said: dict[str, list[Line]]) -> None:
    """ABB never moved Zwijndrecht and added one municipality; Provincies in Cijfers has the 285 of 2025."""
    last = {source: list(saying(lines))[-1][2] for source, lines in said.items()}
    abb, pinc = places(last["abb"]), places(last["pinc"])
    assert (len(abb), len(pinc)) == (301, 285)
    assert (abb["11056"], abb["46030"], pinc["46030"]) == ("regio-antwerpen", "waasland", "waasland")
    assert (names(last["abb"])["middenkust"], names(last["pinc"])["middenkust"]) == ("Regio Oostende", "Middenkust")
    assert [claim["of"] for claim in said["abb"][-1]["made"] if claim["valid_from"] == "2025-01-01"]


@with_tables
@pytest.mark.parametrize("source", FILES)
def test_the_publication_log_is_what_changed(said: dict[str, list[Line]], source: str) -> None:
    """Row by row: what changed on a day is in the log, and what is in the log changed on that day."""
    log = [row for row in table("publication_log") if row["source_key"] == source]
    steps = {line["known_from"]: (before, after) for line, before, after in saying(said[source])}
    for day, (before, after) in list(steps.items())[1:]:
        was, now = places(before), places(after)
        changed = {
            (nis, was.get(nis, ""), now.get(nis, "")) for nis in was.keys() | now if was.get(nis) != now.get(nis)
        }
        rows = [row for row in log if row["published_on"] == day and row["nis"] and row["change"] != "region renamed"]
        assert changed == {(row["nis"], row["region_before_key"], row["region_after_key"]) for row in rows}
    for row in log:
        if not row["nis"] or row["change"].startswith("still published"):
            continue
        before, after = steps[row["published_on"]]
        if row["change"] == "region renamed":
            assert names(before)[row["region_before_key"]] == row["region_before"]
            assert names(after)[row["region_after_key"]] == row["region_after"]
        assert places(before).get(row["nis"], "") == row["region_before_key"]
        assert places(after).get(row["nis"], "") == row["region_after_key"]


@with_tables
def test_what_is_not_new_has_no_line(said: dict[str, list[Line]]) -> None:
    """The export of 2025-02-19 repeats what ABB says: its row of the log is still so, and no line says it again."""
    (row,) = [row for row in table("publication_log") if row["change"].startswith("still published")]
    state = list(saying(said["abb"]))[-1][2]
    assert places(state)[row["nis"]] == row["region_after_key"]
    assert row["published_on"] not in {line["known_from"] for line in said["abb"]}


@with_tables
def test_a_rename_is_one_claim_and_moves_nobody(said: dict[str, list[Line]]) -> None:
    """The seven rows of 2022-12-01 are one name; two labels of ABB lost a space on 2022-06-17."""
    line, before, after = next(step for step in saying(said["pinc"]) if step[0]["known_from"] == "2022-12-01")
    assert len(line["made"]) == len(line["withdrawn"]) == 2
    assert {nis for nis, key in places(before).items() if key == "middenkust"} == {
        row["nis"] for row in table("publication_log") if row["change"] == "region renamed"
    }
    assert places(after) == {**places(before), "11056": "waasland"}
    _, before, after = next(step for step in saying(said["abb"]) if step[0]["known_from"] == "2022-06-17")
    assert places(before) == places(after)
    assert {key: name.strip() for key, name in names(before).items()} == names(after)


@with_tables
def test_every_version_of_the_table_is_said_whole(said: dict[str, list[Line]], regions: dict[str, str]) -> None:
    """What Provincies in Cijfers says after each line is its table of that day, placeholders included."""
    folder = TABLES / "sources" / "pinc" / "gemeente_refreg"
    assert {path.stem for path in folder.glob("*.csv")} == {
        f"{line['known_from']}_{line['document'].partition('@')[2]}" for line in said["pinc"]
    }
    for line, _, state in saying(said["pinc"]):
        with (TABLES / "sources" / line["source"][0]).open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))[1:]
        assert set(state) == {("region-of", nis, code, "") for nis, _, code, _ in rows} | {
            ("name-of-region", code, name, "") for *_, code, name in rows
        }
        for claim in state.values():
            code = claim["words"] if claim["says"] == "region-of" else claim["of"]
            assert claim.get("region") == regions.get(code)
            assert claim.get("marks", []) == ([] if code in regions else ["placeholder"])


@with_tables
def test_abb_is_read_by_address_and_date(said: dict[str, list[Line]], regions: dict[str, str]) -> None:
    """Every placement of the file is said under its own addresses, which stand for what they stood for on that day."""
    first, tidied = (step[2] for step in list(saying(said["abb"]))[:2])
    text = (TABLES / "sources" / said["abb"][0]["source"][0]).read_text(encoding="utf-8")
    within = re.findall(r"<([^>]+)> geo:sfWithin <([^>]+)> \.", text)
    assert len(within) == 302
    labels = re.findall(r'<([^>]+)> a prov:Location ;\s+rdfs:label "([^"]+)"@nl', text)
    assert set(tidied) == {("region-of", *pair, "") for pair in within} | {
        ("name-of-region", *pair, "") for pair in labels
    }
    areas = {(row["lblod_werkingsgebied"], row["nis"]): row["valid_to"] for row in table("municipalities")}
    for claim in first.values():
        assert claim["region"] == regions[claim["words"] if claim["says"] == "region-of" else claim["of"]]
        if claim["says"] == "region-of":
            ended = claim["municipality"] in {"44001", "44011"}
            assert (areas[claim["of"], claim["municipality"]] == "2019-01-01") == ended
    added = said["abb"][-1]["made"][0]
    assert (added["of"], added["municipality"]) in areas
