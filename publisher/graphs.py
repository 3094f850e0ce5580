"""Whole graphs in the forms of RDF: the snapshot of a moment, what a source says, what was proposed, the history."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

from flask import Blueprint, Response

from regiolog.events.errors import QueryRejected
from regiolog.events.temporal import Clock
from regiolog.publisher import answers, dataset, formats, negotiation
from regiolog.publisher.asking import CLOCKS, asked, moment, service
from regiolog.publisher.negotiation import JSON_LD, N_QUADS, N_TRIPLES, TRIG, TURTLE, Format
from regiolog.publisher.problems import Problem
from regiolog.sync import digest, history_graph
from regiolog.sync.history import History, SnapshotKey
from regiolog.sync.moments import Moment
from regiolog.sync.question import Portion

room: Final = Blueprint("graphs", __name__)

FORMATS: Final = (TURTLE, N_QUADS, TRIG, N_TRIPLES, JSON_LD)
"""The forms in which a graph can be had; each also ends in ``.gz``."""

_APART: Final = {"history": ("known",), "source": CLOCKS, "proposal": ("known",)}
"""The graphs that are no snapshots, and which coordinates each takes as parameters."""


@room.get("/graph/<path:name>")
def graph(name: str) -> Response:
    """A graph by its address: ``now``, ``2022-02-04/2022-02-01``, ``history/region/waasland``, and the like."""
    parts, form, packed = _asked_for(name)
    here = service()
    history = here.history()
    given = asked(optional=_APART.get(parts[0], ()))
    if parts[0] in _APART:
        when = moment(given)
        portion = _portion("/".join(parts), when)
    else:
        if len(parts) > 2:
            raise Problem("not-found", f"there is no graph {name}: a snapshot has a day, and an instant at the most")
        when = moment(dict(zip(CLOCKS, parts, strict=False)))
        portion = Portion(when.key)
    lasting = _of_known(when, given) if "at" not in _APART.get(parts[0], CLOCKS) else when
    etag = answers.tag("graph", *portion, form.suffix, packed)
    if answers.unchanged(etag):
        return answers.not_modified(etag, lasting)
    body = answers.spooled(written(history, portion, form))
    if packed:
        return answers.send(answers.compressed(body), "application/gzip", etag, lasting, packed=True)
    return answers.send(body, form.content_type, etag, lasting)


def written(history: History, portion: Portion, form: Format) -> Iterator[bytes]:
    """What a graph holds, in one of its forms, in pieces; a history is never held whole.

    A snapshot as N-Quads or TriG holds what sources say and what was proposed as well, each in its named graph: sorted,
    its N-Quads are what its digest is made of.
    """
    if portion.history:
        lines = history_graph.lines(history, portion.key.position, portion.about)
        return formats.write(form, formats.in_order(lines), streaming=True)
    own = formats.write(form, formats.triples(history.triples(portion.key, portion.graph)))
    if portion != Portion(portion.key):
        return own
    if form is N_QUADS:
        return iter(sorted(digest.quads(history, portion.key)))
    if form is TRIG:
        return chain(own, _named_graphs(history, portion.key))
    return own


def _named_graphs(history: History, key: SnapshotKey) -> Iterator[bytes]:
    """The graphs beside the register's own at a key, as TriG, each with the prefixes that it uses."""
    for name in history.graphs():
        held = history.triples(key, f"<{name}>")
        if held:
            *prefixes, blocks = b"".join(formats.write(TURTLE, formats.triples(held))).partition(b"\n\n")
            yield b"\n%s\n<%s> {\n%s}\n" % (prefixes[0], name.encode(), blocks)


def pieces(history: History, path: str | None, when: Moment, form: Format, clock: Clock) -> Iterator[bytes]:
    """A graph by the end of its address, in pieces; without one the register's own.

    Raises:
        QueryRejected: There is no such graph.
    """
    if path is None:
        return written(history, Portion(when.key), form)
    try:
        portion = dataset.portion(f"{history.base_iri}graph/{path}", history, when, clock)
    except Problem as problem:
        raise QueryRejected(problem.detail) from None
    return written(history, portion, form)


def _asked_for(name: str) -> tuple[Sequence[str], Format, bool]:
    """The parts of the address, the form, and whether it is to be packed."""
    *before, last = name.split("/")
    packed = last.endswith(".gz")
    last, ending = negotiation.split(last.removesuffix(".gz"), FORMATS)
    if packed and ending is None:
        raise Problem("unknown-format", f".gz follows a form: {negotiation.said(FORMATS)}, each with .gz")
    if ending is None and before[:1] != ["history"] and re.search(r"\.[a-z]+$", last):
        raise Problem("unknown-format", f"there is no such form of a graph: {negotiation.said(FORMATS)}")
    return [*before, last], negotiation.choose(FORMATS, ending), packed


def _portion(path: str, when: Moment) -> Portion:
    """What a graph holds that is no snapshot.

    Raises:
        Problem: There is no such graph.
    """
    here = service()
    history = here.history()
    try:
        return dataset.portion(f"{history.base_iri}graph/{path}", history, when, here.clock)
    except Problem as problem:
        raise Problem("not-found", problem.detail) from None


def _of_known(when: Moment, given: dict[str, str]) -> Moment:
    """The moment of what does not depend on the day: it never changes once what was known is fixed in the address."""
    return when._replace(fixed="known" in given and when.known < service().history().head_known())
