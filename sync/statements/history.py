"""The statement table: every statement that ever was, with its valid and its known period, in one SQLite file.

Known periods are kept as positions of the journal: a statement is opened by one event and closed by another. The
position up to which the table is built stands in the same transaction as the statements. The file can be deleted
at any time; the projector builds it again, identical.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final, Literal, NamedTuple

from regiolog.sync.projection.gist import Gist, decode
from regiolog.sync.statements.changing import instant
from regiolog.sync.statements.counting import Counting
from regiolog.sync.statements.statement import NEVER, REGISTER, Statement
from regiolog.sync.statements.turns import Turns

_TERM: Final = "(SELECT id FROM term WHERE text = ?)"
_COLUMNS: Final = (
    "COALESCE(g.text, ''), s.text, p.text, o.text, start, \"end\", opened, closed FROM statement "
    "LEFT JOIN term g ON g.id = graph "
    "JOIN term s ON s.id = subject JOIN term p ON p.id = predicate JOIN term o ON o.id = object"
)
_NUMBER: Final = "statement.id - (SELECT MIN(f.id) FROM statement f WHERE f.opened = statement.opened) + 1"
_AT: Final = 'opened <= :position AND closed > :position AND start <= :day AND "end" > :day'
_IN_FORCE: Final = 'graph = 0 AND start <= :day AND "end" > :day'
_KEPT: Final = """EXISTS (
    SELECT 1 FROM statement k
    WHERE k.graph = 0 AND k.subject = statement.subject AND k.predicate = statement.predicate
    AND +k.object = statement.object AND k.opened <= :position AND k.closed > :position
    AND k.start <= :day AND k."end" > :day
)"""
"""That the same triple holds all the same, from another statement."""


Triple = tuple[int, int, int]
"""A subject, a predicate and an object by the numbers of their terms."""


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


class Numbered(NamedTuple):
    """A statement of the history by its name: the event that opened it, and its number.

    Attributes:
        number: Its place among the statements that its event opened, from 1.
        timed: The statement, with both of its periods.
    """

    number: int
    timed: Timed


class Told(NamedTuple):
    """What the history says of one event.

    Attributes:
        position: Where the journal keeps it.
        known: Since when it is known, in effect.
        gist: What is kept of it.
    """

    position: int
    known: datetime
    gist: Gist


class History(Turns, Counting):
    """What can be read from the statement table."""

    def key(self, at: date, position: int) -> SnapshotKey:
        """The key of the snapshot of a day, as it was known at a position."""
        row = self._db.execute(
            "SELECT day FROM breakpoint WHERE day <= ? AND position <= ? "
            "GROUP BY day HAVING SUM(change) > 0 ORDER BY day DESC LIMIT 1",
            (at.toordinal(), position),
        ).fetchone()
        return SnapshotKey(0 if row is None else int(row[0]), position, self.version)

    # Snapshots

    def triples(self, key: SnapshotKey, graph: str = REGISTER) -> bytes:
        """A graph at a key, as canonical N-Triples, one to a line, in no particular order.

        Args:
            key: The key.
            graph: The graph's IRI as N-Triples; the register's own unless given.
        """
        if graph == REGISTER:
            return b"".join(self._lines(f"graph = 0 AND {_AT}", _of(key)))
        return b"".join(
            self._lines(f"graph = {_TERM.replace('?', ':graph')} AND graph > 0 AND {_AT}", {**_of(key), "graph": graph})
        )

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

    def matching(
        self, key: SnapshotKey, by: Literal["subject", "object"], ids: Iterable[int], predicate: int | None, most: int
    ) -> list[Triple]:
        """The triples of the register's graph at a key with one of some subjects, or objects; found by an index.

        Args:
            key: The key.
            by: Which of the two.
            ids: The numbers of these terms.
            predicate: The number of the only predicate that counts; None when all do.
            most: How many to return; there may be more then.
        """
        only = "" if predicate is None else "AND predicate = :predicate "
        rows = self._db.execute(
            f"SELECT subject, predicate, object FROM statement INDEXED BY statement_of_{by} "
            f"WHERE {by} IN (SELECT value FROM json_each(:ids)) {only}AND graph = 0 AND {_AT} LIMIT :most",
            {**_of(key), "ids": json.dumps(list(ids)), "predicate": predicate, "most": most},
        )
        return rows.fetchall()

    def about(self, iri: str, *, register: bool = False) -> list[Timed]:
        """Every statement ever with this subject, in the order in which they were opened.

        Args:
            iri: The subject.
            register: Whether to leave out what sources claim, and what was proposed.
        """
        here = "subject = (SELECT id FROM term WHERE text = ?)"
        return list(self._timed(f"{here} AND graph = 0" if register else here, (f"<{iri}>",)))

    def at(self, iri: str, key: SnapshotKey, *, register: bool = False) -> list[Statement]:
        """The statements with this subject at a key."""
        return [
            timed.statement
            for timed in self.about(iri, register=register)
            if timed.opened <= key.position < timed.closed
            and timed.statement.start <= key.breakpoint < timed.statement.end
        ]

    def held(self, key: SnapshotKey) -> Iterator[Timed]:
        """Every statement at a key, with both of its periods."""
        return self._timed(_AT, _of(key))

    def selected(self, what: str, where: str, marks: Mapping[str, int | str]) -> Iterator[tuple[Any, Numbered]]:
        """The statements that fulfil a condition in SQL, in order, each after something else that is asked of it.

        Args:
            what: What else, as SQL.
            where: The condition.
            marks: What both are given.
        """
        rows = self._db.execute(f"SELECT {what}, {_NUMBER}, {_COLUMNS} WHERE {where} ORDER BY statement.id", marks)
        return ((row[0], Numbered(row[1], Timed(Statement(*row[2:8]), row[8], row[9]))) for row in rows)

    def said_of(self, subjects: Iterable[str], predicates: Iterable[str], position: int) -> Iterator[Timed]:
        """Every statement ever up to a position that says one of some things of one of many subjects.

        Args:
            subjects: Terms as N-Triples.
            predicates: The same.
            position: The last event that is known.
        """
        among = "IN (SELECT id FROM term WHERE text IN (SELECT value FROM json_each(?)))"
        return self._timed(
            f"opened <= ? AND statement.subject {among} AND statement.predicate {among}",
            (position, json.dumps(list(subjects)), json.dumps(list(predicates))),
        )

    def ever(self, position: int) -> Iterator[Timed]:
        """Every statement ever up to a position, in the order in which they were opened."""
        return self._timed("opened <= ?", (position,))

    def subjects(self, predicate: str, value: str, position: int = NEVER) -> list[str]:
        """The IRIs that ever stood before a predicate IRI and a value (a term as N-Triples), sorted.

        Args:
            predicate: The IRI of the property.
            value: The value.
            position: The last event that is known.
        """
        rows = self._db.execute(
            "SELECT DISTINCT s.text FROM statement JOIN term s ON s.id = subject "
            "WHERE object = (SELECT id FROM term WHERE text = ?) "
            "AND predicate = (SELECT id FROM term WHERE text = ?) AND opened <= ? ORDER BY 1",
            (value, f"<{predicate}>", position),
        )
        return [str(text)[1:-1] for (text,) in rows]

    def ids(self, terms: Iterable[str]) -> dict[str, int]:
        """The numbers of terms; those that no statement ever had are missing."""
        return dict(
            self._db.execute(
                "SELECT text, id FROM term WHERE text IN (SELECT value FROM json_each(?))", (json.dumps(list(terms)),)
            )
        )

    def in_any_case(self, text: str) -> list[int]:
        """The numbers of a text with a language, as N-Triples, in whatever letters the language is written."""
        words = text[: text.rindex("@")]
        rows = self._db.execute("SELECT id, text FROM term WHERE text > ? AND text < ?", (f"{words}@", f"{words}A"))
        return [int(number) for number, each in rows if each.lower() == text.lower() and each.startswith(words)]

    def ever_opened(self) -> int:
        """How many statements there ever were."""
        return int(self._db.execute("SELECT COALESCE(MAX(id), 0) FROM statement").fetchone()[0])

    def texts(self, ids: Iterable[int]) -> dict[int, str]:
        """The terms with some numbers."""
        return dict(
            self._db.execute(
                "SELECT id, text FROM term WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(ids)),)
            )
        )

    def graphs(self, position: int = NEVER) -> list[str]:
        """The IRIs of all graphs that had held a statement by a position, besides the register's own, sorted."""
        rows = self._db.execute(
            "SELECT text FROM term JOIN (SELECT DISTINCT graph AS id FROM statement WHERE graph > 0) USING (id) "
            "WHERE (SELECT opened FROM statement f WHERE f.graph = term.id AND f.graph > 0 ORDER BY f.id LIMIT 1) <= ? "
            "ORDER BY 1",
            (position,),
        )
        return [str(text)[1:-1] for (text,) in rows]

    def last_document(self, source: str) -> int:
        """The last event that a source's document brought; 0 when none did.

        Args:
            source: The key of the source.
        """
        row = self._db.execute(
            "SELECT MAX(position) FROM event WHERE json_extract(gist, '$.b') = ? "
            "AND json_extract(gist, '$.o') IS NOT NULL",
            (source,),
        ).fetchone()
        return int(row[0] or 0)

    def spoken(self, graph: str, says: str, mark: str) -> tuple[int, int]:
        """How much a source is saying, whatever the day: claims, and those of them that are marked.

        Args:
            graph: Its graph, as N-Triples.
            says: The property that each claim has once, as N-Triples.
            mark: The property that a marked claim has, as N-Triples.
        """
        row = self._db.execute(
            f"SELECT TOTAL(closed = {NEVER} AND predicate = {_TERM}), "
            f"COUNT(DISTINCT CASE WHEN closed = {NEVER} AND predicate = {_TERM} THEN subject END) "
            f"FROM statement WHERE graph > 0 AND graph = {_TERM}",
            (says, mark, graph),
        ).fetchone()
        return int(row[0]), int(row[1])

    # The history

    def opened_by(self, position: int) -> int:
        """How many statements the events up to a position opened."""
        return int(self._db.execute("SELECT COUNT(*) FROM statement WHERE opened <= ?", (position,)).fetchone()[0])

    def told(self, position: int) -> list[Told]:
        """What is said of each event up to a position, in order."""
        rows = self._db.execute(
            "SELECT position, known, gist FROM event WHERE position <= ? ORDER BY position", (position,)
        )
        return [_told(row) for row in rows]

    def told_of(self, position: int) -> Told | None:
        """What is said of the event at a position; None when it was not projected."""
        row = self._db.execute("SELECT position, known, gist FROM event WHERE position = ?", (position,)).fetchone()
        return None if row is None else _told(row)

    def corrections_of(self, event: int, position: int) -> list[int]:
        """The events up to a position that corrected or retracted one."""
        rows = self._db.execute(
            "SELECT position FROM event WHERE position <= ? AND json_extract(gist, '$.c') = ? ORDER BY position",
            (position, event),
        )
        return [int(row[0]) for row in rows]

    def every(self, position: int) -> Iterator[Numbered]:
        """Every statement ever up to a position, in the order in which they were opened; rows are read one by one."""
        opened = number = 0
        for timed in self.ever(position):
            number = number + 1 if timed.opened == opened else 1
            opened = timed.opened
            yield Numbered(number, timed)

    def done_by(self, event: int, position: int) -> Iterator[Numbered]:
        """Every statement that one event opened or closed, as far as is known at a position."""
        if event > position:
            return iter(())
        return self._numbered("opened <= ? AND (opened = ? OR closed = ?)", (position, event, event))

    def concerning(
        self, thing: str, nodes: Iterable[str], position: int, *, graph: str | None = None
    ) -> Iterator[Numbered]:
        """Every statement ever about a thing and the nodes that describe it.

        Args:
            thing: The thing, as N-Triples.
            nodes: The properties by which a node says that it describes a thing, as N-Triples.
            position: The last event that is known.
            graph: A graph, as N-Triples, all of which belongs to the thing.
        """
        properties = tuple(nodes)
        marks = ", ".join("?" * len(properties))
        described = (
            f"SELECT {_TERM} UNION SELECT subject FROM statement WHERE object = {_TERM} "
            f"AND opened <= ? AND predicate IN (SELECT id FROM term WHERE text IN ({marks}))"
        )
        where = f"opened <= ? AND statement.subject IN ({described})"
        given = (position, thing, thing, position, *properties)
        if graph is None:
            return self._numbered(where, given)
        chosen = f"(statement.subject IN ({described}) OR (graph > 0 AND graph = {_TERM}))"
        return self._numbered(f"opened <= ? AND {chosen}", (*given, graph))

    def counts(self) -> dict[str, int]:
        """How many statements there ever were, how many are believed now, and how many terms."""
        ever, now = self._db.execute("SELECT COUNT(*), TOTAL(closed = ?) FROM statement", (NEVER,)).fetchone()
        terms = self._db.execute("SELECT COUNT(*) FROM term").fetchone()[0]
        return {"statements": int(ever), "believed": int(now), "terms": int(terms)}

    # Reading rows

    def _lines(self, where: str, marks: Mapping[str, int | str]) -> Iterator[bytes]:
        rows = self._db.execute(
            "SELECT CAST(s.text || ' ' || p.text || ' ' || o.text || ' .\n' AS BLOB) FROM statement "
            "JOIN term s ON s.id = subject JOIN term p ON p.id = predicate JOIN term o ON o.id = object "
            f"WHERE {where}",
            marks,
        )
        return (row[0] for row in rows)

    def _timed(self, where: str, marks: dict[str, int] | tuple[object, ...]) -> Iterator[Timed]:
        rows = self._db.execute(f"SELECT {_COLUMNS} WHERE {where} ORDER BY statement.id", marks)
        return (Timed(Statement(*row[:6]), row[6], row[7]) for row in rows)

    def _numbered(self, where: str, marks: tuple[object, ...]) -> Iterator[Numbered]:
        rows = self._db.execute(f"SELECT {_NUMBER}, {_COLUMNS} WHERE {where} ORDER BY statement.id", marks)
        return (Numbered(row[0], Timed(Statement(*row[1:7]), row[7], row[8])) for row in rows)


def _told(row: tuple[int, int, str]) -> Told:
    return Told(row[0], instant(row[1]), decode(row[2]))


def _of(key: SnapshotKey) -> dict[str, int]:
    return {"position": key.position, "day": key.breakpoint}
