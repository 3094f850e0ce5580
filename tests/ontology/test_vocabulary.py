"""Terms in Python, terms in Turtle and terms in the documentation are the same terms."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import pyoxigraph
import pytest
from rdflib import OWL, RDF, RDFS, SKOS, Literal, URIRef
from rdflib.term import Node

from regiolog.events.kinds import KINDS
from regiolog.ontology import documents, terms
from regiolog.ontology.namespaces import ORG, PREFIXES, RL, SHACL
from tests.ontology.samples import store

DOCS = Path(__file__).parents[2] / "docs" / "vocabulary.md"


VOCABULARY = documents.vocabulary()
"""Parsed once; no test changes it."""


def constants() -> set[str]:
    """Every IRI that terms.py holds, in constants and in tables; one table holds words."""
    found: set[str] = set()
    for name, value in vars(terms).items():
        if not name.isupper() or name in PREFIXES_AS_CONSTANTS:
            continue
        found |= set(value.values()) if isinstance(value, Mapping) else {value}
    return found - set(terms.COOPERATION_NAMES.values())


PREFIXES_AS_CONSTANTS = {prefix.upper() for prefix in PREFIXES} | {"SHACL"}


def defined() -> set[str]:
    """Every own term that the Turtle defines."""
    graph = VOCABULARY
    return {str(term) for term in graph.subjects(RDF.type, None) if str(term).startswith(RL)} - {RL}


def languages(texts: Iterable[Node]) -> list[str]:
    """The languages of some texts, in order; a text that is empty or has no language counts as none."""
    return sorted(text.language or "" for text in texts if isinstance(text, Literal) and text.strip())


def short(iri: str) -> str:
    """An IRI with its prefix, as the documentation writes it."""
    prefix, namespace = max(
        ((prefix, namespace) for prefix, namespace in PREFIXES.items() if iri.startswith(namespace)),
        key=lambda pair: len(pair[1]),
    )
    return f"{prefix}:{iri.removeprefix(namespace)}"


def test_own_constants_are_the_own_terms() -> None:
    """Every own constant is defined in the Turtle, and every own term is a constant."""
    assert {iri for iri in constants() if iri.startswith(RL)} == defined()


@pytest.mark.parametrize("term", sorted(defined()))
def test_own_terms_speak_dutch_and_english(term: str) -> None:
    """Every own term has one label and one definition in Dutch and in English, and says where it is defined."""
    graph, subject = VOCABULARY, URIRef(term)
    labels = [*graph.objects(subject, RDFS.label), *graph.objects(subject, SKOS.prefLabel)]
    assert languages(labels) == ["en", "nl"]
    assert languages(graph.objects(subject, SKOS.definition)) == ["en", "nl"]
    assert graph.value(subject, RDFS.isDefinedBy) == URIRef(RL)


def test_own_terms_point_at_terms_that_exist() -> None:
    """No own term is named in the Turtle as a class, range, list or concept without being defined there."""
    graph = VOCABULARY
    named = {str(value) for value in graph.objects() if isinstance(value, URIRef) and str(value).startswith(RL)}
    assert named - {RL} <= defined()


def test_concepts_belong_to_one_list_of_ours() -> None:
    """Each concept is in exactly one of our code lists, under the word that the journal stores."""
    graph = VOCABULARY
    lists = {URIRef(iri) for iri in terms.CODE_LISTS.values()}
    for concept in graph.subjects(RDF.type, SKOS.Concept):
        assert len(lists & set(graph.objects(concept, SKOS.inScheme))) == 1
        assert str(concept).endswith(f"-{graph.value(concept, SKOS.notation)}")


def test_every_kind_of_event_has_a_concept() -> None:
    """The stored names of events and the concepts of their code list are the same."""
    assert set(terms.EVENT_KINDS) == set(KINDS)


def test_kinds_of_cooperation_have_the_names_of_the_projection() -> None:
    """What a snapshot calls a kind of cooperation structure is the Dutch label of its concept."""
    for name, iri in terms.COOPERATION_KINDS.items():
        assert Literal(terms.COOPERATION_NAMES[name], lang="nl") in set(VOCABULARY.objects(URIRef(iri), SKOS.prefLabel))


def test_a_cooperation_is_an_organisation_and_no_region() -> None:
    """What a region is not, a cooperation structure is."""
    cooperation = URIRef(terms.RL_COOPERATION)
    assert (cooperation, RDFS.subClassOf, URIRef(terms.ORG_ORGANIZATION)) in VOCABULARY
    assert (cooperation, OWL.disjointWith, URIRef(terms.RL_REFERENCE_REGION)) in VOCABULARY


def test_a_region_is_declared_no_organisation() -> None:
    """The vocabulary itself says that regions, proposed ones too, are disjoint with organisations, and why."""
    graph = VOCABULARY
    for region in (terms.RL_REFERENCE_REGION, terms.RL_SUB_REGION, terms.RL_PROPOSED_REGION):
        assert (URIRef(region), OWL.disjointWith, URIRef(terms.ORG_ORGANIZATION)) in graph
    definitions = {str(text) for text in graph.objects(URIRef(terms.RL_REFERENCE_REGION), SKOS.definition)}
    assert any("no organs, no powers and no budget" in text for text in definitions)


def test_the_namespace_says_that_it_is_not_registered() -> None:
    """The vocabulary and its page both say that w3id does not know the namespace yet."""
    comments = {str(text) for text in VOCABULARY.objects(URIRef(RL), RDFS.comment)}
    assert any("not registered" in text for text in comments)
    assert "not registered" in DOCS.read_text(encoding="utf-8")


@pytest.mark.parametrize("iri", sorted(constants()))
def test_every_term_is_documented(iri: str) -> None:
    """Every term that statements use is named on the vocabulary's page."""
    page = DOCS.read_text(encoding="utf-8")
    assert re.search(rf"`{re.escape(short(iri))}`", page), short(iri)


