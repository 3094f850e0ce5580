"""Clients that consumers have already are given what they ask for, and read the answers that are known to be right.

What some of them are warned of by the libraries that they use themselves is filtered for their tests alone.
"""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import quote

import pandas as pd
import pytest
from rdflib import RDF, Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, RDFS
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import CSV, JSON, JSONLD, POST, POSTDIRECTLY, RDFXML, TSV, TURTLE, URLENCODED, XML, SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import QueryBadFormed

from tests.journeys.conftest import PREFIXES, Served

RL = Namespace("https://w3id.org/regiolog/ns#")
GEO = Namespace("http://www.opengis.net/ont/geosparql#")
GEMEENTE = Namespace("https://data.vlaanderen.be/id/gemeente/")
DAY = "http://localhost:8000/graph/"

COUNT = f"{PREFIXES} SELECT (COUNT(?m) AS ?n) {{ ?m a rl:Municipality }}"
MEMBERS = f"""{PREFIXES} SELECT ?nis {{
    ?m geo:sfWithin ?r ; dcterms:identifier ?nis . ?r a rl:ReferenceRegion ; dcterms:identifier "waasland"
}} ORDER BY ?nis"""
NAMES = f"{PREFIXES} CONSTRUCT {{ ?r rdfs:label ?name }} {{ ?r a rl:ReferenceRegion ; rdfs:label ?name }}"
KEYS = f"{PREFIXES} CONSTRUCT {{ ?r dcterms:identifier ?key }} {{ ?r a rl:ReferenceRegion ; dcterms:identifier ?key }}"

OF_RDFLIB = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
"""SPARQLWrapper 2 reads RDF into what rdflib 7 deprecates, and so does rdflib's own reader of JSON-LD."""


def wrapper(served: Served, query: str, wanted: str, **parameters: str) -> SPARQLWrapper:
    """SPARQLWrapper with a query; an underscore in the name of a parameter stands for a hyphen."""
    asking = SPARQLWrapper(f"{served.address}sparql")
    asking.setQuery(query)
    asking.setReturnFormat(wanted)
    for name, value in parameters.items():
        asking.addParameter(name.replace("_", "-"), value)
    return asking


def read(asking: SPARQLWrapper) -> Any:
    """What it makes of the answer, which depends on the form that is wanted."""
    return asking.queryAndConvert()


def column(answer: Any, name: str) -> list[str]:
    """One column of SPARQL results in JSON."""
    return [row[name]["value"] for row in answer["results"]["bindings"]]


# SPARQLWrapper.


@pytest.mark.parametrize(
    ("at", "municipalities"), [("2022-02-04", 9), ("2023-03-19", 10), ("2024-12-31", 10), ("2025-01-01", 7)]
)
def test_sparqlwrapper_asks_about_any_day(served: Served, at: str, municipalities: int) -> None:
    """Waasland had nine municipalities, ten with Zwijndrecht, and seven after the mergers; by `at`, and by a graph."""
    by_clock = column(read(wrapper(served, MEMBERS, JSON, at=at)), "nis")
    assert len(by_clock) == municipalities
    by_graph = wrapper(served, MEMBERS, JSON)
    by_graph.addDefaultGraph(f"{DAY}{at}")
    assert column(read(by_graph), "nis") == by_clock
    assert ("11056" in by_clock) == (municipalities == 10)


def test_sparqlwrapper_compares_two_days(served: Served) -> None:
    """Of the graphs that it names, one is of each day: the region of Zwijndrecht is all that changed."""
    moved = wrapper(
        served,
        f"""{PREFIXES} SELECT ?nis {{
            GRAPH <{DAY}2022-02-04> {{ ?m geo:sfWithin ?r . ?r a rl:ReferenceRegion }}
            GRAPH <{DAY}2024-12-31> {{ ?m geo:sfWithin ?s ; dcterms:identifier ?nis . ?s a rl:ReferenceRegion }}
            FILTER(?r != ?s) }}""",
        JSON,
    )
    assert column(read(moved), "nis") == ["11056"]
    moved.addNamedGraph(f"{DAY}2022-02-04")
    moved.addNamedGraph(f"{DAY}2024-12-31")
    assert column(read(moved), "nis") == ["11056"]


