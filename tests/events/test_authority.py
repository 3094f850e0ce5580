"""Authority: whose word becomes a fact of the register, and where it stops."""

from __future__ import annotations

import re
from typing import Any

import pytest

from regiolog.events.authority import AUTHORITY, GROUPS, Authority
from regiolog.events.errors import Refusal, UnknownKey
from regiolog.events.held import Held
from regiolog.events.journal import Journal
from regiolog.events.kinds import KINDS
from regiolog.events.recording import Outcome, read_wishes, record
from tests.builders import Record, TurnedClock, lines, refuses, said, tell
from tests.events.shorthand import correct, retract


def says(source: str, kind: str, valid_from: str = "2020-02-01", **fields: Any) -> Record:
    """What a source says on its word alone."""
    return {"kind": kind, "said_by": source, "valid_from": valid_from, "source": ["a list"], **fields}


def tell_under(authority: Authority, journal: Journal, *records: Record) -> Outcome:
    """Record under another table of authority than the usual one."""
    return record(journal, read_wishes(lines(records)), clock=TurnedClock(), authority=authority)


SEEN = says("abb", "cooperation-was-observed", cooperation="bond", name="De Bond", status="active", id="seen")
MEMBERS = says("abb", "members-were-observed", cooperation="bond", members=[{"municipality": "10001"}], id="members")
DECIDED = said(
    "cooperation-was-founded",
    cooperation="zone",
    name="PZ Noord",
    types=["politiezone"],
    status="active",
    id="decided",
)
JOINED = said("members-joined", "2020-03-01", cooperation="zone", members=[{"municipality": "10001"}], id="joined")


@pytest.fixture
def sources(journal: Journal) -> Journal:
    """A small register that knows four sources."""
    tell(
        journal,
        *(
            {"kind": "source-was-registered", "said_by": key, "name": key, "source": ["a colophon"]}
            for key in ("abb", "statbel", "basisregisters", "pinc")
        ),
    )
    return journal


def test_every_kind_in_the_table_is_one_that_can_be_recorded() -> None:
    """A misspelt kind would give authority for nothing."""
    assert set().union(*GROUPS.values(), *AUTHORITY.values()) <= set(KINDS)
    assert GROUPS["cooperations"] == {kind for kind in KINDS if kind.startswith(("cooperation", "members-"))}


def test_nobody_has_authority_for_regions() -> None:
    """Only decisions make regions, and say who belongs to them."""
    given = set().union(*AUTHORITY.values())
    assert not {kind for kind in given if "region" in kind or "assign" in kind or "merged" in kind} - {
        "cooperations-were-merged"
    }


def test_with_authority_a_source_opens_facts_without_a_decision(sources: Journal) -> None:
    """What it publishes is in the register from the day on which it was published."""
    (_, seen), (_, members) = tell(sources, SEEN, MEMBERS).recorded
    assert (seen.decision, seen.said_by, members.decision, members.said_by) == (None, "abb", None, "abb")
    assert seen.tags() == ["id:seen", "cooperation:bond", "by:abb"]
    bond = Held(sources).cooperation("bond")
    assert (str(bond.begin), list(bond.members)) == ("2020-02-01", ["10001"])
    assert tell(sources, SEEN, MEMBERS).silent == 2


@pytest.mark.parametrize(
    "wish",
    [
        says("abb", "cooperation-was-renamed", "2020-03-01", cooperation="bond", name="De Nieuwe Bond"),
        says("abb", "cooperation-type-was-changed", "2020-03-01", cooperation="bond", types=["politiezone"]),
        says("abb", "cooperation-status-was-changed", "2020-03-01", cooperation="bond", status="inactive"),
        says("abb", "members-left", "2020-03-01", cooperation="bond", members=[{"municipality": "10001"}]),
        says("abb", "cooperation-was-ended", "2020-03-01", cooperation="bond"),
        says("statbel", "municipality-was-renamed", "2020-03-01", municipality="10001", name="Nieuwdorp"),
        says("basisregisters", "municipality-was-named", municipality="10001", name="Village", language="fr"),
    ],
    ids=lambda wish: str(wish["kind"]),
)
def test_a_source_may_change_what_sources_said(sources: Journal, wish: Record) -> None:
    """Where no decision has settled the matter, its authority carries on."""
    tell(sources, SEEN, MEMBERS)
    assert len(tell(sources, wish).recorded) == 1


