"""TimeGates, which lead from a time to a memento, and TimeMaps, which list all mementos of a thing or of the graph.

A TimeMap with more mementos than fit a page is an index of its pages (RFC 7089, section 5), so that none is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final, NamedTuple

from flask import Blueprint, Response
from werkzeug.http import http_date

from regiolog.events.errors import BadMoment
from regiolog.events.temporal import day_of, instant_text
from regiolog.publisher import answers, graphs, negotiation, pages, problems
from regiolog.publisher.asking import asked, here_to, moment, service
from regiolog.publisher.memento import addresses
from regiolog.publisher.memento.addresses import LINK_FORMAT, Original, link
from regiolog.publisher.memento.instants import BEFORE, Instants
from regiolog.publisher.negotiation import HTML, Format
from regiolog.publisher.problems import Problem
from regiolog.publisher.things import resource

room: Final = Blueprint("memento", __name__)

MOST: Final = 1000
"""How many mementos a page of a TimeMap lists."""

_TIMEMAP: Final = Format("", LINK_FORMAT)


class Found(NamedTuple):
    """What a TimeGate or a TimeMap is about.

    Attributes:
        original: What has the mementos.
        instants: The instants at which it changes.
    """

    original: Original
    instants: Instants


@room.get("/timegate/<path:name>")
def timegate(name: str) -> Response:
    """To the memento that held at the time of ``Accept-Datetime``; to the first before all, to the last without one."""
    of, instants = _found(name)
    try:
        wanted = addresses.accepted()
    except BadMoment as error:
        response = problems.answer("bad-moment", str(error))
        addresses.put(response, [link(of.address, "original"), *addresses.around(of)])
    else:
        known = instants.last(wanted or addresses.head()) or instants.first(BEFORE)
        assert known is not None, "what is known at all became known once"
        response = Response(status=302)
        response.headers["Location"] = here_to(of.memento(known))
        response.headers["Cache-Control"] = answers.REVALIDATE
        timemap = addresses.around(of)[1]
        addresses.put(response, [link(of.address, "original"), timemap, *addresses.beside(of, known, instants)])
    response.vary.add("accept-datetime")
    return response


@room.get("/timemap/<path:name>")
def timemap(name: str) -> Response:
    """Every memento of something, or the pages of the list where it is long."""
    return _listed(name, None)


@room.get("/timemap/<int:number>/<path:name>")
def timemap_page(number: int, name: str) -> Response:
    """One page of the list."""
    return _listed(name, number)


def _listed(name: str, number: int | None) -> Response:
    of, instants = _found(name)
    form = negotiation.choose((_TIMEMAP, HTML) if of.ending == f".{HTML.suffix}" else (_TIMEMAP,))
    every = instants.all()
    pages_ = [every[start : start + MOST] for start in range(0, len(every), MOST)]
    if number is not None and not 1 <= number <= len(pages_):
        raise Problem("not-found", f"this TimeMap has no page {number}: it has {len(pages_)}")
    parts = {f"timemap/{place}/{of.address}": held for place, held in enumerate(pages_, start=1)}
    held = every if number is None else pages_[number - 1]
    is_index = len(held) > MOST
    if form is HTML:
        mementos = {} if is_index else {instant_text(known): of.memento(known) for known in held}
        return pages.plain("timemap.html", of=of, mementos=mementos, parts=parts if is_index else {}, day=day_of)
    version = service().history().version
    etag = answers.tag("timemap", addresses.root(), of.address, number, len(every), every[-1], version)
    if answers.unchanged(etag):
        return answers.not_modified(etag)
    whole = f"timemap/{of.address}"
    address = whole if number is None else f"timemap/{number}/{of.address}"
    lines = [link(of.address, "original"), _timemap_link(address, "self", held), addresses.around(of)[0]]
    if is_index:
        lines += [_timemap_link(part, "timemap", of_part) for part, of_part in parts.items()]
    else:
        lines += [] if number is None else [_timemap_link(whole, "timemap", every)]
        ends = (("first", every[0]), ("last", every[-1]))
        lines += [addresses.memento_link(of, each, *(name for name, end in ends if each == end)) for each in held]
    return answers.send(",\n".join(lines) + "\n", LINK_FORMAT, etag)


def _timemap_link(address: str, rel: str, held: list[datetime]) -> str:
    return link(address, rel, type=LINK_FORMAT, from_=http_date(held[0]), until=http_date(held[-1]))


def _found(name: str) -> Found:
    """What the rest of an address is about.

    Raises:
        Problem: There is no such kind of thing or form, or it has no mementos.
        UnknownKey: The register has never had it.
        BadMoment: It names a day that cannot be asked about.
    """
    asked(optional=())
    what, *parts = name.split("/")
    changes: Callable[[Original], Instants]
    if what == "doc" and len(parts) in {2, 3}:
        parts[-1], form = negotiation.split(parts[-1], resource.FORMATS)
        kind, code, *day = parts
        path, ending = resource.path_of(kind, code), f".{form}" if form else ""
        changes = partial(resource.instants, kind, code, resource.named(kind, code))
    elif what == addresses.GRAPH and len(parts) == 1 and parts[0] not in graphs.APART:
        (*day,), ending = graphs.taken_apart(parts[0])
        path, changes = addresses.GRAPH, graphs.instants
    else:
        raise Problem(
            "not-found",
            f"there are no mementos of {name}: there are of every doc/municipality/11056 and of every "
            "doc/municipality/11056/2025-01-01, of graph/now, and of every graph/2025-01-01",
        )
    given = {"at": day[0]} if day else {}
    of = addresses.original(path, given, moment(given), ending)
    return Found(of, changes(of))
