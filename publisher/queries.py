"""Named queries: each is a file of plain SPARQL, with typed parameters, whose answer anybody can link to."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final, NamedTuple

from flask import Blueprint, Response, request

from regiolog.events.errors import BadMoment
from regiolog.events.temporal import parse_day
from regiolog.ontology.iris import Iris
from regiolog.publisher import answers, negotiation, pages, results
from regiolog.publisher.asking import asked, moment, service
from regiolog.publisher.links import Links, find
from regiolog.publisher.negotiation import CSV, HTML, PLAIN_JSON, RESULTS_JSON, RESULTS_XML, TSV, Format
from regiolog.publisher.problems import Problem
from regiolog.sync.history import SnapshotKey
from regiolog.sync.moments import Moment
from regiolog.sync.question import Answer, Question

room: Final = Blueprint("queries", __name__)

FORMATS: Final = (RESULTS_JSON, CSV, TSV, RESULTS_XML, HTML)
"""The forms in which every named query answers."""

_MARK: Final = re.compile(r"  # parameter (\w+)$", re.MULTILINE)


class Parameter(NamedTuple):
    """A parameter of a named query.

    Attributes:
        name: What it is called in the address.
        what: What it is, in words.
        example: The value that stands in the query's file.
        pattern: What values look like, as a regular expression.
        kind: The kind of thing whose key it is; None for a day.
    """

    name: str
    what: str
    example: str
    pattern: str
    kind: str | None = None

    def check(self, value: str) -> None:
        """See whether a value can be used.

        Raises:
            Problem: It is not of the right form.
            BadMoment: It is a day that does not exist, or that is before coverage.
            UnknownKey: The register has never had it.
        """
        if not re.fullmatch(self.pattern, value, re.ASCII):
            raise Problem(
                "bad-parameter",
                f"{self.name}={value[:60]} cannot be used: {self.name} is {self.what}, as {self.example}",
                parameter=self.name,
            )
        history = service().history()
        if self.kind is not None:
            find(history, self.kind, value)
        elif parse_day(value) < history.coverage:
            raise BadMoment(f"{self.name}={value} is before coverage begins on {history.coverage}")


_NIS: Final = Parameter("nis", "the NIS code of a municipality, five digits", "11056", r"\d{5}", "municipality")
_REGION: Final = Parameter("region", "the key of a region", "waasland", r"[A-Za-z0-9][\w.~-]{0,99}", "region")


@dataclass(frozen=True)
class NamedQuery:
    """One named query.

    Attributes:
        name: What it is called in the address.
        columns: The columns that it promises, in order.
        parameters: What has to be given, besides the moment.
        compares: Whether its parameters are the days that it compares; then `at` is not asked.
    """

    name: str
    columns: tuple[str, ...]
    parameters: tuple[Parameter, ...] = ()
    compares: bool = False

    @property
    def optional(self) -> tuple[str, ...]:
        """The parameters that may be given."""
        return ("known",) if self.compares else ("at", "known")

    @property
    def title(self) -> str:
        """What it answers: the first line of its file."""
        return self.text.partition("\n")[0].removeprefix("# ")

    @property
    def text(self) -> str:
        """Its SPARQL, as in its file."""
        return _read(self.name)

    def described(self) -> dict[str, Any]:
        """It, as a program reads it."""
        return {
            "name": self.name,
            "title": self.title,
            "parameters": [{"name": each.name, "what": each.what, "example": each.example} for each in self.parameters],
            "optional": list(self.optional),
            "columns": list(self.columns),
            "formats": [each.suffix for each in FORMATS],
            "sparql": self.text,
        }

    def filled(self, values: dict[str, str]) -> str:
        """Its SPARQL with other values in the place of the examples: what is run, and can be run at ``/sparql``."""
        examples = {each.name: each.example for each in self.parameters}
        lines = self.text.splitlines()
        for number, line in enumerate(lines):
            found = _MARK.search(line)
            if found and found[1] in values:
                lines[number] = _MARK.sub("", line).replace(examples[found[1]], values[found[1]])
        return "\n".join(lines) + "\n"


_LINEAGE: Final = ("date", "before_nis", "before_name", "after_nis", "after_name", "decision")

QUERIES: Final = {
    each.name: each
    for each in (
        NamedQuery(
            "region-of",
            ("municipality", "nis", "name", "region", "region_key", "region_name", "status", "decision", "evidence"),
            (_NIS,),
        ),
        NamedQuery("members", ("municipality", "nis", "name"), (_REGION,)),
        NamedQuery("regions", ("region", "region_key", "name", "status", "members")),
        NamedQuery("municipalities", ("municipality", "nis", "name", "province", "region_key")),
        NamedQuery("lineage", _LINEAGE, (_NIS._replace(example="46030"),)),
        NamedQuery(
            "conversion",
            ("from_nis", "from_name", "to_nis", "to_name", "kind"),
            (
                Parameter("from", "the first day, YYYY-MM-DD", "2024-12-31", r"\d{4}-\d{2}-\d{2}"),
                Parameter("to", "the second day, YYYY-MM-DD", "2025-01-01", r"\d{4}-\d{2}-\d{2}"),
            ),
            compares=True,
        ),
    )
}
"""The named queries, by name."""


@cache
def _read(name: str) -> str:
    return resources.files("regiolog.publisher").joinpath("queries", f"{name}.rq").read_text(encoding="utf-8")


@room.get("/query")
def listing() -> Response:
    """All named queries, with their parameters and their SPARQL: a page, or JSON."""
    asked(optional=())
    form = negotiation.choose((HTML, PLAIN_JSON))
    if form is HTML:
        return pages.plain("queries.html", queries=QUERIES.values(), formats=FORMATS)
    body = json.dumps([each.described() for each in QUERIES.values()], ensure_ascii=False, indent=1) + "\n"
    etag = answers.tag(body)
    return answers.not_modified(etag) if answers.unchanged(etag) else answers.send(body, form.content_type, etag)


@room.get("/query/<name>")
def named(name: str) -> Response:
    """The answer of a named query, in the form asked for; without its parameters, the page to fill them in."""
    stem, dot, suffix = name.partition(".")
    if stem not in QUERIES:
        raise Problem("not-found", f"there is no query {stem}; there are {', '.join(QUERIES)}")
    query = QUERIES[stem]
    form = negotiation.choose(FORMATS, suffix if dot else None)
    required = [each.name for each in query.parameters]
    if form is HTML and required and not any(each in request.args for each in required):
        given = asked(optional=query.optional)
        return _page(query, given, moment(given))
    given = asked(required, query.optional)
    for parameter in query.parameters:
        parameter.check(given[parameter.name])
    when, named_graphs = _moments(query, given)
    text = query.filled(_values(query, given))
    etag = answers.tag(text, form.media_type, when.key, *named_graphs.values())
    if form is HTML:
        return _page(query, given, when, _ask(text, RESULTS_JSON, when, named_graphs))
    if answers.unchanged(etag):
        return answers.not_modified(etag, when)
    answer = _ask(text, CSV if form is TSV else form, when, named_graphs)
    if form is TSV:
        return answers.send(results.tab_separated(answer.read().decode()), form.content_type, etag, when)
    return answers.send(answer.open(), form.content_type, etag, when)


def _values(query: NamedQuery, given: dict[str, str]) -> dict[str, str]:
    """What the parameters put into the text: keys as they are, days as the last part of a snapshot's address."""
    values = {each.name: given[each.name] for each in query.parameters}
    if query.compares:
        iris = Iris("http://base/")
        values = {
            name: iris.graph(day, given.get("known")).removeprefix("http://base/graph/") for name, day in values.items()
        }
    return values


