"""The graphs that a query is asked of (P05): one or several, of any moment, named by the request before the query."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from regiolog.publisher.app import create_app
from regiolog.publisher.service import Service
from regiolog.publisher.settings import Settings
from tests.house.checkout import ROOT
from tests.publisher.endpoint import (
    ANYTHING,
    BASE,
    COUNT,
    FORM,
    PREFIXES,
    QUERY,
    Parameters,
    asked,
    number,
    refused,
    rows,
    yes,
)

OLD, NEW = f"{BASE}graph/2018-12-31", f"{BASE}graph/2025-01-01"
BY_GRAPH = f"{PREFIXES} SELECT ?g (COUNT(?m) AS ?n) {{ GRAPH ?g {{ ?m a rl:Municipality }} }} GROUP BY ?g"
ALL = f"{PREFIXES} SELECT ?m {{ ?m a rl:Municipality }}"
ZWIJNDRECHT = "<https://data.vlaanderen.be/id/gemeente/11056>"
REGION = (
    f"{PREFIXES} SELECT ?key {{ {ZWIJNDRECHT} geo:sfWithin ?r . ?r a rl:ReferenceRegion ; dcterms:identifier ?key }}"
)


@pytest.fixture(scope="module")
def patient(service: Service) -> Iterator[FlaskClient]:
    """Somebody who may ask for long, for the whole history is half a million triples."""
    settings = Settings(data=service.settings.data, deadline=120, workers=1)
    with Service.open(settings, projecting=False, clock=service.clock) as opened:
        yield create_app(opened).test_client()


def by_graph(client: FlaskClient, query: str = BY_GRAPH, parameters: Parameters = (), **clocks: str) -> dict[str, int]:
    """How many municipalities each graph holds, by the end of its address."""
    return {row["g"].removeprefix(f"{BASE}graph/"): int(row["n"]) for row in rows(client, query, parameters, **clocks)}


EVER = [
    ("regio-antwerpen", "2021-03-12", ""),
    ("regio-antwerpen", "2021-03-12", "2023-03-19"),
    ("waasland", "2023-03-19", ""),
    ("waasland", "2023-03-19", "2025-01-01"),
]
"""In which region Zwijndrecht was ever said to be: the decree put an end to one, and the merger to the other."""


def test_p05_one_default_graph(client: FlaskClient) -> None:
    """A day that the request names is asked about as with `at`, by any kind of request, and so is one of FROM."""
    chosen = urlencode({"default-graph-uri": OLD})
    form = urlencode({"query": COUNT, "default-graph-uri": OLD})
    headers = {"Accept": "text/csv"}
    for answer in (
        client.get(f"/sparql?{form}", headers=headers),
        client.post("/sparql", data=form, content_type=FORM, headers=headers),
        client.post(f"/sparql?{chosen}", data=urlencode({"query": COUNT}), content_type=FORM, headers=headers),
        client.post(f"/sparql?{chosen}", data=COUNT, content_type=QUERY, headers=headers),
        client.get(f"/sparql?{urlencode({'query': COUNT, 'at': '2018-12-31'})}", headers=headers),
        asked(client, COUNT.replace("WHERE", f"FROM <{OLD}> WHERE")),
        asked(client, COUNT.replace("WHERE", "FROM <graph/2018-12-31> WHERE")),
    ):
        assert answer.text.split() == ["n", "308"]


def test_p05_several_default_graphs_are_one(client: FlaskClient) -> None:
    """Their merge holds what any of them does, each thing once; a graph that is named twice is there once."""
    old, new = ({row["m"] for row in rows(client, ALL, {"default-graph-uri": each})} for each in (OLD, NEW))
    assert (len(old), len(new)) == (308, 285)
    both = [("default-graph-uri", OLD), ("default-graph-uri", NEW), ("default-graph-uri", OLD)]
    merged = [row["m"] for row in rows(client, ALL, both)]
    assert set(merged) == old | new
    assert len(merged) == len(old | new) > 308
    every = COUNT.replace("DISTINCT ", "")
    assert number(client, every, both) == len(old | new)
    assert number(client, every.replace("WHERE", f"FROM <{NEW}> FROM <{OLD}> WHERE")) == len(old | new)
    from_both = ALL.replace("{ ?m", f"FROM <{OLD}> FROM <{NEW}> {{ ?m")
    assert {row["m"] for row in rows(client, from_both)} == old | new


def test_p05_named_graphs_and_no_default_graph(client: FlaskClient) -> None:
    """GRAPH ranges over what is named, and nothing else; the default graph is then empty."""
    for parameters, query in (
        ([("named-graph-uri", OLD), ("named-graph-uri", NEW)], BY_GRAPH),
        ([], BY_GRAPH.replace("{ GRAPH", f"FROM NAMED <{OLD}> FROM NAMED <{NEW}> {{ GRAPH")),
    ):
        assert by_graph(client, query, parameters) == {"2018-12-31": 308, "2025-01-01": 285}
    assert not yes(client, ANYTHING, {"named-graph-uri": NEW})
    assert not yes(client, f"ASK FROM NAMED <{NEW}> {{ ?s ?p ?o }}")


def test_p05_default_and_named_graphs_together(client: FlaskClient) -> None:
    """Which municipalities of one day are still there on another; by the request, and by the query."""
    still = f"{PREFIXES} SELECT ?m {{ ?m a rl:Municipality . GRAPH ?later {{ ?m a rl:Municipality }} }}"
    old, new = ({row["m"] for row in rows(client, ALL, {"default-graph-uri": each})} for each in (OLD, NEW))
    from_both = still.replace("{ ?m", f"FROM <{OLD}> FROM NAMED <{NEW}> {{ ?m", 1)
    for query, chosen in ((still, {"default-graph-uri": OLD, "named-graph-uri": NEW}), (from_both, {})):
        said = [row["m"] for row in rows(client, query, chosen)]
        assert (set(said), len(said)) == (old & new, len(old & new))
    assert len(rows(client, still, {"default-graph-uri": NEW, "named-graph-uri": NEW})) == 285


def test_p05_the_request_goes_before_the_query(client: FlaskClient) -> None:
    """What it names is the whole dataset, and FROM and FROM NAMED are as if they were not there."""
    from_old = COUNT.replace("WHERE", f"FROM <{OLD}> FROM NAMED <{OLD}> WHERE")
    assert number(client, from_old) == 308
    assert number(client, from_old, {"default-graph-uri": NEW}) == 285
    assert number(client, from_old, {"named-graph-uri": NEW}) == 0
    named_old = BY_GRAPH.replace("{ GRAPH", f"FROM NAMED <{OLD}> {{ GRAPH")
    assert by_graph(client, named_old, {"named-graph-uri": NEW}) == {"2025-01-01": 285}
    assert by_graph(client, named_old, {"default-graph-uri": NEW}) == {}


def test_p05_a_graph_outside_the_dataset_is_empty(client: FlaskClient) -> None:
    """A query that names a graph by constant finds nothing in it, unless its dataset has it."""
    constant = f"{PREFIXES} ASK {{ GRAPH <{OLD}> {{ ?m a rl:Municipality }} }}"
    assert yes(client, constant)
    assert yes(client, constant, {"named-graph-uri": OLD})
    assert not yes(client, constant, {"named-graph-uri": NEW})
    assert not yes(client, constant, {"default-graph-uri": OLD})


def test_p05_one_query_compares_two_days(client: FlaskClient) -> None:
    """Between 4 February 2022 and 31 December 2024 the region of one municipality changed: Zwijndrecht's."""
    moved = """
        PREFIX day: <http://localhost:8000/graph/>
        SELECT ?nis ?before ?after WHERE {
          GRAPH <graph/2022-02-04> { ?m geo:sfWithin ?r . ?r a rl:ReferenceRegion ; dcterms:identifier ?before }
          GRAPH day:2024-12-31 { ?m geo:sfWithin ?s ; dcterms:identifier ?nis .
                                 ?s a rl:ReferenceRegion ; dcterms:identifier ?after }
          FILTER(?r != ?s)
        }"""
    said = [{"nis": "11056", "before": "regio-antwerpen", "after": "waasland"}]
    assert rows(client, PREFIXES + moved) == said
    both = [("named-graph-uri", f"{BASE}graph/2022-02-04"), ("named-graph-uri", f"{BASE}graph/2024-12-31")]
    assert rows(client, PREFIXES + moved, both) == said


