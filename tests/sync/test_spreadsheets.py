"""Tables in spreadsheets, made here by openpyxl or byte by byte: what is read, and everything that is refused."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from regiolog.events.errors import Unreadable
from regiolog.sync.sources.tables import Row, Table, read_table
from tests.sync.old_workbooks import in_ole, merged, number, text, truth, xls

SAID: list[list[Any]] = [["gemeente", "naam"], [11001, "Aartselaar"], ["23105", None]]
READ = Table(("gemeente", "naam"), (Row("row 2", ("11001", "Aartselaar")), Row("row 3", ("23105", ""))))

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WORKBOOK, SHEET = "xl/workbook.xml", "xl/worksheets/sheet1.xml"
TYPES, STYLES, TEXTS = "[Content_Types].xml", "xl/styles.xml", "xl/sharedStrings.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

SHARED = f'<sst xmlns="{MAIN}"><si><t>naam</t></si><si><r><t>Zwijn</t></r><r><t>drecht</t></r></si></sst>'.encode()


def workbook(rows: Iterable[list[Any]], then: Callable[[Worksheet], object] | None = None) -> bytes:
    """An ``.xlsx`` workbook of one sheet, with something done to it before it is saved."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    for row in rows:
        sheet.append(row)
    if then is not None:
        then(sheet)
    return saved(book)


def saved(book: Workbook) -> bytes:
    """A workbook as bytes."""
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def remade(body: bytes, parts: Mapping[str, Callable[[bytes], bytes] | None], packing: int = 8) -> bytes:
    """A package with some parts written anew; None leaves a part out."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(file, "w", packing) as new:
        for name in old.namelist():
            change = parts.get(name, bytes)
            if change is not None:
                new.writestr(name, change(old.read(name)))
    return file.getvalue()


def sharing(texts: bytes) -> bytes:
    """A workbook whose cells refer to texts that they share, as Excel writes it."""
    listed = (
        f'<Override PartName="/{TEXTS}" ContentType='
        '"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>'
    )
    cells = "".join(f'<row><c t="s"><v>{index}</v></c></row>' for index in range(2))
    body = remade(of_rows(cells), {TYPES: lambda content: content.replace(b"</Types>", listed.encode())})
    file = io.BytesIO(body)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as package:
        package.writestr(TEXTS, texts)
    return file.getvalue()


def of_rows(rows: str) -> bytes:
    """A workbook whose sheet has these rows, as XML, whatever they are."""
    content = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'.encode()
    return remade(workbook(SAID), {SHEET: lambda _: content})


def refusal(body: bytes, **how: Any) -> str:
    """The sentence in which a document is refused."""
    with pytest.raises(Unreadable) as refused:
        read_table(body, **how)
    said = str(refused.value)
    assert "\n" not in said
    assert len(said) < 400
    return said


# --- What is read -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("media", [XLSX, "application/vnd.ms-excel", "application/octet-stream", ""])
def test_a_workbook_is_a_table(media: str) -> None:
    """Its first row is the header; a code that is kept as a number is its digits."""
    assert read_table(workbook(SAID), media=media, name="tabel.xlsx") == READ


def test_every_value_is_a_text() -> None:
    """Whole numbers are digits, other numbers as short as can be, days are days."""
    values = [11001.0, 0.1, -2.50, 1e-7, 10**14, date(2025, 1, 1), datetime(2025, 1, 1), datetime(2025, 1, 1, 13, 5, 9)]  # noqa: DTZ001
    (row,) = read_table(workbook([[f"c{number}" for number in range(8)], values])).rows
    said = ("11001", "0.1", "-2.5", "0.0000001", "100000000000000", "2025-01-01", "2025-01-01", "2025-01-01T13:05:09")
    assert row.cells == said


def test_zeros_that_the_sheet_shows_are_kept() -> None:
    """A number that is shown with leading zeros is a code."""

    def formatted(sheet: Worksheet) -> None:
        sheet["A2"].number_format = "00000"

    assert read_table(workbook([["code", "aantal"], [612, 612]], formatted)).rows[0].cells == ("00612", "612")


def test_rows_keep_their_numbers() -> None:
    """Empty rows, before the header too, are passed over; what only looks like a formula is a text."""

    def quoted(sheet: Worksheet) -> None:
        sheet["B6"].data_type = "s"

    rows: list[list[Any]] = [[], [None, " "], ["code", "naam", " "], [1, "a"], [], ["", "=x"], [None, None]]
    table = read_table(workbook(rows, quoted))
    assert table == Table(("code", "naam"), (Row("row 4", ("1", "a")), Row("row 6", ("", "=x"))))


def test_the_first_sheet_that_is_not_hidden_is_read() -> None:
    """Unless another is named; one that is hidden, or not there, cannot be."""
    book = Workbook()
    hidden, shown, other = book.active, book.create_sheet("Gemeenten"), book.create_sheet("Regio's")
    assert hidden is not None
    hidden.title = "Verborgen"
    hidden.sheet_state = "hidden"
    hidden.append(["secret"])
    shown.append(["nis"])
    other.append(["regio"])
    body = saved(book)
    assert read_table(body).columns == ("nis",)
    assert read_table(body, sheet="Regio's").columns == ("regio",)
    for wanted in ("Verborgen", "Blad1"):
        assert refusal(body, sheet=wanted) == (
            f"""the workbook has no sheet {wanted!r} that is not hidden, but 'Gemeenten', "Regio's\""""
        )


