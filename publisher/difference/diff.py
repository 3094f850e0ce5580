"""``/diff``: what changed between two moments on either clock, set by set, each change with the events behind it.

What was known can be given as a position too: whoever took in everything up to one asks for the net of the rest.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import IO, Final, NamedTuple
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from regiolog.events.errors import BadMoment
from regiolog.events.temporal import instant_text, parse_day
from regiolog.ontology.iris import Iris
from regiolog.publisher import answers, formats, negotiation, pages, reports
from regiolog.publisher.asking import asked, service
from regiolog.publisher.difference import changeset
from regiolog.publisher.difference.behind import Behind
from regiolog.publisher.difference.lines import Line, Moments, Shown, Speech, in_order
from regiolog.publisher.difference.placing import FURTHER, Known, Places
from regiolog.publisher.difference.sets import TITLES, Row, rows
from regiolog.publisher.negotiation import CSV, HTML, JSON_LD, N_TRIPLES, PLAIN_JSON, RDF_XML, TRIG, TURTLE, Format
from regiolog.publisher.problems import Problem
from regiolog.publisher.things import saying
from regiolog.sync.statements import moments
from regiolog.sync.statements.difference import Change, difference
from regiolog.sync.statements.history import History
from regiolog.sync.statements.moments import Moment

room: Final = Blueprint("diff", __name__)

FORMATS: Final = (PLAIN_JSON, CSV, TURTLE, N_TRIPLES, JSON_LD, TRIG, RDF_XML, HTML)
"""The forms in which a difference can be had."""

SHOWN: Final = 100
"""How many rows of each set a page shows; it says so when there are more."""

SHOWN_ALONE: Final = 2000
"""The same where one set was asked for."""

_DAYS: Final = ("from", "to")
_KNOWN: Final = ("from_known", "to_known")
_POSITIONS: Final = ("from_position", "to_position")
_OPTIONAL: Final = ("known", *_KNOWN, *_POSITIONS, "set")


class Listed(NamedTuple):
    """A set on a page.

    Attributes:
        name: Which one.
        title: What it is, in words.
        rows: How many rows it has.
        counts: How many of them are ``changed``, ``added`` and ``removed``.
        shown: Its rows, as many as are shown.
        alone: How it is asked for by itself: what follows the address.
    """

    name: str
    title: str
    rows: int
    counts: Counter[str]
    shown: list[Shown]
    alone: str


class _Difference(NamedTuple):
    """What changed between two moments.

    Attributes:
        rows: What changed, as rows; in order of their sets, and in each as a person looks for them.
        changes: The changed statements that they stand for.
        speech: Says the rows in plain cells.
    """

    rows: list[Row]
    changes: list[Change]
    speech: Speech


@room.get("/diff")
def between() -> Response:
    """What changed between two moments; without them, the page to choose them."""
    form = negotiation.choose(FORMATS)
    with service().long_answer():
        return _answer(form)


@room.get("/diff.<suffix>")
def in_form(suffix: str) -> Response:
    """The same, in the form that the address names."""
    form = negotiation.choose(FORMATS, suffix)
    with service().long_answer():
        return _answer(form)


def _answer(form: Format) -> Response:
    titles = _titles(service().history())
    if form is HTML and not any(each in request.args for each in _DAYS):
        return pages.plain("diff.html", given=asked(optional=_OPTIONAL), titles=titles)
    given, old, new = _asked(titles)
    if form is HTML:
        return _page(given, old, new, titles)
    lasting = new._replace(fixed=old.fixed and new.fixed)
    chosen = given.get("set")
    etag = answers.tag("diff", old.at, old.key, new.at, new.key, chosen, form.suffix)
    response = (
        answers.not_modified(etag, lasting)
        if answers.unchanged(etag)
        else answers.send(_written(form, old, new, titles, chosen), form.content_type, etag, lasting)
    )
    response.headers[answers.POSITION] = str(new.position)
    return response


def _written(form: Format, old: Moment, new: Moment, titles: dict[str, str], chosen: str | None) -> IO[bytes] | str:
    """What changed, in a form for programs."""
    history = service().history()
    found = _between(history, old, new, titles, chosen)
    if form in {PLAIN_JSON, CSV}:
        lines = map(found.speech.line, found.rows)
        cells: Iterable[tuple[object, ...]] = lines if form is PLAIN_JSON else (each.flat() for each in lines)
        return "".join(reports.table(Line._fields, list(cells), form.suffix))
    return answers.spooled(formats.streamed(form, changeset.lines(history, old, new, found.changes, chosen)))


def _asked(titles: dict[str, str]) -> tuple[dict[str, str], Moment, Moment]:
    """What was asked, and the two moments.

    Raises:
        Problem: A parameter is unknown, missing, given twice, contradicts another, or cannot be used.
    """
    given = {name: value for name, value in asked(_DAYS, _OPTIONAL).items() if value or name in _DAYS}
    apart = [name for name in (*_KNOWN, *_POSITIONS) if name in given]
    if "known" in given and apart:
        raise Problem(
            "bad-parameter",
            f"known is for both moments, and {apart[0]} for one: give known, or what was known of each",
            parameter=apart[0],
        )
    for known, position in zip(_KNOWN, _POSITIONS, strict=True):
        if known in given and position in given:
            raise Problem("bad-parameter", f"{known} and {position} say the same: give one of them", parameter=position)
    if given.get("set", FURTHER) not in titles:
        raise Problem(
            "bad-parameter", f"there is no set {given['set'][:60]}: there are {', '.join(titles)}", parameter="set"
        )
    sides = zip(_DAYS, ("known", "known") if "known" in given else _KNOWN, _POSITIONS, strict=True)
    old, new = (
        _at_position(day, position, given) if position in given else _moment(day, known, given)
        for day, known, position in sides
    )
    if not any(each in given for each in _POSITIONS) and given.get(_KNOWN[0]) == given.get(_KNOWN[1]):
        # Something may have been recorded between the two readings.
        new = new._replace(known=old.known, position=old.position, key=service().history().key(new.at, old.position))
    return given, old, new


def _moment(day: str, known: str, given: dict[str, str]) -> Moment:
    """One of the two moments.

    Raises:
        Problem: A coordinate cannot be used; it is named as it was given.
    """
    here = service()
    asking = day
    try:
        if given[day] != "now":
            parse_day(given[day])
        asking = known
        return moments.resolve(here.history(), given[day], given.get(known), clock=here.clock)
    except BadMoment as error:
        said = re.sub(r"^at=", f"{day}=", re.sub(r"^known=", f"{known}=", str(error)))
        name = next((each for each in (day, known) if said.startswith(f"{each}=")), "")
        raise Problem("bad-moment", said if name else f"{asking}: {said}", parameter=name or asking) from None


def _at_position(day: str, name: str, given: dict[str, str]) -> Moment:
    """One of the two moments, where a position says what was known.

    Raises:
        Problem: There is no such position, or the day cannot be used.
    """
    history = service().history()
    head, text = history.position, given[name]
    position = int(text) if re.fullmatch(r"[1-9]\d{0,17}", text, re.ASCII) else 0
    if not 1 <= position <= head:
        shown = text if len(text) <= 40 else f"{text[:40]}…"
        raise Problem("bad-parameter", f"{name} is {shown}: positions go from 1 to {head}", parameter=name)
    when = _moment(day, name, {day: given[day]})
    past = position < head
    return Moment(
        when.at,
        history.known_of(position),
        position,
        history.key(when.at, position),
        fixed=past and given[day] != "now",
        past=past,
    )


def _titles(history: History) -> dict[str, str]:
    """The sets that there are, in order, each with what it is in words."""
    titles = dict(TITLES)
    last = titles.pop(FURTHER)
    titles |= {f"source/{key}": f"What {name} says" for key, name in saying.names(history).items()}
    return titles | {FURTHER: last}


def _between(
    history: History,
    old: Moment,
    new: Moment,
    titles: dict[str, str],
    chosen: str | None,
    ways: tuple[str, str] = ("", ""),
) -> _Difference:
    """What changed, or what of it is in one set."""
    changes = difference(history, old.key, new.key)
    known = Known.about(history, changes, max(old.position, new.position))
    speech = Speech(known, Behind(history), Moments(old.key, new.key, *ways))
    found = [
        row for row in rows(changes, Places(changes, known, Iris(history.base_iri))) if chosen in {None, row.group}
    ]
    order = {name: number for number, name in enumerate(titles)}
    found.sort(key=lambda row: (order[row.group], *in_order(row, speech.key(row))))
    kept = changes if chosen is None else [change for row in found for change in row.changes]
    return _Difference(found, kept, speech)


def _page(given: dict[str, str], old: Moment, new: Moment, titles: dict[str, str]) -> Response:
    """The page: each set with how much of it changed, and a table."""
    history = service().history()
    found = _between(history, old, new, titles, given.get("set"), _ways(given, old, new))
    most = SHOWN_ALONE if "set" in given else SHOWN
    return pages.plain(
        "diff.html",
        given=given,
        titles=titles,
        old=old.at,
        new=new.at,
        old_known=_known(given, 0, old),
        new_known=_known(given, 1, new),
        statements=len(found.changes),
        sets=[
            Listed(
                name,
                title,
                len(own),
                Counter(row.change for row in own),
                [found.speech.shown(row) for row in own[:most]],
                pages.arguments({**given, "set": name}),
            )
            for name, title in titles.items()
            if (own := _of_set(found.rows, name))
        ],
        downloads=[each for each in FORMATS if each is not HTML],
        arguments=pages.arguments(given),
        whole=pages.arguments({name: value for name, value in given.items() if name != "set"}),
    )


def _of_set(found: Sequence[Row], name: str) -> list[Row]:
    return [row for row in found if row.group == name]


def _known(given: dict[str, str], side: int, moment: Moment) -> str | None:
    """What was known at one of the moments, where the address says so."""
    return instant_text(moment.known) if given.keys() & {_KNOWN[side], _POSITIONS[side], "known"} else None


def _ways(given: dict[str, str], *both: Moment) -> tuple[str, str]:
    """What follows the address of a page about the register, to see it at either moment."""
    found = []
    for side, moment in enumerate(both):
        known = given.get(_KNOWN[side], given.get("known", ""))
        if _POSITIONS[side] in given:
            known = instant_text(moment.known)
        coordinates = {"at": given[_DAYS[side]], "known": known}
        found.append(f"?{urlencode({name: value for name, value in coordinates.items() if value})}")
    return found[0], found[1]
