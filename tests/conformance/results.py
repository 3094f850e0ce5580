"""Compares what a query was answered with what the W3C says is right."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import PurePosixPath
from typing import Final, Literal, NamedTuple

from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    NamedNode,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Triple,
    parse,
    parse_query_results,
)
from pyoxigraph import Literal as LiteralTerm

from tests.conformance.suite import RDF, Facts, Term, content, quads

RS: Final = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"

_XSD: Final = "http://www.w3.org/2001/XMLSchema#"
_WHOLE: Final = {
    *("integer", "decimal", "int", "long", "short", "byte", "nonNegativeInteger", "positiveInteger"),
    *("nonPositiveInteger", "negativeInteger", "unsignedInt", "unsignedLong", "unsignedShort", "unsignedByte"),
}
_TABLES: Final = {
    "application/sparql-results+json": QueryResultsFormat.JSON,
    "application/sparql-results+xml": QueryResultsFormat.XML,
    "text/tab-separated-values": QueryResultsFormat.TSV,
}
_FILES: Final = {
    ".srx": "application/sparql-results+xml",
    ".xml": "application/sparql-results+xml",
    ".srj": "application/sparql-results+json",
    ".json": "application/sparql-results+json",
    ".tsv": "text/tab-separated-values",
    ".csv": "text/csv",
}

Agreement = Literal["same", "same in value", "differs"]
"""How an answer agrees: to the last character, with other forms of equal numbers and truths, or not."""

Solution = Mapping[str, Term]


class Solutions(NamedTuple):
    """Rows.

    Attributes:
        rows: The values by variable; those without a value are missing.
        is_ordered: Whether their order counts.
    """

    rows: Sequence[Solution]
    is_ordered: bool = False


class Table(NamedTuple):
    """Rows in plain text, which does not tell an IRI from a literal."""

    text: str


class Triples(NamedTuple):
    """A graph."""

    triples: frozenset[Triple]


Result = bool | Solutions | Table | Triples


def accepting(result: str) -> str:
    """What to accept for an answer that can be compared with a file, by its IRI: its own form where that is tested."""
    suffix = PurePosixPath(result).suffix
    if suffix in {".csv", ".tsv"}:
        return _FILES[suffix]
    return "application/sparql-results+json, application/n-triples;q=0.9"


def expected(result: str) -> Result:
    """The right answer in a file of the archive, by its IRI."""
    media_type = _FILES.get(PurePosixPath(result).suffix)
    if media_type is not None:
        return answered(media_type, content(result))
    facts = Facts(result)
    sets = list(facts.with_value(f"{RDF}type", NamedNode(f"{RS}ResultSet")))
    if not sets:
        return _graph(quads(result))
    return _described(facts, sets[0])


def answered(media_type: str, body: bytes) -> Result:
    """An answer, from its bytes."""
    if media_type == "text/csv":
        return Table(body.decode())
    if media_type not in _TABLES:
        kind = RdfFormat.from_media_type(media_type)
        assert kind is not None, f"an answer as {media_type}"
        return _graph(parse(body, format=kind))
    results = parse_query_results(body, format=_TABLES[media_type])
    if isinstance(results, QueryBoolean):
        return bool(results)
    assert isinstance(results, QuerySolutions)
    names = [each.value for each in results.variables]
    rows = [{name: value for name in names if (value := row[name]) is not None} for row in results]
    return Solutions(rows)


def agreement(got: Result, right: Result, *, is_lax: bool = False) -> Agreement:
    """How an answer agrees with the right one.

    Args:
        got: The answer.
        right: The right one, which says whether the order of rows counts.
        is_lax: Whether duplicates may be left out.
    """
    if type(got) is not type(right):
        return "differs"
    if _same(got, right, is_lax=is_lax, in_value=False):
        return "same"
    return "same in value" if _same(got, right, is_lax=is_lax, in_value=True) else "differs"


def _same(got: Result, right: Result, *, is_lax: bool, in_value: bool) -> bool:
    match got, right:
        case Solutions(), Solutions() if is_lax:
            rows, most = (_row_counts(each.rows, in_value=in_value) for each in (got, right))
            return rows.keys() == most.keys() and rows <= most
        case Solutions(), Solutions():
            return _named_alike(got, right, in_value=in_value)
        case Table(), Table():
            return _cells(got, in_value=in_value) == _cells(right, in_value=in_value)
        case Triples(), Triples():
            return _canonical(_leveled_graph(got, in_value=in_value)) == _canonical(
                _leveled_graph(right, in_value=in_value)
            )
        case _:
            return got == right


def _graph(said: Iterable[Quad]) -> Triples:
    return Triples(frozenset(Triple(quad.subject, quad.predicate, quad.object) for quad in said))


def _described(facts: Facts, described: Term) -> Result:
    """An answer that is written as RDF."""
    truth = facts.text(described, f"{RS}boolean")
    if truth is not None:
        return truth == "true"
    rows: list[tuple[int | None, Solution]] = []
    for solution in facts.all(described, f"{RS}solution"):
        row = {}
        for binding in facts.all(solution, f"{RS}binding"):
            name, value = facts.text(binding, f"{RS}variable"), facts.one(binding, f"{RS}value")
            assert name is not None
            assert value is not None
            row[name] = value
        index = facts.text(solution, f"{RS}index")
        rows.append((None if index is None else int(index), row))
    if not rows or any(index is None for index, _ in rows):
        return Solutions([row for _, row in rows])
    return Solutions([row for _, row in sorted(rows, key=lambda each: each[0] or 0)], is_ordered=True)


def _row_counts(rows: Iterable[Solution], *, in_value: bool) -> Counter[frozenset[tuple[str, Term]]]:
    return Counter(frozenset((name, _leveled(term, in_value=in_value)) for name, term in row.items()) for row in rows)


def _named_alike(got: Solutions, right: Solutions, *, in_value: bool) -> bool:
    """Whether rows are alike but for the names of blank nodes."""
    if len(got.rows) != len(right.rows):
        return False
    return _canonical(_rows_as_graph(got.rows, right, in_value=in_value)) == _canonical(
        _rows_as_graph(right.rows, right, in_value=in_value)
    )


def _rows_as_graph(rows: Sequence[Solution], right: Solutions, *, in_value: bool) -> Iterable[Quad]:
    """Rows as a graph of a node for each, so that blank nodes are compared as those of graphs are."""
    for number, row in enumerate(rows):
        node = BlankNode(f"row{number}")
        yield Quad(node, NamedNode("urn:row"), LiteralTerm(number if right.is_ordered else ""))
        for name, term in row.items():
            yield Quad(node, NamedNode(f"urn:variable:{name}"), _leveled(term, in_value=in_value))


def _leveled_graph(graph: Triples, *, in_value: bool) -> Iterable[Quad]:
    return (Quad(each.subject, each.predicate, _leveled(each.object, in_value=in_value)) for each in graph.triples)


def _canonical(said: Iterable[Quad]) -> set[str]:
    dataset = Dataset(said)
    dataset.canonicalize(CanonicalizationAlgorithm.UNSTABLE)
    return {str(quad) for quad in dataset}


def _leveled(term: Term, *, in_value: bool) -> Term:
    """A term, with its language in small letters, and in value with equal numbers and truths in one form."""
    if isinstance(term, Triple):
        return Triple(term.subject, term.predicate, _leveled(term.object, in_value=in_value))
    if not isinstance(term, LiteralTerm):
        return term
    if term.language is not None:
        return LiteralTerm(term.value, language=term.language.lower(), direction=term.direction)
    if in_value and term.datatype.value.startswith(_XSD):
        return LiteralTerm(_level(term.value, term.datatype.value.removeprefix(_XSD)), datatype=term.datatype)
    return term


def _level(text: str, datatype: str) -> str:
    try:
        if datatype in _WHOLE:
            return format(Decimal(text).normalize() + 0, "f")
        if datatype in {"double", "float"}:
            return repr(float(text))
    except (InvalidOperation, ValueError):
        return text
    return {"1": "true", "0": "false"}.get(text, text) if datatype == "boolean" else text


def _cells(table: Table, *, in_value: bool) -> tuple[list[str], Counter[tuple[tuple[str, str], ...]]]:
    """The columns, and the cells of each row by column; ``SELECT *`` leaves open in which order columns come."""
    names, *rows = csv.reader(io.StringIO(table.text, newline=""))
    return sorted(names), Counter(
        tuple(sorted(zip(names, (_cell(each, in_value=in_value) for each in row), strict=True))) for row in rows
    )


def _cell(text: str, *, in_value: bool) -> str:
    if text.startswith("_:"):
        return "_:"
    try:
        return repr(float(text)) if in_value else text
    except ValueError:
        return text
