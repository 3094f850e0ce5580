"""Runs the benchmark and prints its table: ``python -m bench [--size S] [--only P8] [--json FILE]``."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.appending import appending, replaying
from bench.bitemporal import beside_tiramemsu
from bench.disturbing import beside_a_runaway, beside_a_writer
from bench.feeding import feeding
from bench.filling import ARCHIVE, SIZES, Size
from bench.following import following
from bench.harvesting import harvesting
from bench.measure import Row, table
from bench.peers import PeerMissing, left_out
from bench.querying import asking, growing
from bench.rebuilding import rebuilding, weighing
from bench.registers import Registers
from bench.scoping import growing_cold, scoping
from bench.serving import beside_rdflib, immutable_page, larger_answers, small_answers

Group = Callable[[], Iterator[Row]]


def groups(registers: Registers, chosen: list[str] | None) -> Iterator[tuple[str, str, Group]]:
    """Every group of rows: the numbers of its goals, the size, and how to measure it.

    Args:
        registers: The registers to measure on.
        chosen: The sizes asked for; None for what the goals ask for.
    """
    daily = chosen or ["A", "S", "M"]
    for name in (each for each in daily if SIZES[each] != ARCHIVE):  # its municipalities are not those of the queries
        size = SIZES[name]
        yield "P1", name, lambda size=size, name=name: asking(registers, size, name, rounds=9)  # type: ignore[misc]
    for name in chosen or ["S", "M", "L"]:
        size = SIZES[name]
        if size != ARCHIVE:
            yield "P2", name, lambda size=size, name=name: scoping(registers, size, name, rounds=5)  # type: ignore[misc]
    if "S" in daily:
        small, long = SIZES["S"], Size(SIZES["S"].municipalities, 5 * SIZES["S"].events)
        yield "P3", "S", lambda: growing(registers, small, long, rounds=9)
        yield "P3", "S", lambda: growing_cold(registers, small, long, rounds=9)
    for name in (each for each in daily if SIZES[each] != ARCHIVE):
        size = SIZES[name]
        yield "P4", name, lambda size=size, name=name: small_answers(registers, size, name, rounds=5)  # type: ignore[misc]
        yield "P5", name, lambda size=size, name=name: larger_answers(registers, size, name, rounds=5)  # type: ignore[misc]
        yield "P6", name, lambda size=size, name=name: beside_rdflib(registers, size, name, rounds=5)  # type: ignore[misc]
        yield "P7", name, lambda size=size, name=name: immutable_page(registers, size, name, rounds=5)  # type: ignore[misc]
    if "M" in daily:
        yield "P8", "M", lambda: appending(registers, rounds=9)
    for name in daily:
        size = SIZES[name]
        yield "P9", name, lambda size=size, name=name: replaying(registers, size, name, rounds=7)  # type: ignore[misc]
        rounds = {"A": 5, "S": 5, "M": 2, "L": 1}[name]
        yield "P10", name, lambda size=size, name=name, rounds=rounds: rebuilding(registers, size, name, rounds)  # type: ignore[misc]
        yield "P11", name, lambda size=size, name=name: following(registers, size, name, count=200)  # type: ignore[misc]
        yield "P12", name, lambda size=size, name=name: beside_a_runaway(registers, size, name, runaways=5)  # type: ignore[misc]
        yield "P13", name, lambda size=size, name=name: beside_a_writer(registers, size, name, count=2_000)  # type: ignore[misc]
    for name in (each for each in daily if each in {"A", "M"}):
        size = SIZES[name]
        yield "F", name, lambda size=size, name=name: feeding(registers, size, name, rounds=3)  # type: ignore[misc]
    if "M" in daily:
        yield "H", "M", lambda: harvesting(rounds=5)
    for name in (each for each in daily if each in {"S", "M"}):
        size = SIZES[name]
        yield "T", name, lambda size=size, name=name: beside_tiramemsu(registers, size, name, rounds=7)  # type: ignore[misc]
    for name in chosen or ["A", "S", "M", "L"]:
        size = SIZES[name]
        yield "P14", name, lambda size=size, name=name: weighing(registers, size, name)  # type: ignore[misc]


def main(arguments: list[str] | None = None) -> int:
    """Measure, and print one table, and what was left out of it; 0 whatever came out, for it is no test."""
    asked = _read(arguments)
    started = time.perf_counter()
    rows: list[Row] = []
    missing: dict[str, tuple[PeerMissing, list[str]]] = {}
    with tempfile.TemporaryDirectory(prefix="regiolog-bench-", dir=asked.folder) as path:
        registers = Registers(Path(path), asked.seed)
        for number, size, measure in groups(registers, asked.size):
            if asked.only is None or number in asked.only:
                sys.stderr.write(f"{time.perf_counter() - started:6.0f} s  {number} {size}\n")
                try:
                    rows += measure()
                except PeerMissing as peer:
                    _, numbers = missing.setdefault(peer.peer, (peer, []))
                    numbers += [] if number in numbers else [number]
    sentences = [left_out(peer, numbers) for peer, numbers in missing.values()]
    sys.stdout.write("\n".join([table(rows), *sentences, ""]))
    if asked.json is not None:
        report = _report(rows, sentences, asked.seed)
        asked.json.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return 0


def _read(arguments: list[str] | None) -> Any:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure regiolog beside its goals.")
    parser.add_argument("--size", action="append", choices=SIZES, help="on this size only; may be repeated")
    parser.add_argument("--only", action="append", metavar="P8", help="this goal only; may be repeated")
    parser.add_argument("--seed", type=int, default=1, help="what the registers are made from")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table here as well")
    parser.add_argument("--folder", type=Path, help="where to put the registers meanwhile: on the disk that is meant")
    return parser.parse_args(arguments)


def _report(rows: list[Row], missing: list[str], seed: int) -> dict[str, Any]:
    return {
        "seed": seed,
        "python": platform.python_version(),
        "pyoxigraph": version("pyoxigraph"),
        "processors": os.cpu_count(),
        "load": os.getloadavg(),
        "rows": [row._asdict() for row in rows],
        "missing": missing,
    }


if __name__ == "__main__":
    sys.exit(main())
