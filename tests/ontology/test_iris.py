"""IRIs are minted in one way, read back to what they were minted from, and never from what has no place in one."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import URIRef

from regiolog.ontology.iris import KINDS, Iris, Minted, UnusableIri, nis_of

BASE = "http://localhost:8000/"
iris = Iris(BASE)


def test_official_iris_are_reused() -> None:
    """Municipalities, and regions that an authority names, keep the IRI that the authority gave them."""
    assert iris.municipality("11056") == "https://data.vlaanderen.be/id/gemeente/11056"
    official = "http://data.lblod.info/id/werkingsgebieden/3c9f5b3c00046aaee3fa5830de6ff7fe"
    assert iris.region("regio-antwerpen", official) == official
    assert iris.subregion("noord", official) == official


def test_the_rest_is_minted_under_the_base() -> None:
    """What has no official IRI is named under the base, by kind and key."""
    assert iris.region("limburg-undemarcated-1") == f"{BASE}id/region/limburg-undemarcated-1"
    assert iris.subregion("noord") == f"{BASE}id/subregion/noord"
    assert iris.province("40000") == f"{BASE}id/province/40000"
    assert iris.decision("VR-2021-03-12") == f"{BASE}id/decision/VR-2021-03-12"
    assert iris.source("pinc") == f"{BASE}id/source/pinc"
    assert iris.event(17) == f"{BASE}id/event/17"
    assert iris.assignment(17, "11056") == f"{BASE}id/event/17#assignment-11056"
    assert iris.merger(17) == f"{BASE}id/event/17#merger"
    assert iris.boundary(17) == f"{BASE}id/event/17#boundary"
    assert iris.register() == f"{BASE}id/register"
    assert iris.coverage() == f"{BASE}id/register#coverage"
    assert (
        iris.divergent_date("REGIODECREET", "in-force", "2024-01-01")
        == f"{BASE}id/decision/REGIODECREET#date-in-force-2024-01-01"
    )


def test_what_events_say_is_named_by_their_position() -> None:
    """Claims, memberships, changes and statements are named by the event that first said them and their place there."""
    assert iris.claim(17, 2) == f"{BASE}id/event/17#claim-2"
    assert iris.membership(17, 2) == f"{BASE}id/event/17#member-2"
    assert iris.change(17) == f"{BASE}id/event/17#change"
    assert iris.statement(17, 2) == f"{BASE}id/event/17#statement-2"
    assert iris.decision_making("VR-2021-03-12") == f"{BASE}id/decision/VR-2021-03-12#act"


def test_a_run_is_a_part_of_its_source() -> None:
    """By the name of the run; what a run recorded of no one source is a part of the register. Both are read back."""
    name = "pinc-regions-20261125T200000Z-1a2b"
    assert iris.run("pinc", name) == f"{BASE}id/source/pinc#run-{name}"
    assert iris.run(None, name) == f"{BASE}id/register#run-{name}"
    assert iris.read(iris.run("pinc", "a:b/c")) == Minted("source", "pinc", "run-a%3Ab%2Fc")
    assert iris.read(iris.run(None, name)) == Minted("register", "", f"run-{name}")


def test_cooperations_keep_their_official_iris() -> None:
    """A cooperation structure keeps the IRI that its publisher gave it; a proposed region has one of ours."""
    official = "http://data.lblod.info/id/bestuurseenheden/07432c31-b65f-4f31-b0f4-c9b5e84a20ef"
    assert iris.cooperation("07432c31-b65f-4f31-b0f4-c9b5e84a20ef", official) == official
    assert iris.cooperation("pz-waasland") == f"{BASE}id/cooperation/pz-waasland"
    assert iris.proposed_region("2020-waas") == f"{BASE}id/region/2020-waas"


def test_graphs_beside_the_register_have_names() -> None:
    """Each source, each proposal and the history has a graph of its own; the history also one for each thing."""
    assert iris.source_graph("pinc") == f"{BASE}graph/source/pinc"
    assert iris.proposal_graph("VR-2020-10-09") == f"{BASE}graph/proposal/VR-2020-10-09"
    assert iris.history_graph() == f"{BASE}graph/history"
    assert iris.history_graph("municipality", "11056") == f"{BASE}graph/history/municipality/11056"


def test_graphs_are_named_by_their_moment() -> None:
    """A snapshot's graph is named by its day, and by the instant it was known where that is fixed."""
    assert iris.graph(date(2023, 4, 1)) == f"{BASE}graph/2023-04-01"
    assert iris.graph("now") == f"{BASE}graph/now"
    assert iris.graph("2023-04-01", "2023-03-09T23:00:00Z") == f"{BASE}graph/2023-04-01/2023-03-09T23:00:00Z"