def test_texts_that_cells_share_are_read() -> None:
    """As Excel writes them, also when they change their letters half-way."""
    assert read_table(sharing(SHARED)) == Table(("naam",), (Row("row 2", ("Zwijndrecht",)),))


def test_a_sheet_in_which_nothing_stands_is_empty() -> None:
    """White space is nothing either."""
    assert refusal(workbook([])) == "it is empty"
    assert refusal(workbook([[" "], []])) == "it is empty"


def test_what_stands_after_the_rows_is_not_looked_at() -> None:
    """A lying dimension, and links, rules and merged cells elsewhere, cost nothing."""

    def decorated(sheet: Worksheet) -> None:
        sheet.merge_cells("E1:F9")

    whole = "A1:XFD1048576"
    body = remade(
        workbook(SAID, decorated),
        {
            SHEET: lambda content: content.replace(b'ref="A1:F9"', f'ref="{whole}"'.encode()).replace(
                b"</worksheet>", f'<hyperlinks><hyperlink ref="{whole}"/></hyperlinks></worksheet>'.encode()
            )
        },
    )
    assert read_table(body) == READ


# --- What is refused --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("=A1&A2", "cell C3 holds a formula, and what it comes to is not certain"),
        ("#REF!", "cell C3 holds an error (#REF!)"),
        (True, "cell C3 holds a truth value, not a text"),
        (time(12), "cell C3 holds a time without a day"),
        (timedelta(hours=30), "cell C3 holds a time without a day"),
        (10**15, "cell C3 holds a number with more digits than a spreadsheet keeps"),
        ("x" * 32767 + "xx", "cell C3 has more than 32768 characters"),
    ],
)
def test_what_a_cell_may_not_hold(value: object, why: str) -> None:
    """The sentence names the cell."""

    def written(sheet: Worksheet) -> None:
        cell: Any = sheet["C3"]
        cell.value = value
        if isinstance(value, str):
            cell._value = value  # as long as it is, which openpyxl would cut off

    assert refusal(workbook([*SAID[:1], ["1", "2", "3"], ["4"]], written)) == why


def test_a_day_that_no_calendar_has_is_an_error() -> None:
    """A number that is formatted as a day, and is far too large for one."""

    def formatted(sheet: Worksheet) -> None:
        sheet["B2"].number_format = "yyyy-mm-dd"

    assert refusal(workbook([["nis", "dag"], [1, 99999999]], formatted)) == "cell B2 holds an error (#VALUE!)"


def test_what_stands_beside_the_header_has_no_name() -> None:
    """A note in the margin is not left out silently."""
    assert refusal(workbook([*SAID, [1, 2, None, "zie nota"]])) == (
        "cell D4 holds something, but its column has no name"
    )
    assert refusal(workbook([["nis", None, "naam"], [1, 2, 3]])) == (
        "cell B2 holds something, but its column has no name"
    )
    assert "two columns of the header on row 1 are called 'Naam'" in refusal(workbook([["Naam", "naam "], [1, 2]]))


@pytest.mark.parametrize("area", ["A1:B1", "A2:A3", "B3:D9"])
def test_merged_cells_are_refused_where_something_stands(area: str) -> None:
    """Which of them the value is for is not certain."""

    def joined(sheet: Worksheet) -> None:
        sheet.merge_cells(area)

    assert refusal(workbook(SAID, joined)).startswith(f"the cells {area} are merged")


