"""Cooperation structures (samenwerkingsverbanden): founded or first observed, named, changed, joined, merged, ended.

Publishers date neither their founding nor who joined when. What is only *observed* holds from the day on which it was
published: nothing is said about the years before. A member stays one until somebody says otherwise, also when its
municipality has ended.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from regiolog.events.event import ADDRESS, Entity, Event

CooperationType = Literal[
    "projectvereniging",
    "dienstverlenende-vereniging",
    "opdrachthoudende-vereniging",
    "opdrachthoudende-vereniging-met-private-deelname",
    "interlokale-vereniging",
    "politiezone",
    "hulpverleningszone",
    "welzijnsvereniging",
    "autonome-verzorgingsinstelling",
    "ziekenhuisvereniging",
    "woonzorgvereniging",
    "eerstelijnszone",
    "vervoerregio",
    "woonmaatschappij",
    "lokaal-woonbeleid",
]
"""What kind of structure it is, under the Dutch name of the law."""

CooperationStatus = Literal["active", "inactive", "founding"]
"""Whether it works, no longer works, or is being founded."""

Role = Literal["member", "founding-member", "participant", "related"]
"""As what a member takes part (lid, stichtend lid, participant, gerelateerd)."""


class Member(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Who takes part in a cooperation structure.

    Attributes:
        organisation: The address by which its publisher names it.
        municipality: The NIS code, where it is the authority of a municipality, or its area.
        name: What it is called, in Dutch.
        type: What it is, in the publisher's words.
        role: As what it takes part; None when that is not said.
    """

    organisation: str | None = None
    municipality: str | None = None
    name: str | None = None
    type: str | None = None
    role: Role | None = None

    @property
    def key(self) -> str:
        """By what a member is known again: its address, else its NIS code."""
        return self.organisation or self.municipality or ""


class _OfCooperation(Event, frozen=True, kw_only=True, tag="of-cooperation"):
    """What every event about one cooperation structure names.

    Attributes:
        cooperation: Its key: the last part of its official address.
    """

    cooperation: str

    def touches(self) -> tuple[Entity, ...]:
        """The structure."""
        return _cooperations(self.cooperation)


class _Described(_OfCooperation, frozen=True, kw_only=True, tag="described"):
    """What is said of a structure that the register meets.

    Attributes:
        name: Its name, in Dutch.
        types: What kind of structure it is; more than one where its publisher says so.
        status: Whether it works; None when that is not said.
        iri: The address by which its publisher names it; None when there is none, and ours is used.
        kbo: Its number in the Kruispuntbank van Ondernemingen.
        ovo: Its code in the register of Flemish organisations.
    """

    name: str
    types: tuple[CooperationType, ...] = ()
    status: CooperationStatus | None = None
    iri: str | None = None
    kbo: str | None = None
    ovo: str | None = None

    def touches(self) -> tuple[Entity, ...]:
        """The structure, and the address that it goes by."""
        address = () if self.iri is None else (Entity(ADDRESS, self.iri),)
        return (*super().touches(), *address)


class CooperationWasFounded(_Described, frozen=True, kw_only=True, tag="cooperation-was-founded"):
    """A structure was founded on a day that is known (samenwerkingsverband opgericht)."""


class CooperationWasObserved(_Described, frozen=True, kw_only=True, tag="cooperation-was-observed"):
    """A structure was first observed (samenwerkingsverband waargenomen); when it was founded is unknown."""


class CooperationWasRenamed(_OfCooperation, frozen=True, kw_only=True, tag="cooperation-was-renamed"):
    """The same structure goes by another name (samenwerkingsverband hernoemd).

    Attributes:
        name: Its new name, in Dutch.
    """

    name: str


class CooperationTypeWasChanged(_OfCooperation, frozen=True, kw_only=True, tag="cooperation-type-was-changed"):
    """The same structure is of another kind (rechtsvorm gewijzigd).

    Attributes:
        types: What kind of structure it is from now on.
    """

    types: tuple[CooperationType, ...]


class CooperationStatusWasChanged(_OfCooperation, frozen=True, kw_only=True, tag="cooperation-status-was-changed"):
    """A structure began to work, or works no longer (status gewijzigd).

    Attributes:
        status: Whether it works from now on.
    """

    status: CooperationStatus


class _OfMembers(_OfCooperation, frozen=True, kw_only=True, tag="of-members"):
    """What every event about members names.

    Attributes:
        members: The members that it is about.
    """

    members: tuple[Member, ...]


class MembersJoined(_OfMembers, frozen=True, kw_only=True, tag="members-joined"):
    """Members joined a structure on a day that is known (leden toegetreden)."""


class MembersLeft(_OfMembers, frozen=True, kw_only=True, tag="members-left"):
    """Members left a structure on a day that is known (leden uitgetreden)."""


class MembersWereObserved(_OfMembers, frozen=True, kw_only=True, tag="members-were-observed"):
    """Members of a structure were first observed (leden waargenomen); when they joined is unknown."""


class MembersWereLastObserved(_OfMembers, frozen=True, kw_only=True, tag="members-were-last-observed"):
    """Members are no longer listed, from `valid_from` on (leden laatst waargenomen); when they left is unknown.

    Attributes:
        last: The day on which they were last seen; None when that is not known.
    """

    last: date | None = None


class CooperationsWereMerged(Event, frozen=True, kw_only=True, tag="cooperations-were-merged"):
    """Structures became one: a new one, or one of them (samenwerkingsverbanden samengevoegd).

    Attributes:
        parts: The keys of the structures that were merged.
        into: The key of what they became; the register knows it already, and it may be one of the parts.
    """

    parts: tuple[str, ...]
    into: str

    def touches(self) -> tuple[Entity, ...]:
        """The parts and the result."""
        return _cooperations(*self.parts, self.into)


class CooperationWasSplit(_OfCooperation, frozen=True, kw_only=True, tag="cooperation-was-split"):
    """A structure was divided among others, and ended (samenwerkingsverband gesplitst).

    Attributes:
        into: The keys of the structures that came of it; the register knows them already.
    """

    into: tuple[str, ...]

    def touches(self) -> tuple[Entity, ...]:
        """The structure and what came of it."""
        return _cooperations(self.cooperation, *self.into)


class CooperationWasEnded(_OfCooperation, frozen=True, kw_only=True, tag="cooperation-was-ended"):
    """A structure was dissolved, or is no longer listed (samenwerkingsverband beëindigd).

    Attributes:
        last: The day on which it was last seen, where nothing more is known than that it is gone.
    """

    last: date | None = None


Cooperating = (
    CooperationWasFounded
    | CooperationWasObserved
    | CooperationWasRenamed
    | CooperationTypeWasChanged
    | CooperationStatusWasChanged
    | MembersJoined
    | MembersLeft
    | MembersWereObserved
    | MembersWereLastObserved
    | CooperationsWereMerged
    | CooperationWasSplit
    | CooperationWasEnded
)
"""Every kind of event about cooperation structures."""


def _cooperations(*keys: str) -> tuple[Entity, ...]:
    return tuple(Entity("cooperation", key) for key in dict.fromkeys(keys))
