"""``/diff`` between two positions: the net of what was recorded in between, for whoever missed it."""

from __future__ import annotations

import csv
import io
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from pyoxigraph import RdfFormat, parse
from werkzeug.test import TestResponse

from regiolog.events.temporal import instant_text
from regiolog.ontology import terms
from regiolog.publisher.service import Service
from regiolog.sync.statements import digest
from regiolog.sync.statements.history import SnapshotKey

Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def head(service: Service) -> int:
    """The last position."""
    return service.history().position


@pytest.fixture(scope="module")
def among(service: Service, head: int) -> int:
    """A position at whose instant more became known after it."""
    history = service.history()
    known = [history.known_of(position) for position in range(1, head + 1)]
    return max(place for place, (one, next_) in enumerate(pairwise(known), start=1) if one == next_ and place < 700)


def get(client: FlaskClient, where: str, given: dict[str, Any], **headers: str) -> TestResponse:
    """An answer, read to its end."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = client.get(where, query_string=given, headers=named)
    answer.get_data()
    answer.close()
    return answer


def asked(client: FlaskClient, form: str, **given: Any) -> bytes:
    """A difference in a form; ``from_`` stands for the parameter that Python has a keyword for."""
    answer = get(client, f"/diff.{form}", {name.rstrip("_"): value for name, value in given.items()})
    assert answer.status_code == 200, answer.text
    return bytes(answer.data)


def table(client: FlaskClient, **given: Any) -> Rows:
    """Its rows, as CSV."""
    return list(csv.DictReader(io.StringIO(asked(client, "csv", **given).decode(), newline="")))


def patched(quads: set[bytes], change: bytes) -> set[bytes]:
    """Quads after the removals and additions of a change set were carried out, as its documentation says."""
    said: dict[str, dict[str, list[str]]] = {}
    for quad in parse(change, format=RdfFormat.N_TRIPLES):
        said.setdefault(str(quad.subject), {}).setdefault(quad.predicate.value, []).append(str(quad.object))
    (name,) = (each for each, about in said.items() if f"<{terms.CS_CHANGE_SET}>" in about.get(terms.RDF_TYPE, ()))

    def stated(predicate: str) -> set[bytes]:
        found = set()
        for node in said[name].get(predicate, ()):
            of = {each: values[0] for each, values in said[node].items()}
            graph = of[terms.RL_GRAPH]
            triple = " ".join(of[each] for each in (terms.RDF_SUBJECT, terms.RDF_PREDICATE, terms.RDF_OBJECT))
            found.add(f"{triple} {'' if graph.endswith('/id/register>') else f'{graph} '}.\n".encode())
        return found

    gone, come = stated(terms.CS_REMOVAL), stated(terms.CS_ADDITION)
    assert gone <= quads
    return quads - gone | come


def test_the_net_makes_the_graph_of_one_position_that_of_another(
    client: FlaskClient, service: Service, among: int, head: int
) -> None:
    """Also where the position is one of several with one instant; whoever missed months needs nothing else."""
    history = service.history()
    for since, until in ((among, among + 1), (300, among), (among, head), (head, 500)):
        keys: list[SnapshotKey] = [history.key(service.moment(None, None).at, each) for each in (since, until)]
        change = asked(client, "nt", from_="now", to="now", from_position=since, to_position=until)
        assert patched(digest.quads(history, keys[0]), change) == digest.quads(history, keys[1])


def test_a_position_is_finer_than_an_instant(client: FlaskClient, service: Service, among: int) -> None:
    """Of several events with one instant, what was known at that instant is all of them, and each position its own."""
    known = instant_text(service.history().known_of(among))
    day = {"from_": "2026-06-01", "to": "2026-06-01"}
    steps = [
        table(client, **day, from_position=each, to_position=each + 1)
        for each in range(among, service.history().position_at(service.history().known_of(among)))
    ]
    assert any(steps)
    assert all({row["events"] for row in rows} <= {str(among + 1 + place)} for place, rows in enumerate(steps))
    assert table(client, **day, from_known=known, to_known=known) == []


@pytest.mark.parametrize("day", ["2025-01-01", "now"])
def test_a_position_stands_in_the_place_of_either_known(client: FlaskClient, service: Service, day: str) -> None:
    """Of one moment, and what was known of the other as before; without anything, all that is known now."""
    history = service.history()
    last = history.position_at(history.known_of(400))
    known, later = (instant_text(history.known_of(each)) for each in (last, 600))
    after = history.position_at(history.known_of(600))
    days = {"from_": day, "to": day}
    rows = table(client, **days, from_known=known, to_known=later)
    assert rows
    assert rows == table(client, **days, from_position=last, to_known=later)
    assert rows == table(client, **days, from_known=known, to_position=after)
    assert rows == table(client, **days, from_position=last, to_position=after)
    assert table(client, **days, from_position=last) == table(client, **days, from_known=known)
    assert table(client, **days, to_position=last) == table(client, **days, to_known=known)
    assert table(client, **days, from_position=last, to_position=last) == []


def test_its_name_leads_to_it(client: FlaskClient, service: Service, among: int) -> None:
    """It names a position only where an instant would mean another, and gives the same again."""
    history = service.history()
    whole = history.position_at(history.known_of(among))
    days = {"from_": "2025-06-01", "to": "2025-07-01"}
    names = []
    for given in (
        {"from_position": among, "to_position": whole},
        {"from_position": among, "to_position": among},
        {"from_position": whole, "to_position": whole},
        {"from_position": whole, "to_position": among},
    ):
        said = asked(client, "nt", **days, **given)
        (name,) = {
            quad.subject.value
            for quad in parse(said, format=RdfFormat.N_TRIPLES)
            if str(quad.object) == f"<{terms.CS_CHANGE_SET}>"
        }
        names.append(name.partition("&to=2025-07-01&")[2])
        with client.get(
            name.removeprefix("http://localhost:8000"), headers={"Accept": "application/n-triples"}
        ) as again:
            assert again.data == said
    known = urlencode({"known": instant_text(history.known_of(whole))}, safe=":")
    assert names == [
        f"from_position={among}&to_{known}",
        f"from_position={among}&to_position={among}",
        known,
        f"from_{known}&to_position={among}",
    ]


@pytest.mark.parametrize(
    ("given", "lasting"),
    [
        ({"from_position": 690, "to_position": 700}, True),
        ({"from_position": 690, "to_known": "2026-01-01"}, True),
        ({"from_position": 690}, False),
        ({"from_position": 690, "to_position": "HEAD"}, False),
        ({"from_position": 690, "to_position": 700, "to": "now"}, False),
        ({"from_position": 690, "to_position": 700, "from": "now"}, False),
    ],
)
def test_only_what_both_clocks_fix_is_immutable(
    client: FlaskClient, head: int, given: dict[str, Any], lasting: bool
) -> None:
    """A position before the head fixes what was known as an instant in the past does; it is known again by its tag."""
    given = {"from": "2025-01-01", "to": "2025-01-02", **given}
    given = {name: head if value == "HEAD" else value for name, value in given.items()}
    for form in ("csv", "nt"):
        answer = get(client, f"/diff.{form}", given)
        assert ("immutable" in answer.headers["Cache-Control"]) is lasting
        assert answer.headers["Regiolog-Position"] == str(given.get("to_position", head)) or "to_known" in given
        again = get(client, f"/diff.{form}", given, If_None_Match=answer.headers["ETag"])
        assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"from_position": "0"}, "from_position is 0: positions go from 1 to "),
        ({"to_position": "-1"}, "to_position is -1: positions go from 1 to "),
        ({"to_position": "1e3"}, "to_position is 1e3: positions go from 1 to "),
        ({"to_position": "٣"}, "to_position is ٣: positions go from 1 to "),
        ({"to_position": " 3"}, "to_position is  3: positions go from 1 to "),
        ({"to_position": "1000000"}, "to_position is 1000000: positions go from 1 to "),
        ({"to_position": "9" * 5000}, f"to_position is {'9' * 40}…: positions go from 1 to "),
        ({"from_position": "3", "from_known": "2024-01-01"}, "from_known and from_position say the same"),
        ({"to_position": "3", "to_known": "2024-01-01"}, "to_known and to_position say the same"),
        ({"to_position": "3", "known": "2024-01-01"}, "known is for both moments, and to_position for one"),
        ({"from_position": "3", "known": "2024-01-01"}, "known is for both moments, and from_position for one"),
        ({"from_position": "3", "from": "2024-02-30"}, "from: 2024-02-30 is a day that does not exist"),
        ({"from_position": "3", "from": "2017-02-01"}, "from=2017-02-01 is before coverage begins"),
    ],
)
def test_what_is_no_position_is_refused(client: FlaskClient, given: dict[str, str], says: str) -> None:
    """The sentence names the parameter and which positions there are; nothing is guessed."""
    for form in ("json", "nt"):
        answer = client.get(f"/diff.{form}", query_string={"from": "2025-01-01", "to": "2025-01-01", **given})
        assert answer.status_code == 400
        assert answer.json is not None
        assert answer.json["detail"].startswith(says)
        assert answer.json["parameter"] in answer.json["detail"]


def test_a_page_has_the_fields_and_shows_the_positions(client: FlaskClient, service: Service) -> None:
    """What was known is told by the event and its instant, and links lead to things as they were known then."""
    form = get(client, "/diff", {}, Accept="text/html")
    assert all(f'name="{name}"' in form.text for name in ("from_position", "to_position"))
    given = {"from": "2025-02-01", "to": "2025-02-01", "from_position": "3", "to_position": "700", "from_known": ""}
    answer = get(client, "/diff.html", given)
    assert answer.status_code == 200
    assert 'value="700"' in answer.text
    known = instant_text(service.history().known_of(700))
    assert f'after event <a href="doc/event/700">700</a>, at <time datetime="{known}">' in answer.text
    assert f"?{urlencode({'at': '2025-02-01', 'known': known})}" in answer.text.replace("&amp;", "&")
    assert "as it is known now" not in answer.text
