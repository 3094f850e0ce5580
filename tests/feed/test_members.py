"""Laws of version objects that hold for every register, whatever happens in it, and however often it was wrong."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pyoxigraph import RdfFormat, parse

from regiolog.events.journal import Boundary
from regiolog.events.journal_sqlite import open_journal
from regiolog.ontology import terms
from regiolog.publisher.feed.members import members, triples
from regiolog.sync.projection.projector import Projector
from regiolog.sync.statements.history import History
from regiolog.sync.statements.history_writer import HistoryWriter
from tests.builders import TurnedClock
from tests.feed.held import act, believed, held, place, said
from tests.feed.reader import TREE, Member, extract
from tests.sync.registers import EVENTFUL, Step, steps
from tests.sync.test_laws import told

STREAM = "http://x.example.org/#stream"

stories = st.lists(steps, min_size=2, max_size=14)
laws = settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.too_slow])


def written(history: History, after: int, upto: int) -> dict[str, bytes]:
    """The version objects of some positions by their IRIs, as N-Triples, in their order."""
    return {
        member.iri: b"".join(f"{' '.join(each)} .\n".encode() for each in triples(history, member))
        for member in members(history, after, upto)
    }


def read(texts: dict[str, bytes]) -> list[Member]:
    """Version objects as a client reads them: from one page on which they all are."""
    links = "".join(f"<{STREAM}> <{TREE}member> <{iri}> .\n" for iri in texts)
    page = links.encode() + b"".join(texts.values())
    return extract(parse(page, format=RdfFormat.N_TRIPLES), STREAM, "")


@laws
@given(stories)
@example(EVENTFUL)
def test_the_newest_version_objects_are_what_is_believed(story: list[Step]) -> None:
    """At any position: all that is said of things, each statement as often, and nothing else."""
    with told(story) as (folder, _):
        history = History.open(folder.statements)
        everything = read(written(history, 0, history.position))
        for position in range(1, history.position + 1):
            until = [member for member in everything if place(member) <= position]
            assert held(until) == believed(history, position), f"at {position}"
        history.close()


@laws
@given(stories)
@example(EVENTFUL)
def test_a_version_object_never_changes(story: list[Step]) -> None:
    """Written at once, or after all that came later, or from statements that were built again: the same bytes."""
    with tempfile.TemporaryDirectory() as path, told(story) as (folder, _):
        live = History.open(folder.statements)
        clock = TurnedClock()
        copy = open_journal(Path(path), clock, create=True)
        writer = HistoryWriter.open(Path(path) / "again.sqlite", readonly=False)
        projector = Projector(copy, writer)
        for position, event in folder.journal.replay():
            assert event.recorded_at is not None
            clock.now = event.recorded_at
            copy.append([event], Boundary(everything=True), position - 1)
            projector.catch_up()
            assert written(writer, position - 1, position) == written(live, position - 1, position)
        assert list(written(writer, 0, writer.position).items()) == list(written(live, 0, live.position).items())
        projector.close()
        copy.close()
        live.close()


@laws
@given(stories)
@example(EVENTFUL)
def test_version_objects_of_a_thing_follow_each_other(story: list[Step]) -> None:
    """It is created, then updated, then deleted and perhaps created again; a version that deletes it says nothing."""
    with told(story) as (folder, _):
        history = History.open(folder.statements)
        stands: set[str] = set()
        before: dict[str, object] = {}
        everything = read(written(history, 0, history.position))
        for member in everything:
            thing, did = member.value(terms.DCTERMS_IS_VERSION_OF), act(member)
            assert (did == terms.AS_CREATE) == (thing not in stands), f"{member.iri} is an {did}"
            (stands.discard if did == terms.AS_DELETE else stands.add)(thing)
            assert (did == terms.AS_DELETE) == (not said(member))
            assert said(member) != before.get(thing), f"{member.iri} says nothing new"
            before[thing] = said(member)
        assert len({member.iri for member in everything}) == len(everything)
        history.close()


@laws
@given(stories)
@example(EVENTFUL)
def test_an_event_is_one_transaction(story: list[Step]) -> None:
    """Of all version objects that an event made only the last says that it is the last, whatever order they are in."""
    with told(story) as (folder, _):
        history = History.open(folder.statements)
        lasts = defaultdict(list)
        for member in read(written(history, 0, history.position)):
            lasts[member.value(terms.PROV_WAS_GENERATED_BY)].append(member.value(terms.RL_LAST_OF_EVENT))
        assert lasts
        assert all(each == ["false"] * (len(each) - 1) + ["true"] for each in lasts.values())
        history.close()
