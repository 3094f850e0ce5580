"""A run: one attempt at one source, the document or the versions that it takes in, and the report of it."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from regiolog.events.errors import HarvestFailed, Suspicious, Unreadable
from regiolog.events.temporal import day_of
from regiolog.sync.harvest import feeds
from regiolog.sync.harvest.mapping import Content
from regiolog.sync.harvest.report import Outcome, Report
from regiolog.sync.harvest.runs import Memory, Refused
from regiolog.sync.harvest.taking import MOST_CHANGES, Taking
from regiolog.sync.sources import documents
from regiolog.sync.sources.documents import Document
from regiolog.sync.sources.graphs import Graph
from regiolog.sync.sources.guard import printable
from regiolog.sync.sources.source import FEEDS
from regiolog.sync.sources.validators import Validators

if TYPE_CHECKING:
    from regiolog.sync.harvest.harvesting import Harvester
    from regiolog.sync.sources.fetching import Fetcher
    from regiolog.sync.sources.source import Source

_LONGEST: Final = 500
"""How many characters a sentence of a report may have, which may quote what a publisher sent."""


class Run:
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
        self._taking: Taking | None = None
        self._passed: Counter[str] = Counter()
        self._behind = 0
        self._notes: tuple[str, ...] = ()
        self._after: float | None = None

    def latest(self, memory: Memory) -> Memory:
        """Take in the document as its publisher has it now."""
        validators = Validators() if self._accept else memory.validators
        with self._of.fetcher(self._source) as fetcher:
            document = self._document(fetcher, validators)
            if document is None or (document.sha256 == memory.sha256 and not self._accept):
                self._unchanged = True
                if not self._dry_run:
                    self._of.runs.settle(self._source.name, self._of.now())
                fresh = memory.validators if document is None else document.validators
                return self._seen(memory._replace(validators=fresh))
            beside = documents.beside(self._source, fetcher)
        return self.take(memory, document, beside)

    def _document(self, fetcher: Fetcher, validators: Validators) -> Document | None:
        """The document as its publisher has it now, or all that is known of a feed; None when it is what it was."""
        if self._source.kind not in FEEDS:
            return documents.latest(self._source, fetcher, validators)
        followed = feeds.follow(
            self._source, fetcher, self._of.replicas, accept=self._accept, is_kept=not self._dry_run
        )
        self._notes, self._after = followed.notes, followed.after
        return followed.document

    def series(self, memory: Memory) -> Memory:
        """Take in the versions that came since the last one, each in a transaction of its own."""
        series = self._source.series
        assert series is not None
        heard = self._of.heard(self._source)
        with self._of.fetcher(self._source) as fetcher:
            beside = documents.beside(self._source, fetcher)
        self._unchanged = True
        last = None if heard is None else heard[0]
        versions = list(documents.versions(self._source, series))
        fresh = newer(versions, memory.version, heard)
        if not memory.taken:  # what the register holds already counts as taken in
            memory = memory._replace(taken={each.address: each.sha256 for each in versions if each not in fresh})
        self._late(versions, fresh, memory)
        for number, document in enumerate(fresh, start=1):
            self._unchanged = False
            self._behind = len(fresh) - number
            memory = self.take(memory, document, beside, last)
            taken = {**memory.taken, document.address: document.sha256}
            memory = memory._replace(version=document.address, taken=taken)
            self.memory, last = memory, document.published  # a later version may be refused
        return self._seen(memory)

    def _late(self, versions: list[Document], fresh: list[Document], memory: Memory) -> None:
        """Say which versions came after later ones were taken in, or are no longer what they were."""
        for document in versions:
            if not memory.taken or document in fresh or memory.taken.get(document.address) == document.sha256:
                continue
            changed = document.address in memory.taken
            self._passed["versions that changed" if changed else "versions that came too late"] += 1

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
            taking = self._taking = Taking(self._source, document, content, run=run, accept=self._accept, last=last)
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
        upto = positions[-1] if positions else taking.upto
        memory = self._seen(memory)._replace(upto=upto, is_resolved=taking.is_resolved)
        return memory._replace(recorded=memory.seen) if positions else memory

    def report(
        self, outcome: Outcome | None = None, reason: str | None = None, *, after: float | None = None
    ) -> Report:
        """What became of this run, so far."""
        positions = [position for *_, taken in self._takings for position in taken]
        events, marked, passed = Counter[str](), Counter[str](), Counter(self._passed)
        for _, taking, _ in self._takings:
            events.update(taking.events)
            marked.update(taking.marked)
            passed.update(taking.passed)
        changes = [taking.change for _, taking, _ in self._takings if taking.change is not None]
        takings = [taking for _, taking, _ in self._takings]
        if self.waits and self._taking is not None and self._taking not in takings:
            takings.append(self._taking)
        if reason is not None and self._behind:
            reason = f"{reason}; {self._behind} later version{'s wait' if self._behind > 1 else ' waits'} behind it"
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
            changes=tuple(printable(each) for taking in takings for each in taking.changes)[:MOST_CHANGES],
            refused=tuple(printable(why, _LONGEST) for _, taking, _ in self._takings for why in taking.refused),
            passed=dict(passed),
            notes=tuple(printable(note, _LONGEST) for note in self._notes),
            reason=None if reason is None else printable(reason, _LONGEST),
            after=after if after is not None else self._after,
        )

    def _seen(self, memory: Memory) -> Memory:
        return memory._replace(seen=self._of.now())


def run_name(source: str, begun: datetime) -> str:
    """What a run is called in the events that it records."""
    return f"{source}-{begun.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


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
