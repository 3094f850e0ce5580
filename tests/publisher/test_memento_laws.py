"""Between two mementos nothing changes, in any register, whatever was corrected, and however the clock went."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from functools import cache

from hypothesis import example, given, settings

from regiolog.events.temporal import day_of, instant_text, start_of_day
from regiolog.ontology import terms
from regiolog.ontology.iris import Iris
from regiolog.publisher.formats import read
from regiolog.publisher.memento.instants import BEFORE, NEXT, Instants, OfGraph, OfThing, of_thing
from regiolog.publisher.service import Service
from regiolog.publisher.things.links import CLASSES, find
from regiolog.publisher.things.sheet import PARTS, statements
from regiolog.sync.statements import digest
from regiolog.sync.statements.history import History, SnapshotKey, Timed
from regiolog.sync.statements.history_graph import NODES
from regiolog.sync.statements.moments import resolve
from regiolog.sync.statements.statement import ALWAYS, NEVER, iri
from tests.builders import BASE
from tests.sync.registers import EVENTFUL, Step
from tests.sync.test_laws import laws, stories, told

FIXED = date(2021, 8, 1)
COVERAGE = date(2018, 1, 1)
LIVES = (
    ("municipality", "11056"),
    ("municipality", "37021"),  # of whose local authority more is said later than of itself
    ("region", "waasland"),
    ("region", "proposal-2020-limburg"),
    ("province", "10000"),
    ("decision", "REGIODECREET"),
    ("cooperation", "65EB0324E77A4F2289F6B63D"),
    ("source", "abb"),
)


def things(history: History) -> Iterator[tuple[str, str, str]]:
    """Every thing that has a page: its kind, its IRI and its key."""
    for kind, names in CLASSES.items():
        for name in names:
            for subject in history.subjects(terms.RDF_TYPE, iri(name)):
                (key,) = {
                    read(each.statement.object).text
                    for each in history.about(subject)
                    if each.statement.predicate == iri(terms.DCTERMS_IDENTIFIER)
                }
                yield kind, subject, key


def changes(history: History, said: Iterable[Timed], head: datetime, *, turning: bool) -> list[datetime]:
    """When what is said changes, found by looking at every statement in turn."""
    found = set()
    for timed in said:
        found |= {history.known_of(event) for event in (timed.opened, timed.closed) if event < NEVER}
        for day in timed.statement[4:] if turning else ():
            if ALWAYS < day < NEVER and (turn := start_of_day(date.fromordinal(day))) <= head:
                found |= {turn} if timed.opened <= history.position_at(turn) < timed.closed else set()
    return sorted(found)


def concerns(ever: list[Timed], kind: str, subject: str, code: str) -> list[Timed]:
    """What is said of a thing, of what describes it, with it as the value, and by it."""
    thing, graph = iri(subject), iri(Iris(BASE).source_graph(code)) if kind == "source" else None
    triples = [timed.statement[1:4] for timed in ever]
    around = {thing, *(node for node, predicate, value in triples if value == thing and predicate in NODES)}
    around |= {value for node, predicate, value in triples if node == thing and predicate[1:-1] in PARTS}
    return [
        timed
        for timed in ever
        if timed.statement.subject in around or timed.statement.object == thing or timed.statement.graph == graph
    ]


def edges(history: History, head: datetime) -> list[datetime]:
    """The instants on both sides of whatever may change anything: each event, and each day that anything speaks of."""
    begun = history.known_of(1)
    days = {day for timed in history.ever(history.position) for day in timed.statement[4:]}
    midnights = [start_of_day(date.fromordinal(day)) for day in days if ALWAYS < day < NEVER]
    near = [each for edge in (*history.all_known(), *midnights, head) for each in (edge - NEXT, edge)]
    return sorted({each for each in near if begun <= each <= head})


def agree(instants: Instants, probes: list[datetime]) -> Iterator[tuple[datetime, datetime | None]]:
    """Each instant with its memento; the ways to find it agree with the whole list."""
    every = instants.all()
    assert every == sorted(set(every))
    assert instants.first(BEFORE) == every[0]
    found = [instants.last(probe) for probe in probes]
    listed = OfThing(every)
    assert found == [listed.last(probe) for probe in probes]
    assert [instants.first(probe) for probe in probes] == [listed.first(probe) for probe in probes]
    assert bisect_right(every, probes[-1]) == len(every), "none lies after the head"
    return zip(probes, found, strict=True)


@settings(laws, max_examples=6)
@given(stories)
@example(EVENTFUL)
def test_between_two_mementos_nothing_changes(story: list[Step]) -> None:
    """What a document says at any instant, on its day or a fixed one, its memento says; and none is without a cause."""
    with told(story) as (folder, _):
        history = History.open(folder.statements)
        head = history.head_known() + timedelta(days=400)
        probes = edges(history, head)

        @cache
        def key(at: date | None, known: datetime) -> SnapshotKey:
            return resolve(history, str(at or day_of(known)), instant_text(known), clock=lambda: head).key

        @cache
        def graph(key: SnapshotKey) -> str:
            return digest.of_snapshot(history, key)

        @cache
        def document(subject: str, key: SnapshotKey) -> set[tuple[str, ...]]:
            return {each[1:4] for said in statements(history, subject, key).values() for each in said}

        ever = list(history.ever(history.position))
        for at in (None, FIXED):
            whole = OfGraph(history, head, turning=at is None)
            turns = [each for each in changes(history, ever, head, turning=at is None) if each.date() >= COVERAGE]
            assert whole.all() == sorted({*history.all_known(), *turns})
            for probe, memento in agree(whole, probes):
                assert memento is not None
                assert graph(key(at, probe)) == graph(key(at, memento)), (probe, memento)
            for kind, subject, code in things(history):
                instants = of_thing(history, kind, subject, code, head, turning=at is None)
                said = concerns(ever, kind, subject, code)
                assert instants.all() == changes(history, said, head, turning=at is None), (kind, code)
                for probe, memento in agree(instants, probes):
                    expected = set() if memento is None else document(subject, key(at, memento))
                    assert document(subject, key(at, probe)) == expected, (code, probe, memento)
        history.close()


def test_the_mementos_of_the_flemish_register_are_where_it_changes(service: Service) -> None:
    """Those of the graph, and of things of each kind, with their authorities and with dates that sources dispute."""
    history, head = service.history(), service.clock()
    ever = list(history.ever(history.position))
    for turning in (True, False):
        turns = [each for each in changes(history, ever, head, turning=turning) if each.date() >= COVERAGE]
        assert OfGraph(history, head, turning=turning).all() == sorted({*history.all_known(), *turns})
        for kind, code in LIVES:
            subject = find(history, kind, code)
            expected = changes(history, concerns(ever, kind, subject, code), head, turning=turning)
            assert of_thing(history, kind, subject, code, head, turning=turning).all() == expected, (kind, code)