def test_limits_of_a_workbook_are_named() -> None:
    """How many rows it may have, and how many bytes once it is unpacked."""
    body = workbook([["nis"], *([number] for number in range(11))])
    assert refusal(body, most_rows=10) == "it has more than 10 rows"
    assert len(read_table(body, most_rows=11).rows) == 11
    bomb = sharing(SHARED + b" " * 2**20)
    assert len(bomb) < 2**16
    assert "and 65536 are allowed" in refusal(bomb, most_bytes=2**16)


def test_a_package_that_lies_about_its_size_unpacks_no_more_than_it_says() -> None:
    """Reading stops there, and what was read does not fit its checksum."""
    body = sharing(SHARED + b" " * 2**20)
    with zipfile.ZipFile(io.BytesIO(body)) as package:
        size = package.getinfo(TEXTS).file_size
    lying = body.replace(struct.pack("<I", size), struct.pack("<I", 500))
    assert lying != body
    assert "the workbook is damaged" in refusal(lying, most_bytes=2**17)


def test_entities_do_not_grow() -> None:
    """A billion laughs are refused at the first line, in any encoding; a workbook has no document type."""
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    joke = f'<!DOCTYPE sst [<!ENTITY l0 "ha">{laughs}]><sst xmlns="{MAIN}"><si><t>&l9;</t></si></sst>'
    for encoded in (joke.encode(), joke.encode("utf-16")):
        assert refusal(sharing(encoded)) == f"the part '{TEXTS}' of the workbook declares a document type"


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ('<row r="2"><c r="A2"><v>1</v></c></row><row r="1"/>', "after row 2 of a sheet comes row '1'"),
        ('<row r="99999999999"/>', "after row 0 of a sheet comes row"),
        ('<row r="x"/>', "comes row 'x'"),
        ('<row r="1"><c r="B1"/><c r="A1"/></row>', "a cell 'A1' is out of place in row 1"),
        ('<row r="1"><c r="A1"/><c r="A1"/></row>', "a cell 'A1' is out of place"),
        ('<row r="1"><c r="A2"/></row>', "a cell 'A2' is out of place"),
        ('<row r="1"><c r="XFE1"/></row>', "a cell 'XFE1' is out of place"),
        (f'<row r="1">{"<c/>" * 16385}</row>', "a cell 'None' is out of place"),
        (f'<row><c t="inlineStr"><is>{"<t/>" * 200_000}</is></c></row>', "has too many elements"),
        ('<row r="1"><c t="s"><v>77</v></c></row>', "the workbook is broken"),
        ('<row r="1"><c><v>12,5</v></c></row>', "the workbook is broken"),
        ('<row r="1"><c><v>1e999</v></c></row>', "cell A1 holds a number with more digits"),
        ('<row r="1"><c s="99"><v>1</v></c></row>', "the workbook is broken"),
        ("<row>", "is broken: mismatched tag"),
    ],
)
def test_a_sheet_that_misleads_is_refused(rows: str, why: str) -> None:
    """Rows and cells out of order, which a reader would leave out or count on for ever."""
    assert why in refusal(of_rows(rows))


def test_rows_and_cells_need_not_say_where_they_are() -> None:
    """Then they follow each other; texts may stand within their cells."""

    def cell(text: str) -> str:
        return f'<c t="inlineStr"><is><t>{text}</t></is></c>'

    first = f"<row>{cell('nis')}{cell('naam')}</row>"
    table = read_table(of_rows(f'{first}<row r="1048576">{cell("1")}{cell("a")}</row>'))
    assert table == Table(("nis", "naam"), (Row("row 1048576", ("1", "a")),))


