"""Whole graphs in the forms of RDF: the snapshot of a moment, what a source says, what was proposed, the history."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import IO, Final

from flask import Blueprint, Response, request

from regiolog.events.errors import QueryRejected
from regiolog.events.temporal import Clock
from regiolog.publisher import answers, formats, negotiation
from regiolog.publisher.asking import CLOCKS, asked, moment, service
from regiolog.publisher.dumps import Dump
from regiolog.publisher.memento import addresses
from regiolog.publisher.memento.addresses import Original
from regiolog.publisher.memento.instants import Instants, OfGraph
from regiolog.publisher.negotiation import JSON_LD, N_QUADS, N_TRIPLES, RDF_XML, TRIG, TURTLE, Format
from regiolog.publisher.problems import Problem
from regiolog.publisher.sparql import dataset
from regiolog.sync.queries.question import Portion
from regiolog.sync.statements import digest, history_graph
from regiolog.sync.statements.history import History, SnapshotKey
from regiolog.sync.statements.moments import Moment

room: Final = Blueprint("graphs", __name__)

FORMATS: Final = (TURTLE, N_QUADS, TRIG, N_TRIPLES, JSON_LD, RDF_XML)
"""The forms in which a graph can be had; each also ends in ``.gz``."""

APART: Final = {"history": ("known",), "source": CLOCKS, "proposal": ("known",)}
"""The graphs that are no snapshots, and which coordinates each takes as parameters."""


@room.get("/graph/<path:name>")
def graph(name: str) -> Response:
    """A graph by its address: ``now``, ``2022-02-04/2022-02-01``, ``history/region/waasland``, and the like."""
    parts, ending = taken_apart(name)
    form = negotiation.choose(FORMATS, ending.removesuffix(".gz").removeprefix(".") or None)
    packed = ending.endswith(".gz")
    given = asked(optional=APART.get(parts[0], ()))
    if parts[0] in APART:
        when = moment(given)
        lasting = when if "at" in APART[parts[0]] else when._replace(fixed=when.past)
        return _sent(_portion("/".join(parts), when), form, lasting, packed=packed)
    if len(parts) > 2:
        raise Problem("not-found", f"there is no graph {name}: a snapshot has a day, and an instant at the most")
    given = dict(zip(CLOCKS, parts, strict=False))
    when = moment(given)
    shown = addresses.original(addresses.GRAPH, given, when, ending)
    return addresses.told(_sent(Portion(when.key), form, when, packed=packed), shown, when, given, instants)


def instants(of: Original) -> Instants:
    """The instants at which the graph of the whole register changes, on one day or on whatever day it is."""
    return OfGraph(service().history(), addresses.head(), turning=of.at is None)


def _sent(portion: Portion, form: Format, lasting: Moment, *, packed: bool) -> Response:
    """A graph as an answer, that stays for good where its moment does."""
    etag = _tag(portion, form, packed=packed)
    if answers.unchanged(etag):
        response = answers.not_modified(etag, lasting)
    else:
        dump, encoding = _dump(portion, form, packed=packed), None
        if not packed and "Range" not in request.headers:
            encoding = answers.coding(dump.length, request.headers.get("Accept-Encoding"))
        if encoding is not None:
            dump = _dump(portion, form, packed=True)
        content_type = "application/gzip" if packed else form.content_type
        response = answers.send_dump(dump, content_type, etag, lasting, encoding=encoding)
    response.headers[answers.POSITION] = str(portion.key.position)
    return response


def _tag(portion: Portion, form: Format, *, packed: bool) -> str:
    """The tag of a graph in one of its forms, which stands for its very bytes; a history is the same on every day."""
    history = service().history()
    if portion.history:
        portion = portion._replace(key=portion.key._replace(breakpoint=0))
    told = history.told_of(portion.key.position)
    journal = (history.base_iri, *((told.known, told.gist.id) if told else ()))  # another one has other bytes there
    return answers.tag("graph", *portion, *journal, form.suffix, zlib.ZLIB_RUNTIME_VERSION if packed else "")


def _dump(portion: Portion, form: Format, *, packed: bool) -> Dump:
    """A graph written down, now or when it was last asked for."""
    here, tag = service(), _tag(portion, form, packed=packed)
    plain = here.dumps.find(_tag(portion, form, packed=False)) if packed else None

    def write() -> IO[bytes]:
        body = answers.spooled(written(here.history(), portion, form)) if plain is None else plain.part()
        return answers.compressed(body) if packed else body

    found = here.dumps.find(tag)
    if found is not None:
        return found
    with here.long_answer():
        return here.dumps.make(tag, write)


def written(history: History, portion: Portion, form: Format) -> Iterator[bytes]:
    """What a graph holds, in one of its forms, in pieces; a history is never held whole.

    A snapshot as N-Quads or TriG holds what sources say and what was proposed as well, each in its named graph: sorted,
    its N-Quads are what its digest is made of.
    """
    if portion.history:
        return formats.streamed(form, history_graph.lines(history, portion.key.position, portion.about))
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


def taken_apart(name: str) -> tuple[Sequence[str], str]:
    """The parts of the address of a graph, and how it ends where it names a form: ``.nq``, ``.nq.gz``, or empty.

    Raises:
        Problem: It ends like the name of a form that there is not.
    """
    *before, last = name.split("/")
    packed = last.endswith(".gz")
    last, form = negotiation.split(last.removesuffix(".gz"), FORMATS)
    if packed and form is None:
        raise Problem("unknown-format", f".gz follows a form: {negotiation.said(FORMATS)}, each with .gz")
    if form is None and before[:1] != ["history"] and re.search(r"\.[a-z]+$", last):
        raise Problem("unknown-format", f"there is no such form of a graph: {negotiation.said(FORMATS)}")
    ending = "" if form is None else f".{form}"
    return [*before, last], ending + (".gz" if packed else "")


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
