"""``/changes``: what each event changed, page by page; of everything, or of one thing.

The pages are those of ``/feed``: page 7 of either covers the same positions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import resources
from typing import Final, NamedTuple
from urllib.parse import quote

from flask import Blueprint, Response

from regiolog.events.errors import UnknownKey
from regiolog.events.temporal import instant_text
from regiolog.ontology.iris import Iris
from regiolog.publisher import answers, negotiation, pages
from regiolog.publisher.asking import asked, here_to, nothing, service
from regiolog.publisher.changes import atom
from regiolog.publisher.changes.events import CHANGE_SCHEMA, EVENT_SCHEMA, TRANSFORM_SCHEMA, batch, changes, changes_of
from regiolog.publisher.changes.numbers import number
from regiolog.publisher.changes.telling import happenings
from regiolog.publisher.feed.paging import SIZE
from regiolog.publisher.negotiation import HTML, Format
from regiolog.publisher.problems import Problem
from regiolog.sync.statements.history import History

room: Final = Blueprint("changes", __name__)

CLOUD_EVENTS: Final = Format(
    "json",
    "application/cloudevents-batch+json",
    ("application/json", "text/json", "*/json"),
)
ATOM: Final = Format("atom", "application/atom+xml", ("application/xml", "text/xml"))
FORMATS: Final = (CLOUD_EVENTS, ATOM, HTML)
"""The forms in which changes can be had."""

COMPLETE: Final = "X-Page-Complete"
"""The header that says ``true`` of a page that never changes again, as the base registry has it."""

KINDS: Final = ("municipality", "region", "subregion", "cooperation", "decision")
"""The kinds of thing that the feeds tell of."""

SCHEMAS: Final = (EVENT_SCHEMA, CHANGE_SCHEMA, TRANSFORM_SCHEMA)
_SCHEMA: Final = Format("json", "application/schema+json", ("application/json", "text/json", "*/json"))


class Page(NamedTuple):
    """A page of changes.

    Attributes:
        path: The address of the changes that it is of, from the root of the service, without a form.
        title: What those are, in words.
        about: The kind and key of the thing that it is about; None for everything.
        number: Its number.
        last: The number of the last page.
        full: Whether it will never change.
        positions: The positions that it covers; of one thing those that changed it.
        recent: Those of the page before, and its own.
        upto: The last position up to which it tells all that there is.
    """

    path: str
    title: str
    about: tuple[str, str] | None
    number: int
    last: int
    full: bool
    positions: Sequence[int]
    recent: Sequence[int]
    upto: int

    def address(self, form: Format | None = None, number: int | None = None) -> str:
        """Where a page of the same changes is, from the root of the service; without a number, the newest."""
        ending = "" if form is None else f".{form.suffix}"
        return f"{self.path}{ending}{'' if number is None else f'?page={number}'}"


@room.get("/changes")
def everything() -> Response:
    """A page of all changes, in the form that the header asks for."""
    return _everything(negotiation.choose(FORMATS))


@room.get("/changes.<suffix>")
def everything_in_form(suffix: str) -> Response:
    """The same, in the form that the address names."""
    return _everything(negotiation.choose(FORMATS, suffix))


@room.get("/changes/<kind>/<name>")
def of_thing(kind: str, name: str) -> Response:
    """A page of the changes of one thing."""
    if kind not in KINDS:
        raise Problem("not-found", f"changes are told of each {', '.join(KINDS)}, and not of {kind[:40]}")
    history = service().history()
    head = history.position
    key, suffix = negotiation.split(name, FORMATS)
    form = negotiation.choose(FORMATS, suffix)
    positions = list(dict.fromkeys(each.position for each in history.turns_of(kind, key, head)))
    if not positions:
        raise UnknownKey(f"the register has never known anything of {kind} {key[:60]} that changed")
    count = len(positions) // SIZE + 1
    chosen = _number(form, count, empty=not len(positions) % SIZE)
    shown = positions[(chosen - 1) * SIZE : chosen * SIZE]
    path, title = f"changes/{kind}/{quote(key, safe='')}", f"Changes of {kind} {key}"
    full = chosen < count
    recent = positions[max(0, chosen - 2) * SIZE : chosen * SIZE]
    upto = shown[-1] if full else head
    return _answer(form, history, Page(path, title, (kind, key), chosen, count, full, shown, recent, upto))


@room.get("/changes/schemas/<name>")
def schema(name: str) -> Response:
    """What holds of CloudEvents, as JSON Schema (2020-12)."""
    nothing()
    if name not in SCHEMAS:
        raise Problem("not-found", f"there is no schema {name[:60]}: there are {', '.join(SCHEMAS)}")
    form = negotiation.choose((_SCHEMA,))
    body = resources.files("regiolog.publisher.changes").joinpath(name).read_bytes()
    return _sent(form, answers.tag("schema", name, body), lambda: body, full=True)


def _everything(form: Format) -> Response:
    here = service()
    history = here.history()
    every = here.paging.read(history)
    last = every[len(every)]
    page = every[_number(form, len(every), empty=last.after == last.upto)]
    positions = range(page.after + 1, page.upto + 1)
    recent = range(every[max(1, page.number - 1)].after + 1, page.upto + 1)
    return _answer(
        form,
        history,
        Page("changes", "Changes", None, page.number, len(every), page.full, positions, recent, page.upto),
    )


def _number(form: Format, count: int, *, empty: bool) -> int:
    """The number of the page that is asked for; else programs begin with the first, and people with the newest.

    Args:
        form: The form that is asked for.
        count: How many pages there are.
        empty: Whether the last one has nothing yet, and so nothing for people.

    Raises:
        Problem: There is no such page, or another parameter is given.
    """
    given = asked(optional=("page", "pagina"))
    if len(given) > 1:
        raise Problem("bad-parameter", "page and pagina say the same: give one of them", parameter="pagina")
    for name, text in given.items():
        return number(name, text, count, "page {} of the changes")
    if form is CLOUD_EVENTS:
        return 1
    return count - 1 if empty and form is HTML and count > 1 else count


def _answer(form: Format, history: History, page: Page) -> Response:
    """A page in a form."""
    if form is HTML:
        return _shown(history, page)
    told = history.told_of(page.positions[-1]) if page.positions else None
    until = () if told is None else (told.position, told.known, told.gist.id)
    etag = answers.tag("changes", history.base_iri, page.about, page.number, page.full, until, form.suffix)

    def written() -> bytes:
        if form is ATOM:
            return _feed(history, page).encode()
        if page.about is not None:
            return b"".join(batch(history, changes_of(history, *page.about, page.positions)))
        if not page.positions:
            return b"".join(batch(history, ()))
        return b"".join(batch(history, changes(history, page.positions[0] - 1, page.positions[-1])))

    response = _sent(form, etag, written, full=page.full)
    response.headers[COMPLETE] = "true" if page.full else "false"
    response.headers[answers.POSITION] = str(page.upto)
    if page.full:
        response.headers["Link"] = f'<{here_to(page.address(form, page.number + 1))}>; rel="next"'
    return response


def _sent(form: Format, etag: str, written: Callable[[], bytes], *, full: bool) -> Response:
    """A document that is worth asking for again where it is not full."""
    if answers.unchanged(etag):
        return answers.polled(answers.not_modified(etag), full=full)
    with service().long_answer():
        body = written()
    return answers.polled(answers.send(body, form.content_type, etag), full=full)


def _feed(history: History, page: Page) -> str:
    """A page as a document of an Atom feed; the newest has the page before too, for readers that know no archives."""
    number = page.number
    updated = history.known_of(page.positions[-1] if page.positions else history.position)
    return atom.document(
        Iris(history.base_iri).base + page.path,
        f"{page.title} in the register {history.register}",
        f"the register {history.register}",
        instant_text(updated),
        atom.Links(
            page.address(ATOM, number if page.full else None),
            page.address(ATOM),
            page.address(ATOM, number - 1) if number > 1 else None,
            page.address(ATOM, number + 1) if page.full else None,
        ),
        happenings(history, page.positions if page.full else page.recent),
    )


def _shown(history: History, page: Page) -> Response:
    """A page as a list for people."""
    return pages.plain(
        "changes.html",
        page=page,
        happened=[(each, instant_text(each.known)) for each in happenings(history, page.positions)],
        older=here_to(page.address(None, page.number - 1)) if page.number > 1 else None,
        newer=here_to(page.address(None, page.number + 1)) if page.number < page.last else None,
        forms={each.suffix: here_to(page.address(each, page.number)) for each in FORMATS if each is not HTML},
        atom=here_to(page.address(ATOM)),
    )
