"""Lines: the rows of a difference in plain cells, with the key and the name of whatever they speak of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from regiolog.ontology.namespaces import RL
from regiolog.publisher.asking import here_to
from regiolog.publisher.difference.behind import Behind
from regiolog.publisher.difference.placing import KEY, LABEL, TITLE, Known
from regiolog.publisher.difference.sets import Row, word
from regiolog.publisher.formats import read
from regiolog.publisher.things.links import Cell, holds
from regiolog.sync.statements.history import SnapshotKey, Timed

_KINDS: Final = {
    "municipalities": "municipality",
    "regions": "region",
    "subregions": "subregion",
    "provinces": "province",
    "cooperations": "cooperation",
    "decisions": "decision",
    "proposals": "region",
    "sources": "source",
}
"""The kind of page that a thing has, by the set that it belongs to."""

_ORDER: Final = {"changed": 0, "added": 1, "removed": 2}


class Line(NamedTuple):
    """A row of a difference as tables and programs read it; what is not there is empty.

    Attributes:
        set: Which set it is in.
        change: ``added``, ``removed`` or ``changed``.
        subject: The IRI of what it speaks of.
        key: Its key; of a claim, what the source calls it.
        name: Its name.
        property: What changed, in a word or two.
        before: What was said at the first moment: an IRI, a word of a code list, a text or a day.
        after: What is said at the second.
        events: The events behind it, by their positions.
        decisions: The decisions that those rest on, by their keys.
        before_key: The key of what stands under `before`, where that is a thing.
        before_name: Its name at the first moment.
        after_key: The key of what stands under `after`.
        after_name: Its name at the second moment.
        statements: How many changed statements the row stands for.
    """

    set: str
    change: str
    subject: str
    key: str
    name: str
    property: str
    before: str
    after: str
    events: list[int]
    decisions: list[str]
    before_key: str
    before_name: str
    after_key: str
    after_name: str
    statements: int

    def flat(self) -> tuple[Any, ...]:
        """The same without lists: what stands in them, with spaces between."""
        return tuple(" ".join(map(str, each)) if isinstance(each, list) else each for each in self)


class Shown(NamedTuple):
    """A line as a page shows it.

    Attributes:
        change: ``added``, ``removed`` or ``changed``.
        subject: What it speaks of.
        key: Its key.
        property: What changed.
        before: What was said at the first moment.
        after: What is said at the second.
        events: The events behind it.
        decisions: The decisions that those rest on.
    """

    change: str
    subject: Cell
    key: str
    property: str
    before: list[Cell]
    after: list[Cell]
    events: list[Cell]
    decisions: list[Cell]


class Moments(NamedTuple):
    """The two moments that a difference lies between.

    Attributes:
        old: The key of the first.
        new: The key of the second.
        to_old: What follows the address of a page about the register, to see it at the first moment.
        to_new: The same for the second.
    """

    old: SnapshotKey
    new: SnapshotKey
    to_old: str = ""
    to_new: str = ""

    def seen_from(self, *, first: bool) -> tuple[SnapshotKey, SnapshotKey]:
        """The moment at which something is looked up, and the one after that."""
        return (self.old, self.new) if first else (self.new, self.old)


class Speech:
    """Says rows in plain cells.

    Args:
        known: What is known of the things that the rows speak of.
        behind: What is known of events.
        moments: The two moments.
    """

    def __init__(self, known: Known, behind: Behind, moments: Moments) -> None:
        """Keep where names are looked up."""
        self._known = known
        self._behind = behind
        self._moments = moments

    def line(self, row: Row) -> Line:
        """A row as tables show it."""
        events = events_of(row)
        return Line(
            set=row.group,
            change=row.change,
            subject=read(row.subject).text,
            key=self.key(row),
            name=self._name(row.subject, first=row.change == "removed"),
            property=row.what,
            before=_joined(map(plain, row.before)),
            after=_joined(map(plain, row.after)),
            events=events,
            decisions=self._behind.decisions(events),
            before_key=_joined(map(self._key, row.before)),
            before_name=_joined(self._name(each, first=True) for each in row.before),
            after_key=_joined(map(self._key, row.after)),
            after_name=_joined(self._name(each, first=False) for each in row.after),
            statements=len(row.changes),
        )

    def shown(self, row: Row) -> Shown:
        """A row as a page shows it, with links to things as they were at either moment."""
        events = events_of(row)
        return Shown(
            row.change,
            self._cell(row.subject, first=row.change == "removed"),
            self.key(row),
            row.what,
            [self._cell(each, first=True) for each in row.before],
            [self._cell(each, first=False) for each in row.after],
            [Cell(str(each), here_to(f"doc/event/{each}")) for each in events],
            [Cell(each, here_to(f"doc/decision/{each}")) for each in self._behind.decisions(events)],
        )

    def key(self, row: Row) -> str:
        """The key of what a row speaks of; of a claim, what the source calls it."""
        return read(row.of).text if row.of else self._key(row.subject)

    def _key(self, term: str) -> str:
        found = self._known.one(term, KEY)
        return read(found).text if found else ""

    def _name(self, term: str, *, first: bool) -> str:
        """What a thing is called: at one moment, else at the other, else the last that it was."""
        said = [
            timed
            for predicate in (LABEL, TITLE)
            for timed in self._known.all(term, predicate)
            if "/graph/source/" not in timed.statement.graph
        ]
        keys = self._moments.seen_from(first=first)
        held = next(filter(None, ([each for each in said if holds(each, key)] for key in keys)), said[-1:])
        return read(min(held, key=_in_dutch_first).statement.object).text if held else ""

    def _cell(self, term: str, *, first: bool) -> Cell:
        value = read(term)
        if not value.is_iri:
            return Cell(value.text, None, value.language)
        if value.text.startswith(RL):
            return Cell(word(term), here_to(f"ns#{value.text.removeprefix(RL)}"))
        kind, key = _KINDS.get(self._known.set_of(term)), self._key(term)
        if kind is None or not key:
            name = self._name(term, first=first)
            return Cell(name or value.text, value.text, "nl" if name else None)
        moment = self._moments.to_old if first else self._moments.to_new
        return Cell(self._name(term, first=first) or key, here_to(f"doc/{kind}/{quote(key, safe='')}") + moment, "nl")


def events_of(row: Row) -> list[int]:
    """The events behind a row, by their positions."""
    return sorted({change.position for change in row.changes})


def in_order(row: Row, key: str) -> tuple[object, ...]:
    """What the rows of a set are sorted by: what changed, then what came, then what went, each by key."""
    return _ORDER[row.change], key, row.subject, row.what, row.before, row.after


def plain(term: str) -> str:
    """A term as a table shows it: an IRI, a text or a day as it is, a word of a code list as it is stored."""
    value = read(term)
    return word(term) if value.is_iri and value.text.startswith(RL) else value.text


def _joined(texts: Iterable[str]) -> str:
    return "; ".join(filter(None, texts))


def _in_dutch_first(timed: Timed) -> tuple[bool, str]:
    language = read(timed.statement.object).language
    return language != "nl", timed.statement.object
