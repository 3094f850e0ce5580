"""A difference as RDF: a ``cs:ChangeSet`` whose additions and removals are statements of the history.

The vocabulary (Tunnicliffe and Davis, 2005) points at ``rdf:Statement`` nodes, which the history has: so each change
comes with both of its periods, with the event that opened it and with the one that closed it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from regiolog.events.temporal import instant_text
from regiolog.ontology import terms
from regiolog.ontology.iris import Iris
from regiolog.sync.statements import history_graph
from regiolog.sync.statements.difference import Change
from regiolog.sync.statements.history import History
from regiolog.sync.statements.moments import Moment
from regiolog.sync.statements.statement import NEVER, iri, literal


def lines(history: History, old: Moment, new: Moment, changes: Sequence[Change], part: str | None) -> Iterator[bytes]:
    """What changed between two moments, as canonical N-Triples, those of one subject together.

    Args:
        history: The statements.
        old: The first moment.
        new: The second.
        changes: What changed.
        part: The set that is meant; None for all of it.
    """
    iris, position = Iris(history.base_iri), max(old.position, new.position)
    before, after = ((each.at, _known(history, each)) for each in (old, new))
    name = iri(iris.difference(before, after, part))
    title = f"What changed from {before[0]}, {_said(before[1])}, to {after[0]}, {_said(after[1])}"
    yield _line(name, terms.RDF_TYPE, iri(terms.CS_CHANGE_SET))
    yield _line(name, terms.RDFS_LABEL, literal(title, "en"))
    yield _line(name, terms.CS_SUBJECT_OF_CHANGE, iri(iris.register()))
    for sign, predicate in (("+", terms.CS_ADDITION), ("-", terms.CS_REMOVAL)):
        for change in changes:
            if change.sign == sign:
                yield _line(name, predicate, iri(iris.statement(change.numbered.timed.opened, change.numbered.number)))
    for event in sorted({change.position for change in changes}):
        yield _line(name, terms.PROV_WAS_INFLUENCED_BY, iri(iris.event(event)))
    known: dict[int, str] = {}
    named = {change.position for change in changes}
    for change in changes:
        number, timed = change.numbered
        closed = timed.closed if timed.closed <= position else NEVER
        for cause in (timed.opened, closed):
            if cause != NEVER and cause not in known:
                known[cause] = instant_text(history.known_of(cause))
        yield history_graph.node(number, timed, closed, known, iris)
    for event in sorted(named | known.keys()):
        told = history.told_of(event)
        if told is not None:
            yield history_graph.event(told, iris)


def _known(history: History, moment: Moment) -> str | int:
    """Since when all that is known at a moment is known; its position, where more became known at that instant."""
    known = history.known_of(moment.position)
    return instant_text(known) if history.position_at(known) == moment.position else moment.position


def _said(known: str | int) -> str:
    return f"as known at {'position ' if isinstance(known, int) else ''}{known}"


def _line(subject: str, predicate: str, value: str) -> bytes:
    return f"{subject} {iri(predicate)} {value} .\n".encode()
