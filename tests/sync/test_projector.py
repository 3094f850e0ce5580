"""The projector: exactly once, from where it was left, and stopped by what it cannot handle."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from regiolog.events.errors import BadMoment, FolderError, ProjectionStopped
from regiolog.sync.folder import Folder
from regiolog.sync.projection import projection
from regiolog.sync.projection.projector import FolderInUse
from regiolog.sync.statements import digest
from regiolog.sync.statements.history import History
from regiolog.sync.statements.moments import resolve
from tests.builders import BASE, TurnedClock, beginning, decision, said, small_register, tell

RENAME = said("municipality-was-renamed", "2021-07-01", municipality="10001", name="Nieuwdorp", id="rename")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    """A data folder with a small register in it."""
    clock = TurnedClock()
    folder = Folder(tmp_path / "data", create=True, clock=clock)
    tell(folder.journal, *small_register(), clock=clock)
    yield folder
    folder.close()


def digests(folder: Folder) -> tuple[str, list[str]]:
    """What the statements of a folder come to, in history and at a few moments."""
    history = folder.history()
    position = history.position
    keys = [history.key(date(2018 + year, 6, 1), step) for year in range(8) for step in range(1, position + 1)]
    return digest.of_history(history, position), [digest.of_snapshot(history, key) for key in keys]


def test_deleted_statements_come_back_identical(folder: Folder) -> None:
    """The statements can be burnt."""
    before = digests(folder)
    folder.statements.unlink()
    assert digests(folder) == before


def test_it_goes_on_from_where_it_was_left(folder: Folder) -> None:
    """A projector that starts again projects only what is new, and the outcome is the same."""
    folder.history()
    tell(folder.journal, RENAME)
    live = digests(folder)
    folder.statements.unlink()
    assert digests(folder) == live


def test_an_earlier_projection_is_built_again_and_said(folder: Folder) -> None:
    """A folder made by an earlier version is upgraded by rebuilding, with one sentence."""
    before = digests(folder)
    with sqlite3.connect(folder.statements) as db:
        db.execute("UPDATE meta SET value = '0' WHERE name = 'version'")
    db.close()
    told: list[str] = []
    folder.history(told.append)
    assert told == [f"building the statements again: projection 0 became {projection.VERSION}"]
    assert digests(folder) == before


def test_a_newer_projection_is_refused(folder: Folder) -> None:
    """What a newer version made is left alone."""
    folder.history()
    with sqlite3.connect(folder.statements) as db:
        db.execute("UPDATE meta SET value = '999' WHERE name = 'version'")
    db.close()
    with pytest.raises(FolderError, match="newer regiolog"):
        folder.history()


def test_statements_of_another_journal_are_built_again(folder: Folder, tmp_path: Path) -> None:
    """Statements that were copied from elsewhere are not believed."""
    other = Folder(tmp_path / "other", create=True)
    tell(other.journal, *small_register()[:-1], {**small_register()[-1], "id": "another demarcation"})
    folder.history()
    other.statements.write_bytes(folder.statements.read_bytes())
    told: list[str] = []
    other.history(told.append)
    assert told == ["building the statements again: they are not of this journal"]
    other.close()


def test_damaged_statements_are_built_again(folder: Folder) -> None:
    """A damaged statement table costs nothing but the time to build it."""
    before = digests(folder)
    folder.statements.write_bytes(b"this is no database " * 500)
    told: list[str] = []
    folder.history(told.append)
    assert told == ["building the statements again: they cannot be read"]
    assert digests(folder) == before


def test_one_projector_for_each_folder(folder: Folder) -> None:
    """The lock is what in use means."""
    lock = folder.lock()
    with pytest.raises(FolderInUse, match="already in use"):
        folder.lock()
    lock.release()
    folder.lock().release()


def test_an_event_it_cannot_read_stops_it_there(folder: Folder) -> None:
    """What came before the event is served; what comes after is not projected; the event is named."""
    tell(folder.journal, RENAME)
    with sqlite3.connect(folder.path / "journal.sqlite") as db:
        table = next(name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE sql LIKE '%data%'"))
        db.execute(f'UPDATE {table} SET data = \'{{"kind":"unheard-of"}}\' WHERE position = 7')
    db.close()
    tell(folder.journal, decision("D9"))
    lock = folder.lock()
    projector = folder.projector()
    with pytest.raises(ProjectionStopped, match="event 7"):
        projector.catch_up()
    standing = projector.standing()
    assert (standing.position, standing.head) == (6, 8)
    assert standing.stopped is not None
    projector.close()
    lock.release()
    assert History.open(folder.statements).position == 6


def test_known_never_goes_backwards(folder: Folder) -> None:
    """When the clock of a writer steps back, what it records is known from the event before it."""
    clock = folder.clock
    assert isinstance(clock, TurnedClock)
    before = clock.now
    clock.turn(days=-10)
    tell(folder.journal, RENAME, clock=clock)
    history = folder.history()
    assert history.known_of(7) == before
    assert history.position_at(before) == 7
    assert history.position_at(before - timedelta(microseconds=1)) == 0


def test_it_follows(folder: Folder) -> None:
    """A projector that follows takes up what is appended, without being asked."""
    lock = folder.lock()
    projector = folder.projector()
    projector.catch_up()
    projector.follow()
    tell(folder.journal, RENAME)
    for _ in range(1_000):
        if History.open(folder.statements).position == 7:
            break
        folder.journal.wait(7, 0.01)
    assert projector.standing() == (7, 7, None)
    projector.close()
    lock.release()


class TestMoments:
    """What is asked of the two clocks."""

    NOW = datetime(2021, 6, 1, 12, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("at", "known", "because"),
        [
            ("2017-12-31", None, "before coverage begins on 2018-01-01"),
            ("2020-02-30", None, "does not exist"),
            ("yesterday", None, "not a day"),
            ("2020-1-1", None, "not a day"),
            ("2020-01-01T00:00:00Z", None, "not a day"),
            ("", None, "not a day"),
            (None, "2021-06-02", "after the head"),
            (None, "2021-06-01T12:00:01Z", "after the head"),
            (None, "2021-05-31", "before the register knew anything"),
            (None, "2021-06-01T12:00:00", "not an instant"),
            (None, "9999-12-31", "later than any"),
            (None, "0001-01-01", "before the register"),
        ],
    )
    def test_what_cannot_be_asked_is_refused(
        self, folder: Folder, at: str | None, known: str | None, because: str
    ) -> None:
        """Nothing is guessed: a coordinate that cannot be used is an error that says why."""
        with pytest.raises(BadMoment, match=because):
            resolve(folder.history(), at, known, clock=folder.clock)

    def test_defaults(self, folder: Folder) -> None:
        """Without coordinates: today in Brussels, at the head."""
        late = TurnedClock(datetime(2021, 6, 1, 22, 30, tzinfo=UTC))
        moment = resolve(folder.history(), None, None, clock=late)
        assert (moment.at, moment.known, moment.position, moment.fixed) == (
            date(2021, 6, 2),
            late.now,
            6,
            False,
        )

    def test_today_means_now(self, folder: Folder) -> None:
        """The day of today in `known` means now, for its end has not come."""
        moment = resolve(folder.history(), "now", "2021-06-01", clock=folder.clock)
        assert moment.known == self.NOW

    def test_today_can_be_asked_while_time_goes_on(self, folder: Folder) -> None:
        """The head is not behind what today means, however long it takes to ask."""
        clock = TurnedClock()
        assert resolve(folder.history(), None, "2021-06-01", clock=lambda: clock.turn(seconds=1)).position == 6

    def test_equal_keys_for_equal_graphs(self, folder: Folder) -> None:
        """Days between which nothing begins or ends share a key, and a closed breakpoint is none."""
        history = folder.history()
        keys = [resolve(history, at, None, clock=folder.clock).key for at in ("2020-02-01", "2020-05-05", "2021-01-01")]
        assert len(set(keys)) == 1
        tell(folder.journal, RENAME)
        tell(
            folder.journal,
            {"kind": "event-was-retracted", "retracts": "rename", "reason": "r", "source": ["s"]},
        )
        history = folder.history()
        assert history.key(date(2021, 7, 2), 7).breakpoint == date(2021, 7, 1).toordinal()
        assert history.key(date(2021, 7, 2), 8).breakpoint == date(2020, 2, 1).toordinal()

    def test_fixed_only_before_the_head(self, folder: Folder) -> None:
        """An answer can never change only when both coordinates are given and known lies before the head's."""
        clock = folder.clock
        assert isinstance(clock, TurnedClock)
        clock.turn(days=3)
        assert not resolve(folder.history(), "2021-01-01", "2021-06-02", clock=clock).fixed
        tell(folder.journal, RENAME, clock=clock)
        assert resolve(folder.history(), "2021-01-01", "2021-06-02", clock=clock).fixed
        assert not resolve(folder.history(), None, "2021-06-02", clock=clock).fixed


