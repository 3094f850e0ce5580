"""Harvesting: what is new is recorded once, silence records nothing, and what is suspicious waits."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date

import pytest

from regiolog.events.claim import Naming, Placement, SourceWasRegistered
from regiolog.events.errors import Interrupted, UnknownKey
from regiolog.sync.harvest.harvesting import Harvester
from regiolog.sync.harvest.runs import FILE
from tests.harvest.lists import PLACED, REGIONS, Register, declaration, regions_csv

MANY = {f"2{number:04}": f"R{number % 3}" for number in range(60)}
"""Sixty municipalities that the register does not know, in three regions."""


def test_what_is_new_is_one_event_after_its_source_was_registered(register: Register) -> None:
    """The first run registers the source, and makes all its claims in one event, with what they were resolved to."""
    before = register.folder.journal.head()
    report = register.harvest()
    registered, made = register.events(before)
    assert isinstance(registered, SourceWasRegistered)
    assert (registered.said_by, registered.name) == ("krant", "De Krant")
    assert (report.outcome, report.made, report.withdrawn, report.positions) == ("new", 6, 0, (before + 1, before + 2))
    assert registered.run == made.run == report.run
    said = register.saying().values()
    assert Placement(of="10003", words="R2", municipality="10003", region="zuid") in said
    assert Naming(of="R1", words="Noord", region="noord") in said


def test_a_claim_holds_from_the_day_of_its_publication(register: Register) -> None:
    """Where the document states no day, what it says holds from the day on which it was found."""
    register.harvest()
    assert register.publications()[-1].valid_from == date(2021, 6, 1)


def test_what_is_said_again_is_silence(register: Register) -> None:
    """A document that was written anew, in another order, says nothing new; one that is the same is not even read."""
    register.harvest()
    head = register.folder.journal.head()
    assert register.harvest().outcome == "unchanged"
    register.publish("regions.csv", regions_csv(dict(reversed(PLACED.items()))))
    report = register.harvest()
    assert (report.outcome, report.again, report.run) == ("silent", 6, None)
    assert register.folder.journal.head() == head


def test_what_is_gone_from_a_complete_document_is_withdrawn(register: Register) -> None:
    """A municipality that is left out, and one that moved, are withdrawn as they were said; the move is made."""
    register.harvest()
    register.publish("regions.csv", regions_csv({"10001": "R1", "10002": "R2", "10003": "R2"}))
    report = register.harvest()
    last = register.publications()[-1]
    assert (report.made, report.withdrawn) == (1, 2)
    assert {claim.of for claim in last.withdrawn} == {"10002", "10004"}
    assert [(claim.of, claim.words) for claim in last.made] == [("10002", "R2")]


def test_what_is_gone_from_a_partial_document_stays(register: Register) -> None:
    """A document that does not list all that there is withdraws nothing."""
    register.harvest()
    register.change("krant", complete=False)
    register.publish("regions.csv", regions_csv({"10001": "R1"}))
    assert register.harvest().outcome == "silent"
    assert register.placed() == PLACED


def test_what_was_withdrawn_and_is_said_again_is_news(register: Register) -> None:
    """A source that comes back on its word is recorded each time."""
    for region in ("R1", "R2", "R1"):
        register.publish("regions.csv", regions_csv({**PLACED, "10001": region}))
        assert register.harvest().outcome == "new"
    assert [event.made[0].words for event in register.publications()[1:]] == ["R2", "R1"]


def test_a_column_that_is_empty_throughout_says_nothing(register: Register) -> None:
    """A version without any name withdraws no name."""
    register.harvest()
    register.publish("regions.csv", regions_csv(names={}))
    assert register.harvest().outcome == "silent"
    assert Naming(of="R1", words="Noord") in register.saying()


def test_headers_may_differ_between_versions(register: Register) -> None:
    """A column goes by the first of its names that the table has, whatever its letters and the spaces around it."""
    register.declare("krant", declaration(mapping={**REGIONS, "municipality": ["NIS", "Code"], "region": ["REGION"]}))
    assert register.harvest().outcome == "new"
    assert register.placed() == PLACED


def test_an_empty_document_waits(register: Register) -> None:
    """A table without rows withdraws nothing: it is refused, and waits until somebody accepts it."""
    register.harvest()
    head = register.folder.journal.head()
    register.publish("regions.csv", b"code,region,name\n")
    report = register.harvest()
    assert report.outcome == "refused"
    assert (report.reason or "").startswith("it says nothing at all")
    assert register.folder.journal.head() == head
    assert register.harvest(accept=True).withdrawn == 6
    assert register.placed() == {}


def test_too_large_a_change_waits(begin: Callable[..., Register]) -> None:
    """A tenth of all codes at once stops the run, records nothing, waits in the quarantine, and can be let through."""
    register = begin(krant=declaration())
    register.publish("regions.csv", regions_csv(MANY))
    register.harvest()
    head = register.folder.journal.head()
    register.publish("regions.csv", regions_csv({**MANY, **dict.fromkeys(list(MANY)[:7], "R9")}))
    report = register.harvest()
    assert report.outcome == "refused"
    assert report.reason == "7 of the 62 things that it speaks of would change at once"
    assert register.folder.journal.head() == head
    waiting = register.harvester.runs.quarantine("krant")
    assert [(each.document.split("@")[0], each.suspicious) for each in waiting] == [("regions.csv", True)]
    assert register.harvest(accept=True).outcome == "new"
    assert register.harvester.runs.quarantine() == []


def test_a_change_just_under_the_share_goes_in(begin: Callable[..., Register]) -> None:
    """Five of sixty codes are less than a tenth of them."""
    register = begin(krant=declaration())
    register.publish("regions.csv", regions_csv(MANY))
    register.harvest()
    register.publish("regions.csv", regions_csv({**MANY, **dict.fromkeys(list(MANY)[:15:3], "R1")}))
    assert register.harvest().outcome == "new"


def test_lost_leading_zeros_wait(begin: Callable[..., Register]) -> None:
    """Codes that a spreadsheet took for numbers are no new codes."""
    register = begin(krant=declaration())
    placed = {f"01{number:03}": "R01" for number in range(30)}
    register.publish("regions.csv", regions_csv(placed))
    assert register.harvest().outcome == "new"
    register.publish("regions.csv", regions_csv(dict.fromkeys(placed, "R1")))
    report = register.harvest()
    assert report.outcome == "refused"
    assert "leading zeros seem to be lost: R1" in (report.reason or "")
    register.publish("regions.csv", regions_csv({code.lstrip("0"): "R01" for code in placed}))
    assert "leading zeros seem to be lost: 1000, 1001" in (register.harvest().reason or "")


def test_what_was_refused_can_be_retried_as_it_came(register: Register) -> None:
    """The quarantine keeps the bytes, counts the very same once more, and can take them in after all."""
    register.harvest()
    register.publish("regions.csv", b"code,region,name\n")
    register.harvest()
    register.harvest()
    (waiting,) = register.harvester.runs.quarantine()
    assert (waiting.times, register.harvester.runs.refused(waiting.number).body) == (2, b"code,region,name\n")
    assert register.harvester.retry(waiting.number).outcome == "refused"
    assert register.harvester.retry(waiting.number, accept=True).outcome == "new"
    assert register.harvester.runs.quarantine() == []
    assert register.harvester.runs.refused(waiting.number).body == b"code,region,name\n"
    with pytest.raises(UnknownKey, match="waits no more"):
        register.harvester.retry(waiting.number)
    with pytest.raises(UnknownKey, match="there is no 99"):
        register.harvester.retry(99)


def test_a_dry_run_records_and_remembers_nothing(register: Register) -> None:
    """A dry run says what would be recorded; the next run finds everything still to do."""
    head = register.folder.journal.head()
    report = register.harvest(dry_run=True)
    assert (report.made, register.folder.journal.head()) == (6, head)
    assert register.harvester.runs.of("krant").last is None
    register.publish("regions.csv", b"")
    assert register.harvest(dry_run=True).outcome == "refused"
    assert register.harvester.runs.quarantine() == []


def test_a_repeat_after_a_crash_is_silent(register: Register) -> None:
    """What was recorded, and not yet remembered, is found to be said already."""
    register.harvest()
    head = register.folder.journal.head()
    with closing(sqlite3.connect(register.folder.path / FILE)) as memory:
        memory.executescript("DELETE FROM source; DELETE FROM run")
    assert register.harvest().outcome == "silent"
    assert register.folder.journal.head() == head


def test_another_declaration_reads_the_document_anew(register: Register) -> None:
    """A mapping that was changed reads what its publisher left as it was."""
    register.harvest()
    register.declare("krant", declaration(mapping={**REGIONS, "placeholders": "R2"}))
    assert register.harvest().outcome == "silent"
    register.declare("krant", declaration(mapping={**REGIONS, "codes": "1000[1-3]"}))
    report = register.harvest()
    assert (report.withdrawn, report.passed) == (1, {"rows with other codes": 1})


def test_two_at_once_record_everything_once(register: Register) -> None:
    """However many harvest one source at once, one does, and the others are told."""
    head = register.folder.journal.head()
    harvesters = [register.harvester for _ in range(4)]
    together = threading.Barrier(4)

    def harvest(harvester: Harvester) -> str:
        together.wait()
        return harvester.harvest("krant").outcome

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(harvest, harvesters))
    assert outcomes.count("new") == 1
    assert set(outcomes) <= {"new", "busy", "unchanged"}
    assert register.folder.journal.head() == head + 2


def test_two_sources_may_share_a_voice(begin: Callable[..., Register]) -> None:
    """Two documents of one publisher about different things never withdraw each other's words."""
    layer = {"says": "layer", "layer": "politie", "type": "Politiezone", "municipality": "code", "name": "zone"}
    register = begin(krant=declaration(), zones=declaration(mapping=layer, location="zones.csv"))
    register.publish("regions.csv", regions_csv())
    register.publish("zones.csv", b"code,zone\n10001,PZ Een\n10002,PZ\xc2\xa0Een \n")
    assert (register.harvest("krant").made, register.harvest("zones").made) == (6, 3)
    register.publish("zones.csv", b"code,zone\n10001,PZ Een\n10002,PZ Twee\n")
    report = register.harvest("zones")
    assert (report.made, report.withdrawn) == (2, 1)
    assert register.placed() == PLACED


