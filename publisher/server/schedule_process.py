"""The schedule's process beside a service: started by the keeper, started again when it ends, and ended with it."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from regiolog.events.errors import RegiologError
from regiolog.publisher.server.http_process import end_with_keeper

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

    from regiolog.publisher.settings import Settings
    from regiolog.sync.harvest.report import Report

_GRACE: Final = 4.0
"""For how many seconds the process is waited for when the service ends; it takes two of its own."""

_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 60.0
"""Seconds after which a process that ended by itself is started again; they double, until one lasts for longer."""


class Scheduled:
    """Harvests on schedule as long as it is not closed, whatever ends the process that does.

    Args:
        settings: What is harvested, where to.
        say: Told what is going on, a sentence at a time.
    """

    def __init__(self, settings: Settings, say: Callable[[str], None]) -> None:
        """Start the process, and a thread that watches it."""
        self._settings = settings
        self._say = say
        self._ending = threading.Event()
        self._starting = threading.Lock()
        self._process = self._started()
        self._watching = threading.Thread(target=self._watch, name="schedule", daemon=True)
        self._watching.start()

    def close(self) -> None:
        """End the process."""
        with self._starting:
            self._ending.set()
            self._process.terminate()
        self._watching.join(_GRACE)
        self._process.kill()
        self._watching.join()

    def _watch(self) -> None:
        """Wait for the process to end, and start another after a while, unless it was meant to."""
        pause = _FIRST_PAUSE
        while True:
            begun = time.monotonic()
            self._process.join()
            if self._ending.is_set():
                return
            if time.monotonic() - begun > _LONGEST_PAUSE:
                pause = _FIRST_PAUSE
            self._say(
                f"the process that harvests on schedule ended ({self._process.exitcode}); "
                f"another is started in {pause:g} s"
            )
            self._ending.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
            with self._starting:
                if self._ending.is_set():
                    return
                self._process = self._started()

    def _started(self) -> SpawnProcess:
        process = multiprocessing.get_context("spawn").Process(target=_harvest, args=(self._settings,), name="schedule")
        process.start()
        return process


def _harvest(settings: Settings) -> None:
    """Harvest on schedule until SIGTERM, or until the keeper is gone; this is the process."""
    threading.Thread(target=end_with_keeper, name="keeper", daemon=True).start()
    # The keeper's process needs none of this.
    from regiolog.publisher.harvests.on_schedule import OnSchedule  # noqa: PLC0415
    from regiolog.publisher.harvests.telling import line  # noqa: PLC0415

    def done(report: Report) -> None:
        _say(line(report))

    try:
        ended = OnSchedule(settings, say=_say, done=done).run()
    except RegiologError as error:
        _say(str(error))
        sys.exit(1)
    if not ended:
        sys.stderr.flush()
        os._exit(0)


def _say(sentence: str) -> None:
    """Say a sentence beside the service's own; standard output is the service's."""
    sys.stderr.write(f"regiolog: {sentence}\n")
    sys.stderr.flush()
