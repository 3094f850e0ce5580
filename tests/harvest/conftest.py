"""Registers with sources, made in folders that are thrown away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.harvest import batches
from tests.harvest.batches import Feed
from tests.harvest.lists import Register, declaration, regions_csv
from tests.harvest.peers import Follower, Peer
from tests.harvest.streams import BEGINNING, Stream
from tests.misbehaving import Misbehaving


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


@pytest.fixture
def peer(tmp_path: Path, server: Misbehaving) -> Iterator[Peer]:
    """A register of a few events."""
    peer = Peer(tmp_path / "peer", server)
    yield peer
    peer.folder.close()


@pytest.fixture
def follow(tmp_path: Path) -> Iterator[Callable[..., Follower]]:
    """Make a folder that follows an address."""
    made: list[Follower] = []

    def make(root: str, **limits: Any) -> Follower:
        made.append(Follower(tmp_path / f"follower-{len(made)}", root, **limits))
        return made[-1]

    yield make
    for follower in made:
        follower.close()


@pytest.fixture
def follower(follow: Callable[..., Follower], peer: Peer) -> Follower:
    """An empty folder that is to follow the peer."""
    return follow(peer.root)


@pytest.fixture
def stream(server: Misbehaving) -> Stream:
    """An event stream."""
    return Stream(server, *BEGINNING)


@pytest.fixture
def feed(server: Misbehaving) -> Feed:
    """A change feed."""
    return Feed(server, *batches.BEGINNING)
