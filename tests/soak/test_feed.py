"""The feed under kills: harvested while a writer appends at full speed, nothing is missing or there twice."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from http.client import HTTPException
from pathlib import Path
from typing import Final, NamedTuple, Self

import pytest

from regiolog.ontology import terms
from regiolog.publisher.feed.members import members
from regiolog.publisher.feed.shelf import FOLDER
from regiolog.sync.folder import Folder
from regiolog.sync.statements.history import History
from regiolog.sync.statements.table import FILE
from tests.builders import beginning, decision, tell
from tests.feed.held import believed, digest, held, place
from tests.feed.reader import Answer, Member, Reader, State, fetch
from tests.journeys.conftest import free_port
from tests.processes import Served, family, gone
from tests.soak.feed_writer import TOWNS

WRITER: Final = Path(__file__).with_name("feed_writer.py")
SEED: Final = 20_260_301
FORMS: Final = ("application/n-quads", "application/ld+json")
"""In which forms the harvesters read."""

_PATIENCE: Final = 120.0


class Seen(NamedTuple):
    """An immutable page as it was when it was first seen."""

    sha256: str
    etag: str


class Pages:
    """All pages that ever said that they never change, and the faults that were found in that."""

    def __init__(self) -> None:
        """Know none yet."""
        self._guard = threading.Lock()
        self.seen: dict[tuple[str, str], Seen] = {}
        self.faults: list[str] = []
        self.compared = 0

    def saw(self, answer: Answer) -> None:
        """Compare a page with what it was, or remember what it is."""
        if not answer.immutable:
            return
        now = Seen(hashlib.sha256(answer.body).hexdigest(), answer.headers["etag"])
        with self._guard:
            before = self.seen.setdefault((answer.url, answer.media_type), now)
            self.compared += before is not now
            if before != now:
                self.faults.append(f"{answer.url} as {answer.media_type} was {before} and is {now}")

    def any(self, chance: random.Random) -> tuple[str, str] | None:
        """One of them."""
        with self._guard:
            return chance.choice(list(self.seen)) if self.seen else None


class Harvester:
    """Somebody who harvests again and again, starting from the state on disk as a process of its own would.

    Args:
        entry: Where the feed begins.
        form: In which form.
        pages: Remembers the pages that never change.
        done: Set when the last run may begin.
    """

    def __init__(self, entry: str, form: str, pages: Pages, done: threading.Event) -> None:
        """Begin."""
        self._entry = entry
        self._form = form
        self._pages = pages
        self._done = done
        self._thread = threading.Thread(target=self._harvest, name=form)
        self.found: Counter[str] = Counter()
        self.newest: dict[str, Member] = {}
        self.runs = 0
        self.requests = 0
        self.failed: BaseException | None = None

    def _harvest(self) -> None:
        kept = State().kept()
        try:
            while True:
                last = self._done.is_set()
                state = State.of(kept)
                how = {"accept": self._form, "patience": _PATIENCE, "watch": self._pages.saw}
                reader = Reader(self._entry, state, **how)  # type: ignore[arg-type]
                for members_ in reader.pages():
                    self._take(members_)
                    kept = state.kept()
                self.runs += 1
                self.requests += len(reader.requests)
                if last:
                    return
        except BaseException as error:  # noqa: BLE001 - it is handed to the test, which fails by it
            self.failed = error

    def _take(self, found: Sequence[Member]) -> None:
        for member in found:
            self.found[member.iri] += 1
            thing = member.value(terms.DCTERMS_IS_VERSION_OF)
            if thing not in self.newest or place(self.newest[thing]) < place(member):
                self.newest[thing] = member

    def __enter__(self) -> Self:
        """Harvest while the block runs, and once more at its end."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Wait for the last run."""
        self._done.set()
        self._thread.join()


