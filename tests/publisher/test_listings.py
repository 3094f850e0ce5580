"""A source that lists municipalities: where it differs from the register, and how pages show it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from regiolog.publisher.app import create_app
from regiolog.publisher.service import Service
from regiolog.publisher.settings import Settings
from regiolog.sync.folder import Folder
from tests.builders import Record, TurnedClock, said, small_register, tell
from tests.events.shorthand import correct, knows, newspaper, publishes
from tests.publisher.differing import divergences

RUN = "lijst-20210601T120000Z-1a2b"


def merged(day: str, codes: list[str], nis: str, name: str, region: str) -> Record:
    """Municipalities that became one."""
    into = {"nis": nis, "name": name, "province": "10000", "region": region}
    return said("municipalities-were-merged", day, merged=codes, into=into, id=f"merger/{nis}")


GROOT = merged("2020-06-01", ["10001", "10002"], "20001", "Groot", "noord")
LATER = merged("2022-01-01", ["10003", "10004"], "20002", "Later", "zuid")
LISTED = (
    knows("10001", "Dorp 1", begins="2019-01-01"),
    knows("10002", "Dorp 2", ends="2020-06-01"),
    knows("10003", "Dorp 3"),
    knows("10004", "Dorp 4", ends="2023-01-01"),
    knows("10005", "Elders "),
    knows("10006", " Dorp 6 ", begins="2019-01-01"),
    knows("20001", "Groot", begins="2019-01-01", ends="2019-01-01"),
    knows("http://x.example.org/20002", "Later", begins="2022-01-01", municipality="20002"),
    knows("99999", "Nergens"),
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """A small register on 1 June 2021: one merger was, one is to come, and one source lists what it thinks there is."""
    data = tmp_path_factory.mktemp("listed")
    clock = TurnedClock()
    folder = Folder(data, create=True, clock=clock)
    tell(folder.journal, *small_register(), GROOT, LATER, newspaper("lijst"), clock=clock)
    clock.turn(days=1)
    tell(folder.journal, publishes(*LISTED, source="lijst", id="list"), clock=clock, run=RUN)
    clock.turn(days=30)
    tell(folder.journal, {**correct("merger/20001", valid_from="2020-07-01"), "id": "a month later"}, clock=clock)
    folder.close()
    with Service.open(Settings(data=data), clock=clock) as opened:
        yield create_app(opened).test_client()


def differing(client: FlaskClient, **moment: str) -> list[tuple[str, str, str]]:
    """The code, and what each of the two says."""
    return [
        (row["subject"][-5:], row["source_says"], row["register_says"])
        for row in divergences(client, **moment)
        if row["source"] == "lijst"
    ]


BEFORE = {"at": "2021-06-15", "known": "2021-06-15"}
"""Before the day of the first merger was corrected."""


def test_one_row_for_each_difference(client: FlaskClient) -> None:
    """A code that ended, a day that is another, a name; spaces, unknown beginnings and codes, and silence are none."""
    assert differing(client, **BEFORE) == [
        ("10001", "listed without an end", "ended on 2020-06-01: became 20001 in noord"),
        ("10004", "ends on 2023-01-01", "ends on 2022-01-01"),
        ("10005", "Elders", "Dorp 5"),
        ("20001", "begins on 2019-01-01", "begins on 2020-06-01"),
        ("20001", "ends on 2019-01-01", "no end"),
    ]


def test_an_end_to_come_may_be_left_out_until_it_has_come(client: FlaskClient) -> None:
    """On the day of the merger the list should have said so."""
    assert "10003" not in {nis for nis, *_ in differing(client, at="2021-12-31", known="2021-06-15")}
    assert [row for row in differing(client, at="2022-01-01", known="2021-06-15") if row[0] in {"10003", "10004"}] == [
        ("10003", "listed without an end", "ended on 2022-01-01: became 20002 in zuid"),
        ("10004", "ends on 2023-01-01", "ended on 2022-01-01: became 20002 in zuid"),
    ]


def test_nothing_differs_before_the_source_spoke(client: FlaskClient) -> None:
    """A list says nothing of the days before its publication, nor before it was known."""
    assert differing(client, at="2020-12-31") == differing(client, at="2021-06-01", known="2021-06-01") == []
    assert differing(client, at="2021-01-01", known="2021-06-15") != []


def test_what_the_register_corrects_is_another_difference(client: FlaskClient) -> None:
    """The right end of before is wrong now; both sides say since when they are known."""
    now = differing(client)
    assert ("10001", "listed without an end", "ended on 2020-07-01: became 20001 in noord") in now
    assert ("10002", "ends on 2020-06-01", "ended on 2020-07-01: became 20001 in noord") in now
    assert ("20001", "begins on 2019-01-01", "begins on 2020-07-01") in now
    (row,) = [each for each in divergences(client) if each["subject"].endswith("10002")]
    assert (row["known_from"], row["known_to"]) == ("2021-07-02T12:00:00Z", "")
    assert (row["document"], row["claim_event"], row["register_event"]) == ("v1", "10", "11")
    (row,) = [each for each in divergences(client, **BEFORE) if each["source_says"] == "begins on 2019-01-01"]
    assert (row["known_from"], row["known_to"]) == ("2021-06-02T12:00:00Z", "2021-07-02T12:00:00Z")
    assert (row["register_event"], row["decision"]) == ("7", "D1")
    (row,) = [each for each in divergences(client) if each["register_says"] == "no end"]
    assert (row["known_from"], row["register_event"]) == ("2021-06-02T12:00:00Z", "")


def test_the_page_of_a_municipality_shows_what_is_listed(client: FlaskClient) -> None:
    """With the days that the source states, beside the register and not in it."""
    page = client.get("/doc/municipality/20001.html").text
    assert "What sources say" in page
    assert "(from 2019-01-01 until 2019-01-01)" in page
    assert "Nergens" in client.get("/doc/source/lijst.html").text
    turtle = client.get("/doc/municipality/10005.ttl").text
    assert 'rdfs:label "Dorp 5"@nl' in turtle
    assert 'rdfs:label "Elders' not in turtle
    assert 'rl:words "Elders "' in turtle


def test_a_difference_shows_a_listing_whole(client: FlaskClient) -> None:
    """One row for a claim, with its days and the name that it gives; nothing of it is a change of the register."""
    rows = csv.DictReader(io.StringIO(client.get("/diff.csv?from=2020-12-31&to=2021-01-01").text, newline=""))
    found = {(row["key"], row["set"], row["change"], row["property"], row["after"]) for row in rows}
    assert ("20001", "source/lijst", "added", "municipality", "Groot") in found
    assert ("99999", "source/lijst", "added", "municipality", "Nergens") in found
    assert {group for _, group, *_ in found} == {"source/lijst"}
    assert len(found) == len(LISTED)


def test_the_run_leads_to_its_source(client: FlaskClient) -> None:
    """On the page of what it recorded; its address is a part of that of the source, and the history tells of it."""
    page = client.get("/doc/event/10.html").text
    assert f'<a href="../../doc/source/lijst">run {RUN}</a>' in page
    run = f"http://localhost:8000/id/source/lijst#run-{RUN}"
    for address in ("/doc/event/10.nt", "/graph/history.nt", "/graph/history/source/lijst.nt"):
        lines = client.get(address).text.splitlines()
        assert (
            f"<{run}> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/ns/prov#Activity> ." in lines
        )
    assert client.get("/id/source/lijst").headers["Location"] == "../../doc/source/lijst"
    assert RUN not in client.get("/doc/event/9.nt").text
