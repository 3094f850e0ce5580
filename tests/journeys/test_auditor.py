"""The auditor: what the map looked like, as it was known then; held against a naive reading of the published tables."""

from __future__ import annotations

import csv
import io
from itertools import pairwise

import pytest

from tests.facts import table, with_tables
from tests.journeys.conftest import Served

DAYS = [
    "2018-01-01",
    "2018-12-31",
    "2019-01-01",
    "2021-03-11",
    "2021-03-12",
    "2022-02-03",
    "2022-02-04",
    "2023-03-18",
    "2023-03-19",
    "2024-12-31",
    "2025-01-01",
]
KNOWN = [
    None,
    "2018-04-24",
    "2018-04-25",
    "2021-03-11",
    "2021-03-12",
    "2022-02-06",
    "2022-02-07",
    "2023-03-08",
    "2023-03-09",
    "2024-04-18",
    "2024-04-19",
]
Place = tuple[str, str, str]
NOWHERE: Place = ("", "", "")


def read_naively(at: str, known: str | None) -> dict[str, Place]:
    """Name, province and region of every municipality on a day, by what the decisions known by then had ended."""
    published = {
        row["decision_id"]: row["published_on"] or row["decided_on"] or row["adopted_on"] or row["in_force_from"]
        for row in table("decisions")
    }
    changing = {"2019-01-01": "FUSIES-2019", "2023-03-19": "REGIODECREET", "2025-01-01": "FUSIES-2025"}

    def is_known(decision: str | None) -> bool:
        return decision is None or known is None or published[decision] <= known

    def holds(row: dict[str, str]) -> bool:
        end = row["valid_to"] if is_known(changing.get(row["valid_to"])) else ""
        return row["valid_from"] <= at and (not end or at < end)

    found = {
        row["nis"]: (row["name_nl"], row["province_nis"], "")
        for row in table("municipalities")
        if is_known(changing.get(row["valid_from"])) and holds(row)
    }
    for row in table("region_members"):
        nis = row["municipality_nis"]
        if is_known(row["decision_id"]) and holds(row) and nis in found:
            found[nis] = (*found[nis][:2], row["region_key"])
    return found


@with_tables
@pytest.mark.parametrize("known", KNOWN)
def test_every_municipality_on_every_breakpoint_as_known_then(served: Served, known: str | None) -> None:
    """Each municipality's name, province and region, on each side of each change and of each publication."""
    for at in DAYS:
        rows = served.query("municipalities", at=at, **({} if known is None else {"known": known}))
        answered = {row["nis"]: (row["name"], row["province"], row["region_key"]) for row in rows}
        assert answered == read_naively(at, known), at


def differing(served: Served, **asked: str) -> list[dict[str, str]]:
    """The rows of a difference."""
    answer = served.get("diff.csv", **asked)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


@with_tables
def test_what_changed_between_any_two_breakpoints(served: Served) -> None:
    """The municipalities whose region is another, and those that came or ended, are those of two naive readings."""
    for (old, old_known), (new, new_known) in pairwise([*zip(DAYS, KNOWN, strict=True), ("2022-12-10", "2022-02-07")]):
        before, after = read_naively(old, old_known), read_naively(new, new_known)
        known = {"from_known": old_known, "to_known": new_known}
        asked = {"from": old, "to": new, **{name: value for name, value in known.items() if value is not None}}
        moved = {
            nis: (before.get(nis, NOWHERE)[2], after.get(nis, NOWHERE)[2])
            for nis in before | after
            if before.get(nis, NOWHERE)[2] != after.get(nis, NOWHERE)[2]
        }
        rows = differing(served, **asked, set="assignments")
        told = {row["key"]: (row["before_key"], row["after_key"]) for row in rows}
        assert {nis: regions for nis, regions in told.items() if any(regions)} == moved, asked
        rows = differing(served, **asked, set="municipalities")
        lived = {row["key"]: row["change"] for row in rows if row["property"] == "exists"}
        assert {nis for nis, change in lived.items() if change == "added"} == after.keys() - before.keys()
        assert {nis for nis, change in lived.items() if change == "removed"} == before.keys() - after.keys()
