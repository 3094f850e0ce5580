"""Holdings: everything that a register publishes at the moment, as its catalogue lists it, in the order of a reader.

It follows from the statements alone: what is in it changes when something is recorded, or begins or ends on a day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Final, NamedTuple

from regiolog.events.temporal import end_of_day, instant_text, start_of_day
from regiolog.ontology import terms
from regiolog.ontology.iris import Iris
from regiolog.publisher.changes.changes import ATOM, CLOUD_EVENTS
from regiolog.publisher.formats import read
from regiolog.publisher.negotiation import JSON_LD, N_QUADS, N_TRIPLES, RDF_XML, TRIG, TURTLE, Format
from regiolog.sync.archive.credits import COLLECTIONS, PUBLISHERS, Collection
from regiolog.sync.statements.counting import Sums
from regiolog.sync.statements.history import History
from regiolog.sync.statements.moments import Moment
from regiolog.sync.statements.statement import iri

DUMPS: Final = (N_QUADS, TRIG, TURTLE, N_TRIPLES, JSON_LD, RDF_XML)
"""The forms in which a whole graph can be fetched, each packed."""

LDES: Final = ("https://w3id.org/tree/specification", "https://w3id.org/ldes/specification")
"""What the feed conforms to."""


class Distribution(NamedTuple):
    """One way in which a dataset can be had.

    Attributes:
        path: Its address, from the root of the service.
        form: Its form.
        title: What it is, in English.
        packed: Whether it is a file that is compressed.
        standards: What it conforms to.
        service: Which service brings it; None where it is a file.
    """

    path: str
    form: Format
    title: str
    packed: bool = False
    standards: tuple[str, ...] = ()
    service: str | None = None


class Agent(NamedTuple):
    """Who publishes something.

    Attributes:
        iri: Its IRI.
        name: What it is called.
    """

    iri: str
    name: str


class Terms(NamedTuple):
    """On what terms somebody publishes.

    Attributes:
        licence: The address of a licence; None where there is none.
        words: What else is said of it; empty where nothing is.
    """

    licence: str | None
    words: str


class Dataset(NamedTuple):
    """Something that is published.

    Attributes:
        name: A short name of it, as its identifier begins.
        iri: Its IRI.
        title: What it is called, by language.
        description: What it is, by language.
        position: The last event known in it.
        version: The last event that changed it, on whatever day that holds.
        first: Since when there is any of it, on the known clock.
        last: When it changed last, on the same clock.
        distributions: How it can be had.
        at: The one day that it is about; None where it is about all of them, or about today.
        agent: Who publishes it; None for the publisher of the register.
        terms: On what terms; None for those of the register.
        sums: How much it holds; None where it is not counted.
    """

    name: str
    iri: str
    title: dict[str, str]
    description: dict[str, str]
    position: int
    version: int
    first: datetime
    last: datetime
    distributions: tuple[Distribution, ...]
    at: date | None = None
    agent: Agent | None = None
    terms: Terms | None = None
    sums: Sums | None = None


class Cited(NamedTuple):
    """A collection of documents that somebody else publishes, and on which the register rests.

    Attributes:
        name: A short name of it.
        title: What it is called.
        agent: Who publishes it.
        terms: On what terms.
        address: Where there is more of it; None where nothing is known.
    """

    name: str
    title: str
    agent: Agent
    terms: Terms
    address: str | None


class Holdings(NamedTuple):
    """Everything that a register publishes.

    Attributes:
        base: The base of its IRIs.
        register: What it is called.
        moment: The moment at which this is all of it.
        begun: Since when anything is known.
        changed: When it changed last, on the same clock.
        coverage: The first day that can be asked about.
        now: The register as it stands.
        history: Its whole history.
        events: The stream of its events.
        sources: What each source says.
        years: The register as it stood, and was known, at the end of each year.
        cited: The collections on which it rests.
    """

    base: str
    register: str
    moment: Moment
    begun: datetime
    changed: datetime
    coverage: date
    now: Dataset
    history: Dataset
    events: Dataset
    sources: tuple[Dataset, ...]
    years: tuple[Dataset, ...]
    cited: tuple[Cited, ...]

    @property
    def datasets(self) -> tuple[Dataset, ...]:
        """All datasets."""
        return (self.now, self.history, self.events, *self.sources, *self.years)


def holdings(history: History, when: Moment) -> Holdings:
    """What a register publishes.

    Args:
        history: The statements.
        when: The moment of now.
    """
    iris, position = Iris(history.base_iri), when.position
    begun, changed = history.known_of(1), history.known_of(position)
    turned = start_of_day(date.fromordinal(when.key.breakpoint)) if when.key.breakpoint else changed
    sources = tuple(_sources(history, iris, when))
    now = Dataset(
        "register",
        iris.register(),
        {"en": "The register as it stands", "nl": "Het register zoals het nu is"},
        {
            "en": "What holds today of regions, municipalities, cooperation structures and the decisions behind "
            "them; as N-Quads and TriG with what sources say and what was proposed, each in a graph of its "
            "own.",
            "nl": "Wat vandaag geldt van regio's, gemeenten, samenwerkingsverbanden en de beslissingen erachter; "
            "als N-Quads en TriG met wat bronnen zeggen en wat voorgesteld werd, elk in een eigen graaf.",
        },
        position,
        position,
        begun,
        max(changed, turned),  # what begins or ends on a day changes what stands, without an event
        _dumps("graph/now", "the register as it stands"),
        sums=history.sums(when.key.breakpoint, position),
    )
    whole = Dataset(
        "history",
        iris.history_graph(),
        {"en": "The history of the register", "nl": "De geschiedenis van het register"},
        {
            "en": "Every statement that ever was, with both of its periods, when it held and when it was known, "
            "and the events behind it.",
            "nl": "Elke uitspraak die er ooit was, met haar twee perioden, wanneer zij gold en wanneer zij "
            "gekend was, en de gebeurtenissen erachter.",
        },
        position,
        position,
        begun,
        changed,
        _dumps("graph/history", "the history"),
    )
    events = Dataset(
        "events",
        iris.stream(),
        {"en": "The stream of events of the register", "nl": "De stroom van gebeurtenissen van het register"},
        {
            "en": "Each change to a municipality, region, subregion, cooperation structure or decision, in the order "
            "in which it became known, from the first one on: nothing is ever removed. As a Linked Data Event "
            "Stream, as CloudEvents and as Atom; a position means the same in all.",
            "nl": "Elke wijziging van een gemeente, regio, subregio, samenwerkingsverband of beslissing, in de "
            "volgorde waarin zij gekend werd, vanaf de eerste: nooit wordt iets verwijderd. Als Linked Data "
            "Event Stream, als CloudEvents en als Atom; een plaats betekent overal hetzelfde.",
        },
        position,
        position,
        begun,
        changed,
        (
            Distribution("feed", TURTLE, "Linked Data Event Stream", standards=LDES, service="feed"),
            Distribution(
                f"changes.{CLOUD_EVENTS.suffix}",
                CLOUD_EVENTS,
                "CloudEvents, in batches",
                standards=("https://github.com/cloudevents/spec/tree/v1.0.2",),
                service="changes",
            ),
            Distribution(
                f"changes.{ATOM.suffix}",
                ATOM,
                "Atom",
                standards=("https://www.rfc-editor.org/rfc/rfc4287",),
                service="changes",
            ),
        ),
    )
    return Holdings(
        history.base_iri,
        history.register,
        when,
        begun,
        changed,
        history.coverage,
        now,
        whole,
        events,
        sources,
        tuple(_years(history, iris, position)),
        tuple(_cited(history, iris, position, {each.agent.iri for each in sources if each.agent is not None})),
    )


def _dumps(path: str, what: str, forms: Sequence[Format] = DUMPS) -> tuple[Distribution, ...]:
    """A whole graph in each form, packed."""
    return tuple(
        Distribution(f"{path}.{form.suffix}.gz", form, f"{what[0].upper()}{what[1:]} as {_NAMES[form]}", packed=True)
        for form in forms
    )


def _sources(history: History, iris: Iris, when: Moment) -> Iterator[Dataset]:
    """What each source says, as far as it ever said anything."""
    for source in history.subjects(terms.RDF_TYPE, iri(terms.RL_SOURCE), when.position):
        said = {each.predicate[1:-1]: read(each.object).text for each in history.at(source, when.key, register=True)}
        key, name = said.get(terms.DCTERMS_IDENTIFIER), said.get(terms.RDFS_LABEL, source)
        if key is None:
            continue
        graph = iris.source_graph(key)
        span = history.span(when.position, iri(graph))
        if span is None:
            continue
        words = (said.get(terms.DC_RIGHTS, ""), said.get(terms.RL_ATTRIBUTION, ""))
        yield Dataset(
            f"source-{key}",
            graph,
            {"en": f"What {name} says", "nl": f"Wat {name} zegt"},
            {
                "en": f"What {name} says today of municipalities, regions and cooperation structures, in its own "
                "words, each claim with the document that says so; the register keeps it apart from what "
                "it holds itself.",
                "nl": f"Wat {name} vandaag zegt van gemeenten, regio's en samenwerkingsverbanden, in eigen "
                "woorden, elke bewering met het document dat haar bevat; het register houdt het gescheiden "
                "van wat het zelf houdt.",
            },
            when.position,
            span.last,
            history.known_of(span.first),
            history.known_of(span.last),
            _dumps(f"graph/source/{key}", f"what {name} says"),
            agent=Agent(source, name),
            terms=Terms(said.get(terms.DCTERMS_LICENSE), " ".join(filter(None, words))),
            sums=history.sums(when.key.breakpoint, when.position, iri(graph)),
        )


def _years(history: History, iris: Iris, position: int) -> Iterator[Dataset]:
    """The register at the end of each year that was over when it changed last: what was known then never changes."""
    changed = history.known_of(position)
    for year in range(history.coverage.year, changed.year + 1):
        day = date(year, 12, 31)
        last = history.position_at(end_of_day(day))
        if not last or end_of_day(day) >= changed:
            continue
        known = history.known_of(last)
        path = f"graph/{day}/{day}"
        yield Dataset(
            f"year-{year}",
            iris.graph(day, day.isoformat()),
            {"en": f"The register of {day}", "nl": f"Het register van {day}"},
            {
                "en": f"What held on {day}, as it was known at the end of that day. It never changes.",
                "nl": f"Wat gold op {day}, zoals het op het einde van die dag gekend was. Het verandert nooit.",
            },
            last,
            last,
            known,
            known,
            _dumps(path, f"the register of {day}", (N_QUADS, TURTLE)),
            at=day,
        )


def _cited(history: History, iris: Iris, position: int, known: set[str]) -> Iterator[Cited]:
    """The collections of the archive that something in this register names."""
    texts = {read(each).text for each in history.values(iri(terms.DC_SOURCE), position)}
    for each in COLLECTIONS:
        if any(text.startswith(each.prefix) for text in texts):
            yield Cited(_name(each), each.title, _publisher(each, iris, known), _terms(each), each.address)


def _publisher(collection: Collection, iris: Iris, known: set[str]) -> Agent:
    """Who publishes a collection: the source of that key where the register has it."""
    source = iris.source(collection.publisher)
    address = source if source in known else f"{iris.base}catalog#publisher-{collection.publisher}"
    return Agent(address, PUBLISHERS[collection.publisher])


def _terms(collection: Collection) -> Terms:
    return Terms(collection.licence, collection.terms)


def _name(collection: Collection) -> str:
    """A short name: the beginning that the names of the collection's documents have."""
    return collection.prefix.rstrip("/").replace("/", "-")


def since(told: Holdings) -> str:
    """Both clocks in words."""
    return (
        f"Two clocks. What holds: from {told.coverage} on, whatever day is asked about. What was known: from "
        f"{instant_text(told.begun)} on; the last event, {told.moment.position}, is known since "
        f"{instant_text(told.changed)}. Each statement has a period on either."
    )


_NAMES: Final = {
    N_QUADS: "N-Quads",
    TRIG: "TriG",
    TURTLE: "Turtle",
    N_TRIPLES: "N-Triples",
    JSON_LD: "JSON-LD",
    RDF_XML: "RDF/XML",
}
