"""P4 to P7: what one answer costs over HTTP, beside servers that do the same, or less, on the very same data."""

from __future__ import annotations

import json
import re
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from bench import peers
from bench.driving import Load, Target, driven, loading, numbered, rows
from bench.filling import Size
from bench.measure import Row
from bench.processes import HOST, Server
from bench.querying import AT, KNOWN
from bench.registers import Registers
from regiolog.sync.statements.moments import resolve
from tests.processes import Served

_JSON: Final = "application/sparql-results+json"
_CLOCKS: Final = f"at={AT}&known={KNOWN}"
_SECONDS: Final = 1.0
_REGION: Final = "region-2"
_N_QUADS: Final = "application/n-quads"

_Starting = Callable[[bytes, Path], AbstractContextManager[Server]]


class _Question(NamedTuple):
    """A query that is asked over HTTP.

    Attributes:
        title: What it is called.
        texts: Its SPARQL; several where it is asked about one thing after another.
        meant: How many bytes of answer the goal is about.
    """

    title: str
    texts: list[str]
    meant: int


def small_answers(registers: Registers, size: Size, name: str, rounds: int) -> Iterator[Row]:
    """P4: small answers, each of another query, so that a worker makes them; and the same ones again."""
    with _beside(registers, size, peers.oxigraph) as side:
        regions = [row["key"]["value"] for row in side.answer("counts")["results"]["bindings"]]
        members = _query("members")
        questions = [
            _Question("ASK", [_query("ask")], 26),
            _Question("members of a region", [members.replace(_REGION, region) for region in sorted(regions)], 900),
        ]
        for question in questions:
            what = f"{question.title}, {_length(side.checked(question))}, {name}"
            yield from side.rows(question, "P4", f"{what}, by a worker", "oxigraph serve", at_least=0.25, rounds=rounds)
            yield from side.rows(
                question, "P4", f"{what}, asked again", "oxigraph serve", at_least=1.0, rounds=rounds, again=True
            )


def larger_answers(registers: Registers, size: Size, name: str, rounds: int) -> Iterator[Row]:
    """P5: larger answers, each of another query, so that a worker makes them."""
    with _beside(registers, size, peers.oxigraph) as side:
        for question, goal in _larger():
            length = side.checked(question)
            what = f"{question.title}, {_length(length)}, {name}, by a worker"
            # The goal is about answers of that length; of a much shorter one the request is the most of it.
            at_least = goal if length >= question.meant / 2 else None
            yield from side.rows(question, "P5", what, "oxigraph serve", at_least=at_least, rounds=rounds)


def beside_rdflib(registers: Registers, size: Size, name: str, rounds: int) -> Iterator[Row]:
    """P6: the same answers; ours of another query each time, the peer's of one that it has prepared before."""
    with _beside(registers, size, peers.rdflib_endpoint, "/") as side:
        for question, _ in _larger()[1:]:  # the two that the goal was set by
            length = side.checked(question)
            what = f"{question.title}, {_length(length)}, {name}, by a worker"
            at_least = 20 if length >= question.meant / 2 else None
            against = "rdflib-endpoint, the query prepared before"
            yield from side.rows(question, "P6", what, against, at_least=at_least, rounds=rounds)


def immutable_page(registers: Registers, size: Size, name: str, rounds: int) -> Iterator[Row]:
    """P7: a page of the feed that never changes, as harvesters ask for it, and uncompressed."""
    with Served(registers.copied(size)) as service, loading() as load:
        service.ready()
        ours = Server(service.process.pid, service.port)
        path = _page(ours)
        for coding in ("gzip", "identity"):
            page = _got(ours, path, _N_QUADS, coding)
            assert "immutable" in page.caching, f"{path} may change"
            with peers.nginx({"page": page.body}, _N_QUADS, registers.scratch("nginx")) as reference:
                assert _got(reference, "/page").body == page.body
                pairs = driven(
                    load,
                    Target(ours, [path], _N_QUADS, coding),
                    Target(reference, ["/page"]),
                    rounds=rounds,
                    seconds=_SECONDS,
                )
            what = f"{path}, {_length(len(page.body))}, {coding}, {name}"
            yield from rows(pairs, "P7", what, "nginx, the same bytes as a file", at_least=0.18)


