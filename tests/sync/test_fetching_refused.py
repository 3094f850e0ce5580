"""What is not fetched, and what is said of it: nothing that is broken, endless, too large or in another form."""

from __future__ import annotations

import gzip
import re
import socket
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from regiolog.events.errors import Forbidden, Unreachable, Unreadable
from regiolog.sync.sources import fetching
from regiolog.sync.sources.fetching import Fetcher
from regiolog.sync.sources.source import Limits
from tests.certificates import server_for
from tests.misbehaving import Misbehaving
from tests.sync.refusals import refusal

TABLE = b"code,name\n" + b"11001,Aartselaar\n" * 2_000
PACKED = gzip.compress(TABLE)
ONCE = Limits(bytes=1_000_000, seconds=5, silence=0.3, attempts=1, redirects=3)


@pytest.fixture
def fetcher(server: Misbehaving) -> Iterator[Fetcher]:
    """Somebody who may fetch from that publisher and from nowhere else inside, and asks once."""
    with Fetcher(ONCE, allow=[f"127.0.0.1:{server.port}"]) as ready:
        yield ready


def no_address(*_: object, **__: object) -> None:
    """What the system says of a name that nobody has."""
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def gzipped(body: bytes) -> Callable[[Misbehaving], Any]:
    """Answer with these bytes, and call them gzip."""
    return lambda server: server.answers("/x", body, headers={"Content-Encoding": "gzip"})