@pytest.mark.parametrize(
    ("wish", "source", "kind"),
    [
        ({**SEEN, "said_by": "pinc"}, "pinc", "cooperation-was-observed"),
        ({**SEEN, "said_by": "statbel"}, "statbel", "cooperation-was-observed"),
        (says("abb", "municipality-was-renamed", municipality="10001", name="X"), "abb", "municipality-was-renamed"),
        (says("abb", "municipality-was-assigned", municipality="10005", region="noord"), "abb", "municipality-was-as"),
        (says("abb", "region-was-renamed", "2021-01-01", region="noord", name="X"), "abb", "region-was-renamed"),
        (
            says("statbel", "municipality-was-ended", municipality="10005"),
            "statbel",
            "municipality-was-ended",
        ),
        (
            says("pinc", "authorities-were-linked", authorities={"10001": {"authority": "http://example.org/a"}}),
            "pinc",
            "authorities-were-linked",
        ),
    ],
)
def test_without_authority_it_is_refused_with_what_would_be_accepted(
    sources: Journal, wish: Record, source: str, kind: str
) -> None:
    """The sentence says who, for what, and what to do instead."""
    refused = refuses(sources, wish, because=re.escape(f"{source} has no authority for {kind}"))
    assert refused.field == "said_by"
    assert "record what it says as a claim, or name the decision" in refused.reason


def test_with_a_decision_a_source_needs_no_authority(sources: Journal) -> None:
    """Then it only says who published it; but it must be somebody."""
    wish = {**SEEN, "said_by": "pinc", "decision": "D1"}
    ((_, event),) = tell(sources, wish).recorded
    assert (event.decision, event.said_by) == ("D1", "pinc")
    unknown = {**wish, "said_by": "gazet", "id": "x", "cooperation": "y"}
    refuses(sources, unknown, because="source gazet is unknown", kind=UnknownKey)


def test_a_source_that_is_unknown_is_refused(journal: Journal) -> None:
    """Authority is given to keys, and speaks only when somebody has registered."""
    refused = refuses(journal, SEEN, because="source abb is unknown", kind=UnknownKey)
    assert refused.field == "said_by"


def test_a_word_needs_a_place_where_it_can_be_read(sources: Journal) -> None:
    """Without a decision there must be a source document."""
    wish = {name: value for name, value in SEEN.items() if name != "source"}
    assert refuses(sources, wish, because="without a decision it needs a source").field == "source"


def test_the_table_can_be_another(sources: Journal) -> None:
    """Settings give authority to others, and take it away."""
    pinc = {**SEEN, "said_by": "pinc"}
    table = {"pinc": GROUPS["cooperations"]}
    assert len(tell_under(table, sources, pinc).recorded) == 1
    with pytest.raises(Refusal, match="abb has no authority for members-were-observed"):
        tell_under(table, sources, MEMBERS)
    with pytest.raises(Refusal, match="pinc has no authority for members-were-observed"):
        tell_under({}, sources, {**MEMBERS, "said_by": "pinc"})


@pytest.mark.parametrize(
    ("wish", "event"),
    [
        (says("abb", "cooperation-was-renamed", "2021-01-01", cooperation="zone", name="X"), "decided"),
        (
            says("abb", "cooperation-type-was-changed", "2021-01-01", cooperation="zone", types=["projectvereniging"]),
            "decided",
        ),
        (
            says("abb", "cooperation-status-was-changed", "2021-01-01", cooperation="zone", status="inactive"),
            "decided",
        ),
        (says("abb", "members-left", "2021-01-01", cooperation="zone", members=[{"municipality": "10001"}]), "joined"),
        (
            says(
                "abb",
                "members-were-last-observed",
                "2021-01-01",
                cooperation="zone",
                members=[{"municipality": "10001"}],
            ),
            "joined",
        ),
        (
            says("abb", "members-joined", "2021-01-01", cooperation="zone", members=[{"municipality": "10002"}]),
            "left",
        ),
        (
            says("abb", "members-were-observed", "2021-01-01", cooperation="zone", members=[{"municipality": "10002"}]),
            "left",
        ),
        (says("abb", "cooperation-was-ended", "2021-01-01", cooperation="zone"), "decided"),
        (says("abb", "cooperations-were-merged", "2021-01-01", parts=["zone"], into="bond"), "decided"),
        (says("abb", "cooperation-was-split", "2021-01-01", cooperation="zone", into=["bond"]), "decided"),
    ],
    ids=lambda value: str(value["kind"]) if isinstance(value, dict) else value,
)
def test_what_a_decision_settled_no_source_changes(sources: Journal, wish: Record, event: str) -> None:
    """The contrary word is a claim and a divergence; another decision may change it."""
    second = {"municipality": "10002"}
    tell(
        sources,
        SEEN,
        DECIDED,
        JOINED,
        said("members-joined", "2020-03-01", cooperation="zone", members=[second]),
        said("members-left", "2020-06-01", cooperation="zone", members=[second], id="left"),
    )
    refused = refuses(sources, wish, because="D1 decided otherwise: the word of a source is a claim beside it")
    assert (refused.event or "").endswith(f", {event}")
    assert len(tell(sources, {**wish, "decision": "D2"}).recorded) == 1


