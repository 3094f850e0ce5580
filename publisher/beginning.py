"""How a register begins: with the archive that ships in the package, and with what a newer archive adds to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from regiolog.events.errors import Refusal
from regiolog.events.journal import Journal
from regiolog.events.record import Wish
from regiolog.events.recording import as_live, read_wishes, record
from regiolog.events.register import RegisterWasBegun
from regiolog.events.temporal import Clock, system_clock
from regiolog.publisher.settings import DEFAULT_BASE_IRI
from regiolog.sync.archive import archive_lines


class Loaded(NamedTuple):
    """What became of the archive.

    Attributes:
        recorded: How many events were recorded.
        refused: Why a newer archive was not recorded on a register that had begun; None when it was.
    """

    recorded: int
    refused: Refusal | None = None


def register_of(journal: Journal) -> RegisterWasBegun | None:
    """The event with which a register began; None when it has not."""
    first = journal.at(1)
    return first.event if first is not None and isinstance(first.event, RegisterWasBegun) else None


def load_archive(
    journal: Journal,
    base_iri: str | None,
    *,
    clock: Clock = system_clock,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Loaded:
    """Load the Flemish archive: as backfill where nothing has happened yet, else whatever is new in it, live.

    Repeat is silence: an archive that the journal holds already records nothing. One that contradicts what was
    recorded since stops nobody from serving: nothing of it is recorded, and the refusal is handed back.

    Args:
        journal: Where to record it.
        base_iri: Under which address the register publishes; None leaves it to the register, or to the default.
        clock: Tells the instant of now.
        progress: Told how many lines of the backfill have been decided, and of how many.

    Raises:
        Refusal: The register publishes under another address, or a line of an archive that is to begin it cannot be
            recorded; nothing was.
    """
    begun = register_of(journal)
    if begun is None:
        wishes = _wishes(base_iri or DEFAULT_BASE_IRI)
        outcome = record(journal, wishes, clock=clock, progress=lambda done: progress(done, len(wishes)))
        return Loaded(len(outcome.recorded))
    if base_iri not in {None, begun.base_iri}:
        raise Refusal(
            f"this register publishes under {begun.base_iri}, which is fixed since it began; "
            f"it cannot publish under {base_iri}"
        )
    wishes = _wishes(begun.base_iri)
    first = wishes[0].asked
    if not isinstance(first, RegisterWasBegun) or first.register != begun.register:
        return Loaded(0)
    try:
        return Loaded(len(record(journal, [as_live(wish) for wish in wishes], clock=clock).recorded))
    except Refusal as refusal:
        return Loaded(0, refusal)


def _wishes(base_iri: str) -> list[Wish]:
    return read_wishes(
        enumerate(archive_lines(), start=1), defaults=lambda line: {"base_iri": base_iri} if line == 1 else {}
    )
