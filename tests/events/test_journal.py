"""The journal: the same on every recorder, guarded by conditions, and never wrong about what was stored."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest
from eventsourcing.dcb.api import (
    DCBAppendCondition,
    DCBEvent,
    DCBQuery,
    DCBReadResponse,
    DCBRecorder,
    DCBSubscription,
)
from eventsourcing.persistence import IntegrityError, OperationalError

from regiolog.events.errors import Conflict, FolderError
from regiolog.events.event import Event
from regiolog.events.journal import Boundary, EventUnreadable, Journal
from regiolog.events.region import RegionWasRenamed

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def renamed(name: str, region: str = "waasland") -> RegionWasRenamed:
    """An event about one region; its id is the name."""
    return RegionWasRenamed(id=name, region=region, name=name, valid_from=date(2024, 1, 1), decision="D1")


def about(*regions: str) -> Boundary:
    """The boundary of a rule about some regions."""
    return Boundary(frozenset(f"region:{region}" for region in regions))


EVERYTHING = Boundary(everything=True)


@pytest.fixture
def journal(recorder: DCBRecorder) -> Journal:
    """An empty journal whose clock stands at noon."""
    return Journal(recorder, lambda: NOON)


def names(journal: Journal) -> list[str]:
    """What was recorded, in order."""
    return [event.id for _, event in journal.replay()]


def test_an_empty_journal_has_head_zero(journal: Journal) -> None:
    """Nothing was recorded: the head is 0 and there is nothing to read."""
    assert journal.head() == 0
    assert list(journal.replay()) == []
    assert journal.at(1) is None
    assert journal.read(EVERYTHING) == []


def test_what_was_appended_comes_back_as_it_was(journal: Journal) -> None:
    """Events come back in order, whole, with their positions and the clock's instant."""
    assert journal.append([renamed("a"), renamed("b")], EVERYTHING, 0) == [1, 2]
    first, second = journal.replay()
    assert (first.position, second.position) == (1, 2)
    assert isinstance(first.event, RegionWasRenamed)
    assert (first.event.name, first.event.decision, first.event.recorded_at) == ("a", "D1", NOON)
    assert journal.at(2) == second
    assert journal.at(3) is None
    assert journal.at(0) is None
    assert journal.head() == 2


def test_replay_begins_and_ends_where_it_is_told(journal: Journal) -> None:
    """`after` is left out and `upto` is kept, over more than one page."""
    everything = [renamed(f"e{number}") for number in range(2_500)]
    journal.append(everything, EVERYTHING, 0)
    assert [position for position, _ in journal.replay(10, 2_200)] == list(range(11, 2_201))
    assert [position for position, _ in journal.replay(2_498)] == [2_499, 2_500]
    assert list(journal.replay(2_500)) == []
    assert list(journal.replay(7, 7)) == []


def test_a_boundary_reads_what_it_covers(journal: Journal) -> None:
    """A boundary covers an event that has any of its tags, and no other."""
    journal.append([renamed("a", "noord"), renamed("b", "zuid"), renamed("c", "oost")], EVERYTHING, 0)
    assert [at for at, _ in journal.read(about("noord", "oost"))] == [1, 3]
    assert [at for at, _ in journal.read(about("noord", "oost"), after=1)] == [3]
    assert [at for at, _ in journal.read(Boundary(frozenset({"id:b"})))] == [2]
    assert journal.read(EVERYTHING) == list(journal.replay())
    assert journal.read(Boundary()) == []


def test_a_boundary_of_thousands_of_tags_is_read(journal: Journal) -> None:
    """SQLite's limits on one statement are no limits on a boundary."""
    journal.append([renamed(f"e{number}", f"r{number}") for number in range(20)], EVERYTHING, 0)
    wide = about(*(f"r{number}" for number in range(10, 5_000)))
    assert [at for at, _ in journal.read(wide)] == list(range(11, 21))
    with pytest.raises(Conflict):
        journal.append([renamed("late")], wide, 0)
    assert journal.append([renamed("late")], wide, 20) == [21]


def test_nothing_is_appended_past_a_changed_boundary(journal: Journal) -> None:
    """Who decided on what has changed since is told so, and nothing of the batch is recorded."""
    journal.append([renamed("first")], about("waasland"), 0)
    with pytest.raises(Conflict):
        journal.append([renamed("other", "zuid"), renamed("second")], about("waasland"), 0)
    assert names(journal) == ["first"]
    assert journal.append([renamed("second")], about("waasland"), 1) == [2]


def test_writers_with_disjoint_boundaries_do_not_meet(journal: Journal) -> None:
    """Two that decided at the same head about different things both succeed."""
    assert journal.append([renamed("a", "noord")], about("noord"), 0) == [1]
    assert journal.append([renamed("b", "zuid")], about("zuid"), 0) == [2]


def test_a_boundary_of_everything_meets_every_event(journal: Journal) -> None:
    """Backfill rests on the whole journal."""
    journal.append([renamed("a")], EVERYTHING, 0)
    with pytest.raises(Conflict):
        journal.append([renamed("b", "zuid")], EVERYTHING, 0)


