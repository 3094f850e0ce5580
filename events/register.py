"""The beginning of a register: what it is called, where it is published, and what it starts from."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

import msgspec

from regiolog.events.event import BULK, Entity, Event


class FoundMunicipality(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A municipality as the register found it: its Dutch name and the NIS code of its province."""

    name: str
    province: str


class RegisterWasBegun(Event, frozen=True, kw_only=True, tag="register-was-begun"):
    """The register began, with the provinces and municipalities of its first day (begin van het register).

    It is the first event of a journal and the only one of its kind. Since when its municipalities exist is
    unknown: only that they existed on the day on which coverage begins.

    Attributes:
        register: The register's own name.
        base_iri: Under which address its things are published; fixed here for good, so that a replay anywhere gives
            the same graph.
        coverage: The first day that can be asked about.
        provinces: Dutch names by NIS code.
        municipalities: Municipalities by NIS code.
    """

    register: str
    base_iri: str
    coverage: date
    provinces: dict[str, str]
    municipalities: dict[str, FoundMunicipality]

    needs_day: ClassVar[bool] = False
    needs_decision: ClassVar[bool] = False

    def touches(self) -> tuple[Entity, ...]:
        """The register, its provinces and its municipalities."""
        return (
            Entity("register", self.register),
            *(Entity("province", nis) for nis in self.provinces),
            *(Entity("municipality", nis) for nis in self.municipalities),
        )

    def scope(self) -> tuple[str, ...]:
        """Found by every rule about a municipality or a province."""
        return (BULK, "register")
