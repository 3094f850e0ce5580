"""A store holds exactly the statements of its moment, whether it was built or rolled forward."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import NamedNode, QuerySolutions, Store

from regiolog.sync.queries.question import Portion
from regiolog.sync.queries.snapshots import BYTES_PER_TRIPLE, Snapshots
from regiolog.sync.statements.history import History, SnapshotKey
from regiolog.sync.statements.statement import Statement
from tests.sync.tables import said, write


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    """Three events: two statements, then one of them replaced, then one that begins on day 100."""
    path = tmp_path / "statements.sqlite"
    write(
        path,
        {1: [said("a", "1"), said("b", "1")], 2: [said("a", "2")], 3: [said("c", "3", start=100)]},
        {2: [said("a", "1")]},
    )
    history = History.open(path)
    yield history
    history.close()


def held(store: Store, graph: str | None = None) -> set[str]:
    """What a store says: ``a=1`` for ``<urn:a> <urn:says> "1"``."""
    where = f"GRAPH <{graph}> {{ ?s ?p ?o }}" if graph else "?s ?p ?o"
    rows = store.query(f"SELECT (STRAFTER(STR(?s), 'urn:') AS ?subject) ?o {{ {where} }}")
    assert isinstance(rows, QuerySolutions)
    return {f"{row['subject'].value}={row['o'].value}" for row in rows}


def test_each_moment_has_its_own_graph(history: History) -> None:
    """Day and position choose the statements, in any order of asking."""
    snapshots = Snapshots(history)
    for _ in range(2):
        assert held(snapshots.store(SnapshotKey(0, 1, 1))) == {"a=1", "b=1"}
        assert held(snapshots.store(SnapshotKey(100, 3, 1))) == {"a=2", "b=1", "c=3"}
        assert held(snapshots.store(SnapshotKey(0, 3, 1))) == {"a=2", "b=1"}
        assert held(snapshots.store(SnapshotKey(0, 2, 1))) == {"a=2", "b=1"}


def test_named_graphs_stand_beside_the_default_graph(history: History) -> None:
    """One store answers about several moments, and GRAPH ?g ranges over those that were named."""
    store = Snapshots(history).store(
        SnapshotKey(100, 3, 1), {"urn:then": Portion(SnapshotKey(0, 1, 1)), "urn:now": Portion(SnapshotKey(0, 3, 1))}
    )
    assert held(store) == {"a=2", "b=1", "c=3"}
    assert held(store, "urn:then") == {"a=1", "b=1"}
    assert held(store, "urn:now") == {"a=2", "b=1"}
    assert set(store.named_graphs()) == {NamedNode("urn:then"), NamedNode("urn:now")}


def test_the_same_moment_is_the_same_store(history: History) -> None:
    """What was built is kept."""
    snapshots = Snapshots(history)
    named = {"urn:then": Portion(SnapshotKey(0, 1, 1))}
    assert snapshots.store(SnapshotKey(0, 3, 1)) is snapshots.store(SnapshotKey(0, 3, 1))
    assert snapshots.store(SnapshotKey(0, 3, 1), named) is snapshots.store(SnapshotKey(0, 3, 1), named)
    assert len(snapshots) == 2


def test_the_newest_is_rolled_forward_when_only_the_position_moved(history: History) -> None:
    """It is the same store, changed; a store of another day, or with other named graphs, stays as it was."""
    snapshots = Snapshots(history)
    other_day = snapshots.store(SnapshotKey(100, 1, 1))
    named = snapshots.store(SnapshotKey(0, 1, 1), {"urn:g": Portion(SnapshotKey(0, 1, 1))})
    newest = snapshots.store(SnapshotKey(0, 2, 1))
    assert snapshots.store(SnapshotKey(0, 3, 1)) is newest
    assert held(newest) == {"a=2", "b=1"}
    assert held(other_day) == {"a=1", "b=1"}
    assert held(named) == held(named, "urn:g") == {"a=1", "b=1"}


def test_a_store_with_named_graphs_is_rolled_forward_to_the_same_names(history: History) -> None:
    """The default graph is changed and the named ones are loaded again, with what they hold now."""
    snapshots = Snapshots(history)
    before = snapshots.store(
        SnapshotKey(0, 1, 1), {"urn:g": Portion(SnapshotKey(0, 1, 1)), "urn:h": Portion(SnapshotKey(0, 1, 1))}
    )
    store = snapshots.store(
        SnapshotKey(0, 2, 1), {"urn:g": Portion(SnapshotKey(0, 2, 1)), "urn:h": Portion(SnapshotKey(0, 1, 1))}
    )
    assert store is before
    assert held(store) == held(store, "urn:g") == {"a=2", "b=1"}
    assert held(store, "urn:h") == {"a=1", "b=1"}
    assert len(store) == 6
    other = snapshots.store(SnapshotKey(0, 3, 1), {"urn:g": Portion(SnapshotKey(0, 2, 1))})
    assert other is not store
    assert set(other.named_graphs()) == {NamedNode("urn:g")}


def test_memory_is_bounded_and_the_least_recently_asked_goes_first(history: History) -> None:
    """Room for five triples is room for two of these stores; one that is too large by itself is still answered."""
    snapshots = Snapshots(history, max_bytes=5 * BYTES_PER_TRIPLE)
    first = snapshots.store(SnapshotKey(0, 1, 1))
    second = snapshots.store(SnapshotKey(100, 1, 1))
    assert snapshots.store(SnapshotKey(0, 1, 1)) is first
    third = snapshots.store(SnapshotKey(50, 1, 1))
    assert len(snapshots) == 2
    assert snapshots.store(SnapshotKey(0, 1, 1)) is first
    assert snapshots.store(SnapshotKey(50, 1, 1)) is third
    assert snapshots.store(SnapshotKey(100, 1, 1)) is not second
    assert held(Snapshots(history, max_bytes=0).store(SnapshotKey(0, 1, 1))) == {"a=1", "b=1"}


@given(
    st.lists(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 3)), max_size=4), min_size=1, max_size=6),
    st.data(),
)
def test_rolled_and_built_are_the_same_graph(
    tmp_path_factory: pytest.TempPathFactory, events: list[list[tuple[str, int]]], data: st.DataObject
) -> None:
    """Whatever the events open and close, and in whatever order moments are asked for."""
    path = tmp_path_factory.mktemp("table") / "statements.sqlite"
    opening: dict[int, list[Statement]] = {}
    closing: dict[int, list[Statement]] = {}
    believed: set[Statement] = set()
    for position, touched in enumerate(events, 1):
        statements = {said(subject, str(value), start=value) for subject, value in touched}
        opening[position] = sorted(statements - believed)
        closing[position] = sorted(statements & believed)
        believed ^= statements
    write(path, opening, closing)
    history = History.open(path)
    kept = Snapshots(history)
    keys = st.builds(SnapshotKey, st.integers(0, 3), st.integers(1, len(events)), st.just(1))
    named = st.none() | st.builds(lambda key: {"urn:g": Portion(key)}, keys)
    for key, graphs in data.draw(st.lists(st.tuples(keys, named), max_size=8)):
        store, built = kept.store(key, graphs), Snapshots(history).store(key, graphs)
        assert set(store) == set(built)
    history.close()
