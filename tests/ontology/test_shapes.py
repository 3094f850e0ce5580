"""The shapes accept a snapshot that is right, and each of them refuses one that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyshacl import validate
from rdflib import RDF, SH, Graph
from rdflib.collection import Collection
from rdflib.term import Node

from regiolog.ontology import documents, terms
from regiolog.ontology.namespaces import PREFIXES, RL

SNAPSHOT = Path(__file__).with_name("snapshot.ttl")

UPDATE_PREFIXES = "BASE <http://localhost:8000/>\n" + "\n".join(
    f"PREFIX {prefix}: <{namespace}>"
    for prefix, namespace in {**PREFIXES, "gemeente": "https://data.vlaanderen.be/id/gemeente/"}.items()
)

WRONG = [
    ("NamedThingShape", "INSERT DATA { [] a rl:Province ; dcterms:identifier '10000' ; rdfs:label 'A'@nl }"),
    ("SingleValuesShape", "INSERT DATA { gemeente:11056 rl:ends '2024-01-01'^^xsd:date }"),
    ("SingleValuesShape", "INSERT DATA { <id/region/lapsed> adms:status rl:status-announced }"),
    ("SingleValuesShape", "INSERT DATA { gemeente:11056 rdfs:label 'Burcht'@nl }"),
    ("RegionIsNoOrganisationShape", "INSERT DATA { <id/region/waasland> a org:Organization }"),
    ("RegionIsNoOrganisationShape", "INSERT DATA { <id/subregion/noord> a org:Organization }"),
    ("RegionIsNoOrganisationShape", "INSERT DATA { <id/region/lapsed> a org:Organization }"),
    ("MunicipalityShape", "DELETE WHERE { gemeente:46030 rdfs:label ?name }"),
    ("MunicipalityShape", "DELETE WHERE { gemeente:46030 geo:sfWithin <id/province/40000> }"),
    ("MunicipalityShape", "DELETE WHERE { gemeente:46030 geo:sfWithin <id/region/waasland> }"),
    (
        "MunicipalityShape",
        "INSERT DATA { gemeente:46030 geo:sfWithin <id/region/other> . <id/region/other> a rl:ReferenceRegion }",
    ),
    ("MunicipalityShape", "INSERT DATA { gemeente:71022 geo:sfWithin <id/region/waasland> }"),
    ("MunicipalityShape", "INSERT DATA { gemeente:46030 geo:sfWithin <id/region/lapsed> }"),
    ("MunicipalityShape", "INSERT DATA { gemeente:46030 rl:begins '2025-01-02'^^xsd:date }"),
    ("MunicipalityShape", "INSERT DATA { gemeente:46030 rl:ends '2024-01-01'^^xsd:date }"),
    ("MunicipalityShape", "INSERT DATA { gemeente:46030 a besluit:Bestuurseenheid }"),
    ("MunicipalityShape", "INSERT DATA { <id/event/10#a> a rl:Assignment ; rl:municipality gemeente:46030 }"),
    (
        "MunicipalityShape",
        (
            "DELETE WHERE { gemeente:71022 dcterms:identifier ?nis }; "
            "INSERT DATA { gemeente:71022 dcterms:identifier '1056' }"
        ),
    ),
    ("ProvinceShape", "DELETE WHERE { <id/province/40000> rdfs:label ?name }"),
    ("ReferenceRegionShape", "DELETE WHERE { <id/region/waasland> rdfs:label ?name }"),
    ("ReferenceRegionShape", "DELETE WHERE { <id/region/waasland> rl:basis ?decision }"),
    ("ReferenceRegionShape", "DELETE WHERE { <id/region/waasland> rl:evidence ?evidence }"),
    ("ReferenceRegionShape", "DELETE WHERE { <id/region/waasland> adms:status ?status }"),
    ("ReferenceRegionShape", "INSERT DATA { gemeente:71022 geo:sfWithin <id/region/limburg-undemarcated-1> }"),
    ("ReferenceRegionShape", "INSERT DATA { <id/region/waasland> skos:notation 'REFREG13'^^rl:pincCode }"),
    ("SubRegionShape", "DELETE WHERE { <id/subregion/noord> geo:sfWithin ?region }"),
    ("AuthorityShape", "DELETE WHERE { gemeente:46030 rl:authority ?authority }"),
    (
        "AuthorityShape",
        "INSERT DATA { gemeente:71022 rl:authority <http://example.org/authority/beveren> }",
    ),
    (
        "AuthorityShape",
        "INSERT DATA { <http://example.org/authority/beveren> dcterms:identifier '0207.499.826' }",
    ),
    ("AssignmentShape", "DELETE WHERE { <id/event/9#assignment-46030> rl:region ?region }"),
    ("AssignmentShape", "INSERT DATA { <id/event/4#assignment-71022> rl:region <id/region/waasland> }"),
    ("AssignmentShape", "DELETE WHERE { <id/event/9#assignment-46030> rl:basis ?decision }"),
    ("AssignmentShape", "DELETE WHERE { <id/event/9#assignment-46030> rl:municipality ?municipality }"),
    ("AssignmentShape", "DELETE WHERE { <id/decision/VR-2021-03-12> a rl:Decision }"),
    (
        "UnfirmEvidenceShape",
        "DELETE WHERE { <id/event/9#assignment-46030> rdfs:comment ?a ; dcterms:source ?b ; dc:source ?c }",
    ),
    ("MergerShape", "DELETE WHERE { <id/event/9#merger> rl:mergedInto ?municipality }"),
    ("MergerShape", "DELETE DATA { <id/event/9#merger> rl:mergedFrom gemeente:11056 }"),
    ("BoundaryChangeShape", "DELETE WHERE { <id/event/12#boundary> dcterms:date ?day }"),
    ("DecisionShape", "DELETE WHERE { <id/decision/VR-2021-03-12> eli:date_document ?day }"),
    ("DecisionShape", "DELETE WHERE { <id/decision/VR-2021-03-12> eli:type_document ?kind }"),
    ("DecisionShape", "INSERT DATA { <id/decision/VR-2021-03-12> eli:type_document rl:decision-rumour }"),
    ("DecisionShape", "INSERT DATA { <id/decision/VR-2021-03-12> dcterms:dateAccepted '2021-03-13'^^xsd:date }"),
    ("DecisionShape", "INSERT DATA { <id/decision/VR-2021-03-12> rl:settles 'the proposal' }"),
    (
        "DivergentDateShape",
        "DELETE WHERE { <id/decision/REGIODECREET#date-decided-2023-02-10> rl:whichDate ?which }",
    ),
    ("RegisterShape", "DELETE WHERE { <id/register#coverage> dcat:startDate ?day }"),
]


@pytest.fixture(scope="module")
def shapes() -> Graph:
    """The shapes, parsed once."""
    return documents.shapes()


def snapshot() -> Graph:
    """A snapshot in which everything is right."""
    return Graph().parse(SNAPSHOT)


def broken(data: Graph, shapes: Graph) -> set[str]:
    """The local names of the node shapes that a graph breaks."""
    _, report, _ = validate(data, shacl_graph=shapes, inference="none")
    names = set()
    for result in report.subjects(RDF.type, SH.ValidationResult):
        focus, source = report.value(result, SH.focusNode), report.value(result, SH.sourceShape)
        for shape in {source, *shapes.subjects(SH.property, source)}:
            if (shape, RDF.type, SH.NodeShape) in shapes and speaks_of(shape, focus, data, shapes):
                names.add(str(shape).removeprefix(RL))
    return names


def speaks_of(shape: Node | None, focus: Node | None, data: Graph, shapes: Graph) -> bool:
    """Whether a shape speaks of a node: several shapes share a property shape, which alone does not tell them apart."""
    classes = set(data.objects(focus, RDF.type))
    return (
        not classes.isdisjoint(shapes.objects(shape, SH.targetClass))
        or any((focus, predicate, None) in data for predicate in shapes.objects(shape, SH.targetSubjectsOf))
        or any((None, predicate, focus) in data for predicate in shapes.objects(shape, SH.targetObjectsOf))
    )


def test_a_right_snapshot_conforms(shapes: Graph) -> None:
    """A snapshot that says one of everything, rightly, breaks no shape."""
    conforms, _, text = validate(snapshot(), shacl_graph=shapes, inference="none")
    assert conforms, text


def test_the_shapes_are_shapes(shapes: Graph) -> None:
    """The shapes themselves conform to SHACL's own shapes."""
    conforms, _, text = validate(snapshot(), shacl_graph=shapes, meta_shacl=True)
    assert conforms, text


