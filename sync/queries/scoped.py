"""Takes from the statement table what a scope may match at a moment, the most selective patterns first.

What is loaded holds every statement that has a part in an answer, and statements of that moment alone. A pattern is
narrowed by what the patterns that are true together with it can still be: whatever is left out belongs to no solution
of the group as a whole, so that it is the same with or without it.
"""

from __future__ import annotations

from math import inf
from typing import Final, Literal

from regiolog.ontology.terms import RDF_TYPE
from regiolog.sync.queries.scope import Group, Joined, Path, Pattern, Scope, constants, is_variable
from regiolog.sync.statements.history import History, SnapshotKey, Triple
from regiolog.sync.statements.statement import iri

_Bounds = dict[str, frozenset[int]]
"""What variables can still be, by the numbers of terms; those that can be anything are missing."""
_Side = Literal["subject", "object"]

_OF_A_SUBJECT: Final = 10
"""How many statements a subject is taken to have, where nothing says which of them count."""
_OF_AN_OBJECT: Final = 100
"""How many statements an object is taken to be in."""
_OF_A_CLASS: Final = 100_000
"""How many things a class is taken to have."""


class NotSelective(Exception):
    """A pattern is narrowed by nothing that an index finds, or too many statements match."""


def triples_for(history: History, key: SnapshotKey, scope: Scope, most: int) -> bytes | None:
    """The part of the register's graph at a key that a query reads, as N-Triples, one to a line.

    Args:
        history: The statement table.
        key: The key.
        scope: What the query reads.
        most: How many statements may be looked at.

    Returns:
        None when they are more, or when no index finds them.
    """
    loading = _Loading(history, key, constants(scope), most)
    try:
        loading.group(scope, {})
    except NotSelective:
        return None
    return loading.lines()


