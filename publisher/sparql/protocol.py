"""What a request to ``/sparql`` asks (SPARQL 1.1 Protocol, section 2.1), read from its parts: no framework is needed.

So the same reading serves the room in Flask, which answers everything, and
:mod:`regiolog.publisher.sparql.direct`, which answers at once what needs no page and no excuse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import parse_qsl

from werkzeug.http import parse_options_header

from regiolog.events.errors import QueryForbidden, RegiologError
from regiolog.publisher import answers, negotiation
from regiolog.publisher.negotiation import (
    CSV,
    HTML,
    JSON_LD,
    N_TRIPLES,
    RDF_XML,
    RESULTS_JSON,
    RESULTS_XML,
    TSV,
    TURTLE,
    Format,
)
from regiolog.publisher.problems import Problem
from regiolog.publisher.sparql import dataset
from regiolog.sync.queries import guard
from regiolog.sync.queries.question import Answer, Dataset, Form, Portion, Question
from regiolog.sync.statements.moments import Moment

if TYPE_CHECKING:
    from regiolog.publisher.service import Era, Service

TABLES: Final = (RESULTS_JSON, RESULTS_XML, CSV, TSV, HTML)
"""The forms in which rows, and yes or no, can be had."""

GRAPHS: Final = (TURTLE, N_TRIPLES, JSON_LD, RDF_XML, HTML)
"""The forms in which triples can be had."""

TRIED: Final = "regiolog.tried"
"""Where a request's environment holds the :class:`Tried` of a query that was asked before Flask."""

FORM_BODY: Final = "application/x-www-form-urlencoded"
QUERY_BODY: Final = "application/sparql-query"

_CLOCKS: Final = ("at", "known")
_DATASET: Final = ("default-graph-uri", "named-graph-uri")
_UPDATES: Final = frozenset(("update", "using-graph-uri", "using-named-graph-uri"))
_SHORT: Final = {
    "turtle": TURTLE,
    "n3": TURTLE,
    "ntriples": N_TRIPLES,
    "n-triples": N_TRIPLES,
    "json-ld": JSON_LD,
    "rdfxml": RDF_XML,
    "rdf+xml": RDF_XML,
}
_ALSO: Final = {"json": JSON_LD, "xml": RDF_XML}
_NAMES: Final = {each.suffix: each for each in (*TABLES, *GRAPHS)} | {
    media_type: each for each in (*TABLES, *GRAPHS) for media_type in (each.media_type, *each.also)
}


class Request(NamedTuple):
    """A request, in parts.

    Attributes:
        method: ``GET``, ``HEAD`` or ``POST``.
        address: What follows the question mark in its address, as it was sent.
        content_type: What its body is said to be; empty without.
        body: Its body.
        accept: What it accepts; None when it does not say.
        era: The time that it came in, where that was looked up already.
    """

    method: str
    address: str
    content_type: str
    body: bytes
    accept: str | None
    era: Era | None = None


class Plan(NamedTuple):
    """What is asked, and how it is to be answered.

    Attributes:
        given: The two coordinates, as far as they are given.
        when: The moment that is asked about; fixed where the answer can never change.
        query: The query; None when there is none, and the endpoint is to say what it is.
        question: What a query worker is asked; None without a query.
        form: The form to answer in.
        etag: The tag of the answer; None when it is another each time.
    """

    given: dict[str, str]
    when: Moment
    query: str | None
    question: Question | None
    form: Format
    etag: str | None

    def content_type(self, answer: Answer) -> str:
        """How the answer is to be called, which may be of another kind than the query looked like."""
        return self.form.content_type if self.form.media_type == answer.media_type else answer.media_type


class Tried(NamedTuple):
    """A plan, and what came of it: an answer, or the reason why there is none."""

    plan: Plan
    outcome: Answer | RegiologError


def plan(request: Request, here: Service) -> Plan:
    """Read what a request asks.

    Raises:
        Problem: A parameter or the body cannot be used, a graph is not ours, or no form of the answer is accepted.
        BadMoment: A day or an instant cannot be used.
        QueryRejected: The query is refused unseen: an update, ``SERVICE``, too long, too deep, or not SPARQL.
    """
    pairs = _pairs(request)
    found = _once(pairs)
    query = found.pop("query", None)
    if query is None and request.method == "POST":
        raise Problem("bad-parameter", "query is missing", parameter="query")
    given = {name: value for name, value in found.items() if value}
    history = here.history()
    when = here.moment(given.get("at"), given.get("known"), request.era)
    if query is None:
        return Plan(given, when, None, None, negotiation.pick((*GRAPHS[:-1], HTML), request.accept), None)
    guard.check(query, max_length=here.settings.query_bytes, max_depth=here.settings.query_depth)
    outline = dataset.outline(query, history.base_iri)
    graphs = _graphs(pairs, outline, given, when, here)
    form = _wanted(pairs, outline.form, request.accept)
    question = Question(
        query=query,
        default=graphs.default,
        named=graphs.named,
        dataset=graphs.dataset,
        formats=_formats(form),
        base_iri=history.base_iri,
    )
    etag = None
    if outline.is_steady:
        asked = (graphs.default, sorted(graphs.named.items()), graphs.dataset)
        etag = answers.tag(query, history.base_iri, form.media_type, *asked)
    return Plan(given, when._replace(fixed=graphs.fixed), query, question, form, etag)


