"""``/diff``: what changed between two moments, the same in every form, with the events and the decisions behind it."""

from __future__ import annotations

import csv
import io
from collections import Counter
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from pyoxigraph import BlankNode, RdfFormat, Triple, parse
from werkzeug.test import TestResponse

from regiolog.ontology import terms
from regiolog.publisher import reports
from regiolog.publisher.difference import diff, lines
from regiolog.publisher.service import Service
from regiolog.sync.statements import moments
from regiolog.sync.statements.history import SnapshotKey

Rows = list[dict[str, str]]

MERGERS = {"from_": "2024-12-31", "to": "2025-01-01"}
LEARNT = {"from_": "2025-02-01", "to": "2025-02-01", "from_known": "2024-04-01", "to_known": "2024-09-01"}
CORRECTED = {"from_": "2022-12-10", "to": "2022-12-10", "from_known": "2022-12-05", "to_known": "2022-12-23"}
REGIONS = {"from_": "2022-02-04", "to": "2024-12-31"}
SMALL = {"from_": "2022-02-04", "to": "2022-06-30"}
READ = {
    "ttl": RdfFormat.TURTLE,
    "nt": RdfFormat.N_TRIPLES,
    "jsonld": RdfFormat.JSON_LD,
    "trig": RdfFormat.TRIG,
    "rdf": RdfFormat.RDF_XML,
}


def address(form: str = "", **given: str) -> str:
    """An address of the room; ``from_`` stands for the parameter that Python has a keyword for."""
    named = {name.rstrip("_"): value for name, value in given.items()}
    return f"/diff{'.' if form else ''}{form}?{urlencode(named)}"


