"""Ways through TimeGates and TimeMaps for tests, and the links that they answer with, read."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from flask.testing import FlaskClient
from werkzeug.http import http_date
from werkzeug.test import TestResponse


class Link(NamedTuple):
    """A link, read from a header or a TimeMap."""

    address: str
    rel: set[str]
    attributes: dict[str, str]

    @property
    def path(self) -> str:
        """Its path."""
        return urlsplit(self.address).path

    @property
    def known(self) -> datetime:
        """The time of the memento that it leads to."""
        return datetime.strptime(self.attributes["datetime"], "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)


def links(text: str) -> list[Link]:
    """The links of a header or a TimeMap."""
    found = re.findall(r'<([^>]*)>((?:; [a-z]+="[^"]*")+)', text)
    assert re.sub(r'<[^>]*>(; [a-z]+="[^"]*")+', "", text).replace(",", "").split() == []
    attributes = [(address, dict(re.findall(r'([a-z]+)="([^"]*)"', rest))) for address, rest in found]
    return [Link(address, set(named.pop("rel").split()), named) for address, named in attributes]


def one(found: list[Link], rel: str) -> Link:
    """The one link of a kind."""
    (link,) = [each for each in found if rel in each.rel]
    return link


def through(client: FlaskClient, original: str, known: datetime | str | None = None) -> TestResponse:
    """Ask a TimeGate for a time."""
    text = known if known is None or isinstance(known, str) else http_date(known)
    return client.get(f"/timegate/{original}", headers={} if text is None else {"Accept-Datetime": text})


def chosen(client: FlaskClient, original: str, known: datetime | str | None = None) -> str:
    """The path of the memento that a TimeGate leads to."""
    answer = through(client, original, known)
    assert answer.status_code == 302, answer.text
    return urljoin(f"/timegate/{original}", answer.headers["Location"])


def mementos(client: FlaskClient, original: str) -> list[Link]:
    """The mementos that a TimeMap lists."""
    answer = client.get(f"/timemap/{original}")
    assert answer.status_code == 200, answer.text
    return [each for each in links(answer.text) if "memento" in each.rel]


def body(client: FlaskClient, address: str) -> bytes:
    """What is at an address."""
    answer = client.get(address)
    with answer:
        assert answer.status_code == 200, answer.text
        return answer.get_data()
