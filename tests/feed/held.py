"""What a client of the feed holds when it has read everything, beside what the register believes."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Final

from pyoxigraph import BlankNode, Literal, Quad

from regiolog.ontology import terms
from regiolog.ontology.iris import Iris
from regiolog.sync.statements.history import History
from regiolog.sync.statements.statement import ALWAYS, NEVER, REGISTER, iri
from tests.feed.reader import Member

Said = tuple[str, str, str, int, int]
"""A triple as N-Triples, and the civil days between which it holds."""

_OF_SLICES: Final = frozenset((terms.PROV_SPECIALIZATION_OF, terms.RL_VALID_FROM, terms.RL_VALID_TO))


def newest(members: Iterable[Member]) -> dict[str, Member]:
    """The newest version object of each thing: that with the highest position ("Versions and transactions")."""
    found: dict[str, Member] = {}
    for member in members:
        thing = member.value(terms.DCTERMS_IS_VERSION_OF)
        if thing not in found or place(found[thing]) < place(member):
            found[thing] = member
    return found


def place(member: Member) -> int:
    """The position of a version object."""
    return int(member.value(terms.RL_POSITION))


def act(member: Member) -> str:
    """What a version object does: one of the three classes of ActivityStreams."""
    acts = {terms.AS_CREATE, terms.AS_UPDATE, terms.AS_DELETE}
    (found,) = (value.value for value in member.values(terms.RDF_TYPE) if value.value in acts)
    return found


def said(member: Member) -> Counter[Said]:
    """The statements that a version object makes, each slice turned back into them."""
    slices: dict[object, list[Quad]] = {node: [] for node in member.values(terms.RL_HAS_TIME_SLICE)}
    for quad in member.quads:
        if quad.subject in slices:
            slices[quad.subject].append(quad)
    found: Counter[Said] = Counter()
    for node, own in slices.items():
        assert isinstance(node, BlankNode)
        (subject,) = (str(quad.object) for quad in own if quad.predicate.value == terms.PROV_SPECIALIZATION_OF)
        start, end = _day(own, terms.RL_VALID_FROM, ALWAYS), _day(own, terms.RL_VALID_TO, NEVER)
        for quad in own:
            is_slice = quad.predicate.value == terms.RDF_TYPE and str(quad.object) == iri(terms.RL_TIME_SLICE)
            if quad.predicate.value not in _OF_SLICES and not is_slice:
                found[subject, str(quad.predicate), str(quad.object), start, end] += 1
    return found


def _day(quads: list[Quad], predicate: str, otherwise: int) -> int:
    values = [quad.object for quad in quads if quad.predicate.value == predicate]
    if not values:
        return otherwise
    (value,) = values
    assert isinstance(value, Literal)
    assert value.datatype.value == terms.XSD_DATE
    return date.fromisoformat(value.value).toordinal()


def held(members: Iterable[Member]) -> Counter[Said]:
    """What somebody holds who has read these version objects."""
    found: Counter[Said] = Counter()
    for member in newest(members).values():
        found.update(said(member))
    return found


def believed(history: History, position: int = NEVER) -> Counter[Said]:
    """What the register believes of municipalities, regions, subregions, structures and decisions.

    Args:
        history: The statement table.
        position: The last event that is known.
    """
    iris = Iris(history.base_iri)
    others = (f"<{iris.base}id/province/", f"<{iris.register()}", f"<{iris.base}id/source/")
    return Counter(
        (each.subject, each.predicate, each.object, each.start, each.end)
        for each, _, closed in history.ever(min(position, history.position))
        if closed > position or (closed == NEVER)
        if each.graph == REGISTER
        if not each.subject.startswith(others)
        if each.predicate != iri(terms.RL_PROPOSES)
    )


def digest(statements: Counter[Said]) -> str:
    """One digest of what is said, how often it is said, and when it holds."""
    return hashlib.sha256("\n".join(repr(each) for each in sorted(statements.elements())).encode()).hexdigest()