class _Loading:
    """The statements found so far."""

    def __init__(self, history: History, key: SnapshotKey, terms: set[str], most: int) -> None:
        self._history = history
        self._key = key
        self._left = most
        self._found: set[Triple] = set()
        self._ids = history.ids(terms)
        self._steady = {number: _is_steady(term) for term, number in self._ids.items()}
        self._constants = {
            term: frozenset((self._ids[term],) if term in self._ids else ())
            if _is_steady(term)
            else frozenset(history.in_any_case(term))
            for term in terms
        }
        """All that the engine takes for a constant, by the numbers of terms."""
        self._all_steady: dict[frozenset[int], bool] = {}

    def lines(self) -> bytes:
        """What was found, as N-Triples."""
        text = self._history.texts({term for triple in self._found for term in triple})
        return "".join([f"{text[s]} {text[p]} {text[o]} .\n" for s, p, o in self._found]).encode()

    def group(self, group: Group, outside: _Bounds) -> _Bounds:
        """Load what a group may match.

        Args:
            group: The group.
            outside: What its variables can be where it counts.

        Returns:
            What the variables that are bound in each of its solutions can be.
        """
        bounds = dict(outside)
        bound = set(group.variables)
        for name, terms in group.values:
            _narrow(bounds, name, frozenset().union(*(self._constants[term] for term in terms)))
        patterns, joined = list(group.patterns), list(group.joined)
        self._copy(group, bounds)
        while patterns or joined:
            cost, at = min(((self._cost(each, bounds), at) for at, each in enumerate(patterns)), default=(inf, 0))
            if cost < inf:
                if not self._pattern(patterns.pop(at), bounds):
                    return dict.fromkeys(group.variables, frozenset())  # it has no solutions, so nothing else counts
            elif joined:
                for name, values in self._joined(joined.pop(0), bounds).items():
                    bound.add(name)
                    self._narrow_as_engine(bounds, name, values)
            else:
                raise NotSelective
            self._copy(group, bounds)
        for beside in group.beside:
            self.group(beside.group, {name: bounds[name] for name in beside.shared if name in bounds})
        return {name: bounds[name] for name in bound if name in bounds}

    def _copy(self, group: Group, bounds: _Bounds) -> None:
        """Bound what is by ``BIND`` what another variable is."""
        for name, origin in group.copies:
            if origin in bounds:
                self._narrow_as_engine(bounds, name, bounds[origin])

    def _joined(self, joined: Joined, bounds: _Bounds) -> _Bounds:
        """Load what joined groups may match, and return what the variables that all of them bind can be."""
        sides = [self.group(branch, {} if joined.is_subquery else bounds) for branch in joined.branches]
        shared = set.intersection(*(set(side) for side in sides))
        shown = shared if joined.shown is None else shared & joined.shown
        return {name: frozenset().union(*(side[name] for side in sides)) for name in shown}

    # Patterns

    def _cost(self, pattern: Pattern, bounds: _Bounds) -> float:
        """About how many statements a pattern may match; infinite when no index finds them."""
        return min(self._cost_from(pattern, "subject", bounds), self._cost_from(pattern, "object", bounds))

    def _cost_from(self, pattern: Pattern, side: _Side, bounds: _Bounds) -> float:
        is_plain = isinstance(pattern.predicate, str) and not is_variable(pattern.predicate)
        end = pattern.subject if side == "subject" else pattern.object
        values = self._values(end, bounds)
        if values is None or (side == "object" and not self._can_select(end, values)):
            return inf
        if side == "subject":
            return len(values) * (1 if is_plain else _OF_A_SUBJECT)
        each = _OF_A_CLASS if pattern.predicate == iri(RDF_TYPE) else _OF_AN_OBJECT
        return len(values) * each * (1 if is_plain else _OF_A_SUBJECT)

    def _pattern(self, pattern: Pattern, bounds: _Bounds) -> bool:
        """Load what a pattern may match, and return whether that is anything."""
        forward = self._cost_from(pattern, "subject", bounds) <= self._cost_from(pattern, "object", bounds)
        if isinstance(pattern.predicate, Path):
            return self._path(pattern, pattern.predicate, bounds, forward=forward)
        subjects, objects = self._values(pattern.subject, bounds), self._values(pattern.object, bounds)
        predicate = self._ids.get(pattern.predicate)
        if predicate is None and not is_variable(pattern.predicate):
            return False
        if forward:
            assert subjects is not None
            found = self._read("subject", subjects, predicate)
            if objects is not None and self._can_select(pattern.object, objects):
                found = [triple for triple in found if triple[2] in objects]
        else:
            assert objects is not None
            found = self._read("object", objects, predicate)
            if subjects is not None:
                found = [triple for triple in found if triple[0] in subjects]
        self._found.update(found)
        for at, term in enumerate((pattern.subject, pattern.predicate, pattern.object)):
            if is_variable(term):
                values = frozenset([triple[at] for triple in found])
                if at < 2:
                    self._steady.update(dict.fromkeys(values, True))
                self._narrow_as_engine(bounds, term, values)
        return bool(found)

    def _path(self, pattern: Pattern, path: Path, bounds: _Bounds, *, forward: bool) -> bool:
        """Load what a path may go along, from the end that is known; return whether it leads anywhere."""
        near, far = pattern.ends if forward else reversed(pattern.ends)
        starts = self._values(near, bounds)
        assert starts is not None
        for end in pattern.ends:
            if path.may_be_empty and not is_variable(end):
                self._witness(end)
        reached = self._along(path, starts, forward=forward)
        if is_variable(far):
            self._narrow_as_engine(bounds, far, reached)
        return bool(reached)

    def _witness(self, term: str) -> None:
        """Load a statement of which a term is the subject or the object: a path of no length is only in the graph."""
        numbers = self._constants[term]
        found = self._history.matching(self._key, "subject", numbers, None, 1)
        self._found.update(found or self._history.matching(self._key, "object", numbers, None, 1))

    def _along(self, path: Path, starts: frozenset[int], *, forward: bool) -> frozenset[int]:
        """Load what a path may go along from some nodes, and return where it leads."""
        match path.step:
            case "link":
                predicate = self._ids.get(path.predicate)
                if predicate is None or not starts:
                    return frozenset()
                if not forward and not self._are_steady(starts):
                    raise NotSelective
                found = self._read("subject" if forward else "object", starts, predicate)
                self._found.update(found)
                return frozenset([triple[2 if forward else 0] for triple in found])
            case "inverse":
                return self._along(path.parts[0], starts, forward=not forward)
            case "sequence":
                for part in path.parts if forward else reversed(path.parts):
                    starts = self._along(part, starts, forward=forward)
                return starts
            case "alternative":
                return frozenset().union(*(self._along(part, starts, forward=forward) for part in path.parts))
            case "maybe":
                return self._along(path.parts[0], starts, forward=forward) | starts
            case "more" | "any":
                reached = starts if path.step == "any" else frozenset()
                while starts:
                    starts = self._along(path.parts[0], starts, forward=forward) - reached
                    reached |= starts
                return reached

    # Terms

    def _read(self, side: _Side, ids: frozenset[int], predicate: int | None) -> list[Triple]:
        found = self._history.matching(self._key, side, ids, predicate, self._left + 1) if ids else []
        self._left -= max(1, len(found))
        if self._left < 0:
            raise NotSelective
        return found

    def _values(self, term: str, bounds: _Bounds) -> frozenset[int] | None:
        """What a term can be; None when it can be anything."""
        return bounds.get(term) if is_variable(term) else self._constants[term]

    def _can_select(self, term: str, values: frozenset[int]) -> bool:
        """Whether all that the engine takes for an object is among what it can be: so it is with each constant."""
        return not is_variable(term) or self._are_steady(values)

    def _narrow_as_engine(self, bounds: _Bounds, name: str, values: frozenset[int]) -> None:
        """Bound a variable by what it can be as well.

        The engine holds some literals in another form, in which two of ours may be one: such are not compared.
        """
        if name not in bounds or (self._are_steady(values) and self._are_steady(bounds[name])):
            _narrow(bounds, name, values)

    def _are_steady(self, ids: frozenset[int]) -> bool:
        """Whether the engine holds all of these terms as we do."""
        if ids not in self._all_steady:
            unknown = [each for each in ids if each not in self._steady]
            for number, text in self._history.texts(unknown).items() if unknown else ():
                self._steady[number] = _is_steady(text)
            self._all_steady[ids] = all(self._steady[each] for each in ids)
        return self._all_steady[ids]


def _is_steady(term: str) -> bool:
    """Whether the engine holds a term as we do: an IRI, or a text without a language."""
    return term.startswith("<") or term.endswith('"')


def _narrow(bounds: _Bounds, name: str, values: frozenset[int]) -> None:
    bounds[name] = bounds[name] & values if name in bounds else values
