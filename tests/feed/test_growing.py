"""A feed that grows: pages that fill up and stay, L22, L23 and L30, and trees larger than any register has yet."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regiolog.publisher.feed import tree
from regiolog.publisher.feed.paging import BRANCH, SIZE, Pages, Tally
from regiolog.publisher.feed.shelf import FOLDER
from regiolog.sync.statements.table import FILE
from tests.builders import Record, TurnedClock, beginning, decision, said, tell
from tests.events.shorthand import correct, retract
from tests.feed.fed import Fed, begun
from tests.feed.held import believed, held, place
from tests.feed.page import Page
from tests.feed.reader import FORMS, Reader, State, fetch

TOWNS: Final = [f"2{number:04}" for number in range(130)]
"""More than a page has members."""


def towns() -> Record:
    """The beginning of a register, which is one event."""
    return beginning(municipalities={nis: {"name": f"Dorp {nis}", "province": "10000"} for nis in TOWNS})


def decisions(first: int, count: int) -> list[Record]:
    """As many events as there are decisions, each of one thing."""
    return [decision(f"B{number}") for number in range(first, first + count)]


@pytest.fixture
def large(tmp_path: Path) -> Iterator[Fed]:
    """A register that began with more municipalities than a page has members."""
    clock = TurnedClock()
    with Fed(begun(tmp_path / "data", clock, lambda journal: tell(journal, towns(), clock=clock)), clock) as fed:
        yield fed


def page(fed: Fed, number: int) -> Page:
    """A page of a register."""
    answer = fetch(f"{fed.url}feed/{number}", "application/n-quads")
    assert answer.status == 200
    assert answer.immutable == Page(answer.url, answer.quads).immutable
    return Page(answer.url, answer.quads)


def test_a_page_that_one_event_overfills(large: Fed) -> None:
    """Pages break between events, so one that an event fills has all of its members, and the next has none yet."""
    first, last = page(large, 1), page(large, 2)
    assert len(first.members) == len(TOWNS) > SIZE
    assert first.immutable
    assert (last.members, last.immutable) == ((), False)
    assert fetch(f"{large.url}feed/3", "application/n-quads").status == 404


def test_a_page_is_full_with_its_hundredth_member(large: Fed) -> None:
    """With one less it may grow, with it never again, and an empty last page is there already."""
    reader = large.reader()
    reader.run()
    large.tell(*decisions(0, SIZE - 1))
    assert len(reader.run()) == SIZE - 1
    assert not page(large, 2).immutable
    large.tell(*decisions(SIZE - 1, 1))
    assert len(reader.run()) == 1
    assert (len(page(large, 2).members), page(large, 2).immutable) == (SIZE, True)
    assert (page(large, 3).members, page(large, 3).immutable) == ((), False)
    assert reader.run() == []
    assert f"{large.url}feed/3" in reader.state.frontier
    assert held(large.reader().run()) == believed(large.history)


def test_a_page_takes_all_of_its_last_event(large: Fed) -> None:
    """An event of many things that comes to a page that is nearly full is on it whole."""
    large.tell(*decisions(0, SIZE - 1))
    large.tell(said("region-was-designated", decision="B1", region="noord", name="Noord"))
    large.tell(*decisions(SIZE, SIZE - 2))
    large.tell(said("regions-were-demarcated", decision="B1", assignments=dict.fromkeys(TOWNS, "noord")))
    assert [len(page(large, number).members) for number in (1, 2, 3, 4)] == [
        len(TOWNS),
        SIZE,
        SIZE - 2 + len(TOWNS),
        0,
    ]


def immutable(fed: Fed) -> dict[tuple[str, str], tuple[bytes, str]]:
    """Each node that never changes, in each form: its bytes and its tag, as they are without any host."""
    found = {}
    reader = fed.reader()
    reader.run()
    for url in sorted(reader.state.done):
        path = url.removeprefix(fed.url)
        for form in FORMS:
            answer = fed.get(path, form)
            assert "immutable" in answer.headers["Cache-Control"]
            found[path, form] = (answer.data, answer.headers["ETag"])
    return found


def test_l22_what_never_changes_never_does(tmp_path: Path) -> None:
    """However the register goes on, is restarted, or has all that can be burnt made again: the same bytes and tags."""
    clock = TurnedClock()
    data = begun(tmp_path / "data", clock, lambda journal: tell(journal, towns(), *decisions(0, 150), clock=clock))
    with Fed(data, clock) as fed:
        before = immutable(fed)
        assert {path for path, _ in before} == {"feed/1", "feed/2"}
        clock.turn(days=400)
        fed.tell(
            retract("B3/registration"),
            correct("B7/registration", title="anders"),
            *[said("municipality-was-renamed", decision="B8", municipality=nis, name="Nieuw") for nis in TOWNS],
        )
        later = immutable(fed)
        assert {place: later[place] for place in before} == before
    with Fed(data, clock) as fed:
        assert immutable(fed) == later
    (data / FILE).unlink()
    shutil.rmtree(data / FOLDER)
    with Fed(data, clock) as fed:
        assert immutable(fed) == later
        assert held(fed.reader().run()) == believed(fed.history)


def test_l22_every_relation_leads_to_a_page(large: Fed) -> None:
    """While it grows, page by page, no node leads to one that is not there."""
    for _ in range(3):
        large.tell(*decisions(large.history.position, 70))
        for path in ("feed", "feed/branch/1"):
            answer = fetch(f"{large.url}{path}", "application/n-quads")
            for child in Page(answer.url, answer.quads).children:
                assert fetch(child, "application/n-quads").status == 200


def test_l23_pages_stay_where_they_are(large: Fed) -> None:
    """The tree is never built otherwise: what lay at a page lies there when there are many more."""
    where: dict[str, str] = {}
    for _ in range(3):
        large.tell(*decisions(large.history.position, 70))
        now = {member.iri: member.page for member in large.reader().run()}
        assert {iri: now[iri] for iri in where} == where
        where = now


def test_l30_each_member_once_and_nothing_twice(large: Fed) -> None:
    """Over many runs: only what may have changed is asked for again, and with its tag."""
    reader = large.reader()
    found = reader.run()
    for round_ in range(5):
        large.tell(*decisions(60 * round_, 60))
        reader.requests.clear()
        found += reader.run()
        assert len(reader.requests) == len(set(reader.requests))
        assert not [url for url in reader.requests if url == f"{large.url}feed/1"]
        large.asked.clear()
        assert reader.run() == []
        assert {request.status for request in large.asked} == {304}
        assert len(large.asked) == 3
    assert len(found) == len({member.iri for member in found}) == len(TOWNS) + 300
    assert held(found) == believed(large.history)


def test_l30_a_client_is_stopped_after_any_page(large: Fed) -> None:
    """With the state that it had then it goes on, and gets every member once, whatever was recorded meanwhile."""
    large.tell(*decisions(0, 250))
    wanted = {member.iri for member in large.reader().run()}
    for stop in range(1, 6):
        state, found = State(), []
        for number in range(20):
            reader = Reader(f"{large.url}feed", State.of(state.kept()))
            for count, members in enumerate(reader.pages(), 1):
                found += members
                state = reader.state
                if count == stop:
                    break
            if number == 2:
                large.tell(*decisions(250 + stop, 1))
        wanted |= {f"http://localhost:8000/feed/decision/B{250 + stop}/{large.history.position}"}
        assert sorted(member.iri for member in found) == sorted(wanted)


def test_l30_the_order_of_positions_is_that_of_pages(large: Fed) -> None:
    """Page after page the positions rise, and none is on two pages."""
    large.tell(*decisions(0, 250))
    spans: dict[int, list[int]] = {}
    for member in large.reader().run():
        spans.setdefault(int(member.page.rpartition("/")[2]), []).append(place(member))
    in_order = [spans[number] for number in sorted(spans)]
    assert all(max(one) < min(next_) for one, next_ in pairwise(in_order))


def pages(full: int, rest: int = 7) -> Pages:
    """The pages of a register that has filled so many, two events to each."""
    tallies = [Tally(SIZE * number, "") for number in range(full + 1)]
    return Pages([2 * number for number in range(1, full + 1)], tallies, Tally(SIZE * full + rest, ""), 2 * full + 1)


@given(st.integers(0, 4 * BRANCH) | st.sampled_from([BRANCH - 1, BRANCH, BRANCH + 1, 2 * BRANCH]))
def test_a_large_tree_has_one_way_to_each_page(full: int) -> None:
    """Branches take their pages in turn, and what is said of each is true of all that lies below it."""
    there = pages(full)
    assert len(there) == full + 1
    branches = tree.root(there)
    leaves = [tree.branch(there, number) for number in range(1, len(branches) + 1)]
    assert [leaf.path for of_branch in leaves for leaf in of_branch] == [f"feed/{n}" for n in range(1, full + 2)]
    assert all(len(of_branch) <= BRANCH for of_branch in leaves)
    for number, (branch, of_branch) in enumerate(zip(branches, leaves, strict=True), 1):
        assert branch.path == f"feed/branch/{number}"
        assert branch.after == of_branch[0].after
        assert branch.upto == of_branch[-1].upto
        assert (branch.upto is not None) == there.is_full(number) == (number < len(branches))
        if branch.members is not None:
            assert branch.members == sum(leaf.members or 0 for leaf in of_branch) == SIZE * len(of_branch)
    chain = [leaf for of_branch in leaves for leaf in of_branch]
    assert chain[0].after == 0
    assert all(one.upto == next_.after for one, next_ in pairwise(chain))
    assert [leaf.upto for leaf in chain if leaf.upto is None] == [None]


@given(st.integers(0, 3 * BRANCH), st.integers(1, 2 * BRANCH))
def test_a_large_tree_keeps_what_it_said(full: int, more: int) -> None:
    """With more pages each full branch leads to what it led to, and so does each page that was full."""
    before, after = pages(full), pages(full + more)
    for number in range(1, before.branches + 1):
        if before.is_full(number):
            assert tree.branch(before, number) == tree.branch(after, number)
            assert tree.root(before)[number - 1] == tree.root(after)[number - 1]
    assert [before[number] for number in range(1, full + 1)] == [after[number] for number in range(1, full + 1)]
    assert [before.holding(p).number for p in range(1, 2 * full + 1)] == [(p + 1) // 2 for p in range(1, 2 * full + 1)]
