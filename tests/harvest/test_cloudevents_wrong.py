"""What is wrong with a change feed is one sentence, and nothing of it is taken by halves."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.harvest.batches import IN_USE, LISTED, MUNICIPALITY, RETIRED, Feed, created, event, listed, named
from tests.harvest.followed import Begin, fails, follow


def _without(field: str) -> list[dict[str, Any]]:
    told = event(30, "update", "10001")
    del told[field]
    return [told]


def _data(**changes: Any) -> list[dict[str, Any]]:
    told = event(30, "update", "10001")
    return [{**told, "data": {**told["data"], **changes}}]


BAD: dict[str, tuple[Any, str]] = {
    "an unknown type": (
        [event(30, "rename", "10001")],
        "event 30 is of the type basisregisters.municipality.rename.v1, which is not known here",
    ),
    "another version": (
        [{**event(30, "update", "10001"), "type": f"{MUNICIPALITY}.update.v2"}],
        "basisregisters.municipality.update.v2, which is not known here",
    ),
    "another thing": ([event(30, "create", "1", kind="basisregisters.streetname")], "which is not known here"),
    "numbers that go back": ([event(31, "delete", "10001"), event(30, "delete", "10002")], "event 30 after event 31"),
    "a number twice": ([event(30, "delete", "10001"), event(30, "delete", "10002")], "event 30 after event 30"),
    "a number that was passed": ([event(7, "delete", "10001")], "event 7 after event 21"),
    "a number that is none": ([{**event(30, "delete", "10001"), "id": "x30"}], "is no batch of CloudEvents"),
    "a number of another type": ([{**event(30, "delete", "10001"), "id": 30}], "is no batch of CloudEvents"),
    "a number without an end": ([{**event(30, "delete", "10001"), "id": "9" * 400}], "is no batch of CloudEvents"),
    "a time that is none": ([event(30, "delete", "10001", "yesterday")], "is no batch of CloudEvents"),
    "a day that is none": ([event(30, "delete", "10001", "2021-02-30T00:00:00Z")], "has a time that does not exist"),
    "no type": (_without("type"), "is no batch of CloudEvents"),
    "no thing": (_without("subject"), "event 30 does not say which thing it is about"),
    "no data": (_without("data"), "is no batch of CloudEvents"),
    "another CloudEvents": (
        [{**event(30, "delete", "10001"), "specversion": "2.0"}],
        "event 30 is of CloudEvents 2.0, and not 1.0",
    ),
    "attributes that are none": (_data(attributen={"status": 1}), "the data of event 30 cannot be read"),
    "an attribute without a name": (_data(attributen=[{"oudeWaarde": 1, "nieuweWaarde": 2}]), "the data of event 30"),
    "codes that are none": (_data(nisCodes=[10001]), "the data of event 30 cannot be read"),
    "data that are a list": ([{**event(30, "update", "10001"), "data": []}], "the data of event 30 cannot be read"),
    "what is there already": (
        created(30, "10001", "Dorp 1"),
        "event 30 creates https://data.vlaanderen.be/id/gemeente/10",
    ),
    "what is not there": (
        [event(30, "update", "10009")],
        "which is not there: the feed does not begin at its beginning",
    ),
    "what was never so": (
        [event(30, "update", "10001", status=(RETIRED, IN_USE))],
        "events are missing",
    ),
    "one event": (event(30, "delete", "10001"), "is no batch of CloudEvents"),
    "something else": ("gone", "is no batch of CloudEvents"),
}


@pytest.mark.parametrize("fault", BAD)
def test_what_is_wrong_is_one_sentence(begin: Begin, feed: Feed, fault: str) -> None:
    """Whatever is wrong with a batch, nothing of it is recorded, and once it is right all of it is."""
    register = follow(begin, feed)
    said, reason = BAD[fault]
    good = created(28, "10004", "Dorp 4")
    before = [*good, *said] if isinstance(said, list) and fault != "a number that was passed" else said
    feed.pages[3] = (json.dumps(before).encode(), False)
    feed.pages[2] = (json.dumps(feed.events[4:]).encode(), True)
    fails(register, reason)
    assert listed(register) == LISTED
    feed.pages[3] = (json.dumps(good).encode(), False)
    assert register.harvest().made == 1
    assert listed(register) == {**LISTED, "10004": "Dorp 4"}


@pytest.mark.parametrize("cut", [1, 2, 30, 200, 399])
def test_a_batch_that_is_cut_is_refused(begin: Begin, feed: Feed, cut: int) -> None:
    """A page that ends in the midst of an event, as if that were all, is refused."""
    feed.pages[2] = (json.dumps(feed.events[4:]).encode()[:-cut], False)
    fails(begin(krant=feed.declaration()), "page 2 of")


@pytest.mark.parametrize(
    "body", [b"", b"[", b"\xff\xfe", b"[" * 100_000, b"<!doctype html><p>503", b'[{"id":"1"}]', b"null"]
)
def test_what_is_no_batch_is_refused(begin: Begin, feed: Feed, body: bytes) -> None:
    """Anything else than a JSON array of events is refused."""
    feed.pages[1] = (body, True)
    fails(begin(krant=feed.declaration()), "is no batch of CloudEvents")


def test_a_page_that_answers_to_every_number_is_refused(begin: Begin, feed: Feed) -> None:
    """A publisher that takes no notice of the number of the page would be read without end."""
    feed.pages.update(dict.fromkeys(range(1, 9), (json.dumps(feed.events[:4]).encode(), True)))
    fails(begin(krant=feed.declaration()), "has event 5 after event 9: its numbers go back")
    assert feed.asked() == ["1", "2"]


def test_an_empty_page_is_not_complete(begin: Begin, feed: Feed) -> None:
    """A feed whose empty pages are complete has no end."""
    feed.pages[3] = (b"[]", True)
    feed.pages[2] = (json.dumps(feed.events[4:]).encode(), True)
    fails(begin(krant=feed.declaration()), "says that it is complete, and has no event")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda events: events[:-1], "no longer has event 21, which was read before"),
        (
            lambda events: [events[0], {**events[1], "time": "2020-01-02T00:00:00Z"}],
            "event 21, which was read before and",
        ),
        (lambda events: [event(19, "delete", "10001"), *events], "event 19, which was read before and is another one"),
        (lambda _: [], "no longer has event 20, which was read before"),
    ],
)
def test_what_was_read_stays_as_it_was(
    begin: Begin, feed: Feed, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]], reason: str
) -> None:
    """A page that was read in part still has what it had; how it is written plays no part."""
    register = follow(begin, feed)
    feed.pages[2] = (json.dumps(feed.events[4:], indent=2, sort_keys=True).encode(), False)
    assert register.harvest().outcome == "unchanged"
    feed.pages[2] = (json.dumps(change(feed.events[4:])).encode(), False)
    fails(register, reason)
    assert listed(register) == LISTED


def test_a_hole_is_missed_where_there_can_be_none(begin: Begin, feed: Feed) -> None:
    """Where every number is given to an event, one that is left out is missing; somebody may look, and go on."""
    feed.events = [*created(1, "10001", "Dorp 1"), *created(4, "10002", "Dorp 2")]
    register = begin(krant=feed.declaration(feed={"gapless": True}))
    fails(register, "has event 4 after event 2: events are missing")
    report = register.harvest(accept=True)
    assert report.outcome == "new"
    assert ["has event 4 after event 2: events are missing" in note for note in report.notes] == [True]
    assert register.harvest().outcome == "unchanged"


def test_what_seems_to_be_missing_can_be_accepted(begin: Begin, feed: Feed) -> None:
    """An old value that was never read is a hole, until somebody looks."""
    register = follow(begin, feed)
    feed.events.append(event(30, "update", "10001", status=(RETIRED, IN_USE)))
    fails(register, f'event 30 says that status of https://data.vlaanderen.be/id/gemeente/10001 was "{RETIRED}"')
    report = register.harvest(accept=True)
    assert (report.outcome, len(report.notes)) == ("silent", 1)


def test_none_and_nothing_are_the_same_old_value(begin: Begin, feed: Feed) -> None:
    """An attribute that was never given is as good as an empty one, and a list may come in another order."""
    names = [named("Dorp 1-fr", "fr"), named("Dorp 1")]
    feed.events += [
        event(30, "update", "10001", gemeentenaam=(names, [named("Dorp Een")]), faciliteitenTaal=([], ["fr", "de"])),
        event(31, "update", "10001", faciliteitenTaal=(["de", "fr"], [])),
        event(32, "update", "10001", faciliteitenTaal=(None, ["fr"])),
    ]
    assert listed(follow(begin, feed))["10001"] == "Dorp Een"


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"rows": 5}, "it has more than 5 new events, which is the limit"),
        ({"pages": 1}, "more than 1 pages, the limit of one run; what was read is kept"),
        ({"bytes": 3_300}, "more than 3,300 bytes"),
    ],
)
def test_limits_hold(begin: Begin, feed: Feed, limits: dict[str, int], reason: str) -> None:
    """What one run costs has an end."""
    fails(begin(krant=feed.declaration(limits={**feed.declaration()["limits"], **limits})), reason)
