"""The spool: where the whole of an answer is written before any of it is sent, in memory or in a file."""

from __future__ import annotations

import fcntl
import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Final

from regiolog.sync.queries.rows import Rows

MEMORY_SPOOL: Final = 1 << 20
"""Answers up to this many bytes travel through the socket; longer ones through a file."""

_SUFFIX: Final = ".answer"


class TooLarge(Exception):
    """The answer has more bytes than it may."""


class TooMany(Exception):
    """The answer has more rows, or triples, than it may."""


class Spool:
    """Where an answer is written: memory, and a file once it is long.

    Args:
        path: The file, made when it is needed.
        limit: How many bytes there may be.
        most: How many rows there may be, where :attr:`rows` is there to count them; each has a byte at the least.
    """

    def __init__(self, path: str, limit: int, most: int) -> None:
        self._path = path
        self._limit = limit
        self._most = most
        self.rows: Rows | None = None
        self._counting = False
        self._file = BytesIO()
        self.length = 0
        self.in_memory = True

    def write(self, data: bytes) -> int:
        """Take some bytes.

        Raises:
            TooLarge: There are too many.
            TooMany: They have too many rows.
        """
        self.length += len(data)
        if self.length > self._limit:
            raise TooLarge
        if self.in_memory and self.length > MEMORY_SPOOL:
            self._move_to_file()
        if self.rows is not None and self.length > self._most and self._count(data) > self._most:
            raise TooMany
        return self._file.write(data)

    def _count(self, data: bytes) -> int:
        """How many rows there are with these bytes; it takes up counting where there may be too many."""
        assert self.rows is not None
        if not self._counting:
            self._counting = True
            self._file.seek(0)
            self.rows.add(self._file.read())
        return self.rows.add(data)

    def flush(self) -> None:
        """Hand everything to the system; asked of whatever is written to."""
        self._file.flush()

    def close(self) -> bytes | None:
        """End writing, and return the bytes; None when they are in the file."""
        body = self._file.getvalue() if self.in_memory else None
        self._file.close()
        return body

    def _move_to_file(self) -> None:
        with _files_allowed():
            file = Path(self._path).open("x+b")  # noqa: SIM115 - closed with the spool
        file.write(self._file.getvalue())
        self._file.close()
        self._file = file  # type: ignore[assignment]
        self.in_memory = False


class SpoolFolder:
    """The folder of long answers, shared by the processes that use it."""

    def __init__(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._names = count(1)
        self._lock = os.open(path, os.O_RDONLY)
        with suppress(OSError):  # somebody else uses the folder: nothing in it is left over
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for left in path.glob(f"*{_SUFFIX}"):
                left.unlink(missing_ok=True)
        fcntl.flock(self._lock, fcntl.LOCK_SH)

    def next_file(self) -> str:
        """The path of a file that nobody else writes."""
        return f"{self._path}/{os.getpid()}-{time.time_ns()}-{next(self._names)}{_SUFFIX}"

    def close(self) -> None:
        """Let go of the folder; answers in it that were handed out stay until they are read."""
        if self._lock >= 0:
            os.close(self._lock)
        self._lock = -1


@contextmanager
def _files_allowed() -> Iterator[None]:
    """Allow a file to be opened after all."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    now = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, now)
