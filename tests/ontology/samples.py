"""The samples of what the register publishes: a snapshot, and the graphs beside it."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph
from rdflib import Graph

BASE = "http://localhost:8000/"
SNAPSHOT = Path(__file__).with_name("snapshot.ttl")
BESIDE = Path(__file__).with_name("graphs.trig")
NAMES = ("snapshot", "source/pinc", "proposal/VR-2020-10-09", "history")


def store() -> pyoxigraph.Store:
    """All of it: the snapshot as the default graph, the others under their names."""
    everything = pyoxigraph.Store()
    for path in (SNAPSHOT, BESIDE):
        everything.load(path=path)
    return everything


def sample(name: str) -> Graph:
    """One of the graphs, in which everything is right; the caller may change it."""
    if name == "snapshot":
        return Graph().parse(SNAPSHOT)
    graph = pyoxigraph.NamedNode(f"{BASE}graph/{name}")
    data = store().dump(format=pyoxigraph.RdfFormat.N_TRIPLES, from_graph=graph)
    return Graph().parse(data=data, format="nt")
