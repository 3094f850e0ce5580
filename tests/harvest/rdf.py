"""Small documents of RDF, as Flemish and Belgian publishers would write them."""

from __future__ import annotations

PREFIXES = """
@prefix besluit: <http://data.vlaanderen.be/ns/besluit#> .
@prefix ch: <http://example.org/organisatie/> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix ext: <http://mu.semte.ch/vocabularies/ext/> .
@prefix geo: <http://www.opengis.net/ont/geosparql#> .
@prefix nis: <http://vocab.belgif.be/auth/refnis2019/> .
@prefix org: <http://www.w3.org/ns/org#> .
@prefix kind: <http://data.vlaanderen.be/id/concept/BestuurseenheidClassificatieCode/> .
@prefix regorg: <http://www.w3.org/ns/regorg#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix schema: <https://schema.org/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix : <http://agency.example/> .
"""

AREAS = f"""{PREFIXES}
:a1 geo:sfWithin :noord ; skos:exactMatch nis:10001 ; rdfs:label "Dorp 1" ; ext:werkingsgebiedNiveau "Gemeente" .
:a2 geo:sfWithin :zuid , :province ; rdfs:label "Dorp 2" ; ext:werkingsgebiedNiveau "Gemeente" .
:a3 geo:sfWithin :zuid ; rdfs:label "Nergens" ; ext:werkingsgebiedNiveau "Gemeente" .
:a4 geo:sfWithin :zuid ; rdfs:label "Dorp 1" ; ext:werkingsgebiedNiveau "Gemeente" .
:noord rdfs:label "Noord"@nl ; ext:werkingsgebiedNiveau "Referentieregio"@nl .
:zuid rdfs:label "Zuid " ; ext:werkingsgebiedNiveau "Referentieregio" .
"""
"""Four areas: one by its code, one by its name, one that nothing tells, and one with the name of the first."""

POLICE, PROJECT = "a3922c6d-425b-474f-9a02-ffb71a436bfc", "b156b67f-c5f4-4584-9b30-4c090be02fdc"
ACTIVE = "<http://lblod.data.gift/concepts/63cc561de9188d64ba5840a42ae8f0d6>"

ZONES = f"""{PREFIXES}
:z1 a org:Organization ; org:classification kind:{POLICE} ; skos:prefLabel "PZ Een" ; regorg:orgStatus {ACTIVE} .
:z2 a org:Organization ; org:classification kind:{POLICE} ; skos:prefLabel "PZ Twee" .
:z3 a org:Organization ; org:classification kind:{POLICE} ; skos:prefLabel "PZ Drie" .
:ocmw a org:Organization ; org:classification kind:5ab0e9b8a3b2ca7c5e000002 ; skos:prefLabel "OCMW" .
:m1 a org:Membership ; org:member :town1 ; org:organization :z1 ;
  org:role <http://data.lblod.info/id/rollen/93c48754610c45e6bd9a894d2720a53d> .
:m2 a org:Membership ; org:member :ocmw ; org:organization :z1 .
:town2 org:memberOf :z2 .
:town1 besluit:werkingsgebied :a1 . :a1 skos:exactMatch nis:10001 .
:town2 besluit:werkingsgebied :a2 . :a2 skos:exactMatch nis:10002 .
"""

REGIONS = {"kind": "rdf", "mapping": {"says": "regions"}, "location": "areas.ttl", "document": "areas.ttl"}
COOPERATIONS = {"kind": "rdf", "mapping": {"says": "cooperations"}, "location": "zones.ttl", "document": "zones.ttl"}
CODES = {
    "kind": "rdf",
    "location": "codes.ttl",
    "mapping": {
        "says": "municipalities",
        "scheme": "http://vocab.belgif.be/auth/refnis2019",
        "codes": "1000[1-9]",
        "languages": ["fr"],
    },
}
