"""How much a graph holds at a moment, counted by class and by property, and when it changed."""

from __future__ import annotations

import json
from collections import Counter
from typing import Final, NamedTuple

from regiolog.ontology.terms import RDF_TYPE
from regiolog.sync.statements.statement import NEVER, REGISTER, iri
from regiolog.sync.statements.table import Table

_AT: Final = '+opened <= :position AND +closed > :position AND start <= :day AND "end" > :day'
"""Read from one end to the other: all of it is wanted, and an index would be in the way."""

_OF_GRAPH: Final = "graph > 0 AND graph = (SELECT id FROM term WHERE text = :graph)"


class Sums(NamedTuple):
    """How much a graph holds at a moment.

    Attributes:
        triples: How many triples.
        subjects: How many different subjects.
        objects: How many different objects, literals among them.
        classes: How many things there are of each class, by its IRI as N-Triples, sorted.
        properties: How many triples have each property, likewise.
    """

    triples: int
    subjects: int
    objects: int
    classes: dict[str, int]
    properties: dict[str, int]


class Span(NamedTuple):
    """Between which events a graph came to be what it is.

    Attributes:
        first: The position of the first that opened a statement in it.
        last: That of the last that opened or closed one.
    """

    first: int
    last: int


class Counting(Table):
    """What the table tells of how much it holds."""

    def sums(self, day: int, position: int, graph: str = REGISTER) -> Sums:
        """How much a graph holds.

        Args:
            day: The day, as an ordinal.
            position: The last event that is known.
            graph: The graph's IRI as N-Triples; the register's own unless given.
        """
        subjects: set[int] = set()
        objects: set[int] = set()
        classes: Counter[int] = Counter()
        properties: Counter[int] = Counter()
        kind = self._db.execute("SELECT id FROM term WHERE text = ?", (iri(RDF_TYPE),)).fetchone() or (0,)
        for subject, predicate, value in self._db.execute(
            f"SELECT DISTINCT subject, predicate, object FROM statement WHERE {_where(graph)} AND {_AT}",
            {"day": day, "position": position, "graph": graph},
        ):
            subjects.add(subject)
            objects.add(value)
            properties[predicate] += 1
            if predicate == kind[0]:
                classes[value] += 1
        parts = self._named(classes), self._named(properties)
        return Sums(properties.total(), len(subjects), len(objects), *parts)

    def _named(self, counted: Counter[int]) -> dict[str, int]:
        """What was counted by the number of a term, by its text, sorted."""
        rows = self._db.execute(
            "SELECT text, id FROM term WHERE id IN (SELECT value FROM json_each(?)) ORDER BY text",
            (json.dumps(list(counted)),),
        )
        return {str(text): counted[number] for text, number in rows}

    def span(self, position: int, graph: str) -> Span | None:
        """Between which events a graph came to be what it is; None when it never held anything.

        Args:
            position: The last event that is known.
            graph: The graph's IRI as N-Triples.
        """
        first, last, closed = self._db.execute(
            "SELECT MIN(opened), MAX(opened), MAX(CASE WHEN closed <= :position THEN closed ELSE 0 END) "
            f"FROM statement WHERE {_OF_GRAPH} AND opened <= :position",
            {"position": min(position, NEVER - 1), "graph": graph},
        ).fetchone()
        return None if first is None else Span(first, max(last, closed))

    def values(self, predicate: str, position: int) -> list[str]:
        """Every value that a property ever had up to a position, as N-Triples, sorted.

        Args:
            predicate: The property, as N-Triples.
            position: The last event that is known.
        """
        rows = self._db.execute(
            "SELECT text FROM term WHERE id IN (SELECT object FROM statement "
            "WHERE predicate = (SELECT id FROM term WHERE text = ?) AND opened <= ?) ORDER BY text",
            (predicate, position),
        )
        return [str(text) for (text,) in rows]


def _where(graph: str) -> str:
    return "+graph = 0" if graph == REGISTER else _OF_GRAPH
