"""The journal in a data folder: a recorder on SQLite, and opening ``journal.sqlite``.

One table holds the events, one the tags by which they are found. SQLite's write-ahead log lets readers go on
while somebody writes; every append is on disk before it is acknowledged.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import msgspec
from eventsourcing.dcb.api import (
    DCBAppendCondition,
    DCBEvent,
    DCBQuery,
    DCBReadResponse,
    DCBRecorder,
    DCBSequencedEvent,
    DCBSubscription,
)
from eventsourcing.dcb.popo import SimpleDCBReadResponse
from eventsourcing.persistence import DatabaseError, IntegrityError, OperationalError, ProgrammingError

from regiolog.events.errors import FolderError
from regiolog.events.journal import Journal
from regiolog.events.temporal import Clock, system_clock

FILE: Final = "journal.sqlite"
"""The journal's name in a data folder."""

LAYOUT: Final = 1
"""Which layout of the tables this version writes (``PRAGMA user_version``); it reads no newer one."""

APPLICATION: Final = int.from_bytes(b"rglg")
"""What marks an SQLite file as a journal of regiolog (``PRAGMA application_id``)."""

PATIENCE: Final = 30.0
"""How many seconds a writer waits for another one."""

POLL: Final = 0.005
"""How often, in seconds, a waiting reader looks at the head; a look takes microseconds."""

PAGE: Final = 64
"""How many events are read at a time; larger pages do not stay in the processor's cache."""

_TABLES: Final = (
    """
    CREATE TABLE events (
        position INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, data BLOB NOT NULL, tags TEXT NOT NULL
    )
    """,
    "CREATE TABLE tags (tag TEXT, position INTEGER, PRIMARY KEY (tag, position)) WITHOUT ROWID",
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {LAYOUT}",
)
_LAYOUT: Final = (
    "SELECT user_version, application_id, (SELECT count(*) FROM sqlite_master)"
    " FROM pragma_user_version, pragma_application_id"
)

_LAST: Final = 2**63 - 1
_HEAD: Final = "SELECT coalesce(max(position), 0) FROM events"

# The three forms of a query's items. Each takes all items of its form as one JSON parameter: SQLite allows
# only 500 parts in a compound SELECT, and a batch of a thousand events is guarded by more tags than that.
_BY_TAG: Final = "SELECT position FROM tags WHERE tag IN (SELECT value FROM json_each(:tags)) AND position > :after"
_BY_KIND: Final = (
    "SELECT position FROM events WHERE kind IN (SELECT value FROM json_each(:kinds)) AND position > :after"
)
_BY_ALL: Final = """
SELECT tags.position
FROM json_each(:items) AS item CROSS JOIN json_each(item.value, '$.tags') AS wanted
CROSS JOIN tags ON tags.tag = wanted.value AND tags.position > :after
GROUP BY item.key, tags.position
HAVING count(*) = json_array_length(item.value, '$.tags')
AND (json_array_length(item.value, '$.kinds') = 0
     OR (SELECT kind FROM events WHERE events.position = tags.position)
        IN (SELECT value FROM json_each(item.value, '$.kinds')))
"""


