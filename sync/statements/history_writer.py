"""Writing the statement table: what one event closes and opens, and the position reached, in one transaction."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime

from regiolog.sync.statements.changing import micros
from regiolog.sync.statements.history import History
from regiolog.sync.statements.statement import ALWAYS, NEVER, Statement
from regiolog.sync.statements.table import SCHEMA


class HistoryWriter(History):
    """The projector's connection: the only one that writes."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Take an open connection; use :meth:`open`."""
        super().__init__(connection)
        self._ids: dict[str, int] = {"": 0}

    def begin(self) -> None:
        """Begin a transaction; what follows is written whole or not at all."""
        self._db.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """End the transaction, and keep it."""
        self._db.execute("COMMIT")

    def rollback(self) -> None:
        """End the transaction as if it had never begun."""
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")
        self._ids = {"": 0}

    def clear(self) -> None:
        """Forget everything, to be built again."""
        self._db.executescript(
            "DROP TABLE IF EXISTS meta; DROP TABLE IF EXISTS term; DROP TABLE IF EXISTS statement; "
            "DROP TABLE IF EXISTS event; DROP TABLE IF EXISTS breakpoint; VACUUM;"
        )
        self._db.executescript(SCHEMA)
        self._ids = {"": 0}

    def note(self, **facts: str | int) -> None:
        """Keep facts about the table itself."""
        self._db.executemany(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [(name, str(value)) for name, value in facts.items()],
        )

    def write(
        self,
        position: int,
        known: datetime,
        closing: Iterable[Statement],
        opening: Iterable[Statement],
        gist: str = '{"k":"","i":""}',
    ) -> None:
        """Write what one event changes.

        Args:
            position: The event's position.
            known: Since when it is known, in effect.
            closing: The statements that are no longer held.
            opening: The statements that are held from now on.
            gist: What the history keeps of the event itself, encoded.

        Raises:
            LookupError: A statement that is to be closed is not open.
        """
        self._db.execute("SAVEPOINT event")
        try:
            self._write(position, known, closing, opening, gist)
        except BaseException:
            if self._db.in_transaction:  # a full disk has ended it already
                self._db.execute("ROLLBACK TO event")
                self._db.execute("RELEASE event")
            raise
        self._db.execute("RELEASE event")

    def _write(
        self,
        position: int,
        known: datetime,
        closing: Iterable[Statement],
        opening: Iterable[Statement],
        gist: str,
    ) -> None:
        days: Counter[int] = Counter()
        self._db.execute("INSERT INTO event VALUES (?, ?, ?)", (position, micros(known), gist))
        for statement in closing:
            self._close(position, statement)
            for bound in _bounds(statement):
                days[bound] -= 1
        rows = []
        for statement in opening:
            rows.append((*(self._id(text) for text in statement[:4]), *statement[4:], position, NEVER))
            for bound in _bounds(statement):
                days[bound] += 1
        self._db.executemany(
            'INSERT INTO statement (graph, subject, predicate, object, start, "end", opened, closed) '
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
        self._db.executemany(
            "INSERT INTO breakpoint VALUES (?, ?, ?)",
            [(bound, position, change) for bound, change in days.items() if change],
        )

    def _close(self, position: int, statement: Statement) -> None:
        # Left to itself SQLite may look under the object, of which "assigned" has as many as there are municipalities.
        done = self._db.execute(
            "UPDATE statement SET closed = ? WHERE id = ("
            "SELECT id FROM statement INDEXED BY statement_of_subject WHERE subject = ? AND predicate = ? "
            'AND object = ? AND graph = ? AND start = ? AND "end" = ? AND closed = ? LIMIT 1)',
            (
                position,
                self._id(statement.subject),
                self._id(statement.predicate),
                self._id(statement.object),
                self._id(statement.graph),
                statement.start,
                statement.end,
                NEVER,
            ),
        )
        if done.rowcount != 1:
            raise LookupError(f"a statement about {statement.subject} is not there to be closed")

    def _id(self, text: str) -> int:
        known = self._ids.get(text)
        if known is not None:
            return known
        row = self._db.execute("SELECT id FROM term WHERE text = ?", (text,)).fetchone()
        if row is None:
            found = self._db.execute("INSERT INTO term (text) VALUES (?)", (text,)).lastrowid or 0
        else:
            found = int(row[0])
        if len(self._ids) > 200_000:
            self._ids = {"": 0}
        self._ids[text] = found
        return found


def _bounds(statement: Statement) -> Iterator[int]:
    if statement.start != ALWAYS:
        yield statement.start
    if statement.end != NEVER:
        yield statement.end
