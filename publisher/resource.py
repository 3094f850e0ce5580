"""Things: ``/id/…`` names one and leads to ``/doc/…``, which says what is known of it at a moment."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from flask import Blueprint, Response

from regiolog.events.errors import UnknownKey
from regiolog.ontology.iris import KINDS, Iris
from regiolog.publisher import answers, formats, negotiation, pages, saying
from regiolog.publisher.asking import asked, moment, service
from regiolog.publisher.deeds import deeds, event_facts
from regiolog.publisher.formats import Triple
from regiolog.publisher.links import CLASSES, Links, find
from regiolog.publisher.negotiation import HTML, JSON_LD, N_TRIPLES, PLAIN_JSON, RDF_XML, TURTLE, Format
from regiolog.publisher.problems import Problem
from regiolog.publisher.sheet import sheet, statements
from regiolog.sync import history_graph
from regiolog.sync.moments import Moment
from regiolog.sync.statement import iri

room: Final = Blueprint("resource", __name__)

FORMATS: Final = (TURTLE, JSON_LD, N_TRIPLES, RDF_XML, PLAIN_JSON, HTML)
"""The forms in which a thing can be had."""


@room.get("/id/<kind>/<key>")
def identified(kind: str, key: str) -> Response:
    """From a thing to what is said of it; the moment goes along."""
    _is_there(kind)
    given = asked()
    moment(given)
    find(service().history(), kind, key)
    response = Response(status=303)
    response.headers["Location"] = f"../../doc/{kind}/{quote(key, safe='')}{pages.suffix(given)}"
    response.headers["Cache-Control"] = answers.REVALIDATE
    return response


@room.get("/doc/<kind>/<name>")
def described(kind: str, name: str) -> Response:
    """What is known of a thing at a moment, in the form asked for."""
    _is_there(kind)
    code, ending = negotiation.split(name, FORMATS)
    history = service().history()
    subject = find(history, kind, code)
    form = negotiation.choose(FORMATS, ending)
    given = asked()
    when = moment(given)
    others = [each for each in FORMATS if each is not HTML]
    if kind == "event":
        return _event(subject, int(code), when, given, form)
    if form is HTML:
        links = Links(history, when.key, pages.suffix(given))
        shown = sheet(history, subject, code, kind, when, links)
        spoken = saying.of_source(history, code, when.key, links) if kind == "source" else None
        return pages.page(
            "thing.html",
            when,
            given,
            kind=kind,
            code=code,
            iri=subject,
            sheet=shown,
            spoken=spoken,
            downloads=others,
        )
    etag = answers.tag(kind, code, when.key, form.suffix)
    if answers.unchanged(etag):
        return answers.not_modified(etag, when)
    graph = sorted({Triple(*each[1:4]) for said in statements(history, subject, when.key).values() for each in said})
    return answers.send(b"".join(formats.write(form, graph)), form.content_type, etag, when)


def _event(subject: str, position: int, when: Moment, given: dict[str, str], form: Format) -> Response:
    """What the history says of an event: what it is, on what it rests and, on a page, what it opened and closed."""
    history = service().history()
    told = history.told_of(position)
    if told is None or position > when.position:
        raise UnknownKey(f"event {position} was not known yet at this moment")
    iris = Iris(history.base_iri)
    described = formats.triples(history_graph.event(told, iris))
    if form is not HTML:
        etag = answers.tag("event", position, history.version, form.suffix)
        if answers.unchanged(etag):
            return answers.not_modified(etag)
        return answers.send(b"".join(formats.write(form, described)), form.content_type, etag)
    links = Links(history, when.key, pages.suffix(given))
    return pages.page(
        "event.html",
        when,
        given,
        position=position,
        iri=subject,
        facts=event_facts(described, subject, links),
        corrected=[links.cell(iri(iris.event(each))) for each in history.corrections_of(position, when.position)],
        last=when.position,
        done=deeds(history, position, when.position, links),
        downloads=[each for each in FORMATS if each is not HTML],
    )


def _is_there(kind: str) -> None:
    """See whether things of a kind have a page.

    Raises:
        Problem: They have not, or not yet.
    """
    if kind not in CLASSES:
        known = "nothing of this kind is in the register yet" if kind in KINDS else "there is no such kind"
        raise Problem("not-found", f"{known}: {kind}; there are {', '.join(CLASSES)}")
