"""A web server on this machine that misbehaves in every way that a publisher's may, and remembers who asked what.

    with Misbehaving() as server:
        server.fails("/list.csv", 503, retry_after=1, times=1)
        server.answers("/list.csv", b"code,name", etag='"1"')
        fetch(server.address("/list.csv"))
        assert server.count("/list.csv") == 2

What a path does ``times`` times it does first, in the order in which that was said; then what was said last without
``times``. A path that nothing was said of answers 404. Queries play no part in which path it is.
"""

from __future__ import annotations

import gzip
import socket
import ssl
import struct
import threading
import time
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from http import HTTPStatus
from types import TracebackType
from typing import Final, NamedTuple, Self

_PIECE: Final = 2**16
_END_OF_TOP: Final = b"\r\n\r\n"


class Asked(NamedTuple):
    """A request as it came.

    Attributes:
        method: ``GET`` or ``POST``.
        target: The path and the query, or, from whoever takes this server for a proxy, the whole address.
        headers: By name in lower case.
        body: The body.
        arrived: When, in seconds of the monotonic clock.
    """

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    arrived: float

    @property
    def path(self) -> str:
        """The path without the query."""
        return self.target.partition("?")[0]


Behaviour = Callable[[Asked], Iterable[bytes | None]]
"""Gives the bytes of an answer, piece by piece; None breaks the connection off with a reset."""


