"""The Flemish archive: what was decided and published about regions and municipalities, as record files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib.resources import files
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES: Final = ("flanders", "abb", "provincies-in-cijfers")
"""The record files, in the order in which they go before each other on one instant: what was decided comes first, then
what each publisher said. Any but the first can be left out, also by not shipping it."""


def archive_names(leave_out: Iterable[str] = ()) -> tuple[str, ...]:
    """The record files that are there, without those that are to be left out."""
    left_out = frozenset(leave_out)
    return tuple(name for name in NAMES if name not in left_out and files(__name__).joinpath(f"{name}.jsonl").is_file())


def archive_lines(name: str = NAMES[0]) -> Iterator[bytes]:
    """The lines of one record file in backfill order, as bytes with their line feeds, like any record file."""
    with files(__name__).joinpath(f"{name}.jsonl").open("rb") as lines:
        yield from lines


def archive_digest(names: Iterable[str]) -> str:
    """SHA-256 over these record files, by which an archive that was loaded is known again."""
    digest = hashlib.sha256()
    for name in names:
        digest.update(f"{name}\n".encode())
        for line in archive_lines(name):
            digest.update(line)
    return digest.hexdigest()
