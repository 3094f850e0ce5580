"""From cooperation structures to statements: what each is, who takes part in it, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from regiolog.sync.folder import Folder
from tests.builders import Record, TurnedClock, said, small_register, tell
from tests.events.shorthand import (
    FOUNDED,
    JOINED,
    MERGED,
    OBSERVED,
    OTHER,
    correct,
    members,
    newspaper,
    of_zone,
    retract,
)
from tests.sync.shown import MUNICIPALITY, ours, periods

ZONE = ours("cooperation/zone")
FIRST, SECOND = ours("event/11#member-1"), ours("event/11#member-2")
CHANGE = ours("event/12#change")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    """A small register with a source and three structures, one with two members: its next event is the twelfth."""
    folder = Folder(tmp_path, create=True, clock=TurnedClock())
    tell(folder.journal, *small_register(), newspaper("abb"), FOUNDED, OBSERVED, OTHER, JOINED)
    yield folder
    folder.close()


def on_its_word(record: Record) -> Record:
    """The same on the word of a source with authority alone."""
    return {**record, "decision": None, "said_by": "abb", "source": ["https://x.example.org/list"]}


class TestStructures:
    """What a structure is, from the day on which it was founded or first observed."""

    def test_founded(self, folder: Folder) -> None:
        """Its key and its beginning are known whatever the day; the rest holds from that beginning on."""
        assert periods(folder, ZONE) == {
            "/": {'dcterms:identifier "zone"', 'rl:begins "2020-02-01"^^xsd:date'},
            "2020-02-01/": {
                "rdf:type rl:Cooperation",
                'rdfs:label "PZ Noord"@nl',
                "org:classification rl:cooperation-politiezone",
                'dc:type "Politiezone"@nl',
                "adms:status rl:status-active",
                "rl:basis </decision/D1>",
                "rl:evidence rl:evidence-published",
            },
        }

    def test_observed_on_the_word_of_a_source(self, folder: Folder) -> None:
        """When it was founded is not said; it goes by its publisher's address, and is attributed to who listed it."""
        address = "http://x.example.org/nieuw"
        record = said(
            "cooperation-was-observed",
            "2021-03-01",
            cooperation="nieuw",
            name="Nieuw",
            iri=address,
            kbo="0123456789",
            ovo="OVO000001",
            evidence="derived",
            note="a list",
        )
        tell(folder.journal, on_its_word(record))
        assert periods(folder, address) == {
            "/": {'dcterms:identifier "nieuw"', 'rl:firstObserved "2021-03-01"^^xsd:date'},
            "2021-03-01/": {
                "rdf:type rl:Cooperation",
                'rdfs:label "Nieuw"@nl',
                'skos:notation "0123456789"^^rl:kboNumber',
                'skos:notation "OVO000001"^^rl:ovoCode',
                "prov:wasAttributedTo </source/abb>",
                "rl:evidence rl:evidence-derived",
                'rdfs:comment "a list"@en',
                "dcterms:source <https://x.example.org/list>",
            },
        }
        assert periods(folder, ours("cooperation/nieuw")) == {}

    def test_name_type_and_status_change(self, folder: Folder) -> None:
        """Each has its own days, and what it is of several types says so of each."""
        tell(
            folder.journal,
            of_zone("cooperation-was-renamed", "2020-06-01", name="PZ Zuid"),
            of_zone("cooperation-type-was-changed", "2020-07-01", types=["vervoerregio", "lokaal-woonbeleid"]),
            of_zone("cooperation-status-was-changed", "2020-08-01", status="inactive"),
        )
        found = periods(folder, ZONE)
        assert found["2020-02-01/2020-06-01"] == {'rdfs:label "PZ Noord"@nl'}
        assert found["2020-06-01/"] == {'rdfs:label "PZ Zuid"@nl'}
        assert found["2020-02-01/2020-07-01"] == {
            "org:classification rl:cooperation-politiezone",
            'dc:type "Politiezone"@nl',
        }
        assert found["2020-07-01/"] == {
            "org:classification rl:cooperation-vervoerregio",
            'dc:type "Vervoerregio"@nl',
            "org:classification rl:cooperation-lokaal-woonbeleid",
            'dc:type "IGS lokaal woonbeleid"@nl',
        }
        assert found["2020-02-01/2020-08-01"] == {"adms:status rl:status-active"}
        assert found["2020-08-01/"] == {"adms:status rl:status-inactive"}

    def test_an_end(self, folder: Folder) -> None:
        """Its name outlives it, so that it can be shown; the rest ends, memberships too, and the end has a basis."""
        tell(folder.journal, of_zone("cooperation-was-ended", "2021-01-01", decision="D2", last="2020-12-01", note="x"))
        assert periods(folder, ZONE) == {
            "/": {
                'dcterms:identifier "zone"',
                'rl:begins "2020-02-01"^^xsd:date',
                'rl:ends "2021-01-01"^^xsd:date',
                'rl:lastObserved "2020-12-01"^^xsd:date',
            },
            "2020-02-01/": {'rdfs:label "PZ Noord"@nl', "rl:evidence rl:evidence-published"},
            "2020-02-01/2021-01-01": {
                "rdf:type rl:Cooperation",
                "org:classification rl:cooperation-politiezone",
                'dc:type "Politiezone"@nl',
                "adms:status rl:status-active",
                "rl:basis </decision/D1>",
            },
            "2021-01-01/": {"rl:basis </decision/D2>", 'rdfs:comment "x"@en'},
        }
        assert set(periods(folder, FIRST)) == set(periods(folder, SECOND)) == {"2020-03-01/2021-01-01"}

    def test_corrected_and_retracted(self, folder: Folder) -> None:
        """What it should have been called, and that it never was."""
        tell(folder.journal, {**correct("other", name="PZ Anders", valid_from="2020-05-01"), "id": "better"})
        assert 'rdfs:label "PZ Anders"@nl' in periods(folder, ours("cooperation/ander"))["2020-05-01/"]
        tell(folder.journal, retract("better"))
        assert periods(folder, ours("cooperation/ander")) == {}


