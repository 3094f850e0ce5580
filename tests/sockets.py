"""HTTP over a bare socket, to see what really comes, and when nothing more does."""

from __future__ import annotations

import socket
from contextlib import suppress
from types import TracebackType
from typing import Final, NamedTuple, Self

_PIECE: Final = 2**16
_END_OF_TOP: Final = b"\r\n\r\n"


class Heard(NamedTuple):
    """What came over a connection before it ended.

    Attributes:
        status: The status; 0 where the connection was closed without an answer.
        headers: By name in lower case.
        body: As many bytes of it as came.
    """

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def length(self) -> int:
        """How long the body was said to be."""
        return int(self.headers["content-length"])

    @property
    def is_whole(self) -> bool:
        """Whether the body is as long as it was said to be."""
        return len(self.body) == self.length


class Connection:
    """A connection to a service.

    Args:
        port: Where it listens on this machine.
        seconds: How long to wait for it, each time.
        takes: How many bytes this end holds before it asks the other to wait; None leaves it to the system.
    """

    def __init__(self, port: int, seconds: float = 30, takes: int | None = None) -> None:
        self._socket = socket.socket()
        if takes is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, takes)
        self._socket.settimeout(seconds)
        try:
            self._socket.connect(("127.0.0.1", port))
        except OSError:
            self._socket.close()
            raise
        self._held = bytearray()

    def say(self, text: bytes) -> None:
        """Send something; an end that listens no more is no error, for it may have answered before."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self._socket.sendall(text)

    def get(self, path: str, **headers: str) -> None:
        """Ask for something, and no more after it."""
        more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        self.say(f"GET /{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{more}\r\n".encode())

    def take(self, count: int) -> bytes:
        """So many bytes, and those that came before them; fewer where there are no more."""
        while len(self._held) < count and (piece := self._piece()):
            self._held += piece
        return bytes(self._held)

    def hear(self) -> Heard:
        """Everything until the connection ends, or the answer does."""
        while (top := self._held.find(_END_OF_TOP)) < 0:
            if not (piece := self._piece()):
                return Heard(0, {}, bytes(self._held))
            self._held += piece
        first, *lines = self._held[:top].decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        whole = top + len(_END_OF_TOP) + int(headers.get("content-length", 2**60))
        while len(self._held) < whole and (piece := self._piece()):
            self._held += piece
        return Heard(int(first.split()[1]), headers, bytes(self._held[top + len(_END_OF_TOP) : whole]))

    def hear_out(self) -> bytes:
        """All bytes until the connection ends."""
        while piece := self._piece():
            self._held += piece
        return bytes(self._held)

    def drip(self, text: bytes, every: float) -> bool:
        """Send byte after byte; whether the other end took them all before it closed."""
        for at in range(len(text)):
            try:
                self._socket.sendall(text[at : at + 1])
                self._socket.settimeout(every)
                if not self._socket.recv(_PIECE):
                    return False
            except TimeoutError:
                continue
            except OSError:
                return False
        return True

    def _piece(self) -> bytes:
        try:
            return self._socket.recv(_PIECE)
        except (ConnectionResetError, BrokenPipeError):
            return b""

    def end(self) -> None:
        """Say nothing more, and go on listening."""
        self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def __enter__(self) -> Self:
        """The connection, closed when the block ends."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up."""
        self.close()
