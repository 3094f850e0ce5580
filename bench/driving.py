"""Driving two servers in turn with the same load, and what one request takes of each: on the wall, and of its CPU."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Final, NamedTuple

from bench.load import NUMBER, Asked, Task
from bench.measure import Row, compared
from bench.processes import HOST, Server, processor_time, spent

CONNECTIONS: Final = 8
"""How many requests are on the way at a time."""
_WARM: Final = 0.3
_APART: Final = 1_000_000
"""By how much the first numbers of two tasks differ; more than one task has requests."""


class Target(NamedTuple):
    """What a server is asked.

    Attributes:
        server: The server.
        paths: What for, one after another.
        accept: In which form.
        coding: Which content coding is accepted.
    """

    server: Server
    paths: list[str]
    accept: str = "*/*"
    coding: str = "identity"


class Taken(NamedTuple):
    """What one request took, in seconds.

    Attributes:
        wall: What went by, on a machine that the client shares.
        processor: The CPU time of the server, and of all that belongs to it.
    """

    wall: float
    processor: float


class Load:
    """A client in a process of its own; its requests are numbered so that no two that bear a number are the same."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Take the process; use :func:`loading`."""
        self._process = process
        self._first = count(0, _APART)

    def ask(self, target: Target, seconds: float) -> Taken:
        """Ask for a while, and say what one request took.

        Raises:
            RuntimeError: An answer had another status than 200, or the client ended.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        server, first = target.server, next(self._first)
        task = Task(HOST, server.port, target.paths, target.accept, CONNECTIONS, seconds, first, target.coding)
        before = processor_time(target.server.pid)
        self._process.stdin.write(json.dumps(task._asdict()) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        after = processor_time(target.server.pid)
        if not line:
            raise RuntimeError(f"the client ended while it asked for {target.paths[0]}")
        asked = Asked(**json.loads(line))
        if asked.refused:
            raise RuntimeError(f"{target.paths[0]} was answered with {asked.refused}")
        return Taken(asked.seconds / asked.requests, spent(before, after) / asked.requests)


@contextmanager
def loading() -> Iterator[Load]:
    """A client to drive servers with, until the block ends."""
    command = [sys.executable, "-m", "bench.load"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Load(process)
        finally:
            process.kill()


def driven(load: Load, ours: Target, reference: Target, *, rounds: int, seconds: float) -> list[tuple[Taken, Taken]]:
    """Ask two servers in turn.

    Args:
        load: The client.
        ours: What our server is asked.
        reference: What the other is asked.
        rounds: How many rounds; the two change places in every other one.
        seconds: For how long each is asked in a round.
    """
    for target in (ours, reference):
        load.ask(target, _WARM)
    pairs: list[tuple[Taken, Taken]] = []
    for number in range(rounds):
        if number % 2:
            second = load.ask(reference, seconds)
            pairs.append((load.ask(ours, seconds), second))
        else:
            pairs.append((load.ask(ours, seconds), load.ask(reference, seconds)))
    return pairs


def rows(
    pairs: list[tuple[Taken, Taken]], number: str, what: str, against: str, *, at_least: float | None
) -> Iterator[Row]:
    """Two lines of the table: the CPU time of the server, which carries the goal, and requests a second on the wall.

    Args:
        pairs: What a request took in each round, ours and the reference's.
        number: The number of the goal.
        what: What was asked for.
        against: What the reference is.
        at_least: The goal; None where it is only reported.
    """
    processor = compared([(ours.processor, other.processor) for ours, other in pairs])
    yield processor.row(number, f"{what} (CPU)", against, at_least=at_least, speed=True, unit="µs")
    wall = compared([(ours.wall, other.wall) for ours, other in pairs])
    yield Row(
        "",
        "  … requests a second (wall)",
        1 / wall.ours,
        1 / wall.reference,
        "/s",
        "the same, which shares the machine with the client",
        1 / wall.ratio,
        noise=wall.noise,
    )


def numbered(path: str) -> str:
    """A path that is another with each request.

    Args:
        path: A path that ends in a query that was quoted, so that the number becomes a comment at its end.
    """
    return f"{path}%23{NUMBER}"