def test_a_source_adds_to_what_a_decision_left_open(sources: Journal) -> None:
    """A structure that a decision founded may have members, and a status, that only a source knows."""
    founded = said("cooperation-was-founded", cooperation="kring", name="De Kring")
    member = {"municipality": "10003"}
    tell(sources, founded)
    outcome = tell(
        sources,
        says("abb", "cooperation-status-was-changed", "2020-05-01", cooperation="kring", status="active"),
        says("abb", "members-were-observed", "2020-05-01", cooperation="kring", members=[member]),
        says("abb", "members-were-last-observed", "2020-06-01", cooperation="kring", members=[member]),
        says("abb", "members-were-observed", "2020-07-01", cooperation="kring", members=[member]),
    )
    assert len(outcome.recorded) == 4


def test_a_decision_changes_what_sources_said(sources: Journal) -> None:
    """Once it has, the source's word no longer counts there."""
    tell(sources, SEEN, MEMBERS)
    tell(sources, said("cooperation-was-renamed", "2020-03-01", cooperation="bond", name="Het Verbond", id="renamed"))
    back = says("abb", "cooperation-was-renamed", "2020-04-01", cooperation="bond", name="De Bond")
    assert (refuses(sources, back, because="D1 decided otherwise").event or "").endswith(", renamed")


def test_a_correction_is_held_to_authority_too(sources: Journal) -> None:
    """Neither what is corrected nor who corrects it comes from somebody without authority, or from nobody."""
    tell(sources, SEEN)
    refuses(sources, correct("seen", said_by="pinc"), because="pinc has no authority for cooperation-was-observed")
    for wish in (correct("seen", name="X"), retract("seen")):
        refuses(sources, {**wish, "said_by": "gazet"}, because="source gazet is unknown", kind=UnknownKey)
        refuses(sources, {**wish, "decision": "D9"}, because="decision D9 is unknown", kind=UnknownKey)
    assert len(tell(sources, {**correct("seen", name="X"), "said_by": "abb"}).recorded) == 1


def test_a_source_names_what_no_decision_has_named(sources: Journal) -> None:
    """Statbel's spelling of a name that the register found is taken; that of a decision stands."""
    respelt = says("statbel", "municipality-was-renamed", "2020-05-01", municipality="10001", name="Dorp Een")
    assert len(tell(sources, respelt).recorded) == 1
    tell(sources, said("municipality-was-renamed", "2020-06-01", municipality="10001", name="Nieuwdorp", id="named"))
    again = {**respelt, "valid_from": "2020-07-01"}
    assert (refuses(sources, again, because="D1 decided otherwise").event or "").endswith(", named")


def test_a_source_that_facts_rest_on_cannot_be_retracted(sources: Journal) -> None:
    """Once nothing rests on its word any more, it can; what rests on a decision beside it does not count."""
    registered = "colophon"
    tell(sources, {"kind": "source-was-registered", "said_by": "x", "name": "X", "source": ["s"], "id": registered})
    table = {"x": GROUPS["cooperations"]}
    tell_under(table, sources, {**SEEN, "said_by": "x"})
    refused = refuses(sources, retract(registered), because="source x carries what rests on it")
    assert (refused.event or "").endswith(", seen")
    tell_under(table, sources, correct("seen", said_by=None, decision="D1"))
    assert len(tell(sources, retract(registered)).recorded) == 1
