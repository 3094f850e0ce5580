"""What holds for every test: properties are searched without a stopwatch, and long tests know how long to be."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings

from tests.misbehaving import Misbehaving

# A slow machine is not a bug; a search that fails says how to repeat it.
settings.register_profile("house", deadline=None, print_blob=True)
settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--soak``, with which the tests marked ``soak`` run at full length."""
    parser.addoption("--soak", action="store_true", help="run the tests marked soak at full length")


@pytest.fixture(scope="session")
def at_length(pytestconfig: pytest.Config) -> Callable[[int, int], int]:
    """Choose how often a long test repeats itself: ``at_length(5, 50)`` is 50 under ``--soak``, else 5."""
    full_length = bool(pytestconfig.getoption("--soak"))
    return lambda short, full: full if full_length else short


@pytest.fixture
def server() -> Iterator[Misbehaving]:
    """A publisher on this machine, which behaves as it is told."""
    with Misbehaving() as running:
        yield running
