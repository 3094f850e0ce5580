"""Whole graphs under /graph: the snapshot of any moment, as it stands in the statements."""

from __future__ import annotations

import gzip

import pyoxigraph
import pytest
from flask.testing import FlaskClient

from regiolog.publisher.service import Service
from regiolog.sync.moments import resolve

PARSERS = {
    "nq": pyoxigraph.RdfFormat.N_QUADS,
    "trig": pyoxigraph.RdfFormat.TRIG,
    "ttl": pyoxigraph.RdfFormat.TURTLE,
    "nt": pyoxigraph.RdfFormat.N_TRIPLES,
    "jsonld": pyoxigraph.RdfFormat.JSON_LD,
}


@pytest.mark.parametrize("suffix", PARSERS)
@pytest.mark.parametrize("moment", ["2025-01-01", "2025-01-01/2024-04-01", "2025-01-01/2024-04-19T12:00:00Z"])
def test_a_graph_is_the_snapshot(client: FlaskClient, service: Service, suffix: str, moment: str) -> None:
    """In every form, packed or not, it is what the statements say at the moment."""
    at, _, known = moment.partition("/")
    history = service.history()
    key = resolve(history, at, known or None, clock=service.clock).key
    expected = {str(quad) for quad in pyoxigraph.parse(history.triples(key), pyoxigraph.RdfFormat.N_QUADS)}
    with client.get(f"/graph/{moment}.{suffix}") as answer, client.get(f"/graph/{moment}.{suffix}.gz") as packed:
        assert answer.status_code == packed.status_code == 200
        assert {str(quad) for quad in pyoxigraph.parse(answer.data, PARSERS[suffix])} == expected
        assert packed.mimetype == "application/gzip"
        assert gzip.decompress(packed.data) == answer.data


def test_n_quads_are_canonical(client: FlaskClient, service: Service) -> None:
    """Sorted bytes, each line once: the very lines that the digest is made of."""
    with client.get("/graph/2025-01-01.nq") as answer:
        lines = answer.data.splitlines(keepends=True)
    assert lines == sorted(set(lines))
    history = service.history()
    key = resolve(history, "2025-01-01", None, clock=service.clock).key
    assert set(lines) == set(history.triples(key).splitlines(keepends=True))


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
        ("/graph/history", 404),
        ("/graph/source/abb.ttl", 404),
        ("/graph/proposal/VR-2020-10-09", 404),
        ("/graph/2025-01-01.csv", 400),
        ("/graph/2025-01-01.gz", 404),
        ("/graph/2025-02-29", 400),
        ("/graph/1999-01-01.nt", 400),
        ("/graph/tomorrow", 400),
        ("/graph/2025-01-01/2099-01-01", 400),
        ("/graph/2025-01-01/now", 400),
        ("/graph/2025-01-01/2024-01-01/x", 404),
    ],
)
def test_what_is_no_graph_is_refused(client: FlaskClient, address: str, status: int) -> None:
    """A graph that nothing has built yet, a day that does not exist, a form that there is not."""
    answer = client.get(address)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
