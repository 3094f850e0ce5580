"""Municipalities (gemeenten): named, moved, merged and ended, each under the NIS code that Statbel gives it.

The municipality is the territory and its people. The local authority (lokaal bestuur) that governs it is another
thing, with an address of its own; the two are linked and never merged.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from regiolog.events.event import BULK, MEMBERS, Entity, Event


class MunicipalityWasNamed(Event, frozen=True, kw_only=True, tag="municipality-was-named"):
    """A municipality got a name in a language in which it had none (gemeente benoemd).

    Attributes:
        municipality: Its NIS code.
        name: The name.
        language: The language, as in BCP 47.
    """

    municipality: str
    name: str
    language: str = "nl"

    def touches(self) -> tuple[Entity, ...]:
        """The municipality."""
        return _municipalities(self.municipality)


class MunicipalityWasRenamed(Event, frozen=True, kw_only=True, tag="municipality-was-renamed"):
    """A municipality goes by another name in a language in which it had one (gemeente hernoemd).

    Attributes:
        municipality: Its NIS code.
        name: The new name.
        language: The language, as in BCP 47.
    """

    municipality: str
    name: str
    language: str = "nl"

    def touches(self) -> tuple[Entity, ...]:
        """The municipality."""
        return _municipalities(self.municipality)


class MunicipalityWasMovedToProvince(Event, frozen=True, kw_only=True, tag="municipality-was-moved-to-province"):
    """A municipality came under another province (gemeente naar een andere provincie).

    Attributes:
        municipality: Its NIS code.
        province: The NIS code of the province.
    """

    municipality: str
    province: str

    def touches(self) -> tuple[Entity, ...]:
        """The municipality."""
        return _municipalities(self.municipality)


class MergerResult(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a merger results in.

    Attributes:
        nis: Its NIS code: a new one, or that of one of the merged, which then absorbs the others.
        name: Its Dutch name.
        province: The NIS code of its province.
        region: The key of its region; None when the merger says nothing of it.
    """

    nis: str
    name: str
    province: str
    region: str | None = None


class MunicipalitiesWereMerged(Event, frozen=True, kw_only=True, tag="municipalities-were-merged"):
    """Municipalities became one: a new one, or one of them that takes in the others (samenvoeging, fusie).

    Attributes:
        merged: The NIS codes of the municipalities that were merged, the absorbing one included.
        into: What they became.
    """

    merged: tuple[str, ...]
    into: MergerResult

    @property
    def absorbs(self) -> bool:
        """Whether one of the merged keeps its code and takes in the others."""
        return self.into.nis in self.merged

    def touches(self) -> tuple[Entity, ...]:
        """All municipalities, and who belongs to the region of the result."""
        region = () if self.into.region is None else (Entity(MEMBERS, self.into.region),)
        return (*_municipalities(*self.merged, self.into.nis), *region)


class MunicipalityBoundaryWasChanged(Event, frozen=True, kw_only=True, tag="municipality-boundary-was-changed"):
    """The boundary between municipalities was corrected, and nothing else changed (grenswijziging).

    Attributes:
        municipalities: The NIS codes of the municipalities on both sides.
        description: What changed, in Dutch.
    """

    municipalities: tuple[str, ...]
    description: str

    def touches(self) -> tuple[Entity, ...]:
        """The municipalities."""
        return _municipalities(*self.municipalities)


class MunicipalityWasEnded(Event, frozen=True, kw_only=True, tag="municipality-was-ended"):
    """A municipality was abolished otherwise than by a merger (gemeente opgeheven).

    Attributes:
        municipality: Its NIS code.
        successors: The NIS codes of the municipalities that its territory went to.
    """

    municipality: str
    successors: tuple[str, ...] = ()

    def touches(self) -> tuple[Entity, ...]:
        """The municipality and its successors."""
        return _municipalities(self.municipality, *self.successors)


class Authority(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A local authority (lokaal bestuur), as the Agentschap Binnenlands Bestuur names it.

    Attributes:
        authority: The address of the authority (bestuurseenheid).
        area: The address of its area (werkingsgebied).
        kbo: Its number in the Kruispuntbank van Ondernemingen.
        ovo: Its code in the register of Flemish organisations.
    """

    authority: str
    area: str | None = None
    kbo: str | None = None
    ovo: str | None = None


class AuthoritiesWereLinked(Event, frozen=True, kw_only=True, tag="authorities-were-linked"):
    """The local authorities of municipalities were found (lokale besturen gekoppeld).

    Each is linked from `valid_from` on; without one, from the beginning of its municipality, known or not.

    Attributes:
        authorities: Local authorities by the NIS code of the municipality that they govern.
    """

    authorities: dict[str, Authority]

    needs_day: ClassVar[bool] = False
    needs_decision: ClassVar[bool] = False

    def touches(self) -> tuple[Entity, ...]:
        """The municipalities."""
        return _municipalities(*self.authorities)

    def scope(self) -> tuple[str, ...]:
        """Found by rules about any municipality."""
        return (BULK,)


def _municipalities(*codes: str) -> tuple[Entity, ...]:
    return tuple(Entity("municipality", nis) for nis in dict.fromkeys(codes))
