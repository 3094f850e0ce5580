"""Registers for the tests of events."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from regiolog.events.journal import Journal
from regiolog.events.journal_sqlite import open_journal
from tests.builders import TurnedClock, small_register, tell


@pytest.fixture
def clock() -> TurnedClock:
    """A clock that the test turns."""
    return TurnedClock()


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
