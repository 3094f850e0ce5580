"""Random registers: what a hurried registrar might ask, of which the rules take what can be."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from hypothesis import strategies as st

from regiolog.events.claim import ClaimsWereMade, as_said
from regiolog.events.correction import EventWasCorrected
from regiolog.events.event import Event
from regiolog.events.record import as_record
from tests.builders import Record, decision, said, small_register
from tests.events.shorthand import knows, lists, merges, newspaper, publishes, puts

CODES = [f"1000{number}" for number in range(1, 7)]
NEW = ["20001", "20002"]
REGIONS = ["noord", "zuid", "west"]
DECISIONS = ["D1", "D2", "D3"]
SOURCES = ["abb", "krant"]
"""The first has authority for cooperation structures, the second for nothing."""
STRUCTURES = ["zone", "bond", "ander"]
"""Those that every story begins with."""
WEST: Final = "http://x.example.org/west"
"""The address that the region's publisher may have given it."""


def beginnings() -> list[Record]:
    """What every story begins with: a small register, sources and what one says, structures, and a proposal."""
    return [
        *small_register(),
        decision("D3"),
        newspaper("abb", id="source/abb"),
        newspaper("krant", id="source/krant"),
        said("cooperation-was-founded", cooperation="zone", name="PZ Noord", types=["politiezone"], id="founding"),
        said("cooperation-was-founded", cooperation="ander", name="Ander", decision="D3", id="founding/2"),
        {
            **said("cooperation-was-observed", cooperation="bond", name="Bond", status="active", id="observation"),
            "decision": None,
            "said_by": "abb",
            "source": ["a list"],
        },
        said(
            "members-joined",
            cooperation="zone",
            members=[{"municipality": "10001", "role": "member"}, {"municipality": "10002"}],
            id="joining",
        ),
        publishes(puts("10001", "Noord"), puts("10002", "Zuid"), lists("A"), id="paper", valid_from="2020-02-01"),
        said("regions-were-proposed", decision="D2", regions={"v1": {"name": "Eén"}, "v2": {"name": "Twee"}}, id="map"),
    ]


FIRST: Final = len(beginnings())
"""The position at which a story begins."""

_days = st.integers(-8, 14)
_town = st.sampled_from(CODES + NEW)
_region = st.sampled_from(REGIONS)
_names = st.sampled_from(["Aa", "Bé", 'C "d"', "Éé"])
_province = st.sampled_from(["10000", "40000"])
_structure = st.sampled_from(STRUCTURES)
_unknown = st.sampled_from(["nieuw", "nieuw", "zone"])
_types = st.sampled_from([["politiezone"], ["vervoerregio"], ["politiezone", "woonmaatschappij"]])
_status = st.sampled_from(["active", "inactive", "founding"])
_last = st.sampled_from(["2020-02-15", "2021-05-01"])
_member = st.sampled_from(
    [
        {"municipality": "10001", "role": "member"},
        {"municipality": "10001", "role": "participant"},
        {"municipality": "10002"},
        {"municipality": "20001", "name": "Groot"},
        {"organisation": "http://x.example.org/1", "municipality": "10001"},
        {"organisation": "http://x.example.org/2", "type": "vzw", "role": "related"},
    ]
)
_members = st.lists(_member, min_size=1, max_size=3)
_leaving = st.lists(st.one_of(st.just({"municipality": "10001"}), _member), min_size=1, max_size=2)


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
    _said("region-was-designated", region=st.just("west"), name=_names, iri=st.sampled_from([WEST, None])),
    _said("region-was-announced", region=st.just("west")),
    _said("region-lapsed", region=st.just("west")),
    _said("region-was-renamed", region=_region, name=_names),
    _said("region-was-ended", region=_region),
)


def _published(kind: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Record]:
    """Something about structures: decided, or on the word of a source, or both."""
    either = st.sampled_from([("D1", None), ("D3", None), ("D2", "abb"), (None, "abb"), (None, "abb"), (None, "krant")])
    return st.builds(
        lambda record, by: {**record, "decision": by[0], "said_by": by[1], "source": ["a list"]},
        _said(kind, **fields),
        either,
    )


structures = st.one_of(
    _published("cooperation-was-founded", cooperation=_unknown, name=_names, types=_types),
    _published("cooperation-was-observed", cooperation=_unknown, name=_names, status=_status),
    _published("cooperation-was-renamed", cooperation=_structure, name=_names),
    _published("cooperation-type-was-changed", cooperation=_structure, types=_types),
    _published("cooperation-status-was-changed", cooperation=_structure, status=_status),
    _published("members-joined", cooperation=_structure, members=_members),
    _published("members-were-observed", cooperation=_structure, members=_members),
    _published("members-left", cooperation=st.just("zone"), members=_leaving),
    _published("members-were-last-observed", cooperation=st.just("zone"), members=_leaving, last=_last),
    _published(
        "cooperations-were-merged",
        parts=st.lists(_structure, min_size=1, max_size=2, unique=True),
        into=_structure,
    ),
    _published(
        "cooperation-was-split", cooperation=_structure, into=st.lists(_structure, min_size=1, max_size=2, unique=True)
    ),
    _published("cooperation-was-ended", cooperation=_structure, last=_last),
)

