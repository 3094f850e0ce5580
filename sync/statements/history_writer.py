"""Writing the statement table: what one event closes and opens, and the position reached, in one transaction."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from regiolog.sync.statements.changing import micros
from regiolog.sync.statements.history import History
from regiolog.sync.statements.statement import ALWAYS, NEVER, Statement
from regiolog.sync.statements.table import LAYOUT, SCHEMA


class Turn(NamedTuple):
    """What one event changes in what is said of one thing.

    Attributes:
        closing: The statements that are no longer held.
        opening: The statements that are held from now on.
        kind: The kind of thing; empty where its turns are not kept.
        key: Its key.
        stood: Its IRI until now; None where nothing was said of it.
        stands: Its IRI from now on; None where nothing is said of it any more.
    """

    closing: Sequence[Statement]
    opening: Sequence[Statement]
    kind: str = ""
    key: str = ""
    stood: str | None = None
    stands: str | None = None


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
            "DROP TABLE IF EXISTS event; DROP TABLE IF EXISTS breakpoint; DROP TABLE IF EXISTS turn; VACUUM;"
        )
        self._db.executescript(f"{SCHEMA} PRAGMA user_version = {LAYOUT};")
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
        turns: Iterable[Turn],
        gist: str = '{"k":"","i":""}',
        recorded: datetime | None = None,
    ) -> None:
        """Write what one event changes.

        Args:
            position: The event's position.
            known: Since when it is known, in effect.
            turns: What it changes, thing by thing.
            gist: What the history keeps of the event itself, encoded.
            recorded: When the journal took it in; since it is known, unless given.

        Raises:
            LookupError: A statement that is to be closed is not open.
        """
        self._db.execute("SAVEPOINT event")
        try:
            self._write(position, known, turns, gist, recorded or known)
        except BaseException:
            if self._db.in_transaction:  # a full disk has ended it already
                self._db.execute("ROLLBACK TO event")
                self._db.execute("RELEASE event")
            raise
        self._db.execute("RELEASE event")

    def _write(self, position: int, known: datetime, turns: Iterable[Turn], gist: str, recorded: datetime) -> None:
        days: Counter[int] = Counter()
        self._db.execute("INSERT INTO event VALUES (?, ?, ?, ?)", (position, micros(known), micros(recorded), gist))
        rows = []
        first = self._next
        for turn in turns:
            for statement in turn.closing:
                self._close(position, statement, turn)
                for bound in _bounds(statement):
                    days[bound] -= 1
            for statement in turn.opening:
                rows.append((*(self._id(text) for text in statement[:4]), *statement[4:], position, NEVER))
                for bound in _bounds(statement):
                    days[bound] += 1
            if turn.kind and (turn.closing or turn.opening):
                self._turn(position, turn, first + len(rows) - len(turn.opening), first + len(rows) - 1)
        self._db.executemany(
            'INSERT INTO statement (id, graph, subject, predicate, object, start, "end", opened, closed) '
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(number, *row) for number, row in enumerate(rows, first)],
        )
        self._db.executemany(
            "INSERT INTO breakpoint VALUES (?, ?, ?)",
            [(bound, position, change) for bound, change in days.items() if change],
        )

    @property
    def _next(self) -> int:
        """The number of the next statement."""
        return self.ever_opened() + 1

    def _turn(self, position: int, turn: Turn, first: int, last: int) -> None:
        """Keep that an event changed what is said of a thing, and which statements of it it opened.

        Where its IRI changes it is another thing to whoever knows it by that: one ends, and one begins.
        """
        if turn.stood is not None and turn.stands is not None and turn.stood != turn.stands:
            gone = turn._replace(stands=None)
            self._turn(position, gone, first, first - 1)
            turn = turn._replace(stood=None)
        thing = self._id(f"<{turn.stands or turn.stood}>")
        self._db.execute(
            "INSERT INTO turn VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (position, turn.kind, turn.key, thing, turn.stands is not None, turn.stood is not None, first, last),
        )

    def _close(self, position: int, statement: Statement, turn: Turn) -> None:
        # Left to itself SQLite may look under the object, of which "assigned" has as many as there are municipalities.
        found = self._db.execute(
            "SELECT id FROM statement INDEXED BY statement_of_subject WHERE subject = ? AND predicate = ? "
            'AND object = ? AND graph = ? AND start = ? AND "end" = ? AND closed = ?',
            (
                self._id(statement.subject),
                self._id(statement.predicate),
                self._id(statement.object),
                self._id(statement.graph),
                statement.start,
                statement.end,
                NEVER,
            ),
        ).fetchall()
        if not found:
            raise LookupError(f"a statement about {statement.subject} is not there to be closed")
        chosen = found[0][0] if len(found) == 1 else self._of_thing(turn, [number for (number,) in found])
        self._db.execute("UPDATE statement SET closed = ? WHERE id = ?", (position, chosen))

    def _of_thing(self, turn: Turn, numbers: Sequence[int]) -> int:
        """Of statements that two things make alike, the one that this thing made."""
        for number in numbers:
            made = self._db.execute(
                "SELECT 1 FROM turn WHERE kind = ? AND key = ? AND first <= ? AND last >= ?",
                (turn.kind, turn.key, number, number),
            ).fetchone()
            if made is not None:
                return number
        return numbers[0]

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
