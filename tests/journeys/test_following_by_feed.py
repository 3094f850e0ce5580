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


def counted(follower: Served, day: str, pattern: str) -> int:
    """How many of the other register's claims match on a day."""
    query = f"""
        PREFIX rl: <https://w3id.org/regiolog/ns#>
        PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
        SELECT (COUNT(*) AS ?n) {{
            GRAPH <http://localhost:8000/graph/source/ander> {{ ?claim a rl:Claim ; {pattern} }}
        }}
    """
    reply = follower.get("sparql", query=query, at=day, format="csv")
    assert reply.status == 200, reply.text
    return int(reply.text.split()[1])


def municipalities(follower: Served, day: str) -> int:
    """How many municipalities there were on a day, as the other register lists them today."""
    return counted(
        follower,
        "now",
        f"""rl:says rl:claim-municipality .
        OPTIONAL {{ ?claim rl:listedFrom ?from }} OPTIONAL {{ ?claim rl:listedUntil ?until }}
        FILTER(!BOUND(?from) || ?from <= "{day}"^^xsd:date) FILTER(!BOUND(?until) || "{day}"^^xsd:date < ?until)""",
    )


MIDDENKUST = "http://data.lblod.info/id/werkingsgebieden/5952a25321cd573ca8e15b4ca3ec61ce"
WAASLAND = "http://data.lblod.info/id/werkingsgebieden/7cc6e924c119e04191230fa5f3478736"
PLACED_SOMEWHERE = "rl:says rl:claim-region-of ; rl:region ?region"
IN_WAASLAND = f"{PLACED_SOMEWHERE} . FILTER(?region = <{WAASLAND}>)"


def answers_what_the_feed_carries(follower: Served) -> None:
    """The golden answers G1, G7, G10 and G11, as docs/for-harvesters.md promises them of either feed."""
    assert said(follower, "11056") == ZWIJNDRECHT
    days = ["2021-06-01", "2022-02-04", "2025-01-01"]
    assert [counted(follower, day, PLACED_SOMEWHERE) for day in days] == [258, 300, 285]
    days = ["2022-02-04", "2023-03-19", "2024-12-31", "2025-01-01"]
    assert [counted(follower, day, IN_WAASLAND) for day in days] == [9, 10, 10, 7]
    days = ["2018-12-31", "2019-01-01", "2024-12-31", "2025-01-01"]
    assert [municipalities(follower, day) for day in days] == [308, 300, 300, 285]


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
        answers_what_the_feed_carries(follower)
        named = f"rl:says rl:claim-name-of-region ; rl:region <{MIDDENKUST}> ; rl:words ?name"
        assert counted(follower, "2022-07-01", f'{named} . FILTER(?name = "Regio Oostende")') == 1
        assert counted(follower, "2023-04-01", f'{named} . FILTER(?name = "Middenkust")') == 1
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
        answers_what_the_feed_carries(follower)
        differing = [row for row in rows(follower, "divergences") if row["source"] == "ander"]
        assert [row["source_says"] for row in differing] == ["Beveren"]
