"""A registrar in a process of its own, for the kills of the feed's soak test: ``feed_writer.py FOLDER``.

It records one thing after another through the rules, as fast as they are taken, going on from where it was left, and
acknowledges each with its id once it is recorded.
"""

from __future__ import annotations

import json
import sys
from itertools import count
from pathlib import Path
from typing import Final

from regiolog.events.recording import read_wishes, record
from regiolog.sync.folder import Folder

TOWNS: Final = [f"2{number:04}" for number in range(300)]


def wish_of(number: int) -> dict[str, object]:
    """The event of this number: decisions, names, a correction of one, and a region that is withdrawn again."""
    step = number % 10
    said = {"id": f"step/{number}", "source": ["a letter"]}
    later = {**said, "valid_from": f"{2020 + number // 28_000}-{number // 28 % 12 + 1:02}-{number % 28 + 1:02}"}
    if step < 5:
        about = {"decision": f"S{number}", "type": "decree", "body": "een orgaan", "title": f"Besluit {number}"}
        return {**said, "kind": "decision-was-registered", "decided": "2020-01-01", **about}
    if step < 7:
        town = TOWNS[(number // 10 * 2 + step - 5) % len(TOWNS)]
        about = {"municipality": town, "name": f"Naam {number}", "decision": "D1"}
        return {**said, "kind": "municipality-was-renamed", "valid_from": _day(number), **about}
    if step == 7:
        wrong = {"corrects": f"step/{number - 1}", "reason": "a slip", "change": {"name": f"Beter {number}"}}
        return {**said, "kind": "event-was-corrected", **wrong}
    if step == 8:
        return {**later, "kind": "region-was-designated", "region": f"r{number}", "name": "Streek", "decision": "D1"}
    return {**said, "kind": "event-was-retracted", "retracts": f"step/{number - 1}", "reason": "a slip"}


def _day(number: int) -> str:
    """A day that comes after the one on which the same town was named before."""
    turn = number // 10 * 2 // len(TOWNS)
    return f"{2020 + turn // 300}-{turn // 25 % 12 + 1:02}-{turn % 25 + 1:02}"


if __name__ == "__main__":
    folder = Folder(Path(sys.argv[1]))
    for each in count():
        record(folder.journal, read_wishes([(1, json.dumps(wish_of(each)).encode())]))
        print(f"step/{each}", flush=True)
