"""Tables of results: what a query worker sends, as plain cells for people, spreadsheets and programs."""

from __future__ import annotations

import csv
import io
import json
from typing import Any, Final, NamedTuple

from rdflib.query import Result

from regiolog.publisher.negotiation import RESULTS_JSON, RESULTS_XML, TSV, Format
from regiolog.publisher.things.links import Cell, Links

SHOWN: Final = 2000
"""How many rows a page shows; it says so when there are more."""

PAGE_BYTES: Final = 8 * 2**20
"""How long an answer may be that is shown on a page; a longer one can be had as a file, and the page says so."""


class Table(NamedTuple):
    """A table on a page.

    Attributes:
        columns: What its columns are called.
        rows: Its rows, as many as are shown.
        total: How many there are.
    """

    columns: list[str]
    rows: list[list[Cell]]
    total: int


def table(results: bytes, links: Links) -> Table:
    """SPARQL results in JSON as a table for a page; an answer of yes or no has one cell."""
    document = json.loads(results)
    if "boolean" in document:
        return Table(["answer"], [[Cell("yes" if document["boolean"] else "no")]], 1)
    columns: list[str] = document["head"]["vars"]
    bindings = document["results"]["bindings"]
    rows = [[_cell(row.get(name), links) for name in columns] for row in bindings[:SHOWN]]
    return Table(columns, rows, len(bindings))


def written(results: bytes, form: Format) -> bytes:
    """SPARQL results in JSON, in another form of tables."""
    if form is RESULTS_JSON:
        return results
    if form is RESULTS_XML:
        return Result.parse(io.BytesIO(results), format="json").serialize(format="xml") or b""
    document = json.loads(results)
    columns: list[str] = document["head"]["vars"]
    out = io.StringIO()
    rows = ([row.get(name, {}).get("value", "") for name in columns] for row in document["results"]["bindings"])
    csv.writer(out, lineterminator="\r\n").writerows([columns, *rows])
    return tab_separated(out.getvalue()) if form is TSV else out.getvalue().encode()


def tab_separated(comma_separated: str) -> bytes:
    """The plain cells of a CSV with tabs between them; a tab or a line break inside a cell becomes a space."""
    out = io.StringIO()
    for row in csv.reader(io.StringIO(comma_separated, newline="")):
        out.write("\t".join(" ".join(cell.split()) if set(cell) & set("\t\r\n") else cell for cell in row) + "\n")
    return out.getvalue().encode()


def _cell(value: dict[str, Any] | None, links: Links) -> Cell:
    if value is None:
        return Cell("")
    if value["type"] == "uri":
        return links.plain(value["value"])
    return Cell(value["value"], None, value.get("xml:lang"))
