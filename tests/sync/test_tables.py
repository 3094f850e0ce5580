"""Tables in CSV: what is read, and everything that is refused as a whole."""

from __future__ import annotations

import csv

import pytest

from regiolog.events.errors import Unreadable
from regiolog.sync.sources.tables import Row, Table, column, read_table
from tests.facts import TABLES

PINC = TABLES / "sources" / "pinc"
ROWS = 14_053
"""How many rows all of its tables have, below their headers."""

SAID = "gemeente,Name gemeente,REFREG\n11001,Aartselaar,REFREG01\n23105,,\n"
READ = Table(
    ("gemeente", "Name gemeente", "REFREG"),
    (Row("line 2", ("11001", "Aartselaar", "REFREG01")), Row("line 3", ("23105", "", ""))),
)


def refusal(body: bytes | str, **how: object) -> str:
    """The sentence in which a document is refused."""
    with pytest.raises(Unreadable) as refused:
        read_table(body.encode() if isinstance(body, str) else body, **how)  # type: ignore[arg-type]
    said = str(refused.value)
    assert "\n" not in said
    assert len(said) < 400
    return said


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_delimiter_is_found_in_the_header(delimiter: str, end: str) -> None:
    """Commas, semicolons, tabs and bars, and every way to end a line, give one table."""
    assert read_table(SAID.replace(",", delimiter).replace("\n", end).encode()) == READ


def test_a_delimiter_within_quotation_marks_divides_nothing() -> None:
    """A header whose names hold the other delimiters is still certain."""
    table = read_table(b'"naam, lang";"code|kort"\n"a;b";c\n')
    assert table == Table(("naam, lang", "code|kort"), (Row("line 2", ("a;b", "c")),))


def test_a_header_that_could_be_divided_in_two_ways_is_refused_until_somebody_says_how() -> None:
    """What divides the columns is stated then."""
    assert "commas and semicolons" in refusal("naam, lang;code\na;b\n")
    assert read_table(b"naam, lang;code\na;b\n", delimiter=";").columns == ("naam, lang", "code")
    assert read_table(b"naam, lang\tcode\na\tb\n", name="tabel.tsv").columns == ("naam, lang", "code")


def test_one_column_is_a_table() -> None:
    """A list of codes has no delimiter."""
    assert read_table(b"nis\n11001\n\n11002") == Table(("nis",), (Row("line 2", ("11001",)), Row("line 4", ("11002",))))


@pytest.mark.parametrize(
    ("codec", "stated"),
    [
        ("utf-8", None),
        ("utf-8-sig", None),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", None),
        ("utf-16", "utf-16"),
        ("cp1252", "windows-1252"),
        ("latin-1", "ISO-8859-1"),
        ("utf-16-be", "UTF-16BE"),
    ],
)
def test_an_encoding_is_stated_or_seen(codec: str, stated: str | None) -> None:
    """UTF-8 needs no statement, UTF-16 a byte order mark, and all others have to be stated."""
    table = read_table("naam,code\nÉghezée,1\n".encode(codec), charset=stated)
    assert table == Table(("naam", "code"), (Row("line 2", ("Éghezée", "1")),))


def test_no_encoding_is_guessed() -> None:
    """Other bytes are refused by their line; so is an encoding that is unknown, or that the bytes contradict."""
    latin = "naam,code\r\nAalst,1\r\nÉghezée,2\r\n".encode("latin-1")
    assert "byte 0xc9 on line 3" in refusal(latin)
    assert "byte 0xc9 on line 3" in refusal(latin, charset="utf-8")
    assert "'base64'" in refusal(latin, charset="base64")
    assert "'no such'" in refusal(latin, charset="no such")
    assert "mark of utf-8" in refusal(SAID.encode("utf-8-sig"), charset="latin-1")
    assert "UTF-16" in refusal(SAID.encode("utf-16") + b"x")
    assert "U+0085" in refusal("naam\nwacht…\n".encode("cp1252"), charset="latin-1")


def test_the_header_is_stripped_and_the_cells_are_not() -> None:
    """No-break spaces and byte order marks around a name are nobody's; a cell is kept as it was written."""
    table = read_table("\ufeff\ufeff gemeente\u00a0,\u202fnaam \n 11001,Aalst\u00a0\n".encode())
    assert table == Table(("gemeente", "naam"), (Row("line 2", (" 11001", "Aalst\u00a0")),))


