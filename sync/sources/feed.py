"""Feeds: what their publishers add to, page by page, and what one run of reading one comes to."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from regiolog.events.errors import Unreachable
from regiolog.sync.sources.fetching import shown

if TYPE_CHECKING:
    from regiolog.sync.sources.fetching import Fetched, Fetcher
    from regiolog.sync.sources.source import Source
    from regiolog.sync.sources.validators import Validators


class Reading(NamedTuple):
    """What is known of a feed after a run: the last that was said of everything in it, as one document.

    Attributes:
        body: Its bytes.
        media: Its media type.
        published: The day on which the last of it was published, where that is known.
        whole: Whether the end of every page could be verified.
        notes: What is odd about the feed, a sentence each.
        after: For how many seconds its publisher asks to be left alone; None when it does not say.
    """

    body: bytes
    media: str
    published: date | None
    whole: bool
    notes: tuple[str, ...] = ()
    after: float | None = None


class Pages:
    """Fetches the pages of one feed, within the limits of its source for one run.

    What is over a limit can wait: what was read before it is kept, and the next run goes on from there.

    Args:
        source: The source.
        fetcher: Fetches within its limits.
        accept: Which media types are wanted.
    """

    def __init__(self, source: Source, fetcher: Fetcher, accept: str) -> None:
        """Fetch nothing yet."""
        self.whole = True
        self._source = source
        self._fetcher = fetcher
        self._accept = accept
        self._deadline = time.monotonic() + source.limits.seconds
        self._left = source.limits.bytes
        self._count = 0

    def fetch(self, url: str, validators: Validators) -> Fetched | None:
        """One page; None when it is what it was.

        Raises:
            HarvestFailed: It cannot be had, or a limit is reached.
        """
        limits = self._source.limits
        if time.monotonic() > self._deadline:
            raise Unreachable(self._later(f"more than {limits.seconds:g} seconds"))
        if self._count >= limits.pages:
            raise Unreachable(self._later(f"more than {limits.pages} pages"))
        self._count += 1
        fetched = self._fetcher.get(
            url, accept=self._accept, validators=validators, secrets=self._secrets(url), may_be_gone=True
        )
        if fetched is not None:
            self._left -= len(fetched.body)
            self.whole = self.whole and fetched.whole
        if self._left < 0:
            raise Unreachable(self._later(f"more than {limits.bytes:,} bytes"))
        return fetched

    def _secrets(self, url: str) -> Mapping[str, str]:
        """The key, where an address asks the publisher that it belongs to."""
        feed, own = self._source.feed, self._source.location or ""
        if feed.key is None or urlsplit(url)[:2] != urlsplit(own)[:2]:
            return {}
        return {feed.key_header: feed.key}

    def _later(self, what: str) -> str:
        return (
            f"{shown(self._source.location or '')} has {what}, the limit of one run; what was read is kept, and the "
            "next run goes on from there"
        )
