"""Laws that hold for every register, whatever is asked of it, in whatever order."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from regiolog.events.errors import Refusal
from regiolog.events.journal import Boundary, Journal
from regiolog.events.journal_sqlite import open_journal
from regiolog.events.temporal import instant_text
from regiolog.ontology import terms
from regiolog.sync.folder import Folder
from regiolog.sync.projection.projector import Projector
from regiolog.sync.statements import digest, history_graph
from regiolog.sync.statements.history import History, SnapshotKey
from regiolog.sync.statements.history_writer import HistoryWriter
from regiolog.sync.statements.statement import REGISTER, iri
from tests.builders import BASE, Record, TurnedClock, tell
from tests.journeys.rebuilt import Rebuilt, comparable
from tests.sync import naive
from tests.sync.read_back import Said, read_back, said_of
from tests.sync.registers import EVENTFUL, FIRST, Step, beginnings, steps, wish_of

DAYS = [date(2018, 1, 1), *(date(year, month, 1) for year in range(2020, 2027) for month in (1, 2, 6, 12))]

stories = st.lists(steps, min_size=2, max_size=14)
laws = settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.too_slow])


@contextmanager
def told(story: list[Step]) -> Iterator[tuple[Folder, list[Record]]]:
    """A register to which a story was told, projected step by step, with the records that it took."""
    with tempfile.TemporaryDirectory() as path:
        clock = TurnedClock()
        folder = Folder(Path(path), create=True, clock=clock)
        lock = folder.lock()
        projector = folder.projector()
        taken: list[Record] = beginnings()
        try:
            tell(folder.journal, *taken, clock=clock)
            for number, step in enumerate(story):
                clock.turn(days=step.days)
                record = wish_of(step.wish, number, [event for _, event in folder.journal.replay()])
                if step.restart:
                    projector.close()
                    projector = folder.projector()
                try:
                    outcome = tell(
                        folder.journal, record, clock=clock, run=f"run/{number // 4}" if number % 2 else None
                    )
                except Refusal:
                    continue
                if outcome.recorded:
                    taken.append(record)
                projector.catch_up()
            assert projector.catch_up() == folder.journal.head()
            yield folder, taken
        finally:
            projector.close()
            lock.release()
            folder.close()


def rebuilt(journal: Journal, path: Path) -> History:
    """The statements of a journal, built from nothing in another place."""
    writer = HistoryWriter.open(path, readonly=False)
    Projector(journal, writer).catch_up()
    return writer


def keys_of(history: History, position: int, days: list[date] = DAYS) -> dict[SnapshotKey, date]:
    """The different snapshots of some days at a position, each with the last of its days."""
    return {history.key(day, position): day for day in days}


@laws
@given(stories)
@example(EVENTFUL)
def test_replay_equals_live(story: list[Step]) -> None:
    """Statements built again from the journal are those that were built as the events came in."""
    with told(story) as (folder, _), tempfile.TemporaryDirectory() as path:
        live = History.open(folder.statements)
        again = rebuilt(folder.journal, Path(path) / "again.sqlite")
        assert digest.of_history(live, live.position) == digest.of_history(again, again.position)
        for position in range(1, live.position + 1, 5):
            for key, day in keys_of(live, position, DAYS[::4]).items():
                assert again.key(day, position) == key
                assert digest.of_snapshot(live, key) == digest.of_snapshot(again, key)


@laws
@given(stories)
@example(EVENTFUL)
def test_telling_it_all_again_records_nothing(story: list[Step]) -> None:
    """Loading twice is silent, corrections and retractions included."""
    with told(story) as (folder, taken):
        head = folder.journal.head()
        for record in taken:
            tell(folder.journal, record, clock=TurnedClock(folder.clock()))
        assert folder.journal.head() == head


@laws
@given(stories)
@example(EVENTFUL)
def test_nothing_that_was_answered_changes(story: list[Step]) -> None:
    """No later event, correction or retraction changes an answer for an earlier known."""
    with tempfile.TemporaryDirectory() as path, told(story) as (folder, _):
        clock = TurnedClock()
        copy = open_journal(Path(path), clock, create=True)
        writer = HistoryWriter.open(Path(path) / "again.sqlite", readonly=False)
        projector = Projector(copy, writer)
        answered: dict[SnapshotKey, str] = {}
        for position, event in folder.journal.replay():
            assert event.recorded_at is not None
            clock.now = event.recorded_at
            copy.append([event], Boundary(everything=True), position - 1)
            if position >= FIRST:
                assert projector.catch_up() == position
                answered |= {key: digest.of_snapshot(writer, key) for key in keys_of(writer, position, DAYS[::5])}
        for key, then in answered.items():
            assert digest.of_snapshot(writer, key) == then
        projector.close()
        copy.close()


@laws
@given(stories)
@example(EVENTFUL)
def test_snapshots_equal_a_naive_reading(story: list[Step]) -> None:
    """The graphs of any moment say what reading every event again, with dictionaries, says."""
    with told(story) as (folder, _):
        history = History.open(folder.statements)
        events = naive.effective(folder.journal.replay())
        for position, known, _ in events[FIRST - 1 :]:
            assert history.known_of(position) == known
            found = {key: read_back(history, key) for key in keys_of(history, position)}
            for day in DAYS:
                assert found[history.key(day, position)] == naive.held_at(events, day, position), (day, position)


@laws
@given(stories)
@example(EVENTFUL)
def test_the_history_holds_every_snapshot(story: list[Step]) -> None:
    """From the history as a graph, or from one that was cut earlier, comes every graph of every moment."""
    with told(story) as (folder, _):
        history = History.open(folder.statements)
        whole = Rebuilt(b"".join(history_graph.lines(history, history.position)), BASE)
        for position in range(1, history.position + 1, 3):
            known = history.known_of(position)
            last = history.position_at(known)
            cut = Rebuilt(b"".join(history_graph.lines(history, position)), BASE)
            assert {each.known_to > comparable(instant_text(known)) for each in cut.nodes} <= {False}
            for day in DAYS[::4]:
                at = day.isoformat()
                assert cut.graphs(at, None) == graphs(history, history.key(day, position))
                assert whole.graphs(at, comparable(instant_text(known))) == graphs(history, history.key(day, last))


def graphs(history: History, key: SnapshotKey) -> dict[str, set[str]]:
    """The triples of every graph at a key that holds any, by the graph's IRI as N-Triples."""
    names = {f"<{BASE}id/register>": REGISTER, **{iri(graph): iri(graph) for graph in history.graphs()}}
    found = {
        name: {line.removesuffix(" .") for line in history.triples(key, graph).decode().splitlines()}
        for name, graph in names.items()
    }
    return {name: triples for name, triples in found.items() if triples}


