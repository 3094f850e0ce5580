"""``/catalog``: true in every form, of everything that is published, and the same as long as the data are."""

from __future__ import annotations

import gzip
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pyoxigraph
import pytest
from flask.testing import FlaskClient
from pyoxigraph import RdfFormat
from rdflib import RDF, Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, FOAF, VOID
from rdflib.term import BNode

from regiolog.events.temporal import instant_text
from regiolog.publisher.app import create_app
from regiolog.publisher.beginning import load_archive
from regiolog.publisher.catalog.words import Words, read_words
from regiolog.publisher.service import Service
from regiolog.publisher.settings import Settings
from regiolog.sync.folder import Folder
from tests.builders import TurnedClock
from tests.publisher.catalogues import BASE, DCAT, HERE, REGISTER, RL, modified, one, read

VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
FORMS = {
    "ttl": ("text/turtle", RdfFormat.TURTLE),
    "jsonld": ("application/ld+json", RdfFormat.JSON_LD),
    "nt": ("application/n-triples", RdfFormat.N_TRIPLES),
    "rdf": ("application/rdf+xml", RdfFormat.RDF_XML),
}
CHOSEN = read_words(
    {
        "title": {"nl": "Het register", "en": "The register"},
        "keyword": ["regio's"],
        "publisher": "https://example.org/id/organisation/1",
        "publisher_name": "An organisation",
        "contact_name": "The desk",
        "contact_email": "desk@example.org",
        "licence": "https://creativecommons.org/publicdomain/zero/1.0/",
        "landing_page": "https://example.org/register",
        "theme": [
            "http://publications.europa.eu/resource/authority/data-theme/REGI",
            "https://example.org/themes#mine",
        ],
        "status": ["https://example.org/status/open"],
    }
)


@pytest.fixture(scope="module")
def said(app: Any) -> Graph:
    """The catalogue as rdflib reads it, with the words that it has when nothing was said."""
    return read(app.test_client())


@pytest.fixture(scope="module")
def chosen(service: Service) -> Iterator[FlaskClient]:
    """The same register, whose publisher said everything that can be said."""
    settings = Settings(data=service.settings.data, workers=1, catalog=CHOSEN)
    with Service.open(settings, projecting=False, clock=service.clock) as opened:
        yield create_app(opened).test_client()


# Its forms.


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")  # rdflib's own
@pytest.mark.parametrize("suffix", FORMS)
def test_every_form_says_the_same(client: FlaskClient, suffix: str) -> None:
    """By its ending or by the header, to two readers; and nothing in it is a blank node."""
    media_type, form = FORMS[suffix]
    answer = client.get(f"/catalog.{suffix}")
    assert (answer.status_code, answer.mimetype) == (200, media_type)
    assert client.get("/catalog", headers={"Accept": media_type}).data == answer.data
    triples = {quad.triple for quad in pyoxigraph.parse(answer.data, form)}
    lines = client.get("/catalog.nt").data
    assert triples == {quad.triple for quad in pyoxigraph.parse(lines, RdfFormat.N_TRIPLES)}
    assert len(triples) > 1000
    graph = Graph().parse(data=answer.data, format=media_type if suffix != "jsonld" else "json-ld")
    assert len(graph) == len(triples)
    assert not any(isinstance(term, BNode) for triple in graph for term in triple)


def test_the_header_chooses(client: FlaskClient) -> None:
    """Turtle for whoever does not mind, a page for a browser, a list for whoever takes none of it."""
    assert client.get("/catalog").mimetype == "text/turtle"
    assert client.get("/catalog", headers={"Accept": "text/html"}).mimetype == "text/html"
    refused = client.get("/catalog", headers={"Accept": "image/png"})
    assert (refused.status_code, "application/ld+json" in refused.text) == (406, True)
    assert client.get("/catalog.csv").status_code == 404
    assert client.get("/catalog?at=2021-01-01").status_code == 400
    assert client.get("/.well-known/void?x=1").status_code == 400


