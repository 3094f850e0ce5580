"""A register that follows another by its journal answers as that one does, and says no to every other change."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest
import requests

from regiolog.events.errors import FolderError
from regiolog.events.journal_sqlite import open_journal
from regiolog.events.temporal import instant_text
from regiolog.publisher.queries import QUERIES
from regiolog.sync.folder import Folder
from regiolog.sync.follows import FILE
from regiolog.sync.projection.replay import MOMENTS, moments
from regiolog.sync.statements import digest
from regiolog.sync.statements.history import History
from tests.journeys.conftest import Served as Leader
from tests.misbehaving import Asked, Misbehaving
from tests.processes import PATIENCE, REGIOLOG, Served, environment, prepared, regiolog

PARAMETERS: Final[dict[str, list[dict[str, str]]]] = {
    "region-of": [{"nis": "11056"}, {"nis": "71022"}, {"nis": "44084"}],
    "members": [{"region": "waasland"}, {"region": "limburg"}],
    "regions": [{}],
    "municipalities": [{}],
    "lineage": [{"nis": "46030"}, {"nis": "11002"}],
    "conversion": [{"from": "2024-12-31", "to": "2025-01-01"}],
    "said": [{"nis": "11056"}],
    "straddling": [{}],
    "divergences": [{}],
    "history": [{"kind": "region", "key": "waasland"}, {"kind": "municipality", "key": "11056"}],
}
"""What each named query is asked about."""

RENAMED: Final = (
    '{{"kind": "decision-was-registered", "id": "{0}/r", "decision": "{0}", "type": "decree", "body": "Een raad", '
    '"title": "Besluit {0}", "decided": "2026-01-0{1}", "source": ["a test"]}}\n'
)


def declare(place: Path, root: str, schedule: str = "") -> str:
    """Write settings in which a register is followed; where they are."""
    place.mkdir(parents=True, exist_ok=True)
    lines = ["[sources.ander]", 'kind = "journal"', f'location = "{root}"', 'allow = ["127.0.0.1"]']
    lines += [f'schedule = "{schedule}"'] if schedule else []
    lines += ["limits = { attempts = 1 }"]
    (place / "sources.toml").write_text("\n".join([*lines, ""]), encoding="utf-8")
    return str(place / "sources.toml")


def stored(data: Path) -> list[tuple[int, bytes]]:
    """The journal in a data folder, as it is stored; empty where there is none."""
    try:
        with closing(open_journal(data, create=False)) as journal:
            return list(journal.stored())
    except FolderError:
        return []


def of_history(data: Path) -> str:
    """The digest of the whole history in a data folder whose statements are up to date."""
    with closing(History.open(data / "statements.sqlite")) as history:
        assert history.position == len(stored(data))
        return digest.of_history(history, history.position)


def record(data: Path, *keys: str) -> None:
    """Record decisions in a register."""
    lines = "".join(RENAMED.format(key, number % 9 + 1) for number, key in enumerate(keys))
    done = regiolog("record", "-", "--data", data, given=lines.encode())
    assert done.returncode == 0, done.stderr


class Relay:
    """What stands between a follower and a register: it lets everything through, slowly, and counts.

    Attributes:
        asked: After which positions was asked.
        pause: Seconds before each answer.
    """

    def __init__(self, server: Misbehaving, leader: str) -> None:
        """Stand before a register."""
        self.asked: list[int] = []
        self.pause = 0.0
        self.root = server.address("/behind/")
        self._leader = leader
        server.behaves("/behind/log/entries", self._passed_on)

    def _passed_on(self, asked: Asked) -> Iterator[bytes]:
        time.sleep(self.pause)
        target = asked.target.removeprefix("/behind/")
        self.asked.append(int(target.rpartition("=")[2]))
        headers = {name: value for name, value in asked.headers.items() if name in {"accept", "if-none-match"}}
        headers["accept-encoding"] = "identity"
        answer = requests.get(self._leader + target, headers=headers, timeout=30)
        lines = [f"{name}: {value}" for name, value in answer.headers.items() if name.lower() != "date"]
        yield "\r\n".join([f"HTTP/1.1 {answer.status_code} {answer.reason}", *lines, "", ""]).encode("latin-1")
        yield answer.content


@pytest.fixture(scope="module")
def copy(served: Leader, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A register that was copied from the one that is served, and is served too."""
    place = tmp_path_factory.mktemp("copy")
    settings = declare(place, served.address)
    done = regiolog("sync", "ander", "--data", place / "data", sources=settings)
    assert done.returncode == 0, done.stderr
    with Served(place / "data", sources=settings) as service:
        service.ready()
        yield service


