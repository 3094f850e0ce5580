"""A recorder and a projector in processes of their own, for the kills of the projector's soak test.

``record FOLDER`` records one rename after another, through the rules, and acknowledges each with its id once it is
recorded, going on from where it was left; ``project FOLDER`` follows the journal until it is killed.
"""

from __future__ import annotations

import json
import sys
import time
from itertools import count
from pathlib import Path

from regiolog.events.recording import read_wishes, record
from regiolog.sync.folder import Folder

MUNICIPALITIES = [f"1000{number}" for number in range(1, 7)]


def wish_of(number: int) -> dict[str, object]:
    """The rename of this number: every third one is a correction of the one before it."""
    if number % 3 == 2:
        return {
            "id": f"step/{number}",
            "kind": "event-was-corrected",
            "corrects": f"step/{number - 1}",
            "reason": "a slip",
            "change": {"name": f"Beter {number}"},
            "source": ["a letter"],
        }
    return {
        "id": f"step/{number}",
        "kind": "municipality-was-renamed",
        "municipality": MUNICIPALITIES[number % len(MUNICIPALITIES)],
        "name": f"Naam {number}",
        "valid_from": f"{2020 + number // 300}-{number // 25 % 12 + 1:02}-{number % 25 + 1:02}",
        "decision": "D1",
    }


def recording(folder: Folder) -> None:
    """Record until killed; what is recorded already is silent."""
    for number in count():
        record(folder.journal, read_wishes([(1, json.dumps(wish_of(number)).encode())]))
        print(f"step/{number}", flush=True)


def projecting(folder: Folder) -> None:
    """Project until killed."""
    folder.lock()
    projector = folder.projector()
    projector.catch_up()
    print("projecting", flush=True)
    projector.follow()
    while projector.standing().stopped is None:
        time.sleep(0.05)
    sys.exit(str(projector.standing().stopped))


if __name__ == "__main__":
    opened = Folder(Path(sys.argv[2]), create=True)
    (recording if sys.argv[1] == "record" else projecting)(opened)
