"""The W3C's tests of the SPARQL Protocol: requests to the letter, and what is to come of each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from pyoxigraph import Literal, NamedNode

from tests.conformance.suite import MF, UT, Facts, Holding, Term, graph_data, holding, manifest

HT: Final = "http://www.w3.org/2011/http#"
CNT: Final = "http://www.w3.org/2011/content#"

MANIFEST: Final = "sparql11/protocol/manifest"

_ENDPOINT: Final = "/sparql/"
"""What stands in all addresses of the manifest for the address of the endpoint."""


class Request(NamedTuple):
    """What is sent.

    Attributes:
        method: Of HTTP.
        path: The address behind that of the endpoint: what is asked.
        headers: Those of the manifest, with the host.
        body: The bytes; None when there is none.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes | None


class Wanted(NamedTuple):
    """What is to come of a request.

    Attributes:
        statuses: The statuses of which it may have one, as ``2xx``.
        form: ``boolean``, ``tabular`` or ``RDF``; empty when it does not matter.
        truth: The answer to ``ASK``; None when it does not matter.
    """

    statuses: tuple[str, ...]
    form: str
    truth: bool | None


class Conversation(NamedTuple):
    """A test.

    Attributes:
        name: Its name.
        graphs: The named graphs that are there before: of each its IRI, and that of its file.
        exchanges: The requests in turn, each with what is to come of it.
    """

    name: str
    graphs: tuple[tuple[str, str], ...]
    exchanges: tuple[tuple[Request, Wanted], ...]

    @property
    def is_about_updates(self) -> bool:
        """Whether it asks for something to be changed; only the names tell."""
        return "update" in self.name


def conversations() -> Iterator[Conversation]:
    """All tests, in order."""
    facts = manifest(MANIFEST)
    for name, test, types in facts.tests():
        assert types == {"ProtocolTest"}
        action = facts.one(test, f"{MF}action")
        requests = facts.members(facts.one(action, f"{HT}requests"))
        host = facts.text(action, f"{HT}connectionAuthority") or ""
        exchanges = tuple((_request(facts, each, host), _wanted(facts, each)) for each in requests)
        yield Conversation(name.rpartition("#")[2], tuple(graph_data(facts, test, UT)), exchanges)


def preloaded(tests: Iterable[Conversation]) -> Holding:
    """The graphs of tests, all at once: none of them changes anything, and no two mean another graph by one name."""
    files = {(graph, file) for each in tests for graph, file in each.graphs}
    assert len(dict(files)) == len(files)
    return holding((), sorted(files))


def _request(facts: Facts, request: Term, host: str) -> Request:
    method, address = facts.text(request, f"{HT}methodName"), facts.text(request, f"{HT}absolutePath")
    assert method is not None
    assert address is not None
    assert address.startswith(_ENDPOINT)
    headers = {"Host": host} | dict(_headers(facts, request))
    body = facts.one(request, f"{HT}body")
    text = facts.text(body, f"{CNT}chars")
    encoding = facts.text(body, f"{CNT}characterEncoding") or "UTF-8"
    return Request(method, address.removeprefix(_ENDPOINT), headers, None if text is None else text.encode(encoding))


def _headers(facts: Facts, message: Term) -> Iterator[tuple[str, str]]:
    for header in facts.members(facts.one(message, f"{HT}headers")):
        name, value = facts.text(header, f"{HT}fieldName"), facts.text(header, f"{HT}fieldValue")
        assert name is not None
        assert value is not None
        yield name, value


def _wanted(facts: Facts, request: Term) -> Wanted:
    response = facts.one(request, f"{HT}resp")
    statuses = []
    for each in facts.all(response, f"{MF}expectedStatus"):
        assert isinstance(each, NamedNode)
        named = re.search(r"#StatusCode(\dxx)$", each.value)
        statuses.append(named[1] if named else each.value)
    truth = facts.one(response, f"{MF}expectedBoolean")
    assert truth is None or isinstance(truth, Literal)
    return Wanted(
        tuple(statuses),
        facts.text(response, f"{MF}expectedFormat") or "",
        None if truth is None else truth.value == "true",
    )
