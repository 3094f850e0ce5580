"""Queries of every temper, and a look at the processes that answer them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from regiolog.sync.queries.workers import Question
from regiolog.sync.statements.history import SnapshotKey

NOW = SnapshotKey(0, 1, 1)
SMALL = 'SELECT ?s { ?s ?p "7" }'
# 300 ** 4 rows, counted and never sent.
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
# 90,000 rows, about 15 MB.
MANY_ROWS = "SELECT * { ?a ?b ?c . ?d ?e ?f }"
# A text that doubles thirty times.
HUNGRY = (
    'SELECT (STRLEN(?x30) AS ?n) { BIND("0123456789" AS ?x0) '
    + " ".join(f"BIND(CONCAT(?x{n}, ?x{n}) AS ?x{n + 1})" for n in range(30))
    + " }"
)


def children(parent: int | None = None) -> set[int]:
    """The query workers of a process, or of this one, by number."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            status = (process / "stat").read_text()
        except OSError:  # it ended meanwhile
            continue
        state, of = status.rsplit(")", 1)[1].split()[:2]
        if int(of) == (parent or os.getpid()) and b"regiolog.sync.queries.query_worker" in command and state != "Z":
            found.add(int(process.name))
    return found


def exists(process: int) -> bool:
    """Whether a process, or any thread of it, still runs."""
    states = []
    for task in Path("/proc", str(process), "task").glob("*/stat"):
        with suppress(OSError):
            states.append(task.read_text().rsplit(")", 1)[1].split()[0])
    return any(state not in "ZX" for state in states)


def within(seconds: float, so: Callable[[], bool]) -> bool:
    """Whether something comes true in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if so():
            return True
        time.sleep(0.02)
    return so()


def about(query: str, **more: object) -> Question:
    """A question about the one moment there is."""
    return msgspec.convert({"query": query, "default": NOW, **more}, Question)


# Answers
