"""The memory of harvesting: what to ask with next time, what the last runs did, what is due when, what was refused.

It is kept beside the journal and is no part of it. A run writes it after it has recorded: a run that was cut short in
between is done again, and finds that it has nothing to say.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import msgspec

from regiolog.events.errors import FolderError, UnknownKey
from regiolog.sync.harvest.report import Report
from regiolog.sync.sources.validators import Validators

FILE: Final = "harvest.sqlite"
"""The file in a data folder."""

VERSION: Final = 1
"""The version of the tables."""

KEPT: Final = 1_000
"""How many runs of a source are remembered."""

WAITING: Final = 100
"""How many refused documents of a source may wait; older ones wait no more."""

SETTLED: Final = 20
"""How many refused documents of a source that wait no more are kept."""

_PATIENCE: Final = 30.0


class Memory(NamedTuple):
    """What is remembered of one source.

    Attributes:
        name: By what the settings call it.
        declared: The digest of what they said of it then.
        validators: What to ask with next time.
        sha256: The digest of the document that was taken in last; None when none was.
        version: Of a series, the file of the version that was taken in last; of a journal, what the validators are of.
        taken: Of a series, the digests of the versions that were taken in, by their files.
        upto: The last position of the journal that was looked at when something was taken in; None before that.
        is_resolved: Whether everything that the document names was found then.
        seen: When the source was last found to say what is held of it.
        recorded: When a run last recorded something.
        due: When it is due next; None is now.
        last: The report of its last run; None when there was none.
    """

    name: str
    declared: str = ""
    validators: Validators = Validators()
    sha256: str | None = None
    version: str | None = None
    taken: Mapping[str, str] = MappingProxyType({})
    upto: int | None = None
    is_resolved: bool = True
    seen: datetime | None = None
    recorded: datetime | None = None
    due: datetime | None = None
    last: Report | None = None


class Refused(NamedTuple):
    """A document that was refused.

    Attributes:
        number: By what it can be asked for.
        name: The source, by what the settings call it.
        refused: When.
        document: What it is called in the register.
        address: Where it lay.
        published: The day of its publication, where that is known.
        reason: Why it was refused.
        suspicious: Whether it could be accepted; else it cannot be read at all.
        sha256: The digest of its bytes.
        media: As what it came.
        charset: In which encoding, where its publisher said so.
        whole: Whether its end could be verified.
        body: Its bytes; empty where only the rest was asked for.
        times: How often the very same was refused.
        settled: Since when it waits no more; None while it does.
    """

    number: int
    name: str
    refused: datetime
    document: str
    address: str
    published: date | None
    reason: str
    suspicious: bool
    sha256: str
    media: str
    charset: str | None
    whole: bool
    body: bytes
    times: int
    settled: datetime | None = None


class Runs:
    """The memory of harvesting in one data folder; safe to use from several threads and processes.

    Args:
        folder: The data folder.
    """

    def __init__(self, folder: Path) -> None:
        """Make the tables where they are not there.

        Raises:
            FolderError: They cannot be used, or were made by a newer version.
        """
        self._path = folder / FILE
        with self._connection() as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version > VERSION:
                raise FolderError(f"{self._path} was made by a newer version of regiolog")
            connection.executescript(files(__package__).joinpath("runs.sql").read_text(encoding="utf-8"))
            connection.execute(f"PRAGMA user_version = {VERSION}")

    def of(self, name: str) -> Memory:
        """What is remembered of a source; nothing, when it was never harvested."""
        with self._connection() as connection:
            row = connection.execute(
                f"SELECT {', '.join(_COLUMNS)}, due FROM source WHERE name = ?", (name,)
            ).fetchone()
        if row is None:
            return Memory(name)
        (declared, etag, last_modified, sha256, version, taken, upto, is_resolved, seen, recorded, outcome, due) = row
        return Memory(
            name=name,
            declared=declared,
            validators=Validators(etag, last_modified),
            sha256=sha256,
            version=version,
            taken={} if taken is None else json.loads(taken),
            upto=upto,
            is_resolved=bool(is_resolved),
            seen=_instant(seen),
            recorded=_instant(recorded),
            due=_instant(due),
            last=None if outcome is None else msgspec.json.decode(outcome, type=Report),
        )

    def remember(self, memory: Memory, report: Report) -> None:
        """Write down what a run did, in one transaction; when the source is due next stays as it was."""
        outcome = msgspec.json.encode(report).decode()
        row = (
            *(memory.declared, memory.validators.etag, memory.validators.last_modified, memory.sha256, memory.version),
            *(json.dumps(dict(memory.taken)), memory.upto, memory.is_resolved),
            *(_text(memory.seen), _text(memory.recorded), outcome),
        )
        anew = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS)
        with self._connection() as connection:
            connection.execute(
                f"""INSERT INTO source (name, {", ".join(_COLUMNS)}) VALUES (?{", ?" * len(_COLUMNS)})
                    ON CONFLICT (name) DO UPDATE SET {anew}""",
                (memory.name, *row),
            )
            connection.execute(
                "INSERT INTO run (name, begun, report) VALUES (?, ?, ?)", (memory.name, _text(report.begun), outcome)
            )
            connection.execute(
                """DELETE FROM run WHERE name = ? AND number <= (
                   SELECT number FROM run WHERE name = ? ORDER BY number DESC LIMIT 1 OFFSET ?)""",
                (memory.name, memory.name, KEPT),
            )

    def postpone(self, name: str, due: datetime) -> None:
        """Write down when a source is due next."""
        with self._connection() as connection:
            connection.execute(
                "INSERT INTO source (name, due) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET due = excluded.due",
                (name, _text(due)),
            )

    def reports(self, name: str, most: int = 10) -> list[Report]:
        """The last runs of a source, newest first."""
        with self._connection() as connection:
            rows = connection.execute(
                "SELECT report FROM run WHERE name = ? ORDER BY number DESC LIMIT ?", (name, most)
            ).fetchall()
        return [msgspec.json.decode(report, type=Report) for (report,) in rows]

    def refuse(self, refused: Refused) -> int:
        """Put a document away that was refused; the very same again is merely counted.

        Returns:
            Its number.
        """
        given = {
            **refused._asdict(),
            "refused": _text(refused.refused),
            "published": None if refused.published is None else refused.published.isoformat(),
            "body": zlib.compress(refused.body),
        }
        names = [name for name in _REFUSED if name not in {"number", "times", "settled"}]
        anew = ", ".join(f"{name} = excluded.{name}" for name in names if name not in {"name", "sha256", "body"})
        with self._connection() as connection:
            row = connection.execute(
                f"""INSERT INTO refused ({", ".join(names)}) VALUES ({", ".join(f":{name}" for name in names)})
                    ON CONFLICT (name, sha256) DO UPDATE SET {anew}, settled = NULL, times = times + 1
                    RETURNING number""",
                {name: given[name] for name in names},
            ).fetchone()
            connection.execute(
                """UPDATE refused SET settled = ? WHERE name = ? AND settled IS NULL AND number <= (
                   SELECT number FROM refused WHERE name = ? ORDER BY number DESC LIMIT 1 OFFSET ?)""",
                (given["refused"], refused.name, refused.name, WAITING),
            )
        return int(row[0])

    def quarantine(self, name: str | None = None) -> list[Refused]:
        """The documents that were refused and wait, oldest first, without their bytes.

        Args:
            name: One source; None is all of them.
        """
        columns = ", ".join("x'' AS body" if column == "body" else column for column in _REFUSED)
        with self._connection() as connection:
            rows = connection.execute(
                f"SELECT {columns} FROM refused WHERE settled IS NULL AND (? IS NULL OR name = ?) ORDER BY number",
                (name, name),
            ).fetchall()
        return [_refused(row) for row in rows]

    def refused(self, number: int) -> Refused:
        """One document that was refused, with its bytes.

        Raises:
            UnknownKey: There is none of this number.
        """
        with self._connection() as connection:
            row = connection.execute(
                f"SELECT {', '.join(_REFUSED)} FROM refused WHERE number = ?", (number,)
            ).fetchone()
        if row is None:
            raise UnknownKey(f"there is no {number} in the quarantine")
        return _refused(row)

    def settle(self, name: str, now: datetime, upto: int | None = None) -> None:
        """Let nothing of a source wait any more, now that a document of it was taken in; the last ones are kept.

        Args:
            name: The source.
            now: The instant of now.
            upto: The last document that was refused before that one came; None is any.
        """
        with self._connection() as connection:
            connection.execute(
                "UPDATE refused SET settled = ? WHERE name = ? AND settled IS NULL AND (? IS NULL OR number <= ?)",
                (_text(now), name, upto, upto),
            )
            connection.execute(
                """DELETE FROM refused WHERE name = ? AND settled IS NOT NULL AND number <= (
                   SELECT number FROM refused WHERE name = ? ORDER BY number DESC LIMIT 1 OFFSET ?)""",
                (name, name, SETTLED),
            )

    def diverging(self, basis: str) -> dict[str, int] | None:
        """How many divergences there are with each source, by its key; None when that is not known of this basis.

        Args:
            basis: Everything that the numbers hang on, as :meth:`keep_diverging` was told.
        """
        with self._connection() as connection:
            row = connection.execute("SELECT numbers FROM diverging WHERE basis = ?", (basis,)).fetchone()
        return None if row is None else msgspec.json.decode(row[0], type=dict[str, int])

    def keep_diverging(self, basis: str, numbers: Mapping[str, int]) -> None:
        """Keep how many divergences there are with each source, in the place of what was kept before."""
        with self._connection() as connection:
            connection.execute("DELETE FROM diverging")
            connection.execute("INSERT INTO diverging VALUES (?, ?)", (basis, json.dumps(numbers)))

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """A connection of its own for each use, in one transaction.

        Raises:
            FolderError: The memory cannot be read or written.
        """
        try:
            with closing(sqlite3.connect(self._path, timeout=_PATIENCE)) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                with connection:
                    yield connection
        except sqlite3.Error as error:
            raise FolderError(f"{self._path} cannot be used: {error}") from None


_COLUMNS: Final = (
    *("declared", "etag", "last_modified", "sha256", "version", "taken", "upto", "is_resolved"),
    *("seen", "recorded", "outcome"),
)
"""What a run writes down of its source."""

_REFUSED: Final = Refused._fields


def _refused(row: tuple[Any, ...]) -> Refused:
    given = dict(zip(_REFUSED, row, strict=True))
    return Refused(
        **{
            **given,
            "refused": datetime.fromisoformat(given["refused"]),
            "published": None if given["published"] is None else date.fromisoformat(given["published"]),
            "suspicious": bool(given["suspicious"]),
            "whole": bool(given["whole"]),
            "body": zlib.decompress(given["body"]) if given["body"] else b"",
            "settled": _instant(given["settled"]),
        }
    )


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
