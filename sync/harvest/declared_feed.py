"""Feeds as they are declared in the settings: how one is asked for, and what of it is read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

import msgspec

from regiolog.sync.sources.source import FEEDS, Feed, Kind

_KEY: Final = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,998}[\x21-\x7e])?")
_OF_ALL: Final = frozenset({"key", "key_file", "key_header"})

Header = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$")]
Word = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._~-]{1,100}$")]
Types = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$")]


class DeclaredFeed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What can be said of a feed in the settings; see :class:`regiolog.sync.sources.source.Feed`.

    Attributes:
        key_file: A file with the key, in the place of `key`.
    """

    page: Word = Feed.page
    first: Annotated[int, msgspec.Meta(ge=0, le=10**9)] = Feed.first
    complete: Header = Feed.complete
    types: Annotated[tuple[Types, ...], msgspec.Meta(min_length=1)] = Feed.types
    ignore: tuple[Types, ...] = Feed.ignore
    where: dict[str, str | tuple[str, ...]] = {}
    periods: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = Feed.periods
    gapless: bool = Feed.gapless
    key_header: Header = Feed.key_header
    key: str | None = None
    key_file: str | None = None


def feed_of(kind: Kind, given: DeclaredFeed | None, location: str | None, folder: Path) -> Feed:
    """How a feed is asked for.

    Args:
        kind: The kind of its source.
        given: What the settings say; None when they say nothing.
        location: Where it is.
        folder: The folder that paths are relative to.

    Raises:
        ValueError: It cannot be used; one sentence says why.
    """
    if kind not in FEEDS:
        if given is not None:
            raise ValueError(f"a source of kind {kind} has no `feed`: that is for {' and '.join(sorted(FEEDS))}")
        return Feed()
    if location is None or urlsplit(location).scheme not in {"http", "https"}:
        raise ValueError("the location of a feed is an http address")
    said = {} if given is None else {name: getattr(given, name) for name in msgspec.to_builtins(given)}
    strange = sorted(said.keys() - _OF_ALL)
    if kind == "ldes" and strange:
        raise ValueError(f"`feed.{strange[0]}` is for a source of kind cloudevents: an event stream tells it itself")
    if "key" in said and "key_file" in said:
        raise ValueError("it has either a `feed.key` or a `feed.key_file`")
    if (place := said.pop("key_file", None)) is not None:
        try:
            said["key"] = (folder / Path(place).expanduser()).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise ValueError("the file that `feed.key_file` names cannot be read") from None
    if "key" in said and not _KEY.fullmatch(said["key"] or ""):
        raise ValueError("`feed.key` is a text of 1,000 characters of plain ASCII at most")
    where = {name: (text,) if isinstance(text, str) else text for name, text in said.pop("where", {}).items()}
    return Feed(**said, where=where)
