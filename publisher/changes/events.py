"""CloudEvents (1.0, JSON format): one for each thing that an event of the register changed, and one for each merging.

They are shaped as the Flemish base registry shapes its own, so that who reads those reads these: a number that only
grows, what changed by attribute, and ``transform`` where a municipality went on in another. All that one event of the
register changed has one ``causationid``, and is whole with the one that is ``last``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import msgspec

from regiolog.events.temporal import instant_text
from regiolog.ontology import terms
from regiolog.ontology.iris import Iris, nis_of
from regiolog.publisher.changes.attributes import changed
from regiolog.publisher.feed.members import Member, members
from regiolog.sync.statements.history import History, Timed
from regiolog.sync.statements.statement import Statement, iri

PLACES: Final = 100_000
"""How many CloudEvents one event of the register may give: between the numbers of two positions there is room for so
many."""

EVENT_SCHEMA: Final = "event.v1.json"
CHANGE_SCHEMA: Final = "change.v1.json"
TRANSFORM_SCHEMA: Final = "transform.v1.json"

_FROM: Final = iri(terms.RL_MERGED_FROM)
_INTO: Final = iri(terms.RL_MERGED_INTO)
_MUNICIPALITY: Final = iri(terms.RL_HAS_MUNICIPALITY)


class Transformed(NamedTuple):
    """A municipality that a merger made part of another one.

    Attributes:
        source: Its IRI.
        target: The IRI of that other one.
        codes: The NIS codes of all that merged, and of what they became.
    """

    source: str
    target: str
    codes: tuple[str, ...]


class Change(NamedTuple):
    """What becomes one CloudEvent.

    Attributes:
        position: The position of the event of the register.
        place: Its place among all that this event changed, from 1.
        what: What happened to which thing.
        last: Whether it is the last of its event.
    """

    position: int
    place: int
    what: Member | Transformed
    last: bool

    def is_about(self, kind: str, key: str) -> bool:
        """Whether it tells of a thing."""
        if isinstance(self.what, Member):
            return (self.what.turned.kind, self.what.turned.key) == (kind, key)
        return kind == "municipality" and key in {nis_of(self.what.source), nis_of(self.what.target)}


def changes(history: History, after: int, upto: int) -> Iterator[Change]:
    """All that happened at ``after < position <= upto``, in order: what merged, then thing by thing.

    Args:
        history: The statements.
        after: The last position before them.
        upto: The last position that counts.
    """
    merged = _merged(history, after, upto)
    for position, group in groupby(members(history, after, upto), key=lambda each: each.turned.position):
        every: list[Member | Transformed] = [*merged.get(position, ()), *group]
        assert len(every) < PLACES, f"event {position} changed too many things"
        for place, what in enumerate(every, 1):
            yield Change(position, place, what, place == len(every))


def changes_of(history: History, kind: str, key: str, positions: Iterable[int]) -> Iterator[Change]:
    """The same of one thing, at some positions; their numbers are those that they have among everything."""
    for position in positions:
        for each in changes(history, position - 1, position):
            if each.is_about(kind, key):
                yield each


def batch(history: History, happened: Iterable[Change]) -> Iterator[bytes]:
    """Changes as a batch of CloudEvents, one to a line, in pieces.

    Args:
        history: The statements.
        happened: The changes, those of one position together.
    """
    writer = _Writer(history)
    before = b"[\n"
    for change in happened:
        yield before
        yield _ENCODER.encode(writer.event(change))
        before = b",\n"
    yield b"[]\n" if before == b"[\n" else b"\n]\n"


class _Writer:
    """Writes changes as CloudEvents."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._iris = Iris(history.base_iri)
        self._position = 0
        self._envelope: dict[str, Any] = {}

    def event(self, change: Change) -> dict[str, Any]:
        """A change as a CloudEvent."""
        if isinstance(change.what, Member):
            turned = change.what.turned
            subject, data = turned.iri, self._of_thing(change.what)
            kind, schema = f"{turned.kind}.{turned.act}", CHANGE_SCHEMA
        else:
            subject, data = change.what.source, _of_merging(change.what)
            kind, schema = "municipality.transform", TRANSFORM_SCHEMA
        base = self._iris.base
        return {
            "specversion": "1.0",
            "id": str(change.position * PLACES + change.place),
            "source": f"{base}changes",
            "type": f"regiolog.{kind}.v1",
            "subject": subject,
            "datacontenttype": "application/json",
            "dataschema": f"{base}changes/schemas/{schema}",
            **self._of_position(change.position),
            "last": change.last,
            "data": data,
        }

    def _of_position(self, position: int) -> dict[str, Any]:
        """What all that one event of the register changed has in common."""
        if position != self._position:
            (told,) = filter(None, [self._history.told_of(position)])
            self._position = position
            self._envelope = {
                "time": instant_text(told.known),
                "position": position,
                "eventkind": told.gist.kind,
                "causationid": self._iris.event(position),
            }
        return self._envelope

    def _of_thing(self, member: Member) -> dict[str, Any]:
        """What changed of a thing, with the field names of the base registry."""
        turned = member.turned
        before: list[Statement] = []
        after: list[Statement] = []
        if turned.act != "create":
            before = list(self._history.timeline(turned.kind, turned.key, turned.position - 1))
        if turned.act != "delete":
            after = list(self._history.timeline(turned.kind, turned.key, turned.position))
        codes = [turned.key] if turned.kind == "municipality" else _codes_in(before, after)
        return {
            "@id": turned.iri,
            "objectId": turned.key,
            "naamruimte": namespace(self._iris, turned.iri, turned.kind, turned.key),
            "versieId": instant_text(turned.known),
            "versie": member.iri,
            "nisCodes": codes,
            "attributen": changed(self._iris, turned.iri, before, after),
        }


