"""The page on conformance is true: its figures are those of the tests, and each failure is on it with its reason."""

from __future__ import annotations

import re

from tests.conformance.asking import Asking, is_as_wanted, is_read
from tests.conformance.exchanges import conversations
from tests.conformance.known import FAILING, NOT_CARRIED_OUT
from tests.conformance.suite import (
    ARCHIVE,
    ENTAILMENT,
    FEDERATION,
    SUITES,
    evaluations,
    manifest,
    queries,
    updates,
    with_suite,
)
from tests.house.checkout import ROOT

PAGE = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
SECTIONS = {part.partition("\n")[0]: part for part in PAGE.split("\n## ")}


def listed(section: str) -> dict[str, dict[str, str]]:
    """The tests that a section of the page lists, by suite, each with its reason."""
    found: dict[str, dict[str, str]] = {suite: {} for suite in SUITES}
    for major, minor, name, why in re.findall(
        r"^\| SPARQL (\d)\.(\d) \| `(.+?)` \| (.+) \|$", SECTIONS[section], re.MULTILINE
    ):
        found[f"sparql{major}{minor}"][name] = why
    return found


def figures(section: str) -> dict[str, list[int]]:
    """The figures of a section of the page, by what they are about."""
    rows = re.findall(r"^\| ([^|]+) \|((?: \d+ \|)+)", SECTIONS[section], re.MULTILINE)
    return {what: [int(number) for number in re.findall(r"\d+", numbers)] for what, numbers in rows}


def test_every_failure_is_listed_with_its_reason() -> None:
    """And nothing else is."""
    assert listed("What fails") == FAILING


def test_every_query_that_is_not_carried_out_is_listed_with_its_reason() -> None:
    """And nothing else is."""
    assert listed("What is read and not carried out") == NOT_CARRIED_OUT


@with_suite
def test_what_is_listed_are_tests() -> None:
    """None of them has been renamed or taken out since."""
    for suite in SUITES:
        names = {test.name for tests in (evaluations, queries) for test in tests(suite)}
        assert (FAILING[suite] | NOT_CARRIED_OUT[suite]).keys() <= names


@with_suite
def test_the_figures_are_those_of_the_tests(asking: Asking) -> None:
    """How many tests there are, how many of them are passed, and how many to the last character."""
    counted = {}
    for suite in SUITES:
        version = f"SPARQL {suite[6]}.{suite[7]}"
        outcomes = [asking.evaluated(suite, test) for test in evaluations(suite)]
        same = sum(outcome.agreement == "same" for outcome in outcomes)
        counted[f"{version}, evaluation"] = [len(outcomes), sum(outcome.is_right for outcome in outcomes), same]
        read = [is_read(test, asking.read(suite, test)) for test in queries(suite)]
        counted[f"{version}, syntax"] = [len(read), sum(read)]
    asked = [test for test in conversations() if not test.is_about_updates]
    answered = [all(is_as_wanted(asking.sent(sent), wanted) for sent, wanted in test.exchanges) for test in asked]
    counted["SPARQL 1.1 Protocol, queries"] = [len(answered), sum(answered)]
    descriptions = len(list(manifest("sparql11/service-description/manifest").tests()))
    counted["SPARQL 1.1 Service Description"] = [descriptions, descriptions]  # as test_protocol.py sees
    assert figures("What was run") == counted


@with_suite
def test_what_is_not_offered_is_counted() -> None:
    """The tests of what is refused, or that there is not, are as many as the page says."""
    stores = (
        "graph-store-protocol/manifest-direct",
        "graph-store-protocol/manifest-indirect",
        "http-rdf-update/manifest",
    )
    assert figures("What is not offered") == {
        "Updates, SPARQL 1.1": [sum(1 for _ in updates("sparql11"))],
        "Updates, SPARQL 1.2": [sum(1 for _ in updates("sparql12"))],
        "Updates, SPARQL 1.1 Protocol": [sum(test.is_about_updates for test in conversations())],
        "Federation": [sum(1 for _ in evaluations("sparql11", FEDERATION))],
        "Entailment": [sum(1 for _ in evaluations("sparql11", ENTAILMENT))],
        "SPARQL 1.1 Graph Store HTTP Protocol": [
            sum(1 for each in stores for _ in manifest(f"sparql11/{each}").tests())
        ],
    }


@with_suite
def test_the_page_names_the_tests_that_were_run() -> None:
    """The commit of the W3C's repository from which the archive was taken."""
    sources = (ARCHIVE.parents[1] / "SOURCES.md").read_text(encoding="utf-8")
    commit = re.search(rf"^\| w3c/{re.escape(ARCHIVE.name)} \|[^|]*\| (\w+) ", sources, re.MULTILINE)
    assert commit is not None
    assert f"`{commit[1]}`" in PAGE
