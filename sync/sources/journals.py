"""The journal of another register, fetched range by range: the stored bytes of its events, and how far they go."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from regiolog.events.errors import Unreadable
from regiolog.sync.sources.fetching import Fetched, Fetcher, shown
from regiolog.sync.sources.guard import printable
from regiolog.sync.sources.source import Source
from regiolog.sync.sources.validators import Validators

MEDIA_TYPE: Final = "application/jsonl"

_PATH: Final = "log/entries"
_NUMBER: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
_NEXT: Final = re.compile(r';\s*rel="?next"?', re.IGNORECASE)


class Stretch(NamedTuple):
    """Some events that follow each other, as another register stores them.

    Attributes:
        after: The position that they come after.
        stored: Their bytes, in order.
        head: Where that journal ended when this was answered first, or later.
        goes_on: Whether more is to be asked for.
        validators: What to ask with for the same again.
    """

    after: int
    stored: list[bytes]
    head: int
    goes_on: bool
    validators: Validators

    @property
    def position(self) -> int:
        """The position of the last of them."""
        return self.after + len(self.stored)


def stretch(fetcher: Fetcher, source: Source, after: int, validators: Validators | None = None) -> Stretch | None:
    """Fetch what comes after a position, as far as the other register gives it at once.

    Args:
        fetcher: Fetches it.
        source: The register, at the address of its root.
        after: The position.
        validators: What it gave for the same the last time.

    Returns:
        None when that is still what it was.

    Raises:
        HarvestFailed: It cannot be had, or is no range of a journal; one sentence says why.
    """
    address = f"{(source.location or '').rstrip('/')}/{_PATH}?after={after}"
    fetched = fetcher.get(address, accept=MEDIA_TYPE, validators=validators)
    return None if fetched is None else _taken_apart(fetched, after, source.limits.rows)


def _taken_apart(fetched: Fetched, after: int, most: int) -> Stretch:
    """The events of an answer, which has to be whole by what it says of itself."""
    what = f"{shown(fetched.url)}, after event {after},"
    if fetched.media != MEDIA_TYPE:
        raise Unreadable(f"{what} is no journal of a register, but {printable(fetched.media, 60) or 'of no type'}")
    position, head = (_number(fetched.headers, name, what) for name in ("Regiolog-Position", "Regiolog-Head"))
    if fetched.body and not fetched.body.endswith(b"\n"):
        raise Unreadable(f"{what} breaks off in the midst of an event")
    count = fetched.body.count(b"\n")
    if count != position - after:
        raise Unreadable(f"{what} says that it ends at event {position}, and holds {count} events")
    if count > most:
        raise Unreadable(f"{what} holds more events than the limit of {most:,}")
    stored = fetched.body.split(b"\n")[:-1]
    goes_on = _NEXT.search(fetched.headers.get("link", "")) is not None
    if goes_on and not stored:
        raise Unreadable(f"{what} says that it goes on, and holds no event")
    if head < position or (head > position and not goes_on):
        raise Unreadable(f"{what} ends at event {position}, and says that its journal ends at {head}")
    return Stretch(after, stored, head, goes_on, fetched.validators)


def _number(headers: Mapping[str, str], name: str, what: str) -> int:
    said = headers.get(name.lower(), "")
    if not _NUMBER.fullmatch(said):
        raise Unreadable(f"{what} is no journal of a register: it comes without {name}, or with one that is no number")
    return int(said)
