"""What the version objects of another register like this one say: each the timeline of one thing, in time slices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Final, NamedTuple

from regiolog.events.claim import Belonging, Claim, Listing, Naming, Placement, Structure
from regiolog.events.errors import Unreadable
from regiolog.ontology import terms
from regiolog.sync.harvest.from_graphs import OfGraph
from regiolog.sync.harvest.reading import Known, Reading, is_address
from regiolog.sync.sources.graphs import Graph
from regiolog.sync.sources.guard import printable

_DUTCH: Final = "nl"


class _Slice(NamedTuple):
    """A period of a thing, or of a node that describes it.

    Attributes:
        node: By what it is called in the document.
        start: Its first day; None when that is unknown, or what is said holds always.
        end: The first day after it; None when no end is known.
    """

    node: str
    start: date | None
    end: date | None


class VersionObjects(OfGraph, frozen=True, kw_only=True, tag="version-objects"):
    """Municipalities, reference regions and structures as another register tells them in its feed."""

    def covers(self, claim: Claim) -> bool:
        """Whether it is about something by its address."""
        return isinstance(claim, Placement | Naming | Listing | Structure | Belonging) and is_address(claim.of)

    def read(self, graph: Graph, beside: Graph, known: Known) -> Reading:  # noqa: ARG002 - a feed tells all of it itself
        """What the version objects say."""
        telling = _Telling(graph, known)
        things = graph.subjects(terms.RL_HAS_TIME_SLICE)
        others = 0
        claims: list[Claim] = []
        for thing in things:
            said = telling.of(thing)
            claims += said
            others += not said
        if things and not claims:
            raise Unreadable("its version objects are neither municipalities nor regions nor structures")
        passed = {"version objects of other things": others} if others else {}
        return Reading(tuple(dict.fromkeys(claims)), self.covers, passed=passed)


class _Telling:
    """The slices of all version objects, by what they are of."""

    def __init__(self, graph: Graph, known: Known) -> None:
        self._graph = graph
        self._known = known
        self._regions: dict[str, str | None] = {}

    def of(self, thing: str) -> list[Claim]:
        """What the version object of a thing claims."""
        slices: defaultdict[str, list[_Slice]] = defaultdict(list)
        for node in self._graph.things(thing, terms.RL_HAS_TIME_SLICE):
            subjects = self._graph.things(node, terms.PROV_SPECIALIZATION_OF)
            if len(subjects) != 1:
                raise Unreadable(f"a time slice of {printable(thing, 200)} does not say of which one thing it is")
            start, end = (self._graph.day(node, each) for each in (terms.RL_VALID_FROM, terms.RL_VALID_TO))
            slices[subjects[0]].append(_Slice(node, start, end))
        own = sorted(slices[thing], key=lambda each: (each.end is None, each.end or date.max, each.start or date.min))
        kinds = {kind for each in own for kind in self._graph.things(each.node, terms.RDF_TYPE)}
        if terms.RL_MUNICIPALITY in kinds:
            return self._municipality(thing, own, slices)
        if terms.RL_REFERENCE_REGION in kinds:
            return self._region(thing, own)
        if terms.RL_COOPERATION in kinds:
            return self._structure(thing, own, slices)
        return []

    def _municipality(self, thing: str, own: list[_Slice], slices: dict[str, list[_Slice]]) -> list[Claim]:
        nis = self._graph.text(thing, terms.DCTERMS_IDENTIFIER)
        labels = [text for each in own if (text := self._label(each))]
        found: list[Claim] = [
            Listing(
                of=thing,
                words=labels[-1] if labels else nis or thing,
                municipality=nis,
                begins=self._day(own, terms.RL_BEGINS),
                ends=self._day(own, terms.RL_ENDS),
            )
        ]
        found.extend(
            Placement(
                of=thing,
                words=region,
                municipality=nis,
                region=self._key(region),
                valid_from=each.start,
                valid_to=each.end,
            )
            for assigned in slices.values()
            for each in assigned
            for region in self._graph.things(each.node, terms.RL_REGION)
        )
        return found

    def _region(self, thing: str, own: list[_Slice]) -> list[Claim]:
        return [
            Naming(of=thing, words=label, region=self._key(thing), valid_from=each.start, valid_to=each.end)
            for each in own
            if (label := self._label(each))
        ]

    def _structure(self, thing: str, own: list[_Slice], slices: dict[str, list[_Slice]]) -> list[Claim]:
        labels = [text for each in own if (text := self._label(each))]
        types = [texts for each in own if (texts := self._graph.texts(each.node, terms.DC_TYPE))]
        found: list[Claim] = [
            Structure(
                of=thing,
                words=labels[-1] if labels else thing.rpartition("/")[2],
                type=", ".join(types[-1]) if types else None,
                valid_to=self._day(own, terms.RL_ENDS),
            )
        ]
        for node, periods in slices.items():
            members = _first(self._graph.things(each.node, terms.RL_HAS_MUNICIPALITY) for each in periods)
            others = _first(self._graph.things(each.node, terms.ORG_MEMBER) for each in periods)
            for each in periods:
                if node == thing or thing not in self._graph.things(each.node, terms.ORG_ORGANIZATION_OF):
                    continue
                if of := (members or others):
                    nis = None if not members else self._known.municipality_at(members)
                    found.append(
                        Belonging(of=of, words=thing, municipality=nis, valid_from=each.start, valid_to=each.end)
                    )
        return found

    def _key(self, region: str) -> str | None:
        """The region that an address stands for: by identity, else by what it stood for so far, else by its name."""
        if region not in self._regions:
            found = self._known.region(region) or self._known.meant(region)
            if found is None:
                nodes = self._graph.things(region, terms.RL_HAS_TIME_SLICE)
                names = {text for node in nodes for text in self._graph.texts(node, terms.RDFS_LABEL, language=_DUTCH)}
                keys = {key for name in names if (key := self._known.region(name)) is not None}
                found = keys.pop() if len(keys) == 1 else None
            self._regions[region] = found
        return self._regions[region]

    def _label(self, each: _Slice) -> str | None:
        return next(iter(self._graph.texts(each.node, terms.RDFS_LABEL, language=_DUTCH)), None)

    def _day(self, own: list[_Slice], predicate: str) -> date | None:
        return next((day for each in own if (day := self._graph.day(each.node, predicate))), None)


def _first(found: Iterable[list[str]]) -> str | None:
    return next((each for some in found for each in some), None)
