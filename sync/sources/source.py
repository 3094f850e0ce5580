"""A source as the settings declare it: who publishes what, where it lies, how it is read, and how far it is trusted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

Kind = Literal["table", "rdf", "sparql", "ldes", "cloudevents", "journal"]
"""In which form a source publishes: a table without dates, a document of RDF, an endpoint that is asked, a feed of RDF
(Linked Data Event Stream) or of CloudEvents that is followed, or, as another register, its journal."""

FEEDS: Final = frozenset({"ldes", "cloudevents"})
"""The kinds that are followed page by page, and of which a replica is kept."""


@dataclass(frozen=True)
class Limits:
    """What one harvest of a source may cost, and how much it may change.

    Attributes:
        bytes: How many bytes a document may have, once it is unpacked.
        seconds: How many seconds may pass until the whole of it has come, retries included.
        silence: For how many seconds its publisher may send nothing.
        rows: How many rows, or triples, it may have.
        page: How many rows, or solutions, an endpoint is asked for at a time; of a CONSTRUCT, no more than it gives.
        attempts: How often it is asked for before it is given up.
        patience: How many seconds are waited at most when its publisher asks to come back later (``Retry-After``).
        redirects: How often the way to it may lead on.
        change: Which share of all that the source speaks of may change at once without somebody looking.
        pages: How many pages of a feed one run asks for; the next one goes on from there.
    """

    bytes: int = 64 * 2**20
    seconds: float = 120.0
    silence: float = 30.0
    rows: int = 1_000_000
    page: int = 5_000
    attempts: int = 4
    patience: float = 60.0
    redirects: int = 5
    change: float = 0.1
    pages: int = 10_000


@dataclass(frozen=True)
class Series:
    """Dated versions of one document, in one folder.

    Attributes:
        folder: Where they lie.
        pattern: What their names look like; its group ``date`` is the day of publication, and its group ``version``,
            when it has one, the publisher's own name of the version.
    """

    folder: Path
    pattern: re.Pattern[str]


@dataclass(frozen=True)
class Feed:
    """How a feed is asked for, and what of it is read.

    Attributes:
        page: By which parameter of the query a page of CloudEvents is asked for.
        first: The number of its first page.
        complete: The header that says ``true`` when a page is complete and never changes again.
        types: How the types of the events begin that are read: ``basisregisters.municipality``.
        ignore: How those begin that are passed over; any other is refused.
        where: Which things are read: by columns, the values of which one must stand there.
        periods: The attribute for each of whose periods there is a row; None makes one row of each thing.
        gapless: Whether every number is given to an event, so that a hole is one that is missing.
        key_header: The header that carries the key.
        key: The key that its publisher asks for; None when it asks for none. It is shown nowhere.
    """

    page: str = "pagina"
    first: int = 1
    complete: str = "X-Page-Complete"
    types: tuple[str, ...] = ("basisregisters.municipality",)
    ignore: tuple[str, ...] = ()
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    periods: str | None = None
    gapless: bool = False
    key_header: str = "x-api-key"
    key: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Source:
    """One source: a document, a series of its versions, or an endpoint, and everything that is to be known of it.

    Attributes:
        name: By what it is called on the command line and in reports.
        said_by: The key of the source in the register, whose claims it makes; several may share one.
        publisher: Who publishes it, in Dutch.
        kind: In which form.
        location: The address or the path of the document or endpoint; None for a series.
        series: Dated versions of the document; None when only the last one can be had.
        document: What the document is called in the register.
        licence: The address or the words of its licence; None when it states none.
        attribution: How it is to be named where its facts are shown.
        mapping: What is read from it, and where in it that stands.
        query: The query of an endpoint; None for the other kinds.
        form: The media type that it is read as, whatever its publisher says; None believes the publisher.
        complete: Whether it lists all that its publisher says of the matter, so that what is gone from it is withdrawn.
        schedule: When it is harvested, as the settings say it; None leaves it to ``regiolog sync``.
        allow: Addresses that are not public and may be reached all the same, as ``10.0.0.0/8`` or ``127.0.0.1:8080``.
        proxy: The proxy through which it is fetched; None uses none, whatever the environment says.
        contact: Where its publisher can reach whoever runs this register.
        limits: What a harvest may cost, and change.
        feed: How a feed is asked for.
    """

    name: str
    said_by: str
    publisher: str
    kind: Kind
    document: str
    mapping: Mapping[str, Any]
    location: str | None = None
    series: Series | None = None
    licence: str | None = None
    attribution: str = ""
    query: str | None = None
    form: str | None = None
    complete: bool = False
    schedule: str | None = None
    allow: tuple[str, ...] = ()
    proxy: str | None = None
    contact: str | None = None
    limits: Limits = field(default_factory=Limits)
    feed: Feed = field(default_factory=Feed)