def get(client: FlaskClient, where: str, **headers: str) -> TestResponse:
    """An answer, read to its end."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = client.get(where, headers=named)
    answer.get_data()
    answer.close()
    return answer


def table(client: FlaskClient, **given: str) -> Rows:
    """The rows of a difference, as CSV."""
    answer = get(client, address("csv", **given))
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def problem(client: FlaskClient, where: str) -> dict[str, Any]:
    """The problem that an address answers with."""
    answer = get(client, where)
    assert answer.mimetype == "application/problem+json"
    assert answer.json is not None
    document: dict[str, Any] = answer.json
    return document


def triples(client: FlaskClient, form: str, **given: str) -> set[Triple]:
    """What a difference says as RDF, to a reader that is not the writer."""
    answer = get(client, address(form, **given))
    assert answer.status_code == 200, answer.text
    return {quad.triple for quad in parse(answer.data, format=READ[form])}


def objects(said: set[Triple], predicate: str) -> set[str]:
    """The IRIs that stand behind a property."""
    return {str(each.object)[1:-1] for each in said if str(each.predicate) == f"<{predicate}>"}


def key(service: Service, at: str, known: str | None = None) -> SnapshotKey:
    """The key of a moment."""
    return moments.resolve(service.history(), at, known, clock=service.clock).key


def test_one_municipality_changed_region_until_the_mergers(client: FlaskClient) -> None:
    """Zwijndrecht, by the Regiodecreet; with both regions, and the event behind it."""
    (row,) = table(client, **REGIONS, set="assignments")
    assert (row["change"], row["key"], row["name"], row["property"]) == ("changed", "11056", "Zwijndrecht", "region")
    assert row["subject"] == "https://data.vlaanderen.be/id/gemeente/11056"
    assert (row["before_key"], row["before_name"]) == ("regio-antwerpen", "Regio Antwerpen")
    assert (row["after_key"], row["after_name"]) == ("waasland", "Waasland")
    assert row["before"].startswith("http://data.lblod.info/id/werkingsgebieden/")
    assert row["decisions"] == "REGIODECREET"
    event = get(client, f"/doc/event/{row['events']}.ttl").text
    assert "municipality-was-reassigned" in event


def test_what_the_decree_confirmed_is_a_set_of_its_own(client: FlaskClient) -> None:
    """The 299 others lie where they lay, and rest on another decision; Oostende goes by another name."""
    rows = table(client, **REGIONS, set="grounds")
    assert len(rows) == 299
    assert Counter((row["property"], row["before_key"], row["after_key"]) for row in rows) == {
        ("decision", "VR-2021-03-12", "REGIODECREET"): 257,
        ("decision", "VR-2022-02-04", "REGIODECREET"): 42,
    }
    (renamed,) = table(client, **REGIONS, set="regions")
    assert (renamed["key"], renamed["property"]) == ("middenkust", "name")
    assert (renamed["before"], renamed["after"]) == ("Regio Oostende", "Middenkust")


def test_on_new_year_twenty_eight_municipalities_became_thirteen(client: FlaskClient) -> None:
    """Each of them has a row; 27 codes ended and 12 came, for Antwerpen kept its own."""
    merged = table(client, **MERGERS, set="mergers")
    assert {row["property"] for row in merged} == {"merged into"}
    assert {row["decisions"] for row in merged} == {"FUSIES-2025"}
    assert (len({row["key"] for row in merged}), len({row["after_key"] for row in merged})) == (28, 13)
    assert {row["key"] for row in merged if row["after_key"] == "46030"} == {"46003", "46013", "11056"}
    lived = Counter((row["change"], row["property"]) for row in table(client, **MERGERS, set="municipalities"))
    assert lived == {("removed", "exists"): 27, ("added", "exists"): 12}
    assert Counter(row["change"] for row in table(client, **MERGERS, set="assignments")) == {"removed": 27, "added": 12}


def test_limburg_was_pending_before_it_had_a_region(client: FlaskClient) -> None:
    """Forty-two municipalities, from a word to a region; and three regions that were only announced."""
    rows = table(client, from_="2021-06-01", to="2022-02-04", set="assignments")
    assert {(row["before"], row["after_key"]) for row in rows} == {("pending", "limburg")}
    assert (len(rows), {row["change"] for row in rows}) == (42, {"changed"})
    regions = table(client, from_="2021-06-01", to="2022-02-04", set="regions")
    assert Counter((row["change"], row["before"], row["after"]) for row in regions) == {
        ("removed", "announced", ""): 3,
        ("added", "", "demarcated"): 1,
    }


def test_a_day_is_seen_otherwise_later(client: FlaskClient) -> None:
    """What Provincies in Cijfers said of 11056 on 10 December 2022, it took back; the register said nothing else."""
    (row,) = table(client, **CORRECTED)
    assert (row["set"], row["change"], row["key"], row["before_key"]) == ("source/pinc", "removed", "11056", "waasland")
    assert (row["property"], row["after"]) == ("region-of", "")
    event = get(client, f"/doc/event/{row['events']}.json").text
    assert "claims-were-made" in event


def test_an_auditor_sees_what_was_learnt_of_one_day(client: FlaskClient) -> None:
    """On 1 April 2024 nobody knew of the mergers of 2025; on 1 September everybody did."""
    rows = table(client, **LEARNT, set="municipalities")
    assert Counter(row["change"] for row in rows) == {"removed": 27, "added": 12}
    assert {row["decisions"] for row in rows} == {"FUSIES-2025"}
    back = table(client, from_="2025-02-01", to="2025-02-01", from_known="2024-09-01", to_known="2024-04-01")
    assert sum(int(row["statements"]) for row in back) == sum(int(row["statements"]) for row in table(client, **LEARNT))


@pytest.mark.parametrize("given", [MERGERS, LEARNT, CORRECTED, REGIONS | {"known": "2025-06-01"}])
def test_it_counts_what_the_command_line_counts(client: FlaskClient, service: Service, given: dict[str, str]) -> None:
    """Each statement that ``regiolog diff`` prints is in one row, and its event is among that row's."""
    resolved = [
        moments.resolve(service.history(), given[day], given.get(known, given.get("known")), clock=service.clock)
        for day, known in (("from_", "from_known"), ("to", "to_known"))
    ]
    printed = reports.changes_between(service.history(), *resolved)
    rows = table(client, **given)
    assert sum(int(row["statements"]) for row in rows) == len(printed)
    assert {event for row in rows for event in row["events"].split()} == {str(each.event) for each in printed}
    graphs = {each.graph for each in printed} - {"register"}
    assert {row["set"] for row in rows if row["set"].startswith("source/")} == {
        graph for graph in graphs if graph.startswith("source/")
    }


