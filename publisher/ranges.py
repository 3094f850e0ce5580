"""Which part of a body a request asks for (RFC 9110, section 14): one range of bytes, or all of it."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from werkzeug.http import unquote_etag

from regiolog.publisher.problems import Problem

_ONE: Final = re.compile(r"bytes[ \t]*=[ \t,]*(\d*)-(\d*)[ \t,]*", re.ASCII | re.IGNORECASE)
_LONG: Final = 18
"""How many digits a number may have that is read; one with more is beyond the end of everything."""


class Part(NamedTuple):
    """Some bytes of a body, ``[start, stop)``.

    Attributes:
        start: The first of them, from 0.
        stop: The first one after them.
    """

    start: int
    stop: int


def asked(
    method: str, wanted: str | None, if_range: str | None, etag: str, length: int, *, lasting: bool
) -> Part | None:
    """The part that a request asks for; None where it is given the whole.

    The whole is given to whoever asks for several ranges, for something else than bytes or for what cannot be read,
    and to whoever has the beginning of another body (``If-Range``, which a weak tag or a date never fulfils), or may
    have it, where the body does not last.

    Args:
        method: How it was asked.
        wanted: The header Range; None without one.
        if_range: The header If-Range; None without one.
        etag: The tag of the body, as answers have it, without quotes.
        length: How many bytes the body has.
        lasting: Whether it never changes; else a part is given only to whoever says of which body.

    Raises:
        Problem: Nothing of it lies in the body.
    """
    found = _ONE.fullmatch(wanted) if wanted and method == "GET" else None
    if found is None or (if_range is None and not lasting):
        return None
    if if_range is not None and unquote_etag(if_range.strip()) != (etag, False):
        return None
    first, last = map(_number, found.groups())
    if first is None:
        if last is None:
            return None
        part = Part(max(0, length - last), length)
    elif last is not None and last < first:
        return None
    else:
        part = Part(first, length if last is None else min(last + 1, length))
    if part.start >= part.stop:
        raise Problem(
            "range-not-satisfiable",
            f"this has {length} bytes, and {found[0].strip()} is beyond them",
            headers={"Content-Range": f"bytes */{length}"},
        )
    return part


def _number(digits: str) -> int | None:
    if not digits:
        return None
    digits = digits.lstrip("0") or "0"
    return int(digits) if len(digits) <= _LONG else 10**_LONG