def test_a_row_stands_on_the_line_on_which_it_begins() -> None:
    """Line feeds within quotation marks, and blank lines, are counted."""
    table = read_table(b'\r\n"na\nam",code\n"a\n\nb",1\n\n  \nc,"2"\n')
    assert table == Table(("na\nam", "code"), (Row("line 4", ("a\n\nb", "1")), Row("line 9", ("c", "2"))))


def test_what_is_empty_throughout_is_left_out() -> None:
    """Rows without content, and columns at the end that have no name, are nothing; a named one is kept."""
    table = read_table(b"code,,naam,,\n1,,,,\n,,,,\n2,, ,,\n")
    assert table.columns == ("code", "", "naam")
    assert [(row.where, row.cells) for row in table.rows] == [("line 2", ("1", "", "")), ("line 4", ("2", "", " "))]
    assert read_table(b" \n\tnaam\n\ta\n") == Table(("", "naam"), (Row("line 3", ("", "a")),))
    assert read_table(b"code,naam\n") == Table(("code", "naam"), ())


@pytest.mark.parametrize("body", [b"", b"\n \r\n\t\n", b"\xef\xbb\xbf", b",,,\n,,,\n", "\ufeff".encode("utf-16-le")])
def test_a_document_without_a_header_is_empty(body: bytes) -> None:
    """Nothing, white space and delimiters alone are no table."""
    assert refusal(body) == "it is empty"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("a,b\n1,2\n3,4,5\n", "line 3 has 3 cells, and the header says that there are 2"),
        ("a,b,c\n1,2,3\n4", "line 3 has 1 cell, and the header says that there are 3"),
        ("a,b\n1,2\n,,\n", "line 3 has 3 cells"),
        ("a\n1,2\n", "line 2 has 2 cells"),
        ('a,b\n1,"2\n3,4\n', "the row that begins on line 2 opens a quotation that is never closed"),
        ('a,b\n1,"2"x\n', "in the row that begins on line 2 something follows a closed quotation, where commas should"),
        ('a,b\n1,2"x"\n', "line 2 has a quotation mark inside"),
        ('a,b\n1, "2"\n', "line 2 has a quotation mark inside"),
        ("a,b\n1,2\n3,\x00\n", r"line 3 holds a control character (U+0000)"),
        ("a,b\n1,\x1b[2J\n", r"line 2 holds a control character (U+001B)"),
        ("a,,c\n1,,3\n1,2,3\n", "line 3, cell 2 holds something, but its column has no name"),
        ("naam,code,Naam \nx,,\n", "two columns of the header on line 1 are called 'naam'"),
        ("a,b\n1," + "x" * 32769 + "\n", "line 2, cell 2 has more than 32768 characters"),
        ("a,b\n1," + "x" * 200_000 + "\n", "line 2 has a cell of more than 32768 characters"),
        (",".join(f"c{number}" for number in range(1001)) + "\n", "it has 1001 columns, and 1000 are allowed"),
    ],
)
def test_one_bad_row_refuses_the_document(body: str, why: str) -> None:
    """The sentence names the line, and what is wrong there."""
    assert why in refusal(body)


def test_columns_of_one_name_may_stand_empty() -> None:
    """Where nothing stands in either, nothing is uncertain."""
    assert read_table(b"code,naam,naam\n1,,\n").columns == ("code", "naam", "naam")


def test_quotation_marks_are_doubled_within_quotation_marks() -> None:
    """As RFC 4180 has it."""
    assert read_table(b'a,b\n"say ""yes""","""x"""\n').rows == (Row("line 2", ('say "yes"', '"x"')),)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("<!DOCTYPE html>\n<html><body>404</body></html>", "an HTML page"),
        ("\ufeff \n<HTML lang=nl>", "an HTML page"),
        ('<?xml version="1.0"?><!-- x --><!DOCTYPE html PUBLIC "x"><html xmlns="x">', "an HTML page"),
        ("<head><title>Sorry", "an HTML page"),
        ('<?xml version="1.0"?>\n<rdf:RDF xmlns:rdf="x"/>', "RDF/XML"),
        ('<?xml version="1.0"?><Workbook/>', "an XML document"),
        ("<table><tr><td>1</td></tr></table>", "an XML document"),
        ('{"error": "sorry, no table"}', "JSON"),
        ('[{"nis": "11001"}]', "JSON"),
        ("# dump\n@prefix geo: <http://example.org/> .\n", "RDF"),
        ("PREFIX geo: <http://example.org/>\n", "RDF"),
        ('<http://example.org/a> <http://example.org/b> "c" .\n', "RDF"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"\x1f\x8b\x08\x00", "a gzip file"),
    ],
)
@pytest.mark.parametrize("media", ["text/csv", ""])
def test_what_is_no_table_is_called_by_its_name(body: bytes | str, what: str, media: str) -> None:
    """Whatever its publisher calls it."""
    assert refusal(body, media=media) == f"what came is {what}, not a table"


