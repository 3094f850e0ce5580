"""Memento (RFC 7089, pattern 2.1): the addresses of what has mementos and of each, and the headers that tell them.

The time of Memento is *known*; the day (*at*) stays in the address. Where the address of the original has no day, its
memento at an instant is fixed to the day of that instant in Brussels, or to the first day of coverage if that is later.
Clients resolve no relative links and drop what follows a question mark, so that links are absolute and paths alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import Final, NamedTuple

from flask import Response, request
from werkzeug.http import http_date
from werkzeug.urls import iri_to_uri

from regiolog.events.errors import BadMoment
from regiolog.events.temporal import day_of, end_of_day, instant_text
from regiolog.publisher.asking import service
from regiolog.publisher.memento.instants import BEFORE, NEXT, Instants
from regiolog.sync.statements.moments import Moment

LINK_FORMAT: Final = "application/link-format"
"""The media type of a TimeMap (RFC 6690)."""

GRAPH: Final = "graph"
"""The path under which the whole register's graph is."""

_TODAY: Final = (None, "now")
"""What stands for today where an address may have a day."""

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE: Final = re.compile(
    rf"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) ({'|'.join(_MONTHS)}) (\d{{4}}) (\d\d):(\d\d):(\d\d) GMT", re.ASCII
)


class Original(NamedTuple):
    """What has mementos: a thing, or the whole graph, on one day or on whatever day it is.

    Attributes:
        path: Its address without the day, from the root of the service: ``doc/municipality/11056``, ``graph``.
        at: The day that its address fixes; None where it is always today.
        ending: How its address ends where it names a form: ``.ttl``, ``.nq.gz``; else empty.
        coverage: The first day that can be asked about.
    """

    path: str
    at: date | None
    ending: str
    coverage: date

    @property
    def address(self) -> str:
        """Its own address, from the root of the service."""
        if self.at is None:
            return f"{self.path}{'/now' if self.path == GRAPH else ''}{self.ending}"
        return f"{self.path}/{self.at}{self.ending}"

    def memento(self, known: datetime) -> str:
        """The address of its memento at an instant, from the root of the service."""
        return f"{self.path}/{self.at or self._day(known)}/{instant_text(known)}{self.ending}"

    def of(self, known: datetime) -> Original:
        """The original of its memento at an instant: that of no day in particular, where the day is that instant's."""
        return self._replace(at=None) if self.at == self._day(known) else self

    def _day(self, known: datetime) -> date:
        return max(day_of(known), self.coverage)


def original(path: str, given: dict[str, str], when: Moment, ending: str) -> Original:
    """What has mementos, as an address asks for it.

    Args:
        path: Its address without the day, from the root of the service.
        given: The moment as it was asked for.
        when: That moment.
        ending: How its address ends where it names a form.
    """
    at = when.at if given.get("at") not in _TODAY else None
    return Original(path, at, ending, service().history().coverage)


def head() -> datetime:
    """The head of the register that is served: the later of the clock and the last effective known instant."""
    return max(service().clock(), service().history().head_known())


def accepted() -> datetime | None:
    """The time that the request's ``Accept-Datetime`` asks for (RFC 7089, section 2.1.1), to its last microsecond.

    HTTP dates have seconds and mementos may have less, so that whatever happened in that second is before it. The day
    of the week has to be one, and is not compared: clients that get it wrong mean the date.

    Returns:
        None without the header, or with an empty one.

    Raises:
        BadMoment: The header is no RFC 1123 date in GMT.
    """
    text = request.headers.get("Accept-Datetime", "").strip()
    if not text:
        return None
    found = _DATE.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        day, month, year, hour, minute, second = found.groups()
        date_ = int(year), _MONTHS.index(month) + 1, int(day)
        return datetime(*date_, int(hour), int(minute), int(second), 999_999, tzinfo=UTC)
    except ValueError:
        raise BadMoment(
            f"Accept-Datetime is {text[:40]!r}: write a date as in RFC 1123, in GMT: Thu, 09 Mar 2023 23:00:00 GMT"
        ) from None


def root() -> str:
    """Where the service is, as whoever asks sees it: what absolute links begin with."""
    return iri_to_uri(request.url_root)


def link(address: str, rel: str, **attributes: str) -> str:
    """One link as a header and a TimeMap have it.

    Args:
        address: Where it leads, from the root of the service.
        rel: What is there.
        attributes: What else is said of it; an underscore at the end of a name is left out.
    """
    said = "".join(f'; {name.rstrip("_")}="{value}"' for name, value in attributes.items())
    return f'<{root()}{address}>; rel="{rel}"{said}'


def memento_link(of: Original, known: datetime, *names: str) -> str:
    """The link to a memento, with what it is among the others: ``first``, ``prev``, ``next``, ``last``."""
    return link(of.memento(known), " ".join((*names, "memento")), datetime=http_date(known))


def around(of: Original) -> list[str]:
    """The links from an original to its TimeGate and its TimeMap."""
    return [
        link(f"timegate/{of.address}", "timegate"),
        link(f"timemap/{of.address}", "timemap", type=LINK_FORMAT),
    ]


def beside(of: Original, known: datetime, instants: Instants, *, lasting: bool = False) -> list[str]:
    """The links to a memento, and to those before and after it.

    Args:
        of: Of what it is a memento.
        known: The instant of the memento.
        instants: The instants of all.
        lasting: Whether the answer is kept for good, so that it must not say which is the last, nor which is next: one
            that has none yet may have one later.
    """
    places = {
        "first": instants.first(BEFORE),
        "prev": instants.last(known - NEXT),
        "": known,
        "next": None if lasting else instants.first(known),
        "last": None if lasting else instants.last(datetime.max.replace(tzinfo=UTC)),
    }
    found: dict[datetime, list[str]] = {}
    for name, place in places.items():
        if place is not None:
            found.setdefault(place, []).extend([name] if name else [])
    return [memento_link(of, place, *names) for place, names in sorted(found.items())]


def put(response: Response, links: Iterable[str]) -> Response:
    """Put links into the header of an answer."""
    response.headers["Link"] = ", ".join(links)
    return response


def told(
    response: Response, of: Original, when: Moment, given: dict[str, str], instants: Callable[[Original], Instants]
) -> Response:
    """Say in the header of an answer of what it is a memento or, where it is none, where its mementos are.

    Args:
        response: The answer.
        of: What it shows, on the day that was asked for.
        when: The moment that it is about.
        given: The moment as it was asked for.
        instants: Finds the instants at which something changes.
    """
    if "known" not in given:
        return put(response, around(of))
    of = of.of(when.known)
    if request.args or not _is_fixed(given, when):
        return put(response, [link(of.address, "original"), *around(of)])
    response.headers["Memento-Datetime"] = http_date(when.known)
    links = beside(of, when.known, instants(of), lasting=response.cache_control.immutable)
    return put(response, [link(of.address, "original"), *around(of), *links])


def _is_fixed(given: dict[str, str], when: Moment) -> bool:
    """Whether the address always means the same moment; today as a day, which means now, does not."""
    known = given["known"]
    if known == "now":
        return False
    return given.get("at") not in _TODAY and ("T" in known or when.known == end_of_day(date.fromisoformat(known)))
