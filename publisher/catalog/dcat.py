"""The catalogue as DCAT-AP 3.0, with what its Flemish profile asks for beside it.

Nothing is said of a licence that nobody chose, nor is a profile claimed that wants one.
"""

from __future__ import annotations

from typing import Final, NamedTuple
from urllib.parse import quote

from regiolog.ontology import terms
from regiolog.ontology.namespaces import DCAT, DCTERMS, FOAF, SKOS, VCARD
from regiolog.publisher.catalog.holdings import LDES, Agent, Cited, Dataset, Distribution, Holdings, Terms, since
from regiolog.publisher.catalog.sketch import TAXONOMIES, Sketch
from regiolog.publisher.catalog.words import Words
from regiolog.publisher.negotiation import JSON_LD, N_QUADS, N_TRIPLES, RDF_XML, TRIG, TURTLE
from regiolog.sync.statements.statement import day, integer, literal

UNKNOWN: Final = {"en": "The publisher of this register", "nl": "De uitgever van dit register"}
"""What stands for a publisher who did not say a name."""

DCAT_AP: Final = "http://data.europa.eu/r5r/"
DCAT_AP_VL: Final = "https://data.vlaanderen.be/doc/applicatieprofiel/DCAT-AP-VL/erkendestandaard/2022-04-21"
"""The profiles; the Flemish one wants a licence, a name and a contact, and is only claimed with them."""

STATUUT: Final = "https://data.vlaanderen.be/ns/metadata-dcat#statuut"
"""What Flemish catalogues file an entry under."""

_EU: Final = "http://publications.europa.eu/resource/authority"
_LANGUAGES: Final = (f"{_EU}/language/NLD", f"{_EU}/language/ENG")
_FLANDERS: Final = "http://data.europa.eu/nuts/code/BE2"
_FILE_TYPES: Final = {
    N_QUADS: "RDF_N_QUADS",
    TRIG: "RDF_TRIG",
    TURTLE: "RDF_TURTLE",
    N_TRIPLES: "RDF_N_TRIPLES",
    JSON_LD: "JSON_LD",
    RDF_XML: "RDF_XML",
}


_FILE: Final = (
    "The whole of it in one file, packed with gzip, which can be fetched in parts. Its header Regiolog-Position names "
    "the last event that is known in it: from there on the stream of events brings the rest."
)
_STREAM: Final = "One event after another, by the position of each; a harvester goes on where it left off."


class Service(NamedTuple):
    """A service that brings data.

    Attributes:
        name: What the catalogue calls it.
        path: Its address, from the root of the service.
        title: What it is called, by language.
        description: What it does, in English.
        standards: What it conforms to.
        events: Whether it brings the stream of events; else the register, its history and what sources say.
    """

    name: str
    path: str
    title: dict[str, str]
    description: str
    standards: tuple[str, ...] = ()
    events: bool = False


SERVICES: Final = (
    Service(
        "sparql",
        "sparql",
        {"en": "SPARQL endpoint", "nl": "SPARQL-eindpunt"},
        "Queries of SPARQL 1.1, at any moment on either clock, and over several moments at a time.",
        ("https://www.w3.org/TR/sparql11-protocol/", "https://www.w3.org/TR/sparql11-query/"),
    ),
    Service(
        "queries",
        "query",
        {"en": "Named queries", "nl": "Benoemde vragen"},
        "Questions with an address, for which no SPARQL is needed: tables, at any moment on either clock.",
    ),
    Service(
        "feed",
        "feed",
        {"en": "Linked Data Event Stream", "nl": "Linked Data Event Stream"},
        "Every version of municipalities, regions, subregions, cooperation structures and decisions, in pages that "
        "never change once they are full.",
        LDES,
        events=True,
    ),
    Service(
        "changes",
        "changes",
        {"en": "Change feed", "nl": "Wijzigingen"},
        "The same events as CloudEvents in numbered batches, and as Atom.",
        events=True,
    ),
)
"""The services."""


