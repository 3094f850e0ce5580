"""A process that harvests on schedule, until it is told to end: ``schedule_process.py DATA DECLARATIONS``.

The declarations are a JSON file with the sources by name. It says on stdout what goes on, and of each run the source
and what became of it.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
from pathlib import Path

from regiolog.events.temporal import system_clock
from regiolog.sync.folder import Folder
from regiolog.sync.harvest.declared import read_source
from regiolog.sync.harvest.harvesting import Harvester
from regiolog.sync.schedule import Schedule


def say(sentence: str) -> None:
    """Say what goes on."""
    print(sentence, flush=True)


def main(data: Path, declarations: Path) -> None:
    """Harvest until SIGTERM or SIGINT."""
    stop = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stop.set())
    declared = json.loads(declarations.read_text())
    sources = {name: read_source(name, each, declarations.parent)[0] for name, each in declared.items()}
    folder = Folder(data)
    schedule = Schedule(
        Harvester(folder, sources, stop=stop),
        data,
        stop=stop,
        clock=system_clock,
        say=say,
        done=lambda report: say(f"{report.source}: {report.outcome}"),
    )
    schedule.run()
    if not schedule.left:
        folder.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
