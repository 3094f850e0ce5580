"""Rows of a difference: each changed statement in one of them, each thing that changed in one that a person reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given

from regiolog.ontology import terms
from regiolog.ontology.iris import Iris
from regiolog.publisher.difference.lines import plain
from regiolog.publisher.difference.placing import Known, Places
from regiolog.publisher.difference.sets import Row, rows
from regiolog.sync.folder import Folder
from regiolog.sync.statements.difference import difference
from regiolog.sync.statements.history import History, SnapshotKey
from regiolog.sync.statements.statement import REGISTER, iri
from tests.builders import BASE, Record, TurnedClock, decision, said, small_register, tell
from tests.events.shorthand import newspaper, publishes, puts
from tests.sync.registers import EVENTFUL, Step
from tests.sync.shown import ours, short
from tests.sync.test_laws import DAYS, keys_of, laws, stories, told

Told = tuple[str, str, str, str, str, str]
Compare = Callable[..., list[Told]]
IRIS = Iris(BASE)


def compared(history: History, old: SnapshotKey, new: SnapshotKey) -> list[Row]:
    """The rows of what changed between two keys."""
    changes = difference(history, old, new)
    known = Known.about(history, changes, max(old.position, new.position))
    return rows(changes, Places(changes, known, IRIS))


def pairs(history: History) -> Iterator[tuple[SnapshotKey, SnapshotKey]]:
    """Some moments, each with some others."""
    positions = range(2, history.position + 1, 6)
    keys = list(dict.fromkeys(key for each in positions for key in keys_of(history, each, DAYS[::6])))
    for number, old in enumerate(keys):
        for new in keys[number % 4 :: 4]:
            yield old, new


@laws
@given(stories)
@example(EVENTFUL)
def test_every_changed_statement_is_in_exactly_one_row(story: list[Step]) -> None:
    """Nothing is lost, nothing is counted twice, and nothing comes in a set that there is not."""
    with told(story) as (folder, _):
        history = History.open(folder.statements)
        for old, new in pairs(history):
            found = compared(history, old, new)
            assert Counter(change for row in found for change in row.changes) == Counter(difference(history, old, new))
            for row in found:
                assert row.before != row.after, row


@laws
@given(stories)
@example(EVENTFUL)
def test_there_and_back_are_opposites(story: list[Step]) -> None:
    """What is added one way is removed the other way, and what changes changes back."""
    with told(story) as (folder, _):
        history = History.open(folder.statements)
        for old, new in pairs(history):
            there = Counter((each[:3], each.before, each.after, each.of) for each in compared(history, old, new))
            back = Counter((each[:3], each.after, each.before, each.of) for each in compared(history, new, old))
            assert there == back, (old, new)


@laws
@given(stories)
@example(EVENTFUL)
def test_assignments_are_what_two_snapshots_say_of_each_municipality(story: list[Step]) -> None:
    """Exactly the municipalities whose region is another, with both regions; and those that came or ended."""
    with told(story) as (folder, _):
        history = History.open(folder.statements)
        for old, new in pairs(history):
            before, after = regions(history, old), regions(history, new)
            changed = {
                nis: (before.get(nis), after.get(nis)) for nis in before | after if before.get(nis) != after.get(nis)
            }
            found = [row for row in compared(history, old, new) if row.group == "assignments"]
            assert {row.subject: (first(row.before), first(row.after)) for row in found} == changed
            assert len(found) == len(changed)
            lived = {
                row.subject
                for row in compared(history, old, new)
                if (row.group, row.what) == ("municipalities", "exists")
            }
            assert lived == municipalities(history, old) ^ municipalities(history, new)


def first(values: tuple[str, ...]) -> str | None:
    """The one value that a row shows; None when it shows none."""
    assert len(values) <= 1
    return next(iter(values), None)


def municipalities(history: History, key: SnapshotKey) -> set[str]:
    """The municipalities of a snapshot."""
    wanted = f" {iri(terms.RDF_TYPE)} {iri(terms.RL_MUNICIPALITY)} ."
    return {line.partition(" ")[0] for line in read(history, key) if line.endswith(wanted)}


def regions(history: History, key: SnapshotKey) -> dict[str, str]:
    """The region of each municipality in a snapshot, or that it is pending."""
    said_of: dict[str, dict[str, str]] = {}
    for line in read(history, key):
        subject, predicate, value = line.removesuffix(" .").split(" ", 2)
        said_of.setdefault(subject, {})[predicate] = value
    assigned = [each for each in said_of.values() if each.get(iri(terms.RDF_TYPE)) == iri(terms.RL_ASSIGNMENT)]
    return {
        each[iri(terms.RL_HAS_MUNICIPALITY)]: each.get(iri(terms.RL_REGION), each[iri(terms.ADMS_STATUS)])
        for each in assigned
    }


def read(history: History, key: SnapshotKey) -> list[str]:
    """The lines of the register's graph."""
    return history.triples(key, REGISTER).decode().splitlines()


