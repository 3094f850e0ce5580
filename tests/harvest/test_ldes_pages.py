"""The pages of an event stream: each that never changes is asked for once, whatever a run is cut short by.

The names of the points are those of LDES 1.0 and TREE that a client has to keep.
"""

from __future__ import annotations

import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from regiolog.events.errors import FolderError, Interrupted
from regiolog.sync.harvest.harvesting import Harvester
from tests.harvest.followed import Begin, fails, follow
from tests.harvest.streams import BEGINNING, FEED, PATHS, PLACED, PREFIXES, STREAM, Stream, area, placed
from tests.harvest.test_declared import write
from tests.misbehaving import Asked, Misbehaving
from tests.processes import PATIENCE, REGIOLOG, environment


def test_l30_what_never_changes_is_asked_for_once(begin: Begin, stream: Stream) -> None:
    """Over all runs, a full page is asked for once; the root and the last page if they have changed."""
    register = follow(begin, stream)
    assert stream.asked() == [FEED, f"{FEED}/1", f"{FEED}/2", f"{FEED}/3"]
    assert register.harvest().outcome == "unchanged"
    assert stream.asked() == [f"{FEED}?", f"{FEED}/3?"]
    stream.grow(*(area(place, "10002", "R2") for place in (8, 9, 10)))
    assert register.harvest().made == 1
    assert stream.asked() == [f"{FEED}?", f"{FEED}/3?", f"{FEED}/4"]
    assert register.harvest().outcome == "unchanged"
    assert stream.asked() == [f"{FEED}?", f"{FEED}/4?"]


def test_a_page_may_say_itself_that_it_never_changes(begin: Begin, stream: Stream) -> None:
    """``ldes:immutable true`` is as good as the header."""
    stream.page(f"{FEED}/1", f"<> ldes:immutable true . {stream.of(*BEGINNING[:3])}")
    stream.page(f"{FEED}/2", f"<> ldes:immutable false . {stream.of(*BEGINNING[3:6])}")
    register = follow(begin, stream)
    stream.asked()
    register.harvest()
    assert stream.asked() == [f"{FEED}?", f"{FEED}/2?", f"{FEED}/3?"]


def test_without_a_validator_a_page_is_read_again_in_silence(begin: Begin, stream: Stream) -> None:
    """What was met before is not taken twice."""
    stream.page(f"{FEED}/3", stream.of(*BEGINNING[6:]), etag=False)
    register = follow(begin, stream)
    assert register.harvest().outcome == "unchanged"


def test_t05_pages_in_a_loop_end(begin: Begin, stream: Stream) -> None:
    """Pages that lead to each other, to themselves and to the root, by several ways, are visited once each."""
    ways = " , ".join(f"[ tree:node <{to}> ]" for to in (FEED, "", f"{FEED}/1#top", "2"))
    back = f"<> tree:relation {ways} ."
    stream.page(f"{FEED}/1", stream.of(*BEGINNING[:3]) + back)
    stream.page(f"{FEED}/2", stream.of(*BEGINNING[3:7]) + back, immutable=True)
    assert placed(follow(begin, stream)) == PLACED
    assert sorted(stream.asked()) == [FEED, f"{FEED}/1", f"{FEED}/2", f"{FEED}/3"]