def test_rolling_forward_gives_the_same_graph(folder: Folder) -> None:
    """What changed between two positions, taken from and added to a graph, gives the later one."""
    folder.history()
    tell(folder.journal, {**RENAME, "valid_from": "2020-03-01"})
    history = folder.history()
    old, new = history.key(date(2021, 1, 1), 6), history.key(date(2021, 1, 1), 7)
    assert history.changes(old, new) is None, "the day of the last breakpoint moved"
    tell(folder.journal, said("municipality-was-renamed", "2020-03-01", municipality="10002", name="Ander"))
    history = folder.history()
    newer = history.key(date(2021, 1, 1), 8)
    changes = history.changes(new, newer)
    assert changes is not None
    gone, come = (set(part.splitlines()) for part in changes)
    graph = set(history.triples(new).splitlines())
    assert graph - gone | come == set(history.triples(newer).splitlines())
    assert gone
    assert come


def test_what_the_table_knows_of_itself(folder: Folder) -> None:
    """Base IRI, name, coverage and version come from the journal's beginning."""
    history = folder.history()
    assert (history.base_iri, history.register, history.coverage) == (BASE, "test", date(2018, 1, 1))
    assert history.version == projection.VERSION


def test_a_digest_does_not_depend_on_when_it_was_recorded(folder: Folder, tmp_path: Path) -> None:
    """Two registers that were told the same at other times have equal snapshots."""
    other = Folder(tmp_path / "other", create=True, clock=TurnedClock(datetime(2024, 1, 1, tzinfo=UTC)))
    tell(other.journal, *small_register())
    one, two = folder.history(), other.history()
    assert digest.of_snapshot(one, one.key(date(2021, 1, 1), 6)) == digest.of_snapshot(
        two, two.key(date(2021, 1, 1), 6)
    )
    assert digest.of_history(one, 6) != digest.of_history(two, 6), "since when it was known is part of the history"
    other.close()


