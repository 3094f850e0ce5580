"""The graphs that a query names, and what each holds; one that we do not have is an error, not an empty answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import quote, unquote, urljoin

from regiolog.events.temporal import Clock
from regiolog.ontology.iris import KINDS, Iris
from regiolog.publisher.problems import Problem
from regiolog.publisher.things.links import find
from regiolog.sync.queries.guard import Token, terminals
from regiolog.sync.queries.question import NO_MOMENT, Dataset, Form, Portion
from regiolog.sync.statements.history import History, SnapshotKey
from regiolog.sync.statements.moments import Moment, resolve

_FORMS: Final[dict[str, Form]] = {"SELECT": "select", "ASK": "ask", "CONSTRUCT": "graph", "DESCRIBE": "graph"}
_NAMING: Final = frozenset({"PREFIX", "GRAPH", "FROM", "NAMED"})


class Outline(NamedTuple):
    """What a query says of its answer before it is run.

    Attributes:
        form: What its answer is; None when it is no query.
        graphs: The IRIs of the graphs that it names by constant.
        dataset: The graphs that it chooses with ``FROM`` and ``FROM NAMED``; None without.
        has_any_graph: Whether it has ``GRAPH`` with a variable, which ranges over whatever graphs there are.
        is_steady: Whether it answers alike whenever it is asked: it asks for no time, chance or new name.
        is_settled: Whether what it is asked of settles its answer: it cuts nothing off, and picks nothing out.
    """

    form: Form | None
    graphs: tuple[str, ...]
    dataset: Dataset | None
    has_any_graph: bool
    is_steady: bool
    is_settled: bool


@lru_cache(256)
def outline(query: str, base: str) -> Outline:
    """Read the outline of a query.

    Args:
        query: SPARQL that the guard let through.
        base: What relative IRIs resolve against.
    """
    words = list(terminals(query))
    upper = [token.text.upper() if token.kind == "word" else "" for token in words]
    form = next((_FORMS[word] for word in upper if word in _FORMS), None)
    steady = not {"NOW", "RAND", "UUID", "STRUUID", "BNODE"}.intersection(upper)
    anywhere = any(word == "GRAPH" and after.kind == "var" for word, after in zip(upper, words[1:], strict=False))
    named = list(_named(words, upper, base, f"{base}graph/" if anywhere else None))
    chosen = None
    if "FROM" in upper:
        chosen = Dataset(
            *(tuple(dict.fromkeys(iri for word, iri in named if word == each)) for each in ("FROM", "NAMED"))
        )
    graphs = dict.fromkeys(iri for word, iri in named if word not in {"FROM", "NAMED"})
    settled = not {"LIMIT", "OFFSET", "SAMPLE", "GROUP_CONCAT", "REDUCED"}.intersection(upper)
    return Outline(form, tuple(graphs), chosen, anywhere, steady, settled)


class Held(NamedTuple):
    """What a graph holds, and whether it can never hold anything else."""

    portion: Portion
    fixed: bool


class Graphs(NamedTuple):
    """Which graphs there are to be asked.

    Attributes:
        held: What a graph holds, by its IRI, as :func:`held`.
        ranging: The graphs that ``GRAPH ?g`` ranges over in a query that chooses none, as :func:`ranging`.
    """

    held: Callable[[str, History, Moment, Clock], Held]
    ranging: Callable[[History, Moment], Sequence[str]]


class Asked(NamedTuple):
    """The graphs that a query is asked of.

    Attributes:
        default: The key of the default graph.
        named: What each graph holds that it names, or that ``GRAPH ?g`` ranges over.
        dataset: Which of them are asked; None asks all.
        fixed: Whether the answer can never change.
    """

    default: SnapshotKey
    named: dict[str, Portion]
    dataset: Dataset | None
    fixed: bool


def choose(
    outline: Outline, given: Dataset | None, graphs: Graphs, history: History, moment: Moment, clock: Clock
) -> Asked:
    """Choose the graphs that a query is asked of (SPARQL 1.1 Protocol, section 2.1.4; Query, section 13).

    Args:
        outline: The outline of the query.
        given: The graphs that the request names, which go before those of the query; None when it names none.
        graphs: Which graphs there are.
        history: The statements.
        moment: What the default graph, and the graphs of sources, are asked about, and how far the history goes.
        clock: Tells the instant of now.

    Raises:
        Problem: We have no such graph.
        BadMoment: It names a moment that cannot be asked about.
    """
    chosen = given or outline.dataset
    ranging = graphs.ranging(history, moment) if outline.has_any_graph and chosen is None else ()
    wanted = (*outline.graphs, *ranging, *(() if chosen is None else (*chosen.default, *chosen.named)))
    held = {graph: graphs.held(graph, history, moment, clock) for graph in wanted}
    if chosen is not None:
        held = {graph: held[graph] for graph in (*chosen.default, *chosen.named)}
    named = {graph: each.portion for graph, each in held.items()}
    fixed = outline.is_settled and all(each.fixed for each in held.values())
    if chosen is None:
        return Asked(moment.key, named, None, fixed and moment.fixed)
    if len(chosen.default) == 1 and chosen.default[0] not in chosen.named:
        portion = named[chosen.default[0]]
        if portion == Portion(portion.key):  # a snapshot alone is asked like any default graph, which may be warm
            del named[chosen.default[0]]
            return Asked(portion.key, named, chosen._replace(default=("",)), fixed)
    return Asked(NO_MOMENT, named, chosen, fixed)


def ranging(history: History, moment: Moment) -> list[str]:
    """The IRIs of all graphs but the snapshots: those of sources, of proposals, and the history."""
    of = Iris(history.base_iri)
    return [*standing(history, "source", moment), *standing(history, "proposal", moment), of.history_graph()]


def standing(history: History, kind: str, moment: Moment) -> list[str]:
    """The IRIs of the graphs of all sources that had said something (``source``), or of all ``proposal``s by then."""
    start = f"{history.base_iri}graph/{kind}/"
    return [graph for graph in history.graphs(moment.position) if graph.startswith(start)]


def held(graph: str, history: History, moment: Moment, clock: Clock) -> Held:
    """What a graph holds, by its IRI, which has one way to be written.

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
    first, *rest = graph.removeprefix(start).split("/") if graph.startswith(start) else [""]
    if first == "history" and not rest:
        return Held(Portion(_up_to(moment), history=True), moment.past)
    if first == "history" and len(rest) == 2 and rest[0] in KINDS and _is_plain(rest[1]):
        about = find(history, rest[0], unquote(rest[1]))
        return Held(Portion(_up_to(moment), history=True, about=about), moment.past)
    if first == "source" and len(rest) == 1 and _is_plain(rest[0]):
        find(history, "source", unquote(rest[0]))
        return Held(Portion(moment.key, f"<{graph}>"), moment.fixed)
    if first == "proposal" and graph in history.graphs():
        return Held(Portion(moment.key, f"<{graph}>"), moment.fixed)
    if first not in {"", "history", "source", "proposal"} and len(rest) < 2 and "%" not in graph and rest != [""]:
        named = resolve(history, first, rest[0] if rest else None, clock=clock)
        return Held(Portion(named.key), named.fixed)
    raise Problem(
        "bad-parameter",
        f"there is no graph {graph}: the snapshot of a day is {start}2025-01-01, as it was known then "
        f"{start}2025-01-01/2024-09-01; what a source says is {start}source/abb, what was proposed "
        f"{start}proposal/VR-2020-10-09, the history {start}history, that of one thing "
        f"{start}history/region/waasland; the register itself is the default graph",
    )