@pytest.mark.parametrize("again", ["</regions> tree:view <> ; {} . ", ""])
def test_l32_servers_from_before_1_0_are_followed(begin: Begin, server: Misbehaving, again: str) -> None:
    """A collection that names its view, whose pages are linked in both directions by plain relations."""
    stream = Stream(server, *BEGINNING)
    address = server.address("/regions")
    paths = "ldes:timestampPath dct:created ; ldes:versionOfPath dct:isVersionOf ;"
    stream.page("/regions", f"<> a ldes:EventStream ; {paths} tree:view </regions/by-page> .")
    first = "[ a tree:Relation ; tree:node </regions/by-page?pageNumber=1> ]"
    policy = "<> ldes:retentionPolicy [ a ldes:LatestVersionSubset ; ldes:amount 1 ] ."
    said = stream.of(*BEGINNING).replace(STREAM, address)
    cut = said.index(f"<{address}> tree:member :m4 ")
    sides = [f"[ a tree:Relation ; tree:node <?pageNumber={number}> ]" for number in (1, 2)]
    root = f"<> a tree:Node ; tree:relation {first} . {again.format(paths.rstrip(';'))} {policy}"
    pages = {
        "/regions/by-page": root,
        "/regions/by-page?pageNumber=1": f"<> a tree:Node ; tree:relation {sides[1]} . {said[:cut]}",
        "/regions/by-page?pageNumber=2": f"<> a tree:Node ; tree:relation {sides[0]} . {said[cut:]}",
    }

    def behaviour(asked: Asked) -> list[bytes]:
        body = f"{PREFIXES}{pages[asked.target]}".encode()
        top = f"HTTP/1.1 200 OK\r\nContent-Type: application/trig\r\nContent-Length: {len(body)}\r\n\r\n"
        return [top.encode(), body]

    server.behaves("/regions/by-page", behaviour)
    register = begin(krant=stream.declaration(location=address))
    report = register.harvest()
    assert (report.outcome, placed(register)) == ("new", PLACED)
    assert [asked.target for asked in server.requests] == [
        "/regions",
        "/regions/by-page",
        "/regions/by-page?pageNumber=1",
        "/regions/by-page?pageNumber=2",
    ]
    assert any("retention policy (LatestVersionSubset, amount 1)" in note for note in report.notes)
    assert register.harvest().outcome == "unchanged"


def test_l28_a_page_may_name_one_view_of_the_stream(begin: Begin, server: Misbehaving) -> None:
    """The address of a stream, with its fragment, leads to a page that names one view of it, and some of others."""
    stream = Stream(server, *BEGINNING)
    address = f"{server.address('/catalogue')}#stream"
    stream.page("/catalogue", f"<#stream> tree:view <{FEED}> . <#other> tree:view <{FEED}/1> , <{FEED}/2> .")
    for number in (1, 2, 3):
        said = stream.of(*BEGINNING[3 * number - 3 : 3 * number]).replace(STREAM, address)
        stream.page(f"{FEED}/{number}", said, immutable=True)
    links = ", ".join(f"[ tree:node <feed/{number}> ]" for number in (1, 2, 3))
    stream.page(FEED, f"<{address}> {PATHS} tree:view <> . <> tree:relation {links} .")
    register = follow(begin, stream, location=address)
    assert placed(register) == PLACED
    stream.asked()
    assert register.harvest().outcome == "unchanged"
    assert stream.asked() == ["/catalogue?", f"{FEED}?"]


def test_l23_pages_that_moved_are_found(begin: Begin, server: Misbehaving, stream: Stream) -> None:
    """The entry, and pages that were merged into one, may lie elsewhere."""
    server.leads("/entry", FEED)
    server.leads(f"{FEED}/1", f"{FEED}/all", status=301)
    server.leads(f"{FEED}/2", f"{FEED}/all", status=308)
    stream.page(f"{FEED}/all", stream.of(*BEGINNING[:6]), immutable=True)
    stream.page(f"{FEED}/3", f"<> tree:relation [ tree:node <{FEED}> ] . {stream.of(*BEGINNING[6:])}")
    register = follow(begin, stream, location=server.address("/entry"))
    assert placed(register) == PLACED
    assert stream.asked() == ["/entry", FEED, f"{FEED}/1", f"{FEED}/all", f"{FEED}/2", f"{FEED}/all", f"{FEED}/3"]
    register.harvest()
    assert stream.asked() == ["/entry?", f"{FEED}?", f"{FEED}/3?"]


def test_l22_a_page_that_is_gone_is_empty(begin: Begin, server: Misbehaving, stream: Stream) -> None:
    """410 is a page without members and relations; it may come back, and what was read of it before stays."""
    server.answers(f"{FEED}/3", b"", status=410)
    register = follow(begin, stream)
    assert placed(register)["10001"] == "R1"
    assert register.harvest().outcome == "unchanged"
    stream.grow()
    register.harvest()
    assert placed(register) == PLACED
    server.answers(f"{FEED}/3", b"", status=410)
    assert register.harvest().outcome == "unchanged"
    assert placed(register) == PLACED


