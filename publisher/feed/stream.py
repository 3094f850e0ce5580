"""``/feed``: the event stream of all version objects, and each of them by its own address."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Final

from flask import Blueprint, Response, request

from regiolog.events.errors import QueryOverload, UnknownKey
from regiolog.ontology import terms
from regiolog.ontology.iris import Iris
from regiolog.publisher import answers, formats, negotiation
from regiolog.publisher.asking import asked, service
from regiolog.publisher.feed import tree
from regiolog.publisher.feed.members import members, triples
from regiolog.publisher.feed.paging import Pages
from regiolog.publisher.feed.tree import Here
from regiolog.publisher.formats import Triple
from regiolog.publisher.negotiation import JSON_LD, N_QUADS, N_TRIPLES, TRIG, TURTLE, Format
from regiolog.publisher.problems import Problem
from regiolog.sync.statements.history import History
from regiolog.sync.statements.statement import iri

room: Final = Blueprint("stream", __name__)

FORMATS: Final = (TURTLE, TRIG, N_QUADS, N_TRIPLES, JSON_LD)
"""The forms in which a page, or a version object, can be had."""

_ABSOLUTE: Final = (N_QUADS, N_TRIPLES)
"""The forms that have no relative addresses."""

_HOST: Final = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?", re.ASCII)
"""A host as addresses have it, names with an underscore included, which networks of containers give."""

_PATIENCE: Final = 2.0
"""For how many seconds a page waits until another is written: long enough for whoever asks for a few at a time."""

_PROFILE: Final = 'profile="https://w3id.org/tree/profile"'
"""What says that a page's controls come first, and after them its members, one after another (TREE profile)."""


@room.get("/feed", strict_slashes=True)
def root() -> Response:
    """The root of the tree: what the stream is, and where its branches are."""
    form, history, pages = _begun()
    here = _here("feed", form)
    children = tree.root(pages)
    etag = answers.tag("feed", *here, *_until(history, pages[len(pages)].after), children[-1], form.suffix)
    parts = (tree.controls(history, here, children, full=False), tree.context(history, here))
    return _sent(form, etag, lambda: chain(*parts), full=False)


@room.get("/feed/branch/<number>", strict_slashes=True)
def branch(number: str) -> Response:
    """A branch of the tree: where its pages are."""
    form, history, pages = _begun()
    which = _number(number, pages.branches, "branch")
    here, full = _here(f"feed/branch/{which}", form), pages.is_full(which)
    children = tree.branch(pages, which)
    etag = answers.tag("branch", *here, *_until(history, children[-1].after), children[-1], form.suffix)
    return _sent(form, etag, lambda: tree.controls(history, here, children, full=full), full=full)


@room.get("/feed/<number>", strict_slashes=True)
def page(number: str) -> Response:
    """A page of the stream: the version objects of some events."""
    form, history, pages = _begun()
    which = pages[_number(number, len(pages), "page")]
    here = _here(f"feed/{which.number}", form)
    etag = answers.tag("page", *here, *_until(history, which.upto), which.full, form.suffix)

    def written() -> Iterator[Triple]:
        stream = iri(Iris(history.base_iri).stream())
        yield from tree.controls(history, here, (), full=which.full)
        for member in members(history, which.after, which.upto):
            yield Triple(stream, iri(terms.TREE_MEMBER), iri(member.iri))
            yield from triples(history, member)

    return _sent(form, etag, written, full=which.full)


@room.get("/feed/<kind>/<key>/<position>")
def version(kind: str, key: str, position: str) -> Response:
    """A version object by itself: what was said of a thing once an event was known."""
    return _version(kind, key, position, gone=False)


@room.get("/feed/<kind>/<key>/<position>/gone")
def gone(kind: str, key: str, position: str) -> Response:
    """The end of a thing that went on under another address."""
    return _version(kind, key, position, gone=True)


def _version(kind: str, key: str, position: str, *, gone: bool) -> Response:
    asked(optional=())
    form, history = negotiation.choose(FORMATS), service().history()
    where = int(position) if position.isdecimal() and len(position) < 10 else 0
    found = [
        each
        for each in members(history, where - 1, where)
        if (each.turned.kind, each.turned.key) == (kind, key) and each.iri.endswith("/gone") is gone
    ]
    if not found or str(where) != position:
        raise UnknownKey(f"the register has no version object of {kind} {key} at position {position[:20]}")
    etag = answers.tag("version", found[0].iri, *_until(history, where), form.suffix)
    return _sent(form, etag, lambda: triples(history, found[0]), full=True, profiled=False)


def _begun() -> tuple[Format, History, Pages]:
    """The form that is asked for, the statements and the pages as they are; there is nothing else to ask.

    Raises:
        Problem: A parameter is given, or no form is accepted that there is.
    """
    asked(optional=())
    form, here = negotiation.choose(FORMATS), service()
    history = here.history()
    return form, history, here.paging.read(history)


def _until(history: History, position: int) -> tuple[object, ...]:
    """What tells the version objects up to a position from those of any other journal, and from more of them."""
    last = history.last_turned(position)
    if last is None:
        return (history.base_iri,)
    told = history.told_of(last[0])
    return (history.base_iri, *last, told.gist.id if told else "")


def _here(path: str, form: Format) -> Here:
    return Here(path, _root() if form in _ABSOLUTE else "")


def _root() -> str:
    """The address of the root of the service as it was asked; the register's own where none that can be used was."""
    asked_host = request.environ.get("HTTP_HOST", "")
    if not _HOST.fullmatch(asked_host):
        return service().history().base_iri
    return f"{request.scheme}://{asked_host}{request.script_root}/"


def _number(text: str, last: int, what: str) -> int:
    """The number of a node of the tree.

    Raises:
        Problem: It is none of those that there are.
    """
    number = int(text) if text.isdecimal() and text.isascii() and len(text) < 10 else 0
    if not 1 <= number <= last or str(number) != text:
        raise Problem("not-found", f"there is no {what} {text[:20]} of the feed: they are numbered from 1 to {last}")
    return number


def _sent(
    form: Format, etag: str, said: Callable[[], Iterable[Triple]], *, full: bool, profiled: bool = True
) -> Response:
    """A node of the tree, or a version object."""
    if answers.unchanged(etag):
        return answers.polled(answers.not_modified(etag), full=full)
    kind = f"{form.content_type}; {_PROFILE}" if profiled and form is not JSON_LD else form.content_type

    def written() -> bytes:
        with _in_turn():
            return b"".join(formats.write(form, said(), streaming=True))

    own = form not in _ABSOLUTE or _root() == service().history().base_iri
    if full and profiled and own:
        sent = answers.send_compressed(service().shelf.page(etag, written), kind, etag)
    else:
        sent = answers.send(written(), kind, etag)
    return answers.polled(sent, full=full)


@contextmanager
def _in_turn() -> Iterator[None]:
    """Write a page, where not too many are being written (LDES 1.0 asks for a 429 then, "Serializations").

    Raises:
        Problem: There are.
    """
    try:
        with service().long_answer(_PATIENCE):
            yield
    except QueryOverload as overload:
        raise Problem("too-many-requests", str(overload)) from None
