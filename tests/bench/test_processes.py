"""The CPU time of a server is that of all its processes, and of nothing else."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from bench.processes import clock, processor_time, spent

_BURN = "import time\nwhile time.process_time() < {seconds}: pass\nprint('done', flush=True)\ntime.sleep(60)"
_PARENT = (
    "import subprocess, sys\n"
    "child = subprocess.Popen([sys.executable, '-c', {child!r}], stdout=sys.stdout)\n"
    "sys.stdin.read()\nchild.kill()\nchild.wait()"
)


@pytest.fixture
def parent() -> Iterator[subprocess.Popen[bytes]]:
    """A process that does nothing, and has a child that takes 0.3 seconds of CPU time."""
    program = _PARENT.format(child=_BURN.format(seconds=0.3))
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"done\n"
        yield process
        assert process.stdin is not None
        process.stdin.close()


def test_the_time_of_a_process_counts_what_its_children_take(parent: subprocess.Popen[bytes]) -> None:
    """The child that took it is one of the processes of the tree."""
    times = processor_time(parent.pid)
    assert len(times) == 2
    assert times[parent.pid] < 0.3 <= sum(times.values())


def test_what_is_idle_takes_nothing(parent: subprocess.Popen[bytes]) -> None:
    """A tenth of a second in which the whole tree sleeps, however busy the machine is."""
    before = processor_time(parent.pid)
    time.sleep(0.1)
    assert spent(before, processor_time(parent.pid)) < 0.02


def test_the_clock_of_this_process_is_the_one_that_python_reads() -> None:
    """To within what it takes to read both."""
    assert clock(0) == pytest.approx(time.process_time(), abs=0.01)


def test_a_process_that_began_in_between_counts_from_its_beginning() -> None:
    """And one that ended is left out, for nothing is known of it."""
    assert spent({1: 5.0, 2: 1.0}, {1: 7.0, 3: 0.5}) == 2.5
