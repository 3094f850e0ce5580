"""Problem details (RFC 9457): how each error of :mod:`regiolog.events.errors` is answered over HTTP, decided once.

A limit that a running query hits is a 503, for the service could not answer; one that shows before it runs is a 4xx,
for the request can be made smaller. Only an overload asks to come back (``Retry-After``): a query that timed out would
do so again.
"""

from __future__ import annotations

import errno
import json
import logging
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from regiolog.events import errors
from regiolog.ontology.iris import UnusableIri

MEDIA_TYPE: Final = "application/problem+json"

_LOG: Final = logging.getLogger(__name__)


class Meaning(NamedTuple):
    """What a kind of problem is.

    Attributes:
        status: The HTTP status.
        title: What it means, the same whenever it occurs.
        retry: After how many seconds it is worth asking again; None when it is not.
    """

    status: int
    title: str
    retry: int | None = None


PROBLEMS: Final[dict[str, Meaning]] = {
    "bad-parameter": Meaning(400, "A parameter is unknown, missing, given twice, or cannot be used."),
    "bad-moment": Meaning(400, "A day or an instant cannot be read, or the register cannot be asked about it."),
    "bad-request": Meaning(400, "The request cannot be read."),
    "query-malformed": Meaning(400, "The query is not SPARQL 1.1."),
    "query-too-deep": Meaning(400, "The query is nested deeper than the limit."),
    "query-forbidden": Meaning(403, "The query would change something, or send a request elsewhere."),
    "not-found": Meaning(404, "There is nothing at this address."),
    "unknown-key": Meaning(404, "The register has never had this code or key."),
    "unknown-format": Meaning(404, "There is no such form of this."),
    "method-not-allowed": Meaning(405, "This address does not answer to this method."),
    "not-acceptable": Meaning(406, "None of the forms in which this can be had is accepted."),
    "conflict": Meaning(409, "Another writer was first, or the register holds otherwise."),
    "query-too-long": Meaning(413, "The query is longer than the limit."),
    "unsupported-media-type": Meaning(415, "The body is of a type that is not read here."),
    "range-not-satisfiable": Meaning(416, "Nothing of the range that is asked for is there."),
    "query-unsupported": Meaning(422, "The query asks for something that is not done here."),
    "too-many-requests": Meaning(429, "As many pages are being written already as can be at a time.", retry=1),
    "headers-too-long": Meaning(431, "A header is longer than the limit."),
    "internal": Meaning(500, "Something went wrong here; it was noted."),
    "query-timed-out": Meaning(503, "The query was not answered within the deadline."),
    "query-too-large": Meaning(503, "The answer is larger than the limit."),
    "query-out-of-memory": Meaning(503, "The query needs more memory than the limit."),
    "overload": Meaning(503, "As much is being answered already as can be at a time.", retry=1),
    "unavailable": Meaning(503, "The register cannot be read at the moment.", retry=5),
    "not-ready": Meaning(503, "The service is not up to date.", retry=5),
}
"""Every kind of problem; ``/problems`` lists them."""

_KINDS: Final[dict[type[Exception], str]] = {
    errors.UnknownKey: "unknown-key",
    errors.Refusal: "conflict",
    errors.Conflict: "conflict",
    errors.FolderError: "unavailable",
    errors.ProjectionStopped: "unavailable",
    errors.BadMoment: "bad-moment",
    errors.QueryMalformed: "query-malformed",
    errors.QueryForbidden: "query-forbidden",
    errors.QueryUnsupported: "query-unsupported",
    errors.QueryTooLong: "query-too-long",
    errors.QueryTooDeep: "query-too-deep",
    errors.QueryTimedOut: "query-timed-out",
    errors.QueryTooLarge: "query-too-large",
    errors.QueryOutOfMemory: "query-out-of-memory",
    errors.QueryOverload: "overload",
    errors.QueryRejected: "unavailable",
    errors.RegiologError: "internal",
    UnusableIri: "unknown-key",
}
"""The kind of problem that an error is; the nearest class decides."""

