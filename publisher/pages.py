"""Pages for people: plain HTML that asks nothing of any other host."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, render_template

from regiolog.events.temporal import instant_text
from regiolog.publisher import answers
from regiolog.publisher.asking import CLOCKS, asked, here_to, moment, service
from regiolog.publisher.negotiation import HTML
from regiolog.publisher.problems import PROBLEMS
from regiolog.publisher.things import saying
from regiolog.sync.statements.moments import Moment

room = Blueprint("pages", __name__)


def page(template: str, when: Moment, given: dict[str, str], **values: Any) -> Response:
    """A page about a moment, with the form to choose another.

    Args:
        template: The template's file.
        when: The moment.
        given: The parameters as they were asked.
        values: What the template shows.
    """
    return plain(
        template,
        moment=when,
        known=instant_text(when.known) if "known" in given else None,
        given=given,
        suffix=suffix(given),
        **values,
    )


def plain(template: str, **values: Any) -> Response:
    """A page; its tag is what it says."""
    text = render_template(template, **values)
    etag = answers.tag(text)
    return answers.not_modified(etag) if answers.unchanged(etag) else answers.send(text, HTML.content_type, etag)


def arguments(given: dict[str, str]) -> str:
    """Parameters as they follow an address, with their question mark."""
    return f"?{urlencode(given)}" if given else ""


def suffix(given: dict[str, str]) -> str:
    """What follows the address of every page about the register, so that its moment goes along."""
    return arguments({name: given[name] for name in CLOCKS if name in given})


@room.get("/")
def start() -> Response:
    """The start page: what there is, with an example of each."""
    given = asked()
    history = service().history()
    return page(
        "start.html",
        moment(given),
        given,
        coverage=history.coverage,
        register=history.register,
        sources=saying.names(history),
    )


@room.get("/problems")
def problems() -> Response:
    """What each kind of problem means."""
    asked(optional=())
    return plain("problems.html", problems=PROBLEMS)


def register(app: Flask) -> None:
    """Give every template of an application what it needs to link to our own pages."""
    app.jinja_env.globals["to"] = here_to
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
