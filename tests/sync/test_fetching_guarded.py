"""From where nothing is fetched: what lies inside, whatever name, notation or redirect leads there."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from ipaddress import ip_address

import pytest

from regiolog.events.errors import Forbidden, HarvestFailed, Unreadable
from regiolog.sync.sources.fetching import Fetcher
from regiolog.sync.sources.guard import Guard, is_public
from regiolog.sync.sources.source import Limits
from tests.misbehaving import Misbehaving
from tests.sync.refusals import refusal

ONCE = Limits(seconds=5, silence=1, attempts=1)


@pytest.fixture
def fetcher(server: Misbehaving) -> Iterator[Fetcher]:
    """Somebody who may fetch from that publisher and from nowhere else inside, and asks once."""
    with Fetcher(ONCE, allow=[f"127.0.0.1:{server.port}"]) as ready:
        yield ready


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1.2.3",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "localhost",
        "[::1]",
        "[::]",
        "[fe80::1]",
        "[fc00::1]",
        "[fec0::1]",
        "[ff02::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:10.0.0.1]",
        "[::127.0.0.1]",
        "[64:ff9b::10.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::1]",
        "[2002:7f00:1::1]",
        "[2002:a00:1::]",
        "[2001::1]",
        "[2001:db8::1]",
        "[3fff::1]",
        "[4000::1]",
    ],
)
def test_nothing_is_fetched_from_inside(host: str) -> None:
    """An address that does not belong to somebody on the internet is refused in every notation, and not asked again."""
    with Fetcher(Limits(seconds=5)) as fetcher:
        said = refusal(fetcher, f"http://{host}:8080/x?key=secret", Forbidden)
    assert said.startswith(host.strip("[]"))
    assert said.endswith("is not a public address, and its source does not allow it at port 8080")


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "193.191.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"],
)
def test_what_is_public_is_not_refused(address: str) -> None:
    """Addresses on the internet are public, also where they are written in the other kind's form."""
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        (
            "http://169.254.169.254/latest/?key=secret",
            "leads to http://169.254.169.254/latest/, and 169.254.169.254 is not",
        ),
        ("http://localhost:1/", "leads to http://localhost:1/, and localhost leads to "),
        ("//127.0.0.1:1/", "leads to http://127.0.0.1:1/, and 127.0.0.1 is not a public address"),
        ("http://2130706433/", "2130706433 leads to 127.0.0.1, which is not a public address"),
        ("file:///etc/passwd", "leads to file:///etc/passwd, which is not fetched, since only http and https are"),
        ("ftp://publisher.example/x", "leads to ftp://publisher.example/x, which is not fetched"),
        ("data:text/csv,code", "leads to data:text/csv,code, which is not fetched"),
        ("gopher://127.0.0.1:6379/_FLUSHALL", "which is not fetched, since only http and https are"),
        ("http://me:secret@publisher.example/", "leads to http://publisher.example/, which is not fetched, since it"),
    ],
)
def test_no_redirect_leads_inside(server: Misbehaving, to: str, reason: str) -> None:
    """A publisher that may be asked cannot send us where we may not go, and is not asked again."""
    server.leads("/x", to)
    with Fetcher(Limits(), allow=[f"127.0.0.1:{server.port}"]) as fetcher:
        said = refusal(fetcher, server.address("/x?key=secret"), Forbidden)
    assert said.startswith(server.address("/x leads to "))
    assert reason in said
    assert server.count("/x") == 1


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("file:///etc/passwd", Forbidden),
        ("ftp://publisher.example/x", Forbidden),
        ("list.csv", Forbidden),
        ("", Forbidden),
        ("http://me:secret@publisher.example/", Forbidden),
        ("http:///x", Unreadable),
        ("http://[::1", Unreadable),
        ("http://a..b/", Unreadable),
        (f"http://{'a' * 70}.example/", Unreadable),
        ("http://publisher.example:99999/", Unreadable),
    ],
)
def test_an_address_that_is_none_is_refused(url: str, kind: type[HarvestFailed]) -> None:
    """What is not an address of a document on the web is said to be so."""
    with Fetcher(ONCE) as fetcher:
        refusal(fetcher, url, kind)


