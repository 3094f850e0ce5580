"""The schedule under kills: what publishers say in the end is held, nothing of it twice, and every job is done once."""

from __future__ import annotations

import fcntl
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

import pytest

from regiolog.events.claim import Claim, SourceWasRegistered, as_said
from regiolog.sync.harvest.harvesting import LOCKS
from tests.harvest.lists import Register, declaration, regions_csv
from tests.misbehaving import Asked, Misbehaving
from tests.schedules import Apart, declare, soon

SEED = 20_230_829
FILES = ("een", "twee")
SERVED = "drie"
MUNICIPALITIES = [f"2{number:04}" for number in range(1_000)]


class Publishers:
    """Three publishers, two of files and one on the web, who change a few rows of their tables while the block runs.

    Args:
        place: The folder of the files.
        server: The one on the web.
        chance: Chooses who changes what.
    """

    def __init__(self, place: Path, server: Misbehaving, chance: random.Random) -> None:
        """Publish the first versions."""
        self._place = place
        self._chance = chance
        self._tables = {name: dict.fromkeys(MUNICIPALITIES, "R1") for name in (*FILES, SERVED)}
        self._ended = threading.Event()
        self._served = b""
        self._version: Counter[str] = Counter()
        server.behaves(f"/{SERVED}.csv", self._serve)
        for name in self._tables:
            self._publish(name)

    def declarations(self, server: Misbehaving, schedule: str) -> dict[str, dict[str, Any]]:
        """The declarations of the three."""
        address = {SERVED: server.address(f"/{SERVED}.csv")}
        return {
            name: declaration(
                said_by=name,
                location=address.get(name, f"{name}.csv"),
                document=f"{name}.csv",
                allow=["127.0.0.1"],
                limits={"change": 1.0},
                schedule=schedule,
            )
            for name in self._tables
        }

    def document(self, name: str) -> bytes:
        """What one of them publishes now."""
        return regions_csv(self._tables[name], {"R1": f"Noord {self._version[name]}", "R2": "Zuid"})

    def __enter__(self) -> Self:
        """Change something every now and then."""
        self._ended.clear()
        self._thread = threading.Thread(target=self._publish_on)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Change nothing more."""
        self._ended.set()
        self._thread.join()

    def change(self) -> None:
        """Change something in each of the tables."""
        for name in sorted(self._tables):
            self._change(name)

    def _publish_on(self) -> None:
        while not self._ended.wait(self._chance.uniform(0.02, 0.2)):
            self._change(self._chance.choice(sorted(self._tables)))

    def _change(self, name: str) -> None:
        table = self._tables[name]
        table[self._chance.choice(MUNICIPALITIES)] = self._chance.choice(["R1", "R2", f"R{self._version[name]}"])
        if self._chance.random() < 0.3:
            table.pop(self._chance.choice(MUNICIPALITIES), None)
        self._publish(name)

    def _publish(self, name: str) -> None:
        self._version[name] += 1
        document = self.document(name)
        if name == SERVED:
            self._served = document
            return
        written = self._place / f"{name}.new"
        written.write_bytes(document)
        written.replace(self._place / f"{name}.csv")

    def _serve(self, _: Asked) -> Iterator[bytes]:
        document = self._served
        yield f"HTTP/1.0 200 OK\r\nContent-Type: text/csv\r\nContent-Length: {len(document)}\r\n\r\n".encode()
        for begin in range(0, len(document), len(document) // 4):
            yield document[begin : begin + len(document) // 4]
            time.sleep(0.02)


def is_harvesting(data: Path) -> bool:
    """Whether a process that was made to stand still does so in the midst of a harvest."""
    for path in (data / LOCKS).glob("*.lock"):
        lock = os.open(path, os.O_RDWR)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(lock)
    return False


def kill_in_mid_harvest(data: Path, process: Apart, chance: random.Random) -> None:
    """Kill a scheduler at a random moment at which it is harvesting."""
    patience = time.monotonic() + 60
    while time.monotonic() < patience:
        time.sleep(chance.uniform(0, 0.15))
        process.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.process.pid, os.WSTOPPED)
        if is_harvesting(data):
            assert process.end(signal.SIGKILL)[0] == -signal.SIGKILL
            return
        process.process.send_signal(signal.SIGCONT)
    raise AssertionError("it never harvests")


def wait_until_taken_in(register: Register, name: str, document: bytes) -> None:
    """Wait until the last document that a source was taken in from is a certain one."""
    digest = sha256(document).hexdigest()
    soon(lambda: register.harvester.runs.of(name).sha256 == digest)


def wait_for_runs(register: Register, names: Iterable[str], count: int) -> None:
    """Wait until each source was harvested so many times."""
    soon(lambda: all(len(register.harvester.runs.reports(name, 1_000)) >= count for name in names))


def check_that_nothing_is_said_twice(register: Register) -> None:
    """What a source makes it was not saying, what it withdraws it was, and each version is one event."""
    saying: dict[str, set[Claim]] = {}
    for event in register.publications():
        held = saying.setdefault(event.said_by, set())
        made, withdrawn = {as_said(claim) for claim in event.made}, {as_said(claim) for claim in event.withdrawn}
        assert len(made) == len(event.made)
        assert not made & held
        assert withdrawn <= held
        held -= withdrawn
        held |= made
    documents = Counter(event.document for event in register.publications())
    assert max(documents.values()) == 1
    registered = Counter(event.said_by for event in register.events() if isinstance(event, SourceWasRegistered))
    assert registered == dict.fromkeys((*FILES, SERVED), 1)


@pytest.mark.soak
def test_a_scheduler_is_killed_in_mid_harvest(at_length: Callable[[int, int], int], tmp_path: Path) -> None:
    """However often it dies half-way, each source says in the end what its document says, and nothing twice."""
    chance = random.Random(SEED)
    register, untouched = Register(tmp_path / "killed"), Register(tmp_path / "untouched")
    data = register.folder.path
    with Misbehaving() as server:
        publishers = Publishers(register.place, server, random.Random(SEED))
        declarations = publishers.declarations(server, "every 1s")
        path = declare(register.place, **declarations)
        for number in range(at_length(3, 41)):
            if number % 2:  # finds the versions that the one before it died over
                with publishers, Apart(data, path) as process:
                    for name in declarations:
                        process.says(f"{name}: ")
                    kill_in_mid_harvest(data, process, chance)
            else:
                publishers.change()
                with Apart(data, path) as process:
                    process.says("on schedule")
                    kill_in_mid_harvest(data, process, chance)
        with Apart(data, path) as last:
            for name in declarations:
                last.says(f"{name}: ")
                wait_until_taken_in(register, name, publishers.document(name))
            assert last.end() == (0, "")
        for name, declared in declarations.items():
            untouched.declare(name, declared)
            untouched.publish(f"{name}.csv", publishers.document(name))
            assert untouched.harvest(name).outcome == "new"
            assert register.saying(name).keys() == untouched.saying(name).keys()
    assert len(register.publications()) > len(declarations), "nothing changed between the kills"
    check_that_nothing_is_said_twice(register)
    register.close()
    untouched.close()


@pytest.mark.soak
def test_two_schedulers_do_each_job_once(at_length: Callable[[int, int], int], tmp_path: Path) -> None:
    """Started together, they do what is due once, and what was missed while both were down once too."""
    register = Register(tmp_path)
    runs = register.harvester.runs
    with Misbehaving() as server:
        declarations = Publishers(register.place, server, random.Random(SEED)).declarations(server, "every 1h")
        path = declare(register.place, **declarations)
        for done in range(1, at_length(2, 20) + 1):
            with Apart(register.folder.path, path) as one, Apart(register.folder.path, path) as other:
                wait_for_runs(register, declarations, done)
                soon(lambda: any("harvesting 3 sources on schedule" in each.said for each in (one, other)))
                both = sorted((one, other), key=lambda each: "harvesting 3 sources on schedule" in each.said)
                both[0].says("another process harvests on schedule here")
                time.sleep(0.5)
                assert [len(each.said) for each in both] == [1, 1 + len(declarations)]
            counts = {name: len(runs.reports(name, 1_000)) for name in declarations}
            assert counts == dict.fromkeys(declarations, done)
            for name in declarations:
                runs.postpone(name, datetime.now(UTC) - timedelta(days=done, minutes=5))
    register.close()
