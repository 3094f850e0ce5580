"""Feeds that are harvested: each has a replica in the data folder, and what that holds is one document.

So a feed is taken in as a document is: mapped, set beside what its source is saying, looked at, recorded or refused.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from regiolog.events.errors import Unreadable
from regiolog.sync.sources import cloudevents, ldes
from regiolog.sync.sources.documents import Document
from regiolog.sync.sources.replica import replica

if TYPE_CHECKING:
    from regiolog.sync.sources.feed import Reading
    from regiolog.sync.sources.fetching import Fetcher
    from regiolog.sync.sources.replica import Replica
    from regiolog.sync.sources.source import Source

SUFFIX: Final = ".sqlite"
"""How the name of the file of a replica ends, behind that of its source."""

_REFUSED: Final = "refused"


class Followed(NamedTuple):
    """A feed after one run.

    Attributes:
        document: What is known of everything in it.
        notes: What is odd about it, a sentence each.
        after: For how many seconds its publisher asks to be left alone; None when it does not say.
    """

    document: Document
    notes: tuple[str, ...]
    after: float | None


def follow(source: Source, fetcher: Fetcher, folder: Path, *, accept: bool, is_kept: bool) -> Followed:
    """Read what is new in a feed, and make one document of all that is known of it.

    What was read stays read, whatever becomes of the document. A feed that contradicted itself is read anew from its
    beginning once somebody accepts that.

    Args:
        source: The source.
        fetcher: Fetches within its limits.
        folder: The folder with the replicas.
        accept: Whether somebody looked.
        is_kept: Whether what is read is kept; a dry run keeps nothing.

    Raises:
        HarvestFailed: It cannot be had, or read.
        FolderError: The replica cannot be used.
    """
    of = hashlib.sha256(repr((source.kind, source.location, source.form, source.feed)).encode()).hexdigest()
    with replica(folder / f"{source.name}{SUFFIX}", of, is_kept=is_kept) as held:
        if accept and held[_REFUSED] is not None:
            held.forget()
            held["of"] = of
        try:
            reading = _read(source, fetcher, held, accept=accept)
        except Unreadable as refused:
            held.take_back()
            held[_REFUSED] = str(refused)
            held.keep()
            raise
        held[_REFUSED] = None
        held.keep()
    document = Document(
        "",
        reading.body,
        reading.media,
        "utf-8",
        address=source.location or "",
        published=reading.published,
        whole=reading.whole,
    )
    named = document._replace(name=f"{source.document}@{document.sha256[:12]}")
    return Followed(named, reading.notes, reading.after)


def _read(source: Source, fetcher: Fetcher, held: Replica, *, accept: bool) -> Reading:
    if source.kind == "ldes":
        return ldes.follow(source, fetcher, held)
    return cloudevents.follow(source, fetcher, held, accept=accept)
