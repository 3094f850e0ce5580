"""``/changes/positions``: from a page, a position, a time or a dump to all the others, and to where one goes on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlsplit

from flask import Blueprint, Response, request

from regiolog.events.errors import BadMoment
from regiolog.events.temporal import day_of, instant_text
from regiolog.ontology.iris import Iris
from regiolog.publisher import answers, graphs, negotiation, pages
from regiolog.publisher.asking import CLOCKS, asked, here_to, service
from regiolog.publisher.changes.events import PLACES
from regiolog.publisher.changes.numbers import number
from regiolog.publisher.feed.paging import Page
from regiolog.publisher.negotiation import HTML, PLAIN_JSON
from regiolog.publisher.problems import Problem
from regiolog.publisher.sparql import dataset
from regiolog.sync.statements import moments
from regiolog.sync.statements.history import History
from regiolog.sync.statements.moments import Moment

room: Final = Blueprint("positions", __name__)

FORMATS: Final = (PLAIN_JSON, HTML)

WAYS: Final = ("page", "position", "time", "dump")
"""How a place in the feeds can be given."""

_GRAPHS: Final = "/graph/"
_SHOWN: Final = 80
_BEFORE: Final = timedelta(microseconds=1)


@room.get("/changes/positions")
def positions() -> Response:
    """One place in the feeds, in every way in which it can be said; without any, the page to ask."""
    form = negotiation.choose(FORMATS)
    given = {name: value for name, value in asked(optional=WAYS).items() if value or form is not HTML}
    if form is HTML and not given:
        return pages.plain("positions.html", given=given, found=None)
    if len(given) != 1:
        raise Problem("bad-parameter", f"give exactly one of {', '.join(WAYS)}")
    here = service()
    history = here.history()
    every = here.paging.read(history)
    ((way, value),) = given.items()
    if way == "page":
        page = every[number("page", value, len(every), "page {} of the feeds")]
        position = page.upto
    else:
        position = min(_position(history, way, value, every.head), every.head)
        page = every.holding(position)
    found = place(history, page, position) | every.tally(page.number)._asdict()
    if form is HTML:
        return pages.plain("positions.html", given=given, found=found)
    body = json.dumps(found, ensure_ascii=False, indent=1) + "\n"
    etag = answers.tag("positions", body)
    return answers.not_modified(etag) if answers.unchanged(etag) else answers.send(body, form.content_type, etag)


def place(history: History, page: Page, position: int) -> dict[str, Any]:
    """All that stands for a position: its page, and where each way of following the register goes on from it.

    Args:
        history: The statements.
        page: The page that covers the position.
        position: The position.
    """
    iris, known = Iris(history.base_iri), history.known_of(position)
    return {
        "position": position,
        "known": instant_text(known),
        "page": page.number,
        "first": page.after + 1,
        "last": page.upto,
        "full": page.full,
        "id": str((position + 1) * PLACES),
        "event": here_to(f"doc/event/{position}"),
        "feed": here_to(f"feed/{page.number}"),
        "changes": here_to(f"changes?page={page.number}"),
        "atom": here_to(f"changes.atom?page={page.number}"),
        "log": here_to(f"log/entries?after={position}"),
        "diff": here_to(f"diff?from={day_of(known)}&to=now&from_position={position}"),
        "dump": _dump(history, iris, position),
    }


def _dump(history: History, iris: Iris, position: int) -> dict[str, Any] | None:
    """The dumps that stand for a position, else those of the nearest position before it; None where there are none.

    The address of a dump says an instant, at which several events may have become known together.
    """
    known = history.known_of(position)
    if history.position_at(known) != position:
        earlier = history.last_known(known - _BEFORE)
        if earlier is None:
            return None
        known = earlier
    instant = instant_text(known)
    snapshot = iris.graph(day_of(known), instant).removeprefix(iris.base)
    return {
        "position": history.position_at(known),
        "snapshot": here_to(f"{snapshot}.nq.gz"),
        "history": here_to(f"graph/history.nq.gz?known={quote(instant, safe=':')}"),
        "forms": [f"{form.suffix}{packed}" for form in graphs.FORMATS for packed in ("", ".gz")],
    }


def _position(history: History, way: str, value: str, head: int) -> int:
    """The position that a position, a time or a dump stands for.

    Raises:
        Problem: There is none.
        BadMoment: A time cannot be read, or the register knew nothing then, or will only know.
    """
    if way == "position":
        return number("position", value, head, "position {}")
    if way == "time":
        try:
            return moments.resolve(history, None, value, clock=service().clock).position
        except BadMoment as error:
            said = str(error).replace("known=", "time=", 1)
            raise Problem("bad-moment", said, parameter="time") from None
    return _of_dump(history, value).position


def _of_dump(history: History, address: str) -> Moment:
    """The moment that a dump is of.

    Raises:
        Problem: It is none of ours.
        BadMoment: The day or the instant in its address cannot be used.
    """
    parts = urlsplit(_ours(history, address))
    path = f"/{parts.path.removeprefix('/')}"
    shown = address if len(address) <= _SHOWN else f"{address[:_SHOWN]}…"
    if parts.scheme or parts.netloc or parts.fragment or not path.startswith(_GRAPHS):
        raise Problem(
            "bad-parameter",
            f"dump is {shown!r}: give the address of a graph, as /graph/2022-02-04/2022-02-01.nq.gz",
            parameter="dump",
        )
    names, _ = graphs.taken_apart(path.removeprefix(_GRAPHS))
    given = _arguments(parts.query, graphs.APART.get(names[0], ()))
    if names[0] not in graphs.APART:
        given = dict(zip(CLOCKS, names, strict=False))
    when = moments.resolve(history, given.get("at"), given.get("known"), clock=service().clock)
    try:
        dataset.portion(f"{history.base_iri}graph/{'/'.join(names)}", history, when, service().clock)
    except Problem as problem:
        raise Problem("not-found", f"there is no dump {shown}: {problem.detail}", parameter="dump") from None
    if "known" not in given or when.known > history.head_known():
        raise Problem(
            "bad-parameter",
            f"{shown} is another dump whenever something is recorded: give the position that it came with "
            f"({answers.POSITION}), or an address with the instant of what was known",
            parameter="dump",
        )
    return when


def _ours(history: History, address: str) -> str:
    """An address without what our own begin with, where it does."""
    for start in (history.base_iri, request.url_root):
        if address.startswith(start):
            return address.removeprefix(start)
    return address


def _arguments(query: str, accepted: Sequence[str]) -> dict[str, str]:
    """What the address of a dump gives as parameters.

    Raises:
        Problem: One of them is none of its own, or stands twice.
    """
    pairs = parse_qsl(query, keep_blank_values=True)
    given = dict(pairs)
    if len(given) < len(pairs) or given.keys() - set(accepted):
        raise Problem(
            "bad-parameter",
            f"the address of dump has {query[:_SHOWN]!r}: such a graph takes {' and '.join(accepted) or 'nothing'}",
            parameter="dump",
        )
    return given
