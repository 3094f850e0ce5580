"""Keeps clients that send or read slowly from holding the threads of a server whose threads wait for them.

granian hands a request to a thread before its body is there, and keeps the thread until the last byte of an answer is
taken. A few clients that do nothing would then hold all threads. So only so many threads may wait for clients at a
time, and a connection on which nothing moves is ended.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from io import SEEK_END, BytesIO
from pathlib import Path
from stat import S_ISSOCK
from typing import IO, TYPE_CHECKING, Final, Self

from regiolog.events.errors import QueryOverload
from regiolog.publisher.server.headers import refused

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

AT_ONCE: Final = 2**20
"""Answers up to this many bytes are handed over in one piece, for which no thread waits."""

_SOON: Final = 0.25
"""How many seconds a request may wait to be read, where many are already."""

_LAST_SENT, _LAST_RECEIVED = 44, 52
"""Where Linux says how many milliseconds ago data was sent and received, in the struct of ``TCP_INFO``."""


class Patient:
    """An application whose requests wait for slow clients, but never too many of them.

    Args:
        application: What answers.
        slow: How many may wait for the bodies of their requests, and how many for their answers to be taken.
        longest: How many bytes of a body are read; the application refuses what is longer.
    """

    def __init__(self, application: WSGIApplication, slow: int, longest: int) -> None:
        self._application = application
        self._slow = slow
        self._longest = longest
        self._bodies = threading.BoundedSemaphore(slow)
        self._answers = threading.BoundedSemaphore(slow)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        environ["wsgi.file_wrapper"] = self._sent
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if 0 < length <= self._longest or "HTTP_TRANSFER_ENCODING" in environ:
            if not self._bodies.acquire(timeout=_SOON):
                reason = f"{self._slow} requests wait for their bodies already, which is the limit"
                return refused("overload", reason)(environ, start_response)
            try:
                body = bytes(environ["wsgi.input"].read(self._longest + 1))
            finally:
                self._bodies.release()
            if len(body) < length:
                reason = f"the body ended after {len(body)} of its {length} bytes"
                return refused("bad-request", reason)(environ, start_response)
            environ["wsgi.input"] = BytesIO(body)
        return self._application(environ, start_response)

    def _sent(self, file: IO[bytes], size: int = 2**16) -> Iterable[bytes]:
        """The pieces of an answer; a long one is refused where too many are on their way."""
        here = file.tell()
        length = file.seek(0, SEEK_END) - here
        file.seek(here)
        if length <= AT_ONCE:
            return _Pieces(file, AT_ONCE, lambda: None)
        if not self._answers.acquire(timeout=_SOON):
            file.close()
            raise QueryOverload(f"{self._slow} long answers are being sent already, which is the limit")
        return _Pieces(file, size, self._answers.release)


def end_the_idle(port: int, seconds: float) -> None:
    """End every connection of this process to a port of ours on which nothing moved, either way, for so long.

    Which they are is asked of the system, for the server does not say; where it cannot be asked, none is ended.
    """
    if sys.platform != "linux":
        return
    for number in [int(entry.name) for entry in Path("/proc/self/fd").iterdir()]:
        with suppress(OSError), _connection(number, port) as found:  # it was closed meanwhile, or is none
            state = found.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
            (sent,), (received,) = (struct.unpack_from("@I", state, at) for at in (_LAST_SENT, _LAST_RECEIVED))
            if min(sent, received) > seconds * 1000:
                found.shutdown(socket.SHUT_RDWR)


def go_on_ending_the_idle(port: int, seconds: float, every: float) -> None:
    """Do so for ever, in a thread of its own."""

    def go_on() -> None:
        while True:
            time.sleep(every)
            with suppress(OSError):
                end_the_idle(port, seconds)

    threading.Thread(target=go_on, name="idle", daemon=True).start()


@contextmanager
def _connection(number: int, port: int) -> Iterator[socket.socket]:
    """A connection of the server's, by the number of its descriptor.

    Raises:
        OSError: It is none.
    """
    if not S_ISSOCK(os.fstat(number).st_mode):
        raise OSError
    with socket.socket(fileno=os.dup(number)) as found:
        if found.family not in {socket.AF_INET, socket.AF_INET6} or found.getsockname()[1] != port:
            raise OSError
        found.getpeername()
        yield found


class _Pieces:
    """The pieces of a file, which is closed once, and said to be."""

    def __init__(self, file: IO[bytes], size: int, closed: Callable[[], None]) -> None:
        self._file = file
        self._size = size
        self._closed: Callable[[], None] | None = closed

    def __iter__(self) -> Self:
        """The pieces, in order."""
        return self

    def __next__(self) -> bytes:
        """The next piece."""
        piece = self._file.read(self._size)
        if not piece:
            raise StopIteration
        return piece

    def close(self) -> None:
        """Close the file."""
        closed, self._closed = self._closed, None
        if closed is not None:
            self._file.close()
            closed()

    def __del__(self) -> None:
        """The answer to HEAD is never read, nor closed."""
        self.close()