class SQLiteRecorder(DCBRecorder):
    """The library's recorder interface on one SQLite file; safe to use from several threads and processes.

    Positions begin at 1, have no gaps, and are never given out twice.

    Args:
        path: The file.
        create: Whether to begin it when it is missing or empty.

    Raises:
        DatabaseError: It cannot be used, in one sentence.
    """

    def __init__(self, path: Path, *, create: bool = False) -> None:
        """Open the file and make sure that it is a journal of a known layout and in good order."""
        self.path = path
        self._closed = False
        self._appended = threading.Condition()
        self._write_lock = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        with self._plainly():
            self._writer = self._connect("rwc" if create else "rw")
            try:
                self._writer.execute("PRAGMA synchronous = FULL")
                self._prepare(create=create)
            except BaseException:
                self._writer.close()
                raise

    def head(self) -> int:
        """The last position; 0 when nothing was recorded."""
        with self._reading() as connection:
            return _number(connection, _HEAD)

    def read(
        self, query: DCBQuery | None = None, *, after: int | None = None, limit: int | None = None
    ) -> DCBReadResponse:
        """Events that match a query past a position, as the library defines it."""
        where, parameters = _where(query, after or 0)
        statement = _select("position, kind, data, tags", f"{where} ORDER BY position LIMIT :limit")
        parameters["limit"] = -1 if limit is None else limit
        with self._reading() as connection:
            connection.execute("BEGIN")
            try:
                found = connection.execute(statement, parameters).fetchall()
                head = _number(connection, _HEAD) if limit is None else found[-1][0] if found else 0
            finally:
                connection.rollback()
        return SimpleDCBReadResponse(iter([_event(*each) for each in found]), head or None)

    def pages(
        self, query: DCBQuery | None = None, *, after: int = 0, upto: int | None = None
    ) -> Iterator[list[tuple[int, bytes]]]:
        """Positions and stored bytes in order, ``after < position <= upto``, from one cursor.

        What is appended meanwhile is not seen: all pages are of one moment.
        """
        where, parameters = _where(query, after)
        parameters["upto"] = _LAST if upto is None else upto
        statement = _select("position, data", f"{where} AND position <= :upto ORDER BY position")
        with self._reading() as connection, closing(connection.execute(statement, parameters)) as cursor:
            while page := cursor.fetchmany(PAGE):
                yield page

    def append(self, events: Sequence[DCBEvent], condition: DCBAppendCondition | None = None) -> int:
        """Append events in one transaction, unless the condition fails.

        Returns:
            The position of the last one.

        Raises:
            IntegrityError: An event past the condition's position matches it.
            OperationalError: It could not be written; nothing is stored.
        """
        if not events:
            raise ProgrammingError("there is nothing to append")
        drafts = [(event.type, event.data, _JSON.encode(event.tags).decode()) for event in events]
        with self._writing() as connection:
            head = _number(connection, _HEAD)
            if condition is not None and head > (condition.after or 0):
                where, parameters = _where(condition.fail_if_events_match, condition.after or 0)
                if connection.execute(_select("1", f"{where} LIMIT 1"), parameters).fetchone():
                    raise IntegrityError(condition)
            connection.executemany("INSERT INTO events (kind, data, tags) VALUES (?, ?, ?)", drafts)
            last = _number(connection, "SELECT last_insert_rowid()")
            first = last - len(events) + 1
            connection.executemany(
                "INSERT OR IGNORE INTO tags VALUES (?, ?)",
                [(tag, position) for position, event in enumerate(events, first) for tag in event.tags],
            )
        with self._appended:
            self._appended.notify_all()
        return last

    def subscribe(self, query: DCBQuery | None = None, *, after: int | None = None) -> _Subscription:
        """Follow what matches a query past a position, whichever process appends it."""
        return _Subscription(self, query, after)

    def wait(self, position: int, timeout: float) -> bool:
        """Return True as soon as the head is past a position, and False after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        with self._reading() as connection:
            while _number(connection, _HEAD) <= position:
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                with self._appended:
                    self._appended.wait(min(left, POLL))
                self._must_be_open()
        return True

    def close(self) -> None:
        """Close every connection; readers that are at work close theirs when they are done."""
        with self._write_lock:
            self._closed = True
            self._writer.close()
        while self._idle:
            self._idle.pop().close()

    def _connect(self, mode: str = "rw") -> sqlite3.Connection:
        return sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=PATIENCE,
            isolation_level=None,
            check_same_thread=False,
        )

    def _prepare(self, *, create: bool) -> None:
        """Begin the tables where that is wanted, and refuse what is not a journal that this version knows."""
        layout = self._layout()
        if layout == 0 and create:
            self._use_write_ahead_log()
            with self._writing() as connection:
                if self._layout() == 0:
                    for statement in _TABLES:
                        connection.execute(statement)
            return
        if layout == 0:
            raise OperationalError(f"{self.path} holds no register yet")
        self._use_write_ahead_log()
        if self._writer.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise DatabaseError(_SENTENCES[sqlite3.SQLITE_CORRUPT].format(path=self.path))

    def _layout(self) -> int:
        """The layout of the file; 0 when it is empty."""
        layout, application, tables = self._writer.execute(_LAYOUT).fetchone()
        if application != APPLICATION and (layout or tables):
            raise DatabaseError(f"{self.path} is not a journal of regiolog")
        if layout > LAYOUT:
            raise DatabaseError(
                f"{self.path} was made by a newer version of regiolog"
                f" (its layout is {layout}, this version knows up to {LAYOUT})"
            )
        return int(layout)

    def _use_write_ahead_log(self) -> None:
        """Switch to the write-ahead log, which stays on; here SQLite does not wait for others by itself."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self._writer.execute("PRAGMA journal_mode = WAL").fetchall()
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(POLL)
            else:
                return

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction that holds the write lock from its first moment on."""
        with self._plainly(), self._write_lock:
            self._must_be_open()
            connection = self._writer
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.rollback()
                raise

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that nobody else uses meanwhile."""
        with self._plainly():
            self._must_be_open()
            try:
                connection = self._idle.pop()
            except IndexError:
                connection = self._connect()
            try:
                yield connection
            finally:
                self._idle.append(connection)
                if self._closed:
                    self.close()

    def _must_be_open(self) -> None:
        if self._closed:
            raise ProgrammingError(f"{self.path} was closed")

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        """Say SQLite's errors in one sentence, as errors of the library's."""
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            sentence = _SENTENCES.get(code, "{path} cannot be used: {error}").format(path=self.path, error=error)
            kind = OperationalError if isinstance(error, sqlite3.OperationalError) else DatabaseError
            raise kind(sentence) from error


