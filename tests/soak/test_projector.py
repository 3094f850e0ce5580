"""The projector under kills: every event becomes statements exactly once, however often it dies half-way."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from regiolog.sync.folder import Folder
from regiolog.sync.statements import digest
from regiolog.sync.statements.history import History
from tests.builders import small_register, tell

WORKER = Path(__file__).with_name("register_worker.py")
SEED = 20_210_312


def start(role: str, folder: Path) -> subprocess.Popen[str]:
    """One of the two in a process of its own."""
    return subprocess.Popen([sys.executable, str(WORKER), role, str(folder)], stdout=subprocess.PIPE, text=True)


def kill(process: subprocess.Popen[str]) -> list[str]:
    """Kill it, and return the whole lines that it wrote."""
    process.kill()
    written, _ = process.communicate(timeout=30)
    assert process.returncode == -signal.SIGKILL, "it ended by itself"
    return [line for line in written.splitlines(keepends=True) if line.endswith("\n")]


def digests(history: History) -> tuple[str, list[str]]:
    """What the statements come to, over both clocks."""
    head = history.position
    keys = [
        history.key(date(year, 6, 1), position)
        for year in range(2020, 2026)
        for position in range(1, head + 1, max(1, head // 10))
    ]
    return digest.of_history(history, head), [digest.of_snapshot(history, key) for key in keys]


@pytest.mark.soak
def test_recorder_and_projector_are_killed(at_length: Callable[[int, int], int], tmp_path: Path) -> None:
    """Nothing acknowledged is lost, nothing is there twice, and the statements are those of a rebuild."""
    chance = random.Random(SEED)
    folder = Folder(tmp_path, create=True)
    tell(folder.journal, *small_register())
    acknowledged: list[str] = []
    recorder, projector = start("record", tmp_path), start("project", tmp_path)
    for _ in range(at_length(6, 60)):
        time.sleep(chance.uniform(0.2, 0.7))
        if chance.random() < 0.5:
            acknowledged += kill(recorder)
            recorder = start("record", tmp_path)
        else:
            kill(projector)
            projector = start("project", tmp_path)
    acknowledged += kill(recorder)
    kill(projector)

    ids = [event.id for _, event in folder.journal.replay()]
    assert len(ids) == len(set(ids)) > 10, "something is there twice"
    assert {line.strip() for line in acknowledged} <= set(ids), "something acknowledged is lost"
    survived = digests(folder.history())
    folder.statements.unlink()
    assert digests(folder.history()) == survived
    folder.close()
