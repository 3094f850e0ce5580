"""Serves a folder of foreign data as ``regiolog serve`` serves a register: with granian, in processes of their own.

Run as ``python -m tests.conformance.foreign_process FOLDER PORT``, and ended by SIGTERM.
"""

from __future__ import annotations

import multiprocessing
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Final

from regiolog.publisher.app import create_app
from regiolog.publisher.server.by_granian import SLOW, Granian
from regiolog.publisher.server.headers import Headers
from regiolog.publisher.server.patience import Patient
from regiolog.publisher.settings import Settings
from tests.conformance.foreign import Endpoint, service, written
from tests.conformance.suite import Holding
from tests.house.checkout import ROOT

_PATIENCE: Final = 60.0


class Foreign(Granian):
    """Our server, which loads another service into its HTTP process."""

    def __init__(self, settings: Settings, port: int) -> None:
        """Listen on a port of this machine."""
        super().__init__(settings, "127.0.0.1", port)
        self._load = partial(_load, settings)


def _load(settings: Settings) -> Patient:
    """What granian's threads call; made in the HTTP process."""
    opened = service(settings)
    Finalize(None, opened.close, exitpriority=100)
    app = create_app(opened)
    return Patient(Headers(app), SLOW, app.config["MAX_CONTENT_LENGTH"])


@contextmanager
def serving_apart(folder: Path, holdings: Mapping[str, Holding]) -> Iterator[Endpoint]:
    """Serve holdings over HTTP in processes of their own, on a free port; the first of them holds today."""
    days = written(folder, holdings)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", __name__, str(folder), str(port)], cwd=ROOT)
    try:
        _await(port)
        yield Endpoint(port, days)
    finally:
        process.terminate()
        process.wait(_PATIENCE)


def _await(port: int) -> None:
    """Wait until something listens."""
    patience = time.monotonic() + _PATIENCE
    while time.monotonic() < patience:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens on {port}")


if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    Foreign(Settings(data=Path(sys.argv[1])), int(sys.argv[2])).run()
