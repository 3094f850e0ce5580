"""A register that is served as anybody would serve it: from the command line, on an empty folder, over HTTP."""

from __future__ import annotations

import csv
import io
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import requests

from tests.journeys.rebuilt import Rebuilt

PREFIXES = """
PREFIX rl: <https://w3id.org/regiolog/ns#>
PREFIX geo: <http://www.opengis.net/ont/geosparql#>
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX dc: <http://purl.org/dc/elements/1.1/>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX adms: <http://www.w3.org/ns/adms#>
PREFIX org: <http://www.w3.org/ns/org#>
"""
"""What queries of the tests begin with."""

REGIOLOG = Path(sys.executable).with_name("regiolog")


class Served(NamedTuple):
    """A running service, and how to ask it."""

    address: str
    data: Path

    def get(self, path: str, **params: str) -> requests.Response:
        """Fetch a path without following redirects."""
        return requests.get(self.address + path, params=params, timeout=30, allow_redirects=False)

    def query(self, name: str, **params: str) -> list[dict[str, str]]:
        """The rows of a named query, as CSV."""
        response = self.get(f"query/{name}.csv", **params)
        assert response.status_code == 200, response.text
        return list(csv.DictReader(io.StringIO(response.content.decode())))

    def sparql(self, query: str, **params: str) -> list[dict[str, str]]:
        """The rows of a SPARQL query, as SPARQL results JSON gives them."""
        response = requests.post(
            f"{self.address}sparql",
            params=params,
            data=query.encode(),
            headers={"Content-Type": "application/sparql-query", "Accept": "application/sparql-results+json"},
            timeout=30,
        )
        assert response.status_code == 200, response.text
        return [{name: term["value"] for name, term in row.items()} for row in response.json()["results"]["bindings"]]


Plain = Served | Rebuilt
"""Whoever answers plain SPARQL about a moment: the service, or its history alone."""


def free_port() -> int:
    """A port of the loopback interface that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def regiolog(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [REGIOLOG, *map(str, words)], check=False, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL
    )


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The Flemish register, loaded from the archive that ships and served."""
    folder = tmp_path_factory.mktemp("served")
    port = free_port()
    log = (folder / "log").open("w+")
    process = subprocess.Popen(
        [REGIOLOG, "serve", "--data", str(folder / "data"), "--port", str(port)],
        stdout=log,
        stderr=log,
        stdin=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}/"
    for _ in range(600):
        assert process.poll() is None, (folder / "log").read_text()
        try:
            if requests.get(f"{address}health/ready", timeout=5).ok:
                break
        except requests.ConnectionError:
            time.sleep(0.05)
    yield Served(address, folder / "data")
    process.terminate()
    assert process.wait(20) == 0
    log.close()


@pytest.fixture(scope="session")
def rebuilt(served: Served) -> Rebuilt:
    """The register as it is rebuilt from nothing but its history."""
    return Rebuilt(served.get("graph/history.nt").content, "http://localhost:8000/")


@pytest.fixture(params=["service", "history"])
def plain(request: pytest.FixtureRequest, served: Served, rebuilt: Rebuilt) -> Plain:
    """Plain SPARQL, answered by the service, and by a store that was made of ``graph/history`` alone."""
    return served if request.param == "service" else rebuilt
