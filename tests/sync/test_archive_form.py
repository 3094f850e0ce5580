"""The record files of the archive are written alike, stand in order, and make one register together."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from regiolog.events.claim import ClaimsWereMade
from regiolog.events.event import Event
from regiolog.events.journal import Journal
from regiolog.events.journal_sqlite import open_journal
from regiolog.events.record import Wish
from regiolog.events.recording import read_wishes, record
from regiolog.sync.archive import NAMES, archive_lines

SOURCES = {"abb": "abb", "provincies-in-cijfers": "pinc"}

Line = dict[str, Any]


@pytest.fixture(scope="module")
def files() -> dict[str, list[Line]]:
    """The lines of every record file, in order."""
    return {name: [json.loads(line) for line in archive_lines(name)] for name in NAMES}


@pytest.fixture(scope="module")
def merged(files: dict[str, list[Line]]) -> list[Line]:
    """All lines in the order in which they are loaded: by known time, then file, then line."""
    return sorted((line for name in NAMES for line in files[name]), key=lambda line: str(line["known_from"]))


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """A journal in which nothing has happened."""
    opened = open_journal(tmp_path, create=True)
    yield opened
    opened.close()


def wishes() -> list[Wish]:
    """What all files ask, in the order in which they are loaded."""
    read: list[tuple[str, Wish]] = []
    for name in NAMES:
        known = [json.loads(line)["known_from"] for line in archive_lines(name)]
        asked = read_wishes(enumerate(archive_lines(name), start=1), defaults=_beginning if name == NAMES[0] else None)
        read += zip(known, asked, strict=True)
    return [wish for _, wish in sorted(read, key=lambda each: each[0])]


def _beginning(line: int) -> dict[str, Any]:
    return {"base_iri": "http://localhost:8000/"} if line == 1 else {}


@pytest.mark.parametrize("name", NAMES)
def test_lines_are_written_as_people_read_them(name: str) -> None:
    """Each line is one JSON object in plain UTF-8, with a line feed, its id first and its known time last."""
    for line in archive_lines(name):
        said = json.loads(line)
        assert line == json.dumps(said, ensure_ascii=False).encode() + b"\n"
        assert list(said)[:2] == ["id", "kind"]
        assert list(said)[-2:] == ["known_from", "known_basis"]


def test_ids_are_unique(files: dict[str, list[Line]], merged: list[Line]) -> None:
    """No two lines have the same id, and a line is named after its decision, or after its source and day."""
    assert len({line["id"] for line in merged}) == len(merged)
    keys = {line["decision"] for line in merged if line["kind"] == "decision-was-registered"}
    assert all(line["id"].split("/")[0] in keys for line in merged if "decision" in line)
    for name, source in SOURCES.items():
        first, *others = files[name]
        assert (first["id"], first["kind"]) == (f"{source}/registration", "source-was-registered")
        assert all(line["id"].startswith(f"{source}-{line['known_from']}/") for line in others)


def test_nothing_is_empty(merged: list[Line]) -> None:
    """What is unknown is absent, so that nothing is empty or null; and every line has a source."""

    def check(value: object) -> None:
        assert value or value is False, value
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        for each in inner:
            check(each)

    for line in merged:
        check(line)
        assert line["source"]
        assert line["evidence"] in {"published", "derived", "contradicted"}


@pytest.mark.parametrize("name", NAMES)
def test_lines_stand_in_backfill_order(files: dict[str, list[Line]], name: str) -> None:
    """Lines stand by the day since which they were known; what was decided begins with the register."""
    known = [line["known_from"] for line in files[name]]
    assert known == sorted(known)
    begins = {
        "flanders": ("2018-01-01", "coverage"),
        "abb": ("2022-06-14", "published"),
        "provincies-in-cijfers": ("2020-05-08", "published"),
    }
    assert (known[0], files[name][0]["known_basis"]) == begins[name]


def test_each_source_speaks_in_its_own_file_alone(files: dict[str, list[Line]]) -> None:
    """A file of a source holds its word only and no decision, so that it can be left out; claims stand nowhere else."""
    assert not any("said_by" in line for line in files["flanders"])
    for name, source in SOURCES.items():
        assert {line.get("said_by") for line in files[name]} == {source}
        assert not any("decision" in line for line in files[name])
        assert {line["known_basis"] for line in files[name]} == {"published"}
        assert files[name][0]["attribution"]
    assert [files[name][0].get("licence") for name in SOURCES] == ["https://spdx.org/licenses/MIT", None]
    assert {line["kind"] for line in files["provincies-in-cijfers"][1:]} == {"claims-were-made"}


def test_what_is_published_is_known_and_holds_from_that_day(files: dict[str, list[Line]]) -> None:
    """Claims and observations hold from their publication; only the mergers of police zones are dated themselves."""
    for name in SOURCES:
        for line in files[name][1:]:
            dated = line["kind"] in {"cooperation-was-founded", "cooperations-were-merged"}
            assert (line["valid_from"] < line["known_from"]) if dated else (line["valid_from"] == line["known_from"])


def test_a_source_names_only_what_is_known_by_then(merged: list[Line]) -> None:
    """Municipalities, regions and structures are named only after the line that brought them in."""
    codes, regions, structures = set(merged[0]["municipalities"]), set[str](), set[str]()
    for line in merged:
        if line["kind"] == "municipalities-were-merged":
            codes.add(line["into"]["nis"])
        if line["kind"] == "region-was-designated":
            regions.add(line["region"])
        if line["kind"] in {"cooperation-was-observed", "cooperation-was-founded"}:
            structures.add(line["cooperation"])
        for said in (*line.get("made", ()), *line.get("members", ())):
            assert {said[name] for name in ("municipality",) if name in said} <= codes
            assert {said[name] for name in ("region",) if name in said} <= regions
        if "said_by" in line:
            named = {line[name] for name in ("cooperation", "into") if name in line}
            assert named | set(line.get("parts", ())) <= structures


def test_an_empty_register_takes_every_line(journal: Journal) -> None:
    """Nothing is refused, nothing is passed over; a repeat is silent throughout."""
    asked = wishes()
    assert len(record(journal, asked).recorded) == len(asked)
    assert record(journal, asked).silent == len(asked)


def test_what_is_odd_about_claims_is_marked(journal: Journal) -> None:
    """Two ended municipalities, thirteen placeholders, and nothing else; all other claims are resolved as written."""
    asked = wishes()
    events: list[Event] = [event for _, event in record(journal, asked).recorded]
    marks: Counter[tuple[str, str]] = Counter()
    for event, wish in zip(events, asked, strict=True):
        if isinstance(event, ClaimsWereMade):
            assert isinstance(wish.asked, ClaimsWereMade)
            assert [(claim.of, claim.words) for claim in event.made] == [
                (claim.of, claim.words) for claim in wish.asked.made
            ]
            for claim, written in zip(event.made, wish.asked.made, strict=True):
                for name in ("municipality", "region"):
                    assert getattr(claim, name, None) == getattr(written, name, None)
                marks.update((event.said_by, mark) for mark in claim.marks)
    assert marks == {("abb", "ended"): 2, ("pinc", "placeholder"): 13}
