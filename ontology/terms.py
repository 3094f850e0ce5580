"""Every term that the register's statements use, as a full IRI, grouped by what it is said of.

Own terms start with ``RL_``; each is defined in ``vocabulary.ttl`` or ``codelists.ttl``, and why each of the
others was chosen is in ``docs/vocabulary.md``. ``HAS_`` marks a property whose class has the same name. The tables
at the end turn a stored name into its term. Nothing here needs an RDF library, so anyone may import it.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from regiolog.ontology.namespaces import (
    ADMS,
    AS,
    BESLUIT,
    CS,
    DC,
    DCAT,
    DCTERMS,
    ELI,
    GEO,
    LDES,
    ORG,
    OWL,
    PROV,
    RDF,
    RDFS,
    RL,
    SKOS,
    TREE,
    XSD,
)

# What anything can have.
RDF_TYPE: Final[str] = RDF + "type"
RDFS_LABEL: Final[str] = RDFS + "label"
RDFS_COMMENT: Final[str] = RDFS + "comment"
DCTERMS_IDENTIFIER: Final[str] = DCTERMS + "identifier"
DCTERMS_DATE: Final[str] = DCTERMS + "date"
DCTERMS_DESCRIPTION: Final[str] = DCTERMS + "description"
SKOS_NOTATION: Final[str] = SKOS + "notation"
ADMS_STATUS: Final[str] = ADMS + "status"
RL_BEGINS: Final[str] = RL + "begins"
RL_ENDS: Final[str] = RL + "ends"

# Why it is so: decision, evidence, sources (an address, or the words of a source without one).
RL_BASIS: Final[str] = RL + "basis"
RL_EVIDENCE: Final[str] = RL + "evidence"
DCTERMS_SOURCE: Final[str] = DCTERMS + "source"
DC_SOURCE: Final[str] = DC + "source"

# Where it lies, and what came after it.
GEO_SF_WITHIN: Final[str] = GEO + "sfWithin"
DCTERMS_IS_REPLACED_BY: Final[str] = DCTERMS + "isReplacedBy"
DCTERMS_REPLACES: Final[str] = DCTERMS + "replaces"
OWL_SAME_AS: Final[str] = OWL + "sameAs"

# Places.
RL_MUNICIPALITY: Final[str] = RL + "Municipality"
RL_PROVINCE: Final[str] = RL + "Province"
RL_REFERENCE_REGION: Final[str] = RL + "ReferenceRegion"
RL_SUB_REGION: Final[str] = RL + "SubRegion"

# The local authority of a municipality, linked and never merged with it.
RL_AUTHORITY: Final[str] = RL + "authority"
BESLUIT_BESTUURSEENHEID: Final[str] = BESLUIT + "Bestuurseenheid"
BESLUIT_WERKINGSGEBIED: Final[str] = BESLUIT + "werkingsgebied"

# An assignment of a municipality to a region; the two properties also serve boundary changes.
RL_ASSIGNMENT: Final[str] = RL + "Assignment"
RL_HAS_MUNICIPALITY: Final[str] = RL + "municipality"
RL_REGION: Final[str] = RL + "region"

# What happened to municipalities.
RL_MERGER: Final[str] = RL + "Merger"
RL_MERGED_FROM: Final[str] = RL + "mergedFrom"
RL_MERGED_INTO: Final[str] = RL + "mergedInto"
RL_BOUNDARY_CHANGE: Final[str] = RL + "BoundaryChange"

# Decisions, and their four dates.
RL_DECISION: Final[str] = RL + "Decision"
ELI_TYPE_DOCUMENT: Final[str] = ELI + "type_document"
DCTERMS_TITLE: Final[str] = DCTERMS + "title"
DC_CREATOR: Final[str] = DC + "creator"
ELI_DATE_DOCUMENT: Final[str] = ELI + "date_document"
DCTERMS_DATE_ACCEPTED: Final[str] = DCTERMS + "dateAccepted"
ELI_DATE_PUBLICATION: Final[str] = ELI + "date_publication"
ELI_FIRST_DATE_ENTRY_IN_FORCE: Final[str] = ELI + "first_date_entry_in_force"
RL_REGIONS_COUNTED: Final[str] = RL + "regionsCounted"
RL_STANDING: Final[str] = RL + "standing"
RL_REMARK: Final[str] = RL + "remark"

# A date of a decision that a source gives differently.
RL_HAS_DIVERGENT_DATE: Final[str] = RL + "divergentDate"
RL_DIVERGENT_DATE: Final[str] = RL + "DivergentDate"
RL_WHICH_DATE: Final[str] = RL + "whichDate"

# What one decision does to another.
RL_ADOPTS: Final[str] = RL + "adopts"
RL_RATIFIES: Final[str] = RL + "ratifies"
RL_IMPLEMENTS: Final[str] = RL + "implements"
RL_AMENDS: Final[str] = RL + "amends"
RL_CONFIRMS: Final[str] = RL + "confirms"
RL_COMPLETES: Final[str] = RL + "completes"
RL_SETTLES: Final[str] = RL + "settles"
RL_UPHOLDS: Final[str] = RL + "upholds"
RL_FOLLOWS: Final[str] = RL + "follows"

# Sources, and what they claim, each in its own graph; regions that were proposed.
RL_SOURCE: Final[str] = RL + "Source"
RL_CLAIMS: Final[str] = RL + "claims"
RL_ATTRIBUTION: Final[str] = RL + "attribution"
DCTERMS_LICENSE: Final[str] = DCTERMS + "license"
DC_RIGHTS: Final[str] = DC + "rights"
RL_CLAIM: Final[str] = RL + "Claim"
RL_SAYS: Final[str] = RL + "says"
RL_OF: Final[str] = RL + "of"
RL_WORDS: Final[str] = RL + "words"
RL_DOCUMENT: Final[str] = RL + "document"
RL_MARK: Final[str] = RL + "mark"
RL_LISTED_FROM: Final[str] = RL + "listedFrom"
RL_LISTED_UNTIL: Final[str] = RL + "listedUntil"
DC_RELATION: Final[str] = DC + "relation"
RL_PROPOSES: Final[str] = RL + "proposes"
RL_PROPOSED_REGION: Final[str] = RL + "ProposedRegion"
RL_SETTLED_BY: Final[str] = RL + "settledBy"

# Cooperation structures and who takes part in them; what is only observed says when.
RL_COOPERATION: Final[str] = RL + "Cooperation"
RL_FIRST_OBSERVED: Final[str] = RL + "firstObserved"
RL_LAST_OBSERVED: Final[str] = RL + "lastObserved"
ORG_CLASSIFICATION: Final[str] = ORG + "classification"
DC_TYPE: Final[str] = DC + "type"
ORG_MEMBERSHIP: Final[str] = ORG + "Membership"
ORG_MEMBER: Final[str] = ORG + "member"
ORG_MEMBER_OF: Final[str] = ORG + "memberOf"
ORG_ORGANIZATION_OF: Final[str] = ORG + "organization"
ORG_ROLE: Final[str] = ORG + "role"
PROV_WAS_ATTRIBUTED_TO: Final[str] = PROV + "wasAttributedTo"

# What happened to organisations: cooperation structures, and the authorities of municipalities.
ORG_CHANGE_EVENT: Final[str] = ORG + "ChangeEvent"
ORG_ORIGINAL_ORGANIZATION: Final[str] = ORG + "originalOrganization"
ORG_RESULTING_ORGANIZATION: Final[str] = ORG + "resultingOrganization"

# The history: every statement that ever was as a node, the events behind them, and what changed as a set of them.
RDF_STATEMENT: Final[str] = RDF + "Statement"
RDF_SUBJECT: Final[str] = RDF + "subject"
RDF_PREDICATE: Final[str] = RDF + "predicate"
RDF_OBJECT: Final[str] = RDF + "object"
RL_GRAPH: Final[str] = RL + "graph"
PROV_WAS_GENERATED_BY: Final[str] = PROV + "wasGeneratedBy"
PROV_GENERATED_AT_TIME: Final[str] = PROV + "generatedAtTime"
PROV_WAS_INVALIDATED_BY: Final[str] = PROV + "wasInvalidatedBy"
PROV_INVALIDATED_AT_TIME: Final[str] = PROV + "invalidatedAtTime"
RL_EVENT: Final[str] = RL + "Event"
RL_EVENT_KIND: Final[str] = RL + "eventKind"
RL_DEMARCATION: Final[str] = RL + "Demarcation"
RL_DECISION_MAKING: Final[str] = RL + "DecisionMaking"
RL_CORRECTS: Final[str] = RL + "corrects"
RL_REASON: Final[str] = RL + "reason"
PROV_ENDED_AT_TIME: Final[str] = PROV + "endedAtTime"
PROV_GENERATED: Final[str] = PROV + "generated"
PROV_WAS_INFORMED_BY: Final[str] = PROV + "wasInformedBy"
PROV_WAS_ASSOCIATED_WITH: Final[str] = PROV + "wasAssociatedWith"
PROV_ACTIVITY: Final[str] = PROV + "Activity"
PROV_USED: Final[str] = PROV + "used"
DC_CONTRIBUTOR: Final[str] = DC + "contributor"
CS_CHANGE_SET: Final[str] = CS + "ChangeSet"
CS_SUBJECT_OF_CHANGE: Final[str] = CS + "subjectOfChange"
CS_ADDITION: Final[str] = CS + "addition"
CS_REMOVAL: Final[str] = CS + "removal"
PROV_WAS_INFLUENCED_BY: Final[str] = PROV + "wasInfluencedBy"

# The feed: its pages, and version objects, each the whole timeline of a thing as it was known after one event.
RL_VERSION_OBJECT: Final[str] = RL + "VersionObject"
RL_TIME_SLICE: Final[str] = RL + "TimeSlice"
RL_HAS_TIME_SLICE: Final[str] = RL + "timeSlice"
RL_VALID_FROM: Final[str] = RL + "validFrom"
RL_VALID_TO: Final[str] = RL + "validTo"
RL_POSITION: Final[str] = RL + "position"
RL_RECORDED_AT: Final[str] = RL + "recordedAt"
RL_LAST_OF_EVENT: Final[str] = RL + "lastOfEvent"
DCTERMS_IS_VERSION_OF: Final[str] = DCTERMS + "isVersionOf"
PROV_SPECIALIZATION_OF: Final[str] = PROV + "specializationOf"
AS_CREATE: Final[str] = AS + "Create"
AS_UPDATE: Final[str] = AS + "Update"
AS_DELETE: Final[str] = AS + "Delete"
LDES_EVENT_STREAM: Final[str] = LDES + "EventStream"
LDES_TIMESTAMP_PATH: Final[str] = LDES + "timestampPath"
LDES_SEQUENCE_PATH: Final[str] = LDES + "sequencePath"
LDES_VERSION_OF_PATH: Final[str] = LDES + "versionOfPath"
LDES_VERSION_CREATE_PATH: Final[str] = LDES + "versionCreatePath"
LDES_VERSION_UPDATE_PATH: Final[str] = LDES + "versionUpdatePath"
LDES_VERSION_DELETE_PATH: Final[str] = LDES + "versionDeletePath"
LDES_VERSION_CREATE_OBJECT: Final[str] = LDES + "versionCreateObject"
LDES_VERSION_UPDATE_OBJECT: Final[str] = LDES + "versionUpdateObject"
LDES_VERSION_DELETE_OBJECT: Final[str] = LDES + "versionDeleteObject"
LDES_TRANSACTION_PATH: Final[str] = LDES + "transactionPath"
LDES_TRANSACTION_FINALIZED_PATH: Final[str] = LDES + "transactionFinalizedPath"
LDES_TRANSACTION_FINALIZED_OBJECT: Final[str] = LDES + "transactionFinalizedObject"
LDES_POLLING_INTERVAL: Final[str] = LDES + "pollingInterval"
LDES_EVENT_SOURCE: Final[str] = LDES + "EventSource"
LDES_IMMUTABLE: Final[str] = LDES + "immutable"
TREE_NODE_CLASS: Final[str] = TREE + "Node"
TREE_VIEW: Final[str] = TREE + "view"
TREE_MEMBER: Final[str] = TREE + "member"
TREE_SHAPE: Final[str] = TREE + "shape"
TREE_RELATION: Final[str] = TREE + "relation"
TREE_NODE: Final[str] = TREE + "node"
TREE_PATH: Final[str] = TREE + "path"
TREE_VALUE: Final[str] = TREE + "value"
TREE_REMAINING_ITEMS: Final[str] = TREE + "remainingItems"
TREE_AT_LEAST: Final[str] = TREE + "GreaterThanOrEqualToRelation"
TREE_AT_MOST: Final[str] = TREE + "LessThanOrEqualToRelation"

# The register itself, and from which day on it covers the world.
RL_REGISTER: Final[str] = RL + "Register"
DCTERMS_TEMPORAL: Final[str] = DCTERMS + "temporal"
DCTERMS_PERIOD_OF_TIME: Final[str] = DCTERMS + "PeriodOfTime"
DCAT_START_DATE: Final[str] = DCAT + "startDate"

# Datatypes.
XSD_STRING: Final[str] = XSD + "string"
XSD_DATE: Final[str] = XSD + "date"
XSD_DATE_TIME: Final[str] = XSD + "dateTime"
XSD_INTEGER: Final[str] = XSD + "integer"
XSD_BOOLEAN: Final[str] = XSD + "boolean"
RL_PINC_CODE: Final[str] = RL + "pincCode"
RL_OVO_CODE: Final[str] = RL + "ovoCode"
RL_KBO_NUMBER: Final[str] = RL + "kboNumber"

# Never said of a region; named here so that tests and shapes can say so.
ORG_ORGANIZATION: Final[str] = ORG + "Organization"

# Code lists: statuses, by which a region, an assignment and a decision say where they stand.
RL_STATUS_PROPOSED: Final[str] = RL + "status-proposed"
RL_STATUS_ANNOUNCED: Final[str] = RL + "status-announced"
RL_STATUS_DEMARCATED: Final[str] = RL + "status-demarcated"
RL_STATUS_ENDED: Final[str] = RL + "status-ended"
RL_STATUS_ASSIGNED: Final[str] = RL + "status-assigned"
RL_STATUS_PENDING: Final[str] = RL + "status-pending"
RL_STATUS_SUPERSEDED: Final[str] = RL + "status-superseded"
RL_STATUS_REFUSED: Final[str] = RL + "status-refused"
RL_STATUS_WITHDRAWN: Final[str] = RL + "status-withdrawn"

REGION_STATUSES: Final = MappingProxyType({name: f"{RL}status-{name}" for name in ("announced", "demarcated", "ended")})
"""The status of a region or subregion, by its stored name."""

DECISION_STATUSES: Final = MappingProxyType(
    {name: f"{RL}status-{name}" for name in ("superseded", "refused", "withdrawn")}
)
"""What became of a decision, by its stored name; a decision without one stands."""

COOPERATION_STATUSES: Final = MappingProxyType(
    {name: f"{RL}status-{name}" for name in ("active", "inactive", "founding")}
)
"""Whether a cooperation structure works, by its stored name."""

COOPERATION_KINDS: Final = MappingProxyType(
    {
        name: f"{RL}cooperation-{name}"
        for name in (
            "projectvereniging",
            "dienstverlenende-vereniging",
            "opdrachthoudende-vereniging",
            "opdrachthoudende-vereniging-met-private-deelname",
            "interlokale-vereniging",
            "politiezone",
            "hulpverleningszone",
            "welzijnsvereniging",
            "autonome-verzorgingsinstelling",
            "ziekenhuisvereniging",
            "woonzorgvereniging",
            "eerstelijnszone",
            "vervoerregio",
            "woonmaatschappij",
            "lokaal-woonbeleid",
        )
    }
)
"""The kind of a cooperation structure, by its stored name."""

COOPERATION_NAMES: Final = MappingProxyType(
    {
        **{name: name.replace("-", " ").capitalize() for name in COOPERATION_KINDS},
        "lokaal-woonbeleid": "IGS lokaal woonbeleid",
        "woonzorgvereniging": "Woonzorgvereniging of woonzorgvennootschap",
    }
)
"""What a kind of cooperation structure is called in Dutch; the label of its concept."""

ROLES: Final = MappingProxyType(
    {name: f"{RL}role-{name}" for name in ("member", "founding-member", "participant", "related")}
)
"""As what a member takes part in a cooperation structure, by its stored name."""

CLAIM_KINDS: Final = MappingProxyType(
    {
        name: f"{RL}claim-{name}"
        for name in ("region-of", "name-of-region", "structure", "member-of", "merged-into", "municipality")
    }
)
"""What a claim says, by its stored name."""

MARKS: Final = MappingProxyType(
    {
        name: f"{RL}mark-{name}"
        for name in (
            "unknown",
            "ended",
            "ambiguous",
            "duplicate",
            "placeholder",
            "type-changed",
            "renumbered",
            "without-members",
            "parts-ended",
        )
    }
)
"""What is odd about a claim, by its stored name."""

EVIDENCE: Final = MappingProxyType({name: f"{RL}evidence-{name}" for name in ("published", "derived", "contradicted")})
"""How firm a statement is, by its stored name."""

DECISION_KINDS: Final = MappingProxyType(
    {
        name: f"{RL}decision-{name}"
        for name in (
            "note",
            "proposal",
            "advice",
            "government-decision",
            "draft-decree",
            "amendment",
            "vote",
            "decree",
            "merger-decree",
            "implementing-decision",
            "decision-in-principle",
            "ministerial-answer",
            "subsidy",
        )
    }
)
"""The kind of a decision (besluittype), by its stored name."""

DATES: Final = MappingProxyType({name: f"{RL}date-{name}" for name in ("decided", "adopted", "published", "in-force")})
"""The four dates of a decision as concepts, by stored name."""

DECISION_RELATIONS: Final = MappingProxyType(
    {
        "adopts": RL_ADOPTS,
        "ratifies": RL_RATIFIES,
        "implements": RL_IMPLEMENTS,
        "amends": RL_AMENDS,
        "confirms": RL_CONFIRMS,
        "completes": RL_COMPLETES,
        "settles": RL_SETTLES,
        "upholds": RL_UPHOLDS,
        "follows": RL_FOLLOWS,
    }
)
"""What one decision does to another, by its stored name."""

EVENT_KINDS: Final = MappingProxyType(
    {
        name: f"{RL}event-{name}"
        for name in (
            "register-was-begun",
            "decision-was-registered",
            "decision-was-linked",
            "decision-was-superseded",
            "decision-was-refused",
            "decision-was-withdrawn",
            "municipality-was-named",
            "municipality-was-renamed",
            "municipality-was-moved-to-province",
            "municipalities-were-merged",
            "municipality-boundary-was-changed",
            "municipality-was-ended",
            "authorities-were-linked",
            "region-was-announced",
            "region-lapsed",
            "region-was-designated",
            "region-was-renamed",
            "region-was-ended",
            "subregion-was-announced",
            "subregion-lapsed",
            "subregion-was-designated",
            "subregion-was-renamed",
            "subregion-was-ended",
            "regions-were-demarcated",
            "municipality-was-assigned",
            "municipality-was-reassigned",
            "municipality-was-unassigned",
            "municipalities-were-left-pending",
            "assignments-were-confirmed",
            "regions-were-proposed",
            "proposal-was-settled",
            "source-was-registered",
            "claims-were-made",
            "cooperation-was-founded",
            "cooperation-was-observed",
            "cooperation-was-renamed",
            "cooperation-type-was-changed",
            "cooperation-status-was-changed",
            "members-joined",
            "members-left",
            "members-were-observed",
            "members-were-last-observed",
            "cooperations-were-merged",
            "cooperation-was-split",
            "cooperation-was-ended",
            "event-was-corrected",
            "event-was-retracted",
        )
    }
)
"""The kinds of register event as concepts, by the name they are stored under."""

CODE_LISTS: Final = MappingProxyType(
    {
        name: f"{RL}list-{name}"
        for name in (
            "evidence",
            "claim-kind",
            "mark",
            "cooperation-kind",
            "cooperation-status",
            "role",
            "region-status",
            "assignment-status",
            "decision-status",
            "decision-kind",
            "date",
            "event-kind",
        )
    }
)
"""The code lists themselves (codelijsten), as concept schemes."""