def test_a_run_that_is_told_to_end_records_nothing(register: Register) -> None:
    """A run that is told to end before it recorded is as if it had never begun."""
    head = register.folder.journal.head()
    stop = threading.Event()
    stop.set()
    with pytest.raises(Interrupted):
        Harvester(register.folder, register.sources, stop=stop).harvest("krant")
    assert register.folder.journal.head() == head


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "it is empty"),
        (b"<!DOCTYPE html><html><body>Not found</body></html>", "HTML"),
        (b"code,region,name\n10001,R1\n", "line 2"),
        (b"code,gebied\n10001,R1\n", "it has no column region; its columns are code, gebied"),
        (b"code,region,name\n10001,R1,Noord\n,R1,Noord\n", "line 3 names no municipality"),
        (b"code,region,name\n10001,,Noord\n", "its column region is empty in every row"),
        (b"code,region,name\n10001,R1,Noo\x00rd\n", ""),
        (b"code,region,name\n10001," + b"R" * 5_000 + b",Noord\n", "4,000"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", ""),
    ],
)
def test_what_cannot_be_read_is_refused_whole(register: Register, body: bytes, reason: str) -> None:
    """One clear sentence, nothing recorded, and what came is put away."""
    head = register.folder.journal.head()
    register.publish("regions.csv", body)
    report = register.harvest()
    assert report.outcome == "refused"
    assert reason in (report.reason or "")
    assert register.folder.journal.head() == head
    (waiting,) = register.harvester.runs.quarantine()
    assert (waiting.suspicious, register.harvester.runs.refused(waiting.number).body) == (False, body)


