"""Counts the rows of a table of SPARQL results while it is written, so that an answer of too many is given up early.

The engine writes tables by itself and tells nobody how many rows they have. In each form rows are told apart by what
can stand nowhere else, so that counting looks at each byte a fixed number of times, and not at each row in Python.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final


class Rows:
    """How many rows there are in what was written so far.

    Args:
        media_type: One of :data:`regiolog.sync.queries.question.TABLES`.
    """

    def __init__(self, media_type: str) -> None:
        """Begin with none."""
        self._count = _COUNTERS[media_type]()

    def add(self, piece: bytes) -> int:
        """Take a further piece, and return how many rows have begun or ended so far, to within one."""
        return self._count(piece)


def _of_lines() -> Callable[[bytes], int]:
    """TSV: a line each, after one of names; a line break in a value is written as an escape."""
    seen = -1

    def count(piece: bytes) -> int:
        nonlocal seen
        seen += piece.count(b"\n")
        return max(seen, 0)

    return count


def _of_commas() -> Callable[[bytes], int]:
    """CSV: a line each, after one of names; a line break in a value stands between quotes, which are doubled in it."""
    seen, quoted = -1, False

    def count(piece: bytes) -> int:
        nonlocal seen, quoted
        between = piece.split(b'"')
        seen += sum(part.count(b"\n") for part in between[quoted::2])
        quoted ^= len(between) % 2 == 0
        return max(seen, 0)

    return count


def _of_elements() -> Callable[[bytes], int]:
    """XML: an element each; an angle bracket in a value is written as an entity."""
    seen, tail = 0, b""

    def count(piece: bytes) -> int:
        nonlocal seen, tail
        text = tail + piece
        seen += text.count(b"<result>")
        tail = text[-len(b"<result") :]
        return seen

    return count


def _of_objects() -> Callable[[bytes], int]:
    """JSON: an object each, after ``[`` or a comma; all other objects follow a colon, and a value stands in quotes."""
    seen, held, tail, quoted = 0, b"", b"", False

    def count(piece: bytes) -> int:
        nonlocal seen, held, tail, quoted
        text = (held + piece).replace(b"\\\\", b"")
        held = text[len(text.rstrip(b"\\")) :]  # half of an escape
        between = text.removesuffix(held).replace(b'\\"', b"").split(b'"')
        bare = tail + b"".join(between[quoted::2])
        seen += bare.count(b",{") + bare.count(b"[{")
        tail = bare[-1:]
        quoted ^= len(between) % 2 == 0
        return seen

    return count


_COUNTERS: Final = {
    "application/sparql-results+json": _of_objects,
    "application/sparql-results+xml": _of_elements,
    "text/csv": _of_commas,
    "text/tab-separated-values": _of_lines,
}
