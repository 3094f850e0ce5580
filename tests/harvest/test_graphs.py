"""Documents of RDF: regions by addresses, schemes of codes, and structures with their members and mergers."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

import pytest

from regiolog.events.claim import Listing, Naming, Placement
from regiolog.events.held import Held
from tests.harvest.lists import Register, declaration
from tests.harvest.rdf import AREAS, CODES, PREFIXES, REGIONS


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
