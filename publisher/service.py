"""The composition root: everything that an answer needs, opened from the settings and closed again."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Final, Self
from weakref import WeakSet

from regiolog.events.temporal import Clock, system_clock
from regiolog.publisher.keeper import Keeper, open_register
from regiolog.publisher.settings import Settings
from regiolog.sync.folder import Folder
from regiolog.sync.history import History
from regiolog.sync.projector import Standing
from regiolog.sync.workers import QueryWorkers

_SPARE: Final = 2
"""How many threads no query may hold, so that pages and the questions after our health are always answered."""


def query_workers(settings: Settings, folder: Folder, *, size: int | None = None) -> QueryWorkers:
    """The processes that answer queries on a data folder, within the limits of the settings."""
    return QueryWorkers(
        folder.statements,
        spool=folder.spool,
        size=size or settings.workers,
        deadline=settings.deadline,
        memory_bytes=settings.memory,
        answer_bytes=settings.answer_bytes,
        waiting=max(0, min(settings.queue, settings.threads - settings.workers - _SPARE)),
        max_length=settings.query_bytes,
        max_depth=settings.query_depth,
    )


class Service:
    """One register, open to be asked; made once in each process that answers.

    Attributes:
        settings: How this process behaves.
        folder: The data folder.
        workers: The processes that answer queries.
        clock: Tells the instant of now.
    """

    def __init__(self, settings: Settings, folder: Folder, keeper: Keeper | None, clock: Clock) -> None:
        """Take what :meth:`open` opened, and start the query workers."""
        self.settings = settings
        self.folder = folder
        self.clock = clock
        self._keeper = keeper
        self._mine = threading.local()
        self._opened: WeakSet[History] = WeakSet()
        self._guard = threading.Lock()
        self.workers = query_workers(settings, folder)

    @classmethod
    def open(cls, settings: Settings, *, projecting: bool = True, clock: Clock = system_clock) -> Self:
        """Open the register in a data folder.

        Args:
            settings: Where it is, and how to answer.
            projecting: Whether this process projects; else another one does, and this one only reads.
            clock: Tells the instant of now.

        Raises:
            FolderError: There is no register, it cannot be used, or another process projects it.
        """
        folder = open_register(settings.data, clock)
        keeper = None
        try:
            if projecting:
                keeper = Keeper(folder)
                keeper.begin()
                keeper.follow()
            return cls(settings, folder, keeper, clock)
        except BaseException:
            if keeper is not None:
                keeper.close()
            folder.close()
            raise

    def history(self) -> History:
        """The statements, through a connection that belongs to the calling thread.

        Raises:
            FolderError: The statement table cannot be read.
        """
        history: History | None = getattr(self._mine, "history", None)
        if history is None:
            history = self._mine.history = History.open(self.folder.statements)
            with self._guard:
                self._opened.add(history)
        return history

    def standing(self) -> Standing:
        """How far the projector is, and why it stopped, whichever process it runs in."""
        if self._keeper is not None:
            return self._keeper.standing()
        history = self.history()
        return Standing(history.position, self.folder.journal.head(), history.stopped)

    def close(self) -> None:
        """End the query workers and the projector, and let go of the folder."""
        self.workers.close()
        if self._keeper is not None:
            self._keeper.close()
        with self._guard:
            for history in list(self._opened):
                history.close()
        self.folder.close()

    def __enter__(self) -> Self:
        """The service itself, closed when the block ends."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()
