"""Asks a server over a few connections that stay open, as fast as it answers; run in a process of its own.

Each line on stdin is one task, as JSON with the fields of `Task`, and is answered by one line with those of `Asked`.
"""

from __future__ import annotations

import json
import re
import select
import socket
import sys
import time
from typing import Final, NamedTuple

NUMBER: Final = "{n}"
"""What stands in a path for the number of the request, so that no two are the same."""

_PIECE: Final = 2**16
_END: Final = b"\r\n0\r\n\r\n"
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_CHUNKED: Final = re.compile(rb"\r\ntransfer-encoding: *chunked\r\n", re.IGNORECASE)
_CLOSES: Final = re.compile(rb"\r\nconnection: *close\r\n", re.IGNORECASE)
_PATIENCE: Final = 60.0


class Task(NamedTuple):
    """What to ask.

    Attributes:
        host: The server's address.
        port: Its port.
        paths: What to ask for, one after another and again from the first; :data:`NUMBER` in them is replaced.
        accept: In which form the answers are asked for.
        connections: How many requests are on the way at a time.
        seconds: How long to go on.
        first: The number of the first request.
        coding: Which content coding is accepted.
    """

    host: str
    port: int
    paths: list[str]
    accept: str
    connections: int
    seconds: float
    first: int
    coding: str = "identity"


class Asked(NamedTuple):
    """How it went.

    Attributes:
        requests: How many were answered.
        seconds: How long that took, on the wall.
        length: How many bytes came back, headers included.
        refused: The statuses other than 200 that came back.
    """

    requests: int
    seconds: float
    length: int
    refused: list[int]


class Reading:
    """One answer after another as they come in on a connection; of a body only its last few bytes are kept."""

    def __init__(self) -> None:
        """Wait for the first."""
        self._head = b""
        self._rest = 0
        self._tail: bytes | None = None
        self.status = 0
        self.closes = False

    def add(self, piece: bytes) -> bool:
        """Take what came, and say whether the answer is whole."""
        if self._tail is not None:
            self._tail = (self._tail + piece)[-len(_END) :]
        elif self._rest:
            self._rest -= len(piece)
        else:
            self._head += piece
            at = self._head.find(b"\r\n\r\n")
            if at < 0:
                return False
            self._begin(self._head[: at + 2], self._head[at + 4 :])
            self._head = b""
        if self._rest or self._tail not in {None, _END}:
            return False
        self._tail = None
        return True

    def _begin(self, head: bytes, body: bytes) -> None:
        self.status = int(head[9:12])
        self.closes = _CLOSES.search(head) is not None
        length = _LENGTH.search(head)
        if length is not None:
            self._rest = int(length[1]) - len(body)
        elif _CHUNKED.search(head) is not None:
            self._tail = (b"\r\n" + body)[-len(_END) :]  # an empty body is nothing but its end
        else:
            raise ValueError(f"an answer of unknown length: {head!r}")


class _Asking:
    """All connections of one task. It is lean, so that it is the server that is measured."""

    def __init__(self, task: Task) -> None:
        self._task = task
        after = (
            f" HTTP/1.1\r\nHost: {task.host}:{task.port}\r\n"
            f"Accept: {task.accept}\r\nAccept-Encoding: {task.coding}\r\n\r\n"
        )
        self._requests = [(f"GET {path}" + after).encode().partition(NUMBER.encode()) for path in task.paths]
        self._poll = select.epoll()
        self._open: dict[int, tuple[socket.socket, Reading]] = {}
        self._count = 0

    def run(self) -> Asked:
        """Ask until the time is over, and wait for what is on the way then."""
        requests = length = 0
        refused: set[int] = set()
        started = time.perf_counter()
        ends = started + self._task.seconds
        for _ in range(self._task.connections):
            self._ask(self._connected())
        while self._open:
            ready = self._poll.poll(_PATIENCE)
            if not ready:
                raise TimeoutError(f"no answer within {_PATIENCE:g} s")
            for number, _ in ready:
                connection, reading = self._open[number]
                piece = connection.recv(_PIECE)
                if not piece:
                    raise ConnectionError("the server closed a connection before its answer was whole")
                length += len(piece)
                if not reading.add(piece):
                    continue
                requests += 1
                if reading.status != 200:
                    refused.add(reading.status)
                if refused or time.perf_counter() >= ends:
                    self._leave(connection)
                elif reading.closes:
                    self._leave(connection)
                    self._ask(self._connected())
                else:
                    self._ask(connection)
        return Asked(requests, time.perf_counter() - started, length, sorted(refused))

    def _connected(self) -> socket.socket:
        connection = socket.create_connection((self._task.host, self._task.port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._open[connection.fileno()] = connection, Reading()
        self._poll.register(connection, select.EPOLLIN)
        return connection

    def _leave(self, connection: socket.socket) -> None:
        self._poll.unregister(connection)
        del self._open[connection.fileno()]
        connection.close()

    def _ask(self, connection: socket.socket) -> None:
        before, mark, after = self._requests[self._count % len(self._requests)]
        number = b"%d" % (self._task.first + self._count) if mark else b""
        self._count += 1
        connection.sendall(before + number + after)


def ask(task: Task) -> Asked:
    """Carry out a task."""
    return _Asking(task).run()


def main() -> None:
    """Carry out one task for each line."""
    for line in sys.stdin:
        sys.stdout.write(json.dumps(ask(Task(**json.loads(line)))._asdict()) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
