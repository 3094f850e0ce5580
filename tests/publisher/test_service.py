"""The composition root: opened from settings, shared by threads, closed without a trace."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from regiolog.events.errors import FolderError
from regiolog.publisher.app import create_app
from regiolog.publisher.service import Service
from regiolog.publisher.settings import Settings
from regiolog.sync.folder import Folder
from regiolog.sync.projection.projector import FolderInUse
from tests.builders import decision, small_register, tell
from tests.processes import alive, family


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A data folder with a small register, and one query worker."""
    folder = Folder(tmp_path / "data", create=True)
    tell(folder.journal, *small_register())
    folder.close()
    return Settings(data=tmp_path / "data", workers=1)


@pytest.fixture
def small(settings: Settings) -> Iterator[Service]:
    """The small register, open."""
    with Service.open(settings) as service:
        yield service


def test_a_folder_without_a_register_is_refused_with_how_to_begin(tmp_path: Path) -> None:
    """Nothing is made there."""
    with pytest.raises(FolderError, match=r"no register in .+ yet: begin one with `regiolog serve"):
        Service.open(Settings(data=tmp_path / "nowhere"))
    assert not (tmp_path / "nowhere").exists()


def test_what_is_recorded_becomes_visible(small: Service) -> None:
    """The projector follows the journal, and says how far it is."""
    before = small.standing()
    assert before.position == before.head
    tell(small.folder.journal, decision("D3"))
    deadline = threading.Event()
    while small.standing().position <= before.position and not deadline.wait(0.01):
        pass
    assert small.history().position == before.head + 1


def test_each_thread_has_its_own_connection(small: Service) -> None:
    """The same in one thread, another in another."""
    mine, others = small.history(), []
    thread = threading.Thread(target=lambda: others.append(small.history()))
    thread.start()
    thread.join()
    assert small.history() is mine
    assert others[0] is not mine
    assert others[0].position == mine.position


def test_one_process_projects_and_another_only_reads(small: Service, settings: Settings) -> None:
    """Who does not project sees how far the other is."""
    with pytest.raises(FolderInUse, match="already in use"):
        Service.open(settings)
    with Service.open(settings, projecting=False) as reader:
        assert reader.standing() == small.standing()


def test_closing_ends_what_was_started(settings: Settings) -> None:
    """No query worker and no lock is left."""
    before = family(os.getpid())
    with Service.open(settings):
        started = family(os.getpid()) - before
        assert started
    assert not alive(started)
    Service.open(settings).close()


def test_long_answers_leave_threads_for_everybody_else(small: Service, settings: Settings) -> None:
    """When as many are being written as may be, a further one is told to come back, and pages are answered."""
    client = create_app(small).test_client()
    with ExitStack() as writing:
        for _ in range(settings.threads // 4):
            writing.enter_context(small.long_answer())
        for address in ("/graph/now.nq", "/diff.csv?from=2018-01-01&to=2021-01-01"):
            busy = client.get(address)
            assert (busy.status_code, busy.headers["Retry-After"]) == (503, "1")
            assert "whole graphs are being written already" in busy.text
        assert client.get("/doc/municipality/10001.ttl").status_code == 200
    assert client.get("/graph/now.nq").status_code == 200
