"""Laws that hold for every register, whatever is asked of it, in whatever order."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regiolog.events.errors import Refusal
from regiolog.events.journal import Boundary, Journal
from regiolog.events.journal_sqlite import open_journal
from regiolog.ontology import terms
from regiolog.sync import digest
from regiolog.sync.folder import Folder
from regiolog.sync.history import History
from regiolog.sync.history_writer import HistoryWriter
from regiolog.sync.projector import Projector
from tests.builders import BASE, Record, TurnedClock, decision, small_register, tell
from tests.sync import naive
from tests.sync.registers import steps, wish_of

DAYS = [date(2018, 1, 1), *(date(year, month, 1) for year in range(2020, 2027) for month in (1, 2, 6, 12))]

stories = st.lists(steps, max_size=14)
laws = settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.too_slow])


@contextmanager
def told(story: list[tuple[Record, int]]) -> Iterator[tuple[Folder, list[Record], Projector]]:
    """A register to which a story was told, projected step by step, with the records that it took."""
    with tempfile.TemporaryDirectory() as path:
        clock = TurnedClock()
        folder = Folder(Path(path), create=True, clock=clock)
        lock = folder.lock()
        projector = folder.projector()
        taken: list[Record] = []
        try:
            tell(folder.journal, *small_register(), decision("D3"), clock=clock)
            for number, (wish, days) in enumerate(story):
                clock.turn(days=days)
                record = wish_of(wish, number, [event for _, event in folder.journal.replay()])
                try:
                    outcome = tell(folder.journal, record, clock=clock)
                except Refusal:
                    continue
                if outcome.recorded:
                    taken.append(record)
                projector.catch_up()
            projector.catch_up()
            yield folder, taken, projector
        finally:
            projector.close()
            lock.release()
            folder.close()


def rebuilt(journal: Journal, path: Path) -> History:
    """The statements of a journal, built from nothing in another place."""
    writer = HistoryWriter.open(path, readonly=False)
    Projector(journal, writer).catch_up()
    return writer


def said_of(history: History, at: date, position: int) -> dict[str, dict[str, set[str]]]:
    """The register's graph at a moment: the values of each property of each subject."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for line in history.triples(history.key(at, position)).decode().splitlines():
        subject, predicate, value = line.removesuffix(" .").split(" ", 2)
        found[subject[1:-1]][predicate[1:-1]].add(value)
    return found


def read_back(said: dict[str, dict[str, set[str]]]) -> naive.Held:
    """The same answer as the naive reading gives, read from the graph."""
    towns: dict[str, naive.Town] = {}
    regions: dict[str, tuple[str, str | None]] = {}
    keys: dict[str, str] = {}
    for subject, values in said.items():
        for identifier in values[terms.DCTERMS_IDENTIFIER]:
            keys[f"<{subject}>"] = identifier[1:-1]
    placed = {
        keys[municipality]: values
        for values in said.values()
        if f"<{terms.RL_ASSIGNMENT}>" in values[terms.RDF_TYPE]
        for municipality in values[terms.RL_HAS_MUNICIPALITY]
    }
    for subject, values in said.items():
        key = keys.get(f"<{subject}>", "")
        names = {value.rsplit("@", 1)[0][1:-1].replace('\\"', '"') for value in values[terms.RDFS_LABEL]}
        name = names.pop() if names else None
        if f"<{terms.RL_MUNICIPALITY}>" in values[terms.RDF_TYPE]:
            within = {keys[place] for place in values[terms.GEO_SF_WITHIN]}
            (province,) = within & {"10000", "40000"}
            assignment = placed.get(key, {})
            (status,) = assignment.get(terms.ADMS_STATUS, {None})
            (basis,) = assignment.get(terms.RL_BASIS, {None})
            region = next(iter(within - {province}), None)
            assert {region} - {None} == {keys[found] for found in assignment.get(terms.RL_REGION, set())}
            assert name is not None
            towns[key] = naive.Town(
                name,
                province,
                region,
                status.rsplit("-", 1)[1][:-1] if status else None,
                basis.rsplit("/", 1)[1][:-1] if basis else None,
            )
        elif f"<{terms.RL_REFERENCE_REGION}>" in values[terms.RDF_TYPE]:
            (status,) = values[terms.ADMS_STATUS]
            assert status is not None
            regions[key] = (status.rsplit("-", 1)[1][:-1], name)
    return naive.Held(towns, regions)


