"""The guard: which addresses a source may be fetched from, whatever name, redirect or notation leads to them."""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final, NamedTuple

from regiolog.events.errors import Forbidden, Unreadable

Address = IPv4Address | IPv6Address

_GIVEN_OUT: Final = IPv6Network("2000::/3")
"""All of IPv6 that is given out for use across the internet."""
_NOT_THERE: Final = (IPv6Network("2001:db8::/32"), IPv6Network("3fff::/20"))
"""Documentation's part of it."""
_NAT64: Final = IPv6Network("64:ff9b::/96")
"""IPv4 addresses as a network without IPv4 writes them (RFC 6052): the last four bytes."""

_WITH_PORT: Final = re.compile(r"(?:\[(?P<six>[^\]]+)\]|(?P<four>[0-9.]+))(?::(?P<port>[0-9]{1,5}))?")


class Place(NamedTuple):
    """Where a connection goes: what the system said of a name, and nothing that could be looked up again.

    Attributes:
        family: Which kind of address.
        socket_address: As sockets take it.
    """

    family: socket.AddressFamily
    socket_address: tuple[Any, ...]


class _Allowed(NamedTuple):
    """Addresses that may be reached although they are not public, at one port or at any."""

    network: IPv4Network | IPv6Network
    port: int | None


class Guard:
    """Looks at the addresses that a name leads to, before anything is sent there.

    A name is resolved once. What comes back is looked at, and exactly that is connected to, so that a second look-up
    cannot lead elsewhere. One address that is refused refuses them all: a publisher has no reason to mix them.

    Args:
        allow: Addresses that may be reached although they are not public: a network (``10.0.0.0/8``), an address
            (``127.0.0.1``, ``::1``), or one with a port (``127.0.0.1:8080``, ``[::1]:8080``).

    Raises:
        ValueError: An entry is none of these.
    """

    def __init__(self, allow: Sequence[str] = ()) -> None:
        self._allowed = [_allowed(entry) for entry in allow]

    def places(self, host: str, port: int) -> list[Place]:
        """Where a host is to be found.

        Args:
            host: Its name or address, in any notation that the system takes.
            port: At which port.

        Raises:
            Forbidden: It has an address that is neither public nor allowed.
            Unreadable: It is not a name.
            OSError: Its name cannot be resolved.
        """
        try:
            found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
        except UnicodeError:
            raise Unreadable(f"{printable(host)} is not the name of a host") from None
        for *_, where in found:
            address = _address(str(where[0]))
            if not is_public(address) and not self._allows(address, port):
                leads = "" if host == str(address) else f" leads to {address}, which"
                said = f"is not a public address, and its source does not allow it at port {port}"
                raise Forbidden(f"{printable(host)}{leads} {said}")
        return [Place(family, where) for family, _, _, _, where in found]

    def _allows(self, address: Address, port: int) -> bool:
        return any(
            allowed.port in {None, port} and address.version == allowed.network.version and address in allowed.network
            for allowed in self._allowed
        )


def is_public(address: Address) -> bool:
    """Whether an address belongs to somebody on the internet, and so to none of our own networks.

    An IPv4 address inside an IPv6 one (mapped, NAT64, 6to4) is looked at for what it is.
    """
    if isinstance(address, IPv4Address):
        return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)
    inside = address.ipv4_mapped or address.sixtofour
    if inside is None and address in _NAT64:
        inside = IPv4Address(address.packed[-4:])
    if inside is not None:
        return is_public(inside)
    return address.is_global and address in _GIVEN_OUT and not any(address in network for network in _NOT_THERE)


def printable(text: str, longest: int = 200) -> str:
    """A text from elsewhere as it fits in a sentence."""
    shown = "".join(char if char.isprintable() else "?" for char in text[:longest])
    return shown if len(text) <= longest else f"{shown}…"


def _address(text: str) -> Address:
    """An address without the network card that it may name; one of IPv4 in the form of IPv6 is one of IPv4."""
    address = ip_address(text.partition("%")[0])
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _allowed(entry: str) -> _Allowed:
    try:
        if "/" in entry:
            return _Allowed(ip_network(entry), None)
        split = _WITH_PORT.fullmatch(entry)
        if split is None:
            return _Allowed(ip_network(_address(entry)), None)
        port = split["port"]
        if port is not None and not 0 < int(port) < 2**16:
            raise ValueError(port)
        address = _address(split["six"] or split["four"])
        return _Allowed(ip_network(address), None if port is None else int(port))
    except ValueError:
        raise ValueError(
            f"{entry!r} cannot be allowed: write an address (127.0.0.1), one with a port (127.0.0.1:8080, [::1]:8080) "
            "or a network (10.0.0.0/8)"
        ) from None
