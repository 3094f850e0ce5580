"""The recorder on SQLite: the library's own suite, its queries, and each way a folder can be unusable."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from eventsourcing.dcb.api import DCBAppendCondition, DCBEvent, DCBQuery, DCBQueryItem
from eventsourcing.dcb.popo import InMemoryDCBRecorder
from eventsourcing.dcb.tests import DCBRecorderTestCase
from eventsourcing.persistence import IntegrityError, ProgrammingError
from hypothesis import given
from hypothesis import strategies as st

from regiolog.events.errors import FolderError
from regiolog.events.journal import Boundary, Journal
from regiolog.events.journal_sqlite import FILE, LAYOUT, SQLiteRecorder, open_journal
from regiolog.events.region import RegionWasRenamed

EVERYTHING = Boundary(everything=True)


def renamed(name: str, note: str = "") -> RegionWasRenamed:
    """An event about one region; its id is the name."""
    return RegionWasRenamed(
        id=name, region="waasland", name=name, note=note, valid_from=date(2024, 1, 1), decision="D1"
    )


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[SQLiteRecorder]:
    """An empty recorder."""
    recorder = SQLiteRecorder(tmp_path / FILE, create=True)
    yield recorder
    recorder.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with three events in its journal, which is closed."""
    journal = open_journal(tmp_path, create=True)
    journal.append([renamed("a"), renamed("b"), renamed("c")], EVERYTHING, 0)
    journal.close()
    return tmp_path


def ids(folder: Path) -> list[str]:
    """What the journal of a folder holds, in order."""
    journal = open_journal(folder, create=False)
    found = [event.id for _, event in journal.replay()]
    journal.close()
    return found


def test_it_appends_and_reads_as_the_library_wants(recorder: SQLiteRecorder) -> None:
    """The library's conformance suite, first half."""
    DCBRecorderTestCase()._test_append_read(recorder)


def test_it_follows_as_the_library_wants(recorder: SQLiteRecorder) -> None:
    """The library's conformance suite, second half."""
    DCBRecorderTestCase()._test_append_subscribe(recorder)


NAMES = st.sampled_from(["a", "b", "c", "d"])
EVENTS = st.builds(DCBEvent, type=NAMES, data=st.just(b"{}"), tags=st.lists(NAMES, unique=True))
ITEMS = st.builds(DCBQueryItem, types=st.lists(NAMES), tags=st.lists(NAMES))
QUERIES = st.builds(DCBQuery, items=st.lists(ITEMS, max_size=4))


@given(
    events=st.lists(EVENTS, min_size=1, max_size=12),
    query=QUERIES,
    after=st.none() | st.integers(0, 13),
    limit=st.none() | st.integers(0, 13),
)
def test_every_query_answers_as_in_memory(
    events: list[DCBEvent], query: DCBQuery, after: int | None, limit: int | None
) -> None:
    """Whatever is asked or made a condition, the library's recorder in memory does the same."""
    memory = InMemoryDCBRecorder()
    with tempfile.TemporaryDirectory() as folder:
        ours = SQLiteRecorder(Path(folder) / FILE, create=True)
        assert ours.append(events) == memory.append(events)
        found, expected = (each.read(query, after=after, limit=limit) for each in (ours, memory))
        assert list(found) == list(expected)
        assert found.head == expected.head
        condition = DCBAppendCondition(query, after)
        outcomes = []
        for each in (ours, memory):
            try:
                outcomes.append(each.append(events[:1], condition))
            except IntegrityError:
                outcomes.append(0)
        assert outcomes[0] == outcomes[1]
        ours.close()


def test_a_query_may_have_thousands_of_items_of_every_form(recorder: SQLiteRecorder) -> None:
    """SQLite's limit on compound statements is not met, whatever the items look like."""
    recorder.append([DCBEvent(f"t{n}", b"{}", [f"a{n}", f"b{n}"]) for n in range(30)])
    items = [DCBQueryItem(tags=[f"a{n}"]) for n in range(10, 3_000)]
    items += [DCBQueryItem(tags=[f"b{n}", f"a{n}"]) for n in range(5, 3_000)]
    items += [DCBQueryItem(types=[f"t{n}"], tags=[f"a{n}"]) for n in range(3, 3_000)]
    items += [DCBQueryItem(types=[f"t{n}"]) for n in range(2, 3_000)]
    assert [each.position for each in recorder.read(DCBQuery(items))] == list(range(3, 31))


