"""What a request takes of a server is counted as it is: a server that is known to take two milliseconds takes them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from bench.driving import Load, Taken, Target, driven, loading, numbered, rows
from bench.processes import Server

_BURNING = """
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Burning(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        until = time.thread_time() + 0.002
        while time.thread_time() < until:
            pass
        self.send_response(500 if self.path == "/broken" else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass

ThreadingHTTPServer.request_queue_size = 64  # the client opens all of its connections at once
server = ThreadingHTTPServer(("127.0.0.1", 0), Burning)
print(server.server_port, flush=True)
server.serve_forever()
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server in a process of its own, which takes two milliseconds of CPU time for each request."""
    with subprocess.Popen([sys.executable, "-c", _BURNING], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield Server(process.pid, int(process.stdout.readline()))
        process.kill()


@pytest.fixture(scope="module")
def load() -> Iterator[Load]:
    """The client."""
    with loading() as load:
        yield load


def test_the_processor_time_of_a_request_is_the_servers(server: Server, load: Load) -> None:
    """What the client takes is not in it, nor what the server has taken before."""
    for _ in range(2):
        taken = load.ask(Target(server, ["/a"]), 0.5)
        assert 0.002 < taken.processor < 0.02
        assert taken.wall > 0.0015


def test_a_server_that_refuses_is_not_measured(server: Server, load: Load) -> None:
    """Its answers are quick, and mean nothing."""
    with pytest.raises(RuntimeError, match="/broken was answered with"):
        load.ask(Target(server, ["/broken"]), 0.2)


def test_two_servers_are_asked_in_turn(server: Server, load: Load) -> None:
    """The same server in both places comes out as fast as itself, or nearly so."""
    pairs = driven(load, Target(server, ["/a"]), Target(server, ["/b"]), rounds=3, seconds=0.2)
    assert len(pairs) == 3
    assert all(0.5 < ours.processor / other.processor < 2 for ours, other in pairs)


def test_the_goal_is_about_processor_time_and_the_wall_is_told_below() -> None:
    """Of twice the CPU time and three times the wall, a half and a third of the reference's speed come out."""
    pairs = [(Taken(wall=0.003, processor=0.0002), Taken(wall=0.001, processor=0.0001))] * 3
    processor, wall = rows(pairs, "P4", "ASK", "a peer", at_least=0.5)
    assert (processor.number, processor.unit, processor.goal, processor.met) == ("P4", "µs", "≥ 0.5", True)
    assert processor.ours == pytest.approx(200)
    assert processor.ratio == pytest.approx(1 / 2)
    assert (wall.unit, wall.goal, wall.met) == ("/s", "", None)
    assert wall.ours == pytest.approx(1 / 0.003)
    assert wall.reference == pytest.approx(1_000)
    assert wall.ratio == pytest.approx(1 / 3)


def test_a_row_without_a_goal_is_only_told() -> None:
    """Neither met nor missed."""
    processor, _ = rows([(Taken(1, 1), Taken(1, 1))], "P5", "small", "a peer", at_least=None)
    assert (processor.goal, processor.met) == ("", None)


def test_a_numbered_path_ends_in_a_comment() -> None:
    """So that the query means the same."""
    assert numbered("/sparql?query=ASK%7B%7D") == "/sparql?query=ASK%7B%7D%23{n}"
