"""Memento (RFC 7089): from a time to what was known then, over addresses that never change what they say.

The tests named ``m01`` to ``m12`` are the checks that implementations of the RFC are held to.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.http import http_date

from regiolog.events.temporal import BRUSSELS
from tests.publisher.timegates import body, chosen, links, mementos, one, through

ORIGINALS = (
    "doc/municipality/11056",
    "doc/municipality/11056.ttl",
    "doc/municipality/11056/2022-12-10",
    "doc/region/waasland.html",
    "doc/decision/VR-2021-03-12",
    "doc/source/abb/2023-01-01.jsonld",
    "doc/event/64",
    "graph/now",
    "graph/2025-01-01.nq.gz",
)
EACH = pytest.mark.parametrize("original", ORIGINALS)
BEGAN = datetime(2017, 12, 31, 23, tzinfo=UTC)
HEAD = datetime(2026, 6, 1, 12, tzinfo=UTC)
RFC_1123 = re.compile(r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT")


@EACH
def test_m01_times_are_rfc_1123_dates_in_gmt(client: FlaskClient, original: str) -> None:
    """In the header of a memento and in every link, to the second."""
    address = chosen(client, original, "Sat, 10 Dec 2022 12:00:00 GMT")
    with client.get(address) as answer:
        assert RFC_1123.fullmatch(answer.headers["Memento-Datetime"])
        times = [each.attributes["datetime"] for each in links(answer.headers["Link"]) if "memento" in each.rel]
    assert times
    assert all(RFC_1123.fullmatch(each) for each in times)


@EACH
def test_m02_only_the_timegate_varies_by_datetime(client: FlaskClient, original: str) -> None:
    """Also where it refuses; an original that did would not be looked through for its TimeGate."""
    for asked in (None, "Sat, 10 Dec 2022 12:00:00 GMT", "never"):
        assert "accept-datetime" in through(client, original, asked).headers["Vary"]
    for address in (f"/{original}", f"/timemap/{original}", chosen(client, original)):
        with client.get(address, headers={"Accept-Datetime": "Sat, 10 Dec 2022 12:00:00 GMT"}) as answer:
            assert answer.status_code == 200
            assert "datetime" not in answer.headers["Vary"].lower()


@EACH
def test_m03_timegate_and_memento_name_the_original(client: FlaskClient, original: str) -> None:
    """Exactly one, absolute, which leads back to the TimeGate and the TimeMap."""
    gate = through(client, original, "Sat, 10 Dec 2022 12:00:00 GMT")
    with client.get(chosen(client, original, "Sat, 10 Dec 2022 12:00:00 GMT")) as memento:
        for answer in (gate, memento):
            found = links(answer.headers["Link"])
            assert one(found, "original").address == f"http://localhost/{original}"
            assert one(found, "timemap").address == f"http://localhost/timemap/{original}"
        assert one(links(memento.headers["Link"]), "timegate").address == f"http://localhost/timegate/{original}"
    with client.get(f"/{original}") as answer:
        found = links(answer.headers["Link"])
        assert one(found, "timegate").address == f"http://localhost/timegate/{original}"
        assert one(found, "timemap").attributes == {"type": "application/link-format"}
        assert "Memento-Datetime" not in answer.headers


@EACH
def test_m04_the_timegate_redirects_with_302(client: FlaskClient, original: str) -> None:
    """To the memento, which has the time that the redirect itself has not; HEAD says the same."""
    asked = {"Accept-Datetime": "Sat, 10 Dec 2022 12:00:00 GMT"}
    answer = client.get(f"/timegate/{original}", headers=asked)
    head = client.head(f"/timegate/{original}", headers=asked)
    assert answer.status_code == head.status_code == 302
    assert "Memento-Datetime" not in answer.headers
    for name in ("Location", "Link", "Vary", "Cache-Control"):
        assert answer.headers[name] == head.headers[name]
    found = links(answer.headers["Link"])
    address = urljoin(f"/timegate/{original}", answer.headers["Location"])
    (this,) = [each for each in found if each.path == address]
    assert "?" not in address
    with client.get(address) as memento, client.head(address) as quick:
        assert memento.status_code == quick.status_code == 200
        assert memento.headers["Memento-Datetime"] == quick.headers["Memento-Datetime"] == this.attributes["datetime"]
        assert memento.headers["Link"] == quick.headers["Link"]


@EACH
@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "2022-12-10T12:00:00Z",
        "Sat, 10 Dec 2022 12:00:00",
        "Sat, 10 Dec 2022 12:00:00 CET",
        "Sat, 10 Dec 2022 12:00:00 +0100",
        "Sat, 10 Dez 2022 12:00:00 GMT",
        "Sat, 31 Nov 2022 12:00:00 GMT",
        "Sat, 10 Dec 2022 25:00:00 GMT",
        "Saturday, 10-Dec-22 12:00:00 GMT",
        "Sat, 10 Dec 0000 12:00:00 GMT",
        "Sat, 1\u0660 Dec 2022 12:00:00 GMT",
    ],
)
def test_m05_a_time_that_cannot_be_read_is_400(client: FlaskClient, original: str, text: str) -> None:
    """With a problem that says what is accepted, and the links that help."""
    answer = client.get(f"/timegate/{original}", headers={"Accept-Datetime": text.encode().decode("latin-1")})
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert answer.json is not None
    assert "RFC 1123" in answer.json["detail"]
    assert answer.json["type"] == "/problems#bad-moment"
    assert one(links(answer.headers["Link"]), "original").path == f"/{original}"


@EACH
def test_m06_before_the_first_is_the_first_and_after_the_last_the_last(client: FlaskClient, original: str) -> None:
    """Never a refusal, however far away."""
    every = mementos(client, original)
    for asked in ("Tue, 01 Jan 0001 00:00:00 GMT", http_date(every[0].known - timedelta(seconds=1))):
        assert chosen(client, original, asked) == every[0].path
    assert chosen(client, original, "Fri, 31 Dec 9999 23:59:59 GMT") == every[-1].path
    assert every[-1].known <= HEAD


@EACH
def test_m07_without_a_time_the_most_recent(client: FlaskClient, original: str) -> None:
    """An empty header is as good as none."""
    last = mementos(client, original)[-1].path
    assert chosen(client, original) == chosen(client, original, " ") == last


def test_m08_only_what_lies_before_the_head_is_kept_for_good(client: FlaskClient) -> None:
    """A memento of the last event may be joined by another event of that instant, and pages may look different.

    What is kept says neither which is the last nor which is next, since that may change; what is not kept says both.
    """
    every = [each.path for each in mementos(client, "graph/now.nt")]
    for address, lasting in ((every[0], True), (every[-2], True), (every[-1], False)):
        with client.get(address) as answer:
            assert ("immutable" in answer.headers["Cache-Control"]) is lasting
            found = links(answer.headers["Link"])
            assert any("last" in each.rel for each in found) is not lasting
            assert not any("next" in each.rel for each in found)
            assert any("prev" in each.rel for each in found) is (address != every[0])
    page = client.get(chosen(client, "doc/region/waasland.html", "Sat, 10 Dec 2022 12:00:00 GMT"))
    assert "immutable" not in page.headers["Cache-Control"]
    named = set().union(*(each.rel for each in links(page.headers["Link"])))
    assert {"prev", "next", "last"} <= named


@EACH
def test_m09_a_memento_ignores_the_time_that_is_asked_for(client: FlaskClient, original: str) -> None:
    """It is what it is, also where the header cannot be read."""
    address = chosen(client, original, "Sat, 10 Dec 2022 12:00:00 GMT")
    with client.get(address) as plain:
        for asked in ("Thu, 01 Jan 2026 00:00:00 GMT", "nonsense"):
            with client.get(address, headers={"Accept-Datetime": asked}) as answer:
                assert answer.status_code == 200
                assert answer.data == plain.data
                assert answer.headers["Memento-Datetime"] == plain.headers["Memento-Datetime"]


@EACH
def test_m10_a_timemap_lists_every_memento(client: FlaskClient, original: str) -> None:
    """With the original, itself with the time that it spans, the TimeGate, and each memento with its time, in order."""
    answer = client.get(f"/timemap/{original}")
    assert answer.headers["Content-Type"] == "application/link-format"
    found = links(answer.text)
    every = [each for each in found if "memento" in each.rel]
    own = one(found, "self")
    assert one(found, "original").address == f"http://localhost/{original}"
    assert one(found, "timegate").address == f"http://localhost/timegate/{original}"
    assert own.address == f"http://localhost/timemap/{original}"
    assert (own.attributes["from"], own.attributes["until"]) == (http_date(every[0].known), http_date(every[-1].known))
    assert ("first" in every[0].rel, "last" in every[-1].rel) == (True, True)
    assert [each.known for each in every] == sorted({each.known for each in every})
    for each in every:
        with client.head(each.address) as memento:
            assert memento.headers["Memento-Datetime"] == each.attributes["datetime"]
            assert one(links(memento.headers["Link"]), "original").address == f"http://localhost/{original}"


@EACH
def test_m11_a_timemap_does_not_negotiate_datetime(client: FlaskClient, original: str) -> None:
    """It is the same list at whatever time, and no list of it is asked for through itself."""
    plain = client.get(f"/timemap/{original}")
    asked = client.get(f"/timemap/{original}", headers={"Accept-Datetime": "Sat, 10 Dec 2022 12:00:00 GMT"})
    assert (asked.status_code, asked.data) == (200, plain.data)
    assert "Memento-Datetime" not in asked.headers
    assert client.get(f"/timemap/timemap/{original}").status_code == 404
    unchanged = client.get(f"/timemap/{original}", headers={"If-None-Match": plain.headers["ETag"]})
    assert unchanged.status_code == 304


def test_m12_what_has_ended_still_has_its_mementos(client: FlaskClient) -> None:
    """Zwijndrecht ended on 1 January 2025, and its page leads to what it was on the day before."""
    ended = client.get("/doc/municipality/11056")
    assert ended.status_code == 200
    assert one(links(ended.headers["Link"]), "timemap").path == "/timemap/doc/municipality/11056"
    assert "a rl:Municipality" not in ended.text
    address = chosen(client, "doc/municipality/11056.ttl", "Tue, 31 Dec 2024 22:59:59 GMT")
    assert "a rl:Municipality" in body(client, address).decode()
    turned = chosen(client, "doc/municipality/11056.ttl", "Tue, 31 Dec 2024 23:00:00 GMT")
    assert turned == "/doc/municipality/11056/2025-01-01/2024-12-31T23:00:00Z.ttl"
    assert "a rl:Municipality" not in body(client, turned).decode()


@pytest.mark.parametrize(
    ("original", "known", "region"),
    [
        ("doc/municipality/11056/2022-12-10.html", "Sat, 10 Dec 2022 12:00:00 GMT", "Regio Antwerpen"),
        ("doc/municipality/11056/2023-04-01.html", "Wed, 01 Mar 2023 00:00:00 GMT", "Regio Antwerpen"),
        ("doc/municipality/11056/2023-04-01.html", "Fri, 10 Mar 2023 00:00:00 GMT", "Waasland"),
        ("doc/municipality/11056.html", "Fri, 10 Mar 2023 00:00:00 GMT", "Regio Antwerpen"),
        ("doc/municipality/11056.html", "Sat, 18 Mar 2023 22:59:59 GMT", "Regio Antwerpen"),
        ("doc/municipality/11056.html", "Sat, 18 Mar 2023 23:00:00 GMT", "Waasland"),
    ],
)
def test_the_header_is_known_and_the_address_is_at(client: FlaskClient, original: str, known: str, region: str) -> None:
    """The decree was published on 9 March 2023 and in force on the 19th: the header asks for the first alone."""
    within = re.search(
        r"lies in</th>\s*<td>(.*?)</td>", body(client, chosen(client, original, known)).decode(), re.DOTALL
    )
    assert within is not None
    assert region in within[1]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    original=st.sampled_from(
        [
            "doc/municipality/11056",
            "doc/municipality/46030",
            "doc/municipality/11002/2025-01-01",
            "doc/region/middenkust",
            "doc/region/limburg-undemarcated-1",
            "doc/cooperation/65EB0324E77A4F2289F6B63D",
            "doc/decision/REGIODECREET/2023-04-01",
            "graph/now",
            "graph/2025-01-01",
        ]
    ),
    known=st.datetimes(*map(datetime.fromisoformat, ("2017-12-01", "2026-07-01")), timezones=st.just(UTC)),
)
def test_the_timegate_chooses_what_was_known_at_that_time(client: FlaskClient, original: str, known: datetime) -> None:
    """The last memento of the TimeMap that is not later; and it says what the register says of that very moment."""
    known = known.replace(microsecond=0)
    every = mementos(client, f"{original}.nt")
    expected = max((each for each in every if each.known <= known), key=lambda each: each.known, default=every[0])
    address = chosen(client, f"{original}.nt", known)
    assert address == expected.path
    if BEGAN <= known <= HEAD:
        said_then = _asked_plainly(client, original, known)
        assert said_then == body(client, address) if every[0].known <= known else said_then == b""


def _asked_plainly(client: FlaskClient, original: str, known: datetime) -> bytes:
    """What the register says with both clocks given, as it was on the day of that instant where no day is fixed."""
    day = known.astimezone(BRUSSELS).date().isoformat()
    instant = known.isoformat().replace("+00:00", "Z")
    what, *parts = original.split("/")
    if what == "graph":
        return body(client, f"/graph/{day if parts == ['now'] else parts[0]}/{instant}.nt")
    at = parts[2] if len(parts) > 2 else day
    return body(client, f"/doc/{parts[0]}/{parts[1]}.nt?at={at}&known={instant}")


def test_an_address_with_parameters_leads_to_one_without(client: FlaskClient) -> None:
    """``at`` goes into the path of the TimeGate; with ``known`` it says of what it shows a state, and is no memento."""
    answer = client.get("/doc/region/waasland.ttl?at=2023-01-01")
    assert one(links(answer.headers["Link"]), "timegate").path == "/timegate/doc/region/waasland/2023-01-01.ttl"
    assert answer.data == body(client, "/doc/region/waasland/2023-01-01.ttl")
    known = client.get("/doc/region/waasland.ttl?at=2023-01-01&known=2023-03-10")
    assert one(links(known.headers["Link"]), "original").path == "/doc/region/waasland/2023-01-01.ttl"
    assert "Memento-Datetime" not in known.headers
    assert known.data == body(client, "/doc/region/waasland/2023-01-01/2023-03-10.ttl")


def test_only_what_two_clocks_fix_is_a_memento(client: FlaskClient) -> None:
    """A day that has passed stands for its end; today and ``now`` go on."""
    for address, known in (
        ("/graph/2023-01-01/2023-03-10.nt", "Fri, 10 Mar 2023 22:59:59 GMT"),
        ("/doc/region/waasland/2023-01-01/2023-03-10T12:00:00%2B01:00", "Fri, 10 Mar 2023 11:00:00 GMT"),
        ("/graph/2023-01-01/2026-06-01.nt", None),
        ("/graph/now/2023-03-10.nt", None),
        ("/doc/region/waasland/now/2023-03-10", None),
        ("/doc/region/waasland/now", None),
    ):
        with client.get(address) as answer:
            assert (answer.status_code, answer.headers.get("Memento-Datetime")) == (200, known), address
            assert one(links(answer.headers["Link"]), "timegate").path.startswith("/timegate/")


def test_what_is_not_fixed_to_a_day_goes_by_now_too(client: FlaskClient) -> None:
    """``doc/region/waasland/now`` is ``doc/region/waasland``, and has its mementos."""
    with client.get("/doc/region/waasland/now") as answer:
        assert one(links(answer.headers["Link"]), "timegate").path == "/timegate/doc/region/waasland"
    assert chosen(client, "doc/region/waasland/now") == chosen(client, "doc/region/waasland")


def test_keys_are_written_as_addresses_write_them(client: FlaskClient) -> None:
    """What a client sends escaped is escaped in every link."""
    address = "doc/municipality/%31%31056"
    assert chosen(client, address) == chosen(client, "doc/municipality/11056")


def test_links_hold_behind_any_prefix(client: FlaskClient) -> None:
    """Absolute links begin where the one who asks sees the service; the redirect is relative."""
    base = "https://elsewhere.example/r\u00e9gions/"
    answer = client.get("/timegate/graph/now", base_url=base)
    assert answer.headers["Location"].startswith("../../graph/")
    start = "https://elsewhere.example/r%C3%A9gions/"
    assert all(each.address.startswith(start) for each in links(answer.headers["Link"]))
    assert all(each.address.startswith(start) for each in links(client.get("/timemap/graph/now", base_url=base).text))


def test_a_browser_reads_the_timemap_of_a_page_as_a_page(client: FlaskClient) -> None:
    """With a link to each memento; whoever asks for a TimeMap gets one."""
    browser = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    page = client.get("/timemap/doc/municipality/11056.html", headers=browser)
    assert page.mimetype == "text/html"
    assert "../../../doc/municipality/11056/2025-01-01/2024-12-31T23:00:00Z.html" in page.text
    assert client.get("/timemap/doc/municipality/11056.html").mimetype == "application/link-format"
    assert client.get("/timemap/doc/municipality/11056", headers=browser).mimetype == "application/link-format"
    assert client.get("/timemap/doc/municipality/11056", headers={"Accept": "text/turtle"}).status_code == 406


def test_the_page_of_a_memento_asks_for_other_moments_where_it_can(client: FlaskClient) -> None:
    """Its form leads to the address that takes parameters, and its links keep the moment."""
    page = body(client, "/doc/municipality/11056/2022-12-10/2022-12-05T23:00:00Z.html").decode()
    assert '<form method="get" action="../../../../doc/municipality/11056">' in page
    assert "../../../../doc/region/regio-antwerpen?at=2022-12-10&amp;known=2022-12-05T23%3A00%3A00Z" in page


def test_a_page_elsewhere_may_negotiate_datetime(client: FlaskClient) -> None:
    """It may send the header, and read those of the answer."""
    asked = client.options("/timegate/graph/now", headers={"Origin": "http://elsewhere.example"})
    assert "Accept-Datetime" in asked.headers["Access-Control-Allow-Headers"]
    exposed = client.get("/timegate/graph/now").headers["Access-Control-Expose-Headers"]
    assert {"Memento-Datetime", "Link", "Location", "Vary"} <= set(exposed.split(", "))


@pytest.mark.parametrize(
    ("address", "status", "kind"),
    [
        ("/timegate/doc/municipality/99999", 404, "unknown-key"),
        ("/timemap/doc/municipality/99999", 404, "unknown-key"),
        ("/doc/municipality/99999/2022-12-10/2022-12-10", 404, "unknown-key"),
        ("/timegate/doc/atlantis/1", 404, "not-found"),
        ("/timegate/doc/forum/1", 404, "not-found"),
        ("/timegate/doc/municipality", 404, "not-found"),
        ("/timegate/doc/municipality/11056/2022-12-10/2022-12-10", 404, "not-found"),
        ("/timegate/doc/municipality/11056/2022-12-32", 400, "bad-moment"),
        ("/timemap/doc/municipality/11056/2017-12-31", 400, "bad-moment"),
        ("/doc/municipality/11056/2022-12-32", 400, "bad-moment"),
        ("/doc/municipality/11056/2022-12-10/2099-01-01", 400, "bad-moment"),
        ("/doc/municipality/11056/2022-12-10/2017-01-01", 400, "bad-moment"),
        ("/doc/municipality/11056/2022-12-10/yesterday", 400, "bad-moment"),
        ("/doc/municipality/11056/2022-12-10/2022-12-10.csv", 400, "bad-moment"),
        ("/doc/municipality/11056/2022-12-10/2022-12-10/x", 404, "not-found"),
        ("/timegate/graph/now.csv", 404, "unknown-format"),
        ("/timegate/graph/tomorrow", 400, "bad-moment"),
        ("/timegate/graph/2025-01-01/2024-01-01", 404, "not-found"),
        ("/timegate/graph/history", 404, "not-found"),
        ("/timegate/graph/source/abb", 404, "not-found"),
        ("/timemap/graph/source", 404, "not-found"),
        ("/timegate/query/regions", 404, "not-found"),
        ("/timemap/2/graph/now", 404, "not-found"),
        ("/timegate/graph/now?at=2025-01-01", 400, "bad-parameter"),
        ("/timemap/graph/now?known=2025-01-01", 400, "bad-parameter"),
        ("/doc/municipality/11056/2022-12-10?known=2022-12-10", 400, "bad-parameter"),
        ("/doc/municipality/11056/2022-12-10/2022-12-10?at=2022-12-10", 400, "bad-parameter"),
        ("/doc/event/64/2022-12-10/2018-01-01", 404, "unknown-key"),
    ],
)
def test_what_has_no_mementos_is_refused(client: FlaskClient, address: str, status: int, kind: str) -> None:
    """A key that the register never had, a day that does not exist, an address that takes no parameters."""
    answer = client.get(address)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.json is not None
    assert answer.json["type"] == f"/problems#{kind}"
