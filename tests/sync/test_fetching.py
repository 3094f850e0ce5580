"""Fetching what publishers publish: whole, politely, again only when it changed, and after a failure that passes."""

from __future__ import annotations

import gzip
import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from regiolog.events.errors import Interrupted, Unreachable
from regiolog.sync.sources import fetching
from regiolog.sync.sources.fetching import Fetched, Fetcher
from regiolog.sync.sources.source import Limits
from regiolog.sync.sources.validators import Validators
from tests.certificates import server_for
from tests.misbehaving import Misbehaving

TABLE = b"code,name\n" + b"11001,Aartselaar\n" * 2_000
SOON = Limits(seconds=10, silence=2, attempts=2, patience=2)
LONG_AGO = "Wed, 21 Oct 2015 07:28:00 GMT"


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    """Somebody who may fetch from this machine, and asks twice."""
    with Fetcher(SOON, allow=["127.0.0.1"]) as ready:
        yield ready


def got(fetched: Fetched | None) -> Fetched:
    """What was fetched, since it was not there before."""
    assert fetched is not None
    return fetched


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("sized", "is_told"), [("length", True), ("chunks", True), ("end", False)])
def test_a_document_comes_whole(server: Misbehaving, fetcher: Fetcher, sized: str, is_told: bool, packed: bool) -> None:
    """However its end is told, packed or not, all of a document comes, with what its publisher says of it."""
    server.answers("/list.csv", TABLE, etag='"1"', last_modified=LONG_AGO, sized=sized, packed=packed)
    fetched = got(fetcher.get(server.address("/list.csv?year=2026#top")))
    assert fetched._replace(headers={}) == Fetched(
        body=TABLE,
        media="text/csv",
        charset="utf-8",
        validators=Validators('"1"', LONG_AGO),
        url=server.address("/list.csv?year=2026"),
        whole=is_told or packed,
    )


@pytest.mark.parametrize(
    ("said", "media", "charset"),
    [
        (None, "", None),
        ("Text/Turtle", "text/turtle", None),
        ('text/csv; header=present; charset="ISO-8859-1"', "text/csv", "iso-8859-1"),
        ("nonsense", "nonsense", None),
        ("text/csv;;; charset", "text/csv", None),
    ],
)
def test_the_media_type_is_read_as_it_was_said(
    server: Misbehaving, fetcher: Fetcher, said: str | None, media: str, charset: str | None
) -> None:
    """The media type comes in lower case and without parameters, the encoding apart, and nothing is guessed."""
    server.answers("/list", TABLE, media=said)
    fetched = got(fetcher.get(server.address("/list")))
    assert (fetched.media, fetched.charset) == (media, charset)


def test_a_page_that_says_error_is_handed_on_as_the_page_it_is(server: Misbehaving, fetcher: Fetcher) -> None:
    """Whether HTML is what the source should be is for the reader to see, by its media type."""
    server.shows_an_error_as_a_page("/list.csv")
    assert got(fetcher.get(server.address("/list.csv"))).media == "text/html"


def test_several_gzips_in_a_row_are_one_document(server: Misbehaving, fetcher: Fetcher) -> None:
    """A gzip may consist of several, as tools that pack in parallel make it."""
    both = gzip.compress(TABLE) + gzip.compress(b"23088,Vilvoorde\n")
    server.answers("/list.csv", both, headers={"Content-Encoding": "x-gzip"})
    assert got(fetcher.get(server.address("/list.csv"))).body == TABLE + b"23088,Vilvoorde\n"


def test_what_has_not_changed_is_not_fetched_again(server: Misbehaving, fetcher: Fetcher) -> None:
    """Both validators are given back, and a document that is still the same does not come."""
    server.answers("/list.csv", TABLE, etag='W/"é"', last_modified=LONG_AGO)
    first = got(fetcher.get(server.address("/list.csv")))
    assert fetcher.get(server.address("/list.csv"), validators=first.validators) is None
    headers = server.requests[1].headers
    assert (headers["if-none-match"], headers["if-modified-since"]) == ('W/"é"', LONG_AGO)
    server.answers("/list.csv", TABLE + b"more", etag='"2"')
    changed = got(fetcher.get(server.address("/list.csv"), validators=first.validators))
    assert (changed.body, changed.validators) == (TABLE + b"more", Validators('"2"', None))


