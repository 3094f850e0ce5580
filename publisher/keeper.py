"""Keeping: opening a register, and keeping its statements up to date, which one process does at a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from regiolog.events.errors import FolderError, ProjectionStopped
from regiolog.events.journal_sqlite import FILE as JOURNAL
from regiolog.events.temporal import Clock, system_clock
from regiolog.sync.folder import Folder
from regiolog.sync.projection.projector import FolderInUse, Lock, Projector, Standing

_PASSING: Final = 2.0

Progress = Callable[[int, int], None]
"""Told how much is done, and of how much."""


def quiet(_done: int, _all: int) -> None:
    """Progress that nobody watches."""


def open_register(path: Path, clock: Clock = system_clock, *, may_begin: bool = False) -> Folder:
    """Open a data folder in which a register has begun.

    Args:
        path: Where it is.
        clock: Tells the instant of now.
        may_begin: Whether one may begin there now, as a copy of another one does, so that an empty folder will do.

    Raises:
        FolderError: It has not, or the folder cannot be used; one sentence says why, or how to begin.
    """
    if may_begin:
        return Folder(path, create=True, clock=clock)
    if (path / JOURNAL).exists():
        folder = Folder(path, clock=clock)
        if folder.journal.head():
            return folder
        folder.close()
    raise FolderError(f"there is no register in {path} yet: begin one with `regiolog serve --data {path}`")


class Keeper:
    """Whoever keeps a data folder's statements up to date: the lock, and behind it the projector."""

    def __init__(self, folder: Folder) -> None:
        """Take the folder's lock; a command that is merely catching up may hold it for a moment.

        Raises:
            FolderInUse: Another process holds it.
        """
        self._folder = folder
        self._projector: Projector | None = None
        patience = time.monotonic() + _PASSING
        while True:
            try:
                self._lock: Lock = folder.lock()
            except FolderInUse:
                if time.monotonic() > patience:
                    raise
                time.sleep(0.05)
            else:
                return

    def begin(self, say: Callable[[str], None] = lambda _: None, progress: Progress = quiet) -> None:
        """Project what the journal holds.

        What cannot be projected stops the projector, and is said; what was projected before can be served.

        Raises:
            FolderError: There is nothing that can be served.
        """
        self._projector = self._folder.projector(say)
        try:
            self._projector.catch_up(progress)
        except ProjectionStopped as stopped:
            if not self._projector.position:
                raise
            say(str(stopped))

    def follow(self) -> None:
        """Go on projecting, in a thread of its own, unless the projector stopped."""
        if self._projector is not None and self._projector.standing().stopped is None:
            self._projector.follow()

    def standing(self) -> Standing:
        """How far the projector is."""
        if self._projector is None:
            raise FolderError("nothing has been projected yet")
        return self._projector.standing()

    def close(self) -> None:
        """Stop projecting, and let go of the lock."""
        if self._projector is not None:
            self._projector.close()
        self._lock.release()
