"""Documents of RDF: regions by addresses, schemes of codes, and structures with their members and mergers."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

import pytest

from regiolog.events.claim import Belonging, Listing, Merging, Naming, Placement, Structure
from regiolog.events.cooperation import (
    CooperationsWereMerged,
    CooperationWasEnded,
    CooperationWasObserved,
    CooperationWasRenamed,
    MembersWereLastObserved,
    MembersWereObserved,
)
from regiolog.events.held import Held
from tests.builders import said, small_register
from tests.harvest.lists import Register, declaration

PREFIXES = """
@prefix besluit: <http://data.vlaanderen.be/ns/besluit#> .
@prefix ch: <http://example.org/organisatie/> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix ext: <http://mu.semte.ch/vocabularies/ext/> .
@prefix geo: <http://www.opengis.net/ont/geosparql#> .
@prefix nis: <http://vocab.belgif.be/auth/refnis2019/> .
@prefix org: <http://www.w3.org/ns/org#> .
@prefix kind: <http://data.vlaanderen.be/id/concept/BestuurseenheidClassificatieCode/> .
@prefix regorg: <http://www.w3.org/ns/regorg#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix schema: <https://schema.org/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix : <http://agency.example/> .
"""

AREAS = f"""{PREFIXES}
:a1 geo:sfWithin :noord ; skos:exactMatch nis:10001 ; rdfs:label "Dorp 1" ; ext:werkingsgebiedNiveau "Gemeente" .
:a2 geo:sfWithin :zuid , :province ; rdfs:label "Dorp 2" ; ext:werkingsgebiedNiveau "Gemeente" .
:a3 geo:sfWithin :zuid ; rdfs:label "Nergens" ; ext:werkingsgebiedNiveau "Gemeente" .
:a4 geo:sfWithin :zuid ; rdfs:label "Dorp 1" ; ext:werkingsgebiedNiveau "Gemeente" .
:noord rdfs:label "Noord"@nl ; ext:werkingsgebiedNiveau "Referentieregio"@nl .
:zuid rdfs:label "Zuid " ; ext:werkingsgebiedNiveau "Referentieregio" .
"""
"""Four areas: one by its code, one by its name, one that nothing tells, and one with the name of the first."""

POLICE, PROJECT = "a3922c6d-425b-474f-9a02-ffb71a436bfc", "b156b67f-c5f4-4584-9b30-4c090be02fdc"
ACTIVE = "<http://lblod.data.gift/concepts/63cc561de9188d64ba5840a42ae8f0d6>"

ZONES = f"""{PREFIXES}
:z1 a org:Organization ; org:classification kind:{POLICE} ; skos:prefLabel "PZ Een" ; regorg:orgStatus {ACTIVE} .
:z2 a org:Organization ; org:classification kind:{POLICE} ; skos:prefLabel "PZ Twee" .
:z3 a org:Organization ; org:classification kind:{POLICE} ; skos:prefLabel "PZ Drie" .
:ocmw a org:Organization ; org:classification kind:5ab0e9b8a3b2ca7c5e000002 ; skos:prefLabel "OCMW" .
:m1 a org:Membership ; org:member :town1 ; org:organization :z1 ;
  org:role <http://data.lblod.info/id/rollen/93c48754610c45e6bd9a894d2720a53d> .
