"""Slow clients hold only so many threads, and a connection on which nothing moves is ended."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path
from threading import Event, Thread
from typing import IO, TYPE_CHECKING, Any

import pytest

from regiolog.events.errors import QueryOverload
from regiolog.publisher.server import patience
from regiolog.publisher.server.headers import LONGEST, Headers
from regiolog.publisher.server.patience import Patient, end_the_idle
from tests.sockets import Connection

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

SLOW = 2


def echo(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """An application that answers with the body of its request."""
    start_response("200 OK", [])
    return [environ["wsgi.input"].read()]


class Asked:
    """An application under test, and what it last answered."""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        """Nothing was asked yet."""
        self._application = application
        self.status = ""

    def __call__(self, **environ: Any) -> bytes:
        """The whole answer to a request."""
        asked = {"REQUEST_METHOD": "POST", "SERVER_NAME": "x", "SERVER_PORT": "1", "wsgi.url_scheme": "http"}

        def start_response(status: str, *_: object) -> None:
            self.status = status

        return b"".join(self._application(asked | environ, start_response))


class Never:
    """A body that does not come until it is let."""

    def __init__(self) -> None:
        """Not yet."""
        self.come = Event()

    def read(self, _size: int) -> bytes:
        """Wait for it."""
        self.come.wait(10)
        return b"at last"


def test_a_body_is_read_before_it_is_answered() -> None:
    """Whole, and by the length that was said; the application sees nothing of the waiting."""
    asked = Asked(Patient(echo, SLOW, longest=100))
    assert asked(CONTENT_LENGTH="5", **{"wsgi.input": BytesIO(b"hello")}) == b"hello"
    assert asked(HTTP_TRANSFER_ENCODING="chunked", **{"wsgi.input": BytesIO(b"hello")}) == b"hello"
    assert asked(**{"wsgi.input": BytesIO()}) == b""


def test_half_a_body_is_refused() -> None:
    """A client that hung up in the midst of it has asked nothing."""
    asked = Asked(Patient(echo, SLOW, longest=100))
    problem = json.loads(asked(CONTENT_LENGTH="50", **{"wsgi.input": BytesIO(b"hello")}))
    assert (asked.status, problem["detail"]) == ("400 BAD REQUEST", "the body ended after 5 of its 50 bytes")


def test_a_body_that_is_too_long_is_left_to_the_application() -> None:
    """Which refuses it by its length, without any of it being waited for."""
    asked = Asked(Patient(lambda _environ, _start: [b"too long"], SLOW, longest=100))
    assert asked(CONTENT_LENGTH="101", **{"wsgi.input": Never()}) == b"too long"


def test_only_so_many_wait_for_their_bodies() -> None:
    """The next is told to come back, and requests without a body never wait."""
    patient = Patient(echo, SLOW, longest=100)
    slow = Never()
    threads = [Thread(target=lambda: Asked(patient)(CONTENT_LENGTH="7", **{"wsgi.input": slow})) for _ in range(SLOW)]
    for thread in threads:
        thread.start()
    asked = Asked(patient)
    problem = json.loads(asked(CONTENT_LENGTH="5", **{"wsgi.input": BytesIO(b"hello")}))
    assert (asked.status, problem["type"]) == ("503 SERVICE UNAVAILABLE", "/problems#overload")
    assert asked(**{"wsgi.input": BytesIO()}) == b""
    slow.come.set()
    for thread in threads:
        thread.join()
    assert asked(CONTENT_LENGTH="5", **{"wsgi.input": BytesIO(b"hello")}) == b"hello"


def test_only_so_many_long_answers_are_on_their_way(tmp_path: Path) -> None:
    """Short ones pass; a long one makes room when it is closed, and when nobody ever reads it."""
    wrap = Patient(echo, SLOW, longest=100)._sent

    def long() -> IO[bytes]:
        file = (tmp_path / "long").open("w+b")
        file.truncate(patience.AT_ONCE + 1)
        file.seek(0)
        return file

    first, second = wrap(long()), wrap(long())
    with pytest.raises(QueryOverload, match="2 long answers"):
        wrap(long())
    assert list(wrap(BytesIO(b"short"))) == [b"short"]
    assert sum(map(len, first)) == patience.AT_ONCE + 1
    first.close()  # type: ignore[attr-defined]
    third = wrap(long())
    del second, third
    assert len([wrap(long()), wrap(long())]) == SLOW


def test_a_connection_on_which_nothing_moves_is_ended() -> None:
    """Of this port, and no other; one on which something moves goes on."""
    with socket.create_server(("127.0.0.1", 0)) as ours, socket.create_server(("127.0.0.1", 0)) as others:
        port = ours.getsockname()[1]
        with (
            Connection(port, seconds=0.2) as idle,
            ours.accept()[0],
            Connection(port, seconds=0.2) as lively,
            ours.accept()[0] as at_work,
            Connection(others.getsockname()[1], seconds=0.2) as elsewhere,
            others.accept()[0],
        ):
            time.sleep(0.6)
            at_work.sendall(b"x")
            end_the_idle(port, 0.4)
            assert idle.take(1) == b""
            assert lively.take(1) == b"x"
            with pytest.raises(TimeoutError):
                lively.take(2)
            with pytest.raises(TimeoutError):
                elsewhere.take(1)


def test_long_lists_in_headers_are_refused() -> None:
    """Before anybody reads them."""
    asked = Asked(Headers(echo))
    problem = json.loads(asked(HTTP_ACCEPT="x" * (LONGEST + 1), **{"wsgi.input": BytesIO()}))
    assert (asked.status[:3], problem["type"]) == ("431", "/problems#headers-too-long")
    assert str(LONGEST) in problem["detail"]
    assert asked(HTTP_ACCEPT="x" * LONGEST, HTTP_COOKIE="y" * 10_000, **{"wsgi.input": BytesIO(b"z")}) == b"z"
