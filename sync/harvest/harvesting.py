"""The harvester (oogster): runs the sources of a register, each alone, and remembers what became of every run."""

from __future__ import annotations

import fcntl
import hashlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from regiolog.events.authority import AUTHORITY, Authority
from regiolog.events.claim import ClaimsWereMade
from regiolog.events.errors import (
    FolderError,
    HarvestFailed,
    Interrupted,
    Refusal,
    RegiologError,
    UnknownKey,
    Unreachable,
)
from regiolog.events.event import Entity
from regiolog.events.held import Held
from regiolog.events.journal import Boundary
from regiolog.events.recording import record
from regiolog.sync.follows import must_be_its_own
from regiolog.sync.harvest.following import Following
from regiolog.sync.harvest.mapping import mapping_of
from regiolog.sync.harvest.report import Report
from regiolog.sync.harvest.run import Run
from regiolog.sync.harvest.runs import Memory, Runs
from regiolog.sync.harvest.taking import Taking
from regiolog.sync.sources.documents import Document
from regiolog.sync.sources.fetching import Fetcher
from regiolog.sync.sources.source import Limits
from regiolog.sync.sources.validators import Validators

if TYPE_CHECKING:
    from pathlib import Path

    from regiolog.sync.folder import Folder
    from regiolog.sync.sources.source import Source

LOCKS: Final = "harvest"
"""The folder in a data folder with a lock for each source."""


class Harvester:
    """Harvests the sources of one register; safe to use from several threads.

    Args:
        folder: The data folder, in which a register has begun.
        sources: The sources by name.
        authority: Which source may open which kinds of register event.
        stop: Ends what is under way, at once, when it is set; nothing of it is recorded.
        progress: Of a journal that is copied, told how far the copy is, and how far it goes.
    """

    def __init__(
        self,
        folder: Folder,
        sources: Mapping[str, Source],
        *,
        authority: Authority = AUTHORITY,
        stop: threading.Event | None = None,
        progress: Callable[[int, int], None] = lambda _done, _all: None,
    ) -> None:
        """Open the memory of harvesting."""
        self.sources = sources
        self.runs = Runs(folder.path)
        self._folder = folder
        self._authority = authority
        self._stop = stop or threading.Event()
        self._progress = progress

    @property
    def replicas(self) -> Path:
        """The folder with the replicas of feeds."""
        return self._folder.path / LOCKS

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
        run: Run | Following = Run(self, source, accept=accept, dry_run=dry_run)
        if source.kind == "journal":
            run = Following(self, self._folder, source, dry_run=dry_run, progress=self._progress)
        with self._alone(name) as alone:
            if not alone:
                return run.report("busy", "another run of this source is under way")
            memory = self.runs.of(name)
            digest = declared(source, self._authority)
            if memory.declared != digest or self._may_read_otherwise(source, memory):
                memory = memory._replace(declared=digest, validators=Validators(), sha256=None)
            try:
                if isinstance(run, Following):
                    memory = run.follow(memory)
                else:
                    self._must_take_in()
                    memory = run.series(memory) if source.series is not None else run.latest(memory)
            except (Interrupted, FolderError):
                raise
            except RegiologError as failed:
                after = failed.after if isinstance(failed, Unreachable) else None
                report = run.report("refused" if run.waits else "failed", str(failed), after=after)
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
            Refusal: It is a version of a series of which a later one was taken in, or this register follows another.
            Interrupted: This process was told to end.
        """
        self._must_take_in()
        refused = self.runs.refused(number)
        if number not in {each.number for each in self.runs.quarantine(refused.name)}:
            raise UnknownKey(f"{number} waits no more: a later document of {refused.name} was taken in")
        source = self.source(refused.name)
        heard = None if source.series is None or refused.published is None else self.heard(source)
        if heard is not None and refused.published is not None and refused.published < heard[0]:
            raise Refusal(f"it is of {refused.published}, and a version of {heard[0]} was taken in already")
        run = Run(self, source, accept=accept, dry_run=dry_run)
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
                taken = {**memory.taken, document.address: document.sha256}
                memory = memory._replace(version=document.address, taken=taken)
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
        self.look()
        outcome = record(
            self._folder.journal, [taking], clock=self._folder.clock, authority=self._authority, dry_run=dry_run
        )
        return [position for position, _ in outcome.recorded]

    def look(self) -> None:
        """Go on, unless this process is to end.

        Raises:
            Interrupted: It is.
        """
        if self._stop.is_set():
            raise Interrupted("this process was told to end")

    def _must_take_in(self) -> None:
        """See that a register has begun here, and is no copy of another one.

        Raises:
            Refusal: It has not, or it is.
        """
        must_be_its_own(self._folder.path)
        if not self._folder.journal.head():
            raise Refusal("no register has begun here yet, in which it could be taken in")

    def _may_read_otherwise(self, source: Source, memory: Memory) -> bool:
        """Whether what the document said then may be read otherwise now, so that it has to be looked at again.

        Another document of the same source may have been taken in; or something was recorded, and a name that nobody
        knew may be known.
        """
        journal = self._folder.journal
        if memory.upto is None:
            return False
        head = journal.head()
        if head < memory.upto or (not memory.is_resolved and head > memory.upto):
            return True  # a journal that is shorter was put back from a backup
        said = journal.read(Boundary(tags=frozenset({f"source:{source.said_by}"})), after=memory.upto)
        return any(isinstance(each.event, ClaimsWereMade) for each in said)

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


def declared(source: Source, authority: Authority) -> str:
    """The digest of what the settings say of how a source is read; limits and times have no part in it."""
    bare = replace(source, schedule=None, limits=Limits(), contact=None, proxy=None, allow=())
    may = sorted(authority.get(source.said_by, ()))
    return hashlib.sha256(repr((bare, may)).encode()).hexdigest()
