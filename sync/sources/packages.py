"""The package of an ``.xlsx`` workbook (ECMA-376), looked through before anything of it is opened.

Whoever made it may have wanted to harm: it could unpack to any size, declare entities that grow, or place cells so
that a reader which trusts their order leaves some out. What this module lets pass does none of that.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from typing import Final, NamedTuple
from xml.parsers import expat

from regiolog.events.errors import Unreadable

MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
"""The namespace of worksheets; that of the strict variant is another, which openpyxl does not read."""
LAST_ROW: Final = 1_048_576
LAST_COLUMN: Final = 16_384

_WORKBOOK: Final = "xl/workbook.xml"
_MOST_PARTS: Final = 10_000
_MOST_ELEMENTS: Final = 200_000
"""How many elements a part may have, or one row of a sheet: Excel allows 65,490 formats, and 16,384 columns."""
_MOST_IN_TEXTS: Final = 2_000_000
"""How many the texts may have that cells share."""
_REFERENCE: Final = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})\Z")
_TEXT: Final = (".xml", ".rels")
_DAMAGED: Final = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)


class Layout(NamedTuple):
    """How one sheet is laid out.

    Attributes:
        last: The number of its last row.
        formula: Its first cell with a formula; None when it has none.
        merged: The ranges of cells that are merged.
    """

    last: int
    formula: str | None
    merged: tuple[str, ...]


def look_through(body: bytes, *, most_bytes: int) -> dict[str, Layout]:
    """The sheets of a package by the names of their parts, when nothing in it can do harm.

    Raises:
        Unreadable: It is damaged, not a workbook, larger unpacked than it may be, or made to mislead.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as package:
            parts = package.infolist()
            _check_parts(parts, most_bytes)
            looks = {part.filename: _look(package.read(part), part.filename) for part in parts}
    except _DAMAGED as error:
        raise Unreadable(f"the workbook is damaged: {' '.join(str(error).split())[:200]}") from None
    return {
        name: Layout(look.row, look.formula, tuple(look.merged)) for name, look in looks.items() if look.is_worksheet
    }


def _check_parts(parts: list[zipfile.ZipInfo], most_bytes: int) -> None:
    """That a package is a workbook, and no larger than it may be."""
    names = [part.filename for part in parts]
    if _WORKBOOK not in names:
        raise Unreadable(f"what came is a ZIP archive without {_WORKBOOK}, so no workbook that is read here")
    if len(set(names)) < len(names) or len(names) > _MOST_PARTS:
        raise Unreadable("the workbook has parts of the same name, or very many")
    unpacked = sum(part.file_size for part in parts)
    if unpacked > most_bytes:
        raise Unreadable(f"the workbook has {unpacked} bytes unpacked, and {most_bytes} are allowed")
    for part in parts:
        if part.flag_bits & 1:
            raise Unreadable("the workbook is encrypted")
        # Reading stops at the size that is stated; but only these two ways of packing stop in time.
        if part.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise Unreadable(f"the part {part.filename[:80]!r} of the workbook is packed in an unusual way")


class _Look:
    """What is seen of one part while it is read from beginning to end."""

    def __init__(self, name: str) -> None:
        """Nothing is seen yet."""
        self.name = name
        self.begun = False
        self.is_worksheet = False
        self.elements = 0
        self.most = _MOST_ELEMENTS
        self.row = 0
        self.column = 0
        self.formula: str | None = None
        self.merged: list[str] = []

    def doctype(self, *_: object) -> None:
        """No part of a workbook has a document type (ECMA-376, part 2), with which entities would come."""
        raise Unreadable(f"the part {self.name[:80]!r} of the workbook declares a document type")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element: the first tells what the part is; a sheet's rows and cells have to be in order."""
        if not self.begun:
            self._begin(name)
        self.elements += 1
        if self.is_worksheet:
            within = name.removeprefix(f"{MAIN}}}")
            if within == "row":
                self._row(attributes.get("r"))
            elif within == "c":
                self._cell(attributes.get("r"))
            elif within == "f":
                self.formula = self.formula or f"{letters(self.column)}{self.row}"
            elif within == "mergeCell":
                self.merged.append(attributes.get("ref", ""))
        if self.elements > self.most:
            raise Unreadable(f"the part {self.name[:80]!r} of the workbook has too many elements")

    def _begin(self, name: str) -> None:
        self.begun = True
        self.is_worksheet = name == f"{MAIN}}}worksheet"
        if name == f"{MAIN}}}sst":
            self.most = _MOST_IN_TEXTS
        elif name.endswith(("}worksheet", "}workbook")) and not name.startswith(f"{MAIN}}}"):
            raise Unreadable("the workbook is of the strict variant of its format, which is not read here")

    def _row(self, stated: str | None) -> None:
        number = self.row + 1 if stated is None else int(stated) if stated.isdecimal() else 0
        if not self.row < number <= LAST_ROW:
            raise Unreadable(f"after row {self.row} of a sheet comes row {str(stated)[:20]!r}: the workbook is damaged")
        self.row, self.column, self.elements = number, 0, 0

    def _cell(self, stated: str | None) -> None:
        column = self.column + 1
        if stated is not None:
            parts = _REFERENCE.match(stated)
            column = 0 if parts is None or int(parts[2]) != self.row else _number(parts[1])
        if not self.column < column <= LAST_COLUMN:
            raise Unreadable(f"a cell {str(stated)[:20]!r} is out of place in row {self.row}: the workbook is damaged")
        self.column = column


def _number(column: str) -> int:
    """The number of a column, from its letters."""
    number = 0
    for letter in column:
        number = number * 26 + ord(letter) - 64
    return number


def letters(number: int) -> str:
    """The letters of a column, from its number, counted from 1."""
    found = ""
    while number:
        number, rest = divmod(number - 1, 26)
        found = chr(65 + rest) + found
    return found


def _look(content: bytes, name: str) -> _Look:
    """What there is to see in a part."""
    look = _Look(name)
    parser = expat.ParserCreate(namespace_separator="}")
    parser.StartDoctypeDeclHandler = look.doctype
    parser.StartElementHandler = look.start
    try:
        parser.Parse(content, True)  # noqa: FBT003 - it takes no names
    except (expat.ExpatError, LookupError) as error:
        # Pictures and macros are no XML, and what Excel draws with is careless XML; nobody reads those.
        if look.is_worksheet or name.lower().endswith(_TEXT):
            raise Unreadable(f"the part {name[:80]!r} of the workbook is broken: {error}") from None
    return look
