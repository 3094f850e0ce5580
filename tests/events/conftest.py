"""Registers for the tests of events."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from eventsourcing.dcb.api import DCBRecorder
from eventsourcing.dcb.popo import InMemoryDCBRecorder

from regiolog.events.journal import Journal
from regiolog.events.journal_sqlite import SQLiteRecorder, open_journal
from tests.builders import TurnedClock, small_register, tell
from tests.events.shorthand import FOUNDED, JOINED, OBSERVED, OTHER, newspaper


@pytest.fixture
def clock() -> TurnedClock:
    """A clock that the test turns."""
    return TurnedClock()


@pytest.fixture(params=["memory", "sqlite"])
def recorder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DCBRecorder]:
    """The library's recorder in memory, and ours: PostgreSQL would be one more."""
    if request.param == "memory":
        yield InMemoryDCBRecorder()
        return
    recorder = SQLiteRecorder(tmp_path / "journal.sqlite", create=True)
    yield recorder
    recorder.close()


@pytest.fixture
def empty(tmp_path: Path, clock: TurnedClock) -> Iterator[Journal]:
    """A journal in which nothing has happened."""
    journal = open_journal(tmp_path, clock, create=True)
    yield journal
    journal.close()


@pytest.fixture
def journal(empty: Journal) -> Journal:
    """A journal with a small register in it."""
    tell(empty, *small_register())
    return empty


@pytest.fixture
def press(journal: Journal) -> Journal:
    """A small register that knows two newspapers."""
    tell(journal, newspaper("krant"), newspaper("blad"))
    return journal


@pytest.fixture
def known(journal: Journal) -> Journal:
    """A small register that knows three structures, one of them with two members."""
    tell(journal, FOUNDED, OBSERVED, OTHER, JOINED)
    return journal
