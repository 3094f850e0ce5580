"""Reads the words of a SPARQL query before any engine sees it, and refuses what would harm.

pyoxigraph has no switch for ``SERVICE``, and deep nesting ends its process. So the text is cut into the terminals of
SPARQL 1.1 (section 19.8) and looked at; the engine alone decides whether it is a query.

pyoxigraph 0.5 has no tokens of its own: it reads letters, so that ``trueSERVICE<…>`` is two words to it, ``a<b)…>`` a
comparison and no IRI, and ``ex:a.b.SERVICE`` a name, a dot and a keyword. Where it may cut the text in another way
than the grammar does, the reading that allows less is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from regiolog.events.errors import QueryForbidden, QueryMalformed, QueryTooDeep, QueryTooLong
from regiolog.ontology.namespaces import PREFIXES

MAX_LENGTH: Final = 32_768
"""Bytes of UTF-8 in a query, unless told otherwise."""
MAX_DEPTH: Final = 100
"""Brackets and prefix operators inside one another, unless told otherwise."""

# PN_CHARS_BASE, PN_CHARS_U, PN_CHARS and so on, as the insides of a character class.
_BASE = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_VARNAME = rf"[{_BASE}_0-9][{_BASE}_0-9\u00b7\u0300-\u036f\u203f-\u2040]*+"
_CHARS = rf"{_BASE}_\-0-9\u00b7\u0300-\u036f\u203f-\u2040"
_PLX = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
_UCHAR = r"\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}"
_ECHAR = rf"""\\[tbnrf"'\\]|{_UCHAR}"""
_DOTTED = rf"[{_BASE}](?:[{_CHARS}]++|\.++(?=[{_CHARS}]))*+"
_LOCAL = rf"(?:[{_BASE}_:0-9]|{_PLX})(?:[{_CHARS}:]++|{_PLX}|\.++(?=[{_CHARS}:]|{_PLX}))*+"

# Possessive throughout, so that each character is looked at a fixed number of times.
_TOKEN = re.compile(
    rf"""
      (?P<space>  (?: [ \t\r\n]++ | \#[^\r\n]*+ )++ )
    | (?P<var>    [?$] {_VARNAME} )
    | (?P<iri>    < (?: [^<>"{{}}|^`\\\x00-\x20]++ | {_UCHAR} )*+ > )
    | (?P<mark>   [{{}}()\[\],;*/|^?+\-=<>!&~] | \.(?![0-9]) )
    | (?P<name>   (?:{_DOTTED})?+ : (?:{_LOCAL})?+ )
    | (?P<blank>  _: [{_BASE}_0-9] (?: [{_CHARS}]++ | \.++(?=[{_CHARS}]) )*+ )
    | (?P<word>   {_DOTTED} )
    | (?P<string> \"\"\" (?: [^"\\]++ | {_ECHAR} | "(?!"") )*+ \"\"\"
                | ''' (?: [^'\\]++ | {_ECHAR} | '(?!'') )*+ '''
                | "(?!"") (?: [^"\\\r\n]++ | {_ECHAR} )*+ "
                | '(?!'') (?: [^'\\\r\n]++ | {_ECHAR} )*+ ' )
    | (?P<lang>   @ [A-Za-z]++ (?: -[A-Za-z0-9]++ )*+ (?: --[A-Za-z]++ )?+ )
    | (?P<number> (?: [0-9]++ (?:\.[0-9]*+)?+ | \.[0-9]++ ) (?: [eE][+-]?[0-9]++ )?+ )
    | (?P<none>   . )
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPED_CODE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})|\\.", re.DOTALL)
_ABSOLUTE = re.compile(r"<[A-Za-z][A-Za-z0-9+.\-]*://")

_UPDATES: Final = frozenset(["INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH"])
_BEFORE_A_GRAPH: Final = frozenset({"GRAPH", "FROM", "NAMED", "DESCRIBE"})
_SERVICE: Final = "SERVICE is not answered here: no query may send a request elsewhere"


class Token(NamedTuple):
    """One terminal of the grammar.

    Attributes:
        kind: Which: ``iri``, ``name`` (prefixed), ``blank``, ``word`` (keyword), ``var``, ``string``, ``lang``,
            ``number`` or ``mark`` (one character).
        text: As it stands in the query.
        start: Where it begins, in characters.
    """

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """Where it ends, in characters."""
        return self.start + len(self.text)

    @property
    def is_operand(self) -> bool:
        """Whether an expression may end here, so that a ``<`` after it can be the comparison."""
        if self.kind == "word":
            return self.text.upper().endswith(("TRUE", "FALSE"))
        return self.kind != "mark" or self.text in ")]"


def tokens(query: str) -> Iterator[Token]:
    """Cut a query into terminals, in time linear in its length; white space and comments are left out.

    Raises:
        QueryMalformed: Something is no terminal, such as a string that is never closed.
    """
    for found in _TOKEN.finditer(query):
        kind = found.lastgroup or "none"
        if kind == "none":
            raise QueryMalformed(f"{_where(query, found.start())}: {_what(found[0])}")
        if kind != "space":
            yield Token(kind, found[0], found.start())


@lru_cache(8)
def terminals(query: str) -> tuple[Token, ...]:
    """All terminals of a query, as :func:`tokens`; several readers of one query share them."""
    return tuple(tokens(query))


@lru_cache(256)
def check(query: str, *, max_length: int = MAX_LENGTH, max_depth: int = MAX_DEPTH) -> None:
    """Refuse a query that would harm.

    Args:
        query: SPARQL.
        max_length: How many bytes of UTF-8 it may have.
        max_depth: How deep brackets and prefix operators may stand inside one another.

    Raises:
        QueryTooLong: It is longer than that.
        QueryTooDeep: It is nested deeper than that.
        QueryForbidden: It is an update, or has ``SERVICE`` outside strings, IRIs, names and comments.
        QueryMalformed: It has something that is no terminal of SPARQL.
    """
    try:
        length = len(query.encode())
    except UnicodeEncodeError as error:
        raise QueryMalformed(f"{_where(query, error.start)}: half of a surrogate pair") from None
    if length > max_length:
        raise QueryTooLong(f"the query has {length} bytes, and the limit is {max_length}")
    words = list(terminals(query))
    iris = [at for at, token in enumerate(words) if token.kind == "iri" and _may_be_comparison(words, at)]
    _no_bad_escape(query, words)
    _no_update(words)
    _no_service(query, words)
    _not_deep(words, max_depth - sum(sum(map(words[at].text.count, "([!")) for at in iris), max_depth)
    if any("'" in words[at].text or "#" in words[at].text for at in iris):
        _harmless_in_any_reading(query, max_depth)


def explained(query: str, reason: str) -> str:
    """Why a query that passed is none all the same: the commonest mistake in words, else as the engine says it.

    Args:
        query: The query.
        reason: What the engine says.
    """
    prefix = _undeclared(terminals(query))
    if prefix is None:
        return reason
    return f"the prefix {prefix}: is not declared; begin with PREFIX {prefix}: <{PREFIXES.get(prefix, '…')}>"


def _undeclared(words: Sequence[Token]) -> str | None:
    """The first prefix that is used without being declared."""
    declared: set[str] = set()
    for before, token in zip((None, *words), words, strict=False):
        if token.kind != "name":
            continue
        prefix = token.text.partition(":")[0]
        if before is not None and before.text.upper() == "PREFIX":
            declared.add(prefix)
        elif prefix not in declared:
            return prefix
    return None


def _no_bad_escape(query: str, words: list[Token]) -> None:
    """Refuse escapes of what is no character: the engine gives the string up, and reads it in another way."""
    if "\\" not in query:
        return
    for token in words:
        if token.kind not in {"string", "iri"}:
            continue
        for found in _ESCAPED_CODE.finditer(token.text):
            code = int(found[1] or found[2] or "0", 16)
            if 0xD800 <= code < 0xE000 or code > 0x10FFFF:
                where = _where(query, token.start + found.start())
                raise QueryMalformed(f"{where}: {found[0]} is not a character")


def _no_update(words: list[Token]) -> None:
    """Refuse an update by the first word after the prologue."""
    for at, token in enumerate(words):
        if token.kind != "word":
            continue
        word = token.text.upper()
        if word in _UPDATES:
            raise QueryForbidden(f"{word} would change something: only queries are answered")
        following = words[at + 1].kind if at + 1 < len(words) else ""
        if (word, following) not in {("BASE", "iri"), ("PREFIX", "name"), ("VERSION", "string")}:
            return


def _no_service(query: str, words: list[Token]) -> None:
    """Refuse SERVICE: as a word, in a word, and in a name that stands where the engine could end it early."""
    if "SERVICE" not in query.upper():
        return
    for at, token in enumerate(words):
        if token.kind not in {"word", "name"} or "SERVICE" not in token.text.upper():
            continue
        if token.kind == "word" or _may_open_service(words, at):
            raise QueryForbidden(_SERVICE)


def _may_open_service(words: list[Token], at: int) -> bool:
    """Whether a group follows a name, perhaps after SILENT and one more term, as it does after SERVICE."""
    following = words[at + 1 : at + 4]
    if following and following[0].kind == "word" and following[0].text.upper() == "SILENT":
        return True
    if len(following) > 1 and following[0].kind in {"iri", "name", "var"}:
        return following[1].text == "{"
    names_a_graph = at > 0 and words[at - 1].text.upper() in _BEFORE_A_GRAPH
    return bool(following) and following[0].text == "{" and not names_a_graph


def _not_deep(words: list[Token], most: int, limit: int) -> None:
    """Refuse nesting beyond the limit; brackets that do not match are left to the engine."""
    brackets = quoted = run = 0
    before = Token("", "", 0)
    for token in words:
        text = token.text
        if token.kind != "mark":
            run = 0
        elif text in "{([":
            run = 0
            brackets += 1
        elif text in "})]":
            run = 0
            brackets = max(0, brackets - 1)
        elif text in "<>":
            run = 0
            if before.text == text and before.end == token.start:  # << and >>, around a quoted triple
                quoted = max(0, quoted + (1 if text == "<" else -1))
        elif text in "!+-":
            run += 1
        before = token
        if brackets + quoted + run > most:
            raise QueryTooDeep(f"the query is nested deeper than {limit}, which is the limit")


def _may_be_comparison(words: list[Token], at: int) -> bool:
    """Whether the engine could take the ``<`` of this IRI for an operator, or for a half of ``<<``.

    It could after an operand; but not in ``<http://…>``, since nothing can follow ``http:/`` but an operand.
    """
    before = words[at - 1] if at else None
    if before is None or _ABSOLUTE.match(words[at].text):
        return False
    if at > 1 and before.kind == "name" and words[at - 2].text.upper() == "PREFIX":
        return False
    return before.is_operand or before.text == "<"


def _harmless_in_any_reading(query: str, max_depth: int) -> None:
    """Refuse by the bare letters, where it is open which of them are in strings and comments."""
    if "service" in query.lower():
        raise QueryForbidden(f"{_SERVICE} (in a query with a relative IRI after an operand, not even as text)")
    if sum(map(query.count, "{([!")) > max_depth:
        raise QueryTooDeep(f"the query has more than {max_depth} brackets, and a relative IRI after an operand")


def _what(character: str) -> str:
    if character in "\"'":
        return "a string that is not closed, or has an escape that SPARQL does not know"
    return f"{character!r} cannot stand here"


def _where(query: str, place: int) -> str:
    """A place as line and column, counted from 1."""
    before = query[:place]
    return f"line {before.count(chr(10)) + 1}, column {place - before.rfind(chr(10))}"
