"""Tables: rows of cells under one header, read strictly from CSV or a spreadsheet, so that nothing is guessed.

A document with one bad row is refused as a whole: who would leave that row out withdraws what it says.
What form a document has is seen from its bytes; what its publisher calls it may only agree.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import Final, NamedTuple

from regiolog.events.errors import Unreadable
from regiolog.sync.sources.spreadsheets import OLE, ZIP, cell_name, read_xls, read_xlsx

LONGEST_CELL: Final = 32 * 2**10
"""How many characters a cell may have; a spreadsheet's cell holds one less."""
MOST_COLUMNS: Final = 1_000
"""How many columns a table may have."""

_DELIMITERS: Final = ",;\t|"
_SHOWN: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_CHARSETS: Final = frozenset(
    {"utf-8", "utf-8-sig", "ascii", "utf-16", "utf-16-le", "utf-16-be", "iso8859-1", "iso8859-15", "cp1252"}
)
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig", {"utf-8", "utf-8-sig"}),
    (codecs.BOM_UTF16_LE, "utf-16", {"utf-16", "utf-16-le"}),
    (codecs.BOM_UTF16_BE, "utf-16", {"utf-16", "utf-16-be"}),
)
"""The byte order marks that a text may begin with, the codec that takes them away, and the names that agree."""

_ANYTHING: Final = frozenset({"", "text/plain", "application/octet-stream", "binary/octet-stream"})
_CALLED_CSV: Final = frozenset(
    {
        "text/csv",
        "text/x-csv",
        "application/csv",
        "application/x-csv",
        "text/comma-separated-values",
        "text/tab-separated-values",
        "application/vnd.ms-excel",  # Windows calls a CSV file so
    }
)
_CALLED_SHEET: Final = frozenset(
    {
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.template",
        "application/vnd.ms-excel",
        "application/vnd.ms-excel.sheet.macroenabled.12",
        "application/msexcel",
        "application/x-msexcel",
        "application/zip",
        "application/x-zip-compressed",
    }
)
_SHEET_NAMES: Final = frozenset({".xlsx", ".xlsm", ".xltx", ".xls"})

_FOREIGN_BYTES: Final = ((b"%PDF-", "a PDF document"), (b"\x1f\x8b", "a gzip file"))
_FOREIGN: Final = (
    (re.compile(r"(?s)<[!?].*?<rdf:rdf\b|<rdf:rdf\b"), "RDF/XML"),
    (re.compile(r"(?s)(<[!?].*?)?<(!doctype\s+html|html|head|body|title|meta|script)\b"), "an HTML page"),
    (re.compile(r"((#.*)?\n)*(@prefix\s|@base\s|prefix\s+[\w.-]*:\s*<|<(https?|urn):[^<>\s]*>\s)"), "RDF"),
    (re.compile(r"<[!?a-z][^<>]*>?\s*(<|$)|<[!?]"), "an XML document"),
    (re.compile(r"[{]\s*[\"}]|\[\s*(\[|\{|\]|\"|-?\d+\s*,)"), "JSON"),
)
"""What begins like no table, in small letters: the first that fits tells what it is."""
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_AROUND: Final = re.compile(r"\A[\s\ufeff\u200b]+|[\s\ufeff\u200b]+\Z")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class Row(NamedTuple):
    """One row below the header.

    Attributes:
        where: Where it stands: ``line 12`` of a CSV file, on which it begins, or ``row 12`` of a sheet.
        cells: As many as the table has columns, as they were written; a cell that is empty is "".
    """

    where: str
    cells: tuple[str, ...]


class Table(NamedTuple):
    """What a publisher lists, under one header.

    Attributes:
        columns: The header, without the white space around its names; "" is a column without a name, in which
            nothing stands.
        rows: Without those in which nothing stands.
    """

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def column(table: Table, names: Sequence[str]) -> int | None:
    """Which column is called by one of some names, tried in their order; None when none is.

    Headers differ from version to version: letter case and white space around the names make no difference.
    """
    columns = [_bare(name).casefold() for name in table.columns]
    wanted = (_bare(name).casefold() for name in names)
    return next((columns.index(name) for name in wanted if name and name in columns), None)