def test_a_file_that_is_not_there_is_a_failure(register: Register) -> None:
    """What cannot be had at all is said, and nothing is put away."""
    (register.place / "regions.csv").unlink()
    report = register.harvest()
    assert report.outcome == "failed"
    assert "cannot be read: No such file or directory" in (report.reason or "")
    assert register.harvester.runs.quarantine() == []


def test_a_publisher_that_takes_it_back_is_in_step(register: Register) -> None:
    """Where the document is again what was taken in, what was refused in between waits no more."""
    register.harvest()
    before = (register.place / "regions.csv").read_bytes()
    register.publish("regions.csv", b"code,region,name\n")
    register.harvest()
    register.publish("regions.csv", before)
    assert register.harvest().outcome == "unchanged"
    assert register.harvester.runs.quarantine() == []


def test_a_report_says_what_changes_also_where_it_is_refused(begin: Callable[..., Register]) -> None:
    """Whoever is to accept a change sees it: what was said of each thing, and what is said now."""
    register = begin(krant=declaration())
    register.publish("regions.csv", regions_csv())
    register.harvest()
    register.publish("regions.csv", regions_csv({"10001": "R2", "10005": "R1"}))
    report = register.harvest()
    assert report.outcome == "refused"
    assert set(report.changes) >= {"10001: R1 → R2", "10002: R1, withdrawn", "10005: R1, new"}


def test_codes_that_were_taken_for_numbers_are_refused(register: Register) -> None:
    """What a program made of codes is no code, from the first document on."""
    register.publish("regions.csv", b"code,region,name\n10001.0,R1,Noord\n")
    assert register.harvest().reason == "line 2: 10001.0 is a number, and no code"
