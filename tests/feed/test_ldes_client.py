"""A client that is not ours, ``ldes-client`` 0.3.0 for Node: it replicates the feed, stops, and goes on from there."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from pyoxigraph import NamedNode, Quad, RdfFormat, parse

from regiolog.ontology import terms
from tests.builders import TurnedClock
from tests.feed.fed import Fed
from tests.feed.held import believed, digest, held, place
from tests.feed.npm import installed
from tests.feed.reader import Member
from tests.processes import prepared, regiolog

VERSION: Final = "0.3.0"
VERSION_OBJECT: Final = NamedNode(terms.RL_VERSION_OBJECT)
_PATIENCE: Final = 240


@pytest.fixture(scope="module")
def client() -> Path:
    """The client's command."""
    return installed("ldes-client", VERSION, "ldes-client")


@pytest.fixture
def fed(flemish: Fed, tmp_path: Path) -> Iterator[Fed]:
    """The Flemish register, which can be recorded in."""
    data = prepared(flemish.service.settings.data, tmp_path / "data")
    with Fed(data, TurnedClock(datetime.now(UTC))) as running:
        yield running


class Run(NamedTuple):
    """What a run of the client brought.

    Attributes:
        members: The members, in the order in which it gave them out.
        asked: What it asked the service for, and what that answered.
    """

    members: list[Member]
    asked: Counter[tuple[str, int]]

    def answered(self, status: int = 200) -> Counter[str]:
        """How often each path was answered with a status."""
        return Counter({path: count for (path, was), count in self.asked.items() if was == status})


def replicated(client: Path, fed: Fed, *options: object) -> Run:
    """Run the client to its end."""
    fed.asked.clear()
    done = subprocess.run(
        [client, *map(str, options), f"{fed.url}feed"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-2_000:]
    return Run(list(_members(done.stdout)), Counter((request.path, request.status) for request in fed.asked))


def _members(output: bytes) -> Iterator[Member]:
    """What it prints: each member as Turtle in which only numbers and truths are shortened, then an empty line."""
    for block in output.split(b"\n\n"):
        if quads := list(parse(block, format=RdfFormat.TURTLE)):
            yield Member(_focus(quads), tuple(quads), "")


def _focus(quads: Sequence[Quad]) -> str:
    (found,) = (quad.subject for quad in quads if quad.object == VERSION_OBJECT)
    assert isinstance(found, NamedNode)
    return found.value


def record(fed: Fed, *records: dict[str, object]) -> None:
    """Record something as a registrar does, from a file."""
    data = fed.service.settings.data
    file = data.parent / "news.jsonl"
    file.write_text("".join(f"{json.dumps(each)}\n" for each in records))
    done = regiolog("record", file, "--data", data)
    assert done.returncode == 0, done.stderr
    fed.settle()


NEWS: Final[tuple[dict[str, object], ...]] = (
    {
        "id": "nieuw",
        "kind": "decision-was-registered",
        "decision": "NIEUW-1",
        "type": "decree",
        "body": "Vlaamse Regering",
        "title": "een besluit",
        "decided": "2026-01-01",
        "source": ["a test"],
    },
    {
        "id": "naam",
        "kind": "municipality-was-renamed",
        "municipality": "11002",
        "name": "Antwerpen aan de Schelde",
        "valid_from": "2027-01-01",
        "decision": "NIEUW-1",
        "source": ["a test"],
    },
)


def test_it_replicates_stops_and_goes_on_with_only_what_is_new(client: Path, fed: Fed, tmp_path: Path) -> None:
    """After each run it holds what the register holds, count and digest, and each full page is fetched once."""
    state = ("--save", tmp_path / "state")
    first = replicated(client, fed, *state)
    assert len(first.members) == len({member.iri for member in first.members})
    assert_holds_all(first.members, fed)
    full = set(first.answered()) - {"/feed", "/feed/branch/1", last(fed)}
    assert len(full) > 5
    assert all(first.answered()[path] == 1 for path in full)

    nothing = replicated(client, fed, *state)
    assert nothing.members == []
    assert not full & set(nothing.answered())

    before = fed.history.position
    record(fed, *NEWS)
    then = replicated(client, fed, *state)
    assert sorted(map(place, then.members)) == [before + 1, before + 2]
    assert not full & set(then.answered())
    assert_holds_all(first.members + then.members, fed)

    record(fed, {"kind": "event-was-retracted", "retracts": "naam", "reason": "a slip", "source": ["a test"]})
    record(fed, {"kind": "event-was-retracted", "retracts": "nieuw", "reason": "a slip", "source": ["a test"]})
    at_last = replicated(client, fed, *state)
    assert sorted(map(place, at_last.members)) == [before + 3, before + 4]
    assert_holds_all(first.members + then.members + at_last.members, fed)


def assert_holds_all(members: list[Member], fed: Fed) -> None:
    """See that somebody who has these members has all that the register believes."""
    ours, theirs = believed(fed.history), held(members)
    assert theirs.total() == ours.total()
    assert digest(theirs) == digest(ours)


def last(fed: Fed) -> str:
    """The path of the page that is not full."""
    return f"/feed/{len(fed.service.paging.read(fed.history))}"


def test_it_is_not_too_much_by_itself(client: Path, fed: Fed) -> None:
    """A client that asks for ten pages at a time, as it does by default, is never put off where nobody else asks."""
    run = replicated(client, fed)
    assert_holds_all(run.members, fed)
    assert not run.answered(429)
    assert not run.answered(503)


def test_it_reads_in_order(client: Path, small: Fed) -> None:
    """In its ordered mode nothing comes before what was known earlier, and all of it comes."""
    small.clock.turn(days=3)
    small.tell({**NEWS[0], "decided": "2021-01-01"})
    run = replicated(client, small, "--ordered", "ascending")
    instants = [member.value(terms.PROV_GENERATED_AT_TIME) for member in run.members]
    assert instants == sorted(instants)
    assert len(set(instants)) > 1
    assert_holds_all(run.members, small)