class Misbehaving:
    """The server; it listens on a free port of 127.0.0.1 while the block runs.

    Args:
        tls: Encrypts with this, and is then at ``https:``; None is plain.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._first: defaultdict[str, list[Behaviour]] = defaultdict(list)
        self._always: dict[str, Behaviour] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self.connections = 0
        """How often somebody connected."""
        self.requests: list[Asked] = []
        """What was asked, in the order in which it came."""

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listening.getsockname()[1])

    def address(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """The address of a path, under any name of this machine."""
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}{path}"

    def asked(self, path: str) -> list[Asked]:
        """What was asked of a path."""
        return [asked for asked in self.requests if asked.path == path]

    def count(self, path: str) -> int:
        """How often a path was asked for."""
        return len(self.asked(path))

    # --- What a path does ---------------------------------------------------------------------------------------

    def behaves(self, path: str, behaviour: Behaviour, *, times: int | None = None) -> None:
        """Do anything at all."""
        if times is None:
            self._always[path] = behaviour
        else:
            self._first[path] += [behaviour] * times

    def answers(
        self,
        path: str,
        body: bytes,
        *,
        media: str | None = "text/csv; charset=utf-8",
        etag: str | None = None,
        last_modified: str | None = None,
        packed: bool = False,
        sized: str = "length",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        times: int | None = None,
    ) -> None:
        """Answer with a document, or 304 to who has it already.

        Args:
            path: Which path.
            body: The document.
            media: Its ``Content-Type``; None gives none.
            etag: Its ``ETag``.
            last_modified: Its ``Last-Modified``.
            packed: Whether it comes as gzip, asked for or not.
            sized: How its end is told: by its ``length``, in ``chunks``, or by the ``end`` of the connection.
            status: With which status.
            headers: More of them, instead of those that would come.
            times: How often; None for ever.
        """

        def behaviour(asked: Asked) -> Iterator[bytes]:
            validators = _given({"ETag": etag, "Last-Modified": last_modified})
            known = asked.headers.get("if-none-match"), asked.headers.get("if-modified-since")
            if validators and known == (etag, last_modified):
                yield _top(304, validators)
                return
            sent = gzip.compress(body, mtime=0) if packed else body
            length = {"length": {"Content-Length": str(len(sent))}, "chunks": {"Transfer-Encoding": "chunked"}}
            coding = {"Content-Encoding": "gzip"} if packed else {}
            said = _given({"Content-Type": media}) | validators | coding | length.get(sized, {}) | dict(headers or {})
            yield _top(status, said)
            yield _chunk(sent) + _chunk(b"") if sized == "chunks" else sent

        self.behaves(path, behaviour, times=times)

    def fails(
        self, path: str, status: int, *, retry_after: object = None, date: str | None = None, times: int | None = None
    ) -> None:
        """Answer with an error; ``retry_after`` is said as it is given, and so is the ``date`` of the answer."""
        said = _given({"Retry-After": None if retry_after is None else str(retry_after), "Date": date})
        page = b"<!doctype html><title>Error</title>"
        self.answers(path, page, media="text/html", status=status, headers=said, times=times)

    def shows_an_error_as_a_page(self, path: str, *, times: int | None = None) -> None:
        """Answer 200 with a page that says that something went wrong."""
        page = b"<!doctype html><html><head><title>503 Backend fetch failed</title></head></html>"
        self.answers(path, page, media="text/html; charset=utf-8", times=times)

    def leads(self, path: str, to: str, *, status: int = 302, times: int | None = None) -> None:
        """Redirect to an address or a path."""
        self.answers(path, b"", media=None, status=status, headers={"Location": to}, times=times)

    def leads_on_and_on(self, path: str) -> None:
        """Redirect to itself with another query each time, without end."""
        self.behaves(path, lambda _: [_top(302, {"Location": f"{path}?{self.count(path)}", "Content-Length": "0"})])

    def leads_in_a_circle(self, path: str, other: str) -> None:
        """Redirect to another path, and back."""
        self.leads(path, other)
        self.leads(other, path)

    def breaks_off(
        self, path: str, body: bytes, *, sized: str = "length", packed: bool = False, times: int | None = None
    ) -> None:
        """Send half of a document and hang up, as if that were all.

        Args:
            path: Which path.
            body: The document.
            sized: What should have told its end: its ``length``, ``chunks``, or nothing but the connection's ``end``.
            packed: Whether it comes as gzip.
            times: How often; None for ever.
        """

        def behaviour(_: Asked) -> Iterator[bytes]:
            sent = gzip.compress(body, mtime=0) if packed else body
            half = sent[: len(sent) // 2]
            length = {"length": {"Content-Length": str(len(sent))}, "chunks": {"Transfer-Encoding": "chunked"}}
            yield _top(200, {"Content-Encoding": "gzip"} if packed else {}, length.get(sized, {}))
            yield _chunk(half) if sized == "chunks" else half

        self.behaves(path, behaviour, times=times)

    def bombs(self, path: str, size: int = 100_000_000) -> None:
        """Send a small gzip that unpacks to so many zeros."""

        def behaviour(_: Asked) -> Iterator[bytes]:
            packing = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
            yield _top(200, {"Content-Type": "text/csv", "Content-Encoding": "gzip"})
            for _piece in range(size // _PIECE):
                yield packing.compress(bytes(_PIECE))
            yield packing.compress(bytes(size % _PIECE)) + packing.flush()

        self.behaves(path, behaviour)

    def streams(
        self, path: str, piece: bytes = b"x" * _PIECE, *, headers: Mapping[str, str] | None = None, status: int = 200
    ) -> None:
        """Send the same piece again and again, without an end."""

        def behaviour(_: Asked) -> Iterator[bytes]:
            yield _top(status, headers or {})
            while not self._ended.is_set():
                yield piece

        self.behaves(path, behaviour)

    def drips(self, path: str, body: bytes = b"x" * 1000, every: float = 0.02, *, from_the_top: bool = False) -> None:
        """Send a document a byte at a time; ``from_the_top`` the headers too."""

        def behaviour(_: Asked) -> Iterator[bytes]:
            top = _top(200, {"Content-Length": str(len(body))})
            if not from_the_top:
                yield top
            for byte in top + body if from_the_top else body:
                if self._ended.wait(every):
                    return
                yield bytes([byte])

        self.behaves(path, behaviour)

    def keeps_silent(self, path: str, *, times: int | None = None) -> None:
        """Take the request, and say nothing for ever."""

        def behaviour(_: Asked) -> Iterator[bytes]:
            self._ended.wait()
            yield b""

        self.behaves(path, behaviour, times=times)

    def falls_silent(self, path: str) -> None:
        """Begin a document, and say nothing more for ever."""

        def behaviour(_: Asked) -> Iterator[bytes]:
            yield _top(200, {"Content-Length": "1000"}) + b"code,name"
            self._ended.wait()

        self.behaves(path, behaviour)

    def hangs_up(self, path: str, *, times: int | None = None) -> None:
        """Close the connection instead of an answer."""
        self.behaves(path, lambda _: [b""], times=times)

    def resets(self, path: str, *, in_the_body: bool = False, times: int | None = None) -> None:
        """Break the connection off with a reset, before an answer or in the midst of it."""
        begun = [_top(200, {"Content-Length": "1000"}) + b"code,name"] if in_the_body else []
        self.behaves(path, lambda _: [*begun, None], times=times)

    def says(self, path: str, answer: bytes, *, times: int | None = None) -> None:
        """Send these very bytes, be they HTTP or not, and hang up."""
        self.behaves(path, lambda _: [answer], times=times)

    def heads_on_and_on(self, path: str, header: bytes = b"X-More: and more\r\n") -> None:
        """Send headers without an end."""

        def behaviour(_: Asked) -> Iterator[bytes]:
            yield b"HTTP/1.1 200 OK\r\n"
            while not self._ended.is_set():
                yield header

        self.behaves(path, behaviour)

    # --- How it is done -----------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        """The server, listening."""
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up on everybody."""
        self._ended.set()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open.add(connection)
                self.connections += 1
            self._start(self._serve, connection)

    def _serve(self, plain: socket.socket) -> None:
        connection = plain
        try:
            if self._tls is not None:
                connection = self._tls.wrap_socket(plain, server_side=True)
                with self._lock:
                    self._open.add(connection)
            while (asked := _heard(connection)) is not None:
                with self._lock:
                    self.requests.append(asked)
                    first = self._first[asked.path]
                    behaviour = first.pop(0) if first else self._always.get(asked.path, _is_not_there)
                if not _say(connection, behaviour(asked)):
                    return
        except OSError:
            return  # the other end hung up, or we did
        finally:
            with self._lock:
                self._open -= {plain, connection}
            connection.close()


