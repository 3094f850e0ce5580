"""Sources are harvested when they are due: once, by one process, and not before."""

from __future__ import annotations

import fcntl
import os
import signal
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from regiolog.events.errors import FolderError
from regiolog.sync import schedule
from regiolog.sync.due import UnusableSchedule
from regiolog.sync.harvest.harvesting import LOCKS
from regiolog.sync.leading import LOCK, is_led
from tests.harvest.lists import PLACED, Register, declaration, regions_csv
from tests.misbehaving import Asked, Misbehaving
from tests.schedules import Apart, Running, declare, soon


@pytest.fixture
def register(tmp_path: Path) -> Iterator[Register]:
    """A register with one source, due every hour."""
    register = Register(tmp_path, krant=declaration(schedule="every 1h"))
    register.publish("regions.csv", regions_csv())
    yield register
    register.close()


def served(server: Misbehaving, path: str = "/regions.csv", **changes: Any) -> dict[str, Any]:
    """The declaration of a source that this server publishes."""
    return declaration(location=server.address(path), allow=["127.0.0.1"], **changes)


def outcomes(register: Register, name: str = "krant") -> list[str]:
    """What became of the runs of a source that are remembered, the last one first."""
    return [report.outcome for report in register.harvester.runs.reports(name)]


def test_a_source_that_was_never_harvested_is_due_now(register: Register) -> None:
    """It is harvested at once, and is due again after the interval."""
    with Running(register) as running:
        running.runs(1)
    assert running.outcomes == [("krant", "new")]
    assert running.said == ["harvesting 1 source on schedule"]
    assert register.placed() == PLACED
    assert register.harvester.runs.of("krant").due == register.clock.now + timedelta(hours=1)


def test_what_is_not_due_is_left_alone(register: Register) -> None:
    """When a source is due is kept, so a process that is started again does not harvest it again."""
    with Running(register) as running:
        running.runs(1)
    due = register.harvester.runs.of("krant").due
    register.clock.turn(minutes=59)
    with Running(register) as again:
        time.sleep(0.5)
    assert again.done == []
    assert register.harvester.runs.of("krant").due == due
    assert outcomes(register) == ["new"]


def test_what_was_missed_is_done_once_and_at_once(register: Register) -> None:
    """However many times went by while nobody looked, there is one run, and the next is by the schedule again."""
    with Running(register) as running:
        running.runs(1)
    register.clock.turn(days=3, minutes=20)
    with Running(register) as again:
        again.runs(1)
        time.sleep(0.5)
    assert again.outcomes == [("krant", "unchanged")]
    assert outcomes(register) == ["unchanged", "new"]
    assert register.harvester.runs.of("krant").due == register.clock.now + timedelta(hours=1)


@pytest.mark.parametrize(("first", "then"), [("every 30d", "every 1h"), ("0 6 1 1 *", "0 * * * *")])
def test_what_was_missed_after_a_schedule_was_changed_is_done_too(register: Register, first: str, then: str) -> None:
    """A due time that follows from another schedule is written down at once, and no later start puts it off again."""
    register.change("krant", schedule=first)
    with Running(register) as running:
        running.runs(1)
    register.change("krant", schedule=then)
    with Running(register) as changed:
        soon(lambda: changed.said)
    due = register.clock.now + timedelta(hours=1)
    assert register.harvester.runs.of("krant").due == due
    register.clock.turn(minutes=40)
    with Running(register) as early:
        soon(lambda: early.said)
    assert register.harvester.runs.of("krant").due == due
    register.clock.turn(minutes=40)
    with Running(register) as late:
        late.runs(1)
    assert (changed.done, early.done, late.outcomes) == ([], [], [("krant", "unchanged")])


def test_a_publisher_that_asks_to_be_left_alone_is(register: Register, server: Misbehaving) -> None:
    """However often its source is due by the schedule, and however often that is started, it is asked again then."""
    register.declare("krant", served(server, schedule="every 1s"))
    server.fails("/regions.csv", 503, retry_after=3600, times=1)
    server.answers("/regions.csv", regions_csv())
    asked = register.clock.now
    with Running(register) as running:
        running.runs(1)
        time.sleep(1.5)
    assert (running.outcomes, running.done[0].after) == ([("krant", "failed")], 3600)
    due = register.harvester.runs.of("krant").due
    assert due is not None
    assert timedelta(0) <= due - asked - timedelta(hours=1) < timedelta(minutes=1)
    register.clock.turn(minutes=30)
    with Running(register) as again:
        time.sleep(1.5)
    assert (again.done, server.count("/regions.csv"), register.harvester.runs.of("krant").due) == ([], 1, due)
    register.clock.turn(minutes=31)
    with Running(register) as later:
        later.runs(1)
    assert later.outcomes[0] == ("krant", "new")