_SENTENCES: Final = {
    sqlite3.SQLITE_FULL: "the disk that holds {path} is full",
    sqlite3.SQLITE_READONLY: "there is no permission to write to {path}",
    sqlite3.SQLITE_PERM: "there is no permission to use {path}",
    sqlite3.SQLITE_CANTOPEN: "{path} cannot be opened: may this user write to it and to its folder?",
    sqlite3.SQLITE_CORRUPT: "{path} is damaged: put a copy of it back",
    sqlite3.SQLITE_NOTADB: "{path} is damaged: put a copy of it back",
    sqlite3.SQLITE_BUSY: f"another process kept {{path}} locked for more than {PATIENCE:.0f} seconds",
    sqlite3.SQLITE_IOERR: "the disk failed while {path} was read or written: {error}",
}

_JSON: Final = msgspec.json.Encoder()
_TAGS: Final = msgspec.json.Decoder(list[str])


class _Subscription(DCBSubscription[SQLiteRecorder]):
    """A reader that waits at the head for more; it needs no thread of its own."""

    _LOOK_FOR_STOP: Final = 0.1
    _AT_ONCE: Final = 500

    def __init__(self, recorder: SQLiteRecorder, query: DCBQuery | None, after: int | None) -> None:
        super().__init__(recorder, query, after)
        self._page: Iterator[DCBSequencedEvent] = iter(())

    def __next__(self) -> DCBSequencedEvent:
        while not self._has_been_stopped:
            event = next(self._page, None)
            if event is not None:
                self._last_position = event.position
                return event
            head = self._recorder.head()
            page = list(self._recorder.read(self._query, after=self._last_position, limit=self._AT_ONCE))
            self._page = iter(page)
            if not page:
                self._recorder.wait(head, self._LOOK_FOR_STOP)
        raise StopIteration


def _select(columns: str, where: str) -> str:
    return f"SELECT {columns} FROM events WHERE {where}"  # noqa: S608 - all of it is ours, values are bound


def _where(query: DCBQuery | None, after: int) -> tuple[str, dict[str, Any]]:
    """A query as a condition on the table of events, of the same length whatever the number of its items."""
    asked = [] if query is None else query.items
    if not asked or not all(item.tags or item.types for item in asked):
        return "position > :after", {"after": after}
    tags = [item.tags[0] for item in asked if len(item.tags) == 1 and not item.types]
    kinds = [kind for item in asked if not item.tags for kind in item.types]
    items = [
        {"tags": list(dict.fromkeys(item.tags)), "kinds": item.types}
        for item in asked
        if len(item.tags) > 1 or (item.tags and item.types)
    ]
    parts = {_BY_TAG: ("tags", tags), _BY_KIND: ("kinds", kinds), _BY_ALL: ("items", items)}
    used = {statement: part for statement, part in parts.items() if part[1]}
    parameters = {name: _JSON.encode(value).decode() for name, value in used.values()}
    return f"position IN ({' UNION '.join(used)})", {**parameters, "after": after}


def _event(position: int, kind: str, data: bytes, tags: str) -> DCBSequencedEvent:
    return DCBSequencedEvent(DCBEvent(kind, data, _TAGS.decode(tags)), position)


def _number(connection: sqlite3.Connection, statement: str) -> int:
    return int(connection.execute(statement).fetchone()[0])


def open_journal(folder: Path, clock: Clock = system_clock, *, create: bool) -> Journal:
    """Open the journal of a data folder.

    Args:
        folder: The data folder.
        clock: Where `recorded_at` comes from.
        create: Whether to begin the folder and its journal when they are missing.

    Raises:
        FolderError: There is no journal and none was to be begun, or it cannot be used: it is damaged, made
            by a newer version, on a full disk, or not open to this user.
    """
    path = folder / FILE
    try:
        if create:
            folder.mkdir(parents=True, exist_ok=True)
        elif not path.exists():
            raise FolderError(f"there is no register in {folder} yet")
        return Journal(SQLiteRecorder(path, create=create), clock)
    except OSError as error:
        raise FolderError(f"{folder} cannot be used: {error.strerror}") from error
    except DatabaseError as error:
        raise FolderError(str(error)) from error
