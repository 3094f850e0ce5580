"""``regiolog quarantine``: what was refused is listed, shown as it came, and tried again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from regiolog.publisher.cli import main
from tests.harvest.lists import regions_csv
from tests.misbehaving import Misbehaving
from tests.publisher.harvested import MANY, Harvested

ELSEWHERE = dict.fromkeys(MANY, "R9")


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Harvested]:
    """A register with two documents that wait: one is suspicious, the other is no table."""
    with Misbehaving() as server:
        here = Harvested(tmp_path, server)
        here.declare("krant")
        here.declare("kapot")
        here.publish("krant", MANY)
        assert here.run("sync krant").exit_code == 0
        here.publish("krant", ELSEWHERE)
        server.answers("/kapot.csv", b"code;name\n10001;A\x1b[31m\n")
        assert here.run("sync").exit_code == 1
        yield here


@pytest.mark.parametrize("command", ["quarantine", "quarantine list"])
def test_it_lists_what_waits(command: str, here: Harvested) -> None:
    """A line for each, oldest first: number, source, document, when, and why."""
    result = here.run(command)
    assert result.exit_code == 0
    first, second = result.stdout.splitlines()
    assert first.split()[:2] == ["1", "krant:"]
    assert "suspicious, refused 2" in first
    assert "would change at once" in first
    assert second.split()[:2] == ["2", "kapot:"]
    assert "unreadable" in second


def test_it_lists_for_programs(here: Harvested) -> None:
    """As JSON, with whether somebody could accept it; the bare command too."""
    krant, kapot = here.answered("quarantine list")
    assert (krant["number"], krant["source"], krant["acceptable"], krant["times"]) == (1, "krant", True, 1)
    assert (kapot["number"], kapot["source"], kapot["acceptable"]) == (2, "kapot", False)
    assert krant["address"] == here.server.address("/krant.csv")
    assert here.answered("quarantine") == [krant, kapot]


def test_the_very_same_document_is_listed_once(here: Harvested) -> None:
    """However often it was refused."""
    here.run("sync krant")
    assert [(each["source"], each["times"]) for each in here.answered("quarantine")] == [("krant", 2), ("kapot", 1)]
    assert ", 2 times: " in here.run("quarantine").stdout


def test_an_empty_quarantine_is_said_to_be_empty(here: Harvested) -> None:
    """Beside the result, which is nothing."""
    (here.data / "harvest.sqlite").unlink()
    result = here.run("quarantine")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "regiolog: nothing waits in the quarantine\n"
    assert here.answered("quarantine") == []


def test_it_shows_what_is_known_of_one(here: Harvested) -> None:
    """A line for each thing; nothing that a terminal would obey."""
    result = here.run("quarantine show 2")
    assert (result.exit_code, result.stderr) == (0, "")
    told = dict(line.split(maxsplit=1) for line in result.stdout.splitlines())
    assert (told["number"], told["source"], told["acceptable"]) == ("2", "kapot", "no")
    assert told["bytes"] == "23"
    assert "\x1b" not in result.stdout


def test_it_shows_the_document_as_it_came(here: Harvested) -> None:
    """Its very bytes on standard output, and the rest beside them."""
    result = here.run("quarantine show 1 --body")
    assert result.stdout_bytes == regions_csv(ELSEWHERE)
    assert "krant" in result.stderr


def test_what_is_suspicious_is_refused_again_until_it_is_accepted(here: Harvested) -> None:
    """A retry without --accept changes nothing; one with it takes the document in and empties the quarantine."""
    head = here.head
    again = here.run("quarantine retry 1")
    assert (again.exit_code, here.head) == (1, head)
    assert "refused" in again.stdout
    tried = here.run("quarantine retry 1 --accept --dry-run")
    assert (tried.exit_code, here.head) == (0, head)
    accepted = here.run("quarantine retry 1 --accept")
    assert accepted.exit_code == 0, accepted.stdout
    assert here.head == head + 1
    assert [each["source"] for each in here.answered("quarantine")] == ["kapot"]


def test_what_waits_no_more_is_shown_as_such(here: Harvested) -> None:
    """It is kept for a while after a later document was taken in, and cannot be accepted any more."""
    waiting = here.answered("quarantine show 1")
    assert (waiting["settled"], waiting["acceptable"]) == (None, True)
    assert "waits no more" not in here.run("quarantine show 1").stdout
    here.publish("krant", {**MANY, "10001": "R1"})
    assert here.run("sync krant").exit_code == 0
    shown = here.run("quarantine show 1").stdout
    settled = here.answered("quarantine show 1")
    assert settled["acceptable"] is False
    assert f"settled     waits no more since {settled['settled']}" in shown.splitlines()
    assert re.fullmatch(r"acceptable +no", next(line for line in shown.splitlines() if line.startswith("acceptable")))
    assert waiting["refused"] <= settled["settled"]


def test_what_cannot_be_read_cannot_be_accepted(here: Harvested) -> None:
    """It stays where it is."""
    result = here.run("quarantine retry 2 --accept")
    assert result.exit_code == 1
    assert len(here.answered("quarantine")) == 2


@pytest.mark.parametrize("command", ["show 3", "retry 3"])
def test_a_number_that_is_not_there_is_refused(command: str, here: Harvested) -> None:
    """In one sentence."""
    result = here.run(f"quarantine {command}")
    assert (result.exit_code, result.stderr) == (1, "regiolog: there is no 3 in the quarantine\n")


@pytest.mark.parametrize("typed", ["show", "show one", "show 0", f"show {2**64}", "burn 1", "list 1"])
def test_what_cannot_be_meant_is_a_misuse(typed: str) -> None:
    """Exit 2."""
    assert CliRunner().invoke(main, ["quarantine", *typed.split()]).exit_code == 2
