"""The triples of a query as patterns, its property paths cut into their steps."""

from __future__ import annotations

from typing import Final

from regiolog.ontology.terms import RDF_TYPE
from regiolog.sync.queries.scope import Path, Pattern, Step
from regiolog.sync.queries.terms import NotUnderstood, Terms
from regiolog.sync.statements.statement import iri

_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_OFTEN: Final[dict[str, Step]] = {"+": "more", "*": "any", "?": "maybe"}


class Triples(Terms):
    """A query's tokens, in order, and the triples that they make.

    Args:
        query: SPARQL.
        base: What relative IRIs resolve against; empty when nothing does.

    Attributes:
        stretch: Which stretch of triples is read: labels of blank nodes mean the same in one.
    """

    def __init__(self, query: str, base: str) -> None:
        super().__init__(query, base)
        self.stretch = 0

    def triples(self, patterns: list[Pattern]) -> None:
        """Read a subject with all that is said of it."""
        is_said = self.next.text in {"[", "("}
        subject = self._node(patterns)
        if not is_said or self._is_verb():
            self._properties(subject, patterns)

    def _is_verb(self) -> bool:
        return self.next.kind in {"var", "iri", "name"} or self.next.text in {"a", "^", "("}

    def _properties(self, subject: str, patterns: list[Pattern]) -> None:
        while True:
            predicate = self.variable() if self.next.kind == "var" else self._path()
            self._add(patterns, subject, predicate, self._node(patterns))
            while self.accept(","):
                self._add(patterns, subject, predicate, self._node(patterns))
            more = self.accept(";")
            while self.accept(";"):
                pass
            if not more or not self._is_verb():
                return

    def _node(self, patterns: list[Pattern]) -> str:
        """Read a term, or a node with properties, or a list."""
        if self.next.kind == "var":
            return self.variable()
        if self.next.kind == "blank":
            return f"? {self.take().text} {self.stretch}"
        if self.accept("["):
            node = self.fresh()
            if not self.accept("]"):
                self._properties(node, patterns)
                self.expect("]")
            return node
        if self.accept("("):
            return self._list(patterns)
        return self.constant() or self.fresh()

    def _list(self, patterns: list[Pattern]) -> str:
        nodes = []
        while not self.accept(")"):
            nodes.append(self._node(patterns))
        cells = [*(self.fresh() for _ in nodes), iri(f"{_RDF}nil")]
        for at, node in enumerate(nodes):
            patterns.append(Pattern(cells[at], iri(f"{_RDF}first"), node))
            patterns.append(Pattern(cells[at], iri(f"{_RDF}rest"), cells[at + 1]))
        return cells[0]

    def _add(self, patterns: list[Pattern], subject: str, predicate: str | Path, value: str) -> None:
        """Add a pattern, cut into its steps where it is a path of steps."""
        if subject.startswith('"'):
            raise NotUnderstood
        if isinstance(predicate, Path):
            match predicate.step:
                case "link":
                    predicate = predicate.predicate
                case "inverse":
                    self._add(patterns, value, predicate.parts[0], subject)
                    return
                case "sequence":
                    for part in predicate.parts[:-1]:
                        between = self.fresh()
                        self._add(patterns, subject, part, between)
                        subject = between
                    self._add(patterns, subject, predicate.parts[-1], value)
                    return
                case _:
                    pass
        patterns.append(Pattern(subject, predicate, value))

    def _path(self) -> Path:
        parts = [self._sequence()]
        while self.accept("|"):
            parts.append(self._sequence())
        return parts[0] if len(parts) == 1 else Path("alternative", parts=tuple(parts))

    def _sequence(self) -> Path:
        parts = [self._step()]
        while self.accept("/"):
            parts.append(self._step())
        return parts[0] if len(parts) == 1 else Path("sequence", parts=tuple(parts))

    def _step(self) -> Path:
        if self.accept("^"):
            return Path("inverse", parts=(self._element(),))
        return self._element()

    def _element(self) -> Path:
        """Read an IRI, or a path in brackets, and how often it is gone; sets that are negated are not understood."""
        if self.accept("("):
            path = self._path()
            self.expect(")")
        elif self.next.kind == "word" and self.next.text == "a":
            self.take()
            path = Path("link", iri(RDF_TYPE))
        else:
            path = Path("link", self.iri())
        if self.next.kind == "mark" and self.next.text in _OFTEN:
            path = Path(_OFTEN[self.take().text], parts=(path,))
            if self.touches and self.next.kind == "number":
                raise NotUnderstood  # a number with its sign
        if self.touches and self.next.kind == "var" and self.next.text.startswith("?"):
            raise NotUnderstood  # it may be a path that is gone once or not at all
        return path