:m2 a org:Membership ; org:member :ocmw ; org:organization :z1 .
:town2 org:memberOf :z2 .
:town1 besluit:werkingsgebied :a1 . :a1 skos:exactMatch nis:10001 .
:town2 besluit:werkingsgebied :a2 . :a2 skos:exactMatch nis:10002 .
"""

REGIONS = {"kind": "rdf", "mapping": {"says": "regions"}, "location": "areas.ttl", "document": "areas.ttl"}
COOPERATIONS = {"kind": "rdf", "mapping": {"says": "cooperations"}, "location": "zones.ttl", "document": "zones.ttl"}
CODES = {
    "kind": "rdf",
    "location": "codes.ttl",
    "mapping": {
        "says": "municipalities",
        "scheme": "http://vocab.belgif.be/auth/refnis2019",
        "codes": "1000[1-9]",
        "languages": ["fr"],
    },
}


@pytest.fixture
def areas(begin: Callable[..., Register]) -> Register:
    """A register whose source is a document of areas within regions."""
    register = begin(krant=declaration(**REGIONS))
    register.publish("areas.ttl", AREAS.encode())
    return register


def test_areas_are_municipalities_by_code_and_then_by_name(areas: Register) -> None:
    """A code comes before a name, and a municipality that one address stands for is no other's by its name."""
    report = areas.harvest()
    placed = {each.of: each for each in areas.saying().values() if isinstance(each, Placement)}
    assert {of.rpartition("/")[2]: (each.municipality, each.marks) for of, each in placed.items()} == {
        "a1": ("10001", ()),
        "a2": ("10002", ()),
        "a3": (None, ("unknown",)),
        "a4": (None, ("unknown",)),
    }
    assert report.passed == {"areas within something that is no reference region": 1}


def test_regions_are_known_by_address_and_their_names_are_kept_to_the_letter(areas: Register) -> None:
    """A region that the register has under no address goes by its name; the claim keeps every space."""
    areas.harvest()
    names = {each.of: each for each in areas.saying().values() if isinstance(each, Naming)}
    assert {each.words: each.region for each in names.values()} == {"Noord": "noord", "Zuid ": "zuid"}


def test_what_stands_beside_a_document_says_what_its_addresses_stand_for(begin: Callable[..., Register]) -> None:
    """Another document of the publisher gives the codes; it claims nothing itself."""
    register = begin(krant=declaration(**{**REGIONS, "mapping": {"says": "regions", "beside": "codes-of-areas.ttl"}}))
    register.publish("areas.ttl", AREAS.encode())
    register.publish(
        "codes-of-areas.ttl", f"{PREFIXES} :a3 skos:exactMatch nis:10003 . :a9 geo:sfWithin :zuid .".encode()
    )
    register.declare(
        "krant", declaration(**{**REGIONS, "mapping": {"says": "regions", "beside": "codes-of-areas.ttl"}})
    )
    register.harvest()
    codes = {each.of[-2:]: getattr(each, "municipality", "") for each in register.saying().values()}
    assert codes["a3"] == "10003"
    assert "a9" not in codes


WITHIN, LEVEL = "http://www.opengis.net/ont/geosparql#", "http://mu.semte.ch/vocabularies/ext/"

