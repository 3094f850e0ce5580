"""``/sparql``: the SPARQL 1.1 Protocol, for queries, each about one moment unless it names others."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, request

from regiolog.events.errors import RegiologError
from regiolog.publisher import answers, pages, results
from regiolog.publisher.asking import service
from regiolog.publisher.negotiation import HTML
from regiolog.publisher.queries import QUERIES
from regiolog.publisher.sparql import description, protocol
from regiolog.publisher.sparql.protocol import GRAPHS, TABLES, Plan, Tried
from regiolog.publisher.things.links import Links
from regiolog.sync.queries.question import Answer
from regiolog.sync.statements.moments import Moment

room: Final = Blueprint("sparql", __name__)


@room.route("/sparql", methods=["GET", "POST"])
def endpoint() -> Response:
    """Answer a query; without one, say what the endpoint is, or show the page to write one.

    A query that was asked before Flask (:mod:`regiolog.publisher.sparql.direct`) is not asked again.
    """
    tried: Tried | None = request.environ.get(protocol.TRIED)
    if tried is not None:
        if isinstance(tried.outcome, RegiologError):
            raise tried.outcome
        return _sent(tried.plan, tried.outcome)
    here = service()
    plan = protocol.plan(
        protocol.Request(
            request.method,
            request.environ.get("QUERY_STRING", ""),
            request.content_type or "",
            request.get_data() if request.method == "POST" else b"",
            request.headers.get("Accept"),
        ),
        here,
    )
    if plan.question is None or plan.query is None:
        return _page("", plan.when, plan.given, None) if plan.form is HTML else description.answer(plan.form)
    if plan.form is HTML:
        return _page(plan.query, plan.when, plan.given, here.workers.ask(plan.question))
    if plan.etag is not None and answers.unchanged(plan.etag):
        return answers.not_modified(plan.etag, plan.when, weak=True)
    return _sent(plan, here.workers.ask(plan.question))


def _sent(plan: Plan, answer: Answer) -> Response:
    return answers.send(answer.take(), plan.content_type(answer), plan.etag, plan.when, weak=True)


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
