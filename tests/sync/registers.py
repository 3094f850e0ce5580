"""Random registers: what a hurried registrar might ask, of which the rules take what can be."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from regiolog.events.correction import EventWasCorrected
from regiolog.events.event import Event
from regiolog.events.record import as_record
from tests.builders import Record

CODES = [f"1000{number}" for number in range(1, 7)]
NEW = ["20001", "20002"]
REGIONS = ["noord", "zuid", "west"]
DECISIONS = ["D1", "D2", "D3"]

_days = st.integers(-8, 14)
_town = st.sampled_from(CODES + NEW)
_region = st.sampled_from(REGIONS)
_names = st.sampled_from(["Aa", "Bé", 'C "d"', "Éé"])
_province = st.sampled_from(["10000", "40000"])


def _said(kind: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Record]:
    return st.fixed_dictionaries(
        {"kind": st.just(kind), "valid_from": _days, "decision": st.sampled_from(DECISIONS), **fields}
    )


changes = st.one_of(
    _said("municipality-was-renamed", municipality=_town, name=_names),
    _said("municipality-was-moved-to-province", municipality=_town, province=_province),
    _said("municipality-was-assigned", municipality=st.sampled_from(CODES[4:] + NEW), region=_region),
    _said(
        "municipality-was-reassigned",
        municipality=st.sampled_from(CODES[:2]),
        from_region=st.just("noord"),
        to_region=_region,
    ),
    _said("municipality-was-unassigned", municipality=st.sampled_from(CODES[2:4]), region=st.just("zuid")),
    _said(
        "municipalities-were-left-pending",
        municipalities=st.lists(st.sampled_from(CODES[4:]), min_size=1, max_size=2, unique=True),
    ),
    _said(
        "regions-were-demarcated",
        assignments=st.dictionaries(st.sampled_from(CODES), st.sampled_from(REGIONS[:2]), min_size=1, max_size=3),
    ),
    _said("assignments-were-confirmed", assignments=st.sampled_from([{"10001": "noord"}, {"10003": "zuid"}])),
    _said(
        "municipalities-were-merged",
        merged=st.lists(st.sampled_from(CODES), min_size=1, max_size=3, unique=True),
        into=st.fixed_dictionaries(
            {"nis": st.sampled_from([*NEW, *CODES[:2]]), "name": _names, "province": _province},
            optional={"region": _region},
        ),
    ),
    _said("municipality-was-ended", municipality=_town, successors=st.lists(_town, max_size=2, unique=True)),
    _said("region-was-designated", region=st.just("west"), name=_names),
    _said("region-was-announced", region=st.just("west")),
    _said("region-lapsed", region=st.just("west")),
    _said("region-was-renamed", region=_region, name=_names),
    _said("region-was-ended", region=_region),
)

_patch = st.fixed_dictionaries(
    {
        "valid_from": _days,
        "name": _names,
        "region": _region,
        "to_region": _region,
        "municipality": _town,
        "province": _province,
        "decision": st.sampled_from(DECISIONS),
        "assignments": st.dictionaries(_town, st.one_of(_region, st.none()), min_size=1, max_size=2),
        "merged": st.lists(_town, min_size=1, max_size=3, unique=True),
    }
)

mistakes = st.fixed_dictionaries(
    {"target": st.integers(0, 30), "patch": _patch, "field": st.integers(0, 8), "retract": st.booleans()}
)
"""Which of the events was wrong, and how; what it had no field for is left out when it is told."""

steps = st.tuples(st.one_of(changes, changes, mistakes), st.sampled_from([0, 0, 3, 40]))
"""One wish, and by how many days the clock turns before it."""


def wish_of(step: Record, number: int, events: list[Event]) -> Record:
    """A step as a record: its days counted from where the story is, its mistake about an event that was recorded.

    Args:
        step: What was drawn.
        number: How many steps came before it.
        events: What the journal holds.
    """
    if "target" not in step:
        return {**step, "id": f"step/{number}", "valid_from": _day(number, step["valid_from"])}
    wrong = events[-1 - step["target"] % (len(events) - 3)]
    about = {"id": f"step/{number}", "reason": "it was wrong", "source": ["a letter"]}
    if step["retract"]:
        return {**about, "kind": "event-was-retracted", "retracts": wrong.id}
    origin = wrong.replacement if isinstance(wrong, EventWasCorrected) else wrong
    fields = [name for name in step["patch"] if name in as_record(origin)] or ["valid_from"]
    field = fields[step["field"] % len(fields)]
    value = step["patch"][field]
    change = {field: _day(number, value) if field == "valid_from" else value}
    return {**about, "kind": "event-was-corrected", "corrects": wrong.id, "change": change}


def _day(number: int, months: int) -> str:
    month = max(2, 4 * number + 12 + months)
    return f"{2020 + month // 12}-{month % 12 + 1:02}-01"
