"""Schedules that run: in a thread of the test, or in processes of their own that can be killed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from regiolog.sync.harvest.harvesting import Harvester
from regiolog.sync.harvest.report import Report
from regiolog.sync.schedule import Schedule
from tests.harvest.lists import Register

PROCESS = Path(__file__).parent / "soak" / "schedule_process.py"
PATIENCE = 20.0


def soon(happens: Callable[[], object], within: float = PATIENCE) -> None:
    """Wait until something holds, and fail when it never does."""
    patience = time.monotonic() + within
    while not happens():
        assert time.monotonic() < patience, f"it did not happen within {within} seconds"
        time.sleep(0.01)


class Running:
    """A schedule in a thread of this process, while the block runs.

    Attributes:
        said: What it said.
        done: The reports of its runs.
        schedule: The schedule.
    """

    def __init__(self, register: Register) -> None:
        """Start nothing yet."""
        self.said: list[str] = []
        self.done: list[Report] = []
        self._stop = threading.Event()
        self.schedule = Schedule(
            Harvester(register.folder, register.sources, stop=self._stop),
            register.folder.path,
            stop=self._stop,
            clock=register.clock,
            say=self.said.append,
            done=self.done.append,
        )
        self._thread = threading.Thread(target=self.schedule.run)

    @property
    def outcomes(self) -> list[tuple[str, str]]:
        """What became of each run, in the order in which they ended."""
        return [(report.source, report.outcome) for report in self.done]

    def runs(self, count: int) -> None:
        """Wait for so many runs."""
        soon(lambda: len(self.done) >= count)

    def __enter__(self) -> Self:
        """Start it."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it, as soon as it says that it ends."""
        self._stop.set()
        self._thread.join(2.5)
        assert not self._thread.is_alive(), "it does not end"


class Apart:
    """A schedule in a process of its own, ended with the block unless it has ended.

    Args:
        data: The data folder.
        declarations: The file with the declarations of the sources.
    """

    def __init__(self, data: Path, declarations: Path) -> None:
        """Start it."""
        self.process = subprocess.Popen(
            [sys.executable, str(PROCESS), str(data), str(declarations)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def says(self, sentence: str, within: float = PATIENCE) -> None:
        """Wait until it has said something."""
        soon(lambda: any(sentence in line for line in self.said), within)

    def end(self, how: signal.Signals = signal.SIGTERM, within: float = PATIENCE) -> tuple[int, str]:
        """End it, and return its exit code and what it said on standard error."""
        self.process.send_signal(how)
        assert self.process.stderr is not None
        with self.process.stderr as stream:
            code = self.process.wait(within)
            wrong = stream.read()
        self._reader.join(PATIENCE)
        return code, wrong

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as stream:
            for line in stream:
                self.said.append(line.strip())

    def __enter__(self) -> Self:
        """The process."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Kill it, unless it has ended."""
        if self.process.poll() is None:
            with suppress(ProcessLookupError):
                self.end(signal.SIGKILL)


def declare(place: Path, **declarations: Mapping[str, Any]) -> Path:
    """Write the declarations of sources, by name, beside their documents."""
    path = place / "sources.json"
    path.write_text(json.dumps(declarations))
    return path
