"""Marking: what a source's words are resolved to when they are read, and what is odd about them.

A claim is never refused for what it says. It is kept as said, resolved where the register knows one thing by that code
or name, and marked where it does not; the register itself stays as it was.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from regiolog.events.claim import (
    Belonging,
    Claim,
    ClaimsWereMade,
    Listing,
    Mark,
    Merging,
    Naming,
    Placement,
    Structure,
    as_said,
    fold_source,
)
from regiolog.events.event import ADDRESS, REGION_NAME, Entity

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from regiolog.events.claim import Source
    from regiolog.events.held import Held


def news(held: Held, event: ClaimsWereMade, source: Source) -> ClaimsWereMade | None:
    """What an event brings that its source is not saying already, resolved and marked; None when that is nothing.

    A claim that stands among both the made and the withdrawn is made anew.
    """
    withdrawn = tuple({as_said(claim): claim for claim in event.withdrawn}.values())
    gone = {as_said(claim) for claim in withdrawn}
    said = Counter(as_said(claim) for claim in event.made)
    fresh: dict[Claim, Claim] = {}
    for claim in event.made:
        bare = as_said(claim)
        if bare not in source.claims or bare in gone:
            fresh.setdefault(bare, claim)
    if not fresh and not withdrawn:
        return None
    reader = _Reader(held, event, [*(bare for bare in source.claims if bare not in gone), *fresh], source)
    made = tuple(reader.read(claim, twice=said[bare] > 1) for bare, claim in fresh.items())
    return msgspec.structs.replace(event, made=made, withdrawn=withdrawn)


def read_anew(held: Held, event: ClaimsWereMade, origin: int) -> ClaimsWereMade:
    """A corrected event with its claims resolved and marked, beside what its source said before it."""
    facts = [fact for fact in held.facts(Entity("source", event.said_by)) if fact.origin < origin]
    source = fold_source(event.said_by, facts)
    said = Counter(as_said(claim) for claim in event.made)
    gone = {as_said(claim) for claim in event.withdrawn}
    made = {as_said(claim): claim for claim in reversed(event.made)}
    reader = _Reader(held, event, [*(bare for bare in source.claims if bare not in gone), *made], source)
    read = tuple(reader.read(made[bare], twice=said[bare] > 1) for bare in dict.fromkeys(map(as_said, event.made)))
    return msgspec.structs.replace(event, made=read)


def was_said_before(held: Held, event: ClaimsWereMade, known: ClaimsWereMade) -> bool:
    """Whether all that an event says beyond what was recorded of it had been said by its source before that."""
    then = fold_source(known.said_by, held.facts_before(known.id, Entity("source", known.said_by)))
    before = {*then.claims, *map(as_said, known.made)}
    return before >= {as_said(claim) for claim in event.made}


def regions_named(held: Held, name: str) -> set[str]:
    """The keys of the regions that have or had an address, a code or a name; never those of proposals."""
    said = name.strip()
    if not said:
        return set()
    facts = held.facts(Entity(ADDRESS, said)) or held.facts(Entity(REGION_NAME, said))
    return {entity.key for fact in facts for entity in fact.event.touches() if entity.kind == "region"}


class _Reader:
    """Reads the claims of one event beside what its source was saying and what the register holds."""

    def __init__(self, held: Held, event: ClaimsWereMade, saying: list[Claim], source: Source) -> None:
        self._held = held
        self._day = event.valid_from
        self._peopled = {claim.words for claim in saying if isinstance(claim, Belonging)}
        self._placed = Counter((claim.of, claim.valid_from) for claim in saying if isinstance(claim, Placement))
        self._before = {claim.of: claim for claim in source.claims if isinstance(claim, Structure)}

    def read(self, claim: Claim, *, twice: bool) -> Claim:
        """A claim with what it was resolved to, and its marks."""
        marks: list[Mark] = [*claim.marks, *(("duplicate",) if twice else ())]
        day = claim.valid_from or self._day
        if "placeholder" in marks:
            return msgspec.structs.replace(as_said(claim), marks=_each_once(marks))
        match claim:
            case Placement():
                nis = self._municipality(claim.municipality or claim.of, day, marks)
                region = self._region(claim.region, (claim.words,), day, marks)
                if self._placed[claim.of, claim.valid_from] > 1:
                    marks.append("ambiguous")
                claim = msgspec.structs.replace(claim, municipality=nis, region=region)
            case Belonging() | Listing():
                nis = self._municipality(claim.municipality or claim.of, day, marks)
                claim = msgspec.structs.replace(claim, municipality=nis)
            case Naming():
                region = self._region(claim.region, (claim.of, claim.words), day, marks)
                claim = msgspec.structs.replace(claim, region=region)
            case Structure():
                self._structure(claim, marks)
            case Merging():
                self._merging(claim, day, marks)
        return msgspec.structs.replace(claim, marks=_each_once(marks))

    def _municipality(self, nis: str, day: date | None, marks: list[Mark]) -> str | None:
        if not self._held.facts(Entity("municipality", nis)):
            marks.append("unknown")
            return None
        end = self._held.municipality(nis).end
        if end is not None and day is not None and end <= day:
            marks.append("ended")
        return nis

    def _region(self, key: str | None, names: Iterable[str], day: date | None, marks: list[Mark]) -> str | None:
        """By identity, else by the first name that is known: an address, a code or a name of a real region."""
        named = {key} if key is not None and self._held.facts(Entity("region", key)) else set()
        if key is None:
            named = next(filter(None, (regions_named(self._held, name) for name in names)), set())
        if len(named) != 1:
            marks.append("ambiguous" if named else "unknown")
            return None
        found = named.pop()
        end = self._held.region(found).end
        if end is not None and day is not None and end <= day:
            marks.append("ended")
        return found

    def _structure(self, claim: Structure, marks: list[Mark]) -> None:
        before = self._before.get(claim.of)
        if before is not None and before.type != claim.type:
            marks.append("type-changed")
        if before is not None and before.code != claim.code:
            marks.append("renumbered")
        if claim.of not in self._peopled:
            marks.append("without-members")

    def _merging(self, claim: Merging, day: date | None, marks: list[Mark]) -> None:
        for part in claim.originals:
            key = part.rpartition("/")[2]
            facts = self._held.facts(Entity("cooperation", key))
            if not facts:
                marks.append("unknown")
                continue
            end = self._held.cooperation(key).end
            if end is not None and day is not None and end < day:
                marks.append("parts-ended")


def _each_once(marks: list[Mark]) -> tuple[Mark, ...]:
    return tuple(sorted(set(marks)))
