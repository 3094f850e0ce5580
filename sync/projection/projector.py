"""The projector: follows the journal and keeps the statement table up to date, event by event and exactly once.

There is one for each data folder; holding the folder's lock is what "in use" means. An event that cannot be
projected stops it there, by name; what was projected before goes on being served.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable, Container
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from regiolog.events.believed import Believed
from regiolog.events.claim import ClaimsWereMade
from regiolog.events.errors import FolderError, ProjectionStopped
from regiolog.events.event import Entity, Event
from regiolog.events.fact import Fact
from regiolog.events.journal import EventUnreadable, Journal, Recorded
from regiolog.events.register import RegisterWasBegun
from regiolog.ontology.iris import Iris
from regiolog.sync.projection import projection
from regiolog.sync.projection.claims import Spoken
from regiolog.sync.projection.cooperations import cooperation_iri
from regiolog.sync.projection.gist import encode, gist_of
from regiolog.sync.projection.naming import Names, followed, region_iri
from regiolog.sync.statements.history_writer import HistoryWriter, Turn
from regiolog.sync.statements.statement import Statement
from regiolog.sync.statements.table import LAYOUT

LOCK: Final = "projector.lock"

_BATCH: Final = 500
_FOLLOW: Final = 0.1
"""For how many seconds it waits for an event until it looks whether it is to end."""

_ROOM: Final = 1.0
"""After how many seconds a table that could not be written is tried again."""

_REMEMBERED: Final = 20_000


class Standing(NamedTuple):
    """How far the projector is.

    Attributes:
        position: The last event that was projected.
        head: The last event of the journal.
        stopped: Why it stopped, in one sentence; None while it has not.
    """

    position: int
    head: int
    stopped: str | None


class Lock:
    """The lock of a data folder's projector; the operating system lets go of it when its process ends."""

    def __init__(self, folder: Path) -> None:
        """Take the lock.

        Raises:
            FolderError: Another process holds it, or the folder cannot be written.
        """
        try:
            self._file = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise FolderError(f"the data folder {folder} cannot be written: {error.strerror}") from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._file)
            raise FolderInUse(f"the data folder {folder} is already in use: another regiolog serves it") from None

    def release(self) -> None:
        """Let go of the lock."""
        os.close(self._file)


class StatementsUnwritable(FolderError):
    """The statement table takes nothing more, as on a full disk; it stands where it stood."""


class FolderInUse(FolderError):
    """Another process holds the projector's lock."""


