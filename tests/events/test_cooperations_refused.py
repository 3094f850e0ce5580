"""What is refused of cooperation structures: contradictions, what was never known, and what is no record."""

from __future__ import annotations

import re

import pytest

from regiolog.events.errors import Refusal, UnknownKey
from regiolog.events.journal import Journal
from tests.builders import BASE, Record, refuses, region, said, tell
from tests.events.shorthand import ENDED, FOUNDED, MERGED, OBSERVED, SECOND, members, of_zone

THIRD = {"municipality": "10003"}


@pytest.mark.parametrize(
    ("given", "wish", "because", "event"),
    [
        ([], {**FOUNDED, "id": "x", "valid_from": "2021-01-01"}, "zone is in the register already", "founded"),
        ([], {**OBSERVED, "id": "x", "name": "Iets anders"}, "bond is in the register already", "seen"),
        ([], of_zone("cooperation-was-renamed", "2020-01-31", name="X"), "zone is not in the register on", None),
        ([], of_zone("cooperation-was-renamed", "2020-04-01", name="PZ Noord"), "called PZ Noord already", "founded"),
        ([], of_zone("cooperation-was-renamed", "2020-02-01", name="X"), "something else holds from", "founded"),
        (
            [],
            of_zone("cooperation-type-was-changed", "2020-04-01", types=["politiezone"]),
            "zone is of type politiezone already",
            "founded",
        ),
        ([], of_zone("cooperation-status-was-changed", "2020-04-01", status="active"), "active already", "founded"),
        ([], members("joined", "2020-04-01", "10003", "10002"), "10002 is a member of zone already", "joined"),
        ([], members("joined", "2020-02-15", "10002"), "later event impossible: 10002 is a member", "joined"),
        ([], members("joined", "2020-01-15", "10003"), "not in the register on 2020-01-15", None),
        (
            [],
            of_zone("members-joined", "2020-04-01", members=[{**SECOND, "organisation": "http://x.example.org/2"}]),
            "is a member of zone already",
            "joined",
        ),
        (
            [],
            of_zone("members-joined", "2020-04-01", members=[{"municipality": "10003"}, {**THIRD, "role": "member"}]),
            "10003 is a member of zone already",
            None,
        ),
        ([], members("left", "2020-04-01", "10003"), "10003 is no member of zone", None),
        ([], members("left", "2020-04-01", "10001"), "10001 is no member of zone", None),
        ([], members("left", "2020-04-01", "10002", "10002"), "10002 is no member of zone", None),
        ([], members("left", "2020-03-01", "10002"), "something else holds from 2020-03-01", "joined"),
        ([], members("were-last-observed", "2020-04-01", "10003"), "10003 is no member of zone", None),
        ([], members("were-last-observed", "2020-04-01", "10002", last="2020-02-29"), "not last seen on", None),
        ([], members("were-last-observed", "2020-04-01", "10002", last="2020-04-01"), "not last seen on", None),
        ([], {**ENDED, "last": "2021-01-01"}, "not last seen on", None),
        ([], {**ENDED, "last": "2020-01-31"}, "not last seen on", None),
        ([ENDED], of_zone("cooperation-was-renamed", "2021-01-01", name="X"), "zone ended on 2021-01-01", "ended"),
        ([ENDED], members("joined", "2021-01-01", "10003"), "zone ended on 2021-01-01", "ended"),
        ([ENDED], {**ENDED, "id": "x", "valid_from": "2021-02-01"}, "zone ended on 2021-01-01", "ended"),
        ([ENDED], MERGED, "zone ended on 2021-01-01", "ended"),
        ([ENDED], {**MERGED, "parts": ["ander"], "into": "zone"}, "zone ended on 2021-01-01", "ended"),
        ([MERGED], {**MERGED, "id": "x", "valid_from": "2021-02-01"}, "zone ended on 2021-01-01", "merged"),
        ([MERGED], {**ENDED, "valid_from": "2020-12-01"}, "later event impossible: cooperation zone ended", "merged"),
        ([], {**ENDED, "valid_from": "2020-02-01"}, "zone came into the register on that day", "founded"),
        ([], {**ENDED, "valid_from": "2020-02-15"}, "later event impossible", "joined"),
        ([], {**MERGED, "valid_from": "2020-01-15"}, "zone is not in the register on 2020-01-15", None),
        ([], {**MERGED, "parts": ["zone", "zone"]}, "it names a structure twice", None),
        ([], {**MERGED, "parts": ["zone"], "into": "zone"}, "cannot become itself", None),
        ([], of_zone("cooperation-was-split", "2021-01-01", into=["zone", "ander"]), "cannot become itself", None),
        ([], of_zone("cooperation-was-split", "2021-01-01", into=[]), "or nothing", None),
        ([], of_zone("cooperation-was-split", "2020-01-15", into=["ander"]), "not in the register", None),
        ([], {**FOUNDED, "id": "x", "cooperation": "y", "iri": "http://x.example.org/z"}, "last part of its", None),
        ([], {**FOUNDED, "id": "x", "cooperation": "y", "iri": f"{BASE}id/y"}, "given out by this register", None),
        (
            [region("west", iri="http://x.example.org/y")],
            {**FOUNDED, "id": "x", "cooperation": "y", "iri": "http://x.example.org/y"},
            "it names another region",
            "region/west",
        ),
        ([], {**FOUNDED, "id": "x", "cooperation": "y", "valid_from": "2017-12-31"}, "before coverage", None),
    ],
)
def test_a_contradiction_is_refused_with_what_it_contradicts(
    known: Journal, given: list[Record], wish: Record, because: str, event: str | None
) -> None:
    """What cannot hold beside what is held names the event in its way, if there is one."""
    if given:
        tell(known, *given)
    refused = refuses(known, wish, because=re.escape(because))
    assert (refused.event or "").partition(", ")[2] == (event or "")


