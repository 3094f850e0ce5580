"""The shapes accept a snapshot that is right, and each of them refuses one that is wrong."""

from __future__ import annotations

import pytest
from pyshacl import validate
from rdflib import RDF, RDFS, SH, Graph, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from regiolog.ontology import documents, terms
from regiolog.ontology.namespaces import PREFIXES, RL
from tests.ontology.samples import BASE, NAMES, sample

UPDATE_PREFIXES = f"BASE <{BASE}>\n" + "\n".join(
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
    ("RegionIsNoOrganisationShape", "INSERT DATA { <id/region/waasland> a rl:Cooperation }"),
    (
        "RegionIsNoOrganisationShape",
        "INSERT DATA { <id/region/waasland> org:memberOf <http://example.org/cooperation/interwaas> }",
    ),
    ("RegionIsNoOrganisationShape", "INSERT DATA { <id/event/14#member-1> org:member <id/region/waasland> }"),
    ("EndedRegionIsNoOrganisationShape", "INSERT DATA { <id/region/lapsed> a org:Organization }"),
    ("MunicipalityShape", "DELETE WHERE { gemeente:46030 rdfs:label ?name }"),
    ("MunicipalityShape", "DELETE WHERE { gemeente:46030 geo:sfWithin <id/province/40000> }"),
    ("PlacedAsAssignedShape", "DELETE WHERE { gemeente:46030 geo:sfWithin <id/region/waasland> }"),
    (
        "MunicipalityShape",
        "INSERT DATA { gemeente:46030 geo:sfWithin <id/region/other> . <id/region/other> a rl:ReferenceRegion }",
    ),
    ("PlacedAsAssignedShape", "INSERT DATA { gemeente:71022 geo:sfWithin <id/region/waasland> }"),
    (
        "WholeDemarcationShape",
        "INSERT DATA { <id/decision/VR-2022-02-04> a rl:Decision ; dcterms:identifier 'VR-2022-02-04' }",
    ),
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
    (
        "DecisionShape",
        "INSERT DATA { <id/decision/VR-2020-10-09> rl:proposes <graph/proposal/other> }",
    ),
    ("RegisterShape", "DELETE WHERE { <id/register#coverage> dcat:startDate ?day }"),
    ("CooperationShape", "DELETE WHERE { <id/cooperation/pz-waasland> rdfs:label ?name }"),
    ("CooperationShape", "DELETE WHERE { <id/cooperation/pz-waasland> rl:basis ?decision }"),
    ("CooperationShape", "INSERT DATA { <id/cooperation/pz-waasland> rl:firstObserved '2025-02-01'^^xsd:date }"),
    ("CooperationShape", "INSERT DATA { <id/cooperation/pz-waasland> rl:ends '2024-01-01'^^xsd:date }"),
    ("CooperationShape", "INSERT DATA { <id/cooperation/pz-waasland> adms:status rl:status-demarcated }"),
    ("CooperationShape", "INSERT DATA { <id/cooperation/pz-waasland> org:classification rl:cooperation-club }"),
    ("CooperationShape", "INSERT DATA { <id/cooperation/pz-waasland> skos:notation '0200.065.765'^^rl:kboNumber }"),
    ("CooperationShape", "INSERT DATA { <id/cooperation/pz-waasland> prov:wasAttributedTo <id/source/nobody> }"),
    (
        "CooperationShape",
        (
            "INSERT DATA { <id/cooperation/pz-waasland> rl:lastObserved '2025-03-01'^^xsd:date ; "
            "rl:ends '2025-02-01'^^xsd:date }"
        ),
    ),
    ("MembershipShape", "DELETE WHERE { <id/event/15#member-1> rl:municipality ?municipality }"),
    ("MembershipShape", "DELETE WHERE { <id/event/15#member-1> org:organization ?structure }"),
    ("MembershipShape", "DELETE WHERE { <id/event/15#member-1> rl:basis ?decision }"),
    ("MembershipShape", "DELETE WHERE { <id/event/14#member-1> rl:evidence ?evidence }"),
    ("MembershipShape", "DELETE WHERE { <http://example.org/cooperation/interwaas> a rl:Cooperation }"),
    ("MembershipShape", "INSERT DATA { <id/event/14#member-1> org:role rl:role-guest }"),
    ("MembershipShape", "INSERT DATA { <id/event/14#member-1> rl:municipality <id/province/40000> }"),
    (
        "DirectMembershipShape",
        "DELETE WHERE { <http://example.org/authority/zwijndrecht> org:memberOf ?structure }",
    ),
    ("DirectMembershipShape", "DELETE WHERE { <id/event/14#member-1> org:organization ?structure }"),
    ("ChangeEventShape", "DELETE WHERE { <id/event/15#change> dcterms:date ?day }"),
    ("ChangeEventShape", "DELETE WHERE { <id/event/15#change> prov:wasAssociatedWith ?source }"),
    ("ChangeEventShape", "INSERT DATA { <id/event/15#change> prov:wasAttributedTo <id/source/abb> }"),
    ("SourceShape", "DELETE WHERE { <id/source/pinc> rl:claims ?graph }"),
    ("SourceShape", "DELETE WHERE { <id/source/pinc> rdfs:label ?name }"),
    ("SourceShape", "INSERT DATA { <id/source/pinc> dcterms:license <https://example.org/licence> }"),
]

