"""Placing: in which set a statement that changed belongs, and in which row of it; each belongs in exactly one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, Self

from regiolog.ontology import terms
from regiolog.ontology.iris import Iris
from regiolog.ontology.namespaces import RL
from regiolog.publisher.formats import read
from regiolog.sync.statements.difference import Change
from regiolog.sync.statements.history import History, Timed
from regiolog.sync.statements.statement import Statement, iri

TYPE: Final = iri(terms.RDF_TYPE)
STATUS: Final = iri(terms.ADMS_STATUS)
MUNICIPALITY: Final = iri(terms.RL_HAS_MUNICIPALITY)
REGION: Final = iri(terms.RL_REGION)
WITHIN: Final = iri(terms.GEO_SF_WITHIN)
MEMBER: Final = iri(terms.ORG_MEMBER)
KEY: Final = iri(terms.DCTERMS_IDENTIFIER)
LABEL: Final = iri(terms.RDFS_LABEL)
TITLE: Final = iri(terms.DCTERMS_TITLE)
SAYS: Final = iri(terms.RL_SAYS)
WORDS: Final = iri(terms.RL_WORDS)
CLASSIFICATION: Final = iri(terms.ORG_CLASSIFICATION)
OF: Final = iri(terms.RL_OF)

MEMBER_OF: Final = iri(terms.ORG_MEMBER_OF)
_STRUCTURE: Final = iri(terms.ORG_ORGANIZATION_OF)
_MERGED_INTO: Final = iri(terms.RL_MERGED_INTO)
_AUTHORITY: Final = iri(terms.RL_AUTHORITY)
_NAMED_BY_CODE: Final = iri(terms.SKOS_NOTATION)
_KIND_IN_WORDS: Final = iri(terms.DC_TYPE)
_HAS_DIVERGENT_DATE: Final = iri(terms.RL_HAS_DIVERGENT_DATE)

MERGED_FROM: Final = iri(terms.RL_MERGED_FROM)
BECAME: Final = iri(terms.DCTERMS_IS_REPLACED_BY)
CAME_FROM: Final = iri(terms.DCTERMS_REPLACES)
BEFORE: Final = iri(terms.ORG_ORIGINAL_ORGANIZATION)
AFTER: Final = iri(terms.ORG_RESULTING_ORGANIZATION)

GROUNDS: Final = frozenset(
    map(
        iri,
        (
            terms.RL_BASIS,
            terms.RL_EVIDENCE,
            terms.RDFS_COMMENT,
            terms.DCTERMS_SOURCE,
            terms.DC_SOURCE,
            terms.PROV_WAS_ATTRIBUTED_TO,
            terms.PROV_WAS_ASSOCIATED_WITH,
        ),
    )
)
"""The properties that say on what something rests."""

EXISTS: Final = "exists"
HEARD: Final = "heard of"
RESTS: Final = "rests"
STANDS: Final = "status"
TAKES_PART: Final = "member"
BORDERS: Final = "boundary"
PLACED: Final = "region"
TURNED: Final = "became"
DATED: Final = "divergent date"
"""Rows about one thing that gather more than one property."""

_ASKED: Final = (
    *(TYPE, MUNICIPALITY, REGION, SAYS, WORDS, OF, MEMBER, MERGED_FROM, BEFORE, AFTER),
    *(_STRUCTURE, _MERGED_INTO, KEY, LABEL, TITLE),
)
"""What has to be known of a thing, whether or not it changed, to tell where it belongs and what it is called."""

_SETS: Final = {
    iri(terms.RL_MUNICIPALITY): "municipalities",
    iri(terms.RL_REFERENCE_REGION): "regions",
    iri(terms.RL_SUB_REGION): "subregions",
    iri(terms.RL_PROVINCE): "provinces",
    iri(terms.RL_COOPERATION): "cooperations",
    iri(terms.BESLUIT_BESTUURSEENHEID): "authorities",
    iri(terms.RL_DECISION): "decisions",
    iri(terms.RL_PROPOSED_REGION): "proposals",
    iri(terms.RL_SOURCE): "sources",
}
"""The set of a thing, by its class; nodes that describe something else go where that is."""

_ASSIGNMENT: Final = iri(terms.RL_ASSIGNMENT)
_MERGER: Final = iri(terms.RL_MERGER)
_BOUNDARY_CHANGE: Final = iri(terms.RL_BOUNDARY_CHANGE)
_MEMBERSHIP: Final = iri(terms.ORG_MEMBERSHIP)
_CHANGE: Final = iri(terms.ORG_CHANGE_EVENT)
_CLAIM: Final = iri(terms.RL_CLAIM)
_DIVERGENT_DATE: Final = iri(terms.RL_DIVERGENT_DATE)

_CLASSES: Final = frozenset(
    (*_SETS, _ASSIGNMENT, _MERGER, _BOUNDARY_CHANGE, _MEMBERSHIP, _CHANGE, _CLAIM, _DIVERGENT_DATE)
)

FURTHER: Final = "further"
"""The set of what belongs in no other."""


class Place(NamedTuple):
    """A row of a set, before it is written.

    Attributes:
        group: Which set.
        subject: Of what the row speaks, as N-Triples.
        row: Which of the rows about it.
        other: What else the row names, as N-Triples: what the subject became; empty when there is nothing.
    """

    group: str
    subject: str
    row: str
    other: str = ""


class Known:
    """What the register ever said of some things, as far as it matters here."""

    def __init__(self, said: Iterable[Timed]) -> None:
        """Sort what was said by its subject and property."""
        self._said: defaultdict[tuple[str, str], list[Timed]] = defaultdict(list)
        self._classes: dict[str, str] = {}
        for timed in said:
            subject, predicate, value = timed.statement[1:4]
            self._said[subject, predicate].append(timed)
            if predicate == TYPE and value in _CLASSES:
                self._classes[subject] = value

    @classmethod
    def about(cls, history: History, changes: Iterable[Change], position: int) -> Self:
        """All that has to be known of what changed, and of what is said of it, up to a position."""
        mentioned = {term for each in changes for term in (each.statement.subject, each.statement.object)}
        said = list(history.said_of(_things(mentioned), _ASKED, position))
        further = {timed.statement.object for timed in said} - mentioned
        return cls([*said, *history.said_of(_things(further), _ASKED, position)])

    def all(self, subject: str, predicate: str) -> list[Timed]:
        """What was ever said of a thing by one property, in the order in which it was opened."""
        return self._said.get((subject, predicate), [])

    def values(self, subject: str, predicate: str) -> list[str]:
        """The values that a property of a thing ever had, sorted."""
        return sorted({timed.statement.object for timed in self.all(subject, predicate)})

    def one(self, subject: str, predicate: str) -> str:
        """A value that a property of a thing had, always the same one; empty when there was none."""
        return next(iter(self.values(subject, predicate)), "")

    def class_of(self, subject: str) -> str:
        """What a thing is, as N-Triples; empty when it is nothing that matters here."""
        return self._classes.get(subject, "")

    def set_of(self, subject: str) -> str:
        """The set of a thing by its own class; empty when it has none."""
        return _SETS.get(self.class_of(subject), "")


def _things(mentioned: Iterable[str]) -> list[str]:
    """The IRIs among some terms, but for the words of vocabularies."""
    return [term for term in mentioned if term.startswith("<") and not term.startswith(f"<{RL}")]


class Places:
    """Finds the place of each of some changes.

    Args:
        changes: All of them.
        known: What is known of the things that they speak of.
        iris: Names the graphs of sources.
    """

    def __init__(self, changes: Sequence[Change], known: Known, iris: Iris) -> None:
        """See what came, what ended, and what stands otherwise; and which claims say what the short triples say."""
        self._known = known
        self._sources = iris.source_graph("x")[:-1]
        self._claimed: dict[tuple[str, str, str], Place] = {}
        changed = {change.statement[:3] for change in changes}
        for graph, subject in sorted({each[:2] for each in changed if known.class_of(each[1]) == _CLAIM}):
            self._note_claim(graph, subject)
        self._lives = {subject for _, subject, predicate in changed if predicate == TYPE}
        self._heard = {subject for _, subject, predicate in changed if predicate == KEY}
        self._stands = {subject for _, subject, predicate in changed if predicate == STATUS}

    def of(self, change: Change) -> Place:
        """The row in which a change belongs."""
        said, known = change.statement, self._known
        node = said.subject
        kind = known.class_of(node)
        if said.graph[1:].startswith(self._sources):
            return self._of_source(said, kind)
        if kind == _ASSIGNMENT:
            return Place("assignments", known.one(node, MUNICIPALITY) or node, PLACED)
        if kind == _MEMBERSHIP:
            member = next(filter(None, (known.one(node, each) for each in (MEMBER, MUNICIPALITY, LABEL))), node)
            return Place("memberships", known.one(node, _STRUCTURE) or node, TAKES_PART, member)
        if kind == _MERGER:
            old = said.object if said.predicate == MERGED_FROM else known.one(node, MERGED_FROM)
            return Place("mergers", old or node, TURNED, known.one(node, _MERGED_INTO) or node)
        if kind == _BOUNDARY_CHANGE:
            return Place("mergers", known.one(node, MUNICIPALITY) or node, BORDERS, node)
        if kind == _CHANGE or said.predicate in {BEFORE, AFTER}:
            return self._of_organisations(said)
        if kind == _DIVERGENT_DATE:
            decision = iri(node[1:-1].partition("#")[0])
            return Place("decisions", decision, EXISTS if decision in self._lives else DATED)
        return self._of_thing(said)

    def _of_thing(self, said: Statement) -> Place:
        """What is said of a thing itself."""
        _, subject, predicate, value = said[:4]
        set_ = self._known.set_of(subject) or FURTHER
        if predicate == MEMBER_OF:
            return Place("memberships", value, TAKES_PART, subject)
        if predicate in {BECAME, CAME_FROM} and set_ in {"municipalities", "cooperations"}:
            old, new = (subject, value) if predicate == BECAME else (value, subject)
            return Place("mergers" if set_ == "municipalities" else set_, old, TURNED, new)
        if set_ == "municipalities":
            if predicate == _AUTHORITY:
                return Place("authorities", subject, predicate)
            if predicate == WITHIN and self._known.set_of(value) != "provinces":
                return Place("assignments", subject, PLACED)
        return Place(set_, subject, self._row(said))

    def _row(self, said: Statement) -> str:
        """Which row about a thing: that it is there, or heard of, how it stands, on what it rests, or one property."""
        subject, predicate, value = said[1:4]
        if subject in self._lives:
            return EXISTS
        if subject in self._heard:
            return HEARD
        if predicate == STATUS or (predicate in GROUNDS and subject in self._stands):
            return STANDS
        if predicate in GROUNDS:
            return RESTS
        if predicate == _HAS_DIVERGENT_DATE:
            return DATED
        if predicate == _KIND_IN_WORDS:
            return CLASSIFICATION
        if predicate in {LABEL, _NAMED_BY_CODE}:
            term = read(value)
            return f"{predicate} {term.language or term.datatype or ''}".strip()
        return predicate

    def _of_organisations(self, said: Statement) -> Place:
        """A change among organisations: of each that was there before, into each that came of it."""
        node = said.subject
        before, after = self._known.values(node, BEFORE), self._known.values(node, AFTER)
        if not before and not after:
            return Place(FURTHER, node, EXISTS)
        structures = any(self._known.set_of(each) == "cooperations" for each in (*before, *after))
        old = said.object if said.predicate == BEFORE else next(iter(before), node)
        new = said.object if said.predicate == AFTER else next(iter(after), node)
        return Place("cooperations" if structures else "authorities", old, TURNED, new)

    def _of_source(self, said: Statement, kind: str) -> Place:
        """What a source claims: the claim itself, or the short triple that says the same."""
        if kind == _CLAIM:
            return self._of_claim(said.graph, said.subject)
        place = self._claimed.get((said.graph, said.subject, said.object))
        return place or Place(self._set_of_source(said.graph), said.subject, said.predicate)

    def _of_claim(self, graph: str, node: str) -> Place:
        known = self._known
        says, of, words = (known.one(node, each) for each in (SAYS, OF, WORDS))
        layer = read(words).text.partition("/")[0] if says == iri(terms.CLAIM_KINDS["member-of"]) else ""
        about = known.one(node, REGION if says == iri(terms.CLAIM_KINDS["name-of-region"]) else MUNICIPALITY)
        return Place(self._set_of_source(graph), about or node, f"{says} {layer}".strip(), of)

    def _note_claim(self, graph: str, node: str) -> None:
        known = self._known
        place = self._of_claim(graph, node)
        for municipality in known.values(node, MUNICIPALITY):
            for region in known.values(node, REGION):
                self._claimed.setdefault((graph, municipality, region), place)
        for region in known.values(node, REGION):
            for words in known.values(node, WORDS):
                self._claimed.setdefault((graph, region, f"{words}@nl"), place)
        if known.one(node, SAYS) == iri(terms.CLAIM_KINDS["municipality"]):
            for municipality in known.values(node, MUNICIPALITY):
                for words in known.values(node, WORDS):
                    self._claimed.setdefault((graph, municipality, f"{words}@nl"), place)

    def _set_of_source(self, graph: str) -> str:
        return f"source/{graph[1:-1].removeprefix(self._sources)}"
