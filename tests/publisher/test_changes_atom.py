"""The changes as Atom: an archived feed that feed readers read, with every event once."""

from __future__ import annotations

from itertools import pairwise
from typing import Any
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

import feedparser
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.middleware.proxy_fix import ProxyFix

from regiolog.events.temporal import instant_text
from regiolog.publisher.service import Service
from tests.builders import BASE
from tests.publisher.changing import get

HOST = "http://somewhere.example/prefix/"
NAMES = {"a": "http://www.w3.org/2005/Atom", "fh": "http://purl.org/syndication/history/1.0"}
EVENT = f"{BASE}id/event/"


def read(client: FlaskClient, address: str) -> Any:
    """A document as feedparser reads it, with nothing to complain of."""
    answer = get(client, address, Accept="application/atom+xml")
    assert answer.status_code == 200
    assert answer.content_type == "application/atom+xml"
    headers = {"content-type": answer.content_type, "content-location": urljoin(HOST, address.removeprefix("/"))}
    found = feedparser.parse(answer.data, response_headers=headers)
    assert not found.bozo, found.get("bozo_exception")
    assert found.version == "atom10"
    return found


def links(document: Any) -> dict[str, str]:
    """The links of a document, by what they lead to."""
    return {each.rel: each.href for each in document.feed.links}


@pytest.fixture(scope="module")
def archive(app: Flask) -> list[Any]:
    """Every document, the newest first, found as a feed reader finds them (RFC 5005, section 4)."""
    client = app.test_client()
    documents = [read(client, "/changes.atom")]
    while "prev-archive" in links(documents[-1]):
        documents.append(read(client, "/" + links(documents[-1])["prev-archive"].removeprefix(HOST)))
    return documents


def test_every_event_is_there_once(archive: list[Any], service: Service) -> None:
    """The newest first, over all archive documents; the newest document has the page before as well."""
    history = service.history()
    ids = [entry.id for document in archive[1:] for entry in document.entries]
    newest = [entry.id for entry in archive[0].entries]
    assert newest[-len(archive[1].entries) :] == [entry.id for entry in archive[1].entries]
    ids = newest[: -len(archive[1].entries)] + ids
    assert ids == [f"{EVENT}{position}" for position in range(history.position, 0, -1)]


def test_entries_say_what_was_recorded(archive: list[Any], service: Service) -> None:
    """Since when it is known, what it was, what it changed, and where more is told of it."""
    history = service.history()
    for entry in (entry for document in archive for entry in document.entries):
        position = int(entry.id.removeprefix(EVENT))
        told = history.told_of(position)
        assert told is not None
        assert entry.updated == instant_text(told.known)
        assert [each.term for each in entry.tags] == [told.gist.kind]
        assert [(each.rel, each.href) for each in entry.links] == [("alternate", f"{HOST}doc/event/{position}")]
        assert entry.title
        assert entry.summary
    by_id = {entry.id: entry for document in archive for entry in document.entries}
    merger = by_id[f"{EVENT}709"]
    assert merger.title == "Municipalities were merged: Hasselt, Hasselt, Kortessem"
    assert merger.summary == (
        "New: Hasselt (municipality 71072). Changed: Hasselt (municipality 71022), Kortessem (municipality 73040). "
        "Holds from 2025-01-01. By decision FUSIES-2025."
    )
    assert by_id[f"{EVENT}1"].title == "Register was begun: Aartselaar, Antwerpen, Boechout and 305 more"
    assert "It changed nothing of what the feeds tell of." in by_id[f"{EVENT}799"].summary


def test_the_archive_is_linked_both_ways(archive: list[Any]) -> None:
    """The newest document leads back; each of the others is for good, and knows its neighbours and the newest."""
    assert links(archive[0]) == {"self": f"{HOST}changes.atom", "prev-archive": f"{HOST}changes.atom?page=12"}
    for newer, older in pairwise(archive):
        assert links(newer)["prev-archive"] == links(older)["self"]
        assert links(older)["current"] == f"{HOST}changes.atom"
    numbers = [f"{HOST}changes.atom?page={number}" for number in range(len(archive), 1, -1)]
    assert [links(each)["next-archive"] for each in archive[1:]] == numbers
    assert "prev-archive" not in links(archive[-1])


def test_documents_are_atom(client: FlaskClient) -> None:
    """What RFC 4287 asks of every feed, and RFC 5005 of an archive document."""
    for address, archived in (
        ("/changes.atom", False),
        ("/changes.atom?page=3", True),
        ("/changes.atom?page=13", False),
    ):
        answer = get(client, address)
        root = ET.fromstring(answer.data)
        assert root.tag == f"{{{NAMES['a']}}}feed"
        for name in ("id", "title", "updated", "author"):
            assert len(root.findall(f"a:{name}", NAMES)) == 1, name
        assert root.findtext("a:id", namespaces=NAMES) == f"{BASE}changes"
        assert root.findtext("a:author/a:name", namespaces=NAMES) == "the register flanders"
        assert (root.find("fh:archive", NAMES) is not None) is archived
        assert ("immutable" in answer.headers["Cache-Control"]) is archived
        newest = root.find("a:entry/a:updated", NAMES)
        assert newest is not None
        assert root.findtext("a:updated", namespaces=NAMES) == newest.text


def test_a_thing_has_a_feed_of_its_own(client: FlaskClient) -> None:
    """The events that changed it, under the same ids."""
    found = read(client, "/changes/municipality/11056")
    assert found.feed.id == f"{BASE}changes/municipality/11056"
    assert found.feed.title == "Changes of municipality 11056 in the register flanders"
    assert [entry.id.removeprefix(EVENT) for entry in found.entries] == ["707", "78", "71", "37", "1"]
    assert links(found) == {"self": f"{HOST}changes/municipality/11056.atom"}
    assert found.entries[0].link == f"{HOST}doc/event/707"


def test_links_hold_behind_a_proxy(app: Flask) -> None:
    """They are relative, so that no proxy need tell where it is; what is kept for one host is right for another."""
    told = {"X-Forwarded-Host": "register.example", "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/deep"}
    behind = ProxyFix(app.wsgi_app, x_host=1, x_proto=1, x_prefix=1)
    plain = app.test_client().get("/changes.atom?page=2").data
    assert b'href="/' not in plain
    assert plain.count(b"http://") == plain.count(BASE.encode()) + len(NAMES)
    app_behind = Flask(__name__)
    app_behind.wsgi_app = behind  # type: ignore[method-assign]
    assert app_behind.test_client().get("/changes.atom?page=2", headers=told).data == plain