@pytest.mark.parametrize(
    ("validators", "header"),
    [(Validators(etag='"1"'), "if-none-match"), (Validators(last_modified=LONG_AGO), "if-modified-since")],
)
def test_one_validator_is_enough(server: Misbehaving, fetcher: Fetcher, validators: Validators, header: str) -> None:
    """A publisher that gave one of them is asked with that one alone."""
    server.answers("/list.csv", TABLE, etag=validators.etag, last_modified=validators.last_modified)
    assert fetcher.get(server.address("/list.csv"), validators=validators) is None
    assert {"if-none-match", "if-modified-since"} & set(server.requests[0].headers) == {header}


@pytest.mark.parametrize("etag", ['"1"\r\nX-More: 1', '"€"', "", " ", "x" * 2_000])
def test_a_validator_that_fits_in_no_header_is_forgotten(server: Misbehaving, fetcher: Fetcher, etag: str) -> None:
    """What was kept and cannot be sent makes the document come anew, and adds no header of somebody's choice."""
    server.answers("/list.csv", TABLE)
    assert got(fetcher.get(server.address("/list.csv"), validators=Validators(etag))).body == TABLE
    assert not {"if-none-match", "x-more"} & set(server.requests[0].headers)


def test_publishers_see_who_asks(server: Misbehaving, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A request says who we are and where to reach us, what is wanted, and nothing that the machine knows besides."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    server.answers("/list.csv", TABLE, headers={"Set-Cookie": "who=we; Path=/"})
    with Fetcher(SOON, allow=["127.0.0.1"], contact="https://register.example/about") as fetcher:
        fetcher.get(server.address("/list.csv"), accept="text/csv")
        fetcher.get(server.address("/list.csv"))
    assert server.requests[0].headers == {
        "host": f"127.0.0.1:{server.port}",
        "user-agent": f"regiolog/{version('regiolog')} (+https://register.example/about)",
        "accept-encoding": "gzip",
        "accept": "text/csv",
        "connection": "keep-alive",
    }
    assert "cookie" not in server.requests[1].headers
    with Fetcher(SOON, allow=["127.0.0.1"]) as fetcher:
        fetcher.get(server.address("/list.csv"))
    assert server.requests[2].headers["user-agent"].startswith(f"regiolog/{version('regiolog')} (")
    assert "://" not in server.requests[2].headers["user-agent"]


def test_a_form_is_sent_and_its_answer_fetched(server: Misbehaving, fetcher: Fetcher) -> None:
    """An endpoint is asked with a form, and asked again when it fails for the moment."""
    server.fails("/sparql", 503, times=1)
    server.answers("/sparql", b"s,p\n")
    query = "SELECT * { ?s rdfs:label 'Één & ander' }"
    assert fetcher.post(server.address("/sparql"), {"query": query}, accept="text/csv").body == b"s,p\n"
    for asked in server.asked("/sparql"):
        assert (asked.method, parse_qs(asked.body.decode())) == ("POST", {"query": [query]})
        assert asked.headers["content-type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("status", "method"), [(301, "POST"), (302, "POST"), (303, "GET"), (307, "POST"), (308, "POST")]
)
def test_a_form_goes_where_the_endpoint_has_gone(
    server: Misbehaving, fetcher: Fetcher, status: int, method: str
) -> None:
    """A query that is sent on stays a query; only 303 says that the answer lies elsewhere."""
    server.leads("/sparql", "/new", status=status)
    server.answers("/new", b"s,p\n")
    assert fetcher.post(server.address("/sparql"), {"query": "ASK {}"}, accept="text/csv").body == b"s,p\n"
    (asked,) = server.asked("/new")
    assert (asked.method, asked.body) == (method, b"query=ASK+%7B%7D" if method == "POST" else b"")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(server: Misbehaving, fetcher: Fetcher, status: int) -> None:
    """A document is fetched from where it lies now, which is told, and asked for with the same validators."""
    server.leads("/list", "two?a=1#b", status=status)
    server.leads("/two", server.address("/lijst-é.csv").replace("é", "\u00c3\u00a9"))  # UTF-8, as headers carry it
    server.answers("/lijst-%C3%A9.csv", TABLE, etag='"1"')
    fetched = got(fetcher.get(server.address("/list")))
    assert (fetched.body, fetched.url) == (TABLE, server.address("/lijst-%C3%A9.csv"))
    assert fetcher.get(server.address("/list"), validators=fetched.validators) is None


def test_a_connection_is_used_again(server: Misbehaving, fetcher: Fetcher) -> None:
    """Pages of one endpoint come over one connection."""
    server.answers("/list.csv", TABLE)
    for _ in range(3):
        fetcher.get(server.address("/list.csv"))
    assert (server.count("/list.csv"), server.connections) == (3, 1)


PASSING: dict[str, Callable[[Misbehaving], Any]] = {
    "429": lambda server: server.fails("/list.csv", 429, times=1),
    "500": lambda server: server.fails("/list.csv", 500, times=1),
    "502": lambda server: server.fails("/list.csv", 502, times=1),
    "503": lambda server: server.fails("/list.csv", 503, times=1),
    "504": lambda server: server.fails("/list.csv", 504, times=1),
    "a Retry-After that cannot be read": lambda server: server.fails("/list.csv", 503, retry_after="soon", times=1),
    "a negative Retry-After": lambda server: server.fails("/list.csv", 503, retry_after="-5", times=1),
    "a Retry-After of the past": lambda server: server.fails("/list.csv", 503, retry_after=LONG_AGO, times=1),
    "a reset": lambda server: server.resets("/list.csv", times=1),
    "a reset in the body": lambda server: server.resets("/list.csv", in_the_body=True, times=1),
    "no answer": lambda server: server.hangs_up("/list.csv", times=1),
    "no HTTP": lambda server: server.says("/list.csv", b"\x00\x01 what?\r\n\r\n", times=1),
    "a body that breaks off": lambda server: server.breaks_off("/list.csv", TABLE, times=1),
    "chunks that break off": lambda server: server.breaks_off("/list.csv", TABLE, sized="chunks", times=1),
    "a gzip that breaks off": lambda server: server.breaks_off("/list.csv", TABLE, sized="end", packed=True, times=1),
}


@pytest.mark.parametrize("name", PASSING)
def test_what_may_pass_is_asked_again(
    server: Misbehaving, fetcher: Fetcher, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A publisher that stumbles once is asked again, after a pause, and nothing of the first attempt is kept."""
    monkeypatch.setattr(fetching, "_FIRST_PAUSE", 0.1)
    PASSING[name](server)
    server.answers("/list.csv", TABLE)
    assert got(fetcher.get(server.address("/list.csv"))).body == TABLE
    first, second = server.asked("/list.csv")
    assert second.arrived - first.arrived > 0.04


def test_silence_is_asked_again(server: Misbehaving) -> None:
    """A publisher that says nothing is waited for only so long."""
    server.keeps_silent("/list.csv", times=1)
    server.answers("/list.csv", TABLE)
    with Fetcher(Limits(seconds=10, silence=0.2, attempts=2), allow=["127.0.0.1"]) as fetcher:
        assert got(fetcher.get(server.address("/list.csv"))).body == TABLE


def test_pauses_grow(server: Misbehaving, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each pause is longer than the one before it."""
    monkeypatch.setattr(fetching, "_FIRST_PAUSE", 0.2)
    server.fails("/list.csv", 500, times=2)
    server.answers("/list.csv", TABLE)
    with Fetcher(Limits(seconds=10, attempts=3), allow=["127.0.0.1"]) as fetcher:
        fetcher.get(server.address("/list.csv"))
    first, second, third = (asked.arrived for asked in server.requests)
    assert 0.09 < second - first < 0.2 + 0.2
    assert 0.19 < third - second < 0.4 + 0.2


@pytest.mark.parametrize("by", ["seconds", "date"])
def test_a_wish_to_be_left_alone_is_heeded(server: Misbehaving, fetcher: Fetcher, by: str) -> None:
    """Nobody comes back before the time that ``Retry-After`` names, in seconds or as a date."""
    whole_second = datetime.now(UTC).replace(microsecond=0)
    wish = "1" if by == "seconds" else format_datetime(whole_second + timedelta(seconds=2), usegmt=True)
    server.fails("/list.csv", 503, retry_after=wish, times=1)
    server.answers("/list.csv", TABLE)
    assert got(fetcher.get(server.address("/list.csv"))).body == TABLE
    first, second = server.requests
    assert second.arrived - first.arrived >= 0.99
    if by == "date":
        assert datetime.now(UTC) >= whole_second + timedelta(seconds=2)


def test_a_date_is_counted_from_the_publishers_clock_too(server: Misbehaving, fetcher: Fetcher) -> None:
    """A publisher whose clock is behind ours wants as many seconds as its own clock counts."""
    server.fails("/list.csv", 503, retry_after="Wed, 21 Oct 2015 07:28:01 GMT", date=LONG_AGO, times=1)
    server.answers("/list.csv", TABLE)
    fetcher.get(server.address("/list.csv"))
    first, second = server.requests
    assert second.arrived - first.arrived >= 0.99


@pytest.mark.parametrize(
    ("wish", "shown"),
    [
        ("3", "3 seconds"),
        ("86400", "86400 seconds"),
        ("9" * 50, "[0-9]{50,51} seconds"),
        ("Fri, 31 Dec 9999 23:59:59 GMT", "[0-9]{12} seconds"),
    ],
)
def test_a_wish_that_is_too_long_ends_it(server: Misbehaving, fetcher: Fetcher, wish: str, shown: str) -> None:
    """Who asks to be left alone for longer than we wait is left alone, and not asked a bit earlier."""
    server.fails("/list.csv", 429, retry_after=wish)
    with pytest.raises(Unreachable, match=rf"429 Too Many Requests and asks to be left alone for .*{shown}") as told:
        fetcher.get(server.address("/list.csv"))
    assert server.count("/list.csv") == 1
    assert told.value.after is not None
    assert re.search(shown, f"{told.value.after:.0f} seconds")


def test_a_wish_beyond_the_deadline_ends_it(server: Misbehaving) -> None:
    """There is no use in waiting for a time that will not come."""
    server.fails("/list.csv", 503, retry_after=30)
    began = time.monotonic()
    with (
        Fetcher(Limits(seconds=5, patience=60), allow=["127.0.0.1"]) as fetcher,
        pytest.raises(Unreachable, match="30 s"),
    ):
        fetcher.get(server.address("/list.csv"))
    assert time.monotonic() - began < 1


INTERRUPTED: dict[str, Callable[[Misbehaving], Any]] = {
    "in a drip": lambda server: server.drips("/list.csv"),
    "in a drip of headers": lambda server: server.drips("/list.csv", from_the_top=True),
    "in silence": lambda server: server.keeps_silent("/list.csv"),
    "in a stream": lambda server: server.streams("/list.csv", b"x"),
    "between attempts": lambda server: server.fails("/list.csv", 503, retry_after=20),
}


@pytest.mark.parametrize("name", INTERRUPTED)
def test_it_ends_when_told_to(server: Misbehaving, name: str) -> None:
    """Whatever is being waited for, being told to end ends it at once."""
    INTERRUPTED[name](server)
    stop = threading.Event()
    timer = threading.Timer(0.2, stop.set)
    with Fetcher(Limits(bytes=2**40), allow=["127.0.0.1"], stop=stop) as fetcher:
        timer.start()
        began = time.monotonic()
        with pytest.raises(Interrupted, match=r"list\.csv was not fetched to its end"):
            fetcher.get(server.address("/list.csv"))
    assert 0.15 < time.monotonic() - began < 2
    assert server.count("/list.csv") == 1


def test_nothing_begins_after_the_end(server: Misbehaving) -> None:
    """Somebody who was told to end asks nobody for anything."""
    stop = threading.Event()
    stop.set()
    with Fetcher(SOON, allow=["127.0.0.1"], stop=stop) as fetcher, pytest.raises(Interrupted):
        fetcher.get(server.address("/list.csv"))
    assert not server.requests


def test_a_proxy_is_used_when_it_is_named() -> None:
    """The proxy that the settings name is asked for everything, and may lie on this machine."""
    with Misbehaving() as proxy, Fetcher(SOON, proxy=f"http://me:pass@127.0.0.1:{proxy.port}") as fetcher:
        proxy.answers("http://publisher.example/list.csv", TABLE)
        assert got(fetcher.get("http://publisher.example/list.csv")).body == TABLE
        assert proxy.requests[0].headers["proxy-authorization"] == "Basic bWU6cGFzcw=="
        with pytest.raises(Unreachable, match=r"^https://publisher\.example/x cannot be reached through the proxy"):
            fetcher.get("https://publisher.example/x")
        assert {asked.method for asked in proxy.requests[1:]} == {"CONNECT"}


def test_encryption_knows_the_publisher_by_name(tmp_path: Path) -> None:
    """A publisher is connected to by address and still has to show a certificate for its name, which it is told."""
    context, trusted = server_for("localhost", tmp_path)
    told: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: told.append(name)
    with Misbehaving(context) as server, Fetcher(SOON, allow=["127.0.0.1", "::1"]) as fetcher:
        server.answers("/list.csv", TABLE, packed=True)
        fetcher._session.verify = str(trusted)
        assert got(fetcher.get(server.address("/list.csv", "localhost"))).body == TABLE
    assert told == ["localhost"]
