"""P12 and P13: what readers of the service notice of a runaway query beside them, and of a writer flat out."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import date
from itertools import count as counting
from pathlib import Path
from typing import Final
from urllib.parse import quote

from bench.filling import Size
from bench.measure import WALL, Row, share
from bench.processes import HOST
from bench.registers import Registers
from regiolog.events.journal import Boundary
from regiolog.events.municipality import MunicipalityWasRenamed
from regiolog.sync.folder import Folder
from tests.processes import Served

_DAY: Final = date(2040, 1, 1)
"""A day after everything that the registers hold."""
_CARD: Final = "SELECT ?says ?what WHERE {{ <{}> ?says ?what }} ORDER BY ?says ?what # {}"
_TOWNS: Final = "SELECT ?m WHERE { ?m a <https://w3id.org/regiolog/ns#Municipality> } ORDER BY ?m"
_RUNAWAY: Final = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
_DEADLINE: Final = 2.0
"""Of every query, so that a worker has to have built its snapshot in that time."""
_REST: Final = 1.0
"""For how many seconds a disturbance is over before it counts as over: a worker that replaces one has then started."""
_IDLE: Final = 2.0
"""For how many seconds readers are then measured with nothing beside them."""
_TURNS: Final = 5
_WARM: Final = 100


class _Reader:
    """Somebody who asks for one card after another over one connection, and never for the same answer twice."""

    def __init__(self, service: Served) -> None:
        self._connection = http.client.HTTPConnection(HOST, service.port, timeout=60)
        self._numbers = counting()
        self.towns = [row["m"]["value"] for row in self.ask(_TOWNS)["results"]["bindings"]]

    def ask(self, query: str, known: str | None = None) -> dict[str, dict[str, list[dict[str, dict[str, str]]]]]:
        """The answer to a query.

        Raises:
            RuntimeError: There is none.
        """
        status, body = _get(self._connection, query, known)
        if status != 200:
            raise RuntimeError(f"{query} was answered with {status}: {body!r}")
        found: dict[str, dict[str, list[dict[str, dict[str, str]]]]] = json.loads(body)
        return found

    def timed(self, more: Callable[[int], bool], known: str | None = None) -> list[float]:
        """How long each of some cards takes, one after another, in seconds on the wall.

        Args:
            more: Whether to go on, after so many.
            known: What was known of what is on them; None for the newest position.
        """
        found: list[float] = []
        while more(len(found)):
            number = next(self._numbers)
            started = WALL()
            self.ask(_CARD.format(self.towns[number % len(self.towns)], number), known)
            found.append(WALL() - started)
        return found

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def beside_a_runaway(registers: Registers, size: Size, name: str, runaways: int) -> Iterator[Row]:
    """P12: how long after its deadline a runaway is gone, and what other readers take meanwhile."""
    with (
        Served(registers.copied(size), deadline=str(_DEADLINE)) as service,
        ThreadPoolExecutor(1) as other,
    ):
        service.ready()
        with closing(_Reader(service)) as reader:
            reader.timed(lambda done: done < _WARM)
            late: list[float] = []
            busy: list[float] = []
            idle: list[float] = []
            for number in range(runaways):
                gone = other.submit(_run_away, service, number)
                busy += reader.timed(lambda _, gone=gone: not gone.done())  # type: ignore[misc]
                late.append(gone.result())
                reader.timed(_for(_REST))
                idle += reader.timed(_for(_IDLE))
    worst = max(late) * 1e3
    what = f"a runaway over HTTP, answered after its deadline, the latest of {runaways}, {name}"
    yield Row("P12", what, worst, None, "ms", "", None, "≤ 250 ms", worst <= 250)
    yield _ratio("P12", f"a card over HTTP beside a runaway, p95 of {len(busy):,}, {name}", busy, idle)


def beside_a_writer(registers: Registers, size: Size, name: str, count: int) -> Iterator[Row]:
    """P13: reads of what was known earlier and of the newest position, beside a process that only writes.

    The writer is stopped and set going in turn, so that what else the machine does disturbs both alike.
    """
    with Served(registers.copied(size)) as service:
        known = service.ready().json["known"]
        with closing(_Reader(service)) as reader:
            reader.timed(lambda done: done < _WARM, known)
            reader.timed(lambda done: done < _WARM)
            idle: dict[str | None, list[float]] = {known: [], None: []}
            busy: dict[str | None, list[float]] = {known: [], None: []}
            appended, writing = 0, 0.0
            with _writing(service, reader.towns) as writer:
                for turn in range(2 * _TURNS):
                    pause = turn % 2 == 0
                    writer.send_signal(signal.SIGSTOP if pause else signal.SIGCONT)
                    reader.timed(_for(_REST))
                    head, started = _head(service), WALL()
                    for since, found in (idle if pause else busy).items():
                        found.extend(reader.timed(lambda done: done < count // _TURNS, since))
                    if not pause:
                        appended += _head(service) - head
                        writing += WALL() - started
    beside = f"beside {appended / writing:,.0f} appends a second, p95, {name}"
    yield _ratio("P13", f"a card over HTTP at an earlier known, {beside}", busy[known], idle[known])
    yield _ratio("P13", f"a card over HTTP at the newest position, {beside}", busy[None], idle[None])


@contextmanager
def _writing(service: Served, towns: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that does nothing but write to the journal of a service, until the block ends."""
    codes = [town.rpartition("/")[2] for town in towns]
    command = [sys.executable, "-m", "bench.disturbing", str(service.data), *codes[:200]]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        try:
            if writer.stdout is None or not writer.stdout.readline():
                raise RuntimeError("the writer did not begin")
            yield writer
        finally:
            writer.kill()


