"""The endpoint speaks the SPARQL 1.1 Protocol and describes itself, as the W3C's tests want."""

from __future__ import annotations

import pytest
from pyoxigraph import NamedNode, Quad, RdfFormat, parse

from tests.conformance.asking import FORMS, Asking, is_as_wanted
from tests.conformance.exchanges import Conversation, conversations
from tests.conformance.foreign import Reply
from tests.conformance.suite import ARCHIVE, RDF, manifest, with_suite

pytestmark = with_suite

SD = "http://www.w3.org/ns/sparql-service-description#"

CONVERSATIONS = list(conversations()) if ARCHIVE.is_file() else []
QUERIES = [each for each in CONVERSATIONS if not each.is_about_updates]
UPDATES = [each for each in CONVERSATIONS if each.is_about_updates]

RANGES = {
    "endpoint": None,
    "defaultDataset": "Dataset",
    "availableGraphs": "GraphCollection",
    "defaultGraph": "Graph",
    "namedGraph": "NamedGraph",
    "graph": "Graph",
    "supportedLanguage": {"SPARQL10Query", "SPARQL11Query", "SPARQL11Update"},
    "feature": {"DereferencesURIs", "UnionDefaultGraph", "RequiresDataset", "EmptyGraphs", "BasicFederatedQuery"},
    "resultFormat": None,
    "inputFormat": None,
    "name": None,
    "defaultEntailmentRegime": None,
    "entailmentRegime": None,
    "defaultSupportedEntailmentProfile": None,
    "supportedEntailmentProfile": None,
    "extensionFunction": None,
    "extensionAggregate": None,
    "languageExtension": None,
    "propertyFeature": None,
}
"""What the schema wants of the values of its properties: a class of its own, one of some of its terms, or an IRI."""


def described(reply: Reply, address: str) -> list[Quad]:
    """What a service description says."""
    kind = RdfFormat.from_media_type(reply.media_type)
    assert kind is not None
    return list(parse(reply.body, format=kind, base_iri=address))


def description(asking: Asking, **headers: str) -> Reply:
    """What is answered to a request without a query."""
    host = {"Host": f"127.0.0.1:{asking.endpoint.port}"}
    return asking.endpoint.send("GET", "/sparql", host | headers)


@pytest.fixture(scope="module", params=["asking", "asking_apart"])
def speaking(request: pytest.FixtureRequest) -> Asking:
    """The service as each of the servers speaks for it: the one in plain Python, and the compiled one."""
    asking: Asking = request.getfixturevalue(request.param)
    return asking


@pytest.mark.parametrize("test", QUERIES, ids=[each.name for each in QUERIES])
def test_a_request_is_answered_as_wanted(test: Conversation, speaking: Asking) -> None:
    """Its status, its form and its yes or no are what the test says, for each request to the last byte as it has it."""
    for request, wanted in test.exchanges:
        reply = speaking.sent(request)
        assert is_as_wanted(reply, wanted), (request, wanted, reply)


@pytest.mark.parametrize("test", UPDATES, ids=[each.name for each in UPDATES])
def test_a_request_to_update_is_refused(test: Conversation, speaking: Asking) -> None:
    """Whether the test means it to be carried out or not, the client is told that it is not."""
    request, _ = test.exchanges[0]
    assert 400 <= speaking.sent(request).status < 500


@pytest.mark.parametrize(
    "headers",
    [{}, {"Accept": "text/turtle"}, {"Accept": "application/rdf+xml"}],
    ids=["anything", "as Turtle", "as RDF/XML"],
)
def test_the_endpoint_describes_itself(headers: dict[str, str], speaking: Asking) -> None:
    """The three tests of service descriptions: it is RDF, it names the endpoint, and it is what the schema says."""
    assert [name.rpartition("#")[2] for name, _, _ in manifest("sparql11/service-description/manifest").tests()] == [
        "has-endpoint-triple",
        "returns-rdf",
        "conforms-to-schema",
    ]
    reply = description(speaking, **headers)
    assert reply.status == 200
    assert reply.media_type in (FORMS["RDF"] or ())
    said = described(reply, speaking.endpoint.address)
    assert [str(quad.object) for quad in said if quad.predicate.value == f"{SD}endpoint"] == [
        f"<{speaking.endpoint.address}>"
    ]
    conforms(said)


def conforms(said: list[Quad]) -> None:
    """See that what is said in the vocabulary of service descriptions is said as it wants."""
    types = {(quad.subject, quad.object) for quad in said if quad.predicate.value == f"{RDF}type"}
    services = {quad.subject for quad in said if quad.predicate.value == f"{SD}endpoint"}
    assert {subject for subject, kind in types if kind == NamedNode(f"{SD}Service")} == services
    for quad in said:
        if not quad.predicate.value.startswith(SD):
            continue
        wanted = RANGES[quad.predicate.value.removeprefix(SD)]
        if isinstance(wanted, str):
            assert (quad.object, NamedNode(f"{SD}{wanted}")) in types, quad
        else:
            assert isinstance(quad.object, NamedNode), quad
            assert wanted is None or quad.object.value.removeprefix(SD) in wanted, quad
