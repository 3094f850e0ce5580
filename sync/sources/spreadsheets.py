"""Spreadsheets: one sheet of an ``.xlsx`` or ``.xls`` workbook, as rows of texts with nothing worked out in between.

Whole numbers become their digits, other numbers their shortest decimal text, days ``YYYY-MM-DD`` and days with a time
``YYYY-MM-DDThh:mm:ss``, as wide as the sheet keeps them. Formulas, errors, truth values, times without a day and merged
cells are refused: what they stand for depends on the program that shows them.

Of an ``.xls`` workbook it cannot be told which cells have formulas, so their last results are read; a cell with an
error seems empty; and leading zeros that only its number format shows are lost, whereas those of an ``.xlsx`` are kept.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from math import isfinite
from typing import Any, Final, NamedTuple

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from regiolog.events.errors import Unreadable
from regiolog.sync.sources.packages import LAST_COLUMN, LAST_ROW, Layout, letters, look_through

ZIP: Final = b"PK"
"""How an ``.xlsx`` workbook begins, as every ZIP archive."""
OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How an ``.xls`` workbook begins, and an ``.xlsx`` that is encrypted."""

_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
"""What an encrypted ``.xlsx`` is called within the wrapping of an ``.xls``."""
_EXACT: Final = 10**15
"""Up to here a spreadsheet keeps every digit of a whole number."""
_ZEROS: Final = re.compile(r"0{2,20}\Z")

Numbered = tuple[int, tuple[str, ...]]
"""A row with its number, counted from 1."""


class _Area(NamedTuple):
    """A rectangle of cells, both corners included, counted from 1."""

    left: int
    top: int
    right: int
    bottom: int

    def __str__(self) -> str:
        """The rectangle as a spreadsheet writes it, such as ``A1:B3``."""
        return f"{cell_name(self.top, self.left)}:{cell_name(self.bottom, self.right)}"


def cell_name(row: int, column: int) -> str:
    """A cell as a spreadsheet names it, such as ``C5``; both are counted from 1."""
    return f"{letters(column)}{row}"


def read_xlsx(body: bytes, *, sheet: str | None, most_rows: int, most_bytes: int) -> list[Numbered]:
    """The rows of a sheet in which something stands.

    Args:
        body: The workbook.
        sheet: The name of the sheet; None reads the first that is not hidden.
        most_rows: How many there may be below the first.
        most_bytes: How many bytes the workbook may have, unpacked.

    Raises:
        Unreadable: The workbook, or something in the sheet, cannot be read without guessing.
    """
    from openpyxl.reader.excel import ExcelReader  # noqa: PLC0415 - takes longer to load than most harvests take

    layouts = look_through(body, most_bytes=most_bytes)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what openpyxl would not write back; nothing is written back
            reader = ExcelReader(io.BytesIO(body), read_only=True, keep_links=False)
            reader.read()
            visible = [
                (listed.name, related.target)
                for listed, related in reader.parser.find_sheets()
                if listed.state == "visible" and "chartsheet" not in related.Type
            ]
            name, part = visible[_chosen([name for name, _ in visible], sheet)]
            if part not in layouts:
                raise Unreadable(f"the workbook lists a sheet {name!r} that is not in it")
            layout = layouts[part]
            if layout.formula is not None:
                raise Unreadable(f"cell {layout.formula} holds a formula, and what it comes to is not certain")
            rows = list(_rows(_xlsx_texts(reader.wb[name], layout), most_rows))
            _check_merged((_area(written) for written in layout.merged), rows)
            return rows
    except Unreadable:
        raise
    except Exception as error:
        # A workbook can be broken in more ways than openpyxl has errors for; none of them is ours.
        why = " ".join(str(error).split())[:200] or type(error).__name__
        raise Unreadable(f"the workbook is broken: {why}") from error


