"""Mementos of a register that goes on: instants within a second, days that turn, and lists that grow long."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import pytest
from flask.testing import FlaskClient
from werkzeug.http import http_date

from regiolog.publisher.app import create_app
from regiolog.publisher.memento.gates import MOST
from regiolog.publisher.service import Service
from regiolog.publisher.settings import Settings
from regiolog.sync.folder import Folder
from tests.builders import Record, TurnedClock, decision, said, small_register, tell
from tests.events.shorthand import FOUNDED, MERGED, OBSERVED, OTHER, correct
from tests.publisher.timegates import body, chosen, links, mementos, one, through

MOVED = datetime(2021, 6, 10, 12, 0, 0, 250_000, tzinfo=UTC)


class Live(NamedTuple):
    """A small register in which things happen while it is asked."""

    client: FlaskClient
    folder: Folder
    clock: TurnedClock
    service: Service

    def record(self, *records: Record) -> None:
        """Record something, and wait until it is known."""
        tell(self.folder.journal, *records, clock=self.clock)
        assert self.client.get("/health/ready").status_code == 200


@pytest.fixture
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Six municipalities, one of which was said, a quarter of a second past noon, to move in August."""
    clock = TurnedClock()
    data = tmp_path_factory.mktemp("live") / "data"
    folder = Folder(data, create=True, clock=clock)
    tell(folder.journal, *small_register(), clock=clock)
    with Service.open(Settings(data=data), clock=clock) as service:
        live = Live(create_app(service).test_client(), folder, clock, service)
        clock.now = MOVED
        move = {"municipality": "10001", "from_region": "noord", "to_region": "zuid", "id": "move"}
        live.record(said("municipality-was-reassigned", "2021-08-01", **move))
        clock.turn(days=90)
        yield live
    folder.close()


def test_m08_a_memento_never_changes(live: Live) -> None:
    """Whatever is corrected later: the day of a move, or an old merger that had another part, which it names now."""
    client, third = live.client, {**OTHER, "cooperation": "derde", "name": "PZ Derde", "id": "third"}
    live.record(FOUNDED, OTHER, third, OBSERVED, MERGED)
    live.clock.turn(days=1)
    originals = (
        "doc/municipality/10001.nt",
        "doc/region/zuid.nt",
        "doc/municipality/10001/2021-08-01.ttl",
        "doc/cooperation/derde.nt",
        "graph/now.nq",
    )
    listed = {each: {link.path for link in mementos(client, each)} for each in originals}
    before = {path: body(client, path) for paths in listed.values() for path in paths}
    lasting = {path for path in before if "immutable" in client.get(path).headers["Cache-Control"]}
    assert 0 < len(lasting) < len(before)
    live.record(correct("move", valid_from="2021-08-02"), correct("merged", parts=["zone", "ander", "derde"]))
    live.clock.turn(days=90)
    assert {path: body(client, path) for path in before} == before
    assert all({link.path for link in mementos(client, each)} > listed[each] for each in originals)


def test_instants_are_exact_in_addresses_and_seconds_in_headers(live: Live) -> None:
    """Whoever asks for the second in which something became known gets it."""
    exact = "/doc/municipality/10001/2021-06-10/2021-06-10T12:00:00.250000Z"
    assert chosen(live.client, "doc/municipality/10001", "Thu, 10 Jun 2021 12:00:00 GMT") == exact
    assert live.client.get(exact).headers["Memento-Datetime"] == "Thu, 10 Jun 2021 12:00:00 GMT"
    assert chosen(live.client, "doc/municipality/10001", "Thu, 10 Jun 2021 11:59:59 GMT") != exact
    assert live.client.get(f"{exact}.nt").status_code == 200
    assert live.client.get("/doc/municipality/10001/2021-06-10/2021-06-10T12:00:00.25Z.ttl").mimetype == "text/turtle"


def test_a_day_passing_is_a_memento_where_no_day_is_fixed(live: Live) -> None:
    """What was announced in June changes the page on 1 August without any event; of a fixed day it changes nothing."""
    began, moved, turned = "2021-06-01T12:00:00Z", "2021-06-10T12:00:00.250000Z", "2021-07-31T22:00:00Z"
    for original, expected in (
        ("doc/municipality/10001", [f"2021-06-01/{began}", f"2021-06-10/{moved}", f"2021-08-01/{turned}"]),
        ("doc/municipality/10001/2021-08-01", [f"2021-08-01/{began}", f"2021-08-01/{moved}"]),
        ("doc/municipality/10005", [f"2021-06-01/{began}"]),
        ("graph/now", [f"2021-06-01/{began}", f"2021-06-10/{moved}", f"2021-08-01/{turned}"]),
        ("graph/2021-08-01", [f"2021-08-01/{began}", f"2021-08-01/{moved}"]),
    ):
        paths = [each.path for each in mementos(live.client, original)]
        assert ["/".join(path.split("/")[-2:]) for path in paths] == expected, original
    before, after = (
        body(live.client, chosen(live.client, "doc/municipality/10001.nt", f"Sat, 31 Jul 2021 {clock} GMT"))
        for clock in ("21:59:59", "22:00:00")
    )
    assert before != after


def test_a_day_that_has_not_come_is_no_memento(live: Live) -> None:
    """Nothing lies after the head; the moment the day begins, there is one more."""
    live.clock.now = datetime(2021, 7, 31, 21, 59, 59, tzinfo=UTC)
    assert len(mementos(live.client, "graph/now")) == len(mementos(live.client, "doc/region/zuid")) == 2
    live.clock.turn(seconds=1)
    assert len(mementos(live.client, "graph/now")) == len(mementos(live.client, "doc/region/zuid")) == 3
    assert chosen(live.client, "graph/now") == "/graph/2021-08-01/2021-07-31T22:00:00Z"


def test_a_long_timemap_is_an_index_of_its_pages(live: Live) -> None:
    """None of its mementos is left out, and each page says what it spans and where the whole is."""
    for number in range(MOST):
        live.clock.turn(seconds=1)
        tell(live.folder.journal, decision(f"X{number}"), clock=live.clock)
    assert live.client.get("/health/ready").status_code == 200
    text = live.client.get("/timemap/graph/now").text
    found = links(text)
    parts = [each for each in found if "timemap" in each.rel]
    assert [each.path for each in parts] == ["/timemap/1/graph/now", "/timemap/2/graph/now"]
    assert not any("memento" in each.rel for each in found)
    every = []
    for part in parts:
        page = links(live.client.get(part.path).text)
        listed = [each for each in page if "memento" in each.rel]
        own = one(page, "self")
        assert (own.address, own.attributes) == (part.address, part.attributes)
        assert own.attributes["from"] == http_date(listed[0].known)
        assert own.attributes["until"] == http_date(listed[-1].known)
        assert one(page, "timemap").path == "/timemap/graph/now"
        every += listed
    assert len({each.path for each in every}) == len(every) == MOST + 3
    assert [("first" in each.rel, "last" in each.rel) for each in (every[0], every[-1])] == [
        (True, False),
        (False, True),
    ]
    gate = links(through(live.client, "graph/now").headers["Link"])
    assert one(gate, "first").address == every[0].address
    assert one(gate, "last").address == every[-1].address
    assert one(gate, "prev").address == every[-2].address
    assert live.client.get("/timemap/3/graph/now").status_code == 404
    assert live.client.get("/timemap/0/graph/now").status_code == 404
    html = live.client.get("/timemap/doc/municipality/10001.html", headers={"Accept": "text/html"}).text
    assert "2021-06-10T12:00:00.250000Z" in html
