"""Another register on this machine, whose journal can be followed and spoilt, and folders that follow it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from regiolog.events.journal import Boundary
from regiolog.events.region import RegionWasRenamed
from regiolog.publisher.log import range_of
from regiolog.publisher.problems import Problem
from regiolog.sync.folder import Folder
from regiolog.sync.harvest.declared import read_source
from regiolog.sync.harvest.harvesting import Harvester
from regiolog.sync.harvest.report import Report
from tests.builders import Record, TurnedClock, small_register, tell
from tests.misbehaving import Asked, Misbehaving


@dataclass(frozen=True)
class Answer:
    """What a peer answers.

    Attributes:
        after: What was asked for.
        body: Its body.
        headers: What goes before it, without the length.
        status: Its status.
    """

    after: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200

    def lines(self) -> list[bytes]:
        """The events, as they are stored."""
        return self.body.split(b"\n")[:-1]

    def having(self, lines: list[bytes]) -> Answer:
        """The same answer with other events, which it counts rightly."""
        position = str(self.after + len(lines))
        head = str(max(int(position), int(self.headers["Regiolog-Head"])))
        told = {"Regiolog-Position": position, "Regiolog-Head": head if "Link" in self.headers else position}
        return replace(self, body=b"".join(line + b"\n" for line in lines), headers={**self.headers, **told})

    def saying(self, **headers: str | None) -> Answer:
        """The same answer with other headers; None leaves one out."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        kept = {name: value for name, value in self.headers.items() if name not in named}
        return replace(self, headers=kept | {name: value for name, value in named.items() if value is not None})


Spoil = Callable[[Answer], Answer]


class Peer:
    """A small register whose journal is served at ``/log/entries`` below a path.

    Attributes:
        spoil: What is done to each answer before it is sent.
    """

    def __init__(self, path: Path, server: Misbehaving, root: str = "/", records: list[Record] | None = None) -> None:
        """Begin the register, and serve its journal."""
        self.clock = TurnedClock()
        self.folder = Folder(path, create=True, clock=self.clock)
        if records is None:
            records = small_register()
        if records:
            tell(self.folder.journal, *records, clock=self.clock)
        self.spoil: Spoil = lambda answer: answer
        self.path = f"{root}log/entries"
        self.root = server.address(root)
        self._server = server
        server.behaves(self.path, self._answered)

    def rename(self, *names: str) -> None:
        """Record events by the dozen, whatever they say."""
        events = [RegionWasRenamed(id=name, region="noord", name=name, valid_from=date(2022, 1, 1)) for name in names]
        self.folder.journal.append(events, Boundary(everything=True), self.folder.journal.head())

    def stored(self) -> list[tuple[int, bytes]]:
        """All of its journal."""
        return list(self.folder.journal.stored())

    def asked(self) -> list[int]:
        """After which positions was asked, since the last time that somebody looked."""
        asked = [int(parse_qs(urlsplit(each.target).query)["after"][0]) for each in self._server.asked(self.path)]
        self._server.requests.clear()
        return asked

    def _answered(self, asked: Asked) -> Iterator[bytes]:
        after = int(parse_qs(urlsplit(asked.target).query)["after"][0])
        try:
            found = range_of(self.folder.journal, after)
        except Problem:
            answer = Answer(after, b"", status=400)
        else:
            headers = {
                "Content-Type": "application/jsonl",
                "ETag": f'"{hash(found.body)}"',
                "Regiolog-Position": str(found.position),
                "Regiolog-Head": str(found.head),
            }
            if found.is_complete:
                headers["Link"] = f'<entries?after={found.position}>; rel="next"'
            answer = self.spoil(Answer(after, found.body, headers))
            if asked.headers.get("if-none-match") == answer.headers.get("ETag", ""):
                answer = Answer(after, b"", status=304)
        lines = [f"{name}: {value}" for name, value in {"Content-Length": len(answer.body), **answer.headers}.items()]
        top = "\r\n".join([f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}", *lines, "", ""])
        yield top.encode() + answer.body


class Follower:
    """A folder that follows a register, or would.

    Attributes:
        declared: What its settings say of the register.
    """

    def __init__(self, path: Path, root: str, **limits: Any) -> None:
        """Follow what is at an address; nothing is copied yet."""
        self.path = path
        self.clock = TurnedClock()
        self.declared = {
            "kind": "journal",
            "location": root,
            "allow": ["127.0.0.1"],
            "limits": {"attempts": 1, **limits},
        }
        self.folder = Folder(path, create=True, clock=self.clock)
        self.stop = threading.Event()

    @property
    def harvester(self) -> Harvester:
        """A harvester as a new process would open it."""
        source = read_source("ander", self.declared, self.path)[0]
        return Harvester(self.folder, {"ander": source}, stop=self.stop)

    def harvest(self, **options: bool) -> Report:
        """Copy what is new, a minute later."""
        self.clock.turn(minutes=1)
        return self.harvester.harvest("ander", **options)

    def stored(self) -> list[tuple[int, bytes]]:
        """All of its journal."""
        return list(self.folder.journal.stored())

    def close(self) -> None:
        """Let go of the folder."""
        self.folder.close()


def failed(follower: Follower, words: str) -> None:
    """A run that fails, in one sentence, and leaves the journal as it was."""
    before = follower.stored()
    report = follower.harvest()
    assert report.outcome == "failed", report
    assert report.positions is None
    assert report.reason is not None
    assert words in report.reason
    assert "\n" not in report.reason
    assert follower.stored() == before
    last = follower.harvester.runs.of("ander").last
    assert last is not None
    assert (last.outcome, last.reason) == ("failed", report.reason)
