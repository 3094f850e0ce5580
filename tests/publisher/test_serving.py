"""A port is claimed before anything is done, and no second service finds it free."""

from __future__ import annotations

import socket

import pytest

from regiolog.publisher.server.serving import Listened, PortTaken, _claimed


def test_a_free_port_is_found() -> None:
    """Port 0 stands for any; the address says which it became."""
    with _claimed("localhost", 0) as listened:
        assert listened.port > 0
        assert listened.url == f"http://localhost:{listened.port}/"


def test_a_claimed_port_is_taken_though_nobody_listens_yet() -> None:
    """A second service that starts while the first one loads is told."""
    with (
        _claimed("127.0.0.1", 0) as listened,
        pytest.raises(PortTaken, match=f"port {listened.port} of 127.0.0.1 is already in use"),
        _claimed("127.0.0.1", listened.port),
    ):
        pass
    with _claimed("127.0.0.1", listened.port):
        pass


def test_a_port_that_somebody_shares_is_taken_too() -> None:
    """Else each of the two would get some of the requests."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(PortTaken), _claimed("127.0.0.1", other.getsockname()[1]):
            pass


def test_a_host_that_there_is_not_is_named() -> None:
    """One sentence, with the host and the port."""
    with (
        pytest.raises(PortTaken, match=r"port 8000 of nowhere\.invalid cannot be used"),
        _claimed("nowhere.invalid", 8000),
    ):
        pass


@pytest.mark.parametrize(
    ("host", "address", "url"),
    [
        ("0.0.0.0", "0.0.0.0", "http://localhost:80/"),
        ("::", "::", "http://localhost:80/"),
        ("2001:db8::1", "2001:db8::1", "http://[2001:db8::1]:80/"),
        ("regio.example.org", "192.0.2.1", "http://regio.example.org:80/"),
    ],
)
def test_the_address_can_be_typed_into_a_browser(host: str, address: str, url: str) -> None:
    """Every interface is shown as this machine, and an IPv6 address in brackets."""
    assert Listened(host, address, 80).url == url
