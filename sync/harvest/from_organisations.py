"""What a document of RDF says of cooperation structures: organisations, who is a member of them, and their mergers."""

from __future__ import annotations

from functools import cache, partial
from typing import Final, cast

from regiolog.events.claim import Belonging, Claim, Merging, Structure
from regiolog.events.cooperation import CooperationStatus, CooperationType, Member, Role
from regiolog.ontology.documents import CODE_LISTS, document
from regiolog.sync.harvest.from_graphs import RDFS_LABEL, SKOS, OfGraph, resolved
from regiolog.sync.harvest.reading import Known, Organisation, Reading, Union, is_address
from regiolog.sync.sources.graphs import Graph, read_graph

_ORG: Final = "http://www.w3.org/ns/org#"
_REGORG: Final = "http://www.w3.org/ns/regorg#"
_BESLUIT: Final = "http://data.vlaanderen.be/ns/besluit#"
_CLASSES: Final = (f"{_ORG}classification", f"{_BESLUIT}classificatie")
_CALLED: Final = (f"{_REGORG}legalName", f"{SKOS}prefLabel", RDFS_LABEL)
_FUSION: Final = "http://lblod.data.gift/concepts/fa80032794c841ecac73ff874f856db1"
_CHANGE_TYPE: Final = "typeWijziging"
_CODE_LIST: Final = "https://w3id.org/regiolog/ns#list-"


class CooperationsOfGraph(OfGraph, frozen=True, kw_only=True, tag="cooperations"):
    """Organisations (``org:Organization``) of certain classes, their members and mergers, as ABB describes them.

    Attributes:
        types: Which kinds of structure are read, by their Dutch names; none reads every kind that the register knows.
    """

    types: tuple[CooperationType, ...] = ()

    def covers(self, claim: Claim) -> bool:
        """Whether it is about a structure by its address."""
        return isinstance(claim, Structure | Belonging | Merging) and is_address(structure_of(claim))

    def read(self, graph: Graph, beside: Graph, known: Known) -> Reading:
        """What the document says of structures of these kinds; those of others are passed over."""
        both = graph.merged(beside)
        kinds = {
            concept: cast("CooperationType", name)
            for concept, name in _concepts("cooperation-kind").items()
            if not self.types or name in self.types
        }
        described: dict[str, tuple[CooperationType, ...]] = {}
        others = 0
        for subject in dict.fromkeys(each for predicate in _CLASSES for each in graph.subjects(predicate)):
            types = tuple(kinds[each] for each in graph.things(subject, *_CLASSES) if each in kinds)
            if types:
                described[subject] = tuple(dict.fromkeys(types))
            else:
                others += 1
        members = self._members(graph, both, described, known)
        peopled = {kind for structure in members for kind in described[structure]}
        organisations = [
            Organisation(
                iri=subject,
                name=(graph.text(subject, *_CALLED) or subject.rpartition("/")[2]).strip(),
                types=types,
                status=cast("CooperationStatus | None", _first(_concepts("cooperation-status"), graph, subject)),
                members=members.get(subject, None if peopled.isdisjoint(types) else ()),
            )
            for subject, types in described.items()
        ]
        passed = {"organisations of other kinds": others} if others else {}
        covers = partial(self._repeats, known)
        return Reading((), covers, tuple(organisations), self._unions(graph, both, described), passed=passed)

    def _repeats(self, known: Known, claim: Claim) -> bool:
        """Whether a claim is about a structure of the kinds that are read, as far as the source told its kind."""
        if not self.covers(claim):
            return False
        told = known.type_of(structure_of(claim))
        return not self.types or told is None or not set(self.types).isdisjoint(told.split(", "))

    @staticmethod
    def _members(
        graph: Graph, both: Graph, described: dict[str, tuple[CooperationType, ...]], known: Known
    ) -> dict[str, tuple[Member, ...]]:
        """Who takes part in the structures of which anybody does, by `org:Membership` or `org:memberOf`."""
        pairs: dict[str, dict[str, str | None]] = {}
        for membership in graph.subjects(f"{_ORG}member"):
            role = _first(_concepts("role"), graph, membership, f"{_ORG}role")
            for structure in graph.things(membership, f"{_ORG}organization"):
                for member in graph.things(membership, f"{_ORG}member"):
                    pairs.setdefault(structure, {})[member] = role
        for member in graph.subjects(f"{_ORG}memberOf"):
            for structure in graph.things(member, f"{_ORG}memberOf"):
                pairs.setdefault(structure, {}).setdefault(member, None)
        wanted = {structure: found for structure, found in pairs.items() if structure in described}
        everybody = dict.fromkeys(member for found in wanted.values() for member in found)
        codes = resolved(everybody, both, known)
        return {
            structure: tuple(
                Member(
                    organisation=member,
                    municipality=codes.get(member),
                    name=None if member in codes else _stripped(both.text(member, *_CALLED)),
                    role=cast("Role | None", role),
                )
                for member, role in found.items()
            )
            for structure, found in wanted.items()
        }

    @staticmethod
    def _unions(graph: Graph, both: Graph, described: dict[str, tuple[CooperationType, ...]]) -> tuple[Union, ...]:
        """The mergers (`org:ChangeEvent`) of structures that the document describes."""
        found = []
        for change in graph.subjects(f"{_ORG}resultingOrganization"):
            says = [each for each in graph.predicates(change) if each.endswith(_CHANGE_TYPE)]
            types = graph.things(change, *says)
            into = graph.things(change, f"{_ORG}resultingOrganization")
            parts = graph.things(change, f"{_ORG}originalOrganization")
            known = all(each in described for each in (*into, *parts))
            if len(into) == 1 and parts and known and types in ([], [_FUSION]):
                found.append(Union(change, both.day(change, "http://purl.org/dc/terms/date"), tuple(parts), into[0]))
        return tuple(found)


def as_claims(organisation: Organisation) -> tuple[Claim, ...]:
    """A structure and its members as claims, for a source whose word opens nothing in the register."""
    structure = Structure(of=organisation.iri, words=organisation.name, type=", ".join(organisation.types) or None)
    members = (
        Belonging(of=member.key, words=organisation.iri, municipality=member.municipality)
        for member in organisation.members or ()
    )
    return (structure, *members)


def union_as_claim(union: Union) -> Claim:
    """A merger as a claim, likewise."""
    return Merging(of=union.into, words=union.iri, originals=tuple(sorted(union.parts)), valid_from=union.day)


def structure_of(claim: Claim) -> str:
    """The address of the structure that a claim is about."""
    return claim.words if isinstance(claim, Belonging) else claim.of


@cache
def _concepts(name: str) -> dict[str, str]:
    """Our stored names by the publishers' concepts that the code lists of the ontology say are the same."""
    lists = read_graph(document(CODE_LISTS), media="text/turtle")
    return {
        match: lists.text(concept, f"{SKOS}notation") or ""
        for concept in lists.subjects(f"{SKOS}inScheme", f"{_CODE_LIST}{name}")
        for match in lists.things(concept, f"{SKOS}exactMatch")
    }


def _first(concepts: dict[str, str], graph: Graph, subject: str, predicate: str = f"{_REGORG}orgStatus") -> str | None:
    return next((concepts[each] for each in graph.things(subject, predicate) if each in concepts), None)


def _stripped(name: str | None) -> str | None:
    return None if name is None else name.strip() or None
