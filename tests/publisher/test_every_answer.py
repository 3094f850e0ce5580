"""What holds for every answer: tags, 304, Vary, HEAD, CORS, gzip, caching, and problems for whatever is refused."""

from __future__ import annotations

import gzip
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from regiolog.publisher.app import create_app
from regiolog.publisher.problems import PROBLEMS
from regiolog.publisher.service import Service

QUERY = quote("SELECT ?m WHERE { ?m a <https://w3id.org/regiolog/ns#Municipality> } ORDER BY ?m")
ADDRESSES = (
    "/",
    "/query",
    "/query/regions",
    "/query/regions.csv",
    "/query/region-of.html?nis=11056",
    "/query/conversion.tsv?from=2024-12-31&to=2025-01-01",
    "/doc/municipality/11056",
    "/doc/region/waasland.jsonld",
    "/doc/decision/REGIODECREET.html",
    "/doc/region/waasland/2025-01-01.ttl",
    "/doc/municipality/11056/2022-12-10/2022-12-05T23:00:00Z",
    "/graph/2025-01-01.nq",
    "/graph/now",
    "/graph/2025-01-01/2024-09-01.ttl.gz",
    "/timemap/graph/now",
    "/timemap/doc/region/waasland.html",
    "/diff.csv?from=2024-12-31&to=2025-01-01",
    "/diff.ttl?from=2024-12-31&to=2025-01-01",
    "/diff.html?from=2024-12-31&to=2025-01-01",
    "/changes?page=3",
    "/changes.atom",
    "/changes.html",
    "/changes/municipality/11056",
    "/changes/positions?position=71",
    "/changes/schemas/change.v1.json",
    "/sparql",
    f"/sparql?query={QUERY}",
    "/catalog",
    "/catalog.html",
    "/ns",
    "/ns.html",
    "/ns/shapes.ttl",
    "/ns/context.jsonld",
    "/problems",
)
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"}
EACH = pytest.mark.parametrize("address", ADDRESSES)


@EACH
def test_an_answer_is_known_again(client: FlaskClient, address: str) -> None:
    """The same question has the same tag, and whoever has the answer is told so without it."""
    with client.get(address) as first:
        tag = first.headers["ETag"]
    with client.get(address, headers={"If-None-Match": f'"other", {tag}'}) as again:
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
        assert "Cache-Control" in again.headers
        assert "Accept" in again.headers["Vary"]
    with client.get(address, headers={"If-None-Match": '"other"'}) as changed:
        assert changed.status_code == 200


@EACH
def test_an_answer_is_whole(client: FlaskClient, address: str) -> None:
    """Its length is in its header, HEAD gives the same headers without it, and caches are told what it depends on."""
    with client.get(address) as answer:
        assert answer.status_code == 200
        assert int(answer.headers["Content-Length"]) == len(answer.data) > 0
        assert {each.strip() for each in answer.headers["Vary"].split(",")} >= {"Accept", "Accept-Encoding"}
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        with client.head(address) as head:
            assert head.data == b""
            for name in ("ETag", "Content-Type", "Content-Length", "Cache-Control"):
                assert head.headers[name] == answer.headers[name]


@EACH
def test_an_answer_is_compressed_when_asked(client: FlaskClient, address: str) -> None:
    """With gzip the body is smaller, is the same when unpacked, and has a tag of its own."""
    with client.get(address) as answer, client.get(address, headers={"Accept-Encoding": "gzip, br"}) as packed:
        if len(answer.data) < 1024 or address.endswith(".gz"):
            assert "Content-Encoding" not in packed.headers
            return
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.data) == answer.data
        assert int(packed.headers["Content-Length"]) == len(packed.data) < len(answer.data)
        assert packed.headers["ETag"] != answer.headers["ETag"]
        tag = packed.headers["ETag"]
    with client.get(address, headers={"Accept-Encoding": "gzip", "If-None-Match": tag}) as again:
        assert again.status_code == 304
    with client.get(address, headers={"Accept-Encoding": "gzip;q=0"}) as plain:
        assert "Content-Encoding" not in plain.headers


