"""A data folder: the journal that is kept, the statements that can be burnt, and the lock of who projects."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from regiolog.events.errors import FolderError
from regiolog.events.journal import Journal
from regiolog.events.journal_sqlite import open_journal
from regiolog.events.temporal import Clock, system_clock
from regiolog.sync.projection import projection
from regiolog.sync.projection.projector import FolderInUse, Lock, Projector
from regiolog.sync.statements.history import History
from regiolog.sync.statements.history_writer import HistoryWriter
from regiolog.sync.statements.table import FILE, LAYOUT, StatementsDamaged

SPOOL: Final = "spool"

_PATIENCE: Final = 30.0


class Folder:
    """One data folder, opened.

    Args:
        path: Where it is.
        create: Whether to make it when it is not there.
        clock: Tells the instant of now.
    """

    def __init__(self, path: Path, *, create: bool = False, clock: Clock = system_clock) -> None:
        """Open the journal.

        Raises:
            FolderError: There is no journal, or it cannot be used; one sentence says why.
        """
        self.path = path
        self.clock = clock
        if create:
            try:
                path.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise FolderError(f"the data folder {path} cannot be made: {error.strerror}") from None
        self.journal: Journal = open_journal(path, clock, create=create)
        if create and not self.journal.head() and (stands := self._stands()):
            self.journal.close()
            raise FolderError(
                f"the journal in {path} is empty, but its statements stand at event {stands}: put the journal back, "
                f"or remove {FILE} to begin anew"
            )

    @property
    def statements(self) -> Path:
        """The statement table's file."""
        return self.path / FILE

    @property
    def spool(self) -> Path:
        """Where answers are written before they are sent."""
        return self.path / SPOOL

    def _stands(self) -> int:
        """How far the statements are, whatever the journal says; 0 when there are none."""
        with suppress(FolderError), closing(History.open(self.statements)) as history:
            return history.position
        return 0

    def close(self) -> None:
        """Let go of the journal."""
        self.journal.close()

    def lock(self) -> Lock:
        """Take the projector's lock.

        Raises:
            FolderInUse: Another process holds it.
        """
        return Lock(self.path)

    def projector(self, say: Callable[[str], None] = lambda _: None) -> Projector:
        """The folder's projector; whoever asks holds the lock. Statements that cannot be read are burnt.

        Raises:
            FolderError: The statements were made by a newer version, or cannot be written.
        """
        return Projector(self.journal, self._writer(say), say)

    def history(
        self,
        say: Callable[[str], None] = lambda _: None,
        progress: Callable[[int, int], None] = lambda _done, _all: None,
    ) -> History:
        """The statements up to the head of the journal, to read.

        Where no other process projects, they are caught up first; else the one that does is waited for.

        Raises:
            FolderError: The other process does not reach the head.
            ProjectionStopped: An event cannot be projected.
        """
        head = self.journal.head()
        current = self._at(head)
        if current is not None:
            return current
        try:
            lock = self.lock()
        except FolderInUse:
            return self._wait(head)
        try:
            projector = self.projector(say)
            try:
                projector.catch_up(progress)
            finally:
                projector.close()
        finally:
            lock.release()
        return History.open(self.statements)

    def _at(self, head: int) -> History | None:
        """The statements, when they are those of this journal up to its head, and of this version."""
        history: History | None = None
        with suppress(FolderError):  # whoever catches up will say what is wrong, or mend it
            last = self.journal.at(head)
            history = History.open(self.statements)
            history.check()
            made_by = (history.layout, history.version, history.meta("last"))
            if last is not None and made_by == (LAYOUT, projection.VERSION, last.event.id):
                return history
        if history is not None:
            history.close()
        return None

    def _wait(self, head: int) -> History:
        """The statements, once the process that projects has reached a position."""
        patience = time.monotonic() + _PATIENCE
        stands, stopped = 0, None
        while time.monotonic() < patience and stopped is None:
            with suppress(FolderError):  # while the first ones are still being written
                history = History.open(self.statements)
                stands, stopped = history.position, history.stopped
                if stands >= head:
                    return history
                history.close()
            time.sleep(0.02)
        raise FolderError(
            stopped or f"the regiolog that uses {self.path} stands at event {stands} of {head}: look at its status"
        )

    def _writer(self, say: Callable[[str], None]) -> HistoryWriter:
        """The projector's connection to the statements.

        Raises:
            FolderError: They can neither be read nor written.
        """
        history: HistoryWriter | None = None
        try:
            history = HistoryWriter.open(self.statements, readonly=False)
            history.check()
        except StatementsDamaged:
            if history is not None:
                history.close()
            say("building the statements again: they cannot be read")
            for suffix in ("", "-wal", "-shm"):
                self.statements.with_name(f"{FILE}{suffix}").unlink(missing_ok=True)
            return HistoryWriter.open(self.statements, readonly=False)
        return history