_proposed = st.dictionaries(
    st.sampled_from(["v1", "v2", "v3"]), st.fixed_dictionaries({"name": _names}), min_size=1, max_size=2
)
_settled = st.lists(st.sampled_from(["v1", "v2"]), min_size=1, max_size=2, unique=True)
proposals = st.one_of(
    _said("regions-were-proposed", regions=_proposed),
    _said("proposal-was-settled", proposal=st.sampled_from(["D2", "D2", "D1"]), settled=_settled),
)


def _claim(says: str, of: list[str], words: list[str], **optional: st.SearchStrategy[Any]) -> st.SearchStrategy[Record]:
    periods = {
        "valid_from": st.sampled_from(["2020-03-01", "2021-01-01"]),
        "valid_to": st.sampled_from(["2021-01-01", "2022-06-01"]),
    }
    given = {"says": st.just(says), "of": st.sampled_from(of), "words": st.sampled_from(words)}
    return st.fixed_dictionaries(given, optional={**periods, **optional})


_PLACES = [*CODES[:2], "20001", "99999", "http://x.example.org/1"]
_claims = st.lists(
    st.one_of(
        _claim(
            "region-of",
            _PLACES,
            ["Noord", "Zuid", "Aa", WEST, " ergens "],
            municipality=st.sampled_from(["10001", "99999"]),
            region=_region,
            marks=st.just(["placeholder"]),
        ),
        _claim("name-of-region", ["R1", "R2"], ["Noord", "Aa"], region=_region),
        _claim("structure", ["politie/A"], ["A"], type=st.sampled_from(["x", "y"]), code=st.sampled_from(["1", "2"])),
        _claim("member-of", _PLACES[:4], ["politie/A", "politie/B"]),
        _claim(
            "municipality",
            _PLACES[:4],
            ["Dorp 1", "Aa "],
            begins=st.sampled_from(["2019-01-01", "2020-02-01"]),
            ends=st.sampled_from(["2019-01-01", "2022-01-01"]),
            municipality=st.sampled_from(["10001", "99999"]),
        ),
        _claim("merged-into", ["politie/A"], ["fusie"], originals=st.sampled_from([["id/zone"], ["zone", "zo"]])),
    ),
    max_size=3,
)
publications = st.fixed_dictionaries(
    {
        "kind": st.just("claims-were-made"),
        "valid_from": _days,
        "said_by": st.sampled_from(SOURCES),
        "document": st.sampled_from(["v1", "v2"]),
        "source": st.just(["a page"]),
        "made": _claims,
        "withdrawn": st.lists(st.integers(0, 9), max_size=2, unique=True),
    }
)
"""What a source publishes; what it withdraws is named by a number among what it is saying."""

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
        "said_by": st.sampled_from(SOURCES),
        "document": st.just("v3"),
        "made": _claims,
        "regions": st.dictionaries(st.sampled_from(["v1", "v3"]), st.just({"name": "Drie"}), min_size=1),
        "proposal": st.sampled_from(["D1", "D2"]),
        "settled": _settled,
        "cooperation": _structure,
        "types": _types,
        "status": _status,
        "members": _members,
        "last": _last,
        "parts": st.lists(_structure, min_size=1, max_size=2, unique=True),
        "into": _structure,
    }
)

mistakes = st.fixed_dictionaries(
    {
        "target": st.integers(0, 30),
        "patch": _patch,
        "field": st.integers(0, 8),
        "retract": st.sampled_from([False, False, True]),
    }
)
"""Which of the events was wrong, and how; what it had no field for is left out when it is told."""

wishes = st.sampled_from([changes, changes, structures, structures, publications, publications, proposals, mistakes])


class Step(NamedTuple):
    """One wish of a story.

    Attributes:
        wish: What is asked.
        days: By how many days the clock turns before it.
        restart: Whether the projector starts again before it.
    """

    wish: Record
    days: int
    restart: bool


steps = st.builds(
    Step, wishes.flatmap(lambda kind: kind), st.sampled_from([0, 0, 3, 40]), st.sampled_from([False, False, True])
)


def wish_of(wish: Record, number: int, events: list[Event]) -> Record:
    """What was drawn as a record: its days counted from where the story is, its mistake about a recorded event.

    Args:
        wish: What was drawn.
        number: How many steps came before it.
        events: What the journal holds.
    """
    if wish.get("kind") == "claims-were-made":
        wish = {**wish, "withdrawn": _withdrawn(wish, events)}
    if "target" not in wish:
        record = {**wish, "id": f"step/{number}", "valid_from": _day(number, wish["valid_from"])}
        return {name: value for name, value in record.items() if value is not None}
    wrong = events[-1 - wish["target"] % (len(events) - 3)]
    about = {"id": f"step/{number}", "reason": "it was wrong", "source": ["a letter"]}
    if wish["retract"]:
        return {**about, "kind": "event-was-retracted", "retracts": wrong.id}
    origin = wrong.replacement if isinstance(wrong, EventWasCorrected) else wrong
    before = as_record(origin)
    fields = [name for name, value in wish["patch"].items() if _fits(before.get(name), value)] or ["valid_from"]
    field = fields[wish["field"] % len(fields)]
    value = wish["patch"][field]
    change = {field: _day(number, value) if field == "valid_from" else value}
    return {**about, "kind": "event-was-corrected", "corrects": wrong.id, "change": change}


