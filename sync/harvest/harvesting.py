"""Harvesting (oogsten): one run of one source, from its publisher to the journal, and what is remembered of it."""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from regiolog.events.authority import AUTHORITY, Authority
from regiolog.events.claim import ClaimsWereMade
from regiolog.events.errors import (
    FolderError,
    HarvestFailed,
    Interrupted,
    RegiologError,
    Suspicious,
    UnknownKey,
    Unreadable,
)
from regiolog.events.event import Entity
from regiolog.events.held import Held
from regiolog.events.recording import record
from regiolog.events.temporal import day_of
from regiolog.sync.harvest.mapping import Content, mapping_of
from regiolog.sync.harvest.report import Outcome, Report
from regiolog.sync.harvest.runs import Memory, Refused, Runs
from regiolog.sync.harvest.taking import Taking
from regiolog.sync.sources import documents
from regiolog.sync.sources.documents import Document
from regiolog.sync.sources.fetching import Fetcher
from regiolog.sync.sources.graphs import Graph
from regiolog.sync.sources.guard import printable
from regiolog.sync.sources.source import Limits
from regiolog.sync.sources.validators import Validators

if TYPE_CHECKING:
    from regiolog.sync.folder import Folder
    from regiolog.sync.sources.source import Source

_LONGEST: Final = 500
"""How many characters a sentence of a report may have, which may quote what a publisher sent."""

LOCKS: Final = "harvest"
"""The folder in a data folder with a lock for each source."""


