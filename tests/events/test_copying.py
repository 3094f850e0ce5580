"""Copying a journal: stored bytes go from one to another as they are, in order, and find their tags there."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from eventsourcing.dcb.api import DCBRecorder
from eventsourcing.dcb.popo import InMemoryDCBRecorder

from regiolog.events.errors import Conflict
from regiolog.events.journal import Boundary, EventUnreadable, Journal
from regiolog.events.region import RegionWasRenamed

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
EARLIER = datetime(2023, 5, 1, 12, tzinfo=UTC)
EVERYTHING = Boundary(everything=True)


def renamed(name: str, region: str = "waasland") -> RegionWasRenamed:
    """An event about one region; its id is the name."""
    return RegionWasRenamed(id=name, region=region, name=name, valid_from=date(2024, 1, 1), decision="D1")


@pytest.fixture
def there() -> Journal:
    """A journal of three events, whose clock stood at noon."""
    journal = Journal(InMemoryDCBRecorder(), lambda: NOON)
    journal.append([renamed("a"), renamed("b", "westhoek"), renamed("c")], EVERYTHING, 0)
    return journal


@pytest.fixture
def here(recorder: DCBRecorder) -> Journal:
    """An empty journal, whose clock is behind that of the other one."""
    return Journal(recorder, lambda: EARLIER)


def stored(journal: Journal, after: int = 0) -> list[bytes]:
    """The stored bytes of a journal past a position."""
    return [data for _, data in journal.stored(after)]


def test_a_copy_is_the_same_bytes_at_the_same_positions(there: Journal, here: Journal) -> None:
    """`recorded_at` is what the other clock said."""
    copied = here.copy(stored(there), 0)
    assert list(here.stored()) == list(there.stored())
    assert [(position, event.id, event.recorded_at) for position, event in copied] == [
        (1, "a", NOON),
        (2, "b", NOON),
        (3, "c", NOON),
    ]


def test_what_was_copied_is_found_by_its_tags(there: Journal, here: Journal) -> None:
    """Rules read it as if it had been recorded here."""
    here.copy(stored(there), 0)
    assert [each.position for each in here.read(Boundary(frozenset({"region:waasland"})))] == [1, 3]
    assert [each.position for each in here.read(Boundary(frozenset({"id:b"})))] == [2]


def test_a_copy_goes_on_where_it_was_left(there: Journal, here: Journal) -> None:
    """In parts, each of which begins where the last one ended."""
    here.copy(stored(there)[:1], 0)
    here.copy(stored(there, 1), 1)
    assert here.copy([], 3) == []
    assert list(here.stored()) == list(there.stored())
    assert list(here.stored(1, 2)) == list(there.stored())[1:2]


@pytest.mark.parametrize("after", [0, 1, 3])
def test_a_gap_or_an_overlap_is_refused(there: Journal, here: Journal, after: int) -> None:
    """Nothing is recorded unless the journal ends where the copy begins."""
    here.copy(stored(there)[:2], 0)
    with pytest.raises(Conflict, match=f"ends at event 2, and not at {after}"):
        here.copy(stored(there, 2), after)
    assert here.head() == 2


def test_an_event_twice_is_refused(there: Journal, here: Journal) -> None:
    """In one part, and in two; which two they are is said."""
    first, second, _ = stored(there)
    with pytest.raises(Conflict, match="event 3 has the id of event 1"):
        here.copy([first, second, first], 0)
    assert here.head() == 0
    here.copy([first, second], 0)
    with pytest.raises(Conflict, match="event 3 has the id of event 2"):
        here.copy([second], 2)
    assert here.head() == 2


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"{}",
        b"nothing",
        b'{"kind":"region-was-praised","id":"x"}',
        b'{"kind":"region-was-renamed","id":"\xff"}',
        b'{"kind":"region-was-renamed","id":"x","region":"r","name":"n"},{"kind":"region-was-renamed","id":"y"}',
    ],
)
def test_what_cannot_be_read_stops_all_of_it(there: Journal, here: Journal, bad: bytes) -> None:
    """It is named by the position that it would have had."""
    with pytest.raises(EventUnreadable, match="event 2 "):
        here.copy([stored(there)[0], bad, stored(there)[2]], 0)
    assert here.head() == 0


def test_two_halves_of_events_are_no_events(there: Journal, here: Journal) -> None:
    """Bytes are read one by one: joined, these would read as the right number of events."""
    whole = stored(there)[0]
    halves = [b'{"kind":"region-was-renamed","id":"p","note":"', b'","region":"r","name":"n"}', whole + b"," + whole]
    with pytest.raises(EventUnreadable, match="event 1 "):
        here.copy(halves, 0)
    assert here.head() == 0
