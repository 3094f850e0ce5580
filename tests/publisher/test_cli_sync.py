"""``regiolog sync`` and ``regiolog status``: what became of each source, in text and in JSON, and how it ends."""

from __future__ import annotations

import re
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from regiolog.publisher.harvests.standing import diverging_now
from regiolog.publisher.settings import read_settings
from regiolog.sync.folder import Folder
from regiolog.sync.leading import LOCK, taken
from tests.builders import TurnedClock
from tests.harvest.lists import PLACED
from tests.misbehaving import Misbehaving
from tests.publisher.harvested import MANY, Harvested

RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.fixture
def here(tmp_path: Path, server: Misbehaving) -> Harvested:
    """A register with one source that has published nothing yet."""
    here = Harvested(tmp_path, server)
    here.declare("krant")
    return here


def test_it_reports_what_is_new(here: Harvested) -> None:
    """A block for the source; the register puts one municipality elsewhere, which is a divergence."""
    here.publish("krant", {**PLACED, "10004": "R1"})
    result = here.run("sync")
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0] == "krant: fetched, and something is new"
    told = dict(re.findall(r"^  (\w[\w ]*?) {2,}(.+)$", result.stdout, re.MULTILINE))
    assert re.fullmatch(rf"{RFC_3339.pattern}, for [\d.]+ s", told["when"])
    assert told["documents"].startswith("regions.csv@")
    assert told["claims"] == "6 new, 0 withdrawn, 0 repeated"
    assert told["positions"] == "7-8"
    assert int(told["diverging"]) > 0
    assert result.stderr == ""


def test_it_tells_a_program_the_same(here: Harvested) -> None:
    """One JSON document, with instants in RFC 3339 and UTC."""
    here.publish("krant")
    (report,) = here.answered("sync")
    assert RFC_3339.fullmatch(report["begun"])
    assert report["seconds"] > 0
    assert (report["source"], report["outcome"], report["fetched"]) == ("krant", "new", True)
    assert (report["new"], report["withdrawn"], report["repeated"], report["refused"]) == (6, 0, 0, [])
    assert report["positions"] == [7, 8]
    assert report["run"].startswith("krant-")
    assert report["reason"] is None
    assert isinstance(report["diverging"], int)


def test_a_change_is_new_and_withdrawn(here: Harvested) -> None:
    """And what stays is repeated, which is silence."""
    here.publish("krant")
    here.run("sync")
    here.publish("krant", {**PLACED, "10004": "R1"})
    (report,) = here.answered("sync")
    assert (report["new"], report["withdrawn"], report["repeated"]) == (1, 1, 5)


def test_what_its_publisher_says_is_unchanged_is_not_read(here: Harvested) -> None:
    """The second time the server answers 304, and nothing is recorded."""
    here.publish("krant", etag='"1"')
    assert here.answered("sync")[0]["outcome"] == "new"
    head = here.head
    (report,) = here.answered("sync")
    assert (report["outcome"], report["fetched"], here.head) == ("unchanged", False, head)
    assert here.server.asked("/krant.csv")[1].headers["if-none-match"] == '"1"'
    assert here.run("sync").stdout.startswith("krant: unchanged\n")


def test_a_dry_run_says_the_same_and_records_nothing(here: Harvested) -> None:
    """Neither in the journal, nor of what was seen: the next run brings the same."""
    here.publish("krant", etag='"1"')
    head = here.head
    result = here.run("sync --dry-run")
    assert (result.exit_code, here.head) == (0, head)
    assert "6 new, 0 withdrawn" in result.stdout
    assert "nothing was recorded" in result.stderr
    assert here.answered("status")["harvests"][0]["last"] is None
    assert here.answered("sync")[0]["new"] == 6


def test_a_source_that_fails_stops_no_other(here: Harvested) -> None:
    """Exit 1, and which; the one after it is harvested."""
    here.declare("ander")
    here.publish("ander")
    result = here.run("sync")
    assert result.exit_code == 1
    assert "krant: failed" in result.stdout
    assert "404 Not Found" in result.stdout
    assert "ander: fetched, and something is new" in result.stdout
    assert result.stderr == "regiolog: not in step: krant (failed)\n"


