"""Fetching: one document from its publisher, whole and within limits, or one sentence that says why not."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Mapping, Sequence
from email.message import Message
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import version
from types import MappingProxyType, TracebackType
from typing import Final, NamedTuple, Self
from urllib.parse import urldefrag, urljoin, urlsplit

import requests
from requests.exceptions import InvalidURL
from urllib3.exceptions import HTTPError, LocationParseError

from regiolog.events.errors import Forbidden, Unreachable, Unreadable
from regiolog.sync.sources.connecting import GuardedAdapter
from regiolog.sync.sources.failing import Passing, asked_to_wait, explained, is_not_trusted, status_said
from regiolog.sync.sources.guard import Guard, printable
from regiolog.sync.sources.patience import Patience
from regiolog.sync.sources.source import Limits
from regiolog.sync.sources.unpacking import Broken, Coding, TooLarge, Unpacking
from regiolog.sync.sources.validators import Validators

_WHOLE: Final = frozenset({200, 203})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MAY_PASS: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_GONE: Final = 410
_CODINGS: Final[Mapping[str, Coding]] = {"": "identity", "identity": "identity", "gzip": "gzip", "x-gzip": "gzip"}

_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 30.0
"""Seconds between attempts: they double, and are cut by up to a half, so that many of us do not come back at once."""

_PIECE: Final = 2**16
_VALIDATOR: Final = re.compile(r"[\x21-\xff][\x20-\xff]{0,999}")
_CONTACT: Final = re.compile(r"[\x20-\x7e]{1,200}")


class Fetched(NamedTuple):
    """A document as it came.

    Attributes:
        body: Its bytes, unpacked.
        media: Its media type in lower case, without parameters; "" when none was given.
        charset: The encoding that goes with it; None when none was given.
        validators: What to ask with next time.
        url: Where it lay in the end, after redirects.
        whole: Whether its end could be verified, by its length, its chunks or its packing; False when only the end of
            the connection told of it.
        headers: What came with it, by names in lower case.
        gone: Whether its publisher says that it was there and is no more; then it has no bytes.
    """

    body: bytes
    media: str
    charset: str | None
    validators: Validators
    url: str
    whole: bool
    headers: Mapping[str, str] = MappingProxyType({})
    gone: bool = False


class _Request(NamedTuple):
    """What is asked of a publisher, each time it is asked; secrets go to nobody but whom is asked first."""

    method: str
    url: str
    headers: Mapping[str, str]
    data: Mapping[str, str] | None
    is_conditional: bool
    secrets: Mapping[str, str] = MappingProxyType({})
    may_be_gone: bool = False


class _Session(requests.Session):
    """A session that leaves redirects to us: it would read what comes with one to its end, however long that is."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Nowhere."""


