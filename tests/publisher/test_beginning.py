"""How a register begins, and what a newer archive adds to one that has begun."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from regiolog.events.errors import Refusal
from regiolog.events.journal import Journal
from regiolog.events.journal_sqlite import open_journal
from regiolog.events.recording import read_wishes, record
from regiolog.publisher.beginning import MARKER, load_archive, register_of
from regiolog.publisher.settings import DEFAULT_BASE_IRI
from regiolog.sync.archive import archive_lines
from tests.builders import decision, small_register, tell
from tests.facts import EVENTS

ALL = EVENTS


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """A journal in which nothing has happened."""
    opened = open_journal(tmp_path, create=True)
    yield opened
    opened.close()


def older_archive(journal: Journal, lines: int) -> None:
    """Load the first lines of the archive, as an older version would have had them."""
    wishes = read_wishes(
        enumerate(islice(archive_lines(), lines), start=1),
        defaults=lambda line: {"base_iri": DEFAULT_BASE_IRI} if line == 1 else {},
    )
    record(journal, wishes)


def test_an_empty_journal_gets_all_of_the_archive_as_backfill(journal: Journal) -> None:
    """Every line is known from when it was published, under the base IRI that was asked for."""
    seen: list[tuple[int, int]] = []
    loaded = load_archive(journal, "https://regio.example.org/", progress=lambda *done: seen.append(done))
    assert (loaded.recorded, journal.head(), seen[-1]) == (ALL, ALL, (ALL, ALL))
    begun = register_of(journal)
    assert begun is not None
    assert begun.base_iri == "https://regio.example.org/"
    assert all(recorded.event.known_from is not None for recorded in journal.replay())


def test_loading_it_again_records_nothing(journal: Journal) -> None:
    """Repeat is silence, with or without the base IRI."""
    load_archive(journal, None)
    assert load_archive(journal, None) == load_archive(journal, DEFAULT_BASE_IRI) == (0, None)
    assert journal.head() == ALL


def test_another_base_iri_is_refused_with_both_named(journal: Journal) -> None:
    """What was published under an address stays there."""
    load_archive(journal, None)
    with pytest.raises(Refusal, match=r"http://localhost:8000/.+http://other\.example/"):
        load_archive(journal, "http://other.example/")


def test_what_a_newer_archive_adds_is_live(journal: Journal) -> None:
    """Its new lines are known from now on: nothing can be dated back any more."""
    older_archive(journal, 60)
    assert load_archive(journal, None).recorded == ALL - 60
    added = [recorded.event for recorded in journal.replay(after=60)]
    assert [event.known_from for event in added] == [None] * (ALL - 60)
    assert load_archive(journal, None).recorded == 0


def test_a_record_file_of_the_archive_can_be_left_out(journal: Journal) -> None:
    """Without what Provincies in Cijfers published, that source is unknown; taken in later, it is known from then."""
    without = load_archive(journal, None, leave_out=["provincies-in-cijfers"]).recorded
    kinds = {recorded.event.said_by for recorded in journal.replay()}
    assert kinds == {None, "abb"}
    assert load_archive(journal, None).recorded == ALL - without
    late = [recorded.event for recorded in journal.replay(after=without)]
    assert {(event.said_by, event.known_from) for event in late} == {("pinc", None)}


def test_an_archive_that_is_marked_as_loaded_is_not_read_again(journal: Journal, tmp_path: Path) -> None:
    """The mark is that of the very record files; without it, or with another, they are looked at, in silence."""
    marker = tmp_path / MARKER
    load_archive(journal, None, marker=marker)
    first = marker.read_text()
    assert load_archive(journal, None, marker=marker).recorded == 0
    marker.write_bytes(b"\xff")
    assert load_archive(journal, None, marker=marker).recorded == 0
    assert marker.read_text() == first


def test_what_was_left_out_stays_out_until_it_is_asked_for(journal: Journal, tmp_path: Path) -> None:
    """A start that says nothing of it changes nothing: what has no licence does not slip in."""
    marker = tmp_path / MARKER
    load_archive(journal, None, leave_out=["provincies-in-cijfers"], marker=marker)
    head = journal.head()
    assert load_archive(journal, None, marker=marker).recorded == 0
    assert journal.head() == head
    assert load_archive(journal, None, leave_out=[], marker=marker).recorded > 0
    assert load_archive(journal, None, marker=marker).recorded == 0


def test_an_archive_that_contradicts_what_was_recorded_since_is_handed_back(journal: Journal) -> None:
    """Nothing of it is recorded, and whoever serves can go on."""
    older_archive(journal, 1)
    tell(journal, decision("VR-2021-03-12", id="mine", title="iets anders"))
    loaded = load_archive(journal, None)
    assert loaded.recorded == 0
    assert loaded.refused is not None
    assert "mine" in str(loaded.refused)
    assert journal.head() == 2


def test_another_register_is_left_alone(journal: Journal) -> None:
    """The archive is that of Flanders, and of no other register."""
    tell(journal, *small_register())
    head = journal.head()
    assert load_archive(journal, None) == (0, None)
    assert journal.head() == head
