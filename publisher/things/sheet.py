"""What the page of one thing shows a person: what it is, what it belongs to and why, and its life."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from itertools import groupby
from typing import Final, NamedTuple

from regiolog.ontology import terms
from regiolog.publisher.formats import read
from regiolog.publisher.things import saying
from regiolog.publisher.things.links import Cell, Links
from regiolog.publisher.things.saying import Saying
from regiolog.sync.statements.history import History, SnapshotKey, Timed
from regiolog.sync.statements.history_graph import NODES
from regiolog.sync.statements.moments import Moment
from regiolog.sync.statements.statement import ALWAYS, NEVER, Statement, iri

LABELS: Final = {
    terms.RDFS_LABEL: "name",
    terms.DCTERMS_IDENTIFIER: "key",
    terms.GEO_SF_WITHIN: "lies in",
    terms.RL_HAS_MUNICIPALITY: "municipality",
    terms.RL_BASIS: "decision",
    terms.RDFS_COMMENT: "note",
    terms.SKOS_NOTATION: "code",
    terms.OWL_SAME_AS: "also known as",
    terms.ADMS_STATUS: "status",
    terms.DC_CREATOR: "body",
    terms.RL_AUTHORITY: "local authority",
    terms.BESLUIT_WERKINGSGEBIED: "area of the authority",
    terms.ELI_TYPE_DOCUMENT: "kind",
    terms.ELI_DATE_DOCUMENT: "decided",
    terms.DCTERMS_DATE_ACCEPTED: "adopted",
    terms.ELI_DATE_PUBLICATION: "published",
    terms.ELI_FIRST_DATE_ENTRY_IN_FORCE: "in force",
    terms.DCTERMS_IS_REPLACED_BY: "became",
    terms.DCTERMS_REPLACES: "came from",
    terms.ORG_CLASSIFICATION: "kind of structure",
    terms.DC_TYPE: "type",
    terms.PROV_WAS_ATTRIBUTED_TO: "published by",
    terms.RL_FIRST_OBSERVED: "first observed",
    terms.RL_LAST_OBSERVED: "last observed",
    terms.RL_LISTED_FROM: "listed from",
    terms.RL_LISTED_UNTIL: "listed until",
    terms.ORG_ORIGINAL_ORGANIZATION: "before",
    terms.ORG_RESULTING_ORGANIZATION: "after",
    terms.DCTERMS_LICENSE: "licence",
    terms.DC_RIGHTS: "terms",
    terms.RL_CLAIMS: "its claims, as a graph",
    terms.RL_PROPOSES: "proposed regions, as a graph",
    terms.RL_EVENT_KIND: "kind",
    terms.PROV_ENDED_AT_TIME: "known from",
    terms.PROV_WAS_INFORMED_BY: "follows from",
    terms.PROV_WAS_ASSOCIATED_WITH: "published by",
    terms.DC_CONTRIBUTOR: "recorded by",
}
"""What properties are called on pages, where their own name does not say it."""

PARTS: Final = (terms.RL_HAS_DIVERGENT_DATE, terms.RL_AUTHORITY)
"""The properties by which a thing says what describes it further."""

_TYPE: Final = iri(terms.RDF_TYPE)
_LIST_LIKE: Final = {iri(terms.RL_CLAIM), iri(terms.ORG_MEMBERSHIP)}
"""The classes of nodes of which a thing may have many: its page lists them apart."""
_TIMELESS: Final = {_TYPE, *map(iri, (terms.RL_BEGINS, terms.RL_ENDS, terms.DCTERMS_IDENTIFIER))}
_HEADINGS: Final = {
    iri(terms.RL_ASSIGNMENT): "Assignment to a region",
    iri(terms.RL_MERGER): "Merger",
    iri(terms.RL_BOUNDARY_CHANGE): "Boundary change",
    iri(terms.RL_DIVERGENT_DATE): "A source gives another date",
    iri(terms.BESLUIT_BESTUURSEENHEID): "Local authority",
    iri(terms.ORG_CHANGE_EVENT): "Change of organisations",
}


class Facts(NamedTuple):
    """What is said of one subject.

    Attributes:
        heading: What it is.
        rows: Each property with its values.
    """

    heading: str
    rows: list[tuple[str, list[Cell]]]


class Stretch(NamedTuple):
    """Something that held for some time.

    Attributes:
        what: What it is.
        value: What held.
        start: The first day; empty when unknown.
        end: The first day on which it no longer did; empty when there is none.
        decision: On what it rested, where that is said.
    """

    what: str
    value: Cell
    start: str
    end: str
    decision: Cell | None


class Sheet(NamedTuple):
    """The page of one thing.

    Attributes:
        name: What it is called at the moment, or its key.
        status: What it is at the moment, in words.
        own: What is said of it.
        parts: What else describes it.
        inside: What lies in it.
        rests: What rests on it.
        life: What held of it over time, as far as it is known at the moment.
        takes_part: The cooperation structures that it takes part in.
        sayings: What sources say of it.
        is_proposed: Whether it was only proposed, and is none of the register's regions.
    """

    name: Cell
    status: str
    own: Facts
    parts: list[Facts]
    inside: list[Cell]
    rests: list[Cell]
    life: list[Stretch]
    takes_part: list[Cell]
    sayings: list[Saying]
    is_proposed: bool


def statements(history: History, subject: str, key: SnapshotKey) -> dict[str, list[Statement]]:
    """What a snapshot says of a thing, and of the nodes that describe it, by subject."""
    own = history.at(subject, key, register=True) or history.at(subject, key)
    around = [node for each in NODES for node in history.subjects(each[1:-1], iri(subject), key.position)]
    around += [read(each.object).text for each in own if read(each.predicate).text in PARTS]
    found = {subject: own}
    for node in dict.fromkeys(around):
        found[node] = history.at(node, key)
    return {each: said for each, said in found.items() if said}


def sheet(history: History, subject: str, code: str, kind: str, when: Moment, links: Links) -> Sheet:
    """The page of one thing at a moment.

    Args:
        history: The statements.
        subject: Its IRI.
        code: Its key.
        kind: Its kind.
        when: The moment.
        links: Makes the links.
    """
    key = when.key
    said = statements(history, subject, key)
    own = said.pop(subject, [])
    named = {iri(terms.RDFS_LABEL), iri(terms.DCTERMS_TITLE)}
    names = [read(each.object) for each in own if each.predicate in named]
    name = Cell(names[0].text, None, names[0].language) if names else Cell(code)
    nodes = [] if kind == "region" else [each for each in said.values() if _LIST_LIKE.isdisjoint(_classes(each))]
    return Sheet(
        name,
        _status(own, kind, when.at, links),
        _with_terms(facts(own, links), kind),
        [facts(each, links) for each in nodes],
        _members(said, subject, links) if kind == "cooperation" else _inside(history, subject, key, links),
        _rests(history, subject, key, links),
        _life(history, subject, key, links),
        _takes_part(said, subject, links),
        saying.of_thing(history, subject, kind, key, links),
        any(each.object == iri(terms.RL_PROPOSED_REGION) for each in own),
    )


def _with_terms(own: Facts, kind: str) -> Facts:
    """What is said of a source, and that it states no terms where it states none: whoever reuses it has to know."""
    stated = {label(each) for each in (terms.DCTERMS_LICENSE, terms.DC_RIGHTS)}
    if kind != "source" or not own.rows or stated & {what for what, _ in own.rows}:
        return own
    return Facts(own.heading, [*own.rows, (label(terms.DCTERMS_LICENSE), [Cell("none stated")])])


def _classes(said: Iterable[Statement]) -> set[str]:
    return {each.object for each in said if each.predicate == _TYPE}


def _members(said: dict[str, list[Statement]], subject: str, links: Links) -> list[Cell]:
    """Who takes part in a structure: municipalities by name, others as their publisher calls them."""
    members = []
    for node in said.values():
        held = {each.predicate: each.object for each in node}
        if held.get(iri(terms.ORG_ORGANIZATION_OF)) != iri(subject):
            continue
        municipality, name = held.get(iri(terms.RL_HAS_MUNICIPALITY)), held.get(iri(terms.RDFS_LABEL))
        if municipality is not None:
            cell = links.cell(municipality)
            members.append(cell if links.stands(municipality) else cell._replace(text=f"{cell.text} (ended)"))
        elif name is not None:
            kind = held.get(iri(terms.DC_TYPE))
            text = read(name).text + (f" ({read(kind).text})" if kind else "")
            members.append(Cell(text, read(held[iri(terms.ORG_MEMBER)]).text, "nl"))
    return sorted(members)


def _takes_part(said: dict[str, list[Statement]], subject: str, links: Links) -> list[Cell]:
    """The cooperation structures that a municipality takes part in."""
    found = set()
    for node in said.values():
        held = {each.predicate: each.object for each in node}
        structure = held.get(iri(terms.ORG_ORGANIZATION_OF))
        if structure is not None and held.get(iri(terms.RL_HAS_MUNICIPALITY)) == iri(subject):
            found.add(links.cell(structure))
    return sorted(found)


def facts(said: Iterable[Statement], links: Links) -> Facts:
    """What is said of one subject, property by property."""
    heading, rows = "", []
    for predicate, group in groupby(sorted(said), key=lambda each: each.predicate):
        values = [each.object for each in group]
        if predicate == _TYPE:
            heading = _HEADINGS.get(values[0], "")
            continue
        rows.append((label(read(predicate).text), [links.cell(value) for value in values]))
    return Facts(heading, rows)


def label(predicate: str) -> str:
    """What a property is called on pages."""
    local = re.split(r"[#/]", predicate)[-1]
    return LABELS.get(predicate) or re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", local).lower()


def _status(own: list[Statement], kind: str, at: date, links: Links) -> str:
    held = {each.predicate: each.object for each in own}
    if not own:
        return "not known yet at this moment"
    status = held.get(iri(terms.ADMS_STATUS))
    ends, begins = held.get(iri(terms.RL_ENDS)), held.get(iri(terms.RL_BEGINS))
    until = f"; ends on {read(ends).text}" if ends else ""
    if iri(terms.RL_PROPOSED_REGION) in held.values() and ends and date.fromisoformat(read(ends).text) <= at:
        return f"no longer proposed: settled on {read(ends).text}"
    if _TYPE in held:
        return (links.cell(status).text if status else "stands" if kind == "decision" else "exists") + until
    if iri(terms.RDFS_LABEL) in held or (status is not None and ends is not None):
        became = [links.cell(each.object).text for each in own if each.predicate == iri(terms.DCTERMS_IS_REPLACED_BY)]
        return f"ended on {read(ends).text if ends else 'an unknown day'}" + (
            f": became {', '.join(became)}" if became else ""
        )
    return f"begins on {read(begins).text}" if begins else "not there yet at this moment"


def _inside(history: History, subject: str, key: SnapshotKey, links: Links) -> list[Cell]:
    """The municipalities, or the subregions, that lie in it."""
    inside = []
    for each in history.subjects(terms.GEO_SF_WITHIN, iri(subject)):
        said = history.at(each, key, register=True)
        if any(one.predicate == iri(terms.GEO_SF_WITHIN) and one.object == iri(subject) for one in said):
            inside.append(links.cell(iri(each)))
    return sorted(inside)


def _rests(history: History, subject: str, key: SnapshotKey, links: Links) -> list[Cell]:
    """What rests on a decision: the thing itself, or the municipality that a node is about."""
    rests = set()
    for each in history.subjects(terms.RL_BASIS, iri(subject)):
        said = history.at(each, key)
        if any(one.predicate == iri(terms.RL_BASIS) and one.object == iri(subject) for one in said):
            about = {iri(terms.RL_HAS_MUNICIPALITY), iri(terms.RL_MERGED_INTO)}
            rests.add(next((one.object for one in said if one.predicate in about), iri(each)))
    return sorted(links.cell(each) for each in rests)


def _life(history: History, subject: str, key: SnapshotKey, links: Links) -> list[Stretch]:
    life = [
        stretch(timed, links)
        for timed in _believed(history, subject, key)
        if timed.statement.predicate not in _TIMELESS
        and (timed.statement.start, timed.statement.end) != (ALWAYS, NEVER)
    ]
    for node in history.subjects(terms.RL_HAS_MUNICIPALITY, iri(subject)):
        life += _assignment(_believed(history, node, key), links)
    return sorted(set(life), key=lambda each: (each.start, each.end, each.what, each.value.text))


def _assignment(node: list[Timed], links: Links) -> list[Stretch]:
    """An assignment, one stretch for each decision that it rested on."""
    placed = [timed for timed in node if timed.statement.predicate == iri(terms.RL_REGION)]
    pending = [timed for timed in node if timed.statement.object == iri(terms.RL_STATUS_PENDING)]
    stretches = []
    for timed in node:
        if timed.statement.predicate == iri(terms.RL_BASIS) and (placed or pending):
            what = links.cell((placed or pending)[0].statement.object)
            said = stretch(timed, links)
            stretches.append(said._replace(what="region", value=what, decision=said.value))
    return stretches


def _believed(history: History, subject: str, key: SnapshotKey) -> list[Timed]:
    about = history.about(subject, register=True) or history.about(subject)
    return [timed for timed in about if timed.opened <= key.position < timed.closed]


def stretch(timed: Timed, links: Links) -> Stretch:
    """One statement as something that held for some time."""
    said = timed.statement
    start = "" if said.start == ALWAYS else date.fromordinal(said.start).isoformat()
    end = "" if said.end == NEVER else date.fromordinal(said.end).isoformat()
    return Stretch(label(read(said.predicate).text), links.cell(said.object), start, end, None)
