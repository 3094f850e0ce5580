"""The schedule (oogstschema): the one process that harvests each source of a register when it is due.

When a source is due next is kept in the memory of harvesting, and nowhere else: a run that was missed, or was cut
short, is found there and done once, however long nobody looked. APScheduler waits until then, and calls.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from apscheduler.executors.base import BaseExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from regiolog.events.errors import FolderError, Interrupted, RegiologError
from regiolog.events.temporal import Clock
from regiolog.sync import leading
from regiolog.sync.due import Trigger, UnusableSchedule, later, next_due, trigger_of
from regiolog.sync.harvest.harvesting import Harvester
from regiolog.sync.harvest.report import Report

AT_ONCE: Final = 4
"""How many sources are harvested at the same time, at most."""

_GLANCE: Final = 0.1
"""Seconds between two looks at whether to end, or to lead."""

_PATIENCE: Final = 1.5
"""For how many seconds harvests that were told to end are waited for."""

_LOOK: Final = 60.0
"""Seconds after which the clock is looked at anew: it may have been set, or the machine may have slept."""

_AGAIN: Final = timedelta(minutes=1)
"""When a source is tried again that somebody else was harvesting just then."""


class Schedule:
    """Harvests the sources of one register, each when it is due; one process at a time, however many are started.

    Args:
        harvester: Harvests them; it is told to end by the same event.
        folder: The data folder.
        stop: Ends everything when it is set. A handler of a signal may set it, as long as nobody waits for it
            (:meth:`threading.Event.wait`) in the main thread; :meth:`run` does not.
        clock: Tells the instant of now.
        say: Told, a sentence at a time, what goes on and what went wrong outside of a run's report.
        done: Given the report of each run, whatever became of it. Both are called from several threads, one at a time.

    Attributes:
        left: After :meth:`run`, the sources whose harvest did not end in time, as one does that a file system keeps
            waiting. It is in a thread that keeps no process from ending, and what it was at is recorded whole or not at
            all; a process that has such ends best with :func:`os._exit`, which leaves it where it is.

    Raises:
        UnusableSchedule: No source has a schedule, or one cannot be read.
    """

    def __init__(
        self,
        harvester: Harvester,
        folder: Path,
        *,
        stop: threading.Event,
        clock: Clock,
        say: Callable[[str], None],
        done: Callable[[Report], None],
    ) -> None:
        """Read the schedules."""
        self._triggers: dict[str, Trigger] = {}
        for name, source in harvester.sources.items():
            if source.schedule is not None:
                try:
                    self._triggers[name] = trigger_of(source.schedule)
                except UnusableSchedule as error:
                    raise UnusableSchedule(f"the schedule of {name} cannot be used: {error}") from None
        if not self._triggers:
            raise UnusableSchedule("no source has a schedule: the settings declare none with a `schedule`")
        self.left: frozenset[str] = frozenset()
        self._harvester = harvester
        self._folder = folder
        self._stop = stop
        self._clock = clock
        self._say = say
        self._done = done
        self._telling = threading.Lock()
        self._running: set[str] = set()
        self._scheduler = _scheduler()

    def run(self) -> None:
        """Wait to be the one that harvests, and harvest until told to end; it returns within two seconds of that.

        Raises:
            FolderError: The data folder cannot be used.
        """
        with self._leading() as leads:
            if not leads:
                return
            for name in self._triggers:
                memory, now = self._harvester.runs.of(name), self._clock()
                due = next_due(self._harvester.sources[name], memory, now) or now
                if memory.due not in {None, due}:
                    self._harvester.runs.postpone(name, due)  # at once, so that no later start puts it off again
                self._scheduler.add_job(
                    self._harvest, _Due(self._triggers[name]), (name,), id=name, next_run_time=self._in(max(due, now))
                )
            count = len(self._triggers)
            self._tell(self._say, f"harvesting {count} source{'s' if count > 1 else ''} on schedule")
            self._scheduler.start()
            try:
                self._wait()
            finally:
                self._end()

    def _wait(self) -> None:
        """Wait to be told to end, without a lock that a handler of a signal would find taken."""
        look = time.monotonic() + _LOOK
        while not self._stop.is_set():
            time.sleep(_GLANCE)
            if time.monotonic() >= look:
                look = time.monotonic() + _LOOK
                self._scheduler.wakeup()

    def _end(self) -> None:
        """Begin nothing more, and wait a little for what is under way."""
        self._scheduler.shutdown(wait=False)
        patience = time.monotonic() + _PATIENCE
        while self._running and time.monotonic() < patience:
            time.sleep(_GLANCE / 5)
        self.left = frozenset(self._running)
        if self.left:
            self._tell(self._say, f"did not wait for the harvest of {', '.join(sorted(self.left))}")

    def _harvest(self, name: str) -> None:
        """Harvest a source, and write down when it is due next; what is cut short stays due."""
        if self._stop.is_set():
            return
        self._running.add(name)
        try:
            begun = self._clock()
            report, wrong = self._report(name)
            if report is None and wrong is None:
                return
            due = later(self._triggers[name].after(begun, self._clock()), report, self._clock())
            if report is not None and report.outcome == "busy":
                due = min(due, self._clock() + _AGAIN)
            else:
                try:
                    self._harvester.runs.postpone(name, due)
                except FolderError as error:
                    wrong = wrong or str(error)
            with suppress(JobLookupError):  # it was told to end meanwhile
                self._scheduler.modify_job(name, next_run_time=self._in(due))
            if report is not None:
                self._tell(self._done, report)
            if wrong is not None:
                self._tell(self._say, f"{name}: {wrong}")
        finally:
            self._running.discard(name)

    def _report(self, name: str) -> tuple[Report | None, str | None]:
        """What became of a run, or what went wrong; neither when it was cut short."""
        try:
            return self._harvester.harvest(name), None
        except Interrupted:
            return None, None
        except RegiologError as error:
            return None, str(error)
        except BaseException as error:  # noqa: BLE001 - a panic of a parser is no Exception, and ends no other's harvest
            return None, f"its harvest failed by a mistake of regiolog: {error!r}"

    def _tell(self, whom: Callable[[Any], None], what: object) -> None:
        with self._telling:
            whom(what)

    def _in(self, due: datetime) -> datetime:
        """When that is by the clock of this machine, which APScheduler goes by."""
        return datetime.now(UTC) + (due - self._clock())

    @contextmanager
    def _leading(self) -> Iterator[bool]:
        """Be the one that harvests; the operating system lets go when this process ends, however it does.

        Raises:
            FolderError: The data folder cannot be written.
        """
        try:
            file = os.open(self._folder / leading.LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise FolderError(f"the data folder {self._folder} cannot be written: {error.strerror}") from None
        try:
            glances = 0
            while not (leads := leading.taken(file)) and not self._stop.is_set():
                glances += 1
                if glances == 2:  # the first time somebody may merely have looked whether anybody leads
                    self._tell(self._say, "another process harvests on schedule here; waiting to take its place")
                time.sleep(_GLANCE)
            yield leads and not self._stop.is_set()
        finally:
            if not self.left:  # else it stays with this process, so that the next one finds all of its harvests ended
                os.close(file)


class _Due(BaseTrigger):  # type: ignore[misc] # APScheduler ships no types
    """A schedule as APScheduler asks for it: while a run is under way, after which its next time is set anyway."""

    def __init__(self, trigger: Trigger) -> None:
        self._trigger = trigger

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """The first time after now."""
        return self._trigger.after(previous_fire_time or now, now)


class _Threads(BaseExecutor):  # type: ignore[misc] # APScheduler ships no types
    """Runs jobs in a few threads that keep no process from ending, as those of concurrent.futures do."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._room = threading.Semaphore(most)

    def _do_submit_job(self, job: Any, run_times: list[datetime]) -> None:  # noqa: ARG002 - late is no reason
        threading.Thread(target=self._run, args=(job,), name=f"harvest {job.id}", daemon=True).start()

    def _run(self, job: Any) -> None:
        try:
            with self._room:
                job.func(*job.args)
        finally:
            self._run_job_success(job.id, ())


def _scheduler() -> Any:
    """APScheduler, which keeps nothing, and says nothing unless somebody asked to hear it."""
    log = logging.getLogger("apscheduler")
    if not log.handlers:
        log.addHandler(logging.NullHandler())
    every_job = {"max_instances": 1, "coalesce": True, "misfire_grace_time": None}
    return BackgroundScheduler(timezone=UTC, executors={"default": _Threads(AT_ONCE)}, job_defaults=every_job)
