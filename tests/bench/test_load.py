"""The client of the benchmark knows where an answer ends, whatever pieces it comes in, and asks what it was told to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench.load import NUMBER, Reading, Task, ask

PLAIN = b"HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nserver: x\r\n\r\n5\r\nhello\r\n3\r\n000\r\n0\r\n\r\n"
NOTHING = b"HTTP/1.1 204 No\r\ncontent-length: 0\r\n\r\n"
NO_CHUNK = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"


@pytest.mark.parametrize("answer", [PLAIN, CHUNKED, NOTHING, NO_CHUNK])
@pytest.mark.parametrize("step", [1, 2, 7, 1_000])
def test_an_answer_is_whole_with_its_last_byte_and_not_before(answer: bytes, step: int) -> None:
    """In pieces of any length, and once more on the same connection."""
    reading = Reading()
    pieces = [answer[at : at + step] for at in range(0, len(answer), step)]
    for _ in range(2):
        assert [reading.add(piece) for piece in pieces] == [False] * (len(pieces) - 1) + [True]
        assert reading.status == int(answer[9:12])
        assert not reading.closes


def test_a_server_that_hangs_up_after_its_answer_is_noticed() -> None:
    """So that the next request goes over a new connection."""
    reading = Reading()
    assert reading.add(PLAIN.replace(b"Server: x", b"Connection: Close"))
    assert reading.closes


def test_an_answer_that_has_no_end_is_not_waited_for() -> None:
    """An answer that ends with its connection would be waited for without end."""
    with pytest.raises(ValueError, match="unknown length"):
        Reading().add(b"HTTP/1.1 200 OK\r\n\r\nhello")


class _Echo(BaseHTTPRequestHandler):
    """Answers with 200, but for the path /gone, and remembers what it was asked for."""

    protocol_version = "HTTP/1.1"
    asked: list[tuple[str, str]]

    def do_GET(self) -> None:
        """Answer."""
        self.asked.append((self.path, self.headers["Accept"]))
        self.send_response(404 if self.path == "/gone" else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    """A server on a free port."""
    _Echo.asked = []
    with ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def _task(server: ThreadingHTTPServer, *paths: str) -> Task:
    return Task("127.0.0.1", server.server_port, list(paths), "text/csv", 3, 0.2, 100)


def test_no_two_requests_that_bear_a_number_are_the_same(server: ThreadingHTTPServer) -> None:
    """Paths are taken in turn, and every request that was sent is counted."""
    asked = ask(_task(server, f"/a/{NUMBER}", "/b"))
    numbered = [path for path, _ in _Echo.asked if path.startswith("/a/")]
    assert asked.requests == len(_Echo.asked) > 10
    assert asked.refused == []
    assert len(set(numbered)) == len(numbered) == (asked.requests + 1) // 2
    assert "/a/100" in numbered
    assert {accept for _, accept in _Echo.asked} == {"text/csv"}


def test_a_status_that_is_not_200_ends_the_task_and_is_told(server: ThreadingHTTPServer) -> None:
    """A server that refuses is quick, and must not be taken for one that answers."""
    asked = ask(_task(server, "/a", "/gone"))
    assert asked.refused == [404]
    assert asked.requests < 10
