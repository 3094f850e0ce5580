"""Projection: from the believed facts of one thing to the statements that say so.

It is the only place where an event becomes a statement, and it is pure: the same facts give the same statements, with
the same names, anywhere. Nothing published is a blank node, and no statement depends on when the journal took an event
in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from typing import Any, Final, TypeVar

from regiolog.events.decision import DecisionWasRegistered, fold_decision
from regiolog.events.demarcation import EvidenceOf
from regiolog.events.event import ADDRESS, MEMBERS, PROPOSED, REGION_NAME, Entity, Event
from regiolog.events.fact import Fact
from regiolog.events.municipality import (
    MunicipalitiesWereMerged,
    MunicipalityBoundaryWasChanged,
    MunicipalityWasEnded,
)
from regiolog.events.municipality_life import Municipality, Placing, fold_municipality
from regiolog.events.region import fold_region
from regiolog.events.register import RegisterWasBegun
from regiolog.events.timeline import Span
from regiolog.ontology import terms
from regiolog.sync.projection import claims, cooperations
from regiolog.sync.projection.naming import Names, subregion_iri
from regiolog.sync.statements.statement import (
    ALWAYS,
    NEVER,
    REGISTER,
    Statement,
    coalesce,
    day,
    end_of,
    integer,
    iri,
    literal,
    source_of,
    start_of,
    typed,
)

Kind = TypeVar("Kind", bound=Event)

VERSION: Final = 2
"""Raised whenever the same journal would give other statements; a folder of an earlier one is built again."""


class Sketch:
    """The statements of one subject after another, while they are being written down."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.statements: list[Statement] = []

    def say(self, subject: str, predicate: str, value: str, start: int = ALWAYS, end: int = NEVER) -> None:
        """State one triple of the register over a period; `value` is a term as N-Triples."""
        self.statements.append(Statement(REGISTER, iri(subject), iri(predicate), value, start, end))

    def evidence(self, subject: str, evidence: EvidenceOf, start: int, end: int) -> None:
        """State how firm the evidence is, what it says and where to read it."""
        self.say(subject, terms.RL_EVIDENCE, iri(terms.EVIDENCE[evidence.evidence]), start, end)
        if evidence.note:
            self.say(subject, terms.RDFS_COMMENT, literal(evidence.note, "en"), start, end)
        for source in evidence.source:
            self.say(subject, *source_of(source), start, end)

    def evidence_of(self, subject: str, event: Event, start: int, end: int) -> None:
        """State the evidence that an event gives as a whole."""
        self.evidence(subject, EvidenceOf(event.evidence, event.note, event.source), start, end)


def statements_of(entity: Entity, facts: list[Fact], names: Names) -> set[Statement]:
    """Every statement that the believed facts of one thing make.

    Args:
        entity: The thing.
        facts: What is believed of it; none gives no statements.
        names: How to name other things.

    Raises:
        Impossible: The facts cannot hold beside each other.
        KeyError: There is no way to project a thing of this kind.
    """
    if not facts or entity.kind in _UNSAID:
        return set()
    sketch = Sketch()
    _SKETCHES[entity.kind](sketch, entity.key, facts, names)
    return coalesce(sketch.statements)


def _register(sketch: Sketch, _key: str, facts: list[Fact], names: Names) -> None:
    for event in _events(facts, RegisterWasBegun):
        register = names.iris.register()
        sketch.say(register, terms.RDF_TYPE, iri(terms.RL_REGISTER))
        sketch.say(register, terms.DCTERMS_IDENTIFIER, literal(event.register))
        sketch.say(register, terms.DCTERMS_TEMPORAL, iri(names.iris.coverage()))
        sketch.say(names.iris.coverage(), terms.RDF_TYPE, iri(terms.DCTERMS_PERIOD_OF_TIME))
        sketch.say(names.iris.coverage(), terms.DCAT_START_DATE, day(event.coverage))


def _province(sketch: Sketch, nis: str, facts: list[Fact], names: Names) -> None:
    for event in _events(facts, RegisterWasBegun):
        province = names.iris.province(nis)
        sketch.say(province, terms.RDF_TYPE, iri(terms.RL_PROVINCE))
        sketch.say(province, terms.RDFS_LABEL, literal(event.provinces[nis], "nl"))
        sketch.say(province, terms.DCTERMS_IDENTIFIER, literal(nis))


