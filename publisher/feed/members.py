"""Members: each a version object, all that is said of one thing over all days once an event is known.

What is said is told in time slices: one for each period in which something holds of the thing or of a node that
describes it. A harvester takes a member by the star of its IRI and the blank nodes in it (LDES 1.0, "Emitting
members"), in every form alike; so the slices are blank nodes, which nothing else is that is said of the register.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import Final, NamedTuple

from regiolog.events.temporal import instant_text
from regiolog.ontology import terms
from regiolog.ontology.iris import Iris
from regiolog.publisher.formats import Triple
from regiolog.sync.statements.history import History
from regiolog.sync.statements.statement import ALWAYS, NEVER, Statement, day, integer, iri, literal, typed
from regiolog.sync.statements.turns import Turned

ACTS: Final = {"create": terms.AS_CREATE, "update": terms.AS_UPDATE, "delete": terms.AS_DELETE}
"""What a version object does to its thing, as a class (LDES 1.0, "Versions and transactions")."""


class Member(NamedTuple):
    """A version object.

    Attributes:
        turned: What happened to which thing.
        iri: The IRI of the version object.
        label: How the labels of its blank nodes begin; no other version object's do.
        last: Whether it is the last of its event.
    """

    turned: Turned
    iri: str
    label: str
    last: bool


def members(history: History, after: int, upto: int) -> list[Member]:
    """The version objects at ``after < position <= upto``, in their order.

    Args:
        history: The statements.
        after: The last position before them.
        upto: The last position that counts.
    """
    iris = Iris(history.base_iri)
    found: list[Member] = []
    for position, group in groupby(history.turned(after, upto), key=lambda each: each.position):
        turned = list(group)
        begun = {(each.kind, each.key) for each in turned if each.act == "create"}
        for number, each in enumerate(turned, 1):
            version = iris.version(each.kind, each.key, position)
            if each.act == "delete" and (each.kind, each.key) in begun:
                version += "/gone"  # the thing goes on under another address, and that version object has this one
            found.append(Member(each, version, f"s{position}x{number}x", number == len(turned)))
    return found


def triples(history: History, member: Member) -> Iterator[Triple]:
    """All that a version object says: itself first, then its slices; the same bytes whenever it is asked."""
    turned = member.turned
    timeline = () if turned.act == "delete" else history.timeline(turned.kind, turned.key, turned.position)
    slices = list(_slices(timeline))
    yield from _star(member, Iris(history.base_iri), len(slices))
    for number, (period, subject, said) in enumerate(slices, 1):
        yield from _slice(f"_:{member.label}{number}", period, subject, said)


def _star(member: Member, iris: Iris, slices: int) -> Iterator[Triple]:
    turned, subject = member.turned, iri(member.iri)
    for predicate, value in (
        (terms.RDF_TYPE, iri(ACTS[turned.act])),
        (terms.RDF_TYPE, iri(terms.RL_VERSION_OBJECT)),
        (terms.DCTERMS_IDENTIFIER, literal(turned.key)),
        (terms.DCTERMS_IS_VERSION_OF, iri(turned.iri)),
        (terms.RL_POSITION, integer(turned.position)),
        (terms.PROV_GENERATED_AT_TIME, typed(instant_text(turned.known), terms.XSD_DATE_TIME)),
        (terms.PROV_WAS_GENERATED_BY, iri(iris.event(turned.position))),
        (terms.RL_RECORDED_AT, typed(instant_text(turned.recorded), terms.XSD_DATE_TIME)),
        (terms.RL_LAST_OF_EVENT, typed("true" if member.last else "false", terms.XSD_BOOLEAN)),
        *((terms.RL_HAS_TIME_SLICE, f"_:{member.label}{number}") for number in range(1, slices + 1)),
    ):
        yield Triple(subject, iri(predicate), value)


def _slices(timeline: Iterable[Statement]) -> Iterator[tuple[tuple[int, int], str, Sequence[Statement]]]:
    """A timeline by period and subject: first what holds always, then in the order in which it begins."""
    for (start, end, subject), said in groupby(sorted(timeline, key=_place), key=lambda each: _place(each)[:3]):
        yield (start, end), subject, list(said)


def _place(statement: Statement) -> tuple[int, int, str, str, str]:
    return statement.start, statement.end, statement.subject, statement.predicate, statement.object


def _slice(node: str, period: tuple[int, int], subject: str, said: Iterable[Statement]) -> Iterator[Triple]:
    start, end = period
    yield Triple(node, _TYPE, _TIME_SLICE)
    yield Triple(node, _SLICE_OF, subject)
    if start != ALWAYS:
        yield Triple(node, _VALID_FROM, day(date.fromordinal(start)))
    if end != NEVER:
        yield Triple(node, _VALID_TO, day(date.fromordinal(end)))
    for each in said:
        yield Triple(node, each.predicate, each.object)


_TYPE: Final = iri(terms.RDF_TYPE)
_TIME_SLICE: Final = iri(terms.RL_TIME_SLICE)
_SLICE_OF: Final = iri(terms.PROV_SPECIALIZATION_OF)
_VALID_FROM: Final = iri(terms.RL_VALID_FROM)
_VALID_TO: Final = iri(terms.RL_VALID_TO)
