"""Turns: what the table keeps of what each event did to things, so that feeds can bring their versions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import example, given

from regiolog.events.believed import Believed
from regiolog.events.event import Entity
from regiolog.ontology.iris import Iris
from regiolog.ontology.terms import RL_PROPOSES
from regiolog.sync.folder import Folder
from regiolog.sync.projection import projection
from regiolog.sync.projection.cooperations import cooperation_iri
from regiolog.sync.projection.naming import Names, followed, region_iri
from regiolog.sync.statements.history import History
from regiolog.sync.statements.statement import NEVER, Statement, iri
from regiolog.sync.statements.turns import Turned
from tests.builders import BASE, TurnedClock, region, said, small_register, tell
from tests.events.shorthand import correct, retract
from tests.sync.registers import EVENTFUL, Step
from tests.sync.test_laws import laws, stories, told

OTHER = (f"<{BASE}id/register", f"<{BASE}id/province/", f"<{BASE}id/source/")
"""What the register says that is of no thing that feeds bring."""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    """A data folder with a small register in it: its next event is the seventh."""
    folder = Folder(tmp_path, create=True, clock=TurnedClock())
    tell(folder.journal, *small_register())
    yield folder
    folder.close()


def done(folder: Folder, position: int) -> list[tuple[str, str, str]]:
    """What the event at a position did: to which kind of thing, with which key, what."""
    return [(each.kind, each.key, each.act) for each in folder.history().turned(position - 1, position)]


def test_a_beginning_creates(folder: Folder) -> None:
    """The first event creates every municipality, a registration a decision."""
    assert done(folder, 1) == [("municipality", f"1000{number}", "create") for number in range(1, 7)]
    assert done(folder, 2) == [("decision", "D1", "create")]


def test_one_event_turns_all_that_it_touches(folder: Folder) -> None:
    """A demarcation updates each municipality that it assigns, and no region: what a region is did not change."""
    assert done(folder, 6) == [("municipality", f"1000{number}", "update") for number in range(1, 5)]


def test_what_changes_nothing_turns_nothing(folder: Folder) -> None:
    """A correction of nothing but its own words is an event, and no thing's."""
    tell(folder.journal, correct("demarcation", agent="registrar-2"))
    assert done(folder, 7) == []


def test_a_retraction_deletes(folder: Folder) -> None:
    """Of a region that never was, nothing is said any more; made again, it is created."""
    tell(folder.journal, region("west"))
    tell(folder.journal, retract("region/west"))
    tell(folder.journal, {**region("west"), "id": "again"})
    history = folder.history()
    turns = history.turns_of("region", "west", history.position)
    assert [(each.position, each.act) for each in turns] == [(7, "create"), (8, "delete"), (9, "create")]
    assert list(history.timeline("region", "west", 8)) == []
    assert [each.object for each in history.timeline("region", "west", 9) if "label" in each.predicate] == ['"West"@nl']
    assert list(history.timeline("region", "west", 7)), "what was said is still told"


def test_an_end_deletes_nothing(folder: Folder) -> None:
    """A municipality that ends is updated: it was, and all that it was is still said."""
    tell(folder.journal, said("municipality-was-ended", "2024-01-01", municipality="10005", successors=["10006"]))
    assert ("municipality", "10005", "update") in done(folder, 7)


def test_another_address_is_another_thing(folder: Folder) -> None:
    """A region whose announcement is retracted has the address of its designation, and no longer ours."""
    tell(folder.journal, said("region-was-announced", "2020-01-01", region="west", id="announced"))
    tell(folder.journal, region("west", iri="http://x.example.org/west"))
    tell(folder.journal, retract("announced"))
    history = folder.history()
    own = [each for each in history.turned(8, 9) if each.kind == "region"]
    assert [(each.iri, each.act) for each in own] == [
        (f"{BASE}id/region/west", "delete"),
        ("http://x.example.org/west", "create"),
    ]
    assert {each.subject for each in history.timeline("region", "west", 9)} == {"<http://x.example.org/west>"}


def test_turns_know_both_clocks(folder: Folder) -> None:
    """Since when it is known, and when it was recorded."""
    (turned, *_) = folder.history().turned(5, 6)
    event = folder.journal.at(6)
    assert event is not None
    assert turned.known == turned.recorded == event.event.recorded_at


def test_tables_of_another_version_are_built_again(folder: Folder) -> None:
    """A file with other tables than this version makes is burnt, with one sentence."""
    before = list(folder.history().turned(0, 6))
    with closing(sqlite3.connect(folder.statements)) as db:
        db.executescript("DROP TABLE turn; ALTER TABLE event DROP COLUMN recorded; PRAGMA user_version = 0")
    heard: list[str] = []
    history = folder.history(heard.append)
    assert heard == ["building the statements again: their tables are those of another version"]
    assert list(history.turned(0, 6)) == before


@laws
@given(stories)
@example(EVENTFUL)
def test_timelines_are_what_facts_make(story: list[Step]) -> None:
    """After every event, what is told of a thing is what its own believed facts make, as its turns say."""
    with told(story) as (folder, _):
        history, believed = History.open(folder.statements), Believed()
        names = Names(
            Iris(BASE),
            lambda key: region_iri(key, believed.facts(Entity("region", key)), Iris(BASE)),
            lambda key: cooperation_iri(key, believed.facts(Entity("cooperation", key)), Iris(BASE)),
        )
        stood: dict[tuple[str, str], str] = {}
        for recorded in folder.journal.replay():
            believed.take(*recorded)
            turned: dict[tuple[str, str], list[Turned]] = {}
            for each in history.turned(recorded.position - 1, recorded.position):
                turned.setdefault((each.kind, each.key), []).append(each)
            for kind in ("municipality", "region", "subregion", "cooperation", "decision"):
                for entity in believed.entities(kind):
                    facts = believed.facts(entity)
                    made = projection.statements_of(entity, facts, names)
                    assert set(history.timeline(kind, entity.key, recorded.position)) == made
                    now = followed(entity, facts, names) if made else None
                    own = turned.get((kind, entity.key), [])
                    then = stood.pop((kind, entity.key), None)
                    if now is not None:
                        stood[kind, entity.key] = now
                    if then != now:
                        expected = [act for act, is_so in (("delete", then), ("create", now)) if is_so]
                        assert [each.act for each in own] == expected
                    else:
                        assert [each.act for each in own] in ([], ["update"])


@laws
@given(stories)
@example(EVENTFUL)
def test_things_together_are_the_register(story: list[Step]) -> None:
    """What is told of all things is all that the register believes, each statement once, but for what is no thing's."""
    with told(story) as (folder, _):
        history = History.open(folder.statements)
        position = history.position
        last = {(each.kind, each.key): each for each in history.turned(0, position)}
        together: list[Statement] = []
        for kind, key in last:
            together += history.timeline(kind, key, position)
        believed = [each.statement for each in history.ever(position) if each.closed == NEVER]
        rest = [
            each
            for each in believed
            if not each.graph and not each.subject.startswith(OTHER) and each.predicate != iri(RL_PROPOSES)
        ]
        assert sorted(together) == sorted(rest)