class Harvester:
    """Harvests the sources of one register; safe to use from several threads.

    Args:
        folder: The data folder, in which a register has begun.
        sources: The sources by name.
        authority: Which source may open which kinds of register event.
        stop: Ends what is under way, at once, when it is set; nothing of it is recorded.
    """

    def __init__(
        self,
        folder: Folder,
        sources: Mapping[str, Source],
        *,
        authority: Authority = AUTHORITY,
        stop: threading.Event | None = None,
    ) -> None:
        """Open the memory of harvesting."""
        self.sources = sources
        self.runs = Runs(folder.path)
        self._folder = folder
        self._authority = authority
        self._stop = stop or threading.Event()

    def source(self, name: str) -> Source:
        """A source by its name.

        Raises:
            UnknownKey: The settings declare none of this name.
        """
        if name not in self.sources:
            known = ", ".join(sorted(self.sources)) or "none"
            raise UnknownKey(f"no source is called {name}; the settings declare {known}")
        return self.sources[name]

    def harvest(self, name: str, *, accept: bool = False, dry_run: bool = False) -> Report:
        """Harvest a source once, and remember what became of it.

        Whatever is wrong with the source is in the report, and nothing of it in the journal.

        Args:
            name: The source.
            accept: Whether somebody looked, so that no change is too large.
            dry_run: Whether only to say what would be recorded.

        Raises:
            UnknownKey: There is no such source.
            FolderError: The data folder cannot be used.
            Interrupted: This process was told to end.
        """
        source = self.source(name)
        run = _Run(self, source, accept=accept, dry_run=dry_run)
        with self._alone(name) as alone:
            if not alone:
                return run.report("busy", "another run of this source is under way")
            memory = self.runs.of(name)
            if memory.declared != declared(source):
                memory = memory._replace(declared=declared(source), validators=Validators(), sha256=None)
            try:
                memory = run.series(memory) if source.series is not None else run.latest(memory)
            except (Interrupted, FolderError):
                raise
            except RegiologError as failed:
                report = run.report("refused" if run.waits else "failed", str(failed))
            except Exception as fault:  # noqa: BLE001 - whatever one publisher sends, the other sources go on
                report = run.report("failed", f"it met a fault of ours: {type(fault).__name__}: {fault}")
            else:
                report = run.report()
            if not dry_run:
                self.runs.remember(run.memory or memory, report)
            return report

    def retry(self, number: int, *, accept: bool = False, dry_run: bool = False) -> Report:
        """Take in a document that was refused, as it came then.

        Args:
            number: Its number in the quarantine.
            accept: Whether somebody looked at it, so that no change is too large.
            dry_run: Whether only to say what would be recorded.

        Raises:
            UnknownKey: There is none of this number, or its source is declared no more.
            Interrupted: This process was told to end.
        """
        refused = self.runs.refused(number)
        if number not in {each.number for each in self.runs.quarantine(refused.name)}:
            raise UnknownKey(f"{number} waits no more: a later document of {refused.name} was taken in")
        source = self.source(refused.name)
        run = _Run(self, source, accept=accept, dry_run=dry_run)
        document = Document(
            refused.document,
            refused.body,
            refused.media,
            refused.charset,
            refused.address,
            refused.published,
            whole=refused.whole,
        )
        with self._alone(source.name) as alone:
            if not alone:
                return run.report("busy", "another run of this source is under way")
            memory = self.runs.of(source.name)
            try:
                memory = run.take(memory, document, number=number)
            except Interrupted:
                raise
            except HarvestFailed as failed:
                return run.report("refused", str(failed))
            if source.series is not None:
                memory = memory._replace(version=document.address)
            report = run.report()
            if not dry_run:
                self.runs.remember(memory, report)
            return report

    @contextmanager
    def fetcher(self, source: Source) -> Iterator[Fetcher]:
        """A fetcher within the limits of a source."""
        with Fetcher(
            source.limits, allow=source.allow, proxy=source.proxy, contact=source.contact, stop=self._stop
        ) as fetcher:
            yield fetcher

    def record(self, taking: Taking, *, dry_run: bool) -> list[int]:
        """Record what a document becomes, in one transaction.

        Returns:
            The positions that it took.

        Raises:
            HarvestFailed: It cannot be, and nothing was.
        """
        if self._stop.is_set():
            raise Interrupted("this process was told to end")
        outcome = record(
            self._folder.journal, [taking], clock=self._folder.clock, authority=self._authority, dry_run=dry_run
        )
        return [position for position, _ in outcome.recorded]

    def heard(self, source: Source) -> tuple[date, str] | None:
        """The day and the document of the last publication of a source that is held; None when none is."""
        held, covers = Held(self._folder.journal, self._authority), mapping_of(source).covers
        found: list[tuple[date, str]] = []
        for fact in held.facts(Entity("source", source.said_by)):
            event = fact.event
            if (
                isinstance(event, ClaimsWereMade)
                and event.valid_from
                and any(map(covers, (*event.made, *event.withdrawn)))
            ):
                found.append((event.valid_from, event.document))
        if source.mapping.get("says") == "cooperations":
            days = (fact.event.valid_from for fact in held.published_by(source.said_by))
            found += [(day, "") for day in days if day is not None]
        return max(found, default=None)

    def now(self) -> datetime:
        """The instant of now."""
        return self._folder.clock()

    @contextmanager
    def _alone(self, name: str) -> Iterator[bool]:
        """Keep other runs of a source out; the operating system lets go when this process ends, however it does.

        Raises:
            FolderError: The data folder cannot be written.
        """
        try:
            (self._folder.path / LOCKS).mkdir(exist_ok=True)
            file = os.open(self._folder.path / LOCKS / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise FolderError(f"the data folder {self._folder.path} cannot be written: {error.strerror}") from None
        try:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
            else:
                yield True
        finally:
            os.close(file)


class _Run:
    """One run of one source."""

    def __init__(self, harvester: Harvester, source: Source, *, accept: bool, dry_run: bool) -> None:
        self._of = harvester
        self._source = source
        self._accept = accept
        self._dry_run = dry_run
        self._clock = time.monotonic()
        self._begun = harvester.now()
        self._run = run_name(source.name, self._begun)
        self._takings: list[tuple[Document, Taking, list[int]]] = []
        self._unchanged = False
        self.memory: Memory | None = None
        self.waits = False

    def latest(self, memory: Memory) -> Memory:
        """Take in the document as its publisher has it now."""
        validators = Validators() if self._accept else memory.validators
        with self._of.fetcher(self._source) as fetcher:
            document = documents.latest(self._source, fetcher, validators)
            if document is None or (document.sha256 == memory.sha256 and not self._accept):
                self._unchanged = True
                fresh = memory.validators if document is None else document.validators
                return self._seen(memory._replace(validators=fresh))
            beside = documents.beside(self._source, fetcher)
        return self.take(memory, document, beside)

    def series(self, memory: Memory) -> Memory:
        """Take in the versions that came since the last one, each in a transaction of its own."""
        series = self._source.series
        assert series is not None
        heard = self._of.heard(self._source)
        with self._of.fetcher(self._source) as fetcher:
            beside = documents.beside(self._source, fetcher)
        self._unchanged = True
        last = None if heard is None else heard[0]
        for document in newer(list(documents.versions(self._source, series)), memory.version, heard):
            self._unchanged = False
            memory = self.take(memory, document, beside, last)._replace(version=document.address)
            self.memory, last = memory, document.published  # a later version may be refused
        return self._seen(memory)

    def take(
        self,
        memory: Memory,
        document: Document,
        beside: Graph | None = None,
        last: date | None = None,
        number: int | None = None,
    ) -> Memory:
        """Take in one document, which may have been refused under a number; put it away when it is refused."""
        if beside is None:
            with self._of.fetcher(self._source) as fetcher:
                beside = documents.beside(self._source, fetcher)
        try:
            content = Content(self._source, document, beside)
            if last is None and memory.seen is not None:
                last = day_of(memory.seen)
            run = self._run if not self._takings else f"{self._run}-{len(self._takings) + 1}"
            taking = Taking(self._source, document, content, run=run, accept=self._accept, last=last)
            positions = self._of.record(taking, dry_run=self._dry_run)
        except (Unreadable, Suspicious) as failed:
            self.waits = True
            if not self._dry_run:
                self._of.runs.refuse(put_away(self._source, document, failed, self._of.now()))
            raise
        self._takings.append((document, taking, positions))
        if not self._dry_run:
            self._of.runs.settle(self._source.name, self._of.now(), number)
        again = bool(taking.refused)  # what is refused today may be possible tomorrow
        memory = memory._replace(
            validators=Validators() if again else document.validators, sha256=None if again else document.sha256
        )
        memory = self._seen(memory)
        return memory._replace(recorded=memory.seen) if positions else memory

    def report(self, outcome: Outcome | None = None, reason: str | None = None) -> Report:
        """What became of this run, so far."""
        positions = [position for *_, taken in self._takings for position in taken]
        events, marked, passed = Counter[str](), Counter[str](), Counter[str]()
        for _, taking, _ in self._takings:
            events.update(taking.events)
            marked.update(taking.marked)
            passed.update(taking.passed)
        changes = [taking.change for _, taking, _ in self._takings if taking.change is not None]
        usual: Outcome = "new" if positions else "unchanged" if self._unchanged else "silent"
        return Report(
            source=self._source.name,
            said_by=self._source.said_by,
            outcome=outcome or usual,
            begun=self._begun,
            seconds=round(time.monotonic() - self._clock, 3),
            run=self._run if positions else None,
            documents=tuple(document.name for document, *_ in self._takings),
            made=sum(len(change.made) for change in changes),
            withdrawn=sum(len(change.withdrawn) for change in changes),
            again=sum(change.again for change in changes),
            marked=dict(marked),
            events=dict(events),
            positions=(positions[0], positions[-1]) if positions else None,
            refused=tuple(printable(why, _LONGEST) for _, taking, _ in self._takings for why in taking.refused),
            passed=dict(passed),
            reason=None if reason is None else printable(reason, _LONGEST),
        )

    def _seen(self, memory: Memory) -> Memory:
        return memory._replace(seen=self._of.now())


def run_name(source: str, begun: datetime) -> str:
    """What a run is called in the events that it records."""
    return f"{source}-{begun.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def declared(source: Source) -> str:
    """The digest of what the settings say of how a source is read; limits and times have no part in it."""
    bare = replace(source, schedule=None, limits=Limits(), contact=None, proxy=None, allow=())
    return hashlib.sha256(repr(bare).encode()).hexdigest()


def newer(versions: list[Document], last: str | None, heard: tuple[date, str] | None) -> list[Document]:
    """The versions of a series that come after the last one that was taken in, or that the register holds.

    Args:
        versions: All that there are, in the order of their publication.
        last: The file of the version that was taken in last; None when none was.
        heard: The day and the document of the last publication that the register holds; None when it holds none.
    """
    names = [version.address for version in versions]
    if last in names:
        versions = versions[names.index(last) + 1 :]
    if heard is None:
        return versions
    day, document = heard
    same = [version.name for version in versions if version.published == day]
    done = set(same[: same.index(document) + 1] if document in same else same)
    return [each for each in versions if each.published is not None and each.published >= day and each.name not in done]


def put_away(source: Source, document: Document, failed: HarvestFailed, now: datetime) -> Refused:
    """A document as the quarantine keeps it."""
    return Refused(
        number=0,
        name=source.name,
        refused=now,
        document=document.name,
        address=document.address,
        published=document.published,
        reason=str(failed),
        suspicious=isinstance(failed, Suspicious),
        sha256=document.sha256,
        media=document.media,
        charset=document.charset,
        whole=document.whole,
        body=document.body,
        times=1,
    )
