"""The SPARQL Protocol as bytes on the wire, where a server may do otherwise than its application says."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import quote, urlencode, urlsplit

import pytest

from tests.journeys.conftest import PREFIXES, Served

COUNT = f"{PREFIXES} SELECT (COUNT(?m) AS ?n) {{ ?m a rl:Municipality }}"
FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"


@pytest.fixture
def connection(served: Served) -> Iterator[http.client.HTTPConnection]:
    """One connection, on which several requests may follow one another."""
    with closing(http.client.HTTPConnection("127.0.0.1", urlsplit(served.address).port, timeout=30)) as opened:
        yield opened


def count(answer: http.client.HTTPResponse) -> int:
    """The one number of an answer in JSON."""
    body = answer.read()
    assert answer.status == 200, body
    return int(json.loads(body)["results"]["bindings"][0]["n"]["value"])


def test_p01_a_body_may_come_in_pieces(connection: http.client.HTTPConnection) -> None:
    """Without a length, as programs send that write while they encode."""
    for body, content_type in ((COUNT, QUERY), (urlencode({"query": COUNT}), FORM)):
        half = len(body) // 2
        pieces = [body[:half].encode(), body[half:].encode()]
        connection.request(
            "POST", "/sparql?at=2018-12-31", iter(pieces), {"Content-Type": content_type}, encode_chunked=True
        )
        assert count(connection.getresponse()) == 308


def test_p01_a_connection_goes_on_after_what_was_refused(connection: http.client.HTTPConnection) -> None:
    """What was wrong with one request is over with its answer."""
    for body, content_type, status in (("SELECT", QUERY, 400), ("x", "text/plain", 415), (b"\xff", QUERY, 400)):
        connection.request("POST", "/sparql", body, {"Content-Type": content_type})
        refused = connection.getresponse()
        assert (refused.status, refused.read()[:1]) == (status, b"{")
        connection.request("POST", "/sparql", COUNT, {"Content-Type": QUERY})
        assert count(connection.getresponse()) == 285


def test_p02_a_long_query_fits_into_an_address(connection: http.client.HTTPConnection) -> None:
    """Twenty thousand bytes that are three times as long when they are encoded; beyond 64 KiB it has to be posted."""
    for length, status in ((20_000, 200), (32_000, 414)):
        query = f"{COUNT} #{'é' * (length // 2)}"
        with closing(http.client.HTTPConnection("127.0.0.1", connection.port, timeout=30)) as fresh:
            fresh.request("GET", f"/sparql?query={quote(query)}")
            answer = fresh.getresponse()
            assert answer.status == status
            assert status != 200 or count(answer) == 285
        connection.request("POST", "/sparql", query.encode(), {"Content-Type": QUERY})
        assert count(connection.getresponse()) == 285


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "QUERY", "PROPFIND", "TRACE"])
def test_p08_other_methods_are_405(connection: http.client.HTTPConnection, method: str) -> None:
    """Also those that no application has heard of."""
    connection.request(method, "/sparql", COUNT, {"Content-Type": QUERY})
    answer = connection.getresponse()
    assert (answer.status, answer.headers.get_content_type()) == (405, "application/problem+json")
    assert {each.strip() for each in answer.headers["Allow"].split(",")} == {"GET", "HEAD", "OPTIONS", "POST"}
    answer.read()


def test_p08_head_has_no_body(served: Served) -> None:
    """Not one byte after the headers, which say how long it would be."""
    asked = f"/sparql?{urlencode({'query': COUNT})}"
    with socket.create_connection(("127.0.0.1", urlsplit(served.address).port or 0), timeout=30) as wire:
        wire.sendall(f"HEAD {asked} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        said = b"".join(iter(lambda: wire.recv(2**16), b""))
    head, _, body = said.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert b"content-type: application/sparql-results+json" in head.lower()
    assert body == b""


def test_answers_are_compressed_and_known_again(connection: http.client.HTTPConnection) -> None:
    """By GET and by POST with gzip, and by 304 without a body."""
    query = f"{PREFIXES} SELECT ?m ?nis {{ ?m a rl:Municipality ; dcterms:identifier ?nis }}"
    address, packed = f"/sparql?{urlencode({'query': query})}", {"Accept": "text/csv", "Accept-Encoding": "gzip"}
    for method, path, body, more in (("GET", address, None, {}), ("POST", "/sparql", query, {"Content-Type": QUERY})):
        connection.request(method, path, body, {**packed, **more})
        answer = connection.getresponse()
        assert answer.headers["Content-Encoding"] == "gzip"
        assert len(gzip.decompress(answer.read()).splitlines()) == 286
    connection.request("GET", address, headers=packed)
    answer = connection.getresponse()
    tag = answer.headers["ETag"]
    answer.read()
    connection.request("GET", address, headers={**packed, "If-None-Match": tag})
    again = connection.getresponse()
    assert (again.status, again.read(), again.headers["ETag"]) == (304, b"", tag)


def test_a_page_elsewhere_may_post(connection: http.client.HTTPConnection) -> None:
    """The preflight of a browser, and what it sends then."""
    elsewhere = {"Origin": "http://elsewhere.example"}
    asking = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    connection.request("OPTIONS", "/sparql", headers={**elsewhere, **asking})
    preflight = connection.getresponse()
    assert (preflight.status, preflight.headers["Access-Control-Allow-Origin"], preflight.read()) == (200, "*", b"")
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert "content-type" in preflight.headers["Access-Control-Allow-Headers"].lower()
    connection.request("POST", "/sparql", COUNT, {"Content-Type": QUERY, **elsewhere})
    answer = connection.getresponse()
    assert (count(answer), answer.headers["Access-Control-Allow-Origin"]) == (285, "*")
