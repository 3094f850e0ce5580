"""What a request asks: its parameters, each known and given once, and its moment."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Final, cast

from flask import current_app, request

from regiolog.publisher.problems import Problem
from regiolog.sync.statements import moments
from regiolog.sync.statements.moments import Moment

if TYPE_CHECKING:
    from regiolog.publisher.service import Service

CLOCKS: Final = ("at", "known")
"""The two coordinates of a question, which every answer about the register takes."""

EXTENSION: Final = "regiolog"
"""Under which name an application keeps its service."""


def service() -> Service:
    """The service that the running application was made for."""
    return cast("Service", current_app.extensions[EXTENSION])


def asked(required: Collection[str] = (), optional: Collection[str] = CLOCKS) -> dict[str, str]:
    """The parameters in the address, each once.

    An empty `at` or `known` is as good as none: that is how forms send a field that was left empty.

    Raises:
        Problem: One is unknown, given twice, or missing.
    """
    names = (*required, *optional)
    accepted = f"accepted are {', '.join(names)}" if names else "none are accepted"
    given: dict[str, str] = {}
    for name, values in request.args.lists():
        if name not in names:
            raise Problem("bad-parameter", f"{name} is not a parameter here: {accepted}", parameter=name)
        if len(values) > 1:
            raise Problem("bad-parameter", f"{name} is given {len(values)} times: give it once", parameter=name)
        if values[0] or name not in CLOCKS:
            given[name] = values[0]
    for name in required:
        if name not in given:
            raise Problem("bad-parameter", f"{name} is missing: {accepted}", parameter=name)
    return given


def moment(given: dict[str, str]) -> Moment:
    """The moment that the parameters ask about.

    Raises:
        BadMoment: A coordinate cannot be used.
    """
    here = service()
    return moments.resolve(here.history(), given.get("at"), given.get("known"), clock=here.clock)


def nothing() -> None:
    """Refuse every parameter, where there is nothing to ask.

    Raises:
        Problem: There is one.
    """
    asked(optional=())


def here_to(path: str) -> str:
    """The relative address of one of our own pages, from the page that is being answered.

    Relative to the last slash, so that it holds under any host, port and prefix.
    """
    return "../" * (request.path.count("/") - 1) + path or "./"