def read_xls(body: bytes, *, sheet: str | None, most_rows: int) -> list[Numbered]:
    """The rows of a sheet in which something stands, from the old binary form; what it takes is said above."""
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(body)) as book:
            visible = [
                listed.name
                for listed in book.sheets_metadata
                if listed.visible == SheetVisibleEnum.Visible and listed.typ == SheetTypeEnum.WorkSheet
            ]
            held = book.get_sheet_by_name(visible[_chosen(visible, sheet)])
            values = held.to_python(skip_empty_area=False)
            merged = held.merged_cell_ranges or []
    except PasswordError:
        raise Unreadable("the workbook is encrypted") from None
    except Unreadable:
        raise
    except BaseException as error:
        # Where calamine meets what it did not think of it panics, which is no Exception, and has no name to import.
        if not isinstance(error, CalamineError) and type(error).__name__ != "PanicException":
            raise
        if _ENCRYPTED in body:
            raise Unreadable("the workbook is encrypted") from None
        raise Unreadable(f"the workbook is broken: {' '.join(str(error).split())[:200]}") from None
    texts = (
        tuple(_text(value, cell_name(number, column)) for column, value in enumerate(row, start=1))
        for number, row in enumerate(values, start=1)
    )
    rows = list(_rows(texts, most_rows))
    _check_merged((_Area(left + 1, top + 1, right + 1, bottom + 1) for (top, left), (bottom, right) in merged), rows)
    return rows


def _chosen(visible: Sequence[str], wanted: str | None) -> int:
    """Which of the sheets that are not hidden is read."""
    if not visible:
        raise Unreadable("the workbook has no sheet that is not hidden")
    if wanted is None:
        return 0
    if wanted not in visible:
        known = ", ".join(repr(name) for name in visible[:20])
        raise Unreadable(f"the workbook has no sheet {wanted!r} that is not hidden, but {known}")
    return visible.index(wanted)


def _rows(texts: Iterable[tuple[str, ...]], most: int) -> Iterator[Numbered]:
    """The rows in which something stands, numbered from 1 and without what is empty at their end."""
    found = 0
    for number, row in enumerate(texts, start=1):
        width = next((width for width in range(len(row), 0, -1) if row[width - 1].strip()), 0)
        if width:
            found += 1
            if found > most + 1:
                raise Unreadable(f"it has more than {most} rows")
            yield number, row[:width]


def _xlsx_texts(held: Any, layout: Layout) -> Iterator[tuple[str, ...]]:
    """The cells of every row, up to the last; what stands after the rows is never looked at."""
    held.reset_dimensions()
    for number, row in enumerate(islice(held.iter_rows(), layout.last), start=1):
        yield tuple(_xlsx_text(cell, number, column) for column, cell in enumerate(row, start=1))


def _xlsx_text(cell: Any, row: int, column: int) -> str:
    """What a cell holds, as a text."""
    value = cell.value
    if value is None:
        return ""
    where = cell_name(row, column)
    if cell.data_type == "e":
        raise Unreadable(f"cell {where} holds an error ({str(value)[:20]})")
    text = _text(value, where)
    if isinstance(value, int | float):
        zeros = _ZEROS.match(cell.number_format)  # which fails, and has to, when its style is missing
        if zeros is not None and text.isdecimal():
            return text.zfill(len(zeros[0]))
    return text


def _text(value: object, where: str) -> str:
    """A value as a text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        raise Unreadable(f"cell {where} holds a truth value, not a text")
    if isinstance(value, int | float):
        return _digits(value, where)
    if isinstance(value, datetime):
        return value.isoformat() if value.time() != datetime.min.time() else value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise Unreadable(f"cell {where} holds a time without a day")


def _digits(number: float, where: str) -> str:
    """A number as a text: whole numbers without a point, others as short as they can be."""
    if not isfinite(number) or abs(number) >= _EXACT:
        raise Unreadable(f"cell {where} holds a number with more digits than a spreadsheet keeps")
    return str(int(number)) if number == int(number) else format(Decimal(repr(number)), "f")


def _area(written: str) -> _Area:
    """A range of cells from what a sheet calls it."""
    from openpyxl.utils.cell import range_boundaries  # noqa: PLC0415 - likewise

    left, top, right, bottom = range_boundaries(written)
    return _Area(left or 1, top or 1, right or LAST_COLUMN, bottom or LAST_ROW)


def _check_merged(merged: Iterable[_Area], rows: Sequence[Numbered]) -> None:
    """That no merged cells touch the rectangle in which something stands."""
    if not rows:
        return
    top, bottom, width = rows[0][0], rows[-1][0], max(len(cells) for _, cells in rows)
    for area in merged:
        if area.left <= width and area.top <= bottom and area.bottom >= top:
            raise Unreadable(f"the cells {area} are merged, so it is not certain which of them the value is for")
