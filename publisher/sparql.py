"""``/sparql``: the SPARQL 1.1 Protocol, for queries, each about one moment unless it names others."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Final

from flask import Blueprint, Response, request
from rdflib import Graph

from regiolog.events.errors import QueryForbidden
from regiolog.publisher import answers, dataset, negotiation, pages, results
from regiolog.publisher.asking import CLOCKS, moment, service
from regiolog.publisher.links import Links
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
from regiolog.publisher.queries import QUERIES
from regiolog.sync import guard
from regiolog.sync.moments import Moment
from regiolog.sync.question import Answer, Form, Portion, Question

room: Final = Blueprint("sparql", __name__)

TABLES: Final = (RESULTS_JSON, RESULTS_XML, CSV, TSV, HTML)
"""The forms in which rows, and yes or no, can be had."""

GRAPHS: Final = (TURTLE, N_TRIPLES, JSON_LD, RDF_XML, HTML)
"""The forms in which triples can be had."""

FORM_BODY: Final = "application/x-www-form-urlencoded"
QUERY_BODY: Final = "application/sparql-query"

_DATASET: Final = ("default-graph-uri", "named-graph-uri")
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
_RDFLIB: Final = {TURTLE: "turtle", N_TRIPLES: "nt", JSON_LD: "json-ld", RDF_XML: "xml"}


@room.route("/sparql", methods=["GET", "POST"])
def endpoint() -> Response:
    """Answer a query; without one, say what the endpoint is, or show the page to write one."""
    given, query = _protocol()
    when = moment(given)
    if query is None:
        return _description(when, given)
    here = service()
    guard.check(query, max_length=here.settings.query_bytes, max_depth=here.settings.query_depth)
    history = here.history()
    outline = dataset.outline(query, history.base_iri)
    question = _question(query, outline, when)
    form = _wanted(outline.form)
    lasting = when if outline.is_steady and not question.named else None
    etag = answers.tag(query, form.media_type, question.default, *sorted(question.named.items()))
    steady = outline.is_steady and request.method != "POST"
    if form is HTML:
        return _page(query, when, given, here.workers.ask(_in_form(question, RESULTS_JSON, TURTLE)))
    if steady and answers.unchanged(etag):
        return answers.not_modified(etag, lasting, weak=True)
    answer = here.workers.ask(_in_form(question, form, form))
    content_type = form.content_type if form.media_type == answer.media_type else answer.media_type
    return answers.send(answer.open(), content_type, etag if steady else None, lasting, weak=True)


def _protocol() -> tuple[dict[str, str], str | None]:
    """The coordinates and the query that a request of any of the three kinds gives.

    Raises:
        Problem: A parameter is given twice, the body is of another type, or is not UTF-8.
        QueryForbidden: It is an update.
    """
    given = [(name, value) for name, values in request.args.lists() for value in values]
    if request.method == "POST":
        if request.mimetype == FORM_BODY:
            _utf_8()
            given += [(name, value) for name, values in request.form.lists() for value in values]
        elif request.mimetype == QUERY_BODY:
            given.append(("query", _utf_8()))
        elif request.mimetype == "application/sparql-update":
            raise QueryForbidden("updates are refused: only queries are answered")
        else:
            raise Problem(
                "unsupported-media-type",
                f"a query is sent as {FORM_BODY} or {QUERY_BODY}, not as {request.mimetype or 'a body without a type'}",
            )
    found: dict[str, str] = {}
    for name, value in given:
        if name in {"update", "using-graph-uri", "using-named-graph-uri"}:
            raise QueryForbidden("updates are refused: only queries are answered")
        if name in {"query", *CLOCKS}:
            if name in found:
                raise Problem("bad-parameter", f"{name} is given twice: give it once", parameter=name)
            found[name] = value
    if request.method == "POST" and "query" not in found:
        raise Problem("bad-parameter", "query is missing", parameter="query")
    coordinates = {name: found[name] for name in CLOCKS if found.get(name)}
    return coordinates, found.get("query")


def _utf_8() -> str:
    """The body as text.

    Raises:
        Problem: It is not UTF-8.
    """
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if charset not in {"utf-8", "utf8"}:
        raise Problem("unsupported-media-type", f"a query is sent as UTF-8, not as {charset}")
    try:
        return request.get_data(cache=True).decode()
    except UnicodeDecodeError as error:
        raise Problem("bad-request", f"the body is not UTF-8, at byte {error.start}") from None


def _question(query: str, outline: dataset.Outline, when: Moment) -> Question:
    """What to ask a worker: the query, and the snapshots that it, or the protocol, names.

    Raises:
        Problem: A graph is not ours, or both the protocol and the query choose the graphs.
    """
    here = service()
    history = here.history()
    values = {name: request.values.getlist(name) for name in _DATASET}
    default, named = (values[name] for name in _DATASET)
    if (default or named) and outline.has_dataset:
        raise Problem("bad-parameter", "the graphs are chosen in the address and in the query: choose them in one")
    if len(default) > 1:
        raise Problem("bad-parameter", "default-graph-uri is given more than once: give one snapshot")
    graphs = dataset.portions(outline, named, history, when, here.clock)
    key = when.key
    if default:
        chosen = dataset.portion(default[0], history, when, here.clock)
        if chosen != Portion(chosen.key):
            raise Problem("bad-parameter", f"{default[0]} is no snapshot: name it with named-graph-uri, or in GRAPH")
        key = chosen.key
    clocks = [name for name in CLOCKS if request.values.get(name)]
    timeless = all(each == Portion(each.key) for each in graphs.values())
    if clocks and (default or outline.has_dataset) and timeless:
        raise Problem(
            "bad-parameter",
            f"{clocks[0]} chooses the default graph, and so does the query or the address: choose it in one",
        )
    return Question(query=query, default=key, named=graphs, base_iri=history.base_iri)


def _in_form(question: Question, table: Format, graph: Format) -> Question:
    return Question(
        query=question.query,
        default=question.default,
        named=question.named,
        base_iri=question.base_iri,
        formats={
            "select": table.media_type if table in TABLES else RESULTS_JSON.media_type,
            "ask": table.media_type if table in TABLES else RESULTS_JSON.media_type,
            "graph": graph.media_type if graph in GRAPHS else TURTLE.media_type,
        },
    )


def _wanted(form: Form | None) -> Format:
    """The form to answer in: what a parameter asks for that clients are known to send, else the header.

    Raises:
        Problem: A query of this kind has no such answer.
    """
    formats = GRAPHS if form == "graph" else TABLES
    for name in ("format", "output"):
        value = request.values.get(name, "").lower()
        known = {each.suffix: each for each in (*TABLES, *GRAPHS)} | {
            media_type: each for each in (*TABLES, *GRAPHS) for media_type in (each.media_type, *each.also)
        }
        wanted = _ALSO.get(value) if form == "graph" else None
        wanted = wanted or _SHORT.get(value) or known.get(value)
        if wanted in formats:
            return wanted
        if wanted is not None:
            raise Problem(
                "not-acceptable",
                f"{name}={value} is no form of this answer; there are {', '.join(each.media_type for each in formats)}",
            )
    return negotiation.choose(formats)


def _page(query: str, when: Moment, given: dict[str, str], answer: Answer | None) -> Response:
    """The page to write queries on, with the answer to the one that was written."""
    table, text, too_long = None, None, None
    if answer is not None and answer.length > results.PAGE_BYTES:
        too_long = answer.length
        answer.discard()
    elif answer is not None and answer.form == "graph":
        text = answer.read().decode()
    elif answer is not None:
        links = Links(service().history(), when.key, pages.suffix(given))
        table = results.table(answer.read(), links)
    formats = GRAPHS if answer is not None and answer.form == "graph" else TABLES
    return pages.page(
        "sparql.html",
        when,
        given,
        query=query,
        example=QUERIES["regions"].text,
        table=table,
        text=text,
        too_long=too_long,
        most=results.PAGE_BYTES,
        downloads=[each for each in formats if each is not HTML],
        arguments=pages.arguments({"query": query, **given}),
    )


def _description(when: Moment, given: dict[str, str]) -> Response:
    form = negotiation.choose((*GRAPHS[:-1], HTML))
    if form is HTML:
        return _page("", when, given, None)
    body = _described(request.base_url, form)
    etag = answers.tag(body)
    return answers.not_modified(etag) if answers.unchanged(etag) else answers.send(body, form.content_type, etag)


def _described(address: str, form: Format) -> bytes:
    graph = Graph()
    graph.parse(data=_file(), format="turtle", publicID=address)
    return graph.serialize(format=_RDFLIB[form], encoding="utf-8")


@cache
def _file() -> bytes:
    return resources.files("regiolog.publisher").joinpath("service-description.ttl").read_bytes()