@pytest.mark.parametrize("part", [WORKBOOK, SHEET, TEXTS, STYLES, TYPES])
def test_a_part_that_is_missing_or_broken(part: str) -> None:
    """Is no reason to read the rest; without its styles, a number could as well be a day."""

    def with_a_day(content: bytes) -> bytes:
        return content.replace(b"</sheetData>", b'<row><c s="1"><v>45000</v></c></row></sheetData>')

    def with_its_style(content: bytes) -> bytes:
        return content.replace(b"</cellXfs>", b'<xf numFmtId="14" fontId="0" fillId="0" borderId="0"/></cellXfs>')

    whole = remade(sharing(SHARED), {SHEET: with_a_day, STYLES: with_its_style})
    assert [row.cells for row in read_table(whole).rows] == [("Zwijndrecht",), ("2023-03-15",)]
    for body in (remade(whole, {part: None}), remade(whole, {part: lambda content: content[: len(content) // 2]})):
        assert refusal(body)


def test_packages_that_are_no_workbook() -> None:
    """Each says what is the matter."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        package.writestr("tabel.csv", "a,b\n")
    assert "without xl/workbook.xml" in refusal(file.getvalue())
    whole = workbook(SAID)
    assert "packed in an unusual way" in refusal(remade(whole, {}, zipfile.ZIP_LZMA))
    strict = {
        WORKBOOK: lambda content: content.replace(MAIN.encode(), b"http://purl.oclc.org/ooxml/spreadsheetml/main")
    }
    assert "strict variant" in refusal(remade(whole, strict))
    assert "calls it 'text/html'" in refusal(whole, media="text/html")
    assert "calls it 'text/csv'" in refusal(whole, media="text/csv")


def test_a_workbook_is_read_whole_or_refused() -> None:
    """Cut off anywhere, or with any bytes changed, it gives the same table or one sentence, and nothing else."""
    chance = random.Random(5)
    whole = workbook(SAID)
    for _ in range(60):
        assert refusal(whole[: chance.randrange(1, len(whole) - 1)])
        spoilt = bytearray(whole)
        for _ in range(3):
            spoilt[chance.randrange(2, len(spoilt))] = chance.randrange(256)
        try:
            assert read_table(bytes(spoilt)) == READ
        except Unreadable:
            continue


# --- The old binary form ([MS-XLS] in [MS-CFB]) -----------------------------------------------------------------


CELLS = (
    text(0, 0, "gemeente") + text(0, 1, "naam") + number(1, 0, 11001) + text(1, 1, "Aartselaar") + text(2, 0, "23105")
)


def test_an_old_workbook_is_a_table() -> None:
    """With the same values, and the first sheet that is not hidden."""
    body = xls(("Verborgen", True, text(0, 0, "secret")), ("Blad1", False, CELLS))
    assert read_table(body, media="application/vnd.ms-excel", name="tabel.xls") == READ
    assert read_table(body, sheet="Blad1") == READ
    assert refusal(body, sheet="Verborgen").endswith("that is not hidden, but 'Blad1'")
    lower = xls(("Blad1", False, text(2, 1, "dag") + text(2, 2, "é") + number(4, 1, 45000, 1) + number(4, 2, 1.5)))
    assert read_table(lower) == Table(("", "dag", "é"), (Row("row 5", ("", "2023-03-15", "1.5")),))


def test_what_an_old_workbook_may_not_hold() -> None:
    """As far as can be told; each sentence names the cell."""
    assert refusal(xls(("Blad1", False, CELLS + truth(2, 1)))) == "cell B3 holds a truth value, not a text"
    assert "the cells A2:A3 are merged" in refusal(xls(("Blad1", False, CELLS + merged(1, 2, 0, 0))))
    assert read_table(xls(("Blad1", False, CELLS + merged(1, 2, 2, 3)))) == READ
    assert "cell C3 holds something" in refusal(xls(("Blad1", False, CELLS + text(2, 2, "nota"))))
    assert "U+0007" in refusal(xls(("Blad1", False, CELLS + text(2, 1, "a\7"))))
    assert refusal(xls(("Blad1", False, CELLS)), most_rows=1) == "it has more than 1 rows"
    assert refusal(xls(("Blad1", False, b""))) == "it is empty"


def test_an_old_workbook_that_is_none() -> None:
    """Another document in the same wrapping, and one that is encrypted, are refused."""
    assert "the workbook is" in refusal(in_ole(b"text", "WordDocument"))
    assert "the workbook is encrypted" in refusal(in_ole(b"secret", "EncryptedPackage"))
    assert "calls it 'text/csv'" in refusal(xls(("Blad1", False, CELLS)), media="text/csv")


def test_an_old_workbook_is_read_or_refused() -> None:
    """Whatever bytes are changed, also where the library panics."""
    chance = random.Random(5)
    whole = xls(("Blad1", False, CELLS))
    refused = 0
    for _ in range(300):
        spoilt = bytearray(whole[: chance.choice([len(whole), chance.randrange(8, len(whole))])])
        for _ in range(4):
            spoilt[chance.randrange(8, len(spoilt))] = chance.randrange(256)
        try:
            read_table(bytes(spoilt))
        except Unreadable:
            refused += 1
    assert refused > 0
