"""The change feed over HTTP: its pages, its forms, and whatever is asked wrongly."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from regiolog.publisher.app import create_app
from regiolog.publisher.service import Service
from regiolog.publisher.settings import Settings
from regiolog.sync.folder import Folder
from tests.builders import TurnedClock, said, tell
from tests.processes import prepared
from tests.publisher.changing import BATCH, Harvester, get

PAGES = 13
"""How many pages the changes of the archive have."""

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"
ATOM = "application/atom+xml"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, BATCH),
        ("*/*", BATCH),
        (BATCH, BATCH),
        ("application/json", BATCH),
        ("text/json", BATCH),
        ("*/json", BATCH),
        ("application/*", BATCH),
        (f"{BATCH}, application/json;q=0.5", BATCH),
        (f"{ATOM}, */*;q=0.1", ATOM),
        ("application/xml", ATOM),
        ("application/json;q=0.5, application/atom+xml;q=0.6", ATOM),
        (BROWSER, "text/html; charset=utf-8"),
        ("text/html", "text/html; charset=utf-8"),
    ],
)
def test_the_header_chooses_the_form(client: FlaskClient, accept: str | None, media_type: str) -> None:
    """A program gets CloudEvents, a feed reader Atom and a person a page; whatever asks for JSON gets it."""
    for address in ("/changes", "/changes?page=2", "/changes/municipality/11056"):
        answer = get(client, address, **({} if accept is None else {"Accept": accept}))
        assert (answer.status_code, answer.content_type) == (200, media_type)
        assert "Accept" in answer.headers["Vary"]


@pytest.mark.parametrize("address", ["/changes", "/changes/municipality/11056", "/changes?page=99"])
def test_no_form_that_is_accepted(client: FlaskClient, address: str) -> None:
    """406, with the list."""
    answer = get(client, address, Accept="text/turtle, image/*")
    assert answer.status_code == 406
    for form in (BATCH, ATOM, "text/html"):
        assert form in answer.get_json()["detail"]


@pytest.mark.parametrize(("suffix", "accept"), [("json", BATCH), ("atom", ATOM), ("html", "text/html")])
def test_the_address_chooses_the_form_too(client: FlaskClient, suffix: str, accept: str) -> None:
    """Before any header, so that every feed reader gets what it reads."""
    for path, where in (("/changes", "?page=3"), ("/changes/region/middenkust", "")):
        named = get(client, f"{path}.{suffix}{where}", Accept="text/turtle")
        assert named.status_code == 200
        assert named.data == get(client, f"{path}{where}", Accept=accept).data


def test_pages_are_those_of_the_stream(client: FlaskClient, service: Service) -> None:
    """Each covers the same positions, and is full when that is."""
    pages = service.paging.read(service.history())
    assert len(pages) == PAGES
    for number in range(1, PAGES + 1):
        page = pages[number]
        answer = get(client, f"/changes?page={number}")
        positions = [each["position"] for each in json.loads(answer.data)]
        assert page.after < min(positions) <= max(positions) <= page.upto
        assert answer.headers["Regiolog-Position"] == str(page.upto)
        stream = get(client, f"/feed/{number}", Accept="text/turtle")
        assert (
            (answer.headers["X-Page-Complete"] == "true")
            is page.full
            is ("immutable" in stream.headers["Cache-Control"])
        )


def test_full_pages_stay_and_the_last_is_polled(client: FlaskClient) -> None:
    """A full page never changes; the last one is worth asking for again after a minute."""
    full, last = get(client, "/changes?page=3"), get(client, f"/changes?page={PAGES}")
    assert full.headers["X-Page-Complete"] == "true"
    assert full.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert last.headers["X-Page-Complete"] == "false"
    assert last.headers["Cache-Control"] == "public, max-age=60"
    assert full.headers["Link"] == '<changes.json?page=4>; rel="next"'
    assert "Link" not in last.headers
    exposed = {each.strip() for each in full.headers["Access-Control-Expose-Headers"].split(",")}
    assert "X-Page-Complete" in exposed
    for answer, number in ((full, 3), (last, PAGES)):
        again = get(client, f"/changes?page={number}", If_None_Match=answer.headers["ETag"])
        assert (again.status_code, again.data) == (304, b"")
        for name in ("X-Page-Complete", "Cache-Control", "ETag", "Link", "Regiolog-Position"):
            assert again.headers.get(name) == answer.headers.get(name)
        with client.head(f"/changes?page={number}") as head:
            assert (head.data, head.headers["Content-Length"]) == (b"", str(len(answer.data)))
            assert head.headers["X-Page-Complete"] == answer.headers["X-Page-Complete"]
        packed = get(client, f"/changes?page={number}", Accept_Encoding="gzip")
        assert gzip.decompress(packed.data) == answer.data


def test_the_harvesters_of_the_base_registry_ask_in_dutch(client: FlaskClient) -> None:
    """``pagina`` is ``page``, and both together are none."""
    assert get(client, "/changes?pagina=4").data == get(client, "/changes?page=4").data
    assert get(client, "/changes").data == get(client, "/changes?page=1").data
    both = get(client, "/changes?page=4&pagina=4")
    assert both.status_code == 400
    assert both.get_json()["detail"] == "page and pagina say the same: give one of them"


def test_what_was_full_never_changes(service: Service, tmp_path: Path) -> None:
    """Whatever is recorded later, a full page keeps its bytes in every form; the last one goes on."""
    data = prepared(service.settings.data, tmp_path / "data")
    clock = TurnedClock(service.clock())
    addresses = [f"/changes.{form}?page={number}" for form in ("json", "atom") for number in (1, 3, PAGES - 1)]
    with Service.open(Settings(data=data), clock=clock) as opened:
        client = create_app(opened).test_client()
        harvester = Harvester(client)
        harvester.run()
        before = {each: get(client, each) for each in addresses}
        last = get(client, f"/changes?page={PAGES}")
    folder = Folder(data, clock=clock)
    for number, year in enumerate(range(2027, 2087)):
        tell(
            folder.journal,
            said(
                "municipality-was-renamed",
                f"{year}-01-01",
                "REGIODECREET",
                municipality="11001",
                name=f"Aartselaar {number}",
            ),
            clock=clock,
        )
    folder.close()
    with Service.open(Settings(data=data), clock=clock) as opened:
        client = create_app(opened).test_client()
        for address, answer in before.items():
            again = get(client, address)
            assert (again.data, again.headers["ETag"]) == (answer.data, answer.headers["ETag"])
        grown = get(client, f"/changes?page={PAGES}", If_None_Match=last.headers["ETag"])
        assert (grown.status_code, grown.headers["X-Page-Complete"]) == (200, "true")
        assert grown.data.startswith(last.data.removesuffix(b"\n]\n") + b",\n")
        harvester._client = client
        found = harvester.run()
        assert len(found) == 60
        assert harvester.page == PAGES + 1
        assert {each["subject"] for each in found} == {"https://data.vlaanderen.be/id/gemeente/11001"}


def test_a_new_page_is_empty_and_there(tmp_path: Path, service: Service) -> None:
    """When the last page has just become full, the next one can be asked for, and has nothing."""
    data = prepared(service.settings.data, tmp_path / "data")
    clock = TurnedClock(service.clock())
    folder = Folder(data, clock=clock)
    for number in range(41):
        tell(
            folder.journal,
            said(
                "municipality-was-renamed",
                f"{2027 + number}-01-01",
                "REGIODECREET",
                municipality="11001",
                name=f"Aartselaar {number}",
            ),
            clock=clock,
        )
    folder.close()
    with Service.open(Settings(data=data), clock=clock) as opened:
        client = create_app(opened).test_client()
        answer = get(client, f"/changes?page={PAGES + 1}")
        assert (answer.status_code, answer.data, answer.headers["X-Page-Complete"]) == (200, b"[]\n", "false")
        assert "Aartselaar 40" in get(client, "/changes", Accept=BROWSER).text, "people begin where there is something"
        assert get(client, f"/changes?page={PAGES + 2}").status_code == 404


NO_PAGES = {
    404: ("0", "-1", "14", "999999999", "9" * 400, "-" + "9" * 50),
    400: (
        *("", "1.0", "01", "1e1", "a", "+1", "0x1", "%00", "1%20", "-0", "1,2", "%C2%B2"),
        *("%EF%BC%91", "%D9%A1"),  # digits, but not those of ASCII
    ),
}


@pytest.mark.parametrize(("status", "number"), [(status, each) for status, all_ in NO_PAGES.items() for each in all_])
@pytest.mark.parametrize("form", [BATCH, ATOM, "application/json"])
def test_a_page_that_is_not_there(client: FlaskClient, status: int, number: str, form: str) -> None:
    """One that there is not is 404, what is no number 400; either says how pages are numbered."""
    answer = get(client, f"/changes?page={number}", Accept=form)
    detail = answer.get_json()["detail"]
    assert answer.status_code == status
    assert f"from 1 to {PAGES}" in detail
    assert len(detail) < 130
    assert answer.headers["Cache-Control"] == "no-store"
    assert "X-Page-Complete" not in answer.headers


@pytest.mark.parametrize(
    ("address", "status", "says"),
    [
        ("/changes?page=1&page=2", 400, "page is given 2 times: give it once"),
        ("/changes?Page=1", 400, "Page is not a parameter here: accepted are page, pagina"),
        ("/changes?at=2020-01-01", 400, "at is not a parameter here: accepted are page, pagina"),
        ("/changes.ttl", 404, "there is no .ttl of this: there is .json, .atom, .html"),
        (
            "/changes/municipality/99999",
            404,
            "the register has never known anything of municipality 99999 that changed",
        ),
        ("/changes/municipality/11056?page=2", 404, "there is no page 2 of the changes: they are numbered from 1 to 1"),
        ("/changes/municipality/11056?page=x", 400, "page is 'x': write a whole number in digits, from 1 to 1"),
        (
            "/changes/province/10000",
            404,
            "changes are told of each municipality, region, subregion, cooperation, decision, and not of province",
        ),
        (
            "/changes/schemas/change.v9.json",
            404,
            "there is no schema change.v9.json: there are event.v1.json, change.v1.json, transform.v1.json",
        ),
        ("/changes/schemas/change.v1.json?page=1", 400, "page is not a parameter here: none are accepted"),
    ],
)
def test_what_is_asked_wrongly(client: FlaskClient, address: str, status: int, says: str) -> None:
    """Nothing is ignored, and one sentence says what is accepted."""
    answer = get(client, address)
    assert (answer.status_code, answer.get_json()["detail"]) == (status, says)


def test_schemas_are_served(client: FlaskClient) -> None:
    """For good, as what they are."""
    answer = get(client, "/changes/schemas/change.v1.json")
    assert answer.content_type == "application/schema+json"
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.get_json(force=True)["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert get(client, "/changes/schemas/change.v1.json", Accept="text/turtle").status_code == 406


def test_people_see_the_newest_first(client: FlaskClient) -> None:
    """Each event with its page, its decision, and what it changed, by name."""
    page = get(client, "/changes", Accept=BROWSER).text
    assert f"page {PAGES} of {PAGES}" in page
    assert f'<a href="changes?page={PAGES - 1}" rel="prev">Older</a>' in page
    assert page.index('<li value="799">') < page.index('<li value="798">')
    merger = get(client, "/changes?page=12", Accept=BROWSER).text
    item = merger.partition('<li value="709">')[2].partition("</li>")[0]
    assert '<a href="doc/event/709">municipalities were merged</a>' in item
    assert '<a href="doc/decision/FUSIES-2025">FUSIES-2025</a>' in item
    assert '<a href="doc/municipality/73040" title="municipality 73040" lang="nl">Kortessem</a>' in item
    assert 'rel="next">Newer</a>' in merger


def test_a_long_list_says_how_long(client: FlaskClient) -> None:
    """The first event made 308 municipalities: twenty are named, and the rest are counted."""
    page = get(client, "/changes?page=1", Accept=BROWSER).text
    assert page.count('title="municipality ') == 20
    assert "and 288 more" in page


def test_it_is_found_from_the_start(client: FlaskClient) -> None:
    """The start page links to it, and the page of one thing to all."""
    assert 'href="changes"' in get(client, "/", Accept=BROWSER).text
    assert 'href="../../changes"' in get(client, "/changes/municipality/11056", Accept=BROWSER).text


def test_what_is_written_stays_text(client: FlaskClient, service: Service, tmp_path: Path) -> None:
    """Markup in a name, and characters that XML has no place for, harm no form."""
    data = prepared(service.settings.data, tmp_path / "data")
    clock = TurnedClock(service.clock())
    folder = Folder(data, clock=clock)
    name = '<b>Aart & "selaar"</b> \uffff'
    tell(
        folder.journal,
        said("municipality-was-renamed", "2027-01-01", "REGIODECREET", municipality="11001", name=name),
        clock=clock,
    )
    folder.close()
    with Service.open(Settings(data=data), clock=clock) as opened:
        own = create_app(opened).test_client()
        events: list[dict[str, Any]] = json.loads(get(own, f"/changes?page={PAGES}").data)
        (label,) = [each for each in events[-1]["data"]["attributen"] if each["naam"] == "label"]
        assert label["nieuweWaarde"][-1] == {"value": name, "language": "nl", "validFrom": "2027-01-01"}
        assert "<b>" not in get(own, "/changes", Accept=BROWSER).text
        atom = get(own, "/changes.atom").text
        assert "&lt;b&gt;Aart &amp; " in atom
        assert "\uffff" not in atom
