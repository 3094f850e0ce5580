"""A composition root for tests: our service, workers and statement table, over data that are not ours.

Each holding holds on a day of its own, so that one running service has them all, and ``at`` says which is meant.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, time, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final, NamedTuple

from pyoxigraph import NamedNode, Triple
from waitress import wasyncore
from waitress.server import create_server

from regiolog.events.temporal import Clock
from regiolog.publisher.app import create_app
from regiolog.publisher.service import Service
from regiolog.publisher.settings import Settings
from regiolog.publisher.sparql.dataset import Graphs, Held
from regiolog.sync.folder import Folder
from regiolog.sync.queries.question import Portion
from regiolog.sync.statements.history import History
from regiolog.sync.statements.history_writer import HistoryWriter, Turn
from regiolog.sync.statements.moments import Moment
from regiolog.sync.statements.statement import Statement
from tests.builders import TurnedClock
from tests.conformance.suite import Holding, Term

BASE_IRI: Final = "http://foreign.example/"
"""Under which address the service believes that it publishes; no test speaks of it."""

_FIRST: Final = date(2020, 1, 1)
_NOW: Final = datetime.combine(_FIRST, time(12), UTC)
_PATIENCE: Final = 30.0


class Reply(NamedTuple):
    """What was answered.

    Attributes:
        status: Of HTTP.
        media_type: Without its parameters; empty when there is none.
        body: All of it.
    """

    status: int
    media_type: str
    body: bytes


class Endpoint(NamedTuple):
    """A running service of foreign data.

    Attributes:
        port: Where it listens on this machine.
        days: The day on which each holding holds.
    """

    port: int
    days: Mapping[str, date]

    @property
    def address(self) -> str:
        """Where it answers queries."""
        return f"http://127.0.0.1:{self.port}/sparql"

    def ask(self, query: bytes, accept: str, about: str | None = None) -> Reply:
        """Ask a query of a holding; of what holds today unless one is named."""
        headers = {"Content-Type": "application/sparql-query", "Accept": accept, "Host": f"127.0.0.1:{self.port}"}
        when = "" if about is None else f"?at={self.days[about]}"
        return self.send("POST", f"/sparql{when}", headers, query)

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
        """Send a request with exactly these headers, and the length of the body."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE)) as connection:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            media_type = answer.getheader("Content-Type", "").partition(";")[0].strip()
            return Reply(answer.status, media_type, answer.read())


@contextmanager
def serving(folder: Path, holdings: Mapping[str, Holding]) -> Iterator[Endpoint]:
    """Serve holdings over HTTP, on a free port; the first of them holds today."""
    days = written(folder, holdings)
    named = {days[name]: each.graphs for name, each in holdings.items()}
    with service(Settings(data=folder), lambda moment: named.get(moment.at, ())) as opened, _answering(opened) as port:
        yield Endpoint(port, days)


def written(folder: Path, holdings: Mapping[str, Holding]) -> dict[str, date]:
    """Make a data folder of holdings, and say on which day each of them holds; the first does today."""
    days = {name: _FIRST + timedelta(days=number) for number, name in enumerate(holdings)}
    with closing(Folder(folder, create=True)) as opened:
        _write(opened.statements, {days[name]: each for name, each in holdings.items()})
    return days


def service(settings: Settings, ranging: Callable[[Moment], Sequence[str]] | None = None) -> Service:
    """A service of a folder of holdings, in which any IRI is a graph.

    Args:
        settings: Where it is.
        ranging: Which graphs ``GRAPH ?g`` ranges over at a moment; those that ever held anything by default.
    """

    def held(graph: str, _history: History, moment: Moment, _clock: Clock) -> Held:
        return Held(Portion(moment.key, f"<{graph}>"), moment.fixed)

    def ranged(history: History, moment: Moment) -> Sequence[str]:
        return history.graphs() if ranging is None else ranging(moment)

    clock = TurnedClock(_NOW)
    return Service(settings, Folder(settings.data, clock=clock), None, clock, Graphs(held, ranged))


def _write(statements: Path, holdings: Mapping[date, Holding]) -> None:
    """Write the statement table: all of it opened by one event, each statement for a day."""
    with closing(HistoryWriter.open(statements, readonly=False)) as writer:
        writer.begin()
        writer.note(position=1, version=1, base_iri=BASE_IRI, register="foreign", coverage=_FIRST.isoformat())
        opening = [each for day, held in holdings.items() for each in _held(held, day)]
        writer.write(1, _NOW, [Turn((), opening)])
        writer.commit()


def _held(holding: Holding, day: date) -> Iterator[Statement]:
    for quad in holding.quads:
        graph = str(quad.graph_name) if isinstance(quad.graph_name, NamedNode) else ""
        subject, predicate, value = map(_text, (quad.subject, quad.predicate, quad.object))
        yield Statement(graph, subject, predicate, value, day.toordinal(), day.toordinal() + 1)


def _text(term: Term) -> str:
    """A term as N-Triples (RDF 1.2)."""
    if isinstance(term, Triple):
        return f"<<( {_text(term.subject)} {_text(term.predicate)} {_text(term.object)} )>>"
    return str(term)


@contextmanager
def _answering(service: Service) -> Iterator[int]:
    """Answer over HTTP in a thread, with the server that is plain Python; gives the port."""
    sockets: dict[int, Any] = {}
    server = create_server(create_app(service), map=sockets, host="127.0.0.1", port=0, threads=service.settings.threads)
    ending = threading.Event()

    def answer() -> None:
        while not ending.is_set():
            wasyncore.loop(0.5, use_poll=True, map=sockets, count=1)

    thread = threading.Thread(target=answer, name="foreign")
    thread.start()
    try:
        yield server.effective_port
    finally:
        ending.set()
        server.pull_trigger()
        thread.join()
        server.task_dispatcher.shutdown()
        wasyncore.close_all(sockets)
