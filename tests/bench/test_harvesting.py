"""The benchmark of harvesting measures harvests that find what they say."""

from __future__ import annotations

from bench.harvesting import harvesting


def test_a_small_table_is_harvested_unchanged_and_changed() -> None:
    """Both rows come out, with a reference, on a table of two hundred rows."""
    rows = list(harvesting(rows=200, changed=5, rounds=1))
    assert [row.number for row in rows] == ["H", "H"]
    assert all(row.ratio is not None and row.reference for row in rows)
