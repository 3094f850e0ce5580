"""The benchmark's registers are made of events that the rules would have let in."""

from __future__ import annotations

from itertools import groupby, islice
from pathlib import Path

import msgspec
import pytest

from bench.filling import SIZES, Hand, Made, Size, fill
from bench.generator import generate
from regiolog.events.correction import EventWasCorrected, EventWasRetracted
from regiolog.events.event import Event
from regiolog.events.journal import Journal
from regiolog.events.journal_sqlite import open_journal
from regiolog.events.kinds import stored_name
from regiolog.events.record import Correction, Wish, as_record
from regiolog.events.recording import record
from regiolog.sync.folder import Folder

SMALL = Size(40, 400)


def _wishes(made: list[Made], latest: dict[str, str], believed: dict[str, Event]) -> list[Wish]:
    """What a registrar would have asked for to get these events."""
    wishes = []
    for number, (_, event) in enumerate(made, start=1):
        match event:
            case EventWasCorrected(corrects=origin, replacement=after):
                change = _patch(as_record(believed[origin]), as_record(after))
                asked: Event | Correction = Correction(_said(event), latest[origin], change)
                latest[origin], believed[origin] = event.id, after
            case EventWasRetracted(retracts=origin):
                asked = Correction(_said(event), latest[origin], None)
            case _:
                asked = event
                latest[event.id], believed[event.id] = event.id, event
        wishes.append(Wish(number, asked, named=True))
    return wishes


def _said(event: EventWasCorrected | EventWasRetracted) -> dict[str, object]:
    """The fields that a registrar gives of a correction."""
    ours = {"corrects", "retracts", "replacement", "tagged", "kind"}
    return {name: value for name, value in as_record(event).items() if name not in ours}


def _patch(before: dict[str, object], after: dict[str, object]) -> dict[str, object]:
    """The merge patch (RFC 7396) that makes one flat record of another."""
    gone: dict[str, object] = dict.fromkeys(before.keys() - after.keys())
    return gone | {name: value for name, value in after.items() if before.get(name) != value}


def _without_stamp(event: Event) -> Event:
    return msgspec.structs.replace(event, recorded_at=None)


def _rule_by_rule(journal: Journal, clock: Hand, made: list[Made]) -> None:
    latest: dict[str, str] = {}
    believed: dict[str, Event] = {}
    for year, part in groupby(made, lambda each: each.known.year):
        asked = list(part)
        clock.now = asked[-1].known
        outcome = record(journal, _wishes(asked, latest, believed), clock=clock)
        assert [_without_stamp(event) for _, event in outcome.recorded] == [each.event for each in asked], year


@pytest.mark.parametrize("seed", range(4))
def test_the_rules_accept_every_event_as_it_was_made(tmp_path: Path, seed: int) -> None:
    """Asked for as records, the events come out of the rules the very same, none refused and none silent."""
    clock = Hand()
    journal = open_journal(tmp_path, clock, create=True)
    _rule_by_rule(journal, clock, list(generate(SMALL, seed)))
    assert journal.head() == SMALL.events
    journal.close()


@pytest.mark.parametrize("seed", range(4, 8))
def test_a_made_up_register_can_be_projected_to_its_end(tmp_path: Path, seed: int) -> None:
    """Nothing in a made-up register stops the projector, and its known times are spread over the years."""
    clock = Hand()
    folder = Folder(tmp_path, create=True, clock=clock)
    head = fill(folder.journal, clock, generate(SIZES["S"], seed))
    history = folder.history()
    assert history.position == head == SIZES["S"].events
    assert (history.head_known() - history.known_of(1)).days > 35 * 365
    history.close()
    folder.close()


def test_the_same_seed_makes_the_same_register() -> None:
    """A size and a seed name one register; another seed names another."""
    size = Size(30, 200)
    assert list(generate(size, 3)) == list(generate(size, 3))
    assert list(generate(size, 3)) != list(generate(size, 4))


def test_a_made_up_register_has_a_bit_of_everything() -> None:
    """Corrections, retractions, mergers of both sorts, and changes that were known before their day."""
    made = list(islice(generate(SIZES["M"]), 5_000))
    kinds = {stored_name(event) for _, event in made}
    assert {"event-was-corrected", "event-was-retracted", "municipality-was-renamed"} <= kinds
    assert {"municipality-was-moved-to-province", "assignments-were-confirmed"} <= kinds
    merged = [event for _, event in made if stored_name(event) == "municipalities-were-merged"]
    assert {event.absorbs for event in merged} == {True, False}  # type: ignore[attr-defined]
    ahead = [event for known, event in made if event.valid_from and event.valid_from > known.date()]
    assert len(ahead) > 500
