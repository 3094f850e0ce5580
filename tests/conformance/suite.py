"""The W3C's tests of SPARQL as they lie in their archive: what each asks, of which data, and what is to come of it.

Nothing of it is in this repository; the archive (``sparql/`` of w3c/rdf-tests) lies beside it where it is to be had.
"""

from __future__ import annotations

import re
import tarfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Triple, parse

ARCHIVE: Final = Path(__file__).resolve().parents[3] / "shared" / "suites" / "w3c" / "rdf-tests-sparql.tar.gz"

with_suite = pytest.mark.skipif(not ARCHIVE.is_file(), reason="the W3C's tests are not beside the repository")

SUITES: Final = ("sparql11", "sparql10", "sparql12")
"""The suites, one for each version of SPARQL; ours is the first."""

MF: Final = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
QT: Final = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#"
UT: Final = "http://www.w3.org/2009/sparql/tests/test-update#"
RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"

WEB: Final = "https://w3c.github.io/rdf-tests/"
"""Where the W3C publishes what is in the archive; relative IRIs are read from there."""

ENTAILMENT: Final = "entailment"
FEDERATION: Final = "service"

_FORMATS: Final = {
    ".ttl": RdfFormat.TURTLE,
    ".n3": RdfFormat.TURTLE,
    ".rdf": RdfFormat.RDF_XML,
    ".nt": RdfFormat.N_TRIPLES,
    ".nq": RdfFormat.N_QUADS,
    ".trig": RdfFormat.TRIG,
}

Term = NamedNode | BlankNode | Literal | Triple


class Holding(NamedTuple):
    """The data of a test.

    Attributes:
        quads: What they say.
        graphs: The IRIs of all named graphs, also of those that hold nothing.
    """

    quads: tuple[Quad, ...] = ()
    graphs: tuple[str, ...] = ()


class Evaluation(NamedTuple):
    """A test that a query is answered rightly.

    Attributes:
        name: Its folder and its name there.
        address: The IRI of the file with its query.
        query: Its query.
        holding: The data.
        result: The IRI of the file with the right answer.
        is_lax: Whether duplicates may be left out (``REDUCED``).
    """

    name: str
    address: str
    query: str
    holding: Holding
    result: str
    is_lax: bool


class Text(NamedTuple):
    """A test that a text is read, or refused.

    Attributes:
        name: Its folder and its name there.
        text: The query, or the update.
        is_good: Whether it is one.
    """

    name: str
    text: bytes
    is_good: bool


class Facts:
    """What an RDF file of the archive says.

    Args:
        address: The file's IRI.
    """

    def __init__(self, address: str) -> None:
        """Read the file."""
        self.address = address
        self._said: defaultdict[tuple[Term, str], list[Term]] = defaultdict(list)
        for quad in quads(address):
            self._said[quad.subject, quad.predicate.value].append(quad.object)

    def all(self, subject: Term | None, predicate: str) -> list[Term]:
        """The values of a property."""
        return [] if subject is None else self._said.get((subject, predicate), [])

    def one(self, subject: Term | None, predicate: str) -> Term | None:
        """The value of a property; None when it has none."""
        return next(iter(self.all(subject, predicate)), None)

    def text(self, subject: Term | None, predicate: str) -> str | None:
        """The value of a property as a text: of an IRI the IRI itself; None when it has none."""
        value = self.one(subject, predicate)
        return value.value if isinstance(value, NamedNode | Literal) else None

    def members(self, head: Term | None) -> Iterator[Term]:
        """The members of a list."""
        while (first := self.one(head, f"{RDF}first")) is not None:
            yield first
            head = self.one(head, f"{RDF}rest")

    def with_value(self, predicate: str, value: Term | None = None) -> Iterator[Term]:
        """The subjects that have a property, or a value of it."""
        for (subject, each), values in self._said.items():
            if each == predicate and (value is None or value in values):
                yield subject

    def tests(self) -> Iterator[tuple[str, Term, set[str]]]:
        """The tests of a manifest: of each its name, itself, and its types, without their namespace."""
        folder = PurePosixPath(self.address).parent.name
        for manifest in list(self.with_value(f"{MF}entries")):
            for test in self.members(self.one(manifest, f"{MF}entries")):
                assert isinstance(test, NamedNode)
                types = {str(each).rstrip(">").rpartition("#")[2] for each in self.all(test, f"{RDF}type")}
                yield f"{folder}#{re.split('[#/]', test.value)[-1]}", test, types


@cache
def _files() -> dict[str, bytes]:
    """All files of the archive, by IRI."""
    with tarfile.open(ARCHIVE) as archive:
        opened = ((member.name, archive.extractfile(member)) for member in archive if member.isfile())
        return {f"{WEB}{name}": file.read() for name, file in opened if file is not None}


def content(address: str) -> bytes:
    """What is in a file of the archive, by its IRI."""
    return _files()[address]


