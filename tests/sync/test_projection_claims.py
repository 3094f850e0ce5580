"""From claims and proposals to statements: each in a graph of its own, over the days that were stated."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from regiolog.sync.folder import Folder
from regiolog.sync.statements import digest
from regiolog.sync.statements.history import History
from regiolog.sync.statements.statement import NEVER, Statement
from tests.builders import Record, TurnedClock, region, said, small_register, tell
from tests.events.shorthand import correct, joins, knows, lists, merges, newspaper, publishes, puts, retract
from tests.sync.shown import MUNICIPALITY, ours, periods

KRANT = "source/krant"
CLAIM = ours("event/8#claim-1")
WEST = "http://x.example.org/west"
NAMES = {"says": "name-of-region", "of": "R1", "words": "Noord"}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    """A data folder with a small register and one source in it: its next event is the eighth."""
    folder = Folder(tmp_path, create=True, clock=TurnedClock())
    tell(folder.journal, *small_register(), newspaper("krant"))
    yield folder
    folder.close()


def believed(history: History) -> set[Statement]:
    """What is believed at the head and is none of the register's own."""
    return {each for each, _, closed in history.ever(history.position) if each.graph and closed == NEVER}


def test_a_source_is_a_thing_of_the_register(folder: Folder) -> None:
    """Who it is, on what terms and how it is named; it points at the graph of what it says."""
    tell(folder.journal, newspaper("blad", licence="http://x.example.org/cc0", attribution="Het Blad"))
    assert periods(folder, ours("source/blad")) == {
        "/": {
            "rdf:type rl:Source",
            'dcterms:identifier "blad"',
            'rdfs:label "Blad"@nl',
            "rl:claims <graph/source/blad>",
            "dcterms:license <http://x.example.org/cc0>",
            'rl:attribution "Het Blad"@nl',
            'dc:source "a colophon"',
        }
    }
    tell(folder.journal, newspaper("lijst", licence="geen"))
    assert 'dc:rights "geen"' in periods(folder, ours("source/lijst"))["/"]
    assert not any("licen" in each or "rights" in each for each in periods(folder, ours("source/krant"))["/"])


@pytest.mark.parametrize(
    ("claim", "node"),
    [
        (
            puts("10001", "Noord"),
            {"rl:says rl:claim-region-of", 'rl:of "10001"', "rl:municipality <m/10001>", "rl:region </region/noord>"}
            | {'rl:words "Noord"'},
        ),
        (
            puts("99999", "ergens"),
            {"rl:says rl:claim-region-of", 'rl:of "99999"', 'rl:words "ergens"', "rl:mark rl:mark-unknown"},
        ),
        (
            NAMES,
            {"rl:says rl:claim-name-of-region", 'rl:of "R1"', 'rl:words "Noord"', "rl:region </region/noord>"},
        ),
        (
            lists("A", type="pz", code="7"),
            {"rl:says rl:claim-structure", 'rl:of "politie/A"', 'rl:words "A"', 'dc:type "pz"'}
            | {'dcterms:identifier "7"', "rl:mark rl:mark-without-members"},
        ),
        (
            joins("10001", "A"),
            {"rl:says rl:claim-member-of", 'rl:of "10001"', 'rl:words "politie/A"', "rl:municipality <m/10001>"},
        ),
        (
            knows("10001", "Dorp", begins="2019-01-01", ends="2019-01-01"),
            {"rl:says rl:claim-municipality", 'rl:of "10001"', 'rl:words "Dorp"', "rl:municipality <m/10001>"}
            | {'rl:listedFrom "2019-01-01"^^xsd:date', 'rl:listedUntil "2019-01-01"^^xsd:date'},
        ),
        (
            knows("99999", "Nergens"),
            {"rl:says rl:claim-municipality", 'rl:of "99999"', 'rl:words "Nergens"', "rl:mark rl:mark-unknown"},
        ),
        (
            merges("id/x", "id/y"),
            {"rl:says rl:claim-merged-into", 'rl:of "politie/PZ"', 'rl:words "fusie"', "rl:mark rl:mark-unknown"}
            | {'dc:relation "id/x"', 'dc:relation "id/y"'},
        ),
    ],
)
def test_each_kind_of_claim(folder: Folder, claim: Record, node: set[str]) -> None:
    """In the source's own words, with what they were read as; nothing of it is in the register."""
    tell(folder.journal, publishes(claim, document="v7"))
    assert periods(folder, CLAIM, KRANT) == {"2021-01-01/": {*node, "rdf:type rl:Claim", 'rl:document "v7"'}}
    assert periods(folder, CLAIM) == {}


