"""Backfill of series: the dated versions of documents, beside the archive and in one order with it.

It is possible only while a register begins. Each version is then known from the day of its publication; on one day the
archive comes first, then the sources in the order of their names, and of each source its versions in theirs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from regiolog.events.authority import AUTHORITY, Authority
from regiolog.events.errors import HarvestFailed, Suspicious, Unreadable
from regiolog.events.held import Held
from regiolog.events.temporal import Clock, start_of_day
from regiolog.sync.harvest.harvesting import declared
from regiolog.sync.harvest.mapping import Content
from regiolog.sync.harvest.report import Report
from regiolog.sync.harvest.run import put_away
from regiolog.sync.harvest.runs import Memory, Runs
from regiolog.sync.harvest.taking import Taking
from regiolog.sync.sources import documents
from regiolog.sync.sources.documents import Document
from regiolog.sync.sources.fetching import Fetcher
from regiolog.sync.sources.graphs import Graph
from regiolog.sync.sources.source import Source

_NO_KEY = re.compile(r"[^A-Za-z0-9._~-]+")


class Version:
    """One version of a series, as a step of the backfill; one that is refused ends its series, and nothing else.

    Attributes:
        known: Since when it is known.
    """

    def __init__(self, past: Past, document: Document, before: Version | None) -> None:
        """Come after another version of the same series, or first."""
        assert document.published is not None
        self.known = start_of_day(document.published)
        self.document = document
        self.taking: Taking | None = None
        self.failed: HarvestFailed | None = None
        self._past = past
        self._before = before

    def __call__(self, held: Held, now: datetime) -> None:
        """Decide what the version becomes, unless one before it was refused."""
        self.taking, self.failed = None, None
        before = self._before
        if before is not None and (before.failed is not None or before.taking is None):
            return
        source, day = self._past.source, self.document.published
        last = None if before is None else before.document.published
        run = _NO_KEY.sub("-", f"{source.name}-{day:%Y%m%d}-{self.document.name.rpartition('@')[2]}")
        try:
            content = Content(source, self.document, self._past.beside)
            taking = Taking(source, self.document, content, run=run, last=last, backfill=True)
            taking(held, now)
        except (Unreadable, Suspicious) as failed:
            self.failed = failed
        else:
            self.taking = taking


class Past(NamedTuple):
    """The past of one source: the versions of its series.

    Attributes:
        source: The source.
        beside: What stands beside its documents.
    """

    source: Source
    beside: Graph


class Backfill:
    """The series of all sources, to be loaded when a register begins.

    Args:
        sources: The sources by name; those without a series are left to be harvested.
    """

    def __init__(self, sources: Mapping[str, Source]) -> None:
        """Read what is there; a series that cannot be had at all is left to be harvested, which says why."""
        self.versions: list[Version] = []
        self._of: dict[str, list[Version]] = {}
        for name, source in sorted(sources.items()):
            if source.series is None:
                continue
            try:
                with Fetcher(source.limits, allow=source.allow, proxy=source.proxy, contact=source.contact) as fetcher:
                    past = Past(source, documents.beside(source, fetcher))
                before: Version | None = None
                for document in documents.versions(source, source.series):
                    before = Version(past, document, before)
                    self._of.setdefault(name, []).append(before)
            except HarvestFailed:
                self._of.pop(name, None)
        self.versions = sorted(
            (version for versions in self._of.values() for version in versions), key=lambda each: each.known
        )

    def remember(
        self, runs: Runs, sources: Mapping[str, Source], clock: Clock, authority: Authority = AUTHORITY
    ) -> list[Report]:
        """Write down how far each series was taken in, once the backfill is recorded."""
        reports = []
        for name, versions in self._of.items():
            source, now = sources[name], clock()
            taken = [version for version in versions if version.taking is not None]
            failed = next((version for version in versions if version.failed is not None), None)
            takings = [version.taking for version in taken if version.taking is not None]
            changes = [taking.change for taking in takings if taking.change is not None]
            brought = any(change.made or change.withdrawn for change in changes) or any(each.events for each in takings)
            report = Report(
                source=name,
                said_by=source.said_by,
                outcome="refused" if failed is not None else "new" if brought else "silent",
                begun=now,
                documents=tuple(version.document.name for version in taken),
                made=sum(len(change.made) for change in changes),
                withdrawn=sum(len(change.withdrawn) for change in changes),
                again=sum(change.again for change in changes),
                reason=None if failed is None else f"{failed.document.name}: {failed.failed}",
            )
            if failed is not None and failed.failed is not None:
                runs.refuse(put_away(source, failed.document, failed.failed, now))
            memory = Memory(name, declared=declared(source, authority), seen=now)
            if taken:
                digests = {version.document.address: version.document.sha256 for version in taken}
                memory = memory._replace(
                    version=taken[-1].document.address, taken=digests, recorded=now if brought else None
                )
            runs.remember(memory, report)
            reports.append(report)
        return reports