def test_positions_are_never_given_out_twice(recorder: SQLiteRecorder, tmp_path: Path) -> None:
    """Even when somebody takes the last event out by hand, its position stays taken (trap 12)."""
    recorder.append([DCBEvent("t", b"1"), DCBEvent("t", b"2")])
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("DELETE FROM events WHERE position = 2")
    connection.close()
    assert recorder.append([DCBEvent("t", b"3")]) == 3


def test_a_failed_append_takes_no_position(recorder: SQLiteRecorder) -> None:
    """A refusal leaves no trace and no gap."""
    recorder.append([DCBEvent("t", b"1", ["x"])])
    with pytest.raises(IntegrityError):
        recorder.append([DCBEvent("t", b"2")], DCBAppendCondition(DCBQuery([DCBQueryItem(tags=["x"])])))
    with pytest.raises(ProgrammingError, match="nothing to append"):
        recorder.append([])
    assert recorder.append([DCBEvent("t", b"3")]) == 2


def test_every_commit_is_on_disk_before_it_is_acknowledged(recorder: SQLiteRecorder) -> None:
    """The write-ahead log is used, and synced at each commit."""
    assert recorder._writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert recorder._writer.execute("PRAGMA synchronous").fetchone() == (2,)


def test_a_reader_that_stops_halfway_holds_nothing(recorder: SQLiteRecorder, tmp_path: Path) -> None:
    """An abandoned replay gives its connection back, and the write-ahead log can be emptied."""
    recorder.append([DCBEvent("t", b"{}") for _ in range(1_000)])
    pages = recorder.pages()
    next(pages)
    del pages
    recorder.append([DCBEvent("t", b"{}")])
    with sqlite3.connect(tmp_path / FILE) as connection:
        assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() == (0, 0, 0)
    connection.close()


def test_a_subscription_follows_one_query_until_it_is_stopped(recorder: SQLiteRecorder) -> None:
    """It passes over what does not match, goes on past the head, and ends when it is told to."""
    recorder.append([DCBEvent("t", b"1", ["x"]), DCBEvent("t", b"2", ["y"])])
    found: list[int] = []
    third = threading.Event()

    def follow() -> None:
        for each in subscription:
            found.append(each.position)
            if len(found) == 2:
                third.set()

    with recorder.subscribe(DCBQuery([DCBQueryItem(tags=["x"])])) as subscription:
        follower = threading.Thread(target=follow)
        follower.start()
        recorder.append([DCBEvent("t", b"3", ["y"])])
        recorder.append([DCBEvent("t", b"4", ["x"])])
        assert third.wait(60)
    follower.join()
    assert found == [1, 4]


