"""H: what it costs to keep in step with a publisher whose table is as it was, or has changed in a few rows."""

from __future__ import annotations

import csv
import io
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Final

import requests

from bench.measure import CPU, Row, compare
from regiolog.events.decision import DecisionWasRegistered
from regiolog.events.record import Wish
from regiolog.events.recording import Step, record
from regiolog.events.region import RegionWasDesignated
from regiolog.events.register import FoundMunicipality, RegisterWasBegun
from regiolog.sync.folder import Folder
from regiolog.sync.harvest.declared import read_source
from regiolog.sync.harvest.harvesting import Harvester

ROWS: Final = 35_000
"""How many rows the table has: as many as France has municipalities."""

CHANGED: Final = 100
"""How many of them change between two harvests."""

_REGIONS: Final = 20
_FIRST: Final = 10_000


def harvesting(*, rows: int = ROWS, changed: int = CHANGED, rounds: int = 5, seed: int = 1) -> Iterator[Row]:
    """H: a table that is served by a process of its own, harvested, beside fetching and parsing it and nothing more."""
    with (
        tempfile.TemporaryDirectory(prefix="regiolog-harvest-") as path,
        _published(Path(path) / "web") as (web, address),
    ):
        table = _Table(web / "regions.csv", rows, seed)
        location = f"{address}regions.csv"
        with closing(_register(Path(path) / "data", rows)) as folder:
            source, _ = read_source(
                "table",
                {
                    "said_by": "bench",
                    "publisher": "Bench",
                    "kind": "table",
                    "location": location,
                    "complete": True,
                    "allow": ["127.0.0.1"],
                    "mapping": {"says": "regions", "municipality": "code", "region": "region", "name": "name"},
                },
                web,
            )
            harvester = Harvester(folder, {"table": source})

            def harvest(outcome: str) -> Callable[[], None]:
                def harvest() -> None:
                    report = harvester.harvest("table")
                    assert report.outcome == outcome, report

                return harvest

            def plain() -> None:
                body = requests.get(location, timeout=60).content
                assert len(list(csv.reader(io.StringIO(body.decode())))) == rows + 1

            def changing() -> float:
                table.change(changed)
                begun = CPU()
                harvest("new")()
                return CPU() - begun

            harvest("new")()
            against = "fetching the whole of it with requests, and csv.reader"
            unchanged = compare(harvest("unchanged"), plain, rounds=rounds)
            yield unchanged.row("H", f"harvest of an unchanged table of {rows:,} rows (CPU)", against)
            anew = compare(changing, plain, rounds=rounds)
            yield anew.row("H", f"harvest of it with {changed} rows changed (CPU)", against)


class _Table:
    """A table of municipalities and regions, written anew for each change."""

    def __init__(self, path: Path, rows: int, seed: int) -> None:
        self._path = path
        self._random = random.Random(seed)
        self._regions = [self._random.randrange(_REGIONS) for _ in range(rows)]
        self._modified = int(time.time()) - 1_000_000
        self._write()

    def change(self, count: int) -> None:
        """Put so many municipalities in other regions."""
        for row in self._random.sample(range(len(self._regions)), count):
            self._regions[row] = (self._regions[row] + 1) % _REGIONS
        self._write()

    def _write(self) -> None:
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(["code", "region", "name"])
        writer.writerows([_FIRST + row, f"R{region:02}", f"Regio {region}"] for row, region in enumerate(self._regions))
        self._path.write_text(text.getvalue(), encoding="utf-8")
        self._modified += 60  # Last-Modified tells whole seconds only
        os.utime(self._path, (self._modified, self._modified))


@contextmanager
def _published(folder: Path) -> Iterator[tuple[Path, str]]:
    """A folder that is served over HTTP by a process of its own, which answers conditional requests."""
    folder.mkdir()
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stdout is not None
            port = server.stdout.readline().partition(" port ")[2].split()[0]
            yield folder, f"http://127.0.0.1:{port}/"
        finally:
            server.terminate()


def _register(path: Path, rows: int) -> Folder:
    """A register with as many municipalities as the table has rows, and regions under the codes that it uses."""
    folder = Folder(path, create=True)
    begun = RegisterWasBegun(
        id="bench/beginning",
        register="bench",
        base_iri="http://localhost:8000/",
        coverage=date(2018, 1, 1),
        provinces={"10000": "Provincie"},
        municipalities={
            str(_FIRST + row): FoundMunicipality(name=f"Gemeente {row}", province="10000") for row in range(rows)
        },
        source=("bench",),
    )
    decided = DecisionWasRegistered(
        id="bench/decision", decision="D", type="decree", body="Bench", title="besluit", decided=date(2020, 1, 1)
    )
    regions = [
        RegionWasDesignated(
            id=f"bench/region/{number}",
            region=f"regio-{number}",
            name=f"Regio {number}",
            code=f"R{number:02}",
            valid_from=date(2020, 1, 1),
            decision="D",
        )
        for number in range(_REGIONS)
    ]
    steps: list[Wish | Step] = [Wish(0, event, named=True) for event in (begun, decided, *regions)]
    record(folder.journal, steps, clock=folder.clock)
    return folder