@pytest.fixture
def compare(tmp_path: Path) -> Compare:
    """Tell a register something more, and compare it before and after, as of 1 January 2026; or two days."""

    def tell_more(
        *records: Record, days: tuple[str, str] = ("2026-01-01", "2026-01-01"), before: tuple[Record, ...] = ()
    ) -> list[Told]:
        clock = TurnedClock()
        folder = Folder(tmp_path / str(len(list(tmp_path.iterdir()))), create=True, clock=clock)
        tell(folder.journal, *small_register(), newspaper("krant", id="krant"), *before, clock=clock)
        start = folder.journal.head() if days[0] == days[1] else None
        clock.turn(days=1)
        for record in records:
            tell(folder.journal, record, clock=clock)
        history = folder.history()
        old, new = (history.key(date.fromisoformat(day), history.position) for day in days)
        if start is not None:
            old = history.key(date.fromisoformat(days[0]), start)
        found: list[Told] = [
            (
                row.group,
                row.change,
                short(row.subject),
                row.what,
                " ".join(map(plain, row.before)),
                " ".join(map(plain, row.after)),
            )
            for row in compared(history, old, new)
        ]
        history.close()
        folder.close()
        return found

    return tell_more


NOORD, ZUID = ours("region/noord"), ours("region/zuid")
D1, D2 = ours("decision/D1"), ours("decision/D2")


def test_a_municipality_that_is_renamed_changes_in_one_row(compare: Compare) -> None:
    """From one name to another."""
    renamed = said("municipality-was-renamed", "2021-01-01", municipality="10001", name="Nieuwdorp", id="r")
    assert compare(renamed) == [("municipalities", "changed", "<m/10001>", "name", "Dorp 1", "Nieuwdorp")]


def test_a_municipality_that_changes_province_does_so_in_one_row(compare: Compare) -> None:
    """A province is not a region."""
    moved = said("municipality-was-moved-to-province", "2021-01-01", municipality="10001", province="40000", id="m")
    assert compare(moved) == [
        ("municipalities", "changed", "<m/10001>", "province", ours("province/10000"), ours("province/40000"))
    ]


def test_a_municipality_that_changes_region_does_so_in_one_row(compare: Compare) -> None:
    """The node with the decision and the evidence is in it."""
    moved = said(
        "municipality-was-reassigned", "2021-01-01", municipality="10001", from_region="noord", to_region="zuid", id="m"
    )
    assert compare(moved) == [("assignments", "changed", "<m/10001>", "region", NOORD, ZUID)]


def test_a_municipality_that_is_left_pending_says_so(compare: Compare) -> None:
    """It has no region, by a decision; then it gets one."""
    pending = said("municipalities-were-left-pending", "2021-01-01", municipalities=["10005"], id="p")
    assigned = said("municipality-was-assigned", "2021-06-01", municipality="10005", region="noord", id="a")
    assert compare(pending) == [("assignments", "added", "<m/10005>", "region", "", "pending")]
    assert compare(pending, assigned, days=("2021-03-01", "2021-07-01")) == [
        ("assignments", "changed", "<m/10005>", "region", "pending", NOORD)
    ]


def test_an_assignment_that_is_confirmed_rests_on_another_decision(compare: Compare) -> None:
    """That is a set of its own: the region is the same."""
    confirmed = said("assignments-were-confirmed", "2021-01-01", decision="D2", assignments={"10001": "noord"}, id="c")
    assert compare(confirmed) == [("grounds", "changed", "<m/10001>", "decision", D1, D2)]


def test_a_merger_has_a_row_for_each_that_merged(compare: Compare) -> None:
    """Beside those of what ended and what came, and of their regions; all else is in them."""
    merged = said(
        "municipalities-were-merged",
        "2021-01-01",
        merged=["10001", "10002"],
        into={"nis": "20001", "name": "Groot", "province": "10000", "region": "noord"},
        id="f",
    )
    new = "https://data.vlaanderen.be/id/gemeente/20001"
    assert sorted(compare(merged)) == [
        ("assignments", "added", "<m/20001>", "region", "", NOORD),
        ("assignments", "removed", "<m/10001>", "region", NOORD, ""),
        ("assignments", "removed", "<m/10002>", "region", NOORD, ""),
        ("further", "added", "</event/8#change>", "exists", "", "yes"),
        ("mergers", "added", "<m/10001>", "merged into", "", new),
        ("mergers", "added", "<m/10002>", "merged into", "", new),
        ("municipalities", "added", "<m/20001>", "exists", "", "yes"),
        ("municipalities", "removed", "<m/10001>", "exists", "yes", ""),
        ("municipalities", "removed", "<m/10002>", "exists", "yes", ""),
    ]


