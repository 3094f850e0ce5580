"""How fetching fails: what may come right when it is asked again, when that may be, and what to call it."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import IncompleteRead, RemoteDisconnected
from typing import Final

from requests import RequestException
from requests.exceptions import ProxyError
from urllib3.exceptions import ProtocolError

from regiolog.sync.sources.guard import printable

_SECONDS: Final = re.compile(r"[0-9]{1,300}")


class Passing(Exception):
    """An attempt that failed in a way that may pass.

    Args:
        reason: What fails, and where; a sentence to which more can be added.
        wait: How many seconds it asks to be left alone; None when it does not say.
    """

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait = wait


def status_said(status: int) -> str:
    """A status with the name that the standard gives it."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def asked_to_wait(headers: Mapping[str, str]) -> float | None:
    """For how many seconds a publisher asks to be left alone (``Retry-After``, RFC 9110, 10.2.3).

    A date is counted from the earlier of our clock and the publisher's, so that nobody comes too early.

    Returns:
        None when it does not say, or not in a way that can be read.
    """
    said = headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(said):
        return float(said)
    until = _instant(said)
    if until is None:
        return None
    now = datetime.now(UTC)
    theirs = _instant(headers.get("Date", ""))
    return max((until - min(now, theirs or now)).total_seconds(), 0.0)


def _instant(said: str) -> datetime | None:
    try:
        read = parsedate_to_datetime(said)
    except (ValueError, OverflowError):
        return None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read


def is_not_trusted(error: BaseException) -> bool:
    """Whether a host could not show that it is who it should be, which asking again does not change."""
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error))


def explained(error: BaseException) -> str:
    """What went wrong on a connection, as it follows an address in a sentence."""
    causes = list(_causes(error))
    if any(isinstance(cause, ProxyError) for cause in causes):
        return "cannot be reached through the proxy"
    for cause in reversed(causes):
        said = _explained(cause)
        if said is not None:
            return said
    return "gives an answer that is not HTTP"


def _explained(cause: BaseException) -> str | None:
    match cause:
        case ssl.SSLCertVerificationError():
            return f"has a certificate that is not to be trusted ({printable(cause.verify_message)})"
        case ssl.SSLError():
            return f"cannot agree on encryption ({printable(cause.reason or 'it ended')})"
        case socket.gaierror():
            return "has a host whose name cannot be resolved"
        case TimeoutError() if cause.errno is None:
            return f"keeps silent {cause}"
        case ConnectionRefusedError():
            return "refuses the connection"
        case RemoteDisconnected():
            return "hangs up without an answer"
        case ConnectionError():
            return "breaks the connection off"
        case IncompleteRead():
            return "breaks off before its end"
        case ProtocolError() if "prematurely" in str(cause):
            return "breaks off before its end"
        case OSError() if cause.strerror is not None and not isinstance(cause, RequestException):
            return f"cannot be reached ({printable(cause.strerror)})"
        case _:
            return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error, what caused it, and so on."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
