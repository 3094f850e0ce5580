"""The one place where IRIs of the register are minted and read back."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from typing import Final, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from regiolog.ontology.namespaces import GEMEENTE

KINDS: Final[frozenset[str]] = frozenset(
    {
        "municipality",
        "region",
        "subregion",
        "province",
        "cooperation",
        "forum",
        "programme",
        "obligation",
        "deviation",
        "document",
        "decision",
        "event",
        "source",
    }
)
"""The kinds of thing with an address ``{base}id/{kind}/{key}``, whether or not anything answers there yet."""

REGISTER_KIND: Final[str] = "register"
"""The register itself, ``{base}id/register``: the one kind without a key."""

_PLAIN: Final = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]*")
_PART: Final = re.compile(r"[A-Za-z0-9._~%-]+")
_NOT_IN_IRIS: Final = frozenset('<>"{}|\\^`')
_NOT_IN_IRIS_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zs", "Zl", "Zp"})


class UnusableIri(ValueError):
    """A key, moment or base address that cannot become part of an IRI, said in one sentence."""


class Minted(NamedTuple):
    """An IRI of ours, taken apart.

    Attributes:
        kind: One of :data:`KINDS`, or :data:`REGISTER_KIND`.
        key: The key in plain text, percent-encoding undone; empty for the register itself.
        part: What follows the ``#``, as ``assignment-11056``; empty for the thing itself.

    """

    kind: str
    key: str
    part: str


class Iris:
    """Mints every IRI that starts at one base address, and the official ones that the register reuses.

    The base is fixed when a register begins: two registers with one base give one name to one thing.
    """

    def __init__(self, base: str) -> None:
        """Take the base address.

        Args:
            base: An absolute ``http`` or ``https`` address that ends in a slash and has no query or fragment.

        Raises:
            UnusableIri: The address is none of that.

        """
        if not _is_address(base) or not base.endswith("/") or "?" in base or "#" in base:
            raise UnusableIri(
                f"{base!r} cannot be the base of the register's IRIs: "
                "give an http or https address that ends in / and has no query or fragment"
            )
        self.base = base
        self._id = f"{base}id/"

    def municipality(self, nis: str) -> str:
        """The official IRI of a municipality (gemeente), by its NIS code."""
        return GEMEENTE + _segment(nis)

    def province(self, nis: str) -> str:
        """The IRI of a province (provincie), by its NIS code."""
        return f"{self._id}province/{_segment(nis)}"

    def region(self, key: str, official: str | None = None) -> str:
        """The IRI of a reference region (referentieregio): the official one where there is one."""
        return f"{self._id}region/{_segment(key)}" if official is None else _official(official)

    def subregion(self, key: str, official: str | None = None) -> str:
        """The IRI of a subregion (subregio): the official one where there is one."""
        return f"{self._id}subregion/{_segment(key)}" if official is None else _official(official)

    def decision(self, key: str) -> str:
        """The IRI of a decision (besluit), by its key."""
        return f"{self._id}decision/{_segment(key)}"

    def divergent_date(self, key: str, which: str, value: str) -> str:
        """The IRI of a date that a source gives otherwise: of which decision, which date, which value."""
        return f"{self.decision(key)}#date-{_segment(which)}-{_segment(value)}"

    def event(self, position: int) -> str:
        """The IRI of an event, by its position in the journal (1 and up)."""
        if position < 1:
            raise UnusableIri(f"{position} is not a position: positions start at 1")
        return f"{self._id}event/{position}"

    def assignment(self, position: int, nis: str) -> str:
        """The IRI of the assignment that the event at a position made for one municipality."""
        return f"{self.event(position)}#assignment-{_segment(nis)}"

    def merger(self, position: int) -> str:
        """The IRI of the merger that the event at a position recorded."""
        return f"{self.event(position)}#merger"

    def boundary(self, position: int) -> str:
        """The IRI of the boundary change that the event at a position recorded."""
        return f"{self.event(position)}#boundary"

    def source(self, key: str) -> str:
        """The IRI of a source (bron), by its key."""
        return f"{self._id}source/{_segment(key)}"

    def run(self, source: str | None, name: str) -> str:
        """The IRI of a run of a harvest, by the key of the source that it was of and its own name.

        What a run recorded of no one source is part of the register itself.
        """
        return f"{self.register() if source is None else self.source(source)}#run-{_segment(name)}"

    def claim(self, position: int, number: int) -> str:
        """The IRI of a claim, by the position of the event that made it and its place there (1 and up)."""
        return f"{self.event(position)}#claim-{number}"

    def cooperation(self, key: str, official: str | None = None) -> str:
        """The IRI of a cooperation structure (samenwerkingsverband): the official one where there is one."""
        return f"{self._id}cooperation/{_segment(key)}" if official is None else _official(official)

    def membership(self, position: int, number: int) -> str:
        """The IRI of a membership, by the position of the event that names the member and its place there (from 1)."""
        return f"{self.event(position)}#member-{number}"

    def change(self, position: int) -> str:
        """The IRI of what the event at a position changed among organisations."""
        return f"{self.event(position)}#change"

    def decision_making(self, key: str) -> str:
        """The IRI of the taking of a decision, by the decision's key."""
        return f"{self.decision(key)}#act"

    def statement(self, position: int, number: int) -> str:
        """The IRI of a statement in the history, by the position of the event that opened it and its place there."""
        return f"{self.event(position)}#statement-{number}"

    def history_graph(self, kind: str | None = None, key: str = "") -> str:
        """The IRI of the history as a graph, whole or of one thing."""
        whole = f"{self.base}graph/history"
        return whole if kind is None else f"{whole}/{_segment(kind)}/{_segment(key)}"

    def proposed_region(self, key: str) -> str:
        """The IRI of a region that was proposed, which is none of the register's regions; by its own key."""
        return f"{self._id}region/{_segment(key)}"

    def source_graph(self, key: str) -> str:
        """The IRI of the graph of what a source says."""
        return f"{self.base}graph/source/{_segment(key)}"

    def proposal_graph(self, key: str) -> str:
        """The IRI of the graph of what a decision proposed, by its key."""
        return f"{self.base}graph/proposal/{_segment(key)}"

    def register(self) -> str:
        """The IRI of the register itself."""
        return self._id + REGISTER_KIND

    def coverage(self) -> str:
        """The IRI of the period that the register covers."""
        return f"{self.register()}#coverage"

    def stream(self) -> str:
        """The IRI of the event stream of all version objects."""
        return f"{self.base}feed#stream"

    def version(self, kind: str, key: str, position: int) -> str:
        """The IRI of a version object: of which thing, and by the position of the event that made it."""
        return f"{self.base}feed/{_segment(kind)}/{_segment(key)}/{position}"

    def thing(self, kind: str, key: str) -> str:
        """The address ``{base}id/{kind}/{key}``, which every kind has, those with an official IRI too.

        Raises:
            UnusableIri: There is no such kind, or the key cannot stand in an IRI.

        """
        if kind not in KINDS:
            raise UnusableIri(f"{kind!r} is not a kind of thing; the kinds are {', '.join(sorted(KINDS))}")
        return f"{self._id}{kind}/{_segment(key)}"

    def graph(self, at: date | str, known: str | None = None) -> str:
        """The IRI of the snapshot at a moment.

        Args:
            at: The civil day, or a text that stands for one, as ``now`` or ``history``.
            known: The UTC instant or day as addresses write it, ``2023-03-09T23:00:00Z``; none is the head.

        """
        day = at if isinstance(at, str) else (at.date() if isinstance(at, datetime) else at).isoformat()
        moment = f"{self.base}graph/{_segment(day, safe=':')}"
        return moment if known is None else f"{moment}/{_segment(known, safe=':')}"

    def difference(self, before: tuple[date, str | int], after: tuple[date, str | int], part: str | None = None) -> str:
        """The IRI of what changed between two moments.

        Args:
            before: The first moment: a civil day, and the UTC instant as addresses write it, or the position where that
                is no more than one of several that became known then.
            after: The second.
            part: The set of changes that is meant, as ``assignments`` or ``source/pinc``; none is all of it.

        """
        days = f"from={before[0].isoformat()}&to={after[0].isoformat()}"
        if before[1] == after[1] and isinstance(after[1], str):
            known = f"known={_segment(after[1], safe=':')}"
        else:
            known = "&".join(
                f"{side}_position={when}" if isinstance(when, int) else f"{side}_known={_segment(when, safe=':')}"
                for side, (_, when) in (("from", before), ("to", after))
            )
        chosen = "" if part is None else f"&set={_segment(part, safe='/')}"
        return f"{self.base}diff?{days}&{known}{chosen}"

    def read(self, iri: str) -> Minted | None:
        """Take an IRI apart that this class minted under its base; none for every other IRI.

        What comes back mints the same IRI again: an address that merely looks alike, with other escapes or of
        a kind that we do not have, is not ours.
        """
        if not iri.startswith(self._id):
            return None
        path, hash_, part = iri[len(self._id) :].partition("#")
        if hash_ and not _PART.fullmatch(part):
            return None
        if path == REGISTER_KIND:
            return Minted(REGISTER_KIND, "", part)
        kind, slash, segment = path.partition("/")
        if not slash or kind not in KINDS:
            return None
        key = unquote(segment, errors="surrogateescape")
        try:
            return Minted(kind, key, part) if _segment(key) == segment else None
        except UnusableIri:
            return None

    def local_kind(self, iri: str) -> str | None:
        """The kind of thing that an IRI under this base names; none for an IRI that is not ours."""
        minted = self.read(iri)
        return None if minted is None else minted.kind


