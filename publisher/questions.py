"""A query asked on the command line: its limits, its moment, the graphs that it names, and one worker's answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import BinaryIO, Final

from regiolog.events.errors import QueryRejected
from regiolog.publisher.negotiation import CSV, JSON_LD, N_TRIPLES, RESULTS_JSON, RESULTS_XML, TSV, TURTLE, Format
from regiolog.publisher.problems import Problem
from regiolog.publisher.service import query_workers
from regiolog.publisher.settings import Settings
from regiolog.publisher.sparql import dataset
from regiolog.sync.folder import Folder
from regiolog.sync.queries import guard
from regiolog.sync.queries.question import Question
from regiolog.sync.statements.history import History
from regiolog.sync.statements.moments import resolve

TABLES: Final = (CSV, TSV, RESULTS_JSON, RESULTS_XML)
"""The forms of rows, and of yes or no; the first is for those who do not mind."""

GRAPHS: Final = (TURTLE, N_TRIPLES, JSON_LD)
"""The forms of triples."""


@contextmanager
def ask(
    settings: Settings,
    folder: Folder,
    history: History,
    query: str,
    *,
    form: str | None = None,
    at: str | None = None,
    known: str | None = None,
) -> Iterator[BinaryIO]:
    """Answer a query in a worker of its own, and give the answer to be read.

    Args:
        settings: The limits.
        folder: The data folder.
        history: Its statements, up to the head.
        query: SPARQL.
        form: The suffix of a form; None leaves it to the query.
        at: The day that is asked about.
        known: What was known then.

    Raises:
        QueryRejected: It is not answered, or not in this form.
        BadMoment: There is no such moment.
    """
    guard.check(query, max_length=settings.query_bytes, max_depth=settings.query_depth)
    outline = dataset.outline(query, history.base_iri)
    chosen = _form(GRAPHS if outline.form == "graph" else TABLES, form)
    try:
        moment = resolve(history, at, known, clock=folder.clock)
        asked = dataset.choose(outline, None, dataset.REGISTER, history, moment, folder.clock)
    except Problem as problem:
        raise QueryRejected(problem.detail) from None
    question = Question(
        query=query,
        default=asked.default,
        named=asked.named,
        dataset=asked.dataset,
        formats={} if outline.form is None else {outline.form: chosen.media_type},
        base_iri=history.base_iri,
    )
    with closing(query_workers(settings, folder, size=1)) as workers, workers.ask(question).open() as answer:
        yield answer


def _form(forms: tuple[Format, ...], suffix: str | None) -> Format:
    for each in forms:
        if suffix in {None, each.suffix}:
            return each
    raise QueryRejected(f"the answer to this query cannot be had as {suffix}, but as {_listed(forms)}")


def _listed(forms: tuple[Format, ...]) -> str:
    return ", ".join(each.suffix for each in forms)
