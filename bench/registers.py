"""Made-up registers, and the one that ships, in data folders, built once for all groups that ask for them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from bench.filling import ARCHIVE, SIZES, Hand, Size, fill
from bench.generator import generate
from regiolog.publisher.beginning import load_archive
from regiolog.sync.folder import Folder
from regiolog.sync.queries.workers import QueryWorkers
from regiolog.sync.statements.history import History


class Rebuilt(NamedTuple):
    """What it took to build the statements of a folder, in a process that did nothing else.

    Attributes:
        seconds: CPU time.
        before: The most memory that the process had taken before, in bytes.
        peak: The most memory that it took, in bytes.
    """

    seconds: float
    before: int
    peak: int


class Registers:
    """The registers of one run.

    Args:
        path: A folder to put them in.
        seed: What they are made from.
    """

    def __init__(self, path: Path, seed: int) -> None:
        self._path = path
        self._rebuilt: dict[Size, Rebuilt] = {}
        self.seed = seed

    def scratch(self, name: str) -> Path:
        """A new folder for something that is thrown away."""
        count = len(list(self._path.glob(f"{name}*")))
        path = self._path / f"{name}-{count}"
        path.mkdir()
        return path

    def journal(self, size: Size) -> Path:
        """A folder with a journal of that size in it."""
        path = self._path / f"{size.municipalities}-{size.events}"
        if not path.exists():
            clock = Hand()
            folder = Folder(path, create=True, clock=clock)
            if size == ARCHIVE:
                clock.now = datetime.now(UTC)
                load_archive(folder.journal, None, clock=clock)
            else:
                fill(folder.journal, clock, generate(size, self.seed))
            folder.close()
        return path

    def history(self, size: Size) -> History:
        """The statements of a register of that size, to read."""
        path = self.journal(size)
        if size not in self._rebuilt:
            self.rebuild(size)
        return History.open(path / "statements.sqlite")

    def copied(self, size: Size) -> Path:
        """A copy of a register with its statements, to be served or to be written to."""
        self.history(size).close()
        path = self.scratch("copy")
        shutil.copytree(self.journal(size), path, dirs_exist_ok=True)
        return path

    @contextmanager
    def at_work(self, size: Size) -> Iterator[tuple[Folder, History, QueryWorkers]]:
        """A copy of a register with everything at work as in the service: a projector that follows, and one worker."""
        folder = Folder(self.copied(size))
        projector = folder.projector()
        projector.follow()
        history = History.open(folder.statements)
        with QueryWorkers(folder.statements, spool=folder.spool, size=1) as workers:
            yield folder, history, workers
        history.close()
        projector.close()
        folder.close()

    def rebuild(self, size: Size) -> Rebuilt:
        """Build the statements of a register anew, in a process of its own."""
        path = self.journal(size)
        burn(path)
        command = [sys.executable, "-m", "bench.rebuild", str(path)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        self._rebuilt[size] = Rebuilt(**json.loads(done.stdout))
        return self._rebuilt[size]


def burn(folder: Path) -> None:
    """Remove the statements of a folder."""
    for path in folder.glob("statements.sqlite*"):
        path.unlink()


def named(name: str) -> Size:
    """The size of a name."""
    return SIZES[name]