def test_what_a_claim_says_is_a_plain_triple_too(folder: Folder) -> None:
    """A placement and a name can be asked like the register's own, in the source's graph; what is unclear cannot."""
    unclear = (puts("10002", "ergens"), puts("99999", "Noord"), knows("99999", "Nergens"))
    tell(folder.journal, publishes(puts("10001", "Zuid"), NAMES, knows("10003", "Dorp"), *unclear))
    within = {"2021-01-01/": {"geo:sfWithin </region/zuid>"}}
    assert periods(folder, f"{MUNICIPALITY}10001", KRANT) == within
    assert periods(folder, ours("region/noord"), KRANT) == {"2021-01-01/": {'rdfs:label "Noord"@nl'}}
    assert periods(folder, f"{MUNICIPALITY}10003", KRANT) == {"2021-01-01/": {'rdfs:label "Dorp"@nl'}}
    assert periods(folder, f"{MUNICIPALITY}10002", KRANT) == {}
    assert periods(folder, f"{MUNICIPALITY}99999", KRANT) == {}


def test_a_placeholder_names_nothing(folder: Folder) -> None:
    """A code that stands for no thing is no municipality and is in no region, whatever was read into it."""
    tell(folder.journal, publishes(puts("99991", "elders", municipality="10001", region="west", marks=["placeholder"])))
    assert not any(
        "rl:region " in each or "rl:municip" in each for each in periods(folder, CLAIM, KRANT)["2021-01-01/"]
    )
    assert "rl:mark rl:mark-placeholder" in periods(folder, CLAIM, KRANT)["2021-01-01/"]
    assert periods(folder, f"{MUNICIPALITY}10001", KRANT) == {}


@pytest.mark.parametrize(
    ("stated", "period"),
    [
        ({}, "2021-01-01/"),
        ({"valid_from": "2020-05-01"}, "2020-05-01/"),
        ({"valid_to": "2021-09-01"}, "2021-01-01/2021-09-01"),
        ({"valid_from": "2020-05-01", "valid_to": "2020-09-01"}, "2020-05-01/2020-09-01"),
    ],
)
def test_a_claim_holds_over_the_days_that_its_source_states(folder: Folder, stated: Record, period: str) -> None:
    """From the first day to the last that it states; where it states none, from the publication on without end."""
    tell(folder.journal, publishes(puts("10001", "Zuid", **stated)))
    found = periods(folder, CLAIM, KRANT)
    assert set(found) == {period}
    assert {each for each in found[period] if "begins" in each or "ends" in each} == {
        f'rl:{"begins" if name == "valid_from" else "ends"} "{day}"^^xsd:date' for name, day in stated.items()
    }
    assert periods(folder, f"{MUNICIPALITY}10001", KRANT) == {period: {"geo:sfWithin </region/zuid>"}}


@pytest.mark.parametrize("days", [{"ends": "2020-06-01"}, {"begins": "2030-01-01"}, {"begins": "2025-01-01"}])
def test_what_is_listed_is_said_from_its_publication_on(folder: Folder, days: Record) -> None:
    """Whatever days a source states for a municipality, past or to come: it says so now."""
    tell(folder.journal, publishes(knows("10001", "Dorp", **days)))
    assert set(periods(folder, CLAIM, KRANT)) == {"2021-01-01/"}
    assert not any("begins" in each or "ends" in each for each in periods(folder, CLAIM, KRANT)["2021-01-01/"])
    assert set(periods(folder, f"{MUNICIPALITY}10001", KRANT)) == {"2021-01-01/"}


