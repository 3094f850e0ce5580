"""Complaints: what is found wrong with a declaration, in the words of the settings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from regiolog.sync.sources.guard import printable

_KINDS: Final = {
    "array": "a list",
    "object": "a table",
    "str": "a text",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
}
"""What msgspec calls a kind of value, and what it is in the settings; "null" cannot be written there."""


def complaint(error: msgspec.ValidationError, within: str = "", known: Iterable[str] = ()) -> str:
    """What msgspec finds wrong with a table of the settings, in one sentence.

    Args:
        error: What it found.
        within: The name of the table; "" when it has none.
        known: What may stand where it found something unknown.
    """
    said, _, path = str(error).partition(" - at `$")
    place = f"{within}{path.removesuffix('`')}".removeprefix(".")
    inside = f"{place}." if place else ""
    if found := re.match(r"Object missing required field `(\w+)`", said):
        return f"`{inside}{found[1]}` is missing"
    if found := re.match(r"Object contains unknown field `(.*)`\Z", said, re.DOTALL):
        return f"`{inside}{printable(found[1], 60)}` is not a setting of a source; here stand {', '.join(known)}"
    if found := re.match(r"Invalid (?:enum )?value (.*)\Z", said, re.DOTALL):
        return f"`{place}` cannot be {printable(found[1], 60)}"
    wanted, _, got = said.removeprefix("Expected ").partition(", got ")
    return f"`{place}` is {_kind(wanted)}{f', and not {_kind(got)}' if got else ''}"


def _kind(said: str) -> str:
    """A kind of value, and what more is asked of it."""

    def named(found: re.Match[str]) -> str:
        return " or ".join(_KINDS.get(kind, kind) for kind in found[1].split(" | ") if kind != "null")

    return re.sub(r"`([a-z |]+)`", named, said).replace(" matching regex ", " that looks like ")