def read_table(
    body: bytes,
    *,
    media: str = "",
    charset: str | None = None,
    name: str = "",
    delimiter: str | None = None,
    sheet: str | None = None,
    most_rows: int = 1_000_000,
    most_bytes: int = 64 * 2**20,
) -> Table:
    """The table in a document, as CSV (RFC 4180, with other delimiters too), ``.xlsx`` or ``.xls``.

    Args:
        body: The document.
        media: The media type that its publisher states; "" when it states none.
        charset: The encoding of a text; None reads UTF-8, or UTF-16 with a byte order mark, and nothing else.
        name: The end of its address, for the suffix.
        delimiter: What stands between the cells of a text; None finds it in the header.
        sheet: Which sheet of a workbook is read; None reads the first that is not hidden.
        most_rows: How many rows it may have.
        most_bytes: How many bytes it may have, packed and unpacked.

    Raises:
        Unreadable: It is no table, or not one that can be read without guessing.
    """
    if len(body) > most_bytes:
        raise Unreadable(f"it has {len(body)} bytes, and {most_bytes} are allowed")
    for magic, what in _FOREIGN_BYTES:
        if body.startswith(magic):
            raise Unreadable(f"what came is {what}, not a table")
    called = media.partition(";")[0].strip().lower()
    if body.startswith((ZIP, OLE)):
        _check_media(called, _CALLED_SHEET, "a spreadsheet")
        if body.startswith(ZIP):
            rows = read_xlsx(body, sheet=sheet, most_rows=most_rows, most_bytes=most_bytes)
        else:
            rows = read_xls(body, sheet=sheet, most_rows=most_rows)
        return _table(rows, most_rows, line="row", place=lambda number, index: f"cell {cell_name(number, index + 1)}")
    text = _text(body, charset)
    _check_form(text)
    _check_media(called, _CALLED_CSV, "a text")
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in _SHEET_NAMES:
        raise Unreadable(f"its address ends in {suffix}, but what came is no spreadsheet")
    if sheet is not None:
        raise Unreadable(f"a sheet {sheet!r} is asked for, but what came is no spreadsheet")
    if delimiter is None and (suffix in {".tsv", ".tab"} or called == "text/tab-separated-values"):
        delimiter = "\t"
    rows = _csv_rows(text, delimiter, most_rows)
    return _table(rows, most_rows, line="line", place=lambda number, index: f"line {number}, cell {index + 1}")


def _bare(name: str) -> str:
    """A name without the white space around it, no-break spaces and byte order marks included."""
    return _AROUND.sub("", name)


def _check_media(called: str, fitting: frozenset[str], what: str) -> None:
    """That a publisher does not call a document something that it is not."""
    if called not in _ANYTHING | fitting:
        raise Unreadable(f"its publisher calls it {called[:80]!r}, and what came is {what}: it cannot be both")


def _check_form(text: str) -> None:
    """That a text does not begin like something else."""
    head = text[:4096].lstrip("\ufeff \t\r\n").lower()
    for pattern, what in _FOREIGN:
        if pattern.match(head):
            raise Unreadable(f"what came is {what}, not a table")


def _text(body: bytes, charset: str | None) -> str:
    """The text that some bytes are, in the encoding that is stated, or in UTF-8 or UTF-16 as they themselves say."""
    codec = "utf-8"
    if charset is not None:
        try:
            codec = codecs.lookup(charset).name
        except (LookupError, ValueError):
            codec = ""
        if codec not in _CHARSETS:
            raise Unreadable(f"it is said to be in {charset[:40]!r}, an encoding that is not read here")
    for mark, marked, agreeing in _MARKS:
        if body.startswith(mark):
            if charset is not None and codec not in agreeing:
                raise Unreadable(f"it is said to be in {charset[:40]!r}, but begins with the mark of {marked[:6]}")
            codec = marked
    try:
        return body.decode(codec)
    except UnicodeDecodeError as error:
        line = _lines_in(body[: error.start].decode(codec, "ignore")) + 1
        byte = f"byte 0x{body[error.start]:02x} on line {line}" if error.start < len(body) else f"line {line}"
        raise Unreadable(f"it cannot be read as {codec.removesuffix('-sig').upper()}: {byte} does not fit") from None


def _lines_in(text: str) -> int:
    """How many lines end in a text."""
    return sum(1 for _ in _LINE_END.finditer(text))


def _csv_rows(text: str, delimiter: str | None, most_rows: int) -> list[tuple[int, tuple[str, ...]]]:
    """The rows of a CSV text that are not blank, each with the line on which it begins and as wide as the header."""
    control = _CONTROL.search(text)
    if control is not None:
        line = _lines_in(text[: control.start()]) + 1
        raise Unreadable(f"line {line} holds a control character (U+{ord(control[0]):04X})")
    text = text.lstrip("\ufeff")
    between = _delimiter(text) if delimiter is None else delimiter
    lines: list[str] = []
    reader = csv.reader(_kept(io.StringIO(text, newline=""), lines), delimiter=between, strict=True)
    rows: list[tuple[int, tuple[str, ...]]] = []
    while True:
        lines.clear()
        begins = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise Unreadable(_csv_complaint(error, begins, between)) from None
        if cells is None:
            return rows
        if len(cells) <= 1 and not "".join(cells).strip():
            continue
        if _is_bare_quote(cells, lines):
            raise Unreadable(f"line {begins} has a quotation mark inside a cell that is not quoted")
        if rows and len(cells) != len(rows[0][1]):
            wanted = len(rows[0][1])
            raise Unreadable(f"line {begins} has {_cells(len(cells))}, and the header says that there are {wanted}")
        rows.append((begins, tuple(cells)))
        if len(rows) > most_rows + 1:
            raise Unreadable(f"it has more than {most_rows} rows")


