"""Patience: how long a publisher is waited for, and connections that keep to it whatever happens on them."""

from __future__ import annotations

import errno
import os
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

from regiolog.events.errors import Interrupted, Unreachable
from regiolog.sync.sources.guard import Place

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer  # collections.abc.Buffer, from Python 3.12 on

_GLANCE: Final = 0.05
"""Seconds between two looks at the clock, and at whether to end, while nothing comes."""

T = TypeVar("T")


class Patience:
    """Counts the seconds of one document at a time, and knows when to end.

    Whoever waits for something does it here, a glance at a time, so that a deadline holds over everything that a
    document takes: connecting, encryption, headers that drip, the body, and the pauses between attempts. Only the
    system's look-up of a name cannot be cut short.

    Args:
        seconds: How many seconds a document may take, all in all.
        silence: For how many seconds its publisher may do nothing.
        stop: Set when this process is to end.
    """

    def __init__(self, seconds: float, silence: float, stop: threading.Event) -> None:
        self.silence = silence
        self._seconds = seconds
        self._stop = stop
        self._what = ""
        self._end = 0.0

    def begin(self, what: str) -> None:
        """From now on the seconds count for this document, by which errors call it."""
        self._what = what
        self._end = time.monotonic() + self._seconds

    @property
    def left(self) -> float:
        """How many seconds are left."""
        return self._end - time.monotonic()

    def look(self) -> None:
        """Go on, unless there is a reason not to.

        Raises:
            Interrupted: This process is to end.
            Unreachable: No seconds are left.
        """
        if self._stop.is_set():
            raise Interrupted(f"{self._what} was not fetched to its end, since this process was told to end")
        if self.left <= 0:
            raise Unreachable(f"{self._what} did not come within {self._seconds:g} seconds")

    def pause(self, seconds: float) -> None:
        """Let so many seconds pass.

        Raises:
            Interrupted: This process is to end.
            Unreachable: No seconds are left.
        """
        self._stop.wait(min(seconds, max(self.left, 0)))
        self.look()

    def until(self, happens: Callable[[], T]) -> T:
        """Try something that waits for a glance, until it happens.

        Args:
            happens: Raises TimeoutError while there is nothing.

        Raises:
            TimeoutError: There was nothing for too long; OSError, as any failure of a connection is.
            Interrupted: This process is to end.
            Unreachable: No seconds are left.
        """
        began = time.monotonic()
        while True:
            self.look()
            try:
                return happens()
            except TimeoutError:
                if time.monotonic() - began >= self.silence:
                    raise TimeoutError(f"for {self.silence:g} seconds") from None

    def connection(self, place: Place) -> socket.socket:
        """Connect to a place.

        Raises:
            OSError: It cannot be connected to.
            Interrupted: This process is to end.
            Unreachable: No seconds are left.
        """
        made = _connection_class(self)(place.family, socket.SOCK_STREAM)
        try:
            made.setblocking(False)  # noqa: FBT003 - the system's own name
            code = made.connect_ex(place.socket_address)
            if code == errno.EINPROGRESS:
                self.until(lambda: _writable(made))
                code = made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                raise OSError(code, os.strerror(code))
            made.settimeout(_GLANCE)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except BaseException:
            made.close()
            raise
        return made

    def encryption(self, context: ssl.SSLContext) -> ssl.SSLContext:
        """Make the encrypted connections of a context keep to this patience too."""
        context.sslsocket_class = type("_Encrypted", (_Encrypted,), {"patience": self})
        return context


class _Connection(socket.socket):
    """A connection that waits as its patience says, and for as long; what others wish is not asked."""

    patience: Patience

    def settimeout(self, value: float | None) -> None:
        """Wait for a glance at a time, however long somebody would wait."""
        super().settimeout(_GLANCE if value != 0 else 0)

    def recv(self, bufsize: int, flags: int = 0) -> bytes:
        """What comes next."""
        return self.patience.until(lambda: super(_Connection, self).recv(bufsize, flags))

    def recv_into(self, buffer: WriteableBuffer, nbytes: int = 0, flags: int = 0) -> int:
        """What comes next, into a buffer."""
        return self.patience.until(lambda: super(_Connection, self).recv_into(buffer, nbytes, flags))

    def send(self, data: ReadableBuffer, flags: int = 0) -> int:
        """As much as goes now."""
        return self.patience.until(lambda: super(_Connection, self).send(data, flags))

    def sendall(self, data: ReadableBuffer, flags: int = 0) -> None:
        """All of it, bit by bit."""
        rest = memoryview(data).cast("B")
        while rest:
            rest = rest[self.send(rest, flags) :]


class _Encrypted(ssl.SSLSocket):
    """An encrypted connection that waits as its patience says."""

    patience: Patience

    def settimeout(self, value: float | None) -> None:
        """Wait for a glance at a time, however long somebody would wait."""
        super().settimeout(_GLANCE if value != 0 else 0)

    def do_handshake(self, block: bool = False) -> None:
        """Agree on keys, and see whether the other end is who it should be."""
        self.patience.until(lambda: super(_Encrypted, self).do_handshake(block))

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """What comes next."""
        return self.patience.until(lambda: super(_Encrypted, self).recv(buflen, flags))

    def recv_into(self, buffer: WriteableBuffer, nbytes: int | None = None, flags: int = 0) -> int:
        """What comes next, into a buffer."""
        return self.patience.until(lambda: super(_Encrypted, self).recv_into(buffer, nbytes, flags))

    def send(self, data: ReadableBuffer, flags: int = 0) -> int:
        """As much as goes now."""
        return self.patience.until(lambda: super(_Encrypted, self).send(data, flags))


def _connection_class(patience: Patience) -> type[_Connection]:
    return type("_Connection", (_Connection,), {"patience": patience})


def _writable(connection: socket.socket) -> None:
    watched = select.poll()
    watched.register(connection, select.POLLOUT)
    if not watched.poll(_GLANCE * 1000):
        raise TimeoutError
