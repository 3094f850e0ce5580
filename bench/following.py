"""P11: how soon what was appended is in the answers of a query worker, with everything at work as in the service."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date
from typing import Final

from bench.filling import Size
from bench.measure import WALL, Row, share
from bench.registers import Registers
from regiolog.events.journal import Boundary
from regiolog.events.municipality import MunicipalityWasRenamed
from regiolog.sync.queries.question import Question
from regiolog.sync.queries.workers import QueryWorkers
from regiolog.sync.statements.history import History

_DAY: Final = date(2040, 1, 1)
"""A day after everything that the generator makes up."""
_PATIENCE: Final = 30.0
_PAUSE: Final = 0.01
_ALIVE: Final = "SELECT ?m WHERE { ?m a <https://w3id.org/regiolog/ns#Municipality> } ORDER BY ?m"


def following(registers: Registers, size: Size, name: str, count: int) -> Iterator[Row]:
    """P11: from an acknowledged append to the first answer that has it, asked for all the while."""
    appends: list[float] = []
    waits: list[float] = []
    with registers.at_work(size) as (folder, history, workers):
        towns = _ask(workers, history, _ALIVE).decode().split()[1:]
        for number, town in enumerate(towns[: count + 1]):
            event = MunicipalityWasRenamed(
                id=f"bench-{number}",
                municipality=town.rpartition("/")[2].rstrip(">"),
                name=f"Nieuw-{number}",
                valid_from=_DAY,
                decision="BESLUIT-1",
            )
            time.sleep(_PAUSE)
            started = WALL()
            folder.journal.append([event], Boundary(frozenset(event.scope())), folder.journal.head())
            recorded = WALL()
            _await(workers, history, f'ASK {{ {town} ?says "Nieuw-{number}"@nl }}', recorded)
            if number:  # the first one makes the day a breakpoint, and builds the snapshot
                appends.append(recorded - started)
                waits.append(WALL() - recorded)
    wait, append = share(waits, 0.95) * 1e3, share(appends, 0.95) * 1e3
    yield Row(
        "P11",
        f"from append to answer, p95 of {len(waits)}, {name}",
        wait,
        append,
        "ms",
        "the append itself, p95 (wall)",
        wait / append,
        "≤ 10, ≤ 25 ms",
        wait / append <= 10 and wait <= 25,
    )
    yield Row("", "  … median", share(waits, 0.5) * 1e3, share(appends, 0.5) * 1e3, "ms", "its median")


def _await(workers: QueryWorkers, history: History, query: str, since: float) -> None:
    while b"true" not in _ask(workers, history, query):
        if WALL() - since > _PATIENCE:
            raise TimeoutError(f"not answered within {_PATIENCE:g} s: {query}")


def _ask(workers: QueryWorkers, history: History, query: str) -> bytes:
    """What a worker answers at the newest position that there is."""
    key = history.key(_DAY, history.position)
    formats = {"select": "text/tab-separated-values", "ask": "text/csv"}
    return workers.ask(Question(query=query, default=key, formats=formats)).read()  # type: ignore[arg-type]