class Fetcher:
    """Fetches documents, one at a time, over HTTP and HTTPS; it knows no proxy, password or cookie of anybody's.

    Args:
        limits: What a document may cost.
        allow: Addresses that are not public and may be reached all the same (:class:`~.guard.Guard`).
        proxy: The proxy to go through; the environment is not asked. Its operator named it, so it may lie anywhere; and
            since it is the proxy that looks up names then, the guard does not apply to what lies behind it.
        contact: Where publishers can reach whoever runs this register.
        stop: Ends what is being fetched, at once, when it is set.

    Raises:
        ValueError: Something to allow, the proxy or the contact cannot be used.
    """

    def __init__(
        self,
        limits: Limits,
        *,
        allow: Sequence[str] = (),
        proxy: str | None = None,
        contact: str | None = None,
        stop: threading.Event | None = None,
    ) -> None:
        self._limits = limits
        self._patience = Patience(limits.seconds, limits.silence, stop or threading.Event())
        self._session = _Session()
        self._session.trust_env = False  # no proxy of the environment, and no password of ~/.netrc
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers.update({"User-Agent": _user_agent(contact), "Accept-Encoding": "gzip"})
        if proxy is not None:
            self._session.proxies = dict.fromkeys(("http", "https"), _proxy(proxy))
        guarded = GuardedAdapter(Guard(allow), self._patience)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, guarded)

    def get(
        self,
        url: str,
        *,
        accept: str = "*/*",
        validators: Validators | None = None,
        secrets: Mapping[str, str] | None = None,
        may_be_gone: bool = False,
    ) -> Fetched | None:
        """Fetch a document, unless it is still what it was.

        Args:
            url: Where it lies.
            accept: Which media types are wanted.
            validators: What its publisher gave the last time.
            secrets: Headers that only this publisher may see, as a key; a redirect to another host is followed without.
            may_be_gone: Whether 410 is an answer, and no error.

        Returns:
            None when it has not changed since.

        Raises:
            Unreachable: Its publisher does not answer, answers with an error, breaks off at each attempt, leads on
                without end, or was too slow.
            Forbidden: It lies, or leads, where nothing may be fetched from.
            Unreadable: It is too large, or packed in a way that was not asked for.
            Interrupted: ``stop`` was set.
        """
        conditions = _conditions(validators or Validators())
        headers = {"Accept": accept, **conditions}
        return self._fetch(_Request("GET", url, headers, None, bool(conditions), secrets or {}, may_be_gone))

    def post(self, url: str, data: Mapping[str, str], *, accept: str) -> Fetched:
        """Fetch what an endpoint answers to a form, such as a query; it is asked again as for a document.

        A redirect keeps the form, save 303, which says where the answer lies.

        Args:
            url: Where the endpoint is.
            data: The form.
            accept: Which media types are wanted.

        Raises:
            Unreachable, Forbidden, Unreadable, Interrupted: As for a document.
        """
        fetched = self._fetch(_Request("POST", url, {"Accept": accept}, data, is_conditional=False))
        assert fetched is not None
        return fetched

    def close(self) -> None:
        """Close what connections are left."""
        self._session.close()

    def __enter__(self) -> Self:
        """The fetcher, closed when the block ends."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close what connections are left."""
        self.close()

    # This loop is our own: libraries that ask again sleep through `stop`, and know neither Retry-After nor a deadline
    # that stands over connections, bodies and pauses alike.

    def _fetch(self, request: _Request) -> Fetched | None:
        self._patience.begin(shown(request.url))
        attempt = 1
        while True:
            try:
                return self._attempt(request)
            except Passing as failed:
                self._pause(attempt, failed)
            attempt += 1

    def _pause(self, attempt: int, failed: Passing) -> None:
        """Let pass what is to pass before the next attempt, or give up now."""
        wished = failed.wait or 0.0
        if wished > min(self._limits.patience, self._patience.left):
            raise Unreachable(
                f"{failed.reason} and asks to be left alone for {wished:.0f} seconds, longer than is waited here",
                after=failed.wait,
            )
        if attempt >= self._limits.attempts:
            times = f" (asked {attempt} times)" if attempt > 1 else ""
            raise Unreachable(f"{failed.reason}{times}", after=failed.wait)
        doubled = min(_FIRST_PAUSE * 2 ** (attempt - 1), _LONGEST_PAUSE)
        pause = max(wished, doubled * random.uniform(0.5, 1))  # noqa: S311 - spread, and no secret
        if pause >= self._patience.left:
            raise Unreachable(f"{failed.reason}, and there is no time left to ask again", after=failed.wait)
        self._patience.pause(pause)

    def _attempt(self, request: _Request) -> Fetched | None:
        """Ask once, and follow where that leads."""
        here, met = request, set[tuple[str, str]]()
        origin = shown(request.url)
        for _ in range(self._limits.redirects + 1):
            _check(here.url, origin)
            met.add((here.method, here.url))
            with self._answer(here, origin) as response:
                if response.status_code not in _REDIRECTS:
                    return self._taken(here, response)
                there = _onward(here.url, response)
            if response.status_code == 303:
                here = here._replace(method="GET", data=None)
            if _host(there) != _host(here.url):
                here = here._replace(secrets={})
            here = here._replace(url=there)
            if (here.method, there) in met:
                raise Unreachable(f"{origin} leads in a circle, by way of {shown(there)}")
        raise Unreachable(f"{origin} leads on and on, more than {self._limits.redirects} times")

    def _answer(self, request: _Request, origin: str) -> requests.Response:
        """What comes before the body."""
        what = shown(request.url)
        try:
            return self._session.request(
                request.method,
                request.url,
                headers={**request.headers, **request.secrets},
                data=request.data,
                stream=True,
                allow_redirects=False,
                timeout=self._limits.silence,
            )
        except Forbidden as refused:
            raise Forbidden(str(refused) if what == origin else f"{origin} leads to {what}, and {refused}") from None
        except (InvalidURL, LocationParseError, UnicodeError):
            raise Unreadable(f"{what} is not an address that can be used") from None
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            reason = f"{what} {explained(error)}"
            if is_not_trusted(error):
                raise Unreachable(reason) from error
            raise Passing(reason) from error

    def _taken(self, request: _Request, response: requests.Response) -> Fetched | None:
        """The document that an answer brings."""
        status, what = response.status_code, shown(request.url)
        if status == 304 and request.is_conditional:
            return None
        if status == _GONE and request.may_be_gone:
            return Fetched(b"", "", None, Validators(), urldefrag(response.url).url, whole=True, gone=True)
        if status in _MAY_PASS:
            raise Passing(f"{what} answers {status_said(status)}", asked_to_wait(response.headers))
        if status >= 400:
            raise Unreachable(f"{what} answers {status_said(status)}", status=status)
        if status not in _WHOLE:
            raise Unreadable(f"{what} answers {status_said(status)}, which brings no whole document")
        coding = _CODINGS.get(response.headers.get("Content-Encoding", "").strip().lower())
        transfer = response.headers.get("Transfer-Encoding", "").strip().lower()
        if coding is None or transfer not in {"", "identity", "chunked"}:
            packing = response.headers.get("Content-Encoding") or transfer
            raise Unreadable(f"{what} comes packed as {printable(packing, 40)}, and only gzip was asked for")
        media, charset = _media(response.headers.get("Content-Type", ""))
        has_length = response.raw.length_remaining is not None
        return Fetched(
            body=self._body(what, response, coding),
            media=media,
            charset=charset,
            validators=Validators(_validator(response, "ETag"), _validator(response, "Last-Modified")),
            url=urldefrag(response.url).url,
            whole=has_length or transfer == "chunked" or coding == "gzip",
            headers={name.lower(): value for name, value in response.headers.items()},
        )

    def _body(self, what: str, response: requests.Response, coding: Coding) -> bytes:
        """All of a body, unpacked."""
        limit = self._limits.bytes
        unpacking = Unpacking(coding, limit)
        try:
            if (response.raw.length_remaining or 0) > limit:
                raise TooLarge
            for piece in response.raw.stream(_PIECE, decode_content=False):
                unpacking.take(piece)
            return unpacking.end()
        except TooLarge:
            raise Unreadable(f"{what} is larger than the limit of {limit:,} bytes") from None
        except Broken as broken:
            raise Passing(f"{what} comes broken: {broken}") from broken
        except (HTTPError, OSError, ValueError) as error:
            raise Passing(f"{what} {explained(error)}") from error


