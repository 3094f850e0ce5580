"""Counts of a graph are those of whoever reads it whole, at every moment of any story."""

from __future__ import annotations

from collections import Counter

from hypothesis import example, given

from regiolog.ontology.terms import RDF_TYPE
from regiolog.sync.statements.counting import Span, Sums
from regiolog.sync.statements.history import History, SnapshotKey
from regiolog.sync.statements.statement import NEVER, REGISTER, iri
from tests.sync.registers import EVENTFUL, Step
from tests.sync.test_laws import DAYS, keys_of, laws, stories, told


def naively(history: History, key: SnapshotKey, graph: str) -> Sums:
    """The same, from the lines of the graph."""
    lines = {tuple(line.removesuffix(" .").split(" ", 2)) for line in history.triples(key, graph).decode().splitlines()}
    classes = Counter(value for _, predicate, value in lines if predicate == iri(RDF_TYPE))
    properties = Counter(predicate for _, predicate, _ in lines)
    return Sums(len(lines), len({each[0] for each in lines}), len({each[2] for each in lines}), classes, properties)


@laws
@given(stories)
@example(EVENTFUL)
def test_what_is_counted_is_what_a_graph_holds(story: list[Step]) -> None:
    """The register's own graph, and each of those beside it; classes and properties come sorted."""
    with told(story) as (folder, _):
        history = History.open(folder.statements)
        for position in range(1, history.position + 1, 3):
            for key in keys_of(history, position, DAYS[::7]):
                for graph in (REGISTER, *map(iri, history.graphs())):
                    sums = history.sums(key.breakpoint, key.position, graph)
                    assert sums == naively(history, key, graph)
                    assert list(sums.properties) == sorted(sums.properties)


@laws
@given(stories)
@example(EVENTFUL)
def test_a_graph_changed_first_and_last_by_the_events_that_are_told(story: list[Step]) -> None:
    """Whatever came after a position is not known there."""
    with told(story) as (folder, _):
        history = History.open(folder.statements)
        ever = list(history.ever(NEVER))
        for graph in map(iri, history.graphs()):
            for position in range(1, history.position + 1):
                touched = [
                    at
                    for each in ever
                    if each.statement.graph == graph
                    for at in (each.opened, each.closed)
                    if at <= position
                ]
                expected = Span(min(touched), max(touched)) if touched else None
                assert history.span(position, graph) == expected


@laws
@given(stories)
@example(EVENTFUL)
def test_values_are_all_that_were_ever_said(story: list[Step]) -> None:
    """Up to a position, each once, in order."""
    with told(story) as (folder, _):
        history = History.open(folder.statements)
        for position in (1, history.position // 2, history.position):
            for predicate in {each.statement.predicate for each in history.ever(NEVER)}:
                expected = {
                    each.statement.object for each in history.ever(position) if each.statement.predicate == predicate
                }
                assert history.values(predicate, position) == sorted(expected)