def _fits(before: Any, value: Any) -> bool:
    return before is not None and (isinstance(value, int) or isinstance(value, dict) == isinstance(before, dict))


def _withdrawn(wish: Record, events: list[Event]) -> list[Record]:
    """Some of what the source is saying, as far as its publications tell, were none of them wrong."""
    saying: dict[Any, Record] = {}
    for event in events:
        if isinstance(event, ClaimsWereMade) and event.said_by == wish["said_by"]:
            record = as_record(event)
            for claim in event.withdrawn:
                saying.pop(as_said(claim), None)
            for claim, words in zip(event.made, record.get("made", ()), strict=True):
                saying[as_said(claim)] = words
    numbers = {number % len(saying) for number in wish["withdrawn"]} if saying else ()
    return [list(saying.values())[number] for number in numbers]


def _day(number: int, months: int) -> str:
    month = max(2, 4 * number + 12 + months)
    return f"{2020 + month // 12}-{month % 12 + 1:02}-01"


def _wish(kind: str, **fields: Any) -> Record:
    return {"kind": kind, "valid_from": 0, "decision": "D1", "source": ["a list"], **fields}


def _listed(kind: str, **fields: Any) -> Record:
    return {**_wish(kind, **fields), "decision": None, "said_by": "abb"}


def _paper(*made: Record, withdrawn: tuple[int, ...] = ()) -> Record:
    about = {"said_by": "krant", "document": "v2", "made": list(made), "withdrawn": list(withdrawn)}
    return _wish("claims-were-made", decision=None, **about)


def _wrong(ago: int, **patch: Any) -> Record:
    """A mistake about the event that was recorded so many before the last; a retraction unless a field is patched."""
    return {"target": ago, "patch": patch, "field": 0, "retract": not patch}


EVENTFUL: Final = [
    Step(wish, days, restart)
    for wish, days, restart in [
        (_wish("region-was-designated", region="west", name="Aa", iri=WEST), 0, False),
        (_paper(puts("10001", "Aa"), puts("99999", "Aa"), merges("id/zone"), withdrawn=(0, 2)), 3, False),
        (_wrong(1), 0, True),
        (_paper(puts("10001", "Noord"), lists("A", type="x"), withdrawn=(0,)), 3, False),
        (_wrong(0, document="v3"), 0, False),
        (_wrong(0, made=[puts("10002", "Zuid", valid_to="2022-01-01")]), 40, True),
        (_paper(puts("10002", "Zuid", valid_to="2022-01-01"), merges("id/bond")), 0, False),
        (_wrong(1), 0, False),
        (_listed("members-were-observed", cooperation="bond", members=[{"municipality": "10003"}] * 2), 0, False),
        (_wrong(0, members=[{"municipality": "10004", "role": "related"}]), 0, False),
        (
            _listed(
                "members-were-observed",
                cooperation="bond",
                members=[{"municipality": "10004"}, {"municipality": "10005"}],
            ),
            0,
            False,
        ),
        (_wrong(1), 0, True),
        (
            _wish(
                "members-were-last-observed", cooperation="zone", members=[{"municipality": "10001"}], last="2020-02-15"
            ),
            0,
            False,
        ),
        (
            _wish("members-joined", cooperation="zone", members=[{"municipality": "10001", "role": "participant"}]),
            3,
            True,
        ),
        (
            _wish(
                "municipalities-were-merged",
                merged=["10001", "10002"],
                into={"nis": "20001", "name": "G", "province": "10000"},
            ),
            0,
            False,
        ),
        (_wish("cooperations-were-merged", parts=["zone", "ander"], into="bond"), 0, False),
        (_wrong(0, parts=["zone"]), 3, False),
        (_wish("cooperation-was-split", cooperation="ander", into=["bond"]), 0, False),
        (_wish("proposal-was-settled", proposal="D2", settled=["v1", "v2"]), 0, False),
        (_wrong(0, settled=["v1"]), 3, True),
        (_wrong(2), 0, False),
        (
            _paper(knows("10003", "Aa", begins="2019-01-01", ends="2019-01-01"), knows("10001", "Aa"), knows("9", "B")),
            0,
            True,
        ),
        (_wrong(0, made=[knows("10003", "Bé", ends="2030-01-01"), knows("10001", "Aa")]), 3, False),
        (_paper(knows("10003", "Bé"), withdrawn=(1, 3)), 0, False),
    ]
]
"""A story in which one of everything happens, and several of it were wrong."""
