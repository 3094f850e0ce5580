"""What a document of RDF says of regions and of municipalities, as Flemish and Belgian publishers write it."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from regiolog.events.claim import Claim, Listing, Naming, Placement
from regiolog.sync.harvest.reading import Called, Known, Reading, is_address
from regiolog.sync.sources.graphs import Graph

SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
RDFS_LABEL: Final = "http://www.w3.org/2000/01/rdf-schema#label"
WITHIN: Final = "http://www.opengis.net/ont/geosparql#sfWithin"
LEVEL: Final = "http://mu.semte.ch/vocabularies/ext/werkingsgebiedNiveau"
AREA: Final = "http://data.vlaanderen.be/ns/besluit#werkingsgebied"

_SCHEMA: Final = ("https://schema.org/", "http://schema.org/")
_CODE: Final = re.compile(r"https?://vocab\.belgif\.be/auth/refnis\d{4}/(\d{5})")
_MUNICIPALITY: Final = "Gemeente"


class OfGraph(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="says"):
    """What every mapping of a document of RDF says.

    Attributes:
        beside: Paths or addresses of other documents of the publisher, which tell what addresses stand for.
    """

    beside: tuple[str, ...] = ()


class RegionsOfGraph(OfGraph, frozen=True, kw_only=True, tag="regions"):
    """Areas of municipalities that lie within (``geo:sfWithin``) those of reference regions.

    Attributes:
        level: What the publisher calls the level of a reference region.
    """

    level: str = "Referentieregio"

    def covers(self, claim: Claim) -> bool:
        """Whether it puts something by its address in a region, or names one."""
        return isinstance(claim, Placement | Naming) and is_address(claim.of)

    def read(self, graph: Graph, beside: Graph, known: Known) -> Reading:
        """What the document says; what its addresses stand for, others beside it may tell."""
        both = graph.merged(beside)
        regions = [subject for subject in graph.subjects(LEVEL) if self.level in graph.texts(subject, LEVEL)]
        keys = {region: _region(region, graph, known) for region in regions}
        names = [
            Naming(of=region, words=words, region=keys[region])
            for region in regions
            for words in graph.texts(region, RDFS_LABEL)
        ]
        placings = [
            (area, region)
            for area in graph.subjects(WITHIN)
            for region in graph.things(area, WITHIN)
            if region in regions or known.region(region) is not None
        ]
        codes = resolved(dict.fromkeys(area for area, _ in placings), both, known)
        claims: list[Claim] = [
            Placement(
                of=area, words=region, municipality=codes.get(area), region=keys.get(region) or known.region(region)
            )
            for area, region in placings
        ]
        others = sum(len(graph.things(area, WITHIN)) for area in graph.subjects(WITHIN)) - len(placings)
        passed = {"areas within something that is no reference region": others} if others else {}
        covers = self.covers if names else _puts_by_address
        return Reading((*claims, *names), covers, passed=passed)


class MunicipalitiesOfGraph(OfGraph, frozen=True, kw_only=True, tag="municipalities"):
    """A scheme of codes (``skos:ConceptScheme``) that lists municipalities, as Statbel's refnis.

    Attributes:
        scheme: The address of the scheme.
        codes: Which codes are municipalities that the register is about, as a regular expression.
        languages: In which languages, besides Dutch, names are taken in where the source has authority for them.
    """

    scheme: str
    codes: str
    languages: tuple[str, ...] = ()

    def covers(self, claim: Claim) -> bool:
        """Whether it lists a code of this scheme."""
        return isinstance(claim, Listing) and claim.of.startswith(f"{self.scheme.rstrip('/')}/")

    def read(self, graph: Graph, beside: Graph, known: Known) -> Reading:  # noqa: ARG002 - its codes name themselves
        """What the document says."""
        begins, ends = (tuple(f"{name}{day}" for name in _SCHEMA) for day in ("startDate", "endDate"))
        claims: list[Claim] = []
        names: list[Called] = []
        others = 0
        for concept in graph.subjects(f"{SKOS}inScheme", self.scheme):
            code = graph.text(concept, f"{SKOS}notation") or ""
            if not re.fullmatch(self.codes, code):
                others += 1
                continue
            claims.append(
                Listing(
                    of=concept,
                    words=graph.text(concept, f"{SKOS}prefLabel") or code,
                    begins=graph.day(concept, *begins),
                    ends=graph.day(concept, *ends),
                    municipality=code,
                )
            )
            if known.exists(code):
                for language in self.languages:
                    said = graph.texts(concept, f"{SKOS}prefLabel", language=language)
                    names.extend(Called(code, language, name) for name in said[:1])
        passed = {"codes of other things": others} if others else {}
        return Reading(tuple(claims), self.covers, names=tuple(names), passed=passed)


def resolved(addresses: dict[str, None], graph: Graph, known: Known) -> dict[str, str]:
    """Which municipalities addresses of a publisher stand for: by identity first, and then by name.

    An address is a municipality's by a code that the publisher gives it; else by what the register holds of
    authorities and their areas; else by its name, where just one municipality that no other address stands for is, or
    was, called so.

    Args:
        addresses: Addresses of municipalities, of their authorities or of their areas.
        graph: What the publisher says of them.
        known: What the register knows.
    """
    found: dict[str, str] = {}
    for address in addresses:
        code = _coded(address, graph, known) or known.municipality_at(address)
        if code is not None:
            found[address] = code
    taken = {code for area in graph.subjects(f"{SKOS}exactMatch") if (code := _coded(area, graph, known))}
    taken.update(found.values())
    for address in addresses:
        if address not in found:
            called = frozenset().union(*(known.municipalities_called(name) for name in _names(address, graph)))
            if len(left := called - taken) == 1:
                found[address] = next(iter(left))
    return found


def _region(address: str, graph: Graph, known: Known) -> str | None:
    """The region that an address stands for: by identity, else by what it stood for so far, else by its name."""
    found = known.region(address) or known.meant(address)
    if found is None:
        named = {key for name in graph.texts(address, RDFS_LABEL) if (key := known.region(name)) is not None}
        found = named.pop() if len(named) == 1 else None
    return found


def _coded(address: str, graph: Graph, known: Known) -> str | None:
    """The one code that a publisher gives an address, or the area of an authority; of several, the one in use."""
    codes: dict[str, None] = {}
    for subject in (address, *graph.things(address, AREA)):
        for match in graph.things(subject, f"{SKOS}exactMatch"):
            if code := _CODE.fullmatch(match):
                codes[code[1]] = None
        if codes:
            break
    if len(codes) > 1:
        codes = {code: None for code in codes if known.exists(code)}
    return next(iter(codes)) if len(codes) == 1 else None


def _names(address: str, graph: Graph) -> list[str]:
    """What a municipality's area is called; things of another level have no say."""
    if graph.texts(address, LEVEL) not in ([], [_MUNICIPALITY]):
        return []
    return [name.strip() for name in graph.texts(address, RDFS_LABEL)]


def _puts_by_address(claim: Claim) -> bool:
    return isinstance(claim, Placement) and is_address(claim.of)
