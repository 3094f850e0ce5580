"""What may be recorded: repeat is silence, contradiction is refusal, and all of a file or nothing."""

from __future__ import annotations

import re

import pytest

from regiolog.events.errors import Conflict, UnknownKey
from regiolog.events.held import Held
from regiolog.events.journal import Journal
from regiolog.events.keys import MUNICIPALITIES
from regiolog.events.recording import read_wishes
from regiolog.events.rules import decide
from regiolog.ontology.namespaces import GEMEENTE
from tests.builders import (
    BASE,
    Record,
    TurnedClock,
    beginning,
    decision,
    lines,
    refuses,
    region,
    said,
    small_register,
    tell,
)

RENAME = said("municipality-was-renamed", municipality="10001", name="Nieuwdorp")
MOVE = said("municipality-was-reassigned", "2021-01-01", municipality="10001", from_region="noord", to_region="zuid")
MERGER = said(
    "municipalities-were-merged",
    "2022-01-01",
    merged=["10001", "10002"],
    into={"nis": "20001", "name": "Groot", "province": "10000", "region": "noord"},
)
ABSORPTION = said(
    "municipalities-were-merged",
    "2022-01-01",
    merged=["10001", "10002"],
    into={"nis": "10001", "name": "Dorp 1", "province": "10000"},
)
CONFIRMATION = said(
    "assignments-were-confirmed", "2021-01-01", decision="D2", assignments={"10001": "noord", "10003": "zuid"}
)
PENDING = said("municipalities-were-left-pending", municipalities=["10005", "10006"])


@pytest.mark.parametrize(
    "wish",
    [
        RENAME,
        MOVE,
        MERGER,
        ABSORPTION,
        CONFIRMATION,
        PENDING,
        said("municipality-was-named", municipality="10001", name="Village 1", language="fr"),
        said("municipality-was-moved-to-province", municipality="10001", province="40000"),
        said("municipality-boundary-was-changed", municipalities=["10001", "10003"], description="een weide"),
        said("municipality-was-ended", municipality="10005", successors=["10006"]),
        said("municipality-was-assigned", municipality="10005", region="noord"),
        said("municipality-was-unassigned", "2021-01-01", municipality="10001", region="noord"),
        said("region-was-announced", region="later"),
        said("region-was-renamed", "2021-01-01", region="noord", name="Het Noorden"),
        said("subregion-was-designated", subregion="noordoost", within="noord", name="Noordoost"),
        said("decision-was-linked", relation="amends", other="D2"),
        said("decision-was-superseded", "2021-01-01", superseded="D2"),
        said("decision-was-withdrawn", "2021-01-01", withdrawn="D2"),
        said("decision-was-refused", "2021-01-01", refused="D2"),
        {
            "kind": "authorities-were-linked",
            "authorities": {"10001": {"authority": "http://example.org/a"}},
            "source": ["a list"],
        },
        decision("D3"),
    ],
    ids=lambda wish: wish["kind"],
)
def test_a_repeat_is_silent(journal: Journal, wish: Record) -> None:
    """What is recorded once records nothing when it is said again, with or without an id, in another file."""
    wish = {name: value for name, value in wish.items() if name != "id"}
    assert len(tell(journal, wish).recorded) == 1
    head = journal.head()
    assert tell(journal, wish).silent == 1
    assert tell(journal, {**wish, "id": "another name", "note": "seen again"}).silent == 1
    assert journal.head() == head


def test_a_whole_file_told_twice_is_silent(journal: Journal) -> None:
    """Loading the same file again records nothing."""
    assert tell(journal, *small_register()) == ([], len(small_register()))


def test_an_id_in_use_for_something_else_is_refused(journal: Journal) -> None:
    """The id of an event is its name: it cannot name two."""
    tell(journal, {**RENAME, "id": "x"})
    refused = refuses(journal, {**MOVE, "id": "x"}, because="in use for something else")
    assert refused.event == "event 7, x"