WRONG_CLAIMS = [
    ("NamedThingShape", "INSERT DATA { [] a rl:Claim }"),
    ("ClaimShape", "DELETE WHERE { <id/event/16#claim-1> rl:says ?kind }"),
    ("ClaimShape", "INSERT DATA { <id/event/16#claim-1> rl:says rl:claim-member-of }"),
    ("ClaimShape", "DELETE WHERE { <id/event/16#claim-1> rl:of ?thing }"),
    ("ClaimShape", "DELETE WHERE { <id/event/16#claim-1> rl:words ?words }"),
    ("ClaimShape", "DELETE WHERE { <id/event/16#claim-1> rl:document ?version }"),
    ("ClaimShape", "INSERT DATA { <id/event/16#claim-1> rl:mark rl:mark-odd }"),
    ("ClaimShape", "INSERT DATA { <id/event/16#claim-1> rl:region <id/region/other> }"),
    ("ClaimShape", "INSERT DATA { <id/event/16#claim-4> rl:municipality '99999' }"),
    ("ClaimShape", "INSERT DATA { <id/event/16#claim-4> rl:begins '2024-01-01'^^xsd:date }"),
    ("ClaimShape", "INSERT DATA { <id/event/16#claim-6> rl:listedFrom '2019-01-01'^^xsd:date }"),
    ("ClaimShape", "INSERT DATA { <id/event/16#claim-6> rl:listedUntil '2019-01-01'^^xsd:date }"),
    ("ClaimShape", "INSERT DATA { <id/event/16#claim-1> rl:listedFrom '2019-01-01'^^xsd:date }"),
    ("RegionIsNoOrganisationShape", "INSERT DATA { <id/region/waasland> a org:Organization }"),
]

WRONG_PROPOSAL = [
    ("ProposedRegionShape", "DELETE WHERE { <id/region/2020-waas> rdfs:label ?name }"),
    ("ProposedRegionShape", "DELETE WHERE { <id/region/2020-waas> rl:basis ?decision }"),
    ("ProposedRegionShape", "DELETE WHERE { <id/region/2020-waas> rl:settledBy ?decision }"),
    ("ProposedRegionShape", "DELETE WHERE { <id/region/2020-waas> rl:ends ?day }"),
    ("ProposedRegionShape", "DELETE WHERE { <id/region/2020-waas> adms:status ?status }"),
    ("ProposedRegionShape", "INSERT DATA { <id/region/2020-waas> a rl:ReferenceRegion }"),
    ("RegionIsNoOrganisationShape", "INSERT DATA { <id/region/2020-waas> a org:Organization }"),
]