def test_sparqlwrapper_reads_rows_in_every_form(served: Served) -> None:
    """JSON, XML, CSV and TSV, of the 308 municipalities of 2018."""
    at = "2018-12-31"
    assert column(read(wrapper(served, COUNT, JSON, at=at)), "n") == ["308"]
    (literal,) = read(wrapper(served, COUNT, XML, at=at)).getElementsByTagName("literal")
    assert literal.firstChild.data == "308"
    assert read(wrapper(served, COUNT, CSV, at=at)).split() == [b"n", b"308"]
    assert read(wrapper(served, COUNT, TSV, at=at)).split() == [b"?n", b"308"]


@pytest.mark.parametrize("how", [URLENCODED, POSTDIRECTLY])
def test_sparqlwrapper_posts(served: Served, how: str) -> None:
    """As a form, and as the query itself."""
    asking = wrapper(served, COUNT, JSON, at="2019-01-01")
    asking.setMethod(POST)
    asking.setRequestMethod(how)
    assert column(read(asking), "n") == ["300"]


@pytest.mark.parametrize("wanted", [JSON, XML])
def test_sparqlwrapper_reads_yes_and_no(served: Served, wanted: str) -> None:
    """A region is no organisation, and Limburg is one region since 4 February 2022."""
    for query, at, said in (
        ("ASK { ?r a rl:ReferenceRegion, org:Organization }", "2025-01-01", "false"),
        ("ASK { ?r a rl:ReferenceRegion ; dcterms:identifier 'limburg' }", "2022-02-04", "true"),
        ("ASK { ?r a rl:ReferenceRegion ; dcterms:identifier 'limburg' }", "2022-02-03", "false"),
    ):
        answer = read(wrapper(served, PREFIXES + query, wanted, at=at))
        if wanted == JSON:
            assert answer["boolean"] is (said == "true")
        else:
            assert answer.getElementsByTagName("boolean")[0].firstChild.data == said


@OF_RDFLIB
@pytest.mark.parametrize("wanted", [TURTLE, RDFXML, JSONLD])
def test_sparqlwrapper_reads_graphs_in_every_form(served: Served, wanted: str) -> None:
    """The region on the coast is Regio Oostende before the decree, and Middenkust from it on; there are fifteen."""
    for at, name in (("2022-07-01", "Regio Oostende"), ("2023-04-01", "Middenkust")):
        answer = read(wrapper(served, NAMES, wanted, at=at))
        graph = Graph().parse(data=answer, format="turtle") if wanted == TURTLE else answer
        names = {str(each) for each in graph.objects(None, RDFS.label)}
        assert name in names
        assert len({"Regio Oostende", "Middenkust"} & names) == 1
        assert len(set(graph.subjects())) == 15


def test_sparqlwrapper_is_told_what_is_wrong(served: Served) -> None:
    """The sentence of the problem is in its exception."""
    with pytest.raises(QueryBadFormed, match=r"there is no graph http://elsewhere\.example/"):
        wrapper(served, COUNT, JSON, default_graph_uri="http://elsewhere.example/").query()
    with pytest.raises(QueryBadFormed, match="is not a day: write YYYY-MM-DD"):
        wrapper(served, COUNT, JSON, at="31/12/2018").query()


# rdflib's SPARQLStore, which puts all its prefixes before each query, and asks by long GETs.


@pytest.fixture
def remote(served: Served) -> Graph:
    """The register of now, as a graph of rdflib that is elsewhere."""
    return Graph(SPARQLStore(f"{served.address}sparql"))


@pytest.mark.parametrize(
    "how", [{}, {"returnFormat": "json"}, {"returnFormat": "tsv"}, {"method": "POST"}, {"method": "POST_FORM"}]
)
def test_rdflib_reads_rows(served: Served, how: dict[str, str]) -> None:
    """By any method and in any form, with their datatypes."""
    remote = Graph(SPARQLStore(f"{served.address}sparql", **how))  # type: ignore[arg-type]
    (row,) = remote.query(COUNT)
    assert row == (Literal(285),)


def test_rdflib_reads_yes_and_graphs(remote: Graph) -> None:
    """ASK as a truth, and CONSTRUCT as RDF/XML."""
    assert remote.query(f"{PREFIXES} ASK {{ <{GEMEENTE['46030']}> a rl:Municipality }}").askAnswer is True
    assert remote.query(f"{PREFIXES} ASK {{ <{GEMEENTE['11056']}> a rl:Municipality }}").askAnswer is False
    graph = remote.query(KEYS).graph
    assert graph is not None
    keys = {str(key) for key in graph.objects(None, DCTERMS.identifier)}
    assert len(keys) == 15
    assert {"waasland", "limburg", "middenkust"} < keys


