"""Reconciling (afstemmen): what a document says, set beside what its source is saying, is what it makes and withdraws.

It looks nothing up and records nothing. What is said again is silence; what a complete document leaves out is
withdrawn, what a partial one leaves out is not. What has a code or an address is known again by it, and by its name
only where it has neither; so a region that is renamed is one name withdrawn and one made, and not as many
municipalities moved.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

import msgspec

from regiolog.events.claim import Claim, Naming, Placement, as_said
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


def reconcile(reading: Reading, saying: Saying, *, gone: Callable[[Claim], bool]) -> Change:
    """Set what a document says beside what its source is saying.

    Args:
        reading: What the document says.
        saying: What the source is saying by documents like this one.
        gone: Whether a claim that the document does not repeat is one that it would, were it still made.
    """
    said = {as_said(claim) for claim in reading.claims}
    fresh = [claim for claim in reading.claims if as_said(claim) not in saying]
    withdrawn = [bare for bare in saying if bare not in said and gone(bare)]
    renamed = _renamed(fresh, withdrawn, saying)
    made = tuple(_still(claim, renamed) for claim in fresh)
    subjects = {bare.of for bare in saying}
    stay = _staying(made, withdrawn, saying) | _called_otherwise(made, withdrawn, renamed)
    changed = ({claim.of for claim in (*withdrawn, *fresh)} & subjects) - stay
    return Change(made, tuple(withdrawn), len(changed), len(subjects), len(said & saying.keys()))


def told(change: Change) -> Iterator[str]:
    """What a document changes, a line for each thing that it speaks of: what it said before, and what it says now."""
    before, now = _by_thing(change.withdrawn), _by_thing(change.made)
    for of in dict.fromkeys((*before, *now)):
        was, says = (" and ".join(each.get(of, ())) for each in (before, now))
        yield f"{of}: {was} → {says}" if was and says else f"{of}: {says}, new" if says else f"{of}: {was}, withdrawn"


def _by_thing(claims: Iterable[Claim]) -> dict[str, dict[str, None]]:
    found: dict[str, dict[str, None]] = {}
    for claim in claims:
        found.setdefault(claim.of, {})[claim.words] = None
    return found


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


def _renamed(fresh: list[Claim], gone: list[Claim], saying: Saying) -> dict[str, tuple[str, str | None]]:
    """The regions that are merely called otherwise, by what they are called now: what they were called, and their key.

    What was never said takes the place of what is said no more, for more than half of the municipalities of either.
    """
    before, now = _by_words(gone), _by_words(fresh)
    often = Counter(claim.of for claim in fresh if isinstance(claim, Placement))
    known, kept = {bare.words for bare in saying if isinstance(bare, Placement)}, _by_words(saying)
    found: dict[str, tuple[str, str | None]] = {}
    for words, placed in now.items():
        if words in known or any(claim.region is not None or often[claim.of] > 1 for claim in placed.values()):
            continue
        for old, left in before.items():
            region = saying[next(iter(left.values()))]
            stayed = 2 * len(left.keys() & placed.keys())
            if left.keys() != kept[old].keys() or stayed <= max(len(left), len(placed)):
                continue
            if isinstance(region, Placement):
                found[words] = old, region.region
    return found


def _called_otherwise(
    made: Iterable[Claim], gone: Iterable[Claim], renamed: Mapping[str, tuple[str, str | None]]
) -> set[str]:
    """The municipalities of regions that are merely called otherwise, though nobody knows them."""
    was = {(claim.of, claim.words) for claim in gone if isinstance(claim, Placement)}
    return {
        claim.of
        for claim in made
        if isinstance(claim, Placement) and claim.words in renamed and (claim.of, renamed[claim.words][0]) in was
    }


def _staying(made: Iterable[Claim], gone: Iterable[Claim], saying: Saying) -> set[str]:
    """The municipalities that stay in the one region that they were in, whatever that is called now."""
    was, now = (_regions(claims) for claims in ((saying[bare] for bare in gone), made))
    return {of for of, regions in now.items() if None not in regions and len(regions) == 1 and was.get(of) == regions}


def _regions(claims: Iterable[Claim]) -> dict[str, set[str | None]]:
    found: dict[str, set[str | None]] = {}
    for claim in claims:
        if isinstance(claim, Placement):
            found.setdefault(claim.of, set()).add(claim.region)
    return found


def _by_words(claims: Iterable[Claim]) -> dict[str, dict[str, Placement]]:
    found: dict[str, dict[str, Placement]] = {}
    for claim in claims:
        if isinstance(claim, Placement):
            found.setdefault(claim.words, {})[claim.of] = claim
    return found


def _still(claim: Claim, renamed: Mapping[str, tuple[str, str | None]]) -> Claim:
    """A claim with the region that it still means."""
    words = claim.words if isinstance(claim, Placement) else claim.of
    if isinstance(claim, Placement | Naming) and claim.region is None and words in renamed:
        return msgspec.structs.replace(claim, region=renamed[words][1])
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
