"""LDES 1.0, the stream and its root: L01 to L11, L21, L28 and L31 of the conformance points.

L12 to L17 and L24 to L27 are in ``test_ldes_members``, L18 to L20 in ``test_tree``, L22, L23 and L30 in
``test_growing``, L29 in ``test_reader``, since it is clients who are asked something; L05 is what servers are asked.
A publisher is held to these only in part, or by no test, and why:

===  ==================================================================================================================
L09  whether an address stays over the years no test can tell: it is a promise of ``docs/http.md``
L14  months are a clock that is turned
L23  the tree is never built otherwise, so no page has an old address that could redirect: that they stay is tested
L32  it is about consumers: the tests of following hold it
===  ==================================================================================================================
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode

from regiolog.ontology import terms
from tests.feed.fed import Fed
from tests.feed.page import TYPE, XSD, Page
from tests.feed.reader import FORMS, LDES, TREE, Abort, Answer, Reader, canonical, fetch
from tests.processes import prepared

NODES = ("feed", "feed/branch/1", "feed/1", "feed/{last}")
"""A root, a branch, a full page and the last page of the Flemish register."""

PATHS = (
    "timestampPath",
    "sequencePath",
    "versionOfPath",
    "versionCreatePath",
    "versionUpdatePath",
    "versionDeletePath",
    "transactionPath",
    "transactionFinalizedPath",
)
OTHERS = (
    "versionTimestampPath",
    "versionSequencePath",
    "versionCreateObject",
    "versionUpdateObject",
    "versionDeleteObject",
    "transactionFinalizedObject",
    "pollingInterval",
)


@pytest.fixture
def paths(pages: list[Page]) -> list[str]:
    """The paths of :data:`NODES`."""
    last = max(int(page.url.rpartition("/")[2]) for page in pages if not page.children)
    return [path.format(last=last) for path in NODES]


@pytest.fixture(params=range(len(NODES)), ids=NODES)
def path(request: pytest.FixtureRequest, paths: list[str]) -> str:
    """Each of them."""
    number: int = request.param
    return paths[number]


@pytest.fixture
def root(flemish: Fed) -> Page:
    """The root of the Flemish register's tree."""
    answer = fetch(f"{flemish.url}feed", "application/n-quads")
    return Page(answer.url, answer.quads)


def test_l01_every_form_says_the_same(flemish: Fed, path: str) -> None:
    """Turtle, TriG, N-Quads, N-Triples and JSON-LD parse, and are one graph."""
    said = {form: canonical(fetch(f"{flemish.url}{path}", form).quads) for form in FORMS}
    assert len(set(said.values())) == 1
    assert len(said["text/turtle"].splitlines()) > 15


@pytest.mark.parametrize("form", FORMS)
def test_l02_what_is_sent_is_what_was_asked(flemish: Fed, path: str, form: str) -> None:
    """The type is that of the body, and caches are told that it depends on Accept."""
    answer = fetch(f"{flemish.url}{path}", f"{form}, text/html;q=0.2")
    assert answer.media_type == form
    assert "accept" in {name.strip().lower() for name in answer.headers["vary"].split(",")}


def test_l02_who_accepts_nothing_that_there_is_is_told_what_there_is(flemish: Fed) -> None:
    """A 406 names the five forms; whoever accepts anything is given one of them."""
    answer = fetch(f"{flemish.url}feed/1", "image/png")
    assert answer.status == 406
    assert all(form in answer.body.decode() for form in FORMS)
    assert fetch(f"{flemish.url}feed/1", "image/png, */*;q=0.1").media_type in FORMS