class Catalogue:
    """Writes the catalogue down.

    Args:
        sketch: Where to.
        told: What the register publishes.
        words: What its publisher says of it.
    """

    def __init__(self, sketch: Sketch, told: Holdings, words: Words) -> None:
        """Keep the parts."""
        self._sketch, self._told, self._words = sketch, told, words
        self._publisher = words.publisher or sketch.of("publisher")
        self._landing = words.landing_page or told.base

    def write(self) -> None:
        """Say everything."""
        told, words, sketch, here = self._told, self._words, self._sketch, self._sketch.here
        sketch.typed(here, f"{DCAT}Catalog")
        sketch.named(here, words.title, words.description)
        sketch.dated(here, told.begun, told.now.last)
        sketch.standards(here, *self._profiles())
        sketch.term(here, f"{FOAF}homepage", self._landing, f"{FOAF}Document")
        sketch.link(here, f"{DCAT}dataset", sketch.of("years"), *(each.iri for each in told.datasets))
        sketch.link(here, f"{DCAT}service", *(sketch.of(each.name) for each in SERVICES))
        self._published(here)
        self._about(here)
        for taxonomy, names in TAXONOMIES.items():
            sketch.term(here, f"{DCAT}themeTaxonomy", taxonomy, f"{SKOS}ConceptScheme")
            sketch.texts(taxonomy, terms.DCTERMS_TITLE, names)
        self._people()
        self._clocks()
        self._series()
        for dataset in told.datasets:
            self._dataset(dataset)
        for cited in told.cited:
            self._cited(cited)
        for service in SERVICES:
            self._service(service)

    def _clocks(self) -> None:
        told, sketch, clocks = self._told, self._sketch, self._sketch.of("clocks")
        sketch.typed(clocks, f"{DCTERMS}ProvenanceStatement")
        sketch.texts(clocks, terms.RDFS_LABEL, {"en": since(told)})
        sketch.typed(self._coverage(), terms.DCTERMS_PERIOD_OF_TIME)
        sketch.say(self._coverage(), terms.DCAT_START_DATE, day(told.coverage))

    def _coverage(self) -> str:
        return f"{self._told.now.iri}#coverage"

    def _dataset(self, dataset: Dataset) -> None:
        told, sketch, name = self._told, self._sketch, dataset.iri
        sketch.typed(name, f"{DCAT}Dataset")
        sketch.named(name, dataset.title, dataset.description)
        sketch.say(name, f"{DCAT}version", literal(str(dataset.version)))
        sketch.say(name, terms.RL_POSITION, integer(dataset.position))
        sketch.dated(name, dataset.first, dataset.last)
        sketch.link(name, f"{DCTERMS}provenance", sketch.of("clocks"))
        self._entry(name, dataset.name, dataset)
        if dataset.at is None:
            self._lasting(name)
        else:
            self._year(dataset)
        if dataset.agent is None:
            sketch.link(name, terms.DCTERMS_SOURCE, *(each.iri for each in told.sources))
            sketch.link(name, terms.DCTERMS_SOURCE, *(sketch.of(f"cited-{each.name}") for each in told.cited))
        if dataset is told.events:
            sketch.typed(name, terms.LDES_EVENT_STREAM)
            sketch.link(name, terms.TREE_VIEW, f"{told.base}feed")
            sketch.standards(name, *LDES)
        if dataset is told.now:
            sketch.link(name, f"{DCAT}hasVersion", *(each.iri for each in told.years))
            sketch.link(name, f"{DCAT}previousVersion", *(each.iri for each in told.years[-1:]))
        for distribution in dataset.distributions:
            self._distribution(dataset, distribution)

    def _lasting(self, name: str) -> None:
        """That something is about all days from coverage on, and changes when there is something to say."""
        self._sketch.link(name, terms.DCTERMS_TEMPORAL, self._coverage())
        self._sketch.term(name, f"{DCTERMS}accrualPeriodicity", f"{_EU}/frequency/IRREG", f"{DCTERMS}Frequency")

    def _year(self, dataset: Dataset) -> None:
        sketch, years = self._sketch, self._told.years
        before = [each.iri for each in years[: years.index(dataset)][-1:]]
        period = sketch.of(f"{dataset.name}-day")
        sketch.term(dataset.iri, terms.DCTERMS_TEMPORAL, period, terms.DCTERMS_PERIOD_OF_TIME)
        if dataset.at is not None:
            sketch.say(period, terms.DCAT_START_DATE, day(dataset.at))
            sketch.say(period, f"{DCAT}endDate", day(dataset.at))
        sketch.link(dataset.iri, f"{DCAT}inSeries", sketch.of("years"))
        sketch.link(dataset.iri, f"{DCAT}isVersionOf", self._told.now.iri)
        sketch.link(dataset.iri, f"{DCAT}prev", *before)
        sketch.link(dataset.iri, f"{DCAT}previousVersion", *before)

    def _series(self) -> None:
        sketch, years, name = self._sketch, self._told.years, self._sketch.of("years")
        sketch.typed(name, f"{DCAT}DatasetSeries", f"{DCAT}Dataset")
        sketch.named(
            name,
            {"en": "The register, year by year", "nl": "Het register, jaar na jaar"},
            {
                "en": "The register as it stood, and as it was known, on the last day of each year that was "
                "over when something was recorded last.",
                "nl": "Het register zoals het was, en gekend was, op de laatste dag van elk jaar dat "
                "voorbij was toen het laatst iets werd opgetekend.",
            },
        )
        last = years[-1].last if years else self._told.begun
        sketch.dated(name, self._told.begun, last)
        sketch.link(name, f"{DCAT}first", *(each.iri for each in years[:1]))
        sketch.link(name, f"{DCAT}last", *(each.iri for each in years[-1:]))
        self._lasting(name)
        self._entry(name, "years", self._told.now._replace(last=last))

    def _distribution(self, dataset: Dataset, distribution: Distribution) -> None:
        sketch, form, address = self._sketch, distribution.form, f"{self._told.base}{distribution.path}"
        name = sketch.of(f"{dataset.name}-{form.suffix}{'-gz' if distribution.packed else ''}")
        sketch.link(dataset.iri, f"{DCAT}distribution", name)
        sketch.typed(name, f"{DCAT}Distribution")
        sketch.texts(name, terms.DCTERMS_TITLE, {"en": distribution.title})
        sketch.texts(name, terms.DCTERMS_DESCRIPTION, {"en": _FILE if distribution.packed else _STREAM})
        sketch.link(name, f"{DCAT}accessURL", address)
        sketch.media(name, f"{DCAT}mediaType", form.media_type)
        sketch.say(name, terms.RL_POSITION, integer(dataset.position))
        sketch.dated(name, dataset.first, dataset.last)
        sketch.rights(name, self._terms(dataset.terms))
        sketch.standards(name, *distribution.standards)
        if form in _FILE_TYPES:
            kind = f"{_EU}/file-type/{_FILE_TYPES[form]}"
            sketch.term(name, f"{DCTERMS}format", kind, f"{DCTERMS}MediaTypeOrExtent")
        if distribution.packed:
            sketch.link(name, f"{DCAT}downloadURL", address)
            sketch.media(name, f"{DCAT}compressFormat", "application/gzip")
        if distribution.service is not None:
            sketch.link(name, f"{DCAT}accessService", sketch.of(distribution.service))

    def _cited(self, cited: Cited) -> None:
        sketch, name = self._sketch, self._sketch.of(f"cited-{cited.name}")
        sketch.typed(name, f"{DCAT}Dataset")
        said = f"Documents of {cited.agent.name}, on which statements of the register rest."
        sketch.named(name, {"nl": cited.title}, {"en": said})
        sketch.agent(cited.agent)
        sketch.link(name, f"{DCTERMS}publisher", cited.agent.iri)
        sketch.rights(name, cited.terms)
        if cited.address is not None:
            sketch.term(name, f"{DCAT}landingPage", cited.address, f"{FOAF}Document")

    def _service(self, service: Service) -> None:
        told, sketch, name = self._told, self._sketch, self._sketch.of(service.name)
        address = f"{told.base}{service.path}"
        datasets = (told.events,) if service.events else (told.now, told.history, *told.sources)
        sketch.typed(name, f"{DCAT}DataService")
        sketch.named(name, service.title, {"en": service.description})
        sketch.link(name, f"{DCAT}endpointURL", address)
        sketch.link(name, f"{DCAT}endpointDescription", address)
        sketch.link(name, f"{DCAT}servesDataset", *(each.iri for each in datasets))
        sketch.standards(name, *service.standards)
        self._entry(name, service.name, told.now._replace(agent=None, terms=None))

    # What entries have in common

    def _entry(self, name: str, short: str, dataset: Dataset) -> None:
        """What is said of whatever has an entry, and what the catalogue says of that entry."""
        sketch, record = self._sketch, self._sketch.of(f"record-{short}")
        self._published(name, dataset.agent, dataset.terms)
        sketch.term(name, f"{DCTERMS}accessRights", f"{_EU}/access-right/PUBLIC", f"{DCTERMS}RightsStatement")
        sketch.term(name, f"{DCAT}landingPage", self._landing, f"{FOAF}Document")
        for status in self._words.status if dataset.agent is None else ():
            sketch.concept(name, STATUUT, status)
        for theme in self._words.theme:
            sketch.concept(name, f"{DCAT}theme", theme)
        for language, words in self._words.keyword.items():
            sketch.say(name, f"{DCAT}keyword", *(literal(each, language) for each in words))
        if short not in {each.name for each in SERVICES}:
            self._about(name)
        sketch.link(sketch.here, f"{DCAT}record", record)
        sketch.typed(record, f"{DCAT}CatalogRecord")
        sketch.link(record, f"{FOAF}primaryTopic", name)
        sketch.dated(record, dataset.first, dataset.last)
        sketch.standards(record, self._profiles()[-1])

    def _published(self, name: str, agent: Agent | None = None, on: Terms | None = None) -> None:
        """By whom something is published, on what terms, and who answers questions."""
        if agent is not None:
            self._sketch.agent(agent)
        self._sketch.link(name, f"{DCTERMS}publisher", self._publisher if agent is None else agent.iri)
        self._sketch.link(name, f"{DCAT}contactPoint", self._sketch.of("contact"))
        self._sketch.rights(name, self._terms(on))

    def _terms(self, on: Terms | None) -> Terms:
        return Terms(self._words.licence, "") if on is None else on

    def _about(self, name: str) -> None:
        """In which languages it is, and of which part of the world."""
        for language in _LANGUAGES:
            self._sketch.term(name, f"{DCTERMS}language", language, f"{DCTERMS}LinguisticSystem")
        self._sketch.term(name, f"{DCTERMS}spatial", _FLANDERS, f"{DCTERMS}Location")

    def _profiles(self) -> tuple[str, ...]:
        words = self._words
        whole = words.licence and words.publisher_name and (words.contact_email or words.contact_page)
        return (DCAT_AP, DCAT_AP_VL) if whole else (DCAT_AP,)

    def _people(self) -> None:
        words, sketch, contact = self._words, self._sketch, self._sketch.of("contact")
        named = words.publisher_name
        sketch.agent(Agent(self._publisher, named or ""), UNKNOWN if named is None else None)
        sketch.typed(contact, f"{VCARD}Kind", f"{VCARD}Organization")
        answers = words.contact_name or named
        if answers is None:
            sketch.texts(contact, f"{VCARD}fn", UNKNOWN)
        else:
            sketch.say(contact, f"{VCARD}fn", literal(answers))
        if words.contact_email is not None:
            sketch.link(contact, f"{VCARD}hasEmail", f"mailto:{quote(words.contact_email, safe='@+')}")
        sketch.link(contact, f"{VCARD}hasURL", words.contact_page or self._landing)
