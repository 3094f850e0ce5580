"""How a follower begins: with a copy of the register that the settings say is followed, in the place of the archive."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from regiolog.events.errors import RegiologError
from regiolog.publisher.beginning import must_publish_under, register_of
from regiolog.publisher.keeper import Progress
from regiolog.sync.follows import followed

if TYPE_CHECKING:
    from regiolog.publisher.settings import Settings
    from regiolog.sync.folder import Folder
    from regiolog.sync.sources.source import Source


class NothingCopied(RegiologError):
    """The register that is to be followed could not be copied, and nothing is there that could be served."""


def journal_among(sources: Mapping[str, Source]) -> Source | None:
    """The source that is the journal of another register; None when there is none."""
    return next((source for source in sources.values() if source.kind == "journal"), None)


def copy_register(
    settings: Settings,
    folder: Folder,
    *,
    say: Callable[[str], None],
    progress: Callable[[str], AbstractContextManager[Progress]],
) -> bool:
    """Copy the register that is followed, where it was never copied to its end.

    When something goes wrong on the way it is said, and what came before is served; the next run goes on from there.

    Args:
        settings: Where that register is.
        folder: The data folder.
        say: Told what is going on, a sentence at a time.
        progress: Makes a progress bar under a label.

    Returns:
        Whether this folder follows another register; else it is, or will be, one of its own.

    Raises:
        NothingCopied: Nothing came, and nothing is held.
        Refusal: The register publishes under another address than the settings say.
        FolderError: The data folder cannot be used.
    """
    journal, source = folder.journal, journal_among(settings.sources)
    follows = followed(folder.path)
    if follows is None and (source is None or journal.head()):
        return False
    if source is None and not journal.head():
        where = "" if follows is None else follows.address
        raise NothingCopied(
            f"{folder.path} is to follow {where}, and nothing of that was copied yet: declare it as a source of kind "
            "journal, or begin in another folder"
        )
    if source is not None:
        _copy(settings, source, folder, say, progress)
    must_publish_under(register_of(journal), settings.base_iri)
    return True


def _copy(
    settings: Settings,
    source: Source,
    folder: Folder,
    say: Callable[[str], None],
    progress: Callable[[str], AbstractContextManager[Progress]],
) -> None:
    """Copy what is not held yet, unless that was done once; later runs are those of the schedule."""
    # Few registers follow another.
    from regiolog.sync.harvest.harvesting import Harvester  # noqa: PLC0415
    from regiolog.sync.harvest.runs import Runs  # noqa: PLC0415

    if folder.journal.head() and Runs(folder.path).of(source.name).seen is not None:
        return
    with progress("copying the journal") as done:
        harvester = Harvester(folder, settings.sources, authority=settings.authority, progress=done)
        report = harvester.harvest(source.name)
    if not folder.journal.head():
        raise NothingCopied(f"{source.name} could not be copied: {report.reason or report.outcome}")
    if report.positions is not None:
        first, last = report.positions
        say(f"copied {last - first + 1} events of {source.location}")
    if not report.well:
        say(f"{source.name} was not copied to its end: {report.reason or report.outcome}")
