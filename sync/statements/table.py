"""The file of the statement table: its schema, how it is opened, and what it says of itself."""

from __future__ import annotations

import sqlite3
from datetime import date
from pathlib import Path
from typing import Final, Self

from regiolog.events.errors import FolderError

FILE: Final = "statements.sqlite"

LAYOUT: Final = 1
"""Which tables this version makes (``PRAGMA user_version``); a file that has others is burnt, and built again."""

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS term (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS statement (
    id INTEGER PRIMARY KEY,
    graph INTEGER NOT NULL, subject INTEGER NOT NULL, predicate INTEGER NOT NULL, object INTEGER NOT NULL,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, opened INTEGER NOT NULL, closed INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS statement_of_subject ON statement (subject, predicate);
CREATE INDEX IF NOT EXISTS statement_of_object ON statement (object, predicate);
CREATE INDEX IF NOT EXISTS statement_of_graph ON statement (graph) WHERE graph > 0;
CREATE INDEX IF NOT EXISTS statement_opened ON statement (opened);
CREATE INDEX IF NOT EXISTS statement_closed ON statement (closed) WHERE closed < 2147483647;
CREATE TABLE IF NOT EXISTS event (
    position INTEGER PRIMARY KEY, known INTEGER NOT NULL, recorded INTEGER NOT NULL, gist TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS event_known ON event (known);
CREATE TABLE IF NOT EXISTS breakpoint (
    day INTEGER NOT NULL, position INTEGER NOT NULL, change INTEGER NOT NULL, PRIMARY KEY (day, position)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS turn (
    position INTEGER NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, thing INTEGER NOT NULL, stands INTEGER NOT NULL,
    stood INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (position, kind, key, thing)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS turn_of_thing ON turn (kind, key, position);
"""


class StatementsDamaged(FolderError):
    """The statement table's file is not whole; it can be burnt, and built again."""


class Table:
    """One connection to the file; each thread and process opens its own."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Take an open connection; use :meth:`open`."""
        self._db = connection
        self._settled: dict[str, str] = {}

    @classmethod
    def open(cls, path: Path, *, readonly: bool = True) -> Self:
        """Open the statement table of a data folder.

        Args:
            path: The file.
            readonly: Whether only to read; else the file is made when it is missing.

        Raises:
            StatementsDamaged: The file is damaged.
            FolderError: It is missing, or cannot be read or made.
        """
        mode = "ro" if readonly else "rwc"
        try:
            # Whoever holds it serialises its use; the projector's is made in one thread and used in another.
            db = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode={mode}",
                uri=True,
                timeout=30,
                isolation_level=None,
                check_same_thread=False,
            )
            db.execute("PRAGMA busy_timeout = 30000")
            if not readonly:
                db.execute("PRAGMA journal_mode = WAL")
                db.execute("PRAGMA synchronous = NORMAL")
                if not db.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]:
                    db.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {LAYOUT}; COMMIT")
            db.execute("SELECT 1 FROM meta LIMIT 1")
        except sqlite3.Error as error:
            raise _trouble(error)(f"{path} cannot be read as a statement table: {error}") from None
        return cls(db)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def check(self) -> None:
        """Read the file through quickly.

        Raises:
            StatementsDamaged: It is damaged.
            FolderError: It cannot be read.
        """
        try:
            found = self._db.execute("PRAGMA quick_check(1)").fetchone()[0]
        except sqlite3.Error as error:
            raise _trouble(error)(f"the statement table cannot be read: {error}") from None
        if found != "ok":
            raise StatementsDamaged(f"the statement table is damaged: {found}")

    def meta(self, name: str) -> str | None:
        """One of the facts about the table itself; None when it is not there."""
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def _of_register(self, name: str) -> str:
        """One of the facts that the register began with, which never change; empty while it has not begun."""
        value = self._settled.get(name) or self.meta(name) or ""
        if value:
            self._settled[name] = value
        return value

    @property
    def edition(self) -> int:
        """A number that is another as soon as anybody else has written to the file; it counts for this connection."""
        return int(self._db.execute("PRAGMA data_version").fetchone()[0])

    @property
    def layout(self) -> int:
        """Which tables the file has: those of this version where it is :data:`LAYOUT`."""
        return int(self._db.execute("PRAGMA user_version").fetchone()[0])

    @property
    def position(self) -> int:
        """The last position that was projected; 0 when none was."""
        return int(self.meta("position") or 0)

    @property
    def stopped(self) -> str | None:
        """Why the projector stopped, in one sentence; None while it has not."""
        return self.meta("stopped") or None

    @property
    def version(self) -> int:
        """The version of the projection that built it."""
        return int(self.meta("version") or 0)

    @property
    def base_iri(self) -> str:
        """Under which address the register publishes."""
        return self._of_register("base_iri")

    @property
    def register(self) -> str:
        """The register's own name."""
        return self._of_register("register")

    @property
    def coverage(self) -> date:
        """The first day that can be asked about."""
        return date.fromisoformat(self._of_register("coverage") or date.max.isoformat())


def _trouble(error: sqlite3.Error) -> type[FolderError]:
    """Damage is a plain DatabaseError; a full disk, a missing permission and the like have classes of their own."""
    return StatementsDamaged if type(error) is sqlite3.DatabaseError else FolderError