def test_a_header_may_look_odd() -> None:
    """Brackets, hashes and words that begin statements elsewhere make no table into something else."""
    for header in ("[code],naam", "#code,naam", "prefix,naam", "{code},naam", "<5 jaar,naam", "@prefix,naam"):
        assert read_table(f"{header}\n1,2\n".encode()).columns == tuple(header.split(","))


@pytest.mark.parametrize("media", ["text/csv; charset=utf-8", "Text/CSV", "text/plain", "application/octet-stream", ""])
def test_what_its_publisher_calls_it_may_be_vague(media: str) -> None:
    """A table is a table when nothing contradicts it."""
    assert read_table(SAID.encode(), media=media, name="tabel.csv") == READ


def test_what_its_publisher_calls_it_may_not_contradict() -> None:
    """Neither the media type nor the end of the address may say that it is something else."""
    for media in ("text/html", "application/json", "text/turtle", "image/png"):
        assert f"calls it '{media}'" in refusal(SAID, media=media)
    assert "openxmlformats" in refusal(SAID, media="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    assert "ends in .xlsx" in refusal("Service unavailable", name="tabel.XLSX")
    assert "a sheet 'Blad1'" in refusal(SAID, sheet="Blad1")


def test_limits_are_named() -> None:
    """How many rows and bytes there may be stands in the sentence."""
    assert refusal("a\n" + "1\n" * 11, most_rows=10) == "it has more than 10 rows"
    assert len(read_table(b"a\n" + b"1\n" * 10, most_rows=10).rows) == 10
    assert refusal("a\n1\n", most_bytes=3) == "it has 4 bytes, and 3 are allowed"


def test_a_column_is_found_by_any_of_its_names() -> None:
    """Headers differ from version to version; the names are tried in their order."""
    table = read_table("sequence nr,Geoitem\u00a0Code ,,NAAM\n1,2,,3\n".encode())
    assert column(table, ["gebiedscode", "geoitem\u00a0code"]) == 1
    assert column(table, ["naam", "sequence nr"]) == 3
    assert column(table, ["name", ""]) is None


@pytest.mark.skipif(not PINC.is_dir(), reason="the publishers' tables are not beside the repository")
def test_every_table_of_a_real_publisher_is_read() -> None:
    """Each version, whatever its header and however empty its columns, has the rows that the csv module finds."""
    rows = 0
    for path in sorted(PINC.rglob("*.csv")):
        table = read_table(path.read_bytes(), name=path.name)
        with path.open(encoding="utf-8-sig", newline="") as file:
            header, *below = [tuple(cells) for cells in csv.reader(file) if any(cells)]
        assert table.columns == tuple(name.strip() for name in header)
        assert [row.cells for row in table.rows] == below
        assert below, path
        rows += len(below)
    assert rows == ROWS


@pytest.mark.skipif(not PINC.is_dir(), reason="the publishers' tables are not beside the repository")
def test_the_regions_of_every_version_are_found_by_name() -> None:
    """Eleven versions of one table, and eight of the list of regions, whose headers are Dutch and at last English."""
    for path in sorted((PINC / "gemeente_refreg").glob("*.csv")):
        table = read_table(path.read_bytes())
        assert (column(table, ["gemeente"]), column(table, ["refreg"])) == (0, 2)
    lists = [read_table(path.read_bytes()) for path in sorted((PINC / "refreg_definitie").glob("*.csv"))]
    assert {column(table, ["gebiedscode", "geoitem code"]) for table in lists} == {1}
    assert {column(table, ["naam", "name"]) for table in lists} == {3}
    assert [len(table.rows) for table in lists] == [17, 17, 17, 16, 17, 18, 17, 17]
