"""What the endpoint says of itself is true: SPARQL 1.1 Service Description, point by point (S01 to S06)."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlencode, urljoin

import pyoxigraph
import pytest
from flask.testing import FlaskClient
from pyoxigraph import Quad, RdfFormat
from pyshacl import validate
from rdflib import RDF, BNode, Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, RDFS
from werkzeug.test import TestResponse

from regiolog.publisher.app import create_app
from regiolog.publisher.service import Service
from regiolog.publisher.settings import Settings
from tests.publisher.endpoint import BASE, COUNT, ROWS, TRIPLES, asked, number, rows, yes

SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
HYDRA = Namespace("http://www.w3.org/ns/hydra/core#")
W3C_FORMATS = "http://www.w3.org/ns/formats/"

FORMS = {
    "text/turtle": RdfFormat.TURTLE,
    "application/ld+json": RdfFormat.JSON_LD,
    "application/rdf+xml": RdfFormat.RDF_XML,
    "application/n-triples": RdfFormat.N_TRIPLES,
}
TERMS = {
    *("Service", "endpoint", "supportedLanguage", "SPARQL11Query", "defaultEntailmentRegime", "resultFormat"),
    *("Dataset", "defaultDataset", "Graph", "defaultGraph", "NamedGraph", "namedGraph", "name"),
    *("GraphCollection", "availableGraphs"),
}
"""The terms of the vocabulary that the description uses."""

COMUNICA = (
    "application/n-quads,application/trig;q=0.95,application/ld+json;q=0.9,application/n-triples;q=0.8,"
    "text/turtle;q=0.6,application/rdf+xml;q=0.5,text/n3;q=0.35,application/xml;q=0.3,text/html;q=0.2"
)
"""What Comunica accepts when it looks at an address."""

OF_RDFLIB = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
"""What rdflib's own reader of JSON-LD is warned of."""

EACH_FORM = pytest.mark.parametrize("media_type", FORMS)
EACH_ADDRESS = pytest.mark.parametrize(
    "address", ["http://localhost/", "https://elsewhere.example/", "http://[::1]:8080/", "https://h.example/a/b/"]
)


def described(client: FlaskClient, address: str = "http://localhost/", **headers: str) -> Graph:
    """The description as rdflib reads it, from the address that it was asked at."""
    answer = client.get("/sparql", headers=headers or {"Accept": "text/turtle"}, base_url=address)
    assert answer.status_code == 200, answer.text
    return Graph().parse(data=answer.data, format=answer.mimetype, publicID=f"{address}sparql")


def quads(answer: TestResponse, address: str) -> set[Quad]:
    """The same as pyoxigraph reads it."""
    assert answer.status_code == 200, answer.text
    return set(pyoxigraph.parse(answer.data, FORMS[str(answer.mimetype)], base_iri=address))


def endpoint_of(graph: Graph) -> str:
    """Where the one service is to be asked."""
    (service,) = graph.subjects(RDF.type, SD.Service)
    (endpoint,) = graph.objects(service, SD.endpoint)
    return str(endpoint)


# S01: RDF, in the form that is wanted.


@EACH_FORM
def test_s01_without_parameters_the_endpoint_describes_itself(client: FlaskClient, media_type: str) -> None:
    """In each form of RDF, and in all of them the same."""
    answer = client.get("/sparql", headers={"Accept": media_type})
    assert (answer.status_code, answer.mimetype) == (200, media_type)
    turtle = client.get("/sparql", headers={"Accept": "text/turtle"})
    here = "http://localhost/sparql"
    template = "<http://www.w3.org/ns/hydra/core#template>"
    said, same = (
        {str(each) for each in quads(one, here) if str(each.predicate) != template} for one in (answer, turtle)
    )
    assert said == same
    assert len(said) > 50
    assert "@context" not in answer.text


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "text/turtle"),
        ("*/*", "text/turtle"),
        ("application/rdf+xml,text/rdf+n3;q=0.9,application/xhtml+xml;q=0.5, */*;q=0.1", "application/rdf+xml"),
        (COMUNICA, "application/ld+json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
    ],
)
def test_s01_clients_get_what_they_read(client: FlaskClient, accept: str | None, media_type: str) -> None:
    """A program RDF, whatever else it takes, and a browser the page to write queries on."""
    answer = client.get("/sparql", headers={"Accept": accept} if accept else {})
    assert (answer.status_code, answer.mimetype) == (200, media_type)