IN_OTHER_FORMS = {
    "areas.nt": f"""<http://agency.example/a1> <{WITHIN}sfWithin> <http://agency.example/r> .
<http://agency.example/r> <{LEVEL}werkingsgebiedNiveau> "Referentieregio" .
""",
    "areas.trig": f"""{PREFIXES} :g {{ :a1 geo:sfWithin :r . :r ext:werkingsgebiedNiveau "Referentieregio" . }}""",
    "areas.jsonld": json.dumps(
        [
            {"@id": "http://agency.example/a1", f"{WITHIN}sfWithin": {"@id": "http://agency.example/r"}},
            {"@id": "http://agency.example/r", f"{LEVEL}werkingsgebiedNiveau": "Referentieregio"},
        ]
    ),
    "areas.rdf": f"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:geo="{WITHIN}"
xmlns:ext="{LEVEL}"><rdf:Description rdf:about="http://agency.example/a1"><geo:sfWithin rdf:resource="http://agency.example/r"/>
</rdf:Description><rdf:Description rdf:about="http://agency.example/r">
<ext:werkingsgebiedNiveau>Referentieregio</ext:werkingsgebiedNiveau></rdf:Description></rdf:RDF>""",
}


@pytest.mark.parametrize(("name", "body"), IN_OTHER_FORMS.items(), ids=IN_OTHER_FORMS.keys())
def test_every_form_of_rdf_is_read(begin: Callable[..., Register], name: str, body: str) -> None:
    """N-Triples, TriG, JSON-LD and RDF/XML say the same as Turtle."""
    register = begin(krant=declaration(**{**REGIONS, "location": name}))
    register.publish(name, body.encode())
    assert register.harvest().made == 1
    assert register.placed() == {"http://agency.example/a1": "http://agency.example/r"}


@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [
        ("x.ttl", AREAS[: len(AREAS) // 2], "it is no Turtle document"),
        ("x.ttl", "<html><body>Sorry</body></html>", "an HTML page"),
        ("x.ttl", "", "it is empty"),
        ("x.csv", "a,b\n", "which is no form of RDF"),
        ("x.jsonld", '{"@context": "http://agency.example/context", "@id": "http://x/a", "label": "A"}', "JSON-LD"),
        ("x.rdf", '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><r>&a;</r>', "declares XML entities"),
        ("x.ttl", f"{PREFIXES} :a1 rdfs:label 'nothing of ours' .", "it says nothing at all"),
    ],
)
def test_rdf_that_cannot_be_read_is_refused_whole(
    begin: Callable[..., Register], name: str, body: str, reason: str
) -> None:
    """Half a document is none; no context is fetched and no entity is followed."""
    register = begin(krant=declaration(**{**REGIONS, "location": name}))
    register.publish(name, body.encode())
    head = register.folder.journal.head()
    report = register.harvest()
    assert (report.outcome, register.folder.journal.head()) == ("refused", head)
    assert reason in (report.reason or "")


def test_a_scheme_of_codes_lists_municipalities(begin: Callable[..., Register]) -> None:
    """What a scheme states of a code's days is what it says, however odd; other codes are passed over."""
    register = begin(statbel=declaration(**{**CODES, "said_by": "statbel"}))
    register.publish(
        "codes.ttl",
        f"""{PREFIXES}
        nis:10001 skos:inScheme <http://vocab.belgif.be/auth/refnis2019> ; skos:notation "10001" ;
          skos:prefLabel "Village 1"@fr , "Dorp 1"@nl ; schema:startDate "2019-01-01T00:00:00+01:00"^^xsd:dateTime ;
          schema:endDate "9999-12-31T00:00:00+01:00"^^xsd:dateTime .
        nis:10009 skos:inScheme <http://vocab.belgif.be/auth/refnis2019> ; skos:notation "10009" ;
          skos:prefLabel "Weg"@nl ; schema:startDate "2020-01-01"^^xsd:date ; schema:endDate "2020-01-01"^^xsd:date .
        nis:10000 skos:inScheme <http://vocab.belgif.be/auth/refnis2019> ; skos:notation "10000" .
        """.encode(),
    )
    report = register.harvest("statbel")
    assert set(register.saying("statbel").values()) == {
        Listing(
            of="http://vocab.belgif.be/auth/refnis2019/10001",
            words="Dorp 1",
            begins=date(2019, 1, 1),
            municipality="10001",
        ),
        Listing(
            of="http://vocab.belgif.be/auth/refnis2019/10009",
            words="Weg",
            begins=date(2020, 1, 1),
            ends=date(2020, 1, 1),
            marks=("unknown",),
        ),
    }
    assert (report.events, report.passed) == ({"municipality-was-named": 1}, {"codes of other things": 1})
    assert Held(register.folder.journal).municipality("10001").names["fr"].spans[0].value == "Village 1"
    assert register.harvest("statbel").outcome == "unchanged"


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


def test_the_last_member_may_go(agency: Register) -> None:
    """Where a complete document names members of others, a structure of which it names none has none any more."""
    agency.clock.turn(days=30)
    agency.publish("zones.ttl", ZONES.replace(":town2 org:memberOf :z2 .", "").encode())
    assert agency.harvest("abb").events == {"members-were-last-observed": 1}


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


def test_a_byte_order_mark_is_passed_over(areas: Register) -> None:
    """Turtle that begins with one is Turtle all the same."""
    areas.publish("areas.ttl", b"\xef\xbb\xbf" + AREAS.encode())
    assert areas.harvest().outcome == "new"


def test_what_a_report_quotes_can_be_shown(areas: Register) -> None:
    """A sentence about what came holds nothing that a terminal would obey."""
    areas.publish("areas.ttl", b"<http://agency.example/\x1b[2J> a .")
    report = areas.harvest()
    assert report.outcome == "refused"
    assert (report.reason or "").isprintable()
