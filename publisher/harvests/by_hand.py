"""Harvests by hand: sources one after the other, whatever becomes of each, until somebody wants it to end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Final

from regiolog.events.errors import Interrupted, RegiologError
from regiolog.publisher.harvests.ending import until_told
from regiolog.publisher.keeper import Progress, quiet
from regiolog.publisher.settings import Settings, UnusableSetting
from regiolog.sync.folder import Folder
from regiolog.sync.harvest.harvesting import Harvester
from regiolog.sync.harvest.report import Report
from regiolog.sync.sources.source import Source

PATIENCE: Final = 2.0
"""For how many seconds a harvest that was told to end is waited for."""


class NoSources(RegiologError):
    """There is nothing to harvest."""


class ByHand:
    """One harvest of some sources, or of one document that was refused.

    Args:
        folder: The data folder.
        settings: What is harvested, and with which authority.
        accept: Whether somebody looked, so that no change is too large.
        dry_run: Whether only to say what would be recorded.

    Attributes:
        reports: What became of each source, in the order in which they were harvested.
        left: The sources that were not harvested, because somebody wanted it to end; nothing of them is recorded.
        is_over: Whether everything has ended; else a thread still hangs, which a process that ends leaves where it is.
    """

    def __init__(self, folder: Folder, settings: Settings, *, accept: bool = False, dry_run: bool = False) -> None:
        """Harvest nothing yet."""
        self.reports: list[Report] = []
        self.left: tuple[str, ...] = ()
        self.is_over = True
        self._folder = folder
        self._options = {"accept": accept, "dry_run": dry_run}
        self._stop = threading.Event()
        self._harvester = Harvester(folder, settings.sources, authority=settings.authority, stop=self._stop)

    @property
    def is_well(self) -> bool:
        """Whether every source is in step now."""
        return not self.left and all(report.well for report in self.reports)

    def harvest(self, names: Iterable[str], progress: Progress = quiet) -> None:
        """Harvest sources, one after the other."""
        names = tuple(names)

        def work() -> None:
            for done, name in enumerate(names):
                progress(done, len(names))
                self.reports.append(self._one(self._harvester.source(name)))
            progress(len(names), len(names))

        self._do(names, work)

    def retry(self, number: int) -> None:
        """Take in a document that was refused, as it came then.

        Raises:
            UnknownKey: There is none of this number, or its source is declared no more.
            FolderError: The data folder cannot be used.
        """
        refused = self._harvester.runs.refused(number)
        self._do((refused.name,), lambda: self.reports.append(self._harvester.retry(number, **self._options)))

    def _do(self, names: tuple[str, ...], work: Callable[[], None]) -> None:
        with suppress(Interrupted):
            self.is_over = until_told(work, self._stop, PATIENCE)
        self.left = names[len(self.reports) :]

    def _one(self, source: Source) -> Report:
        """What became of a source; what goes wrong with it keeps no other from being harvested.

        Raises:
            Interrupted: This process was told to end.
        """
        begun = self._folder.clock()
        try:
            return self._harvester.harvest(source.name, **self._options)
        except Interrupted:
            raise
        except RegiologError as error:  # the data folder, which may do for a smaller document
            return Report(source=source.name, said_by=source.said_by, outcome="failed", begun=begun, reason=str(error))


def begins_with(sources: Iterable[Source]) -> bool:
    """Whether a register may begin with one of these sources, as a copy of another one."""
    return any(source.kind == "journal" for source in sources)


def chosen(sources: Mapping[str, Source], names: Iterable[str]) -> list[str]:
    """The sources that are meant, each once, a journal first: those that are named, or all of them.

    Args:
        sources: What the settings declare.
        names: What was typed.

    Raises:
        NoSources: The settings declare none.
        UnusableSetting: One that is named is not among them.
    """
    if not sources:
        raise NoSources(
            "no source is configured: declare each as a table [sources.NAME] in the settings, or name a file with such "
            "tables in REGIOLOG_SOURCES"
        )
    for name in names:
        if name not in sources:
            raise UnusableSetting(f"no source is called {name}; the settings declare {', '.join(sorted(sources))}")
    return sorted(dict.fromkeys(names) or sources, key=lambda name: sources[name].kind != "journal")