def test_s01_what_is_in_no_form_of_rdf_is_refused(client: FlaskClient) -> None:
    """With the forms that there are."""
    answer = client.get("/sparql", headers={"Accept": "image/png"})
    assert answer.status_code == 406
    assert "application/ld+json" in answer.text


# S02: the very address.


@OF_RDFLIB
@EACH_ADDRESS
@EACH_FORM
def test_s02_the_endpoint_is_the_address_that_was_asked(client: FlaskClient, address: str, media_type: str) -> None:
    """Under any host, port and path, as rdflib and as pyoxigraph read it; and a query is answered there."""
    graph = described(client, address, Accept=media_type)
    assert endpoint_of(graph) == f"{address}sparql"
    answer = client.get("/sparql", headers={"Accept": media_type}, base_url=address)
    (said,) = (each for each in quads(answer, f"{address}sparql") if each.predicate.value == str(SD.endpoint))
    assert said.object == said.subject == pyoxigraph.NamedNode(f"{address}sparql")
    path = endpoint_of(graph).removeprefix(address)
    followed = client.get(f"/{path}", query_string={"query": COUNT}, base_url=address)
    assert followed.json is not None
    assert followed.json["results"]["bindings"][0]["n"]["value"] == "285"


@OF_RDFLIB
@pytest.mark.parametrize("media_type", list(FORMS)[:3])
def test_s02_relative_addresses_need_no_trust_in_a_proxy(client: FlaskClient, media_type: str) -> None:
    """The forms that have relative addresses name no host, so they are right behind a proxy that tells nothing."""
    answer = client.get("/sparql", headers={"Accept": media_type}, base_url="http://inside.example:8000/x/")
    assert "inside.example" not in answer.text
    outside = "https://outside.example/regions/sparql"
    graph = Graph().parse(data=answer.data, format=media_type, publicID=outside)
    assert endpoint_of(graph) == outside


@OF_RDFLIB
@EACH_FORM
@pytest.mark.parametrize("path", ["sparql?at=2018-12-31", "sparql?timeout=5&at=2018-12-31", "sparql/?at=2018-12-31"])
def test_s02_an_address_with_a_moment_is_an_endpoint_too(client: FlaskClient, path: str, media_type: str) -> None:
    """Whoever follows it asks about that moment, and not about now; so does who adds the slash that some add."""
    address = f"http://localhost/{path}"
    answer = client.get(f"/{path}", headers={"Accept": media_type})
    assert endpoint_of(Graph().parse(data=answer.data, format=media_type, publicID=address)) == address
    followed = client.get(f"/{path}&{urlencode({'query': COUNT})}")
    assert followed.json is not None
    assert followed.json["results"]["bindings"][0]["n"]["value"] == "308"


@pytest.mark.parametrize("parameters", ["x=<y>", 'x="', "x={y}", "x=%3E", "x=é", "x=%", "x=a b\\"])
def test_s02_whatever_is_in_an_address_the_description_is_rdf(client: FlaskClient, parameters: str) -> None:
    """Characters that no IRI has, which some clients send as they are."""
    for media_type in FORMS:
        answer = client.get(f"/sparql?{parameters}", headers={"Accept": media_type})
        assert len(quads(answer, "http://localhost/sparql")) > 50


@EACH_FORM
def test_s02_a_proxy_is_believed_as_far_as_the_settings_say(service: Service, media_type: str) -> None:
    """What X-Forwarded headers say of the address is true where a proxy is said to stand before us, and else is not."""
    forwarded = {
        "Accept": media_type,
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "outside.example",
        "X-Forwarded-Prefix": "/regions",
    }
    for proxies, address in ((1, "https://outside.example/regions/sparql"), (0, "http://localhost/sparql")):
        settings = Settings(data=service.settings.data, workers=1, proxies=proxies)
        with Service.open(settings, projecting=False, clock=service.clock) as behind:
            answer = create_app(behind).test_client().get("/sparql", headers=forwarded)
        (said,) = (each for each in quads(answer, address) if each.predicate.value == str(SD.endpoint))
        assert said.object == pyoxigraph.NamedNode(address)


# S03: the vocabulary as specified.