class Projector:
    """Turns the events of a journal into statements, from where it was left.

    Args:
        journal: What to follow.
        history: Where the statements go; only this projector writes there.
        say: Told, in one sentence, when the statements are built again.
    """

    def __init__(self, journal: Journal, history: HistoryWriter, say: Callable[[str], None] = lambda _: None) -> None:
        """Look at what is there; nothing is projected yet.

        Raises:
            FolderError: The statements were made by a newer version.
        """
        self._journal = journal
        self._history = history
        self._believed = Believed()
        self._said: dict[Entity, set[Statement]] = {}
        self._iris: dict[Entity, str] = {}
        self._sources: dict[Entity, Spoken] = {}
        self._names: Names | None = None
        self._stopped: str | None = None
        self._halt = threading.Event()
        self._thread: threading.Thread | None = None
        self._ready(say)

    def catch_up(self, progress: Callable[[int, int], None] = lambda _done, _all: None) -> int:
        """Project every event that the journal holds.

        Args:
            progress: Told the position reached and the head, batch by batch.

        Returns:
            The position reached.

        Raises:
            ProjectionStopped: An event cannot be projected; those before it were.
            StatementsUnwritable: The statements cannot be written; nothing of this batch was.
        """
        batch: list[Recorded] = []
        head = self._journal.head()
        try:
            for recorded in self._journal.replay(self.position):
                batch.append(recorded)
                if len(batch) >= _BATCH:
                    self._project(batch)
                    batch = []
                    progress(self.position, head)
        except EventUnreadable as error:
            self._project(batch)
            raise self._stop(error.position, error.reason) from None
        self._project(batch)
        progress(self.position, head)
        return self.position

    def follow(self) -> None:
        """Go on projecting, in a thread of its own, whatever is appended from now on."""
        self._thread = threading.Thread(target=self._follow, name="projector", daemon=True)
        self._thread.start()

    def standing(self) -> Standing:
        """How far it is, and whether it stopped."""
        return Standing(self.position, self._journal.head(), self._stopped)

    def close(self) -> None:
        """Stop following, and let go of the statements."""
        self._halt.set()
        if self._thread is not None:
            self._thread.join()
        self._history.close()

    def _follow(self) -> None:
        while not self._halt.is_set():
            try:
                if self._journal.wait(self.position, _FOLLOW):
                    self.catch_up()
                    self._stopped = None
            except ProjectionStopped:
                return
            except FolderError as error:  # a disk that is full now may have room later
                self._stopped = str(error)
                self._halt.wait(_ROOM)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is said, and what is there is served
                self._stopped = f"the projector ended: {error!r}"
                return

    def _ready(self, say: Callable[[str], None]) -> None:
        """Take up where the statements were left, or begin again where they are of no use."""
        history, position = self._history, self._history.position
        if history.version > projection.VERSION:
            raise FolderError(
                f"the statements in this data folder were made by a newer regiolog (projection {history.version}; "
                f"this one makes {projection.VERSION})"
            )
        last = self._journal.at(position) if position else None
        if position and history.version < projection.VERSION:
            say(f"building the statements again: projection {history.version} became {projection.VERSION}")
            history.clear()
        elif position and history.layout != LAYOUT:
            say("building the statements again: their tables are those of another version")
            history.clear()
        elif position and (last is None or last.event.id != history.meta("last")):
            say("building the statements again: they are not of this journal")
            history.clear()
        if history.meta("stopped"):
            history.note(stopped="")
        if not history.position:
            history.note(version=projection.VERSION, position=0)
        self._take_up()

    def _take_up(self) -> None:
        """Believe what the journal says up to where the statements stand, and nothing after it."""
        self.position = self._history.position
        self._believed = Believed()
        self._said.clear()
        self._iris.clear()
        self._sources.clear()
        self._reached: Recorded | None = None
        self._known = datetime.min.replace(tzinfo=UTC)
        if not self.position:
            return
        for recorded in self._journal.replay(upto=self.position):
            self._begin(recorded.event)
            self._believed.take(*recorded)
        self._known = self._history.known_of(self.position)

    def _begin(self, event: Event) -> None:
        if isinstance(event, RegisterWasBegun):
            self._names = Names(Iris(event.base_iri), self._region, self._cooperation)

    def _project(self, batch: list[Recorded]) -> None:
        if not batch:
            return
        try:
            self._history.begin()
            for recorded in batch:
                try:
                    self._one(recorded)
                except sqlite3.Error:
                    raise
                except Exception as error:
                    self._finish()
                    raise self._stop(recorded.position, str(error) or repr(error)) from error
            self._finish()
        except sqlite3.Error as error:
            self._history.rollback()
            self._take_up()
            raise StatementsUnwritable(f"the statements cannot be written: {error}") from None

    def _one(self, recorded: Recorded) -> None:
        position, event = recorded
        self._begin(event)
        if self._names is None:
            raise LookupError("the register has not begun")
        if isinstance(event, ClaimsWereMade):
            turns = [self._published(position, event)]
        else:
            turns = self._changed(position, event)
        own = event.known_from or event.recorded_at
        if own is None:
            raise LookupError("it does not say when it was known")
        self._known = max(self._known, own)
        gist = encode(gist_of(event, self._believed.position_of))
        self._history.write(position, self._known, turns, gist, event.recorded_at)
        if isinstance(event, RegisterWasBegun):
            self._history.note(register=event.register, base_iri=event.base_iri, coverage=event.coverage.isoformat())
        self._reached = recorded

    def _published(self, position: int, event: ClaimsWereMade) -> Turn:
        """What a source's publication closes and opens: only what it made and withdrew is looked at."""
        (source,) = event.touches()
        if self._names is None:
            raise LookupError("the register has not begun")
        spoken = self._sources.get(source)
        if spoken is None:
            spoken = self._sources[source] = Spoken(source.key, self._believed.facts(source), self._names)
        self._believed.take(position, event)
        self._said.pop(source, None)
        closing, opening = spoken.take(Fact(position, position, event), event)
        return Turn(sorted(closing), sorted(opening))

    def _changed(self, position: int, event: Event) -> list[Turn]:
        """What any other event closes and opens: the timelines that it touches are folded again."""
        if self._names is None:
            raise LookupError("the register has not begun")
        touched = sorted(self._believed.touched_by(event))
        before = {entity: self._now_said(entity) for entity in touched}
        stood = {entity: self._followed(entity) for entity in touched}
        regions = {
            entity: self._region(entity.key)
            for entity in touched
            if entity.kind == "region" and entity in self._believed.entities("region")
        }
        self._believed.take(position, event)
        for entity in touched:
            self._iris.pop(entity, None)
            self._sources.pop(entity, None)
        if any(self._region(entity.key) != iri for entity, iri in regions.items()):
            self._sources.clear()
            before |= self._said_of_others(regions, before)
            touched = sorted(before)
        turns: list[Turn] = []
        after: dict[Entity, set[Statement]] = {}
        for entity in touched:
            said = before[entity]
            now = projection.statements_of(entity, self._believed.facts(entity), self._names)
            after[entity] = now
            turn = Turn(sorted(said - now), sorted(now - said))
            name = self._followed(entity)
            if name is not None:
                was, stands = stood.get(entity, name) if said else None, name if now else None
                turn = turn._replace(kind=entity.kind, key=entity.key, stood=was, stands=stands)
            turns.append(turn)
        if len(self._said) > _REMEMBERED:
            self._said.clear()
        self._said.update(after)
        return turns

    def _followed(self, entity: Entity) -> str | None:
        """The IRI of a thing, as it is believed now, where feeds bring its versions."""
        if self._names is None:
            return None
        return followed(entity, self._believed.facts(entity), self._names)

    def _now_said(self, entity: Entity) -> set[Statement]:
        said = self._said.get(entity)
        if said is None and self._names is not None:
            said = projection.statements_of(entity, self._believed.facts(entity), self._names)
        return said or set()

    def _said_of_others(self, regions: dict[Entity, str], touched: Container[Entity]) -> dict[Entity, set[Statement]]:
        """What was said until now of all that may name a region whose address changes, by its earlier address.

        Only a retraction or a correction changes it, so that the price of looking at everything is seldom paid.
        """
        if self._names is None:
            raise LookupError("the register has not begun")
        believed, now = self._believed, self._names
        then = now._replace(region=lambda key: regions.get(Entity("region", key)) or now.region(key))
        return {
            entity: projection.statements_of(entity, believed.facts(entity), then)
            for kind in ("municipality", "subregion", "source")
            for entity in believed.entities(kind)
            if entity not in touched
        }

    def _region(self, key: str) -> str:
        return self._iri(Entity("region", key), region_iri)

    def _cooperation(self, key: str) -> str:
        return self._iri(Entity("cooperation", key), cooperation_iri)

    def _iri(self, entity: Entity, mint: Callable[[str, list[Fact], Iris], str]) -> str:
        """The IRI of a thing whose publisher may have named it."""
        iri = self._iris.get(entity)
        if iri is None:
            if self._names is None:
                raise LookupError("the register has not begun")
            iri = self._iris[entity] = mint(entity.key, self._believed.facts(entity), self._names.iris)
        return iri

    def _finish(self) -> None:
        reached = self._reached
        if reached is not None:
            self._history.note(position=reached.position, last=reached.event.id)
        self._history.commit()
        if reached is not None:
            self.position = reached.position

    def _stop(self, position: int, reason: str) -> ProjectionStopped:
        stopped = ProjectionStopped(position, reason)
        self._stopped = str(stopped)
        with suppress(sqlite3.Error):  # so that other processes can tell; a full disk keeps it from them
            self._history.note(stopped=self._stopped)
        return stopped
