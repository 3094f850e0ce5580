"""What servers that are measured have in common: a free port, waiting until they answer, their end, their CPU time."""

from __future__ import annotations

import http.client
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

from tests.processes import family

_PATIENCE: Final = 120.0
_GRACE: Final = 10.0
HOST: Final = "127.0.0.1"


class Server(NamedTuple):
    """A server that runs.

    Attributes:
        pid: Its process; whatever that started belongs to it.
        port: Where it listens.
    """

    pid: int
    port: int


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: Sequence[str | Path], port: int, *, log: Path, path: str = "/") -> Iterator[Server]:
    """Run a server until the block ends.

    Args:
        command: How it is started, in the foreground.
        port: Where it listens.
        log: Where what it says goes.
        path: What it is asked for, to see whether it answers.

    Raises:
        RuntimeError: It ended, or did not answer.
    """
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT)
    try:
        _await(process, port, path, log)
        yield Server(process.pid, port)
    finally:
        process.terminate()
        try:
            process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def clock(pid: int) -> float:
    """The CPU time that a process has taken, user's and system's, in seconds.

    Linux keeps a clock for every process, exact to the nanosecond, where ``/proc`` tells hundredths of a second.

    Raises:
        OSError: It has ended.
    """
    return time.clock_gettime(~pid << 3 | 2)  # the number that clock_getcpuclockid gives it


def processor_time(pid: int) -> dict[int, float]:
    """The CPU time of a process and of each that it started, in seconds, by process."""
    found: dict[int, float] = {}
    for each in family(pid):
        with suppress(OSError):  # it has ended since
            found[each] = clock(each)
    return found


def spent(before: dict[int, float], after: dict[int, float]) -> float:
    """The CPU time between two readings, in seconds; of a process that ended in between nothing is known.

    Args:
        before: The first reading; a process that it does not have began afterwards.
        after: The second reading.
    """
    return sum(seconds - before.get(pid, 0.0) for pid, seconds in after.items())


def _await(process: subprocess.Popen[bytes], port: int, path: str, log: Path) -> None:
    patience = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < patience:
        connection = http.client.HTTPConnection(HOST, port, timeout=_PATIENCE)
        try:
            connection.request("GET", path)
            connection.getresponse().read()
        except OSError:
            time.sleep(0.05)
        else:
            return
        finally:
            connection.close()
    raise RuntimeError(f"{process.args!r} did not answer: {log.read_text('utf-8', 'replace')[-2_000:]}")
