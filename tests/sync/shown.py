"""Statements as tests write them: with prefixes, our own addresses without their base, and grouped by their days."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from regiolog.ontology.namespaces import PREFIXES
from regiolog.sync.folder import Folder
from regiolog.sync.statements.statement import ALWAYS, NEVER
from tests.builders import BASE

MUNICIPALITY = "https://data.vlaanderen.be/id/gemeente/"


def short(term: str) -> str:
    """A term with its prefix, and our own addresses without their base."""
    term = term.replace(f"<{BASE}id/", "</").replace(f"<{BASE}graph/", "<graph/")
    for prefix, namespace in PREFIXES.items():
        if term.startswith(f"<{namespace}"):
            return f"{prefix}:{term[len(namespace) + 1 : -1]}"
        term = term.replace(f"^^<{namespace}", f"^^{prefix}:").removesuffix(">") if f"^^<{namespace}" in term else term
    return term.replace(f"<{MUNICIPALITY}", "<m/")


def ours(path: str) -> str:
    """An address of ours."""
    return f"{BASE}id/{path}"


def periods(folder: Folder, iri: str, graph: str = "") -> dict[str, set[str]]:
    """All that the head says of a thing in one graph, as property and value, by the days on which it holds.

    Args:
        folder: The register.
        iri: The thing.
        graph: The graph's address after ``graph/``; the register's own unless given.
    """
    found: dict[str, set[str]] = defaultdict(set)
    name = f"<{BASE}graph/{graph}>" if graph else ""
    for each, _, closed in folder.history().about(iri):
        if closed == NEVER and each.graph == name:
            found[f"{_day(each.start)}/{_day(each.end)}"].add(f"{short(each.predicate)} {short(each.object)}")
    return dict(found)


def _day(ordinal: int) -> str:
    return "" if ordinal in {ALWAYS, NEVER} else date.fromordinal(ordinal).isoformat()