@laws
@given(stories)
def test_replay_equals_live(story: list[tuple[Record, int]]) -> None:
    """Statements built again from the journal are those that were built as the events came in."""
    with told(story) as (folder, _, projector), tempfile.TemporaryDirectory() as path:
        live = History.open(folder.statements)
        again = rebuilt(folder.journal, Path(path) / "again.sqlite")
        assert projector.position == folder.journal.head()
        assert digest.of_history(live, live.position) == digest.of_history(again, again.position)
        for day in DAYS[::4]:
            for position in range(1, live.position + 1, 5):
                assert digest.of_snapshot(live, live.key(day, position)) == digest.of_snapshot(
                    again, again.key(day, position)
                )


@laws
@given(stories)
def test_telling_it_all_again_records_nothing(story: list[tuple[Record, int]]) -> None:
    """Loading twice is silent, corrections and retractions included."""
    with told(story) as (folder, taken, _):
        head = folder.journal.head()
        for record in [*small_register(), decision("D3"), *taken]:
            tell(folder.journal, record, clock=TurnedClock(folder.clock()))
        assert folder.journal.head() == head


@laws
@given(stories)
def test_nothing_that_was_answered_changes(story: list[tuple[Record, int]]) -> None:
    """No later event, correction or retraction changes an answer for an earlier known."""
    with tempfile.TemporaryDirectory() as path, told(story) as (folder, _, _):
        answered: dict[tuple[date, int], str] = {}
        writer = HistoryWriter.open(Path(path) / "again.sqlite", readonly=False)
        for upto in range(6, folder.journal.head() + 1):
            copy = open_journal_upto(folder.journal, Path(path) / str(upto), upto)
            Projector(copy, writer).catch_up()
            copy.close()
            for day in DAYS[::5]:
                answered[day, upto] = digest.of_snapshot(writer, writer.key(day, upto))
        for (day, position), then in answered.items():
            assert digest.of_snapshot(writer, writer.key(day, position)) == then
        writer.close()


def open_journal_upto(journal: Journal, path: Path, upto: int) -> Journal:
    """A copy of the first events of a journal."""
    path.mkdir()
    clock = TurnedClock()
    copy = open_journal(path, clock, create=True)
    for position, event in journal.replay(upto=upto):
        assert event.recorded_at is not None
        clock.now = event.recorded_at
        copy.append([event], Boundary(everything=True), position - 1)
    return copy


@laws
@given(stories)
def test_snapshots_equal_a_naive_reading(story: list[tuple[Record, int]]) -> None:
    """The graph of any moment says what reading every event again, with dictionaries, says."""
    with told(story) as (folder, _, _):
        history = History.open(folder.statements)
        events = naive.effective(folder.journal.replay())
        for position, known, _ in events[5:]:
            assert history.known_of(position) == known
            for day in DAYS:
                said = said_of(history, day, position)
                assert read_back(said) == naive.held_at(events, day, position), (day, position)


SINGLE = [
    terms.RDFS_LABEL,
    terms.DCTERMS_IDENTIFIER,
    terms.RL_BEGINS,
    terms.RL_ENDS,
    terms.RL_BASIS,
    terms.RL_EVIDENCE,
    terms.ADMS_STATUS,
    terms.RL_REGION,
]


@laws
@given(stories)
def test_single_valued_properties_have_one_value(story: list[tuple[Record, int]]) -> None:
    """At no moment has a thing two names, keys, statuses, regions or legal bases."""
    with told(story) as (folder, _, _):
        history = History.open(folder.statements)
        for position in range(1, history.position + 1):
            for day in DAYS:
                for subject, values in said_of(history, day, position).items():
                    for predicate in SINGLE:
                        assert len(values[predicate]) <= 1, (day, position, subject, predicate)
        assert history.base_iri == BASE
