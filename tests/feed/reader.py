"""A small client of Linked Data Event Streams, written from LDES 1.0 alone: what it reads, nobody of ours wrote.

It knows nothing of the register: only HTTP, the forms of RDF, and what the specification says that a client must do.
It reads in no order, and keeps what it knows in a :class:`State`, from which another run goes on.
"""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from http.client import HTTPException
from typing import Any, Final, NamedTuple
from urllib.parse import urldefrag

import msgspec
from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Triple,
    parse,
)

LDES: Final = "https://w3id.org/ldes#"
TREE: Final = "https://w3id.org/tree#"

FORMS: Final = {
    "text/turtle": RdfFormat.TURTLE,
    "application/trig": RdfFormat.TRIG,
    "application/n-quads": RdfFormat.N_QUADS,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/ld+json": RdfFormat.JSON_LD,
}
"""The forms that a client reads ("HTTP requests and responses"), by their media types."""

_LATER: Final = frozenset((408, 425, 429, 500, 502, 503, 504))
"""The statuses after which a client comes back."""

_IMMUTABLE: Final = NamedNode(f"{LDES}immutable")
_TRUE: Final = Literal("true", datatype=NamedNode("http://www.w3.org/2001/XMLSchema#boolean"))
_FIRST_WAIT: Final = 0.05
_LONGEST_WAIT: Final = 1.0


class Abort(Exception):
    """The stream cannot be read: a status that is none to wait after, or a page that breaks the specification."""


