"""How a register begins: with the archive that ships in the package, and with what a newer archive adds to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import msgspec

from regiolog.events.authority import AUTHORITY, Authority
from regiolog.events.errors import Refusal
from regiolog.events.journal import Journal
from regiolog.events.record import Correction, Wish
from regiolog.events.recording import as_live, read_wishes, record
from regiolog.events.register import RegisterWasBegun
from regiolog.events.temporal import Clock, system_clock
from regiolog.publisher.settings import DEFAULT_BASE_IRI
from regiolog.sync.archive import NAMES, archive_digest, archive_lines, archive_names

if TYPE_CHECKING:
    from regiolog.events.held import Held

MARKER: Final = "archive.json"
"""The file in a data folder that says which archive its journal holds, and which record files were left out.

Without it all of the archive that ships is taken in, which is silent where the journal holds it already.
"""


class Dated(Protocol):
    """A step of the backfill that was published on a day of its own.

    Attributes:
        known: Since when it is known.
    """

    known: datetime

    def __call__(self, held: Held, now: datetime) -> None:
        """Decide it beside what is held."""


class Loaded(NamedTuple):
    """What became of the archive.

    Attributes:
        recorded: How many events were recorded.
        refused: Why a newer archive was not recorded on a register that had begun; None when it was.
    """

    recorded: int
    refused: Refusal | None = None


class Mark(msgspec.Struct, frozen=True):
    """What is kept of the archive that was loaded.

    Attributes:
        sha256: Its digest.
        left_out: The record files that were left out, by name, sorted.
    """

    sha256: str = ""
    left_out: list[str] = []


def register_of(journal: Journal) -> RegisterWasBegun | None:
    """The event with which a register began; None when it has not."""
    first = journal.at(1)
    return first.event if first is not None and isinstance(first.event, RegisterWasBegun) else None


def must_publish_under(begun: RegisterWasBegun | None, base_iri: str | None) -> None:
    """See that a register publishes under an address.

    Args:
        begun: Its first event; None when it has not begun.
        base_iri: The address; None is any.

    Raises:
        Refusal: It publishes under another.
    """
    if begun is not None and base_iri not in {None, begun.base_iri}:
        raise Refusal(
            f"this register publishes under {begun.base_iri}, which is fixed since it began; "
            f"it cannot publish under {base_iri}"
        )


def load_archive(
    journal: Journal,
    base_iri: str | None,
    *,
    leave_out: Iterable[str] | None = None,
    authority: Authority = AUTHORITY,
    marker: Path | None = None,
    clock: Clock = system_clock,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
    series: Iterable[Dated] = (),
) -> Loaded:
    """Load the Flemish archive: as backfill where nothing has happened yet, else whatever is new in it, live.

    Repeat is silence: an archive that the journal holds already records nothing. One that contradicts what was
    recorded since stops nobody from serving: nothing of it is recorded, and the refusal is handed back.

    Args:
        journal: Where to record it.
        base_iri: Under which address the register publishes; None leaves it to the register, or to the default.
        leave_out: The record files that are not wanted, by name; None leaves it as it was when the register began.
        authority: Which source may open which kinds of register event.
        marker: A file in which to keep which archive was loaded and what was left out, for the next start.
        clock: Tells the instant of now.
        progress: Told how many lines of the backfill have been decided, and of how many.
        series: Dated versions of sources' documents, which go into the backfill with the archive, and only then.

    Raises:
        Refusal: The register publishes under another address, or a line of an archive that is to begin it cannot be
            recorded; nothing was.
    """
    begun = register_of(journal)
    must_publish_under(begun, base_iri)
    held = _marked(marker)
    left_out = sorted(held.left_out if leave_out is None else leave_out)
    names = archive_names(left_out)
    mark = Mark(sha256=archive_digest(names), left_out=left_out)
    if begun is not None and held == mark:
        return Loaded(0)
    wishes = _wishes(names, base_iri or (begun.base_iri if begun else DEFAULT_BASE_IRI))
    first = wishes[0].asked
    if begun is None:
        steps: list[Wish | Dated] = [*wishes, *series]
        steps.sort(key=_known)  # on one instant the archive first
        outcome = record(
            journal, steps, clock=clock, authority=authority, progress=lambda done: progress(done, len(steps))
        )
    elif not isinstance(first, RegisterWasBegun) or first.register != begun.register:
        return Loaded(0)
    else:
        try:
            outcome = record(journal, [as_live(wish) for wish in wishes], clock=clock, authority=authority)
        except Refusal as refusal:
            return Loaded(0, refusal)
    _mark(marker, mark)
    return Loaded(len(outcome.recorded))


def _wishes(names: Iterable[str], base_iri: str) -> list[Wish]:
    """Every line of the record files, merged by when it was known; on one instant in the order of the files."""
    wishes: list[Wish] = []
    for name in names:
        given = {1: {"base_iri": base_iri}} if name == NAMES[0] else {}
        wishes += read_wishes(enumerate(archive_lines(name), start=1), defaults=partial(_given, given))
    return sorted(wishes, key=_known)


def _given(given: dict[int, dict[str, str]], line: int) -> dict[str, str]:
    return given.get(line, {})


def _known(step: Wish | Dated) -> datetime:
    """Since when a line of the archive, or a version, is known; one that does not say so comes last, and is refused."""
    if not isinstance(step, Wish):
        return step.known
    asked = step.asked
    if isinstance(asked, Correction):
        given = asked.event.get("known_from")
        return datetime.fromisoformat(given) if given else datetime.max.replace(tzinfo=UTC)
    return asked.known_from or datetime.max.replace(tzinfo=UTC)


def _marked(marker: Path | None) -> Mark:
    """What a marker says; nothing where there is none."""
    with suppress(OSError, msgspec.MsgspecError):
        if marker is not None:
            return msgspec.json.decode(marker.read_bytes(), type=Mark)
    return Mark()


def _mark(marker: Path | None, mark: Mark) -> None:
    if marker is not None:
        with suppress(OSError):  # a full disk: the next start looks again
            marker.write_bytes(msgspec.json.encode(mark) + b"\n")
