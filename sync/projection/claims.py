"""Projection of what is not the register's own: sources' claims and proposals, each in a graph of its own."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from regiolog.events.claim import (
    Belonging,
    ClaimsWereMade,
    Listing,
    Merging,
    Naming,
    Placement,
    SourceWasRegistered,
    Structure,
    as_said,
    fold_source,
    speak,
)
from regiolog.events.proposal import fold_proposal
from regiolog.ontology import terms
from regiolog.sync.statements.statement import (
    NEVER,
    Statement,
    coalesce,
    day,
    end_of,
    iri,
    literal,
    source_of,
    start_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from regiolog.events.claim import Claim
    from regiolog.events.fact import Fact
    from regiolog.sync.projection.naming import Names
    from regiolog.sync.projection.projection import Sketch

    _Triple = tuple[str, str, str, str]


def source(sketch: Sketch, key: str, facts: list[Fact], names: Names) -> None:
    """What a source is, in the register; and what it is saying, in its own graph.

    A claim holds from the day that the source states, else from the day of its publication.
    """
    state = fold_source(key, facts)
    if state.registered is None or not isinstance(event := state.registered.event, SourceWasRegistered):
        return
    subject, graph = names.iris.source(key), iri(names.iris.source_graph(key))
    sketch.say(subject, terms.RDF_TYPE, iri(terms.RL_SOURCE))
    sketch.say(subject, terms.DCTERMS_IDENTIFIER, literal(key))
    sketch.say(subject, terms.RDFS_LABEL, literal(event.name, "nl"))
    sketch.say(subject, terms.RL_CLAIMS, graph)
    if event.licence is not None:
        sketch.say(subject, *source_of(event.licence, terms.DCTERMS_LICENSE, terms.DC_RIGHTS))
    if event.attribution:
        sketch.say(subject, terms.RL_ATTRIBUTION, literal(event.attribution, "nl"))
    for address in event.source:
        sketch.say(subject, *source_of(address))
    for made in state.claims.values():
        sketch.statements += _claim(graph, *made, names)


class Spoken:
    """What one source is saying, as statements, kept up to date publication by publication.

    A source may be saying thousands of things, and a publication changes a few: only the triples that those claims make
    are looked at. It comes to the same as folding the source's whole word again.
    """

    def __init__(self, key: str, facts: list[Fact], names: Names) -> None:
        """Begin with what the source is saying by these facts."""
        self._names = names
        self._graph = iri(names.iris.source_graph(key))
        self._state = fold_source(key, facts)
        self._periods: defaultdict[_Triple, Counter[tuple[int, int]]] = defaultdict(Counter)
        for made in self._state.claims.values():
            self._count(made, 1)

    def take(self, fact: Fact, event: ClaimsWereMade) -> tuple[set[Statement], set[Statement]]:
        """Let the source say what one more publication made and withdrew.

        Returns:
            The statements that it no longer says, and those that it says now.

        Raises:
            Impossible: It withdraws what it is not saying.
        """
        claims = self._state.claims
        gone = [claims[bare] for bare in dict.fromkeys(map(as_said, event.withdrawn)) if bare in claims]
        speak(self._state, fact, event.made, event.withdrawn)
        come = [made for made in (claims.get(as_said(each)) for each in event.made) if made and made[2] is fact]
        touched = dict.fromkeys(said[:4] for made in (*gone, *come) for said in _claim(self._graph, *made, self._names))
        before = self._said(touched)
        for made in gone:
            self._count(made, -1)
        for made in {id(each[0]): each for each in come}.values():
            self._count(made, 1)
        after = self._said(touched)
        return before - after, after - before

    def _count(self, made: tuple[Claim, int, Fact], by: int) -> None:
        for said in _claim(self._graph, *made, self._names):
            self._periods[said[:4]][said.start, said.end] += by

    def _said(self, triples: Iterable[_Triple]) -> set[Statement]:
        return coalesce(
            Statement(*triple, start, end)
            for triple in triples
            for (start, end), times in self._periods[triple].items()
            if times > 0
        )


def _claim(graph: str, claim: Claim, number: int, fact: Fact, names: Names) -> list[Statement]:
    said: list[Statement] = []
    event = fact.event
    if not isinstance(event, ClaimsWereMade):  # pragma: no cover - only these make claims
        return said
    start, end = start_of(claim.valid_from or event.valid_from), end_of(claim.valid_to)
    node = iri(names.iris.claim(fact.origin, number))

    def say(subject: str, predicate: str, value: str) -> None:
        said.append(Statement(graph, subject, iri(predicate), value, start, end))

    say(node, terms.RDF_TYPE, iri(terms.RL_CLAIM))
    say(node, terms.RL_SAYS, iri(terms.CLAIM_KINDS[str(claim.__struct_config__.tag)]))
    say(node, terms.RL_OF, literal(claim.of))
    say(node, terms.RL_WORDS, literal(claim.words))
    say(node, terms.RL_DOCUMENT, literal(event.document))
    for mark in claim.marks:
        say(node, terms.RL_MARK, iri(terms.MARKS[mark]))
    if claim.valid_from is not None:
        say(node, terms.RL_BEGINS, day(claim.valid_from))
    if claim.valid_to is not None:
        say(node, terms.RL_ENDS, day(claim.valid_to))
    if isinstance(claim, Placement | Belonging | Listing) and claim.municipality is not None:
        say(node, terms.RL_HAS_MUNICIPALITY, iri(names.iris.municipality(claim.municipality)))
    if isinstance(claim, Placement | Naming) and claim.region is not None:
        say(node, terms.RL_REGION, iri(names.region(claim.region)))
    match claim:
        case Placement(municipality=str() as nis, region=str() as region):
            say(iri(names.iris.municipality(nis)), terms.GEO_SF_WITHIN, iri(names.region(region)))
        case Naming(region=str() as region, words=words):
            say(iri(names.region(region)), terms.RDFS_LABEL, literal(words, "nl"))
        case Structure(type=type_, code=code):
            if type_ is not None:
                say(node, terms.DC_TYPE, literal(type_))
            if code is not None:
                say(node, terms.DCTERMS_IDENTIFIER, literal(code))
        case Merging(originals=originals):
            for original in originals:
                say(node, terms.DC_RELATION, literal(original))
        case Listing(begins=begins, ends=ends, municipality=listed, words=words):
            if begins is not None:
                say(node, terms.RL_LISTED_FROM, day(begins))
            if ends is not None:
                say(node, terms.RL_LISTED_UNTIL, day(ends))
            if listed is not None:
                say(iri(names.iris.municipality(listed)), terms.RDFS_LABEL, literal(words, "nl"))
        case _:
            pass
    return said


def proposal(sketch: Sketch, key: str, facts: list[Fact], names: Names) -> None:
    """The regions of a proposal, in its graph: they hold on no day in particular, and say when they stood."""
    state = fold_proposal(key, facts)
    if state.made is None:
        return
    graph, decision = iri(names.iris.proposal_graph(key)), names.iris.decision(key)
    sketch.say(decision, terms.RL_PROPOSES, graph)

    def say(subject: str, predicate: str, value: str) -> None:
        sketch.statements.append(Statement(graph, iri(subject), iri(predicate), value, start_of(None), NEVER))

    for name, region in state.regions.items():
        node = names.iris.proposed_region(name)
        say(node, terms.RDF_TYPE, iri(terms.RL_PROPOSED_REGION))
        say(node, terms.DCTERMS_IDENTIFIER, literal(name))
        say(node, terms.RDFS_LABEL, literal(region.name, "nl"))
        say(node, terms.ADMS_STATUS, iri(terms.RL_STATUS_PROPOSED))
        say(node, terms.RL_BASIS, iri(decision))
        for address in (*state.made.event.source, *region.source):
            say(node, *source_of(address))
        if state.made.event.valid_from is not None:
            say(node, terms.RL_BEGINS, day(state.made.event.valid_from))
        settled = state.settled.get(name)
        if settled is not None and settled.event.valid_from is not None:
            say(node, terms.RL_ENDS, day(settled.event.valid_from))
        if settled is not None and settled.event.decision is not None:
            say(node, terms.RL_SETTLED_BY, iri(names.iris.decision(settled.event.decision)))
