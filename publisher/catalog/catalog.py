"""``/catalog``: what this register publishes, as DCAT-AP and VoID for programs, and as a page."""

from __future__ import annotations

from typing import Final, NamedTuple
from urllib.parse import quote

from flask import Blueprint, Response

from regiolog.events.temporal import instant_text
from regiolog.ontology.namespaces import RL
from regiolog.publisher import answers, formats, negotiation, pages
from regiolog.publisher.asking import here_to, nothing, service
from regiolog.publisher.catalog import void
from regiolog.publisher.catalog.dcat import SERVICES, UNKNOWN, Catalogue
from regiolog.publisher.catalog.holdings import Dataset, Holdings, Terms, holdings
from regiolog.publisher.catalog.sketch import NO_LICENCE, Sketch
from regiolog.publisher.formats import Triple
from regiolog.publisher.negotiation import HTML, JSON_LD, N_TRIPLES, RDF_XML, TURTLE, Format
from regiolog.publisher.things.links import Cell

room: Final = Blueprint("catalog", __name__)

FORMATS: Final = (TURTLE, JSON_LD, N_TRIPLES, RDF_XML, HTML)
"""The forms in which the catalogue can be had."""


class Drawn(NamedTuple):
    """The catalogue, made once an era.

    Attributes:
        told: What the register publishes.
        triples: All that is said of it, sorted, each once.
    """

    told: Holdings
    triples: list[Triple]


class Listed(NamedTuple):
    """A dataset on the page.

    Attributes:
        name: Its short name.
        title: What it is called.
        description: What it is.
        position: The last event known in it.
        version: The last event that changed it.
        last: Since when that is known.
        files: Where it can be had.
        terms: On what terms; none for those of the register.
    """

    name: str
    title: str
    description: str
    position: int
    version: int
    last: str
    files: list[Cell]
    terms: list[Cell]


@room.get("/catalog")
def catalog() -> Response:
    """The catalogue."""
    return _answer(negotiation.choose(FORMATS))


@room.get("/catalog.<suffix>")
def in_form(suffix: str) -> Response:
    """The same, in the form that the address names."""
    return _answer(negotiation.choose(FORMATS, suffix))


@room.get("/.well-known/void")
def well_known() -> Response:
    """From where VoID is looked for (RFC 8615) to where it is."""
    nothing()
    response = Response(status=302)
    response.headers["Location"] = here_to("catalog")
    response.headers["Cache-Control"] = answers.REVALIDATE
    return response


def _answer(form: Format) -> Response:
    nothing()
    drawn = service().once("catalog", _draw)
    if form is HTML:
        return _page(drawn.told)
    body = b"".join(formats.write(form, drawn.triples))
    etag = answers.tag("catalog", form.suffix, body)
    response = answers.not_modified(etag) if answers.unchanged(etag) else answers.send(body, form.content_type, etag)
    response.headers[answers.POSITION] = str(drawn.told.moment.position)
    return response


def _draw() -> Drawn:
    here = service()
    with here.long_answer():
        told = holdings(here.history(), here.moment(None, None))
    sketch = Sketch(told.base)
    Catalogue(sketch, told, here.settings.catalog).write()
    void.write(sketch, told)
    return Drawn(told, sorted(set(sketch.triples)))


def _page(told: Holdings) -> Response:
    """The page; each of its links to our own is relative."""
    words = service().settings.catalog
    sums = told.now.sums
    assert sums is not None, "the register is counted"
    response = pages.plain(
        "catalog.html",
        told=told,
        title=_texts(words.title),
        description=_texts(words.description),
        publisher=Cell(words.publisher_name or UNKNOWN["en"], words.publisher),
        contact=Cell(words.contact_name or words.publisher_name or UNKNOWN["en"], words.contact_page),
        contact_email=words.contact_email,
        landing_page=words.landing_page,
        licence=None if words.licence is None else Cell(words.licence, words.licence),
        no_licence=NO_LICENCE["en"],
        known=tuple(map(instant_text, (told.begun, told.changed))),
        datasets=[_listed(each) for each in (told.now, told.history, told.events, *told.sources)],
        years=[_listed(each) for each in told.years],
        services=SERVICES,
        cited=[(each, _terms(each.terms)) for each in told.cited],
        counted=sums,
        parts=[
            (what, [(_term(term), number) for term, number in parts.items()])
            for what, parts in (("Class", sums.classes), ("Property", sums.properties))
        ],
        downloads=[each for each in FORMATS if each is not HTML],
    )
    response.headers[answers.POSITION] = str(told.moment.position)
    return response


def _texts(texts: object) -> list[Cell]:
    """A text in each of its languages."""
    assert isinstance(texts, dict)
    return [Cell(each, None, language) for language, spoken in texts.items() for each in spoken]


def _listed(dataset: Dataset) -> Listed:
    return Listed(
        dataset.name,
        dataset.title["en"],
        dataset.description["en"],
        dataset.position,
        dataset.version,
        instant_text(dataset.last),
        [
            Cell(each.form.suffix if each.packed else each.title, here_to(quote(each.path, safe="/:")))
            for each in dataset.distributions
        ],
        [] if dataset.terms is None else _terms(dataset.terms),
    )


def _terms(terms: Terms) -> list[Cell]:
    """On what terms something is published, in words; that there is no licence is said too."""
    licence = Cell(NO_LICENCE["en"]) if terms.licence is None else Cell(terms.licence, terms.licence)
    return [licence, Cell(terms.words)] if terms.words else [licence]


def _term(term: str) -> Cell:
    """A class or a property: one of ours with a link to what it means."""
    name = term[1:-1]
    if name.startswith(RL):
        return Cell(f"rl:{name.removeprefix(RL)}", here_to(f"ns#{name.removeprefix(RL)}"))
    return Cell(name, name)
