"""Documents of RDF, read whole or not at all: no context is fetched and no entity is followed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Triple, parse

from regiolog.events.errors import BadMoment, Unreadable
from regiolog.events.temporal import day_of, parse_day, parse_instant

_FORMS: Final = {
    "text/turtle": RdfFormat.TURTLE,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/n-quads": RdfFormat.N_QUADS,
    "application/trig": RdfFormat.TRIG,
    "application/ld+json": RdfFormat.JSON_LD,
    "application/rdf+xml": RdfFormat.RDF_XML,
}
"""The forms of RDF that are read, by media type."""

_SUFFIXES: Final = {
    "ttl": "text/turtle",
    "nt": "application/n-triples",
    "nq": "application/n-quads",
    "trig": "application/trig",
    "jsonld": "application/ld+json",
    "rdf": "application/rdf+xml",
    "owl": "application/rdf+xml",
}

ACCEPT: Final = ", ".join(_FORMS)
"""What a document of RDF is asked for as."""

_SAYS_NOTHING: Final = {"", "text/plain", "application/octet-stream", "binary/octet-stream"}
"""Media types under which publishers send anything."""

NOWHERE_NEAR: Final = date(9999, 12, 31)
"""The day by which publishers mean that there is no end."""


class Graph:
    """The triples of one or more documents, whatever graphs they stood in."""

    def __init__(self, *, blank: bool = False) -> None:
        """Hold nothing yet.

        Args:
            blank: Whether blank nodes are held too, by an address that is good for nothing but this graph.
        """
        self._blank = blank
        self._of: dict[str, dict[str, list[NamedNode | Literal]]] = {}
        self._to: dict[tuple[str, str], list[str]] = {}
        self._seen: dict[tuple[str, str, str], None] = {}

    def __len__(self) -> int:
        """How many different triples are held."""
        return len(self._seen)

    def add(self, triple: Triple | Quad) -> None:
        """Hold one more triple; one with a blank node names nothing that could be known again, and is passed over."""
        subject, value = self._named(triple.subject), self._named(triple.object)
        if not isinstance(subject, NamedNode) or not isinstance(value, NamedNode | Literal):
            return
        key = (subject.value, triple.predicate.value, str(value))
        if key in self._seen:
            return
        self._seen[key] = None
        self._of.setdefault(subject.value, {}).setdefault(triple.predicate.value, []).append(value)
        if isinstance(value, NamedNode):
            self._to.setdefault((triple.predicate.value, value.value), []).append(subject.value)

    def _named(self, term: object) -> object:
        """A term; a blank node that is held too has an address here."""
        return NamedNode(f"genid:{term.value}") if self._blank and isinstance(term, BlankNode) else term

    def merged(self, other: Graph) -> Graph:
        """A graph with the triples of both."""
        both = Graph(blank=self._blank)
        for triple in (*self.triples(), *other.triples()):
            both.add(triple)
        return both

    def triples(self) -> Iterator[Triple]:
        """Its triples."""
        for subject, said in self._of.items():
            for predicate, values in said.items():
                for value in values:
                    yield Triple(NamedNode(subject), NamedNode(predicate), value)

    def lines(self) -> Iterator[str]:
        """Its triples as N-Triples, one a line."""
        for subject, predicate, value in self._seen:
            yield f"<{subject}> <{predicate}> {value} .\n"

    def subjects(self, predicate: str, value: str | None = None) -> list[str]:
        """The addresses of which a predicate says a certain thing, or anything, in the order of the document."""
        if value is not None:
            return list(self._to.get((predicate, value), ()))
        return [subject for subject, said in self._of.items() if predicate in said]

    def predicates(self, subject: str) -> list[str]:
        """The predicates that say anything of an address."""
        return list(self._of.get(subject, ()))

    def things(self, subject: str, *predicates: str) -> list[str]:
        """The addresses that any of these predicates leads to."""
        return [value.value for value in self._values(subject, predicates) if isinstance(value, NamedNode)]

    def texts(self, subject: str, *predicates: str, language: str | None = None) -> list[str]:
        """The texts that any of these predicates gives, as they stand; of one language, where one is named."""
        found = [value for value in self._values(subject, predicates) if isinstance(value, Literal)]
        return [value.value for value in found if language is None or value.language == language]

    def text(self, subject: str, *predicates: str) -> str | None:
        """The text that these predicates give: in Dutch, else in no language, else any; None where there is none."""
        found = [value for value in self._values(subject, predicates) if isinstance(value, Literal)]
        for language in ("nl", None):
            for value in found:
                if value.language == language:
                    return value.value
        return found[0].value if found else None

    def day(self, subject: str, *predicates: str) -> date | None:
        """The civil day in Flanders that any of these predicates gives; None where there is none, or no end is meant.

        Raises:
            Unreadable: What stands there is no day.
        """
        for text in self.texts(subject, *predicates):
            try:
                day = day_of(parse_instant(_tidy(text))) if "T" in text else parse_day(text)
            except (BadMoment, OverflowError):
                if text.startswith("9999"):
                    return None
                raise Unreadable(f"{subject} has {text[:40]!r} where a day is expected") from None
            return None if day >= NOWHERE_NEAR else day
        return None

    def _values(self, subject: str, predicates: tuple[str, ...]) -> Iterator[NamedNode | Literal]:
        said = self._of.get(subject, {})
        for predicate in predicates:
            yield from said.get(predicate, ())


def read_graph(
    body: bytes,
    *,
    media: str = "",
    name: str = "",
    base: str | None = None,
    most_triples: int = 1_000_000,
    blank: bool = False,
) -> Graph:
    """Read a document of RDF.

    Args:
        body: Its bytes.
        media: As what its publisher sent it; "" where that is not known.
        name: The end of its address, whose suffix tells the form where the media type does not.
        base: The address that relative ones in it are relative to.
        most_triples: How many triples it may have.
        blank: Whether its blank nodes are held too.

    Raises:
        Unreadable: It is in no form of RDF, it is broken, or it is too large; one sentence says where.
    """
    graph = Graph(blank=blank)
    for quad in read_quads(body, media=media, name=name, base=base, most=most_triples):
        graph.add(quad)
    return graph


def read_quads(body: bytes, *, media: str, name: str = "", base: str | None = None, most: int) -> Iterator[Quad]:
    """The quads of a document of RDF, as :func:`read_graph` reads them.

    Raises:
        Unreadable: As there; what came before it breaks has been given then.
    """
    form = _form(body, media, name)
    if form == RdfFormat.RDF_XML and re.search(rb"<!ENTITY", body):
        raise Unreadable("it declares XML entities, which are not read")
    try:
        for number, quad in enumerate(parse(body.removeprefix(b"\xef\xbb\xbf"), format=form, base_iri=base)):
            if number >= most:
                raise Unreadable(f"it has more than {most} triples, which is the limit")
            yield quad
    except (SyntaxError, ValueError) as error:
        raise Unreadable(f"it is no {form.name} document: {' '.join(str(error).split())[:200]}") from None


def _form(body: bytes, media: str, name: str) -> RdfFormat:
    start = body[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")) or media in {"text/html", "application/xhtml+xml"}:
        raise Unreadable("what came is an HTML page, and not RDF")
    if not start:
        raise Unreadable("it is empty")
    if media in _FORMS:
        return _FORMS[media]
    suffix = name.rpartition(".")[2].lower()
    if media in _SAYS_NOTHING and suffix in _SUFFIXES:
        return _FORMS[_SUFFIXES[suffix]]
    raise Unreadable(
        f"what came is {media or 'of no media type'}, which is no form of RDF; the settings can say `form`"
    )


def _tidy(instant: str) -> str:
    """An instant of XML Schema as RFC 3339 writes it; one without an offset is taken as Flanders' midnight."""
    return instant if re.search(r"(Z|[+-]\d{2}:\d{2})\Z", instant) else f"{instant[:10]}T12:00:00Z"