def test_differences_are_named_by_both_moments() -> None:
    """By the address that tells them, with both clocks fixed, and with the set that is meant."""
    old, new = (date(2023, 3, 1), "2023-03-09T23:00:00Z"), (date(2023, 4, 1), "2023-03-09T23:00:00Z")
    later = (date(2023, 4, 1), "2024-01-01T00:00:00.5Z")
    assert iris.difference(old, new) == f"{BASE}diff?from=2023-03-01&to=2023-04-01&known=2023-03-09T23:00:00Z"
    assert iris.difference(old, later, "source/pinc") == (
        f"{BASE}diff?from=2023-03-01&to=2023-04-01"
        "&from_known=2023-03-09T23:00:00Z&to_known=2024-01-01T00:00:00.5Z&set=source/pinc"
    )


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_has_an_address(kind: str) -> None:
    """Each kind of thing has an address by its key, which is read back."""
    address = iris.thing(kind, "a-1")
    assert address == f"{BASE}id/{kind}/a-1"
    assert iris.local_kind(address) == kind


def test_there_are_no_other_kinds() -> None:
    """A kind that we do not have is refused when minting and is not ours when reading."""
    with pytest.raises(UnusableIri, match="not a kind"):
        iris.thing("gemeente", "11056")
    assert iris.local_kind(f"{BASE}id/gemeente/11056") is None


@given(st.text(min_size=1, max_size=30))
def test_a_key_is_refused_or_comes_back(key: str) -> None:
    """Whatever the key, it is refused, or its IRI is plain ASCII, valid, of one segment, and gives the key back."""
    try:
        iri = iris.decision(key)
    except UnusableIri:
        return
    assert iri.isascii()
    assert URIRef(iri).n3() == f"<{iri}>"
    assert iri.removeprefix(f"{BASE}id/decision/").count("/") == 0
    assert iris.read(iri) == Minted("decision", key, "")


def test_what_means_something_in_an_address_is_escaped() -> None:
    """A key cannot leave its segment or begin a query, a fragment or an escape of its own."""
    assert iris.decision("a/b?c#d%e") == f"{BASE}id/decision/a%2Fb%3Fc%23d%25e"
    assert iris.decision("Hœilaart") == f"{BASE}id/decision/H%C5%93ilaart"


@pytest.mark.parametrize(
    "key",
    [
        "",
        ".",
        "..",
        "a b",
        "a\tb",
        "a\nb",
        "<a>",
        'a"b',
        "a{b}",
        "a|b",
        "a\\b",
        "a^b",
        "a`b",
        "\x00",
        "\u202e",
        "\ud800",
    ],
)
def test_characters_that_have_no_place_in_an_iri_are_refused(key: str) -> None:
    """Blanks, controls, quotes, brackets, formatting characters, halves of characters and dots alone are refused."""
    for mint in (iris.municipality, iris.region, iris.decision, iris.source, iris.graph):
        with pytest.raises(UnusableIri):
            mint(key)


@pytest.mark.parametrize(
    "base",
    [
        "",
        "localhost:8000/",
        "/id/",
        "ftp://example.org/",
        "http:///",
        "http://example.org",
        "http://example.org/?a",
        "http://example.org/#",
        "http://exam ple.org/",
        "http://example.org:99999/",
        "http://[::1/",
    ],
)
def test_a_base_is_an_address_that_ends_in_a_slash(base: str) -> None:
    """A base that would make ambiguous or broken IRIs is refused, and named."""
    with pytest.raises(UnusableIri, match="cannot be the base"):
        Iris(base)


def test_an_official_iri_is_one() -> None:
    """What is given as an official IRI is an absolute one."""
    with pytest.raises(UnusableIri, match="not an absolute"):
        iris.region("waasland", "waasland")


def test_positions_start_at_one() -> None:
    """There is no event at position zero."""
    with pytest.raises(UnusableIri, match="position"):
        iris.event(0)


def test_parts_are_read_back_with_their_thing() -> None:
    """A part of a thing is read as the thing and the part."""
    assert iris.read(iris.assignment(17, "11056")) == Minted("event", "17", "assignment-11056")
    assert iris.read(iris.register()) == Minted("register", "", "")
    assert iris.read(iris.coverage()) == Minted("register", "", "coverage")


@pytest.mark.parametrize(
    "iri",
    [
        "https://data.vlaanderen.be/id/gemeente/11056",
        f"{BASE}id/decision",
        f"{BASE}id/decision/",
        f"{BASE}id/decision/a/b",
        f"{BASE}id/decision/%61",
        f"{BASE}id/decision/%FF",
        f"{BASE}id/decision/a#",
        f"{BASE}id/decision/a#<b>",
        f"{BASE}graph/2023-04-01",
        "http://localhost:8001/id/decision/a",
    ],
)
def test_what_we_would_not_have_minted_is_not_ours(iri: str) -> None:
    """An IRI that merely looks like ours is not read as one."""
    assert iris.read(iri) is None
    assert iris.local_kind(iri) is None


def test_nis_codes_are_read_from_official_iris() -> None:
    """The NIS code is read from the IRI of a municipality and from no other."""
    assert nis_of(iris.municipality("11056")) == "11056"
    assert nis_of(iris.province("40000")) is None