def test_only_those_that_are_named_are_harvested(here: Harvested) -> None:
    """Each once, in the order in which they were typed."""
    for name in ("ander", "derde"):
        here.declare(name)
        here.publish(name)
    result = here.run("sync derde ander derde")
    assert result.exit_code == 0, result.stderr
    assert re.findall(r"^(\w+): ", result.stdout, re.MULTILINE) == ["derde", "ander"]
    assert here.server.count("/krant.csv") == 0


def test_a_name_that_nobody_declared_is_a_misuse(here: Harvested) -> None:
    """One sentence with those that there are, and nothing is harvested."""
    here.publish("krant")
    result = here.run("sync krant kraant")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "regiolog: no source is called kraant; the settings declare krant\n"
    assert here.server.count("/krant.csv") == 0


def test_without_sources_it_says_how_to_declare_one(here: Harvested) -> None:
    """A refusal, for there is nothing wrong with what was typed."""
    here.settings.write_text("")
    result = here.run("sync")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "[sources.NAME]" in result.stderr


@pytest.mark.parametrize("command", ["sync", "schedule", "quarantine", "quarantine show 1", "quarantine retry 1"])
def test_there_has_to_be_a_register(command: str, here: Harvested, tmp_path: Path) -> None:
    """Exit 1, how to begin, and nothing is made there."""
    here.data = tmp_path / "nowhere"
    result = here.run(command)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "begin one with `regiolog serve" in result.stderr
    assert not here.data.exists()


def test_a_schedule_that_cannot_be_read_is_refused_at_once(here: Harvested) -> None:
    """Whatever the command, in one sentence that names the source."""
    here.declare("krant", schedule="every now and then")
    result = here.run("status")
    assert result.exit_code == 2
    assert re.fullmatch(r"regiolog: the source krant cannot be used: .*every now and then.*\n", result.stderr)


def test_schedule_needs_a_schedule(here: Harvested) -> None:
    """There is nothing that could ever be due."""
    result = here.run("schedule")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "no source has a schedule" in result.stderr


def test_what_diverges_is_unknown_where_it_cannot_be_asked(here: Harvested) -> None:
    """It is not nought; what was recorded is recorded, and why it is unknown is said."""
    here.publish("krant", dict.fromkeys(PLACED, "R9"))
    here.settings.write_text(f"answer_rows = 1\n{here.settings.read_text()}")
    result = here.run("sync")
    assert (result.exit_code, here.head) == (0, 8)
    assert re.search(r"diverging +unknown$", result.stdout, re.MULTILINE)
    assert result.stderr.startswith("regiolog: how much diverges is unknown: ")
    assert here.answered("status")["harvests"][0]["diverging"] is None


def test_status_tells_where_each_source_stands(here: Harvested) -> None:
    """Before its first run and after it; what the register says of sources that are not configured stays."""
    here.declare("krant", schedule="every 6h")
    here.declare("ander")
    before = here.answered("status")["harvests"]
    assert [(each["source"], each["last"], each["seen"], each["waiting"]) for each in before] == [
        ("krant", None, None, 0),
        ("ander", None, None, 0),
    ]
    assert "krant: never harvested" in here.run("status").stdout
    here.publish("krant")
    here.run("sync")
    krant, ander = here.answered("status")["harvests"]
    assert (krant["last"]["outcome"], krant["schedule"], krant["waiting"]) == ("new", "every 6h", 0)
    assert all(RFC_3339.fullmatch(krant[name]) for name in ("seen", "recorded", "due"))
    assert isinstance(krant["diverging"], int)
    assert (ander["last"]["outcome"], ander["seen"], ander["due"]) == ("failed", None, None)
    assert "404" in ander["last"]["reason"]
    text = here.run("status").stdout
    assert re.search(r"^harvest +krant: fetched, and something is new, ", text, re.MULTILINE)
    assert re.search(r"^ +seen .+, recorded .+, due .+, 0 in quarantine, \d+ diverging$", text, re.MULTILINE)
    assert re.search(r"^source +krant \(De Krant\): 6 claims", text, re.MULTILINE)


