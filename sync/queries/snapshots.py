"""Snapshots: the graphs of moments as pyoxigraph stores, built from the statement table and kept for a while.

A store is an index to query and nothing more: pyoxigraph rewrites some literals (``"01"^^xsd:integer`` becomes ``1``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Final, NamedTuple, Self

from pyoxigraph import NamedNode, RdfFormat, Store, parse

from regiolog.sync.queries.question import NO_MOMENT, Portion
from regiolog.sync.queries.scope import Scope
from regiolog.sync.queries.scoped import triples_for
from regiolog.sync.statements import history_graph
from regiolog.sync.statements.history import History, SnapshotKey

BYTES_PER_TRIPLE: Final = 350
"""What a triple takes in an in-memory store, with its share of the terms; measured."""


_BATCH: Final = 20_000
"""How many nodes of the history are loaded at a time."""
_PART: Final = 25
"""A part of a snapshot is loaded while it is no more than this share of all statements ever, as one part of so many."""
_WHOLE: Final = 5
"""What a snapshot takes, likewise; once a moment's parts took as much, the next query has it built."""
_EACH: Final = 50
"""How many statements could be loaded in the time that looking for a part takes, however small it is."""
_REMEMBERED: Final = 256
"""Of how many moments it is remembered what their parts took."""


class _Asked(NamedTuple):
    """Which graphs a store holds: the default graph, the named ones by IRI, sorted, and which of them it merges."""

    default: SnapshotKey
    named: tuple[tuple[str, Portion], ...]
    merged: tuple[str, ...]

    @classmethod
    def of(cls, default: SnapshotKey, named: Mapping[str, Portion] | None, merged: tuple[str, ...]) -> Self:
        """Put together what was asked."""
        return cls(default, tuple(sorted(named.items())) if named else (), merged)


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
        self._spent: dict[SnapshotKey, int] = {}  # on parts of moments, in statements; the newest last

    def __len__(self) -> int:
        """How many stores are kept."""
        return len(self._stores)

    def store(
        self,
        default: SnapshotKey,
        named: Mapping[str, Portion] | None = None,
        scope: Callable[[], Scope | None] = lambda: None,
        merged: tuple[str, ...] = (),
    ) -> Store:
        """The store of a moment, to be read and not changed.

        Args:
            default: The key of the default graph.
            named: What the named graphs hold, by IRI.
            scope: Says what will be read of the default graph; None for all of it. It is asked where no store is at
                hand and there are no named graphs: one that holds little more than that may then be made for this time.
            merged: Which named graphs the default graph holds as well, each triple once: asked of several graphs, the
                engine would find it, and count it, as often as it is in them (SPARQL 1.1, section 13.2).

        Raises:
            MemoryError: It would take more than one store may.
        """
        asked = _Asked.of(default, named, merged)
        held = self._stores.pop(asked, None) or self._rolled(asked)
        if held is None and not named and (read := scope()) is not None:
            part = self._part(default, read)
            if part is not None:
                return part
        held = self._stores[asked] = held or self._built(asked)
        while len(self._stores) > 1 and sum(size for _, size in self._stores.values()) > self._max_triples:
            del self._stores[next(iter(self._stores))]
        return held[0]

    def kept(self, default: SnapshotKey, named: Mapping[str, Portion], merged: tuple[str, ...] = ()) -> Store | None:
        """The store of a moment if there is one already."""
        asked = _Asked.of(default, named, merged)
        held = self._stores.pop(asked, None)
        if held is None:
            return None
        self._stores[asked] = held
        return held[0]

    def _part(self, key: SnapshotKey, scope: Scope) -> Store | None:
        """A store with what a scope needs of a moment; None when building the whole is better."""
        ever, spent = self._history.ever_opened(), self._spent.pop(key, 0)
        triples = None
        if spent <= ever // _WHOLE:
            triples = triples_for(self._history, key, scope, max(ever // _PART, _EACH))
        if triples is None:
            return None
        self._spent[key] = spent + triples.count(b"\n") + _EACH
        if len(self._spent) > _REMEMBERED:
            del self._spent[next(iter(self._spent))]
        store = Store()
        store.extend(parse(triples, format=RdfFormat.N_TRIPLES, lenient=True))  # for few, less work than bulk_load
        return store

    def _built(self, asked: _Asked) -> tuple[Store, int]:
        store = Store()
        size = 0 if asked.default == NO_MOMENT else _load(store, self._history.triples(asked.default), None)
        for iri, portion in asked.named:
            size += self._add(store, portion, NamedNode(iri))
        for iri in asked.merged:
            store.update(f"ADD GRAPH {NamedNode(iri)} TO DEFAULT")
        return store, len(store) if asked.merged else size

    def _add(self, store: Store, portion: Portion, graph: NamedNode) -> int:
        """Load what a named graph holds, and return how many triples it has."""
        history, position = self._history, portion.key.position
        store.add_graph(graph)  # one that holds nothing is there all the same
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


def _kind(asked: _Asked) -> tuple[object, ...]:
    """What stores have in common when they differ in nothing but the position, and in what the named graphs hold."""
    return asked.default.breakpoint, asked.default.version, [iri for iri, _ in asked.named], asked.merged