def test_s03_it_conforms_to_the_shapes_of_the_vocabulary(client: FlaskClient) -> None:
    """As the specification words them, with no term that the vocabulary does not have, and no blank node."""
    graph = described(client)
    shapes = Graph().parse(Path(__file__).with_name("service-description.shapes.ttl"))
    right, _, report = validate(graph, shacl_graph=shapes, inference="none")
    assert right, report
    used = {str(term).removeprefix(str(SD)) for triple in graph for term in triple if str(term).startswith(str(SD))}
    assert used == TERMS
    assert not [term for triple in graph for term in triple if isinstance(term, BNode)]


@pytest.mark.parametrize("missing", [SD.endpoint, SD.name, SD.namedGraph, SD.defaultGraph, SD.availableGraphs])
def test_s03_the_shapes_notice_what_is_missing(client: FlaskClient, missing: URIRef) -> None:
    """A check that always passes would check nothing."""
    graph = described(client)
    graph.remove((None, missing, None))
    shapes = Graph().parse(Path(__file__).with_name("service-description.shapes.ttl"))
    assert not validate(graph, shacl_graph=shapes, inference="none")[0]


# S04: graphs.


def test_s04_the_named_graphs_are_those_that_graph_ranges_over(client: FlaskClient) -> None:
    """Those of the sources, of the proposals, and the history, each under its name, and one default graph."""
    graph = described(client)
    (dataset,) = graph.objects(None, SD.defaultDataset)
    names = {str(name) for named in graph.objects(dataset, SD.namedGraph) for name in graph.objects(named, SD.name)}
    assert names == {
        f"{BASE}graph/{each}" for each in ("history", "proposal/VR-2020-10-09", "source/abb", "source/pinc")
    }
    smaller = names - {f"{BASE}graph/history"}  # whether it is among them, the tests of datasets (P05) ask
    chosen = [("named-graph-uri", name) for name in smaller]
    assert {row["g"] for row in rows(client, "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }", chosen)} == smaller
    assert len(list(graph.objects(dataset, SD.defaultGraph))) == 1


def test_s04_a_graph_that_is_described_can_be_asked(client: FlaskClient) -> None:
    """As the default graph and as a named one; so can a snapshot, whose name a template makes."""
    graph = described(client)
    (available,) = graph.objects(None, SD.availableGraphs)
    names = [str(name) for named in graph.objects(available, SD.namedGraph) for name in graph.objects(named, SD.name)]
    assert len(names) == 4
    for name in names:
        if not name.endswith("/history"):
            assert yes(client, "ASK { ?s ?p ?o }", {"default-graph-uri": name})
            assert yes(client, "ASK { GRAPH ?g { ?s ?p ?o } }", {"named-graph-uri": name})
    (search,) = graph.objects(available, HYDRA.search)
    assert mapped(graph, search) == {"at", "known"}
    template = str(graph.value(search, HYDRA.template))
    assert template.endswith("{at}{/known}")
    for expansion, municipalities in (("2025-02-01", 285), ("2025-02-01/2024-04-01", 300)):
        name = template.replace("{at}{/known}", expansion)
        assert number(client, COUNT, {"default-graph-uri": name}) == municipalities


# S05: nothing is promised that is not kept.


@pytest.mark.parametrize(
    ("name", "query", "media_type"),
    [
        ("SPARQL_Results_JSON", ROWS, "application/sparql-results+json"),
        ("SPARQL_Results_XML", ROWS, "application/sparql-results+xml"),
        ("SPARQL_Results_CSV", ROWS, "text/csv"),
        ("SPARQL_Results_TSV", ROWS, "text/tab-separated-values"),
        ("Turtle", TRIPLES, "text/turtle"),
        ("N-Triples", TRIPLES, "application/n-triples"),
        ("JSON-LD", TRIPLES, "application/ld+json"),
        ("RDF_XML", TRIPLES, "application/rdf+xml"),
    ],
)
def test_s05_a_format_that_is_promised_is_given(client: FlaskClient, name: str, query: str, media_type: str) -> None:
    """Under the name that the W3C gives it."""
    promised = {str(each) for each in described(client).objects(None, SD.resultFormat)}
    assert f"{W3C_FORMATS}{name}" in promised
    assert len(promised) == 8
    answer = client.get("/sparql", query_string={"query": query}, headers={"Accept": media_type})
    assert (answer.status_code, answer.mimetype) == (200, media_type)
    assert len(answer.data) > 100


