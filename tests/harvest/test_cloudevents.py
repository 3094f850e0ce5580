"""Change feeds are followed as the base registry writes them: complete pages once, every event once."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from regiolog.events.claim import Placement
from regiolog.events.errors import Interrupted
from regiolog.sync.harvest.harvesting import Harvester
from tests.harvest.batches import (
    CHANGES,
    IN_USE,
    LISTED,
    RETIRED,
    TABLE,
    Feed,
    created,
    event,
    listed,
    named,
    transform,
)
from tests.harvest.followed import Begin, fails, follow
from tests.misbehaving import Asked, Misbehaving

# --- What is read ---------------------------------------------------------------------------------------------------


def test_the_newest_value_of_every_attribute_is_a_row(begin: Begin, feed: Feed) -> None:
    """Events with holes between their numbers make one table of what there is, with the day of the last of them."""
    register = follow(begin, feed)
    assert listed(register) == LISTED
    assert register.publications()[-1].valid_from == date(2020, 1, 1)
    assert [asked.headers["accept"].partition(",")[0] for asked in feed.server.requests] == [
        "application/cloudevents-batch+json",
        "application/cloudevents-batch+json",
    ]


def test_what_changes_is_made_and_withdrawn(begin: Begin, feed: Feed) -> None:
    """A rename, a delete and a new municipality are what the next run brings."""
    register = follow(begin, feed)
    old, new = [named("Dorp 1"), named("Dorp 1-fr", "fr")], [named("Dorp Een")]
    feed.events += [event(30, "update", "10001", gemeentenaam=(old, new)), event(31, "delete", "10002")]
    feed.events += created(32, "10004", "Dorp 4")
    report = register.harvest()
    assert (report.outcome, report.made, report.withdrawn) == ("new", 2, 2)
    assert listed(register) == {"10001": "Dorp Een", "10003": "Dorp 3", "10004": "Dorp 4"}


def test_what_is_deleted_and_created_again_in_one_batch_is_there(begin: Begin, feed: Feed) -> None:
    """A thing may go and come back on one page; nothing of what it was is left."""
    feed.events[2:2] = [event(7, "delete", "10001"), *created(8, "10001", "Dorp Nul")]
    feed.events[5:] = created(20, "10003", "Dorp 3")
    register = follow(begin, feed)
    assert listed(register) == {"10001": "Dorp Nul", "10003": "Dorp 3"}


def test_a_transformed_thing_says_into_what(begin: Begin, feed: Feed) -> None:
    """What became of a thing stands in a column of its own, and where it no longer is in use it can be left out."""
    feed.events += [
        transform(30, "10001", "10003"),
        event(31, "update", "10001", status=(IN_USE, RETIRED)),
        transform(32, "10002", "10003", "10001"),
        transform(33, "19999", "10003"),
    ]
    mapping = {**TABLE, "name": "naar"}
    register = follow(begin, feed, mapping=mapping, feed={"where": {"status": IN_USE}})
    assert {bare.of: bare.words for bare in register.saying()} == {
        "10002": "https://data.vlaanderen.be/id/gemeente/10003 https://data.vlaanderen.be/id/gemeente/10001"
    }


def test_a_feed_of_another_publisher_has_words_of_its_own(begin: Begin, server: Misbehaving) -> None:
    """The parameter, the number of the first page, the header and the types of events are told by the settings."""
    events = [event(1, "create", "10001", kind="regiolog.municipality", naam=(None, "Dorp 1"))]
    events += [event(2, "create", "noord", kind="regiolog.region", naam=(None, "Noord"))]
    feed = Feed(server, *events)
    feed.page, feed.complete = "page", "Page-Complete"
    settings = {
        "page": "page",
        "complete": "page-complete",
        "types": ["regiolog.municipality"],
        "ignore": ["regiolog.region"],
    }
    register = follow(begin, feed, feed=settings, mapping={**TABLE, "name": "naam"})
    assert listed(register) == {"10001": "Dorp 1"}


def period(value: object, start: str, end: str = "", language: str = "") -> dict[str, object]:
    """A value of an attribute that is told with its period."""
    found = {"value": value, "language": language, "validFrom": start, "validTo": end}
    return {name: each for name, each in found.items() if each}


def test_an_attribute_with_periods_is_what_stands_or_ends_last(begin: Begin, server: Misbehaving) -> None:
    """Another register like this one tells each attribute over all days; the table has what has no end."""
    first = [period("Dorp A", "2018-01-01", "2019-01-01", "nl"), period("Dorp B", "2019-01-01", "", "nl")]
    second = [period("Dorp D", "2019-01-01", "2020-01-01", "nl"), period("Dorp C", "2018-01-01", "2019-01-01", "nl")]
    events = [
        event(1, "create", "10001", label=(None, first), begins=(None, [{"value": "1977-01-01"}])),
        event(2, "create", "10002", label=(None, second), node=(None, [period({"@id": "x"}, "2018-01-01")])),
    ]
    register = follow(begin, Feed(server, *events), mapping={**TABLE, "name": "label", "begins": "begins"})
    assert listed(register) == {"10001": "Dorp B", "10002": "Dorp D"}
    assert {getattr(bare, "begins", None) for bare in register.saying()} == {date(1977, 1, 1), None}


def test_periods_may_be_rows(begin: Begin, server: Misbehaving) -> None:
    """Of one attribute each period can be a row, with the fields of the node that it tells of."""
    nodes = [period({"region": "R1"}, "2018-01-01", "2020-01-01"), period({"region": "R2"}, "2020-01-01")]
    events = [
        event(1, "create", "10001", assignment=(None, nodes)),
        event(2, "create", "10002", label=(None, "Dorp 2")),
    ]
    mapping = {"says": "regions", "municipality": "objectId", "region": "assignment.region"}
    days = {"valid_from": "assignment.validFrom", "valid_to": "assignment.validTo"}
    register = follow(begin, Feed(server, *events), mapping={**mapping, **days}, feed={"periods": "assignment"})
    assert set(register.saying()) == {
        Placement(of="10001", words="R1", valid_from=date(2018, 1, 1), valid_to=date(2020, 1, 1)),
        Placement(of="10001", words="R2", valid_from=date(2020, 1, 1)),
    }


def test_a_query_of_the_location_stays(begin: Begin, feed: Feed) -> None:
    """The number of the page comes beside what the address has already."""
    follow(begin, feed, location=feed.server.address(f"{CHANGES}?taal=nl&pagina=7"))
    assert [asked.target for asked in feed.server.requests] == [
        f"{CHANGES}?taal=nl&pagina=1",
        f"{CHANGES}?taal=nl&pagina=2",
    ]


# --- How it is read -------------------------------------------------------------------------------------------------


def test_complete_pages_are_asked_for_once(begin: Begin, feed: Feed) -> None:
    """A run goes on at the page that was not complete; whether that is so now is told by a header alone."""
    register = follow(begin, feed)
    assert feed.asked() == ["1", "2"]
    assert register.harvest().outcome == "unchanged"
    assert feed.asked() == ["2"]
    feed.events += created(30, "10004", "Dorp 4") + created(40, "10005", "Dorp 5")
    assert register.harvest().made == 2
    assert feed.asked() == ["2", "3"]
    assert register.harvest().outcome == "unchanged"
    assert feed.asked() == ["3"]


def test_a_page_that_is_just_full_is_followed_by_an_empty_one(begin: Begin, feed: Feed) -> None:
    """An empty page is where the feed goes on."""
    feed.events = feed.events[:4]
    register = follow(begin, feed)
    assert feed.asked() == ["1", "2"]
    feed.events += created(30, "10004", "Dorp 4")
    assert register.harvest().made == 1
    assert feed.asked() == ["2"]


def test_a_page_may_be_complete_one_run_later(begin: Begin, feed: Feed) -> None:
    """The base registry calls a page complete late; its events are not taken twice."""
    feed.pages[1] = (json.dumps(feed.events[:4]).encode(), False)
    register = follow(begin, feed)
    assert feed.asked() == ["1"]
    feed.pages.clear()
    assert register.harvest().made == 1
    assert feed.asked() == ["1", "2"]
    assert listed(register) == LISTED


def test_a_key_is_sent_and_shown_nowhere(begin: Begin, feed: Feed, tmp_path: Any) -> None:
    """The key that a publisher asks for may stand in a file; no report and no error has it."""
    key = tmp_path / "key"
    key.write_text("s3cret\n")
    register = follow(begin, feed, feed={"key_file": str(key)})
    assert {asked.headers["x-api-key"] for asked in feed.server.requests} == {"s3cret"}
    feed.server.fails(CHANGES, 403)
    fails(register, "answers 403 Forbidden")
    assert "s3cret" not in repr(register.harvester.runs.reports("krant")) + repr(register.sources)


def test_a_run_that_is_cut_short_goes_on(begin: Begin, feed: Feed) -> None:
    """What was read is kept, nothing is recorded before all of it is, and the next run asks for the rest alone."""
    stop = threading.Event()
    whole = feed.answer

    def hang(asked: Asked) -> Iterator[bytes]:
        if "pagina=2" in asked.target:
            stop.set()
            yield b""
        else:
            yield from whole(asked)

    feed.server.behaves(CHANGES, hang, times=2)
    register = begin(krant=feed.declaration())
    head = register.folder.journal.head()
    with pytest.raises(Interrupted):
        Harvester(register.folder, register.sources, stop=stop).harvest("krant")
    assert register.folder.journal.head() == head
    feed.asked()
    assert register.harvest().outcome == "new"
    assert feed.asked() == ["2"]
    assert listed(register) == LISTED
