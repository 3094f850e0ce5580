"""What sources say, as the page of a thing shows it: each claim with who says it, in its own words, and what is odd."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final, NamedTuple

from regiolog.ontology import terms
from regiolog.ontology.iris import Iris
from regiolog.publisher.formats import read
from regiolog.publisher.things.links import Cell, Links
from regiolog.sync.statements.history import History, SnapshotKey
from regiolog.sync.statements.statement import Statement, iri


class Saying(NamedTuple):
    """One claim on a page.

    Attributes:
        source: Who says it.
        what: What kind of thing is said.
        of: What it is said of, in the source's own code or words.
        words: What is said, in the source's own words.
        means: What it was resolved to; None when it was to nothing.
        days: From when until when it says that a municipality is one, as far as it states that.
        document: Which version of a document says so.
        marks: What is odd about it.
    """

    source: Cell
    what: Cell
    of: str
    words: str
    means: Cell | None
    days: str
    document: str
    marks: list[Cell]


_OF: Final = {
    "municipality": (terms.RL_HAS_MUNICIPALITY, ("region-of", "municipality", "member-of")),
    "region": (terms.RL_REGION, ("name-of-region",)),
}
"""By which property a claim names a thing of a kind, and which kinds of claim its page shows."""


def names(history: History) -> dict[str, str]:
    """The sources that have said something, by key: what each is called."""
    found = {}
    for source in history.subjects(terms.RDF_TYPE, iri(terms.RL_SOURCE)):
        said = _read(each.statement for each in history.about(source, register=True))
        found[_text(said, terms.DCTERMS_IDENTIFIER)] = _text(said, terms.RDFS_LABEL)
    return found


def of_thing(history: History, subject: str, kind: str, key: SnapshotKey, links: Links) -> list[Saying]:
    """What sources say of a municipality or a region at a moment; nothing of things of other kinds."""
    if kind not in _OF:
        return []
    predicate, shown = _OF[kind]
    wanted = {iri(terms.CLAIM_KINDS[each]) for each in shown}
    nodes = history.subjects(predicate, iri(subject))
    found = [
        _saying(history, node, key, links)
        for node in nodes
        if _read(history.at(node, key)).get(terms.RL_SAYS) in wanted
    ]
    return sorted(found, key=lambda each: (shown.index(each.what.text), each.source.text, each.words))


class Spoken(NamedTuple):
    """What one source is saying.

    Attributes:
        counts: How many claims of each kind.
        marked: Claims with something odd about them, as many as a page shows.
        odd: How many such claims there are.
    """

    counts: list[tuple[Cell, int]]
    marked: list[Saying]
    odd: int


MOST_MARKED: Final = 500
"""How many marked claims a page lists; it says so when there are more."""


def of_source(history: History, source: str, key: SnapshotKey, links: Links) -> Spoken:
    """What a source is saying at a moment, counted, and what is odd about it, listed."""
    graph = iri(Iris(history.base_iri).source_graph(source))
    counts: Counter[str] = Counter()
    odd: set[str] = set()
    for line in history.triples(key, graph).splitlines():
        node, predicate, value = line.decode().removesuffix(" .").split(" ", 2)
        if predicate == iri(terms.RL_SAYS):
            counts[value] += 1
        elif predicate == iri(terms.RL_MARK):
            odd.add(node[1:-1])
    marked = [_saying(history, node, key, links) for node in sorted(odd)[:MOST_MARKED]]
    return Spoken([(links.cell(kind), number) for kind, number in sorted(counts.items())], marked, len(odd))


def _saying(history: History, node: str, key: SnapshotKey, links: Links) -> Saying:
    statements = history.at(node, key)
    said = _read(statements)
    iris = Iris(history.base_iri)
    graph = statements[0].graph[1:-1]
    source = graph.removeprefix(iris.source_graph("x")[:-1])
    means = said.get(terms.RL_REGION) or said.get(terms.RL_HAS_MUNICIPALITY)
    if said.get(terms.RL_SAYS) == iri(terms.CLAIM_KINDS["member-of"]):
        means = None
    return Saying(
        links.cell(iri(iris.source(source))),
        links.cell(said[terms.RL_SAYS]),
        _text(said, terms.RL_OF),
        _text(said, terms.RL_WORDS),
        None if means is None else links.cell(means),
        " ".join(
            f"{word} {_text(said, predicate)}"
            for word, predicate in (("from", terms.RL_LISTED_FROM), ("until", terms.RL_LISTED_UNTIL))
            if predicate in said
        ),
        _text(said, terms.RL_DOCUMENT),
        [links.cell(each.object) for each in statements if each.predicate == iri(terms.RL_MARK)],
    )


def _read(statements: Iterable[Statement]) -> dict[str, str]:
    """What is said of a node, one value for each property."""
    return {each.predicate[1:-1]: each.object for each in statements}


def _text(said: dict[str, str], predicate: str) -> str:
    return read(said[predicate]).text if predicate in said else ""
