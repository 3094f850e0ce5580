"""Snapshots: the graphs of moments as pyoxigraph stores, built from the statement table and kept for a while.

A store is an index to query and nothing more: pyoxigraph rewrites some literals (``"01"^^xsd:integer`` becomes ``1``).
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Final, NamedTuple

from pyoxigraph import NamedNode, RdfFormat, Store, parse

from regiolog.sync import history_graph
from regiolog.sync.history import History, SnapshotKey
from regiolog.sync.question import Portion

BYTES_PER_TRIPLE: Final = 350
"""What a triple takes in an in-memory store, with its share of the terms; measured."""


_BATCH: Final = 20_000
"""How many nodes of the history are loaded at a time."""


class _Asked(NamedTuple):
    """Which graphs a store holds: the default graph, and the named ones by IRI, sorted."""

    default: SnapshotKey
    named: tuple[tuple[str, Portion], ...]


class Snapshots:
    """The stores that were last asked for; for one thread.

    The newest store of the same day and graphs is rolled forward when only the position moved: its default graph is
    changed, which is much less work than building it, and its named graphs, which are smaller, are loaded again.

    Args:
        history: The statement table.
        max_bytes: How much memory the stores may take, by estimate; the last one is kept whatever it takes.
        most_bytes: How much one store may take, by estimate.
    """

    def __init__(self, history: History, max_bytes: int = 256 << 20, most_bytes: int = 2 << 30) -> None:
        self._history = history
        self._max_triples = max_bytes // BYTES_PER_TRIPLE
        self._most_triples = most_bytes // BYTES_PER_TRIPLE
        self._stores: dict[_Asked, tuple[Store, int]] = {}  # the least recently asked first; each with its size

    def __len__(self) -> int:
        """How many stores are kept."""
        return len(self._stores)

    def store(self, default: SnapshotKey, named: Mapping[str, Portion] | None = None) -> Store:
        """The store of a moment, to be read and not changed.

        Args:
            default: The key of the default graph.
            named: What the named graphs hold, by IRI.

        Raises:
            MemoryError: It would take more than one store may.
        """
        asked = _Asked(default, tuple(sorted(named.items())) if named else ())
        held = self._stores.pop(asked, None)
        if held is not None:
            self._stores[asked] = held
            return held[0]
        held = self._stores[asked] = self._rolled(asked) or self._built(asked)
        while len(self._stores) > 1 and sum(size for _, size in self._stores.values()) > self._max_triples:
            del self._stores[next(iter(self._stores))]
        return held[0]

    def _built(self, asked: _Asked) -> tuple[Store, int]:
        store = Store()
        size = _load(store, self._history.triples(asked.default), None)
        for iri, portion in asked.named:
            size += self._add(store, portion, NamedNode(iri))
        return store, size

    def _add(self, store: Store, portion: Portion, graph: NamedNode) -> int:
        """Load what a named graph holds, and return how many triples it has."""
        history, position = self._history, portion.key.position
        if not portion.history:
            return _load(store, history.triples(portion.key, portion.graph), graph)
        if portion.about == history_graph.WHOLE and history_graph.size(history, position) > self._most_triples:
            raise MemoryError
        size, lines = 0, history_graph.lines(history, position, portion.about)
        while batch := b"".join(islice(lines, _BATCH)):
            size += _load(store, batch, graph)
        return size

    def _rolled(self, asked: _Asked) -> tuple[Store, int] | None:
        """The newest store of the same day and graphs at an earlier position, brought forward; None without one."""
        older = [other for other in self._stores if other.default < asked.default and _kind(other) == _kind(asked)]
        if not older:
            return None
        newest = max(older, key=lambda other: other.default)
        changes = self._history.changes(newest.default, asked.default)
        if changes is None:
            return None
        removed, added = changes
        store, size = self._stores.pop(newest)  # what fails from here on leaves no half-rolled store behind
        for quad in parse(removed, format=RdfFormat.N_TRIPLES, lenient=True):
            store.remove(quad)
        store.extend(parse(added, format=RdfFormat.N_TRIPLES, lenient=True))
        size += added.count(b"\n") - removed.count(b"\n")
        for iri, portion in asked.named:
            graph = NamedNode(iri)
            before = len(store)
            store.remove_graph(graph)
            size += self._add(store, portion, graph) - (before - len(store))
        return store, size


def _load(store: Store, triples: bytes, graph: NamedNode | None) -> int:
    """Load N-Triples, and return how many there were; they were checked when they became statements."""
    store.bulk_load(triples, format=RdfFormat.N_TRIPLES, to_graph=graph, lenient=True)
    return triples.count(b"\n")


def _kind(asked: _Asked) -> tuple[int, int, list[str]]:
    """What stores have in common when they differ in nothing but the position, and in what the named graphs hold."""
    return asked.default.breakpoint, asked.default.version, [iri for iri, _ in asked.named]
