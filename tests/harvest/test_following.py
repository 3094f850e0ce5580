"""Following another register by its journal: a copy that is the same everywhere, or a report that says why not."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from regiolog.events.errors import FolderError, Refusal
from regiolog.events.held import Held
from regiolog.publisher.log import STRIDE
from regiolog.sync.folder import Folder
from regiolog.sync.follows import FILE, must_be_its_own
from regiolog.sync.harvest.declared import disagreeing, read_source
from regiolog.sync.harvest.following import OVERLAP
from regiolog.sync.harvest.harvesting import Harvester
from tests.builders import decision, tell
from tests.harvest.lists import declaration, regions_csv
from tests.harvest.peers import Answer, Follower, Peer, failed
from tests.misbehaving import Misbehaving

# --- What goes well -----------------------------------------------------------------------------------------------


def test_a_copy_is_the_same_journal(peer: Peer, follower: Follower) -> None:
    """Byte for byte, `recorded_at` included, though it was made a minute later; rules read it as any other."""
    report = follower.harvest()
    assert (report.outcome, report.positions) == ("new", (1, 6))
    assert sum(report.events.values()) == 6
    assert report.events["region-was-designated"] == 2
    assert follower.stored() == peer.stored()
    held, theirs = Held(follower.folder.journal), Held(peer.folder.journal)
    assert held.municipality("10001") == theirs.municipality("10001")
    assert follower.harvester.runs.of("ander").seen == follower.clock()
    assert peer.asked() == [0]


def test_only_what_is_new_is_copied_afterwards(peer: Peer, follower: Follower) -> None:
    """One question each time: of the last events that are held, and what comes after them."""
    follower.harvest()
    peer.rename("a", "b", "c", "d", "e", "f")
    peer.asked()
    report = follower.harvest()
    assert (report.outcome, report.positions, report.events) == ("new", (7, 12), {"region-was-renamed": 6})
    assert follower.stored() == peer.stored()
    assert peer.asked() == [0]
    assert follower.harvest().outcome == "silent"
    assert peer.asked() == [12 - OVERLAP]
    assert follower.harvest().outcome == "unchanged"
    assert follower.harvest().outcome == "unchanged"
    assert peer.asked() == [12 - OVERLAP] * 2
    peer.rename("g")
    report = follower.harvest()
    assert (report.outcome, report.positions) == ("new", (13, 13))
    assert peer.asked() == [12 - OVERLAP]
    assert follower.stored() == peer.stored()


def test_a_long_journal_is_copied_range_by_range(peer: Peer, follower: Follower) -> None:
    """Each range is asked for once; at a boundary what comes next is looked for."""
    peer.rename(*(str(number) for number in range(2 * STRIDE - 6)))
    report = follower.harvest()
    assert (report.outcome, report.positions) == ("new", (1, 2 * STRIDE))
    assert peer.asked() == [0, STRIDE, 2 * STRIDE]
    assert follower.harvest().outcome == "silent"
    assert peer.asked() == [2 * STRIDE - OVERLAP, 2 * STRIDE]
    peer.rename("one more")
    assert follower.harvest().positions == (2 * STRIDE + 1, 2 * STRIDE + 1)
    assert peer.asked() == [2 * STRIDE - OVERLAP, 2 * STRIDE]
    assert follower.stored() == peer.stored()


def test_the_folder_is_marked(peer: Peer, follower: Follower) -> None:
    """It says whom it follows, before anything is in it."""
    seen: list[bool] = []

    def look(answer: Answer) -> Answer:
        seen.append((follower.path / FILE).exists())
        return answer

    peer.spoil = look
    follower.harvest()
    mark = json.loads((follower.path / FILE).read_text())
    assert (mark["source"], mark["address"], mark["register"]) == ("ander", peer.root, "test")
    assert seen == [False]
    with pytest.raises(Refusal, match=f"this register follows {peer.root} and takes in nothing else"):
        must_be_its_own(follower.path)


def test_a_register_may_lie_below_a_path(tmp_path: Path, server: Misbehaving, follow: Callable[..., Follower]) -> None:
    """As one behind a proxy does; with a slash at the end or without."""
    peer = Peer(tmp_path / "peer", server, root="/regions/of/flanders/")
    for root in (peer.root, peer.root.rstrip("/")):
        follower = follow(root)
        assert follower.harvest().outcome == "new"
        assert follower.stored() == peer.stored()
    peer.folder.close()


def test_a_register_may_move(
    tmp_path: Path, server: Misbehaving, peer: Peer, follower: Follower, follow: Callable[..., Follower]
) -> None:
    """The same register at another address is followed there, and a copy of a copy is as good."""
    follower.harvest()
    moved = Peer(tmp_path / "peer-2", server, root="/moved/", records=[])
    moved.folder.journal.copy([stored for _, stored in peer.stored()], 0)
    moved.rename("a")
    follower.declared["location"] = moved.root
    assert follower.harvest().positions == (7, 7)
    assert json.loads((follower.path / FILE).read_text())["address"] == moved.root
    moved.folder.close()
    assert peer.stored() == follower.stored()[:6]


def test_a_dry_run_records_nothing(peer: Peer, follower: Follower) -> None:
    """It counts what would come, reads all of it, and leaves no mark."""
    peer.rename(*(str(number) for number in range(STRIDE)))
    report = follower.harvest(dry_run=True)
    assert (report.outcome, report.positions, sum(report.events.values())) == ("new", None, STRIDE + 6)
    assert follower.stored() == []
    assert not (follower.path / FILE).exists()
    assert follower.harvester.runs.of("ander").last is None


def test_a_clock_that_went_backwards_is_copied_as_it_was(peer: Peer, follower: Follower) -> None:
    """`recorded_at` is what the other clock said, whatever that was."""
    peer.clock.turn(days=-400)
    peer.rename("a")
    assert follower.harvest().outcome == "new"
    assert follower.stored() == peer.stored()


def test_it_may_come_packed(peer: Peer, follower: Follower) -> None:
    """As a large range does."""
    peer.spoil = lambda answer: replace(answer, body=gzip.compress(answer.body)).saying(Content_Encoding="gzip")
    assert follower.harvest().outcome == "new"
    assert follower.stored() == peer.stored()


def test_a_redirect_is_followed(server: Misbehaving, peer: Peer, follow: Callable[..., Follower]) -> None:
    """Within the limit, as for any source."""
    server.leads("/old/log/entries", f"{peer.path}?after=0")
    follower = follow(server.address("/old/"))
    assert follower.harvest().outcome == "new"
    assert follower.stored() == peer.stored()


# --- Nothing else is taken in -------------------------------------------------------------------------------------


def test_other_sources_are_refused(peer: Peer, follower: Follower) -> None:
    """By hand, on schedule, and out of the quarantine."""
    follower.harvest()
    (follower.path / "regions.csv").write_bytes(regions_csv())
    krant = read_source("krant", declaration(), follower.path)[0]
    harvester = Harvester(follower.folder, {"krant": krant})
    report = harvester.harvest("krant")
    assert (report.outcome, report.positions) == ("failed", None)
    assert report.reason == (
        f"this register follows {peer.root} and takes in nothing else: changes are made there, and come here from there"
    )
    with pytest.raises(Refusal, match="takes in nothing else"):
        harvester.retry(1)
    assert follower.stored() == peer.stored()


def test_other_sources_are_refused_where_nothing_has_begun(follower: Follower) -> None:
    """A folder that is to follow, and does not yet, is none to harvest into."""
    (follower.path / "regions.csv").write_bytes(regions_csv())
    krant = read_source("krant", declaration(), follower.path)[0]
    report = Harvester(follower.folder, {"krant": krant}).harvest("krant")
    assert (report.outcome, report.reason) == (
        "failed",
        "no register has begun here yet, in which it could be taken in",
    )


@pytest.mark.parametrize("mark", [b"", b"{}", b"[1]", b'{"source": "\xff"}', b'{"source": 1}'])
def test_a_mark_that_cannot_be_read_lets_nothing_through(peer: Peer, follower: Follower, mark: bytes) -> None:
    """Nobody knows whom it follows, so nothing is recorded."""
    follower.harvest()
    (follower.path / FILE).write_bytes(mark)
    with pytest.raises(FolderError, match="which says what register is followed here, cannot be read"):
        must_be_its_own(follower.path)
    with pytest.raises(FolderError, match="cannot be read"):
        follower.harvest()
    assert follower.stored() == peer.stored()


def test_a_copy_whose_mark_is_removed_is_a_register_of_its_own(peer: Peer, follower: Follower) -> None:
    """From then on changes are made here, and nobody is followed again."""
    follower.harvest()
    (follower.path / FILE).unlink()
    tell(follower.folder.journal, decision("OWN", source=["x"]), clock=follower.clock)
    failed(follower, "holds a register of its own")


def test_a_folder_that_follows_can_be_followed(peer: Peer, follower: Follower, tmp_path: Path) -> None:
    """Its journal is the same, wherever it came from."""
    follower.harvest()
    folder = Folder(tmp_path / "third", create=True)
    folder.journal.copy([stored for _, stored in follower.stored()], 0)
    assert list(folder.journal.stored()) == peer.stored()
    folder.close()


# --- How it is declared -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mapping": {"says": "regions"}}, "a source of kind journal has no `mapping`"),
        ({"query": "ASK {}"}, "a source of kind journal has no `query`"),
        ({"complete": True}, "a source of kind journal has no `complete`"),
        ({"authority": ["cooperations"]}, "a source of kind journal has no `authority`"),
        ({"series": {"folder": ".", "pattern": "(?P<date>x)"}}, "a source of kind journal has no `series`"),
        ({"location": "there/journal"}, "the location of a journal is the address of a register"),
        ({"location": "https://x.example/?a=b"}, "the location of a journal is the address of a register"),
        ({"location": "https://x.example/#a"}, "the location of a journal is the address of a register"),
        ({"location": "https://me:secret@x.example/"}, "is not an address that can be used"),
        ({"location": None}, "the location of a journal is the address of a register"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_nothing_is_said_of_a_journal_but_where_it_is(changes: dict[str, Any], words: str, tmp_path: Path) -> None:
    """Its events are copied as they are, so there is nothing to say of how they are read."""
    given = {"kind": "journal", "location": "https://x.example/", **changes}
    with pytest.raises(ValueError, match=words):
        read_source("ander", {name: value for name, value in given.items() if value is not None}, tmp_path)


def test_a_journal_is_declared_in_two_lines(tmp_path: Path) -> None:
    """Where it is, and when it is looked at."""
    source, authority = read_source(
        "ander", {"kind": "journal", "location": "https://x.example/regions/", "schedule": "every 1h"}, tmp_path
    )
    assert (source.kind, source.location, source.said_by, authority) == (
        "journal",
        "https://x.example/regions/",
        "ander",
        (),
    )


def test_two_journals_cannot_be_followed(tmp_path: Path) -> None:
    """A register is a copy of one other at most."""
    sources = {
        name: read_source(name, {"kind": "journal", "location": f"https://{name}.example/"}, tmp_path)[0]
        for name in ("een", "twee")
    }
    assert disagreeing(sources) == "een and twee are of kind journal, and a register follows one other at most"
