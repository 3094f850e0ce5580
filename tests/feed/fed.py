"""A register of its own for tests of feeds: served over HTTP on this machine, and told things meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from email.message import Message
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

from flask.testing import FlaskClient
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import TestResponse

from regiolog.events.journal import Journal
from regiolog.publisher.app import create_app
from regiolog.publisher.service import Service
from regiolog.publisher.settings import Settings
from regiolog.sync.folder import Folder
from regiolog.sync.statements.history import History
from tests.builders import Record, TurnedClock, tell
from tests.feed.reader import Reader

HOST: Final = "http://feed.example/"
"""Under which address it is asked where it is not asked over HTTP."""

_PATIENCE: Final = 30.0


class Request(NamedTuple):
    """A request that came over HTTP.

    Attributes:
        path: What was asked for.
        status: What was answered.
        headers: As they came.
    """

    path: str
    status: int
    headers: Message


def begun(data: Path, clock: TurnedClock, fill: Callable[[Journal], object]) -> Path:
    """A data folder in which a register has begun.

    Args:
        data: Where to make it.
        clock: When that is.
        fill: Records what there is.
    """
    folder = Folder(data, create=True, clock=clock)
    fill(folder.journal)
    folder.close()
    return data


class Fed:
    """A register in a data folder, projected and served as long as the block runs.

    Args:
        data: The folder, in which a register has begun.
        clock: What it takes for now.
        settings: How it is served otherwise than by default.
    """

    def __init__(self, data: Path, clock: TurnedClock, **settings: Any) -> None:
        self.clock = clock
        self.asked: list[Request] = []
        """What was asked over HTTP, in order."""
        self.service = Service.open(Settings(data=data, **{"workers": 1, **settings}), clock=clock)
        app = create_app(self.service)
        self.client: FlaskClient = app.test_client()
        self._server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=self._remembering())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="fed")
        self._thread.start()
        self.settle()

    def _remembering(self) -> type[WSGIRequestHandler]:
        asked = self.asked

        class Remembering(WSGIRequestHandler):
            """Remembers what it is asked, instead of saying it on standard error."""

            protocol_version = "HTTP/1.1"

            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:  # noqa: ARG002 - so it is called
                asked.append(Request(self.path, int(code), self.headers))

        return Remembering

    @property
    def url(self) -> str:
        """Where it is served."""
        return f"http://127.0.0.1:{self._server.port}/"

    @property
    def history(self) -> History:
        """Its statements."""
        return self.service.history()

    def tell(self, *records: Record) -> Sequence[int]:
        """Tell it something, and wait until that is served; gives the positions."""
        before = self.service.folder.journal.head()
        tell(self.service.folder.journal, *records, clock=self.clock)
        self.settle()
        return range(before + 1, self.service.folder.journal.head() + 1)

    def settle(self) -> None:
        """Wait until what the journal holds is served."""
        until = time.monotonic() + _PATIENCE
        while (standing := self.service.standing()).position < self.service.folder.journal.head():
            assert standing.stopped is None, standing.stopped
            assert time.monotonic() < until, "it does not catch up"
            time.sleep(0.005)

    def get(self, path: str, accept: str = "application/n-quads", **headers: str) -> TestResponse:
        """Ask it at once, without HTTP, as if it were at :data:`HOST`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(f"/{path}", base_url=HOST, headers={"Accept": accept, **named})

    def reader(self, accept: str = "application/n-quads", **how: Any) -> Reader:
        """A client that has read nothing yet."""
        return Reader(f"{self.url}feed", accept=accept, **how)

    def close(self) -> None:
        """Serve it no more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self.service.close()

    def __enter__(self) -> Self:
        """The register itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Serve it no more."""
        self.close()
