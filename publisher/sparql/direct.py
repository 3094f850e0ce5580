"""Queries that are answered without Flask, whose routing costs more than a small query does.

It does what the room ``/sparql`` does, for a query that succeeds and has a short answer in a form for programs. What
else there is to say is left to the room: a page, a problem, a long answer, the service description, a 304.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from regiolog.events.errors import RegiologError
from regiolog.publisher import answers
from regiolog.publisher.front import ERA, body_of
from regiolog.publisher.negotiation import HTML
from regiolog.publisher.problems import Problem
from regiolog.publisher.sparql import protocol
from regiolog.publisher.sparql.protocol import Plan, Tried

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from regiolog.publisher.service import Service


class Direct:
    """The application, with a short way to its query workers.

    Args:
        application: What answers everything else.
        service: The register that it answers for.
        longest: How many bytes of a request's body are read.
    """

    def __init__(self, application: WSGIApplication, service: Service, longest: int) -> None:
        """Keep the parts."""
        self._application = application
        self._service = service
        self._longest = longest

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        plan = self._plan(environ)
        if plan is None or plan.question is None:
            return self._application(environ, start)
        try:
            answer = self._service.workers.ask(plan.question)
        except RegiologError as error:
            environ[protocol.TRIED] = Tried(plan, error)
            return self._application(environ, start)
        if not isinstance(answer.body, bytes):
            environ[protocol.TRIED] = Tried(plan, answer)
            return self._application(environ, start)
        return _sent(plan, plan.content_type(answer), answer.body, environ, start)

    def _plan(self, environ: WSGIEnvironment) -> Plan | None:
        """What is asked; None where the room has to say something else than an answer."""
        method = environ["REQUEST_METHOD"]
        if environ["PATH_INFO"] != "/sparql" or method not in {"GET", "POST"} or "HTTP_IF_NONE_MATCH" in environ:
            return None
        body = body_of(environ, self._longest) if method == "POST" else b""
        if body is None:
            return None
        address, content_type = environ.get("QUERY_STRING", ""), environ.get("CONTENT_TYPE") or ""
        request = protocol.Request(method, address, content_type, body, environ.get("HTTP_ACCEPT"), environ.get(ERA))
        try:
            plan = protocol.plan(request, self._service)
        except (Problem, RegiologError):
            return None  # the room comes to the same, and says it
        return None if plan.form is HTML else plan


def _sent(
    plan: Plan, content_type: str, body: bytes, environ: WSGIEnvironment, start: StartResponse
) -> Iterable[bytes]:
    """Send an answer as :func:`regiolog.publisher.answers.send` does."""
    method, encoding = environ["REQUEST_METHOD"], answers.coding(len(body), environ.get("HTTP_ACCEPT_ENCODING"))
    if encoding is not None:
        body = answers.gzipped(body)
    if plan.etag is not None:
        environ[answers.KEPT] = plan.when.fixed
    headers = {
        "Content-Type": content_type,
        "Content-Length": str(len(body)),
        **({} if encoding is None else {"Content-Encoding": encoding}),
        **answers.marks(method, plan.etag, encoding, fixed=plan.when.fixed, weak=True),
        "Vary": "Accept, Accept-Encoding",
        **answers.ALWAYS,
    }
    start("200 OK", list(headers.items()))
    return [body]
