"""Numbers in addresses: of pages and positions, in plain digits, each with what is accepted where it is none."""

from __future__ import annotations

import re
from typing import Final

from regiolog.publisher.problems import Problem

_WHOLE: Final = re.compile(r"0|-?[1-9][0-9]*", re.ASCII)
_LONGEST: Final = 18
_SHOWN: Final = 40


def number(name: str, text: str, last: int, what: str) -> int:
    """A number that is asked for.

    Args:
        name: The parameter.
        text: What was given.
        last: The last one that there is; the first is 1.
        what: What it is the number of, as ``page {} of the changes``.

    Raises:
        Problem: It is no number (400), or there is nothing of that number (404).
    """
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    if not _WHOLE.fullmatch(text):
        raise Problem(
            "bad-parameter", f"{name} is {shown!r}: write a whole number in digits, from 1 to {last}", parameter=name
        )
    found = int(text) if len(text) <= _LONGEST else 0
    if not 1 <= found <= last:
        raise Problem(
            "not-found", f"there is no {what.format(shown)}: they are numbered from 1 to {last}", parameter=name
        )
    return found
