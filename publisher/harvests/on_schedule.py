"""Harvests on schedule: the sources of one register, in a process that does nothing else, until it is told to end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from typing import Final

from regiolog.events.errors import RegiologError
from regiolog.publisher.harvests.by_hand import begins_with
from regiolog.publisher.harvests.ending import until_told
from regiolog.publisher.keeper import open_register
from regiolog.publisher.settings import Settings
from regiolog.sync.due import UnusableSchedule
from regiolog.sync.harvest.harvesting import Harvester
from regiolog.sync.harvest.report import Report
from regiolog.sync.schedule import Schedule

_PATIENCE: Final = 2.0
"""For how many seconds the schedule is waited for, which waits for its harvests."""


class NothingDue(RegiologError):
    """No source has a schedule."""


class OnSchedule:
    """Harvests when sources are due.

    Args:
        settings: What is harvested, where to, and with which authority.
        say: Told, a sentence at a time, what goes on and what went wrong outside of a run.
        done: Given the report of each run.
        stop: Ends it when it is set, as SIGINT and SIGTERM do.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        say: Callable[[str], None],
        done: Callable[[Report], None],
        stop: threading.Event | None = None,
    ) -> None:
        """Harvest nothing yet."""
        self._settings = settings
        self._say = say
        self._done = done
        self._stop = stop or threading.Event()

    def run(self) -> bool:
        """Harvest until told to end, in the main thread.

        Returns:
            Whether everything has ended; else a harvest still hangs, and the process ends best without it, at once.

        Raises:
            NothingDue: No source has a schedule.
            FolderError: The data folder cannot be used, or no register has begun in it.
        """
        settings = self._settings
        scheduled = [source for source in settings.sources.values() if source.schedule is not None]
        with closing(open_register(settings.data, may_begin=begins_with(scheduled))) as folder:
            harvester = Harvester(folder, settings.sources, authority=settings.authority, stop=self._stop)
            try:
                schedule = Schedule(
                    harvester, folder.path, stop=self._stop, clock=folder.clock, say=self._say, done=self._done
                )
            except UnusableSchedule as error:
                raise NothingDue(str(error)) from None
            ended = until_told(schedule.run, self._stop, _PATIENCE)
            return ended and not schedule.left
