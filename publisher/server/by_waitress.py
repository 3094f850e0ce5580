"""The HTTP process run by waitress, which is plain Python and so runs wherever Python does.

One thread reads requests and writes answers for all connections, so that a slow client holds no other.
"""

from __future__ import annotations

import logging
import multiprocessing
import signal
import socket
import sys
import threading
import time
from multiprocessing.connection import Pipe, wait
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from waitress import wasyncore
from waitress.server import create_server

from regiolog.events.errors import RegiologError
from regiolog.publisher.server.http_process import AGAIN, CONNECTIONS, GRACE, IDLE, PATIENCE, application

if TYPE_CHECKING:
    from regiolog.publisher.settings import Settings

_TICK: Final = 1.0


class Waitress:
    """The server.

    Args:
        settings: How to answer.
        address: The IP address to listen on.
        port: The port to listen on.
    """

    def __init__(self, settings: Settings, address: str, port: int) -> None:
        self._asked = (settings, address, port)
        self._ended, self._ends = Pipe(duplex=False)

    def run(self) -> None:
        """Serve until SIGTERM, or until :meth:`end` is called.

        Raises:
            RegiologError: The process ended by itself, and so did the one after it.
        """
        signal.signal(signal.SIGTERM, lambda *_: self.end())
        again = 0.0
        while True:
            process = multiprocessing.get_context("spawn").Process(target=_answer, args=self._asked, name="http")
            process.start()
            if self._ended in wait([self._ended, process.sentinel]):
                break
            if time.monotonic() - again < AGAIN:
                raise RegiologError("the process that answers over HTTP ended by itself; see above")
            process.join()
            sys.stderr.write(f"regiolog: the HTTP process ended ({process.exitcode}); starting another\n")
            again = time.monotonic()
        process.terminate()
        process.join(GRACE + _TICK)
        process.kill()
        process.join()

    def end(self) -> None:
        """End, from any thread."""
        self._ends.send_bytes(b"end")


class _Connections:
    """The connections of a waitress server, and which of them keep others waiting."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self._begun: WeakKeyDictionary[Any, float] = WeakKeyDictionary()
        self._looked = 0.0

    def busy(self) -> bool:
        """Whether a request is being answered, or an answer sent."""
        return any(each.requests or each.total_outbufs_len for each in self._server.active_channels.values())

    def close_the_slow(self) -> None:
        """Close those on which a request has been coming for too long, however often a bit of it came; once a tick."""
        now = time.monotonic()
        if now - self._looked < _TICK:
            return
        self._looked = now
        for each in list(self._server.active_channels.values()):
            if each.request is not None and now - self._begun.setdefault(each.request, now) > PATIENCE:
                each.will_close = True


def _answer(settings: Settings, address: str, port: int) -> None:
    """Answer until SIGTERM, then finish what was begun; this is the HTTP process."""
    ending = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ending.set())  # the loop below is not there to be woken yet
    logging.getLogger("waitress").setLevel(logging.ERROR)
    app = application(settings)
    sockets: dict[int, Any] = {}
    server = create_server(
        app.answer,
        map=sockets,
        sockets=[_listening(address, port)],
        threads=settings.threads,
        connection_limit=CONNECTIONS,
        asyncore_use_poll=True,
        channel_timeout=IDLE,
        cleanup_interval=IDLE // 6,
        max_request_body_size=16 * app.longest,  # what is too long but not absurd is refused by the application
        log_socket_errors=False,
        clear_untrusted_proxy_headers=False,  # which proxy is to be believed is the application's business
        ident=None,
    )

    def end(*_: object) -> None:
        ending.set()
        server.pull_trigger()  # a signal alone does not end waiting for the sockets

    signal.signal(signal.SIGTERM, end)
    connections = _Connections(server)
    while not ending.is_set():
        wasyncore.loop(_TICK, use_poll=True, map=sockets, count=1)
        connections.close_the_slow()
    server.accepting = False
    patience = time.monotonic() + GRACE
    while connections.busy() and time.monotonic() < patience:
        wasyncore.loop(0.05, use_poll=True, map=sockets, count=1)


def _listening(address: str, port: int) -> socket.socket:
    """A socket at an address that the keeper holds for us."""
    listener = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if sys.platform == "linux":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((address, port))
    return listener
