"""The tables of facts, which lie beside the repository where they are to be had, and are never copied into it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from regiolog.sync.archive import archive_lines, archive_names

TABLES = Path(__file__).resolve().parents[2] / "shared" / "data"

EVENTS = sum(1 for name in archive_names() for _ in archive_lines(name))
"""How many events the archive that ships holds."""

with_tables = pytest.mark.skipif(not TABLES.is_dir(), reason="the tables of facts are not beside the repository")


def table(name: str) -> list[dict[str, str]]:
    """The rows of one table of facts."""
    with (TABLES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
