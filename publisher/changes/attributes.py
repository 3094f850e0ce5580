"""Attributes: what was and what is said of a thing over all days, under one name for each kind of thing that is said.

A property of the thing itself goes by its key in our JSON-LD context; each node that describes it goes whole, under
what it is. A value is a timeline: a list in the order in which its values begin, in the words of our JSON-LD.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby
from typing import Any, Final

from regiolog.ontology import terms
from regiolog.ontology.iris import Iris
from regiolog.publisher.formats import keyed, put
from regiolog.sync.statements.statement import ALWAYS, NEVER, Statement, iri

AUTHORITY: Final = "localAuthority"
"""The attribute of the local authority of a municipality, as a node."""

OTHER: Final = "other"
"""The attribute of what the facts of a thing say of other things: what it replaces, who is a member of it."""

NODES: Final = {
    "assignment": "assignment",
    "boundary": "boundaryChange",
    "change": "organisationChange",
    "date": "otherDate",
    "member": "membership",
    "merger": "merger",
}
"""The attribute of each kind of node that we mint, by the word with which its IRI's last part begins."""

Values = list[dict[str, Any]]

_TYPE: Final = iri(terms.RDF_TYPE)
_BODY: Final = iri(terms.BESLUIT_BESTUURSEENHEID)


def changed(iris: Iris, thing: str, before: Iterable[Statement], after: Iterable[Statement]) -> list[dict[str, Any]]:
    """The attributes of a thing that changed, by name, each with its old and its new timeline.

    Args:
        iris: Reads the IRIs of nodes.
        thing: The thing.
        before: All that was said of it.
        after: All that is.
    """
    old, new = _by_attribute(iris, thing, before), _by_attribute(iris, thing, after)
    return [
        {"naam": name, "oudeWaarde": _timeline(thing, old.get(name)), "nieuweWaarde": _timeline(thing, new.get(name))}
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]


def _by_attribute(iris: Iris, thing: str, said: Iterable[Statement]) -> dict[str, set[Statement]]:
    """What is said of a thing, by attribute."""
    every, own = set(said), iri(thing)
    bodies = {each.subject for each in every if each.predicate == _TYPE and each.object == _BODY}
    found: dict[str, set[Statement]] = {}
    names: dict[str, str] = {}
    for each in every:
        if each.subject == own:
            name = keyed(each.predicate, each.object).name
        elif each.subject in names:
            name = names[each.subject]
        else:
            name = names[each.subject] = AUTHORITY if each.subject in bodies else _of_node(iris, each.subject)
        found.setdefault(name, set()).add(each)
    return found


def _of_node(iris: Iris, node: str) -> str:
    """The attribute under which a node goes."""
    ours = iris.read(node[1:-1])
    return OTHER if ours is None else NODES.get(ours.part.partition("-")[0], OTHER)


def _timeline(thing: str, said: set[Statement] | None) -> Values | None:
    """The values of an attribute, each with the days on which it holds; None where nothing is said."""
    if said is None:
        return None
    own = iri(thing)
    values: Values = []
    for (start, end, subject), group in groupby(sorted(said, key=_place), key=lambda each: _place(each)[:3]):
        days = _days(start, end)
        if subject == own:
            values += ({**_value(each), **days} for each in group)
        else:
            values.append({"value": _node(subject, group), **days})
    return values


def _place(each: Statement) -> tuple[int, int, str, bool, str, str]:
    """Where a statement stands: by its days and its subject, and what that is before all else."""
    return each.start, each.end, each.subject, each.predicate != _TYPE, each.predicate, each.object


def _value(said: Statement) -> dict[str, Any]:
    value = keyed(said.predicate, said.object)
    return {"value": value.value} if value.language is None else {"value": value.value, "language": value.language}


def _node(subject: str, said: Iterable[Statement]) -> dict[str, Any]:
    """All that is said of a node, as JSON-LD writes it."""
    node: dict[str, Any] = {"@id": subject[1:-1]}
    for each in said:
        put(node, keyed(each.predicate, each.object))
    return node


def _days(start: int, end: int) -> dict[str, str]:
    """The first day, and the first day after, where they are known."""
    return dict(_known_days(start, end))


def _known_days(start: int, end: int) -> Iterator[tuple[str, str]]:
    if start != ALWAYS:
        yield "validFrom", date.fromordinal(start).isoformat()
    if end != NEVER:
        yield "validTo", date.fromordinal(end).isoformat()
