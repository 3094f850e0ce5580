"""A SPARQL endpoint, asked page by page until it has said all."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
from pyoxigraph import RdfFormat, parse

from regiolog.events.errors import Unreachable, Unreadable
from regiolog.sync.sources.graphs import ACCEPT, read_graph

if TYPE_CHECKING:
    from regiolog.sync.sources.fetching import Fetched, Fetcher
    from regiolog.sync.sources.source import Source

_RESULTS: Final = "application/sparql-results+json"
_COMMENT_OR_TEXT: Final = re.compile(r"""\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|<[^<>\s]*>|\#[^\n]*""")


class Answered(NamedTuple):
    """Everything that an endpoint answered, as one document.

    Attributes:
        body: Its bytes.
        media: Its media type: CSV for a SELECT, N-Triples for a CONSTRUCT.
        whole: Whether the end of every page could be verified.
    """

    body: bytes
    media: str
    whole: bool


class _Term(msgspec.Struct):
    value: str


class _Head(msgspec.Struct):
    vars: list[str]


class _Bindings(msgspec.Struct):
    bindings: list[dict[str, _Term]]


class _Results(msgspec.Struct):
    """SPARQL 1.1 Query Results JSON Format, as far as a table needs it."""

    head: _Head
    results: _Bindings


def form_of(query: str) -> str:
    """Whether a query is a SELECT or a CONSTRUCT, in upper case.

    Raises:
        ValueError: It is neither, says itself which page it wants, or has no order.
    """
    bare = _COMMENT_OR_TEXT.sub(" ", query)
    found = re.search(r"\b(SELECT|CONSTRUCT|ASK|DESCRIBE|INSERT|DELETE|LOAD|CLEAR)\b", bare, re.IGNORECASE)
    form = found[1].upper() if found else ""
    if form not in {"SELECT", "CONSTRUCT"}:
        raise ValueError("it is a SELECT or a CONSTRUCT")
    behind = bare[bare.rfind("}") + 1 :]
    if re.search(r"\b(LIMIT|OFFSET)\b", behind, re.IGNORECASE):
        raise ValueError("it says no LIMIT and no OFFSET, which are put behind it page by page")
    if not re.search(r"\bORDER\s+BY\b", behind, re.IGNORECASE):
        raise ValueError("it ends in ORDER BY, without which its pages need not belong together")
    return form


def ask(source: Source, fetcher: Fetcher) -> Answered:
    """Everything that an endpoint answers to a source's query, as one document.

    It is asked until it has nothing more: a page that is not full may have been cut short by a limit of its own.

    Args:
        source: An endpoint and its query.
        fetcher: Fetches within the limits of the source.

    Raises:
        HarvestFailed: It cannot be asked, does not answer what was asked, or says a page twice.
    """
    if form_of(source.query or "") == "SELECT":
        return _table(source, fetcher)
    return _graph(source, fetcher)


def _table(source: Source, fetcher: Fetcher) -> Answered:
    """The rows of all pages as CSV."""
    asking = _Asking(source, fetcher, source.form or _RESULTS)
    text = io.StringIO()
    writer, columns, offset = csv.writer(text), None, 0
    while True:
        page = _results(asking.page(offset))
        if columns is None:
            columns = page.head.vars
            writer.writerow(columns)
        rows = [tuple(row[name].value if name in row else "" for name in columns) for row in page.results.bindings]
        if not rows:
            return Answered(text.getvalue().encode(), "text/csv", asking.whole)
        if page.head.vars != columns:
            raise Unreadable("the endpoint answers with other columns on another page")
        asking.count(rows)
        writer.writerows(rows)
        offset += len(rows)


def _graph(source: Source, fetcher: Fetcher) -> Answered:
    """The triples of all pages as N-Triples, in an order that does not depend on the endpoint's."""
    asking = _Asking(source, fetcher, source.form or ACCEPT)
    triples, offset = set[str](), 0
    while True:
        page = asking.page(offset)
        media = source.form or page.media
        lines = (
            list(read_graph(page.body, media=media, most_triples=source.limits.rows).lines())
            if page.body.strip()
            else []
        )
        if not lines and not _has_more(page.body, media):
            # An endpoint that gives less than it is asked for cannot be told from one that has no more.
            return Answered("".join(sorted(triples)).encode(), "application/n-triples", whole=False)
        if lines:
            asking.count(sorted(lines))
        triples.update(lines)
        offset += source.limits.page


class _Asking:
    """Asks one query, page by page, within the limits of its source."""

    def __init__(self, source: Source, fetcher: Fetcher, accept: str) -> None:
        self.whole = True
        self._source = source
        self._fetcher = fetcher
        self._accept = accept
        self._deadline = time.monotonic() + source.limits.seconds
        self._bytes = 0
        self._rows = 0
        self._seen = set[bytes]()

    def page(self, offset: int) -> Fetched:
        """What is answered from a row, or a solution, on."""
        limits = self._source.limits
        if time.monotonic() > self._deadline:
            raise Unreachable(f"the endpoint did not answer all of it within {limits.seconds:g} seconds")
        query = f"{(self._source.query or '').rstrip()}\nLIMIT {limits.page} OFFSET {offset}"
        answer = self._fetcher.post(self._source.location or "", {"query": query}, accept=self._accept)
        self._bytes += len(answer.body)
        if self._bytes > limits.bytes:
            raise Unreadable(f"what the endpoint answers is larger than the limit of {limits.bytes:,} bytes")
        self.whole = self.whole and answer.whole
        return answer

    def count(self, said: Sequence[object]) -> None:
        """Count what a page says, and see that none says it twice."""
        digest = hashlib.sha256(repr(said).encode()).digest()
        if digest in self._seen:
            raise Unreadable("the endpoint answers two pages alike: it seems to take no notice of OFFSET")
        self._seen.add(digest)
        self._rows += len(said)
        if self._rows > self._source.limits.rows:
            raise Unreadable(f"it has more than {self._source.limits.rows} rows, which is the limit")


def _results(page: Fetched) -> _Results:
    try:
        return msgspec.json.decode(page.body, type=_Results)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        called = page.media or "of no media type"
        raise Unreadable(f"what the endpoint answered is not {_RESULTS}; it calls it {called[:80]}") from None


def _has_more(body: bytes, media: str) -> bool:
    """Whether a page has triples that name nothing which could be known again, so that it is not the last."""
    return bool(body.strip()) and any(True for _ in parse(body, format=RdfFormat.from_media_type(media)))