def namespace(iris: Iris, thing: str, kind: str, key: str) -> str:
    """What stands before the key of a thing in an address of it: its IRI, or else the one that leads to it."""
    ending = f"/{quote(key, safe='')}"
    for address in (thing, iris.thing(kind, key)):
        if address.endswith(ending):
            return address.removesuffix(ending)
    return f"{iris.base}id/{kind}"


def _of_merging(what: Transformed) -> dict[str, Any]:
    return {"vanId": what.source, "naarId": what.target, "nisCodes": what.codes}


def _codes_in(*timelines: Iterable[Statement]) -> list[str]:
    """The NIS codes of the municipalities that anything is said of, before or after."""
    found = {each.object for timeline in timelines for each in timeline if each.predicate == _MUNICIPALITY}
    return sorted(code for municipality in found if (code := nis_of(municipality[1:-1])) is not None)


def _merged(history: History, after: int, upto: int) -> dict[int, list[Transformed]]:
    """What merged into what at some positions; a municipality that goes on under its own code did not."""
    touched = history.selected(
        "statement.subject",
        "opened > :after AND opened <= :upto AND graph = 0 "
        "AND statement.predicate IN (SELECT id FROM term WHERE text IN (:from, :into))",
        {"after": after, "upto": upto, "from": _FROM, "into": _INTO},
    )
    nodes = {(numbered.timed.opened, numbered.timed.statement.subject): None for _, numbered in touched}
    merged: dict[int, list[Transformed]] = defaultdict(list)
    for position, node in nodes:
        about = history.about(node[1:-1], register=True)
        before, now = _pairs(about, position - 1), _pairs(about, position)
        codes = tuple(sorted({code for pair in now for each in pair if (code := nis_of(each)) is not None}))
        merged[position] += (Transformed(*pair, codes) for pair in sorted(now - before) if pair[0] != pair[1])
    return merged


def _pairs(about: Iterable[Timed], position: int) -> set[tuple[str, str]]:
    """Who merged into whom, by a merger's own statements, as is known at a position."""
    said = [each.statement for each in about if each.opened <= position < each.closed]
    return {
        (source.object[1:-1], target.object[1:-1])
        for source in said
        for target in said
        if (source.predicate, target.predicate) == (_FROM, _INTO)
    }


_ENCODER: Final = msgspec.json.Encoder()
