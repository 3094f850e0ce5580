"""What rounds come to, and which way a goal looks."""

from __future__ import annotations

import pytest

from bench.measure import Compared, compared, share


def test_a_share_is_the_value_below_which_so_many_lie() -> None:
    """Whatever order they come in."""
    values = [float(value) for value in range(100, -1, -1)]
    assert [share(values, part) for part in (0, 0.5, 0.95, 1)] == [0, 50, 95, 100]
    assert share([3.0], 0.95) == 3.0


def test_rounds_are_compared_one_by_one() -> None:
    """A round in which the machine was busy for both weighs no more than any other."""
    found = compared([(1, 2), (1, 2), (50, 100), (1, 2), (3, 2)])
    assert (found.ours, found.reference, found.ratio) == (1, 2, 0.5)
    assert found.noise == 0
    assert compared([(1, 2)]).noise is None


@pytest.mark.parametrize(("at_least", "met"), [(2, True), (2.1, False)])
def test_where_more_speed_is_meant_the_ratio_is_the_reference_over_ours(at_least: float, met: bool) -> None:
    """Ours in half the time is twice as fast."""
    row = Compared(1, 2, 0.5, None).row("P4", "what", "against", at_least=at_least)
    assert (row.ratio, row.met) == (2, met)


@pytest.mark.parametrize(("at_most", "met"), [(0.5, True), (0.4, False)])
def test_where_less_time_is_meant_the_ratio_is_ours_over_the_reference(at_most: float, met: bool) -> None:
    """Ours in half the time has half the time."""
    row = Compared(1, 2, 0.5, None).row("P1", "what", "against", at_most=at_most)
    assert (row.ratio, row.met) == (0.5, met)


def test_a_row_without_a_goal_says_which_way_it_looks() -> None:
    """Twice the speed is half the time."""
    found = Compared(1, 2, 0.5, None)
    rows = [found.row("", "what", "against", speed=speed) for speed in (False, True)]
    assert [(row.ratio, row.goal, row.met) for row in rows] == [(0.5, "", None), (2, "", None)]
