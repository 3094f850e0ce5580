"""The statement table: every statement that ever was, with its valid and its known period, in one SQLite file.

Known periods are kept as positions of the journal: a statement is opened by one event and closed by another. The
position up to which the table is built stands in the same transaction as the statements. The file can be deleted
at any time; the projector builds it again, identical.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple, Self

from regiolog.events.errors import FolderError
from regiolog.events.temporal import instant_text
from regiolog.sync.statement import ALWAYS, NEVER, Statement

FILE: Final = "statements.sqlite"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
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
CREATE INDEX IF NOT EXISTS statement_opened ON statement (opened);
CREATE INDEX IF NOT EXISTS statement_closed ON statement (closed) WHERE closed < 2147483647;
CREATE TABLE IF NOT EXISTS event (position INTEGER PRIMARY KEY, known INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS event_known ON event (known);
CREATE TABLE IF NOT EXISTS breakpoint (
    day INTEGER NOT NULL, position INTEGER NOT NULL, change INTEGER NOT NULL, PRIMARY KEY (day, position)
) WITHOUT ROWID;
"""
_AT: Final = 'opened <= :position AND closed > :position AND start <= :day AND "end" > :day'
_IN_FORCE: Final = 'graph = 0 AND start <= :day AND "end" > :day'
_KEPT: Final = """EXISTS (
    SELECT 1 FROM statement k
    WHERE k.graph = 0 AND k.subject = statement.subject AND k.predicate = statement.predicate
    AND +k.object = statement.object AND k.opened <= :position AND k.closed > :position
    AND k.start <= :day AND k."end" > :day
)"""
"""That the same triple holds all the same, from another statement."""


class SnapshotKey(NamedTuple):
    """What two moments share when their snapshots are the same graph.

    Attributes:
        breakpoint: The last day, up to the day asked, on which anything that is believed there begins or ends, as
            an ordinal; 0 when there is none.
        position: The last position that was known.
        version: The version of the projection.
    """

    breakpoint: int
    position: int
    version: int

    def __str__(self) -> str:
        """The key as a short text that fits an ETag or a file name."""
        return f"{self.breakpoint}-{self.position}-{self.version}"


class Timed(NamedTuple):
    """A statement with both of its periods.

    Attributes:
        statement: What is said, with its civil days.
        opened: The position of the event from which on it was held.
        closed: The position of the event from which on it no longer was; :data:`NEVER` while it is.
    """

    statement: Statement
    opened: int
    closed: int


class StatementsDamaged(FolderError):
    """The statement table's file is not whole; it can be burnt, and built again."""


