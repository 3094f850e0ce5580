"""Bad sources: whatever a publisher's server or document does, one sentence says it, and nothing of it is recorded."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import date
from email.utils import format_datetime
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from regiolog.events.event import Event
from regiolog.sync.sources import fetching
from tests.harvest.lists import PLACED, REGIONS, Register, declaration, regions_csv
from tests.misbehaving import Misbehaving

LIST, OTHER = "/bad/list", "/good/list.csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LIMITS = {"bytes": "64KiB", "seconds": 2, "silence": 0.3, "attempts": 2, "patience": 1, "redirects": 3}
HEADER = ["code", "region", "name", "since"]
ROWS: list[list[Any]] = [*([int(code), region, "Streek", None] for code, region in PLACED.items())]
TURTLE = b"""@prefix geo: <http://www.opengis.net/ont/geosparql#> .
@prefix ext: <http://mu.semte.ch/vocabularies/ext/> .
<http://agency.example/a1> geo:sfWithin <http://agency.example/r1> .
<http://agency.example/r1> ext:werkingsgebiedNiveau "Referentieregio" .
"""
RDF: dict[str, Any] = {"kind": "rdf", "mapping": {"says": "regions"}}


def workbook(then: Callable[[Any], object]) -> bytes:
    """A workbook with the right rows, and something done to it."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    for row in (HEADER, *ROWS):
        sheet.append(row)
    then(sheet)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def put(cell: str, value: object) -> Callable[[Misbehaving], None]:
    """A workbook with something else in one cell."""
    return lambda server: server.answers(LIST, workbook(lambda sheet: sheet.__setitem__(cell, value)), media=XLSX)


def sends(body: bytes, media: str | None = "text/csv") -> Callable[[Misbehaving], None]:
    """A document that comes as it should."""
    return lambda server: server.answers(LIST, body, media=media, etag='"bad"')


