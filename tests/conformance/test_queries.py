"""Queries are answered as the W3C says: its tests of evaluation and of syntax, and what of them is not offered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from tests.conformance.asking import Asking, is_read
from tests.conformance.known import FAILING, NOT_CARRIED_OUT
from tests.conformance.suite import (
    ARCHIVE,
    FEDERATION,
    SUITES,
    Evaluation,
    Text,
    evaluations,
    queries,
    updates,
    with_suite,
)

pytestmark = with_suite


def each(tests: Callable[[str], Iterable[Any]]) -> pytest.MarkDecorator:
    """One case for each test of each suite, by name."""
    cases = [(suite, test) for suite in SUITES for test in tests(suite)] if ARCHIVE.is_file() else []
    return pytest.mark.parametrize(("suite", "test"), cases, ids=[f"{suite}/{test.name}" for suite, test in cases])


@each(evaluations)
def test_a_query_has_the_right_answer(suite: str, test: Evaluation, asking: Asking) -> None:
    """The rows, in order where that counts, the yes or no, or the graph; a test that is known to fail does fail."""
    outcome = asking.evaluated(suite, test)
    if test.name in FAILING[suite]:
        assert not outcome.is_right, "it fails no longer: take it out of known.py and of the page"
    else:
        assert outcome.is_right, f"{test.query}\n{outcome}"


@each(queries)
def test_a_query_is_read_if_it_is_one(suite: str, test: Text, asking: Asking) -> None:
    """What is no SPARQL is refused as that, and what is one is not; a test that is known to fail does fail."""
    reply = asking.read(suite, test)
    if test.name in FAILING[suite]:
        assert not is_read(test, reply), "it fails no longer: take it out of known.py and of the page"
    else:
        assert is_read(test, reply), f"{test.text.decode()}\n{reply}"


@pytest.mark.parametrize("suite", SUITES)
def test_a_query_that_is_read_is_carried_out(suite: str, asking: Asking) -> None:
    """All that are SPARQL are, but for those that ask what is not done here."""
    refused = {test.name for test in queries(suite) if test.is_good and asking.read(suite, test).status != 200}
    assert refused == NOT_CARRIED_OUT[suite].keys()


@pytest.mark.parametrize("suite", SUITES)
def test_no_update_is_carried_out(suite: str, asking: Asking) -> None:
    """Each text of the tests of updates is refused, as forbidden or as no query."""
    for test in updates(suite):
        reply = asking.read(suite, test)
        assert reply.status in {400, 403}, (test.name, reply)


def test_no_query_is_sent_elsewhere(asking: Asking) -> None:
    """Each query of the tests of federation is forbidden."""
    for test in evaluations("sparql11", FEDERATION):
        reply = asking.endpoint.ask(test.query.encode(), "*/*")
        assert reply.status == 403, (test.name, reply)