@pytest.mark.parametrize(
    ("wish", "field", "because"),
    [
        (of_zone("cooperation-was-renamed", "2021-01-01", name="X", decision="D9"), "decision", "decision D9"),
        (said("cooperation-was-renamed", cooperation="niets", name="X"), "cooperation", "cooperation niets is unknown"),
        ({**MERGED, "into": "niets"}, "into", "cooperation niets is unknown"),
        ({**MERGED, "parts": ["zone", "niets"]}, "parts", "cooperation niets is unknown"),
        (of_zone("cooperation-was-split", "2021-01-01", into=["niets"]), "into", "cooperation niets is unknown"),
        (members("joined", "2021-01-01", "10003", "99999"), "members[1].municipality", "NIS code 99999 is unknown"),
        (members("were-observed", "2021-01-01", "99999"), "members[0].municipality", "NIS code 99999 is unknown"),
    ],
)
def test_what_was_never_known_is_refused(known: Journal, wish: Record, field: str, because: str) -> None:
    """A key that the register has never had is refused by name and field."""
    assert refuses(known, wish, because=because, kind=UnknownKey).field == field


@pytest.mark.parametrize(
    ("wish", "field", "because"),
    [
        (of_zone("members-joined", "2021-01-01", members=[]), "members", "says nothing"),
        (of_zone("members-joined", "2021-01-01", members=[{"name": "X"}]), "members[0]", "neither organisation nor"),
        (
            of_zone("members-joined", "2021-01-01", members=[{"municipality": "1001"}]),
            "members[0].municipality",
            "zero",
        ),
        (
            of_zone("members-joined", "2021-01-01", members=[{"organisation": "x"}]),
            "members[0].organisation",
            "not an http address",
        ),
        (
            of_zone("members-joined", "2021-01-01", members=[{**SECOND, "role": "chief"}]),
            "members[0].role",
            "invalid enum",
        ),
        (of_zone("cooperation-type-was-changed", "2021-01-01", types=[]), "types", "says nothing"),
        (of_zone("cooperation-type-was-changed", "2021-01-01", types=["club"]), "types[0]", "invalid enum"),
        (of_zone("cooperation-status-was-changed", "2021-01-01", status="asleep"), "status", "invalid enum"),
        (said("cooperation-was-founded", cooperation="a b", name="X"), "cooperation", "not a key"),
        ({**ENDED, "last": "2020-02-30"}, "last", "does not exist"),
        ({**FOUNDED, "id": "x", "cooperation": "y", "kbo": "123"}, "kbo", "a KBO number of ten digits"),
        ({**FOUNDED, "id": "x", "cooperation": "y", "ovo": "002214"}, "ovo", "an OVO code"),
        ({name: value for name, value in ENDED.items() if name != "decision"}, "decision", "said_by"),
    ],
)
def test_what_is_no_record_is_refused(known: Journal, wish: Record, field: str, because: str) -> None:
    """A line that cannot be meant is refused by its field."""
    assert refuses(known, wish, because=because, kind=Refusal).field == field
