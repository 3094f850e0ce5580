"""The namespaces that the register's statements are written in, each with the prefix it is shown under."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

RL: Final[str] = "https://w3id.org/regiolog/ns#"
RDF: Final[str] = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS: Final[str] = "http://www.w3.org/2000/01/rdf-schema#"
OWL: Final[str] = "http://www.w3.org/2002/07/owl#"
XSD: Final[str] = "http://www.w3.org/2001/XMLSchema#"
DC: Final[str] = "http://purl.org/dc/elements/1.1/"
DCTERMS: Final[str] = "http://purl.org/dc/terms/"
SKOS: Final[str] = "http://www.w3.org/2004/02/skos/core#"
PROV: Final[str] = "http://www.w3.org/ns/prov#"
ORG: Final[str] = "http://www.w3.org/ns/org#"
GEO: Final[str] = "http://www.opengis.net/ont/geosparql#"
ELI: Final[str] = "http://data.europa.eu/eli/ontology#"
ADMS: Final[str] = "http://www.w3.org/ns/adms#"
DCAT: Final[str] = "http://www.w3.org/ns/dcat#"
BESLUIT: Final[str] = "http://data.vlaanderen.be/ns/besluit#"
SHACL: Final[str] = "http://www.w3.org/ns/shacl#"
CS: Final[str] = "http://purl.org/vocab/changeset/schema#"
LDES: Final[str] = "https://w3id.org/ldes#"
TREE: Final[str] = "https://w3id.org/tree#"
AS: Final[str] = "https://www.w3.org/ns/activitystreams#"
FOAF: Final[str] = "http://xmlns.com/foaf/0.1/"
VCARD: Final[str] = "http://www.w3.org/2006/vcard/ns#"
VOID: Final[str] = "http://rdfs.org/ns/void#"

GEMEENTE: Final[str] = "https://data.vlaanderen.be/id/gemeente/"
"""Where the Flemish base registry names municipalities, by NIS code; not a vocabulary."""

PREFIXES: Final = MappingProxyType(
    {
        "rl": RL,
        "rdf": RDF,
        "rdfs": RDFS,
        "owl": OWL,
        "xsd": XSD,
        "dc": DC,
        "dcterms": DCTERMS,
        "skos": SKOS,
        "prov": PROV,
        "org": ORG,
        "geo": GEO,
        "eli": ELI,
        "adms": ADMS,
        "dcat": DCAT,
        "besluit": BESLUIT,
        "sh": SHACL,
        "cs": CS,
        "ldes": LDES,
        "tree": TREE,
        "as": AS,
        "foaf": FOAF,
        "vcard": VCARD,
        "void": VOID,
    }
)
"""Prefix to namespace: the one table that serialisers, query pages and the documentation share."""
