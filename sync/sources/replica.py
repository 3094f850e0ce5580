"""Replicas: what was read of one feed so far, kept in a file, so that every run goes on where the last one ended.

A replica holds what its publisher said, and nothing of ours: how much of that is recorded is decided each time from the
whole of it. So whatever is cut short, and wherever, nothing is lost and nothing is taken twice.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, NamedTuple

from regiolog.events.errors import FolderError
from regiolog.sync.sources.validators import Validators

_VERSION: Final = 1
"""The version of the tables; a replica that another one made is begun anew."""

_PATIENCE: Final = 30.0


class Page(NamedTuple):
    """A page as it was read last.

    Attributes:
        final: Where it lay, after redirects.
        settled: Whether it never changes, and so is never asked for again.
        validators: What to ask with next time.
        digest: The digest of the members and links on it.
        links: The pages that it leads to.
    """

    final: str
    settled: bool
    validators: Validators
    digest: str
    links: tuple[str, ...]


class Version(NamedTuple):
    """What was said of a thing at one time.

    Attributes:
        number: The how manieth it was that was met, of all things.
        first: By what the versions of a thing are ordered; None when they are not.
        second: By what those are that are alike in that.
        content: What it says; None when the thing is no more.
    """

    number: int
    first: Any
    second: Any
    content: str | None


class Replica:
    """What was read of one feed.

    Args:
        connection: Its file, in which a transaction is open.
        is_kept: Whether what is read is kept; else it is forgotten in the end.
    """

    def __init__(self, connection: sqlite3.Connection, *, is_kept: bool) -> None:
        """Hold what the file holds."""
        self._connection = connection
        self._is_kept = is_kept

    def keep(self) -> None:
        """Keep what was read so far, whatever becomes of the rest."""
        if self._is_kept:
            self._connection.execute("COMMIT")
            self._connection.execute("BEGIN IMMEDIATE")

    def forget(self) -> None:
        """Forget all of it, and begin anew."""
        for table in ("state", "page", "member", "version"):
            self._connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names of ours

    def take_back(self) -> None:
        """Forget what was read since it was kept last."""
        self._connection.execute("ROLLBACK")
        self._connection.execute("BEGIN IMMEDIATE")

    # --- How far it was read ------------------------------------------------------------------------------------

    def __getitem__(self, name: str) -> Any:
        """A value that was noted; None when none was."""
        row = self._connection.execute("SELECT value FROM state WHERE name = ?", (name,)).fetchone()
        return None if row is None else json.loads(row[0])

    def __setitem__(self, name: str, value: object) -> None:
        """Note a value."""
        self._connection.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (name, json.dumps(value)))

    # --- Pages --------------------------------------------------------------------------------------------------

    def page(self, url: str) -> Page | None:
        """A page as it was read last; None when it never was."""
        row = self._connection.execute(
            "SELECT final, settled, etag, last_modified, digest, links FROM page WHERE url = ?", (url,)
        ).fetchone()
        if row is None:
            return None
        final, settled, etag, last_modified, digest, links = row
        return Page(final, bool(settled), Validators(etag, last_modified), digest, tuple(json.loads(links)))

    def put_page(self, url: str, page: Page) -> None:
        """Hold a page as it was read now."""
        row = (url, page.final, page.settled, *page.validators, page.digest, json.dumps(page.links))
        self._connection.execute("INSERT OR REPLACE INTO page VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    # --- Members ------------------------------------------------------------------------------------------------

    def digest(self, member: str) -> str | None:
        """The digest of what a member says; None when it was never met."""
        row = self._connection.execute("SELECT digest FROM member WHERE iri = ?", (member,)).fetchone()
        return None if row is None else str(row[0])

    def put_member(self, member: str, digest: str, sequence: object, time: object) -> bool:
        """Hold that a member was met.

        Returns:
            Whether another one stands at the same place of the sequence, and yet came at another time.
        """
        place, came = (None if value is None else json.dumps(value) for value in (sequence, time))
        self._connection.execute("INSERT INTO member VALUES (?, ?, ?, ?)", (member, digest, place, came))
        again = self._connection.execute(
            "SELECT EXISTS (SELECT 1 FROM member WHERE sequence = ? AND time <> ?)", (place, came)
        ).fetchone()
        return bool(again[0])

    # --- What is said of each thing -----------------------------------------------------------------------------

    def versions(self, of: str) -> list[Version]:
        """What is held of a thing, in the order in which it was met."""
        rows = self._connection.execute(
            "SELECT number, first, second, content FROM version WHERE of = ? ORDER BY number", (of,)
        )
        return [_version(row) for row in rows]

    def put_version(self, of: str, content: str | None, first: object = None, second: object = None) -> None:
        """Hold one more version of a thing."""
        self._connection.execute(
            "INSERT INTO version (of, first, second, content) VALUES (?, ?, ?, ?)",
            (of, json.dumps(first), json.dumps(second), content),
        )

    def drop_version(self, number: int) -> None:
        """Hold a version no more."""
        self._connection.execute("DELETE FROM version WHERE number = ?", (number,))

    def things(self) -> Iterator[tuple[str, list[Version]]]:
        """Each thing, with what is held of it in the order in which it was met."""
        rows = self._connection.execute("SELECT of, number, first, second, content FROM version ORDER BY of, number")
        thing, versions = "", list[Version]()
        for of, *row in rows:
            if of != thing and versions:
                yield thing, versions
                versions = []
            thing = of
            versions.append(_version(row))
        if versions:
            yield thing, versions


@contextmanager
def replica(path: Path, of: str, *, is_kept: bool) -> Iterator[Replica]:
    """The replica in a file, while the block runs; what was not kept by its end is as if it had never been read.

    Args:
        path: The file; it need not be there.
        of: The digest of what the settings say of the feed: the replica of another one is begun anew.
        is_kept: Whether anything is kept.

    Raises:
        FolderError: It cannot be read or written.
    """
    try:
        with closing(sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version not in {0, _VERSION}:
                connection.executescript(
                    "DROP TABLE IF EXISTS state; DROP TABLE IF EXISTS page;"
                    "DROP TABLE IF EXISTS member; DROP TABLE IF EXISTS version;"
                )
            connection.executescript(files(__package__).joinpath("replica.sql").read_text(encoding="utf-8"))
            connection.execute(f"PRAGMA user_version = {_VERSION}")
            connection.execute("BEGIN IMMEDIATE")
            held = Replica(connection, is_kept=is_kept)
            if held["of"] != of:
                held.forget()
                held["of"] = of
            yield held
            connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        raise FolderError(f"{path} cannot be used: {error}") from None


def _version(row: Any) -> Version:
    number, first, second, content = row
    return Version(number, json.loads(first), json.loads(second), content)
