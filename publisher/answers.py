"""How an answer leaves: whole, with its length, under a tag by which it is known again, and compressed where asked.

Tags come from the snapshot's key and what was asked, so an unchanged answer is recognised before it is made.
"""

from __future__ import annotations

import gzip
import hashlib
import shutil
import tempfile
from collections.abc import Iterable
from importlib.metadata import version
from os import SEEK_END
from typing import IO, Final

from flask import Flask, Response, request
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header, parse_etags, quote_etag
from werkzeug.wsgi import wrap_file

from regiolog.publisher import ranges
from regiolog.publisher.asking import service
from regiolog.publisher.dumps import Dump
from regiolog.sync.statements.moments import Moment

IMMUTABLE: Final = "public, max-age=31536000, immutable"
REVALIDATE: Final = "public, no-cache"

KEPT: Final = "regiolog.kept"
"""Where a request's environment says that its answer may be kept: true for good, false until something is recorded."""

PACKED: Final = "-gzip"
"""How the tag ends of an answer that is compressed on its way."""

POLLING: Final = 60
"""After how many seconds it is worth asking a feed again for more."""

POSITION: Final = "Regiolog-Position"
"""The header that says for which position an answer stands: the last event that was known."""

VERSION: Final = version("regiolog")
"""The version of this software, on which every tag depends."""

ALWAYS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link, Location, Memento-Datetime, Retry-After, Content-Length, Vary, "
    "Regiolog-Position, Regiolog-Head, Repr-Digest, Content-Range, Accept-Ranges, X-Page-Complete",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'self'",
    "Referrer-Policy": "same-origin",
}
"""The headers that every answer has."""

_SPOOL: Final = 2**20
_SMALL: Final = 1024
_LEVEL: Final = 6


def spooled(chunks: Iterable[bytes]) -> IO[bytes]:
    """A whole body: in memory while it is small, in an unnamed file when it is not."""
    folder = service().folder.spool
    folder.mkdir(exist_ok=True)
    file: IO[bytes] = tempfile.SpooledTemporaryFile(_SPOOL, dir=str(folder))  # noqa: SIM115 - sent, then closed
    for chunk in chunks:  # writelines would hold them all in memory before it looks how many there are
        file.write(chunk)
    return file


def compressed(body: IO[bytes]) -> IO[bytes]:
    """The same as gzip, the same bytes whenever; what it was is closed."""
    smaller = spooled(())
    body.seek(0)
    with gzip.GzipFile(fileobj=smaller, mode="wb", compresslevel=_LEVEL, mtime=0, filename="") as target, body:
        shutil.copyfileobj(body, target, 2**16)
    return smaller


def tag(*parts: object) -> str:
    """The tag of an answer that depends on these parts, and on this version of ours."""
    asked = "\0".join(str(part) for part in (VERSION, *parts))
    return hashlib.sha256(asked.encode()).hexdigest()[:32]


def unchanged(etag: str) -> bool:
    """Whether the client has the answer of this tag already (RFC 9110, section 13.1.2)."""
    given = request.headers.get("If-None-Match")
    return given is not None and request.method in {"GET", "HEAD"} and names(given, etag)


def names(known: str, etag: str) -> bool:
    """Whether a client's tags name the answer of a tag, packed or not, compared weakly."""
    tags = parse_etags(known)
    return tags.star_tag or any(tags.contains_weak(each) for each in (etag, etag + PACKED))


def send(
    body: IO[bytes] | bytes | str,
    content_type: str,
    etag: str | None,
    moment: Moment | None = None,
    *,
    weak: bool = False,
    packed: bool = False,
) -> Response:
    """A whole answer.

    Args:
        body: All of it.
        content_type: Its media type.
        etag: Its tag; None when it is another each time.
        moment: What it is about; it never changes where that is fixed.
        weak: Whether the order of what it says may differ between two answers of one tag.
        packed: Whether the body is compressed already, being a file that is meant to be kept so.
    """
    if isinstance(body, str):
        body = body.encode()
    length = len(body) if isinstance(body, bytes) else body.seek(0, SEEK_END)
    encoding = None if packed else coding(length, request.headers.get("Accept-Encoding"))
    if isinstance(body, bytes):
        body = body if encoding is None else gzipped(body)
        response = Response(body, content_type=content_type)
    else:
        body = body if encoding is None else compressed(body)
        length = body.seek(0, SEEK_END)
        body.seek(0)
        response = Response(wrap_file(request.environ, body, 2**16), content_type=content_type, direct_passthrough=True)
        response.content_length = length
    if encoding is not None:
        response.content_encoding = encoding
    return _marked(response, etag, moment, weak=weak)