def quads(address: str) -> Iterator[Quad]:
    """What an RDF file of the archive says, with blank nodes that no other file has."""
    kind = _FORMATS[PurePosixPath(address).suffix]
    return parse(content(address), format=kind, base_iri=address, rename_blank_nodes=True)


def manifest(name: str) -> Facts:
    """A manifest, such as ``sparql11/protocol/manifest``."""
    return Facts(f"{WEB}sparql/{name}.ttl")


@cache
def _manifests(suite: str) -> tuple[Facts, ...]:
    """The manifests of all folders of a suite, such as ``sparql11``."""
    return tuple(
        Facts(address)
        for address in sorted(_files())
        if re.fullmatch(rf"{WEB}sparql/{suite}/.+/manifest\.ttl", address)
    )


def _tests(suite: str, kinds: Iterable[str], *folders: str) -> Iterator[tuple[str, Facts, Term, set[str]]]:
    """The tests of some kinds in some folders of a suite; in all but those of entailment and federation by default."""
    for facts in _manifests(suite):
        folder = facts.address.split("/")[-2]
        if folder in folders if folders else folder not in {ENTAILMENT, FEDERATION}:
            for name, test, types in facts.tests():
                if not types.isdisjoint(kinds):
                    yield name, facts, test, types


def evaluations(suite: str, *folders: str) -> Iterator[Evaluation]:
    """The tests of a suite that a query is answered rightly; without those of entailment and federation by default."""
    for name, facts, test, _ in _tests(suite, ["QueryEvaluationTest", "CSVResultFormatTest"], *folders):
        action = facts.one(test, f"{MF}action")
        address, result = facts.text(action, f"{QT}query"), facts.text(test, f"{MF}result")
        assert address is not None
        assert result is not None
        query = content(address).decode()
        lax = NamedNode(f"{MF}LaxCardinality") in facts.all(test, f"{MF}resultCardinality")
        yield Evaluation(name, address, query, _data(facts, action, address, query), result, lax)


def queries(suite: str) -> Iterator[Text]:
    """The tests of a suite that a query is read, or refused."""
    good, bad = {"PositiveSyntaxTest", "PositiveSyntaxTest11"}, {"NegativeSyntaxTest", "NegativeSyntaxTest11"}
    for name, facts, test, types in _tests(suite, good | bad):
        action = facts.text(test, f"{MF}action")
        assert action is not None
        yield Text(name, content(action), not types.isdisjoint(good))


def updates(suite: str) -> Iterator[Text]:
    """The tests of a suite that are about updates: that one is carried out, read, or refused."""
    good = {"UpdateEvaluationTest", "PositiveUpdateSyntaxTest", "PositiveUpdateSyntaxTest11"}
    for name, facts, test, types in _tests(suite, good | {"NegativeUpdateSyntaxTest", "NegativeUpdateSyntaxTest11"}):
        action = facts.one(test, f"{MF}action")
        address = facts.text(action, f"{UT}request") or facts.text(test, f"{MF}action")
        assert address is not None
        yield Text(name, content(address), not types.isdisjoint(good))


def graph_data(facts: Facts, test: Term | None, namespace: str) -> Iterator[tuple[str, str]]:
    """The named graphs of a test: of each its IRI, and that of its file."""
    for given in facts.all(test, f"{namespace}graphData"):
        file = facts.text(given, f"{namespace}graph") or facts.text(given, f"{namespace}data")
        if file is None:
            assert isinstance(given, NamedNode)
            file = given.value
        yield facts.text(given, f"{RDFS}label") or file, file


def holding(default: Iterable[str], named: Iterable[tuple[str, str]]) -> Holding:
    """The data in some files: those of the default graph, and of named graphs after the IRI of each."""
    graphs = dict(named)
    said = [quad for file in default for quad in quads(file)]
    for graph, file in graphs.items():
        said += [Quad(quad.subject, quad.predicate, quad.object, NamedNode(graph)) for quad in quads(file)]
    holding = [quad.graph_name.value for quad in said if isinstance(quad.graph_name, NamedNode)]
    return Holding(tuple(said), tuple(dict.fromkeys((*graphs, *holding))))


def _data(facts: Facts, action: Term | None, address: str, query: str) -> Holding:
    """The data of a query; where the manifest names none, they are the files that the query itself names."""
    default = [each.value for each in facts.all(action, f"{QT}data") if isinstance(each, NamedNode)]
    named = list(graph_data(facts, action, QT))
    if not default and not named:
        folder = address.rpartition("/")[0]
        chosen = (f"{folder}/{name}" for name in re.findall(r"\bFROM\s+(?:NAMED\s+)?<([^>:]+)>", query, re.IGNORECASE))
        named = [(each, each) for each in dict.fromkeys(chosen)]
    return holding(default, named)