UNREACHABLE: dict[str, tuple[Callable[[Misbehaving], Any], str]] = {
    "not there": (lambda server: server.fails("/x", 404), "answers 404 Not Found"),
    "gone": (lambda server: server.fails("/x", 410, retry_after=1), "answers 410 Gone"),
    "a status of nobody's": (lambda server: server.says("/x", b"HTTP/1.1 599 Ha\r\n\r\n"), "answers 599"),
    "unavailable": (lambda server: server.fails("/x", 503), "answers 503 Service Unavailable"),
    "body cut off": (lambda server: server.breaks_off("/x", TABLE), "breaks off before its end"),
    "chunks cut off": (lambda server: server.breaks_off("/x", TABLE, sized="chunks"), "breaks off before its end"),
    "chunks without their last": (
        lambda server: server.says("/x", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"),
        "breaks off before its end",
    ),
    "a chunk of no size": (
        lambda server: server.says("/x", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n"),
        "breaks off before its end",
    ),
    "a chunk of less than nothing": (
        lambda server: server.says("/x", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nab\r\n0\r\n\r\n"),
        "gives an answer that is not HTTP",
    ),
    "gzip cut off by the end": (
        lambda server: server.breaks_off("/x", TABLE, packed=True, sized="end"),
        "comes broken: its gzip ends too early",
    ),
    "gzip cut off within its length": (gzipped(PACKED[:-1]), "comes broken: its gzip ends too early"),
    "gzip of nothing": (gzipped(b""), "comes broken: its gzip ends too early"),
    "gzip that is none": (gzipped(TABLE), "comes broken: it is not packed as gzip"),
    "zlib that says gzip": (gzipped(b"\x78\x9c\x03\x00\x00\x00\x00\x01"), "comes broken: it is not packed as gzip"),
    "gzip with a wrong sum": (gzipped(PACKED[:-8] + bytes(8)), "comes broken: it is not packed as gzip"),
    "gzip with something after it": (gzipped(PACKED + b"<html>"), "comes broken: it is not packed as gzip"),
    "gzip with another half": (gzipped(PACKED + PACKED[:50]), "comes broken: its gzip ends too early"),
    "longer than it says": (
        lambda server: server.answers("/x", TABLE, headers={"Content-Length": str(len(TABLE) + 1)}),
        "breaks off|keeps silent",
    ),
    "two lengths": (
        lambda server: server.says("/x", b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
        "gives an answer that is not HTTP",
    ),
    "no HTTP": (lambda server: server.says("/x", b"\x16\x03\x01 what?\r\n\r\n"), "gives an answer that is not HTTP"),
    "no answer": (lambda server: server.hangs_up("/x"), "hangs up without an answer"),
    "a reset": (lambda server: server.resets("/x"), "breaks the connection off"),
    "a reset in the body": (lambda server: server.resets("/x", in_the_body=True), "breaks the connection off"),
    "silence": (lambda server: server.keeps_silent("/x"), r"keeps silent for 0\.3 seconds"),
    "silence in the body": (lambda server: server.falls_silent("/x"), r"keeps silent for 0\.3 seconds"),
    "headers without end": (lambda server: server.heads_on_and_on("/x"), "gives an answer that is not HTTP"),
    "a header without end": (
        lambda server: server.heads_on_and_on("/x", b"x" * 999),
        "gives an answer that is not HTTP",
    ),
    "redirects without end": (lambda server: server.leads_on_and_on("/x"), "leads on and on, more than 3 times"),
    "a circle": (lambda server: server.leads_in_a_circle("/x", "/y"), "leads in a circle, by way of .*/y"),
    "itself": (lambda server: server.leads("/x", "/x?key=secret"), "leads in a circle, by way of .*/x"),
}


@pytest.mark.parametrize("name", UNREACHABLE)
def test_what_does_not_come_is_unreachable(server: Misbehaving, fetcher: Fetcher, name: str) -> None:
    """What is broken or never ends is no document, and the reason names the address."""
    behave, reason = UNREACHABLE[name]
    behave(server)
    said = refusal(fetcher, server.address("/x?key=secret"), Unreachable)
    assert said.startswith(server.address("/x "))
    assert re.search(reason, said), said


UNREADABLE: dict[str, tuple[Callable[[Misbehaving], Any], str]] = {
    "brotli": (lambda server: server.answers("/x", b"?", headers={"Content-Encoding": "br"}), "comes packed as br"),
    "packed twice": (
        lambda server: server.answers("/x", PACKED, headers={"Content-Encoding": "gzip, gzip"}),
        "comes packed as gzip, gzip",
    ),
    "packed on the way": (
        lambda server: server.says("/x", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"),
        "comes packed as gzip, chunked",
    ),
    "announced too large": (
        lambda server: server.says("/x", b"HTTP/1.1 200 OK\r\nContent-Length: 1000001\r\n\r\n"),
        "is larger than the limit of 1,000,000 bytes",
    ),
    "too large by one": (
        lambda server: server.answers("/x", bytes(1_000_001), sized="chunks"),
        "is larger than the limit of 1,000,000 bytes",
    ),
    "too large when unpacked": (
        lambda server: server.answers("/x", bytes(1_000_001), packed=True),
        "is larger than the limit of 1,000,000 bytes",
    ),
    "without end": (lambda server: server.streams("/x"), "is larger than the limit of 1,000,000 bytes"),
    "gzips of nothing without end": (
        lambda server: server.streams("/x", gzip.compress(b"") * 500, headers={"Content-Encoding": "gzip"}),
        "is larger than the limit of 1,000,000 bytes",
    ),
    "a part": (lambda server: server.answers("/x", TABLE, status=206), "answers 206 Partial Content, which brings no"),
    "nothing": (lambda server: server.says("/x", b"HTTP/1.1 204 No Content\r\n\r\n"), "answers 204 No Content"),
    "unchanged, unasked": (lambda server: server.says("/x", b"HTTP/1.1 304 Same\r\n\r\n"), "answers 304 Not Modified"),
    "a choice": (lambda server: server.answers("/x", b"", status=300), "answers 300 Multiple Choices"),
    "a redirect to nowhere": (lambda server: server.answers("/x", b"", status=302), "302 Found and does not say where"),
    "a redirect to half an address": (
        lambda server: server.leads("/x", "http://[::1"),
        "not an address that can be used",
    ),
    "a redirect to no host": (lambda server: server.leads("/x", "https:///etc"), "not an address that can be used"),
    "a redirect to no port": (lambda server: server.leads("/x", "http://a:99999/"), "not an address that can be used"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_not_as_agreed_is_unreadable(server: Misbehaving, name: str) -> None:
    """What comes in another form than was asked for, or larger than agreed, is refused and not asked for again."""
    behave, reason = UNREADABLE[name]
    behave(server)
    with Fetcher(Limits(bytes=1_000_000), allow=["127.0.0.1"]) as fetcher:
        assert reason in refusal(fetcher, server.address("/x?key=secret"), Unreadable)
    assert server.count("/x") == 1


def test_a_limit_is_not_hit_by_what_just_fits(server: Misbehaving, fetcher: Fetcher) -> None:
    """A document of exactly as many bytes as are allowed comes, packed or not."""
    for packed in (False, True):
        server.answers("/x", bytes(1_000_000), packed=packed, sized="chunks")
        fetched = fetcher.get(server.address("/x"))
        assert fetched is not None
        assert len(fetched.body) == 1_000_000


def test_a_bomb_is_never_unpacked(server: Misbehaving, fetcher: Fetcher) -> None:
    """A hundred million zeros in a small gzip end at the limit, and take no more memory than that."""
    server.bombs("/x", 100_000_000)
    began = time.monotonic()
    tracemalloc.start()
    try:
        assert "is larger than the limit of 1,000,000 bytes" in refusal(fetcher, server.address("/x"), Unreadable)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 6_000_000
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("from_the_top", [False, True])
def test_a_drip_ends_at_the_deadline(server: Misbehaving, from_the_top: bool) -> None:
    """A publisher that is never silent and never done has only so long, in its headers as in its body."""
    server.drips("/x", from_the_top=from_the_top)
    began = time.monotonic()
    with Fetcher(Limits(seconds=0.5, silence=5), allow=["127.0.0.1"]) as fetcher:
        said = refusal(fetcher, server.address("/x"), Unreachable)
    assert said == f"{server.address('/x')} did not come within 0.5 seconds"
    assert 0.45 < time.monotonic() - began < 1.5
    assert server.count("/x") == 1


def test_attempts_share_one_deadline(server: Misbehaving) -> None:
    """Asking again does not begin the seconds anew."""
    server.keeps_silent("/x")
    began = time.monotonic()
    with Fetcher(Limits(seconds=0.8, silence=0.1, attempts=50), allow=["127.0.0.1"]) as fetcher:
        said = refusal(fetcher, server.address("/x"), Unreachable)
    assert "keeps silent for 0.1 seconds, and there is no time left to ask again" in said or "within 0.8 s" in said
    assert time.monotonic() - began < 1.3
    assert server.count("/x") > 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451, 501, 505])
def test_a_no_is_not_asked_again(server: Misbehaving, status: int) -> None:
    """What will be answered the same the next time is not asked a second time."""
    server.fails("/x", status)
    with Fetcher(Limits(), allow=["127.0.0.1"]) as fetcher:
        refusal(fetcher, server.address("/x"), Unreachable)
    assert server.count("/x") == 1


@pytest.mark.parametrize(
    ("breaks", "attempts"),
    [
        (lambda server: server.fails("/x", 503), 3),
        (lambda server: server.breaks_off("/x", TABLE), 2),
        (lambda server: server.answers("/x", PACKED[:-1], headers={"Content-Encoding": "gzip"}), 2),
    ],
)
def test_it_is_given_up_after_some_attempts(
    server: Misbehaving, breaks: Callable[[Misbehaving], Any], attempts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What fails each time is asked for as often as the limit says, and the refusal says how often that was."""
    monkeypatch.setattr(fetching, "_FIRST_PAUSE", 0.05)
    breaks(server)
    with Fetcher(Limits(attempts=attempts), allow=["127.0.0.1"]) as fetcher:
        assert refusal(fetcher, server.address("/x"), Unreachable).endswith(f"(asked {attempts} times)")
    assert server.count("/x") == attempts


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that refuses, or that has no address, is unreachable, and named."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with Fetcher(ONCE, allow=["127.0.0.1"]) as fetcher:
        said = refusal(fetcher, f"http://127.0.0.1:{port}/x?key=secret", Unreachable)
        assert said == f"http://127.0.0.1:{port}/x refuses the connection"
        monkeypatch.setattr(socket, "getaddrinfo", no_address)
        said = refusal(fetcher, "http://publisher.invalid/x", Unreachable)
        assert said == "http://publisher.invalid/x has a host whose name cannot be resolved"


def test_a_certificate_for_another_name_is_not_trusted(tmp_path: Path) -> None:
    """Who cannot show that it is the publisher is not, whoever signed it, and is not asked again."""
    context, trusted = server_for("elsewhere.example", tmp_path)
    with Misbehaving(context) as server, Fetcher(Limits(), allow=["127.0.0.1", "::1"]) as fetcher:
        url = server.address("/x", "localhost")
        assert "has a certificate that is not to be trusted (self" in refusal(fetcher, url, Unreachable)
        fetcher._session.verify = str(trusted)
        assert "has a certificate that is not to be trusted (Hostname mismatch" in refusal(fetcher, url, Unreachable)
        assert server.connections == 2
        assert not server.requests


@pytest.mark.parametrize(
    ("behave", "reason"),
    [
        (lambda server: server.drips("/x"), "did not come within 0.5 seconds"),
        (lambda server: server.breaks_off("/x", TABLE), "breaks off before its end"),
        (lambda server: server.leads("/x", "http://localhost/"), "leads to http://localhost/, out of the encryption"),
    ],
)
def test_encryption_changes_no_limit(tmp_path: Path, behave: Callable[[Misbehaving], Any], reason: str) -> None:
    """What holds for an open connection holds for an encrypted one, and nothing leads out of it."""
    context, trusted = server_for("localhost", tmp_path)
    with (
        Misbehaving(context) as server,
        Fetcher(Limits(seconds=0.5, attempts=1), allow=["127.0.0.1", "::1"]) as fetcher,
    ):
        behave(server)
        fetcher._session.verify = str(trusted)
        kind = Forbidden if "encryption" in reason else Unreachable
        assert refusal(fetcher, server.address("/x", "localhost"), kind).endswith(reason)


def test_a_handshake_that_never_comes_ends() -> None:
    """A host that takes connections and never speaks is silent also for those who want encryption."""
    with socket.create_server(("127.0.0.1", 0)) as mute, Fetcher(ONCE, allow=["127.0.0.1"]) as fetcher:
        began = time.monotonic()
        url = f"https://127.0.0.1:{mute.getsockname()[1]}/x"
        assert refusal(fetcher, url, Unreachable) == f"{url} keeps silent for 0.3 seconds"
        assert time.monotonic() - began < 2


@pytest.mark.parametrize("packed", [{}, {"Content-Encoding": "gzip"}])
def test_nothing_is_read_of_what_comes_with_a_redirect(
    server: Misbehaving, fetcher: Fetcher, packed: dict[str, str]
) -> None:
    """What comes with a redirect or an error may be endless; nobody waits for it."""
    piece = gzip.compress(bytes(10_000_000)) if packed else bytes(65_536)
    server.streams("/x", piece, headers={"Location": "/y", **packed}, status=302)
    server.streams("/y", piece, headers=packed, status=404)
    began = time.monotonic()
    assert refusal(fetcher, server.address("/x"), Unreachable) == f"{server.address('/y')} answers 404 Not Found"
    assert time.monotonic() - began < 2
