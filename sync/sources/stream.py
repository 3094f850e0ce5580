"""Streams: how a Linked Data Event Stream says that its members are read, and what each member says of which thing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple, Self

from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from regiolog.events.errors import Unreadable
from regiolog.sync.sources.fetching import shown
from regiolog.sync.sources.guard import printable
from regiolog.sync.sources.tree import LDES, RDF, TREE, TreePage

_XSD: Final = "http://www.w3.org/2001/XMLSchema#"
_AS_DELETE: Final = "https://www.w3.org/ns/activitystreams#Delete"
_INSTANT: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,40}))?(Z|[+-]\d\d:\d\d)?")
_NUMBER: Final = re.compile(r"[+-]?\d{1,40}(\.\d{1,40})?")
_PATHS: Final = ("versionOf", "timestamp", "sequence", "versionTimestamp", "versionSequence", "versionDelete")
_LONGEST_WAIT: Final = 86_400

Place = tuple[str, str]
"""A value by which members are ordered: whether it is an instant, a number or a text, and it, so that it compares."""


class Stream(NamedTuple):
    """What a stream says of its members; fields and terms of LDES have the same names.

    Attributes:
        iri: Its address.
        version_of_path: The path to the thing that a member is a version of; () where each is a thing of its own.
        timestamp_path: The path to the instant at which a member came into the stream.
        sequence_path: The path to its place in the stream.
        version_timestamp_path: The path to the instant by which versions are ordered, where they come otherwise.
        version_sequence_path: The path to their place, likewise.
        version_delete_path: The path to what says that a thing is no more; () is ``rdf:type``.
        version_delete_object: What stands there then; "" is ``as:Delete``.
    """

    iri: str
    version_of_path: tuple[str, ...] = ()
    timestamp_path: tuple[str, ...] = ()
    sequence_path: tuple[str, ...] = ()
    version_timestamp_path: tuple[str, ...] = ()
    version_sequence_path: tuple[str, ...] = ()
    version_delete_path: tuple[str, ...] = ()
    version_delete_object: str = ""

    @classmethod
    def of(cls, page: TreePage, iri: str) -> Self:
        """What a page says of a stream.

        Raises:
            Unreadable: It says something twice, or in a way that cannot be read.
        """
        subject = NamedNode(iri)
        paths: list[tuple[str, ...]] = []
        for name in _PATHS:
            said = page.objects(subject, f"{LDES}{name}Path")
            if len(said) > 1:
                raise Unreadable(f"{shown(page.url)} gives its stream more than one ldes:{name}Path")
            paths.append(page.sequence(said[0]) if said else ())
        deleted = [str(value) for value in page.objects(subject, f"{LDES}versionDeleteObject")]
        if len(deleted) > 1:
            raise Unreadable(f"{shown(page.url)} gives its stream more than one ldes:versionDeleteObject")
        return cls._make([iri, *paths, deleted[0] if deleted else ""])

    def over(self, other: Self) -> Self:
        """What this description says, and another of the same stream where this one says nothing."""
        return type(self)._make(ours or theirs for ours, theirs in zip(self, other, strict=True))

    @classmethod
    def kept(cls, fields: list[Any]) -> Self:
        """A stream as it was kept."""
        return cls._make(tuple(value) if isinstance(value, list) else value for value in fields)


class Member(NamedTuple):
    """A member, as far as it matters here.

    Attributes:
        of: The thing that it is a version of.
        time: The instant at which it came into the stream; None where the stream has none.
        sequence: Its place in the stream; None where the stream has none.
        order: By what versions of the thing are ordered where they come otherwise; None where they do not.
        content: What it says of the thing, as N-Triples; None when the thing is no more.
    """

    of: str
    time: Place | None
    sequence: Place | None
    order: tuple[Place | None, Place | None] | None
    content: str | None


def member_of(stream: Stream, iri: str, quads: list[Quad], colours: Mapping[BlankNode, str]) -> Member:
    """What a member says.

    Args:
        stream: Its stream.
        iri: Its address.
        quads: What its page says of it.
        colours: Its blank nodes, by what they are told apart.

    Raises:
        Unreadable: It does not say of what it is a version, or when it came.
    """
    reading = _Reading(iri, quads)
    of = reading.address(stream.version_of_path) if stream.version_of_path else iri
    order = None
    if stream.version_timestamp_path or stream.version_sequence_path:
        order = (reading.instant(stream.version_timestamp_path), reading.place(stream.version_sequence_path))
    said = reading.values(stream.version_delete_path or (f"{RDF}type",))
    is_deleted = any(str(value) == (stream.version_delete_object or f"<{_AS_DELETE}>") for value in said)
    return Member(
        of=of,
        time=reading.instant(stream.timestamp_path),
        sequence=reading.place(stream.sequence_path),
        order=order,
        content=None if is_deleted else _materialised(stream, iri, of, quads, colours),
    )


def interval_of(page: TreePage, stream: str) -> float | None:
    """For how many seconds a stream asks to be left alone between two runs; None when it does not say."""
    for value in page.objects(NamedNode(stream), f"{LDES}pollingInterval"):
        if isinstance(value, Literal) and re.fullmatch(r"\d{1,9}", value.value):
            return float(min(int(value.value), _LONGEST_WAIT))
    return None


def policy_of(page: TreePage) -> str | None:
    """The policy, be it older than LDES 1.0, by which a root may lack what was there before; None when it has none."""
    root = NamedNode(page.url)
    places = [root, *page.objects(root, f"{TREE}viewDescription")]
    policies = [policy for place in places for policy in page.objects(place, f"{LDES}retentionPolicy")]
    if not policies:
        return None
    said = sorted({each for policy in policies for each in page.policy(policy)})
    return ", ".join(each.removeprefix(LDES) for each in said) or "nothing is kept"


class _Reading:
    """What a member says by paths."""

    def __init__(self, iri: str, quads: list[Quad]) -> None:
        self._iri = iri
        self._of: dict[tuple[str, str], list[Any]] = {}
        for quad in quads:
            self._of.setdefault((str(quad.subject), quad.predicate.value), []).append(quad.object)

    def values(self, path: tuple[str, ...]) -> list[Any]:
        """What stands at the end of a path, each once."""
        here: list[Any] = [NamedNode(self._iri)]
        for predicate in path:
            here = [value for term in here for value in self._of.get((str(term), predicate), ())]
        return list(dict.fromkeys(here)) if path else []

    def address(self, path: tuple[str, ...]) -> str:
        """The thing at the end of a path."""
        values = self.values(path)
        if len(values) != 1 or not isinstance(values[0], NamedNode):
            raise Unreadable(f"the member {printable(self._iri, 200)} does not say of which one thing it is a version")
        return values[0].value

    def instant(self, path: tuple[str, ...]) -> Place | None:
        """The instant at the end of a path; None where there is no path."""
        if not path:
            return None
        value = self._one(path)
        instant = None if value is None else _instant(value.value)
        if instant is None:
            raise Unreadable(f"the member {printable(self._iri, 200)} does not say at which one instant it came")
        return "t", instant

    def place(self, path: tuple[str, ...]) -> Place | None:
        """The place in a sequence at the end of a path; None where there is no path."""
        if not path:
            return None
        value = self._one(path)
        if value is None:
            raise Unreadable(f"the member {printable(self._iri, 200)} does not say which one place it has")
        if value.datatype.value in {f"{_XSD}dateTime", f"{_XSD}dateTimeStamp"} and (found := _instant(value.value)):
            return "t", found
        return ("n" if _NUMBER.fullmatch(value.value) else "s"), value.value

    def _one(self, path: tuple[str, ...]) -> Literal | None:
        values = self.values(path)
        return values[0] if len(values) == 1 and isinstance(values[0], Literal) else None


def rank(place: Any) -> tuple[str, Any]:
    """A place so that it compares with others of its kind; none at all comes first."""
    if place is None:
        return "", 0
    kind, value = place
    return kind, Decimal(value) if kind == "n" else value


def _instant(text: str) -> str | None:
    """An instant in UTC, so that texts compare as instants do; one without a zone is taken to be in UTC."""
    found = _INSTANT.fullmatch(text)
    if found is None:
        return None
    zone = found[3] or "Z"
    try:
        instant = datetime.fromisoformat(f"{found[1]}{'+00:00' if zone == 'Z' else zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{(found[2] or '').rstrip('0')}"


def _materialised(stream: Stream, iri: str, of: str, quads: list[Quad], colours: Mapping[BlankNode, str]) -> str:
    """What a member says, said of the thing that it is a version of; its blank nodes are called the same each time."""
    member, thing = NamedNode(iri), NamedNode(of)
    dropped = stream.version_of_path[0] if len(stream.version_of_path) == 1 else None
    names = {
        node: BlankNode(f"b{hashlib.sha256(f'{of} {colour}'.encode()).hexdigest()[:32]}")
        for node, colour in colours.items()
    }
    lines = set()
    for quad in quads:
        subject, value = quad.subject, quad.object
        if subject == member:
            if quad.predicate.value == dropped:
                continue
            subject = thing
        if isinstance(subject, BlankNode):
            subject = names[subject]
        if isinstance(value, BlankNode):
            value = names[value]
        lines.add(f"{subject} {quad.predicate} {value} .\n")
    return "".join(sorted(lines))
