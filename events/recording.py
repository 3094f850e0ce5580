"""Recording: a whole file of wishes, decided beside what the journal holds and appended in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import uuid4

import msgspec

from regiolog.events.authority import AUTHORITY, Authority
from regiolog.events.errors import Conflict
from regiolog.events.held import Held
from regiolog.events.record import Correction, Wish, read_wish
from regiolog.events.rules import decide
from regiolog.events.temporal import Clock, system_clock

if TYPE_CHECKING:
    from regiolog.events.event import Event
    from regiolog.events.journal import Journal

_TRIES: Final = 5


Step = Callable[[Held, datetime], None]
"""What is decided beside everything before it: given what is held and the instant of now, it adds to what is pending.

It may be asked more than once, each time with nothing of what it added before."""


class Outcome(NamedTuple):
    """What became of a file of records.

    Attributes:
        recorded: The events that were recorded, each with its position.
        silent: How many records said what the register held already.
    """

    recorded: list[tuple[int, Event]]
    silent: int


def read_wishes(
    lines: Iterable[tuple[int, bytes]], *, defaults: Callable[[int], dict[str, Any]] | None = None
) -> list[Wish]:
    """Read every line of a record file before anything is decided.

    Args:
        lines: Numbered lines.
        defaults: Fields that the record on a line need not give.

    Raises:
        Refusal: A line is not a record.
    """
    return [
        read_wish(number, line, name=str(uuid4()), defaults=defaults(number) if defaults else None)
        for number, line in lines
    ]


def as_live(wish: Wish) -> Wish:
    """A wish of an archive as it is recorded today: known from now on, whatever it said."""
    if isinstance(wish.asked, Correction):
        rest = {name: value for name, value in wish.asked.event.items() if not name.startswith("known_")}
        return wish._replace(asked=wish.asked._replace(event=rest))
    return wish._replace(asked=_without_known(wish.asked))


def record(
    journal: Journal,
    wishes: Iterable[Wish | Step],
    *,
    clock: Clock = system_clock,
    authority: Authority = AUTHORITY,
    dry_run: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> Outcome:
    """Record all wishes, or none of them.

    Args:
        journal: Where to record them.
        wishes: What is asked, in order; a later one may build on an earlier one. What a step adds is not counted among
            the silent.
        clock: Tells the instant of now.
        authority: Which source may open which kinds of register event.
        dry_run: Whether only to say what would be recorded, at which positions if nobody else records meanwhile.
        progress: Told how many wishes have been decided, one at a time.

    Raises:
        Refusal: A wish cannot be recorded; nothing was.
        Conflict: Other writers were first, five times in a row; nothing was recorded.
    """
    wishes = list(wishes)
    for _ in range(_TRIES):
        held, silent = Held(journal, authority), 0
        for number, wish in enumerate(wishes, start=1):
            if isinstance(wish, Wish):
                silent += decide(held, wish, clock()) is None
            else:
                wish(held, clock())
            progress(number)
        if not held.pending or dry_run:
            return Outcome(list(enumerate(held.pending, start=held.head + 1)), silent)
        try:
            positions = journal.append(held.pending, held.boundary, held.head)
        except Conflict:
            continue
        return Outcome(list(zip(positions, held.pending, strict=True)), silent)
    raise Conflict(f"other writers were first {_TRIES} times in a row: try again")


def _without_known(event: Event) -> Event:
    return msgspec.structs.replace(event, known_from=None, known_basis=None)
