"""Things under /id and /doc, at any moment and in every form."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urljoin

import pyoxigraph
import pytest
from flask.testing import FlaskClient

from regiolog.publisher.service import Service
from regiolog.publisher.things.resource import FORMATS
from regiolog.sync.statements.statement import Statement

THINGS = (
    "municipality/11056",
    "municipality/46030",
    "region/waasland",
    "region/limburg-undemarcated-1",
    "province/10000",
    "decision/VR-2021-03-12",
    "region/proposal-2020-limburg",
    "cooperation/8b747c5b4c6da1463f09c552e8ecb825f0bfc489348d649e49e1d3ca11e748d3",
    "source/pinc",
    "event/1",
)
PARSERS = {
    "ttl": pyoxigraph.RdfFormat.TURTLE,
    "nt": pyoxigraph.RdfFormat.N_TRIPLES,
    "jsonld": pyoxigraph.RdfFormat.JSON_LD,
    "json": pyoxigraph.RdfFormat.JSON_LD,
    "rdf": pyoxigraph.RdfFormat.RDF_XML,
}
RL = "https://w3id.org/regiolog/ns#"


def triples(data: bytes, suffix: str) -> set[str]:
    """What a document says."""
    return {str(quad.triple) for quad in pyoxigraph.parse(data, PARSERS[suffix])}


@pytest.mark.parametrize("thing", THINGS)
@pytest.mark.parametrize("clocks", ["", "?at=2022-12-10", "?at=2022-12-10&known=2023-01-01"])
def test_a_thing_leads_to_its_page(client: FlaskClient, thing: str, clocks: str) -> None:
    """A 303 to a relative address, and the moment goes along."""
    answer = client.get(f"/id/{thing}{clocks}")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"../../doc/{thing}{clocks}")
    assert client.get(urljoin(f"/id/{thing}", answer.headers["Location"])).status_code == 200


@pytest.mark.parametrize("thing", THINGS)
@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.suffix)
def test_a_thing_has_every_form(client: FlaskClient, thing: str, form: Any) -> None:
    """By the end of the address and by the header."""
    by_address = client.get(f"/doc/{thing}.{form.suffix}")
    by_header = client.get(f"/doc/{thing}", headers={"Accept": form.media_type})
    assert by_address.mimetype == by_header.mimetype == form.media_type
    assert by_address.status_code == 200
    assert by_address.data == by_header.data or form.suffix == "html"


@pytest.mark.parametrize("thing", THINGS)
def test_the_forms_say_the_same(client: FlaskClient, thing: str) -> None:
    """Turtle, N-Triples, JSON-LD and RDF/XML are one graph."""
    said = {suffix: triples(client.get(f"/doc/{thing}.{suffix}?at=2021-06-01").data, suffix) for suffix in PARSERS}
    assert said["ttl"]
    assert all(each == said["nt"] for each in said.values())


def test_a_municipality_comes_with_what_describes_it(client: FlaskClient) -> None:
    """Its assignment and its authority are in the document, with evidence and decision."""
    said = client.get("/doc/municipality/11056.ttl?at=2022-12-10").text
    assert "a rl:Municipality" in said
    assert "a rl:Assignment" in said
    assert "rl:basis <http://localhost:8000/id/decision/VR-2021-03-12>" in said
    assert "rl:evidence rl:evidence-published" in said
    assert "a besluit:Bestuurseenheid" in said
    assert "a rl:Merger" not in said
    assert "a rl:Merger" in client.get("/doc/municipality/46030.ttl").text


def test_what_sources_say_is_beside_the_register_and_not_in_it(client: FlaskClient) -> None:
    """A claim about a municipality is in its document as a claim; its region is the register's alone."""
    said = client.get("/doc/municipality/11056.ttl?at=2022-12-03&known=2022-12-03").text
    assert "a rl:Claim" in said
    waasland = "<http://data.lblod.info/id/werkingsgebieden/7cc6e924c119e04191230fa5f3478736>"
    assert f"rl:region {waasland}" in said
    within = next(line for line in said.splitlines() if "geo:sfWithin" in line)
    assert waasland not in within
    page = client.get("/doc/municipality/11056.html?at=2022-12-03&known=2022-12-03").text
    assert "What sources say" in page
    assert "REFREG14" in page


