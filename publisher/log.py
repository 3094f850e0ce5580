"""The journal as it is stored (/log/entries): its very bytes, an event a line, in ranges that never change again."""

from __future__ import annotations

import hashlib
import re
from typing import Final, NamedTuple

from flask import Blueprint, Response, request

from regiolog.events.errors import FolderError
from regiolog.events.journal import Journal
from regiolog.publisher.answers import IMMUTABLE, KEPT, not_modified, send, unchanged
from regiolog.publisher.asking import asked, service
from regiolog.publisher.negotiation import Format, choose
from regiolog.publisher.problems import Problem

room: Final = Blueprint("log", __name__)

JSON_LINES: Final = Format("jsonl", "application/jsonl", ("application/x-ndjson", "application/json-lines"))

STRIDE: Final = 256
"""Ranges end at positions that this divides, so that whoever asks in whichever way comes to the same ones."""

MOST: Final = 4 * 2**20
"""How many bytes a range may have; it ends before the event that would be too much, save where that is its first."""

_POSITION: Final = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)


class Range(NamedTuple):
    """A part of the journal.

    Attributes:
        body: The stored bytes of its events, a line each.
        position: That of its last event; where there is none, the one that it comes after.
        head: The last position of the journal.
        is_complete: Whether it ends where it will always end, and not merely at the head.
    """

    body: bytes
    position: int
    head: int
    is_complete: bool


def range_of(journal: Journal, after: int) -> Range:
    """The events past a position, as far as one range goes.

    Raises:
        Problem: The journal ends before that position.
        FolderError: The journal cannot be read, or holds what is no line.
    """
    head = journal.head()
    if after > head:
        raise Problem("bad-parameter", f"after is {after}, and the journal ends at position {head}", parameter="after")
    end = (after // STRIDE + 1) * STRIDE
    lines: list[bytes] = []
    size, reached, is_full = 0, after, False
    for position, stored in journal.stored(after, min(end, head)):
        size += len(stored) + 1
        is_full = bool(lines) and size > MOST
        if is_full:
            break
        if position != reached + 1 or b"\n" in stored:
            raise FolderError(f"event {position} of the journal cannot be given as a line of its own")
        lines += (stored, b"\n")
        reached = position
    return Range(b"".join(lines), reached, head, is_complete=is_full or reached == end)


@room.get("/log/entries")
def entries() -> Response:
    """The stored bytes of the events past a position, as far as one range goes."""
    given = asked(required=("after",), optional=())["after"]
    form = choose([JSON_LINES])
    if not _POSITION.fullmatch(given):
        shown = given if len(given) <= 40 else f"{given[:40]}…"
        raise Problem(
            "bad-parameter",
            f"after is {shown!r}: write a position of the journal, 0 or a whole number",
            parameter="after",
        )
    found = range_of(service().folder.journal, int(given))
    etag = hashlib.sha256(found.body).hexdigest()[:32]
    response = not_modified(etag) if unchanged(etag) else send(found.body, form.content_type, etag)
    response.headers["Regiolog-Position"] = str(found.position)
    response.headers["Regiolog-Head"] = str(found.head)
    if found.is_complete:
        response.headers["Link"] = f'<entries?after={found.position}>; rel="next"'
        response.headers["Cache-Control"] = IMMUTABLE
    # Not to be kept in memory: what grows would be given again until the next projection, and whoever copies a journal
    # would push out what others ask for.
    request.environ.pop(KEPT, None)
    return response