def shown(url: str) -> str:
    """An address as it may be shown: without a query or a password, which may be secrets."""
    before, _, _ = url.partition("#")[0].partition("?")
    scheme, mark, rest = before.partition("://")
    host, slash, path = rest.partition("/")
    return printable(f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}" if mark else before.rpartition("@")[2])


def _check(url: str, origin: str) -> None:
    """Refuse an address that is not fetched from, whatever lies there."""
    what = shown(url) if shown(url) == origin else f"{origin} leads to {shown(url)}, which"
    try:
        split = urlsplit(url)
        is_usable = bool(split.hostname) and (split.port or 1) > 0
    except ValueError:
        raise Unreadable(f"{what} is not an address that can be used") from None
    if split.scheme not in {"http", "https"}:
        raise Forbidden(f"{what} is not fetched, since only http and https are")
    if "@" in split.netloc:
        raise Forbidden(f"{what} is not fetched, since it comes with a name or a password")
    if not is_usable:
        raise Unreadable(f"{what} is not an address that can be used")


def _onward(url: str, response: requests.Response) -> str:
    """Where a redirect leads."""
    said = response.headers.get("Location")
    if not said:
        raise Unreadable(f"{shown(url)} answers {status_said(response.status_code)} and does not say where to")
    try:
        there = urldefrag(urljoin(url, said.encode("latin-1").decode("utf-8"))).url
        leaves = urlsplit(url).scheme == "https" and urlsplit(there).scheme == "http"
    except ValueError:
        raise Unreadable(f"{shown(url)} leads to what is not an address that can be used") from None
    if leaves:
        raise Forbidden(f"{shown(url)} leads to {shown(there)}, out of the encryption")
    return there


def _host(url: str) -> tuple[str, str]:
    """Whom an address asks: the host, its port, and whether nobody listens in."""
    split = urlsplit(url)
    return split.scheme, split.netloc


def _conditions(validators: Validators) -> dict[str, str]:
    named = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in named.items() if value is not None and _VALIDATOR.fullmatch(value)}


def _validator(response: requests.Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value if value is not None and _VALIDATOR.fullmatch(value) else None


def _media(said: str) -> tuple[str, str | None]:
    """Media type and encoding, from what ``Content-Type`` says."""
    header = Message()
    header["Content-Type"] = said
    return said.partition(";")[0].strip().lower(), header.get_content_charset() or None


def _user_agent(contact: str | None) -> str:
    if contact is None:
        return f"regiolog/{version('regiolog')} (harvester of a register of Flemish regions)"
    if not _CONTACT.fullmatch(contact):
        raise ValueError(f"{printable(contact)!r} cannot be given as contact: write an address in plain ASCII")
    return f"regiolog/{version('regiolog')} (+{contact})"


def _proxy(url: str) -> str:
    split = urlsplit(url)
    if split.scheme not in {"http", "https"} or not split.hostname:
        raise ValueError(f"{shown(url)!r} is no proxy that can be used: write http://host:port")
    return url
