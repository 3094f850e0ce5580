"""The composition root: everything that an answer needs, opened from the settings and closed again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from types import TracebackType
from typing import Final, NamedTuple, Self, TypeVar, cast
from weakref import WeakSet

from regiolog.events.errors import QueryOverload
from regiolog.events.temporal import Clock, system_clock, today
from regiolog.publisher.dumps import Dumps
from regiolog.publisher.feed.paging import Paging
from regiolog.publisher.feed.shelf import Shelf
from regiolog.publisher.keeper import Keeper, open_register
from regiolog.publisher.settings import Settings
from regiolog.publisher.sparql.dataset import REGISTER, Graphs
from regiolog.sync.folder import Folder
from regiolog.sync.projection.projector import Standing
from regiolog.sync.queries.workers import QueryWorkers
from regiolog.sync.statements.history import History
from regiolog.sync.statements.moments import Moment, resolve

_SPARE: Final = 2
"""How many threads no query may hold, so that pages and the questions after our health are always answered."""

_MOMENTS: Final = 10_000
"""How many moments are remembered."""

Made = TypeVar("Made")

_PATIENCE: Final = 0.25
"""For how many seconds a long answer waits until another is done, unless it says otherwise."""


def query_workers(settings: Settings, folder: Folder, *, size: int | None = None) -> QueryWorkers:
    """The processes that answer queries on a data folder, within the limits of the settings."""
    return QueryWorkers(
        folder.statements,
        spool=folder.spool,
        size=size or settings.workers,
        deadline=settings.deadline,
        share=settings.share,
        memory_bytes=settings.memory,
        answer_bytes=settings.answer_bytes,
        answer_rows=settings.answer_rows,
        scoped=settings.scoped,
        waiting=max(0, min(settings.queue, settings.threads - settings.workers - _SPARE)),
        max_length=settings.query_bytes,
        max_depth=settings.query_depth,
    )


class Era(NamedTuple):
    """A time in which nothing was recorded, and that lies in one day.

    Attributes:
        edition: A number that is another once something was recorded.
        day: The day in Brussels.
    """

    edition: int
    day: date


class Service:
    """One register, open to be asked; made once in each process that answers.

    Attributes:
        settings: How this process behaves.
        folder: The data folder.
        workers: The processes that answer queries.
        clock: Tells the instant of now.
        graphs: Which graphs a query can be asked of.
        dumps: The whole graphs that were written down last.
        paging: Where the pages of the feeds break.
        shelf: Their full pages.
    """

    def __init__(
        self, settings: Settings, folder: Folder, keeper: Keeper | None, clock: Clock, graphs: Graphs = REGISTER
    ) -> None:
        """Take what :meth:`open` opened, and start the query workers."""
        self.settings = settings
        self.folder = folder
        self.clock = clock
        self.graphs = graphs
        self.paging = Paging()
        self.shelf = Shelf(settings.data)
        self.dumps = Dumps()
        self._keeper = keeper
        self._mine = threading.local()
        self._opened: WeakSet[History] = WeakSet()
        self._guard = threading.Lock()
        self._watching = threading.Lock()
        self._watched: History | None = None
        self._moments: tuple[Era | None, dict[tuple[str | None, str | None], Moment]] = (None, {})
        self._made: tuple[Era | None, dict[str, object]] = (None, {})
        self._at_a_time = max(1, settings.threads // 4)
        self._few = threading.BoundedSemaphore(self._at_a_time)
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
            history = self._mine.history = self.connect()
        return history

    def connect(self) -> History:
        """The statements, through a further connection, which is closed with the service.

        Raises:
            FolderError: The statement table cannot be read.
        """
        history = History.open(self.folder.statements)
        with self._guard:
            self._opened.add(history)
        return history

    def era(self) -> Era:
        """The time that lasts until something is recorded, or a day passes."""
        with self._watching:
            if self._watched is None:
                self._watched = self.connect()
            return Era(self._watched.edition, today(self.clock))

    def moment(self, at: str | None, known: str | None, era: Era | None = None) -> Moment:
        """The moment that two coordinates mean, remembered as long as they mean the same.

        Where `known` is not given, that of the moment is the instant at which it was first asked for.

        Args:
            at: As :func:`regiolog.sync.statements.moments.resolve` takes it.
            known: Likewise.
            era: The time that it is, where that has been looked up already.

        Raises:
            BadMoment: A coordinate cannot be used.
        """
        now = era or self.era()
        of, known_moments = self._moments
        if of != now:
            known_moments = {}
            self._moments = (now, known_moments)
        found = known_moments.get((at, known))
        if found is None:
            found = resolve(self.history(), at, known, clock=self.clock)
            if len(known_moments) < _MOMENTS:
                known_moments[at, known] = found
        return found

    def once(self, what: str, make: Callable[[], Made]) -> Made:
        """Something that is made once an era, and remembered until the next.

        Args:
            what: What it is called here.
            make: Makes it, of what is recorded by then.
        """
        now = self.era()
        of, made = self._made
        if of != now:
            made = {}
            self._made = (now, made)
        if what not in made:
            made[what] = make()
        return cast("Made", made[what])

    @contextmanager
    def long_answer(self, patience: float = _PATIENCE) -> Iterator[None]:
        """Make a long answer in this thread: no more of them at a time than leave most threads to everybody else.

        Args:
            patience: For how many seconds it waits until another is done.

        Raises:
            QueryOverload: So many are being made already, and none was done in time.
        """
        if not self._few.acquire(timeout=patience):
            raise QueryOverload(f"{self._at_a_time} whole graphs are being written already, which is the limit")
        try:
            yield
        finally:
            self._few.release()

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
