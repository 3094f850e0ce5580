"""The endpoint behind a reverse proxy, under a path of the proxy's: a client that knows one address finds its way."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from string import Template
from typing import NamedTuple

import pyoxigraph
import pytest
import requests
from pyoxigraph import RdfFormat
from rdflib import Graph
from rdflib.plugins.stores.sparqlstore import SPARQLStore

from tests.house.checkout import ROOT
from tests.journeys.conftest import PREFIXES, Served, free_port
from tests.processes import Served as Started
from tests.processes import prepared

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
CONFIGURATION = Template("""
daemon off;
master_process off;
pid $folder/pid;
error_log $folder/error.log;
events {}
http {
    access_log off;
    client_body_temp_path $folder/body;
    proxy_temp_path $folder/proxied;
    fastcgi_temp_path $folder/fastcgi;
    uwsgi_temp_path $folder/uwsgi;
    scgi_temp_path $folder/scgi;
    server {
        listen 127.0.0.1:$port;
        $documented
        location /silent/ {
            proxy_pass $silent;
        }
    }
}
""")
"""One service is told what its proxy is called, as the documentation says; the other is told nothing."""

DOCUMENTED = re.search(r"```nginx\n(.+?)```", (ROOT / "docs" / "running-it.md").read_text(encoding="utf-8"), re.DOTALL)

FORMS = {
    "text/turtle": RdfFormat.TURTLE,
    "application/ld+json": RdfFormat.JSON_LD,
    "application/rdf+xml": RdfFormat.RDF_XML,
    "application/n-triples": RdfFormat.N_TRIPLES,
}
ENDPOINT = pyoxigraph.NamedNode("http://www.w3.org/ns/sparql-service-description#endpoint")
COUNT = f"{PREFIXES} SELECT (COUNT(?m) AS ?n) {{ ?m a rl:Municipality }}"

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")


class Proxied(NamedTuple):
    """Two services as they are seen from outside.

    Attributes:
        told: The address of the one that is told so, and has the setting ``proxies``.
        silent: The address of the one that is told nothing.
    """

    told: str
    silent: str


@pytest.fixture(scope="module")
def proxied(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    """nginx, before the service of all journeys and before one that believes it."""
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    data = prepared(served.data, folder / "data")
    with Started(data, proxies="1", workers="1") as told:
        told.ready()
        assert DOCUMENTED is not None
        assert NGINX is not None
        documented = DOCUMENTED[1].replace("http://127.0.0.1:8000/", told.url.replace("localhost", "127.0.0.1"))
        text = CONFIGURATION.substitute(folder=folder, port=port, documented=documented, silent=served.address)
        (folder / "nginx.conf").write_text(text)
        nginx = subprocess.Popen([NGINX, "-p", str(folder), "-c", "nginx.conf"], stderr=subprocess.PIPE, text=True)
        outside = f"http://127.0.0.1:{port}"
        try:
            for _ in range(200):
                assert nginx.poll() is None, nginx.communicate()[1]
                with suppress(requests.ConnectionError):
                    requests.get(outside, timeout=5)
                    break
                time.sleep(0.05)
            yield Proxied(f"{outside}/regions/", f"{outside}/silent/")
        finally:
            nginx.terminate()
            nginx.communicate(timeout=20)


def found(address: str, media_type: str) -> str:
    """The endpoint that the description at an address names, read as a client reads it that knows nothing else."""
    answer = requests.get(address, headers={"Accept": media_type}, timeout=30)
    assert answer.headers["Content-Type"].partition(";")[0] == media_type
    quads = pyoxigraph.parse(answer.content, FORMS[media_type], base_iri=answer.url)
    (endpoint,) = (quad.object for quad in quads if quad.predicate == ENDPOINT)
    assert isinstance(endpoint, pyoxigraph.NamedNode)
    return endpoint.value


@pytest.mark.parametrize("media_type", FORMS)
def test_s02_the_endpoint_is_found_and_answers(proxied: Proxied, media_type: str) -> None:
    """In each form, followed to where it leads; in those with relative addresses even where the proxy tells nothing."""
    for outside in proxied:
        if outside == proxied.silent and media_type == "application/n-triples":
            continue
        endpoint = found(f"{outside}sparql", media_type)
        assert endpoint == f"{outside}sparql"
        answer = requests.post(
            endpoint, data={"query": COUNT, "at": "2018-12-31"}, headers={"Accept": "text/csv"}, timeout=30
        )
        assert answer.text.split() == ["n", "308"]


def test_s02_rdflib_finds_it_by_itself(proxied: Proxied) -> None:
    """From the address alone, which it loads, to a graph that is elsewhere."""
    for outside in proxied:
        described = Graph().parse(f"{outside}sparql")
        (endpoint,) = described.objects(None, described.namespace_manager.expand_curie("sd:endpoint"))
        (row,) = Graph(SPARQLStore(str(endpoint))).query(COUNT)
        assert int(row[0]) == 285  # type: ignore[index, arg-type]


def test_no_client_can_claim_another_address(proxied: Proxied) -> None:
    """What it says of proxies that there are none of does not reach the service."""
    claimed = {
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Port": "666",
        "X-Forwarded-Prefix": "/evil",
    }
    answer = requests.get(f"{proxied.told}sparql", headers={"Accept": "application/n-triples", **claimed}, timeout=30)
    assert f"<{proxied.told}sparql>" in answer.text
    assert not re.search(r"evil|666|https://[^w]", answer.text)


def test_links_and_problems_stay_under_the_path(proxied: Proxied) -> None:
    """Redirects are relative, and lead to what is there."""
    for outside in proxied:
        page = requests.get(f"{outside}id/region/waasland", headers={"Accept": "text/turtle"}, timeout=30)
        assert page.url.startswith(f"{outside}doc/region/waasland")
        assert page.status_code == 200
    problem = requests.get(f"{proxied.told}sparql?query=SELECT", timeout=30).json()
    assert problem["type"] == "/regions/problems#query-malformed"