def test_a_listing_may_state_over_which_days_it_holds(folder: Folder) -> None:
    """These are the claim's own, beside those of the municipality."""
    stated = {"valid_from": "2020-05-01", "valid_to": "2020-09-01", "begins": "1977-01-01", "ends": "2025-01-01"}
    tell(folder.journal, publishes(knows("10001", "Dorp", **stated)))
    ((period, node),) = periods(folder, CLAIM, KRANT).items()
    assert period == "2020-05-01/2020-09-01"
    assert {each for each in node if "xsd:date" in each} == {
        'rl:begins "2020-05-01"^^xsd:date',
        'rl:ends "2020-09-01"^^xsd:date',
        'rl:listedFrom "1977-01-01"^^xsd:date',
        'rl:listedUntil "2025-01-01"^^xsd:date',
    }


def test_what_is_withdrawn_closes_what_is_known_and_nothing_else(folder: Folder) -> None:
    """The withdrawn claim was said until then; said again, it is another claim; the other went on all the time."""
    tell(folder.journal, publishes(puts("10001", "Zuid"), puts("10002", "Noord")))
    tell(folder.journal, publishes(withdrawn=(puts("10001", "Zuid"),), valid_from="2021-02-01"))
    assert periods(folder, CLAIM, KRANT) == periods(folder, f"{MUNICIPALITY}10001", KRANT) == {}
    tell(folder.journal, publishes(puts("10001", "Zuid"), valid_from="2021-03-01"))
    assert periods(folder, CLAIM, KRANT) == {}
    assert set(periods(folder, ours("event/10#claim-1"), KRANT)) == {"2021-03-01/"}
    history = folder.history()
    assert {(each.opened, each.closed) for each in history.about(CLAIM)} == {(8, 9)}
    other = {(each.opened, each.closed) for each in history.about(ours("event/8#claim-2"))}
    assert [opened for opened, closed in other if closed > history.position] == [8]


def test_a_corrected_claim_keeps_its_number(folder: Folder) -> None:
    """What the source really said stands under the address of what it was thought to have said."""
    tell(folder.journal, publishes(puts("10001", "Zuid"), puts("10002", "Noord"), id="paper"))
    tell(folder.journal, {**correct("paper", made=[puts("10001", "Noord")], document="v9"), "id": "better"})
    assert {'rl:words "Noord"', 'rl:document "v9"'} <= periods(folder, CLAIM, KRANT)["2021-01-01/"]
    assert periods(folder, ours("event/8#claim-2"), KRANT) == {}
    assert len(believed(folder.history())) > 0
    tell(folder.journal, retract("better"))
    assert believed(folder.history()) == set()


@pytest.mark.parametrize("again", [None, "http://x.example.org/other"])
def test_a_claim_follows_the_address_of_its_region(folder: Folder, again: str | None) -> None:
    """A region that was retracted loses its address, and so in what sources say; built anew, it is just the same."""
    tell(folder.journal, region("west", iri=WEST))
    tell(folder.journal, publishes(puts("10001", "West"), id="paper"))
    assert "rl:region <http://x.example.org/west>" in periods(folder, ours("event/9#claim-1"), KRANT)["2021-01-01/"]
    tell(folder.journal, retract("region/west"))
    within = f"{MUNICIPALITY}10001"
    assert periods(folder, within, KRANT) == {"2021-01-01/": {"geo:sfWithin </region/west>"}}
    if again:
        tell(folder.journal, {**region("west", iri=again), "id": "again"})
        assert periods(folder, within, KRANT) == {"2021-01-01/": {f"geo:sfWithin <{again}>"}}
    tell(folder.journal, publishes(withdrawn=(puts("10001", "West"),)))
    history = folder.history()
    assert believed(history) == set()
    live, position = digest.of_history(history, history.position), history.position
    history.close()
    folder.statements.unlink()
    assert digest.of_history(folder.history(), position) == live


