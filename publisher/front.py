"""What is answered before Flask: a request that was answered before is given the same bytes, or told that it has them.

An answer that both clocks fix stays for good. Any other holds until something is recorded or a day passes, and is then
made again; so nothing that is kept is ever older than the statements. Errors, pages that carry no tag, answers that
are long and parts of answers are not kept. This is a cache inside the service: what clients and proxies may keep, the
headers say.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from regiolog.publisher.answers import KEPT, PACKED, names

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from regiolog.publisher.service import Era, Service

ERA: Final = "regiolog.era"
"""Where a request's environment says in which era it came."""

IN_PARTS: Final = "/graph/"
"""Where the addresses begin of what can be had in parts; elsewhere a range is not heeded."""

MOST: Final = 4 * 2**20
"""How many bytes an answer may have to be kept."""

_OVERHEAD: Final = 2**11
"""About how many bytes it takes to keep an answer, besides its body."""

_OF_REQUEST: Final = (
    "PATH_INFO",
    "QUERY_STRING",
    "HTTP_ACCEPT",
    "HTTP_ACCEPT_ENCODING",
    "CONTENT_TYPE",
    "HTTP_HOST",
    "SCRIPT_NAME",
    "wsgi.url_scheme",
)
"""What an answer depends on, besides the method and the body."""

_OF_BODY: Final = frozenset(("content-type", "content-length", "content-encoding"))

_Headers = list[tuple[str, str]]
_Key = tuple[Any, ...]


class _Answer(NamedTuple):
    """An answer that is kept.

    Attributes:
        headers: All of its headers.
        body: All of its bytes.
        etag: Its tag, as the header has it; empty for an answer to a POST, which has none.
        era: Until when it holds; None when for good.
    """

    headers: _Headers
    body: bytes
    etag: str
    era: Era | None


class Front:
    """The application with a memory.

    Args:
        application: What answers when nothing is kept.
        service: The register that it answers for.
        size: How many bytes of answers may be kept.
        longest: How many bytes of a request's body are read to see whether it was answered before.
    """

    def __init__(self, application: WSGIApplication, service: Service, size: int, longest: int) -> None:
        """Begin with nothing kept."""
        self._application = application
        self._service = service
        self._changing = threading.Lock()
        self._kept: OrderedDict[_Key, _Answer] = OrderedDict()  # the least recently asked first
        self._size = size
        self._longest = longest
        self._left = size

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        key = self._key(environ)
        if key is None:
            return self._application(environ, start)
        answer = self._kept.get(key)
        if answer is not None and answer.era is None:
            return self._given(key, answer, environ, start)
        environ[ERA] = era = self._service.era()
        if answer is not None and answer.era == era:
            return self._given(key, answer, environ, start)
        return self._asked(key, era, environ, start)

    def __len__(self) -> int:
        """How many answers are kept."""
        return len(self._kept)

    def _key(self, environ: WSGIEnvironment) -> _Key | None:
        """What tells one request from another; None where nothing can be kept."""
        method = environ["REQUEST_METHOD"]
        if method not in {"GET", "HEAD", "POST"}:
            return None
        if "HTTP_RANGE" in environ and environ["PATH_INFO"].startswith(IN_PARTS):
            return None
        body = body_of(environ, self._longest) if method == "POST" else b""
        if body is None:
            return None
        return (method == "POST", body, *(environ.get(name) for name in _OF_REQUEST))

    def _given(self, key: _Key, answer: _Answer, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Give an answer again; without its body where that is what was asked, or the client has it."""
        with self._changing:
            if key in self._kept:
                self._kept.move_to_end(key)
        known = environ.get("HTTP_IF_NONE_MATCH")
        if known is not None and answer.etag and (known == answer.etag or names(known, _plain(answer.etag))):
            start("304 NOT MODIFIED", [each for each in answer.headers if each[0].lower() not in _OF_BODY])
            return []
        start("200 OK", answer.headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [answer.body]

    def _asked(self, key: _Key, era: Era, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Have the application answer, and keep what it says may be kept."""
        said: list[tuple[str, _Headers]] = []

        def listen(status: str, headers: _Headers, *error: Any) -> Callable[[bytes], object]:
            said[:] = [(status, headers)]
            return start(status, headers, *error)

        chunks = self._application(environ, listen)
        for_good = environ.get(KEPT)
        if for_good is None or environ["REQUEST_METHOD"] == "HEAD" or not said:
            return chunks
        status, headers = said[0]
        fields = {name.lower(): value for name, value in headers}
        length = int(fields.get("content-length", MOST + 1))
        if not status.startswith("200") or length > min(MOST, self._size):
            return chunks
        try:
            body = b"".join(chunks)
        finally:
            getattr(chunks, "close", lambda: None)()
        if len(body) == length:
            self._keep(key, _Answer(headers, body, fields.get("etag", ""), None if for_good else era))
        return [body]

    def _keep(self, key: _Key, answer: _Answer) -> None:
        with self._changing:
            before = self._kept.pop(key, None)
            self._left += 0 if before is None else _size(key, before)
            self._kept[key] = answer
            self._left -= _size(key, answer)
            while self._left < 0:
                oldest, forgotten = self._kept.popitem(last=False)
                self._left += _size(oldest, forgotten)


def _size(key: _Key, answer: _Answer) -> int:
    return len(answer.body) + sum(len(part) for part in key if isinstance(part, str | bytes)) + _OVERHEAD


def body_of(environ: WSGIEnvironment, longest: int) -> bytes | None:
    """The body of a request, which can be read once more afterwards; None when it is too long, or of unknown length.

    Args:
        environ: The request.
        longest: How many bytes are read.
    """
    length = environ.get("CONTENT_LENGTH") or ""
    if not length.isdecimal() or int(length) > longest:
        return None
    body: bytes = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = BytesIO(body)
    return body


def _plain(etag: str) -> str:
    """A tag as it was given to the answer, out of the header."""
    return etag.removeprefix("W/").strip('"').removesuffix(PACKED)
