"""The repository as it lies on disk, for the tests that read it."""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PARTS = ("events", "ontology", "sync", "publisher")
"""The four folders, which are installed as ``regiolog.events`` and so on."""

MADE = re.compile(r"\.git|\.venv|\.hypothesis|build|dist|regiolog-data|typings|.+\.egg-info")
"""Folders at the top that hold nothing written by us, or the same a second time."""

CACHE = re.compile(r"__pycache__|\..+_cache")
"""Folders that tools leave wherever they are run."""


def files(*folders: str) -> list[Path]:
    """Every file below some folders of the repository (all of it when none is named), without what is made."""
    found: list[Path] = []
    for start in [ROOT / folder for folder in folders] or [ROOT]:
        for where, below, names in os.walk(start):
            at_top = Path(where) == ROOT
            below[:] = [name for name in below if not CACHE.fullmatch(name) and not (at_top and MADE.fullmatch(name))]
            found += [Path(where, name) for name in names]
    return sorted(found)


def modules(*folders: str) -> list[Path]:
    """Every Python module below some folders."""
    return [path for path in files(*folders) if path.suffix == ".py"]


def name_of(path: Path) -> str:
    """A path as it is written from the top of the repository."""
    return path.relative_to(ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    """A module's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), name_of(path))


def dotted(path: Path) -> str:
    """The name that a module of one of the four parts is imported by."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(("regiolog", *parts)).removesuffix(".__init__")