def resolves(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[object]:
    """Let names lead to these addresses, one list each time; the names that were looked up."""
    asked: list[object] = []

    def getaddrinfo(host: object, port: int, **_: object) -> list[tuple[object, ...]]:
        addresses = answers[min(len(asked), len(answers) - 1)]
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def test_a_name_that_leads_elsewhere_the_second_time_leads_nowhere(
    server: Misbehaving, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was looked at is what is connected to: a name is looked up once, so it cannot change between the two."""
    server.answers("/x", b"code,name\n")
    asked = resolves(monkeypatch, ["127.0.0.1"], ["10.255.255.1"])
    fetched = fetcher.get(server.address("/x", "publisher.example"))
    assert fetched is not None
    assert asked == ["publisher.example"]
    assert server.requests[0].headers["host"] == f"publisher.example:{server.port}"


def test_one_address_inside_refuses_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name with a public and a private address leads nowhere, whichever comes first."""
    resolves(monkeypatch, ["93.184.215.14", "10.0.0.1"])
    with Fetcher(ONCE) as fetcher:
        said = refusal(fetcher, "http://publisher.example/x", Forbidden)
    assert said.startswith(
        "publisher.example leads to 10.0.0.1, which is not a public address, and its source does not"
    )


@pytest.mark.parametrize(
    ("entry", "goes", "stays"),
    [
        ("127.0.0.1", [("127.0.0.1", 1), ("::ffff:127.0.0.1", 2)], [("127.0.0.2", 1)]),
        ("127.0.0.1:8080", [("127.0.0.1", 8080)], [("127.0.0.1", 8081)]),
        ("10.0.0.0/8", [("10.255.0.1", 80)], [("11.0.0.1", 80), ("127.0.0.1", 80), ("::1", 80)]),
        ("::1", [("::1", 80)], [("::2", 80), ("0.0.0.1", 80)]),
        ("[::1]", [("::1", 80)], [("127.0.0.1", 80)]),
        ("[::1]:8080", [("::1", 8080)], [("::1", 80)]),
        ("fc00::/7", [("fd00::1", 80)], [("fe80::1", 80)]),
        ("::ffff:10.0.0.1", [("10.0.0.1", 80)], [("10.0.0.2", 80)]),
    ],
)
def test_what_is_allowed_is_allowed_and_no_more(
    entry: str, goes: list[tuple[str, int]], stays: list[tuple[str, int]]
) -> None:
    """An address, a network or a port that is allowed opens the way to just that."""
    guard = Guard([entry])
    for host, port in goes:
        assert [place.socket_address[1] for place in guard.places(host, port)] == [port]
    for host, port in stays:
        if not is_public(ip_address(host)):
            with pytest.raises(Forbidden):
                guard.places(host, port)


@pytest.mark.parametrize(
    "entry",
    [
        "",
        "*",
        "localhost",
        "localhost:8080",
        "127.1",
        " 127.0.0.1",
        "127.0.0.1:0",
        "127.0.0.1:70000",
        "[127.0.0.1]x",
        "[::1]:",
        "10.0.0.1/8",
        "10.0.0.0/8:80",
        "::1/129",
    ],
)
def test_what_is_no_address_cannot_be_allowed(entry: str) -> None:
    """Names and slips are refused when the settings are read, with what would be accepted."""
    with pytest.raises(ValueError, match=r"cannot be allowed: write an address \(127\.0\.0\.1\)"):
        Fetcher(ONCE, allow=[entry])


@pytest.mark.parametrize("proxy", ["socks5://me:secret@127.0.0.1", "127.0.0.1:8080", "http://", ""])
def test_what_is_no_proxy_cannot_be_used(proxy: str) -> None:
    """A proxy is an address of HTTP; what is wrong with it is said without its password."""
    with pytest.raises(ValueError, match=r"is no proxy that can be used: write http://host:port") as refused:
        Fetcher(ONCE, proxy=proxy)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("contact", ["", "me@example.org\r\nX-More: 1", "Ünal", "x" * 300])
def test_what_fits_in_no_header_is_no_contact(contact: str) -> None:
    """A contact goes into a header, and so is plain."""
    with pytest.raises(ValueError, match="cannot be given as contact"):
        Fetcher(ONCE, contact=contact)
