"""Named queries: each is a file of plain SPARQL, with typed parameters, whose answer anybody can link to."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final, Literal, NamedTuple

from flask import Blueprint, Response, request

from regiolog.events.errors import BadMoment
from regiolog.events.temporal import instant_text, parse_day
from regiolog.ontology.iris import Iris
from regiolog.publisher import answers, divergence, negotiation, pages, results
from regiolog.publisher.asking import asked, moment, service
from regiolog.publisher.negotiation import CSV, HTML, PLAIN_JSON, RESULTS_JSON, RESULTS_XML, TSV, Format
from regiolog.publisher.problems import Problem
from regiolog.publisher.sparql import dataset
from regiolog.publisher.things.links import CLASSES, Links, find
from regiolog.sync.queries.question import Answer, Portion, Question
from regiolog.sync.statements.history import History, SnapshotKey
from regiolog.sync.statements.moments import Moment

room: Final = Blueprint("queries", __name__)

FORMATS: Final = (RESULTS_JSON, CSV, TSV, RESULTS_XML, HTML)
"""The forms in which every named query answers."""

_MARK: Final = re.compile(r"  # parameter (\w+)( when given)?$")


class Parameter(NamedTuple):
    """A parameter of a named query.

    Attributes:
        name: What it is called in the address.
        what: What it is, in words.
        example: The value that stands in the query's file.
        pattern: What values look like, as a regular expression.
        kind: The kind of thing whose key it is; None when it is no key, or another parameter says so.
        is_day: Whether it is a day.
    """

    name: str
    what: str
    example: str
    pattern: str
    kind: str | None = None
    is_day: bool = False

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
        elif self.is_day and parse_day(value) < history.coverage:
            raise BadMoment(f"{self.name}={value} is before coverage begins on {history.coverage}")


_DAY: Final = r"\d{4}-\d{2}-\d{2}"
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
        ranges: Over which graphs ``GRAPH`` with a variable ranges: those of all sources, or of all proposals.
        of_history: Whether it asks the history of one thing, in which `at` and `known` only choose when they are given.
        enriches: Completes the rows of its answer, where that takes more than SPARQL; None leaves them as they are.
    """

    name: str
    columns: tuple[str, ...]
    parameters: tuple[Parameter, ...] = ()
    compares: bool = False
    ranges: Literal["source", "proposal"] | None = None
    of_history: bool = False
    enriches: Callable[[bytes, History, SnapshotKey], bytes] | None = None

    @property
    def optional(self) -> tuple[str, ...]:
        """The parameters that may be given."""
        return ("known",) if self.compares else ("at", "known")

    @property
    def looks_ahead(self) -> bool:
        """Whether it tells until when something was known, though that was later than what is asked about."""
        return self.of_history or self.enriches is not None

    @property
    def title(self) -> str:
        """What it answers: the first line of its file."""
        return _read(self.name).partition("\n")[0].removeprefix("# ")

    @property
    def text(self) -> str:
        """Its SPARQL with the examples of its file, and without what is there only when it is given."""
        return self.filled({})

    @property
    def further(self) -> tuple[str, ...]:
        """The columns that it has besides those that it promises."""
        selected = re.search(r"^SELECT (.*?)^WHERE", self.text, re.DOTALL | re.MULTILINE)
        found = re.findall(r"\?(\w+)", selected[1]) if selected else []
        columns = divergence.COLUMNS if self.enriches else found
        return tuple(each for each in columns if each not in self.columns)

    def described(self) -> dict[str, Any]:
        """It, as a program reads it."""
        return {
            "name": self.name,
            "title": self.title,
            "parameters": [{"name": each.name, "what": each.what, "example": each.example} for each in self.parameters],
            "optional": list(self.optional),
            "columns": [*self.columns, *self.further],
            "formats": [each.suffix for each in FORMATS],
            "sparql": self.text,
        }

    def filled(self, values: dict[str, str]) -> str:
        """Its SPARQL with other values in the place of the examples: what is run, and can be run at ``/sparql``.

        A line that is there only when a parameter is given goes without it.
        """
        examples = {each.name: each.example for each in self.parameters} | _EXAMPLES
        lines = []
        for line in _read(self.name).splitlines():
            found = _MARK.search(line)
            if found is None:
                lines.append(line)
            elif found[1] in values:
                lines.append(_MARK.sub("", line).replace(examples[found[1]], values[found[1]]))
            elif not found[2]:
                lines.append(line)
        return "\n".join(lines) + "\n"