def _head(service: Served) -> int:
    """The last position of the journal; the service may be behind it."""
    return int(json.loads(service.get("health/ready").text)["head"])


def _for(seconds: float) -> Callable[[int], bool]:
    """Whether to go on, for some seconds from now."""
    until = WALL() + seconds
    return lambda _: WALL() < until


def _run_away(service: Served, number: int) -> float:
    """Ask what cannot be answered, and say how many seconds after its deadline that was said."""
    with closing(http.client.HTTPConnection(HOST, service.port, timeout=60)) as connection:
        started = WALL()
        status, body = _get(connection, f"{_RUNAWAY} # {number}", None)
        late = WALL() - started - _DEADLINE
    if status == 200:
        raise RuntimeError(f"the runaway was answered with {status}: {body!r}")
    return late


def _get(connection: http.client.HTTPConnection, query: str, known: str | None) -> tuple[int, bytes]:
    clocks = f"at={_DAY}" if known is None else f"at={_DAY}&known={known}"
    connection.request(
        "GET", f"/sparql?{clocks}&query={quote(query)}", headers={"Accept": "application/sparql-results+json"}
    )
    answer = connection.getresponse()
    return answer.status, answer.read()


def _ratio(number: str, what: str, busy: list[float], idle: list[float]) -> Row:
    ours, reference = share(busy, 0.95) * 1e3, share(idle, 0.95) * 1e3
    ratio = ours / reference
    return Row(number, what, ours, reference, "ms", "the same with nothing beside it (wall)", ratio, "≤ 2", ratio <= 2)


def write(path: Path, codes: list[str]) -> None:
    """Rename one municipality after another, each on disk before the next, until killed."""
    folder = Folder(path)
    head = folder.journal.head()
    sys.stdout.write("writing\n")
    sys.stdout.flush()
    for number in counting():
        event = MunicipalityWasRenamed(
            id=f"bench-{number}",
            municipality=codes[number % len(codes)],
            name=f"Nieuw-{number}",
            valid_from=date.fromordinal(_DAY.toordinal() + number // len(codes)),
            decision="BESLUIT-1",
        )
        head = folder.journal.append([event], Boundary(frozenset(event.scope())), head)[-1]


if __name__ == "__main__":
    write(Path(sys.argv[1]), sys.argv[2:])