def test_an_append_of_another_process_wakes_who_waits(folder: Path) -> None:
    """Neither a wait nor a subscription needs the writer to be in the same process."""
    script = (
        "import sys, pathlib\n"
        "from eventsourcing.dcb.api import DCBEvent\n"
        "from regiolog.events.journal_sqlite import SQLiteRecorder\n"
        "recorder = SQLiteRecorder(pathlib.Path(sys.argv[1]))\n"
        "sys.stdin.read()\n"
        "recorder.append([DCBEvent('t', b'{}', ['x'])])\n"
        "recorder.close()\n"
    )
    recorder = SQLiteRecorder(folder / FILE)
    assert recorder.wait(3, timeout=0) is False
    command = [sys.executable, "-c", script, str(folder / FILE)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as writer, recorder.subscribe(after=3) as following:
        assert writer.stdin is not None
        writer.stdin.close()
        assert recorder.wait(3, timeout=60) is True
        assert next(following).position == 4
    assert writer.returncode == 0
    recorder.close()


def test_many_processes_may_begin_one_folder(tmp_path: Path) -> None:
    """Who comes second finds the journal made; nobody fails because another was at it."""
    script = (
        "import sys, pathlib\n"
        "from regiolog.events.journal_sqlite import open_journal\n"
        "sys.stdin.read()\n"
        "open_journal(pathlib.Path(sys.argv[1]), create=True).close()\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "new" / "folder")]
    starting = [subprocess.Popen(command, stdin=subprocess.PIPE) for _ in range(4)]
    for each in starting:
        assert each.stdin is not None
        each.stdin.close()
    assert [each.wait() for each in starting] == [0, 0, 0, 0]
    assert ids(tmp_path / "new" / "folder") == []


def test_a_copy_taken_while_somebody_writes_is_a_good_journal(folder: Path, tmp_path: Path) -> None:
    """SQLite's own backup of a journal that is open is a journal with everything acknowledged before."""
    journal = open_journal(folder, create=False)
    copy = tmp_path / "copy"
    copy.mkdir()
    journal.append([renamed("d")], EVERYTHING, 3)
    source, target = sqlite3.connect(folder / FILE), sqlite3.connect(copy / FILE)
    source.backup(target)
    source.close()
    target.close()
    journal.append([renamed("e")], EVERYTHING, 4)
    journal.close()
    assert ids(copy) == ["a", "b", "c", "d"]
    assert ids(folder) == ["a", "b", "c", "d", "e"]


# What a folder may be like


def test_a_folder_without_a_journal_is_told_so(tmp_path: Path) -> None:
    """Nothing is made where nothing was asked for."""
    for missing in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(FolderError, match="there is no register in"):
            open_journal(missing, create=False)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_is_no_journal_until_it_is_begun(tmp_path: Path) -> None:
    """A beginning that was interrupted can be taken up again."""
    (tmp_path / FILE).touch()
    with pytest.raises(FolderError, match="holds no register yet"):
        open_journal(tmp_path, create=False)
    open_journal(tmp_path, create=True).close()
    assert ids(tmp_path) == []


def test_a_folder_that_is_a_file_is_told_so(tmp_path: Path) -> None:
    """One sentence, not a traceback."""
    (tmp_path / "data").write_text("I am a file")
    with pytest.raises(FolderError, match="cannot be used"):
        open_journal(tmp_path / "data", create=True)


def test_a_newer_journal_is_left_alone(folder: Path) -> None:
    """A layout that this version does not know is not touched, not even by `create`."""
    with sqlite3.connect(folder / FILE) as connection:
        connection.execute(f"PRAGMA user_version = {LAYOUT + 1}")
    connection.close()
    before = (folder / FILE).read_bytes()
    for create in (False, True):
        with pytest.raises(FolderError, match="newer version of regiolog"):
            open_journal(folder, create=create)
    assert (folder / FILE).read_bytes() == before


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    """An SQLite file that is not ours is neither read nor filled."""
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    for create in (False, True):
        with pytest.raises(FolderError, match="is not a journal of regiolog"):
            open_journal(tmp_path, create=create)


def damage_header(file: Path) -> None:
    """Overwrite the first bytes."""
    file.write_bytes(b"this is not a database" + file.read_bytes()[22:])


def damage_end(file: Path) -> None:
    """Cut the last third off."""
    data = file.read_bytes()
    file.write_bytes(data[: len(data) * 2 // 3])


def damage_middle(file: Path) -> None:
    """Overwrite the pages in the middle with noise."""
    data = bytearray(file.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 8_192] = b"\xa5" * 8_192
    file.write_bytes(data)


@pytest.mark.parametrize("damage", [damage_header, damage_end, damage_middle])
@pytest.mark.parametrize("create", [False, True])
def test_a_damaged_journal_is_left_alone(tmp_path: Path, damage: object, create: bool) -> None:
    """Whatever was damaged, it is one sentence that says so, and nothing is repaired or begun anew."""
    journal = open_journal(tmp_path, create=True)
    journal.append([renamed(f"e{number}", "x" * 300) for number in range(500)], EVERYTHING, 0)
    journal.close()
    assert callable(damage)
    damage(tmp_path / FILE)
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(FolderError, match="is damaged"):
        open_journal(tmp_path, create=create)
    assert (tmp_path / FILE).read_bytes() == before


def test_a_full_disk_records_nothing(folder: Path) -> None:
    """The batch is refused as a whole with one sentence, and the journal goes on when there is room again."""
    recorder = SQLiteRecorder(folder / FILE)
    journal = Journal(recorder)
    full = recorder._writer.execute("PRAGMA page_count").fetchone()[0]
    recorder._writer.execute(f"PRAGMA max_page_count = {full}")
    with pytest.raises(FolderError, match=r"nothing was recorded: the disk that holds .* is full"):
        journal.append([renamed(f"e{number}", "x" * 1_000) for number in range(50)], EVERYTHING, 3)
    assert [event.id for _, event in journal.replay()] == ["a", "b", "c"]
    recorder._writer.execute("PRAGMA max_page_count = 100000")
    assert journal.append([renamed("d")], EVERYTHING, 3) == [4]
    journal.close()


LIMITED = """
import pathlib, resource, sys
from datetime import date
from regiolog.events.errors import FolderError
from regiolog.events.journal import Boundary
from regiolog.events.journal_sqlite import open_journal
from regiolog.events.region import RegionWasRenamed
journal = open_journal(pathlib.Path(sys.argv[1]), create=False)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
after = 3
try:
    while True:
        event = RegionWasRenamed(
            id=f"e{after}", region="r", name="x" * 500, valid_from=date(2024, 1, 1), decision="D"
        )
        after, = journal.append([event], Boundary(everything=True), after)
        print(event.id, flush=True)
except FolderError as error:
    print(error, file=sys.stderr)
"""


def test_a_disk_that_fails_in_the_middle_loses_nothing_acknowledged(folder: Path) -> None:
    """The operating system refuses to write further: what was acknowledged is there, and nothing else."""
    done = subprocess.run([sys.executable, "-c", LIMITED, str(folder)], capture_output=True, text=True, check=True)
    assert "nothing was recorded: the disk failed" in done.stderr
    assert done.stderr.count("\n") == 1
    acknowledged = done.stdout.split()
    assert acknowledged
    assert ids(folder) == ["a", "b", "c", *acknowledged]


READ_ONLY = """
import os, pathlib, sys
from datetime import date
from regiolog.events.errors import FolderError
from regiolog.events.journal import Boundary
from regiolog.events.journal_sqlite import open_journal
from regiolog.events.region import RegionWasRenamed
pathlib.Path("/").as_uri()  # loads what it needs while this user may still read it (Python 3.13)
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
try:
    journal = open_journal(pathlib.Path(sys.argv[1]), create=sys.argv[2] == "create")
    event = RegionWasRenamed(id="x", region="r", name="x", valid_from=date(2024, 1, 1), decision="D")
    journal.append([event], Boundary(everything=True), 3)
except FolderError as error:
    print(error)
"""


@pytest.mark.parametrize("create", ["create", "use"])
@pytest.mark.parametrize("filled", [True, False])
def test_a_folder_without_permission_is_told_so(folder: Path, create: str, filled: bool) -> None:
    """Who may not write gets one sentence, and the journal stays as it was."""
    # Not in tmp_path: pytest closes its own folders to other users, and root is made one here.
    with tempfile.TemporaryDirectory() as closed:
        if filled:
            shutil.copy(folder / FILE, closed)
            (Path(closed) / FILE).chmod(0o444)
        before = sorted(Path(closed).iterdir())
        Path(closed).chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", READ_ONLY, closed, create], capture_output=True, text=True, check=True
        )
        Path(closed).chmod(0o755)
        assert len(done.stdout.splitlines()) == 1
        assert any(words in done.stdout for words in ("no permission", "may this user", "no register"))
        if filled:
            assert ids(Path(closed)) == ["a", "b", "c"]
        else:
            assert sorted(Path(closed).iterdir()) == before


def test_a_closed_journal_says_so(folder: Path) -> None:
    """Nothing can be done with it any more, and closing it again is no mistake."""
    journal = open_journal(folder, create=False)
    journal.close()
    journal.close()
    with pytest.raises(FolderError, match="was closed"):
        journal.head()
    with pytest.raises(FolderError, match="was closed"):
        journal.append([renamed("d")], EVERYTHING, 3)
    with pytest.raises(FolderError, match="was closed"):
        journal.wait(3, timeout=1)


def test_who_waits_is_told_that_the_journal_was_closed(folder: Path) -> None:
    """A wait does not outlive its journal."""
    journal = open_journal(folder, create=False)
    told: list[str] = []

    def wait() -> None:
        try:
            journal.wait(3, timeout=60)
        except FolderError as error:
            told.append(str(error))

    waiting = threading.Thread(target=wait)
    waiting.start()
    journal.close()
    waiting.join()
    assert len(told) == 1
