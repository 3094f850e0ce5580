"""The quarantine: what was refused waits as it came, with everything that its publisher said of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from regiolog.events.errors import Refusal
from regiolog.sync.sources.source import Limits
from tests.harvest.lists import PLACED, Register, declaration, regions_csv
from tests.harvest.rdf import COOPERATIONS, ZONES
from tests.misbehaving import Misbehaving

LIST = "/list.csv"


@pytest.fixture
def register(begin: Callable[..., Register], server: Misbehaving) -> Register:
    """A register that follows that publisher, and holds its first list."""
    register = begin(krant=declaration(location=server.address(LIST), allow=["127.0.0.1"]))
    server.answers(LIST, regions_csv())
    register.harvest()
    return register


def test_a_document_whose_end_is_unknown_stays_so(register: Register, server: Misbehaving) -> None:
    """Tried again as it came, what would be withdrawn still has to be looked at first."""
    server.answers(LIST, regions_csv({code: PLACED[code] for code in list(PLACED)[:3]}), sized="end")
    assert register.harvest().outcome == "refused"
    (waiting,) = register.harvester.runs.quarantine()
    assert register.harvester.retry(waiting.number).outcome == "refused"
    assert register.harvester.retry(waiting.number, accept=True).withdrawn == 1


def test_an_encoding_stays_with_its_document(register: Register, server: Misbehaving) -> None:
    """What came as Latin-1 is read as Latin-1 when it is tried again."""
    body = regions_csv({}, {}) + "10001,R1,Noordé\n".encode("latin-1")
    server.answers(LIST, body, media="text/csv; charset=iso-8859-1")
    assert register.harvest().outcome == "refused"
    (waiting,) = register.harvester.runs.quarantine()
    assert register.harvester.retry(waiting.number, accept=True).outcome == "new"
    assert "Noordé" in {claim.words for claim in register.saying()}


def test_what_came_later_waits_on(register: Register, server: Misbehaving) -> None:
    """Taking in an older document settles it, and nothing that came after it."""
    for body in (b"code,region,name\n", b"code,region\n"):
        server.answers(LIST, body)
        register.harvest()
    first, second = register.harvester.runs.quarantine()
    assert register.harvester.retry(first.number, accept=True).outcome == "new"
    assert [each.number for each in register.harvester.runs.quarantine()] == [second.number]


def test_what_is_too_large_to_be_kept_does_not_wait(register: Register, server: Misbehaving) -> None:
    """A document that was never had whole is a failure, and is not in the quarantine."""
    register.change("krant", limits=Limits(bytes=2**16))
    server.bombs(LIST)
    assert register.harvest().outcome == "failed"
    assert register.harvester.runs.quarantine() == []


def test_a_list_of_an_authority_that_may_go_on_ends_nothing(
    begin: Callable[..., Register], server: Misbehaving
) -> None:
    """Structures that are gone from a document whose end is unknown are looked at before they end."""
    location = server.address("/zones.ttl")
    register = begin(
        abb=declaration(**{**COOPERATIONS, "said_by": "abb", "location": location, "allow": ["127.0.0.1"]})
    )
    server.answers("/zones.ttl", ZONES.encode(), media="text/turtle")
    register.harvest("abb")
    register.clock.turn(days=1)
    shorter = "\n".join(line for line in ZONES.splitlines() if not line.startswith(":z3"))
    server.answers("/zones.ttl", shorter.encode(), media="text/turtle", sized="end")
    report = register.harvest("abb")
    assert report.reason == "nothing tells that it came whole, and 1 structures would end or lose members"
    assert register.harvest("abb", accept=True).events == {"cooperation-was-ended": 1}


def test_a_publisher_s_clock_that_stands_still_stops_nothing(
    begin: Callable[..., Register], server: Misbehaving
) -> None:
    """What cannot hold from the day that its publisher states holds from today, once today is another day."""
    location = server.address("/zones.ttl")
    register = begin(
        abb=declaration(**{**COOPERATIONS, "said_by": "abb", "location": location, "allow": ["127.0.0.1"]})
    )
    whole, renamed = ZONES.encode(), ZONES.replace("PZ Een", "PZ Eén").encode()
    outcomes = []
    for body, modified in (
        (whole, "Mon, 31 May 2021 06:00:00 GMT"),
        (renamed, "Mon, 31 May 2021 14:00:00 GMT"),
        (whole, "Mon, 31 May 2021 06:00:00 GMT"),
    ):
        server.answers("/zones.ttl", body, media="text/turtle", last_modified=modified)
        outcomes.append(register.harvest("abb").events.get("cooperation-was-renamed"))
        register.clock.turn(days=1)
    assert outcomes == [None, 1, 1]


def test_a_version_older_than_what_was_taken_in_is_not_tried_again(
    begin: Callable[..., Register],
) -> None:
    """A series never goes back: what was refused of an earlier day stays so once a later one was accepted."""
    given = declaration(series={"folder": ".", "pattern": r"(?P<date>[0-9-]{10})\.csv"})
    del given["location"]
    register = begin(krant=given)
    for day in ("2021-01-01", "2021-03-01", "2021-02-01"):
        head = b"code,region,name" + b"\n" * int(day[6])
        register.publish(f"{day}.csv", regions_csv() if day == "2021-01-01" else head)
        register.harvest()
    later, earlier = register.harvester.runs.quarantine()
    assert (str(later.published), str(earlier.published)) == ("2021-03-01", "2021-02-01")
    assert register.harvester.retry(later.number, accept=True).outcome == "new"
    with pytest.raises(Refusal, match="it is of 2021-02-01, and a version of 2021-03-01 was taken in already"):
        register.harvester.retry(earlier.number, accept=True)