def test_an_id_is_recorded_once(journal: Journal) -> None:
    """Two writers that record the same event under different boundaries do not both succeed."""
    journal.append([renamed("same", "noord")], about("noord"), 0)
    with pytest.raises(Conflict):
        journal.append([renamed("same", "zuid")], about("zuid"), 0)
    with pytest.raises(ValueError, match="same id"):
        journal.append([renamed("twice"), renamed("twice")], EVERYTHING, 1)
    assert names(journal) == ["same"]


def test_an_empty_boundary_is_refused(journal: Journal) -> None:
    """A boundary that guards nothing is a mistake, unless it says `everything`."""
    with pytest.raises(ValueError, match="guards nothing"):
        journal.append([renamed("a")], Boundary(), 0)
    assert journal.head() == 0


def test_appending_nothing_records_nothing(journal: Journal) -> None:
    """A decision without events leaves the journal as it was."""
    assert journal.append([], about("waasland"), 0) == []
    assert journal.head() == 0


def test_waiting_ends_when_time_is_up(journal: Journal) -> None:
    """Without news the answer is no."""
    assert journal.wait(0, timeout=0) is False
    assert journal.wait(0, timeout=0.02) is False
    journal.append([renamed("a")], EVERYTHING, 0)
    assert journal.wait(0, timeout=0) is True
    assert journal.wait(1, timeout=0) is False


def test_who_waits_is_woken(journal: Journal) -> None:
    """An append in another thread ends the wait."""
    woken: list[bool] = []
    waiting = threading.Thread(target=lambda: woken.append(journal.wait(0, timeout=60)))
    waiting.start()
    journal.append([renamed("a")], EVERYTHING, 0)
    waiting.join()
    assert woken == [True]


def test_threads_share_a_journal(journal: Journal) -> None:
    """Eight threads append and read at once; each of their events is there once."""

    def write(writer: int) -> None:
        for number in range(20):
            journal.append([renamed(f"{writer}-{number}", f"r{writer}")], about(f"r{writer}"), journal.head())
            assert journal.read(about(f"r{writer}"))[-1].event.id == f"{writer}-{number}"

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(names(journal)) == sorted(f"{writer}-{number}" for writer in range(8) for number in range(20))


def test_an_event_that_cannot_be_read_is_named(recorder: DCBRecorder, journal: Journal) -> None:
    """Reading gives what comes before it, then stops and says which one it is."""
    journal.append([renamed("a")], EVERYTHING, 0)
    recorder.append([DCBEvent("strange", b'{"kind":"strange"}')], DCBAppendCondition(DCBQuery(), 1))
    journal.append([renamed("c")], EVERYTHING, 2)
    replay = journal.replay()
    assert next(replay).position == 1
    with pytest.raises(EventUnreadable, match="event 2 of the journal cannot be read") as unreadable:
        next(replay)
    assert unreadable.value.position == 2
    assert [position for position, _ in journal.replay(2)] == [3]


class Unreliable(DCBRecorder):
    """A recorder on another one whose acknowledgements get lost, as when a database server goes down."""

    def __init__(self, inner: DCBRecorder, error: Exception, *, stores: bool) -> None:
        """Raise an error at every append, after or instead of storing its events."""
        self.inner = inner
        self.error = error
        self.stores = stores

    def read(
        self, query: DCBQuery | None = None, *, after: int | None = None, limit: int | None = None
    ) -> DCBReadResponse:
        """Read as the other one does."""
        return self.inner.read(query, after=after, limit=limit)

    def append(self, events: Sequence[DCBEvent], condition: DCBAppendCondition | None = None) -> int:
        """Lose the acknowledgement."""
        if self.stores:
            self.inner.append(events, condition)
        raise self.error

    def subscribe(self, query: DCBQuery | None = None, *, after: int | None = None) -> DCBSubscription[Unreliable]:
        """Nobody follows here."""
        raise NotImplementedError


@pytest.mark.parametrize("error", [OperationalError("the server went away"), IntegrityError("a retry met itself")])
def test_an_append_that_raised_though_stored_is_done(recorder: DCBRecorder, journal: Journal, error: Exception) -> None:
    """The journal reads before it decides: what is stored is reported as done (trap 16)."""
    journal.append([renamed("before")], EVERYTHING, 0)
    unreliable = Journal(Unreliable(recorder, error, stores=True), lambda: NOON)
    assert unreliable.append([renamed("a"), renamed("b")], about("waasland"), 1) == [2, 3]
    assert names(journal) == ["before", "a", "b"]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OperationalError("the server went away"), FolderError),
        (IntegrityError("another was first"), Conflict),
    ],
)
def test_an_append_that_raised_and_is_not_stored_is_not_done(
    recorder: DCBRecorder, journal: Journal, error: Exception, told: type[Exception]
) -> None:
    """What is not stored is reported as not recorded, with the reason."""
    unreliable = Journal(Unreliable(recorder, error, stores=False), lambda: NOON)
    with pytest.raises(told):
        unreliable.append([renamed("a")], about("waasland"), 0)
    assert journal.head() == 0


def test_what_somebody_else_stored_under_the_same_id_is_not_ours(recorder: DCBRecorder) -> None:
    """Only the very same bytes count as done, and the instant of recording is among them."""
    theirs = Journal(recorder, lambda: NOON.replace(minute=1))
    ours = Journal(recorder, lambda: NOON)
    event: Event = renamed("a")
    assert theirs.append([event], about("waasland"), 0) == [1]
    with pytest.raises(Conflict):
        ours.append([event], about("waasland"), 0)
