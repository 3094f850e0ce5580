"""What every event carries, whatever it says: who decided, on what evidence, and from which day."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar, Literal, NamedTuple

import msgspec

Grade = Literal["published", "derived", "contradicted"]
"""How firm the evidence is (bewijskracht): published, worked out from later lists, or contradicted by a source."""

Basis = Literal["published", "decided", "adopted", "in-force", "coverage"]
"""Which of a decision's dates a backfilled event is known from, in the order in which they are preferred."""


class Entity(NamedTuple):
    """A thing that the register keeps: its kind (``municipality``, ``region``, …) and its key within that kind."""

    kind: str
    key: str


BULK = "municipalities"
"""The tag of an event that touches many municipalities: rules about one of them read it, so it needs no 258 tags."""


MEMBERS = "members"
"""The kind of entity, and of tag, for who belongs to a region. Putting a municipality in a region reads how that region
stands and not who else is in it; ending a region reads its members."""


ADDRESS = "address"
"""The kind of entity, and of tag, for an address that somebody else published: it names one thing and no other."""


REGION_NAME = "region-name"
"""The kind of entity, and of tag, for a name or code that a region goes or went by; a source's words find it."""


PROPOSED = "proposed-region"
"""The kind of entity, and of tag, for the key of a proposed region: no region of the register has the same."""


class Event(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    tag_field="kind",
    omit_defaults=True,
    forbid_unknown_fields=True,
):
    """Something that was decided or found, as the journal keeps it; never changed and never removed.

    Attributes:
        id: Our own name of the event, unique in the journal; a repeat of it is silent.
        recorded_at: When the journal took it in; the journal sets it, and no snapshot or digest depends on it.
        known_from: Since when it was known, for an event of the backfill; a live one is known from `recorded_at`.
        known_basis: Which date of the decision `known_from` is.
        valid_from: The first day on which it holds (geldig vanaf); None when that is unknown.
        decision: The key of the decision (besluit) that it rests on.
        said_by: The key of the source (bron) that published it; without a decision, one with authority for it.
        evidence: How firm the evidence is.
        note: What the evidence says, in words.
        source: Where that can be read, one entry for each source.
        agent: Who recorded it, as an opaque id; never personal data.
        run: The run of a harvest that recorded it, by its own name; None when no harvest did.
    """

    id: str
    recorded_at: datetime | None = None
    known_from: datetime | None = None
    known_basis: Basis | None = None
    valid_from: date | None = None
    decision: str | None = None
    said_by: str | None = None
    evidence: Grade = "published"
    note: str = ""
    source: tuple[str, ...] = ()
    agent: str | None = None
    run: str | None = None

    needs_day: ClassVar[bool] = True
    """Whether an event of this kind must say from which day it holds."""
    needs_decision: ClassVar[bool] = True
    """Whether an event of this kind must name a decision, or a source with authority for it."""

    def touches(self) -> tuple[Entity, ...]:
        """Every thing whose timeline this event may change."""
        return ()

    def scope(self) -> tuple[str, ...]:
        """The tags by which rules find this event, besides those that every event has."""
        return tuple(f"{entity.kind}:{entity.key}" for entity in self.touches())

    def tags(self) -> list[str]:
        """All tags of this event in the journal: few, since each costs a line in its index."""
        return list(dict.fromkeys([f"id:{self.id}", *self.scope(), *self.rests_on()]))

    def rests_on(self) -> tuple[str, ...]:
        """The tag by which is found what rests on a decision, or on the word of a source with authority alone."""
        if self.decision is not None:
            return (f"under:{self.decision}",)
        if self.said_by is not None and f"source:{self.said_by}" not in self.scope():
            return (f"by:{self.said_by}",)
        return ()


_ENVELOPE = frozenset({"id", "recorded_at", "known_from", "known_basis", "evidence", "note", "source", "agent", "run"})


def says_the_same(one: Event, other: Event) -> bool:
    """Whether two events say the same thing under the same decision, whoever recorded them and on what evidence."""
    return type(one) is type(other) and all(
        getattr(one, name) == getattr(other, name) for name in one.__struct_fields__ if name not in _ENVELOPE
    )
