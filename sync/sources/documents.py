"""Documents: what a source publishes, as it was fetched, one version after the other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from regiolog.events.errors import Unreachable, Unreadable
from regiolog.events.temporal import day_of
from regiolog.sync.sources import endpoint, graphs
from regiolog.sync.sources.fetching import Fetcher
from regiolog.sync.sources.graphs import Graph, read_graph
from regiolog.sync.sources.source import Series, Source
from regiolog.sync.sources.tables import Table, read_table
from regiolog.sync.sources.validators import Validators

_SPREADSHEET: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_IN_SLICES: Final = "version-objects"
"""The mapping that reads blank nodes: what it is about is told in them."""


class Document(NamedTuple):
    """One version of what a source publishes.

    Attributes:
        name: What it is called in the register: the document and its version, ``gemeente_refreg@75d6e8f``.
        body: Its bytes.
        media: As what its publisher sent it; "" where that is not known.
        charset: In which encoding, where its publisher says so.
        address: Where it lay in the end: an address, or the name of a file.
        published: The day of its publication, where that is known.
        validators: What to ask with next time.
        whole: Whether its end could be verified; one that merely stopped coming may go on.
    """

    name: str
    body: bytes
    media: str = ""
    charset: str | None = None
    address: str = ""
    published: date | None = None
    validators: Validators = Validators()
    whole: bool = True

    @property
    def sha256(self) -> str:
        """The digest of its bytes, in hexadecimal digits."""
        return hashlib.sha256(self.body).hexdigest()


def latest(source: Source, fetcher: Fetcher, validators: Validators) -> Document | None:
    """The document as its publisher has it now; None when it says that it is what it was.

    Raises:
        HarvestFailed: It cannot be had.
    """
    if source.location is None:
        raise Unreadable("it is a series, which has no one document")
    if source.kind == "sparql":
        answered = endpoint.ask(source, fetcher)
        return _named(
            source,
            Document("", answered.body, answered.media, "utf-8", address=source.location, whole=answered.whole),
        )
    if urlsplit(source.location).scheme not in {"http", "https"}:
        return _named(source, _file(Path(source.location), source))
    accept = graphs.ACCEPT if source.kind == "rdf" else f"text/csv, {_SPREADSHEET}, */*;q=0.5"
    fetched = fetcher.get(source.location, accept=source.form or accept, validators=validators)
    if fetched is None:
        return None
    published = _day(fetched.validators.last_modified)
    found = Document(
        "", fetched.body, fetched.media, fetched.charset, fetched.url, published, fetched.validators, fetched.whole
    )
    return _named(source, found)


def versions(source: Source, series: Series) -> Iterator[Document]:
    """The versions of a series that are there, in the order of their publication.

    Raises:
        HarvestFailed: The folder or a version cannot be read.
    """
    try:
        names = sorted(path.name for path in series.folder.iterdir() if path.is_file())
    except OSError as error:
        raise Unreachable(f"the folder {series.folder} cannot be read: {error.strerror}") from None
    found = [
        (_published(match["date"], name), name, match) for name in names if (match := series.pattern.fullmatch(name))
    ]
    if not found:
        raise Unreachable(f"no file in {series.folder} is named like {series.pattern.pattern}")
    for published, name, match in sorted(found, key=lambda each: each[:2]):
        document = _file(series.folder / name, source)
        version = match.groupdict().get("version") or published.isoformat()
        yield document._replace(name=f"{source.document}@{version}", published=published)


def table_of(source: Source, document: Document) -> Table:
    """A document as a table.

    Raises:
        Unreadable: It is none.
    """
    if source.kind in {"sparql", "cloudevents"}:  # written here, so that nothing of its form is to be found out
        return read_table(
            document.body,
            media=document.media,
            charset=document.charset,
            delimiter=",",
            most_rows=source.limits.rows,
            most_bytes=source.limits.bytes,
        )
    mapping = source.mapping
    return read_table(
        document.body,
        media=source.form or document.media,
        charset=mapping.get("encoding") or document.charset,
        name=_end(document.address),
        delimiter=mapping.get("delimiter"),
        sheet=mapping.get("sheet"),
        most_rows=source.limits.rows,
        most_bytes=source.limits.bytes,
    )


def graph_of(source: Source, document: Document) -> Graph:
    """A document as a graph.

    Raises:
        Unreadable: It is none.
    """
    base = document.address if "://" in document.address else None
    return read_graph(
        document.body,
        media=document.media if source.kind in {"sparql", "ldes"} else source.form or document.media,
        name=_end(document.address),
        base=base,
        most_triples=source.limits.rows,
        blank=source.mapping.get("says") == _IN_SLICES,
    )


def beside(source: Source, fetcher: Fetcher) -> Graph:
    """What stands beside a source's document of RDF: others of its publisher, which say what its addresses stand for.

    Raises:
        HarvestFailed: One of them cannot be had, or read.
    """
    whole = Graph()
    for place in source.mapping.get("beside", ()):
        if urlsplit(place).scheme in {"http", "https"}:
            fetched = fetcher.get(place, accept=graphs.ACCEPT)
            document = (
                Document("", b"") if fetched is None else Document("", fetched.body, fetched.media, address=place)
            )
        else:
            document = _file(Path(place), source)
        whole = whole.merged(graph_of(source, document))
    return whole


def _named(source: Source, document: Document) -> Document:
    return document._replace(name=f"{source.document}@{document.sha256[:12]}")


def _file(path: Path, source: Source) -> Document:
    try:
        with path.open("rb") as file:
            body = file.read(source.limits.bytes + 1)
    except OSError as error:
        raise Unreachable(f"the file {path} cannot be read: {error.strerror}") from None
    if len(body) > source.limits.bytes:
        raise Unreadable(f"{path.name} has more than {source.limits.bytes} bytes, which is the limit")
    return Document("", body, address=path.name)


def _published(text: str, name: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Unreadable(f"{name} is dated {text!r}, which is no day") from None


def _day(last_modified: str | None) -> date | None:
    """The civil day of a Last-Modified header (RFC 9110, section 8.8.2); None where it cannot be read."""
    try:
        instant = parsedate_to_datetime(last_modified or "")
        return day_of(instant if instant.tzinfo else instant.replace(tzinfo=UTC))
    except (ValueError, OverflowError, TypeError):
        return None


def _end(address: str) -> str:
    return urlsplit(address).path.rpartition("/")[2] if "://" in address else address


def day_or(published: date | None, today: datetime, coverage: date) -> date:
    """The day from which what a document says holds, unless it says otherwise: that of its publication.

    A day before the register's coverage, or one that has not come, is taken for a mistake of the publisher's clock.
    """
    now = day_of(today)
    return published if published is not None and coverage <= published <= now else now