SINGLE = [
    terms.RDFS_LABEL,
    terms.DCTERMS_IDENTIFIER,
    terms.RL_BEGINS,
    terms.RL_ENDS,
    terms.RL_FIRST_OBSERVED,
    terms.RL_LAST_OBSERVED,
    terms.RL_BASIS,
    terms.RL_EVIDENCE,
    terms.ADMS_STATUS,
    terms.RL_REGION,
    terms.RL_SETTLED_BY,
    terms.ORG_ORGANIZATION_OF,
    terms.ORG_MEMBER,
    terms.ORG_ROLE,
    terms.PROV_WAS_ATTRIBUTED_TO,
    terms.RL_SAYS,
    terms.RL_OF,
    terms.RL_WORDS,
    terms.RL_DOCUMENT,
]


@laws
@given(stories)
@example(EVENTFUL)
def test_single_valued_properties_have_one_value(story: list[Step]) -> None:
    """At no moment has a thing two names, keys, statuses, regions or legal bases, in any one graph.

    A source may give a region two names: that is two claims, and each has one.
    """
    with told(story) as (folder, _):
        history = History.open(folder.statements)
        for position in range(1, history.position + 1):
            for key in keys_of(history, position):
                for graph in (REGISTER, *map(iri, history.graphs())):
                    for subject, predicate in several(said_of(history, key, graph)):
                        named_twice = predicate == terms.RDFS_LABEL and "/graph/source/" in graph
                        assert named_twice, (key, graph, subject, predicate)
        assert history.base_iri == BASE


def several(said: Said) -> list[tuple[str, str]]:
    """The subjects and single-valued properties that have several values."""
    return [
        (subject, predicate) for subject, values in said.items() for predicate in SINGLE if len(values[predicate]) > 1
    ]
