"""Projection of cooperation structures: what each is, who takes part in it, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regiolog.events.cooperation import (
    CooperationsWereMerged,
    CooperationWasEnded,
    CooperationWasFounded,
    CooperationWasObserved,
    CooperationWasSplit,
)
from regiolog.events.cooperation_life import Cooperation, Membership, fold_cooperation
from regiolog.ontology import terms
from regiolog.sync.statements.statement import NEVER, day, end_of, iri, literal, start_of, typed

if TYPE_CHECKING:
    from regiolog.events.event import Event
    from regiolog.events.fact import Fact
    from regiolog.events.timeline import Span
    from regiolog.ontology.iris import Iris
    from regiolog.sync.projection.naming import Names
    from regiolog.sync.projection.projection import Sketch


def cooperation_iri(key: str, facts: list[Fact], iris: Iris) -> str:
    """The IRI of a structure: its publisher's where the register met it under one, else ours."""
    return iris.cooperation(key, fold_cooperation(key, facts).iri)


def cooperation(sketch: Sketch, key: str, facts: list[Fact], names: Names) -> None:
    """What is said of a structure, from the day on which it was founded or first observed."""
    life = fold_cooperation(key, facts)
    if life.begun is None:
        return
    subject = names.cooperation(key)
    begin, end = start_of(life.begin), end_of(life.end)
    event = life.begun.event
    sketch.say(subject, terms.DCTERMS_IDENTIFIER, literal(key))
    sketch.say(subject, terms.RDF_TYPE, iri(terms.RL_COOPERATION), begin, end)
    if life.begin is not None:
        met = terms.RL_BEGINS if isinstance(event, CooperationWasFounded) else terms.RL_FIRST_OBSERVED
        sketch.say(subject, met, day(life.begin))
    if life.end is not None:
        sketch.say(subject, terms.RL_ENDS, day(life.end))
    for name in life.names:
        until = NEVER if name.end == life.end else end_of(name.end)
        sketch.say(subject, terms.RDFS_LABEL, literal(name.value, "nl"), start_of(name.start), until)
    for types in life.types:
        for each in types.value:
            sketch.say(subject, terms.ORG_CLASSIFICATION, iri(terms.COOPERATION_KINDS[each]), *_days(types))
            sketch.say(subject, terms.DC_TYPE, literal(terms.COOPERATION_NAMES[each], "nl"), *_days(types))
    for status in life.statuses:
        sketch.say(subject, terms.ADMS_STATUS, iri(terms.COOPERATION_STATUSES[status.value]), *_days(status))
    if isinstance(event, CooperationWasFounded | CooperationWasObserved):
        if event.kbo is not None:
            sketch.say(subject, terms.SKOS_NOTATION, typed(event.kbo, terms.RL_KBO_NUMBER), begin)
        if event.ovo is not None:
            sketch.say(subject, terms.SKOS_NOTATION, typed(event.ovo, terms.RL_OVO_CODE), begin)
    _grounds(sketch, subject, event, names, begin, end)
    sketch.evidence_of(subject, event, begin, end)
    for member in life.members.values():
        for span in member:
            _membership(sketch, subject, life, span, names)
    _changes(sketch, subject, life, names)


def _membership(sketch: Sketch, subject: str, life: Cooperation, span: Span[Membership], names: Names) -> None:
    member, number, joined = span.value
    start, end = _days(span)
    node = names.iris.membership(span.cause.origin, number)
    sketch.say(node, terms.RDF_TYPE, iri(terms.ORG_MEMBERSHIP), start, end)
    sketch.say(node, terms.ORG_ORGANIZATION_OF, iri(subject), start, end)
    if member.organisation is not None:
        sketch.say(node, terms.ORG_MEMBER, iri(member.organisation), start, end)
        sketch.say(member.organisation, terms.ORG_MEMBER_OF, iri(subject), start, end)
    if member.municipality is not None:
        sketch.say(node, terms.RL_HAS_MUNICIPALITY, iri(names.iris.municipality(member.municipality)), start, end)
    if member.name is not None:
        sketch.say(node, terms.RDFS_LABEL, literal(member.name, "nl"), start, end)
    if member.type is not None:
        sketch.say(node, terms.DC_TYPE, literal(member.type, "nl"), start, end)
    if member.role is not None:
        sketch.say(node, terms.ORG_ROLE, iri(terms.ROLES[member.role]), start, end)
    if span.start is not None:
        sketch.say(node, terms.RL_BEGINS if joined else terms.RL_FIRST_OBSERVED, day(span.start), start, end)
    seen = life.left.get((span.cause.origin, number))
    if seen is not None:
        sketch.say(node, terms.RL_LAST_OBSERVED, day(seen), start, end)
    _grounds(sketch, node, span.cause.event, names, start, end)
    sketch.say(node, terms.RL_EVIDENCE, iri(terms.EVIDENCE[span.cause.event.evidence]), start, end)


def _changes(sketch: Sketch, subject: str, life: Cooperation, names: Names) -> None:
    """What became of it; a merger or a split is said once, of the structure that it results in or that it divides."""
    if life.ended is not None:
        start, event = end_of(life.end), life.ended.event
        for key in life.successors:
            successor = names.cooperation(key)
            sketch.say(subject, terms.DCTERMS_IS_REPLACED_BY, iri(successor), start)
            sketch.say(successor, terms.DCTERMS_REPLACES, iri(subject), start)
        if isinstance(event, CooperationWasEnded):
            if event.last is not None:
                sketch.say(subject, terms.RL_LAST_OBSERVED, day(event.last))
            _grounds(sketch, subject, event, names, start, NEVER)
            sketch.evidence_of(subject, event, start, NEVER)
    for fact in life.mergers:
        match fact.event:
            case CooperationsWereMerged(parts=parts, into=into) if into == life.key:
                _change(sketch, fact, parts, (into,), names)
            case CooperationWasSplit(cooperation=key, into=results) if key == life.key:
                _change(sketch, fact, (key,), results, names)
            case _:
                pass


def _change(sketch: Sketch, fact: Fact, before: tuple[str, ...], after: tuple[str, ...], names: Names) -> None:
    node, event = names.iris.change(fact.origin), fact.event
    start = start_of(event.valid_from)
    sketch.say(node, terms.RDF_TYPE, iri(terms.ORG_CHANGE_EVENT), start)
    for key in before:
        sketch.say(node, terms.ORG_ORIGINAL_ORGANIZATION, iri(names.cooperation(key)), start)
    for key in after:
        sketch.say(node, terms.ORG_RESULTING_ORGANIZATION, iri(names.cooperation(key)), start)
    if event.valid_from is not None:
        sketch.say(node, terms.DCTERMS_DATE, day(event.valid_from), start)
    _grounds(sketch, node, event, names, start, NEVER, by=terms.PROV_WAS_ASSOCIATED_WITH)
    sketch.evidence_of(node, event, start, NEVER)


def _grounds(
    sketch: Sketch,
    node: str,
    event: Event,
    names: Names,
    start: int,
    end: int,
    by: str = terms.PROV_WAS_ATTRIBUTED_TO,
) -> None:
    """On which decision it rests, and which source published it: a thing is attributed, an activity associated."""
    if event.decision is not None:
        sketch.say(node, terms.RL_BASIS, iri(names.iris.decision(event.decision)), start, end)
    if event.said_by is not None:
        sketch.say(node, by, iri(names.iris.source(event.said_by)), start, end)


def _days(span: Span[Any]) -> tuple[int, int]:
    return start_of(span.start), end_of(span.end)
