"""A writer in a process of its own, for the races and kills of the journal's soak tests.

``race FOLDER`` appends what each line on stdin says, and says how it went; ``load FOLDER COUNT`` records so many
batches, going on from where it was left.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

from regiolog.events.errors import Conflict
from regiolog.events.journal import Boundary, Journal
from regiolog.events.journal_sqlite import open_journal
from regiolog.events.region import RegionWasRenamed

BATCH = 3


def renamed(name: str, regions: list[str]) -> list[RegionWasRenamed]:
    """One event for each region, all in one batch."""
    return [
        RegionWasRenamed(id=f"{name}/{region}", region=region, name=name, valid_from=date(2024, 1, 1), decision="D1")
        for region in regions
    ]


def race(journal: Journal) -> None:
    """Answer each line ``name after region…`` with the positions of its events, or with ``lost``."""
    for line in sys.stdin:
        name, after, *regions = line.split()
        boundary = Boundary(frozenset(f"region:{region}" for region in regions))
        try:
            positions = journal.append(renamed(name, regions), boundary, int(after))
        except Conflict:
            print("lost", flush=True)
        else:
            print(*positions, flush=True)


def load(journal: Journal, count: int) -> None:
    """Record what is not there yet, and acknowledge each batch on stdout once it is recorded.

    A batch is decided on as rules do it: take the head, read the boundary, append under it.
    """
    for number in range(count):
        regions = [f"{number}.{part}" for part in range(BATCH)]
        boundary = Boundary(frozenset(f"region:{region}" for region in regions))
        head = journal.head()
        if not journal.read(boundary):
            print(number, *journal.append(renamed("load", regions), boundary, head), flush=True)


if __name__ == "__main__":
    opened = open_journal(Path(sys.argv[2]), create=True)
    if sys.argv[1] == "race":
        race(opened)
    else:
        load(opened, int(sys.argv[3]))
    opened.close()