class TestMemberships:
    """Who takes part, each membership with an address of its own."""

    def test_a_member_with_an_address(self, folder: Folder) -> None:
        """The node says who, of what, as what and since when; the member itself points at the structure."""
        assert periods(folder, FIRST) == {
            "2020-03-01/": {
                "rdf:type org:Membership",
                "org:organization </cooperation/zone>",
                "org:member <http://x.example.org/1>",
                "org:role rl:role-member",
                "rl:municipality <m/10001>",
                'rl:begins "2020-03-01"^^xsd:date',
                "rl:basis </decision/D1>",
                "rl:evidence rl:evidence-published",
            }
        }
        assert periods(folder, "http://x.example.org/1") == {"2020-03-01/": {"org:memberOf </cooperation/zone>"}}

    def test_a_member_known_by_its_code_alone(self, folder: Folder) -> None:
        """A code names a municipality and no organisation: nobody is said to be the member."""
        found = periods(folder, SECOND)["2020-03-01/"]
        assert "rl:municipality <m/10002>" in found
        assert not any(each.startswith(("org:member ", "org:role ")) for each in found)
        assert not any("memberOf" in each for held in periods(folder, f"{MUNICIPALITY}10002").values() for each in held)

    def test_first_and_last_observed(self, folder: Folder) -> None:
        """When it joined and left is not said; it is held over the days on which it was listed."""
        member = {
            "organisation": "http://x.example.org/9",
            "name": "Een Kerk",
            "type": "kerkfabriek",
            "role": "related",
        }
        tell(folder.journal, on_its_word(of_zone("members-were-observed", "2020-06-01", members=[member])))
        last = of_zone("members-were-last-observed", "2020-09-01", members=[member], last="2020-08-15")
        tell(folder.journal, on_its_word(last))
        assert periods(folder, ours("event/12#member-1")) == {
            "2020-06-01/2020-09-01": {
                "rdf:type org:Membership",
                "org:organization </cooperation/zone>",
                "org:member <http://x.example.org/9>",
                'rdfs:label "Een Kerk"@nl',
                'dc:type "kerkfabriek"@nl',
                "org:role rl:role-related",
                'rl:firstObserved "2020-06-01"^^xsd:date',
                'rl:lastObserved "2020-08-15"^^xsd:date',
                "prov:wasAttributedTo </source/abb>",
                "rl:evidence rl:evidence-published",
            }
        }

    def test_who_comes_back_is_another_membership(self, folder: Folder) -> None:
        """The first one ended on the day of leaving, and the second is the next event's."""
        tell(folder.journal, members("left", "2020-06-01", "10002"), members("joined", "2020-09-01", "10002"))
        assert set(periods(folder, SECOND)) == {"2020-03-01/2020-06-01"}
        assert set(periods(folder, ours("event/13#member-1"))) == {"2020-09-01/"}

    def test_a_merger_of_municipalities_leaves_memberships_alone(self, folder: Folder) -> None:
        """Nobody said that the membership moved: the municipality that ended is still the member."""
        before = periods(folder, FIRST), periods(folder, SECOND), periods(folder, ZONE)
        into = {"nis": "20001", "name": "Groot", "province": "10000"}
        tell(folder.journal, said("municipalities-were-merged", "2021-01-01", merged=["10001", "10002"], into=into))
        assert (periods(folder, FIRST), periods(folder, SECOND), periods(folder, ZONE)) == before

    def test_corrected_and_retracted(self, folder: Folder) -> None:
        """Who had been named wrongly keeps the address; who was never a member has none."""
        tell(folder.journal, {**correct("joined", members=[{"municipality": "10003"}]), "id": "better"})
        assert "rl:municipality <m/10003>" in periods(folder, FIRST)["2020-03-01/"]
        assert periods(folder, SECOND) == periods(folder, "http://x.example.org/1") == {}
        tell(folder.journal, retract("better"))
        assert periods(folder, FIRST) == {}


