"""``/changes/positions``: a page, a position, a time and a dump, each made into the others."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pyoxigraph
import pytest
from flask.testing import FlaskClient

from regiolog.events.temporal import instant_text
from regiolog.publisher.service import Service
from tests.publisher.changing import Harvester, get

HERE = "http://localhost/changes/positions"
FIELDS = [
    *("position", "known", "page", "first", "last", "full", "id", "event", "feed", "changes", "atom", "log", "diff"),
    *("dump", "members", "sha256"),
]
DOCS = Path(__file__).parents[2] / "docs" / "for-harvesters.md"


def place(client: FlaskClient, **given: Any) -> dict[str, Any]:
    """One place in the feeds, in every way."""
    answer = client.get("/changes/positions", query_string=given)
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "application/json"
    found: dict[str, Any] = answer.get_json()
    assert list(found) == FIELDS
    return found


def target(address: str) -> str:
    """Where a relative address leads, as a path."""
    parts = urlsplit(urljoin(HERE, address))
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def test_every_way_leads_to_the_same(client: FlaskClient, service: Service) -> None:
    """From each position its page, from each page its last position, and from either what the other says."""
    history = service.history()
    pages = service.paging.read(history)
    for number in range(1, len(pages) + 1):
        page = pages[number]
        found = place(client, page=number)
        assert (found["page"], found["first"], found["last"], found["full"]) == (
            *(number, page.after + 1, page.upto),
            page.full,
        )
        assert found["position"] == page.upto
        assert found == place(client, position=page.upto)
        first = place(client, position=page.after + 1)
        assert (first["page"], first["known"]) == (number, instant_text(history.known_of(page.after + 1)))


def test_a_time_is_the_last_position_that_was_known(client: FlaskClient, service: Service) -> None:
    """A day means its end in Brussels, an instant itself."""
    history = service.history()
    for time, position in (("2018-01-01", 1), ("2023-03-08T23:00:00Z", 72), ("2023-03-08T22:59:59Z", 65), ("now", 799)):
        found = place(client, time=time)
        assert found["position"] == position
        assert found["known"] == instant_text(history.known_of(position))


@pytest.mark.parametrize(
    ("dump", "position"),
    [
        ("graph/2022-02-04/2022-02-01.nq.gz", 42),
        ("http://localhost/graph/2022-02-04/2022-02-01.nq.gz", 42),
        ("http://localhost:8000/graph/2022-02-04/2022-02-01.nq.gz", 42),
        ("/graph/2022-02-04/2022-02-01.nq.gz", 42),
        ("/graph/2022-02-04/2023-03-08T23:00:00Z.ttl", 72),
        ("/graph/now/2022-02-01", 42),
        ("/graph/history.nq.gz?known=2022-02-01", 42),
        ("/graph/history/region/middenkust.ttl?known=2022-02-01", 42),
        ("/graph/source/abb.nq?known=2022-02-01&at=2022-02-01", 42),
        ("/graph/proposal/VR-2020-10-09.ttl?known=2022-02-01", 42),
    ],
)
def test_a_dump_says_for_which_position_it_stands(client: FlaskClient, dump: str, position: int) -> None:
    """As its own header does."""
    assert place(client, dump=dump)["position"] == position
    answer = get(client, urljoin("/", urlsplit(dump)._replace(scheme="", netloc="").geturl()))
    assert answer.headers["Regiolog-Position"] == str(position)


@pytest.mark.parametrize(
    "dump",
    ["/graph/now.nq.gz", "/graph/2030-01-01", "/graph/history.nq.gz", "/graph/source/abb.nq.gz", "/graph/now/now.nq"],
)
def test_a_dump_that_becomes_another_says_nothing(client: FlaskClient, dump: str) -> None:
    """Whoever loaded it earlier would pass over what came since: its header said where it stood."""
    answer = client.get("/changes/positions", query_string={"dump": dump})
    assert answer.status_code == 400
    assert "give the position that it came with (Regiolog-Position)" in answer.get_json()["detail"]


def test_a_dump_of_a_position(client: FlaskClient, service: Service) -> None:
    """It stands for that position, or for the nearest before it whose instant is its own; and it can be had."""
    history = service.history()
    known = {position: history.known_of(position) for position in range(1, history.position + 1)}
    for position in (1, 42, 66, 72, 799):
        dump = place(client, position=position)["dump"]
        exact = max(each for each in known if each <= position and known.get(each + 1) != known[each])
        assert dump["position"] == exact
        for name in ("snapshot", "history"):
            answer = get(client, target(dump[name]))
            assert answer.status_code == 200
            assert answer.content_type == "application/gzip"
            assert answer.headers["Regiolog-Position"] == str(exact)
            assert place(client, dump=target(dump[name]))["position"] == exact


def test_a_harvester_goes_on_from_a_dump(client: FlaskClient) -> None:
    """What has a greater number than it is told comes after the dump, and nothing else does."""
    found = place(client, dump="/graph/2022-02-04/2022-02-01.nq.gz")
    harvester = Harvester(client)
    harvester.page, harvester.last = found["page"], int(found["id"])
    events = harvester.run()
    assert {each["position"] for each in events} == {
        each["position"] for each in Harvester(client).run() if each["position"] > 42
    }
    assert events[0]["position"] > found["position"]


def test_addresses_lead_somewhere(client: FlaskClient) -> None:
    """To the page of the stream, that of the changes, what follows in the log, and the net of it."""
    found = place(client, position=71)
    assert target(found["feed"]) == "/feed/4"
    assert target(found["changes"]) == "/changes?page=4"
    assert target(found["log"]) == "/log/entries?after=71"
    assert target(found["diff"]) == "/diff?from=2023-03-09&to=now&from_position=71"
    for name in ("event", "feed", "changes", "atom", "log", "diff"):
        assert get(client, target(found[name])).status_code == 200, name
    entries = get(client, target(found["log"])).data
    assert entries.count(b"\n") > 0
    assert get(client, target(found["diff"])).headers["Regiolog-Position"] == "799"


def test_whoever_has_everything_can_tell(client: FlaskClient, tmp_path: Path) -> None:
    """What the page for harvesters does in a shell comes to the same number and digest at the end of every page."""
    (recipe,) = [line.partition(" iris.txt")[0] for line in DOCS.read_text().splitlines() if "sort -k1,1n" in line]
    rest = DOCS.read_text().partition(f"{recipe} iris.txt")[2].partition("#")[0]
    lines: list[str] = []
    for number in range(1, 14):
        page = client.get(f"/feed/{number}", headers={"Accept": "application/n-quads"}).data
        positions = {}
        for quad in pyoxigraph.parse(page, format=pyoxigraph.RdfFormat.N_QUADS):
            if quad.predicate.value.endswith("ns#position"):
                positions[quad.subject.value] = quad.object.value
        lines += reversed([f"{position} {iri}\n" for iri, position in positions.items()])
        (tmp_path / "iris.txt").write_text("".join(lines))
        done = subprocess.run(f"{recipe} iris.txt{rest}", shell=True, cwd=tmp_path, capture_output=True, check=True)
        found = place(client, page=number)
        assert (found["members"], found["sha256"]) == (len(lines), done.stdout.split()[0].decode())


def test_people_ask_with_a_form(client: FlaskClient) -> None:
    """The page has a field for each way, and shows what was found."""
    empty = get(client, "/changes/positions", Accept="text/html")
    assert empty.status_code == 200
    for name in ("page", "position", "time", "dump"):
        assert f'name="{name}"' in empty.text
    shown = get(client, "/changes/positions?position=71", Accept="text/html").text
    assert "page 4" in shown
    assert "never changes again" in shown
    assert "still grows" in get(client, "/changes/positions?position=799", Accept="text/html").text


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ("", 400, "give exactly one of page, position, time, dump"),
        ("page=1&position=1", 400, "give exactly one of page, position, time, dump"),
        ("page=1&page=1", 400, "page is given 2 times: give it once"),
        ("pagina=1", 400, "pagina is not a parameter here: accepted are page, position, time, dump"),
        ("page=14", 404, "there is no page 14 of the feeds: they are numbered from 1 to 13"),
        ("page=0", 404, "there is no page 0 of the feeds: they are numbered from 1 to 13"),
        ("page=-1", 404, "there is no page -1 of the feeds: they are numbered from 1 to 13"),
        ("page=", 400, "page is '': write a whole number in digits, from 1 to 13"),
        ("position=800", 404, "there is no position 800: they are numbered from 1 to 799"),
        ("position=0", 404, "there is no position 0: they are numbered from 1 to 799"),
        (f"position={'9' * 5000}", 404, f"there is no position {'9' * 40}…: they are numbered from 1 to 799"),
        ("position=%D9%A1", 400, "position is '\u0661': write a whole number in digits, from 1 to 799"),
        ("position=1.5", 400, "position is '1.5': write a whole number in digits, from 1 to 799"),
        ("time=soon", 400, None),
        ("time=", 400, None),
        ("time=2017-01-01", 400, "time=2017-01-01 is before the register knew anything, on 2017-12-31T23:00:00Z"),
        ("time=2099-01-01", 400, None),
        ("dump=", 400, None),
        ("dump=/feed/1", 400, None),
        ("dump=http://elsewhere.example/graph/now.nq.gz", 400, None),
        ("dump=/graph/now.csv", 404, None),
        ("dump=/graph/soon.nq.gz", 400, None),
        ("dump=/graph/2017-01-01.nq.gz", 400, None),
        ("dump=/graph/now/now/now.nq", 404, None),
        ("dump=/graph/source/nobody.nq", 404, None),
        ("dump=/graph/history.nq.gz%3Fat=2020-01-01", 400, None),
        ("dump=/graph/history.nq.gz%3Fknown=2022-01-01%26known=2022-01-01", 400, None),
        ("dump=/graph/now.nq.gz%3Fknown=2022-01-01", 400, None),
        ("dump=/graph/", 400, None),
        ("dump=/graph/history/region/nowhere.ttl", 404, None),
    ],
)
def test_what_is_no_place(client: FlaskClient, query: str, status: int, says: str | None) -> None:
    """One way, one value, and each of them one that there is; else a sentence says what is accepted."""
    answer = get(client, f"/changes/positions?{query}")
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    detail = answer.get_json()["detail"]
    assert says is None or detail == says
    assert 20 < len(detail) < 700


def test_no_form_that_is_accepted(client: FlaskClient) -> None:
    """406, with the list."""
    answer = get(client, "/changes/positions?page=1", Accept="text/turtle")
    assert answer.status_code == 406
    assert "application/json, text/html" in answer.get_json()["detail"]
