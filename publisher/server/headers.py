"""Refuses headers that are longer than any client's and would take long to read, before anything reads them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from flask import Response

from regiolog.publisher import answers, problems

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

LONGEST: Final = 4_096
"""How many bytes a header may have that is a list of choices."""

_LISTS: Final = {
    "HTTP_ACCEPT": "Accept",
    "HTTP_ACCEPT_CHARSET": "Accept-Charset",
    "HTTP_ACCEPT_ENCODING": "Accept-Encoding",
    "HTTP_ACCEPT_LANGUAGE": "Accept-Language",
    "HTTP_IF_MATCH": "If-Match",
    "HTTP_IF_NONE_MATCH": "If-None-Match",
}


class Headers:
    """An application to which no long lists are handed on.

    Args:
        application: What answers.
    """

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        for key, name in _LISTS.items():
            length = len(environ.get(key, ""))
            if length > LONGEST:
                reason = f"the header {name} has {length} bytes, and the limit is {LONGEST}"
                return refused("headers-too-long", reason)(environ, start_response)
        return self._application(environ, start_response)


def refused(kind: str, detail: str) -> Response:
    """The answer to a request that the application never sees, with what every answer has."""
    response = problems.document(kind, detail)
    response.headers.update(answers.ALWAYS)
    return response