@pytest.fixture
def leader(served: Leader, tmp_path: Path) -> Iterator[Served]:
    """A register that can be recorded in, served."""
    with Served(prepared(served.data, tmp_path / "leader"), leave_out="none") as service:
        service.ready()
        yield service


# --- A copy answers alike -----------------------------------------------------------------------------------------


def test_the_journal_is_the_same(served: Leader, copy: Served) -> None:
    """Byte for byte."""
    assert stored(copy.data) == stored(served.data)


def test_digests_agree_at_a_dozen_positions(served: Leader, copy: Served) -> None:
    """Of the history up to each of them, and of a snapshot at each."""
    with (
        closing(History.open(served.data / "statements.sqlite")) as theirs,
        closing(History.open(copy.data / "statements.sqlite")) as ours,
    ):
        assert ours.position == theirs.position
        pairs = moments(theirs, theirs.position)
        assert len({position for _, position in pairs}) == MOMENTS
        for at, position in pairs:
            assert digest.of_history(ours, position) == digest.of_history(theirs, position)
            assert digest.of_snapshot(ours, ours.key(at, position)) == digest.of_snapshot(
                theirs, theirs.key(at, position)
            )


@pytest.mark.soak
def test_every_named_query_answers_alike(served: Leader, copy: Served, at_length: Callable[[int, int], int]) -> None:
    """At some moments (at length: a dozen) and now, to the byte; also where the answer is that there is none yet."""
    with closing(History.open(served.data / "statements.sqlite")) as history:
        asked = [
            {"at": at.isoformat(), "known": instant_text(history.known_of(position))}
            for at, position in moments(history, history.position)
        ][:: at_length(4, 1)]
    assert PARAMETERS.keys() == QUERIES.keys()
    for name, several in PARAMETERS.items():
        statuses = set()
        for given in several:
            takes_moments = {"at", "known"} if "from" not in given else {"known"}
            for moment in (*asked, {}):
                parameters = {**given, **{clock: day for clock, day in moment.items() if clock in takes_moments}}
                theirs = served.get(f"query/{name}.csv", **parameters)
                ours = requests.get(f"{copy.url}query/{name}.csv", params=parameters, timeout=30)
                assert (ours.status_code, ours.content) == (theirs.status_code, theirs.content), (name, parameters)
                statuses.add(ours.status_code)
        assert 200 in statuses, name


@pytest.mark.parametrize(
    "path",
    [
        "graph/2024-12-31/2025-06-01.nq",
        "graph/history.nt",
        "graph/source/pinc.nq?at=2025-01-01&known=2026-01-01",
        "doc/municipality/11056/2024-12-31/2025-06-01.ttl",
        "doc/event/1.json",
        "diff.json?from=2024-12-31&to=2025-01-01&known=2026-01-01",
        "feed",
        "log/entries?after=256",
    ],
)
def test_whatever_else_is_asked_is_answered_alike(served: Leader, copy: Served, path: str) -> None:
    """Graphs, things, differences, feeds and the journal itself, to the byte."""
    theirs = requests.get(served.address + path, timeout=60)
    ours = requests.get(copy.url + path, timeout=60)
    assert theirs.status_code == 200
    assert ours.content == theirs.content


@pytest.mark.parametrize(
    ("name", "given", "column", "values"),
    [
        ("region-of", {"nis": "11056", "at": "2022-12-10"}, "region_key", ["regio-antwerpen"]),  # G1
        ("said", {"nis": "11056", "at": "2022-12-03", "known": "2022-12-03"}, "region_key", ["waasland"]),  # G4
        ("said", {"nis": "11056", "at": "2022-12-10", "known": "2022-12-10"}, "region_key", ["regio-antwerpen"]),  # G4
        ("said", {"nis": "11056", "at": "2022-12-23", "known": "2022-12-23"}, "region_key", ["waasland"]),  # G4
        ("region-of", {"nis": "71022", "at": "2021-06-01"}, "status", ["pending"]),  # G8
        ("region-of", {"nis": "71022", "at": "2022-02-04"}, "region_key", ["limburg"]),  # G8
        ("lineage", {"nis": "46030"}, "before_nis", ["11056", "46003", "46013"]),  # G13
    ],
)
def test_facts_are_facts_in_a_copy(
    copy: Served, name: str, given: dict[str, str], column: str, values: list[str]
) -> None:
    """The product's numbers, asked of the follower."""
    answer = copy.get(f"query/{name}.csv", "text/csv", **given)
    header, *rows = [line.split(",") for line in answer.text.splitlines()]
    sources = header.index("source") if name == "said" else None
    found = [row[header.index(column)] for row in rows if sources is None or row[sources] == "pinc"]
    assert sorted(found) == values


