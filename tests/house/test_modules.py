"""Every module is one thing: well named, said in one sentence, and seldom long."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.house.checkout import PARTS, modules, name_of, tree_of

DUSTBINS = {"base", "common", "helper", "helpers", "manager", "misc", "shared", "util", "utils"}
"""Names that say nothing, and so collect everything."""

OTHER_CLOCKS = {"as_of", "created", "created_at", "modified", "timestamp"}
"""Names of times that do not say which clock: it is ``at``, ``known``, ``valid_from`` or ``recorded_at``."""

SELDOM_OVER, NEVER_OVER, SELDOM = 400, 450, 3
"""Lines of a module; how many may be longer than the first number."""

EACH_MODULE = pytest.mark.parametrize("path", modules(*PARTS, "bench", "tests"), ids=name_of)


def words(name: str) -> set[str]:
    """The words of a name in snake_case or CamelCase, in lower case."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def is_one_sentence(text: str) -> bool:
    """Whether a text is one sentence: it ends with a full stop, and no other sentence begins in it."""
    return text.endswith((".", "?")) and not re.search(r"[.?!]\s+[A-Z](?!\.)", text)


def summary(node: ast.Module | ast.FunctionDef) -> str:
    """The first paragraph of a docstring, on one line."""
    return " ".join((ast.get_docstring(node) or "").split("\n\n")[0].split())


@EACH_MODULE
def test_names_say_what_is_inside(path: Path) -> None:
    """No module and no class is named with a word that fits anything."""
    named = [node.name for node in ast.walk(tree_of(path)) if isinstance(node, ast.ClassDef)]
    for name in (path.stem, path.parent.name, *named):
        assert not words(name) & DUSTBINS, f"{name} says nothing about what is inside"


@EACH_MODULE
def test_a_module_is_one_sentence(path: Path) -> None:
    """A module that cannot be said in one sentence is two modules."""
    said = summary(tree_of(path))
    assert is_one_sentence(said), f"begin {name_of(path)} with one sentence, not with {said!r}"


@EACH_MODULE
def test_times_name_their_clock(path: Path) -> None:
    """An argument or attribute that holds a time says whether that is valid, known or recorded time."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.arg):
            assert node.arg not in OTHER_CLOCKS, f"{name_of(path)}:{node.lineno}: which clock is that?"
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            assert node.target.id not in OTHER_CLOCKS, f"{name_of(path)}:{node.lineno}: which clock is that?"


def test_modules_are_seldom_long() -> None:
    """A module may be long when it is one thing; few are, and none is very long."""
    lengths = {name_of(path): len(path.read_bytes().splitlines()) for path in modules(*PARTS, "bench", "tests")}
    long = {name: lines for name, lines in lengths.items() if lines > SELDOM_OVER}
    assert max(lengths.values()) <= NEVER_OVER, f"too long, so more than one thing: {long}"
    assert len(long) <= SELDOM, f"too many long modules: {long}"


@pytest.mark.parametrize("path", modules("tests"), ids=name_of)
def test_a_test_is_one_sentence(path: Path) -> None:
    """Read one after the other, the tests' docstrings say what the register does."""
    for node in tree_of(path).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            assert summary(node).endswith("."), f"{name_of(path)}: {node.name} wants a sentence"