WRONG_HISTORY = [
    ("StatementShape", "DELETE WHERE { <id/event/2#statement-1> rdf:subject ?term }"),
    ("StatementShape", "DELETE WHERE { <id/event/2#statement-1> rdf:predicate ?term }"),
    ("StatementShape", "DELETE WHERE { <id/event/2#statement-1> rdf:object ?term }"),
    ("StatementShape", "INSERT DATA { <id/event/2#statement-1> rdf:object 'another' }"),
    ("StatementShape", "DELETE WHERE { <id/event/2#statement-1> prov:wasGeneratedBy ?event }"),
    ("StatementShape", "DELETE WHERE { <id/event/2#statement-1> prov:generatedAtTime ?instant }"),
    ("StatementShape", "DELETE WHERE { <id/event/2#statement-1> prov:wasInvalidatedBy ?event }"),
    ("StatementShape", "DELETE WHERE { <id/event/2#statement-1> prov:invalidatedAtTime ?instant }"),
    ("StatementShape", "INSERT DATA { <id/event/17#statement-1> rl:begins '2023-03-19'^^xsd:date }"),
    ("StatementShape", "INSERT DATA { <id/event/16#statement-1> rl:graph <graph/source/abb> }"),
    ("StatementShape", "DELETE WHERE { <id/event/17> a rl:Event }"),
    (
        "StatementShape",
        (
            "DELETE WHERE { <id/event/2#statement-1> prov:invalidatedAtTime ?instant } ; INSERT DATA "
            "{ <id/event/2#statement-1> prov:invalidatedAtTime '2020-01-01T00:00:00Z'^^xsd:dateTime }"
        ),
    ),
    ("EventShape", "DELETE WHERE { <id/event/16> dcterms:identifier ?position }"),
    ("EventShape", "DELETE WHERE { <id/event/16> rdfs:label ?id }"),
    ("EventShape", "DELETE WHERE { <id/event/16> rl:eventKind ?kind }"),
    ("EventShape", "INSERT DATA { <id/event/16> rl:eventKind rl:event-nothing-happened }"),
    ("EventShape", "DELETE WHERE { <id/event/16> prov:endedAtTime ?instant }"),
    ("EventShape", "DELETE WHERE { <id/event/1> rl:evidence ?evidence }"),
    ("EventShape", "DELETE WHERE { <id/event/1> rl:basis ?decision }"),
    ("EventShape", "DELETE WHERE { <id/event/1> prov:wasInformedBy ?act }"),
    ("EventShape", "INSERT DATA { <id/event/1> prov:wasInformedBy <id/decision/VR-2022-02-04#act> }"),
    ("EventShape", "INSERT DATA { <id/event/1> prov:wasInformedBy <id/event/2> }"),
    ("EventShape", "INSERT DATA { <id/event/16> prov:wasInformedBy <id/source/pinc#run-another> }"),
    ("EventShape", "INSERT DATA { <id/event/16> prov:wasInformedBy <id/decision/VR-2021-03-12#act> }"),
    ("RunShape", "DELETE WHERE { ?run a prov:Activity }"),
    ("RunShape", "DELETE WHERE { <id/source/pinc#run-pinc-regions-20221206T080000Z-1a2b> prov:endedAtTime ?instant }"),
    (
        "RunShape",
        "INSERT DATA { <id/source/pinc#run-pinc-regions-20221206T080000Z-1a2b> prov:used 'gemeente_refreg.csv' }",
    ),
    ("CorrectionShape", "DELETE WHERE { <id/event/17> rl:reason ?why }"),
    ("CorrectionShape", "DELETE WHERE { <id/event/17> rl:corrects ?event }"),
    ("CorrectionShape", "INSERT DATA { <id/event/16> rl:corrects <id/event/2> ; rl:reason 'typing error'@en }"),
    ("DemarcationShape", "INSERT DATA { <id/event/16> a rl:Demarcation }"),
    ("DemarcationShape", "DELETE WHERE { <id/event/2> a rl:Event }"),
    ("DecisionMakingShape", "DELETE WHERE { <id/decision/VR-2021-03-12#act> prov:generated ?decision }"),
    ("DecisionMakingShape", "INSERT DATA { <id/decision/VR-2021-03-12#act> a rl:Decision }"),
    (
        "DecisionMakingShape",
        "INSERT DATA { <id/decision/VR-2021-03-12#act> dcterms:date '2021-03-13'^^xsd:date }",
    ),
]

WRONG_IN = {
    "snapshot": WRONG,
    "source/pinc": WRONG_CLAIMS,
    "proposal/VR-2020-10-09": WRONG_PROPOSAL,
    "history": WRONG_HISTORY,
}
"""Ways of being wrong, by the graph in which they are wrong."""


@pytest.fixture(scope="module")
def shapes() -> Graph:
    """The shapes, parsed once."""
    return documents.shapes()


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
        or (shape, SH.targetNode, focus) in shapes
    )