def test_json_says_what_csv_says(client: FlaskClient) -> None:
    """Under the same names in the same order, with the events as numbers."""
    rows = get(client, address("json", **MERGERS)).json
    assert rows is not None
    assert rows == get(client, address(**MERGERS)).json
    assert all(list(row) == list(lines.Line._fields) for row in rows)
    flat = [
        {name: " ".join(map(str, cell)) if isinstance(cell, list) else str(cell) for name, cell in row.items()}
        for row in rows
    ]
    assert flat == table(client, **MERGERS)
    assert all(isinstance(event, int) for row in rows for event in row["events"])


def test_cells_are_plain_values(client: FlaskClient) -> None:
    """No RDF syntax: words as they are stored, days as days, IRIs without brackets."""
    for given in (MERGERS, REGIONS, {"from_": "2021-03-11", "to": "2021-03-12"}):
        for row in table(client, **given):
            assert not any(mark in cell for cell in row.values() for mark in ("<http", "^^", '"', "@nl", "/ns#")), row


@pytest.mark.parametrize("given", [MERGERS, LEARNT, CORRECTED])
def test_the_forms_of_rdf_say_the_same(client: FlaskClient, given: dict[str, str]) -> None:
    """A change set with all additions and removals; nothing in it is a blank node."""
    said = triples(client, "nt", **given)
    assert all(triples(client, form, **given) == said for form in READ)
    assert not any(isinstance(term, BlankNode) for each in said for term in (each.subject, each.object))
    rows = table(client, **given)
    nodes = objects(said, terms.CS_ADDITION) | objects(said, terms.CS_REMOVAL)
    assert len(nodes) == sum(int(row["statements"]) for row in rows)
    base = "http://localhost:8000/id/event/"
    behind = {f"{base}{event}" for row in rows for event in row["events"].split()}
    assert objects(said, terms.PROV_WAS_INFLUENCED_BY) == behind
    described = {str(each.subject)[1:-1] for each in said}
    assert behind | nodes <= described


def test_its_statements_are_those_of_the_history(client: FlaskClient) -> None:
    """Word by word, with the events that opened and closed them, which are described as there."""
    said = triples(client, "nt", **MERGERS)
    history = {quad.triple for quad in parse(get(client, "/graph/history.nt").data, format=RdfFormat.N_TRIPLES)}
    own = {each for each in said if str(each.subject).startswith("<http://localhost:8000/diff?")}
    assert said - own <= history
    assert own


@pytest.mark.parametrize("given", [MERGERS, LEARNT, {"from_": "2022-12-10", "to": "2020-10-09", "known": "2023-01-31"}])
def test_it_turns_one_graph_into_the_other(client: FlaskClient, service: Service, given: dict[str, str]) -> None:
    """Take away what was removed and add what was added: that is the graph of the second moment, triple by triple."""
    said = triples(client, "ttl", **given)
    parts: dict[str, dict[str, str]] = {}
    for each in said:
        parts.setdefault(str(each.subject)[1:-1], {})[str(each.predicate)[1:-1]] = str(each.object)

    def quads(predicate: str) -> set[tuple[str, ...]]:
        wanted = (terms.RL_GRAPH, terms.RDF_SUBJECT, terms.RDF_PREDICATE, terms.RDF_OBJECT)
        return {tuple(parts[node][each] for each in wanted) for node in objects(said, predicate)}

    def held(at: str, known: str | None) -> set[tuple[str, ...]]:
        snapshot = service.history().held(key(service, at, known))
        return {
            (each.statement.graph or "<http://localhost:8000/id/register>", *each.statement[1:4]) for each in snapshot
        }

    before = held(given["from_"], given.get("from_known", given.get("known")))
    after = held(given["to"], given.get("to_known", given.get("known")))
    removed, added = quads(terms.CS_REMOVAL), quads(terms.CS_ADDITION)
    assert removed <= before
    assert not added & before
    assert len(removed) + len(added) > 100
    assert before - removed | added == after


