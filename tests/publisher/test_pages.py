"""The pages: plain, readable with any tool, and asking nothing of any other host."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from flask.testing import FlaskClient

PAGES = (
    "/",
    "/query",
    "/query/region-of",
    "/query/region-of?nis=11056&at=2022-12-10",
    "/query/regions?at=2021-06-01&known=2021-06-01",
    "/query/conversion?from=2024-12-31&to=2025-01-01",
    "/doc/municipality/11056",
    "/doc/municipality/46030?at=2025-01-01",
    "/doc/municipality/11056/2022-12-10/2022-12-05T23:00:00Z",
    "/timemap/doc/municipality/11056.html",
    "/doc/region/waasland",
    "/doc/province/40000",
    "/doc/decision/REGIODECREET",
    "/doc/decision/VR-2020-10-09?known=2021-01-01",
    "/doc/region/proposal-2020-limburg",
    "/doc/cooperation/65EB0324E77A4F2289F6B63D",
    "/doc/cooperation/2bf97f7faebd616265d004a80cce0319a110319197b657d5a0a1a16d81f34ca2",
    "/doc/source/abb",
    "/doc/source/pinc?at=2023-06-07&known=2023-06-07",
    "/doc/event/1",
    "/doc/event/64",
    "/query/said?nis=11056",
    "/query/divergences?at=2022-12-03&known=2022-12-03",
    "/query/history?kind=region&key=middenkust",
    "/diff",
    "/diff?from=2024-12-31&to=2025-01-01",
    "/diff?from=2022-12-10&to=2022-12-10&from_known=2022-12-05&to_known=2022-12-23",
    "/changes",
    "/changes?page=1",
    "/changes/municipality/11056",
    "/changes/positions",
    "/changes/positions?dump=/graph/now.nq.gz",
    "/sparql",
    "/sparql?query=SELECT+*+{+?s+?p+?o+}+LIMIT+3",
    "/ns",
    "/problems",
    "/nowhere",
)
EACH = pytest.mark.parametrize("address", PAGES)
HTML = {"Accept": "text/html"}
VOID = {"meta", "link", "input", "br", "img", "hr"}


class Page(HTMLParser):
    """A page, read as a browser would."""

    def __init__(self, text: str) -> None:
        """Read it."""
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.unclosed: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.unclosed.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """See whether it closes what was opened last."""
        assert self.unclosed.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every element of one kind."""
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture
def page(client: FlaskClient, address: str) -> Page:
    """The page at an address."""
    return Page(client.get(address, headers=HTML).text)


@EACH
def test_no_request_goes_to_another_host(page: Page, client: FlaskClient, address: str) -> None:
    """What a browser loads by itself comes from us, and the header forbids the rest."""
    loaded = [each["href"] for each in page.all("link") if each["rel"] in {"stylesheet", "icon"}]
    loaded += [each.get("src") for tag in ("script", "img", "iframe", "source") for each in page.all(tag)]
    assert loaded
    for reference in loaded:
        assert reference is not None
        assert reference.startswith("data:") or not urlsplit(reference).netloc
    assert page.all("script") == []
    policy = client.get(address, headers=HTML).headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy


@EACH
def test_a_page_can_be_read_by_everyone(page: Page) -> None:
    """It has a language, a title and one heading; every field has a label, and every tag is closed."""
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("title")) == len(page.all("h1")) == len(page.all("main")) == 1
    labelled = {each["for"] for each in page.all("label")}
    fields = [each for tag in ("input", "select", "textarea") for each in page.all(tag)]
    assert {each["id"] for each in fields} == labelled
    identifiers = [each["id"] for _, each in page.elements if "id" in each]
    assert len(identifiers) == len(set(identifiers))
    assert page.unclosed == []


@EACH
def test_links_to_our_own_pages_lead_somewhere(page: Page, client: FlaskClient, address: str) -> None:
    """Each is relative, and answers."""
    links = {each["href"] for tag in ("a", "link") for each in page.all(tag)}
    for link in list(links)[:40]:
        assert link is not None
        if urlsplit(link).scheme or link.startswith("#"):
            continue
        assert not link.startswith("/")
        target = urlsplit(urljoin(f"http://localhost{address}", link))
        with client.get(f"{target.path}?{target.query}" if target.query else target.path, headers=HTML) as answer:
            assert answer.status_code == 200, link


def test_what_was_written_is_shown_and_never_run(client: FlaskClient) -> None:
    """Markup in a parameter stays text."""
    for address in ("/query/region-of?nis=<script>alert(1)</script>", "/sparql?query=<script>alert(1)</script>"):
        assert "<script" not in client.get(address, headers=HTML).text
    harmless = client.get("/sparql?query=SELECT+('<script>'+AS+?x)+{}", headers=HTML)
    assert harmless.status_code == 200
    assert "<script" not in harmless.text


def test_a_page_says_which_moment_it_shows(client: FlaskClient) -> None:
    """Both clocks are on it, and go along in its links."""
    page = client.get("/?at=2021-06-01&known=2021-06-01").text
    assert '<time datetime="2021-06-01">' in page
    assert '<time datetime="2021-06-01T21:59:59.999999Z">' in page
    assert "it is known now" in client.get("/").text


def test_a_page_about_two_moments_speaks_of_no_third(client: FlaskClient) -> None:
    """The difference names its own moments, and the form for it none."""
    for address in ("/diff", "/diff?from=2022-12-10&to=2022-12-10&from_known=2022-12-05&to_known=2022-12-23"):
        page = client.get(address, headers=HTML).text
        assert 'datetime=""' not in page


def test_a_query_that_fails_need_not_be_written_again(client: FlaskClient) -> None:
    """The page that says why has the query in a form; no other page has one."""
    page = client.get("/sparql?query=SELECT+%3Fs+{}+%26&format=html", headers=HTML)
    assert page.status_code == 400
    assert "SELECT ?s {} &amp;</textarea>" in page.text
    assert "<textarea" not in client.get("/doc/municipality/99999?query=x", headers=HTML).text


def test_the_start_page_leads_to_the_sources_that_there_are(client: FlaskClient) -> None:
    """Each by its name."""
    page = client.get("/", headers=HTML).text
    assert '"doc/source/pinc">Provincies in Cijfers</a>' in page.replace("./doc", "doc")


def test_the_vocabulary_shows_every_term_in_two_languages(client: FlaskClient) -> None:
    """A link to a term finds it on the page."""
    page = Page(client.get("/ns", headers=HTML).text)
    terms = {each["id"] for each in page.all("dt")}
    assert {"Municipality", "Assignment", "evidence-derived", "status-pending"} <= terms
    assert {each.get("lang") for each in page.all("span")} >= {"en", "nl"}
