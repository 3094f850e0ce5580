"""Others who use a service while it is attacked: what small things they ask, and how long they wait for them."""

from __future__ import annotations

import threading
import time
from typing import Final, NamedTuple, Self
from urllib.parse import quote

from tests.processes import Served
from tests.sockets import Connection

PATIENT: Final = 20
"""How often anybody comes back who is told to."""
SMALL: Final = (
    "health/live",
    "query/region-of.csv?nis=11056&at=2024-06-01",
    "doc/municipality/11002.nt?at={day}",
    "sparql?query=" + quote("SELECT ?p ?o { <https://data.vlaanderen.be/id/gemeente/44021> ?p ?o . BIND({n} AS ?n) }"),
)
"""What others ask all the while: pages, and queries of which no two are the same."""


class Asked(NamedTuple):
    """One of the small questions: when it was first asked, how long it took, its last status, how often it was put off.

    Whoever is told to come back waits all the while, so the time that he was put off is part of what it took.
    """

    began: float
    seconds: float
    status: int
    path: str
    put_off: int


class Others:
    """People who ask small things of a service, one after another, until the block ends."""

    def __init__(self, service: Served, count: int = 2) -> None:
        """Know whom to ask, and with how many threads."""
        self._service = service
        self._numbers = iter(range(10**9))
        self._done = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(count)]
        self.asked: list[Asked] = []

    def __enter__(self) -> Self:
        """Begin to ask."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop asking."""
        self._done.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        while not self._done.is_set():
            number = next(self._numbers)
            path = SMALL[number % len(SMALL)].replace("%7Bn%7D", str(number))
            path = path.replace("{day}", f"2024-01-{number % 28 + 1:02}")
            began, status, put_off = time.monotonic(), 503, -1
            while status == 503 and put_off < PATIENT:
                time.sleep(0.05 * (put_off >= 0))
                with Connection(self._service.port) as connection:
                    connection.get(path)
                    status = connection.hear().status
                put_off += 1
            self.asked.append(Asked(began, time.monotonic() - began, status, path, put_off))
            time.sleep(0.01)

    def between(self, began: float, ended: float) -> list[Asked]:
        """What was first asked between two moments."""
        return [each for each in self.asked if began <= each.began < ended]


def slowest(asked: list[Asked]) -> float:
    """What nineteen in twenty small questions took at the most, in seconds."""
    times = sorted(each.seconds for each in asked)
    return times[len(times) * 19 // 20]


def put_off(asked: list[Asked]) -> int:
    """How many of them were told to come back, once or more often."""
    return sum(each.put_off > 0 for each in asked)
