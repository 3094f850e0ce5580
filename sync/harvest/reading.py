"""Reading: what a document says, whatever form it came in, before it is set beside what is held."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple, Protocol

from regiolog.events.claim import Claim
from regiolog.events.cooperation import CooperationStatus, CooperationType, Member

_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")


def is_address(text: str) -> bool:
    """Whether something is named by an address (RFC 3986, section 3), and not by a code or a name."""
    return _ADDRESS.fullmatch(text) is not None


class Known(Protocol):
    """What the register tells of the names that a document uses, on the day from which the document holds."""

    def region(self, name: str) -> str | None:
        """The key of the one region that has, or had, an address, a code or a name; None when none or several do."""

    def meant(self, code: str) -> str | None:
        """The key of the one region that the source has meant by a code of its own so far; None when it meant none."""

    def type_of(self, structure: str) -> str | None:
        """The type that the source gives a structure, by its address, so far; None when it does not list it."""

    def municipality_at(self, address: str) -> str | None:
        """The NIS code of the municipality that an address stands for on that day, or for its authority or area."""

    def municipalities_called(self, name: str) -> frozenset[str]:
        """The NIS codes of the municipalities that are, or were, called so."""

    def exists(self, nis: str) -> bool | None:
        """Whether a municipality is there on that day; None when the register never had it."""


class Organisation(NamedTuple):
    """A cooperation structure as its publisher describes it.

    Attributes:
        iri: Its address.
        name: What it is called, as published.
        types: What kind of structure it is.
        status: Whether it works; None when that is not said.
        kbo: Its number in the Kruispuntbank van Ondernemingen.
        ovo: Its code in the register of Flemish organisations.
        members: Who takes part in it; None when the document names no member of any structure of its kinds.
    """

    iri: str
    name: str
    types: tuple[CooperationType, ...] = ()
    status: CooperationStatus | None = None
    kbo: str | None = None
    ovo: str | None = None
    members: tuple[Member, ...] | None = None

    @property
    def key(self) -> str:
        """Its key in the register: the last part of its address."""
        return self.iri.rpartition("/")[2]


class Union(NamedTuple):
    """Structures that became one, as their publisher says it.

    Attributes:
        iri: The address of the change.
        day: The day on which it happened; None when that is not said.
        parts: The addresses of what became one.
        into: The address of what they became.
    """

    iri: str
    day: date | None
    parts: tuple[str, ...]
    into: str


class Called(NamedTuple):
    """A municipality's name in a language."""

    nis: str
    language: str
    name: str


@dataclass(frozen=True)
class Reading:
    """What one document says.

    Attributes:
        claims: What it claims, in its own order, with what each is resolved to where the document itself tells.
        covers: Whether a claim of its source is one that this document would repeat, were it still made; so one that it
            leaves out is withdrawn, when the document is complete.
        organisations: The cooperation structures that it describes.
        unions: The structures that it says became one.
        names: The names of municipalities in other languages.
        lost: Codes that seem to have lost a leading zero.
        passed: What was passed over, and how often, in words.
    """

    claims: tuple[Claim, ...] = ()
    covers: Callable[[Claim], bool] = lambda _: False
    organisations: tuple[Organisation, ...] = ()
    unions: tuple[Union, ...] = ()
    names: tuple[Called, ...] = ()
    lost: tuple[str, ...] = ()
    passed: dict[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether it says anything."""
        return bool(self.claims or self.organisations or self.unions or self.names)
