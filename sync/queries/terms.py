"""The terms of a query as the statements hold them, read one token at a time; what is not plainly clear is refused.

pyoxigraph cuts some texts in another way than the grammar does (see :mod:`regiolog.sync.queries.guard`). A query in
which it might is not understood here: whoever asks then does without.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from pyoxigraph import NamedNode, QuerySolutions, Store

from regiolog.sync.queries.guard import Token, tokens
from regiolog.sync.statements.statement import iri, literal

_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED: Final = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}
_END: Final = Token("end", "", 0)


class NotUnderstood(Exception):
    """The query is no SPARQL 1.1, or has something that is not read here."""


class Terms:
    """A query's tokens, in order, and the terms that they make.

    Args:
        query: SPARQL.
        base: What relative IRIs resolve against; empty when nothing does.

    Attributes:
        next: The next token; one of kind ``end`` after the last.
        last: The token before it.
    """

    def __init__(self, query: str, base: str) -> None:
        self._tokens = [*tokens(query), _END]
        self._at = 0
        self._base = base
        self._prefixes: dict[str, str] = {}
        self._fresh = 0
        self.next = self._tokens[0]
        self.last = _END
        if any(_is_doubtful(token) for token in self._tokens):
            raise NotUnderstood

    # Tokens

    @property
    def word(self) -> str:
        """The next token as a keyword, in capitals; empty when it is none."""
        return self.next.text.upper() if self.next.kind == "word" else ""

    @property
    def touches(self) -> bool:
        """Whether nothing stands between the next token and the one before it."""
        return self.next.start == self.last.end

    def ahead(self, count: int) -> list[Token]:
        """So many of the next tokens; of kind ``end`` after the last."""
        found = self._tokens[self._at : self._at + count]
        return found + [_END] * (count - len(found))

    def take(self) -> Token:
        """Go past the next token."""
        if self.next.kind == "end":
            raise NotUnderstood
        self._at += 1
        self.last = self.next
        self.next = self._tokens[self._at]
        return self.last

    def accept(self, mark: str) -> bool:
        """Go past a mark if it is next."""
        return self.next.text == mark and self.take().kind == "mark"  # no other token is written like a mark

    def accept_word(self, *words: str) -> bool:
        """Go past a keyword if it is next."""
        return self.next.kind == "word" and self.next.text.upper() in words and self.take().kind == "word"

    def expect(self, text: str) -> None:
        """Go past a mark."""
        if not self.accept(text):
            raise NotUnderstood

    # Terms

    def prologue(self) -> None:
        """Read ``BASE`` and ``PREFIX``."""
        while True:
            if self.accept_word("BASE"):
                self._base = self._iri(self._take_kind("iri"))
            elif self.accept_word("PREFIX"):
                name = self._take_kind("name").text
                if not name.endswith(":") or name.count(":") > 1:
                    raise NotUnderstood
                self._prefixes[name] = self._iri(self._take_kind("iri"))
            else:
                return

    def fresh(self) -> str:
        """A variable that no query can name."""
        self._fresh += 1
        return f"? {self._fresh}"

    def variable(self) -> str:
        """Read a variable."""
        return f"?{self._take_kind('var').text[1:]}"

    def constant(self) -> str | None:
        """Read an IRI or a literal; None for a literal that the engine may hold in another form than we do."""
        token = self.take()
        if token.kind in {"iri", "name"}:
            return iri(self._iri(token))
        if token.kind == "string":
            return self._literal(token)
        if token.kind == "number" or token.text in {"true", "false"}:
            return None
        if token.text == "-" and self.next.kind == "number" and self.touches:
            self.take()
            return None
        raise NotUnderstood

    def iri(self) -> str:
        """Read an IRI, as N-Triples."""
        return iri(self._iri(self.take()))

    def _take_kind(self, kind: str) -> Token:
        token = self.take()
        if token.kind != kind:
            raise NotUnderstood
        return token

    def _literal(self, token: Token) -> str | None:
        """A string as N-Triples; None when it has a datatype, or is written by code points."""
        language = self.take().text[1:].lower() if self.next.kind == "lang" else None
        if self.accept("^"):
            self.expect("^")
            self.iri()
            return None
        quotes = 3 if token.text.startswith(('"""', "'''")) else 1
        inside = token.text[quotes:-quotes]
        if re.search(r"\\[uU]", inside):
            return None
        return literal(_ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), inside), language)

    def _iri(self, token: Token) -> str:
        if token.kind == "name":
            prefix, _, local = token.text.partition(":")
            if f"{prefix}:" not in self._prefixes:
                raise NotUnderstood
            return self._prefixes[f"{prefix}:"] + local
        if token.kind != "iri":
            raise NotUnderstood
        text = token.text[1:-1]
        return text if _ABSOLUTE.match(text) else _resolved(text, self._base)


def _is_doubtful(token: Token) -> bool:
    """Whether the engine might read a token otherwise, or has more than SPARQL 1.1 in it."""
    match token.kind:
        case "name" | "blank":
            return "." in token.text or "\\" in token.text
        case "iri":
            return "\\" in token.text
        case "number":
            return token.text.endswith(".")
        case "lang":
            return "--" in token.text
        case _:
            return False


@lru_cache(maxsize=256)
def _resolved(relative: str, base: str) -> str:
    """A relative IRI as the engine resolves it."""
    if not base:
        raise NotUnderstood
    try:
        rows = Store().query(f"SELECT (<{relative}> AS ?iri) {{}}", base_iri=base)
    except (SyntaxError, ValueError):
        raise NotUnderstood from None
    assert isinstance(rows, QuerySolutions)
    found = next(rows)["iri"]
    assert isinstance(found, NamedNode)
    return found.value