@pytest.mark.parametrize(
    ("given", "wish", "because", "event"),
    [
        ([], {**RENAME, "municipality": "99999"}, "NIS code 99999 is unknown", None),
        ([], {**RENAME, "decision": "D9"}, "decision D9 is unknown", None),
        ([], {**MOVE, "to_region": "west"}, "region west is unknown", None),
        (
            [],
            said("municipality-was-moved-to-province", municipality="10001", province="70000"),
            "province",
            None,
        ),
        ([], {**RENAME, "name": "Dorp 1"}, "is called Dorp 1 already", "event 1, beginning"),
        ([RENAME], {**RENAME, "name": "Ander", "decision": "D2"}, "something else holds from", "event 7"),
        ([], {**RENAME, "valid_from": "2017-12-31"}, "before coverage", None),
        (
            [],
            said("municipality-was-assigned", "2021-01-01", municipality="10001", region="zuid"),
            "assigned to noord already",
            "event 6, demarcation",
        ),
        ([], {**MOVE, "from_region": "zuid", "to_region": "noord"}, "is not in region zuid", "demarcation"),
        ([], {**MOVE, "to_region": "noord"}, "the region that it leaves", None),
        ([MERGER], {**MERGER, "into": {**MERGER["into"], "nis": "20002"}}, "ended on 2022-01-01", "event 7"),
        ([MERGER], {**RENAME, "valid_from": "2022-01-01"}, "ended on 2022-01-01", "event 7"),
        ([], {**MERGER, "into": {**MERGER["into"], "nis": "10003"}}, "in use already", "beginning"),
        ([], {**MERGER, "merged": ["10001", "10001"]}, "twice", None),
        (
            [],
            {**MERGER, "merged": ["10001"], "into": {**MERGER["into"], "nis": "10001"}},
            "become itself",
            None,
        ),
        (
            [],
            {**ABSORPTION, "into": {**ABSORPTION["into"], "region": "zuid"}},
            "not in region zuid",
            "demarcation",
        ),
        ([], {**CONFIRMATION, "assignments": {"10001": "zuid"}}, "not in region zuid", "demarcation"),
        (
            [],
            {**CONFIRMATION, "decision": "D1", "assignments": {"10001": "zuid"}},
            "not in region",
            "demarcation",
        ),
        (
            [PENDING],
            {**PENDING, "decision": "D2", "valid_from": "2021-01-01"},
            "is pending already",
            "event 7",
        ),
        ([], region("noord", decision="D2"), "the id region/noord is in use", "event 4"),
        (
            [],
            {**region("noord", decision="D2"), "id": "n2"},
            "was demarcated on 2020-02-01 already",
            "event 4",
        ),
        ([], said("region-lapsed", "2021-01-01", region="noord"), "was demarcated", "event 4"),
        ([], said("region-was-ended", "2019-01-01", region="noord"), "has not begun", None),
        ([], said("region-was-ended", "2021-01-01", region="noord"), "ended on 2021-01-01, with 10001", None),
        ([], said("region-was-renamed", region="west", name="W"), "region west is unknown", None),
        (
            [],
            said("municipality-was-assigned", "2020-01-15", municipality="10005", region="noord"),
            "not demarcated on 2020-01-15",
            "event 4, region/noord",
        ),
        ([], {**region("west", iri=f"{MUNICIPALITIES}44021"), "id": "w"}, "names something that is no region", None),
        ([], {**region("west", iri=f"{BASE}id/region/noord"), "id": "w"}, "given out by this register", None),
        (
            [region("west", iri="http://example.org/w")],
            {**region("oost", iri="http://example.org/w")},
            "it names another region",
            "event 7, region/west",
        ),
        (
            [region("west", iri="http://example.org/w")],
            said("subregion-was-designated", subregion="o", within="west", name="O", iri="http://example.org/w"),
            "it names another region",
            "event 7, region/west",
        ),
        ([], said("decision-was-linked", relation="amends", other="D1"), "cannot bear on itself", None),
        ([], {**decision("D1"), "id": "again", "title": "iets anders"}, "registered already", "event 2"),
        ([], said("decision-was-superseded", "2019-01-01", superseded="D2"), "not taken before", "event 3"),
        (
            [],
            said("municipality-was-ended", "2021-01-01", municipality="10001", successors=["88888"]),
            "88888",
            None,
        ),
        ([], beginning(register="other"), "in use for something else", "event 1, beginning"),
        ([], {**beginning(register="other"), "id": "b2"}, "began otherwise", "event 1, beginning"),
    ],
)
def test_a_contradiction_is_refused_with_what_it_contradicts(
    journal: Journal, given: list[Record], wish: Record, because: str, event: str | None
) -> None:
    """What cannot hold beside what is held is refused, by the event that it contradicts."""
    if given:
        tell(journal, *given)
    refused = refuses(journal, wish, because=re.escape(because))
    if event is not None:
        assert event in (refused.event or "")


def test_unknown_keys_have_a_refusal_of_their_own(journal: Journal) -> None:
    """A caller can tell a code that never was from a contradiction."""
    refuses(journal, {**RENAME, "municipality": "99999"}, because="unknown", kind=UnknownKey)


