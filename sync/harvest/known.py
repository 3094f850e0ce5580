"""What the register tells of the names that a document uses, looked up in what is held."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from regiolog.events.claim import Claim, Naming, Placement, Structure
from regiolog.events.event import Entity
from regiolog.events.keys import MUNICIPALITIES
from regiolog.events.marking import regions_named

if TYPE_CHECKING:
    from regiolog.events.held import Held


class KnownByHeld:
    """The register's names on one day.

    Args:
        held: What the register holds.
        day: The day from which the document holds.
        saying: What the source of the document is saying, as it was read.
    """

    def __init__(self, held: Held, day: date, saying: Iterable[Claim] = ()) -> None:
        """Look nothing up yet."""
        self._held = held
        self._day = day
        self._saying = saying

    def region(self, name: str) -> str | None:
        """The key of the one region that has, or had, an address, a code or a name."""
        named = regions_named(self._held, name)
        return next(iter(named)) if len(named) == 1 else None

    def meant(self, code: str) -> str | None:
        """The key of the one region that the source has meant by a code of its own so far."""
        meant = self._meant.get(code, set())
        return next(iter(meant)) if len(meant) == 1 else None

    def type_of(self, structure: str) -> str | None:
        """The type that the source gives a structure, by its address, so far."""
        return self._types.get(structure)

    def municipality_at(self, address: str) -> str | None:
        """The NIS code of the municipality that has an address, or whose authority or area has it on that day."""
        official = address.removeprefix(MUNICIPALITIES)
        if official != address and self.exists(official) is not None:
            return official
        found = {nis for nis in self._addresses.get(address, ()) if self._stands_for(nis, address)}
        return next(iter(found)) if len(found) == 1 else None

    def municipalities_called(self, name: str) -> frozenset[str]:
        """The NIS codes of the municipalities that are, or were, called so."""
        return frozenset(self._names.get(name, ()))

    def exists(self, nis: str) -> bool | None:
        """Whether a municipality is there on that day; None when the register never had it."""
        if not self._held.facts(Entity("municipality", nis)):
            return None
        return self._held.municipality(nis).exists(self._day)

    def _stands_for(self, nis: str, address: str) -> bool:
        linked = self._held.municipality(nis).authorities.at(self._day)
        return linked is not None and address in {linked.value.authority, linked.value.area}

    @cached_property
    def _meant(self) -> dict[str, set[str]]:
        found = defaultdict(set)
        for claim in self._saying:
            if isinstance(claim, Placement | Naming) and claim.region is not None:
                found[claim.words if isinstance(claim, Placement) else claim.of].add(claim.region)
        return found

    @cached_property
    def _types(self) -> dict[str, str | None]:
        return {claim.of: claim.type for claim in self._saying if isinstance(claim, Structure)}

    @cached_property
    def _addresses(self) -> dict[str, set[str]]:
        found = defaultdict(set)
        for nis in self._held.municipalities():
            for span in self._held.municipality(nis).authorities:
                for address in (span.value.authority, span.value.area):
                    if address is not None:
                        found[address].add(nis)
        return found

    @cached_property
    def _names(self) -> dict[str, set[str]]:
        found = defaultdict(set)
        for nis in self._held.municipalities():
            for names in self._held.municipality(nis).names.values():
                for span in names:
                    found[span.value].add(nis)
        return found