def test_p05_one_query_compares_what_was_known(client: FlaskClient) -> None:
    """Of one day, as it was known before the decree was published and after: each moment is a graph."""
    moments = ("2023-04-01/2023-03-01", "2023-04-01/2023-03-10", "2023-04-01")
    query = REGION.replace("SELECT ?key {", "SELECT ?g ?key { GRAPH ?g {") + " }"
    said = rows(client, query, [("named-graph-uri", f"{BASE}graph/{each}") for each in moments])
    assert {row["g"].removeprefix(f"{BASE}graph/"): row["key"] for row in said} == {
        "2023-04-01/2023-03-01": "regio-antwerpen",
        "2023-04-01/2023-03-10": "waasland",
        "2023-04-01": "waasland",
    }


@pytest.mark.parametrize(
    ("day", "region"), [("2022-12-03", "waasland"), ("2022-12-10", "regio-antwerpen"), ("2022-12-23", "waasland")]
)
def test_p05_a_source_beside_a_snapshot(client: FlaskClient, day: str, region: str) -> None:
    """The clocks say of when the source is asked; the snapshot, which says it itself, names the region that it said."""
    query = f"""{PREFIXES} SELECT ?key {{
        GRAPH <graph/source/pinc> {{ {ZWIJNDRECHT} geo:sfWithin ?r }}
        GRAPH <graph/2022-02-04> {{ ?r a rl:ReferenceRegion ; dcterms:identifier ?key }} }}"""
    chosen = [("named-graph-uri", f"{BASE}graph/source/pinc"), ("named-graph-uri", f"{BASE}graph/2022-02-04")]
    for parameters in ([], chosen):
        assert rows(client, query, parameters, at=day, known=day) == [{"key": region}]
    merged = {"default-graph-uri": f"{BASE}graph/source/pinc"}
    within = f"{PREFIXES} SELECT ?r {{ {ZWIJNDRECHT} geo:sfWithin ?r }}"
    (said,) = rows(client, within, merged, at=day, known=day)
    (held,) = rows(client, f"{PREFIXES} SELECT ?r {{ ?r a rl:ReferenceRegion ; dcterms:identifier '{region}' }}")
    assert said["r"] == held["r"]


