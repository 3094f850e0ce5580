"""Reads from a SPARQL query which patterns it has and how they stand together; None where it does not understand.

The engine alone decides whether a text is a query and what it means. This reader follows the grammar of SPARQL 1.1
(section 19.8) as far as is needed to miss no pattern: it goes over expressions looking for ``EXISTS`` alone, and gives
up on any word, mark or order that it does not know.
"""

from __future__ import annotations

from typing import Final

from regiolog.events.errors import QueryMalformed
from regiolog.sync.queries.scope import Beside, Group, Joined, Pattern, Scope, count, reads_every_node
from regiolog.sync.queries.terms import NotUnderstood
from regiolog.sync.queries.triples import Triples

_NAMES: Final = """
    STR LANG LANGMATCHES DATATYPE BOUND IRI URI BNODE RAND ABS CEIL FLOOR ROUND CONCAT SUBSTR STRLEN REPLACE UCASE LCASE
    ENCODE_FOR_URI CONTAINS STRSTARTS STRENDS STRBEFORE STRAFTER YEAR MONTH DAY HOURS MINUTES SECONDS TIMEZONE TZ NOW
    UUID STRUUID MD5 SHA1 SHA256 SHA384 SHA512 COALESCE IF STRLANG STRDT SAMETERM ISIRI ISURI ISBLANK ISLITERAL
    ISNUMERIC REGEX COUNT SUM MIN MAX AVG SAMPLE GROUP_CONCAT
"""
_FUNCTIONS: Final = frozenset(_NAMES.split())
_IN_EXPRESSIONS: Final = _FUNCTIONS | {"SEPARATOR", "DISTINCT", "IN", "NOT", "AS", "TRUE", "FALSE"}
_MODIFIERS: Final = frozenset({"GROUP", "BY", "HAVING", "ORDER", "ASC", "DESC", "LIMIT", "OFFSET", "NOT"})
_MOST: Final = 250
"""How many patterns a scope may have: each is held to all others, which takes longer than it saves."""


def scope(query: str, base: str) -> Scope | None:
    """What a query reads of the default graph.

    Args:
        query: SPARQL that the guard let through.
        base: What relative IRIs resolve against; empty when nothing does.

    Returns:
        None when the query is not understood, is very long, or when every statement may count for it.
    """
    try:
        group = _Reader(query, base).query()
    except (NotUnderstood, QueryMalformed, RecursionError):
        return None
    return None if reads_every_node(group) or count(group) > _MOST else group


