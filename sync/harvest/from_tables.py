"""What a table says of regions, of municipalities, or of the structures of one layer, row by row."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from functools import partial
from typing import Annotated, Any, Final

import msgspec

from regiolog.events.claim import Belonging, Claim, Listing, Mark, Naming, Placement, Structure
from regiolog.events.errors import BadMoment, Unreadable
from regiolog.events.temporal import parse_day
from regiolog.sync.harvest.reading import Known, Reading, is_address
from regiolog.sync.sources.guard import printable
from regiolog.sync.sources.tables import Row, Table, column

Headers = Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
"""What a column may be called: versions differ, and the first that a table has is taken."""


_NUMBER: Final = re.compile(r"\d+[.,]0+")
"""How a program that takes codes for numbers writes them."""


class _OfTable(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="says", omit_defaults=True
):
    """What every mapping of a table says.

    Attributes:
        sheet: Which sheet of a spreadsheet is read; None reads the first.
        delimiter: What stands between the columns of a CSV file; None finds out.
        encoding: In which encoding it is, whatever its publisher says.
        codes: What a code of a municipality looks like, as a regular expression; rows with other codes are passed over.
        placeholders: Which codes stand for "unknown" or "elsewhere", as a regular expression.
    """

    sheet: str | None = None
    delimiter: Annotated[str, msgspec.Meta(min_length=1, max_length=1)] | None = None
    encoding: str | None = None
    codes: str | None = None
    placeholders: str | None = None


class RegionsOfTable(_OfTable, frozen=True, kw_only=True, tag="regions"):
    """A table that puts each municipality in a reference region.

    Attributes:
        municipality: The column of the municipality's code.
        region: The column of the region's code, or of its name where the table gives no code.
        name: The column of the region's name, beside its code.
        valid_from: The column of the day since which that is so, where the table says it.
        valid_to: The column of the first day on which it no longer is.
    """

    municipality: Headers
    region: Headers
    name: tuple[str, ...] = ()
    valid_from: tuple[str, ...] = ()
    valid_to: tuple[str, ...] = ()

    def covers(self, claim: Claim) -> bool:
        """Whether it is about who belongs to which region, or how one is called, by codes."""
        return isinstance(claim, Placement | Naming) and not is_address(claim.of)

    def read(self, table: Table, known: Known) -> Reading:
        """What the table says."""
        rows = _Rows(table, self)
        nis, region = rows.needed(self.municipality), rows.needed(self.region)
        name = rows.filled(self.name)
        since, until = rows.filled(self.valid_from), rows.filled(self.valid_to)
        placings: list[Claim] = []
        names: dict[tuple[str, str], Claim] = {}
        keys: dict[tuple[str, str], str | None] = {}
        for row in rows:
            of, words, called = rows.code(row, nis), rows.cell(row, region), rows.cell(row, name)
            if of is None or not words:
                continue
            marks = rows.marks(of, words)
            if (words, called) not in keys:  # identities first, then names
                keys[words, called] = known.region(words) or known.meant(words) or known.region(called)
            if called:
                odd = rows.marks(words)
                naming = Naming(of=words, words=called, region=None if odd else keys[words, called], marks=odd)
                names.setdefault((words, called), naming)
            placings.append(
                Placement(
                    of=of,
                    words=words,
                    municipality=_at(of, known),
                    region=None if marks else keys[words, called],
                    marks=marks,
                    valid_from=rows.day(row, since),
                    valid_to=rows.day(row, until),
                )
            )
        ways = {Placement: _ways(placings)} | ({} if name is None else {Naming: _ways(names.values())})
        return rows.reading([*placings, *names.values()], partial(_repeats, ways))


class LayerOfTable(_OfTable, frozen=True, kw_only=True, tag="layer"):
    """A table that puts each municipality in one structure of a layer, as in a police zone.

    Attributes:
        layer: What the layer is called: structures are known again by it and their name, since codes are renumbered.
        type: What kind of structure they are, in the publisher's words.
        municipality: The column of the municipality's code.
        name: The column of the structure's name.
        code: The column of the structure's code; none where codes are given out anew with each version.
    """

    layer: Annotated[str, msgspec.Meta(pattern="^[a-z0-9_-]+$")]
    type: str
    municipality: Headers
    name: Headers
    code: tuple[str, ...] = ()

    def covers(self, claim: Claim) -> bool:
        """Whether it is about a structure of this layer, or who belongs to one."""
        said = claim.of if isinstance(claim, Structure) else claim.words if isinstance(claim, Belonging) else ""
        return said.startswith(f"{self.layer}/")

    def read(self, table: Table, known: Known) -> Reading:
        """What the table says."""
        rows = _Rows(table, self)
        nis, name = rows.needed(self.municipality), rows.needed(self.name)
        code = rows.filled(self.code)
        members: list[Claim] = []
        structures: dict[Claim, Claim] = {}
        for row in rows:
            of, called = rows.code(row, nis), rows.cell(row, name)
            if of is None or not called:
                continue
            place, coded = f"{self.layer}/{called}", rows.cell(row, code) or None
            structure = Structure(
                of=place, words=called, type=self.type, code=coded, marks=rows.marks(called, coded or "")
            )
            structures.setdefault(structure, structure)
            odd = rows.marks(of, called, coded or "")
            members.append(Belonging(of=of, words=place, municipality=_at(of, known), marks=odd))
        return rows.reading([*structures.values(), *members], self.covers)


class MunicipalitiesOfTable(_OfTable, frozen=True, kw_only=True, tag="municipalities"):
    """A table that lists municipalities.

    Attributes:
        municipality: The column of the municipality's code.
        name: The column of its name.
        begins: The column of its first day, where the table says it.
        ends: The column of the first day on which it no longer is.
    """

    municipality: Headers
    name: Headers
    begins: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()

    def covers(self, claim: Claim) -> bool:
        """Whether it lists a municipality by its code."""
        return isinstance(claim, Listing) and not is_address(claim.of)

    def read(self, table: Table, known: Known) -> Reading:
        """What the table says."""
        rows = _Rows(table, self)
        nis, name = rows.needed(self.municipality), rows.needed(self.name)
        begins, ends = rows.filled(self.begins), rows.filled(self.ends)
        said: list[Claim] = []
        for row in rows:
            of, called = rows.code(row, nis), rows.cell(row, name)
            if of is None or not called:
                continue
            said.append(
                Listing(
                    of=of,
                    words=called,
                    municipality=_at(of, known),
                    begins=rows.day(row, begins),
                    ends=rows.day(row, ends),
                    marks=rows.marks(of),
                )
            )
        return rows.reading(said, partial(_repeats, {Listing: _ways(said)}))


class _Rows:
    """The rows of a table, as a mapping reads them."""

    def __init__(self, table: Table, mapping: _OfTable) -> None:
        self._table = table
        self._codes = re.compile(mapping.codes or r"\d+")
        self._any = mapping.codes is None
        self._placeholders = None if mapping.placeholders is None else re.compile(mapping.placeholders)
        self._lost: dict[str, None] = {}
        self._passed: dict[str, int] = {}

    def __iter__(self) -> Iterator[Row]:
        return iter(self._table.rows)

    def needed(self, names: tuple[str, ...]) -> int:
        """The place of a column without which nothing can be read.

        Raises:
            Unreadable: The table has none, or one that is empty throughout.
        """
        place = column(self._table, names)
        if place is None:
            had = ", ".join(filter(None, self._table.columns)) or "none"
            raise Unreadable(f"it has no column {' or '.join(names)}; its columns are {printable(had, 300)}")
        if self._table.rows and not any(_clean(row.cells[place]) for row in self._table.rows):
            raise Unreadable(f"its column {printable(self._table.columns[place], 80)} is empty in every row")
        return place

    def filled(self, names: tuple[str, ...]) -> int | None:
        """The place of a column; None where there is none, or it is empty in every row and so says nothing."""
        place = column(self._table, names) if names else None
        if place is None or (self._table.rows and not any(_clean(row.cells[place]) for row in self._table.rows)):
            return None
        return place

    def cell(self, row: Row, place: int | None) -> str:
        """The text of a cell without the spaces around it, no-break ones included."""
        return "" if place is None else _clean(row.cells[place])

    def code(self, row: Row, place: int) -> str | None:
        """The code of the municipality that a row is about; None when the row is passed over.

        Raises:
            Unreadable: The row names none.
        """
        code = self.cell(row, place)
        if not code:
            raise Unreadable(f"{row.where} names no municipality")
        if not self._any and not self._codes.fullmatch(code):
            if code.isdigit() and self._codes.fullmatch(code.zfill(5)):
                self._lost[code] = None
            self._pass("rows with other codes")
            return None
        if _NUMBER.fullmatch(code):
            raise Unreadable(f"{row.where}: {code} is a number, and no code")
        if self._any and code.isdigit() and len(code) < 5 and not self.marks(code):
            self._lost[code] = None
        return code

    def day(self, row: Row, place: int | None) -> date | None:
        """The day in a cell; None where it is empty, or says that there is no end.

        Raises:
            Unreadable: It is no day.
        """
        text = self.cell(row, place)
        if not text or text.startswith("9999"):
            return None
        try:
            return parse_day(text)
        except BadMoment as error:
            raise Unreadable(f"{row.where}: {error}") from None

    def marks(self, *codes: str) -> tuple[Mark, ...]:
        """The mark of a code, or name, that stands for nothing in particular."""
        odd = self._placeholders is not None and any(self._placeholders.fullmatch(code) for code in codes)
        return ("placeholder",) if odd else ()

    def reading(self, claims: list[Claim], covers: Callable[[Claim], bool]) -> Reading:
        """What was read."""
        return Reading(tuple(claims), covers, lost=tuple(self._lost), passed=self._passed)

    def _pass(self, what: str) -> None:
        self._passed[what] = self._passed.get(what, 0) + 1


def _at(of: str, known: Known) -> str | None:
    """The municipality that an address stands for; a code stands for itself."""
    return known.municipality_at(of) if is_address(of) else None


def _ways(said: Iterable[Claim]) -> frozenset[bool]:
    """How a table names the things that it speaks of: by addresses, by codes or names of its own, or either way."""
    return frozenset(is_address(claim.of) for claim in said) or frozenset({False})


def _repeats(ways: Mapping[Any, frozenset[bool]], claim: Claim) -> bool:
    """Whether a claim is of a kind that a table makes, about something that is named as the table names things."""
    return is_address(claim.of) in ways.get(type(claim), ())


def _clean(text: str) -> str:
    return text.replace("\u00a0", " ").strip()
