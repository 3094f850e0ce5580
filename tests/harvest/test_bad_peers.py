"""Registers that cannot be followed: each is told of in one sentence, and nothing of it is half recorded."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from regiolog.events.errors import Interrupted
from regiolog.publisher.log import STRIDE
from regiolog.sync.follows import FILE, must_be_its_own
from tests.builders import beginning, decision, tell
from tests.harvest.peers import Answer, Follower, Peer, failed
from tests.misbehaving import Misbehaving

# --- What is no copy ----------------------------------------------------------------------------------------------


def test_a_register_of_its_own_follows_nobody(peer: Peer, follower: Follower) -> None:
    """Its own events stay, and nothing is asked."""
    tell(follower.folder.journal, beginning(), decision(), clock=follower.clock)
    failed(follower, f"this data folder holds a register of its own, and cannot follow {peer.root}")
    assert peer.asked() == []
    assert not (follower.path / FILE).exists()


def test_one_that_begins_meanwhile_stays_its_own(peer: Peer, follower: Follower) -> None:
    """Another process begins a register while the first range is on its way."""

    def begin(answer: Answer) -> Answer:
        tell(follower.folder.journal, beginning(), clock=follower.clock)
        return answer

    peer.spoil = begin
    report = follower.harvest()
    assert (report.outcome, follower.folder.journal.head()) == ("failed", 1)
    must_be_its_own(follower.path)


def test_another_register_is_not_followed_on(
    tmp_path: Path, server: Misbehaving, peer: Peer, follower: Follower
) -> None:
    """Where it has as many events, more, or fewer; and where nothing but the mark is here yet."""
    follower.harvest()
    for count in (6, 1, 300):
        records = [beginning(register="ander"), *(decision(f"D{number}", source=["x"]) for number in range(count - 1))]
        other = Peer(tmp_path / f"other-{count}", server, root=f"/{count}/", records=records)
        follower.declared["location"] = other.root
        failed(follower, f"{other.root} is another register than the one that is followed here, test")
        other.folder.close()


def test_another_register_is_not_begun_with(
    tmp_path: Path, server: Misbehaving, peer: Peer, follower: Follower
) -> None:
    """A folder that is marked, and empty still, waits for the register that it was marked for."""
    marked = Peer(tmp_path / "marked", server, root="/marked/", records=[beginning(register="ander")])
    other = Follower(tmp_path / "once", marked.root)
    other.harvest()
    (follower.path / FILE).write_bytes((other.path / FILE).read_bytes())
    failed(follower, "is another register than the one that is followed here, ander")
    follower.declared["location"] = marked.root
    assert follower.harvest().outcome == "new"
    other.close()
    marked.folder.close()


def test_a_fork_is_named_by_its_position(tmp_path: Path, server: Misbehaving, peer: Peer, follower: Follower) -> None:
    """The two began alike, and then each recorded events of its own."""
    peer.rename(*(f"r{number}" for number in range(10)))
    follower.harvest()
    for parted in (14, 16):
        other = Peer(tmp_path / f"other-{parted}", server, root=f"/{parted}/", records=[])
        other.folder.journal.copy([stored for _, stored in peer.stored()[: parted - 1]], 0)
        other.rename(*(f"s{number}" for number in range(5)))
        follower.declared["location"] = other.root
        failed(follower, f"event {parted} of {other.root} is another than the one that is held here")
        other.folder.close()


@pytest.mark.parametrize(("held", "left", "words"), [(20, 15, "ends at event 15"), (300, 15, "asked what comes after")])
def test_a_journal_that_went_back_is_not_followed(
    tmp_path: Path,
    server: Misbehaving,
    follow: Callable[..., Follower],
    held: int,
    left: int,
    words: str,
) -> None:
    """By a few events, or by so many that it knows nothing of the last ones that are held."""
    peer = Peer(tmp_path / "peer", server)
    peer.rename(*(str(number) for number in range(held - 6)))
    follower = follow(peer.root)
    follower.harvest()
    back = Peer(tmp_path / "back", server, records=[])
    back.folder.journal.copy([stored for _, stored in peer.stored()[:left]], 0)
    failed(follower, f"{peer.root} went back: {held} of its events are held here")
    failed(follower, words)
    back.folder.journal.copy([stored for _, stored in peer.stored()[left:]], left)
    assert follower.harvest().outcome == "silent"
    peer.folder.close()
    back.folder.close()


# --- Bad peers ----------------------------------------------------------------------------------------------------


def changed(**fields: object) -> Callable[[Answer], Answer]:
    """An answer whose last event says something else; a field of None it does not have."""

    def spoil(answer: Answer) -> Answer:
        *lines, last = answer.lines()
        event = {**json.loads(last), **fields}
        said = {name: value for name, value in event.items() if value is not None}
        return answer.having([*lines, json.dumps(said).encode()])

    return spoil


def with_last(line: bytes) -> Callable[[Answer], Answer]:
    """An answer whose last event is another line."""
    return lambda answer: answer.having([*answer.lines()[:-1], line])


BAD: dict[str, tuple[Callable[[Answer], Answer], str]] = {
    "an unknown kind": (
        changed(kind="region-was-praised"),
        "event 6 of {root} is of the kind 'region-was-praised', which this version of regiolog does not know",
    ),
    "an unknown field": (changed(colour="blue"), "event 6 of {root} cannot be read by this version of regiolog"),
    "no instant": (changed(recorded_at=None), "event 6 of {root} does not say when it was recorded"),
    "a naive instant": (
        changed(recorded_at="2021-06-01T12:00:00"),
        "event 6 of {root} does not say when it was recorded, as an instant",
    ),
    "a naive backfill": (
        changed(known_from="2021-06-01T12:00:00", known_basis="published"),
        "event 6 of {root} does not say when it was recorded, as an instant",
    ),
    "an event twice": (changed(id="beginning"), "{root} cannot be copied: event 6 has the id of event 1"),
    "garbage": (with_last(b"\x00\xff garbage"), "event 6 of {root} cannot be read"),
    "no UTF-8": (with_last(b'{"kind":"region-was-renamed","id":"\xff"}'), "event 6 of {root} cannot be read"),
    "half an event": (lambda answer: with_last(answer.lines()[-1][:-9])(answer), "event 6 of {root} cannot be read"),
    "a list": (with_last(b"[]"), "event 6 of {root} cannot be read"),
    "an empty line": (with_last(b""), "event 6 of {root} cannot be read"),
    "a deep nest": (with_last(b"[" * 100_000), "event 6 of {root} cannot be read"),
    "a second beginning": (
        lambda answer: with_last(answer.lines()[0].replace(b'"beginning"', b'"again"'))(answer),
        "event 6 of {root} is register-was-begun",
    ),
    "no beginning": (
        lambda answer: answer.having(answer.lines()[1:]),
        "event 1 of {root} is decision-was-registered, and a register begins with its first event",
    ),
    "no event": (lambda answer: answer.having([]), "{root} has no event yet"),
    "a line too few": (
        lambda answer: replace(answer, body=b"\n".join([*answer.lines()[:-1], b""])),
        "says that it ends at event 6, and holds 5 events",
    ),
    "a line too many": (
        lambda answer: replace(answer, body=answer.body + answer.lines()[-1] + b"\n"),
        "says that it ends at event 6, and holds 7 events",
    ),
    "cut in an event": (lambda answer: replace(answer, body=answer.body[:-20]), "breaks off in the midst of an event"),
    "a position that goes back": (lambda answer: answer.saying(Regiolog_Position="-1"), "one that is no number"),
    "a position too far": (
        lambda answer: answer.saying(Regiolog_Position="70"),
        "ends at event 70, and holds 6 events",
    ),
    "no position": (lambda answer: answer.saying(Regiolog_Position=None), "comes without Regiolog-Position"),
    "no head": (lambda answer: answer.saying(Regiolog_Head=None), "comes without Regiolog-Head"),
    "a huge head": (lambda answer: answer.saying(Regiolog_Head="9" * 400), "one that is no number"),
    "a head before its end": (lambda answer: answer.saying(Regiolog_Head="5"), "says that its journal ends at 5"),
    "an end before its head": (lambda answer: answer.saying(Regiolog_Head="9"), "says that its journal ends at 9"),
    "a loop": (
        lambda answer: answer.having([]).saying(Link='<entries?after=0>; rel="next"', Regiolog_Head="6"),
        "says that it goes on, and holds no event",
    ),
    "a page": (lambda answer: answer.saying(Content_Type="text/html; charset=utf-8"), "is no journal of a register"),
    "no type": (lambda answer: answer.saying(Content_Type=None), "is no journal of a register, but of no type"),
    "packed otherwise": (lambda answer: answer.saying(Content_Encoding="br"), "comes packed as br"),
    "not found": (lambda answer: replace(answer, status=404), "answers 404 Not Found"),
    "gone": (lambda answer: replace(answer, status=410), "answers 410 Gone"),
    "forbidden": (lambda answer: replace(answer, status=403), "answers 403 Forbidden"),
    "a fault": (lambda answer: replace(answer, status=500), "answers 500 Internal Server Error"),
    "a part": (lambda answer: replace(answer, status=206), "answers 206 Partial Content"),
    "unchanged, unasked": (lambda answer: Answer(answer.after, b"", status=304), "answers 304 Not Modified"),
}
"""What a peer may do to its answer, and what is said of it."""


@pytest.mark.parametrize("what", BAD)
def test_a_bad_peer_is_told_of_and_nothing_of_it_recorded(peer: Peer, follower: Follower, what: str) -> None:
    """Into an empty folder; and once it is well again, all of it comes."""
    peer.spoil, words = BAD[what]
    failed(follower, words.format(root=peer.root))
    peer.spoil = lambda answer: answer
    assert follower.harvest().outcome == "new"
    assert follower.stored() == peer.stored()


@pytest.mark.parametrize("what", ["an unknown kind", "garbage", "an event twice", "no instant", "cut in an event"])
def test_whole_ranges_before_what_is_bad_stay(peer: Peer, follower: Follower, what: str) -> None:
    """They are what the other register holds; the next run goes on after them."""
    peer.rename(*(str(number) for number in range(STRIDE)))
    spoil = BAD[what][0]
    peer.spoil = lambda answer: answer if answer.after == 0 else spoil(answer)
    report = follower.harvest()
    assert (report.outcome, report.positions) == ("failed", (1, STRIDE))
    assert follower.stored() == peer.stored()[:STRIDE]
    assert follower.harvester.runs.of("ander").seen is None
    peer.spoil = lambda answer: answer
    assert follower.harvest().positions == (STRIDE + 1, STRIDE + 6)
    assert follower.stored() == peer.stored()


@pytest.mark.parametrize("what", [what for what in BAD if what != "unchanged, unasked"])
def test_a_peer_that_turns_bad_changes_nothing(peer: Peer, follower: Follower, what: str) -> None:
    """What is held stays as it was, whatever comes in its place."""
    follower.harvest()
    peer.spoil, _ = BAD[what]
    before = follower.stored()
    peer.rename("a")
    assert follower.harvest().outcome == "failed"
    assert follower.stored() == before


def test_connections_that_fail_are_told_of(server: Misbehaving, follow: Callable[..., Follower]) -> None:
    """Each in its own words."""
    place = "/log/entries"
    body = b'{"kind":"region-was-renamed"}\n' * 1_000
    server.breaks_off(place, body)
    failed(follow(server.address()), "breaks off before its end")
    server.breaks_off(place, body, sized="end")
    failed(follow(server.address()), "is no journal of a register")
    server.hangs_up(place)
    failed(follow(server.address()), "hangs up without an answer")
    server.keeps_silent(place)
    failed(follow(server.address(), silence=0.2), "keeps silent")
    server.drips(place)
    failed(follow(server.address(), seconds=0.3), "did not come within 0.3 seconds")
    server.bombs(place)
    failed(follow(server.address(), bytes="1MiB"), "is larger than the limit of 1,048,576 bytes")
    server.leads_on_and_on(place)
    failed(follow(server.address()), "leads on and on")
    server.leads_in_a_circle(place, "/there")
    failed(follow(server.address()), "leads in a circle")
    server.leads(place, "http://192.0.2.1/log/entries")
    failed(follow(server.address()), "is not a public address")
    server.shows_an_error_as_a_page(place)
    failed(follow(server.address()), "is no journal of a register, but text/html")
    server.says(place, b"\x00\x01\x02 nothing that is HTTP")
    failed(follow(server.address()), "not HTTP")


def test_a_range_that_is_too_large_is_told_of(peer: Peer, follow: Callable[..., Follower]) -> None:
    """The limits of a source hold for each range."""
    failed(follow(peer.root, bytes=1_000), "is larger than the limit of 1,000 bytes")
    failed(follow(peer.root, rows=5), "holds more events than the limit of 5")


def test_a_publisher_that_is_busy_is_left_alone(server: Misbehaving, follow: Callable[..., Follower]) -> None:
    """For as long as it says; the schedule heeds it."""
    server.fails("/log/entries", 503, retry_after=120)
    follower = follow(server.address(), patience=1)
    report = follower.harvest()
    assert (report.outcome, report.after) == ("failed", 120)


def test_a_run_that_is_told_to_end_ends(peer: Peer, follower: Follower) -> None:
    """Between two ranges; what came whole stays, and the next run goes on."""
    peer.rename(*(str(number) for number in range(STRIDE)))

    def end(answer: Answer) -> Answer:
        if answer.after:
            follower.stop.set()
        return answer

    peer.spoil = end
    with pytest.raises(Interrupted):
        follower.harvest()
    assert follower.stored() == peer.stored()[:STRIDE]
    follower.stop.clear()
    peer.spoil = lambda answer: answer
    assert follower.harvest().outcome == "new"
    assert follower.stored() == peer.stored()
