"""Serving: one process that keeps the statements, and one that answers over HTTP with threads.

The keeper begins the register, projects, and watches over the HTTP process, and over one that harvests on schedule
where that is wanted; both end themselves as soon as the keeper is gone, and the query workers as soon as the HTTP
process is. Which server runs it is a setting.
"""

from __future__ import annotations

import errno
import multiprocessing
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING, Final, NamedTuple

from regiolog.events.errors import RegiologError
from regiolog.publisher.beginning import MARKER, load_archive, register_of
from regiolog.publisher.copying import copy_register
from regiolog.publisher.feed.shelf import Shelf
from regiolog.publisher.harvests.past import Past
from regiolog.publisher.keeper import Keeper, Progress
from regiolog.publisher.server.schedule_process import Scheduled
from regiolog.publisher.settings import DEFAULT_BASE_IRI, UnusableSetting
from regiolog.sync.folder import Folder

if TYPE_CHECKING:
    from regiolog.publisher.server.http_process import Server
    from regiolog.publisher.settings import Settings

_START: Final = 60.0


class PortTaken(RegiologError):
    """The port that was to be listened on is not to be had."""


class Listened(NamedTuple):
    """An address that is listened on.

    Attributes:
        host: As it was asked for.
        address: Its IP address.
        port: The port, also where any free one was asked for.
    """

    host: str
    address: str
    port: int

    @property
    def url(self) -> str:
        """The address as a browser takes it; one that stands for every interface is shown as this machine."""
        host = "localhost" if self.address in {"0.0.0.0", "::", "127.0.0.1"} else self.host  # noqa: S104
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"


def serve(
    settings: Settings,
    *,
    say: Callable[[str], None],
    progress: Callable[[str], AbstractContextManager[Progress]],
    announce: Callable[[str], None],
) -> None:
    """Begin the register where there is none, and serve it until SIGTERM or Ctrl-C.

    Args:
        settings: Where it is, and how to answer.
        say: Told what is going on, a sentence at a time.
        progress: Makes a progress bar under a label.
        announce: Told the address, once it answers.

    Raises:
        UnusableSetting: It is to harvest on schedule, and no source has one; nothing was done.
        PortTaken: The port cannot be listened on; nothing was done.
        FolderError: The data folder cannot be used, or another process serves it.
        Refusal: The archive cannot be loaded, or the base IRI is another than the register's.
        NothingCopied: The register that is to be followed cannot be copied, and nothing is held of it.
        SeriesRefused: The archive cannot be loaded with the series of sources; nothing was recorded.
        RegiologError: The HTTP process ended by itself.
    """
    if settings.with_schedule and not any(source.schedule for source in settings.sources.values()):
        raise UnusableSetting("nothing can be harvested on schedule: the settings declare no source with a `schedule`")
    with (
        _claimed(settings.host, settings.port) as listened,
        closing(Folder(settings.data, create=True)) as folder,
        closing(Keeper(folder)) as keeper,
    ):
        if not copy_register(settings, folder, say=say, progress=progress):
            _load(settings, folder, listened, say, progress)
        with progress("projecting") as done:
            keeper.begin(say, done)
        Shelf(settings.data).sweep()
        _run(settings, listened, keeper, say, announce)


def _load(
    settings: Settings,
    folder: Folder,
    listened: Listened,
    say: Callable[[str], None],
    progress: Callable[[str], AbstractContextManager[Progress]],
) -> None:
    """Load the archive: to begin a register with, or what is new in it."""
    is_new = register_of(folder.journal) is None
    past = Past(settings.sources if is_new else {}, settings.authority)
    with progress("loading the archive") as done, past.blamed():
        loaded = load_archive(
            folder.journal,
            settings.base_iri,
            leave_out=settings.leave_out,
            authority=settings.authority,
            marker=folder.path / MARKER,
            clock=folder.clock,
            progress=done,
            series=past.versions,
        )
    if loaded.refused is not None:
        say(f"the archive of this version was not recorded: {loaded.refused}")
    elif loaded.recorded:
        say(f"recorded {loaded.recorded} events of the archive{' and of series' if past.versions else ''}")
    for sentence in past.remembered(folder):
        say(sentence)
    begun = register_of(folder.journal)
    if is_new and begun is not None and begun.base_iri == DEFAULT_BASE_IRI != listened.url:
        say(
            f"its things are named under {begun.base_iri}, for good, though it is served at {listened.url}; "
            f"remove {settings.data} and begin with --base-iri if another address is meant"
        )


def _run(
    settings: Settings, listened: Listened, keeper: Keeper, say: Callable[[str], None], announce: Callable[[str], None]
) -> None:
    """Run the HTTP process, and project, until this process is told to end."""
    # Ctrl-C, and the end of a terminal, reach every process in it. They are blocked before any other process or
    # thread is made, so that all inherit that, and one thread waits for them: this process ends the others, in order.
    ends = {signal.SIGINT} | ({signal.SIGHUP} if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN else set())
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    multiprocessing.set_start_method("spawn", force=True)
    resource_tracker.ensure_running()  # lets Ctrl-C through
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    keeper.follow()
    server = _server(settings, listened, say)
    threading.Thread(target=_ended, args=(server, ends), name="ended", daemon=True).start()
    threading.Thread(target=_announce, args=(listened, announce), name="announce", daemon=True).start()
    with closing(Scheduled(settings, say)) if settings.with_schedule else nullcontext():
        server.run()


def _server(settings: Settings, listened: Listened, say: Callable[[str], None]) -> Server:
    """The server that the settings ask for; waitress where granian, which is compiled, cannot be had."""
    if settings.server == "granian":
        try:
            from regiolog.publisher.server.by_granian import Granian  # noqa: PLC0415
        except ImportError as error:
            say(f"granian cannot be used here, so waitress answers instead: {error}")
        else:
            return Granian(settings, listened.address, listened.port)
    from regiolog.publisher.server.by_waitress import Waitress  # noqa: PLC0415

    return Waitress(settings, listened.address, listened.port)


def _ended(server: Server, signals: set[signal.Signals]) -> None:
    """End the service when one of the signals comes."""
    signal.sigwait(signals)
    server.end()


def _announce(listened: Listened, announce: Callable[[str], None]) -> None:
    """Say the address as soon as something answers there."""
    patience = time.monotonic() + _START
    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(listened.address, listened.address)  # noqa: S104
    while time.monotonic() < patience:
        try:
            with socket.create_connection((target, listened.port), timeout=5) as connection:
                connection.sendall(b"GET /health/live HTTP/1.0\r\n\r\n")
                answered = connection.recv(1) != b""
        except OSError:
            answered = False
        if answered:
            announce(listened.url)
            return
        time.sleep(0.01)


@contextmanager
def _claimed(host: str, port: int) -> Iterator[Listened]:
    """Make sure that a port is free, and keep others of us from taking it meanwhile.

    A server of ours shares its port with whoever wants to share it too (``SO_REUSEPORT``), so that two services on one
    port would each get some of the requests. A socket that does not share finds out whether somebody listens; one that
    shares, and never listens, keeps the next service from finding the port free.

    Raises:
        PortTaken: Somebody listens there already, or nobody may.
    """
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, proto) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
            address = probe.getsockname()
    except OSError as error:
        why = "is already in use" if error.errno == errno.EADDRINUSE else f"cannot be used: {error.strerror}"
        raise PortTaken(f"port {port} of {host} {why}; choose another with --port") from None
    with socket.socket(family, kind, proto) as claim:
        if sys.platform == "linux":
            claim.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            with suppress(OSError):
                claim.bind(address)
        yield Listened(host, str(address[0]), int(address[1]))