@pytest.mark.parametrize("form", FORMS)
def test_l03_a_tag_is_known_again(flemish: Fed, path: str, form: str) -> None:
    """With the tag of a page a client is told that it has it, and another form has another tag."""
    answer = fetch(f"{flemish.url}{path}", form)
    again = fetch(f"{flemish.url}{path}", form, answer.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == answer.headers["etag"]
    assert again.headers["cache-control"] == answer.headers["cache-control"]
    other = next(each for each in FORMS if each != form)
    assert fetch(f"{flemish.url}{path}", other, answer.headers["etag"]).status == 200


def test_l03_a_tag_changes_when_the_page_does(small: Fed) -> None:
    """Only the pages that lead to something new have another tag, and it is the page that grew."""
    before = {path: small.get(path).headers["ETag"] for path in ("feed", "feed/branch/1", "feed/1")}
    assert {path: small.get(path).headers["ETag"] for path in before} == before
    small.tell({"kind": "municipality-was-renamed", "valid_from": "2021-01-01", "decision": "D1",
                "municipality": "10001", "name": "Aa"})  # fmt: skip
    assert small.get("feed/1").headers["ETag"] != before["feed/1"]


def test_l04_what_never_changes_says_so_in_its_header(
    flemish: Fed, nodes: dict[str, Answer], pages: list[Page], paths: list[str]
) -> None:
    """Cache-Control says immutable exactly where the page itself does; other pages may be kept for a while."""
    growing = {page.url.removeprefix(flemish.url) for page in pages if not page.immutable}
    assert growing == {path for path in paths if path != "feed/1"}
    for answer, page in zip(nodes.values(), pages, strict=True):
        assert answer.immutable == page.immutable
        assert answer.immutable or "max-age" in answer.headers["cache-control"]


def test_l05_overload_is_told(flemish: Fed) -> None:
    """Where as many pages are being written as may be, another one is answered with 429, and when to come back."""
    unheard = "application/n-triples;q=0.7"  # is kept by nobody, under the address that is asked
    with ExitStack() as busy:
        for _ in range(flemish.service.settings.threads // 4):
            busy.enter_context(flemish.service.long_answer())
        answer = fetch(f"{flemish.url}feed/7", unheard)
        assert (answer.status, answer.media_type) == (429, "application/problem+json")
        assert int(answer.headers["retry-after"]) >= 1
        assert "immutable" not in answer.headers["cache-control"]
    assert fetch(f"{flemish.url}feed/7", unheard).status == 200


def test_l05_nobody_gets_half_a_page(flemish: Fed, tmp_path: Path) -> None:
    """Of many who ask at once for pages that are not kept, each gets a whole one or is told to come back."""
    whole = fetch(f"{flemish.url}feed/2", "application/n-triples")
    data = prepared(flemish.service.settings.data, tmp_path / "data")
    with Fed(data, flemish.clock, threads=4, cache=0) as busy, ThreadPoolExecutor(24) as everybody:
        answers = list(everybody.map(lambda _: fetch(f"{busy.url}feed/2", "application/n-triples"), range(72)))
    given = [answer.body for answer in answers if answer.status == 200]
    told = [answer for answer in answers if answer.status == 429]
    assert len(given) + len(told) == len(answers)
    assert given
    assert told, "nobody was told to come back, or nothing was tried"
    host = whole.url.removesuffix("feed/2").encode()
    assert {body.replace(busy.url.encode(), host) for body in given} == {whole.body}


def test_l06_members_are_in_the_order_of_the_stream(pages: list[Page]) -> None:
    """As the TREE profile is offered: inside a page by position, and never by a lower instant than the one before."""
    for page in pages:
        places = [int(text(page, member, terms.RL_POSITION)) for member in page.members]
        known = [datetime.fromisoformat(text(page, member, terms.PROV_GENERATED_AT_TIME)) for member in page.members]
        assert places == sorted(places)
        assert known == sorted(known)


def text(page: Page, subject: str, predicate: str) -> str:
    """The one value that a property of something has, as text."""
    (value,) = page.values(subject, predicate)
    assert isinstance(value, Literal | NamedNode)
    return value.value


def test_l07_the_root_has_the_context_once(root: Page) -> None:
    """Each property of the stream is there at most once, each path is an IRI, and there is a shape."""
    for name in (*PATHS, *OTHERS):
        assert len(root.values(root.stream, f"{LDES}{name}")) <= 1, name
    for name in PATHS:
        (path,) = root.values(root.stream, f"{LDES}{name}")
        assert isinstance(path, NamedNode), name
    (shape,) = root.values(root.stream, f"{TREE}shape")
    assert NamedNode("http://www.w3.org/ns/shacl#NodeShape") in root.values(shape, TYPE)


def test_l07_the_rest_of_the_tree_contradicts_it_nowhere(pages: list[Page], root: Page) -> None:
    """What another page says of the stream the root says too, members apart."""
    said = {quad.predicate.value: quad.object for quad in root.quads if quad.subject == NamedNode(root.stream)}
    for page in pages:
        assert page.stream == root.stream
        for quad in page.quads:
            if quad.subject == NamedNode(page.stream) and quad.predicate.value != f"{TREE}member":
                assert said[quad.predicate.value] == quad.object


@pytest.mark.parametrize("form", FORMS)
def test_l08_the_root_is_the_one_view(flemish: Fed, paths: list[str], form: str) -> None:
    """On the root, and nowhere else, the stream has a view, which is the root's own address."""
    views = {path: fetch(f"{flemish.url}{path}", form) for path in paths}
    found = {
        path: [quad.object for quad in answer.quads if quad.predicate.value == f"{TREE}view"]
        for path, answer in views.items()
    }
    assert found.pop("feed") == [NamedNode(f"{flemish.url}feed")]
    assert not any(found.values())


def test_l09_the_entry_point_stays(flemish: Fed, tmp_path: Path) -> None:
    """The root is where it was after a restart, and its stream is named after no port or host."""
    data = prepared(flemish.service.settings.data, tmp_path / "data")
    before = flemish.reader()
    before.run()
    with Fed(data, flemish.clock) as again:
        after = again.reader()
        after.run()
    assert after.state.stream == before.state.stream == "http://localhost:8000/feed#stream"
    assert (before.state.root, after.state.root) == (f"{flemish.url}feed", f"{again.url}feed")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("path", ["feed/", "feed/1/", "feed/branch/1/"])
def test_l09_a_slash_too_many_leads_nobody_astray(flemish: Fed, path: str, form: str) -> None:
    """An address with a slash at its end is refused, or leads to pages that are there."""
    answer = fetch(f"{flemish.url}{path}", form)
    if answer.status != 200:
        assert answer.status == 404
        return
    page = Page(answer.url, answer.quads)
    assert TYPE in {quad.predicate.value for quad in page.quads if quad.subject == NamedNode(answer.url)}
    assert all(fetch(child, form).status == 200 for child in page.children)


def test_l10_l11_no_policy_leaves_anything_out(root: Page) -> None:
    """At most one is allowed; the root has none, by which everything is declared to be there (`test_l12` counts it)."""
    assert not root.subjects(f"{LDES}retentionPolicy")
    assert not root.subjects(f"{TREE}viewDescription")
    assert NamedNode(f"{LDES}EventSource") in root.values(root.url, TYPE)


@pytest.mark.parametrize("form", FORMS)
def test_l21_what_may_change_does_not_say_so(flemish: Fed, path: str, form: str) -> None:
    """That a page is not immutable is said by silence."""
    false = Literal("false", datatype=NamedNode(f"{XSD}boolean"))
    quads = fetch(f"{flemish.url}{path}", form).quads
    assert not [quad for quad in quads if quad.predicate.value == f"{LDES}immutable" and quad.object == false]


@pytest.mark.parametrize("form", FORMS)
def test_l28_a_client_finds_the_root(flemish: Fed, form: str) -> None:
    """From the root's address, which is also the one that the stream's own IRI leads to, and from no other page."""
    reader = flemish.reader(form)
    next(reader.pages())
    assert reader.state.root == f"{flemish.url}feed"
    by_name = Reader(f"{flemish.url}feed#stream", accept=form)
    next(by_name.pages())
    assert by_name.state.root == reader.state.root
    with pytest.raises(Abort, match="names 0 views"):
        Reader(f"{flemish.url}feed/1", accept=form).run()


def test_l31_the_interval_is_how_long_a_page_is_kept(root: Page, nodes: dict[str, Answer]) -> None:
    """A client is told to come back when what it holds is stale, in seconds, and not before."""
    (interval,) = root.values(root.stream, f"{LDES}pollingInterval")
    assert isinstance(interval, Literal)
    assert interval.datatype.value == f"{XSD}integer"
    ages = {answer.headers["cache-control"] for answer in nodes.values() if not answer.immutable}
    assert ages == {f"public, max-age={int(interval.value)}"}