def test_an_announcement_that_is_found_later_changes_no_address(folder: Folder) -> None:
    """The address by which the register first heard of a region stays, whatever was announced the month before."""
    tell(
        folder.journal, region("west", iri=WEST), said("municipality-was-assigned", municipality="10005", region="west")
    )
    before = periods(folder, f"{MUNICIPALITY}10005")
    tell(folder.journal, said("region-was-announced", "2020-01-15", region="west"))
    assert 'rl:begins "2020-01-15"^^xsd:date' in periods(folder, WEST)["/"]
    assert periods(folder, f"{MUNICIPALITY}10005") == before
    assert periods(folder, ours("region/west")) == {}


def test_a_region_whose_announcement_never_was_goes_by_its_own_address(folder: Folder) -> None:
    """Without the announcement the register heard of it by its official address, and says so wherever it names it."""
    tell(
        folder.journal,
        said("region-was-announced", "2020-01-15", region="west", id="announced"),
        region("west", iri=WEST),
        said("municipality-was-assigned", municipality="10005", region="west"),
        said("subregion-was-designated", "2020-06-01", subregion="ver", within="west", name="Ver"),
    )
    assert "geo:sfWithin </region/west>" in periods(folder, f"{MUNICIPALITY}10005")["2020-02-01/"]
    tell(folder.journal, retract("announced"))
    official = f"geo:sfWithin <{WEST}>"
    assert periods(folder, f"{MUNICIPALITY}10005")["2020-02-01/"] == {official}
    assert official in periods(folder, ours("subregion/ver"))["2020-06-01/"]
    assert "rl:region <http://x.example.org/west>" in periods(folder, ours("event/10#assignment-10005"))["2020-02-01/"]
    assert periods(folder, ours("region/west")) == {}


PROPOSED = said(
    "regions-were-proposed",
    "2020-10-09",
    regions={"v1": {"name": "Eén", "source": ["http://x.example.org/map"]}, "v2": {"name": "Twee"}},
    source=["een nota"],
    id="map",
)
FIRST = {
    "rdf:type rl:ProposedRegion",
    'dcterms:identifier "v1"',
    'rdfs:label "Eén"@nl',
    "adms:status rl:status-proposed",
    "rl:basis </decision/D1>",
    'rl:begins "2020-10-09"^^xsd:date',
    'dc:source "een nota"',
    "dcterms:source <http://x.example.org/map>",
}


def test_a_proposal_has_a_graph_of_its_own(folder: Folder) -> None:
    """Its regions hold there whatever the day, and say since when they stand; the register says only that they are."""
    tell(folder.journal, PROPOSED)
    assert periods(folder, ours("region/v1"), "proposal/D1") == {"/": FIRST}
    assert periods(folder, ours("region/v1")) == {}
    assert "rl:proposes <graph/proposal/D1>" in periods(folder, ours("decision/D1"))["/"]


def test_a_proposal_is_settled_region_by_region(folder: Folder) -> None:
    """What was settled says on which day and by which decision; the other region stands as it stood."""
    tell(folder.journal, PROPOSED)
    other = periods(folder, ours("region/v2"), "proposal/D1")
    settling = said("proposal-was-settled", "2021-03-12", "D2", proposal="D1", settled=["v1"], id="settling")
    tell(folder.journal, settling)
    ended = {'rl:ends "2021-03-12"^^xsd:date', "rl:settledBy </decision/D2>"}
    assert periods(folder, ours("region/v1"), "proposal/D1") == {"/": FIRST | ended}
    assert periods(folder, ours("region/v2"), "proposal/D1") == other
    tell(folder.journal, retract("settling"))
    assert periods(folder, ours("region/v1"), "proposal/D1") == {"/": FIRST}


def test_a_proposal_that_never_was(folder: Folder) -> None:
    """Retracted, it leaves no graph and no mention behind; corrected, it proposes what it should have."""
    tell(folder.journal, PROPOSED)
    tell(folder.journal, {**correct("map", regions={"v2": None}), "id": "better"})
    assert periods(folder, ours("region/v2"), "proposal/D1") == {}
    assert periods(folder, ours("region/v1"), "proposal/D1") == {"/": FIRST}
    tell(folder.journal, retract("better"))
    assert believed(folder.history()) == set()
    assert not any("proposes" in each for each in periods(folder, ours("decision/D1"))["/"])
