"""Things: ``/id/…`` names one and leads to ``/doc/…``, which says what is known of it at a moment."""

from __future__ import annotations

from functools import partial
from typing import Final
from urllib.parse import quote

from flask import Blueprint, Response

from regiolog.events.errors import UnknownKey
from regiolog.ontology.iris import KINDS, Iris
from regiolog.publisher import answers, formats, negotiation, pages
from regiolog.publisher.asking import asked, moment, service
from regiolog.publisher.formats import Triple
from regiolog.publisher.memento import addresses
from regiolog.publisher.memento.addresses import Original
from regiolog.publisher.memento.instants import Instants, of_thing
from regiolog.publisher.negotiation import HTML, JSON_LD, N_TRIPLES, PLAIN_JSON, RDF_XML, TURTLE, Format
from regiolog.publisher.problems import Problem
from regiolog.publisher.things import saying
from regiolog.publisher.things.deeds import deeds, event_facts
from regiolog.publisher.things.links import CLASSES, Links, find
from regiolog.publisher.things.sheet import sheet, statements
from regiolog.sync.statements import history_graph
from regiolog.sync.statements.moments import Moment
from regiolog.sync.statements.statement import iri

room: Final = Blueprint("resource", __name__)

FORMATS: Final = (TURTLE, JSON_LD, N_TRIPLES, RDF_XML, PLAIN_JSON, HTML)
"""The forms in which a thing can be had."""


@room.get("/id/<kind>/<key>")
def identified(kind: str, key: str) -> Response:
    """From a thing to what is said of it; the moment goes along."""
    named(kind, key)
    given = asked()
    moment(given)
    response = Response(status=303)
    response.headers["Location"] = f"../../{path_of(kind, key)}{pages.suffix(given)}"
    response.headers["Cache-Control"] = answers.REVALIDATE
    return response


@room.get("/doc/<kind>/<name>")
def described(kind: str, name: str) -> Response:
    """What is known of a thing at a moment, in the form asked for."""
    code, ending = negotiation.split(name, FORMATS)
    stem, _, suffix = code.rpartition(".")
    if ending is None and stem and suffix and not _is_there(kind, code) and _is_there(kind, stem):
        negotiation.choose(FORMATS, suffix)  # which refuses it, and says which forms there are
    return _described(kind, code, ending, asked())


@room.get("/doc/<kind>/<code>/<name>")
def described_on_a_day(kind: str, code: str, name: str) -> Response:
    """The same on one day, as it is known now; its address has no parameters, so that it can have mementos."""
    at, ending = negotiation.split(name, FORMATS)
    return _described(kind, code, ending, {**asked(optional=()), "at": at})


@room.get("/doc/<kind>/<code>/<at>/<name>")
def described_as_known(kind: str, code: str, at: str, name: str) -> Response:
    """The same on one day, as it was known: a memento."""
    known, ending = negotiation.split(name, FORMATS)
    return _described(kind, code, ending, {**asked(optional=()), "at": at, "known": known})


def named(kind: str, code: str) -> str:
    """The IRI of a thing by its kind and key.

    Raises:
        Problem: Things of this kind have no page, or not yet.
        UnknownKey: The register has never had it.
    """
    if kind not in CLASSES:
        known = "nothing of this kind is in the register yet" if kind in KINDS else "there is no such kind"
        raise Problem("not-found", f"{known}: {kind}; there are {', '.join(CLASSES)}")
    return find(service().history(), kind, code)


def _is_there(kind: str, code: str) -> bool:
    """Whether the register has ever had a thing of this kind and key."""
    try:
        named(kind, code)
    except UnknownKey:
        return False
    return True


def path_of(kind: str, code: str) -> str:
    """The address of what is said of a thing, from the root of the service."""
    return f"doc/{kind}/{quote(code, safe='')}"


def _described(kind: str, code: str, ending: str | None, given: dict[str, str]) -> Response:
    """What is known of a thing, and where in time its mementos are."""
    subject = named(kind, code)
    form = negotiation.choose(FORMATS, ending)
    when = moment(given)
    said = (_event if kind == "event" else _thing)(kind, code, subject, when, given, form)
    shown = addresses.original(path_of(kind, code), given, when, f".{ending}" if ending else "")
    return addresses.told(said, shown, when, given, partial(instants, kind, code, subject))


def instants(kind: str, code: str, subject: str, of: Original) -> Instants:
    """The instants at which what is said of a thing changes, on one day or on whatever day it is."""
    return of_thing(service().history(), kind, subject, code, addresses.head(), turning=of.at is None)


def _thing(kind: str, code: str, subject: str, when: Moment, given: dict[str, str], form: Format) -> Response:
    """What is said of a thing that is no event, and of what describes it."""
    history = service().history()
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
            downloads=[each for each in FORMATS if each is not HTML],
        )
    etag = answers.tag(kind, code, when.key, form.suffix)
    if answers.unchanged(etag):
        return answers.not_modified(etag, when)
    graph = sorted({Triple(*each[1:4]) for said in statements(history, subject, when.key).values() for each in said})
    return answers.send(b"".join(formats.write(form, graph)), form.content_type, etag, when)


def _event(kind: str, code: str, subject: str, when: Moment, given: dict[str, str], form: Format) -> Response:
    """What the history says of an event: what it is, on what it rests and, on a page, what it opened and closed."""
    history, position = service().history(), int(code)
    told = history.told_of(position)
    if told is None or position > when.position:
        raise UnknownKey(f"event {position} was not known yet at this moment")
    iris = Iris(history.base_iri)
    described = formats.triples(history_graph.event(told, iris))
    if form is not HTML:
        etag = answers.tag(kind, position, history.version, form.suffix)
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
