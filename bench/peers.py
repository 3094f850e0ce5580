"""The peers that we are measured beside, each started on a free port, on the snapshot or the file that it is given."""

from __future__ import annotations

import shutil
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.processes import HOST, Server, free_port, running

ENVIRONMENT: Final = Path(sys.prefix) / "peers"
"""Where `make peers` installs those that are Python packages: inside the environment that this runs in."""
_SBIN: Final = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"
"""Where nginx is, which need not be in a user's path."""

_NGINX: Final = """
daemon off;
master_process off;
pid {scratch}/nginx.pid;
error_log {scratch}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    sendfile on;
    open_file_cache max=100;
    keepalive_requests 1000000000;
    default_type "{media_type}";
    etag on;
    client_body_temp_path {scratch}/body;
    proxy_temp_path {scratch}/proxy;
    fastcgi_temp_path {scratch}/fastcgi;
    uwsgi_temp_path {scratch}/uwsgi;
    scgi_temp_path {scratch}/scgi;
    server {{
        listen {host}:{port};
        root {root};
        add_header Cache-Control "public, max-age=31536000, immutable";
        location / {{ try_files $uri $uri.file =404; }}
    }}
}}
"""


class PeerMissing(Exception):
    """A peer is not installed, so that what is measured beside it is left out.

    Args:
        peer: What it is called.
        remedy: How to get it, as the end of a sentence.
    """

    def __init__(self, peer: str, remedy: str) -> None:
        super().__init__(f"{peer} is missing: {remedy}")
        self.peer = peer
        self.remedy = remedy


def left_out(missing: PeerMissing, numbers: list[str]) -> str:
    """One sentence about a peer that is missing.

    Args:
        missing: The peer.
        numbers: The goals whose rows are left out for it.
    """
    rows = " and ".join(filter(None, [", ".join(numbers[:-1]), numbers[-1]]))
    return f"{missing.peer} is not installed, so the rows of {rows} beside it are left out; {missing.remedy}"


def program(name: str, peer: str) -> Path:
    """A program of the peers' environment.

    Args:
        name: What it is called.
        peer: For which peer it is.

    Raises:
        PeerMissing: It is not there.
    """
    path = ENVIRONMENT / "bin" / name
    # A half-made environment has its python, and not yet its packages.
    if not path.exists() or not (ENVIRONMENT / ".made").exists():
        raise PeerMissing(peer, "`make peers` installs it")
    return path


@contextmanager
def oxigraph(snapshot: bytes, scratch: Path) -> Iterator[Server]:
    """The SPARQL server of oxigraph itself, ``/query``, with its store in memory as ours is.

    Args:
        snapshot: What it holds, as N-Triples.
        scratch: A folder of its own.

    Raises:
        PeerMissing: It is not installed.
    """
    port = free_port()
    command: list[str | Path] = [program("oxigraph", "oxigraph"), "serve", "--bind", f"{HOST}:{port}"]
    with running(command, port, log=scratch / "log") as server:
        load = urllib.request.Request(
            f"http://{HOST}:{port}/store?default",
            data=snapshot,
            headers={"Content-Type": "application/n-triples"},
            method="POST",
        )
        with urllib.request.urlopen(load, timeout=600) as answer:
            answer.read()
        yield server


@contextmanager
def rdflib_endpoint(snapshot: bytes, scratch: Path) -> Iterator[Server]:
    """The SPARQL endpoint made of FastAPI and rdflib, ``/``, in one process.

    Args:
        snapshot: What it holds, as N-Triples.
        scratch: A folder of its own.

    Raises:
        PeerMissing: It is not installed.
    """
    python = program("python", "rdflib-endpoint")
    file, port = scratch / "snapshot.nt", free_port()
    file.write_bytes(snapshot)
    command: list[str | Path] = [python, "-P", Path(__file__).with_name("rdflib_peer.py"), file, str(port)]
    with running(command, port, log=scratch / "log") as server:
        yield server


@contextmanager
def nginx(files: Mapping[str, bytes], media_type: str, scratch: Path, port: int | None = None) -> Iterator[Server]:
    """One nginx that serves files; it gives what ends in ``.file`` under the name without that, too.

    Args:
        files: What is in them, by their paths, as ``page`` or ``feed/1.file``.
        media_type: What they are served as.
        scratch: A folder of its own.
        port: Where it listens; a free one unless given.

    Raises:
        PeerMissing: It is not installed.
    """
    found = shutil.which("nginx") or shutil.which("nginx", path=_SBIN)
    if found is None:
        raise PeerMissing("nginx", "on Debian and Ubuntu `apt install nginx-light` brings it")
    root, port = scratch / "files", port or free_port()
    for name, body in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(body)
    config = scratch / "nginx.conf"
    config.write_text(
        _NGINX.format(scratch=scratch, host=HOST, port=port, root=root, media_type=media_type), encoding="utf-8"
    )
    command: list[str | Path] = [found, "-e", str(scratch / "error.log"), "-c", str(config)]
    with running(command, port, log=scratch / "log", path=f"/{next(iter(files))}") as server:
        yield server


def ldes_client() -> Path:
    """The LDES client that is a program of Node.

    Raises:
        PeerMissing: It is not installed.
    """
    path = Path(sys.prefix) / "npm" / "ldes-client-0.3.0" / "node_modules" / ".bin" / "ldes-client"
    if not path.exists():
        raise PeerMissing("ldes-client", "`make peers` installs it where npm is")
    return path
