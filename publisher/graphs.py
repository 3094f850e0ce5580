"""Whole graphs: the snapshot of a moment, every statement of it, in the forms of RDF."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response

from regiolog.publisher import answers, formats, negotiation
from regiolog.publisher.asking import asked, moment, service
from regiolog.publisher.negotiation import JSON_LD, N_QUADS, N_TRIPLES, TRIG, TURTLE
from regiolog.publisher.problems import Problem

room: Final = Blueprint("graphs", __name__)

FORMATS: Final = (TURTLE, N_QUADS, TRIG, N_TRIPLES, JSON_LD)
"""The forms in which a graph can be had; each also ends in ``.gz``."""

_LATER: Final = {"history", "source", "proposal"}


@room.get("/graph/<at>")
def current(at: str) -> Response:
    """The snapshot of a day, as it is known now."""
    return _snapshot(at, None)


@room.get("/graph/<at>/<known>")
def then(at: str, known: str) -> Response:
    """The snapshot of a day, as it was known at an instant."""
    return _snapshot(at, known)


def _snapshot(at: str, known: str | None) -> Response:
    asked(optional=())
    last = at if known is None else known
    packed = last.endswith(".gz")
    last, ending = negotiation.split(last.removesuffix(".gz"), FORMATS)
    if packed and ending is None:
        raise Problem("unknown-format", f".gz follows a form: {negotiation.said(FORMATS)}, each with .gz")
    at, known = (last, None) if known is None else (at, last)
    if at in _LATER:
        raise Problem("not-found", f"there is no graph {at} yet; ask for a day, as /graph/2025-01-01, or now")
    form = negotiation.choose(FORMATS, ending)
    when = moment({"at": at} if known is None else {"at": at, "known": known})
    etag = answers.tag("graph", when.key, form.suffix, packed)
    if answers.unchanged(etag):
        return answers.not_modified(etag, when)
    graph = formats.triples(service().history().triples(when.key))
    body = answers.spooled(formats.write(form, graph))
    if packed:
        return answers.send(answers.compressed(body), "application/gzip", etag, when, packed=True)
    return answers.send(body, form.content_type, etag, when)