def test_the_name_of_a_change_set_leads_to_it(client: FlaskClient) -> None:
    """Both of its moments are fixed in it, so it names the same whenever it is asked."""
    for given in (MERGERS, LEARNT, MERGERS | {"set": "source/abb"}):
        said = triples(client, "nt", **given)
        (name,) = {str(each.subject)[1:-1] for each in said if str(each.object) == f"<{terms.CS_CHANGE_SET}>"}
        assert name.startswith("http://localhost:8000/diff?")
        assert "known=" in name
        again = get(client, name.removeprefix("http://localhost:8000"), Accept="application/n-triples")
        assert {quad.triple for quad in parse(again.data, format=RdfFormat.N_TRIPLES)} == said


def test_one_set_is_part_of_the_whole(client: FlaskClient) -> None:
    """Every set that a difference has can be asked for, and together they are all of it."""
    whole = table(client, **LEARNT)
    for name in dict.fromkeys(row["set"] for row in whole):
        assert table(client, **LEARNT, set=name) == [row for row in whole if row["set"] == name]
    assert len({row["set"] for row in whole}) > 6
    assert table(client, **LEARNT, set="provinces") == []


def test_equal_moments_differ_in_nothing(client: FlaskClient) -> None:
    """That is an answer, in every form."""
    same = {"from_": "2022-12-10", "to": "2022-12-10"}
    assert table(client, **same) == []
    assert get(client, address(**same)).json == []
    assert {str(each.predicate) for each in triples(client, "ttl", **same)} == {
        f"<{each}>" for each in (terms.RDF_TYPE, terms.RDFS_LABEL, terms.CS_SUBJECT_OF_CHANGE)
    }
    assert "nothing changed" in get(client, address("html", **same)).text
    assert table(client, from_="now", to="now") == []


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("/diff", "from is missing"),
        ("/diff?from=2022-01-01", "to is missing"),
        ("/diff.csv?to=2022-01-01", "from is missing"),
        ("/diff?from=2022-01-01&to=2022-02-01&at=2022-03-01", "at is not a parameter here"),
        ("/diff?from=2022-01-01&to=2022-02-01&form_known=2022-03-01", "form_known is not a parameter here"),
        ("/diff?from=2022-01-01&from=2022-01-02&to=2022-02-01", "from is given 2 times"),
        ("/diff?from=2022-01-01&to=2022-02-01&known=2023-01-01&to_known=2023-01-01", "known is for both moments"),
        ("/diff?from=2022-01-01&to=2022-02-30", "to: 2022-02-30 is a day that does not exist"),
        ("/diff?from=yesterday&to=2022-02-01", "from: 'yesterday' is not a day"),
        ("/diff?from=&to=2022-02-01", "from: '' is not a day"),
        ("/diff?from=2017-12-31&to=2022-02-01", "from=2017-12-31 is before coverage"),
        ("/diff?from=2022-01-01&to=2022-02-01&to_known=2030-01-01", "to_known=2030-01-01 is after the head"),
        ("/diff?from=2022-01-01&to=2022-02-01&known=soon", "known: 'soon' is not a day"),
        ("/diff?from=2022-01-01&to=2022-02-01&from_known=2017-01-01", "from_known=2017-01-01 is before"),
        ("/diff?from=2022-01-01&to=2022-02-01&set=municipality", "there is no set municipality: there are "),
        ("/diff?from=2022-01-01&to=2022-02-01&set=source/nobody", "there is no set source/nobody"),
    ],
)
def test_what_cannot_be_used_is_refused(client: FlaskClient, where: str, says: str) -> None:
    """Nothing is ignored and nothing guessed; the sentence names the parameter."""
    refused = problem(client, where)
    assert refused["status"] == 400
    assert refused["detail"].startswith(says)
    assert f"{refused['parameter']}" in refused["detail"]


def test_there_are_no_other_forms(client: FlaskClient) -> None:
    """Neither by the address nor by the header."""
    assert problem(client, "/diff.xlsx?from=2022-01-01&to=2022-02-01")["status"] == 404
    answer = get(client, address(**MERGERS), Accept="image/png")
    assert (answer.status_code, "text/csv" in answer.text) == (406, True)
    for form in diff.FORMATS:
        chosen = get(client, address(**CORRECTED), Accept=form.media_type)
        assert (chosen.status_code, chosen.mimetype) == (200, form.media_type)


