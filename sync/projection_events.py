"""Projection of the events themselves: what the history says of each, as an activity that opened and closed statements.

These are no statements of the register: they hold on no day, and only the history tells them. The instant since when an
event is known is left out, for it depends on what was recorded before it; whoever serves the history adds it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from regiolog.events.claim import ClaimsWereMade
from regiolog.events.correction import EventWasCorrected, EventWasRetracted
from regiolog.events.decision import DecisionWasRegistered
from regiolog.events.demarcation import RegionsWereDemarcated
from regiolog.events.event import Event
from regiolog.events.kinds import stored_name
from regiolog.ontology import terms
from regiolog.ontology.iris import Iris
from regiolog.sync.statement import day, iri, literal, source_of


def told(position: int, event: Event, iris: Iris, position_of: Callable[[str], int | None]) -> str:
    """What is said of one event, as N-Triples.

    Args:
        position: Where the journal keeps it.
        event: The event.
        iris: Mints what is ours.
        position_of: The position of an event by its id; None when it is unknown.
    """
    lines = (
        f"{iri(subject)} {iri(predicate)} {value} .\n"
        for subject, predicate, value in _said(position, event, iris, position_of)
    )
    return "".join(lines)


def _said(
    position: int, event: Event, iris: Iris, position_of: Callable[[str], int | None]
) -> Iterator[tuple[str, str, str]]:
    node = iris.event(position)
    yield node, terms.RDF_TYPE, iri(terms.RL_EVENT)
    if isinstance(event, RegionsWereDemarcated):
        yield node, terms.RDF_TYPE, iri(terms.RL_DEMARCATION)
    yield node, terms.RL_EVENT_KIND, iri(terms.EVENT_KINDS[stored_name(event)])
    yield node, terms.DCTERMS_IDENTIFIER, literal(str(position))
    yield node, terms.RDFS_LABEL, literal(event.id)
    decision = event.decision
    match event:
        case EventWasCorrected(corrects=corrected, reason=reason, replacement=replacement):
            yield from _corrects(node, corrected, reason, iris, position_of)
            decision = decision or replacement.decision
        case EventWasRetracted(retracts=corrected, reason=reason):
            yield from _corrects(node, corrected, reason, iris, position_of)
        case ClaimsWereMade(document=document, licence=licence):
            yield node, terms.RL_DOCUMENT, literal(document)
            if licence is not None:
                yield node, *source_of(licence, terms.DCTERMS_LICENSE, terms.DC_RIGHTS)
        case _:
            pass
    if decision is not None:
        yield node, terms.RL_BASIS, iri(iris.decision(decision))
        yield node, terms.PROV_WAS_INFORMED_BY, iri(iris.decision_making(decision))
    if event.said_by is not None:
        yield node, terms.PROV_WAS_ASSOCIATED_WITH, iri(iris.source(event.said_by))
    if event.valid_from is not None:
        yield node, terms.RL_BEGINS, day(event.valid_from)
    yield node, terms.RL_EVIDENCE, iri(terms.EVIDENCE[event.evidence])
    if event.note:
        yield node, terms.RDFS_COMMENT, literal(event.note, "en")
    for source in event.source:
        yield node, *source_of(source)
    if event.agent is not None:
        yield node, terms.DC_CONTRIBUTOR, literal(event.agent)
    if isinstance(event, DecisionWasRegistered) and event.decision is not None:
        act = iris.decision_making(event.decision)
        yield act, terms.RDF_TYPE, iri(terms.RL_DECISION_MAKING)
        yield act, terms.PROV_GENERATED, iri(iris.decision(event.decision))
        if event.decided is not None:
            yield act, terms.DCTERMS_DATE, day(event.decided)


def _corrects(
    node: str, corrected: str, reason: str, iris: Iris, position_of: Callable[[str], int | None]
) -> Iterator[tuple[str, str, str]]:
    before = position_of(corrected)
    if before is not None:
        yield node, terms.RL_CORRECTS, iri(iris.event(before))
    yield node, terms.RL_REASON, literal(reason, "en")