def test_a_feed_that_is_gone_is_a_failure(begin: Begin, server: Misbehaving, stream: Stream) -> None:
    """A root that is gone is no empty feed."""
    register = follow(begin, stream)
    server.answers(FEED, b"", status=410)
    fails(register, "410 Gone: there is no feed any more")
    assert placed(register) == PLACED


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_l29_what_may_pass_is_asked_again(begin: Begin, server: Misbehaving, stream: Stream, status: int) -> None:
    """A page that fails in a way that may pass is asked for again after a pause."""
    server.fails(f"{FEED}/2", status, times=1)
    follow(begin, stream)
    assert server.count(f"{FEED}/2") == 2


@pytest.mark.parametrize("status", [401, 403, 404, 501])
def test_l29_any_other_error_ends_the_run(begin: Begin, server: Misbehaving, stream: Stream, status: int) -> None:
    """What does not pass ends the run, and nothing is recorded."""
    server.fails(f"{FEED}/2", status)
    register = begin(krant=stream.declaration())
    fails(register, f"answers {status}")
    assert server.count(f"{FEED}/2") == 1


def test_l31_the_interval_of_a_stream_is_kept(begin: Begin, server: Misbehaving) -> None:
    """The publisher's interval puts off a schedule that would come sooner."""
    stream = Stream(server, *BEGINNING, paths=f"{PATHS} ldes:pollingInterval 900 ; ")
    register = begin(krant=stream.declaration())
    assert register.harvest().after == 900
    assert register.harvest().after == 900


def test_a_key_goes_to_the_publisher_alone(begin: Begin, server: Misbehaving, stream: Stream) -> None:
    """A key is sent with every page of the publisher's own host, to no other one, and is shown nowhere."""
    with Misbehaving() as other:
        elsewhere = Stream(other, *BEGINNING)
        elsewhere.page(f"{FEED}/3", elsewhere.of(*BEGINNING[6:]))
        server.leads(f"{FEED}/3", other.address(f"{FEED}/3"))
        register = follow(begin, stream, feed={"key": "s3cret", "key_header": "X-Key"})
        assert placed(register) == PLACED
        assert all(asked.headers["x-key"] == "s3cret" for asked in server.requests)
        assert "x-key" not in other.requests[0].headers
    assert "s3cret" not in repr(register.harvester.runs.reports("krant")) + repr(register.sources)


# --- Cut short ------------------------------------------------------------------------------------------------------


def test_l30_a_run_that_is_cut_short_goes_on(begin: Begin, server: Misbehaving, stream: Stream) -> None:
    """What was read is kept, nothing is recorded before all of it is, and the next run asks for the rest alone."""
    stop = threading.Event()

    def hang(_: Asked) -> Iterator[bytes]:
        stop.set()
        yield b""

    server.behaves(f"{FEED}/2", hang, times=1)
    register = begin(krant=stream.declaration())
    head = register.folder.journal.head()
    with pytest.raises(Interrupted):
        Harvester(register.folder, register.sources, stop=stop).harvest("krant")
    assert register.folder.journal.head() == head
    stream.asked()
    assert register.harvest().outcome == "new"
    assert stream.asked() == [f"{FEED}?", f"{FEED}/2", f"{FEED}/3"]
    assert placed(register) == PLACED


@pytest.mark.parametrize(
    ("limits", "reason"),
    [({"pages": 2}, "more than 2 pages"), ({"bytes": 3_000}, "more than 3,000 bytes, the limit of one run")],
)
def test_what_is_over_a_limit_waits(begin: Begin, stream: Stream, limits: dict[str, int], reason: str) -> None:
    """A run reads so much at most; each next one goes on, until all of it is there."""
    register = begin(krant=stream.declaration(limits={**stream.declaration()["limits"], **limits}))
    fails(register, f"{reason}")
    for _ in range(4):
        report = register.harvest()
        if report.outcome == "new":
            break
    assert placed(register) == PLACED


def test_too_many_members_are_refused(begin: Begin, stream: Stream) -> None:
    """A feed that brings more members at once, or a page more triples, than a source may have rows is refused."""
    stream.grow(*(area(place, "10001", "R1") for place in range(8, 43)))
    links = ", ".join(f"[ tree:node <feed/{number}> ]" for number in range(1, 15))
    stream.page(FEED, f"<{STREAM}> {PATHS} tree:view <> . <> tree:relation {links} .")
    register = begin(krant=stream.declaration(limits={**stream.declaration()["limits"], "rows": 40}))
    fails(register, "it has more than 40 members, which is the limit")
    register.declare("krant", stream.declaration(limits={**stream.declaration()["limits"], "rows": 15}))
    fails(register, "15 triples, which is the limit")


