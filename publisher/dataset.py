"""The graphs that a query names, and what each holds; one that we do not have is an error, not an empty answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import unquote, urljoin

from regiolog.events.temporal import Clock
from regiolog.ontology.iris import KINDS, Iris
from regiolog.publisher.links import find
from regiolog.publisher.problems import Problem
from regiolog.sync.guard import Token, tokens
from regiolog.sync.history import History, SnapshotKey
from regiolog.sync.moments import Moment, resolve
from regiolog.sync.question import Form, Portion

_FORMS: dict[str, Form] = {"SELECT": "select", "ASK": "ask", "CONSTRUCT": "graph", "DESCRIBE": "graph"}


class Outline(NamedTuple):
    """What a query says of its answer before it is run.

    Attributes:
        form: What its answer is; None when it is no query.
        graphs: The IRIs of the graphs that it names by constant.
        has_dataset: Whether it has ``FROM``.
        has_any_graph: Whether it has ``GRAPH`` with a variable, which ranges over whatever graphs there are.
        is_steady: Whether it answers alike whenever it is asked: it asks for no time, chance or new name.
    """

    form: Form | None
    graphs: tuple[str, ...]
    has_dataset: bool
    has_any_graph: bool
    is_steady: bool


def outline(query: str, base: str) -> Outline:
    """Read the outline of a query.

    Args:
        query: SPARQL that the guard let through.
        base: What relative IRIs resolve against.
    """
    words = list(tokens(query))
    upper = [token.text.upper() if token.kind == "word" else "" for token in words]
    form = next((_FORMS[word] for word in upper if word in _FORMS), None)
    steady = not {"NOW", "RAND", "UUID", "STRUUID", "BNODE"}.intersection(upper)
    anywhere = any(word == "GRAPH" and after.kind == "var" for word, after in zip(upper, words[1:], strict=False))
    named = _named(words, upper, base, f"{base}graph/" if anywhere else None)
    return Outline(form, tuple(dict.fromkeys(named)), "FROM" in upper, anywhere, steady)


def portions(
    outline: Outline, also: Sequence[str], history: History, moment: Moment, clock: Clock
) -> dict[str, Portion]:
    """What each graph holds that a query, or the protocol, names, and that ``GRAPH ?g`` ranges over.

    Args:
        outline: The outline of the query.
        also: The IRIs of graphs that the protocol names.
        history: The statements.
        moment: What the graphs of sources are asked about, and how far the history goes.
        clock: Tells the instant of now.

    Raises:
        Problem: We have no such graph.
        BadMoment: It names a moment that cannot be asked about.
    """
    named = [*also, *outline.graphs]
    if outline.has_any_graph and not outline.has_dataset and not also:
        named += [*standing(history, "source"), *standing(history, "proposal"), Iris(history.base_iri).history_graph()]
    return {graph: portion(graph, history, moment, clock) for graph in named}


def standing(history: History, kind: str) -> list[str]:
    """The IRIs of the graphs of all sources that said something (``source``), or of all proposals (``proposal``)."""
    return [graph for graph in history.graphs() if graph.startswith(f"{history.base_iri}graph/{kind}/")]


def portion(graph: str, history: History, moment: Moment, clock: Clock) -> Portion:
    """What a graph holds, by its IRI.

    Args:
        graph: The IRI.
        history: The statements.
        moment: What is asked about, where the IRI does not say it.
        clock: Tells the instant of now.

    Raises:
        Problem: We have no such graph.
        BadMoment: It names a moment that cannot be asked about.
        UnknownKey: The register has never had the thing whose history it is.
    """
    start = f"{history.base_iri}graph/"
    first, _, rest = graph.removeprefix(start).partition("/") if graph.startswith(start) else ("", "", "")
    kind, _, key = rest.partition("/")
    if first == "history" and not rest:
        return Portion(_up_to(moment), history=True)
    if first == "history" and kind in KINDS and key and "/" not in key:
        return Portion(_up_to(moment), history=True, about=find(history, kind, unquote(key)))
    if first == "source" and rest and "/" not in rest:
        find(history, "source", unquote(rest))
        return Portion(moment.key, f"<{graph}>")
    if first == "proposal" and graph in standing(history, first):
        return Portion(moment.key, f"<{graph}>")
    if first not in {"", "history", "source", "proposal"} and "/" not in rest:
        return Portion(resolve(history, unquote(first), unquote(rest) if rest else None, clock=clock).key)
    raise Problem(
        "bad-parameter",
        f"there is no graph {graph}: the snapshot of a day is {start}2025-01-01, as it was known then "
        f"{start}2025-01-01/2024-09-01; what a source says is {start}source/abb, what was proposed "
        f"{start}proposal/VR-2020-10-09, the history {start}history, that of one thing "
        f"{start}history/region/waasland; the register itself is the default graph",
    )


def _up_to(moment: Moment) -> SnapshotKey:
    """The key of a history: no day, and the position that was known."""
    return moment.key._replace(breakpoint=0)


def _named(words: list[Token], upper: list[str], base: str, ours: str | None) -> Iterator[str]:
    """The IRIs after ``GRAPH``, ``FROM`` and ``FROM NAMED``, and all that begin with `ours`."""
    prefixes: dict[str, str] = {}
    for at in range(len(words)):
        following = words[at + 1 : at + 3]
        if upper[at] == "BASE" and following and following[0].kind == "iri":
            base = _resolved(following[0], base, prefixes)
        elif upper[at] == "PREFIX" and [each.kind for each in following] == ["name", "iri"]:
            prefixes[following[0].text] = _resolved(following[1], base, prefixes)
        elif upper[at] in {"GRAPH", "FROM", "NAMED"} and following and following[0].kind in {"iri", "name"}:
            yield _resolved(following[0], base, prefixes)
        elif ours is not None and words[at].kind in {"iri", "name"} and (not at or upper[at - 1] != "PREFIX"):
            iri = _resolved(words[at], base, prefixes)
            if iri.startswith(ours) and iri != ours:
                yield iri


def _resolved(token: Token, base: str, prefixes: dict[str, str]) -> str:
    if token.kind == "iri":
        return urljoin(base, re.sub(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})", _character, token.text[1:-1]))
    prefix, _, local = token.text.partition(":")
    return prefixes.get(f"{prefix}:", f"{prefix}:") + local.replace("\\", "")


def _character(found: re.Match[str]) -> str:
    return chr(int(found[1] or found[2], 16))