_EXAMPLES: Final = {
    "at": "2022-12-10",
    "known": "2022-12-10T22:59:59.999999Z",
    "thing": "https://data.vlaanderen.be/id/gemeente/11056",
    "history": "municipality/11056",
}
"""What stands in the files of queries for what is worked out from the request."""

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
        NamedQuery("regions", ("region", "region_key", "name", "status", "members"), ranges="proposal"),
        NamedQuery("municipalities", ("municipality", "nis", "name", "province", "region_key")),
        NamedQuery("lineage", _LINEAGE, (_NIS._replace(example="46030"),)),
        NamedQuery(
            "conversion",
            ("from_nis", "from_name", "to_nis", "to_name", "kind"),
            (
                Parameter("from", "the first day, YYYY-MM-DD", "2024-12-31", _DAY, is_day=True),
                Parameter("to", "the second day, YYYY-MM-DD", "2025-01-01", _DAY, is_day=True),
            ),
            compares=True,
        ),
        NamedQuery(
            "said",
            ("source", "region_key", "valid_from", "valid_to", "known_from", "known_to"),
            (_NIS,),
            of_history=True,
        ),
        NamedQuery("straddling", ("cooperation", "name", "type", "regions", "members")),
        NamedQuery(
            "divergences",
            ("subject", "source", "source_says", "register_says", "known_from", "known_to"),
            ranges="source",
            enriches=divergence.completed,
        ),
        NamedQuery(
            "history",
            ("property", "value", "valid_from", "valid_to", "known_from", "known_to", "event", "decision"),
            (
                Parameter("kind", f"a kind of thing: {', '.join(CLASSES)}", "municipality", "|".join(CLASSES)),
                Parameter("key", "the key of the thing", "11056", r"[A-Za-z0-9][\w.~-]{0,127}"),
            ),
            of_history=True,
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
        return _page(query, given, moment(given), query.text)
    given = asked(required, query.optional)
    for parameter in query.parameters:
        parameter.check(given[parameter.name])
    when, portions = _moments(query, given)
    text = query.filled(_values(query, given, when))
    etag = answers.tag(text, form.media_type, when.key, *portions.values())
    if query.looks_ahead:
        when = when._replace(fixed=False)
        etag = answers.tag(etag, service().history().position)
    if form is HTML:
        return _page(query, given, when, text, _ask(query, text, RESULTS_JSON, when, portions))
    if answers.unchanged(etag):
        return answers.not_modified(etag, when)
    if query.enriches is not None:
        whole = _ask(query, text, RESULTS_JSON, when, portions).read()
        return answers.send(results.written(whole, form), form.content_type, etag, when)
    answer = _ask(query, text, CSV if form is TSV else form, when, portions)
    if form is TSV:
        return answers.send(results.tab_separated(answer.read().decode()), form.content_type, etag, when)
    return answers.send(answer.open(), form.content_type, etag, when)


def _values(query: NamedQuery, given: dict[str, str], when: Moment) -> dict[str, str]:
    """What the parameters put into the text: keys as they are, days as the last part of a snapshot's address."""
    values = {each.name: given[each.name] for each in query.parameters}
    iris = Iris("http://base/")
    if query.compares:
        return {
            name: iris.graph(day, given.get("known")).removeprefix("http://base/graph/") for name, day in values.items()
        }
    if query.of_history:
        kind, key = _thing(query, given)
        values["thing"] = find(service().history(), kind, key)
        values["history"] = iris.history_graph(kind, key).removeprefix("http://base/graph/history/")
        if "known" in given:
            values["known"] = instant_text(when.known)
    if "at" in given or not query.of_history:
        values["at"] = when.at.isoformat()
    return values


def _thing(query: NamedQuery, given: dict[str, str]) -> tuple[str, str]:
    """The kind and the key of the thing whose history is asked for."""
    first = query.parameters[0]
    return (given["kind"], given["key"]) if first.kind is None else (first.kind, given[first.name])


def _moments(query: NamedQuery, given: dict[str, str]) -> tuple[Moment, dict[str, Portion]]:
    """The moment that a query is about, and what the graphs hold that it names or ranges over."""
    here = service()
    history, known = here.history(), given.get("known")
    iris = Iris(history.base_iri)
    if query.of_history:
        # All of it is read, also what was known later: when something ceased to be known is part of its history.
        head = moment({name: value for name, value in given.items() if name == "at"})
        when = moment(given)
        graph = iris.history_graph(*_thing(query, given))
        return when, {graph: dataset.portion(graph, history, head, here.clock)}
    if not query.compares:
        when = moment(given)
        graphs = dataset.standing(history, query.ranges, when) if query.ranges else []
        return when, {graph: dataset.portion(graph, history, when, here.clock) for graph in graphs}
    first, last = given["from"], given["to"]
    if first > last:
        raise Problem(
            "bad-parameter", f"from={first} is after to={last}: give the earlier day as from", parameter="from"
        )
    before = moment({**given, "at": first})
    after = moment({**given, "at": last})
    after = after._replace(position=before.position, key=history.key(after.at, before.position))
    return after, {iris.graph(first, known): Portion(before.key), iris.graph(last, known): Portion(after.key)}


def _ask(query: NamedQuery, text: str, form: Format, when: Moment, portions: dict[str, Portion]) -> Answer:
    """Have a worker answer, and complete what it says where SPARQL alone cannot."""
    here = service()
    question = Question(
        query=text,
        default=when.key,
        named=portions,
        formats={"select": form.media_type},
        base_iri=here.history().base_iri,
    )
    answer = here.workers.ask(question)
    if query.enriches is None:
        return answer
    body = query.enriches(answer.read(), here.history(), when.key)
    return Answer(form=answer.form, media_type=answer.media_type, body=body, length=len(body))


def _page(query: NamedQuery, given: dict[str, str], when: Moment, text: str, answer: Answer | None = None) -> Response:
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
        text=text,
        downloads=[each for each in FORMATS if each is not HTML],
        arguments=pages.arguments(given),
    )