def test_p05_the_examples_of_the_documentation_answer(client: FlaskClient) -> None:
    """Two days in one query, and a source beside the register, as the page of addresses shows them."""
    page = (ROOT / "docs" / "http.md").read_text(encoding="utf-8")
    days, source, history = re.findall(r"```sparql\n(.+?)```", page, re.DOTALL)
    assert rows(client, days) == [{"nis": "11056", "before": "regio-antwerpen", "after": "waasland"}]
    said = [{"nis": "11056", "register": "regio-antwerpen", "source": "waasland"}]
    assert rows(client, source, at="2022-12-03", known="2022-12-03") == said
    ever = rows(client, history, at="2022-12-10")
    assert [(row["region"], row["begins"], row["ends"]) for row in ever] == EVER


def test_p05_a_proposal_beside_a_snapshot(client: FlaskClient) -> None:
    """Thirteen regions were proposed, of which none is a region of the register; nobody knew of them before."""
    proposal = f"{BASE}graph/proposal/VR-2020-10-09"
    query = f"""{PREFIXES} SELECT (COUNT(?r) AS ?n) {{ ?r a rl:ProposedRegion
        MINUS {{ GRAPH ?g {{ ?r a rl:ReferenceRegion }} }} }}"""
    chosen = {"default-graph-uri": proposal, "named-graph-uri": f"{BASE}graph/2022-02-04"}
    assert number(client, query, chosen) == 13
    assert number(client, query, chosen, known="2020-10-10") == 13
    assert number(client, query, chosen, known="2020-10-08") == 0


