"""Spreadsheets are harvested as the CSV files that they could be: the same claims, to the letter."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from tests.harvest.lists import REGIONS, Register, declaration

HEADER = ["code", "region", "name", "since", "remark"]
ROWS: list[list[Any]] = [
    [10001, 1, "Noord", date(2020, 2, 1), None],
    [10002.0, 1, "Noord", date(2020, 2, 1), None],
    ["10003", 2, " Zuid ", None, None],
    [99991, None, None, None, None],
]
CSV = b"""code,region,name,since,remark
10001,1,Noord,2020-02-01,
10002,1,Noord,2020-02-01,
10003,2, Zuid ,,
99991,,,,
"""
DATED = {"mapping": {**REGIONS, "valid_from": ["since"]}}


def workbook(*sheets: tuple[str, Sequence[list[Any]]], shown: Callable[[Worksheet], object] | None = None) -> bytes:
    """A workbook of some sheets by name, with something done to the last before it is saved."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        if shown is not None:
            shown(sheet)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.fixture
def register(begin: Callable[..., Register]) -> Register:
    """A register with a workbook and a CSV file as sources, each with a voice of its own."""
    return begin(
        book=declaration(**DATED, said_by="book", location="regions.xlsx"),
        text=declaration(**DATED, said_by="text", location="regions.csv"),
    )


def test_a_workbook_says_what_its_csv_says(register: Register) -> None:
    """Codes that are kept as numbers, days that are kept as days, and empty cells are the same claims in both."""
    register.publish("regions.xlsx", workbook(("gemeenten", [HEADER, *ROWS])))
    register.publish("regions.csv", CSV)
    assert register.harvest("book").made == register.harvest("text").made == 5
    assert register.saying("book") == register.saying("text")
    assert {claim.valid_from for claim in register.saying("book")} == {None, date(2020, 2, 1)}
    assert register.placed("book") == {"10001": "1", "10002": "1", "10003": "2"}


def test_a_workbook_that_was_saved_anew_says_nothing_new(register: Register) -> None:
    """Other bytes, another sheet behind it and another order of rows are silence."""
    register.publish("regions.xlsx", workbook(("gemeenten", [HEADER, *ROWS])))
    register.harvest("book")
    register.publish("regions.xlsx", workbook(("gemeenten", [HEADER, *reversed(ROWS)]), ("uitleg", [["wat"], [1]])))
    assert register.harvest("book").outcome == "silent"


def test_codes_that_a_workbook_took_for_numbers_wait(register: Register) -> None:
    """A zero that a sheet shows is kept; where it no longer shows it, somebody looks first."""
    codes: list[list[Any]] = [["code", "region"], *([1000 + number, 1] for number in range(20))]

    def as_codes(sheet: Worksheet) -> None:
        for (cell,) in sheet.iter_rows(min_row=2, max_col=1):
            cell.number_format = "00000"

    register.declare("book", declaration(mapping={**REGIONS, "name": []}, said_by="book", location="regions.xlsx"))
    register.publish("regions.xlsx", workbook(("codes", codes), shown=as_codes))
    assert register.harvest("book").outcome == "new"
    assert min(register.placed("book")) == "01000"
    register.publish("regions.xlsx", workbook(("codes", codes)))
    report = register.harvest("book")
    assert report.outcome == "refused"
    assert "leading zeros seem to be lost: 1000, 1001" in (report.reason or "")


def test_the_sheet_that_is_named_is_read(register: Register) -> None:
    """The mapping says which sheet; when there is none of that name, the report says which there are."""
    mapping = {"mapping": {**REGIONS, "sheet": "2026"}, "said_by": "book", "location": "regions.xlsx"}
    register.declare("book", declaration(**mapping))
    register.publish("regions.xlsx", workbook(("2025", [HEADER]), ("2026", [HEADER, *ROWS])))
    assert register.harvest("book").outcome == "new"
    register.publish("regions.xlsx", workbook(("2025", [HEADER]), ("2027", [HEADER, *ROWS])))
    assert (register.harvest("book").reason or "").endswith("no sheet '2026' that is not hidden, but '2025', '2027'")


def test_a_placeholder_is_no_code_that_lost_its_zeros(register: Register) -> None:
    """A short code that the settings call a placeholder is kept and marked; any other short one is looked at first."""
    rows: list[list[Any]] = [["code", "region", "name"], [10001, 1, "Noord"], [0, 9, "Onbekend"]]
    register.publish("regions.xlsx", workbook(("gemeenten", rows)))
    assert "leading zeros seem to be lost: 0" in (register.harvest("book").reason or "")
    mapping = {**REGIONS, "placeholders": "[09]"}
    register.declare("book", declaration(mapping=mapping, said_by="book", location="regions.xlsx"))
    report = register.harvest("book")
    assert (report.outcome, report.marked["placeholder"]) == ("new", 2)