@pytest.fixture(autouse=True)
def without_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask again soon: how long the pauses are has tests of its own."""
    monkeypatch.setattr(fetching, "_FIRST_PAUSE", 0.02)


@pytest.fixture
def server() -> Iterator[Misbehaving]:
    """Two publishers on this machine, one of them good."""
    with Misbehaving() as server:
        server.answers(OTHER, regions_csv())
        yield server


@pytest.fixture
def elsewhere() -> Iterator[Misbehaving]:
    """Something else on this machine, that no source may be fetched from."""
    with Misbehaving() as server:
        server.answers("/secret", regions_csv())
        yield server


@pytest.fixture
def register(begin: Callable[..., Register], server: Misbehaving) -> Register:
    """A register with a good source and a bad one, and leave to fetch from their server and nowhere else inside."""
    own = {"allow": [f"127.0.0.1:{server.port}"], "limits": LIMITS, "mapping": {**REGIONS, "valid_from": "since"}}
    return begin(
        good=declaration(location=server.address(OTHER), **own),
        bad=declaration(location=server.address(LIST), said_by="bad", **own),
        worse=declaration(**{**own, **RDF, "location": server.address(LIST), "said_by": "bad"}),
    )


def by(events: list[Event], source: str) -> list[Event]:
    """The events that a source brought."""
    return [event for event in events if getattr(event, "said_by", None) == source]


BAD: dict[str, tuple[Callable[[Misbehaving], object], str]] = {
    "a body cut off": (lambda server: server.breaks_off(LIST, regions_csv()), "breaks off before its end"),
    "chunks cut off": (
        lambda server: server.breaks_off(LIST, regions_csv(), sized="chunks"),
        "breaks off before its end",
    ),
    "gzip cut off": (
        lambda server: server.breaks_off(LIST, regions_csv(), sized="end", packed=True),
        "comes broken: its gzip ends too early",
    ),
    "a table that is called RDF": (sends(regions_csv(), "text/turtle"), "its publisher calls it 'text/turtle'"),
    "a table that is called a workbook": (sends(regions_csv(), XLSX), "and what came is a text: it cannot be both"),
    "a workbook that is called text": (sends(workbook(str), "text/csv"), "and what came is a spreadsheet"),
    "a page that says something went wrong": (
        lambda server: server.shows_an_error_as_a_page(LIST),
        "what came is an HTML page, not a table",
    ),
    "such a page that is called a table": (sends(b"<html><body>Oops</body></html>"), "an HTML page, not a table"),
    "redirects without end": (lambda server: server.leads_on_and_on(LIST), "leads on and on, more than 3 times"),
    "redirects in a circle": (lambda server: server.leads_in_a_circle(LIST, "/other"), "leads in a circle, by way of"),
    "a gzip bomb": (lambda server: server.bombs(LIST), "is larger than the limit of 65,536 bytes"),
    "a drip": (lambda server: server.drips(LIST), "did not come within 2 seconds"),
    "silence": (lambda server: server.keeps_silent(LIST), "keeps silent for 0.3 seconds"),
    "too many requests, without a word": (
        lambda server: server.fails(LIST, 429),
        "answers 429 Too Many Requests (asked 2 times)",
    ),
    "too many requests, for an hour": (
        lambda server: server.fails(LIST, 429, retry_after=3600),
        "answers 429 Too Many Requests and asks to be left alone for 3600 seconds, longer than is waited here",
    ),
    "unavailable, without a word": (
        lambda server: server.fails(LIST, 503),
        "answers 503 Service Unavailable (asked 2 times)",
    ),
    "unavailable, for no time": (
        lambda server: server.fails(LIST, 503, retry_after=0),
        "answers 503 Service Unavailable (asked 2 times)",
    ),
    "a row that is too short": (sends(b"code,region,name\n10001,R1,Noord\n10002,R1\n"), "line 3 has 2 cells"),
    "a row that is too long": (sends(b"code,region,name\n10001,R1,Noord,x\n"), "line 2 has 4 cells, and the header"),
    "a header that runs backwards": (
        sends("code,\u202enoiger,name\n10001,R1,Noord\n".encode()),
        "it has no column region; its columns are code, ?noiger, name",
    ),
    "a formula": (put("B3", "=B2"), "cell B3 holds a formula, and what it comes to is not certain"),
    "merged cells": (
        lambda server: server.answers(LIST, workbook(lambda sheet: sheet.merge_cells("B2:B3")), media=XLSX),
        "the cells B2:B3 are merged, so it is not certain which of them the value is for",
    ),
    "a date that is a number": (put("D2", 45_000), "row 2: "),
    "an error in a cell": (put("B2", "#N/A"), "cell B2 holds an error"),
    "a truth value": (put("B2", True), "cell B2 holds a truth value"),  # noqa: FBT003
}
"""What a publisher does, and what is said of it."""

BROKEN: dict[str, tuple[Callable[[Misbehaving], object], str]] = {
    "Turtle that is broken half-way": (
        sends(TURTLE.replace(b'"Ref', b'"Ref\n'), "text/turtle"),
        "it is no Turtle document: ",
    ),
    "Turtle that ends half-way": (sends(TURTLE[:-20], "text/turtle"), "it is no Turtle document: "),
    "a page": (lambda server: server.shows_an_error_as_a_page(LIST), "what came is an HTML page, and not RDF"),
    "a table": (sends(regions_csv()), "what came is text/csv, which is no form of RDF"),
    "XML that grows": (
        sends(b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>', "application/rdf+xml"),
        "it declares XML entities, which are not read",
    ),
    "a context that lies elsewhere": (
        sends(b'{"@context": "http://127.0.0.1:1/context", "@id": "http://x.example"}', "application/ld+json"),
        "it is no JSON-LD document: ",
    ),
}


def is_one_clear_sentence(said: str | None) -> bool:
    """Whether something is said in one line that is not too long, and without what only programmers read."""
    return (
        said is not None and said.isprintable() and len(said) < 400 and "Error(" not in said and "Traceback" not in said
    )


@pytest.mark.parametrize(
    ("name", "does", "reason"),
    [
        *(pytest.param("bad", *each, id=what) for what, each in BAD.items()),
        *(pytest.param("worse", *each, id=what) for what, each in BROKEN.items()),
    ],
)
def test_a_bad_source_is_said_to_be_and_the_others_go_on(
    register: Register, server: Misbehaving, name: str, does: Callable[[Misbehaving], object], reason: str
) -> None:
    """One sentence says why; nothing is recorded or remembered of it; and when it mends its ways all of it comes in."""
    does(server)
    head = register.folder.journal.head()
    report = register.harvest(name)
    assert report.outcome in {"refused", "failed"}
    assert reason in (report.reason or "")
    assert is_one_clear_sentence(report.reason)
    assert register.folder.journal.head() == head
    assert register.harvester.runs.of(name).validators == (None, None)
    assert (report.made, report.withdrawn, report.positions, report.documents) == (0, 0, None, ())
    assert register.harvest("good").made == 6
    assert by(register.events(), "bad") == []
    good = (TURTLE, "text/turtle") if name == "worse" else (regions_csv(), "text/csv")
    server.answers(LIST, good[0], media=good[1], etag='"good"')
    assert register.harvest(name).outcome == "new"
    assert "if-none-match" not in server.asked(LIST)[-1].headers
    assert register.harvest(name).outcome == "unchanged"
    assert server.asked(LIST)[-1].headers["if-none-match"] == '"good"'
    assert len(by(register.events(), "bad")) == 2


def test_a_redirect_to_this_machine_is_not_followed(
    register: Register, server: Misbehaving, elsewhere: Misbehaving
) -> None:
    """Leave for one port is no leave for another, and whatever listens there is not even connected to."""
    server.leads(LIST, elsewhere.address("/secret"))
    report = register.harvest("bad")
    assert report.outcome == "failed"
    port = f"127.0.0.1 is not a public address, and its source does not allow it at port {elsewhere.port}"
    assert report.reason == f"{server.address(LIST)} leads to {elsewhere.address('/secret')}, and {port}"
    assert elsewhere.connections == 0
    assert register.harvester.runs.quarantine() == []


def test_what_is_said_to_pass_is_waited_for(register: Register, server: Misbehaving) -> None:
    """A publisher that asks for a second gets it, and is harvested in the same run."""
    server.fails(LIST, 503, retry_after=1, times=1)
    server.answers(LIST, regions_csv())
    assert register.harvest("bad").outcome == "new"
    first, second = server.asked(LIST)
    assert second.arrived - first.arrived >= 1


def test_duplicate_keys_and_unknown_codes_are_counted(register: Register, server: Misbehaving) -> None:
    """They can be read, so they are kept as they were said, marked, and in the report; nobody moves by them."""
    server.answers(LIST, regions_csv({**PLACED, "88888": "R7"}) + b"10001,R1,Noord\n10002,R2,Zuid\n")
    head = register.folder.journal.head()
    report = register.harvest("bad")
    assert report.outcome == "new"
    assert report.marked == {"unknown": 1, "duplicate": 1, "ambiguous": 2}
    assert len(by(register.events(head), "bad")) == len(register.events(head))
    assert register.placed("bad")["88888"] == "R7"


@pytest.mark.parametrize("before", [1, 0])
def test_what_was_refused_is_asked_for_again_whole(register: Register, server: Misbehaving, before: int) -> None:
    """The validators of a refused document are forgotten; those of the last good one are still asked with."""
    if before:
        server.answers(LIST, regions_csv(), etag='"good"')
        register.harvest("bad")
    server.answers(LIST, b"<html></html>", etag='"refused"')
    for _ in range(2):
        assert register.harvest("bad").outcome == "refused"
        assert server.asked(LIST)[-1].headers.get("if-none-match") == ('"good"' if before else None)
    assert register.harvester.runs.quarantine()[0].times == 2


# --- Good manners -------------------------------------------------------------------------------------------------


def test_what_has_not_changed_does_not_come_again(register: Register, server: Misbehaving) -> None:
    """The server is told what is there already, and answers that it is so still."""
    server.answers(LIST, regions_csv(), etag='"1"', last_modified="Tue, 01 Jun 2021 06:00:00 GMT")
    assert [register.harvest("bad").outcome for _ in range(3)] == ["new", "unchanged", "unchanged"]
    last = server.asked(LIST)[-1].headers
    assert (last["if-none-match"], last["if-modified-since"]) == ('"1"', "Tue, 01 Jun 2021 06:00:00 GMT")


def test_a_source_that_is_declared_otherwise_is_fetched_anew(register: Register, server: Misbehaving) -> None:
    """Nobody may say that a document is unchanged that is now to be read in another way."""
    server.answers(LIST, regions_csv(), etag='"1"')
    register.harvest("bad")
    register.change("bad", mapping={**REGIONS, "codes": "1000[1-3]"})
    assert (register.harvest("bad").withdrawn, "if-none-match" in server.asked(LIST)[-1].headers) == (1, False)
    assert register.harvest("bad").outcome == "unchanged"


def test_a_document_that_may_go_on_withdraws_nothing(register: Register, server: Misbehaving) -> None:
    """One whose end only the end of the connection tells may add; what would be withdrawn is looked at first."""
    for last, outcome in (("10003", "new"), ("10004", "new"), ("10002", "refused")):
        placed = {code: region for code, region in PLACED.items() if code <= last}
        server.answers(LIST, regions_csv(placed), sized="end")
        report = register.harvest("bad")
        assert report.outcome == outcome
    assert report.reason
    assert report.reason.endswith("nothing tells that it came whole, and 3 claims would be withdrawn")
    assert register.placed("bad") == PLACED
    server.answers(LIST, regions_csv(placed), sized="chunks")
    assert register.harvest("bad", accept=True).withdrawn == 3


@pytest.mark.parametrize(
    ("days", "valid_from"),
    [(0, date(2021, 6, 1)), (-100, date(2021, 2, 21)), (1, date(2021, 6, 1)), (-5_000, date(2021, 6, 1))],
    ids=["of today", "of some months ago", "in the future", "before coverage"],
)
def test_a_document_holds_from_the_day_of_its_publication(
    register: Register, server: Misbehaving, days: int, valid_from: date
) -> None:
    """That is the day of its Last-Modified, unless it has not come yet, or lies before all that the register knows."""
    day = register.clock.now.replace(hour=10)
    register.clock.turn(days=days)
    server.answers(LIST, regions_csv(), last_modified=format_datetime(register.clock.now, usegmt=True))
    register.clock.now = day
    register.harvest("bad")
    assert register.publications()[-1].valid_from == valid_from


def test_the_day_of_publication_is_that_of_flanders(register: Register, server: Misbehaving) -> None:
    """An instant late in the evening, elsewhere, is the next day here."""
    server.answers(LIST, regions_csv(), last_modified="Sun, 31 Jan 2021 23:30:00 GMT")
    register.harvest("bad")
    assert register.publications()[-1].valid_from == date(2021, 2, 1)