def portion(graph: str, history: History, moment: Moment, clock: Clock) -> Portion:
    """What a graph holds, as :func:`held`, for those who know by themselves whether it can change."""
    return held(graph, history, moment, clock).portion


def _is_plain(segment: str) -> bool:
    """Whether a key is written in an address as we write it: what need not be escaped is not."""
    return quote(unquote(segment), safe="") == segment != ""


def _up_to(moment: Moment) -> SnapshotKey:
    """The key of a history: no day, and the position that was known."""
    return moment.key._replace(breakpoint=0)


def _named(words: list[Token], upper: list[str], base: str, ours: str | None) -> Iterator[tuple[str, str]]:
    """The IRIs after ``GRAPH``, ``FROM`` and ``FROM NAMED``, each with that word, and all that begin with `ours`."""
    prefixes: dict[str, str] = {}
    for at in range(len(words)):
        following = words[at + 1 : at + 3]
        if upper[at] == "BASE" and following and following[0].kind == "iri":
            base = _resolved(following[0], base, prefixes)
        elif upper[at] == "PREFIX" and [each.kind for each in following] == ["name", "iri"]:
            prefixes[following[0].text] = _resolved(following[1], base, prefixes)
        elif upper[at] in {"GRAPH", "FROM", "NAMED"} and following and following[0].kind in {"iri", "name"}:
            yield upper[at], _resolved(following[0], base, prefixes)
        elif ours is not None and words[at].kind in {"iri", "name"} and (not at or upper[at - 1] not in _NAMING):
            iri = _resolved(words[at], base, prefixes)
            if iri.startswith(ours) and iri != ours:
                yield "", iri


def _resolved(token: Token, base: str, prefixes: dict[str, str]) -> str:
    if token.kind == "iri":
        return urljoin(base, re.sub(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})", _character, token.text[1:-1]))
    prefix, _, local = token.text.partition(":")
    return prefixes.get(f"{prefix}:", f"{prefix}:") + local.replace("\\", "")


REGISTER: Final = Graphs(held, ranging)
"""The graphs of a register."""


def _character(found: re.Match[str]) -> str:
    return chr(int(found[1] or found[2], 16))
