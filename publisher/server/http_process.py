"""The HTTP process: what is in it whichever server runs it, and how such a server is told to."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from multiprocessing.connection import wait
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from regiolog.events.errors import RegiologError

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    from regiolog.publisher.settings import Settings

GRACE: Final = 3
"""How many seconds requests that are being answered get when the service ends."""

CONNECTIONS: Final = 1_000
"""How many connections are held at the same time; those that only wait cost no thread."""

PATIENCE: Final = 30
"""How many seconds a client may take to send its request, and between two over one connection: harvesters that unpack a
long page, or store what they took, pause."""

IDLE: Final = 30
"""After how many seconds a connection is ended on which nothing moves, whoever waits for whom."""

AGAIN: Final = 5.5
"""A process that ended by itself is started again, unless it was so less than this many seconds ago."""


class Server(Protocol):
    """Runs the HTTP process, in the keeper's main thread, and starts another when it ends by itself."""

    def run(self) -> None:
        """Serve until SIGTERM, or until :meth:`end` is called.

        Raises:
            RegiologError: The process ended by itself, and so did the one after it.
        """

    def end(self) -> None:
        """End, from any thread."""


class Application(NamedTuple):
    """What a server calls.

    Attributes:
        answer: The application.
        longest: How many bytes the body of a request may have.
    """

    answer: WSGIApplication
    longest: int


def application(settings: Settings) -> Application:
    """Make the application, in the HTTP process and before it listens.

    The process ends when this fails, and as soon as the keeper is gone.
    """
    threading.Thread(target=end_with_keeper, name="keeper", daemon=True).start()
    # The keeper's process needs none of this.
    from regiolog.publisher.app import create_app  # noqa: PLC0415
    from regiolog.publisher.server.headers import Headers  # noqa: PLC0415
    from regiolog.publisher.service import Service  # noqa: PLC0415

    try:
        service = Service.open(settings, projecting=False)
        service.paging.read(service.history())  # which takes a while, the first time
    except RegiologError as error:
        sys.stderr.write(f"regiolog: {error}\n")
        sys.exit(1)
    Finalize(None, service.close, exitpriority=100)
    app = create_app(service)
    return Application(Headers(app), app.config["MAX_CONTENT_LENGTH"])


def end_with_keeper() -> None:
    """End this process at once when the one that keeps the statements is gone, even by SIGKILL."""
    keeper = multiprocessing.parent_process()
    if keeper is not None:
        wait([keeper.sentinel])
        os._exit(1)
