"""F: how fast the whole feed is served and harvested, beside nginx that has the same pages as files."""

from __future__ import annotations

import gzip
import http.client
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from bench import peers
from bench.filling import Size
from bench.measure import Row, compared
from bench.processes import HOST, free_port
from bench.registers import Registers
from bench.serving import feed_pages
from tests.processes import Served

_N_QUADS: Final = "application/n-quads"
_MEMBER: Final = b"tree#member>"
_PATIENCE: Final = 900.0


def feeding(registers: Registers, size: Size, name: str, rounds: int) -> Iterator[Row]:
    """F: all pages, fetched one after another by a client that reads nothing, and by one that takes every member."""
    with Served(registers.copied(size)) as service:
        service.ready()
        started = time.perf_counter()
        pages = _fetched(service.port)
        first = time.perf_counter() - started
        members = sum(body.count(_MEMBER) for body in pages.values())
        port = free_port()
        ours, theirs = (f"http://{HOST}:{each}/".encode() for each in (service.port, port))
        files = {f"{path[1:]}.file": body.replace(ours, theirs) for path, body in pages.items()}
        with peers.nginx(files, _N_QUADS, registers.scratch("nginx"), port):
            what = f"{members:,} members on {len(pages)} pages, {name}"
            yield _row("served", what, members, rounds, lambda: _fetched(service.port), lambda: _fetched(port))
            yield Row("F", "  … the first time, when each page is written", members / first, None, "/s")
            client = peers.ldes_client()
            yield _row(
                "harvested by ldes-client",
                what,
                members,
                rounds,
                lambda: _harvested(client, service.port, members),
                lambda: _harvested(client, port, members),
            )


def _row(
    how: str, what: str, members: int, rounds: int, ours: Callable[[], object], theirs: Callable[[], object]
) -> Row:
    """A line of the table: members a second, and how many times as many as from nginx."""
    pairs = []
    for number in range(rounds):
        order = (ours, theirs) if number % 2 == 0 else (theirs, ours)
        spent = {each: _spent(each) for each in order}
        pairs.append((spent[ours], spent[theirs]))
    both = compared(pairs)
    return Row(
        "F",
        f"{how}, {what}",
        members / both.ours,
        members / both.reference,
        "/s",
        "nginx, the same pages as files",
        both.reference / both.ours,
        noise=both.noise,
    )


def _spent(what: Callable[[], object]) -> float:
    started = time.perf_counter()
    what()
    return time.perf_counter() - started


def _fetched(port: int) -> Mapping[str, bytes]:
    """Every node of the tree by its path, fetched over one connection, compressed where that is offered."""
    connection = http.client.HTTPConnection(HOST, port, timeout=_PATIENCE)
    pages: dict[str, bytes] = {}
    waiting = ["/feed"]
    while waiting:
        path = waiting.pop()
        connection.request("GET", path, headers={"Accept": _N_QUADS, "Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path} was answered with {answer.status}")
        pages[path] = gzip.decompress(body) if answer.headers["Content-Encoding"] == "gzip" else body
        waiting += feed_pages(pages[path])
    connection.close()
    return pages


def _harvested(client: Path, port: int, members: int) -> None:
    """Have the client take every member once.

    Raises:
        RuntimeError: It did not.
    """
    with tempfile.TemporaryFile() as taken:
        command = [str(client), f"http://{HOST}:{port}/feed"]
        done = subprocess.run(command, stdout=taken, stderr=subprocess.PIPE, check=False, timeout=_PATIENCE)
        taken.seek(0)
        found = sum(line.count(b"ns#VersionObject>") for line in taken)
    if done.returncode or found != members:
        raise RuntimeError(f"ldes-client took {found} of {members} members: {done.stderr[-500:].decode()}")
