"""What is asked of the feed and makes no sense is refused, in a sentence that says what there is."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from flask.testing import FlaskClient

PAGES = 13
"""How many pages the feed of the archive has."""

NO_NUMBERS = (
    "0",
    "-1",
    "14",
    "999999999",
    "9" * 400,
    "1.0",
    "01",
    "1e1",
    "a",
    "²",
    "\N{FULLWIDTH DIGIT ONE}",
    "\N{ARABIC-INDIC DIGIT ONE}",
    "%00",
    "1%20",
    "+1",
    "0x1",
)


def refused(client: FlaskClient, path: str, **headers: str) -> dict[str, Any]:
    """What is said of a request that is refused."""
    answer = client.get(path, headers=headers)
    assert answer.status_code in range(400, 500), answer.status
    assert answer.content_type == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    said: dict[str, Any] = answer.get_json()
    return said


@pytest.mark.parametrize("number", NO_NUMBERS)
def test_a_page_that_is_not_there(client: FlaskClient, number: str) -> None:
    """Unknown, negative, huge or malformed: 404, and how pages are numbered."""
    said = refused(client, f"/feed/{number}")
    assert said["status"] == 404
    assert said["detail"].endswith(f"of the feed: they are numbered from 1 to {PAGES}")
    assert len(said["detail"]) < 100


@pytest.mark.parametrize("number", NO_NUMBERS[2:])
def test_a_branch_that_is_not_there(client: FlaskClient, number: str) -> None:
    """The same."""
    said = refused(client, f"/feed/branch/{number}")
    assert said["status"] == 404
    assert said["detail"].endswith("of the feed: they are numbered from 1 to 1")


@pytest.mark.parametrize(
    "path",
    [
        "municipality/11056/1/gone",
        "municipality/11056/2",
        "municipality/99999/1",
        "municipality/11056/01",
        "municipality/11056/-1",
        "municipality/11056/9999999999999999",
        "province/10000/1",
        "nothing/11056/1",
    ],
)
def test_a_version_object_that_is_not_there(client: FlaskClient, path: str) -> None:
    """Another thing, another position, or one written otherwise."""
    said = refused(client, f"/feed/{path}")
    assert said["status"] == 404
    assert said["detail"].startswith("the register has no version object of ")


@pytest.mark.parametrize("path", ["/feed", "/feed/1", "/feed/branch/1", "/feed/municipality/11056/1"])
@pytest.mark.parametrize("parameter", ["page=2", "at=2024-01-01", "known=2024-01-01", "after=5", "format=ttl"])
def test_parameters_are_refused(client: FlaskClient, path: str, parameter: str) -> None:
    """A feed has no moment, and nothing is ignored."""
    said = refused(client, f"{path}?{parameter}")
    assert (said["status"], said["detail"]) == (
        400,
        f"{parameter.partition('=')[0]} is not a parameter here: none are accepted",
    )


@pytest.mark.parametrize("accept", ["application/rdf+xml", "image/png", "text/turtle;q=0", "application/json"])
def test_forms_that_there_are_not(client: FlaskClient, accept: str) -> None:
    """406, with the list."""
    said = refused(client, "/feed/2", Accept=accept)
    assert said["status"] == 406
    forms = "text/turtle, application/trig, application/n-quads, application/n-triples, application/ld+json"
    assert said["detail"].startswith(f"this can be had as {forms}; the request accepts ")


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_other_methods(client: FlaskClient, method: str) -> None:
    """405: the feed is read, and nothing else."""
    answer = getattr(client, method)("/feed/2")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("tags", ["nonsense", '"', '"a", ', 'W/"x"', ",,,", '"' + "x" * 5_000 + '"', "\xff"])
def test_conditional_requests_with_nonsense_are_answered(client: FlaskClient, tags: str) -> None:
    """A tag that is none names nothing: the page comes whole."""
    whole = client.get("/feed/2")
    answer = client.get("/feed/2", headers={"If-None-Match": tags})
    assert answer.status_code == 200
    assert answer.data == whole.data


@pytest.mark.parametrize("path", ["/feed", "/feed/branch/1", "/feed/2", f"/feed/{PAGES}", "/feed/municipality/11056/1"])
def test_whoever_has_it_is_told_so(client: FlaskClient, path: str) -> None:
    """By its tag, compressed or not, strong or weak, alone or among others, or by a star."""
    etag = client.get(path).headers["ETag"]
    packed = client.get(path, headers={"Accept-Encoding": "gzip"})
    for tags in (etag, f"W/{etag}", f'"other", {etag}', "*", packed.headers["ETag"]):
        answer = client.get(path, headers={"If-None-Match": tags})
        assert (answer.status_code, answer.data) == (304, b"")
        assert answer.headers["Cache-Control"] == packed.headers["Cache-Control"]


@pytest.mark.parametrize("path", ["/feed", "/feed/branch/1", "/feed/2", f"/feed/{PAGES}"])
def test_compressed_it_is_the_same(client: FlaskClient, path: str) -> None:
    """Bytes for bytes; and its head is told without it."""
    plain = client.get(path)
    packed = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    head = client.head(path)
    assert (head.status_code, head.data) == (200, b"")
    assert (head.headers["ETag"], head.headers["Content-Length"]) == (plain.headers["ETag"], str(len(plain.data)))