def test_s05_what_it_says_of_queries_is_so(client: FlaskClient) -> None:
    """SPARQL 1.1, no updates, no federation, and nothing is entailed that is not stated."""
    graph = described(client)
    assert set(graph.objects(None, SD.supportedLanguage)) == {SD.SPARQL11Query}
    assert list(graph.objects(None, SD.feature)) == []
    assert set(graph.objects(None, SD.defaultEntailmentRegime)) == {URIRef("http://www.w3.org/ns/entailment/Simple")}
    assert yes(client, "ASK { ?s ?p ?o }")
    assert not yes(client, f"PREFIX rdf: <{RDF}> ASK {{ ?p a rdf:Property }}")
    assert not yes(client, f"PREFIX rdfs: <{RDFS}> ASK {{ ?s a rdfs:Resource }}")


def test_s05_the_limits_are_those_of_the_settings(service: Service) -> None:
    """In words, as the problems have them."""
    settings = Settings(
        data=service.settings.data, workers=1, deadline=2.5, memory=2**30, answer_rows=77, answer_bytes=3 * 2**20
    )
    with Service.open(settings, projecting=False, clock=service.clock) as other:
        client = create_app(other).test_client()
        said = " ".join(str(each) for each in described(client).objects(None, DCTERMS.description))
        for limit in (
            "2.5 s",
            "or 2 s while others wait",
            "1 GiB",
            "77 rows or triples",
            "3 MiB",
            "32 KiB",
            "100 deep",
            "name 100 graphs",
        ):
            assert limit in said
        refused = asked(client, "SELECT * { ?s ?p ?o } LIMIT 78")
        assert "77 rows or triples" in refused.text


# S06: the three tests of the W3C.


@pytest.mark.parametrize("accept", ["text/turtle", "*/*", "application/rdf+xml"])
def test_s06_the_tests_of_the_w3c_pass(client: FlaskClient, accept: str) -> None:
    """GET returns RDF, it has the triple of the endpoint, and it conforms to the schema."""
    graph = described(client, Accept=accept)
    assert len(graph) > 50
    assert (None, SD.endpoint, URIRef("http://localhost/sparql")) in graph
    (service,) = graph.subjects(RDF.type, SD.Service)
    assert set(graph.subjects(SD.endpoint)) == {service}


# How to ask about time.


def mapped(graph: Graph, template: object) -> set[str]:
    """The variables of a template."""
    return {
        str(graph.value(mapping, HYDRA.variable))
        for mapping in graph.objects(template, HYDRA.mapping)  # type: ignore[arg-type]
    }


def test_the_clocks_are_told_in_words_and_as_a_template(client: FlaskClient) -> None:
    """The template makes an endpoint that is asked about another moment."""
    graph = described(client)
    said = " ".join(str(each) for each in graph.objects(None, DCTERMS.description))
    assert all(word in said for word in ("YYYY-MM-DD", "known", "default-graph-uri", f"{BASE}graph/{{at}}/{{known}}"))
    (search,) = graph.objects(URIRef("http://localhost/sparql"), HYDRA.search)
    assert mapped(graph, search) == {"at", "known"}
    template = graph.value(search, HYDRA.template)
    assert isinstance(template, Literal)
    moment = f"?{urlencode({'at': '2025-02-01', 'known': '2024-04-01'})}"
    address = urljoin("http://localhost/sparql", str(template).replace("{?at,known}", moment))
    answer = client.get(f"{address}&{urlencode({'query': COUNT})}")
    assert json.loads(answer.data)["results"]["bindings"][0]["n"]["value"] == "300"


def test_a_description_is_known_again(client: FlaskClient) -> None:
    """By a weak tag, for its order is not always the same; each form and each address has its own."""
    tags = set()
    for media_type in FORMS:
        for address in ("http://localhost/", "https://elsewhere.example/regions/"):
            headers = {"Accept": media_type}
            tag = client.get("/sparql", headers=headers, base_url=address).headers["ETag"]
            again = client.get("/sparql", headers={**headers, "If-None-Match": tag}, base_url=address)
            assert (again.status_code, again.data) == (304, b"")
            tags.add(tag)
    assert len(tags) == 5