def _kept(lines: Iterable[str], kept: list[str]) -> Iterator[str]:
    """Some lines, each kept as it is handed on."""
    for line in lines:
        kept.append(line)
        yield line


def _is_bare_quote(cells: Sequence[str], lines: Sequence[str]) -> bool:
    """Whether a quotation mark in a cell was not written as RFC 4180 has it, which the csv module lets pass."""
    quoting = ['"{}"'.format(cell.replace('"', '""')) for cell in cells if '"' in cell]
    return bool(quoting) and not all(cell in "".join(lines) for cell in quoting)


def _cells(count: int) -> str:
    """How many cells, in words that fit a sentence."""
    return f"{count} cell" if count == 1 else f"{count} cells"


def _csv_complaint(error: csv.Error, line: int, delimiter: str) -> str:
    """What is wrong with the row that begins on a line, in a sentence."""
    said = str(error)
    if "unexpected end" in said:
        return f"the row that begins on line {line} opens a quotation that is never closed"
    if "expected after" in said:
        what = _SHOWN.get(delimiter, repr(delimiter))
        return f"in the row that begins on line {line} something follows a closed quotation, where {what} should"
    if "field limit" in said:
        return f"the row that begins on line {line} has a cell of more than {LONGEST_CELL} characters"
    return f"the row that begins on line {line} is not CSV: {said}"


def _delimiter(text: str) -> str:
    """What stands between the names of a header: the one delimiter that occurs there outside quotations."""
    blank = text[: len(text) - len(text.lstrip())]
    begin = max(blank.rfind("\n"), blank.rfind("\r")) + 1
    found = []
    for candidate in _DELIMITERS:
        try:
            cells = next(csv.reader(io.StringIO(text[begin:], newline=""), delimiter=candidate, strict=True), [])
        except csv.Error:
            continue
        if len(cells) > 1:
            found.append(candidate)
    if len(found) > 1:
        both = " and ".join(_SHOWN[each] for each in found)
        raise Unreadable(f"its header has {both}, so it is not certain what divides its columns")
    return found[0] if found else _DELIMITERS[0]


def _table(
    raw: Sequence[tuple[int, tuple[str, ...]]], most_rows: int, *, line: str, place: Callable[[int, int], str]
) -> Table:
    """A table from its rows, the header first: what is empty throughout left out, and everything doubtful refused."""
    filled = [(number, cells) for number, cells in raw if any(cell.strip() for cell in cells)]
    if not filled:
        raise Unreadable("it is empty")
    (first, header), *below = filled
    if len(below) > most_rows:
        raise Unreadable(f"it has more than {most_rows} rows")
    width = max(len(cells) for _, cells in filled)
    used = [False] * width
    for number, cells in filled:
        for index, cell in enumerate(cells):
            if cell:
                if len(cell) > LONGEST_CELL:
                    raise Unreadable(f"{place(number, index)} has more than {LONGEST_CELL} characters")
                control = _CONTROL.search(cell)
                if control is not None:
                    code = f"U+{ord(control[0]):04X}"
                    raise Unreadable(f"{place(number, index)} holds a control character ({code})")
    columns = [_bare(name) for name in header] + [""] * (width - len(header))
    for number, cells in below:
        for index, cell in enumerate(cells):
            if not used[index] and cell.strip():
                used[index] = True
                if not columns[index]:
                    raise Unreadable(f"{place(number, index)} holds something, but its column has no name")
    while columns and not columns[-1]:
        columns.pop()
    if len(columns) > MOST_COLUMNS:
        raise Unreadable(f"it has {len(columns)} columns, and {MOST_COLUMNS} are allowed")
    _check_names(columns, used, f"{line} {first}")
    rows = (Row(f"{line} {number}", _as_wide(cells, len(columns))) for number, cells in below)
    return Table(tuple(columns), tuple(rows))


def _as_wide(cells: tuple[str, ...], width: int) -> tuple[str, ...]:
    """A row's cells, as many as there are columns."""
    return (cells + ("",) * (width - len(cells)))[:width]


def _check_names(columns: Sequence[str], used: Sequence[bool], where: str) -> None:
    """That no two columns have one name, unless nothing stands in them."""
    names = [name.casefold() for name in columns]
    for index, name in enumerate(columns):
        alike = [other for other, known in enumerate(names) if known == names[index]]
        if name and len(alike) > 1 and any(used[other] for other in alike):
            raise Unreadable(f"two columns of the header on {where} are called {name[:80]!r}")