def _pairs(request: Request) -> list[tuple[str, str]]:
    """The parameters of a request of any of the three kinds, those of the address first.

    Raises:
        Problem: The body is of another type, or something is not UTF-8.
        QueryForbidden: It is an update.
    """
    pairs = _decoded(request.address.encode("latin-1"), "the address")
    if request.method != "POST":
        return pairs
    media_type, options = parse_options_header(request.content_type)
    media_type = media_type.lower()
    if media_type == "application/sparql-update":
        raise QueryForbidden("updates are refused: only queries are answered")
    if media_type not in {FORM_BODY, QUERY_BODY}:
        raise Problem(
            "unsupported-media-type",
            f"a query is sent as {FORM_BODY} or {QUERY_BODY}, not as {media_type or 'a body without a type'}",
        )
    charset = options.get("charset", "utf-8").lower()
    if charset not in {"utf-8", "utf8"}:
        raise Problem("unsupported-media-type", f"a query is sent as UTF-8, not as {charset}")
    if media_type == FORM_BODY:
        return pairs + _decoded(request.body, "the body")
    try:
        return [*pairs, ("query", request.body.decode())]
    except UnicodeDecodeError as error:
        raise Problem("bad-request", f"the body is not UTF-8, at byte {error.start}") from None


def _decoded(encoded: bytes, what: str) -> list[tuple[str, str]]:
    """The parameters in a text that encodes them as forms do.

    Raises:
        Problem: It is not UTF-8.
    """
    try:
        return parse_qsl(encoded.decode(), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise Problem("bad-request", f"{what} is not UTF-8") from None


def _once(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """The query and the coordinates.

    Raises:
        Problem: One is given twice.
        QueryForbidden: There is an update.
    """
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in _UPDATES:
            raise QueryForbidden("updates are refused: only queries are answered")
        if name == "query" or name in _CLOCKS:
            if name in found:
                raise Problem("bad-parameter", f"{name} is given twice: give it once", parameter=name)
            found[name] = value
    return found


def _graphs(
    pairs: list[tuple[str, str]], outline: dataset.Outline, given: dict[str, str], when: Moment, here: Service
) -> dataset.Asked:
    """The graphs that a query is asked of: those that the request names, else those of the query, else the moment's.

    Raises:
        Problem: A graph is not ours, or a clock chooses the default graph though something else does already.
    """
    values = [tuple(dict.fromkeys(value for name, value in pairs if name == each)) for each in _DATASET]
    chosen = Dataset(*values) if any(values) else None
    named = {graph for each in chosen or outline.dataset or () for graph in each}.union(outline.graphs)
    if len(named) > here.settings.graphs:
        limit = here.settings.graphs
        raise Problem("bad-parameter", f"the query names {len(named)} graphs, and {limit} is the limit")
    graphs = dataset.choose(outline, chosen, here.graphs, here.history(), when, here.clock)
    if given and graphs.dataset is not None and all(each == Portion(each.key) for each in graphs.named.values()):
        raise Problem(
            "bad-parameter",
            f"{next(iter(given))} chooses the default graph, and so does the query or the address: choose it in one",
        )
    return graphs


def _formats(form: Format) -> dict[Form, str]:
    """What to ask the worker for: the form, where the query's answer can have it, else what a page is made from."""
    table = form if form in TABLES and form is not HTML else RESULTS_JSON
    graph = form if form in GRAPHS and form is not HTML else TURTLE
    return {"select": table.media_type, "ask": table.media_type, "graph": graph.media_type}


def _wanted(pairs: list[tuple[str, str]], form: Form | None, accept: str | None) -> Format:
    """The form to answer in: what a parameter asks for that clients are known to send, else the header.

    Raises:
        Problem: A query of this kind has no such answer.
    """
    formats = GRAPHS if form == "graph" else TABLES
    for asked in ("format", "output"):
        value = next((value.lower() for name, value in pairs if name == asked), "")
        wanted = _ALSO.get(value) if form == "graph" else None
        wanted = wanted or _SHORT.get(value) or _NAMES.get(value)
        if wanted in formats:
            return wanted
        if wanted is not None:
            there_are = ", ".join(each.media_type for each in formats)
            raise Problem("not-acceptable", f"{asked}={value} is no form of this answer; there are {there_are}")
    return negotiation.pick(formats, accept)
