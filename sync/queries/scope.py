"""A scope: what a query reads of the default graph, as its triple patterns and how they stand together.

SPARQL reads a graph through nothing but its patterns. A group holds those that are true together in each of its
solutions; what stands beside them says which of their variables it may rely on. Terms are constants as canonical
N-Triples, or variables that begin with ``?``; those that begin with ``?`` and a space stand for nodes without a name,
and for literals that the engine may hold in another form than the statements do. The language of a text is in small
letters; in the statements it need not be, and to the engine it is the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

Step = Literal["link", "inverse", "sequence", "alternative", "more", "any", "maybe"]
"""``more`` is a path's ``+``, ``any`` its ``*``, ``maybe`` its ``?``."""


class Path(NamedTuple):
    """A property path over constant predicates.

    Attributes:
        step: What it is.
        predicate: The predicate of a link.
        parts: What the others are made of.
    """

    step: Step
    predicate: str = ""
    parts: tuple[Path, ...] = ()

    @property
    def may_be_empty(self) -> bool:
        """Whether some part of it has no length, so that it leads from every node of the graph to itself."""
        return self.step in {"any", "maybe"} or any(part.may_be_empty for part in self.parts)


class Pattern(NamedTuple):
    """A triple pattern, or a property path between two terms.

    Attributes:
        subject: A term.
        predicate: A term, or a path.
        object: A term.
    """

    subject: str
    predicate: str | Path
    object: str

    @property
    def ends(self) -> tuple[str, str]:
        """Where it begins and ends."""
        return self.subject, self.object

    @property
    def variables(self) -> frozenset[str]:
        """The variables that are bound wherever it is true."""
        terms = (*self.ends, self.predicate) if isinstance(self.predicate, str) else self.ends
        return frozenset(term for term in terms if is_variable(term))


class Group(NamedTuple):
    """A group of patterns with what stands in it.

    Attributes:
        patterns: What is true of every solution, wherever it stood in the group.
        values: The constants that a variable may be, by ``VALUES`` or ``BIND``; one that may be left open is missing.
        copies: The variables that are by ``BIND`` what another is, and that other, which its patterns bind.
        joined: Groups of which each solution has a part: those in braces, the sides of a union, subqueries.
        beside: Groups that add to solutions, or take some away: ``OPTIONAL``, ``MINUS``, ``EXISTS``.
    """

    patterns: tuple[Pattern, ...] = ()
    values: tuple[tuple[str, tuple[str, ...]], ...] = ()
    copies: tuple[tuple[str, str], ...] = ()
    joined: tuple[Joined, ...] = ()
    beside: tuple[Beside, ...] = ()

    @property
    def variables(self) -> frozenset[str]:
        """The variables that its own patterns, values and copies bind in every solution."""
        named = frozenset(name for name, _ in (*self.values, *self.copies))
        return named.union(*(pattern.variables for pattern in self.patterns))


class Joined(NamedTuple):
    """Groups of which one has a part in each solution.

    Attributes:
        branches: The groups.
        is_subquery: Whether its solutions may be counted or cut off before they are joined, so that nothing that is
            known outside narrows it.
        shown: The variables whose bindings leave it as they are; None for all.
    """

    branches: tuple[Group, ...]
    is_subquery: bool = False
    shown: frozenset[str] | None = None


class Beside(NamedTuple):
    """A group that does not narrow the one in which it stands.

    Attributes:
        group: The group.
        shared: The variables that are bound in all solutions to which it is held: what they are not, does not matter.
    """

    group: Group
    shared: frozenset[str] = frozenset()


Scope = Group
"""What a query reads: its outermost group."""


def is_variable(term: str) -> bool:
    """Whether a term is a variable, or stands for one."""
    return term.startswith("?")


def reads_every_node(group: Group) -> bool:
    """Whether a path without length may begin and end anywhere, so that every node of the graph counts.

    It counts for nothing where a triple pattern beside it binds one of its ends to nodes: those are in the graph.
    """
    nodes = {term for pattern in group.patterns if isinstance(pattern.predicate, str) for term in pattern.ends}
    return any(
        isinstance(pattern.predicate, Path)
        and pattern.predicate.may_be_empty
        and all(is_variable(end) and end not in nodes for end in pattern.ends)
        for pattern in group.patterns
    ) or any(reads_every_node(inner) for inner in _inside(group))


def reads_nothing(group: Group) -> bool:
    """Whether nothing is read of the default graph: all that there is stands in ``GRAPH``."""
    return not group.patterns and all(reads_nothing(inner) for inner in _inside(group))


def constants(group: Group) -> set[str]:
    """The constants in a group and in all that stands in it."""
    found = {term for _, terms in group.values for term in terms}
    for pattern in group.patterns:
        found.update(pattern.ends)
        found.update(_links(pattern.predicate))
    found.update(*(constants(inner) for inner in _inside(group)))
    return {term for term in found if not is_variable(term)}


def count(group: Group) -> int:
    """How many patterns there are in a group and all that stand in it."""
    return len(group.patterns) + sum(map(count, _inside(group)))


def _links(predicate: str | Path) -> Iterator[str]:
    if isinstance(predicate, str):
        yield predicate
    elif predicate.step == "link":
        yield predicate.predicate
    else:
        for part in predicate.parts:
            yield from _links(part)


def _inside(group: Group) -> Iterator[Group]:
    for joined in group.joined:
        yield from joined.branches
    for beside in group.beside:
        yield beside.group