def _municipality(sketch: Sketch, nis: str, facts: list[Fact], names: Names) -> None:
    life = fold_municipality(nis, facts)
    if life.begun is None:
        return
    subject = names.iris.municipality(nis)
    begin, end = start_of(life.begin), end_of(life.end)
    _lifetime(sketch, subject, nis, life.begin, life.end)
    sketch.say(subject, terms.RDF_TYPE, iri(terms.RL_MUNICIPALITY), begin, end)
    for language, spans in life.names.items():
        for span in spans:
            until = NEVER if span.end == life.end else end_of(span.end)
            sketch.say(subject, terms.RDFS_LABEL, literal(span.value, language), start_of(span.start), until)
    for province in life.provinces:
        sketch.say(subject, terms.GEO_SF_WITHIN, iri(names.iris.province(province.value)), *_ordinals(province))
    for placing in life.placings:
        _assignment(sketch, subject, nis, placing, names)
    for linked in life.authorities:
        start, until = _ordinals(linked)
        authority = linked.value.authority
        sketch.say(subject, terms.RL_AUTHORITY, iri(authority), start, until)
        sketch.say(authority, terms.RDF_TYPE, iri(terms.BESLUIT_BESTUURSEENHEID), start, until)
        if linked.value.area:
            sketch.say(authority, terms.BESLUIT_WERKINGSGEBIED, iri(linked.value.area), start, until)
        if linked.value.kbo:
            sketch.say(authority, terms.DCTERMS_IDENTIFIER, literal(linked.value.kbo), start, until)
        if linked.value.ovo:
            sketch.say(authority, terms.SKOS_NOTATION, typed(linked.value.ovo, terms.RL_OVO_CODE), start, until)
    _changes(sketch, life, names)


def _assignment(sketch: Sketch, subject: str, nis: str, span: Span[Placing], names: Names) -> None:
    placing = span.value
    start, end = _ordinals(span)
    node = names.iris.assignment(placing.origin, nis)
    sketch.say(node, terms.RDF_TYPE, iri(terms.RL_ASSIGNMENT), start, end)
    sketch.say(node, terms.RL_HAS_MUNICIPALITY, iri(subject), start, end)
    if placing.began is not None:
        sketch.say(node, terms.RL_BEGINS, day(placing.began), start, end)
    if placing.region is None:
        sketch.say(node, terms.ADMS_STATUS, iri(terms.RL_STATUS_PENDING), start, end)
    else:
        region = names.region(placing.region)
        sketch.say(subject, terms.GEO_SF_WITHIN, iri(region), start, end)
        sketch.say(node, terms.RL_REGION, iri(region), start, end)
        sketch.say(node, terms.ADMS_STATUS, iri(terms.RL_STATUS_ASSIGNED), start, end)
    _basis(sketch, node, span.cause.event, names, start, end, placing.evidence)


def _changes(sketch: Sketch, life: Municipality, names: Names) -> None:
    """Mergers, boundary changes and successions; each is said once, of the municipality that it results in."""
    subject = names.iris.municipality(life.nis)
    if life.ended is not None:
        start = end_of(life.end)
        for nis in life.successors:
            successor = names.iris.municipality(nis)
            sketch.say(subject, terms.DCTERMS_IS_REPLACED_BY, iri(successor), start)
            sketch.say(successor, terms.DCTERMS_REPLACES, iri(subject), start)
        if isinstance(life.ended.event, MunicipalityWasEnded):
            _basis(sketch, subject, life.ended.event, names, start, NEVER, _evidence(life.ended.event))
    for fact in life.mergers:
        event = fact.event
        if not isinstance(event, MunicipalitiesWereMerged):
            continue
        _authorities_change(sketch, life, fact, event, names)
        if event.into.nis != life.nis:
            continue
        node, start = names.iris.merger(fact.origin), start_of(event.valid_from)
        sketch.say(node, terms.RDF_TYPE, iri(terms.RL_MERGER), start)
        for nis in event.merged:
            sketch.say(node, terms.RL_MERGED_FROM, iri(names.iris.municipality(nis)), start)
        sketch.say(node, terms.RL_MERGED_INTO, iri(subject), start)
        _dated(sketch, node, event, names)
    for fact in life.boundary_changes:
        event = fact.event
        if not isinstance(event, MunicipalityBoundaryWasChanged) or event.municipalities[0] != life.nis:
            continue
        node, start = names.iris.boundary(fact.origin), start_of(event.valid_from)
        sketch.say(node, terms.RDF_TYPE, iri(terms.RL_BOUNDARY_CHANGE), start)
        for nis in event.municipalities:
            sketch.say(node, terms.RL_HAS_MUNICIPALITY, iri(names.iris.municipality(nis)), start)
        sketch.say(node, terms.DCTERMS_DESCRIPTION, literal(event.description, "nl"), start)
        _dated(sketch, node, event, names)


