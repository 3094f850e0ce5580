"""``/log/entries``: the journal's stored bytes, an event a line, in ranges that are whole and never change again."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from regiolog.events.errors import FolderError
from regiolog.events.journal import Boundary, Journal
from regiolog.events.journal_sqlite import open_journal
from regiolog.events.kinds import encode
from regiolog.events.region import RegionWasRenamed
from regiolog.publisher.app import create_app
from regiolog.publisher.log import MOST, STRIDE, range_of
from regiolog.publisher.problems import Problem
from regiolog.publisher.service import Service
from regiolog.publisher.settings import Settings
from regiolog.sync.folder import Folder
from tests.builders import TurnedClock, decision, small_register, tell
from tests.publisher.endpoint import refused

ENTRIES: Final = "/log/entries"
IMMUTABLE: Final = "public, max-age=31536000, immutable"


def entries(client: FlaskClient, after: object, **headers: str) -> TestResponse:
    """What is answered to whoever holds everything up to a position."""
    return client.get(
        ENTRIES, query_string={"after": after}, headers={name.replace("_", "-"): headers[name] for name in headers}
    )


def renamed(name: str, note: str = "") -> RegionWasRenamed:
    """An event; its id is the name."""
    return RegionWasRenamed(id=name, region="waasland", name="Waasland", valid_from=date(2024, 1, 1), note=note)


def append(journal: Journal, *events: RegionWasRenamed) -> None:
    """Record events, whatever they say."""
    journal.append(events, Boundary(everything=True), journal.head())


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """An empty journal."""
    with closing(open_journal(tmp_path, lambda: datetime(2024, 5, 1, 12, tzinfo=UTC), create=True)) as opened:
        yield opened


# --- What is given ------------------------------------------------------------------------------------------------


def test_range_after_range_is_the_journal(client: FlaskClient, service: Service) -> None:
    """Whoever goes on from each range to the next has every stored byte, once and in order, and knows where to end."""
    stored, after, links = b"", 0, 0
    while True:
        answer = entries(client, after)
        assert (answer.status_code, answer.mimetype) == (200, "application/jsonl")
        assert answer.content_length == len(answer.data)
        assert answer.headers["Regiolog-Position"] == str(after + answer.data.count(b"\n"))
        stored += answer.data
        after = int(answer.headers["Regiolog-Position"])
        if "Link" not in answer.headers:
            break
        assert answer.headers["Link"] == f'<entries?after={after}>; rel="next"'
        links += 1
    head = service.folder.journal.head()
    assert (after, links) == (head, head // STRIDE)
    assert stored == b"".join(data + b"\n" for _, data in service.folder.journal.stored())


def test_a_range_goes_up_to_the_next_boundary(client: FlaskClient) -> None:
    """Wherever one begins, one comes to the same boundaries."""
    for after, position in ((0, 256), (255, 256), (256, 512), (300, 512), (511, 512)):
        assert entries(client, after).headers["Regiolog-Position"] == str(position)


def test_at_the_head_there_is_nothing_yet(client: FlaskClient, service: Service) -> None:
    """It is an answer all the same, that may be another one soon."""
    head = service.folder.journal.head()
    answer = entries(client, head)
    assert (answer.status_code, answer.data, answer.content_length) == (200, b"", 0)
    assert answer.headers["Regiolog-Position"] == answer.headers["Regiolog-Head"] == str(head)
    assert "Link" not in answer.headers
    assert answer.headers["Cache-Control"] == "public, no-cache"


def test_a_complete_range_is_for_good(client: FlaskClient, service: Service) -> None:
    """One that ends at the head is asked for again, and known again by its tag."""
    head = service.folder.journal.head()
    complete, last = entries(client, 0), entries(client, head - 1)
    assert complete.headers["Cache-Control"] == IMMUTABLE
    assert last.headers["Cache-Control"] == "public, no-cache"
    for answer, after in ((complete, 0), (last, head - 1)):
        assert not answer.headers["ETag"].startswith("W/")
        again = entries(client, after, If_None_Match=answer.headers["ETag"])
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["Regiolog-Position"] == answer.headers["Regiolog-Position"]
        assert again.headers["Cache-Control"] == answer.headers["Cache-Control"]
        other = entries(client, after, If_None_Match='"another"')
        assert (other.status_code, other.data) == (200, answer.data)


def test_it_comes_packed_to_whoever_asks_for_it(client: FlaskClient) -> None:
    """The same bytes, with a tag of their own."""
    plain, packed = entries(client, 0), entries(client, 0, Accept_Encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.content_length == len(packed.data) < len(plain.data)
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["ETag"] != plain.headers["ETag"]


def test_the_head_of_an_answer_is_that_of_its_whole(client: FlaskClient) -> None:
    """HEAD says the same, and gives nothing."""
    whole = entries(client, 300)
    head = client.head(ENTRIES, query_string={"after": 300})
    assert (head.status_code, head.data) == (200, b"")
    for name in ("Content-Length", "Content-Type", "ETag", "Regiolog-Position", "Regiolog-Head", "Link"):
        assert head.headers[name] == whole.headers[name]


def test_a_page_of_another_host_may_read_it(client: FlaskClient) -> None:
    """The headers that say what was given are among those that scripts may see."""
    answer = entries(client, 0)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    exposed = {name.strip() for name in answer.headers["Access-Control-Expose-Headers"].split(",")}
    assert {"Regiolog-Position", "Regiolog-Head", "Link", "ETag"} <= exposed


# --- Bad questions ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "after", ["", "-1", "+1", "01", "1.0", "1e3", " 1", "x", "0x10", "٣", "9" * 19, "1" * 5_000, "\n"]
)
def test_what_is_no_position_is_refused(client: FlaskClient, after: str) -> None:
    """It says what was given, and what would do."""
    refused(entries(client, after), 400, "bad-parameter", "write a position of the journal")


def test_what_is_after_the_head_is_refused(client: FlaskClient, service: Service) -> None:
    """Nobody can hold more than there is."""
    head = service.folder.journal.head()
    for after in (head + 1, 10**17):
        refused(entries(client, after), 400, "bad-parameter", f"the journal ends at position {head}")


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("", "after is missing"),
        ("after=1&after=1", "after is given 2 times"),
        ("after=1&upto=2", "upto is not a parameter here"),
        ("after=1&at=2024-01-01", "at is not a parameter here"),
    ],
)
def test_any_other_question_is_refused(client: FlaskClient, question: str, words: str) -> None:
    """Nothing is ignored, and nothing guessed."""
    refused(client.get(f"{ENTRIES}?{question}"), 400, "bad-parameter", words)


def test_it_has_one_form(client: FlaskClient) -> None:
    """Whoever wants another one is told so; whoever does not mind gets it."""
    assert entries(client, 0, Accept="text/turtle").status_code == 406
    assert entries(client, 0, Accept="application/x-ndjson").mimetype == "application/jsonl"
    assert entries(client, 0, Accept="text/html, */*;q=0.1").mimetype == "application/jsonl"
    assert client.post(ENTRIES).status_code == 405


# --- Ranges -------------------------------------------------------------------------------------------------------


def test_a_range_grows_until_it_is_complete(journal: Journal) -> None:
    """What was given stands at its beginning, and once it is complete nothing changes it."""
    append(journal, *(renamed(str(number)) for number in range(STRIDE - 1)))
    growing = range_of(journal, 0)
    assert (growing.position, growing.is_complete) == (STRIDE - 1, False)
    append(journal, renamed("last"), renamed("first of the next"))
    complete = range_of(journal, 0)
    assert (complete.position, complete.is_complete) == (STRIDE, True)
    assert complete.body.startswith(growing.body)
    append(journal, *(renamed(f"more {number}") for number in range(5)))
    assert range_of(journal, 0) == complete._replace(head=STRIDE + 6)
    assert range_of(journal, STRIDE).body.count(b"\n") == 6


def test_a_range_that_ends_at_the_head_and_at_a_boundary_is_complete(journal: Journal) -> None:
    """It leads on to one that is still empty."""
    append(journal, *(renamed(str(number)) for number in range(STRIDE)))
    assert range_of(journal, 0).is_complete
    assert range_of(journal, STRIDE) == (b"", STRIDE, STRIDE, False)


def test_large_events_make_short_ranges(journal: Journal) -> None:
    """No range is larger than the limit, save one of a single event; and each is complete where it ends."""
    sizes = {"a": MOST // 2, "b": MOST // 2, "c": 10, "d": 2 * MOST, "e": 10}
    append(journal, *(renamed(name, "x" * size) for name, size in sizes.items()))
    ends = []
    after = 0
    while (found := range_of(journal, after)).is_complete:
        assert len(found.body) <= MOST or found.position == after + 1
        ends.append(found.position)
        after = found.position
    assert ends == [1, 3, 4]
    assert found.position == 5
    append(journal, renamed("f"))
    assert range_of(journal, 1).position == 3


def test_an_empty_journal_has_an_empty_range(journal: Journal) -> None:
    """It may grow."""
    assert range_of(journal, 0) == (b"", 0, 0, False)
    with pytest.raises(Problem, match="ends at position 0"):
        range_of(journal, 1)


@given(st.text())
def test_no_stored_event_has_a_line_break(text: str) -> None:
    """Whatever is in a text, its bytes are one line: JSON escapes every break."""
    assert b"\n" not in encode(renamed("a", text))


def test_no_event_of_the_archive_has_a_line_break(service: Service) -> None:
    """Nor any other character that is none of JSON's own."""
    for position, stored in service.folder.journal.stored():
        assert min(stored) >= 0x20, position


def test_what_is_no_line_is_not_given(journal: Journal) -> None:
    """Bytes that somebody else stored, with a line break between two values, are an error and never two lines."""
    append(journal, renamed("a"))
    (_, stored) = next(journal.stored())
    journal.copy([stored.replace(b'"a"', b'"b"').replace(b',"', b',\n"', 1)], 1)
    with pytest.raises(FolderError, match="event 2 of the journal cannot be given as a line"):
        range_of(journal, 0)


def test_what_was_recorded_is_given_at_once(tmp_path: Path) -> None:
    """No answer that is kept is older than the journal, be it projected or not."""
    clock = TurnedClock()
    with closing(Folder(tmp_path, create=True, clock=clock)) as folder:
        tell(folder.journal, *small_register(), clock=clock)
        with Service.open(Settings(data=tmp_path), clock=clock) as service:
            client = create_app(service).test_client()
            for number in range(20):
                before = entries(client, 0)
                tell(folder.journal, decision(f"N{number}", source=["a test"]), clock=clock)
                after = entries(client, 0, If_None_Match=before.headers["ETag"])
                assert after.status_code == 200
                assert int(after.headers["Regiolog-Position"]) == int(before.headers["Regiolog-Position"]) + 1
