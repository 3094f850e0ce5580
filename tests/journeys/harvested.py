"""Registers that are made of what publishers publish: the first file of the archive, series beside it, and harvests."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from regiolog.publisher.beginning import load_archive
from regiolog.sync.folder import Folder
from regiolog.sync.harvest.backfill import Backfill
from regiolog.sync.harvest.declared import read_source
from regiolog.sync.harvest.harvesting import Harvester
from regiolog.sync.harvest.report import Report
from regiolog.sync.harvest.runs import Runs
from tests.processes import Served

PINC = {"said_by": "pinc", "publisher": "Provincies in Cijfers", "kind": "table", "complete": True}
ABB = {"said_by": "abb", "publisher": "Agentschap Binnenlands Bestuur", "kind": "rdf", "complete": True}
STATBEL = {
    "said_by": "statbel",
    "publisher": "Statbel",
    "kind": "rdf",
    "complete": True,
    "licence": "http://statbel.fgov.be/en/statistics/opendata/licence/",
}
REFREG = {
    "says": "regions",
    "municipality": "gemeente",
    "region": "REFREG",
    "name": "Name REFREG",
    "placeholders": r"9999\d|REFREG9\d",
}
TABLES = r"(?P<date>\d{4}-\d\d-\d\d)_(?P<version>[0-9a-f]{7})\.csv"
DOCUMENTS = r"(?P<date>\d{8})\d{6}-referentieregios\.ttl"
FLEMISH = r"(1\d|2[34]|3\d|4\d|7\d)(?!000)\d{3}"


def scheme(name: str, location: Path) -> dict[str, Any]:
    """A scheme of Statbel's codes."""
    address = f"http://vocab.belgif.be/auth/{name}"
    return {
        **STATBEL,
        "location": str(location),
        "document": name,
        "mapping": {"says": "municipalities", "scheme": address, "codes": FLEMISH},
    }


def series(of: Mapping[str, Any], folder: Path, pattern: str, document: str, /, **mapping: Any) -> dict[str, Any]:
    """A series of documents in a folder."""
    return {**of, "series": {"folder": str(folder), "pattern": pattern}, "document": document, "mapping": mapping}


def begun(data: Path, *, leave_out: tuple[str, ...], **declared: dict[str, Any]) -> dict[str, Report]:
    """Begin a register with part of the archive, with series beside it, and then harvest everything once.

    Returns:
        What became of each source; of a series, what its harvest after the backfill found.
    """
    sources = {
        name.replace("_", "-"): read_source(name.replace("_", "-"), given, data)[0] for name, given in declared.items()
    }
    with closing(Folder(data, create=True)) as folder:
        backfill = Backfill(sources)
        load_archive(folder.journal, None, leave_out=leave_out, series=backfill.versions)
        backfill.remember(Runs(data), sources, folder.clock)
        harvester = Harvester(folder, sources)
        return {name: harvester.harvest(name) for name in sources}


@contextmanager
def served(data: Path, *, leave_out: tuple[str, ...]) -> Iterator[Served]:
    """A register, served with the same part of the archive as it began with."""
    with Served(data, leave_out=",".join(leave_out) or "none") as service:
        service.ready()
        yield service


def rows(service: Served, query: str, **parameters: str) -> list[dict[str, str]]:
    """The rows of a named query."""
    reply = service.get(f"query/{query}.csv", **parameters)
    assert reply.status == 200, reply.text
    return list(csv.DictReader(io.StringIO(reply.text)))