def test_p05_the_history_beside_a_snapshot(patient: FlaskClient) -> None:
    """When it began to hold what a day says, from the history of one thing and from that of everything."""
    for graph in ("history/municipality/11056", "history"):
        query = f"""{PREFIXES} PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> SELECT DISTINCT ?begins {{
            {ZWIJNDRECHT} geo:sfWithin ?r . ?r a rl:ReferenceRegion
            GRAPH <graph/{graph}> {{
                ?node rdf:subject {ZWIJNDRECHT} ; rdf:predicate geo:sfWithin ; rdf:object ?r ;
                      rl:graph <{BASE}id/register> ; rl:begins ?begins }} }}"""
        chosen = {"default-graph-uri": f"{BASE}graph/2024-12-31", "named-graph-uri": f"{BASE}graph/{graph}"}
        assert rows(patient, query, chosen) == [{"begins": "2023-03-19"}]


def test_p05_graph_ranges_over_all_that_is_not_a_snapshot(patient: FlaskClient) -> None:
    """Where nobody chooses: sources, proposals and the history, and the snapshots that the query names besides."""
    graphs = f"{PREFIXES} SELECT DISTINCT ?g {{ GRAPH ?g {{ ?s a ?class }} }}"
    always = {"history", "proposal/VR-2020-10-09", "source/abb", "source/pinc"}
    said = {row["g"].removeprefix(f"{BASE}graph/") for row in rows(patient, graphs)}
    assert said == always
    named = graphs.replace("{ GRAPH", "{ { SELECT * { GRAPH <graph/2018-12-31> { ?m a rl:Province } } } GRAPH", 1)
    assert {row["g"].removeprefix(f"{BASE}graph/") for row in rows(patient, named)} == {*always, "2018-12-31"}


@pytest.mark.parametrize(
    ("graph", "kind", "words"),
    [
        ("http://elsewhere.example/", "bad-parameter", "there is no graph http://elsewhere.example/"),
        ("file:///etc/passwd", "bad-parameter", "there is no graph file:///etc/passwd"),
        (f"{BASE}graph/atlantis", "bad-moment", "atlantis"),
        (f"{BASE}graph/2017-12-31", "bad-moment", "coverage"),
        (f"{BASE}graph/2021-02-30", "bad-moment", "does not exist"),
        (f"{BASE}graph/2021-01-01/2999-01-01", "bad-moment", "2999"),
        (f"{BASE}graph/2021-01-01/2021-01-01/1", "bad-parameter", "there is no graph"),
        (f"{BASE}graph/proposal/VR-1999", "bad-parameter", "there is no graph"),
        (f"{BASE}graph/", "bad-parameter", "there is no graph"),
        (BASE, "bad-parameter", "there is no graph"),
        ("graph/now", "bad-parameter", "there is no graph graph/now"),
    ],
)
def test_p05_a_graph_that_is_not_ours_is_400(client: FlaskClient, graph: str, kind: str, words: str) -> None:
    """Wherever it is named, and never an empty answer; those of the request are absolute."""
    for parameter in ("default-graph-uri", "named-graph-uri"):
        refused(asked(client, ANYTHING, {parameter: graph}), 400, kind, words)
        refused(asked(client, ANYTHING, [(parameter, NEW), (parameter, graph)]), 400, kind, words)
    if graph != "graph/now":
        refused(asked(client, f"ASK FROM <{graph}> {{}}"), 400, kind, words)
        refused(asked(client, f"ASK FROM NAMED <{graph}> {{}}"), 400, kind, words)
        refused(asked(client, f"ASK {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}"), 400, kind, words)


def test_p05_a_source_that_nobody_knows_is_404(client: FlaskClient) -> None:
    """As at its own address."""
    refused(asked(client, ANYTHING, {"default-graph-uri": f"{BASE}graph/source/x"}), 404, "unknown-key", "x")


