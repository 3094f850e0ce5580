"""Where each source that is harvested stands: its last run, when it is due next, what waits, how much diverges."""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from importlib.resources import files
from typing import Any, NamedTuple

from regiolog.events.errors import FolderError, RegiologError
from regiolog.events.temporal import today
from regiolog.publisher.harvests.telling import Diverging, as_json, line, moment_text
from regiolog.publisher.settings import Settings
from regiolog.sync.due import next_due
from regiolog.sync.folder import Folder
from regiolog.sync.harvest.report import Report
from regiolog.sync.harvest.runs import FILE, Memory, Runs
from regiolog.sync.statements.history import History


class Standing(NamedTuple):
    """Where one source stands.

    Attributes:
        source: By what the settings call it.
        said_by: Its key in the register.
        schedule: When it is harvested, as the settings say it; None leaves it to ``regiolog sync``.
        last: The report of its last run; None when it was never harvested.
        seen: When it was last found to say what is held of it.
        recorded: When a run last recorded something.
        due: When it is due next; None when it has no schedule.
        waiting: How many of its documents were refused and wait.
        diverging: How many divergences the register has with it; None when that is unknown.
    """

    source: str
    said_by: str
    schedule: str | None
    last: Report | None
    seen: datetime | None
    recorded: datetime | None
    due: datetime | None
    waiting: int
    diverging: int | None


def standings(folder: Folder, settings: Settings, diverging: Diverging) -> list[Standing]:
    """Where each source stands that the settings declare.

    Args:
        folder: The data folder.
        settings: What is harvested.
        diverging: How many divergences the register has with each source.

    Raises:
        FolderError: What is remembered cannot be read.
    """
    runs = Runs(folder.path) if settings.sources and (folder.path / FILE).exists() else None
    waiting = Counter(each.name for each in runs.quarantine()) if runs else Counter[str]()
    now = folder.clock()
    found = []
    for name, source in settings.sources.items():
        memory = runs.of(name) if runs else Memory(name)
        found.append(
            Standing(
                source=name,
                said_by=source.said_by,
                schedule=source.schedule,
                last=memory.last,
                seen=memory.seen,
                recorded=memory.recorded,
                due=next_due(source, memory, now),
                waiting=waiting[name],
                diverging=None if diverging is None else diverging.get(source.said_by, 0),
            )
        )
    return found


def standing_json(standing: Standing) -> dict[str, Any]:
    """Where a source stands, as a program reads it."""
    return {
        name: moment_text(value)
        if isinstance(value, datetime)
        else as_json(value)
        if name == "last" and value
        else value
        for name, value in standing._asdict().items()
    }


def standing_lines(standing: Standing) -> Iterator[str]:
    """Where a source stands, for people: what its last run did, and the rest in a second line."""
    yield f"harvest     {f'{standing.source}: never harvested' if standing.last is None else line(standing.last)}"
    instants = {"seen": standing.seen, "recorded": standing.recorded, "due": standing.due}
    told = [f"{name} {moment_text(instant)}" for name, instant in instants.items() if instant is not None]
    diverging = "unknown" if standing.diverging is None else standing.diverging
    yield f"{'':<12}{', '.join([*told, f'{standing.waiting} in quarantine', f'{diverging} diverging'])}"


def diverging_now(settings: Settings, folder: Folder, history: History, say: Callable[[str], None]) -> Diverging:
    """How many divergences the register has with each source; None, and a sentence, when it cannot be had.

    They are worked out only where something happened since they last were, or another day has come.

    Args:
        settings: The limits of the question.
        folder: The data folder.
        history: The statements.
        say: Told why it cannot be had.
    """
    try:
        runs = Runs(folder.path) if (folder.path / FILE).exists() else None
        basis = _basis(folder, history)
        numbers = None if runs is None else runs.diverging(basis)
        if numbers is None:
            from regiolog.publisher.harvests.disagreement import divergences  # noqa: PLC0415 - loads much

            numbers = divergences(settings, folder, history)
            if runs is not None:
                with suppress(FolderError):  # they are known all the same
                    runs.keep_diverging(basis, numbers)
    except (RegiologError, OSError, sqlite3.Error) as error:
        say(f"how much diverges is unknown: {error}")
        return None
    return numbers


def _basis(folder: Folder, history: History) -> str:
    """What the numbers of divergences hang on: the last event, the projection's version, the day, and the question."""
    question = files("regiolog.publisher").joinpath("queries", "divergences.rq").read_bytes()
    facts = (history.position, history.meta("last"), history.version, today(folder.clock))
    return " ".join(map(str, (*facts, hashlib.sha256(question).hexdigest())))
