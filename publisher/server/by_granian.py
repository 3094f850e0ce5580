"""The HTTP process run by granian, which is compiled, and the quicker of the two servers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import MPServer

from regiolog.events.errors import RegiologError
from regiolog.publisher.server.http_process import CONNECTIONS, GRACE, IDLE, PATIENCE, application
from regiolog.publisher.server.patience import Patient, go_on_ending_the_idle

if TYPE_CHECKING:
    from regiolog.publisher.settings import Settings

SLOW: Final = 32
"""How many threads there are for slow clients, beside those that answer: as many for requests, as for answers."""


class Granian:
    """The server.

    Args:
        settings: How to answer.
        address: The IP address to listen on.
        port: The port to listen on.
    """

    def __init__(self, settings: Settings, address: str, port: int) -> None:
        self._load = partial(_load, settings, port)
        self._server = MPServer(
            "regiolog.publisher.app:create_app",
            address=address,
            port=port,
            interface=Interfaces.WSGI,
            workers=1,
            blocking_threads=settings.threads + 2 * SLOW,
            backpressure=CONNECTIONS,
            http=HTTPModes.http1,
            http1_settings=HTTP1Settings(header_read_timeout=PATIENCE * 1000),
            websockets=False,
            log_level=LogLevels.error,
            respawn_failed_workers=True,
            workers_kill_timeout=GRACE,
        )

    def run(self) -> None:
        """Serve until SIGTERM, or until :meth:`end` is called.

        Raises:
            RegiologError: The process ended by itself, and so did the one after it.
        """
        try:
            self._server.serve(target_loader=self._load, wrap_loader=False)
        except SystemExit:
            raise RegiologError("the process that answers over HTTP ended by itself; see above") from None

    def end(self) -> None:
        """End, from any thread."""
        self._server.signal_handler_interrupt()  # type: ignore[no-untyped-call] # granian's


def _load(settings: Settings, port: int) -> Patient:
    """What granian's threads call; made in the HTTP process."""
    app = application(settings)
    # A query moves nothing either, as long as it runs.
    go_on_ending_the_idle(port, IDLE + settings.deadline, IDLE / 6)
    return Patient(app.answer, SLOW, app.longest)
