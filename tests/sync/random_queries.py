"""Random queries over the terms of a register: most of them ask for something that is there, and many are nasty."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, TypeVar

PREFIXES: Final = """PREFIX x: <http://x.example.org/>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
"""
LITERALS: Final = (
    '"a"',
    '"b"',
    '"een \\"twee\\""',
    '"a"@en',
    '"a"@EN',
    '"a"@en-GB',
    '"1"',
    '"1"^^<http://www.w3.org/2001/XMLSchema#integer>',
    '"01"^^<http://www.w3.org/2001/XMLSchema#integer>',
    '"1.0"^^<http://www.w3.org/2001/XMLSchema#decimal>',
    '"1.00"^^<http://www.w3.org/2001/XMLSchema#decimal>',
    '"true"^^<http://www.w3.org/2001/XMLSchema#boolean>',
    '"1"^^<http://www.w3.org/2001/XMLSchema#boolean>',
    '"2020-01-01"^^<http://www.w3.org/2001/XMLSchema#date>',
    '"2020-01-01Z"^^<http://www.w3.org/2001/XMLSchema#date>',
    '"a"^^<http://x.example.org/type>',
)
"""Literals as a register may hold them; the engine takes some of these for others."""
_WRITTEN: Final = (
    *("'a'", '"""a"""', "'''b'''", '"a"@en', '"a"@En', '"a"@en-gb', "1", "01", "-1", "1.0", "1e0", "true", "false"),
    *('"1"^^xsd:integer', '"a"^^xsd:string', '"\\u0061"', '"een \\"twee\\""', "'een \"twee\"'", '"\\u00e9"', '"c"'),
    *('"2020-01-01"^^xsd:date', '"1"^^<http://www.w3.org/2001/XMLSchema#boolean>', '"a"^^x:type', '"01"^^xsd:integer'),
)
"""Literals as a query may write them."""
_EXPRESSIONS: Final = (
    *("{a} = {b}", "{a} != {b}", "{a} < {b}", "sameTerm({a}, {b})", "!BOUND({a})", "BOUND({a}) && {b} = 1"),
    *("isIRI({a})", "isLiteral({a}) || {b} = 1", "STR({a}) < STR({b})", "{a} IN ({b}, 1, 'a')", "{a} NOT IN (<s1>)"),
    *(
        "COALESCE({a}, {b}) = {b}",
        "IF(BOUND({a}), {a} = {b}, true)",
        "LANG({a}) = 'en'",
        "1 < 2",
        "REGEX(STR({a}), 's')",
    ),
)


_Any = TypeVar("_Any")


class Vocabulary(NamedTuple):
    """The terms that queries are made of, as N-Triples.

    Attributes:
        subjects: IRIs.
        predicates: IRIs.
        objects: IRIs and literals.
        classes: IRIs.
        triples: Some that are there, now and then.
    """

    subjects: Sequence[str]
    predicates: Sequence[str]
    objects: Sequence[str]
    classes: Sequence[str]
    triples: Sequence[tuple[str, str, str]]


class Asked(NamedTuple):
    """A query.

    Attributes:
        text: SPARQL.
        is_ordered: Whether it says in which order its rows come, and leaves nothing of that open.
    """

    text: str
    is_ordered: bool = False


def query(vocabulary: Vocabulary, chance: random.Random) -> Asked:
    """A query about a register.

    Args:
        vocabulary: What the register speaks of.
        chance: Where it comes from.
    """
    return _Asking(vocabulary, chance).query()


class _Asking:
    """One query while it is made."""

    def __init__(self, vocabulary: Vocabulary, chance: random.Random) -> None:
        self._vocabulary = vocabulary
        self._chance = chance
        self._names = "abcd"[: chance.choice((2, 3, 3, 4))]
        self._bound = 0
        self._label = 0
        # Most queries start from something: without that every statement counts.
        self._anchored = chance.random() < 0.9

    def query(self) -> Asked:
        """One of any form."""
        form = self._chance.random()
        group = self._group(self._chance.choice((0, 1, 1, 1, 2, 2, 3)))
        if form < 0.07:
            return Asked(f"{PREFIXES}ASK {group}")
        if form < 0.14:
            template = f"?a x:p {self._of(('?b', 'x:s1', '1'))} . ?{self._one_name()} a x:C"
            return Asked(f"{PREFIXES}CONSTRUCT {{ {template} }} WHERE {group}")
        if form < 0.17:
            return Asked(f"{PREFIXES}CONSTRUCT WHERE {{ {self._plain()} . {self._plain()} }}")
        return self._select(group)

    def _select(self, group: str) -> Asked:
        kind = self._chance.random()
        first = self._one_name()
        if kind < 0.15:
            return Asked(f"{PREFIXES}SELECT ?{first} (COUNT(*) AS ?n) WHERE {group} GROUP BY ?{first} {self._having()}")
        if kind < 0.2:
            return Asked(f"{PREFIXES}SELECT (COUNT(DISTINCT ?{first}) AS ?n) (SUM(?{self._one_name()}) AS ?m) {group}")
        if kind < 0.23:
            return Asked(f"{PREFIXES}SELECT (COUNT(*) AS ?n) (EXISTS {{ {self._plain()} }} AS ?e) WHERE {group}")
        if kind < 0.26:
            return Asked(f"{PREFIXES}SELECT ?{first} (EXISTS {{ {self._plain()} }} AS ?e) WHERE {group}")
        if kind < 0.45:
            names = [f"?{name}" for name in self._names]
            cut = self._of(("", "LIMIT 2", "LIMIT 3 OFFSET 1", "OFFSET 1"))
            order = " ".join(f"{self._of(('', 'DESC'))}({each})" for name in names for each in self._keys(name))
            rows = f"SELECT DISTINCT {' '.join(names)} WHERE {group}"
            return Asked(f"{PREFIXES}{rows} ORDER BY {order} {cut}", is_ordered=True)
        values = "" if kind < 0.9 else self._values()
        return Asked(f"{PREFIXES}SELECT {self._of(('*', '*', 'DISTINCT *', f'?{first}'))} {group} {values}")

    def _having(self) -> str:
        return self._of(("", "HAVING (COUNT(*) > 1)", "HAVING (COUNT(DISTINCT ?a) < 3)", "ORDER BY ?n"))

    def _keys(self, name: str) -> tuple[str, ...]:
        """What tells every two terms apart, so that sorting leaves nothing open."""
        return f"STR({name})", f"LANG({name})", f"STR(DATATYPE({name}))"

    # Groups

    def _group(self, depth: int) -> str:
        parts = [self._triples()] if self._chance.random() < 0.9 else []
        more = self._chance.choice((0, 1, 1, 1, 2, 3) if depth else (0, 0, 0, 1))
        parts += [self._part(depth) for _ in range(more)]
        if self._chance.random() < 0.2:
            self._chance.shuffle(parts)
        return f"{{ {' '.join(parts)} }}"

    def _part(self, depth: int) -> str:
        kinds: list[Callable[[int], str]] = [
            lambda _: self._triples(),
            lambda _: self._zero_or_more(),
            lambda _: f"FILTER({self._expression()})",
            lambda _: self._bind(),
            lambda _: self._values(),
        ]
        if depth:
            kinds += [
                lambda inner: f"OPTIONAL {self._group(inner)}",
                lambda inner: f"OPTIONAL {self._group(inner)} OPTIONAL {self._group(inner)}",
                lambda inner: f"{self._group(inner)} UNION {self._group(inner)}",
                lambda inner: f"{{ {self._triples()} }} UNION {{ {self._triples()} }} UNION {self._group(inner)}",
                lambda inner: f"MINUS {self._group(inner)}",
                lambda inner: f"FILTER {self._of(('', 'NOT '))}EXISTS {self._group(inner)}",
                lambda inner: f"FILTER({self._expression()} || {self._of(('', 'NOT '))}EXISTS {self._group(inner)})",
                self._group,
                self._subquery,
                lambda inner: f"GRAPH {self._of(('?g', 'x:g'))} {self._group(inner)}",
            ]
        return self._of(kinds)(depth - 1)

    def _subquery(self, depth: int) -> str:
        group, first, second = self._group(depth), self._one_name(), self._one_name()
        keys = " ".join(f"({each})" for each in self._keys(f"?{first}"))
        return self._of(
            (
                f"{{ SELECT * {group} }}",
                f"{{ SELECT DISTINCT ?{first} {group} }}",
                f"{{ SELECT ?{first} (COUNT(*) AS ?n{self._number()}) {group} GROUP BY ?{first} }}",
                f"{{ SELECT (COUNT(*) AS ?n{self._number()}) WHERE {group} }}",
                f"{{ SELECT DISTINCT ?{first} WHERE {group} ORDER BY {keys} LIMIT {self._chance.randrange(4)} }}",
                f"{{ SELECT (STR(?{first}) AS ?s{self._number()}) ?{second} {group} {self._values()} }}",
            )
        )

    def _bind(self) -> str:
        name = f"?v{self._number()}"
        what = (f"?{self._one_name()}", self._iri(), "STR(?a)", f"EXISTS {{ {self._plain()} }}", "1 + 1")
        said = f"{name} {self._verb()} ?{self._one_name()} ."
        more = (
            *("", said, f"OPTIONAL {{ {said} }}", f"MINUS {{ {said} }}", f"FILTER NOT EXISTS {{ {said} }}"),
            f"{self._iri()} {self._predicate()} {name} .",
        )
        return f"BIND({self._of(what)} AS {name}) {self._of(more)}"

    def _values(self) -> str:
        if self._chance.random() < 0.5:
            return f"VALUES ?{self._one_name()} {{ {self._constant()} {self._constant()} {self._of(('', 'UNDEF'))} }}"
        first, second = self._chance.sample(self._names, 2)
        rows = " ".join(
            f"({self._constant()} {self._of(('UNDEF', self._constant()))})" for _ in range(self._chance.randrange(3))
        )
        return f"VALUES (?{first} ?{second}) {{ {rows} }}"

    def _expression(self) -> str:
        text: str = self._of(_EXPRESSIONS)
        other = f"?{self._one_name()}" if self._chance.random() < 0.7 else self._constant()
        return text.format(a=f"?{self._one_name()}", b=other)

    # Triples

    def _triples(self) -> str:
        if self._chance.random() < 0.65:
            return self._triples_that_are_there()
        first = self._subject()
        said = [f"{self._verb()} {self._objects()}" for _ in range(self._chance.choice((1, 1, 2)))]
        triples = [f"{first} {' ; '.join(said)}"]
        if first.startswith("?") and self._anchored and self._chance.random() < 0.5:
            triples.insert(self._chance.randrange(2), f"{first} {self._predicate()} {self._constant()}")
        if self._chance.random() < 0.4:
            triples.append(f"{self._subject()} {self._verb()} {self._objects()}")
        return f"{' . '.join(triples)} ."

    def _triples_that_are_there(self) -> str:
        """A few triples of the register that meet in some term, with variables in the places of some terms."""
        first = self._of(self._vocabulary.triples)
        near = [each for each in self._vocabulary.triples if {each[0], each[2]} & {first[0], first[2]}]
        triples = [first, *(self._of(near) for _ in range(self._chance.choice((0, 0, 1, 1, 2))))]
        names: dict[str, str] = {}
        said = []
        for subject, predicate, value in triples:
            for term, often in ((subject, 0.6), (value, 0.5), (predicate, 0.08)):
                if term not in names:
                    is_open = self._chance.random() < often
                    names[term] = f"?{self._one_name()}" if is_open else self._written(term)
            verb = names[predicate]
            if not verb.startswith("?") and self._chance.random() < 0.15:
                verb = self._of(
                    (f"{verb}+", f"{verb}* ", f"{verb}? ", f"({verb}|{self._predicate()})", f"^{self._predicate()}")
                )
            said.append(f"{names[subject]} {verb} {names[value]}")
        return f"{' . '.join(said)} ."

    def _zero_or_more(self) -> str:
        """A path that may have no length, between variables that something else may bind, or nothing."""
        first, second = f"?{self._one_name()}", f"?{self._one_name()}"
        path = f"{first} {self._predicate()}{self._of(('*', '?'))} {second} ."
        return self._of(
            (
                f"{path}",
                f"{path} {second} {self._predicate()} {self._constant()} .",
                f"VALUES {first} {{ {self._iri()} {self._iri()} }} {path}",
                f"{self._iri()} {first} {self._of((second, self._iri()))} . {path}",
            )
        )

    def _plain(self) -> str:
        return f"{self._of((f'?{self._one_name()}', self._iri()))} {self._predicate()} ?{self._one_name()}"

    def _subject(self) -> str:
        kind = self._chance.random()
        if kind < 0.5 or (kind < 0.95 and not self._anchored):
            return f"?{self._one_name()}"
        if kind < 0.9:
            return self._iri()
        if kind < 0.95:
            return f"[ {self._predicate()} {self._constant()} ]"
        return self._blank()

    def _blank(self) -> str:
        return self._of(("[]", f"_:l{self._number()}"))

    def _objects(self) -> str:
        return ", ".join(self._object() for _ in range(self._chance.choice((1, 1, 1, 2))))

    def _object(self) -> str:
        kind = self._chance.random()
        if kind < 0.5:
            return f"?{self._one_name()}"
        if kind < 0.93:
            return self._constant()
        if kind < 0.96:
            return f"[ {self._predicate()} {self._constant()} ; {self._verb()} ?{self._one_name()} ]"
        if kind < 0.98:
            return self._of(("()", f"( {self._constant()} )", f"( ?{self._one_name()} {self._constant()} )"))
        return self._blank()

    def _verb(self) -> str:
        kind = self._chance.random()
        if kind < 0.7:
            return self._predicate()
        if kind < 0.78:
            return f"?{self._one_name()}"
        return self._path(2)

    def _path(self, depth: int) -> str:
        if not depth or self._chance.random() < 0.2:
            return self._predicate()
        one, two = self._path(depth - 1), self._path(depth - 1)
        return self._of(
            (
                f"{one}/{two}",
                f"({one}|{two})",
                f"^({one})",
                f"({one})+",
                f"({one})* ",
                f"({one})? ",
                f"({one}/^({two}))+",
                f"{one}/({two})* ",
                f"!({self._predicate()})" if self._chance.random() < 0.2 else f"({one}|{two})",
            )
        )

    def _predicate(self) -> str:
        if self._chance.random() < 0.1:
            return "a"
        return self._written(self._of(self._vocabulary.predicates))

    def _iri(self) -> str:
        kind = self._chance.random()
        if kind < 0.05:
            return self._of(("x:nowhere", "<http://x.example.org/nowhere>", "<nowhere>", "x:p1"))
        return self._written(self._of(self._vocabulary.subjects))

    def _constant(self) -> str:
        kind = self._chance.random()
        if kind < 0.45:
            return self._iri()
        if kind < 0.55:
            return self._written(self._of(self._vocabulary.classes))
        if kind < 0.75:
            return self._of(_WRITTEN)
        return self._written(self._of(self._vocabulary.objects))

    def _written(self, term: str) -> str:
        """A term as somebody might write it: whole, with a prefix, or relative to the base."""
        here = "<http://x.example.org/"
        if term.startswith(here) and "^" not in term:
            return self._of((term, f"x:{term[len(here) : -1]}", f"<{term[len(here) :]}", f"</{term[len(here) :]}"))
        return term

    def _one_name(self) -> str:
        return self._chance.choice(self._names)

    def _number(self) -> int:
        self._bound += 1
        return self._bound

    def _of(self, choices: Sequence[_Any]) -> _Any:
        return self._chance.choice(choices)
