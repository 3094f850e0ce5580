"""Validators (RFC 9110, section 8.8): by what a publisher can tell that a document is what it was."""

from __future__ import annotations

from typing import NamedTuple


class Validators(NamedTuple):
    """What a publisher gave to ask with next time.

    Attributes:
        etag: The name of what it served (``ETag``).
        last_modified: When that changed last, in its words (``Last-Modified``).
    """

    etag: str | None = None
    last_modified: str | None = None
