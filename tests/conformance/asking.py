"""Asks the tests of a running service, each once, and says what came of it."""

from __future__ import annotations

from typing import Literal, NamedTuple

from tests.conformance.exchanges import Request, Wanted
from tests.conformance.foreign import Endpoint, Reply
from tests.conformance.results import Agreement, accepting, agreement, answered, expected
from tests.conformance.suite import Evaluation, Text

TABLES = {"application/sparql-results+xml", "application/sparql-results+json"}
FORMS = {
    "": None,
    "boolean": TABLES,
    "tabular": TABLES | {"text/csv", "text/tab-separated-values"},
    "RDF": {"application/rdf+xml", "text/turtle", "application/n-triples"},
}
"""The media types that the tests of the protocol take for an answer of each kind; None takes any."""


class Outcome(NamedTuple):
    """What came of asking a query.

    Attributes:
        agreement: How the answer agrees with the right one; ``refused`` when the query was not read.
        said: The answer, for a person.
    """

    agreement: Agreement | Literal["refused"]
    said: str

    @property
    def is_right(self) -> bool:
        """Whether the test is passed."""
        return self.agreement in {"same", "same in value"}


class Asking:
    """A service that tests are asked of; what it says is kept.

    Args:
        endpoint: The service.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        """Begin with nothing asked."""
        self.endpoint = endpoint
        self._evaluated: dict[str, Outcome] = {}
        self._read: dict[str, Reply] = {}

    def evaluated(self, suite: str, test: Evaluation) -> Outcome:
        """How a query of an evaluation test was answered.

        Raises:
            AssertionError: It was neither answered, nor refused as no query.
        """
        about = f"{suite}/{test.name}"
        if about not in self._evaluated:
            self._evaluated[about] = self._evaluate(test, about)
        return self._evaluated[about]

    def _evaluate(self, test: Evaluation, about: str) -> Outcome:
        query = f"BASE <{test.address}>\n{test.query}"
        reply = self.endpoint.ask(query.encode(), accepting(test.result), about)
        if reply.status == 400:
            return Outcome("refused", str(reply))
        assert reply.status == 200, reply
        got = answered(reply.media_type, reply.body)
        return Outcome(agreement(got, expected(test.result), is_lax=test.is_lax), str(got))

    def read(self, suite: str, test: Text) -> Reply:
        """What the service says to a text, sent as a query."""
        about = f"{suite}/{test.name}"
        if about not in self._read:
            self._read[about] = self.endpoint.ask(test.text, "*/*")
        return self._read[about]

    def sent(self, request: Request) -> Reply:
        """What the service answers to a request of a protocol test, sent as it stands."""
        return self.endpoint.send(request.method, f"/sparql{request.path}", request.headers, request.body)


def is_read(test: Text, reply: Reply) -> bool:
    """Whether a good text was read, and a bad one was not, by the answer to it; updates are forbidden unread."""
    return reply.status != 400 if test.is_good else reply.status in {400, 403}


def is_as_wanted(reply: Reply, wanted: Wanted) -> bool:
    """Whether an answer is what a test of the protocol wants."""
    if f"{reply.status // 100}xx" not in wanted.statuses:
        return False
    forms = FORMS[wanted.form]
    if forms is not None and reply.media_type not in forms:
        return False
    return wanted.truth is None or answered(reply.media_type, reply.body) is wanted.truth
