"""Whole graphs under /graph: the snapshot of any moment, as it stands in the statements."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph
import pytest
from flask import Flask
from flask.testing import FlaskClient

from regiolog.publisher.answers import spooled
from regiolog.publisher.app import create_app
from regiolog.publisher.service import Service
from regiolog.sync.statements import digest
from regiolog.sync.statements.moments import resolve

PARSERS = {
    "nq": pyoxigraph.RdfFormat.N_QUADS,
    "trig": pyoxigraph.RdfFormat.TRIG,
    "ttl": pyoxigraph.RdfFormat.TURTLE,
    "nt": pyoxigraph.RdfFormat.N_TRIPLES,
    "jsonld": pyoxigraph.RdfFormat.JSON_LD,
    "rdf": pyoxigraph.RdfFormat.RDF_XML,
}


@pytest.mark.parametrize("suffix", PARSERS)
@pytest.mark.parametrize("moment", ["2025-01-01", "2025-01-01/2024-04-01", "2025-01-01/2024-04-19T12:00:00Z"])
def test_a_graph_is_the_snapshot(client: FlaskClient, service: Service, suffix: str, moment: str) -> None:
    """In every form, packed or not; in those of quads with what sources say and what was proposed beside it."""
    at, _, known = moment.partition("/")
    history = service.history()
    key = resolve(history, at, known or None, clock=service.clock).key
    lines = history.triples(key) if suffix not in {"nq", "trig"} else b"".join(digest.quads(history, key))
    expected = {str(quad) for quad in pyoxigraph.parse(lines, pyoxigraph.RdfFormat.N_QUADS)}
    with client.get(f"/graph/{moment}.{suffix}") as answer, client.get(f"/graph/{moment}.{suffix}.gz") as packed:
        assert answer.status_code == packed.status_code == 200
        assert {str(quad) for quad in pyoxigraph.parse(answer.data, PARSERS[suffix])} == expected
        assert packed.mimetype == "application/gzip"
        assert gzip.decompress(packed.data) == answer.data


@pytest.mark.parametrize("suffix", PARSERS)
@pytest.mark.parametrize(
    ("path", "at", "known"),
    [
        ("source/pinc", "2022-12-03", "2022-12-03"),
        ("source/abb", None, None),
        ("proposal/VR-2020-10-09", None, "2021-01-01"),
    ],
)
def test_a_graph_beside_the_register_is_what_the_statements_say(
    client: FlaskClient, service: Service, suffix: str, path: str, at: str | None, known: str | None
) -> None:
    """What a source said, and what was proposed, at a moment that parameters choose."""
    history = service.history()
    key = resolve(history, at, known, clock=service.clock).key
    lines = history.triples(key, f"<{history.base_iri}graph/{path}>")
    expected = {str(quad) for quad in pyoxigraph.parse(lines, pyoxigraph.RdfFormat.N_QUADS)}
    assert expected
    moment = {name: value for name, value in (("at", at), ("known", known)) if value}
    with client.get(f"/graph/{path}.{suffix}", query_string=moment) as answer:
        assert answer.status_code == 200
        assert {str(quad) for quad in pyoxigraph.parse(answer.data, PARSERS[suffix])} == expected


@pytest.mark.parametrize("suffix", PARSERS)
def test_a_history_is_one_graph_in_every_form(client: FlaskClient, suffix: str) -> None:
    """Streamed, and still the same triples."""
    with client.get("/graph/history/region/middenkust.nt") as plain:
        expected = {str(quad) for quad in pyoxigraph.parse(plain.data, pyoxigraph.RdfFormat.N_TRIPLES)}
    with client.get(f"/graph/history/region/middenkust.{suffix}") as answer:
        assert {str(quad) for quad in pyoxigraph.parse(answer.data, PARSERS[suffix])} == expected


def test_what_was_known_once_is_immutable(client: FlaskClient) -> None:
    """A history or a proposal as it was known has no day: its address fixes all that it depends on."""
    for address, lasting in (
        ("/graph/history/region/waasland.nt?known=2023-01-01", True),
        ("/graph/history/region/waasland.nt", False),
        ("/graph/proposal/VR-2020-10-09.nt?known=2023-01-01", True),
        ("/graph/source/abb.nt?known=2023-01-01", False),
        ("/graph/source/abb.nt?at=2023-01-01&known=2023-01-01", True),
    ):
        with client.get(address) as answer:
            assert ("immutable" in answer.headers["Cache-Control"]) is lasting, address
            assert client.get(address, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_n_quads_are_canonical(client: FlaskClient, service: Service) -> None:
    """Sorted bytes, each line once: the very lines that the digest is made of."""
    with client.get("/graph/2025-01-01.nq") as answer:
        lines = answer.data.splitlines(keepends=True)
    assert lines == sorted(set(lines))
    history = service.history()
    key = resolve(history, "2025-01-01", None, clock=service.clock).key
    whole = hashlib.sha256(f"projection {key.version}\n".encode() + b"".join(lines)).hexdigest()
    assert whole == digest.of_snapshot(history, key)


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "text/turtle"),
        ("application/n-quads", "application/n-quads"),
        ("application/trig;q=0.9, application/n-triples;q=0.8", "application/trig"),
        ("application/ld+json", "application/ld+json"),
    ],
)
def test_the_header_chooses(client: FlaskClient, accept: str | None, media_type: str) -> None:
    """Where the address names no form, the Accept header does."""
    with client.get("/graph/now", headers={"Accept": accept} if accept else {}) as answer:
        assert (answer.status_code, answer.mimetype) == (200, media_type)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/graph/history/municipality", 404),
        ("/graph/history/municipality/99999", 404),
        ("/graph/history/weather/11056", 404),
        ("/graph/history/event/0", 404),
        ("/graph/history?at=2025-01-01", 400),
        ("/graph/source", 404),
        ("/graph/source/statbel.ttl", 404),
        ("/graph/source/abb?at=2017-01-01", 400),
        ("/graph/proposal/VR-2021-03-12", 404),
        ("/graph/proposal/VR-2020-10-09?at=2021-01-01", 400),
        ("/graph/2025-01-01.csv", 404),
        ("/graph/2025-01-01.gz", 404),
        ("/graph/2025-02-29", 400),
        ("/graph/1999-01-01.nt", 400),
        ("/graph/tomorrow", 400),
        ("/graph/2025-01-01/2099-01-01", 400),
        ("/graph/2025-01-01/2024-01-01/x", 404),
    ],
)
def test_what_is_no_graph_is_refused(client: FlaskClient, address: str, status: int) -> None:
    """A graph that nothing has built yet, a day that does not exist, a form that there is not."""
    answer = client.get(address)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="what a process has open is only listed by Linux")
def test_a_large_body_goes_to_a_file_while_it_is_written(app: Flask, service: Service) -> None:
    """Never the whole of it in memory: long before the last piece there is an unnamed file in the spool folder."""

    def files() -> int:
        opened = [each.readlink() for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]
        return sum(path.is_relative_to(service.folder.spool) for path in opened)

    def pieces() -> Iterator[bytes]:
        before = files()
        for _ in range(48):
            yield bytes(2**16)
        assert files() == before + 1

    with app.app_context(), spooled(pieces()) as body:
        assert body.tell() == 48 * 2**16


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this machine has no device that is always full")
def test_a_full_disk_is_told_as_such(service: Service) -> None:
    """Not as a fault of ours: it can be tried again when there is room."""
    app = create_app(service)
    app.add_url_rule("/full", view_func=lambda: str(Path("/dev/full").write_bytes(b"x")))
    answer = app.test_client().get("/full")
    assert answer.status_code == 503
    assert answer.json is not None
    assert "no room on the disk" in answer.json["detail"]