def _moments(query: NamedQuery, given: dict[str, str]) -> tuple[Moment, dict[str, SnapshotKey]]:
    """The moment that a query is about, and the snapshots that it names."""
    if not query.compares:
        return moment(given), {}
    here = service()
    history, known = here.history(), given.get("known")
    first, last = given["from"], given["to"]
    if first > last:
        raise Problem(
            "bad-parameter", f"from={first} is after to={last}: give the earlier day as from", parameter="from"
        )
    before = moment({**given, "at": first})
    after = moment({**given, "at": last})
    after = after._replace(position=before.position, key=history.key(after.at, before.position))
    iris = Iris(history.base_iri)
    return after, {iris.graph(first, known): before.key, iris.graph(last, known): after.key}


def _ask(text: str, form: Format, when: Moment, named_graphs: dict[str, SnapshotKey]) -> Answer:
    """Have a worker answer."""
    here = service()
    question = Question(
        query=text,
        default=when.key,
        named=named_graphs,
        formats={"select": form.media_type},
        base_iri=here.history().base_iri,
    )
    return here.workers.ask(question)


def _page(query: NamedQuery, given: dict[str, str], when: Moment, answer: Answer | None = None) -> Response:
    """The page of a named query: its form, its answer as a table where it was asked, and its SPARQL."""
    shown = None
    if answer is not None:
        links = Links(service().history(), when.key, pages.suffix(given))
        shown = results.table(answer.read(), links)
    return pages.page(
        "query.html",
        when,
        given,
        query=query,
        table=shown,
        text=query.filled(_values(query, given)) if shown else query.text,
        downloads=[each for each in FORMATS if each is not HTML],
        arguments=pages.arguments(given),
    )
