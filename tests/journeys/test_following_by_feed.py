"""A register that follows another by a feed claims what that one says, and answers what the feed carries."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.conftest import Served as Archive
from tests.processes import Served, prepared, regiolog

RENAMED = [
    {
        "kind": "decision-was-registered",
        "id": "N-1/r",
        "decision": "N-1",
        "type": "decree",
        "body": "Een raad",
        "title": "Een andere naam",
        "decided": "2026-01-09",
        "source": ["a test"],
    },
    {
        "kind": "region-was-renamed",
        "id": "N-1/name",
        "region": "waasland",
        "name": "Wase Regio",
        "valid_from": "2026-02-01",
        "decision": "N-1",
        "source": ["a test"],
    },
]
"""A region gets another name."""


@pytest.fixture
def leader(served: Archive, tmp_path: Path) -> Iterator[Served]:
    """A register that is followed."""
    with Served(prepared(served.data, tmp_path / "leader")) as leader:
        leader.ready()
        yield leader


STREAM = """
[sources.ander]
said_by = "ander"
publisher = "Een ander register"
kind = "ldes"
location = "{url}feed"
complete = true
allow = ["127.0.0.1", "::1"]
mapping = {{ says = "version-objects" }}
"""
"""A register that is followed by its event stream."""

CHANGES = """
[sources.ander-{says}]
said_by = "ander"
publisher = "Een ander register"
kind = "cloudevents"
location = "{url}changes"
complete = true
allow = ["127.0.0.1", "::1"]
mapping = {{ says = "{says}", municipality = "objectId", {mapping} }}

[sources.ander-{says}.feed]
page = "page"
types = ["regiolog.municipality"]
ignore = ["regiolog.region", "regiolog.subregion", "regiolog.cooperation", "regiolog.decision"]
{feed}
"""
"""One that is followed by its change feed."""

LISTED = {"says": "municipalities", "mapping": 'name = "label", begins = "begins", ends = "ends"', "feed": ""}
PLACED = {
    "says": "regions",
    "mapping": 'region = "assignment.region", valid_from = "assignment.validFrom", valid_to = "assignment.validTo"',
    "feed": 'periods = "assignment"',
}


def declare(place: Path, *declared: str) -> Path:
    """Write settings in which a register is followed."""
    path = place / "sources.toml"
    path.write_text("".join(declared), encoding="utf-8")
    return path


def rows(register: Served, query: str, **parameters: str) -> list[dict[str, str]]:
    """What a named query answers."""
    reply = register.get(f"query/{query}.csv", **parameters)
    assert reply.status == 200, reply.text
    return list(csv.DictReader(io.StringIO(reply.text)))


def synced(data: Path, sources: Path) -> list[dict[str, Any]]:
    """Harvest once; the reports."""
    done = regiolog("sync", "--data", data, "--json", sources=str(sources))
    assert done.returncode == 0, done.stderr + done.stdout
    return list(json.loads(done.stdout))


def renamed(leader: Served, *records: dict[str, Any]) -> None:
    """Let something happen in the register that is followed."""
    done = regiolog("record", "-", "--data", leader.data, given="\n".join(map(json.dumps, records)).encode())
    assert done.returncode == 0, done.stderr
    leader.ready()


def said(follower: Served, nis: str) -> list[tuple[str, str, str]]:
    """What the other register is claimed to say of a municipality's region."""
    every = [row for row in rows(follower, "said", nis=nis) if row["source"] == "ander"]
    return [(row["region_key"], row["valid_from"], row["valid_to"]) for row in every]


ZWIJNDRECHT = [("regio-antwerpen", "2021-03-12", "2023-03-19"), ("waasland", "2023-03-19", "2025-01-01")]


def test_a_register_that_follows_by_a_feed_knows_what_the_other_says(
    served: Archive, leader: Served, tmp_path: Path
) -> None:
    """Who is where and since when, as the other says it; where the two differ, that is a divergence; then news."""
    data, sources = prepared(served.data, tmp_path / "follower"), declare(tmp_path, STREAM.format(url=leader.url))
    assert [report["outcome"] for report in synced(data, sources)] == ["new"]
    assert [report["outcome"] for report in synced(data, sources)] == ["unchanged"]
    renamed(leader, *RENAMED)
    assert [(report["new"], report["withdrawn"]) for report in synced(data, sources)] == [(2, 1)]
    with Served(data) as follower:
        follower.ready()
        assert said(follower, "11056") == ZWIJNDRECHT
        differing = [row for row in rows(follower, "divergences") if row["source"] == "ander"]
        names = [row["source_says"] for row in differing if not row["source_says"].startswith("member of ")]
        assert names == ["Wase Regio"]


def test_a_register_that_follows_by_changes_knows_municipalities_and_regions(
    served: Archive, leader: Served, tmp_path: Path
) -> None:
    """The change feed is read as two tables: which municipalities there are, and in which region each was when."""
    data = prepared(served.data, tmp_path / "follower")
    sources = declare(tmp_path, *(CHANGES.format(url=leader.url, **each) for each in (LISTED, PLACED)))
    assert [report["outcome"] for report in synced(data, sources)] == ["new", "new"]
    change = {**RENAMED[1], "kind": "municipality-was-renamed", "municipality": "46030", "name": "Beveren"}
    renamed(leader, RENAMED[0], {name: value for name, value in change.items() if name != "region"})
    reports = synced(data, sources)
    assert [(report["new"], report["withdrawn"]) for report in reports] == [(1, 1), (0, 0)]
    with Served(data) as follower:
        follower.ready()
        assert said(follower, "11056") == ZWIJNDRECHT
        differing = [row for row in rows(follower, "divergences") if row["source"] == "ander"]
        assert [row["source_says"] for row in differing] == ["Beveren"]