@pytest.mark.parametrize(
    ("given", "lasting"),
    [
        (CORRECTED, True),
        (SMALL | {"known": "2025-06-01"}, True),
        (SMALL, False),
        (SMALL | {"from_known": "2024-05-01"}, False),
        (SMALL | {"known": "2026-05-31"}, False),
        ({"from_": "2022-01-01", "to": "now", "known": "2022-01-31"}, False),
    ],
)
def test_only_what_both_clocks_fix_is_immutable(client: FlaskClient, given: dict[str, str], lasting: bool) -> None:
    """At both moments, before the head; a page may look different one day."""
    for form in ("csv", "json", "nt"):
        answer = get(client, address(form, **given))
        assert ("immutable" in answer.headers["Cache-Control"]) is lasting
        again = get(client, address(form, **given), If_None_Match=answer.headers["ETag"])
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["Cache-Control"] == answer.headers["Cache-Control"]
    assert "immutable" not in get(client, address("html", **given)).headers["Cache-Control"]


def test_each_question_has_its_own_tag(client: FlaskClient) -> None:
    """By its days, what was known, the set and the form."""
    asked = [
        *(address(form, **MERGERS) for form in ("csv", "json", "nt", "ttl")),
        address("csv", **MERGERS, set="mergers"),
        address("csv", **LEARNT),
        address("csv", from_="2025-01-01", to="2024-12-31"),
        address("csv", from_="2024-12-30", to="2025-01-01"),
    ]
    assert len({get(client, each).headers["ETag"] for each in asked}) == len(asked)


def test_a_browser_gets_a_form_and_a_program_a_sentence(client: FlaskClient) -> None:
    """Where the moments are missing."""
    page = get(client, "/diff", Accept="text/html")
    assert page.status_code == 200
    assert all(f'name="{name}"' in page.text for name in ("from", "to", "from_known", "to_known", "set"))
    assert '<option value="source/pinc">' in page.text
    assert '<option value="regions" selected>' in get(client, "/diff?set=regions", Accept="text/html").text
    assert get(client, "/diff?known=2021-01-01&colour=red", Accept="text/html").status_code == 400
    sent = "/diff.html?from=2024-12-31&from_known=&to=2025-01-01&to_known=&set="
    assert get(client, sent).text.count("<h2") == get(client, address("html", **MERGERS)).text.count("<h2")


def test_a_page_leads_to_either_moment_and_to_the_events(client: FlaskClient) -> None:
    """What ended is seen as it was; what came, as it is; each with the event and the decision."""
    page = get(client, address("html", **LEARNT)).text
    assert 'href="doc/municipality/11056?at=2025-02-01&amp;known=2024-04-01"' in page
    assert 'href="doc/municipality/46030?at=2025-02-01&amp;known=2024-09-01"' in page
    assert 'href="doc/decision/FUSIES-2025"' in page
    assert 'href="doc/event/' in page
    assert "as it was known at" in page
    assert f'href="diff.csv?{urlencode({"from": "2025-02-01", "to": "2025-02-01"})}' in page.replace("&amp;", "&")


def test_a_page_says_how_much_it_leaves_out(client: FlaskClient) -> None:
    """A set is shown up to a number of rows; by itself, up to a larger one."""
    page = get(client, address("html", **REGIONS)).text
    assert f"The first {diff.SHOWN} of 299;" in page
    assert f"The first {diff.SHOWN} of 3089;" in page
    alone = get(client, address("html", **REGIONS, set="grounds")).text
    assert "The first" not in alone
    assert alone.count("<tr>") > 299
    assert f"The first {diff.SHOWN_ALONE} of 3089;" in get(client, address("html", **REGIONS, set="memberships")).text


def test_what_is_asked_is_shown_and_never_run(client: FlaskClient) -> None:
    """Markup in a parameter stays text."""
    assert "<script" not in get(client, "/diff?set=<script>alert(1)</script>", Accept="text/html").text


def test_an_instant_is_as_good_as_a_day(client: FlaskClient) -> None:
    """What was known at the end of a day in Brussels is what was known on that day."""
    assert table(client, **LEARNT | {"to_known": "2024-09-01T21:59:59.999999Z"}) == table(client, **LEARNT)