class History:
    """One connection to the statement table; each thread and process opens its own."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Take an open connection; use :meth:`open`."""
        self._db = connection

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
                db.executescript(SCHEMA)
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

    # What it stands for

    def meta(self, name: str) -> str | None:
        """One of the facts about the table itself; None when it is not there."""
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

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
        return self.meta("base_iri") or ""

    @property
    def register(self) -> str:
        """The register's own name."""
        return self.meta("register") or ""

    @property
    def coverage(self) -> date:
        """The first day that can be asked about."""
        return date.fromisoformat(self.meta("coverage") or date.max.isoformat())

    # Moments

    def known_of(self, position: int) -> datetime:
        """Since when the event at a position is known, in effect: never before the one before it."""
        row = self._db.execute(
            "SELECT known FROM event WHERE position <= ? ORDER BY position DESC LIMIT 1", (position,)
        ).fetchone()
        return _EPOCH if row is None else _EPOCH + timedelta(microseconds=row[0])

    def position_at(self, known: datetime) -> int:
        """The last position that was known at an instant; 0 when none was."""
        row = self._db.execute(
            "SELECT position FROM event WHERE known <= ? ORDER BY known DESC, position DESC LIMIT 1",
            (micros(known),),
        ).fetchone()
        return 0 if row is None else int(row[0])

    def head_known(self) -> datetime:
        """Since when the last event is known."""
        return self.known_of(NEVER)

    def key(self, at: date, position: int) -> SnapshotKey:
        """The key of the snapshot of a day, as it was known at a position."""
        row = self._db.execute(
            "SELECT day FROM breakpoint WHERE day <= ? AND position <= ? "
            "GROUP BY day HAVING SUM(change) > 0 ORDER BY day DESC LIMIT 1",
            (at.toordinal(), position),
        ).fetchone()
        return SnapshotKey(0 if row is None else int(row[0]), position, self.version)

    # Snapshots

    def triples(self, key: SnapshotKey) -> bytes:
        """The register's graph at a key, as canonical N-Triples, one to a line, in no particular order."""
        return b"".join(self._lines(f"graph = 0 AND {_AT}", _of(key)))

    def changes(self, old: SnapshotKey, new: SnapshotKey) -> tuple[bytes, bytes] | None:
        """What to take from and add to the register's graph at one key to get it at another.

        Returns:
            Both as N-Triples; None when the day has moved, so that building it whole is better.
        """
        if (old.breakpoint, old.version) != (new.breakpoint, new.version) or old.position > new.position:
            return None
        marks = {"old": old.position, **_of(new)}
        gone = self._lines(
            f"closed > :old AND closed <= :position AND closed < {NEVER} AND +opened <= :old AND {_IN_FORCE} "
            f"AND NOT {_KEPT}",
            marks,
        )
        come = self._lines(f"opened > :old AND opened <= :position AND closed > :position AND {_IN_FORCE}", marks)
        return b"".join(gone), b"".join(come)

    def digest(self, key: SnapshotKey) -> str:
        """SHA-256 over the projection's version and the canonical N-Quads of all graphs at a key, sorted."""
        return _digest(key.version, set(self._quads(_AT, _of(key))))

    def history_digest(self, position: int) -> str:
        """SHA-256 over the projection's version and all statements ever, with both periods, up to a position.

        Each line is the statement as canonical N-Quads, followed by a tab before each of: first day, end day, known
        from, known until, opening and closing position; what is open is empty.
        """
        known = {
            int(row[0]): instant_text(_EPOCH + timedelta(microseconds=row[1]))
            for row in self._db.execute("SELECT position, known FROM event WHERE position <= ?", (position,))
        }
        lines = {_history_line(timed, known) for timed in self._timed("opened <= ?", (position,))}
        return _digest(self.version, lines)

    def about(self, iri: str) -> list[Timed]:
        """Every statement ever with this subject, in the order in which they were opened."""
        return list(self._timed("subject = (SELECT id FROM term WHERE text = ?)", (f"<{iri}>",)))

    def at(self, iri: str, key: SnapshotKey) -> list[Statement]:
        """The statements with this subject at a key."""
        return [
            timed.statement
            for timed in self.about(iri)
            if timed.opened <= key.position < timed.closed
            and timed.statement.start <= key.breakpoint < timed.statement.end
        ]

    def held(self, key: SnapshotKey) -> Iterator[Timed]:
        """Every statement at a key, with both of its periods."""
        return self._timed(_AT, _of(key))

    def ever(self, position: int) -> Iterator[Timed]:
        """Every statement ever up to a position, in the order in which they were opened."""
        return self._timed("opened <= ?", (position,))

    def subjects(self, predicate: str, value: str) -> list[str]:
        """The IRIs that ever stood before a predicate IRI and a value (a term as N-Triples), sorted."""
        rows = self._db.execute(
            "SELECT DISTINCT s.text FROM statement JOIN term s ON s.id = subject "
            "WHERE object = (SELECT id FROM term WHERE text = ?) "
            "AND predicate = (SELECT id FROM term WHERE text = ?) ORDER BY 1",
            (value, f"<{predicate}>"),
        )
        return [str(text)[1:-1] for (text,) in rows]

    def counts(self) -> dict[str, int]:
        """How many statements there ever were, how many are believed now, and how many terms."""
        ever, now = self._db.execute("SELECT COUNT(*), TOTAL(closed = ?) FROM statement", (NEVER,)).fetchone()
        terms = self._db.execute("SELECT COUNT(*) FROM term").fetchone()[0]
        return {"statements": int(ever), "believed": int(now), "terms": int(terms)}

    # Reading rows

    def _lines(self, where: str, marks: dict[str, int]) -> Iterator[bytes]:
        rows = self._db.execute(
            "SELECT CAST(s.text || ' ' || p.text || ' ' || o.text || ' .\n' AS BLOB) FROM statement "
            "JOIN term s ON s.id = subject JOIN term p ON p.id = predicate JOIN term o ON o.id = object "
            f"WHERE {where}",
            marks,
        )
        return (row[0] for row in rows)

    def _quads(self, where: str, marks: dict[str, int]) -> Iterator[bytes]:
        return (_quad(timed.statement) + b"\n" for timed in self._timed(where, marks))

    def _timed(self, where: str, marks: dict[str, int] | tuple[object, ...]) -> Iterator[Timed]:
        rows = self._db.execute(
            "SELECT COALESCE(g.text, ''), s.text, p.text, o.text, start, \"end\", opened, closed FROM statement "
            "LEFT JOIN term g ON g.id = graph "
            "JOIN term s ON s.id = subject JOIN term p ON p.id = predicate JOIN term o ON o.id = object "
            f"WHERE {where} ORDER BY statement.id",
            marks,
        )
        return (Timed(Statement(*row[:6]), row[6], row[7]) for row in rows)


def _trouble(error: sqlite3.Error) -> type[FolderError]:
    """Damage is a plain DatabaseError; a full disk, a missing permission and the like have classes of their own."""
    return StatementsDamaged if type(error) is sqlite3.DatabaseError else FolderError


def _of(key: SnapshotKey) -> dict[str, int]:
    return {"position": key.position, "day": key.breakpoint}


def _quad(statement: Statement) -> bytes:
    graph = f"{statement.graph} " if statement.graph else ""
    return f"{statement.subject} {statement.predicate} {statement.object} {graph}.".encode()


def _history_line(timed: Timed, known: dict[int, str]) -> bytes:
    start, end = timed.statement.start, timed.statement.end
    parts = (
        "" if start == ALWAYS else date.fromordinal(start).isoformat(),
        "" if end == NEVER else date.fromordinal(end).isoformat(),
        known[timed.opened],
        known.get(timed.closed, ""),
        str(timed.opened),
        str(timed.closed) if timed.closed in known else "",
    )
    return b"\t".join((_quad(timed.statement), *(part.encode() for part in parts))) + b"\n"


def _digest(version: int, lines: set[bytes]) -> str:
    digest = hashlib.sha256(f"projection {version}\n".encode())
    for line in sorted(lines):
        digest.update(line)
    return digest.hexdigest()


def micros(instant: datetime) -> int:
    """An instant as whole microseconds since 1970, as the table keeps it."""
    return (instant - _EPOCH) // timedelta(microseconds=1)