def send_dump(dump: Dump, content_type: str, etag: str, moment: Moment, *, encoding: str | None = None) -> Response:
    """A dump, or the part of it that is asked for.

    Args:
        dump: It.
        content_type: Its media type.
        etag: Its tag, which stands for its very bytes.
        moment: What it is about; it never changes where that is fixed.
        encoding: Its content coding, where it was compressed for its way; then it goes whole.

    Raises:
        Problem: The part lies beyond its end.
    """
    wanted, held = request.headers.get("Range"), request.headers.get("If-Range")
    part = None if encoding else ranges.asked(request.method, wanted, held, etag, dump.length, lasting=moment.fixed)
    start, stop = part or (0, dump.length)
    body = wrap_file(request.environ, dump.part(start, stop), 2**16)
    response = Response(body, 200 if part is None else 206, content_type=content_type, direct_passthrough=True)
    response.content_length = stop - start
    response.headers["Repr-Digest"] = dump.digest
    if encoding is not None:
        response.content_encoding = encoding
    else:
        response.headers["Accept-Ranges"] = "bytes"
    if part is not None:
        response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{dump.length}"
    return _marked(response, etag, moment, weak=False)


def send_compressed(body: bytes, content_type: str, etag: str) -> Response:
    """A whole answer that is compressed already; who does not accept that gets it as it was."""
    encoding = coding(_SMALL, request.headers.get("Accept-Encoding"))
    response = Response(gzip.decompress(body) if encoding is None else body, content_type=content_type)
    if encoding is not None:
        response.content_encoding = encoding
    return _marked(response, etag, None, weak=False)


def not_modified(etag: str, moment: Moment | None = None, *, weak: bool = False) -> Response:
    """The answer to a client that has it already."""
    return _marked(Response(status=304), etag, moment, weak=weak)


def gzipped(body: bytes) -> bytes:
    """The same as gzip, the same bytes whenever."""
    return gzip.compress(body, _LEVEL, mtime=0)


def register(app: Flask) -> None:
    """Put on every answer of an application what every answer has."""

    @app.after_request
    def on_every_answer(response: Response) -> Response:
        response.vary.update(("Accept", "Accept-Encoding"))
        headers = response.headers
        headers.extend((name, value) for name, value in ALWAYS.items() if name not in headers)
        if request.method == "OPTIONS":
            headers["Access-Control-Allow-Methods"] = headers.get("Allow", "GET, HEAD, OPTIONS")
            headers["Access-Control-Allow-Headers"] = (
                "Accept, Accept-Datetime, Content-Type, If-None-Match, If-Range, Range"
            )
            headers["Access-Control-Max-Age"] = "86400"
        return response


def marks(method: str, etag: str | None, encoding: str | None, *, fixed: bool, weak: bool) -> dict[str, str]:
    """What the headers say of how an answer may be kept, and by which tag it is known again.

    Args:
        method: How it was asked for.
        etag: Its tag, without what its encoding adds; None when it is another each time.
        encoding: Its content coding.
        fixed: Whether it can never change.
        weak: Whether the order of what it says may differ between two answers of one tag.
    """
    if etag is None or method not in {"GET", "HEAD"}:
        return {"Cache-Control": "no-store"}
    tagged = quote_etag(etag + (PACKED if encoding else ""), weak=weak)
    return {"ETag": tagged, "Cache-Control": IMMUTABLE if fixed else REVALIDATE}


def _marked(response: Response, etag: str | None, moment: Moment | None, *, weak: bool) -> Response:
    fixed = moment is not None and moment.fixed
    if etag is not None:
        request.environ[KEPT] = fixed
    response.headers.update(marks(request.method, etag, response.content_encoding, fixed=fixed, weak=weak))
    return response


def polled(response: Response, *, full: bool) -> Response:
    """A page of a feed: it is for good once it is full, and else worth asking for again after :data:`POLLING` seconds.

    Args:
        response: The page, with its tag.
        full: Whether it will never change.
    """
    request.environ[KEPT] = full
    response.headers["Cache-Control"] = IMMUTABLE if full else f"public, max-age={POLLING}"
    return response


def coding(length: int, accepted: str | None) -> str | None:
    """The content coding of an answer of so many bytes: ``gzip`` where it is worth it and accepted, else none.

    Args:
        length: How many bytes.
        accepted: The header Accept-Encoding; None when there is none.
    """
    if length < _SMALL or accepted is None:
        return None
    return "gzip" if parse_accept_header(accepted, Accept)["gzip"] > 0 else None
