"""The Flemish archive: what was decided and published about regions and municipalities, as a record file."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def archive_lines() -> Iterator[bytes]:
    """The lines of the archive in backfill order, as bytes with their line feeds, like any record file."""
    with files(__name__).joinpath("flanders.jsonl").open("rb") as lines:
        yield from lines
