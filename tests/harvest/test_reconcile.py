"""Laws of reconciling: whatever a source said and a document says, what is made and withdrawn is just what differs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from regiolog.events.claim import Belonging, Claim, Listing, Naming, Placement, Structure, as_said
from regiolog.sync.harvest.reading import Reading
from regiolog.sync.harvest.reconcile import Change, doubts, reconcile

CODES = st.sampled_from(["10001", "10002", "10003", "01004", "1004"])
WORDS = st.sampled_from(["R1", "R2", "R3", "Noord", "Zuid"])
DAYS = st.none() | st.dates(date(2020, 1, 1), date(2020, 1, 3))
KEYS = st.none() | st.sampled_from(["noord", "zuid"])

CLAIMS: st.SearchStrategy[Claim] = st.one_of(
    st.builds(Placement, of=CODES, words=WORDS, valid_from=DAYS, region=KEYS, municipality=st.none() | CODES),
    st.builds(Naming, of=WORDS, words=WORDS, region=KEYS),
    st.builds(Listing, of=CODES, words=WORDS, begins=DAYS, municipality=st.none() | CODES),
    st.builds(Structure, of=WORDS, words=WORDS, code=st.none() | CODES),
    st.builds(Belonging, of=CODES, words=WORDS, municipality=st.none() | CODES),
)
DOCUMENTS = st.lists(CLAIMS, max_size=12)
"""What a document says: a claim may stand in it twice, and be resolved to anything."""


def saying(claims: Sequence[Claim]) -> dict[Claim, Claim]:
    """What a source is saying that said these claims."""
    return {as_said(claim): claim for claim in reversed(claims)}


def reconciled(claims: list[Claim], held: dict[Claim, Claim], *, complete: bool) -> Change:
    """What a document changes."""
    return reconcile(Reading(tuple(claims)), held, gone=lambda _: complete)


def applied(change: Change, held: dict[Claim, Claim]) -> dict[Claim, Claim]:
    """What a source is saying once a change was recorded."""
    gone = {as_said(claim) for claim in change.withdrawn}
    return {bare: claim for bare, claim in held.items() if bare not in gone} | saying(change.made)


def in_any_order(change: Change) -> tuple[Any, ...]:
    """A change without the order of what it makes and withdraws."""
    return (
        {as_said(claim) for claim in change.made},
        set(change.withdrawn),
        *(change.changed, change.spoken, change.again),
    )


@given(DOCUMENTS, DOCUMENTS)
def test_after_a_complete_document_its_source_says_what_it_says(before: list[Claim], now: list[Claim]) -> None:
    """No claim more, and no claim less."""
    held = saying(before)
    assert applied(reconciled(now, held, complete=True), held).keys() == saying(now).keys()


@given(DOCUMENTS, DOCUMENTS)
def test_a_partial_document_only_adds(before: list[Claim], now: list[Claim]) -> None:
    """What it says comes to what was said, and nothing is withdrawn."""
    held = saying(before)
    change = reconciled(now, held, complete=False)
    assert change.withdrawn == ()
    assert applied(change, held).keys() == held.keys() | saying(now).keys()


@given(DOCUMENTS, DOCUMENTS, st.booleans())
def test_the_same_again_is_silence(before: list[Claim], now: list[Claim], complete: bool) -> None:
    """A document that was taken in changes nothing, and everything in it is counted as said again."""
    held = saying(before)
    after = applied(reconciled(now, held, complete=complete), held)
    again = reconciled(now, after, complete=complete)
    assert (again.made, again.withdrawn, again.changed) == ((), (), 0)
    assert again.again == len(saying(now))
    if now:
        assert doubts(Reading(tuple(now)), again, after, 0.1) == []


@given(DOCUMENTS, DOCUMENTS, st.booleans(), st.randoms())
def test_the_order_of_rows_makes_no_difference(
    before: list[Claim], now: list[Claim], complete: bool, chance: Any
) -> None:
    """However a document is sorted, the same is made and withdrawn, and counted alike."""
    shuffled, held = chance.sample(now, len(now)), saying(before)
    mixed = dict(chance.sample(list(held.items()), len(held)))
    one, other = (
        reconciled(now, held, complete=complete),
        reconciled(shuffled, mixed, complete=complete),
    )
    assert in_any_order(one) == in_any_order(other)


@given(DOCUMENTS, DOCUMENTS)
def test_only_what_differs_is_said(before: list[Claim], now: list[Claim]) -> None:
    """Nothing is made that was said, nothing is withdrawn that is said still, and what changed was spoken of before."""
    held = saying(before)
    change = reconciled(now, held, complete=True)
    assert not {as_said(claim) for claim in change.made} & held.keys()
    assert set(change.withdrawn) == held.keys() - saying(now).keys()
    assert change.changed <= change.spoken == len({claim.of for claim in before})


@given(DOCUMENTS, DOCUMENTS)
def test_a_document_is_read_anew_without_being_news(before: list[Claim], now: list[Claim]) -> None:
    """What we make of words is no part of them: resolved otherwise, a claim is still the one that was made."""
    held = saying(before)
    bare, read = (reconciled(claims, held, complete=True) for claims in (list(map(as_said, now)), now))
    assert set(map(as_said, bare.made)) == set(map(as_said, read.made))
    assert (set(bare.withdrawn), bare.spoken, bare.again) == (set(read.withdrawn), read.spoken, read.again)


@given(st.dictionaries(CODES, st.sampled_from(["R1", "R2", "R3"]), min_size=1), st.sampled_from(["R1", "R2", "R3"]))
def test_a_rename_by_code_moves_nobody(placed: dict[str, str], renamed: str) -> None:
    """A region with another name and the same code is one name withdrawn and one made, whoever is in it."""
    placings = [Placement(of=code, words=region, region=region.lower()) for code, region in placed.items()]
    names = [Naming(of=region, words=f"Naam van {region}") for region in ("R1", "R2", "R3")]
    held = saying([*placings, *names])
    now = [msgspec.structs.replace(each, words="Anders") if each.of == renamed else each for each in names]
    change = reconciled([*placings, *now], held, complete=True)
    assert change.made == (Naming(of=renamed, words="Anders"),)
    assert change.withdrawn == (Naming(of=renamed, words=f"Naam van {renamed}"),)


@given(st.dictionaries(CODES, st.sampled_from(["Noord", "Zuid"]), min_size=1))
def test_a_rename_by_name_alone_moves_nobody(placed: dict[str, str]) -> None:
    """Where names are all that there is, the same municipalities under a new name are still in the same region."""
    held = saying([Placement(of=code, words=name, region=name.lower()) for code, name in placed.items()])
    now: list[Claim] = [
        Placement(of=code, words="Pool" if name == "Noord" else name, region=None if name == "Noord" else "zuid")
        for code, name in placed.items()
    ]
    change = reconciled(now, held, complete=True)
    assert {(claim.of, getattr(claim, "region", "")) for claim in change.made} == {
        (code, "noord") for code, name in placed.items() if name == "Noord"
    }
    assert change.changed == 0


@given(st.sets(CODES, min_size=2), st.sampled_from(["Noord", "Zuid"]))
def test_a_name_that_was_said_before_is_no_rename(codes: set[str], name: str) -> None:
    """Whoever goes over to a region that others are in has moved, though everybody goes."""
    held = saying([Placement(of=code, words=name, region=name.lower()) for code in codes])
    other = Placement(of="99999", words="Elders", region="elders")
    held |= saying([other])
    change = reconciled([other, *(Placement(of=code, words="Elders") for code in codes)], held, complete=True)
    assert change.changed == len(codes)
    assert {getattr(claim, "region", "") for claim in change.made} == {None}


@given(DOCUMENTS, st.sampled_from([0.01, 0.1, 0.5, 1.0]))
def test_an_empty_document_is_always_doubted(before: list[Claim], share: float) -> None:
    """Nothing at all is never what a source has to say."""
    held = saying(before)
    change = reconciled([], held, complete=True)
    assert "it says nothing at all" in doubts(Reading(), change, held, share)


@given(st.integers(3, 60), st.integers(0, 60), st.sampled_from([0.1, 0.25, 0.5, 1.0]))
def test_a_share_is_a_share(all_of_them: int, moved: int, share: float) -> None:
    """So many changes are doubted as make up the share, and more than two; fewer are not."""
    moved = min(moved, all_of_them)
    placed = [Placement(of=f"1{number:04}", words="R1", region="noord") for number in range(all_of_them)]
    held = saying(placed)
    now: list[Claim] = [
        msgspec.structs.replace(claim, words="R2", region="zuid") if number < moved else claim
        for number, claim in enumerate(placed)
    ]
    found = doubts(Reading(tuple(now)), reconciled(now, held, complete=True), held, share)
    assert bool(found) == (moved > 2 and moved >= share * all_of_them)