_HTTP: Final = {
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    413: "query-too-long",
    415: "unsupported-media-type",
}

_NONE: Final[Mapping[str, str]] = {}


class Problem(Exception):
    """A request that is not answered, for a reason that is HTTP's or this room's own.

    Args:
        kind: One of :data:`PROBLEMS`.
        detail: What was wrong this time and what is accepted, in one sentence.
        headers: Headers that the answer has besides.
        more: Further members of the document.
    """

    def __init__(self, kind: str, detail: str, *, headers: Mapping[str, str] = _NONE, **more: Any) -> None:
        """Keep the parts."""
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.headers = headers
        self.more = more


def kind_of(error: Exception) -> str:
    """The kind of problem that an error of the tree is."""
    return next(_KINDS[each] for each in type(error).__mro__ if each in _KINDS)


def answer(kind: str, detail: str, **more: Any) -> Response:
    """A problem document, or a page that says the same to a browser."""
    meaning = PROBLEMS[kind]
    if request.accept_mimetypes.best_match([MEDIA_TYPE, "application/json", "text/html"]) == "text/html":
        page = render_template("problem.html", meaning=meaning, kind=kind, detail=detail, query=_query())
        response = document(kind, detail)
        response.set_data(page)
        response.content_type = "text/html; charset=utf-8"
        return response
    return document(kind, detail, root=request.script_root, **more)


def _query() -> str | None:
    """The query that is not answered, where a browser asked it, so that it need not be written again."""
    return request.args.get("query") if request.path == "/sparql" else None


def document(kind: str, detail: str, *, root: str = "", **more: Any) -> Response:
    """A problem document, which needs no request to be made.

    Args:
        kind: One of :data:`PROBLEMS`.
        detail: What was wrong this time and what is accepted, in one sentence.
        root: Where the service is, in the address.
        more: Further members.
    """
    meaning = PROBLEMS[kind]
    members = {
        "type": f"{root}/problems#{kind}",
        "title": meaning.title,
        "status": meaning.status,
        "detail": detail,
        **more,
    }
    body = json.dumps(members, ensure_ascii=False, indent=1) + "\n"
    response = Response(body, meaning.status, content_type=MEDIA_TYPE)
    if meaning.retry is not None:
        response.headers["Retry-After"] = str(meaning.retry)
    response.headers["Cache-Control"] = "no-store"
    return response


def register(app: Flask) -> None:
    """Answer every error of an application with a problem document."""

    @app.errorhandler(Problem)
    def of_a_room(error: Problem) -> Response:
        response = answer(error.kind, error.detail, **error.more)
        response.headers.update(error.headers)
        return response

    @app.errorhandler(errors.RegiologError)
    @app.errorhandler(UnusableIri)
    def of_the_tree(error: Exception) -> Response:
        return answer(kind_of(error), str(error))

    @app.errorhandler(HTTPException)
    def of_http(error: HTTPException) -> Response:
        status = error.code or 500
        kind = _HTTP.get(status, "bad-request" if status < 500 else "internal")
        if kind == "not-found":
            return answer(kind, f"there is nothing at {request.path}; the start page links to what there is")
        if status == 413:
            return answer(kind, f"the body is longer than {request.max_content_length} bytes, which is the limit")
        if not isinstance(error, MethodNotAllowed):
            return answer(kind, error.description or PROBLEMS[kind].title)
        allowed = sorted(error.valid_methods or ())
        response = answer(kind, f"{request.path} does not answer to {request.method}, but to {', '.join(allowed)}")
        response.headers["Allow"] = ", ".join(allowed)
        return response

    @app.errorhandler(OSError)
    def of_the_disk(error: OSError) -> Response:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            return of_ours(error)
        return answer("unavailable", "there is no room on the disk to write the answer down; nothing was sent")

    @app.errorhandler(Exception)
    def of_ours(error: Exception) -> Response:
        _LOG.error("%s %s failed", request.method, request.full_path, exc_info=error)
        return answer("internal", "this is a fault of the service, not of the request")
