"""Replay: the statements built once more from the journal, and compared with those that are there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from regiolog.events.errors import FolderError
from regiolog.events.journal import Journal
from regiolog.events.temporal import day_of
from regiolog.sync.projection.projector import Projector
from regiolog.sync.statements import digest
from regiolog.sync.statements.history import History, SnapshotKey, Timed
from regiolog.sync.statements.history_writer import HistoryWriter
from regiolog.sync.statements.statement import NEVER
from regiolog.sync.statements.table import FILE

MOMENTS: Final = 12
"""At how many moments snapshots are compared."""

_STRIDE: Final = 5
_SHIFT: Final = 4


class Compared(NamedTuple):
    """The digests of one snapshot, or of the whole history.

    Attributes:
        at: The civil day; None for the whole history.
        known: The instant.
        there: The digest of the statements that are there.
        replayed: The digest of those that were built again.
    """

    at: date | None
    known: datetime
    there: str
    replayed: str


class Replayed(NamedTuple):
    """What replaying the journal showed.

    Attributes:
        position: Up to which event the two were compared.
        version: The version of the projection.
        compared: The history, and a dozen snapshots.
        difference: The first statement that only one of them has, and which; None when they are the same.
    """

    position: int
    version: int
    compared: list[Compared]
    difference: tuple[str, Timed] | None

    @property
    def same(self) -> bool:
        """Whether every digest is the same."""
        return all(each.there == each.replayed for each in self.compared)


def replay(
    journal: Journal,
    history: History,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Replayed:
    """Build the statements again, in a folder that is thrown away, and compare them with those that are there.

    Args:
        journal: What is replayed.
        history: The statements that are there.
        progress: Told the position reached and the head, now and then.

    Raises:
        ProjectionStopped: An event cannot be projected.
        FolderError: There is no event to compare at.
    """
    position = history.position
    if not position:
        raise FolderError("nothing has been projected yet")
    with TemporaryDirectory(prefix="regiolog-replay-") as scratch:
        writer = HistoryWriter.open(Path(scratch) / FILE, readonly=False)
        projector = Projector(journal, writer)
        try:
            projector.catch_up(progress)
            return _compare(history, writer, position)
        finally:
            projector.close()


def moments(history: History, position: int) -> list[tuple[date, int]]:
    """A dozen pairs of a day and a position, spread over both clocks; the last is the last day at the last position."""
    first = history.coverage
    last = max(day_of(history.known_of(position)), date.fromordinal(max(history.key(date.max, position).breakpoint, 1)))
    days = [first + timedelta((last - first).days * step // (MOMENTS - 1)) for step in range(MOMENTS)]
    positions = [1 + (position - 1) * step // (MOMENTS - 1) for step in range(MOMENTS)]
    return [(days[(step * _STRIDE + _SHIFT) % MOMENTS], positions[step]) for step in range(MOMENTS)]


def _compare(there: History, again: History, position: int) -> Replayed:
    head = there.known_of(position)
    compared = [Compared(None, head, digest.of_history(there, position), digest.of_history(again, position))]
    keys: list[tuple[SnapshotKey, SnapshotKey]] = []
    for at, known in moments(again, position):
        instant = again.known_of(known)
        pair = (there.key(at, there.position_at(instant)), again.key(at, again.position_at(instant)))
        keys.append(pair)
        compared.append(Compared(at, instant, digest.of_snapshot(there, pair[0]), digest.of_snapshot(again, pair[1])))
    difference = None
    if any(each.there != each.replayed for each in compared):
        difference = _first(there.ever(position), again.ever(position), position)
    return Replayed(position, again.version, compared, difference)


def _first(there: Iterable[Timed], again: Iterable[Timed], position: int) -> tuple[str, Timed] | None:
    """The statement that was opened first among those that only one side has, and which side that is."""
    ours = {_until(timed, position) for timed in there}
    theirs = {_until(timed, position) for timed in again}
    only = [("only in what is there", timed) for timed in ours - theirs]
    only += [("only in what was replayed", timed) for timed in theirs - ours]
    return min(only, key=lambda found: (found[1].opened, found[1].statement, found[0]), default=None)


def _until(timed: Timed, position: int) -> Timed:
    """A statement as it stood at a position: what closed it later has not happened."""
    return timed if timed.closed <= position else timed._replace(closed=NEVER)