def test_void_is_found_where_it_is_looked_for(client: FlaskClient) -> None:
    """The well-known address leads to the catalogue, under any prefix; which says of itself that it describes."""
    answer = client.get("/.well-known/void", base_url="https://elsewhere.example/regions/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "../catalog")
    found = client.get(urljoin("/.well-known/void", answer.headers["Location"]))
    assert found.status_code == 200
    graph = Graph().parse(data=found.data, format="turtle")
    assert (HERE, RDF.type, VOID.DatasetDescription) in graph


def test_it_is_known_again(client: FlaskClient) -> None:
    """Each form by a tag of its own, with HEAD, and with the position that it is of."""
    tags = set()
    for form in (*FORMS, "html"):
        answer = client.get(f"/catalog.{form}")
        tags.add(answer.headers["ETag"])
        again = client.get(f"/catalog.{form}", headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert "no-cache" in answer.headers["Cache-Control"]
        head = client.head(f"/catalog.{form}")
        assert (head.data, head.headers["ETag"]) == (b"", answer.headers["ETag"])
        assert answer.headers["Regiolog-Position"] == again.headers["Regiolog-Position"] == "799"
    assert len(tags) == len(FORMS) + 1


# D01, D02: what DCAT-AP has; its shapes are tested elsewhere.


def test_d02_there_are_versions_and_a_series(said: Graph, service: Service, client: FlaskClient) -> None:
    """The register at the end of each year, each a dump that never changes, after the one before it."""
    history = service.history()
    series = URIRef(f"{BASE}catalog#years")
    years = set(said.subjects(DCAT.inSeries, series))
    assert len(years) == 8
    assert {str(each) for each in years} == {f"{BASE}graph/{year}-12-31/{year}-12-31" for year in range(2018, 2026)}
    assert set(said.objects(REGISTER, DCAT.hasVersion)) == years
    assert one(said, series, DCAT.first) == URIRef(f"{BASE}graph/2018-12-31/2018-12-31")
    last = one(said, series, DCAT.last)
    assert one(said, REGISTER, DCAT.previousVersion) == last
    assert set(said.transitive_objects(last, DCAT.prev)) == years
    for year in years:
        version = str(one(said, year, DCAT.version))
        with client.get(f"{str(year).removeprefix(BASE[:-1])}.nq.gz") as dump:
            assert dump.headers["Regiolog-Position"] == version
            assert "immutable" in dump.headers["Cache-Control"]
        assert modified(said, year) == instant_text(history.known_of(int(version)))
    assert str(one(said, REGISTER, DCAT.version)) == "799"


@pytest.mark.parametrize("words", [None, CHOSEN], ids=["nothing said", "everything said"])
def test_d03_what_the_flemish_profile_asks_for(client: FlaskClient, chosen: FlaskClient, words: Words | None) -> None:
    """Of the catalogue, and of each dataset and service; a licence and the profile only where they were chosen."""
    graph = Graph().parse(data=(client if words is None else chosen).get("/catalog.nt").data, format="nt")
    entries = {*graph.objects(HERE, DCAT.dataset), *graph.objects(HERE, DCAT.service)}
    assert len(entries) == 3 + 2 + 8 + 1 + 4
    for entry in (HERE, *entries):
        for predicate in (
            *(DCTERMS.identifier, DCTERMS.title, DCTERMS.description, DCTERMS.publisher, DCAT.contactPoint),
            *(() if entry == HERE else (DCTERMS.accessRights, DCAT.keyword, DCAT.theme, DCAT.landingPage)),
        ):
            assert (entry, predicate, None) in graph, (entry, predicate)
        foreign = str(entry).startswith(f"{BASE}graph/source/")
        if not foreign:
            assert ((entry, DCTERMS.license, None) in graph) is (words is not None)
        assert ((entry, DCTERMS.license, None) in graph) is not ((entry, DCTERMS.rights, None) in graph)
        if entry != HERE:
            public = URIRef("http://publications.europa.eu/resource/authority/access-right/PUBLIC")
            assert one(graph, entry, DCTERMS.accessRights) == public
            themes = " ".join(map(str, graph.objects(entry, DCAT.theme)))
            assert "publications.europa.eu/resource/authority/data-theme/" in themes
            assert words is not None or "vocab.belgif.be/auth/datatheme/" in themes
            status = (entry, URIRef("https://data.vlaanderen.be/ns/metadata-dcat#statuut"), None)
            assert (status in graph) is (words is not None and not foreign)
            (record,) = graph.subjects(FOAF.primaryTopic, entry) if entry != REGISTER else (None,)
            profile = None if record is None else str(one(graph, record, DCTERMS.conformsTo))
            assert profile is None or ("/DCAT-AP-VL/" in profile) is (words is not None)
    assert any("/DCAT-AP-VL/" in str(each) for each in graph.objects(HERE, DCTERMS.conformsTo)) is (words is not None)


def test_d04_the_feed_conforms_to_both_specifications(said: Graph, client: FlaskClient) -> None:
    """The dataset, its distribution and its service, which lead to each other."""
    both = {URIRef("https://w3id.org/tree/specification"), URIRef("https://w3id.org/ldes/specification")}
    stream, feed = URIRef(f"{BASE}feed#stream"), URIRef(f"{BASE}feed")
    (distribution,) = (each for each in said.objects(stream, DCAT.distribution) if (each, DCAT.accessURL, feed) in said)
    service = one(said, distribution, DCAT.accessService)
    for each in (stream, distribution, service):
        assert both <= set(said.objects(each, DCTERMS.conformsTo))
    assert one(said, service, DCAT.endpointURL) == feed
    assert one(said, service, DCAT.servesDataset) == stream
    media = {each: str(one(said, each, DCAT.mediaType)) for each in said.objects(stream, DCAT.distribution)}
    forms = {"text/turtle", "application/cloudevents-batch+json", "application/atom+xml"}
    assert {each.rpartition("media-types/")[2] for each in media.values()} == forms
    for each, media_type in media.items():
        address = str(one(said, each, DCAT.accessURL)).removeprefix(BASE[:-1])
        with client.get(address) as answer:
            assert (answer.status_code, answer.mimetype) == (200, media_type.rpartition("media-types/")[2])


def test_d05_the_sparql_endpoint_is_the_one_that_it_describes(said: Graph, client: FlaskClient) -> None:
    """Its address is what its own description says, which is where it is said to be described."""
    service = URIRef(f"{BASE}catalog#sparql")
    assert (HERE, DCAT.service, service) in said
    endpoint = one(said, service, DCAT.endpointURL)
    description = one(said, service, DCAT.endpointDescription)
    path = str(description).removeprefix(BASE[:-1])
    answer = client.get(path, headers={"Accept": "text/turtle"}, base_url=BASE)
    graph = Graph().parse(data=answer.data, format="turtle", publicID=str(description))
    assert set(graph.objects(None, URIRef("http://www.w3.org/ns/sparql-service-description#endpoint"))) == {endpoint}
    served = set(said.objects(service, DCAT.servesDataset))
    assert served >= {REGISTER, URIRef(f"{BASE}graph/history"), URIRef(f"{BASE}graph/source/abb")}
    assert set(said.objects(REGISTER, VOID.sparqlEndpoint)) == {endpoint}


def test_every_dump_can_be_fetched_and_stands_for_the_position_that_is_told(said: Graph, client: FlaskClient) -> None:
    """Under the base of the register, in the form and the packing that the catalogue says."""
    dumps = list(said.subject_objects(DCAT.downloadURL))
    assert len(dumps) == 6 * (2 + 2) + 2 * 8
    for distribution, address in dumps:
        assert (distribution, DCAT.accessURL, address) in said
        assert str(one(said, distribution, DCAT.compressFormat)).endswith("/application/gzip")
        if "/graph/history." in str(address) and not str(address).endswith(".nt.gz"):
            continue  # long to write, and the forms of a history are tested with graphs
        with client.get(str(address).removeprefix(BASE[:-1])) as dump:
            assert (dump.status_code, dump.mimetype) == (200, "application/gzip"), address
            assert dump.headers["Regiolog-Position"] == str(one(said, distribution, RL.position))
            plain = gzip.decompress(dump.data)
        media_type = str(one(said, distribution, DCAT.mediaType)).rpartition("media-types/")[2]
        assert next(pyoxigraph.parse(plain, pyoxigraph.RdfFormat.from_media_type(media_type)), None) is not None


def test_the_same_position_is_told_of_datasets_and_their_dumps(said: Graph) -> None:
    """As a whole number of XML Schema, so that a harvester can go on from there."""
    for dataset, distribution in said.subject_objects(DCAT.distribution):
        told = one(said, distribution, RL.position)
        assert told == one(said, dataset, RL.position)
        assert isinstance(told, Literal)
        assert told.datatype == URIRef("http://www.w3.org/2001/XMLSchema#integer")


# D11, and both clocks.


def test_d11_modified_changes_only_when_the_data_do(tmp_path: Path) -> None:
    """A day that passes changes nothing; an event does, of what it is about, and by its own instant."""
    clock = TurnedClock(datetime(2026, 6, 1, 12, tzinfo=UTC))
    folder = Folder(tmp_path / "register", create=True, clock=clock)
    load_archive(folder.journal, None, leave_out=("provincies-in-cijfers",), clock=clock)
    abb = URIRef(f"{BASE}graph/source/abb")
    with Service.open(Settings(data=tmp_path / "register", workers=1), clock=clock) as opened:
        client, history = create_app(opened).test_client(), opened.history()
        first = client.get("/catalog.nt")
        clock.now += timedelta(days=400)
        again = client.get("/catalog.nt")
        assert (again.data, again.headers["ETag"]) == (first.data, first.headers["ETag"])
        graph = Graph().parse(data=first.data, format="nt")
        last = instant_text(history.known_of(history.position))
        dated = set(graph.subjects(DCTERMS.modified))
        assert {modified(graph, each) for each in dated} <= set(map(instant_text, history.all_known()))
        assert modified(graph, HERE) == modified(graph, REGISTER) == last
        assert modified(graph, abb) < last
        changed = int(str(one(graph, abb, DCAT.version)))
        assert instant_text(history.known_of(changed)) == modified(graph, abb)
        assert list(history.done_by(changed, history.position))
        load_archive(folder.journal, None, leave_out=(), clock=clock)
        patience = time.monotonic() + 60
        while opened.standing().position < folder.journal.head() and time.monotonic() < patience:
            time.sleep(0.05)
        later = client.get("/catalog.nt")
        assert later.headers["ETag"] != first.headers["ETag"]
        graph = Graph().parse(data=later.data, format="nt")
        assert modified(graph, HERE) == modified(graph, REGISTER) == instant_text(clock.now)
        assert modified(graph, URIRef(f"{BASE}graph/source/pinc")) == instant_text(clock.now)
        assert modified(graph, abb) == instant_text(history.known_of(changed))
        assert int(str(one(graph, REGISTER, RL.position))) == int(later.headers["Regiolog-Position"])
    folder.close()


def test_coverage_is_told_on_both_clocks(said: Graph, service: Service) -> None:
    """From which day on in the world; and in words, from which instant to which something became known."""
    period = one(said, REGISTER, DCTERMS.temporal)
    assert str(one(said, period, DCAT.startDate)) == "2018-01-01"
    provenance = one(said, REGISTER, DCTERMS.provenance)
    words = str(one(said, provenance, URIRef("http://www.w3.org/2000/01/rdf-schema#label")))
    history = service.history()
    for known in (history.known_of(1), history.known_of(history.position)):
        assert instant_text(known) in words
    assert "2018-01-01" in words
    assert "799" in words


def test_it_is_made_once_an_era(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many forms are asked for, the counting is done once, and again when the day is another."""
    clock = TurnedClock(datetime(2026, 6, 1, 12, tzinfo=UTC))
    with Service.open(Settings(data=service.settings.data, workers=1), projecting=False, clock=clock) as opened:
        made: list[int] = []

        def make() -> int:
            made.append(1)
            return len(made)

        assert [opened.once("it", make) for _ in range(3)] == [1, 1, 1]
        assert opened.once("other", make) == 2
        clock.now += timedelta(days=1)
        assert [opened.once("it", make) for _ in range(2)] == [3, 3]


# The publisher's own words, and the page.


def test_what_was_not_said_is_not_made_up(said: Graph, client: FlaskClient) -> None:
    """No name, no address and no licence; the page says that there is none."""
    publisher = one(said, HERE, DCTERMS.publisher)
    assert publisher == URIRef(f"{BASE}catalog#publisher")
    assert {str(each) for each in said.objects(publisher, FOAF.name)} == {
        "The publisher of this register",
        "De uitgever van dit register",
    }
    assert (None, VCARD.hasEmail, None) not in said
    assert not list(said.objects(REGISTER, DCTERMS.license))
    page = client.get("/catalog.html").text
    assert "No licence is stated" in page
    assert "mailto:" not in page


def test_what_was_said_is_said(chosen: FlaskClient) -> None:
    """To programs and on the page, under the names that DCAT has for it."""
    graph = read(chosen)
    assert set(graph.objects(HERE, DCTERMS.title)) == {Literal("Het register", "nl"), Literal("The register", "en")}
    publisher = URIRef("https://example.org/id/organisation/1")
    assert one(graph, HERE, DCTERMS.publisher) == publisher
    assert one(graph, publisher, FOAF.name) == Literal("An organisation")
    contact = one(graph, HERE, DCAT.contactPoint)
    assert one(graph, contact, VCARD.fn) == Literal("The desk")
    assert one(graph, contact, VCARD.hasEmail) == URIRef("mailto:desk@example.org")
    assert one(graph, REGISTER, DCTERMS.license) == URIRef("https://creativecommons.org/publicdomain/zero/1.0/")
    assert set(graph.objects(REGISTER, DCAT.keyword)) == {Literal("regio's", "nl")}
    assert one(graph, REGISTER, DCAT.landingPage) == URIRef("https://example.org/register")
    assert URIRef("https://example.org/themes#mine") in set(graph.objects(REGISTER, DCAT.theme))
    page = chosen.get("/catalog.html").text
    for text in (
        "Het register",
        "An organisation",
        "mailto:desk@example.org",
        "publicdomain/zero",
        "example.org/register",
    ):
        assert text in page


def test_links_on_the_page_are_relative_and_lead_somewhere(client: FlaskClient) -> None:
    """Under any prefix; only what belongs to somebody else is elsewhere."""
    page = client.get("/catalog.html").text
    links = set(re.findall(r'href="([^"]+)"', page))
    assert not [each for each in links if BASE in each or each.startswith("/")]
    ours = {each for each in links if not re.match(r"(https?|mailto|data):", each) and not each.startswith("#")}
    assert ours >= {
        "graph/now.nq.gz",
        "graph/source/abb.ttl.gz",
        "graph/2024-12-31/2024-12-31.nq.gz",
        "sparql",
        "query",
    }
    for each in ours - {"./"}:
        address = each.partition("#")[0]
        if "history" not in address:
            with client.head(f"/{address}", headers={"Accept": "text/html, */*;q=0.5"}) as answer:
                assert answer.status_code == 200, address


def test_every_address_in_it_begins_with_the_base(client: FlaskClient) -> None:
    """Wherever it is asked: the catalogue is of the register, and not of a host."""
    elsewhere = client.get("/catalog.ttl", base_url="https://elsewhere.example/regions/")
    assert elsewhere.data == client.get("/catalog.ttl").data
    assert "elsewhere" not in elsewhere.text