def test_a_dry_run_keeps_nothing(begin: Begin, stream: Stream) -> None:
    """A dry run says what would be recorded, and the next run reads all of it."""
    register = begin(krant=stream.declaration())
    assert register.harvest(dry_run=True).made == 6
    stream.asked()
    assert register.harvest().made == 6
    assert stream.asked() == [FEED, f"{FEED}/1", f"{FEED}/2", f"{FEED}/3"]


def test_what_is_suspicious_waits_and_is_not_lost(begin: Begin, stream: Stream) -> None:
    """A change that is too large waits, the feed is read on, and what is accepted is all that came meanwhile."""
    register = follow(begin, stream, limits={**stream.declaration()["limits"], "change": 0.1})
    stream.grow(*(area(place, f"1000{place - 7}", "R1") for place in (8, 10, 11)))
    assert register.harvest().outcome == "refused"
    stream.grow(area(12, "10002", "R2"))
    stream.asked()
    assert register.harvest().outcome == "refused"
    assert stream.asked() == [f"{FEED}?", f"{FEED}/4?"]
    assert placed(register) == PLACED
    assert register.harvest(accept=True).outcome == "new"
    assert placed(register) == {"10001": "R1", "10002": "R2", "10003": "R1", "10004": "R1"}
    assert register.harvester.runs.quarantine() == []


def test_another_feed_is_read_from_its_beginning(begin: Begin, server: Misbehaving, stream: Stream) -> None:
    """Where the settings name another feed, nothing that was read of the old one plays a part."""
    register = follow(begin, stream)
    with Misbehaving() as other:
        declared = Stream(other, BEGINNING[0], area(2, "10001", "R1")).declaration()
        register.declare("krant", declared)
        assert register.harvest().outcome == "new"
        assert placed(register) == {"10001": "R1"}


def test_l30_a_process_that_is_killed_before_it_records_loses_nothing(
    begin: Begin, stream: Stream, tmp_path: Path
) -> None:
    """A kill between reading and recording: the next run asks for nothing twice, and records every claim once."""
    register = begin(krant=stream.declaration())
    settings = write(tmp_path / "my.toml", {"krant": stream.declaration()})
    data = register.folder.path
    with closing(sqlite3.connect(data / "journal.sqlite", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")  # another writer, for whom the run has to wait
        with subprocess.Popen([REGIOLOG, "sync", "--data", data, "--config", settings], env=environment()) as process:
            await_(lambda: stream.server.count(f"{FEED}/3") == 1 and is_read(data / "harvest" / "krant.sqlite"))
            process.kill()
        writer.execute("ROLLBACK")
    assert register.publications() == []
    assert stream.asked() == [FEED, f"{FEED}/1", f"{FEED}/2", f"{FEED}/3"]
    assert register.harvest().made == 6
    assert stream.asked() == [f"{FEED}?", f"{FEED}/3?"]
    assert placed(register) == PLACED


def is_read(replica: Path) -> bool:
    """Whether all of a feed is in its replica."""
    with closing(sqlite3.connect(replica)) as held:
        return bool(held.execute("SELECT 1 FROM state WHERE name = 'before'").fetchall())


def await_(what: Callable[[], bool]) -> None:
    """Wait until something is so, for a minute at most."""
    patience = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < patience
        time.sleep(0.02)


@pytest.mark.parametrize("damaged", [b"this is no database" * 100, None])
def test_a_replica_that_is_gone_or_damaged_can_be_made_anew(
    begin: Begin, stream: Stream, damaged: bytes | None
) -> None:
    """A replica may be burnt: then the feed is read from its beginning, and that is silence."""
    register = follow(begin, stream)
    file = register.folder.path / "harvest" / "krant.sqlite"
    for each in file.parent.glob("krant.sqlite*"):
        each.unlink()
    if damaged is not None:
        file.write_bytes(damaged)
        with pytest.raises(FolderError, match=r"krant\.sqlite cannot be used"):
            register.harvest()
        file.unlink()
    stream.asked()
    assert register.harvest().outcome == "unchanged"
    assert stream.asked() == [FEED, f"{FEED}/1", f"{FEED}/2", f"{FEED}/3"]
