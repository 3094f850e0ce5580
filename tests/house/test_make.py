"""The Makefile does the set-up itself, and says in one sentence what it lacks."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench.peers import ENVIRONMENT
from tests.house.checkout import ROOT

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")

TOO_OLD = 'case "$*" in *version_info*) exit 1;; esac'
WITHOUT_ENSUREPIP = 'case "$*" in *ensurepip*) exit 1;; esac'


def make(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run make, away from the variables of a make that runs these tests."""
    clean = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(cwd)}
    return subprocess.run(["make", *arguments], capture_output=True, text=True, check=False, cwd=cwd, env=clean)


def python_that(does: str, folder: Path) -> Path:
    """An interpreter like this one, but for what is said of it."""
    script = folder / "python"
    script.write_text(f'#!/bin/sh\n{does}\nexec {sys.executable} "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    return script


@pytest.mark.parametrize(
    ("lacks", "sentence"),
    [
        (TOO_OLD, "regiolog needs Python 3.11 or newer, and {python} is not"),
        (WITHOUT_ENSUREPIP, "comes without venv or ensurepip: install them"),
    ],
)
def test_what_is_lacking_is_said_in_one_sentence(lacks: str, sentence: str, tmp_path: Path) -> None:
    """A Python that is too old, or has no ensurepip, is named before anything is made."""
    python = python_that(lacks, tmp_path)
    made = make(f"PYTHON={python}", f"VENV={tmp_path / 'venv'}", f"{tmp_path / 'venv'}/.made")
    said = [line for line in made.stderr.splitlines() if not line.startswith("make: ***")]
    assert made.returncode == 2
    assert len(said) == 1
    assert sentence.format(python=python) in said[0]
    assert not (tmp_path / "venv").exists()


def test_a_python_that_is_not_there_is_said_in_one_sentence(tmp_path: Path) -> None:
    """Where there is no python3 at all, the sentence about versions says so."""
    made = make("PYTHON=python-of-nowhere", f"VENV={tmp_path / 'venv'}", f"{tmp_path / 'venv'}/.made")
    assert "and python-of-nowhere is not" in made.stderr


def test_an_environment_left_half_made_is_made_again(tmp_path: Path) -> None:
    """After an interruption, or when its Python is gone, the next make begins the environment anew."""
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(tmp_path / "python-that-is-gone")
    python = python_that('case "$*" in "-m venv"*) exec echo "$@";; esac', tmp_path)
    made = make(f"PYTHON={python}", f"VENV={venv}", f"{venv}/.made")
    assert made.stdout == f"-m venv --clear {venv}\n"


def test_the_peers_have_an_environment_of_their_own_that_goes_with_the_other(tmp_path: Path) -> None:
    """It lies inside the one for development, where the bench looks for it, and every hash is checked there too."""
    venv = tmp_path / "venv"
    done = make("--dry-run", f"VENV={venv}", "peers").stdout
    assert f"-m venv --clear {venv}/peers\n" in done
    assert re.search(
        rf"{venv}/peers/bin/python -m pip .*\n? *--require-hashes --requirement requirements/peers.txt", done
    )
    assert f"touch {venv}/peers/.made\n" in done
    assert ENVIRONMENT.relative_to(sys.prefix) == Path("peers")
    assert f"rm -rf {venv} " in make("--dry-run", f"VENV={venv}", "clean").stdout


def test_what_the_makefile_makes_is_not_committed() -> None:
    """The environments, and what is built."""
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    removed = make("--dry-run", "clean").stdout.split()[2:]
    assert {f"/{name}/" for name in (".venv", "build", "dist")} <= set(ignored)
    assert {name.strip("/") for name in ignored if name.startswith(".")} <= set(removed)


def test_help_names_every_target_for_people() -> None:
    """`make` alone lists what can be made, and CONTRIBUTING.md tells of each."""
    listed = set(re.findall(r"^  make (\w+)", make().stdout, re.MULTILINE))
    declared = set(re.findall(r"\w+", MAKEFILE.split(".PHONY:")[1].split("\n")[0]))
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    steps_of_check = {"format", "lint", "types", "contracts"}
    assert listed == declared - steps_of_check
    assert {target for target in listed if f"`make {target}`" not in contributing} <= {"help"}


def test_what_ci_runs_is_what_the_readme_says() -> None:
    """CI runs the tests with the README's command, and the checks with CONTRIBUTING's."""
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
    assert re.search(r"^make .*\btest check\b", script, re.MULTILINE)