def test_a_structure_lists_who_takes_part(client: FlaskClient) -> None:
    """Municipalities by name, other members as their publisher calls them."""
    page = client.get("/doc/cooperation/2bf97f7faebd616265d004a80cce0319a110319197b657d5a0a1a16d81f34ca2.html").text
    assert "Who takes part" in page
    assert "(OCMW)" in page
    said = client.get("/doc/cooperation/65EB0324E77A4F2289F6B63D.ttl").text
    assert "a rl:Cooperation" in said
    assert "a org:ChangeEvent" in said
    assert "dcterms:replaces" in said


def test_a_source_says_its_terms_and_what_is_odd(client: FlaskClient) -> None:
    """Who publishes it, how it is to be named, how much it says, and the placeholders among it."""
    page = client.get("/doc/source/pinc.html?at=2023-06-07&known=2023-06-07").text
    assert "Provincies in Cijfers" in page
    assert "REFREG99" in page
    assert "placeholder" in page


def test_an_event_tells_what_it_did(client: FlaskClient) -> None:
    """What it is, on what it rests, since when it is known, and what it opened and closed; nothing before that."""
    said = client.get("/doc/event/64.ttl").text
    assert "a rl:Event" in said
    assert 'prov:endedAtTime "2023-01-30T23:00:00Z"^^xsd:dateTime' in said
    page = client.get("/doc/event/64.html").text
    assert "abb-2023-01-31/claims" in page
    assert "<td>-</td>" in page
    assert client.get("/doc/event/64.ttl?known=2022-01-01").status_code == 404
    assert client.get("/id/event/64").headers["Location"] == "../../doc/event/64"


def test_the_moment_decides(client: FlaskClient) -> None:
    """One region, two names; one municipality, before it was known, before it began, and after it ended."""
    address = "/doc/region/middenkust.ttl?at={}"
    assert '"Regio Oostende"@nl' in client.get(address.format("2022-07-01")).text
    assert '"Middenkust"@nl' in client.get(address.format("2023-04-01")).text
    unknown = client.get("/doc/municipality/46030.nt?at=2024-01-01&known=2024-01-01")
    assert (unknown.status_code, unknown.data) == (200, b"")
    page = "/doc/municipality/{}.html?at={}"
    assert "begins on 2025-01-01" in client.get(page.format("46030", "2024-12-31")).text
    assert "ended on 2025-01-01: became" in client.get(page.format("11056", "2025-01-01")).text
    assert "not known yet" in client.get("/doc/municipality/46030.html?at=2024-01-01&known=2024-01-01").text


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/doc/municipality/99999", 404),
        ("/doc/region/11056", 404),
        ("/doc/municipality/waasland", 404),
        ("/doc/decision/waasland.ttl", 404),
        ("/doc/event/0", 404),
        ("/doc/event/01", 404),
        ("/doc/event/99999", 404),
        ("/doc/event/first", 404),
        ("/doc/source/nobody", 404),
        ("/doc/forum/1", 404),
        ("/doc/municipality/11056.csv", 404),
        ("/id/municipality/99999", 404),
        ("/id/cooperation/1", 404),
        ("/id/nothing/1", 404),
        ("/id/municipality/11056?at=2022-12-32", 400),
        ("/id/municipality/11056?date=2022-12-10", 400),
        ("/doc/municipality/11056?date=2022-12-10", 400),
    ],
)
def test_what_is_not_there_is_refused(client: FlaskClient, address: str, status: int) -> None:
    """A key that the register never had, a kind that nothing has yet, a form or a moment that does not exist."""
    answer = client.get(address)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")


def test_what_is_only_accepted_otherwise_is_406(client: FlaskClient) -> None:
    """The problem lists what there is."""
    answer = client.get("/doc/region/waasland", headers={"Accept": "image/png"})
    assert answer.status_code == 406
    assert "text/turtle" in answer.text


