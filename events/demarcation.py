"""Demarcations (afbakeningen): which municipality belongs to which reference region, by which decision.

An assignment (indeling) goes on when another decision confirms it: its legal basis changes, and nothing else. A
municipality can be left *pending* (hangende): a decision that drew the map said nothing yet of it.
"""

from __future__ import annotations

import msgspec

from regiolog.events.event import BULK, MEMBERS, Entity, Event, Grade


class EvidenceOf(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The evidence for one assignment, where it differs from that for the whole.

    Attributes:
        evidence: How firm it is.
        note: What it says, in words.
        source: Where that can be read.
    """

    evidence: Grade = "published"
    note: str = ""
    source: tuple[str, ...] = ()


class RegionsWereDemarcated(Event, frozen=True, kw_only=True, tag="regions-were-demarcated"):
    """A decision drew regions: it said of many municipalities at once to which region they belong (afbakening).

    A municipality that another decision had put elsewhere moves; one that it had put there goes on, on the new
    basis.

    Attributes:
        assignments: Region keys by NIS code.
        evidence_of: The evidence for single assignments, by NIS code, where it differs.
    """

    assignments: dict[str, str]
    evidence_of: dict[str, EvidenceOf] = msgspec.field(default_factory=dict)

    def touches(self) -> tuple[Entity, ...]:
        """The municipalities, and who belongs to the regions."""
        return _both(self.assignments)

    def scope(self) -> tuple[str, ...]:
        """Found by rules about any municipality, and by those about its regions."""
        return _wide(self.assignments)


class AssignmentsWereConfirmed(Event, frozen=True, kw_only=True, tag="assignments-were-confirmed"):
    """A decision made itself the legal basis of assignments that hold already (bekrachtiging van de indeling).

    Attributes:
        assignments: Region keys by NIS code, as they hold.
        evidence_of: The evidence for single assignments, by NIS code, where it differs.
    """

    assignments: dict[str, str]
    evidence_of: dict[str, EvidenceOf] = msgspec.field(default_factory=dict)

    def touches(self) -> tuple[Entity, ...]:
        """The municipalities, and who belongs to the regions."""
        return _both(self.assignments)

    def scope(self) -> tuple[str, ...]:
        """Found by rules about any municipality, and by those about its regions."""
        return _wide(self.assignments)


class MunicipalitiesWereLeftPending(Event, frozen=True, kw_only=True, tag="municipalities-were-left-pending"):
    """A decision that drew regions left these municipalities open (indeling hangende).

    Attributes:
        municipalities: Their NIS codes.
    """

    municipalities: tuple[str, ...]

    def touches(self) -> tuple[Entity, ...]:
        """The municipalities."""
        return tuple(Entity("municipality", nis) for nis in self.municipalities)

    def scope(self) -> tuple[str, ...]:
        """Found by rules about any municipality."""
        return (BULK,)


class MunicipalityWasAssigned(Event, frozen=True, kw_only=True, tag="municipality-was-assigned"):
    """A municipality that belonged to no region was put in one (gemeente ingedeeld).

    Attributes:
        municipality: Its NIS code.
        region: The key of the region.
    """

    municipality: str
    region: str

    def touches(self) -> tuple[Entity, ...]:
        """The municipality, and who belongs to the region."""
        return _both({self.municipality: self.region})


class MunicipalityWasReassigned(Event, frozen=True, kw_only=True, tag="municipality-was-reassigned"):
    """A municipality went from one region to another (gemeente naar een andere regio).

    Attributes:
        municipality: Its NIS code.
        from_region: The key of the region that it leaves.
        to_region: The key of the region that it joins.
    """

    municipality: str
    from_region: str
    to_region: str

    def touches(self) -> tuple[Entity, ...]:
        """The municipality, and who belongs to either region."""
        return (
            Entity("municipality", self.municipality),
            Entity(MEMBERS, self.from_region),
            Entity(MEMBERS, self.to_region),
        )


class MunicipalityWasUnassigned(Event, frozen=True, kw_only=True, tag="municipality-was-unassigned"):
    """A municipality was taken out of its region and put in no other (indeling beëindigd).

    Attributes:
        municipality: Its NIS code.
        region: The key of the region that it leaves.
    """

    municipality: str
    region: str

    def touches(self) -> tuple[Entity, ...]:
        """The municipality, and who belongs to the region."""
        return _both({self.municipality: self.region})


def _both(assignments: dict[str, str]) -> tuple[Entity, ...]:
    return (
        *(Entity("municipality", nis) for nis in assignments),
        *(Entity(MEMBERS, key) for key in dict.fromkeys(assignments.values())),
    )


def _wide(assignments: dict[str, str]) -> tuple[str, ...]:
    return (BULK, *(f"{MEMBERS}:{key}" for key in dict.fromkeys(assignments.values())))
