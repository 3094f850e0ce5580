"""The register's statements in the forms of RDF, term by term as they stand: no literal is normalised on the way out.

Triples come in as canonical N-Triples, sorted, or in the history's own order, so equal graphs give equal bytes.
N-Triples are N-Quads of the default graph as they are, and the Turtle below is TriG as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from itertools import groupby
from typing import Any, Final, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from regiolog.ontology import documents, terms
from regiolog.ontology.namespaces import PREFIXES, RL
from regiolog.publisher import negotiation
from regiolog.publisher.negotiation import Format
from regiolog.publisher.problems import Problem

_LITERAL: Final = re.compile(r'"((?:[^"\\]|\\.)*)"(?:@([A-Za-z0-9-]+)|\^\^<([^>]*)>)?\Z', re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_ESCAPED: Final = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", '"': '"', "\\": "\\", "'": "'"}
_LOCAL: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")

_XML_LOCAL: Final = re.compile(r"[A-Za-z_][\w.-]*\Z", re.ASCII)
_XML_BREAKS: Final = {"\r": "&#13;"}
NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Triple(NamedTuple):
    """One triple, its terms as N-Triples."""

    subject: str
    predicate: str
    object: str


class Term(NamedTuple):
    """A term taken apart.

    Attributes:
        text: The IRI, the label of a blank node with its ``_:``, or the lexical form of the literal.
        language: The language of the literal, if it has one.
        datatype: The IRI of its datatype, if it has one of its own.
        is_iri: Whether it is an IRI, or a blank node.
    """

    text: str
    language: str | None = None
    datatype: str | None = None
    is_iri: bool = False


@lru_cache(4096)
def read(term: str) -> Term:
    """Take a term apart that is written as N-Triples.

    Raises:
        ValueError: It is neither an IRI, a blank node nor a literal.
    """
    if term.startswith("<"):
        return Term(_plain(term[1:-1]), is_iri=True)
    if term.startswith("_:"):
        return Term(term, is_iri=True)
    found = _LITERAL.match(term)
    if found is None:
        raise ValueError(f"{term} is not an IRI or a literal")
    return Term(_plain(found[1]), found[2], found[3])


def triples(lines: bytes) -> Iterator[Triple]:
    """The triples of N-Triples, each once, sorted as bytes."""
    for line in sorted(set(lines.splitlines())):
        subject, predicate, rest = line.decode().split(" ", 2)
        yield Triple(subject, predicate, rest.removesuffix(" ."))


def write(format_: Format, graph: Iterable[Triple], *, streaming: bool = False) -> Iterator[bytes]:
    """A graph in one of :data:`negotiation`'s forms of RDF, in pieces.

    Args:
        format_: Which one.
        graph: Its triples, those of one subject together.
        streaming: Whether it may be too long to be held in memory: then Turtle declares every prefix, used or not.
    """
    if streaming and format_ in {negotiation.TURTLE, negotiation.TRIG}:
        return _streamed_turtle(graph)
    return _WRITERS[format_.suffix](graph)


def streamed(format_: Format, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """A graph that may be too long to be held in memory in one of the forms, in pieces.

    Args:
        format_: Which one.
        pieces: Its N-Triples in whole lines, those of one subject together.
    """
    if format_ in {negotiation.N_TRIPLES, negotiation.N_QUADS}:
        return iter(pieces)
    return write(format_, _in_order(pieces), streaming=True)


def _in_order(pieces: Iterable[bytes]) -> Iterator[Triple]:
    """The triples of N-Triples that come in pieces, as they come."""
    for piece in pieces:
        for line in piece.splitlines():
            subject, predicate, rest = line.decode().split(" ", 2)
            yield Triple(subject, predicate, rest.removesuffix(" ."))


def _n_triples(graph: Iterable[Triple]) -> Iterator[bytes]:
    return (f"{' '.join(each)} .\n".encode() for each in graph)


def _turtle(graph: Iterable[Triple]) -> Iterator[bytes]:
    used: set[str] = set()
    blocks = list(_blocks(graph, used))
    yield from map(_declared, sorted(used))
    for block in blocks:
        yield b"\n" + block


def _streamed_turtle(graph: Iterable[Triple]) -> Iterator[bytes]:
    yield from map(_declared, sorted(PREFIXES))
    for block in _blocks(graph, set()):
        yield b"\n" + block


def _declared(prefix: str) -> bytes:
    return f"@prefix {prefix}: <{PREFIXES[prefix]}> .\n".encode()


def _blocks(graph: Iterable[Triple], used: set[str]) -> Iterator[bytes]:
    """What is said of one subject after another, in Turtle; the prefixes that it uses are added to those."""

    @lru_cache(4096)
    def short(term: str) -> str:
        if not term.startswith("<"):
            literal, hats, datatype = term.rpartition("^^<")
            return f"{literal}^^{short('<' + datatype)}" if hats and literal.endswith('"') else term
        prefix, local = _curie(term[1:-1])
        if prefix is None:
            return term
        used.add(prefix)
        return f"{prefix}:{local}"

    for subject, of_subject in groupby(graph, key=lambda each: each.subject):
        lines = []
        for predicate, of_both in groupby(of_subject, key=lambda each: each.predicate):
            verb = "a" if predicate == f"<{terms.RDF_TYPE}>" else short(predicate)
            lines.append(f"{verb} {', '.join(short(each.object) for each in of_both)}")
        lines.sort(key=lambda line: not line.startswith("a "))
        said = " ;\n    ".join(lines)
        yield f"{short(subject)} {said} .\n".encode()


def _json_ld(graph: Iterable[Triple]) -> Iterator[bytes]:
    context = json.dumps(documents.context(), ensure_ascii=False)
    yield f'{{"@context": {context},\n"@graph": ['.encode()
    comma = "\n"
    for subject, of_subject in groupby(graph, key=lambda each: each.subject):
        node = _node(subject, of_subject)
        yield f"{comma}{json.dumps(node, ensure_ascii=False)}".encode()
        comma = ",\n"
    yield b"\n]}\n"


def _node(subject: str, of_subject: Iterable[Triple]) -> dict[str, Any]:
    """One subject as a JSON-LD node, under the keys of our context."""
    node: dict[str, Any] = {"id": read(subject).text}
    typed_first = sorted(of_subject, key=lambda each: each.predicate != f"<{terms.RDF_TYPE}>")
    for _, predicate, value in typed_first:
        put(node, keyed(predicate, value))
    return node


class Keyed(NamedTuple):
    """A value as it stands in our JSON, under a key of our context.

    Attributes:
        name: The key; where none fits, the property itself, with its prefix.
        value: The value: a text, or an object where the key does not tell what the text is.
        language: Its language, where values stand under their languages.
        is_set: Whether values of this key always stand in a list.
    """

    name: str
    value: Any
    language: str | None = None
    is_set: bool = False


@lru_cache(4096)
def keyed(predicate: str, value: str) -> Keyed:
    """Under which key of our context a value goes, and how it is written there.

    Args:
        predicate: Its property, as N-Triples.
        value: The value, as N-Triples.
    """
    name, term = read(predicate).text, read(value)
    if name == terms.RDF_TYPE:
        return Keyed("type", _word(term.text))
    for kind in _kinds(term):
        key = _keys().get((name, kind))
        if key is None:
            continue
        if kind == "@language":
            return Keyed(key.name, term.text, term.language)
        return Keyed(key.name, _word(term.text) if kind == "@vocab" else term.text, is_set=key.is_set)
    return Keyed(_compact(name), _expanded(term))


def put(node: dict[str, Any], said: Keyed) -> None:
    """Put a value under its key into a JSON-LD node."""
    if said.language is None:
        _put(node, said.name, said.value, is_set=said.is_set)
    else:
        _put(node.setdefault(said.name, {}), said.language, said.value)


def _put(node: dict[str, Any], name: str, value: Any, *, is_set: bool = False) -> None:
    held = node.get(name)
    if held is None:
        node[name] = [value] if is_set else value
    elif isinstance(held, list):
        held.append(value)
    else:
        node[name] = [held, value]


def _kinds(term: Term) -> tuple[str, ...]:
    """What a key of the context may say of a value like this."""
    if term.is_iri:
        return "@id", "@vocab"
    return ("@language",) if term.language else (term.datatype or "",)


def _expanded(term: Term) -> dict[str, str]:
    if term.is_iri:
        return {"@id": term.text}
    if term.language:
        return {"@value": term.text, "@language": term.language}
    return {"@value": term.text, **({"@type": _compact(term.datatype)} if term.datatype else {})}


class _Key(NamedTuple):
    """A key of our JSON-LD context that one kind of value of one property goes under."""

    name: str
    is_set: bool


@cache
def _keys() -> dict[tuple[str, str], _Key]:
    """The keys of our context, by property and by what they say of the value, as ``@id`` or a datatype."""
    context = documents.context()
    keys: dict[tuple[str, str], _Key] = {}
    for name, definition in context.items():
        if name.startswith("@") or name in {*PREFIXES, "id", "type"}:
            continue
        details = definition if isinstance(definition, dict) else {"@id": definition}
        container = details.get("@container")
        kind = "@language" if container == "@language" else details.get("@type", "")
        keys[_expand(details["@id"]), kind if kind.startswith("@") else _expand(kind)] = _Key(name, container == "@set")
    return keys


def _expand(curie: str) -> str:
    prefix, _, local = curie.partition(":")
    return PREFIXES[prefix] + local if prefix in PREFIXES else curie


def _word(iri: str) -> str:
    """An IRI where the context expects a word of our vocabulary."""
    return iri.removeprefix(RL) if iri.startswith(RL) else _compact(iri)


def _compact(iri: str) -> str:
    prefix, local = _curie(iri)
    return iri if prefix is None else f"{prefix}:{local}"


@lru_cache(4096)
def _curie(iri: str) -> tuple[str | None, str]:
    for prefix, namespace in PREFIXES.items():
        if iri.startswith(namespace) and _LOCAL.match(iri, len(namespace)):
            return prefix, iri[len(namespace) :]
    return None, iri


def _rdf_xml(graph: Iterable[Triple]) -> Iterator[bytes]:
    """RDF/XML, a description for each subject; every prefix is declared, used or not."""
    names = "".join(f"\n  xmlns:{prefix}={quoteattr(PREFIXES[prefix])}" for prefix in sorted(PREFIXES))
    yield f'<?xml version="1.0" encoding="utf-8"?>\n<rdf:RDF{names}>\n'.encode()
    for subject, of_subject in groupby(graph, key=lambda each: each.subject):
        said = "".join(_element(each.predicate, each.object) for each in of_subject)
        yield f"  <rdf:Description rdf:about={_attribute(read(subject).text)}>\n{said}  </rdf:Description>\n".encode()
    yield b"</rdf:RDF>\n"


def _element(predicate: str, value: str) -> str:
    """A property with its value, as an element of RDF/XML."""
    name, declared = _element_name(predicate)
    text, language, datatype, is_iri = read(value)
    if is_iri:
        return f"    <{name}{declared} rdf:resource={_attribute(text)}/>\n"
    kind = f' xml:lang="{language}"' if language else f" rdf:datatype={_attribute(datatype)}" if datatype else ""
    return f"    <{name}{declared}{kind}>{escape(_in_xml(text), _XML_BREAKS)}</{name}>\n"


@lru_cache(512)
def _element_name(predicate: str) -> tuple[str, str]:
    """The name of an element for a property, and the namespace that it has to declare for that."""
    address = predicate[1:-1]
    prefix, local = _curie(address)
    if prefix is not None:
        return f"{prefix}:{local}", ""
    found = _XML_LOCAL.search(address)
    if found is None:
        raise Problem("not-acceptable", f"the property {address} has no name in RDF/XML; there are other forms")
    return f"p:{found[0]}", f" xmlns:p={_attribute(address[: found.start()])}"


def _attribute(text: str) -> str:
    return quoteattr(_in_xml(text))


def _in_xml(text: str) -> str:
    """A text that can stand in XML.

    Raises:
        Problem: It has a character that XML 1.0 cannot hold (section 2.2).
    """
    if (found := NOT_XML.search(text)) is not None:
        raise Problem(
            "not-acceptable",
            f"this has the character U+{ord(found[0]):04X}, which XML cannot hold; there are other forms",
        )
    return text


def _plain(text: str) -> str:
    return _ESCAPE.sub(_unescaped, text) if "\\" in text else text


def _unescaped(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    return chr(int(code, 16)) if code else _ESCAPED[found[3]]


_WRITERS: Final[dict[str, Callable[[Iterable[Triple]], Iterator[bytes]]]] = {
    negotiation.N_TRIPLES.suffix: _n_triples,
    negotiation.N_QUADS.suffix: _n_triples,
    negotiation.TURTLE.suffix: _turtle,
    negotiation.TRIG.suffix: _turtle,
    negotiation.JSON_LD.suffix: _json_ld,
    negotiation.PLAIN_JSON.suffix: _json_ld,
    negotiation.RDF_XML.suffix: _rdf_xml,
}