def test_no_region_is_ever_an_organisation(client: FlaskClient, service: Service) -> None:
    """G20: a region has no organs, powers or budget, at any moment."""
    history = service.history()
    for region in history.subjects("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", f"<{RL}ReferenceRegion>"):
        said: list[Statement] = [timed.statement for timed in history.about(region)]
        assert not any("ns/org#" in each.object for each in said)
    assert "org:Organization" not in client.get("/doc/region/waasland.ttl").text


def test_json_has_readable_keys(client: FlaskClient) -> None:
    """The JSON-LD reads as JSON: keys of our context, languages and words as such."""
    document = json.loads(client.get("/doc/region/waasland.json?at=2025-01-01").data)
    (region,) = (node for node in document["@graph"] if node["type"] == "ReferenceRegion")
    assert region["label"] == {"nl": "Waasland"}
    assert region["identifier"] == "waasland"
    assert region["status"] == "status-demarcated"
    assert region["begins"] == "2021-03-12"


def test_the_page_of_a_municipality(client: FlaskClient) -> None:
    """A person reads name, region, decision, evidence and life, and can ask for another moment."""
    page = client.get("/doc/municipality/11056.html?at=2022-12-10&known=2023-01-01").text
    for text in ("Zwijndrecht", "Regio Antwerpen", "VR-2021-03-12", "published", "Its life", "2021-03-12"):
        assert text in page
    assert '<input type="date" id="at" name="at" value="2022-12-10">' in page
    assert 'name="known" value="2023-01-01"' in page
    assert "../../doc/region/regio-antwerpen?at=2022-12-10&amp;known=2023-01-01" in page
    assert "2023-03-19" not in page


def test_the_page_of_a_region_and_of_a_decision(client: FlaskClient) -> None:
    """A region shows its municipalities; a decision its dates, and what rests on it."""
    region = client.get("/doc/region/waasland.html?at=2025-01-01").text
    assert "What lies in it (7)" in region
    assert ">Temse</a>" in region
    decision = client.get("/doc/decision/REGIODECREET.html?at=2023-04-01").text
    assert "2023-03-19" in decision
    assert "What rests on it" in decision


@pytest.mark.parametrize(
    ("thing", "at", "status"),
    [
        ("region/limburg-undemarcated-1", "2021-01-01", "begins on 2021-03-12"),
        ("region/limburg-undemarcated-1", "2021-06-01", "announced; ends on 2022-02-04"),
        ("region/limburg-undemarcated-1", "2022-02-04", "ended on 2022-02-04"),
        ("region/waasland", "2021-06-01", "demarcated"),
        ("municipality/11056", "2021-06-01", "exists; ends on 2025-01-01"),
        ("decision/REGIODECREET", "2023-04-01", "stands"),
    ],
)
def test_the_page_says_how_a_thing_stands(client: FlaskClient, thing: str, at: str, status: str) -> None:
    """Not there yet, announced, demarcated, ended: a state that can be asked for, never an absence."""
    assert f"</time>: {status}.</p>" in client.get(f"/doc/{thing}.html?at={at}").text


@pytest.mark.parametrize("address", ["/doc/municipality/11056.csv", "/doc/event/64.xlsx", "/doc/region/waasland.TTL"])
def test_a_form_that_there_is_not_is_told_from_a_key(client: FlaskClient, address: str) -> None:
    """Behind a key that there is, it is a form, and those that there are are listed; else it is part of a key."""
    answer = client.get(address)
    assert answer.status_code == 404
    assert answer.json is not None
    assert answer.json["type"] == "/problems#unknown-format"
    assert "there is .ttl, .jsonld, .nt, .rdf, .json, .html" in answer.json["detail"]
    for other in ("/doc/municipality/99999.csv", "/doc/municipality/11056.", "/doc/municipality/.csv"):
        unknown = client.get(other)
        assert (unknown.status_code, unknown.json and unknown.json["type"]) == (404, "/problems#unknown-key")
