"""A description while it is being written down: triples about one thing after another, none of a blank node.

Terms of the lists of the European Union and of others are typed on the way, so that whoever checks the ranges of
properties needs no other document.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from regiolog.events.temporal import instant_text
from regiolog.ontology import terms
from regiolog.ontology.namespaces import DCTERMS, FOAF, PROV, SKOS
from regiolog.publisher.catalog.holdings import Agent, Terms
from regiolog.publisher.catalog.words import BELGIAN_THEMES, EU_THEMES
from regiolog.publisher.formats import Triple
from regiolog.sync.statements.statement import iri, literal, typed

NO_LICENCE: Final = {
    "en": "No licence is stated: ask the publisher.",
    "nl": "Er is geen licentie vermeld: vraag het aan de uitgever.",
}
"""What stands for a licence that nobody stated."""

TAXONOMIES: Final = {
    EU_THEMES: {"en": "Data themes of the European Union", "nl": "Datathema's van de Europese Unie"},
    BELGIAN_THEMES: {"en": "Data themes of Belgium", "nl": "Datathema's van België"},
}
"""The lists of themes, and what they are called."""

_GOVERNMENT: Final = {"en": "Government and public sector", "nl": "Overheid en publieke sector"}
_THEMES: Final = {
    f"{EU_THEMES}/GOVE": _GOVERNMENT,
    f"{EU_THEMES}/REGI": {"en": "Regions and cities", "nl": "Regio's en steden"},
    f"{BELGIAN_THEMES}/GOVE": _GOVERNMENT,
}
"""What themes are called; others go by the end of their IRI."""

_IANA: Final = "https://www.iana.org/assignments/media-types/"

Texts = Mapping[str, str] | Mapping[str, tuple[str, ...]]
"""Texts by language, one or some for each."""


class Sketch:
    """What is said so far.

    Args:
        base: The base of the register's IRIs.

    Attributes:
        triples: All of it, in no particular order, and some of it perhaps twice.
        here: The IRI of the catalogue.
    """

    def __init__(self, base: str) -> None:
        """Begin with nothing."""
        self.triples: list[Triple] = []
        self.here = f"{base}catalog"

    def of(self, name: str) -> str:
        """The IRI of something that has its name in the catalogue only."""
        return f"{self.here}#{name}"

    def say(self, name: str, predicate: str, *values: str) -> None:
        """Say some values of a property, terms as N-Triples."""
        self.triples += [Triple(iri(name), iri(predicate), value) for value in values]

    def link(self, name: str, predicate: str, *others: str) -> None:
        """Say that a property leads to some IRIs."""
        self.say(name, predicate, *map(iri, others))

    def typed(self, name: str, *classes: str) -> None:
        """Say of which classes something is."""
        self.link(name, terms.RDF_TYPE, *classes)

    def texts(self, name: str, predicate: str, texts: Texts) -> None:
        """Say texts in their languages."""
        for language, text in texts.items():
            for each in (text,) if isinstance(text, str) else text:
                self.say(name, predicate, literal(each, language))

    def named(self, name: str, title: Texts, description: Texts) -> None:
        """Say what something is called, and what it is; its IRI is its identifier."""
        self.texts(name, terms.DCTERMS_TITLE, title)
        self.texts(name, terms.DCTERMS_DESCRIPTION, description)
        self.say(name, terms.DCTERMS_IDENTIFIER, literal(name))

    def dated(self, name: str, first: datetime, last: datetime) -> None:
        """Say since when there is any of something, and when it changed last, on the known clock."""
        for predicate, known in ((f"{DCTERMS}issued", first), (f"{DCTERMS}modified", last)):
            self.say(name, predicate, typed(instant_text(known), terms.XSD_DATE_TIME))

    def term(self, name: str, predicate: str, value: str, kind: str) -> None:
        """Say a term of somebody's list, and of which class it is."""
        self.link(name, predicate, value)
        self.typed(value, kind)

    def media(self, name: str, predicate: str, media_type: str) -> None:
        """Say a media type, by the address that IANA gives it."""
        self.term(name, predicate, f"{_IANA}{media_type}", f"{DCTERMS}MediaType")
        self.typed(f"{_IANA}{media_type}", f"{DCTERMS}MediaTypeOrExtent")

    def standards(self, name: str, *standards: str) -> None:
        """Say to what something conforms."""
        for standard in standards:
            self.term(name, f"{DCTERMS}conformsTo", standard, f"{DCTERMS}Standard")

    def concept(self, name: str, predicate: str, value: str) -> None:
        """Say a concept, what it is called and of which list it is."""
        self.term(name, predicate, value, f"{SKOS}Concept")
        ending = value.rstrip("/#").replace("#", "/").rpartition("/")[2]
        self.texts(value, f"{SKOS}prefLabel", _THEMES.get(value, {"en": ending}))
        for taxonomy in TAXONOMIES:
            if value.startswith(f"{taxonomy}/"):
                self.link(value, f"{SKOS}inScheme", taxonomy)

    def agent(self, agent: Agent, names: Texts | None = None) -> None:
        """Say who somebody is."""
        self.typed(agent.iri, f"{FOAF}Agent", f"{PROV}Agent")
        if names is None:
            self.say(agent.iri, f"{FOAF}name", literal(agent.name))
        else:
            self.texts(agent.iri, f"{FOAF}name", names)

    def rights(self, name: str, on: Terms) -> None:
        """Say the licence, or that there is none, and what else is to be said of the terms."""
        if on.licence is not None:
            self.term(name, terms.DCTERMS_LICENSE, on.licence, f"{DCTERMS}LicenseDocument")
        else:
            self.term(name, f"{DCTERMS}rights", self.of("no-licence"), f"{DCTERMS}RightsStatement")
            self.texts(self.of("no-licence"), terms.RDFS_LABEL, NO_LICENCE)
        if on.words:
            self.say(name, terms.DC_RIGHTS, literal(on.words))