@pytest.mark.parametrize(
    ("day", "count"), [("2022-02-04", 9), ("2023-03-19", 10), ("2024-12-31", 10), ("2025-01-01", 7)]
)
def test_waasland_has_its_members_in_a_copy(copy: Served, day: str, count: int) -> None:
    """G10."""
    assert len(copy.get("query/members.csv", region="waasland", at=day).text.splitlines()) == count + 1


# --- It is followed on --------------------------------------------------------------------------------------------


def test_new_events_are_all_that_is_copied(leader: Served, server: Misbehaving, tmp_path: Path) -> None:
    """The first run asks for every range once, each later one for the end, whatever is new."""
    relay = Relay(server, leader.url)
    settings, data = declare(tmp_path, relay.root), tmp_path / "data"
    head = len(stored(leader.data))
    assert regiolog("sync", "--data", data, sources=settings).returncode == 0
    assert relay.asked == [*range(0, head, 256)]
    for number in range(1, 3):
        record(leader.data, f"NEW-{number}")
        relay.asked.clear()
        done = regiolog("sync", "ander", "--data", data, sources=settings)
        assert f"positions    {head + number}\n" in done.stdout
        assert relay.asked == [head + number - 1 - 8]
    assert stored(data) == stored(leader.data)
    leader.ready()
    assert of_history(data) == of_history(leader.data)


