"""Being wrong: an event that puts another in the place of an earlier one, or takes it back.

The world changing is an event of its own kind; these two say that what the register held was never so. They close
the *known* period of what was said and open the right one, so that the old belief can still be asked for.
"""

from __future__ import annotations

from typing import ClassVar

from regiolog.events.claim import ClaimsWereMade, SourceWasRegistered
from regiolog.events.cooperation import Cooperating
from regiolog.events.decision import (
    DecisionWasLinked,
    DecisionWasRefused,
    DecisionWasRegistered,
    DecisionWasSuperseded,
    DecisionWasWithdrawn,
)
from regiolog.events.demarcation import (
    AssignmentsWereConfirmed,
    MunicipalitiesWereLeftPending,
    MunicipalityWasAssigned,
    MunicipalityWasReassigned,
    MunicipalityWasUnassigned,
    RegionsWereDemarcated,
)
from regiolog.events.event import Entity, Event
from regiolog.events.municipality import (
    AuthoritiesWereLinked,
    MunicipalitiesWereMerged,
    MunicipalityBoundaryWasChanged,
    MunicipalityWasEnded,
    MunicipalityWasMovedToProvince,
    MunicipalityWasNamed,
    MunicipalityWasRenamed,
)
from regiolog.events.proposal import ProposalWasSettled, RegionsWereProposed
from regiolog.events.region import (
    RegionLapsed,
    RegionWasAnnounced,
    RegionWasDesignated,
    RegionWasEnded,
    RegionWasRenamed,
    SubregionLapsed,
    SubregionWasAnnounced,
    SubregionWasDesignated,
    SubregionWasEnded,
    SubregionWasRenamed,
)
from regiolog.events.register import RegisterWasBegun

Said = (
    RegisterWasBegun
    | DecisionWasRegistered
    | DecisionWasLinked
    | DecisionWasSuperseded
    | DecisionWasRefused
    | DecisionWasWithdrawn
    | MunicipalityWasNamed
    | MunicipalityWasRenamed
    | MunicipalityWasMovedToProvince
    | MunicipalitiesWereMerged
    | MunicipalityBoundaryWasChanged
    | MunicipalityWasEnded
    | AuthoritiesWereLinked
    | RegionWasAnnounced
    | RegionLapsed
    | RegionWasDesignated
    | RegionWasRenamed
    | RegionWasEnded
    | SubregionWasAnnounced
    | SubregionLapsed
    | SubregionWasDesignated
    | SubregionWasRenamed
    | SubregionWasEnded
    | RegionsWereDemarcated
    | MunicipalityWasAssigned
    | MunicipalityWasReassigned
    | MunicipalityWasUnassigned
    | MunicipalitiesWereLeftPending
    | AssignmentsWereConfirmed
    | RegionsWereProposed
    | ProposalWasSettled
    | SourceWasRegistered
    | ClaimsWereMade
    | Cooperating
)
"""Every kind of event that says something of the world, and so can be wrong."""


class EventWasCorrected(Event, frozen=True, kw_only=True, tag="event-was-corrected"):
    """What an event said was wrong; `replacement` is what it should have said (rechtzetting).

    Attributes:
        corrects: The id of the event that first said it.
        reason: Why it was wrong, in words.
        replacement: What it should have said, whole and of the same kind.
        tagged: The scope of what was believed until now, so that rules about it find this correction.
    """

    corrects: str
    reason: str
    replacement: Said
    tagged: tuple[str, ...] = ()

    needs_day: ClassVar[bool] = False
    needs_decision: ClassVar[bool] = False

    def touches(self) -> tuple[Entity, ...]:
        """What the replacement touches; what was believed before is touched as well, see ``tagged``."""
        return self.replacement.touches()

    def scope(self) -> tuple[str, ...]:
        """Found wherever what it replaces, or its replacement, is found."""
        return (f"about:{self.corrects}", *self.tagged, *self.replacement.scope(), *self.replacement.rests_on())


class EventWasRetracted(Event, frozen=True, kw_only=True, tag="event-was-retracted"):
    """What an event said never held (intrekking van een registratie).

    Attributes:
        retracts: The id of the event that said it.
        reason: Why it never held, in words.
        tagged: The scope of what was believed until now.
    """

    retracts: str
    reason: str
    tagged: tuple[str, ...] = ()

    needs_day: ClassVar[bool] = False
    needs_decision: ClassVar[bool] = False

    def scope(self) -> tuple[str, ...]:
        """Found wherever what it retracts is found."""
        return (f"about:{self.retracts}", *self.tagged)