@pytest.mark.parametrize(("name", "when"), [("at", "2021-01-01"), ("known", "2024-04-01")])
def test_p05_a_clock_that_would_choose_nothing_is_400(client: FlaskClient, name: str, when: str) -> None:
    """Graphs that say their own moment leave nothing for `at` and `known` to say."""
    for query, parameters in (
        (COUNT, [("default-graph-uri", NEW)]),
        (COUNT, [("default-graph-uri", NEW), ("named-graph-uri", OLD)]),
        (COUNT, [("named-graph-uri", NEW)]),
        (COUNT.replace("WHERE", f"FROM <{NEW}> WHERE"), []),
    ):
        answer = asked(client, query, [*parameters, (name, when)])
        refused(answer, 400, "bad-parameter", f"{name} chooses the default graph")


@pytest.mark.parametrize(
    "graph",
    [
        "graph/n%6Fw/2024-09-01",
        "graph/2022-02-0%34",
        "graph/2022-02-04/",
        "graph/2022-02-04/2022-02-04/2022-02-04",
        "graph/source/ab%62",
        "graph/source/abb/",
        "graph/history/municipality/1105%36",
        "graph/history/",
        "graph/",
    ],
)
def test_p05_a_graph_has_one_way_to_be_written(client: FlaskClient, graph: str) -> None:
    """Anything that merely looks alike is no graph of ours, wherever it is named."""
    for query in (f"ASK FROM <{graph}> {{}}", f"ASK {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}"):
        refused(client.get("/sparql", query_string={"query": query}), 400, "bad-parameter", "there is no graph")
    request = {"query": "ASK {}", "named-graph-uri": f"{BASE}{graph}"}
    refused(client.get("/sparql", query_string=request), 400, "bad-parameter", "there is no graph")


def test_p05_more_graphs_than_the_limit_are_refused(client: FlaskClient) -> None:
    """Whether the query names them or the request; the limit is named."""
    days = [f"{BASE}graph/2021-{month:02}-{day:02}" for month in (3, 4, 5, 6) for day in range(1, 29)][:101]
    by_query = "ASK " + " ".join(f"FROM NAMED <{day}>" for day in days) + " {}"
    for request in ({"query": by_query}, {"query": "ASK {}", "default-graph-uri": days}):
        form = urlencode(request, doseq=True)
        answer = client.post("/sparql", data=form, content_type=FORM)
        refused(answer, 400, "bad-parameter", "names 101 graphs, and 100 is the limit")


@pytest.mark.parametrize(
    ("query", "immutable"),
    [
        ("SELECT ?s { ?s a ?c }", True),
        ("SELECT ?s { ?s a ?c } LIMIT 5", False),
        ("SELECT ?s { ?s a ?c } OFFSET 5", False),
        ("SELECT (SAMPLE(?s) AS ?x) { ?s a ?c }", False),
        ("SELECT ('LIMIT' AS ?x) { ?limit a ?c }", True),
    ],
)
def test_p05_what_the_graph_does_not_settle_is_not_immutable(client: FlaskClient, query: str, immutable: bool) -> None:
    """Which rows a query cuts off, or picks, may be others next time, though the moment is fixed."""
    answer = client.get("/sparql", query_string={"query": query, "at": "2022-01-01", "known": "2022-01-01"})
    assert ("immutable" in answer.headers["Cache-Control"]) == immutable
    named = client.get("/sparql", query_string={"query": query.replace("{", "FROM <graph/2022-01-01/2022-01-01> {", 1)})
    assert ("immutable" in named.headers["Cache-Control"]) == immutable


def test_p05_only_what_was_known_is_ranged_over(client: FlaskClient) -> None:
    """A source that spoke later is no graph of an earlier moment; what was known does not depend on who asks when."""
    early = {row["g"] for row in rows(client, "SELECT ?g { GRAPH ?g {} }", at="2021-06-01", known="2021-06-01")}
    late = {row["g"] for row in rows(client, "SELECT ?g { GRAPH ?g {} }", at="2024-01-01", known="2024-01-01")}
    assert f"{BASE}graph/source/abb" in late - early
    assert f"{BASE}graph/proposal/VR-2020-10-09" in early
