"""The graphs that a query names: each snapshot is one, and one that we do not have is an error, not an empty answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import unquote, urljoin

from regiolog.events.temporal import Clock
from regiolog.publisher.problems import Problem
from regiolog.sync.guard import Token, tokens
from regiolog.sync.history import History, SnapshotKey
from regiolog.sync.moments import resolve
from regiolog.sync.question import Form

_FORMS: dict[str, Form] = {"SELECT": "select", "ASK": "ask", "CONSTRUCT": "graph", "DESCRIBE": "graph"}


class Outline(NamedTuple):
    """What a query says of its answer before it is run.

    Attributes:
        form: What its answer is; None when it is no query.
        graphs: The IRIs of the graphs that it names by constant.
        has_dataset: Whether it has ``FROM``.
        is_steady: Whether it answers alike whenever it is asked: it asks for no time, chance or new name.
    """

    form: Form | None
    graphs: tuple[str, ...]
    has_dataset: bool
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
    return Outline(form, tuple(dict.fromkeys(_named(words, upper, base))), "FROM" in upper, steady)


def snapshots(graphs: Sequence[str], history: History, clock: Clock) -> dict[str, SnapshotKey]:
    """The snapshot behind each graph IRI.

    Raises:
        Problem: We have no such graph.
        BadMoment: It names a moment that cannot be asked about.
    """
    return {graph: _snapshot(graph, history, clock) for graph in graphs}


def _snapshot(graph: str, history: History, clock: Clock) -> SnapshotKey:
    start = f"{history.base_iri}graph/"
    at, _, known = graph.removeprefix(start).partition("/")
    if not graph.startswith(start) or at in {"", "history", "source", "proposal"} or "/" in known:
        raise Problem(
            "bad-parameter",
            f"there is no graph {graph}: the snapshot of a day is {start}2025-01-01, "
            f"as it was known then {start}2025-01-01/2024-09-01; the register itself is the default graph",
        )
    return resolve(history, unquote(at), unquote(known) if known else None, clock=clock).key


def _named(words: list[Token], upper: list[str], base: str) -> Iterator[str]:
    """The IRIs after ``GRAPH``, ``FROM`` and ``FROM NAMED``."""
    prefixes: dict[str, str] = {}
    for at in range(len(words)):
        following = words[at + 1 : at + 3]
        if upper[at] == "BASE" and following and following[0].kind == "iri":
            base = _resolved(following[0], base, prefixes)
        elif upper[at] == "PREFIX" and [each.kind for each in following] == ["name", "iri"]:
            prefixes[following[0].text] = _resolved(following[1], base, prefixes)
        elif upper[at] in {"GRAPH", "FROM", "NAMED"} and following and following[0].kind in {"iri", "name"}:
            yield _resolved(following[0], base, prefixes)


def _resolved(token: Token, base: str, prefixes: dict[str, str]) -> str:
    if token.kind == "iri":
        return urljoin(base, re.sub(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})", _character, token.text[1:-1]))
    prefix, _, local = token.text.partition(":")
    return prefixes.get(f"{prefix}:", f"{prefix}:") + local.replace("\\", "")


def _character(found: re.Match[str]) -> str:
    return chr(int(found[1] or found[2], 16))
