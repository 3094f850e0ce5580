"""Connections of ``requests`` that pass the guard and keep to a patience, for HTTP and HTTPS."""

from __future__ import annotations

import socket
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.ssl_ import create_urllib3_context

from regiolog.sync.sources.guard import Guard, Place
from regiolog.sync.sources.patience import Patience


class GuardedAdapter(HTTPAdapter):
    """Opens the connections of a session. It retries nothing: who asks again, and when, is decided in one place.

    Args:
        guard: Says which addresses may be reached; for a proxy, which its operator named, it is not asked.
        patience: Says for how long something is waited for.
    """

    def __init__(self, guard: Guard, patience: Patience) -> None:
        self._guard = guard
        self._patience = patience
        super().__init__(max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:
        """Prepare connections that go straight to a publisher."""
        super().init_poolmanager(connections, maxsize, block=block, **self._options(), **options)
        self.poolmanager.pool_classes_by_scheme = self._pools()

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """Prepare connections that go through a proxy."""
        manager = super().proxy_manager_for(proxy, **self._options(), **options)
        manager.pool_classes_by_scheme = self._pools()
        return manager

    def _options(self) -> dict[str, Any]:
        return {"ssl_context": self._patience.encryption(create_urllib3_context())}

    def _pools(self) -> dict[str, type[HTTPConnectionPool]]:
        connect = self._connect

        class Plain(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                return connect(self)

        class Encrypted(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                return connect(self)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class EncryptedPool(HTTPSConnectionPool):
            ConnectionCls = Encrypted

        return {"http": PlainPool, "https": EncryptedPool}

    def _connect(self, connection: HTTPConnection) -> socket.socket:
        """Connect to the first address that answers; what is raised is what the last one did."""
        failed: OSError | None = None
        for place in self._places(connection):
            try:
                return self._patience.connection(place)
            except OSError as error:
                failed = error
        raise failed or OSError("there is no address")

    def _places(self, connection: HTTPConnection) -> list[Place]:
        host, port = connection._dns_host, connection.port  # noqa: SLF001 - with the dot that it may end in
        if connection.proxy is None:
            return self._guard.places(host, port)
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
        return [Place(family, where) for family, _, _, _, where in found]
