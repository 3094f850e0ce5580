"""Projection of the events themselves: what the history says of each, as an activity that opened and closed statements.

These are no statements of the register: they hold on no day, and only the history tells them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from regiolog.events.temporal import instant_text
from regiolog.ontology import terms
from regiolog.ontology.iris import Iris
from regiolog.sync.projection.gist import Gist
from regiolog.sync.statements.statement import day, iri, literal, source_of, typed

_DEMARCATION: Final = "regions-were-demarcated"
_REGISTRATION: Final = "decision-was-registered"


def told(position: int, known: datetime, gist: Gist, iris: Iris) -> str:
    """What is said of one event, as N-Triples.

    Args:
        position: Where the journal keeps it.
        known: Since when it is known, in effect.
        gist: What is kept of it.
        iris: Mints what is ours.
    """
    return "".join(_lines(_said(position, known, gist, iris)))


def ran(known: datetime, gist: Gist, iris: Iris) -> list[str]:
    """What an event tells of the run of a harvest that recorded it, as lines of N-Triples; none when none did.

    A run that recorded several events is one activity: each of them tells its part of it.

    Args:
        known: Since when the event is known, in effect.
        gist: What is kept of it.
        iris: Mints what is ours.
    """
    return _lines(_run(known, gist, iris))


def _lines(said: Iterable[tuple[str, str, str]]) -> list[str]:
    return [f"{iri(subject)} {iri(predicate)} {value} .\n" for subject, predicate, value in said]


def _said(position: int, known: datetime, gist: Gist, iris: Iris) -> Iterator[tuple[str, str, str]]:
    node = iris.event(position)
    yield node, terms.RDF_TYPE, iri(terms.RL_EVENT)
    if gist.kind == _DEMARCATION:
        yield node, terms.RDF_TYPE, iri(terms.RL_DEMARCATION)
    yield node, terms.RL_EVENT_KIND, iri(terms.EVENT_KINDS[gist.kind])
    yield node, terms.DCTERMS_IDENTIFIER, literal(str(position))
    yield node, terms.RDFS_LABEL, literal(gist.id)
    yield node, terms.PROV_ENDED_AT_TIME, typed(instant_text(known), terms.XSD_DATE_TIME)
    if gist.corrects is not None:
        yield node, terms.RL_CORRECTS, iri(iris.event(gist.corrects))
    if gist.reason:
        yield node, terms.RL_REASON, literal(gist.reason, "en")
    if gist.document is not None:
        yield node, terms.RL_DOCUMENT, literal(gist.document)
    if gist.licence is not None:
        yield node, *source_of(gist.licence, terms.DCTERMS_LICENSE, terms.DC_RIGHTS)
    if gist.decision is not None:
        yield node, terms.RL_BASIS, iri(iris.decision(gist.decision))
        yield node, terms.PROV_WAS_INFORMED_BY, iri(iris.decision_making(gist.decision))
    if gist.run is not None:
        yield node, terms.PROV_WAS_INFORMED_BY, iri(iris.run(gist.said_by, gist.run))
    if gist.said_by is not None:
        yield node, terms.PROV_WAS_ASSOCIATED_WITH, iri(iris.source(gist.said_by))
    if gist.valid_from is not None:
        yield node, terms.RL_BEGINS, day(gist.valid_from)
    yield node, terms.RL_EVIDENCE, iri(terms.EVIDENCE[gist.evidence])
    if gist.note:
        yield node, terms.RDFS_COMMENT, literal(gist.note, "en")
    for source in gist.source:
        yield node, *source_of(source)
    if gist.agent is not None:
        yield node, terms.DC_CONTRIBUTOR, literal(gist.agent)
    if gist.kind == _REGISTRATION and gist.decision is not None:
        act = iris.decision_making(gist.decision)
        yield act, terms.RDF_TYPE, iri(terms.RL_DECISION_MAKING)
        yield act, terms.PROV_GENERATED, iri(iris.decision(gist.decision))
        if gist.decided is not None:
            yield act, terms.DCTERMS_DATE, day(gist.decided)


def _run(known: datetime, gist: Gist, iris: Iris) -> Iterator[tuple[str, str, str]]:
    if gist.run is None:
        return
    run = iris.run(gist.said_by, gist.run)
    yield run, terms.RDF_TYPE, iri(terms.PROV_ACTIVITY)
    yield run, terms.DCTERMS_IDENTIFIER, literal(gist.run)
    if gist.said_by is not None:
        yield run, terms.PROV_WAS_ASSOCIATED_WITH, iri(iris.source(gist.said_by))
    yield run, terms.PROV_ENDED_AT_TIME, typed(instant_text(known), terms.XSD_DATE_TIME)
    for source in gist.source:
        predicate, value = source_of(source, terms.PROV_USED)
        if predicate == terms.PROV_USED:
            yield run, predicate, value
