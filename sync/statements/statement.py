"""A statement: one RDF triple in one graph, with the civil days on which it holds.

Terms are kept as canonical N-Triples (RDF 1.2 N-Triples, section 3), the very bytes that are published and hashed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final, NamedTuple

from regiolog.ontology.terms import DC_SOURCE, DCTERMS_SOURCE, XSD_DATE, XSD_INTEGER

ALWAYS: Final = 0
"""The day before every other: a period that starts here has no known beginning."""
NEVER: Final = 2**31 - 1
"""The day, or the position, after every other: a period that ends here has no known end."""
REGISTER: Final = ""
"""The name of the register's own graph, the default graph."""

_ESCAPES: Final = {
    ord('"'): '\\"',
    ord("\\"): "\\\\",
    ord("\n"): "\\n",
    ord("\r"): "\\r",
    ord("\t"): "\\t",
    ord("\b"): "\\b",
    ord("\f"): "\\f",
} | {code: f"\\u{code:04X}" for code in (*range(8), 0x0B, *range(0x0E, 0x20), 0x7F)}


class Statement(NamedTuple):
    """One triple in one graph over ``[start, end)``.

    Attributes:
        graph: The graph's IRI as N-Triples; empty for the register.
        subject: A term as N-Triples.
        predicate: A term as N-Triples.
        object: A term as N-Triples.
        start: The first day on which it holds, as a proleptic ordinal; :data:`ALWAYS` when unknown.
        end: The first day on which it no longer does, as an ordinal; :data:`NEVER` when none is known.
    """

    graph: str
    subject: str
    predicate: str
    object: str
    start: int
    end: int


def iri(text: str) -> str:
    """An IRI as N-Triples."""
    return f"<{text}>"


def literal(text: str, language: str | None = None) -> str:
    """A plain or language-tagged text as N-Triples."""
    quoted = f'"{text.translate(_ESCAPES)}"'
    return quoted if language is None else f"{quoted}@{language}"


def typed(text: str, datatype: str) -> str:
    """A literal of a datatype as N-Triples."""
    return f"{literal(text)}^^<{datatype}>"


def day(value: date) -> str:
    """A civil day as N-Triples."""
    return typed(value.isoformat(), XSD_DATE)


def integer(value: int) -> str:
    """A whole number as N-Triples."""
    return typed(str(value), XSD_INTEGER)


def source_of(text: str, address: str = DCTERMS_SOURCE, words: str = DC_SOURCE) -> tuple[str, str]:
    """A source as property and value: `address` with an IRI where it is one, else `words` with a text."""
    if text.startswith(("http://", "https://")) and not any(char in text for char in ' <>"{}|\\^`'):
        return address, iri(text)
    return words, literal(text)


def start_of(value: date | None) -> int:
    """The ordinal of a beginning."""
    return ALWAYS if value is None else value.toordinal()


def end_of(value: date | None) -> int:
    """The ordinal of an end."""
    return NEVER if value is None else value.toordinal()


def coalesce(statements: Iterable[Statement]) -> set[Statement]:
    """The same statements, with periods of one triple that touch or overlap made into one."""
    merged: set[Statement] = set()
    last: Statement | None = None
    for statement in sorted(set(statements)):
        if statement.start >= statement.end:
            continue
        if last is not None and last[:4] == statement[:4] and statement.start <= last.end:
            last = last._replace(end=max(last.end, statement.end))
            continue
        if last is not None:
            merged.add(last)
        last = statement
    if last is not None:
        merged.add(last)
    return merged
