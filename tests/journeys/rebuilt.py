"""The register as somebody rebuilds it who has nothing but ``graph/history``: plain RDF, read line by line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pyoxigraph import DefaultGraph, NamedNode, Quad, QuerySolutions, RdfFormat, Store, parse

from regiolog.events.temporal import end_of_day, instant_text

PROV = "http://www.w3.org/ns/prov#"
RL = "https://w3id.org/regiolog/ns#"


class Node(NamedTuple):
    """A statement of the history, as its node says it; what is open is empty."""

    graph: str
    triple: str
    begins: str
    ends: str
    known_from: str
    known_to: str

    def holds(self, at: str, known: str | None) -> bool:
        """Whether it holds on a day, as it was known at an instant; None is now."""
        valid = self.begins <= at and (not self.ends or at < self.ends)
        if known is None:
            return valid and not self.known_to
        return valid and self.known_from <= known and (not self.known_to or known < self.known_to)


class Rebuilt:
    """Snapshots made from a history alone, asked like the service itself."""

    def __init__(self, history: bytes, base: str) -> None:
        """Read the nodes of a history in N-Triples."""
        self.base = base
        self.nodes = list(_nodes(history))
        self.store = lru_cache(maxsize=4)(self._store)

    def graphs(self, at: str, known: str | None) -> dict[str, set[str]]:
        """The triples of each graph at a moment; the register's own is that of the register's IRI."""
        found: dict[str, set[str]] = defaultdict(set)
        for node in self.nodes:
            if node.holds(at, known):
                found[node.graph].add(node.triple)
        return found

    def sparql(self, query: str, at: str | None = None, known: str | None = None) -> list[dict[str, str]]:
        """The rows of a query on the snapshot of a moment, as strings."""
        day = at or datetime.now(ZoneInfo("Europe/Brussels")).date().isoformat()
        instant = None if known is None else comparable(instant_of(known))
        rows = self.store(day, instant).query(query, base_iri=self.base)
        assert isinstance(rows, QuerySolutions)
        names = [variable.value for variable in rows.variables]
        return [{name: row[name].value for name in names if row[name] is not None} for row in rows]

    def _store(self, at: str, known: str | None) -> Store:
        store = Store()
        for graph, triples in self.graphs(at, known).items():
            name = DefaultGraph() if graph.endswith("/id/register>") else NamedNode(graph[1:-1])
            lines = "".join(f"{triple} .\n" for triple in triples).encode()
            quads = parse(lines, format=RdfFormat.N_TRIPLES)
            store.extend(Quad(quad.subject, quad.predicate, quad.object, name) for quad in quads)
        return store


def instant_of(known: str) -> str:
    """What a question means by ``known``: a day is its end in Brussels."""
    return known if "T" in known else instant_text(end_of_day(datetime.fromisoformat(known).date()))


def comparable(instant: str) -> str:
    """An instant as text that sorts like one: with all its digits, and without its end."""
    whole, _, part = instant.rstrip("Z").partition(".")
    return f"{whole}.{part:0<6}"


def _nodes(history: bytes) -> Iterator[Node]:
    said: dict[str, dict[str, str]] = defaultdict(dict)
    for line in history.decode().splitlines():
        subject, predicate, value = line.removesuffix(" .").split(" ", 2)
        if "#statement-" in subject:
            said[subject][predicate[1:-1].rpartition("#")[2]] = value
    for node in said.values():
        yield Node(
            node["graph"],
            f"{node['subject']} {node['predicate']} {node['object']}",
            _plain(node.get("begins", "")),
            _plain(node.get("ends", "")),
            comparable(_plain(node["generatedAtTime"])),
            comparable(_plain(node["invalidatedAtTime"])) if "invalidatedAtTime" in node else "",
        )


def _plain(literal: str) -> str:
    return literal.partition('"^^')[0].removeprefix('"')