def test_a_source_is_harvested_again_and_again(register: Register) -> None:
    """What its publisher changes meanwhile is found."""
    register.change("krant", schedule="every 1s")
    with Running(register) as running:
        running.runs(1)
        register.publish("regions.csv", regions_csv({**PLACED, "10001": "R2"}))
        running.runs(2)
    assert running.outcomes[:2] == [("krant", "new"), ("krant", "new")]
    assert register.placed()["10001"] == "R2"


def test_a_run_never_overlaps_itself(register: Register, server: Misbehaving) -> None:
    """A run that takes longer than the interval is followed by the next time that begins after its end."""
    register.declare("krant", served(server, schedule="every 1s"))
    began: list[float] = []
    ended: list[float] = []

    def slowly(_: Asked) -> Iterator[bytes]:
        began.append(time.monotonic())
        time.sleep(1.2)
        ended.append(time.monotonic())
        yield b"HTTP/1.0 200 OK\r\n\r\n" + regions_csv()

    server.behaves("/regions.csv", slowly)
    with Running(register) as running:
        running.runs(2)
    assert ended[0] < began[1]
    assert 1.9 < began[1] - began[0] < 2.7, "the second of the two times that went by is the one that is kept to"
    assert ("krant", "busy") not in running.outcomes


def test_different_sources_are_harvested_at_the_same_time(register: Register, server: Misbehaving) -> None:
    """None has to wait for a slow one."""
    everybody = threading.Barrier(3, timeout=10)

    def together(_: Asked) -> Iterator[bytes]:
        everybody.wait()
        yield b"HTTP/1.0 200 OK\r\n\r\n" + regions_csv()

    register.sources.clear()
    for name in ("een", "twee", "drie"):
        register.declare(name, served(server, f"/{name}.csv", said_by=name, schedule="every 1h"))
        server.behaves(f"/{name}.csv", together)
    with Running(register) as running:
        running.runs(3)
    assert {outcome for _, outcome in running.outcomes} == {"new"}
    assert running.said == ["harvesting 3 sources on schedule"]


def test_a_source_without_a_schedule_is_left_alone(register: Register) -> None:
    """It is harvested by hand."""
    register.declare("hand", declaration(said_by="hand"))
    with Running(register) as running:
        running.runs(1)
        time.sleep(0.2)
    assert running.outcomes == [("krant", "new")]
    assert outcomes(register, "hand") == []


def test_without_any_schedule_there_is_nothing_to_do(register: Register) -> None:
    """That is said, instead of waiting for ever."""
    register.change("krant", schedule=None)
    with pytest.raises(UnusableSchedule, match="no source has a schedule"):
        Running(register)


def test_a_schedule_that_cannot_be_used_names_its_source(register: Register) -> None:
    """It is refused before anything is harvested."""
    register.change("krant", schedule="now and then")
    with pytest.raises(UnusableSchedule, match="the schedule of krant cannot be used: 'now and then' is no schedule"):
        Running(register)


def test_a_run_that_fails_is_followed_by_the_next_by_the_schedule(register: Register) -> None:
    """It is not tried again at once, and the other sources are harvested."""
    register.declare("weg", declaration(said_by="weg", location="gone.csv", schedule="every 6h"))
    with Running(register) as running:
        running.runs(2)
        time.sleep(0.3)
    assert sorted(running.outcomes) == [("krant", "new"), ("weg", "failed")]
    assert register.harvester.runs.of("weg").due == register.clock.now + timedelta(hours=6)


def test_a_folder_that_cannot_be_used_is_said_and_tried_again(register: Register) -> None:
    """What is wrong with the data folder ends no schedule."""
    register.change("krant", schedule="every 1s")
    (register.folder.path / LOCKS).write_bytes(b"in the way")
    with Running(register) as running:
        soon(lambda: len(running.said) > 1)
        (register.folder.path / LOCKS).unlink()
        running.runs(1)
    assert running.said[1].startswith(f"krant: the data folder {register.folder.path} cannot be written")
    assert ("krant", "new") in running.outcomes


