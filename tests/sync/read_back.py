"""What the graphs of a moment say, read back into what :mod:`tests.sync.naive` holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from regiolog.ontology import terms
from regiolog.ontology.iris import Iris
from regiolog.sync.statements.history import History, SnapshotKey
from regiolog.sync.statements.statement import REGISTER, iri, literal
from tests.builders import BASE
from tests.sync import naive

Said = dict[str, dict[str, set[str]]]
"""The values of each property of each subject, as N-Triples without the brackets of subjects and properties."""

PREFIX = f"{BASE}id/event/"


def said_of(history: History, key: SnapshotKey, graph: str = REGISTER) -> Said:
    """A graph at a key."""
    found: Said = defaultdict(lambda: defaultdict(set))
    for line in history.triples(key, graph).decode().splitlines():
        subject, predicate, value = line.removesuffix(" .").split(" ", 2)
        found[subject[1:-1]][predicate[1:-1]].add(value)
    return found


def read_back(history: History, key: SnapshotKey) -> naive.Held:
    """Everything at a key."""
    said = said_of(history, key)
    keys = {f"<{subject}>": _text(value) for subject, values in said.items() for value in _identifiers(values)}
    sources = {_key(keys, subject): subject for subject, values in said.items() if values[terms.RL_CLAIMS]}
    return naive.Held(
        _towns(said, keys),
        _regions(said, keys),
        _structures(said, keys),
        _changes(said, keys),
        {source: _claims(said_of(history, key, f"<{BASE}graph/source/{source}>"), said) for source in sources},
        _proposals(history, key, said, keys),
    )


def _identifiers(values: dict[str, set[str]]) -> Iterable[str]:
    return values[terms.DCTERMS_IDENTIFIER]


def _key(keys: dict[str, str], subject: str) -> str:
    return keys.get(f"<{subject}>", "")


def _text(literal: str) -> str:
    return literal.rpartition('"')[0][1:].replace('\\"', '"')


def _one(values: set[str]) -> str | None:
    """The only value, as text, or as the last part of an address."""
    (value,) = values or {""}
    if value.startswith('"'):
        return _text(value)
    return value[1:-1].replace("#", "/").rsplit("/", 1)[-1] or None


def _is(values: dict[str, set[str]], kind: str) -> bool:
    return f"<{kind}>" in values[terms.RDF_TYPE]


def _towns(said: Said, keys: dict[str, str]) -> dict[str, naive.Town]:
    placed = {
        keys[municipality]: values
        for values in said.values()
        if _is(values, terms.RL_ASSIGNMENT)
        for municipality in values[terms.RL_HAS_MUNICIPALITY]
    }
    towns: dict[str, naive.Town] = {}
    for subject, values in said.items():
        if not _is(values, terms.RL_MUNICIPALITY):
            continue
        nis = _key(keys, subject)
        within = {keys[place] for place in values[terms.GEO_SF_WITHIN]}
        (province,) = within & {"10000", "40000"}
        assignment = placed.get(nis, defaultdict(set))
        region = next(iter(within - {province}), None)
        assert {region} - {None} == {keys[found] for found in assignment[terms.RL_REGION]}
        name, status = _one(values[terms.RDFS_LABEL]), _one(assignment[terms.ADMS_STATUS])
        assert name is not None
        towns[nis] = naive.Town(
            name, province, region, status and status.removeprefix("status-"), _one(assignment[terms.RL_BASIS])
        )
    return towns


def _regions(said: Said, keys: dict[str, str]) -> dict[str, tuple[str, str | None]]:
    regions = {}
    for subject, values in said.items():
        if _is(values, terms.RL_REFERENCE_REGION):
            status = _one(values[terms.ADMS_STATUS])
            assert status is not None
            regions[_key(keys, subject)] = (status.removeprefix("status-"), _one(values[terms.RDFS_LABEL]))
    return regions


def _structures(said: Said, keys: dict[str, str]) -> dict[str, naive.Structure]:
    members: dict[str, set[naive.Part]] = defaultdict(set)
    for subject, values in said.items():
        if not _is(values, terms.ORG_MEMBERSHIP):
            continue
        (structure,) = values[terms.ORG_ORGANIZATION_OF]
        organisation = {value[1:-1] for value in values[terms.ORG_MEMBER]}
        for address in organisation:
            assert structure in said[address][terms.ORG_MEMBER_OF]
        role = _one(values[terms.ORG_ROLE])
        members[keys[structure]].add(
            naive.Part(
                subject.removeprefix(PREFIX),
                organisation.pop() if organisation else None,
                _one(values[terms.RL_HAS_MUNICIPALITY]),
                role and role.removeprefix("role-"),
                *_grounds(values),
            )
        )
    found: dict[str, naive.Structure] = {}
    for subject, values in said.items():
        if _is(values, terms.RL_COOPERATION):
            name, status = _one(values[terms.RDFS_LABEL]), _one(values[terms.ADMS_STATUS])
            assert name is not None
            types = {_last(value).removeprefix("cooperation-") for value in values[terms.ORG_CLASSIFICATION]}
            assert len(values[terms.DC_TYPE]) == len(types)
            key = _key(keys, subject)
            status = status and status.removeprefix("status-")
            found[key] = naive.Structure(
                name, frozenset(types), status, *_grounds(values), frozenset(members.pop(key, ()))
            )
    assert not members, "a membership of what is there no more"
    return found


def _grounds(values: dict[str, set[str]]) -> tuple[str, str, str | None, str | None]:
    """Whether it begins or was first observed, on which day, on which decision, and who published it."""
    begins, seen = _one(values[terms.RL_BEGINS]), _one(values[terms.RL_FIRST_OBSERVED])
    assert (begins is None) != (seen is None)
    met = ("firstObserved", seen or "") if begins is None else ("begins", begins)
    return (*met, _one(values[terms.RL_BASIS]), _one(values[terms.PROV_WAS_ATTRIBUTED_TO]))


def _changes(said: Said, keys: dict[str, str]) -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    return {
        subject.removeprefix(PREFIX).removesuffix("#change"): (
            frozenset(keys[part] for part in values[terms.ORG_ORIGINAL_ORGANIZATION]),
            frozenset(keys[part] for part in values[terms.ORG_RESULTING_ORGANIZATION]),
        )
        for subject, values in said.items()
        if _is(values, terms.ORG_CHANGE_EVENT) and values[terms.ORG_RESULTING_ORGANIZATION]
    }


def _claims(claimed: Said, register: Said) -> set[naive.Claim]:
    """What a source says; beside its claims stands only what they say in plain triples."""
    claims: set[naive.Claim] = set()
    plain: set[tuple[str, str, str]] = set()
    for subject, values in claimed.items():
        if not _is(values, terms.RL_CLAIM):
            continue
        says, words = _one(values[terms.RL_SAYS]) or "", _one(values[terms.RL_WORDS]) or ""
        rest = values[terms.DC_RELATION] | values[terms.DC_TYPE] | values[terms.DCTERMS_IDENTIFIER]
        for region in values[terms.RL_REGION]:
            assert not _is(register[region[1:-1]], terms.RL_PROPOSED_REGION)
            if says == "claim-name-of-region":
                plain.add((region, terms.RDFS_LABEL, literal(words, "nl")))
            for town in values[terms.RL_HAS_MUNICIPALITY]:
                plain.add((town, terms.GEO_SF_WITHIN, region))
        for town in values[terms.RL_HAS_MUNICIPALITY] if says == "claim-municipality" else ():
            plain.add((town, terms.RDFS_LABEL, literal(words, "nl")))
        claims.add(
            naive.Claim(
                subject.removeprefix(PREFIX),
                says.removeprefix("claim-"),
                _one(values[terms.RL_OF]) or "",
                words,
                _one(values[terms.RL_DOCUMENT]) or "",
                frozenset(_last(mark).removeprefix("mark-") for mark in values[terms.RL_MARK]),
                _one(values[terms.RL_HAS_MUNICIPALITY]),
                _one(values[terms.RL_REGION]),
                _one(values[terms.RL_BEGINS]),
                _one(values[terms.RL_ENDS]),
                (_one(values[terms.RL_LISTED_FROM]), _one(values[terms.RL_LISTED_UNTIL])),
                frozenset(map(_text, rest)),
            )
        )
    assert plain == {
        (iri(subject), predicate, value)
        for subject, values in claimed.items()
        if not _is(values, terms.RL_CLAIM)
        for predicate, found in values.items()
        for value in found
    }
    return claims


def _proposals(history: History, key: SnapshotKey, said: Said, keys: dict[str, str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for subject, values in said.items():
        for graph in values[terms.RL_PROPOSES]:
            assert graph == iri(Iris(BASE).proposal_graph(keys[iri(subject)]))
            found[keys[iri(subject)]] = {
                _one(each[terms.DCTERMS_IDENTIFIER]) or "": (
                    _one(each[terms.RDFS_LABEL]),
                    _one(each[terms.RL_BEGINS]),
                    _one(each[terms.RL_ENDS]),
                    _one(each[terms.RL_SETTLED_BY]),
                )
                for each in said_of(history, key, graph).values()
            }
    return found


def _last(value: str) -> str:
    return value[1:-1].rpartition("#")[2]