@EACH
def test_a_page_elsewhere_may_ask(client: FlaskClient, address: str) -> None:
    """OPTIONS says which methods and headers there are, to any origin."""
    answer = client.options(address, headers={"Origin": "http://elsewhere.example"})
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "GET" in answer.headers["Access-Control-Allow-Methods"]
    assert "Accept" in answer.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize(
    ("address", "lasting"),
    [
        ("/query/regions.csv?at=2021-06-01&known=2021-06-01", True),
        ("/query/conversion.csv?from=2024-12-31&to=2025-01-01&known=2026-05-01", False),
        ("/query/conversion.csv?from=2024-12-31&to=2025-01-01&known=2023-09-01", True),
        ("/query/regions.csv?at=2021-06-01", False),
        ("/query/regions.csv?known=2021-06-01", False),
        ("/query/regions.csv?at=now&known=2021-06-01", False),
        ("/query/regions.csv?at=2021-06-01&known=2026-05-31", False),
        ("/doc/region/waasland.ttl?at=2021-06-01&known=2021-06-01", True),
        ("/doc/region/waasland.html?at=2021-06-01&known=2021-06-01", False),
        ("/doc/region/waasland/2021-06-01/2021-06-01.ttl", True),
        ("/doc/region/waasland/2021-06-01.ttl", False),
        ("/graph/2021-06-01/2021-06-01.nq", True),
        ("/graph/2021-06-01.nq", False),
        (f"/sparql?at=2021-06-01&known=2021-06-01&query={QUERY}", True),
        (f"/sparql?at=2021-06-01&query={QUERY}", False),
    ],
)
def test_only_what_can_never_change_is_immutable(client: FlaskClient, address: str, lasting: bool) -> None:
    """Both clocks are fixed in the address, and `known` lies before the head's; pages may look different one day."""
    with client.get(address) as answer:
        assert answer.status_code == 200
        assert ("immutable" in answer.headers["Cache-Control"]) is lasting
        assert ("no-cache" in answer.headers["Cache-Control"]) is not lasting


def test_forms_of_one_thing_have_different_tags(client: FlaskClient) -> None:
    """A cache never hands out one form for another."""
    tags = {client.get(f"/doc/region/waasland.{form}").headers["ETag"] for form in ("ttl", "jsonld", "nt", "rdf")}
    assert len(tags) == 4


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/doc/municipality", 404),
        ("GET", "/static/nothing.css", 404),
        ("POST", "/query/regions", 405),
        ("DELETE", "/graph/now", 405),
        ("PUT", "/sparql", 405),
        ("GET", "/doc/atlantis/1", 404),
        ("GET", "/doc/cooperation/1", 404),
        ("GET", "/ns?at=2021-01-01", 400),
        ("GET", "/health/live?x=1", 400),
        ("GET", "/graph/now?at=2021-01-01", 400),
        ("GET", "/?q=1", 400),
    ],
)
def test_every_refusal_is_a_problem(client: FlaskClient, method: str, address: str, status: int) -> None:
    """To a program a problem document, to a browser a page with the same sentence."""
    answer = client.open(address, method=method)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.json is not None
    assert answer.json["status"] == status
    assert answer.json["type"].startswith("/problems#")
    assert answer.json["type"].removeprefix("/problems#") in PROBLEMS
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"] == "no-store"
    page = client.open(address, method=method, headers=BROWSER)
    assert (page.status_code, page.mimetype) == (status, "text/html")
    assert status != 405 or "GET" in answer.headers["Allow"]


def test_the_meaning_of_a_problem_can_be_looked_up(client: FlaskClient) -> None:
    """The type of each problem is a place on a page."""
    page = client.get("/problems").text
    assert all(f'id="{kind}"' in page for kind in PROBLEMS)


def test_a_fault_of_ours_tells_nothing_of_our_insides(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    """What nobody foresaw is a 500 without details, and is noted with them."""
    app = create_app(service)

    @app.get("/broken")
    def broken() -> str:
        raise ZeroDivisionError("secret")

    answer = app.test_client().get("/broken")
    assert (answer.status_code, answer.mimetype) == (500, "application/problem+json")
    assert "secret" not in answer.text
    assert "secret" in caplog.text


def test_addresses_hold_behind_any_prefix(client: FlaskClient) -> None:
    """Redirects and links are relative, so they hold under any host, port and path."""
    answer = client.get("/id/region/waasland", base_url="https://elsewhere.example/regions/")
    assert answer.headers["Location"] == "../../doc/region/waasland"
