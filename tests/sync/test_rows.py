"""Counting rows in the bytes of results: as many as a reader finds, wherever the bytes are cut."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from pyoxigraph import Literal, NamedNode, Quad, QueryResultsFormat, QuerySolutions, Store, parse_query_results

from regiolog.sync.queries.question import TABLES
from regiolog.sync.queries.rows import Rows

FORMATS = dict(
    zip(
        TABLES,
        (QueryResultsFormat.JSON, QueryResultsFormat.XML, QueryResultsFormat.CSV, QueryResultsFormat.TSV),
        strict=True,
    )
)
NASTY = some.text(some.sampled_from('ab"\\,{}[]\r\n\t<result>:'), max_size=12)


def written(values: list[str], media_type: str, query: str) -> bytes:
    """The answer of a query on so many literals."""
    store = Store()
    store.extend(
        Quad(NamedNode(f"http://x/{number}"), NamedNode("http://x/p"), Literal(value))
        for number, value in enumerate(values)
    )
    results = store.query(query)
    assert isinstance(results, QuerySolutions)
    return results.serialize(format=FORMATS[media_type]) or b""


@pytest.mark.parametrize("media_type", TABLES)
@pytest.mark.parametrize("query", ["SELECT ?s ?o { ?s ?p ?o }", "SELECT ?o ?z { ?s ?p ?o }", "SELECT ?z { ?s ?p ?o }"])
@settings(max_examples=60)
@given(values=some.lists(NASTY, max_size=8), sizes=some.lists(some.integers(1, 9), min_size=1, max_size=5))
def test_as_many_as_there_are(media_type: str, query: str, values: list[str], sizes: list[int]) -> None:
    """With quotes, brackets, line breaks and tags in values, in pieces of any size, and without a value."""
    body = written(values, media_type, query)
    rows, found, place, number = Rows(media_type), 0, 0, 0
    while place < len(body):
        size = sizes[number % len(sizes)]
        found = rows.add(body[place : place + size])
        place, number = place + size, number + 1
    assert found == len(values)
    if media_type in {"application/sparql-results+json", "application/sparql-results+xml"}:
        read = parse_query_results(body, format=FORMATS[media_type])
        assert isinstance(read, QuerySolutions)
        assert found == len(list(read))


@pytest.mark.parametrize("media_type", TABLES)
def test_an_answer_without_columns_has_rows_too(media_type: str) -> None:
    """``SELECT *`` of a query without variables has one row without anything in it."""
    assert Rows(media_type).add(written([], media_type, "SELECT * {}")) == 1