def _authorities_change(
    sketch: Sketch, life: Municipality, fact: Fact, event: MunicipalitiesWereMerged, names: Names
) -> None:
    """A merger as a change among local authorities; each municipality says its own part in it."""
    node, start, on = names.iris.change(fact.origin), start_of(event.valid_from), event.valid_from
    if on is None:
        return
    if life.nis in event.merged:
        before = life.authorities.at(on - timedelta(days=1))
        if before is not None:
            sketch.say(node, terms.ORG_ORIGINAL_ORGANIZATION, iri(before.value.authority), start)
    if life.nis == event.into.nis:
        sketch.say(node, terms.RDF_TYPE, iri(terms.ORG_CHANGE_EVENT), start)
        _dated(sketch, node, event, names)
        after = life.authorities.at(on)
        if after is not None:
            sketch.say(node, terms.ORG_RESULTING_ORGANIZATION, iri(after.value.authority), start)


def _dated(sketch: Sketch, node: str, event: Event, names: Names) -> None:
    """The day, basis and evidence of a change, from that day on."""
    start = start_of(event.valid_from)
    if event.valid_from is not None:
        sketch.say(node, terms.DCTERMS_DATE, day(event.valid_from), start)
    _basis(sketch, node, event, names, start, NEVER, _evidence(event))


def _region(sketch: Sketch, key: str, facts: list[Fact], names: Names) -> None:
    _drawn(sketch, key, facts, names, names.region(key), terms.RL_REFERENCE_REGION)


def _subregion(sketch: Sketch, key: str, facts: list[Fact], names: Names) -> None:
    subject = subregion_iri(key, facts, names.iris)
    _drawn(sketch, key, facts, names, subject, terms.RL_SUB_REGION)


def _drawn(sketch: Sketch, key: str, facts: list[Fact], names: Names, subject: str, kind: str) -> None:
    region = fold_region(key, facts)
    if region.begin is None:
        return
    begin, end = start_of(region.begin), end_of(region.end)
    _lifetime(sketch, subject, key, region.begin, region.end)
    sketch.say(subject, terms.RDF_TYPE, iri(kind), begin, end)
    for status in region.statuses:
        start, until = _ordinals(status)
        sketch.say(subject, terms.ADMS_STATUS, iri(_STATUSES[status.value]), start, until)
        if status.value != "ended":
            event = status.cause.event
            _basis(sketch, subject, event, names, start, until, _evidence(event))
    for name in region.names:
        start, until = _ordinals(name)
        sketch.say(subject, terms.RDFS_LABEL, literal(name.value, "nl"), start, until)
    if region.code is not None:
        sketch.say(subject, terms.SKOS_NOTATION, typed(region.code, terms.RL_PINC_CODE))
    if region.match is not None:
        sketch.say(subject, terms.OWL_SAME_AS, iri(region.match))
    if region.within is not None:
        sketch.say(subject, terms.GEO_SF_WITHIN, iri(names.region(region.within)), begin, end)