def _given(headers: Mapping[str, str | None]) -> dict[str, str]:
    """Those headers that have a value."""
    return {name: value for name, value in headers.items() if value is not None}


def _top(status: int, *headers: Mapping[str, str]) -> bytes:
    """Everything before the body."""
    lines = [f"{name}: {value}\r\n" for more in headers for name, value in more.items()]
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n{''.join(lines)}\r\n".encode("latin-1")


def _chunk(piece: bytes) -> bytes:
    return f"{len(piece):x}\r\n".encode() + piece + b"\r\n"


def _is_not_there(_: Asked) -> list[bytes]:
    return [_top(404, {"Content-Length": "0"})]


def _heard(connection: socket.socket) -> Asked | None:
    """A whole request; None when there is none any more."""
    held = bytearray()
    while (top := held.find(_END_OF_TOP)) < 0:
        if not (piece := connection.recv(_PIECE)):
            return None
        held += piece
    arrived = time.monotonic()
    first, *lines = held[:top].decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    whole = top + len(_END_OF_TOP) + int(headers.get("content-length", "0"))
    while len(held) < whole:
        held += connection.recv(_PIECE) or b"\0" * whole
    method, target, *_ = first.split(" ")
    return Asked(method, target, headers, bytes(held[top + len(_END_OF_TOP) : whole]), arrived)


def _say(connection: socket.socket, pieces: Iterable[bytes | None]) -> bool:
    """Send an answer; whether the connection may be used again, since its end could be seen."""
    said = bytearray()
    for piece in pieces:
        if piece is None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        connection.sendall(piece)
        if len(said) < 2 * _PIECE:
            said += piece
    top, _, body = bytes(said).partition(_END_OF_TOP)
    if b"\r\nTransfer-Encoding: chunked" in top:
        return body.endswith(b"0\r\n\r\n")
    return top.startswith(b"HTTP/1.1 304") or f"\r\nContent-Length: {len(body)}\r\n".encode() in top + b"\r\n"
