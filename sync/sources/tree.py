"""Pages of a Linked Data Event Stream: what one says of the stream, where it leads, and which members are on it.

LDES 1.0 (https://w3id.org/ldes/specification) and TREE (https://w3id.org/tree/specification), and what older servers
write that both of them still allow.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import urldefrag

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad

from regiolog.events.errors import Unreadable
from regiolog.sync.sources.fetching import shown
from regiolog.sync.sources.graphs import read_quads
from regiolog.sync.sources.guard import printable

if TYPE_CHECKING:
    from regiolog.sync.sources.fetching import Fetched

TREE: Final = "https://w3id.org/tree#"
LDES: Final = "https://w3id.org/ldes#"
RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

ACCEPT: Final = (
    "application/trig, application/n-quads;q=0.9, text/turtle;q=0.8, application/n-triples;q=0.7, "
    "application/ld+json;q=0.6"
)
"""What a page is asked for as: first the forms in which a member can have a graph of its own."""

_IMMUTABLE: Final = re.compile(r"(^|[,\s])immutable($|[,\s;])", re.IGNORECASE)
_LONGEST_LIST: Final = 16
_ROUNDS: Final = 32
"""How far blank nodes are told apart by what surrounds them."""

Term = NamedNode | BlankNode | Literal


class TreePage:
    """One page, parsed.

    Args:
        fetched: The page as it came.
        asked: The address by which it was asked for.
        form: The media type that it is read as, whatever its publisher says; None believes the publisher.
        most: How many triples it may have.

    Attributes:
        url: Where it lies.

    Raises:
        Unreadable: It is no document of RDF.
    """

    def __init__(self, fetched: Fetched, asked: str, *, form: str | None, most: int) -> None:
        """Parse the page."""
        self.url = fetched.url
        self._names = {fetched.url, asked}
        self._of: defaultdict[Term, list[Quad]] = defaultdict(list)
        self._in: defaultdict[Term, list[Quad]] = defaultdict(list)
        self._with: defaultdict[str, list[Quad]] = defaultdict(list)
        self._parts: defaultdict[str, dict[NamedNode, None]] = defaultdict(dict)
        self._is_immutable = bool(_IMMUTABLE.search(fetched.headers.get("cache-control", "")))
        try:
            for quad in read_quads(fetched.body, media=form or fetched.media, base=fetched.url, most=most):
                self._add(quad)
        except Unreadable as refused:
            raise Unreadable(f"{shown(fetched.url)} cannot be read: {refused}") from None

    def _add(self, quad: Quad) -> None:
        if isinstance(quad.graph_name, DefaultGraph):
            if isinstance(quad.subject, NamedNode | BlankNode):
                self._of[quad.subject].append(quad)
            if isinstance(quad.subject, NamedNode) and "#" in quad.subject.value:
                self._parts[quad.subject.value.rpartition("#")[0]][quad.subject] = None
            self._with[quad.predicate.value].append(quad)
        else:
            self._in[quad.graph_name].append(quad)

    @property
    def is_immutable(self) -> bool:
        """Whether it says, or what it came with says, that it never changes."""
        return self._is_immutable or any(
            isinstance(said, Literal) and said.value in {"true", "1"} and self._is_this(quad.subject)
            for quad in self._with[f"{LDES}immutable"]
            for said in (quad.object,)
        )

    def views(self) -> list[tuple[str, str]]:
        """Each stream that it names with a view (``tree:view``), and that view."""
        return [
            (quad.subject.value, quad.object.value)
            for quad in self._with[f"{TREE}view"]
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode)
        ]

    def links(self) -> tuple[str, ...]:
        """The pages that it leads to, each once.

        Raises:
            Unreadable: A relation does not lead to just one page, or those that are here are of another page.
        """
        relations = self._with[f"{TREE}relation"]
        ours = [quad.object for quad in relations if self._is_this(quad.subject)]
        if relations and not ours:
            other = printable(str(relations[0].subject), 200)
            raise Unreadable(f"{shown(self.url)} has relations of {other}, and none of its own")
        found: dict[str, None] = {}
        for relation in ours:
            nodes = set(self.objects(relation, f"{TREE}node"))
            if len(nodes) != 1 or not isinstance(node := nodes.pop(), NamedNode):
                raise Unreadable(f"{shown(self.url)} has a relation that does not lead to just one page")
            found[urldefrag(node.value).url] = None
        return tuple(found)

    def members(self, stream: str) -> tuple[str, ...]:
        """The members of a stream that are on it, each once.

        Raises:
            Unreadable: One has no address, or all that are here are of another stream.
        """
        every = self._with[f"{TREE}member"]
        ours = [quad.object for quad in every if quad.subject == NamedNode(stream)]
        if every and not ours:
            other = printable(str(every[0].subject), 200)
            raise Unreadable(f"{shown(self.url)} has members of {other}, and none of {printable(stream, 200)}")
        for member in ours:
            if not isinstance(member, NamedNode):
                raise Unreadable(f"{shown(self.url)} has a member without an address, which cannot be known again")
        return tuple(dict.fromkeys(member.value for member in ours if isinstance(member, NamedNode)))

    def member(self, iri: str) -> list[Quad]:
        """What a page says of one member.

        That is what it says of the member itself, of the blank nodes that this leads to, all that is in the graph that
        the member names, and what it says of the member's own parts (``member#part``).

        Raises:
            Unreadable: It says nothing.
        """
        focus = NamedNode(iri)
        found: dict[Quad, None] = {}
        waiting: list[Term] = [focus, *self._parts.get(iri, ())]
        met: set[Term] = set(waiting)
        while waiting:
            term = waiting.pop()
            for quad in (*self._of.get(term, ()), *self._in.get(term, ())):
                found[quad] = None
                value = quad.object
                if isinstance(value, BlankNode) and value not in met:
                    met.add(value)
                    waiting.append(value)
        if not found:
            raise Unreadable(f"{shown(self.url)} names {printable(iri, 200)} and says nothing of it")
        return list(found)

    def objects(self, subject: object, predicate: str) -> list[Term]:
        """What it says of something by a predicate."""
        if not isinstance(subject, NamedNode | BlankNode):
            return []
        return [
            quad.object
            for quad in self._of.get(subject, ())
            if quad.predicate.value == predicate and isinstance(quad.object, NamedNode | BlankNode | Literal)
        ]

    def policy(self, subject: object) -> list[str]:
        """What it says of something, each predicate with its value, types alone."""
        if not isinstance(subject, NamedNode | BlankNode):
            return []
        return [
            quad.object.value if quad.predicate.value == f"{RDF}type" else f"{quad.predicate.value} {quad.object.value}"
            for quad in self._of.get(subject, ())
            if isinstance(quad.object, NamedNode | Literal)
        ]

    def sequence(self, term: Term) -> tuple[str, ...]:
        """A path as its predicates: that of an address is itself, that of a list what it holds.

        Raises:
            Unreadable: It is no such path.
        """
        if isinstance(term, NamedNode) and term.value != f"{RDF}nil":
            return (term.value,)
        found: list[str] = []
        while isinstance(term, BlankNode) and len(found) < _LONGEST_LIST:
            first, rest = self.objects(term, f"{RDF}first"), self.objects(term, f"{RDF}rest")
            if len(first) != 1 or len(rest) != 1 or not isinstance(first[0], NamedNode):
                break
            found.append(first[0].value)
            term = rest[0]
        if not found or term != NamedNode(f"{RDF}nil"):
            raise Unreadable(f"{shown(self.url)} describes its stream by a path that is neither an address nor a list")
        return tuple(found)

    def _is_this(self, subject: object) -> bool:
        return isinstance(subject, NamedNode) and subject.value in self._names


Told = tuple[str | BlankNode, ...]
"""A quad in text, with its blank nodes as they are."""


def told(quads: Iterable[Quad]) -> list[Told]:
    """Some quads in text, with their blank nodes as they are."""
    return [
        tuple(
            term if isinstance(term, BlankNode) else str(term)
            for term in (quad.subject, quad.predicate, quad.object, quad.graph_name)
        )
        for quad in quads
    ]


def digest(said: Iterable[Told], colours: Mapping[BlankNode, str]) -> str:
    """The digest of what some quads say, whatever their order and whatever their blank nodes are called."""
    return _sha256(sorted({_coloured(each, colours) for each in said}))


def coloured(said: Iterable[Told]) -> dict[BlankNode, str]:
    """The blank nodes in some quads, by what they are told apart, whatever they are called there.

    That is what surrounds them, as far as some steps go: enough to know a repeat again, and no work without end.
    """
    held = [(each, {term for term in each if isinstance(term, BlankNode)}) for each in said]
    held = [(each, blank) for each, blank in held if blank]
    colours: dict[BlankNode, str] = {term: "" for _, blank in held for term in blank}
    apart = 1
    for _ in range(_ROUNDS):
        lines: defaultdict[BlankNode, list[str]] = defaultdict(list)
        for each, blank in held:
            for term in blank:
                lines[term].append(_coloured(each, colours, term))
        fresh = {term: _sha256(sorted(lines[term])) for term in colours}
        before, apart = apart, len(set(fresh.values()))
        if apart == before and colours and any(colours.values()):
            break
        colours = fresh
        if apart == len(colours):
            break
    return colours


def _coloured(each: Told, colours: Mapping[BlankNode, str], own: BlankNode | None = None) -> str:
    return " ".join(term if isinstance(term, str) else "_:" if term == own else f"_:{colours[term]}" for term in each)


def _sha256(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
