"""A page of a tree as TREE and LDES read it: what it says of itself, its relations, and what it says of the stream."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cached_property
from typing import Final, NamedTuple

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from tests.feed.reader import LDES, TREE

TYPE: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"

Term = NamedNode | BlankNode | Literal | Triple

_COMPARING: Final[dict[str, Callable[[datetime | int, datetime | int], bool]]] = {
    f"{TREE}GreaterThanOrEqualToRelation": lambda member, bound: member >= bound,  # type: ignore[operator]
    f"{TREE}GreaterThanRelation": lambda member, bound: member > bound,  # type: ignore[operator]
    f"{TREE}LessThanOrEqualToRelation": lambda member, bound: member <= bound,  # type: ignore[operator]
    f"{TREE}LessThanRelation": lambda member, bound: member < bound,  # type: ignore[operator]
    f"{TREE}EqualToRelation": lambda member, bound: member == bound,
}


class Relation(NamedTuple):
    """A relation that a page has.

    Attributes:
        kinds: Its classes.
        nodes: Where it leads.
        paths: Of which property it speaks.
        values: To which value that compares.
        remaining: How many members are left there, where that is said.
    """

    kinds: tuple[str, ...]
    nodes: tuple[Term, ...]
    paths: tuple[Term, ...]
    values: tuple[Term, ...]
    remaining: tuple[Term, ...]

    @property
    def node(self) -> str:
        """The page that it leads to."""
        (found,) = self.nodes
        assert isinstance(found, NamedNode)
        return found.value

    @property
    def path(self) -> str:
        """The one property."""
        (found,) = self.paths
        assert isinstance(found, NamedNode)
        return found.value

    @property
    def value(self) -> Literal:
        """The one value."""
        (found,) = self.values
        assert isinstance(found, Literal)
        return found

    def holds(self, value: Literal) -> bool:
        """Whether a value of its path is one that its page may have."""
        (kind,) = self.kinds
        return _COMPARING[kind](comparable(value), comparable(self.value))


def comparable(literal: Literal) -> datetime | int:
    """A value that can be compared: an instant with its time zone, or a whole number."""
    if literal.datatype.value == f"{XSD}integer":
        return int(literal.value)
    assert literal.datatype.value == f"{XSD}dateTime"
    instant = datetime.fromisoformat(literal.value)
    assert instant.tzinfo is not None
    return instant


class Page:
    """A page.

    Args:
        url: Its address.
        quads: What it says.
    """

    def __init__(self, url: str, quads: Iterable[Quad]) -> None:
        self.url = url
        self.quads = list(quads)
        self._said: dict[Term, list[Quad]] = {}
        for quad in self.quads:
            self._said.setdefault(quad.subject, []).append(quad)

    def values(self, subject: str | Term, predicate: str) -> tuple[Term, ...]:
        """The values that a property of something has."""
        about = NamedNode(subject) if isinstance(subject, str) else subject
        return tuple(quad.object for quad in self._said.get(about, ()) if quad.predicate.value == predicate)

    def subjects(self, predicate: str) -> tuple[NamedNode | BlankNode | Triple, ...]:
        """What has a property."""
        return tuple(quad.subject for quad in self.quads if quad.predicate.value == predicate)

    @cached_property
    def stream(self) -> str:
        """The one event stream that it speaks of."""
        (found,) = (q.subject for q in self.quads if q.object == NamedNode(f"{LDES}EventStream"))
        assert isinstance(found, NamedNode)
        return found.value

    @property
    def immutable(self) -> bool:
        """Whether it says that it never changes."""
        return bool(self.values(self.url, f"{LDES}immutable"))

    @property
    def members(self) -> tuple[str, ...]:
        """The IRIs of its members, in its own order."""
        found = self.values(self.stream, f"{TREE}member")
        assert all(isinstance(each, NamedNode) for each in found)
        return tuple(each.value for each in found if isinstance(each, NamedNode))

    @property
    def relations(self) -> list[Relation]:
        """Its relations, in its own order."""
        return [
            Relation(
                tuple(kind.value for kind in self.values(each, TYPE) if isinstance(kind, NamedNode)),
                *(self.values(each, f"{TREE}{name}") for name in ("node", "path", "value", "remainingItems")),
            )
            for each in self.values(self.url, f"{TREE}relation")
        ]

    @property
    def children(self) -> list[str]:
        """The pages that it leads to, each once, in its own order."""
        return list(dict.fromkeys(relation.node for relation in self.relations))
