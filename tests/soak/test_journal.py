"""The journal under races and kills: one winner each, nothing acknowledged is lost or there twice."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest

from regiolog.events.journal import Journal
from regiolog.events.journal_sqlite import open_journal

WRITER = Path(__file__).with_name("journal_writer.py")
SEED = 20_180_101


def start(*arguments: object) -> subprocess.Popen[str]:
    """A writer in a process of its own."""
    command = [sys.executable, str(WRITER), *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)


def ends(process: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    """What the process reads and what it writes."""
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout


@pytest.mark.soak
def test_writers_race(at_length: Callable[[int, int], int], tmp_path: Path) -> None:
    """Of two processes that decided at the same head one wins; both do when they touch different things."""
    journal = open_journal(tmp_path, create=True)
    with start("race", tmp_path) as first, start("race", tmp_path) as second:
        wins = run_races(journal, first, second, at_length(60, 1_000), random.Random(SEED))
        for each in (first, second):
            ends(each)[0].close()
    assert (first.returncode, second.returncode) == (0, 0)
    assert min(wins.values()) > 0, "each of the two should win now and then, or nothing was raced"
    journal.close()


def run_races(
    journal: Journal,
    first: subprocess.Popen[str],
    second: subprocess.Popen[str],
    count: int,
    chance: random.Random,
) -> Counter[str]:
    """Run races of three kinds in turn; return who won how many of those that only one could win."""
    wins: Counter[str] = Counter(first=0, second=0)
    for number in range(count):
        a, b, c = (f"{number}.{part}" for part in "abc")
        wish_of = {"first": [a], "second": {0: [a], 1: [b], 2: [a, b, c]}[number % 3]}
        head = journal.head()
        racers = {"first": ends(first), "second": ends(second)}
        order = chance.sample(sorted(racers), 2)
        for name in order:
            print(f"{number}-{name}", head, *wish_of[name], file=racers[name][0], flush=True)
        answers = {name: racers[name][1].readline().split() for name in order}
        recorded = [(event.id, position) for position, event in journal.replay(head)]
        acknowledged = [
            (f"{number}-{name}/{region}", int(position))
            for name, answer in answers.items()
            if answer != ["lost"]
            for region, position in zip(wish_of[name], answer, strict=True)
        ]
        assert sorted(recorded) == sorted(acknowledged), f"round {number}"
        winners = [name for name, answer in answers.items() if answer != ["lost"]]
        if number % 3 == 1:
            assert len(winners) == 2, f"round {number}"
        else:
            assert len(winners) == 1, f"round {number}"
            wins[winners[0]] += 1
    return wins


@pytest.mark.soak
def test_a_writer_is_killed(at_length: Callable[[int, int], int], tmp_path: Path) -> None:
    """A writer that is killed at random and started again records each event once, and each batch whole."""
    acknowledged = run_kills(tmp_path, at_length(4, 50), random.Random(SEED))
    journal = open_journal(tmp_path, create=False)
    count = journal.head() // 3 + 10
    with start("load", tmp_path, count) as last:
        acknowledged += ends(last)[1].read().splitlines()
    assert last.returncode == 0
    position_of = {event.id: position for position, event in journal.replay()}
    assert journal.head() == len(position_of) == 3 * count, "something is missing, or there twice"
    positions_of = [[position_of[f"load/{number}.{part}"] for part in range(3)] for number in range(count)]
    assert all(positions == [positions[0] + part for part in range(3)] for positions in positions_of)
    for line in acknowledged:
        number, *positions = map(int, line.split())
        assert positions == positions_of[number]
    journal.close()


def run_kills(folder: Path, kills: int, chance: random.Random) -> list[str]:
    """Kill a writer so many times, each at a random moment of its work; return what it acknowledged."""
    acknowledged: list[str] = []
    for _ in range(kills):
        writer = start("load", folder, sys.maxsize)
        output = ends(writer)[1]
        acknowledged.append(output.readline())
        # Its pipe must not fill up meanwhile, or it would be killed while it waits.
        killer = threading.Timer(chance.uniform(0, 0.1), writer.kill)
        killer.start()
        acknowledged += output.read().splitlines(keepends=True)
        killer.join()
        assert writer.wait() == -signal.SIGKILL
        ends(writer)[0].close()
        output.close()
    # The last line of each may be cut off in the middle of a number: only a whole one is an acknowledgement.
    return [line for line in acknowledged if line.endswith("\n")]