def test_a_dry_run_says_that_what_diverges_does_so_before_it(here: Harvested) -> None:
    """The register is asked as it is, without what the run would bring; a program is told nothing instead."""
    here.publish("krant")
    here.run("sync")
    diverging = here.answered("status")["harvests"][0]["diverging"]
    here.publish("krant", {**PLACED, "10004": "R1"})
    assert re.search(rf"^  diverging +{diverging} before this$", here.run("sync --dry-run").stdout, re.MULTILINE)
    assert here.answered("sync --dry-run")[0]["diverging"] is None
    assert here.answered("sync")[0]["diverging"] == diverging + 1


def test_what_diverges_is_worked_out_once_until_something_happens(here: Harvested) -> None:
    """A limit under which nothing can be asked keeps nobody from being told what is known already."""
    here.publish("krant", dict.fromkeys(PLACED, "R9"))
    found = here.answered("sync")[0]["diverging"]
    assert found > 1
    here.settings.write_text(f"answer_rows = 1\n{here.settings.read_text()}")
    assert here.answered("status")["harvests"][0]["diverging"] == found
    (again,) = here.answered("sync")
    assert (again["outcome"], again["diverging"]) == ("unchanged", found)
    here.publish("krant", {**dict.fromkeys(PLACED, "R9"), "10004": "R2"})
    (changed,) = here.answered("sync")
    assert (changed["outcome"], changed["diverging"]) == ("new", None)


def test_what_diverges_is_worked_out_anew_on_another_day(here: Harvested) -> None:
    """Though nothing was recorded, for something may hold from that day; here the limit forbids it."""
    here.publish("krant", dict.fromkeys(PLACED, "R9"))
    found = here.answered("sync")[0]["diverging"]
    here.settings.write_text(f"answer_rows = 1\n{here.settings.read_text()}")
    settings, clock, said = read_settings({"data": str(here.data)}, toml=here.settings), TurnedClock(), list[str]()
    clock.now = datetime.now(UTC)
    with closing(Folder(here.data, clock=clock)) as folder, closing(folder.history()) as history:
        assert diverging_now(settings, folder, history, said.append) == {"krant": found}
        assert said == []
        clock.turn(days=1)
        assert diverging_now(settings, folder, history, said.append) is None
    assert said[0].startswith("how much diverges is unknown: ")


def test_a_publisher_that_asks_to_be_left_alone_is_heard(here: Harvested) -> None:
    """For how long is told, and the source is due no earlier."""
    here.declare("krant", schedule="every 5s")
    here.server.fails("/krant.csv", 503, retry_after=7200)
    (report,) = here.answered("sync")
    assert (report["outcome"], report["retry_after"]) == ("failed", 7200)
    due = datetime.fromisoformat(here.answered("status")["harvests"][0]["due"])
    assert timedelta(hours=1, minutes=59) < due - datetime.now(UTC) < timedelta(hours=2, minutes=1)


def test_status_tells_whether_anybody_harvests_on_schedule(here: Harvested) -> None:
    """As whoever holds the lock of the data folder does."""
    assert here.answered("status")["scheduled"] is False
    with (here.data / LOCK).open("w") as lock:
        assert taken(lock.fileno())
        assert here.answered("status")["scheduled"] is True
        assert "scheduled   yes" in here.run("status").stdout.splitlines()
    assert "scheduled   no" in here.run("status").stdout.splitlines()


def test_status_looks_and_leaves_nothing_behind(here: Harvested) -> None:
    """Asking where sources stand makes no memory of harvests."""
    here.run("status")
    here.run("quarantine")
    assert not (here.data / "harvest.sqlite").exists()


def test_a_suspicious_change_waits_until_somebody_accepts_it(here: Harvested) -> None:
    """It is refused and recorded only with --accept, after which nothing waits."""
    here.publish("krant", MANY)
    assert here.run("sync").exit_code == 0
    head = here.head
    here.publish("krant", dict.fromkeys(MANY, "R9"))
    refused = here.run("sync")
    assert refused.exit_code == 1
    assert refused.stdout.startswith("krant: fetched and refused\n")
    assert refused.stderr == "regiolog: not in step: krant (refused)\n"
    assert here.head == head
    assert here.answered("status")["harvests"][0]["waiting"] == 1
    accepted = here.run("sync --accept")
    assert accepted.exit_code == 0, accepted.stdout
    assert here.head > head
    assert here.answered("status")["harvests"][0]["waiting"] == 0
