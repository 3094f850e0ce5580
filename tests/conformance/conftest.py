"""Running services with the data of the W3C's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conformance.asking import Asking
from tests.conformance.exchanges import conversations, preloaded
from tests.conformance.foreign import serving
from tests.conformance.foreign_process import serving_apart
from tests.conformance.suite import SUITES, Holding, evaluations


@pytest.fixture(scope="session")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    """A service in this process: what the tests of the protocol need holds today, the rest on a day for each test."""
    holdings = {"protocol": protocol()}
    for suite in SUITES:
        holdings |= {f"{suite}/{test.name}": test.holding for test in evaluations(suite)}
    with serving(tmp_path_factory.mktemp("foreign") / "data", holdings) as endpoint:
        yield Asking(endpoint)


@pytest.fixture(scope="session")
def asking_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    """A service in processes of its own, served as a register is: with what the tests of the protocol need."""
    with serving_apart(tmp_path_factory.mktemp("foreign") / "data", {"protocol": protocol()}) as endpoint:
        yield Asking(endpoint)


def protocol() -> Holding:
    """The graphs that are there before the tests of the protocol."""
    return preloaded(each for each in conversations() if not each.is_about_updates)
