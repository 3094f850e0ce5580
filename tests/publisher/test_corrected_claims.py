"""What was claimed and then corrected, as queries and pages tell it: the old word and the new, never a mixture."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient

from regiolog.publisher.app import create_app
from regiolog.publisher.service import Service
from regiolog.publisher.settings import Settings
from regiolog.sync.folder import Folder
from tests.builders import Record, TurnedClock, tell
from tests.facts import EVENTS
from tests.processes import prepared

PAPER = {"kind": "source-was-registered", "said_by": "krant", "name": "De Krant", "source": ["a colophon"]}
Rows = list[dict[str, str]]


def says(words: str, nis: str = "44081", **fields: str) -> Record:
    """That a municipality is in a region."""
    return {"says": "region-of", "of": nis, "words": words, **fields}


def publication(name: str, *made: Record) -> Record:
    """What the paper wrote."""
    return {
        "id": name,
        "kind": "claims-were-made",
        "said_by": "krant",
        "document": name,
        "valid_from": "2026-06-01",
        "made": list(made),
        "source": ["https://krant.example.org"],
    }


def correction(name: str, of: str, *made: Record) -> Record:
    """What it should have been read as."""
    return {
        "id": name,
        "kind": "event-was-corrected",
        "corrects": of,
        "reason": "a line too far",
        "change": {"made": list(made)},
        "source": ["the paper"],
    }


@pytest.fixture(scope="module")
def client(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """The Flemish register, with a paper that was misread in June, and put right in July and August."""
    data = prepared(service.settings.data, tmp_path_factory.mktemp("corrected") / "data")
    clock = TurnedClock(datetime(2026, 6, 1, 12, tzinfo=UTC))
    folder = Folder(data, clock=clock)
    tell(folder.journal, PAPER, publication("june", says("Regio Gent"), says("Waasland", nis="44021")), clock=clock)
    clock.turn(days=30)
    tell(folder.journal, correction("july", "june", says("Waasland"), says("Waasland", nis="44021")), clock=clock)
    clock.turn(days=31)
    tell(folder.journal, correction("august", "july", says("Nergens"), says("Waasland", nis="44021")), clock=clock)
    clock.turn(days=31)
    folder.close()
    with Service.open(Settings(data=data), clock=clock) as opened:
        yield create_app(opened).test_client()


@pytest.fixture(scope="module")
def said(client: FlaskClient) -> Callable[..., list[tuple[str, str, str, str]]]:
    """What the paper said of a municipality: region, words, known from and until, as days."""

    def asked(nis: str, **moment: str) -> list[tuple[str, str, str, str]]:
        answer = client.get("/query/said.csv", query_string={"nis": nis, **moment})
        assert answer.status_code == 200, answer.text
        rows = csv.DictReader(io.StringIO(answer.text, newline=""))
        return [
            (row["region_key"], row["words"], row["known_from"][:10], row["known_to"][:10])
            for row in rows
            if row["source"] == "krant"
        ]

    return asked


def test_a_corrected_claim_has_one_row_for_each_reading(said: Callable[..., object]) -> None:
    """Each with the time in which it was believed; one that is resolved to nothing has no region."""
    assert said("44081") == [
        ("regio-gent", "Regio Gent", "2026-06-01", "2026-07-01"),
        ("waasland", "Waasland", "2026-07-01", "2026-08-01"),
        ("", "Nergens", "2026-08-01", ""),
    ]


def test_an_earlier_known_knows_nothing_of_the_correction(said: Callable[..., object]) -> None:
    """The answer of June is that of June; only the end of its time is told."""
    assert said("44081", known="2026-06-15") == [("regio-gent", "Regio Gent", "2026-06-01", "2026-07-01")]
    assert said("44081", known="2026-07-15") == [("waasland", "Waasland", "2026-07-01", "2026-08-01")]


def test_what_the_correction_left_alone_goes_on(said: Callable[..., object]) -> None:
    """The claim beside it is one row, from its first day on."""
    assert said("44021") == [("waasland", "Waasland", "2026-06-01", "")]


def test_the_page_of_an_event_says_that_it_was_wrong(client: FlaskClient) -> None:
    """It leads to the corrections, but not before they were known."""
    page = client.get(f"/doc/event/{EVENTS + 2}.html").text
    assert f"event {EVENTS + 3}" in page
    assert f"event {EVENTS + 4}" in page
    assert "It was wrong" in page
    assert "It was wrong" not in client.get(f"/doc/event/{EVENTS + 2}.html?known=2026-06-15").text


def test_a_divergence_rests_on_the_decision_of_the_day(client: FlaskClient) -> None:
    """The same as the region itself does, whatever event last touched the statement."""
    rows = csv.DictReader(io.StringIO(client.get("/query/divergences.csv?at=2026-06-15&known=2026-06-15").text))
    (row,) = [each for each in rows if each["source"] == "krant" and each["subject"].endswith("44021")]
    assert (row["source_says"], row["register_says"], row["decision"]) == ("waasland", "regio-gent", "REGIODECREET")


def test_the_source_lists_what_is_odd(client: FlaskClient) -> None:
    """A region that nobody knows is marked, on the page of who said so."""
    page = client.get("/doc/source/krant.html").text
    assert "Nergens" in page
    assert "unknown" in page
    assert "none stated" in page


def test_addresses_are_sources_too(client: FlaskClient) -> None:
    """A source that is an address is among the sources of an assignment, beside those in words."""
    answer = client.get("/query/region-of.csv?nis=11056&at=2023-04-01&known=2023-03-10")
    (row,) = csv.DictReader(io.StringIO(answer.text, newline=""))
    assert "https://" in row["sources"]
