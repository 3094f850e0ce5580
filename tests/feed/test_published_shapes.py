"""Pages pass the shapes that others published for LDES and TREE, save where LDES 1.0 says otherwise.

The shapes are of August 2025, older than LDES 1.0.0, and are not in this repository: they are looked for beside it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pyshacl
import pytest
from pyoxigraph import NamedNode, RdfFormat, serialize
from rdflib import RDF, RDFS, Graph
from rdflib.namespace import SH

from tests.feed.fed import Fed
from tests.feed.page import Page
from tests.feed.reader import FORMS, TREE, fetch

SHAPES: Final = Path(__file__).resolve().parents[3] / "shared" / "suites" / "ldes-shapes"

pytestmark = pytest.mark.skipif(not SHAPES.is_dir(), reason="the published shapes are not beside the repository")

OF_THE_ROOT: Final[dict[str, str]] = {
    "Warning: LR2.8 - a root node SHOULD contain a `ldes:retentionPolicy`, preferably on the root node, alternatively "
    "on the root node's `tree:viewDescription`": (
        "a policy documents what a view leaves out; none says that all that was ever added is there "
        '(LDES 1.0, "Retention policies")'
    ),
}
"""What the root is warned of, and why LDES 1.0 would have it as it is."""

CHANGED: Final[dict[str, str]] = {
    "Warning: LR2.7 - an event stream SHOULD refer using its tree:shape property to a shape defining its members": (
        'context is on the root alone (LDES 1.0, "Context information"; server primer, "For the Root Node"), and a '
        "shape on every page would make old pages change with it"
    ),
    "Warning: TR3.3 - In a subsequent page response, a collection SHOULD refer to the current page URL using its "
    "tree:view property": (
        'a client takes any page that is the object of tree:view for a root ("Initialization run"), from which nothing '
        'before or after it can be reached; the primer has it as MAY ("Root Node and Subsequent Nodes")'
    ),
}
"""What pages other than the root are warned of, and why LDES 1.0 would have it as it is."""


def shapes(*names: str) -> Graph:
    """Some of the published shapes, in one graph: those of LDES switch off some of TREE."""
    found = Graph()
    for name in names:
        found.parse(SHAPES / f"{name}-shapes.ttl", format="turtle")
    return found


def words() -> Graph:
    """Which classes of both vocabularies are below which: without that no relation has the class of one."""
    both, found = Graph(), Graph()
    for name in ("vocab-tree.ttl", "vocab-ldes.ttl"):
        both.parse(SHAPES / name, format="turtle")
    for triple in both.triples((None, RDFS.subClassOf, None)):
        found.add(triple)
    return found


def graph(page: Page) -> Graph:
    """A page as a graph of rdflib."""
    return Graph().parse(data=serialize(page.quads, format=RdfFormat.N_QUADS) or b"", format="nt")


def results(data: Graph, shape: Graph) -> set[str]:
    """What a graph is reproached with, and warned of; what it is told that it may do besides is left out."""
    _, report, _ = pyshacl.validate(
        data, shacl_graph=shape, ont_graph=words(), advanced=True, allow_infos=True, allow_warnings=True
    )
    assert isinstance(report, Graph)
    found = {
        f"{str(report.value(each, SH.resultSeverity)).rpartition('#')[2]}: {report.value(each, SH.resultMessage)}"
        for each in report.subjects(RDF.type, SH.ValidationResult)
    }
    return {each for each in found if not each.startswith("Info: ")}


@pytest.mark.parametrize("form", FORMS)
def test_the_root_passes(flemish: Fed, form: str) -> None:
    """As the root of a tree, and of an event stream, with a warning that LDES 1.0 has made void."""
    answer = fetch(f"{flemish.url}feed", form)
    assert results(graph(Page(answer.url, answer.quads)), shapes("tree-root-node", "ldes-root-node")) == set(
        OF_THE_ROOT
    )


@pytest.mark.parametrize("path", ["feed/branch/1", "feed/1", "feed/2", "feed/last"])
def test_every_other_node_passes(flemish: Fed, path: str) -> None:
    """As a node that is not the root, with two warnings that LDES 1.0 has made void."""
    last = len(flemish.service.paging.read(flemish.history))
    answer = fetch(f"{flemish.url}{path.replace('last', str(last))}", "application/n-quads")
    found = results(graph(Page(answer.url, answer.quads)), shapes("tree-subsequent-node", "ldes-subsequent-node"))
    assert found == set(CHANGED)


def test_the_whole_structure_passes(pages: list[Page]) -> None:
    """All nodes and relations of the tree together."""
    whole = Graph()
    for page in pages:
        about = {NamedNode(page.url), NamedNode(page.stream), *page.values(page.url, f"{TREE}relation")}
        told = [quad for quad in page.quads if quad.subject in about and quad.predicate.value != f"{TREE}member"]
        for triple in graph(Page(page.url, told)):  # read one by one, so that their blank nodes stay apart
            whole.add(triple)
    assert results(whole, shapes("tree-structure")) == set()


def test_the_shapes_would_notice(flemish: Fed) -> None:
    """Without the view they find fault: so they look at these pages."""
    answer = fetch(f"{flemish.url}feed", "application/n-quads")
    page = Page(answer.url, answer.quads)
    left = [quad for quad in page.quads if quad.predicate.value != f"{TREE}view"]
    found = results(graph(Page(answer.url, left)), shapes("tree-root-node", "ldes-root-node"))
    assert [each for each in found if each.startswith("Violation: ")]
