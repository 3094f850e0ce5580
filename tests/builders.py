"""Small registers for tests: records as a registrar would write them, and a clock that only tests turn."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from regiolog.events.errors import Refusal
from regiolog.events.event import Event
from regiolog.events.journal import Journal
from regiolog.events.record import Wish
from regiolog.events.recording import Outcome, read_wishes, record

Record = dict[str, Any]

BASE = "http://localhost:8000/"


class TurnedClock:
    """A clock that stands still until it is turned."""

    def __init__(self, now: datetime | None = None) -> None:
        """Stand at noon on 1 June 2021 unless told otherwise."""
        self.now = now or datetime(2021, 6, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The instant at which it stands."""
        return self.now

    def turn(self, **by: float) -> datetime:
        """Turn it forward, by what timedelta takes, and say where it stands."""
        self.now += timedelta(**by)
        return self.now


def beginning(**changes: Any) -> Record:
    """The beginning of a register with two provinces and six municipalities."""
    return {
        "id": "beginning",
        "kind": "register-was-begun",
        "register": "test",
        "base_iri": BASE,
        "coverage": "2018-01-01",
        "provinces": {"10000": "Antwerpen", "40000": "Oost-Vlaanderen"},
        "municipalities": {f"1000{number}": {"name": f"Dorp {number}", "province": "10000"} for number in range(1, 7)},
        "source": ["a test"],
        **changes,
    }


def decision(key: str = "D1", **changes: Any) -> Record:
    """A decision, registered."""
    return {
        "id": f"{key}/registration",
        "kind": "decision-was-registered",
        "decision": key,
        "type": "decree",
        "body": "Vlaamse Regering",
        "title": f"besluit {key}",
        "decided": "2020-01-01",
        **changes,
    }


def said(kind: str, valid_from: str = "2020-02-01", decision: str = "D1", **fields: Any) -> Record:
    """Any other event, under a decision."""
    return {"kind": kind, "valid_from": valid_from, "decision": decision, **fields}


def region(key: str, **fields: Any) -> Record:
    """A region, designated on 1 February 2020."""
    return said("region-was-designated", region=key, name=key.title(), id=f"region/{key}", **fields)


def small_register() -> list[Record]:
    """Six municipalities, two decisions, two regions with two municipalities each."""
    return [
        beginning(),
        decision("D1"),
        decision("D2"),
        region("noord"),
        region("zuid"),
        said(
            "regions-were-demarcated",
            id="demarcation",
            assignments={"10001": "noord", "10002": "noord", "10003": "zuid", "10004": "zuid"},
        ),
    ]


def lines(records: Iterable[Record]) -> list[tuple[int, bytes]]:
    """Records as the numbered lines of a file."""
    return [(number, json.dumps(each).encode()) for number, each in enumerate(records, start=1)]


def tell(journal: Journal, *records: Record, clock: TurnedClock | None = None, run: str | None = None) -> Outcome:
    """Record what some records say, all of it or nothing; by a run of a harvest where one is named."""
    wishes = read_wishes(lines(records))
    if run is not None:
        wishes = [_by_run(wish, run) for wish in wishes]
    return record(journal, wishes, clock=clock or TurnedClock())


def _by_run(wish: Wish, run: str) -> Wish:
    """What one line asks, as a harvest would ask it; a harvest corrects nothing."""
    if not isinstance(wish.asked, Event):
        return wish
    return wish._replace(asked=msgspec.structs.replace(wish.asked, run=run))


def refuses(journal: Journal, *records: Record, because: str, kind: type[Refusal] = Refusal) -> Refusal:
    """See that records are refused for a reason, and that nothing of them was recorded."""
    head = journal.head()
    with pytest.raises(kind, match=because) as refused:
        tell(journal, *records)
    assert journal.head() == head
    return refused.value