def test_all_of_a_file_or_nothing(journal: Journal) -> None:
    """One bad line refuses the whole file, and the refusal names the line."""
    refused = refuses(journal, RENAME, MOVE, {**MOVE, "municipality": "99999"}, because="unknown")
    assert refused.line == 3


def test_a_line_may_build_on_the_one_before(journal: Journal) -> None:
    """A file can register a decision and rest on it in the next line."""
    outcome = tell(journal, decision("D7"), {**RENAME, "decision": "D7"})
    assert [position for position, _ in outcome.recorded] == [7, 8]


def test_a_late_change_that_breaks_a_later_one_is_refused(journal: Journal) -> None:
    """A change found late may not make a change that is recorded already impossible."""
    tell(journal, {**MOVE, "id": "move"})
    earlier = said("municipality-was-unassigned", "2020-06-01", municipality="10001", region="noord")
    refused = refuses(journal, earlier, because="later event impossible")
    assert refused.event == "event 7, move"


def test_a_demarcation_moves_and_confirms(journal: Journal) -> None:
    """A whole demarcation under a new decision may put a municipality elsewhere."""
    tell(
        journal,
        said(
            "regions-were-demarcated",
            "2021-01-01",
            decision="D2",
            assignments={"10001": "zuid", "10003": "zuid"},
        ),
    )
    assert journal.head() == 7


def test_a_beginning_names_its_provinces(empty: Journal) -> None:
    """A municipality of the first day lies in one of the provinces of the first day."""
    refused = refuses(empty, beginning(provinces={"40000": "Oost-Vlaanderen"}), because="province 10000 is unknown")
    assert refused.field == "municipalities.10001.province"


def test_a_refusal_without_an_event_names_the_field(journal: Journal) -> None:
    """When nothing that is held is contradicted, the field of the record is to blame."""
    linked = said("decision-was-linked", relation="amends", other="D1")
    assert refuses(journal, linked, because="cannot bear on itself").field == "other"
    early = said("region-was-ended", "2019-01-01", region="noord")
    assert refuses(journal, early, because="has not begun").field == "valid_from"


def test_the_rules_and_the_ontology_name_municipalities_alike() -> None:
    """The address that no region may have is the one under which municipalities are published."""
    assert MUNICIPALITIES == GEMEENTE


def test_nothing_can_be_recorded_before_the_beginning(empty: Journal) -> None:
    """A register has to begin before anything can happen in it."""
    refuses(empty, decision(), because="has not begun")


def test_backfill_is_ordered_and_ends_with_the_first_live_event(empty: Journal) -> None:
    """Backfilled events are known from days that do not go back; after a live event nothing can be dated back."""
    known = {"known_basis": "decided"}
    tell(empty, {**beginning(), "known_from": "2018-01-01", "known_basis": "coverage"})
    tell(empty, {**decision("D1"), "known_from": "2020-01-01", **known})
    refuses(
        empty,
        {**decision("D2"), "known_from": "2019-01-01", **known},
        because="earlier than the event before",
    )
    refuses(empty, {**decision("D2"), "known_from": "2031-01-01", **known}, because="has not come")
    tell(empty, decision("D3"))
    refused = refuses(empty, {**decision("D2"), "known_from": "2021-01-01", **known}, because="dated back any more")
    assert refused.field == "known_from"


def test_backfill_needs_its_basis(empty: Journal) -> None:
    """A backfilled event says which date it is known from."""
    refuses(empty, {**beginning(), "known_from": "2018-01-01"}, because="go together")


def test_two_writers_of_the_same_thing(journal: Journal, clock: TurnedClock) -> None:
    """What another writer recorded between the decision and the append is decided on again."""
    held = Held(journal)
    (wish,) = read_wishes(lines([MOVE]))
    decide(held, wish, clock())
    tell(journal, said("municipality-was-unassigned", "2020-06-01", municipality="10001", region="noord"))
    with pytest.raises(Conflict):
        journal.append(held.pending, held.boundary, held.head)
    refuses(journal, MOVE, because="not in region noord")


def test_writers_of_different_things_do_not_meet(journal: Journal, clock: TurnedClock) -> None:
    """Somebody else's municipality in the same region, under the same decision, is no conflict."""
    held = Held(journal)
    wish = read_wishes(lines([said("municipality-was-assigned", municipality="10005", region="noord")]))[0]
    decide(held, wish, clock())
    tell(journal, said("municipality-was-assigned", municipality="10006", region="noord"))
    assert journal.append(held.pending, held.boundary, held.head) == [8]