def test_statements_that_cannot_be_written_are_tried_again(folder: Folder) -> None:
    """A table that takes nothing more, as on a full disk, stands where it stood, and goes on once it can."""
    lock = folder.lock()
    projector = folder.projector()
    projector.catch_up()
    before = History.open(folder.statements).counts()
    projector._history._db.execute("PRAGMA query_only = ON")
    tell(folder.journal, RENAME)
    with pytest.raises(FolderError, match="cannot be written"):
        projector.catch_up()
    assert History.open(folder.statements).counts() == before
    assert projector.position == 6
    projector._history._db.execute("PRAGMA query_only = OFF")
    assert projector.catch_up() == 7
    projector.close()
    lock.release()
    live = digests(folder)
    folder.statements.unlink()
    assert digests(folder) == live


def test_statements_that_may_not_be_read_are_not_burnt(folder: Folder) -> None:
    """Trouble with the file that is no damage to it is said, and leaves it as it is."""
    folder.history()
    tell(folder.journal, RENAME)
    kept = folder.statements.read_bytes()
    folder.statements.rename(folder.path / "elsewhere")
    folder.statements.mkdir()
    with pytest.raises(FolderError, match="cannot be read as a statement table"):
        folder.history()
    assert folder.statements.is_dir()
    assert (folder.path / "elsewhere").read_bytes() == kept


def test_statements_at_the_head_are_read_without_the_lock(folder: Folder) -> None:
    """A command that only reads waits for nobody when there is nothing to catch up."""
    folder.history()
    lock = folder.lock()
    assert folder.history().position == 6
    lock.release()


def test_a_first_load_that_broke_off_keeps_its_known_times(tmp_path: Path) -> None:
    """What is projected again after a full disk is known from when it was known, not from the last that was tried."""
    clock = TurnedClock()
    folder = Folder(tmp_path, create=True, clock=clock)
    known = []
    for record in [beginning(), *[decision(f"D{number}") for number in range(200)]]:
        known.append(clock.turn(days=1))
        tell(folder.journal, record, clock=clock)
    lock = folder.lock()
    projector = folder.projector()
    (pages,) = projector._history._db.execute("PRAGMA page_count").fetchone()
    projector._history._db.execute(f"PRAGMA max_page_count = {pages + 8}")
    with pytest.raises(FolderError, match="full"):
        projector.catch_up()
    projector._history._db.execute("PRAGMA max_page_count = 100000")
    assert projector.catch_up() == len(known)
    history = History.open(folder.statements)
    assert [history.known_of(position) for position in range(1, len(known) + 1)] == known
    projector.close()
    lock.release()
    folder.close()


def test_damage_in_the_midst_of_the_statements_is_found(folder: Folder) -> None:
    """A table whose first page is whole and whose others are not is built again, at the head as well."""
    before = digests(folder)
    whole = folder.statements.read_bytes()
    assert len(whole) > 5 * 4096
    folder.statements.write_bytes(whole[: 2 * 4096] + b"\xff" * (len(whole) - 2 * 4096))
    told: list[str] = []
    folder.history(told.append)
    assert told == ["building the statements again: they cannot be read"]
    assert digests(folder) == before


def test_an_emptied_journal_is_not_begun_anew(folder: Folder) -> None:
    """A journal that was lost while its statements remain is said, and nothing is written over them."""
    folder.history()
    folder.close()
    for path in folder.path.glob("journal.sqlite*"):
        path.unlink()
    kept = folder.statements.read_bytes()
    with pytest.raises(FolderError, match="its statements stand at event 6: put the journal back"):
        Folder(folder.path, create=True)
    assert folder.statements.read_bytes() == kept