def test_a_region_comes_is_drawn_and_ends(compare: Compare) -> None:
    """Where it stands is said in the row; what came and ended in between is heard of once."""
    announced = said("region-was-announced", "2021-01-01", region="west", id="w1")
    drawn = said("region-was-designated", "2022-01-01", region="west", name="West", id="w2")
    ended = said("region-was-ended", "2023-01-01", region="west", id="w3")
    west = short(iri(ours("region/west")))
    days = ["2020-12-31", "2021-01-01", "2022-01-01", "2023-01-01"]
    found = [compare(announced, drawn, ended, days=each) for each in pairwise(days)]
    assert found[0] == [("regions", "added", west, "exists", "", "announced")]
    assert sorted(found[1]) == [
        ("regions", "added", west, "name", "", "West"),
        ("regions", "changed", west, "status", "announced", "demarcated"),
    ]
    assert found[2] == [("regions", "removed", west, "exists", "demarcated", "")]
    assert compare(announced, drawn, ended) == [("regions", "added", west, "status", "", "ended")]


def test_what_was_wrong_changes_without_a_day_passing(compare: Compare) -> None:
    """A correction puts one name in the place of another; the event that was wrong keeps its decision."""
    corrected = {
        "id": "c",
        "kind": "event-was-corrected",
        "corrects": "region/noord",
        "reason": "misread",
        "change": {"name": "Het Noorden"},
        "source": ["a letter"],
    }
    assert compare(corrected) == [("regions", "changed", short(iri(NOORD)), "name", "Noord", "Het Noorden")]


def test_a_source_that_says_otherwise_changes_its_word(compare: Compare) -> None:
    """One claim made place for another; a first one is added."""
    noord, zuid = puts("10001", "Noord"), puts("10001", "Zuid")
    first_said = publishes(noord, id="p1", valid_from="2021-01-01")
    then = publishes(zuid, withdrawn=(noord,), id="p2", valid_from="2021-02-01")
    assert compare(first_said) == [("source/krant", "added", "<m/10001>", "region-of", "", NOORD)]
    assert compare(then, before=(first_said,)) == [("source/krant", "changed", "<m/10001>", "region-of", NOORD, ZUID)]


def test_who_takes_part_is_one_row_of_the_structure(compare: Compare) -> None:
    """A structure that comes is one row, and each that takes part another; leaving takes it away."""
    founded = said("cooperation-was-founded", "2021-01-01", cooperation="zone", name="Z", types=["politiezone"], id="z")
    joined = said(
        "members-joined",
        "2021-02-01",
        cooperation="zone",
        members=[{"municipality": "10001", "role": "member"}],
        id="j",
    )
    left = said("members-left", "2022-01-01", cooperation="zone", members=[{"municipality": "10001"}], id="l")
    zone, town = short(iri(ours("cooperation/zone"))), "https://data.vlaanderen.be/id/gemeente/10001"
    assert sorted(compare(founded, joined)) == [
        ("cooperations", "added", zone, "exists", "", "yes"),
        ("memberships", "added", zone, "member", "", town),
    ]
    assert compare(founded, joined, left, days=("2021-03-01", "2022-03-01")) == [
        ("memberships", "removed", zone, "member", town, "")
    ]


def test_decisions_and_proposals_come_whole(compare: Compare) -> None:
    """With all their dates and words in one row each; what settles a proposal shows on it."""
    new = decision("D9", adopted="2021-01-02")
    proposed = said("regions-were-proposed", "2021-01-01", decision="D9", regions={"v": {"name": "Vallei"}}, id="p")
    settled = said("proposal-was-settled", "2021-06-01", decision="D2", proposal="D9", settled=["v"], id="s")
    subject = short(iri(ours("region/v")))
    assert sorted(compare(new, proposed)) == [
        ("decisions", "added", short(iri(ours("decision/D9"))), "exists", "", "yes"),
        ("proposals", "added", subject, "exists", "", "proposed"),
    ]
    assert ("proposals", "added", subject, "exists", "", "proposed") in compare(new, proposed, settled)
