"""The tree: how the pages hang together (TREE), and what the root says of the stream (LDES 1.0, "Context information").

The root leads to branches and each branch to pages, by the positions and by the instants that lie there; to each of
them there is one way. In the forms of RDF that have relative addresses links are relative, so that they hold under any
host; in the others they begin with the address that was asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from regiolog.events.temporal import instant_text
from regiolog.ontology import documents, terms
from regiolog.ontology.iris import Iris
from regiolog.publisher.answers import POLLING
from regiolog.publisher.feed.paging import Pages
from regiolog.publisher.formats import Triple
from regiolog.sync.statements.history import History
from regiolog.sync.statements.statement import integer, iri, literal, typed


class Here(NamedTuple):
    """The node of the tree that is written, and how it writes addresses.

    Attributes:
        path: Its path from the root of the service, as ``feed/3``.
        host: The address of the root of the service as it was asked; empty where addresses are relative.
    """

    path: str
    host: str

    @property
    def itself(self) -> str:
        """The node, as N-Triples."""
        return iri(f"{self.host}{self.path}" if self.host else "")

    def to(self, path: str) -> str:
        """Another node, as N-Triples."""
        return iri(f"{self.host}{path}" if self.host else "../" * self.path.count("/") + path)


class Child(NamedTuple):
    """A node that another one leads to.

    Attributes:
        path: Its path from the root of the service.
        after: The last position before those that lie there.
        upto: The last position that lies there; None while there may be more.
        members: How many members lie there, below it included; None while there may be more.
    """

    path: str
    after: int
    upto: int | None
    members: int | None


def root(pages: Pages) -> list[Child]:
    """What the root leads to: the branches."""
    found = []
    for number in range(1, pages.branches + 1):
        first, last = (pages.of_branch(number)[side] for side in (0, -1))
        members = pages.tally(last).members - pages.tally(first - 1).members
        bounds = (pages[last].upto, members) if pages.is_full(number) else (None, None)
        found.append(Child(f"feed/branch/{number}", pages[first].after, *bounds))
    return found


def branch(pages: Pages, number: int) -> list[Child]:
    """What a branch leads to: its pages.

    Raises:
        IndexError: There is no such branch.
    """
    found = [pages[each] for each in pages.of_branch(number)]
    return [
        Child(f"feed/{page.number}", page.after, *((page.upto, page.members) if page.full else (None, None)))
        for page in found
    ]


def controls(history: History, here: Here, children: Iterable[Child], *, full: bool) -> Iterator[Triple]:
    """What every node says of itself and of those that it leads to.

    Args:
        history: Tells since when positions are known.
        here: The node.
        children: Those.
        full: Whether the node will never change.
    """
    stream = iri(Iris(history.base_iri).stream())
    yield Triple(stream, iri(terms.RDF_TYPE), iri(terms.LDES_EVENT_STREAM))
    yield from _paths(stream)
    yield Triple(here.itself, iri(terms.RDF_TYPE), iri(terms.TREE_NODE_CLASS))
    if full:
        yield Triple(here.itself, iri(terms.LDES_IMMUTABLE), typed("true", terms.XSD_BOOLEAN))
    relations: list[Triple] = []
    for number, child in enumerate(children, 1):
        for side, (kind, path, value) in enumerate(_bounds(history, child), 1):
            relation = f"_:r{number}x{side}"
            yield Triple(here.itself, iri(terms.TREE_RELATION), relation)
            relations += (
                Triple(relation, iri(terms.RDF_TYPE), iri(kind)),
                Triple(relation, iri(terms.TREE_NODE), here.to(child.path)),
                Triple(relation, iri(terms.TREE_PATH), iri(path)),
                Triple(relation, iri(terms.TREE_VALUE), value),
            )
            if child.members is not None:
                relations.append(Triple(relation, iri(terms.TREE_REMAINING_ITEMS), integer(child.members)))
    yield from relations


def _paths(stream: str) -> Iterator[Triple]:
    """By what members are put in order, and how it is told what they are of: said on every page."""
    for predicate, value in (
        (terms.LDES_TIMESTAMP_PATH, terms.PROV_GENERATED_AT_TIME),
        (terms.LDES_SEQUENCE_PATH, terms.RL_POSITION),
        (terms.LDES_VERSION_OF_PATH, terms.DCTERMS_IS_VERSION_OF),
    ):
        yield Triple(stream, iri(predicate), iri(value))


def _bounds(history: History, child: Child) -> Iterator[tuple[str, str, str]]:
    """What is true of all that lies at a node, as relations: which kind, of which path, to which value."""
    since = history.known_of(child.after or 1)
    yield terms.TREE_AT_LEAST, terms.PROV_GENERATED_AT_TIME, typed(instant_text(since), terms.XSD_DATE_TIME)
    if child.upto is not None:
        until = history.known_of(child.upto)
        yield terms.TREE_AT_MOST, terms.PROV_GENERATED_AT_TIME, typed(instant_text(until), terms.XSD_DATE_TIME)
    yield terms.TREE_AT_LEAST, terms.RL_POSITION, integer(child.after + 1)
    if child.upto is not None:
        yield terms.TREE_AT_MOST, terms.RL_POSITION, integer(child.upto)


def context(history: History, here: Here) -> Iterator[Triple]:
    """What the root alone says: of the stream as a whole.

    It has no retention policy, by which LDES says that all that was ever added can be had here.
    """
    iris = Iris(history.base_iri)
    stream = iri(iris.stream())
    for predicate, value in (
        (terms.TREE_VIEW, here.itself),
        (
            terms.RDFS_LABEL,
            literal("Versions of municipalities, regions, subregions, cooperation structures and decisions", "en"),
        ),
        (terms.LDES_VERSION_CREATE_PATH, iri(terms.RDF_TYPE)),
        (terms.LDES_VERSION_CREATE_OBJECT, iri(terms.AS_CREATE)),
        (terms.LDES_VERSION_UPDATE_PATH, iri(terms.RDF_TYPE)),
        (terms.LDES_VERSION_UPDATE_OBJECT, iri(terms.AS_UPDATE)),
        (terms.LDES_VERSION_DELETE_PATH, iri(terms.RDF_TYPE)),
        (terms.LDES_VERSION_DELETE_OBJECT, iri(terms.AS_DELETE)),
        (terms.LDES_TRANSACTION_PATH, iri(terms.PROV_WAS_GENERATED_BY)),
        (terms.LDES_TRANSACTION_FINALIZED_PATH, iri(terms.RL_LAST_OF_EVENT)),
        (terms.LDES_TRANSACTION_FINALIZED_OBJECT, typed("true", terms.XSD_BOOLEAN)),
        (terms.LDES_POLLING_INTERVAL, integer(POLLING)),
        (terms.TREE_SHAPE, iri(documents.MEMBER_SHAPE)),
    ):
        yield Triple(stream, iri(predicate), value)
    yield Triple(here.itself, iri(terms.RDF_TYPE), iri(terms.LDES_EVENT_SOURCE))
    yield from _shape()


@cache
def _shape() -> tuple[Triple, ...]:
    """The shape that every member passes, which the root carries whole."""
    said = documents.graph(documents.FEED)
    return tuple(sorted(Triple(*(term.n3() for term in each)) for each in said))