def nis_of(iri: str) -> str | None:
    """The NIS code in an official IRI of a municipality; none for every other IRI."""
    code = iri.removeprefix(GEMEENTE)
    return code if code != iri and _PLAIN.fullmatch(code) else None


def _segment(key: str, safe: str = "") -> str:
    """One path segment or fragment: RFC 3986's unreserved characters stay, the rest is percent-encoded."""
    if _PLAIN.fullmatch(key):
        return key
    if key in {"", ".", ".."}:
        raise UnusableIri(f"{key!r} cannot be a key: addresses drop it")
    _refuse_foreign_characters(key)
    return quote(key, safe=safe)


def _official(iri: str) -> str:
    """An IRI that somebody else published, unchanged, when it is one."""
    if not _is_address(iri):
        raise UnusableIri(f"{iri!r} is not an absolute http or https IRI")
    return iri


def _is_address(iri: str) -> bool:
    """Whether a text is an absolute ``http`` or ``https`` IRI with a host."""
    try:
        _refuse_foreign_characters(iri)
        parts = urlsplit(iri)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _refuse_foreign_characters(text: str) -> None:
    """Refuse what RFC 3987 keeps out of IRIs: controls, blanks, private and formatting characters, quotes."""
    for character in text:
        if character in _NOT_IN_IRIS or unicodedata.category(character) in _NOT_IN_IRIS_CATEGORIES:
            raise UnusableIri(f"{text!r} holds the character U+{ord(character):04X}, which has no place in an IRI")
