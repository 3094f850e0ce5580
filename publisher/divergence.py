"""Divergences with both sides' known periods and events, which no query on one snapshot can see."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final, NamedTuple

from regiolog.events.temporal import instant_text
from regiolog.ontology import terms
from regiolog.publisher.formats import read
from regiolog.publisher.things.links import holds
from regiolog.sync.statements.history import History, SnapshotKey, Timed
from regiolog.sync.statements.statement import NEVER, iri

COLUMNS: Final[tuple[str, ...]] = (
    *("subject", "source", "source_says", "register_says", "known_from", "known_to"),
    *("document", "claim_event", "register_event", "decision"),
)


def completed(results: bytes, history: History, key: SnapshotKey) -> bytes:
    """The rows of ``divergences.rq`` with the period in which both sides were known, and the events of both.

    A divergence is known from the later of the two sides on, until the first of them is no longer believed.

    Args:
        results: SPARQL results in JSON.
        history: The statements.
        key: The snapshot that was asked.
    """
    about = cache(history.about)
    rows = [_completed(row, history, about, key) for row in json.loads(results)["results"]["bindings"]]
    document = {"head": {"vars": list(COLUMNS)}, "results": {"bindings": rows}}
    return json.dumps(document, ensure_ascii=False).encode()


def _completed(
    row: dict[str, Any], history: History, about: Callable[..., list[Timed]], key: SnapshotKey
) -> dict[str, Any]:
    claim = about(row["claim"]["value"])
    claimed = _side(claim, terms.RDF_TYPE, None, key)
    held = None
    if "property" in row:
        subject = about(row["about"]["value"], register=True)
        held = _side(subject, row["property"]["value"], row["value"]["value"], key)
    if held is not None and "municipality" in row:
        held = _without(row, held, history, key)
    sides = [side for side in (claimed, held) if side is not None]
    cells: dict[str, Any] = {name: row[name] for name in COLUMNS if name in row}
    if sides:
        cells["known_from"] = _instant(history, max(side.opened for side in sides))
        closed = min(side.closed for side in sides)
        if closed != NEVER:
            cells["known_to"] = _instant(history, closed)
    if claimed is not None:
        cells["claim_event"] = _text(str(claimed.opened))
        for document in _holding(claim, terms.RL_DOCUMENT, None, key):
            cells["document"] = _text(read(document.statement.object).text)
    if held is not None:
        cells["register_event"] = _text(str(held.opened))
        told = history.told_of(held.opened)
        if "decision" not in cells and told is not None and told.gist.decision is not None:
            cells["decision"] = _text(told.gist.decision)
    return cells


class _Side(NamedTuple):
    """One side of a divergence: the events from which on, and until which, it was said without a break."""

    opened: int
    closed: int


def _side(about: list[Timed], predicate: str, value: str | None, key: SnapshotKey) -> _Side | None:
    """Since when, and until when, it was believed of that day what holds at a key.

    An event that only gives a statement another end closes it and opens it anew; that is no break.
    """
    found = next(_holding(about, predicate, value, key), None)
    if found is None:
        return None
    same = [
        timed
        for timed in about
        if timed.statement[:4] == found.statement[:4] and timed.statement.start <= key.breakpoint < timed.statement.end
    ]
    opened, closed = found.opened, found.closed
    starts, ends = {timed.opened: timed.closed for timed in same}, {timed.closed: timed.opened for timed in same}
    while opened in ends:
        opened = ends[opened]
    while closed in starts:
        closed = starts[closed]
    return _Side(opened, closed)


def _without(row: dict[str, Any], standing: _Side, history: History, key: SnapshotKey) -> _Side:
    """Since when, and until when, it was believed of that day that a structure stands, and stands without a member."""
    structure, municipality, organisation = (
        iri(row[name]["value"]) for name in ("about", "municipality", "organisation")
    )
    nodes = map(iri, history.subjects(terms.ORG_ORGANIZATION_OF, structure))
    belonging = [
        timed
        for timed in (
            *history.said_of(nodes, [iri(terms.RL_HAS_MUNICIPALITY)], NEVER),
            *history.said_of([organisation], [iri(terms.ORG_MEMBER_OF)], NEVER),
        )
        if timed.statement.object in {municipality, structure}
        and timed.statement.start <= key.breakpoint < timed.statement.end
    ]
    return _Side(
        max([standing.opened, *(timed.closed for timed in belonging if timed.closed <= key.position)]),
        min([standing.closed, *(timed.opened for timed in belonging if timed.opened > key.position)]),
    )


def _holding(about: list[Timed], predicate: str, value: str | None, key: SnapshotKey) -> Iterator[Timed]:
    """The statements that hold at a key with a property and, when one is given, a value."""
    return (
        timed
        for timed in about
        if holds(timed, key)
        and timed.statement.predicate == iri(predicate)
        and value in {None, read(timed.statement.object).text}
    )


def _instant(history: History, position: int) -> dict[str, str]:
    return {
        "type": "literal",
        "datatype": terms.XSD_DATE_TIME,
        "value": instant_text(history.known_of(position)),
    }


def _text(value: str) -> dict[str, str]:
    return {"type": "literal", "value": value}
