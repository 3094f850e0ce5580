"""Registers with sources, made in folders that are thrown away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.harvest.lists import Register, declaration, regions_csv


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[..., Register]]:
    """Begin a register with sources."""
    begun: list[Register] = []

    def begin(*records: object, **declarations: object) -> Register:
        register = Register(tmp_path / str(len(begun)), *records, **declarations)  # type: ignore[arg-type]
        begun.append(register)
        return register

    yield begin
    for register in begun:
        register.close()


@pytest.fixture
def register(begin: Callable[..., Register]) -> Register:
    """A register with one source, a complete table of four municipalities in two regions."""
    register = begin(krant=declaration())
    register.publish("regions.csv", regions_csv())
    return register
