"""The past of sources: dated versions of their documents, with which a register begins beside the archive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from regiolog.events.authority import AUTHORITY, Authority
from regiolog.events.errors import Refusal, RegiologError
from regiolog.publisher.harvests.telling import sentence

if TYPE_CHECKING:
    from regiolog.sync.folder import Folder
    from regiolog.sync.harvest.backfill import Backfill, Version
    from regiolog.sync.harvest.report import Report
    from regiolog.sync.sources.source import Source


class SeriesRefused(RegiologError):
    """What series say, and what the archive does, cannot both be the past."""


class Past:
    """The series of some sources, read.

    Args:
        sources: The sources by name; those without a series have no part in it.
        authority: Which source may open which kinds of register event.
    """

    def __init__(self, sources: Mapping[str, Source], authority: Authority = AUTHORITY) -> None:
        """Read what is there."""
        self._authority = authority
        self._sources = {name: source for name, source in sources.items() if source.series is not None}
        self._backfill: Backfill | None = None
        if self._sources:
            from regiolog.sync.harvest.backfill import Backfill  # noqa: PLC0415 - few registers begin with series

            self._backfill = Backfill(self._sources)

    @property
    def versions(self) -> Sequence[Version]:
        """The versions, to be recorded with the archive."""
        return [] if self._backfill is None else self._backfill.versions

    @contextmanager
    def blamed(self) -> Iterator[None]:
        """Blame the series where the archive, which is sound by itself, cannot be loaded with them.

        Raises:
            SeriesRefused: That is so.
        """
        try:
            yield
        except Refusal as refusal:
            if not self.versions:
                raise
            raise SeriesRefused(
                f"the register cannot begin with the series of {', '.join(self._sources)}, and nothing was recorded: "
                f"what they say and the archive contradict each other ({refusal}); declare them so that they say what "
                "the archive has of them, leave its record file out, or begin without them"
            ) from None

    def remembered(self, folder: Folder) -> Iterator[str]:
        """Remember how far each series was taken in, and say it, in a sentence each."""
        if self._backfill is None:
            return
        from regiolog.sync.harvest.runs import Runs  # noqa: PLC0415

        reports = self._backfill.remember(Runs(folder.path), self._sources, folder.clock, self._authority)
        yield from map(_told, reports)
        for name in sorted(self._sources.keys() - {report.source for report in reports}):
            yield f"the series {name} cannot be read now: `regiolog sync {name}` says why"


def _told(report: Report) -> str:
    """What became of a series, in one sentence."""
    count = len(report.documents)
    told = (
        f"the series {report.source}: {count} version{'' if count == 1 else 's'}, {report.made} claims made, "
        f"{report.withdrawn} withdrawn"
    )
    if report.reason is None:
        return told
    return (
        f"{told}; it stopped at the next one, which waits in the quarantine: {sentence(report.reason)}; what comes of "
        "it, and of those after it, is known from then on, unless the register is removed and begun anew"
    )
