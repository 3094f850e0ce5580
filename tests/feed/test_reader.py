"""The small client itself, against a server that behaves as servers may: L29 and L30, since others are judged by it."""

from __future__ import annotations

from typing import Final

import pytest

from tests.feed.reader import Abort, Reader, State
from tests.misbehaving import Misbehaving

PREFIXES: Final = "@prefix tree: <https://w3id.org/tree#> . @prefix ldes: <https://w3id.org/ldes#> .\n"
ROOT: Final = "<#s> a ldes:EventStream ; tree:view <> . <> tree:relation [ tree:node </1> ] , [ tree:node </2> ] ."
TURTLE: Final = "text/turtle"


def page(*members: str) -> str:
    """A page with some members, each of a star and a blank node."""
    return "".join(f"</feed#s> tree:member </m/{name}> . </m/{name}> </says> [ </is> '{name}' ] . " for name in members)


def serve(server: Misbehaving, path: str, text: str, *, full: bool = False) -> None:
    """Answer with a page, from now on."""
    kept = {"Cache-Control": "public, immutable"} if full else {}
    server.answers(path, (PREFIXES + text).encode(), media=TURTLE, etag=f'"{hash(text)}"', headers=kept)


@pytest.fixture
def tree(server: Misbehaving) -> Misbehaving:
    """A root, a page that never changes and one that may."""
    serve(server, "/feed", ROOT)
    serve(server, "/1", page("a", "b"), full=True)
    serve(server, "/2", page("c"))
    return server


def reader(server: Misbehaving, path: str = "/feed", state: State | None = None) -> Reader:
    """A client that has little patience."""
    return Reader(server.address(path), state, accept=TURTLE, patience=1)


def names(server: Misbehaving, found: Reader) -> list[str]:
    """What a run brings."""
    return sorted(member.iri.removeprefix(server.address("/m/")) for member in found.run())


def test_a_member_is_its_star_and_its_blank_nodes(tree: Misbehaving) -> None:
    """And nothing else that is on the page."""
    found = {member.iri: member for member in reader(tree).run()}
    assert len(found) == 3
    assert all(len(member.quads) == 2 for member in found.values())


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_l29_it_comes_back(tree: Misbehaving, status: int) -> None:
    """After a status that will pass."""
    tree.fails("/1", status, times=2)
    assert names(tree, reader(tree)) == ["a", "b", "c"]
    assert tree.count("/1") == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 406, 501])
def test_l29_it_ends(tree: Misbehaving, status: int) -> None:
    """At a status that will not pass, and at one that does not pass in time."""
    tree.fails("/1", status)
    with pytest.raises(Abort, match=str(status)):
        reader(tree).run()


def test_l29_what_is_gone_is_empty(tree: Misbehaving) -> None:
    """A 410 is a page without members, and is not asked for again."""
    tree.fails("/1", 410)
    client = reader(tree)
    assert names(tree, client) == ["c"]
    assert names(tree, client) == []
    assert tree.count("/1") == 1


def test_l28_it_finds_the_one_view(tree: Misbehaving) -> None:
    """From a page that only names it by the stream's address; two streams on one page, or no view, are an error."""
    serve(tree, "/stream", "<> tree:view </root> .")
    serve(tree, "/root", "</stream> tree:view <> ; tree:member </m/x> . </m/x> </says> 'x' .")
    assert names(tree, reader(tree, "/stream")) == ["x"]
    serve(tree, "/two", "<#a> tree:view <> . <#b> tree:view <> .")
    with pytest.raises(Abort, match="2 streams"):
        reader(tree, "/two").run()
    with pytest.raises(Abort, match="0 views"):
        reader(tree, "/1").run()


def test_l30_it_goes_on_from_its_state(tree: Misbehaving) -> None:
    """Kept as a file: what never changes is not read again, what may is asked for by its tag, news comes once."""
    client = reader(tree)
    client.run()
    state = State.of(client.state.kept())
    serve(tree, "/2", page("c", "d"))
    again = reader(tree, state=state)
    assert names(tree, again) == ["d"]
    assert (tree.count("/feed"), tree.count("/1"), tree.count("/2")) == (2, 1, 2)
    assert tree.asked("/feed")[1].headers["if-none-match"] == client.state.etags[tree.address("/feed")]


def test_l13_a_member_without_an_address_is_refused(tree: Misbehaving) -> None:
    """A blank node cannot be known again."""
    serve(tree, "/2", "</feed#s> tree:member [ </is> 'x' ] .")
    with pytest.raises(Abort, match="has no IRI"):
        reader(tree).run()