class _Reader(Triples):
    """Goes over a query once, from left to right."""

    def query(self) -> Group:
        """Read the whole query."""
        self.prologue()
        if self.word == "SELECT":
            group = self._select().branches[0]
        else:
            if self.accept_word("CONSTRUCT"):
                if self.accept("{"):
                    self._template()
            elif not self.accept_word("ASK"):
                raise NotUnderstood
            group = self._where()
            exists, _ = self._modifiers()
            group = _with(group, exists)
        if self.next.kind != "end":
            raise NotUnderstood
        return group

    # Queries and subqueries

    def _select(self) -> Joined:
        """Read ``SELECT …`` up to the end of the query, or to the brace that ends the subquery."""
        self.take()
        self.accept_word("DISTINCT", "REDUCED")
        shown: set[str] = set()
        exists: tuple[Beside, ...] = ()
        everything = self.accept("*")
        while not everything and self.word not in {"FROM", "WHERE"} and self.next.text != "{":
            if self.next.kind == "var":
                shown.add(self.variable())
            else:
                self.expect("(")
                exists += self._bracketed()
        group = self._where()
        more, plain = self._modifiers()
        group = _with(group, exists + more)
        if not plain:
            shown, everything = set(), False
        return Joined((group,), is_subquery=True, shown=None if everything else frozenset(shown))

    def _where(self) -> Group:
        while self.accept_word("FROM"):  # whoever asks knows by what the default graph was chosen
            self.accept_word("NAMED")
            if self.take().kind not in {"iri", "name"}:
                raise NotUnderstood
        self.accept_word("WHERE")
        self.expect("{")
        return self._group()

    def _modifiers(self) -> tuple[tuple[Beside, ...], bool]:
        """Go over what follows the braces; return the ``EXISTS`` in it, and whether it groups by plain variables."""
        exists: tuple[Beside, ...] = ()
        plain, grouping = True, False
        while self.next.kind != "end" and self.next.text != "}":
            word = self.word
            if word in _MODIFIERS:
                grouping = word == "GROUP" or (grouping and word == "BY")
                self.take()
            elif word == "VALUES":
                self.take()
                self._values()
            elif word == "EXISTS":
                exists += self._exists()
            elif self.next.kind in {"var", "number"}:
                self.take()
            else:
                plain = plain and not grouping
                exists += self._call()
        return exists, plain

    def _template(self) -> None:
        """Go over the triples that are constructed, which read nothing."""
        while not self.accept("}"):
            if not self.accept("."):
                self.triples([])

    # Groups

    def _group(self) -> Group:
        """Read a group, after its first brace, to its last."""
        self.stretch += 1
        if self.word == "SELECT":
            joined = self._select()
            self.expect("}")
            return Group(joined=(joined,))
        parts = _Parts()
        while not self.accept("}"):
            self._part(parts)
        self.stretch += 1
        return parts.group()

    def _part(self, parts: _Parts) -> None:
        """Read one thing of a group."""
        match self.word:
            case "OPTIONAL" | "MINUS":
                self.take()
                self.expect("{")
                # What is bound before it is bound in each solution to which it is held; what comes later is not yet.
                before = parts.bound()
                parts.beside.append(Beside(self._group(), before))
            case "FILTER":
                self.take()
                parts.filters += self._constraint()
            case "BIND":
                self.take()
                self.expect("(")
                if not self._is_plain(parts):
                    parts.beside += self._bracketed()
            case "VALUES":
                self.take()
                parts.values += self._values()
            case "GRAPH":
                self.take()
                if self.next.kind == "var":
                    self.take()
                else:
                    self.iri()
                self.expect("{")
                self._group()  # of another graph
            case "":
                self._triples_or_union(parts)
            case _:
                raise NotUnderstood

    def _is_plain(self, parts: _Parts) -> bool:
        """Read ``BIND`` of a bound variable, or of an IRI, after its bracket; False, and nothing read, of another."""
        term, following, name, end = self.ahead(4)
        if following.text.upper() != "AS" or name.kind != "var" or end.text != ")":
            return False
        if term.kind == "var" and f"?{term.text[1:]}" in parts.bound():
            origin = self.variable()
            self.take()
            parts.copies.append((self.variable(), origin))
        elif term.kind in {"iri", "name"}:
            constant = self.iri()
            self.take()
            parts.values.append((self.variable(), (constant,)))
        else:
            return False
        self.expect(")")
        return True

    def _triples_or_union(self, parts: _Parts) -> None:
        if self.accept("{"):
            branches = [self._group()]
            while self.accept_word("UNION"):
                self.expect("{")
                branches.append(self._group())
            parts.joined.append(Joined(tuple(branches)))
        elif not self.accept("."):
            self.triples(parts.patterns)

    def _values(self) -> list[tuple[str, tuple[str, ...]]]:
        """Read what follows ``VALUES``; return the variables that it always binds to what we hold in the same form."""
        several = self.accept("(")
        names = []
        while self.next.kind == "var":
            names.append(self.variable())
            if not several:
                break
        if several:
            self.expect(")")
        self.expect("{")
        rows: list[list[str | None]] = []
        while not self.accept("}"):
            if several:
                self.expect("(")
            rows.append([None if self.accept_word("UNDEF") else self.constant() for _ in names])
            if several:
                self.expect(")")
        columns = [(name, [row[at] for row in rows]) for at, name in enumerate(names)]
        return [(name, tuple(map(str, column))) for name, column in columns if None not in column]

    # Expressions

    def _constraint(self) -> tuple[Beside, ...]:
        """Go over what follows ``FILTER``, and return the ``EXISTS`` in it."""
        return self._exists() if self.accept_word("NOT") or self.word == "EXISTS" else self._call()

    def _call(self) -> tuple[Beside, ...]:
        """Go over an expression in brackets, or a call of a function; return the ``EXISTS`` in it."""
        if self.word in _FUNCTIONS:
            self.take()
        elif self.next.kind == "name" or (self.next.kind == "iri" and not self.last.is_operand):
            self.iri()
        self.expect("(")
        return self._bracketed()

    def _exists(self) -> tuple[Beside, ...]:
        if not self.accept_word("EXISTS"):
            raise NotUnderstood
        self.expect("{")
        return (Beside(self._group()),)

    def _bracketed(self) -> tuple[Beside, ...]:
        """Go over an expression, after its first bracket, to its last; return the ``EXISTS`` in it."""
        found: tuple[Beside, ...] = ()
        depth = 1
        while depth:
            token = self.next
            if self.word == "EXISTS":
                found += self._exists()
                continue
            if token.kind == "iri" and self.last.is_operand:
                raise NotUnderstood  # it may be a comparison
            if token.kind == "word" and self.word not in _IN_EXPRESSIONS:
                raise NotUnderstood
            if token.text in {"{", "}", "[", "]"} or (token.text == "<" == self.last.text and self.touches):
                raise NotUnderstood
            self.take()
            depth += (token.text == "(") - (token.text == ")")
        return found


def _with(group: Group, exists: tuple[Beside, ...]) -> Group:
    """A group, and what is looked for besides; that also where the group has no solution, which can be counted."""
    return Group(joined=(Joined((group,)),), beside=exists) if exists else group


class _Parts:
    """A group while it is read."""

    def __init__(self) -> None:
        self.patterns: list[Pattern] = []
        self.values: list[tuple[str, tuple[str, ...]]] = []
        self.copies: list[tuple[str, str]] = []
        self.joined: list[Joined] = []
        self.beside: list[Beside] = []
        self.filters: list[Beside] = []

    def bound(self) -> frozenset[str]:
        """The variables that are bound so far."""
        return Group(tuple(self.patterns), tuple(self.values), tuple(self.copies)).variables

    def group(self) -> Group:
        """All of it; filters are held to solutions of the whole, wherever they stand."""
        bound = self.bound()
        filters = tuple(each._replace(shared=bound) for each in self.filters)
        return Group(
            tuple(self.patterns),
            tuple(self.values),
            tuple(self.copies),
            tuple(self.joined),
            (*self.beside, *filters),
        )