def compare_again(pages: Pages, done: threading.Event, chance: random.Random) -> None:
    """Fetch pages again that never change, one after another; while the service is down nobody answers."""
    while not done.is_set():
        chosen = pages.any(chance)
        if chosen is None:
            time.sleep(0.05)
            continue
        try:
            answer = fetch(*chosen)
        except (OSError, HTTPException):
            time.sleep(0.05)
            continue
        if answer.status == 200:
            pages.saw(answer)
            if not answer.immutable:
                pages.faults.append(f"{chosen} never changed, and may change now")
        elif answer.status not in {429, 503}:
            pages.faults.append(f"{chosen} was there, and answers {answer.status}")


def kill(service: Served) -> None:
    """Kill a service and everything that it started, at once."""
    whole = family(service.process.pid)
    for pid in whole:
        os.kill(pid, signal.SIGKILL)
    service.process.wait(30)
    for stream in (service.process.stdout, service.process.stderr):
        if stream is not None:
            stream.close()
    assert gone(whole, 30)


@pytest.mark.soak
@pytest.mark.timeout(3_600)
def test_the_feed_is_harvested_under_fire(at_length: Callable[[int, int], int], tmp_path: Path) -> None:
    """Though the service is killed and all that can be burnt is: each member once, and no full page ever differs."""
    chance = random.Random(SEED)
    folder = Folder(tmp_path, create=True)
    towns = {nis: {"name": f"Dorp {nis}", "province": "10000"} for nis in TOWNS}
    tell(folder.journal, beginning(municipalities=towns), decision("D1"))
    tell(folder.journal, *(decision(f"B{number}") for number in range(at_length(0, 9_000))))  # nearly a whole branch
    port, pages, done = free_port(), Pages(), threading.Event()
    again = threading.Thread(target=compare_again, args=(pages, done, random.Random(SEED)))
    service = Served(tmp_path, "--port", port)
    began, kills, burnt = time.monotonic(), at_length(3, 40), 0
    try:
        with ExitStack() as stack:
            writer = stack.enter_context(
                subprocess.Popen([sys.executable, WRITER, tmp_path], stdout=subprocess.DEVNULL)
            )
            harvesters = [stack.enter_context(Harvester(f"{service.url}feed", form, pages, done)) for form in FORMS]
            again.start()
            stack.callback(again.join)
            stack.callback(done.set)
            for number in range(kills):
                time.sleep(chance.uniform(0.5, 3))
                if number % 3 == 1:
                    os.kill(service.http, signal.SIGKILL)
                    continue
                kill(service)
                if number % 6 == 2:
                    (tmp_path / FILE).unlink()
                    shutil.rmtree(tmp_path / FOLDER, ignore_errors=True)
                    burnt += 1
                service = Served(tmp_path, "--port", port)
            time.sleep(1)
            writer.kill()
            writer.wait(30)
            while service.ready().json["position"] < folder.journal.head():
                time.sleep(0.05)
            done.set()
        lasted = time.monotonic() - began
        history = History.open(tmp_path / FILE)
        wanted = Counter(member.iri for member in members(history, 0, history.position))
        for harvester in harvesters:
            assert harvester.failed is None, harvester.failed
            assert harvester.found == wanted, "something is missing, or there twice"
            assert digest(held(harvester.newest.values())) == digest(believed(history))
        history.close()
        for url, form in list(pages.seen):
            pages.saw(fetch(url, form))
        assert not pages.faults
    finally:
        if service.process.poll() is None:
            service.end()
    print(
        f"{folder.journal.head():,} events, {wanted.total():,} members, {len(pages.seen)} full nodes by form, "
        f"compared {pages.compared:,} times; {kills} kills, {burnt} tables burnt; "
        f"{sum(each.runs for each in harvesters):,} runs, {sum(each.requests for each in harvesters):,} requests, "
        f"{lasted:.0f} s"
    )
    assert pages.compared > len(pages.seen) > 4, "too few pages were full, or were looked at again"
    folder.close()