class TestWhatBecameOfThem:
    """Mergers and splits: a change among organisations, said once, and the ends point at what followed."""

    def test_a_merger(self, folder: Folder) -> None:
        """From its day on: what went in, what came out, on which decision; the parts are replaced."""
        tell(folder.journal, {**MERGED, "said_by": "abb", "source": ["een krant"]})
        assert periods(folder, CHANGE) == {
            "2021-01-01/": {
                "rdf:type org:ChangeEvent",
                "org:originalOrganization </cooperation/zone>",
                "org:originalOrganization </cooperation/ander>",
                "org:resultingOrganization </cooperation/bond>",
                'dcterms:date "2021-01-01"^^xsd:date',
                "rl:basis </decision/D1>",
                "prov:wasAssociatedWith </source/abb>",
                "rl:evidence rl:evidence-published",
                'dc:source "een krant"',
            }
        }
        for part in ("zone", "ander"):
            found = periods(folder, ours(f"cooperation/{part}"))
            assert found["2021-01-01/"] == {"dcterms:isReplacedBy </cooperation/bond>"}
            assert 'rl:ends "2021-01-01"^^xsd:date' in found["/"]
        bond = periods(folder, ours("cooperation/bond"))
        assert bond["2021-01-01/"] == {"dcterms:replaces </cooperation/zone>", "dcterms:replaces </cooperation/ander>"}
        assert set(periods(folder, FIRST)) == {"2020-03-01/2021-01-01"}

    def test_a_merger_into_one_of_the_parts(self, folder: Folder) -> None:
        """That part goes on, its members with it, and replaces the other alone."""
        tell(folder.journal, {**MERGED, "into": "zone"})
        assert periods(folder, ZONE)["2021-01-01/"] == {"dcterms:replaces </cooperation/ander>"}
        assert "org:originalOrganization </cooperation/zone>" in periods(folder, CHANGE)["2021-01-01/"]
        assert "org:resultingOrganization </cooperation/zone>" in periods(folder, CHANGE)["2021-01-01/"]
        assert set(periods(folder, FIRST)) == {"2020-03-01/"}

    def test_a_split(self, folder: Folder) -> None:
        """One original, and each result."""
        tell(folder.journal, of_zone("cooperation-was-split", "2021-01-01", into=["bond", "ander"]))
        found = periods(folder, CHANGE)["2021-01-01/"]
        assert {each for each in found if "Organization" in each} == {
            "org:originalOrganization </cooperation/zone>",
            "org:resultingOrganization </cooperation/bond>",
            "org:resultingOrganization </cooperation/ander>",
        }
        assert periods(folder, ZONE)["2021-01-01/"] == {
            "dcterms:isReplacedBy </cooperation/bond>",
            "dcterms:isReplacedBy </cooperation/ander>",
        }

    def test_corrected_and_retracted(self, folder: Folder) -> None:
        """What had not taken part goes on as it was, and in the end all do."""
        before = periods(folder, ZONE)
        tell(folder.journal, MERGED)
        tell(folder.journal, {**correct("merged", parts=["ander"]), "id": "better"})
        assert periods(folder, ZONE) == before
        assert "org:originalOrganization </cooperation/zone>" not in periods(folder, CHANGE)["2021-01-01/"]
        tell(folder.journal, retract("better"))
        assert periods(folder, CHANGE) == {}


