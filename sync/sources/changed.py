"""What a change feed says of one thing, attribute by attribute, and all things as one table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

FIXED: Final = ("id", "objectId", "nisCodes", "naamruimte", "versieId", "soort", "naar")
"""The columns that every table of a change feed has: the address of a thing, its key, its NIS codes, the namespace of
its key, the version that was read last, which kind of thing it is, and into what it was transformed."""

_VALUE, _LANGUAGE = "@value", "@language"
_OF_PERIOD: Final = {"value", "language", "validFrom", "validTo"}


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """A thing as it is after the last event that was read.

    Attributes:
        id: Its address.
        kind: Which kind of thing it is, as the types of its events begin.
        object_id: Its key.
        namespace: The namespace of its key.
        version: The version that was read last.
        codes: Its NIS codes.
        into: The things that it was transformed into.
        values: Its attributes, by their names.
    """

    id: str
    kind: str
    object_id: str = ""
    namespace: str = ""
    version: str = ""
    codes: tuple[str, ...] = ()
    into: tuple[str, ...] = ()
    values: dict[str, Any] = {}

    def was(self, name: str, old: Any) -> bool:
        """Whether an attribute is what an event says that it was; none, and an empty one, are the same."""
        return _plain(self.values.get(name)) == _plain(old)

    def rows(self, periods: str | None) -> Iterator[dict[str, str]]:
        """What stands in its rows, by column: one row, or one for each period of an attribute.

        Args:
            periods: The attribute; None makes one row.
        """
        fixed = (self.id, self.object_id, " ".join(self.codes), self.namespace, self.version, self.kind)
        row = dict(zip(FIXED, (*fixed, " ".join(self.into)), strict=True))
        for name, value in self.values.items():
            if name != periods:
                row.update(_cells(f"{name} (attribuut)" if name in FIXED else name, value))
        told = _timeline(self.values.get(periods or ""))
        if told is None:
            yield row
        for each in told or ():
            yield row | _period(periods or "", each)


def table(things: Iterable[Changed], where: Mapping[str, tuple[str, ...]], periods: str | None = None) -> bytes:
    """All things as CSV, with a column for every attribute that one of them has.

    Args:
        things: The things, in the order of the rows.
        where: Which of them: by columns, the values of which one must stand there.
        periods: The attribute for each of whose periods there is a row; None makes one row of each thing.
    """
    rows = [
        row
        for thing in things
        for row in thing.rows(periods)
        if all(row.get(name, "") in values for name, values in where.items())
    ]
    columns = [*FIXED, *sorted({name for row in rows for name in row} - set(FIXED))]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([row.get(name, "") for name in columns] for row in rows)
    return text.getvalue().encode()


def _cells(column: str, value: Any) -> dict[str, str]:
    """The cells of one attribute: of a text in several languages the Dutch one, and one more for each language."""
    told = _timeline(value)
    names = _names(value) if told is None else _standing(told)
    if names is None:
        return {column: _cell(value)}
    found = {f"{column}@{language}": text for language, text in names.items() if language}
    return {column: names.get("nl") or next(iter(names.values())), **found} if names else {}


def _timeline(value: Any) -> list[dict[str, Any]] | None:
    """A value that is told with its periods, as another register like this one does; None when it is something else."""
    if not isinstance(value, list) or not value:
        return None
    is_told = all(isinstance(each, dict) and "value" in each and each.keys() <= _OF_PERIOD for each in value)
    return value if is_told else None


def _standing(told: list[dict[str, Any]]) -> dict[str, str]:
    """What of a timeline has no end, else what ends last, by language; nodes that describe a thing have no cell."""
    texts = [each for each in told if isinstance(each["value"], str)]
    end = None if any("validTo" not in each for each in texts) else max((each["validTo"] for each in texts), default="")
    found: dict[str, str] = {}
    for each in texts:
        if each.get("validTo") == end:
            language = str(each.get("language") or "")
            found[language] = f"{found[language]} {each['value']}" if language in found else each["value"]
    return found


def _period(name: str, told: dict[str, Any]) -> dict[str, str]:
    """The cells of one period of an attribute, and of each field of a node."""
    value = told["value"]
    fields = value.items() if isinstance(value, dict) else ()
    found = {name: _cell(value)} if not isinstance(value, dict) else {}
    found.update({f"{name}.{field}": each for field, each in fields if isinstance(each, str)})
    return found | {f"{name}.{field}": str(told.get(field) or "") for field in ("validFrom", "validTo")}


def _names(value: Any) -> dict[str, str] | None:
    """A value that is a text in one or more languages, by language; None when it is something else."""
    each = value if isinstance(value, list) else [value]
    if not each or not all(isinstance(one, dict) and isinstance(one.get(_VALUE), str) for one in each):
        return None
    return {str(one.get(_LANGUAGE) or ""): one[_VALUE] for one in each}


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case list() if all(isinstance(one, str | int | float) for one in value):
            return " ".join(_cell(one) for one in value)
        case _:
            return msgspec.json.encode(value, order="deterministic").decode()


def _plain(value: Any) -> bytes:
    """A value so that it compares: the order in a list means nothing."""
    if value in (None, "", [], {}):
        return b""
    if isinstance(value, list):
        return b"\n".join(sorted(_plain(one) for one in value))
    return msgspec.json.encode(value, order="deterministic")
