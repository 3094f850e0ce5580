"""Clients that are published for Node: each is installed once into the environment that the tests run in."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest

_PATIENCE: Final = 240
_THERE: Final = Path(sys.prefix) / "npm"
"""Where they are kept; they go when the environment goes."""


def installed(package: str, version: str, command: str) -> Path:
    """The command of a package; the test that asks is skipped where it cannot be had.

    Args:
        package: The name of the package.
        version: Which one.
        command: The command that comes with it.
    """
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("node and npm are not installed")
    there = _THERE / f"{package}-{version}"
    if not there.is_dir():
        _THERE.mkdir(exist_ok=True)
        making = Path(tempfile.mkdtemp(dir=_THERE))
        (making / "package.json").write_text(json.dumps({"private": True, "dependencies": {package: version}}))
        try:
            done = subprocess.run(
                [npm, "install", "--no-audit", "--no-fund", "--loglevel=error"],
                cwd=making,
                capture_output=True,
                text=True,
                timeout=_PATIENCE,
                check=False,
            )
            if done.returncode:
                pytest.skip(f"npm cannot install {package} {version}: {done.stderr.strip()[-200:]}")
            with suppress(OSError):  # somebody else was faster
                making.rename(there)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    return there / "node_modules" / ".bin" / command
