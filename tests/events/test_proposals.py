"""Proposals: maps that were put forward, and settled region by region."""

from __future__ import annotations

import pytest

from regiolog.events.errors import UnknownKey
from regiolog.events.held import Held
from regiolog.events.journal import Journal
from tests.builders import Record, refuses, region, said, tell
from tests.events.shorthand import correct, retract

REGIONS = {
    "p-oost": {"name": "Oost", "source": ["a newspaper"]},
    "p-west": {"name": "West"},
    "p-noord": {"name": "Noord"},
}
PROPOSED = said("regions-were-proposed", regions=REGIONS, id="proposed")


def settled(*keys: str, valid_from: str = "2021-01-01", decision: str = "D2", **fields: object) -> Record:
    """Some proposed regions no longer stand."""
    return said("proposal-was-settled", valid_from, decision, proposal="D1", settled=list(keys), **fields)


def standing(journal: Journal) -> list[str]:
    """The keys of the proposed regions that nothing has settled."""
    proposal = Held(journal).proposal("D1")
    return [key for key in proposal.regions if key not in proposal.settled]


def test_a_proposal_makes_no_region(journal: Journal) -> None:
    """A proposed region has a key of its own, and is not one that anything could belong to."""
    tell(journal, PROPOSED)
    proposal = Held(journal).proposal("D1")
    assert proposal.made == Held(journal).fact("proposed")
    assert {key: (each.name, each.source) for key, each in proposal.regions.items()} == {
        "p-oost": ("Oost", ("a newspaper",)),
        "p-west": ("West", ()),
        "p-noord": ("Noord", ()),
    }
    assert Held(journal).region("p-oost").begin is None
    assigned = said("municipality-was-assigned", municipality="10005", region="p-oost")
    refuses(journal, assigned, because="region p-oost is unknown", kind=UnknownKey)


def test_it_is_settled_in_steps(journal: Journal) -> None:
    """Four provinces on one day, the fifth a year later."""
    tell(journal, PROPOSED)
    tell(journal, settled("p-oost", "p-noord", id="first"))
    assert standing(journal) == ["p-west"]
    tell(journal, settled("p-west", valid_from="2022-01-01", id="second"))
    assert standing(journal) == []
    by = {key: fact.event.id for key, fact in Held(journal).proposal("D1").settled.items()}
    assert by == {"p-oost": "first", "p-noord": "first", "p-west": "second"}


def test_it_touches_itself_alone(journal: Journal) -> None:
    """The proposal goes by the key of the decision that made it, whoever settles it; its regions by theirs."""
    (_, made), (_, end) = tell(journal, PROPOSED, settled("p-west", id="end")).recorded
    keys = [f"proposed-region:{key}" for key in PROPOSED["regions"]]
    assert made.tags() == ["id:proposed", "proposal:D1", *keys, "under:D1"]
    assert end.tags() == ["id:end", "proposal:D1", "under:D2"]


@pytest.mark.parametrize("wish", [PROPOSED, settled("p-west")], ids=lambda wish: str(wish["kind"]))
def test_a_repeat_is_silent(journal: Journal, wish: Record) -> None:
    """Said again, under another name or none, it records nothing."""
    tell(journal, PROPOSED, settled("p-west"))
    assert tell(journal, {**wish, "id": "another name", "note": "seen again"}).silent == 1


@pytest.mark.parametrize(
    ("given", "wish", "because", "event"),
    [
        ([], settled("p-west", "p-zuid"), "D1 proposed no region p-zuid", "proposed"),
        ([], settled("noord"), "D1 proposed no region noord", "proposed"),
        (
            [settled("p-west", id="first")],
            settled("p-oost", "p-west", valid_from="2022-01-01"),
            "proposed region p-west was settled already",
            "first",
        ),
        (
            [settled("p-west", id="first")],
            settled("p-west", valid_from="2020-06-01"),
            "later event impossible: proposed region p-west was settled already",
            "first",
        ),
        ([], settled("p-west", "p-west", id="itself"), "p-west was settled already", None),
        ([], settled("p-west", valid_from="2020-01-31"), "D1 has proposed nothing by 2020-01-31", None),
        (
            [],
            {**PROPOSED, "id": "x", "regions": {"p-zuid": {"name": "Zuid"}}},
            "D1 proposed regions already",
            "proposed",
        ),
    ],
)
def test_a_contradiction_is_refused_with_what_it_contradicts(
    journal: Journal, given: list[Record], wish: Record, because: str, event: str | None
) -> None:
    """Settled twice, before it was made, or of what was never proposed."""
    tell(journal, PROPOSED, *given)
    refused = refuses(journal, wish, because=because)
    if event is not None:
        assert (refused.event or "").endswith(f", {event}")


@pytest.mark.parametrize(
    ("wish", "field", "because"),
    [
        (settled("p-west"), "proposal", "proposal D1 is unknown"),
        ({**PROPOSED, "decision": "D9"}, "decision", "decision D9 is unknown"),
        ({**settled("p-west"), "decision": "D9"}, "decision", "decision D9 is unknown"),
        ({**PROPOSED, "regions": {}}, "regions", "says nothing"),
        ({**PROPOSED, "regions": {"a b": {"name": "X"}}}, "regions.a b", "not a key"),
        ({**PROPOSED, "regions": {"x": {"name": ""}}}, "regions.x.name", "empty"),
        ({**PROPOSED, "regions": {"x": {}}}, "regions[...].name", "missing"),
        (settled(), "settled", "says nothing"),
        (settled("a b"), "settled[0]", "not a key"),
    ],
)
def test_what_cannot_be_meant_is_refused(journal: Journal, wish: Record, field: str, because: str) -> None:
    """Unknown keys, and lines that say nothing, are refused by their field."""
    assert refuses(journal, wish, because=because).field == field


def test_it_can_be_corrected_and_retracted(journal: Journal) -> None:
    """As long as what was settled of it stays."""
    tell(journal, PROPOSED, settled("p-west", id="end"))
    refuses(journal, correct("proposed", decision="D2"), because="published name")
    for wish in (correct("proposed", regions={"p-west": None}), retract("proposed")):
        assert (refuses(journal, wish, because="later event impossible").event or "").endswith(", end")
    tell(journal, correct("proposed", regions={"p-oost": {"name": "Oosten"}, "p-noord": None}))
    assert {key: each.name for key, each in Held(journal).proposal("D1").regions.items()} == {
        "p-oost": "Oosten",
        "p-west": "West",
    }
    tell(journal, retract("end"))
    assert standing(journal) == ["p-oost", "p-west"]
    refuses(journal, settled("p-noord"), because="proposed no region p-noord")


def test_a_proposed_region_is_no_region_by_any_key(journal: Journal) -> None:
    """Neither is named like the other, in whichever order they come: each has an address of its own."""
    clash = said("regions-were-proposed", regions={"noord": {"name": "Het Noorden"}})
    assert refuses(journal, clash, because="it is the key of a region").field == "regions.noord"
    tell(journal, said("regions-were-proposed", regions={"west": {"name": "West"}}))
    for wish in (region("west"), said("region-was-announced", region="west")):
        assert refuses(journal, wish, because="it is the key of a proposed region").field == "region"
