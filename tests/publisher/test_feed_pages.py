"""Pages of the feed: where they break, what tells one from another, and that each is written once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from regiolog.publisher.app import create_app
from regiolog.publisher.beginning import load_archive
from regiolog.publisher.feed.paging import LENGTH, SIZE, Paging
from regiolog.publisher.feed.shelf import EDITION, FOLDER, Shelf
from regiolog.publisher.service import Service
from regiolog.publisher.settings import Settings
from regiolog.sync.folder import Folder
from regiolog.sync.statements.history import History
from tests.builders import TurnedClock, small_register, tell
from tests.events.shorthand import newspaper, publishes, puts

NQ = {"Accept": "application/n-quads"}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    """A small register, with a source."""
    with closing(Folder(tmp_path / "data", create=True, clock=TurnedClock())) as folder:
        tell(folder.journal, *small_register(), newspaper("krant"))
        yield folder


def talk(folder: Folder, times: int) -> None:
    """Let a source make a claim, and withdraw it, so many times."""
    said = puts("10001", "Noord")
    for _ in range(times // 2):
        tell(folder.journal, publishes(said), publishes(withdrawn=(said,)))


def test_a_page_ends_where_nothing_turns_for_long(folder: Folder) -> None:
    """Most events of a register that is harvested are claims: a page covers so many positions, and no more."""
    talk(folder, LENGTH + 20)
    pages = Paging().read(folder.history())
    assert len(pages) == 2
    assert (pages[1].upto, pages[1].full, pages[2].after) == (LENGTH, True, LENGTH)
    assert pages[2].members == 0
    read_on = Paging()
    ends = []
    for upto in (3, 500, 900, pages.head):
        with_head = _Cut(folder.history(), upto)
        ends = [read_on.read(with_head)[number].upto for number in range(1, len(read_on.read(with_head)) + 1)]
    assert ends == [page.upto for page in (pages[1], pages[2])]


class _Cut(History):
    """A table that stands at an earlier position."""

    def __init__(self, history: History, upto: int) -> None:
        super().__init__(history._db)
        self._upto = upto

    @property
    def position(self) -> int:
        """Where it stands."""
        return self._upto


def test_what_turns_nothing_changes_no_tag(folder: Folder) -> None:
    """A claim is an event, and nothing that the last page would have to be fetched again for."""
    folder.history().close()
    settings = Settings(data=folder.path, cache=0)
    with Service.open(settings, projecting=False, clock=folder.clock) as service:
        client = create_app(service).test_client()
        before = client.get("/feed/1", headers=NQ)
        talk(folder, 4)
        folder.history().close()
        after = client.get("/feed/1", headers=NQ)
        assert (after.data, after.headers["ETag"]) == (before.data, before.headers["ETag"])


def test_registers_that_were_begun_at_other_times_have_other_tags(tmp_path: Path) -> None:
    """The same archive, recorded in another month: other bytes on every page, the last one too."""
    found = []
    for month in (6, 7):
        clock = TurnedClock(datetime(2026, month, 1, 12, tzinfo=UTC))
        data = tmp_path / str(month)
        with closing(Folder(data, create=True, clock=clock)) as folder:
            load_archive(folder.journal, None, clock=clock)
        with Service.open(Settings(data=data), clock=clock) as service:
            client = create_app(service).test_client()
            found.append([client.get(f"/feed/{number}", headers=NQ) for number in (1, 5, 12, 13)])
    for one, other in zip(*found, strict=True):
        assert one.data != other.data
        assert one.headers["ETag"] != other.headers["ETag"]


def test_a_page_is_written_once_whoever_asks(tmp_path: Path) -> None:
    """However many ask for it at a time, and again by whoever starts anew."""
    written: list[int] = []
    going = threading.Barrier(20)

    def write() -> bytes:
        written.append(1)
        return b"a page" * 1000

    def ask(_: int) -> bytes:
        going.wait()
        return shelf.page("ab" * 16, write)

    shelf = Shelf(tmp_path)
    with ThreadPoolExecutor(20) as threads:
        pages = set(threads.map(ask, range(20)))
    assert (len(written), len(pages)) == (1, 1)
    assert Shelf(tmp_path).page("ab" * 16, write) in pages
    assert len(written) == 1


def test_pages_of_other_versions_are_burnt(tmp_path: Path) -> None:
    """And those of this one are not."""
    for edition in ("0.0.9-1", EDITION):
        (tmp_path / FOLDER / edition / "ab").mkdir(parents=True)
    Shelf(tmp_path).sweep()
    assert [path.name for path in (tmp_path / FOLDER).iterdir()] == [EDITION]


@pytest.mark.parametrize(
    ("host", "root"),
    [
        ("regions.example.org", "http://regions.example.org/"),
        ("reg_backend:8000", "http://reg_backend:8000/"),
        ("[::1]:8000", "http://[::1]:8000/"),
        ("", "http://localhost:8000/"),
        ('a"b<c', "http://localhost:8000/"),
        ("x y", "http://localhost:8000/"),
        ("evil.example/x", "http://localhost:8000/"),
    ],
)
def test_absolute_links_begin_with_the_host_that_was_asked(client: FlaskClient, host: str, root: str) -> None:
    """Where it is one; else with the register's own address."""
    answer = client.get("/feed", headers={**NQ, "Host": host})
    assert f"<{root}feed> <https://w3id.org/tree#relation>".encode() in answer.data
    assert f"<{root}feed/branch/1>".encode() in answer.data


def test_pages_break_where_they_did(client: FlaskClient, service: Service) -> None:
    """Each page of the archive has a hundred members or more, and the last one fewer."""
    pages = service.paging.read(service.history())
    assert [pages[number].members >= SIZE for number in range(1, len(pages) + 1)] == [True] * pages.full + [False]
    assert client.get(f"/feed/{len(pages)}").status_code == 200