def test_the_page_names_no_own_term_that_does_not_exist() -> None:
    """An own term on the page is defined, apart from the one that is shown as rejected."""
    named = set(re.findall(r"\brl:[A-Za-z][A-Za-z-]*", DOCS.read_text(encoding="utf-8")))
    assert named - {"rl:inRegion"} <= {short(iri) for iri in defined()}


def queries() -> list[str]:
    """The example queries of the page."""
    return re.findall(r"```sparql\n(.*?)```", DOCS.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.fixture(scope="module")
def samples() -> pyoxigraph.Store:
    """The sample snapshot as the default graph, and the graphs beside it."""
    return store()


@pytest.mark.parametrize("query", queries())
def test_example_queries_answer(query: str, samples: pyoxigraph.Store) -> None:
    """Each example query finds something in the sample snapshot, or in the graphs beside it."""
    answer = samples.query(query)
    assert isinstance(answer, pyoxigraph.QuerySolutions)
    assert next(answer, None) is not None


REUSED_CLASSES = (
    terms.BESLUIT_BESTUURSEENHEID,
    terms.ORG_MEMBERSHIP,
    terms.ORG_CHANGE_EVENT,
    terms.RDF_STATEMENT,
    terms.PROV_ACTIVITY,
)


def test_each_class_has_an_example_query() -> None:
    """Every class that things are of, own or reused, occurs as a class in some example query."""
    classes = {str(term) for term in VOCABULARY.subjects(RDF.type, OWL.Class)}
    shown = "\n".join(queries())
    for name in map(short, sorted({*classes, *REUSED_CLASSES})):
        assert re.search(rf"\ba {re.escape(name)}\b", shown), name


def test_terms_need_no_rdf_library() -> None:
    """Query workers and the projection import terms and IRIs without loading an RDF library."""
    program = (
        "import sys, regiolog.ontology.terms, regiolog.ontology.iris, regiolog.ontology.namespaces;"
        "sys.exit('rdflib' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_prefixes_are_unambiguous() -> None:
    """No two prefixes share a namespace, and the two namespaces that only tests use are among them."""
    assert len(set(PREFIXES.values())) == len(PREFIXES)
    assert {ORG, SHACL} <= set(PREFIXES.values())
