"""Atom (RFC 4287), as an archived feed (RFC 5005, section 4): full pages are its archive documents.

Links are relative, so that they hold under any host, port and prefix; ids are IRIs of the register's own, and absolute.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from flask import render_template

from regiolog.events.temporal import instant_text
from regiolog.publisher.changes.telling import Happening
from regiolog.publisher.formats import NOT_XML


class Entry(NamedTuple):
    """An entry: one event.

    Attributes:
        id: The IRI of the event.
        position: Its position.
        title: What it was.
        updated: Since when it is known.
        category: The stored name of its kind.
        summary: What it changed.
    """

    id: str
    position: int
    title: str
    updated: str
    category: str
    summary: str


class Links(NamedTuple):
    """Where a document is, and what lies beside it, as paths from the root of the service.

    Attributes:
        itself: Its own address.
        current: That of the newest.
        older: That of the one before it; None where it is the first.
        newer: That of the one after it, where this one never changes; else it is the newest.
    """

    itself: str
    current: str
    older: str | None
    newer: str | None


def document(feed: str, title: str, author: str, updated: str, links: Links, happened: list[Happening]) -> str:
    """A document of the feed.

    Args:
        feed: The IRI of the feed as a whole.
        title: Its title.
        author: Who made it.
        updated: Since when the last of it is known.
        links: Where it is.
        happened: The events, the newest first.
    """
    text = render_template(
        "changes.xml",
        feed=feed,
        title=title,
        author=author,
        updated=updated,
        links=links,
        entries=[
            Entry(
                each.iri,
                each.position,
                each.title,
                instant_text(each.known),
                each.gist.kind,
                " ".join(each.sentences),
            )
            for each in happened
        ],
    )
    return NOT_XML.sub(_REPLACEMENT, text)


_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
"""What stands for a character that XML 1.0 cannot hold (section 2.2)."""
