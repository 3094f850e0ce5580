"""Cooperation structures, their members and mergers: events of the register by authority, claims without it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from regiolog.events.authority import GROUPS
from regiolog.events.claim import Belonging, Merging, Structure
from regiolog.events.cooperation import (
    CooperationsWereMerged,
    CooperationWasEnded,
    CooperationWasObserved,
    CooperationWasRenamed,
    MembersWereLastObserved,
    MembersWereObserved,
)
from regiolog.events.held import Held
from regiolog.sync.harvest.harvesting import Harvester
from tests.builders import said, small_register
from tests.harvest.lists import Register, declaration
from tests.harvest.rdf import COOPERATIONS, POLICE, PREFIXES, PROJECT, ZONES


def test_a_source_without_authority_only_claims_structures(begin: Callable[..., Register]) -> None:
    """Structures, members and mergers are claims of a source whose word opens nothing."""
    register = begin(krant=declaration(**COOPERATIONS))
    union = f"""{ZONES} :fusie a org:ChangeEvent ; dct:date "2021-01-01"^^xsd:date ;
      org:originalOrganization :z1 , :z2 ; org:resultingOrganization :z3 .
    :other a org:ChangeEvent ; ch:typeWijziging :renamed ;
      org:originalOrganization :z1 ; org:resultingOrganization :z1 ."""
    register.publish("zones.ttl", union.encode())
    report = register.harvest()
    kinds = [type(claim) for claim in register.saying()]
    assert (kinds.count(Structure), kinds.count(Belonging), kinds.count(Merging)) == (3, 3, 1)
    assert (report.events, report.refused) == ({}, ())
    assert report.passed == {"organisations of other kinds": 1}
    register.publish("zones.ttl", ZONES.encode())
    assert register.harvest().withdrawn == 1


@pytest.fixture
def agency(begin: Callable[..., Register]) -> Register:
    """A register whose source has authority for structures."""
    register = begin(abb=declaration(**{**COOPERATIONS, "said_by": "abb"}))
    register.publish("zones.ttl", ZONES.encode())
    register.harvest("abb")
    return register


def test_an_authority_opens_structures_and_their_members(agency: Register) -> None:
    """What a source with authority describes becomes events of the register, in one run, and no claims."""
    observed = [event for event in agency.events() if isinstance(event, CooperationWasObserved)]
    members = [event for event in agency.events() if isinstance(event, MembersWereObserved)]
    assert [(each.name, each.types, each.status) for each in observed] == [
        ("PZ Een", ("politiezone",), "active"),
        ("PZ Twee", ("politiezone",), None),
        ("PZ Drie", ("politiezone",), None),
    ]
    assert [(each.municipality, each.name, each.role) for event in members for each in event.members] == [
        ("10001", None, "member"),
        (None, "OCMW", None),
        ("10002", None, None),
    ]
    assert len({event.run for event in (*observed, *members)}) == 1
    assert agency.saying("abb") == {}
    agency.publish("zones.ttl", f"{ZONES}# the same\n".encode())
    assert agency.harvest("abb").outcome == "silent"


def test_an_authority_renames_adds_and_no_longer_lists(agency: Register) -> None:
    """A new name, a new member, a member and a structure that are gone from a complete document."""
    agency.clock.turn(days=30)
    changed = ZONES.replace("PZ Een", "PZ Eén").replace(":town2 org:memberOf :z2 .", ":town1 org:memberOf :z2 .")
    changed = "\n".join(line for line in changed.splitlines() if not line.startswith(":z3"))
    agency.publish("zones.ttl", changed.encode())
    report = agency.harvest("abb", accept=True)
    new = agency.events(agency.folder.journal.head() - sum(report.events.values()))
    assert [type(event) for event in new] == [
        CooperationWasRenamed,
        MembersWereObserved,
        MembersWereLastObserved,
        CooperationWasEnded,
    ]
    assert [str(getattr(event, "last", "")) for event in new[2:]] == ["2021-06-01", "2021-06-01"]


def test_a_partial_document_of_an_authority_ends_nothing(agency: Register) -> None:
    """A structure, or a member, that a partial document leaves out stays."""
    agency.change("abb", complete=False)
    agency.publish("zones.ttl", f'{PREFIXES} :z1 org:classification kind:{POLICE} ; skos:prefLabel "PZ Een" .'.encode())
    assert agency.harvest("abb").outcome == "silent"


def test_many_structures_that_change_at_once_wait(agency: Register) -> None:
    """Three structures renamed at once are more than a tenth of three."""
    agency.clock.turn(days=1)
    agency.publish("zones.ttl", ZONES.replace('"PZ ', '"Zone ').encode())
    report = agency.harvest("abb")
    assert report.outcome == "refused"
    assert report.reason == "3 of the 3 structures that it lists would change at once"
    assert agency.harvest("abb", accept=True).events == {"cooperation-was-renamed": 3}


def test_what_cannot_be_today_is_tried_again_tomorrow(agency: Register) -> None:
    """A name that changes on the day on which it was first observed is a claim that day, and an event the next."""
    agency.publish("zones.ttl", ZONES.replace("PZ Een", "PZ Eén").encode())
    report = agency.harvest("abb")
    assert "something else holds from 2021-06-01 already" in report.refused[0]
    assert report.made == 3
    agency.clock.turn(days=1)
    report = agency.harvest("abb")
    assert (report.events, report.withdrawn) == ({"cooperation-was-renamed": 1}, 3)


def test_a_merger_of_an_authority_is_one_event(agency: Register) -> None:
    """What a publisher says became one ends in the register, once."""
    agency.clock.turn(days=30)
    union = f"""{ZONES} :fusie a org:ChangeEvent ; dct:date "2021-06-20"^^xsd:date ;
      org:originalOrganization :z1 , :z2 ; org:resultingOrganization :z3 ."""
    agency.publish("zones.ttl", union.encode())
    assert agency.harvest("abb", accept=True).events == {"cooperations-were-merged": 1}
    (merged,) = [event for event in agency.events() if isinstance(event, CooperationsWereMerged)]
    assert (merged.parts, merged.into, merged.valid_from) == (("z1", "z2"), "z3", date(2021, 6, 20))
    agency.publish("zones.ttl", f"{union}# again\n".encode())
    assert agency.harvest("abb").outcome == "silent"


def test_what_came_of_a_merger_was_founded_on_its_day(agency: Register) -> None:
    """A structure that is met as what others became began on the day of their merger, not when it was first seen."""
    agency.clock.turn(days=30)
    union = f"""{ZONES} :z4 org:classification kind:{POLICE} ; skos:prefLabel "PZ Vier" .
      :fusie a org:ChangeEvent ; dct:date "2021-06-20"^^xsd:date ;
      org:originalOrganization :z2 , :z3 ; org:resultingOrganization :z4 ."""
    agency.publish("zones.ttl", union.encode())
    report = agency.harvest("abb", accept=True)
    assert (report.events, report.refused) == ({"cooperation-was-founded": 1, "cooperations-were-merged": 1}, ())
    held = Held(agency.folder.journal)
    assert (held.cooperation("z4").begin, held.cooperation("z2").end) == (date(2021, 6, 20), date(2021, 6, 20))


def test_what_is_listed_again_after_its_end_is_said(agency: Register) -> None:
    """Whether a structure ever ended, somebody has to say: until then its list is a claim, and each run says so."""
    whole, shorter = ZONES, "\n".join(line for line in ZONES.splitlines() if not line.startswith(":z3"))
    for body in (shorter, whole):
        agency.clock.turn(days=1)
        agency.publish("zones.ttl", body.encode())
        report = agency.harvest("abb")
    assert "cooperation z3 ended on 2021-06-02" in report.refused[0]
    assert Structure(of="http://agency.example/z3", words="PZ Drie", type="politiezone") in agency.saying("abb")
    assert agency.harvest("abb").refused == report.refused


def test_what_is_gone_on_the_day_on_which_it_came_ends_the_day_after(agency: Register) -> None:
    """A day has no parts: what cannot end today is said, and ends tomorrow."""
    shorter = "\n".join(line for line in ZONES.splitlines() if not line.startswith(":z3"))
    agency.publish("zones.ttl", shorter.encode())
    assert "cooperation z3 came into the register on that day" in agency.harvest("abb").refused[0]
    agency.clock.turn(days=1)
    assert agency.harvest("abb").events == {"cooperation-was-ended": 1}


def test_the_last_member_may_go(agency: Register) -> None:
    """Where a complete document names members of others, a structure of which it names none has none any more."""
    agency.clock.turn(days=30)
    agency.publish("zones.ttl", ZONES.replace(":town2 org:memberOf :z2 .", "").encode())
    assert agency.harvest("abb").events == {"members-were-last-observed": 1}


def test_members_of_other_kinds_say_nothing(agency: Register) -> None:
    """A document that names members of projects only ends no membership of a police zone."""
    agency.clock.turn(days=30)
    zones = "\n".join(line for line in ZONES.splitlines() if "member" not in line and not line.startswith("  org:role"))
    project = f':p1 org:classification kind:{PROJECT} ; skos:prefLabel "Project" . :town1 org:memberOf :p1 .'
    agency.publish("zones.ttl", f"{zones}{project}".encode())
    assert agency.harvest("abb").events == {"cooperation-was-observed": 1, "members-were-observed": 1}


def test_what_is_to_merge_stands_until_then(agency: Register) -> None:
    """An announced merger ends nothing before its day: its parts may be called otherwise, and lose members."""
    union = """ :fusie a org:ChangeEvent ; dct:date "2022-01-01"^^xsd:date ;
      org:originalOrganization :z1 , :z2 ; org:resultingOrganization :z3 ."""
    agency.clock.turn(days=1)
    agency.publish("zones.ttl", f"{ZONES}{union}".encode())
    assert agency.harvest("abb", accept=True).events == {"cooperations-were-merged": 1}
    agency.clock.turn(days=1)
    changed = ZONES.replace("PZ Een", "PZ Eén").replace(":town2 org:memberOf :z2 .", "")
    agency.publish("zones.ttl", f"{changed}{union}".encode())
    report = agency.harvest("abb")
    assert (report.events, report.refused) == ({"cooperation-was-renamed": 1, "members-were-last-observed": 1}, ())
    agency.publish("zones.ttl", f"{changed}{union}# the same\n".encode())
    assert agency.harvest("abb").outcome == "silent"


def test_a_merger_that_is_put_off_is_told_of(agency: Register) -> None:
    """Another day of what was announced contradicts it: it is refused, and claimed, until somebody corrects the day."""
    union = """ :fusie a org:ChangeEvent ; dct:date "{}-01-01"^^xsd:date ;
      org:originalOrganization :z1 , :z2 ; org:resultingOrganization :z3 ."""
    for year in (2022, 2023):
        agency.clock.turn(days=1)
        agency.publish("zones.ttl", f"{ZONES}{union.format(year)}".encode())
        report = agency.harvest("abb", accept=True)
    assert len(report.refused) == 1
    assert [type(claim) for claim in agency.saying("abb")] == [Merging]


def test_a_merger_before_coverage_is_a_claim(begin: Callable[..., Register]) -> None:
    """Nothing can be held from before coverage: the structures are observed, and their merger is claimed."""
    register = begin(abb=declaration(**{**COOPERATIONS, "said_by": "abb"}))
    union = f"""{ZONES} :fusie a org:ChangeEvent ; dct:date "2010-01-01"^^xsd:date ;
      org:originalOrganization :z1 ; org:resultingOrganization :z2 ."""
    register.publish("zones.ttl", union.encode())
    report = register.harvest("abb")
    assert report.events == {"cooperation-was-observed": 3, "members-were-observed": 2}
    assert (report.refused, [type(claim) for claim in register.saying("abb")]) == ((), [Merging])
    register.publish("zones.ttl", f"{union}# again\n".encode())
    assert register.harvest("abb").outcome == "silent"


def test_a_structure_that_takes_others_in_was_there_before(begin: Callable[..., Register]) -> None:
    """What results from a merger and is among what was merged was not founded by it."""
    register = begin(abb=declaration(**{**COOPERATIONS, "said_by": "abb"}))
    union = f"""{ZONES} :fusie a org:ChangeEvent ; dct:date "2020-01-01"^^xsd:date ;
      org:originalOrganization :z1 , :z2 ; org:resultingOrganization :z1 ."""
    register.publish("zones.ttl", union.encode())
    assert "cooperation-was-founded" not in register.harvest("abb").events


def test_one_member_that_is_refused_keeps_no_other_out(agency: Register) -> None:
    """A member whose NIS code nobody knows is told of, and the others join."""
    agency.clock.turn(days=30)
    more = """:town3 org:memberOf :z3 . :town9 org:memberOf :z3 ; besluit:werkingsgebied :a9 .
      :a9 skos:exactMatch nis:54010 ."""
    agency.publish("zones.ttl", f"{ZONES}{more}".encode())
    report = agency.harvest("abb")
    assert report.events == {"members-were-observed": 1}
    assert ["54010" in why for why in report.refused] == [True]
    held = Held(agency.folder.journal).cooperation("z3")
    assert set(held.members) == {"http://agency.example/town3"}


def test_nobody_ends_what_rests_on_the_word_of_another(begin: Callable[..., Register]) -> None:
    """A complete document of one authority ends no membership that another one observed."""
    both = {"abb": frozenset(GROUPS["cooperations"]), "krant": frozenset(GROUPS["cooperations"])}
    more = declaration(**{**COOPERATIONS, "location": "more.ttl", "document": "more.ttl", "complete": False})
    register = begin(abb=declaration(**{**COOPERATIONS, "said_by": "abb"}), krant=more)
    other = f':z1 org:classification kind:{POLICE} ; skos:prefLabel "PZ Een" . :town3 org:memberOf :z1 .'
    register.publish("more.ttl", f"{PREFIXES}{other}".encode())
    for name in ("abb", "krant", "abb"):
        register.clock.turn(days=1)
        register.publish("zones.ttl", f"{ZONES}# {name} {register.clock.now}\n".encode())
        Harvester(register.folder, register.sources, authority=both).harvest(name)
    held = Held(register.folder.journal, both).cooperation("z1")
    assert held.members["http://agency.example/town3"].open() is not None


def test_a_claim_that_became_an_event_is_withdrawn_by_a_partial_document_too(agency: Register) -> None:
    """What was refused one day and is opened the next is said by the register then, and by no claim."""
    agency.change("abb", complete=False)
    agency.publish("zones.ttl", ZONES.replace("PZ Een", "PZ Eén").encode())
    assert agency.harvest("abb").made == 3
    agency.clock.turn(days=1)
    assert agency.harvest("abb").withdrawn == 3
    assert agency.saying("abb") == {}


def test_what_contradicts_a_decision_becomes_a_claim(begin: Callable[..., Register]) -> None:
    """Where a decision stands, the contrary word of an authority is refused as an event, and kept as a claim."""
    founded = said(
        "cooperation-was-founded",
        cooperation="z1",
        name="Politie Een",
        types=["politiezone"],
        iri="http://agency.example/z1",
    )
    register = begin(*small_register(), founded, abb=declaration(**{**COOPERATIONS, "said_by": "abb"}))
    register.publish("zones.ttl", ZONES.encode())
    report = register.harvest("abb")
    assert report.events == {
        "cooperation-was-observed": 2,
        "cooperation-status-was-changed": 1,
        "members-were-observed": 2,
    }
    assert len(report.refused) == 1
    assert "D1 decided otherwise" in report.refused[0]
    assert Structure(of="http://agency.example/z1", words="PZ Een", type="politiezone") in register.saying("abb")
    register.publish("zones.ttl", f"{ZONES}# again\n".encode())
    assert register.harvest("abb").outcome == "silent"


def test_documents_about_other_kinds_withdraw_nothing_of_each_other(begin: Callable[..., Register]) -> None:
    """Two complete documents of one publisher, about structures of different kinds, each speak for their own."""
    kinds = {"police": ["politiezone"], "projects": ["projectvereniging"]}
    register = begin(
        **{
            name: declaration(**{**COOPERATIONS, "mapping": {"says": "cooperations", "types": types}})
            for name, types in kinds.items()
        }
    )
    project = f':p1 a org:Organization ; org:classification kind:{PROJECT} ; skos:prefLabel "Project" .'
    register.publish("zones.ttl", f"{ZONES}{project}".encode())
    assert (register.harvest("police").made, register.harvest("projects").made) == (6, 1)
    register.publish("zones.ttl", f"{ZONES}{project}# the same\n".encode())
    assert [register.harvest(name).outcome for name in kinds] == ["silent", "silent"]
