"""Reconciling (afstemmen): what a document says, set beside what its source is saying, is what it makes and withdraws.

It looks nothing up and records nothing. What is said again is silence; what a complete document leaves out is
withdrawn, what a partial one leaves out is not. What has a code or an address is known again by it, and by its name
only where it has neither; so a region that is renamed is one name withdrawn and one made, and not as many
municipalities moved.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import msgspec

from regiolog.events.claim import Claim, Placement, as_said
from regiolog.sync.harvest.reading import Reading

FEW: Final = 2
"""How many things may change whatever share of all they are: a short list changes in large shares."""

Saying = Mapping[Claim, Claim]
"""What a source is saying: each claim as it was read, by itself as it was said."""


class Change(NamedTuple):
    """What a document brings that its source is not saying already.

    Attributes:
        made: What it says now and did not say before.
        withdrawn: What it said before and no longer says, as it said it.
        changed: How many of the things that it spoke of before it says otherwise, or not at all.
        spoken: How many things it spoke of before.
        again: How many claims it merely repeats.
    """

    made: tuple[Claim, ...]
    withdrawn: tuple[Claim, ...]
    changed: int
    spoken: int
    again: int


def reconcile(reading: Reading, saying: Saying, *, complete: bool) -> Change:
    """Set what a document says beside what its source is saying.

    Args:
        reading: What the document says.
        saying: What the source is saying by documents like this one.
        complete: Whether the document lists all that there is.
    """
    said = {as_said(claim) for claim in reading.claims}
    fresh = [claim for claim in reading.claims if as_said(claim) not in saying]
    gone = [bare for bare in saying if bare not in said] if complete else []
    renamed = _renamed(fresh, gone, saying)
    made = tuple(_still(claim, renamed) for claim in fresh)
    subjects = {bare.of for bare in saying}
    moved = [claim for claim in (*gone, *fresh) if not (isinstance(claim, Placement) and claim.of in renamed)]
    changed = {claim.of for claim in moved} & subjects
    return Change(made, tuple(gone), len(changed), len(subjects), len(said & saying.keys()))


def doubts(reading: Reading, change: Change, saying: Saying, share: float | None) -> list[str]:
    """Why a document should be looked at before it is believed, a sentence each; none is trust.

    Args:
        reading: What the document says.
        change: What it would change.
        saying: What its source is saying by documents like it.
        share: Which share of all that it speaks of may change at once; None leaves that to be weighed elsewhere.
    """
    found = []
    if not reading:
        found.append("it says nothing at all")
    lost = sorted({*reading.lost, *_without_zeros(change.made, saying)})
    if lost:
        found.append(f"leading zeros seem to be lost: {', '.join(lost[:5])}{', …' if len(lost) > 5 else ''}")
    if share is not None and change.changed > FEW and change.changed >= share * change.spoken:
        found.append(f"{change.changed} of the {change.spoken} things that it speaks of would change at once")
    return found


def _renamed(fresh: list[Claim], gone: list[Claim], saying: Saying) -> dict[str, str]:
    """The regions of municipalities whose region, known by its name alone, is merely called otherwise.

    A name that was never said takes the place of one that is said no more, for the very same municipalities.
    """
    before, now = _by_words(gone), _by_words(fresh)
    often = Counter(claim.of for claim in fresh if isinstance(claim, Placement))
    known, kept = {bare.words for bare in saying if isinstance(bare, Placement)}, _by_words(saying)
    found: dict[str, str] = {}
    for words, placed in now.items():
        if words in known or any(claim.region is not None or often[claim.of] > 1 for claim in placed.values()):
            continue
        for old, left in before.items():
            region = saying[next(iter(left.values()))]
            if left.keys() == placed.keys() == kept[old].keys() and isinstance(region, Placement) and region.region:
                found.update(dict.fromkeys(placed, region.region))
    return found


def _by_words(claims: Iterable[Claim]) -> dict[str, dict[str, Placement]]:
    found: dict[str, dict[str, Placement]] = {}
    for claim in claims:
        if isinstance(claim, Placement):
            found.setdefault(claim.words, {})[claim.of] = claim
    return found


def _still(claim: Claim, renamed: Mapping[str, str]) -> Claim:
    """A claim with the region that it still means."""
    if isinstance(claim, Placement) and claim.region is None and claim.of in renamed:
        return msgspec.structs.replace(claim, region=renamed[claim.of])
    return claim


def _without_zeros(claims: Iterable[Claim], saying: Saying) -> set[str]:
    """Codes that the source said before with a zero that they no longer have."""
    kept = {code for bare in saying for code in _codes(bare)}
    fresh = {code for claim in claims for code in _codes(claim)} - kept
    if not fresh:
        return set()
    longest: dict[str, int] = {}
    for code in kept:
        longest[_bare(code)] = max(len(code), longest.get(_bare(code), 0))
    return {code for code in fresh if longest.get(_bare(code), 0) > len(code)}


def _codes(claim: Claim) -> tuple[str, ...]:
    return (claim.of, claim.words) if isinstance(claim, Placement) else (claim.of,)


def _bare(code: str) -> str:
    """A code without the zeros that lead its digits."""
    return re.sub(r"(?<!\d)0+(?=\d)", "", code)