MERGER = said(
    "municipalities-were-merged",
    "2022-01-01",
    merged=["10001", "10002"],
    into={"nis": "20001", "name": "Groot", "province": "10000"},
    id="merger",
)


def linked(*codes: str, **fields: str) -> Record:
    """Local authorities, found."""
    authorities = {nis: {"authority": f"http://x.example.org/a{nis}"} for nis in codes}
    return {"kind": "authorities-were-linked", "authorities": authorities, "source": ["a list"], **fields}


AMONG_AUTHORITIES = {
    "2022-01-01/": {
        "rdf:type org:ChangeEvent",
        "org:originalOrganization <http://x.example.org/a10001>",
        "org:originalOrganization <http://x.example.org/a10002>",
        "org:resultingOrganization <http://x.example.org/a20001>",
        'dcterms:date "2022-01-01"^^xsd:date',
        "rl:basis </decision/D1>",
        "rl:evidence rl:evidence-published",
    }
}


class TestMergersOfMunicipalities:
    """They are a change among local authorities as well, as far as those are known."""

    def test_authorities_that_were_known_before(self, folder: Folder) -> None:
        """The authorities of the day before go in, that of the new municipality comes out."""
        tell(folder.journal, linked("10001", "10002"), MERGER, linked("20001", valid_from="2022-01-01"))
        assert periods(folder, ours("event/13#change")) == AMONG_AUTHORITIES

    def test_authorities_that_are_found_later(self, folder: Folder) -> None:
        """However late they are linked: the change then says what it was a change of."""
        tell(folder.journal, MERGER)
        bare = {each for each in AMONG_AUTHORITIES["2022-01-01/"] if "Organization" not in each}
        assert periods(folder, CHANGE) == {"2022-01-01/": bare}
        tell(folder.journal, linked("20001", valid_from="2022-01-01"))
        tell(folder.journal, linked("10001", "10002"))
        assert periods(folder, CHANGE) == AMONG_AUTHORITIES

    def test_an_authority_of_another_day_takes_no_part(self, folder: Folder) -> None:
        """One that is known only from later on did not result from the merger."""
        tell(folder.journal, MERGER, linked("20001", valid_from="2022-01-02"))
        assert not any("Organization" in each for each in periods(folder, CHANGE)["2022-01-01/"])

    def test_an_absorption(self, folder: Folder) -> None:
        """Who absorbs goes in and comes out, under the same authority."""
        into = {"nis": "10001", "name": "Dorp 1", "province": "10000"}
        tell(folder.journal, linked("10001", "10002"), {**MERGER, "into": into})
        found = periods(folder, ours("event/13#change"))["2022-01-01/"]
        assert {each for each in found if "Organization" in each} == {
            "org:originalOrganization <http://x.example.org/a10001>",
            "org:originalOrganization <http://x.example.org/a10002>",
            "org:resultingOrganization <http://x.example.org/a10001>",
        }

    def test_a_merger_that_never_was(self, folder: Folder) -> None:
        """Nothing changed."""
        tell(folder.journal, linked("10001"), MERGER)
        tell(folder.journal, retract("merger"))
        assert periods(folder, ours("event/13#change")) == {}
