"""The difference of two moments: what only one of them says, by the events behind it, however it is looked up."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given

from regiolog.sync.statements.difference import Change, difference
from regiolog.sync.statements.history import History, SnapshotKey, Timed
from regiolog.sync.statements.statement import NEVER, Statement
from tests.sync.registers import EVENTFUL, Step
from tests.sync.tables import said, write
from tests.sync.test_laws import DAYS, keys_of, laws, stories, told

Plain = tuple[str, Statement, int]
FIRST, SECOND, THIRD = (date(2020, 1, day).toordinal() for day in (1, 2, 3))


def plainly(changes: list[Change]) -> list[Plain]:
    """Changes without the names of their statements."""
    return [(each.sign, each.statement, each.position) for each in changes]


def naively(history: History, old: SnapshotKey, new: SnapshotKey) -> list[Plain]:
    """The same, from reading both snapshots whole and everything that was ever said."""
    before, after = ({each.statement[:4]: each for each in history.held(key)} for key in (old, new))
    ever = list(history.ever(NEVER))
    changes = [("-", each, new) for quad, each in before.items() if quad not in after]
    changes += [("+", each, old) for quad, each in after.items() if quad not in before]
    found = [(sign, timed.statement, behind(ever, timed, other)) for sign, timed, other in changes]
    return sorted(found, key=lambda each: (each[2], each[1][:4], each[0]))


def behind(ever: list[Timed], timed: Timed, other: SnapshotKey) -> int:
    """The event behind a statement that does not hold at another key."""
    if timed.closed <= other.position:
        return timed.closed
    if timed.opened > other.position:
        return timed.opened
    bound = "start" if timed.statement.start > other.breakpoint else "end"
    alike = [
        each
        for each in ever
        if each.statement[:4] == timed.statement[:4]
        and getattr(each.statement, bound) == getattr(timed.statement, bound)
    ]
    first = {timed.opened}
    while earlier := {each.opened for each in alike if each.closed in first} - first:
        first |= earlier
    return min(first)


@laws
@given(stories)
@example(EVENTFUL)
def test_it_is_what_two_whole_snapshots_differ_in(story: list[Step]) -> None:
    """On either clock or both, there and back: the same statements, by the same events."""
    with told(story) as (folder, _):
        history = History.open(folder.statements)
        positions = range(1, history.position + 1, 4)
        keys = list(dict.fromkeys(key for each in positions for key in keys_of(history, each, DAYS[::5])))
        for number, old in enumerate(keys):
            for new in keys[number % 5 :: 5]:
                assert plainly(difference(history, old, new)) == naively(history, old, new), (old, new)


@laws
@given(stories)
@example(EVENTFUL)
def test_statements_are_named_as_in_the_history(story: list[Step]) -> None:
    """Each change has the number that its statement has among those that its event opened."""
    with told(story) as (folder, _):
        history = History.open(folder.statements)
        named = set(history.every(history.position))
        old, new = history.key(DAYS[0], 1), history.key(DAYS[-1], history.position)
        assert {each.numbered for each in difference(history, old, new)} <= named


@pytest.fixture
def history(tmp_path: Path) -> History:
    """Three events: what begins on a day, what ends on one, what is said again and what was wrong."""
    path = tmp_path / "statements.sqlite"
    begins, ends = said("a", "begins", SECOND), said("a", "ends", FIRST, SECOND)
    again, wrong = said("b", "again", FIRST, SECOND), said("c", "wrong")
    write(
        path,
        {1: [begins, ends, again, wrong], 2: [begins._replace(end=THIRD), again._replace(end=NEVER)], 3: []},
        {2: [begins, again], 3: [wrong]},
    )
    return History.open(path)


def between(history: History, old: tuple[int, int], new: tuple[int, int]) -> list[tuple[str, str, int]]:
    """Signs, values and events of what changed between two moments, each a day and a position."""
    keys = [history.key(date.fromordinal(day), position) for day, position in (old, new)]
    return [(each.sign, each.statement.object.strip('"'), each.position) for each in difference(history, *keys)]


def test_a_day_that_passes_is_laid_to_the_event_that_first_said_so(history: History) -> None:
    """That it begins was said at first; that it ends, by the second event."""
    assert between(history, (FIRST, 3), (SECOND, 3)) == [("+", "begins", 1), ("-", "ends", 1)]
    assert between(history, (SECOND, 3), (THIRD, 3)) == [("-", "begins", 2)]


def test_what_is_said_again_is_no_change(history: History) -> None:
    """Over another period, by another event."""
    assert between(history, (FIRST, 1), (FIRST, 2)) == []
    assert between(history, (FIRST, 1), (SECOND, 2)) == [("-", "ends", 1), ("+", "begins", 2)]


def test_what_is_believed_no_longer_is_laid_to_the_event_that_closed_it(history: History) -> None:
    """And the other way round, when it is asked the other way round."""
    assert between(history, (SECOND, 2), (SECOND, 3)) == [("-", "wrong", 3)]
    assert between(history, (SECOND, 3), (SECOND, 2)) == [("+", "wrong", 3)]


def test_equal_moments_differ_in_nothing(history: History) -> None:
    """Also when they were asked by other days."""
    assert between(history, (SECOND, 2), (SECOND, 2)) == []
    assert between(history, (THIRD, 3), (THIRD + 40, 3)) == []