def _page(server: Server) -> str:
    """The address of a full page in the middle of the first branch of the feed."""
    pages = feed_pages(_got(server, "/feed/branch/1", _N_QUADS).body)
    return pages[(len(pages) - 1) // 2]


def feed_pages(node: bytes) -> list[str]:
    """The paths of the nodes that a node of the feed leads to, from its N-Quads."""
    found = re.findall(rb"tree#node> <https?://[^/>]+(/[^>]+)>", node)
    return [path.decode() for path in dict.fromkeys(found)]


class _Side(NamedTuple):
    """Our service and a peer that holds the snapshot of one moment, both running, and a client."""

    ours: Server
    reference: Server
    path: str
    load: Load

    def answer(self, name: str) -> Any:
        """What our service answers to a query of the folder."""
        return json.loads(_got(self.ours, self._ours(_query(name)), _JSON).body)

    def checked(self, question: _Question) -> int:
        """Make sure that both answer the same, and return how long our answers are, in bytes, on average.

        Raises:
            RuntimeError: They do not.
        """
        length = 0
        for text in question.texts:
            here = _got(self.ours, self._ours(text), _JSON).body
            there = _got(self.reference, self._theirs(text), _JSON).body
            length += len(here)
            if content(here) != content(there):
                raise RuntimeError(f"{question.title} is answered otherwise: {here[:500]!r}, {there[:500]!r}")
        return length // len(question.texts)

    def rows(
        self,
        question: _Question,
        number: str,
        what: str,
        against: str,
        *,
        at_least: float | None,
        rounds: int,
        again: bool = False,
    ) -> Iterator[Row]:
        """Ask both in turn.

        Args:
            question: What is asked.
            number: The number of the goal.
            what: What was done, in words.
            against: What the reference is, in words.
            at_least: The goal.
            rounds: How many rounds.
            again: Whether the very same is asked again, so that it need not be made.
        """
        ours = [self._ours(text) for text in question.texts]
        if not again:
            ours = [numbered(path) for path in ours]
        pairs = driven(
            self.load,
            Target(self.ours, ours, _JSON),
            Target(self.reference, [self._theirs(text) for text in question.texts], _JSON),
            rounds=rounds,
            seconds=_SECONDS,
        )
        yield from rows(pairs, number, what, against, at_least=at_least)

    def _ours(self, text: str) -> str:
        return f"/sparql?{_CLOCKS}&query={quote(text)}"

    def _theirs(self, text: str) -> str:
        return f"{self.path}?query={quote(text)}"


class _Got(NamedTuple):
    media_type: str
    caching: str
    body: bytes


@contextmanager
def _beside(registers: Registers, size: Size, start: _Starting, path: str = "/query") -> Iterator[_Side]:
    history = registers.history(size)
    snapshot = history.triples(resolve(history, AT, KNOWN).key)
    history.close()
    with (
        start(snapshot, registers.scratch("peer")) as reference,
        Served(registers.copied(size)) as service,
        loading() as load,
    ):
        service.ready()
        yield _Side(Server(service.process.pid, service.port), reference, path, load)


def _larger() -> list[tuple[_Question, float]]:
    """The questions with larger answers, and the goal of each beside oxigraph."""
    return [
        (_Question("municipalities of four regions", [_query("neighbours")], 16_000), 0.55),
        (_Question("members of each region, counted", [_query("counts")], 16_000), 0.55),
        (_Question("municipalities of two provinces", [_query("names")], 156_000), 0.7),
    ]


def _query(name: str) -> str:
    return (Path(__file__).with_name("queries") / "served" / f"{name}.rq").read_text("utf-8")


def _got(server: Server, path: str, accept: str = "*/*", coding: str = "identity") -> _Got:
    headers = {"Accept": accept, "Accept-Encoding": coding}
    request = urllib.request.Request(f"http://{HOST}:{server.port}{path}", headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return _Got(answer.headers["Content-Type"], answer.headers["Cache-Control"] or "", answer.read())


def content(results: bytes) -> bool | Counter[tuple[tuple[str, ...], ...]]:
    """What SPARQL results in JSON say: yes or no, or the rows, in whatever order they came."""
    document = json.loads(results)
    if "boolean" in document:
        return bool(document["boolean"])
    return Counter(
        tuple(
            (name, term["type"], term["value"], term.get("xml:lang", ""), term.get("datatype", ""))
            for name, term in sorted(row.items())
        )
        for row in document["results"]["bindings"]
    )


def _length(count: int) -> str:
    return f"{count} B" if count < 1_000 else f"{count / 1_000:.1f} kB"
