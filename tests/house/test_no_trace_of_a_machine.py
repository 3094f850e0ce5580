"""Nothing in the repository tells on whose machine it was made, or from where packages were fetched."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from tests.house.checkout import ROOT, files, name_of

HOMES = re.compile(r"(?<![\w.}/-])/(home|root|tmp|Users|work|farm)/\w")
INDEXES = re.compile(r"pypi\.(org|python)|pythonhoste[d]|--(extra-)?index-ur[l]|--find-link[s]|--trusted-hos[t]")
PINNED = re.compile(r"^[a-z0-9-]+==\S+( ; .+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")


def lines_of_text() -> list[tuple[str, str]]:
    """Each line of each text file in the repository, with where it stands."""
    found = []
    for path in files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # not text
        found += [(f"{name_of(path)}:{number}", line) for number, line in enumerate(text.splitlines(), start=1)]
    return found


def test_no_path_of_a_machine() -> None:
    """No line names a folder that exists only where it was written."""
    here = [place for place in (str(ROOT), str(Path.home())) if len(Path(place).parts) > 2]
    traces = [
        f"{where}: {line.strip()[:100]}"
        for where, line in lines_of_text()
        if HOMES.search(line) or any(place in line for place in here)
    ]
    assert not traces


def test_no_host_of_a_package_index() -> None:
    """Which index packages come from is the reader's choice, so no file names one."""
    assert not [where for where, line in lines_of_text() if INDEXES.search(line)]


def test_locks_pin_and_hash_everything() -> None:
    """Each line of a lock file is a version, a hash of it, or a comment, and every dependency of ours is there."""
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    runtime = wanted["project"]["dependencies"]
    dev = [entry for entry in wanted["dependency-groups"]["dev"] if isinstance(entry, str)]
    for lock, dependencies in (("runtime", runtime), ("dev", runtime + dev)):
        lines = (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8").splitlines()
        said = [line for line in lines if not line.lstrip().startswith("#")]
        assert all(PINNED.match(line) or HASH.match(line) for line in said)
        pinned = {line.split("==")[0] for line in said if PINNED.match(line)}
        assert {re.split(r"[<>=]", name)[0] for name in dependencies} <= pinned


def test_both_locks_agree() -> None:
    """What is tested is what is served: the runtime lock is a part of the development lock."""
    runtime, dev = (
        {line for line in (ROOT / "requirements" / f"{lock}.txt").read_text().splitlines() if PINNED.match(line)}
        for lock in ("runtime", "dev")
    )
    assert runtime <= dev