def test_what_somebody_harvests_by_hand_meanwhile_stays_due(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run by hand may be a trial, so the one on schedule is merely put off for a minute, here for a second."""
    monkeypatch.setattr(schedule, "_AGAIN", timedelta(seconds=1))
    locks = register.folder.path / LOCKS
    locks.mkdir()
    held = os.open(locks / "krant.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(held, fcntl.LOCK_EX)
    with Running(register) as running:
        running.runs(1)
        assert running.outcomes == [("krant", "busy")]
        assert register.harvester.runs.of("krant").due is None
        os.close(held)
        running.runs(2)
    assert running.outcomes == [("krant", "busy"), ("krant", "new")]


def test_what_is_cut_short_stays_due(register: Register, server: Misbehaving) -> None:
    """A run that was under way when the schedule ended is no run, and is done when it begins again."""
    register.declare("krant", served(server, schedule="every 1h"))
    server.keeps_silent("/regions.csv", times=1)
    server.answers("/regions.csv", regions_csv())
    with Running(register) as running:
        soon(lambda: server.count("/regions.csv") == 1)
    assert running.done == []
    assert outcomes(register) == []
    assert register.harvester.runs.of("krant").due is None
    with Running(register) as again:
        again.runs(1)
    assert outcomes(register) == ["new"]


def test_a_folder_in_which_nobody_can_lead_is_refused(register: Register) -> None:
    """A data folder that cannot be written is said at once."""
    (register.folder.path / LOCK).mkdir()
    running = Running(register)
    with pytest.raises(FolderError, match="cannot be written"):
        running.schedule.run()


def test_one_process_leads_and_the_next_takes_its_place(register: Register) -> None:
    """However many are started, one harvests; when it is killed, another does within two seconds."""
    declarations = declare(register.place, krant=declaration(schedule="every 1s"))
    data = register.folder.path
    with Apart(data, declarations) as first:
        first.says("krant: new")
        with Apart(data, declarations) as second:
            second.says("another process harvests on schedule here")
            time.sleep(1.2)
            assert len(second.said) == 1, "it says so once, and harvests nothing"
            assert first.end(signal.SIGKILL)[0] == -signal.SIGKILL
            runs = len(outcomes(register))
            second.says("harvesting 1 source on schedule", within=2)
            soon(lambda: len(outcomes(register)) > runs, within=2)
            assert is_led(data)
            assert second.end() == (0, "")
    assert not is_led(data), "the lock is there, and nobody holds it"


def test_looking_whether_anybody_leads_is_in_nobodys_way(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody ever led, nothing is left behind; who is looked at while it begins just tries again."""
    monkeypatch.setattr(schedule, "_GLANCE", 0.5)
    path = register.folder.path / LOCK
    assert not is_led(register.folder.path)
    assert not path.exists()
    path.touch()
    look = os.open(path, os.O_RDONLY)
    fcntl.flock(look, fcntl.LOCK_SH)
    with Running(register) as running:
        assert not is_led(register.folder.path), "somebody else merely looks"
        time.sleep(0.1)
        os.close(look)
        running.runs(1)
        assert is_led(register.folder.path)
    assert running.said == ["harvesting 1 source on schedule"]


def test_a_process_that_waits_to_lead_ends_when_it_is_told(register: Register) -> None:
    """It need not have harvested anything."""
    declarations = declare(register.place, krant=declaration(schedule="every 1h"))
    with Apart(register.folder.path, declarations) as first:
        first.says("krant: new")
        with Apart(register.folder.path, declarations) as second:
            second.says("another process")
            assert second.end(within=2) == (0, "")
        assert first.end(within=2) == (0, "")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_the_midst_of_a_harvest(
    register: Register, server: Misbehaving, how: signal.Signals
) -> None:
    """A publisher that says nothing holds nobody up, and nothing is recorded."""
    server.falls_silent("/regions.csv")
    head = register.folder.journal.head()
    with Apart(register.folder.path, declare(register.place, krant=served(server, schedule="every 1h"))) as process:
        soon(lambda: server.count("/regions.csv") == 1)
        assert process.end(how, within=2) == (0, "")
    assert register.folder.journal.head() == head
    assert outcomes(register) == []


def test_a_harvest_that_hears_nothing_is_left_behind(register: Register) -> None:
    """A read that does not come back, as of a file system that hangs, holds up no process, and no other source."""
    os.mkfifo(register.place / "pipe.csv")
    declarations = declare(
        register.place,
        krant=declaration(location="pipe.csv", schedule="every 1s"),
        blad=declaration(said_by="blad", schedule="every 1s"),
    )
    with Apart(register.folder.path, declarations) as process:
        process.says("blad: unchanged")
        assert process.end(within=3) == (0, "")
    assert process.said[-1] == "did not wait for the harvest of krant"
    assert outcomes(register) == []
