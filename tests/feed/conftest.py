"""Registers whose feeds are read: the Flemish one, as on 1 June 2026, and small ones that are told things meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from regiolog.publisher.beginning import load_archive
from tests.builders import TurnedClock, small_register, tell
from tests.feed.fed import Fed, begun
from tests.feed.page import Page
from tests.feed.reader import Answer, Member


@pytest.fixture(scope="session")
def flemish(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fed]:
    """The register with the archive that ships."""
    clock = TurnedClock(datetime(2026, 6, 1, 12, tzinfo=UTC))
    data = begun(tmp_path_factory.mktemp("feed"), clock, lambda journal: load_archive(journal, None, clock=clock))
    with Fed(data, clock) as fed:
        yield fed


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Fed]:
    """Six municipalities, two decisions and two regions, which are told of live."""
    clock = TurnedClock()
    data = begun(tmp_path / "data", clock, lambda journal: tell(journal, *small_register(), clock=clock))
    with Fed(data, clock) as fed:
        yield fed


@pytest.fixture(scope="session")
def harvest(flemish: Fed) -> list[Member]:
    """All members of the Flemish register, as a client reads them."""
    return flemish.reader().run()


@pytest.fixture(scope="session")
def nodes(flemish: Fed) -> dict[str, Answer]:
    """Every node of the Flemish register's tree by its address, as a client reads it."""
    found: dict[str, Answer] = {}
    flemish.reader(watch=lambda answer: found.__setitem__(answer.url, answer)).run()
    return found


@pytest.fixture(scope="session")
def pages(nodes: dict[str, Answer]) -> list[Page]:
    """Every node of the Flemish register's tree as it is read, the root first."""
    return [Page(answer.url, answer.quads) for answer in nodes.values()]