def test_rdflib_walks_the_graph(remote: Graph) -> None:
    """Triple by triple, as if it were here: Waasland has seven municipalities, and Zwijndrecht is none any more."""
    (waasland,) = remote.subjects(DCTERMS.identifier, Literal("waasland"))
    assert (waasland, RDF.type, RL.ReferenceRegion) in remote
    within = [subject for subject, _, _ in remote.triples((None, GEO.sfWithin, waasland))]
    municipalities = [each for each in within if (each, RDF.type, RL.Municipality) in remote]
    assert len(municipalities) == 7
    assert GEMEENTE["46030"] in municipalities
    assert (GEMEENTE["11056"], RDF.type, RL.Municipality) not in remote
    assert len(remote) > 10_000


@pytest.mark.parametrize(
    ("day", "municipalities"), [("2018-12-31", 308), ("2025-02-01/2024-04-01", 300), ("2025-02-01", 285)]
)
def test_rdflib_walks_the_graph_of_a_day(served: Served, day: str, municipalities: int) -> None:
    """A graph of the store is a snapshot, by its address."""
    store = SPARQLStore(f"{served.address}sparql", context_aware=True)
    snapshot = Graph(store, identifier=URIRef(f"{DAY}{day}"))
    assert len(set(snapshot.subjects(RDF.type, RL.Municipality))) == municipalities


def test_rdflib_reads_whole_graphs(served: Served) -> None:
    """A description by its address, in the form that rdflib likes best; the links in it lead on."""
    zwijndrecht = Graph().parse(f"{served.address}doc/municipality/11056?at=2024-12-31")
    (region,) = (
        each for each in zwijndrecht.objects(GEMEENTE["11056"], GEO.sfWithin) if "werkingsgebieden" in str(each)
    )
    snapshot = Graph().parse(f"{served.address}graph/2024-12-31.ttl")
    assert snapshot.value(region, DCTERMS.identifier) == Literal("waasland")


# pd.


def test_pandas_reads_a_named_query(served: Served) -> None:
    """Codes keep what they are when they are read as text, and dates are dates."""
    codes = {"nis": str, "before_nis": str, "after_nis": str}
    merged = pd.read_csv(f"{served.address}query/lineage.csv?nis=46030", dtype=codes, parse_dates=["date"])
    assert sorted(merged["before_nis"]) == ["11056", "46003", "46013"]
    assert set(merged["date"]) == {pd.Timestamp("2025-01-01")}
    assert set(merged["decision"]) == {"FUSIES-2025"}
    for at, count in (("2018-12-31", 308), ("2024-12-31", 300), ("2025-01-01", 285)):
        everything = pd.read_csv(f"{served.address}query/municipalities.csv?at={at}", dtype=codes)
        assert len(everything) == everything["nis"].nunique() == count
        assert set(everything["nis"].str.len()) == {5}


def test_pandas_knows_what_is_absent(served: Served) -> None:
    """On 1 June 2021, 258 of 300 municipalities had a region: Limburg's had none yet, and theirs is an empty cell."""
    table = pd.read_csv(f"{served.address}query/municipalities.csv?at=2021-06-01", dtype={"nis": str})
    assert (len(table), table["region_key"].notna().sum()) == (300, 258)
    assert set(table[table["region_key"].isna()]["nis"].str[0]) == {"7"}


def test_pandas_reads_sparql(served: Served) -> None:
    """By a parameter, or by the header that it is told to send."""
    address = f"{served.address}sparql?at=2024-12-31&query={quote(MEMBERS)}"
    by_parameter = pd.read_csv(f"{address}&format=csv", dtype=str)
    by_header = pd.read_csv(address, dtype=str, storage_options={"Accept": "text/csv"})
    assert list(by_parameter["nis"]) == list(by_header["nis"])
    assert len(by_parameter) == 10
    assert {"11056", "46003", "46013"} < set(by_parameter["nis"])


def test_pandas_reads_what_was_compressed(served: Served) -> None:
    """An answer that was fetched by other means, and packed on its way."""
    answer = served.get("query/municipalities.csv", at="2025-01-01")
    assert answer.headers["Content-Encoding"] == "gzip"
    table = pd.read_csv(io.BytesIO(answer.content), dtype=str)
    assert len(table) == 285
    assert "Beveren-Kruibeke-Zwijndrecht" in set(table["name"])