def _decision(sketch: Sketch, key: str, facts: list[Fact], names: Names) -> None:
    decision = fold_decision(key, facts)
    if decision.registered is None:
        return
    subject = names.iris.decision(key)
    since = start_of(decision.since)
    sketch.say(subject, terms.DCTERMS_IDENTIFIER, literal(key))
    for event in _events([decision.registered], DecisionWasRegistered):
        for predicate, value in _words_of(event):
            sketch.say(subject, predicate, value, since)
        for divergent in event.divergent_dates:
            node = names.iris.divergent_date(key, divergent.which, divergent.value.isoformat())
            sketch.say(subject, terms.RL_HAS_DIVERGENT_DATE, iri(node), since)
            sketch.say(node, terms.RDF_TYPE, iri(terms.RL_DIVERGENT_DATE), since)
            sketch.say(node, terms.RL_WHICH_DATE, iri(terms.DATES[divergent.which]), since)
            sketch.say(node, terms.DCTERMS_DATE, day(divergent.value), since)
            sketch.say(node, *source_of(divergent.source), since)
        sketch.evidence(subject, _evidence(event), since, NEVER)
    for relation, other, _ in decision.links:
        sketch.say(subject, terms.DECISION_RELATIONS[relation], iri(names.iris.decision(other)), since)
    if decision.fate is not None:
        fate, on, fact = decision.fate
        sketch.say(subject, terms.ADMS_STATUS, iri(_STATUSES[fate]), start_of(on))
        if fact.event.decision is not None:
            by = names.iris.decision(fact.event.decision)
            if fate == "superseded":
                sketch.say(subject, terms.DCTERMS_IS_REPLACED_BY, iri(by), start_of(on))
            else:
                sketch.say(by, terms.RL_SETTLES, iri(subject), start_of(on))


def _words_of(event: DecisionWasRegistered) -> Iterator[tuple[str, str]]:
    yield terms.RDF_TYPE, iri(terms.RL_DECISION)
    yield terms.ELI_TYPE_DOCUMENT, iri(terms.DECISION_KINDS[event.type])
    yield terms.DCTERMS_TITLE, literal(event.title, "nl")
    yield terms.DC_CREATOR, literal(event.body, "nl")
    dates = (
        (terms.ELI_DATE_DOCUMENT, event.decided),
        (terms.DCTERMS_DATE_ACCEPTED, event.adopted),
        (terms.ELI_DATE_PUBLICATION, event.published),
        (terms.ELI_FIRST_DATE_ENTRY_IN_FORCE, event.in_force),
    )
    for predicate, value in dates:
        if value is not None:
            yield predicate, day(value)
    for predicate, text in (
        (terms.DCTERMS_DESCRIPTION, event.effect),
        (terms.RL_STANDING, event.standing),
        (terms.RL_REMARK, event.remark),
    ):
        if text:
            yield predicate, literal(text, "en")
    if event.regions_counted is not None:
        yield terms.RL_REGIONS_COUNTED, integer(event.regions_counted)


def _lifetime(sketch: Sketch, subject: str, key: str, begin: date | None, end: date | None) -> None:
    """What is known of a thing whenever it is asked: its key, and the days on which it begins and ends."""
    sketch.say(subject, terms.DCTERMS_IDENTIFIER, literal(key))
    if begin is not None:
        sketch.say(subject, terms.RL_BEGINS, day(begin))
    if end is not None:
        sketch.say(subject, terms.RL_ENDS, day(end))


def _basis(sketch: Sketch, node: str, event: Event, names: Names, start: int, end: int, evidence: EvidenceOf) -> None:
    if event.decision is not None:
        sketch.say(node, terms.RL_BASIS, iri(names.iris.decision(event.decision)), start, end)
    sketch.evidence(node, evidence, start, end)


def _evidence(event: Event) -> EvidenceOf:
    return EvidenceOf(event.evidence, event.note, event.source)


def _ordinals(span: Span[Any]) -> tuple[int, int]:
    return start_of(span.start), end_of(span.end)


def _events(facts: Iterable[Fact], kind: type[Kind]) -> Iterator[Kind]:
    return (fact.event for fact in facts if isinstance(fact.event, kind))


_STATUSES: Final = {
    "announced": terms.RL_STATUS_ANNOUNCED,
    "demarcated": terms.RL_STATUS_DEMARCATED,
    "ended": terms.RL_STATUS_ENDED,
    "superseded": terms.RL_STATUS_SUPERSEDED,
    "refused": terms.RL_STATUS_REFUSED,
    "withdrawn": terms.RL_STATUS_WITHDRAWN,
}

_SKETCHES: Final[dict[str, Callable[[Sketch, str, list[Fact], Names], None]]] = {
    "register": _register,
    "province": _province,
    "municipality": _municipality,
    "region": _region,
    "subregion": _subregion,
    "decision": _decision,
    "proposal": claims.proposal,
    "source": claims.source,
    "cooperation": cooperations.cooperation,
}
_UNSAID: Final = frozenset({ADDRESS, MEMBERS, PROPOSED, REGION_NAME})
"""Kinds that only rules look at."""