class Answer(NamedTuple):
    """What came of a request.

    Attributes:
        url: Where it came from, after redirects, without a fragment: the base of what it says.
        status: Of HTTP: 200, 304 or 410.
        headers: By name in lower case.
        body: All of it.
    """

    url: str
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """Without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip()

    @property
    def immutable(self) -> bool:
        """Whether the header says that it never changes."""
        return "immutable" in self.headers.get("cache-control", "")

    @property
    def quads(self) -> list[Quad]:
        """What it says, in the order in which it says it, where its form keeps one."""
        return list(parse(self.body, format=FORMS[self.media_type], base_iri=self.url))


class Member(NamedTuple):
    """A member as it was extracted.

    Attributes:
        iri: Its IRI.
        quads: All that belongs to it.
        page: The page that it was on.
    """

    iri: str
    quads: tuple[Quad, ...]
    page: str

    def values(self, predicate: str) -> list[NamedNode | BlankNode | Literal]:
        """The values that a property of the member itself has."""
        subject = NamedNode(self.iri)
        return [quad.object for quad in self.quads if quad.subject == subject and quad.predicate.value == predicate]  # type: ignore[misc]

    def value(self, predicate: str) -> str:
        """The only value that a property of the member itself has, as text."""
        (found,) = self.values(predicate)
        return found.value


class State(msgspec.Struct):
    """What a client keeps between its runs ("State management").

    Attributes:
        stream: The IRI of the event stream; empty before the first run.
        root: The address of the root.
        context: What the root said of the stream, and of itself: the values of each property.
        frontier: The pages to be read in the next run: those that may change, and those that were not reached.
        done: The immutable pages, which are not read again.
        emitted: The members of pages that may change.
        etags: The tags of pages that may change.
        count: How many members were emitted.
    """

    stream: str = ""
    root: str = ""
    context: dict[str, list[str]] = {}
    frontier: list[str] = []
    done: set[str] = set()
    emitted: set[str] = set()
    etags: dict[str, str] = {}
    count: int = 0

    def kept(self) -> bytes:
        """The state as a file."""
        return msgspec.json.encode(self)

    @classmethod
    def of(cls, kept: bytes) -> State:
        """The state out of a file."""
        return msgspec.json.decode(kept, type=State)


class Reader:
    """The client.

    Args:
        entry: The address that a run begins at the first time.
        state: What is known from earlier runs; nothing unless given.
        accept: The form that is asked for.
        patience: For how many seconds it comes back to a page that cannot be had.
        watch: Told every answer with a body.
    """

    def __init__(
        self,
        entry: str,
        state: State | None = None,
        *,
        accept: str = "application/n-quads",
        patience: float = 20,
        watch: Callable[[Answer], None] = lambda _: None,
    ) -> None:
        self._entry = entry
        self.state = state or State()
        self._accept = accept
        self._patience = patience
        self._watch = watch
        self.requests: list[str] = []
        """What was asked for, in order."""

    def run(self) -> list[Member]:
        """One whole synchronisation run: the members that are new."""
        return [member for members in self.pages() for member in members]

    def pages(self) -> Iterator[list[Member]]:
        """A synchronisation run page by page; whoever stops half-way goes on from there, with the state that it has.

        Yields:
            The members of a page that are new; by then the state says that they were emitted.
        """
        first = None if self.state.root else self._initialise()
        todo = self.state.frontier if first is None else [self.state.root]
        later: list[str] = []
        seen: set[str] = set()
        while todo:
            page = todo.pop()
            if page in seen or page in self.state.done:
                continue
            self.state.frontier = [*later, *todo, page]
            answer = first or self.ask(page, self.state.etags.get(page))
            first = None
            seen.add(page)
            members: list[Member] = []
            if answer.status == 410:
                self.state.done.add(page)
            elif answer.status == 200:
                members, children = self._processed(page, answer)
                todo += [child for child in children if child not in seen]
            if page not in self.state.done:
                later.append(page)
            self.state.frontier = [*later, *todo]
            yield members

    def _initialise(self) -> Answer:
        """Find the stream and its root ("Initialization run")."""
        answer = self.ask(self._entry)
        views = [quad for quad in answer.quads if quad.predicate.value == f"{TREE}view"]
        here = [quad for quad in views if quad.object == NamedNode(answer.url)]
        if len(here) > 1:
            raise Abort(f"{answer.url} is a view of {len(here)} streams")
        if here:
            root, view = answer, here[0]
        else:
            named = [quad for quad in views if quad.subject == NamedNode(self._entry)]
            if len(named) != 1:
                raise Abort(f"{self._entry} names {len(named)} views")
            view = named[0]
            root = self.ask(_iri(view.object))
        self.state.stream = _iri(view.subject)
        self.state.root = root.url
        for quad in root.quads:
            if quad.subject in {view.subject, NamedNode(root.url)} and quad.predicate.value != f"{TREE}member":
                value = quad.object
                text = value.value if isinstance(value, NamedNode | Literal) else str(value)
                self.state.context.setdefault(quad.predicate.value, []).append(text)
        return root

    def _processed(self, page: str, answer: Answer) -> tuple[list[Member], list[str]]:
        """The members of a page that are new, and the pages that it leads to."""
        quads, state = answer.quads, self.state
        members = extract(quads, state.stream, answer.url)
        new = [member for member in members if member.iri not in state.emitted]
        if answer.immutable or Quad(NamedNode(answer.url), _IMMUTABLE, _TRUE, DefaultGraph()) in quads:
            state.done.add(page)
            state.etags.pop(page, None)
            state.emitted -= {member.iri for member in members}
        else:
            state.etags[page] = answer.headers.get("etag", "")
            state.emitted |= {member.iri for member in members}
        state.count += len(new)
        return new, leads_to(quads, answer.url)

    def ask(self, url: str, etag: str | None = None) -> Answer:
        """Fetch a page, and come back where that is what its status says, or nobody answers.

        Raises:
            Abort: It cannot be had.
        """
        until, wait = time.monotonic() + self._patience, _FIRST_WAIT
        while True:
            self.requests.append(url)
            try:
                answer = fetch(url, self._accept, etag)
            except (OSError, HTTPException) as error:
                problem = f"{url}: {error!r}"
            else:
                if answer.status in {200, 304, 410}:
                    if answer.status == 200:
                        self._watch(answer)
                    return answer
                problem = f"{url} answers {answer.status}: {answer.body[:200]!r}"
                if answer.status not in _LATER:
                    raise Abort(problem)
            if time.monotonic() > until:
                raise Abort(problem)
            time.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT)


def fetch(url: str, accept: str, etag: str | None = None, **headers: str) -> Answer:
    """Ask once; redirects are followed.

    Raises:
        OSError: Nobody answers.
        HTTPException: The answer is cut off.
    """
    asking = {"Accept": accept, **headers, **({"If-None-Match": etag} if etag else {})}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=asking), timeout=30) as answer:
            return _answer(answer, answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return _answer(error, error.code)


def _answer(response: Any, status: int) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(urldefrag(response.url).url, status, headers, response.read())


def extract(quads: Iterable[Quad], stream: str, page: str) -> list[Member]:
    """The members on a page ("Emitting members"): the star, the blank nodes, and the graph named after the member."""
    by_subject: dict[NamedNode | BlankNode, list[Quad]] = {}
    by_graph: dict[NamedNode | BlankNode, list[Quad]] = {}
    focus: dict[str, None] = {}
    for quad in quads:
        if isinstance(quad.graph_name, DefaultGraph):
            by_subject.setdefault(quad.subject, []).append(quad)  # type: ignore[arg-type]
        else:
            by_graph.setdefault(quad.graph_name, []).append(quad)
        if quad.subject == NamedNode(stream) and quad.predicate.value == f"{TREE}member":
            if not isinstance(quad.object, NamedNode):
                raise Abort(f"{page} has a member that has no IRI: {quad.object}")
            focus[quad.object.value] = None
    return [Member(iri, tuple(_belonging(NamedNode(iri), by_subject, by_graph)), page) for iri in focus]


def _belonging(
    member: NamedNode,
    by_subject: dict[NamedNode | BlankNode, list[Quad]],
    by_graph: dict[NamedNode | BlankNode, list[Quad]],
) -> Iterable[Quad]:
    todo: list[NamedNode | BlankNode] = [member]
    seen: set[NamedNode | BlankNode] = set()
    while todo:
        node = todo.pop(0)
        if node in seen:
            continue
        seen.add(node)
        for quad in (*by_subject.get(node, ()), *by_graph.get(node, ())):
            yield quad
            if isinstance(quad.object, BlankNode):
                todo.append(quad.object)


def leads_to(quads: Iterable[Quad], page: str) -> list[str]:
    """The pages that a page leads to, each once ("Unordered")."""
    relations: list[NamedNode | BlankNode] = []
    nodes: dict[NamedNode | BlankNode, list[str]] = {}
    for quad in quads:
        if quad.predicate.value == f"{TREE}relation" and quad.subject == NamedNode(page):
            relations.append(quad.object)  # type: ignore[arg-type]
        elif quad.predicate.value == f"{TREE}node":
            nodes.setdefault(quad.subject, []).append(_iri(quad.object))  # type: ignore[arg-type]
    if any(len(nodes.get(relation, ())) != 1 for relation in relations):
        raise Abort(f"{page} has a relation that does not lead to one node")
    return list(dict.fromkeys(nodes[relation][0] for relation in relations))


def canonical(quads: Iterable[Quad]) -> str:
    """Quads as sorted N-Quads, with blank nodes under names that depend on nothing but what is said."""
    graph = Dataset(quads)
    graph.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return "\n".join(sorted(f"{quad} ." for quad in graph))


def _iri(term: NamedNode | BlankNode | Literal | Triple) -> str:
    """An IRI as text.

    Raises:
        Abort: It is none.
    """
    if not isinstance(term, NamedNode):
        raise Abort(f"{term} is not an IRI")
    return term.value