@pytest.mark.parametrize(("shape", "update"), WRONG)
def test_a_wrong_snapshot_is_refused(shape: str, update: str, shapes: Graph) -> None:
    """Each way of being wrong breaks the shape that speaks of it."""
    data = snapshot()
    before = set(data)
    data.update(f"{UPDATE_PREFIXES}\n{update}")
    assert set(data) != before
    assert shape in broken(data, shapes)


def test_each_shape_was_seen_to_fail(shapes: Graph) -> None:
    """No shape is there that nothing was shown to break."""
    named = {str(shape).removeprefix(RL) for shape in shapes.subjects(RDF.type, SH.NodeShape)}
    assert named == {shape for shape, _ in WRONG}


@pytest.mark.parametrize(
    ("prefix", "concepts"),
    [
        ("evidence-", terms.EVIDENCE),
        ("decision-", terms.DECISION_KINDS),
        ("date-", terms.DATES),
    ],
)
def test_shapes_list_whole_code_lists(prefix: str, concepts: dict[str, str], shapes: Graph) -> None:
    """Where a shape lists the concepts of a code list, it lists them all and no others."""
    lists = [{str(item) for item in Collection(shapes, head)} for head in shapes.objects(None, SH["in"])]
    of_this = [items for items in lists if all(item.startswith(RL + prefix) for item in items)]
    assert of_this
    assert all(items == set(concepts.values()) for items in of_this)