@pytest.mark.soak
@pytest.mark.parametrize("ranges", [0, 1, 2])
def test_a_copy_that_was_killed_goes_on(
    leader: Served, server: Misbehaving, tmp_path: Path, ranges: int, at_length: Callable[[int, int], int]
) -> None:
    """After so many ranges, in the midst of the next; what is there is whole, and the rest comes later."""
    if ranges not in (1, *range(at_length(0, 3))):
        pytest.skip("the others are killed when it is tested at length")
    relay = Relay(server, leader.url)
    relay.pause = 1.0
    settings, data = declare(tmp_path, relay.root), tmp_path / "data"
    copying = subprocess.Popen(
        [REGIOLOG, "sync", "ander", "--data", str(data)],
        env=environment(sources=settings),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    patience = time.monotonic() + PATIENCE
    while len(relay.asked) <= ranges - 1 or len(stored(data)) < 256 * ranges:
        assert time.monotonic() < patience
        assert copying.poll() is None
        time.sleep(0.01)
    if not ranges:
        time.sleep(0.3)
    os.kill(copying.pid, signal.SIGKILL)
    copying.wait(PATIENCE)
    whole = stored(leader.data)
    assert stored(data) == whole[: 256 * ranges]
    relay.pause = 0.0
    relay.asked.clear()
    done = regiolog("sync", "ander", "--data", data, sources=settings)
    assert done.returncode == 0, done.stderr
    assert min(relay.asked) == max(0, 256 * ranges - 8)
    assert stored(data) == whole
    assert of_history(data) == of_history(leader.data)


def test_a_service_begins_with_a_copy_and_follows_on_schedule(served: Leader, tmp_path: Path) -> None:
    """In the place of the archive, of which the other register lacks a part; that part is never loaded."""
    with Served(tmp_path / "leader", leave_out="provincies-in-cijfers") as leader:
        head = len(stored(leader.data))
        assert head < len(stored(served.data))
        settings, data = declare(tmp_path, leader.url, "every 1s"), tmp_path / "data"
        with Served(data, sources=settings, with_schedule="yes") as follower:
            assert follower.ready().json["head"] == head
            record(leader.data, "NEW-1", "NEW-2")
            patience = time.monotonic() + PATIENCE
            while follower.ready().json["head"] < head + 2 and time.monotonic() < patience:
                time.sleep(0.1)
            assert follower.get("doc/decision/NEW-2.json").status == 200
            ended, said = follower.end()
            assert (ended, f"copied {head} events of {leader.url}" in said) == (0, True)
        with Served(data, sources=settings) as follower:
            assert follower.ready().json["head"] == head + 2
        with Served(data) as follower:  # which was told of no source
            assert follower.ready().json["head"] == head + 2
        assert not (data / "archive.json").exists()
        assert stored(data) == stored(leader.data)


def test_a_schedule_begins_with_a_copy(served: Leader, tmp_path: Path) -> None:
    """On an empty folder, where what is scheduled is a journal."""
    data, head = tmp_path / "data", len(stored(served.data))
    scheduled = subprocess.Popen(
        [REGIOLOG, "schedule", "--data", str(data)],
        env=environment(sources=declare(tmp_path, served.address, "every 1s")),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert scheduled.stdout is not None
    assert "something is new" in scheduled.stdout.readline()
    scheduled.send_signal(signal.SIGTERM)
    scheduled.communicate(timeout=PATIENCE)
    assert scheduled.returncode == 0
    assert len(stored(data)) == head


# --- It takes in nothing else -------------------------------------------------------------------------------------


def test_changes_are_refused_with_whom_it_follows(served: Leader, copy: Served, tmp_path: Path) -> None:
    """`record` and every other source: one sentence, and exit code 1."""
    before = stored(copy.data)
    refused = f"this register follows {served.address} and takes in nothing else: changes are made there"
    done = regiolog("record", "-", "--data", copy.data, given=RENAMED.format("OWN", 1).encode())
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"regiolog: {refused}")
    (tmp_path / "regions.csv").write_text("code,region\n11056,REFREG14\n")
    (tmp_path / "sources.toml").write_text(
        '[sources.krant]\nsaid_by = "krant"\npublisher = "De Krant"\nkind = "table"\nlocation = "regions.csv"\n'
        'mapping = { says = "regions", municipality = "code", region = "region" }\n'
    )
    done = regiolog("sync", "--data", copy.data, sources=str(tmp_path / "sources.toml"))
    assert done.returncode == 1
    assert refused in done.stdout
    assert "not in step: krant (failed)" in done.stderr
    assert stored(copy.data) == before
    assert f"follows     {served.address}" in regiolog("status", "--data", copy.data).stdout.splitlines()


def test_a_register_of_its_own_is_not_followed_into(served: Leader, leader: Served, tmp_path: Path) -> None:
    """Not by hand, and a service goes on as it was."""
    settings = declare(tmp_path, served.address)
    before = stored(leader.data)
    done = regiolog("sync", "ander", "--data", leader.data, sources=settings)
    assert done.returncode == 1
    assert "this data folder holds a register of its own" in done.stdout
    leader.end()
    with Served(leader.data, sources=settings, leave_out="none") as again:
        assert again.ready().json["head"] == len(before)
    assert stored(leader.data) == before
    assert not (leader.data / FILE).exists()


def test_nothing_begins_where_nothing_can_be_copied(server: Misbehaving, tmp_path: Path) -> None:
    """By hand and by a service: one sentence, exit code 1, and no register; later it may be copied."""
    settings, data = declare(tmp_path, server.address("/")), tmp_path / "data"
    for command in ("sync", "serve"):
        done = regiolog(command, "--data", data, *(["--port", "0"] if command == "serve" else []), sources=settings)
        assert done.returncode == 1
        assert "answers 404 Not Found" in done.stdout + done.stderr
        assert "Traceback" not in done.stderr
    assert stored(data) == []
    done = regiolog("record", "-", "--data", data, given=b"{}")
    assert (done.returncode, "there is no register" in done.stderr) == (1, True)


def test_a_marked_folder_is_never_begun_otherwise(leader: Served, server: Misbehaving, tmp_path: Path) -> None:
    """A service that knows of no source loads no archive where a copy was begun, and says so."""
    relay = Relay(server, leader.url)
    settings, data = declare(tmp_path, relay.root), tmp_path / "data"
    assert regiolog("sync", "--data", data, sources=settings).returncode == 0
    mark = (data / FILE).read_bytes()
    with closing(Folder(tmp_path / "empty", create=True)):
        (tmp_path / "empty" / FILE).write_bytes(mark)
    done = regiolog("serve", "--data", tmp_path / "empty", "--port", "0")
    assert done.returncode == 1
    assert f"is to follow {relay.root}, and nothing of that was copied yet" in done.stderr
    assert stored(tmp_path / "empty") == []


def test_an_address_of_its_own_is_refused(served: Leader, copy: Served, tmp_path: Path) -> None:
    """What is followed is named under the addresses that the other register gave."""
    data = prepared(copy.data, tmp_path / "data")
    (data / FILE).write_bytes((copy.data / FILE).read_bytes())
    done = regiolog("serve", "--data", data, "--port", "0", "--base-iri", "https://mine.example/")
    assert done.returncode == 1
    assert "it cannot publish under https://mine.example/" in done.stderr
