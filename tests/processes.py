"""Real processes of regiolog for tests: commands that are run to their end, and a service that is started and ended."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from regiolog.publisher.beginning import MARKER

REGIOLOG = str(Path(sys.executable).parent / "regiolog")
PATIENCE = 60.0


class Reply(NamedTuple):
    """What a service answered: the status, the media type, and the body as text."""

    status: int
    media_type: str
    text: str

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.text)


def environment(**settings: str) -> dict[str, str]:
    """This process's environment without settings of ours, save those that are given."""
    rest = {name: value for name, value in os.environ.items() if not name.startswith("REGIOLOG_")}
    return rest | {f"REGIOLOG_{name.upper()}": value for name, value in settings.items()}


def regiolog(
    *arguments: object, given: bytes | None = None, largest_file: int | None = None, **settings: str
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end.

    Args:
        arguments: What is typed after ``regiolog``.
        given: What it reads from standard input.
        largest_file: How many bytes a file may have that it writes, as a disk that is full would have it.
        settings: Settings for its environment.
    """
    limit = [] if largest_file is None else ["prlimit", f"--fsize={largest_file}"]
    done = subprocess.run(
        [*limit, REGIOLOG, *map(str, arguments)],
        input=given,
        stdin=subprocess.DEVNULL if given is None else None,
        capture_output=True,
        env=environment(**settings),
        timeout=PATIENCE,
        check=False,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


class Served:
    """A service on a free port, started in a process of its own and ended with the block.

    Args:
        data: The data folder.
        arguments: What else is typed after ``regiolog serve``.
        largest_file: How many bytes a file may have that it writes, as a disk that is full would have it.
        apart: Whether it has a terminal session of its own, in which everybody can be sent a signal.
        settings: Settings for its environment.
    """

    def __init__(
        self,
        data: Path,
        *arguments: object,
        largest_file: int | None = None,
        apart: bool = False,
        **settings: str,
    ) -> None:
        """Start it, and wait until it prints its address."""
        self.data = data
        limit = [] if largest_file is None else ["prlimit", f"--fsize={largest_file}"]
        self.process = subprocess.Popen(
            [*limit, REGIOLOG, "serve", "--data", str(data), "--port", "0", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(**settings),
            start_new_session=apart,
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            _, said = self.process.communicate(timeout=PATIENCE)
            raise RuntimeError(f"it did not start: {said}")

    @property
    def port(self) -> int:
        """The port that it listens on."""
        port = urllib.parse.urlsplit(self.url).port
        assert port is not None
        return port

    def get(self, path: str, accept: str = "*/*", **parameters: str) -> Reply:
        """Ask it something."""
        question = f"?{urllib.parse.urlencode(parameters)}" if parameters else ""
        request = urllib.request.Request(f"{self.url}{path}{question}", headers={"Accept": accept})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return Reply(answer.status, answer.headers.get_content_type(), answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Reply(error.code, error.headers.get_content_type(), error.read().decode())

    def ready(self) -> Reply:
        """Wait until it is up to date, and return what it says of that."""
        patience = time.monotonic() + PATIENCE
        while (reply := self.get("health/ready")).status != 200 and time.monotonic() < patience:
            time.sleep(0.05)
        return reply

    @property
    def http(self) -> int:
        """The process that answers over HTTP, by number."""
        (found,) = self._running("spawn_main")
        return found

    @property
    def query_workers(self) -> set[int]:
        """The processes that answer queries, by number."""
        return self._running("regiolog.sync.queries.query_worker")

    def _running(self, what: str) -> set[int]:
        return {each for each in alive(family(self.process.pid)) if what in _command(each)}

    def end(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """End it, and return its exit code and what it said on standard error."""
        self.process.send_signal(how)
        _, said = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, said

    def __enter__(self) -> Self:
        """The service, ended when the block ends."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it, unless it has ended."""
        if self.process.poll() is None:
            self.end()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()


def family(pid: int) -> set[int]:
    """A process and everything that it started, as long as it runs."""
    parents = {int(entry.name): _parent(entry) for entry in Path("/proc").iterdir() if entry.name.isdigit()}
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def alive(pids: set[int]) -> set[int]:
    """Which of some processes still run; one that only waits to be noticed has ended."""
    return {pid for pid in pids if _state(Path(f"/proc/{pid}")) not in {"", "Z", "X"}}


def gone(pids: set[int], within: float) -> bool:
    """Whether processes end within some seconds."""
    patience = time.monotonic() + within
    while alive(pids) and time.monotonic() < patience:
        time.sleep(0.02)
    return not alive(pids)


def copied(file: Path, folder: Path) -> Path:
    """A data folder with a copy of a journal (or of statements), taken as the documentation says."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / file.name
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
    return folder


def prepared(data: Path, folder: Path) -> Path:
    """A copy of a data folder, with statements and what is known of its archive, so that it is served at once."""
    copied(data / "journal.sqlite", folder)
    if (data / MARKER).exists():
        shutil.copyfile(data / MARKER, folder / MARKER)
    return copied(data / "statements.sqlite", folder)


def resident(pids: set[int]) -> int:
    """How many bytes of memory processes have in use, shared ones counted for each."""
    pages = 0
    for pid in pids:
        with suppress(OSError):
            pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def lines(text: str) -> Iterator[list[str]]:
    """The cells of a table with tabs."""
    return (line.split("\t") for line in text.splitlines())


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def _stat(entry: Path) -> list[str]:
    try:
        return (entry / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ["", "0"]


def _state(entry: Path) -> str:
    return _stat(entry)[0]


def _parent(entry: Path) -> int:
    return int(_stat(entry)[1])
