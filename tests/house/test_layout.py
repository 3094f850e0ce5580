"""The four folders are four parts of one package, and nothing happens when they are imported."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.checkout import PARTS, ROOT, dotted, modules

IMPORT_AND_WATCH = """
import importlib, os, sys

def watch(event, args):
    writes = event == "open" and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and args[0] != os.devnull
    starts = {"socket.connect", "socket.bind", "sqlite3.connect", "subprocess.Popen", "os.fork", "os.mkdir",
              "_thread.start_new_thread"}
    looks = event == "socket.bind" and args[1] == ("::1", 0)  # urllib3 sees whether there is IPv6, and lets go again
    if writes or (event in starts and not looks):
        raise SystemExit(f"importing {module} does {event}{args[:2]}")

sys.addaudithook(watch)
for module in sys.argv[1:]:
    importlib.import_module(module)
"""


@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_imported_under_the_one_name(part: str) -> None:
    """Each folder is regiolog.<folder>, and that is where it is loaded from."""
    spec = importlib.util.find_spec(f"regiolog.{part}")
    assert spec is not None
    assert spec.origin == str(ROOT / part / "__init__.py")


@pytest.mark.parametrize("part", PARTS)
def test_type_checkers_see_through_the_editable_install(part: str) -> None:
    """typings/regiolog/<part> is a link to the part's folder."""
    link = ROOT / "typings" / "regiolog" / part
    assert link.is_symlink()
    assert link.readlink() == Path("..", "..", part)


@pytest.mark.parametrize("part", PARTS)
def test_a_part_tells_that_it_is_typed(part: str) -> None:
    """Users of the installed package get our types."""
    assert (ROOT / part / "py.typed").is_file()


def test_nothing_happens_at_import() -> None:
    """Importing every module of ours writes no file, starts no thread or process and opens no connection."""
    names = [dotted(path) for path in modules(*PARTS)]
    watched = subprocess.run(
        [sys.executable, "-B", "-c", IMPORT_AND_WATCH, *names], capture_output=True, text=True, check=False, cwd="/"
    )
    assert watched.returncode == 0, watched.stderr