def test_an_event_of_a_decision_may_come_from_a_run_too(shapes: Graph) -> None:
    """What a harvest recorded under a decision is informed by the taking of it and by the run, and that is right."""
    both = sample("history")
    run = "<id/source/pinc#run-pinc-regions-20221206T080000Z-1a2b>"
    both.update(f"{UPDATE_PREFIXES} INSERT DATA {{ <id/event/2> prov:wasInformedBy {run} }}")
    conforms, _, text = validate(both, shacl_graph=shapes, inference="none")
    assert conforms, text


@pytest.mark.parametrize("name", NAMES)
def test_a_right_graph_conforms(name: str, shapes: Graph) -> None:
    """A graph that says one of everything, rightly, breaks no shape."""
    right = sample(name)
    assert right
    conforms, _, text = validate(right, shacl_graph=shapes, inference="none")
    assert conforms, text


def test_the_vocabulary_makes_a_right_snapshot_no_worse(shapes: Graph) -> None:
    """Who reads our subclasses too, by which a cooperation structure is an organisation, finds nothing wrong either."""
    right = sample("snapshot")
    right += documents.vocabulary()
    right.add((URIRef(terms.BESLUIT_BESTUURSEENHEID), RDFS.subClassOf, URIRef(terms.ORG_ORGANIZATION)))
    conforms, _, text = validate(right, shacl_graph=shapes, inference="none")
    assert conforms, text


def test_once_the_map_is_whole_each_municipality_is_in_a_region(shapes: Graph) -> None:
    """The decision that places the last municipalities breaks nothing where it has placed them."""
    whole = sample("snapshot")
    whole.update(
        UPDATE_PREFIXES
        + """
        INSERT DATA { <id/decision/VR-2022-02-04> a rl:Decision ; dcterms:identifier 'VR-2022-02-04' } ;
        DELETE WHERE { gemeente:71022 ?property ?value }
        """
    )
    assert "WholeDemarcationShape" not in broken(whole, shapes)


def test_the_shapes_are_shapes(shapes: Graph) -> None:
    """The shapes themselves conform to SHACL's own shapes."""
    conforms, _, text = validate(sample("snapshot"), shacl_graph=shapes, meta_shacl=True)
    assert conforms, text


@pytest.mark.parametrize(
    ("name", "shape", "update"), [(name, *wrong) for name, wrongs in WRONG_IN.items() for wrong in wrongs]
)
def test_a_wrong_graph_is_refused(name: str, shape: str, update: str, shapes: Graph) -> None:
    """Each way of being wrong breaks the shape that speaks of it."""
    data = sample(name)
    before = set(data)
    data.update(f"{UPDATE_PREFIXES}\n{update}")
    assert set(data) != before
    assert shape in broken(data, shapes)


def test_each_shape_was_seen_to_fail(shapes: Graph) -> None:
    """No shape is there that nothing was shown to break."""
    named = {str(shape).removeprefix(RL) for shape in shapes.subjects(RDF.type, SH.NodeShape)}
    assert named == {shape for wrongs in WRONG_IN.values() for shape, _ in wrongs}


@pytest.mark.parametrize(
    ("prefix", "concepts"),
    [
        ("evidence-", terms.EVIDENCE),
        ("decision-", terms.DECISION_KINDS),
        ("date-", terms.DATES),
        ("cooperation-", terms.COOPERATION_KINDS),
        ("role-", terms.ROLES),
        ("claim-", terms.CLAIM_KINDS),
        ("mark-", terms.MARKS),
    ],
)
def test_shapes_list_whole_code_lists(prefix: str, concepts: dict[str, str], shapes: Graph) -> None:
    """Where a shape lists the concepts of a code list, it lists them all and no others."""
    lists = [{str(item) for item in Collection(shapes, head)} for head in shapes.objects(None, SH["in"])]
    of_this = [items for items in lists if all(item.startswith(RL + prefix) for item in items)]
    assert of_this
    assert all(items == set(concepts.values()) for items in of_this)


def test_shapes_list_every_kind_of_event(shapes: Graph) -> None:
    """The kinds that an event may be of are the whole code list."""
    lists = [{str(item) for item in Collection(shapes, head)} for head in shapes.objects(None, SH["in"])]
    assert set(terms.EVENT_KINDS.values()) in lists
