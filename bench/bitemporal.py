"""T: questions at a moment beside tiramemsu, the one peer that has both clocks, on the very same statements."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from io import BytesIO
from pathlib import Path
from statistics import geometric_mean
from typing import Any, Final, NamedTuple

from pyoxigraph import Literal, NamedNode, QueryResultsFormat, QuerySolutions, RdfFormat, Store, parse

from bench.filling import Size
from bench.measure import CPU, Compared, Row, compared
from bench.peers import program
from bench.processes import clock
from bench.querying import AT, KNOWN, queries
from bench.registers import Registers
from bench.scoping import SELECTIVE
from regiolog.sync.queries.patterns import scope
from regiolog.sync.queries.question import Question
from regiolog.sync.queries.snapshots import Snapshots
from regiolog.sync.queries.workers import QueryWorkers
from regiolog.sync.statements.history import History, Timed
from regiolog.sync.statements.moments import resolve
from regiolog.sync.statements.statement import ALWAYS, NEVER, REGISTER
from tests.processes import family

_PEER: Final = "tiramemsu"
_JSON: Final = "application/sparql-results+json"
_EPOCH: Final = date(1970, 1, 1).toordinal()
_DAY: Final = 86_400_000
_ENOUGH: Final = 0.05
_AS_ROWS: Final = f"{_PEER}, as_of(tx).valid_at(day), to rows"

_Took = tuple[float, float, float]
"""What one answer took, in seconds: ours, the peer's as rows, the peer's as the JSON behind them."""


def beside_tiramemsu(registers: Registers, size: Size, name: str, rounds: int) -> Iterator[Row]:
    """T: the questions of P1 on a snapshot that is in memory, with nothing in memory, and in a worker."""
    history = registers.history(size)
    with _peer(history, registers.scratch(_PEER)) as peer:
        took = _compared(history, peer, rounds, _warm(history))
        yield from _rows(took, f"a snapshot in memory, {name}", dict.fromkeys(took, 1.0), 4)
        took = _compared(history, peer, rounds, _cold(history))
        yield from _rows(took, f"nothing in memory, {name}", dict.fromkeys(SELECTIVE, 1.0), 0.7)
        table = registers.journal(size) / "statements.sqlite"
        with QueryWorkers(table, spool=registers.scratch("spool"), size=1) as workers:
            yield from _means(_by_a_worker(history, workers, peer, rounds), f"a new moment, by a worker, {name}", None)
    history.close()


class _Peer(NamedTuple):
    """Tiramemsu in a process of its own, with the whole history in it."""

    process: subprocess.Popen[str]

    def ask(self, query: str, position: int, repeat: int = 0) -> dict[str, Any]:
        """The rows of an answer; or what it takes, when it is made so often."""
        return _told(self.process, {"query": query, "position": position, "day": AT, "repeat": repeat})


def transactions(history: History) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """The register's statements as what tiramemsu is told at each position: what to retract, and what to create.

    It numbers statements from 1 as they are created, which is how they are retracted.
    """
    terms: dict[str, dict[str, str]] = {}
    done: dict[int, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {}
    held = (each for each in history.ever(history.position) if each.statement.graph == REGISTER)
    for number, timed in enumerate(held, start=1):
        done.setdefault(timed.opened, ([], []))[1].append(_create(timed, terms))
        if timed.closed != NEVER:
            done.setdefault(timed.closed, ([], []))[0].append({"op": "retract", "eid": {"stmt": number}})
    for position in sorted(done):
        retracted, created = done[position]
        yield position, retracted + created


def _create(timed: Timed, terms: dict[str, dict[str, str]]) -> dict[str, Any]:
    statement = timed.statement
    operation: dict[str, Any] = {
        "op": "create",
        "s": _term(statement.subject, terms),
        "p": _term(statement.predicate, terms),
        "o": _term(statement.object, terms),
    }
    if statement.start != ALWAYS:
        operation["validFrom"] = (statement.start - _EPOCH) * _DAY
    if statement.end != NEVER:
        operation["validTo"] = (statement.end - _EPOCH) * _DAY
    return operation


def _term(text: str, terms: dict[str, dict[str, str]]) -> dict[str, str]:
    if text not in terms:
        triple = next(iter(parse(f"<urn:s> <urn:p> {text} .".encode(), format=RdfFormat.N_TRIPLES))).object
        assert isinstance(triple, NamedNode | Literal)
        if isinstance(triple, NamedNode):
            terms[text] = {"iri": triple.value}
        elif triple.language is not None:
            terms[text] = {"lex": triple.value, "lang": triple.language}
        else:
            terms[text] = {"lex": triple.value, "datatype": triple.datatype.value}
    return terms[text]


@contextmanager
def _peer(history: History, scratch: Path) -> Iterator[_Peer]:
    python = program("python", _PEER)
    file = scratch / "transactions.jsonl"
    with file.open("w", encoding="utf-8") as lines:
        lines.writelines(json.dumps(each) + "\n" for each in transactions(history))
    command: list[str | Path] = [python, "-P", Path(__file__).with_name("tiramemsu_peer.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdin is not None
            process.stdin.write(f"{scratch / 'peer.db'}\n")
            _told(process, None, f"{file}\n")
            yield _Peer(process)
        finally:
            process.kill()


def _told(process: subprocess.Popen[str], question: object, line: str | None = None) -> dict[str, Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(line or json.dumps(question) + "\n")
    process.stdin.flush()
    answer = process.stdout.readline()
    if not answer:
        raise RuntimeError(f"{_PEER} ended; what it said stands above")
    found: dict[str, Any] = json.loads(answer)
    return found


def _compared(
    history: History, peer: _Peer, rounds: int, ours: Callable[[str], Callable[[], bytes]]
) -> dict[str, list[_Took] | None]:
    """What the questions of P1 take in each round; None for one that is answered otherwise."""
    position = resolve(history, AT, KNOWN).position
    took: dict[str, list[_Took] | None] = {}
    for query, text in queries().items():
        answer = ours(text)
        took[query] = None
        if content(answer()) == _content(peer.ask(text, position)):
            repeat = _repeat(answer)
            rounds_of = [_round(answer, text, position, peer, repeat) for _ in range(rounds + 1)]
            took[query] = rounds_of[1:]
    return took


def _round(answer: Callable[[], bytes], text: str, position: int, peer: _Peer, repeat: int) -> _Took:
    started = CPU()
    for _ in range(repeat):
        answer()
    ours = (CPU() - started) / repeat
    theirs = peer.ask(text, position, max(1, repeat // 4))
    return ours, theirs["rows"], theirs["text"]


def _warm(history: History) -> Callable[[str], Callable[[], bytes]]:
    key, snapshots = resolve(history, AT, KNOWN).key, Snapshots(history)
    return lambda text: lambda: _answer(snapshots.store(key), text)


def _cold(history: History) -> Callable[[str], Callable[[], bytes]]:
    key = resolve(history, AT, KNOWN).key

    def asked(text: str) -> Callable[[], bytes]:
        read = scope(text, history.base_iri)
        return lambda: _answer(Snapshots(history).store(key, scope=lambda: read), text)

    return asked


def _by_a_worker(history: History, workers: QueryWorkers, peer: _Peer, rounds: int) -> dict[str, list[_Took] | None]:
    """Each question at as many moments as there are rounds, none of which was asked about before.

    The positions go down, so that no store of an earlier one can be brought forward. All processes of ours count.
    """
    servers = family(os.getpid()) - {peer.process.pid}
    day, last = date.fromisoformat(AT), history.position
    texts = queries()
    steps = len(texts) * (rounds + 1)
    positions = iter(range(last, last // 3, -(last * 2 // 3 // steps)))
    took: dict[str, list[_Took] | None] = {}
    for query, text in texts.items():
        rounds_of: list[_Took] = []
        same = True
        for _ in range(rounds + 1):
            key = history.key(day, next(positions))
            question = Question(query=text, default=key, formats={"select": _JSON})
            started = sum(map(clock, servers))
            answer = workers.ask(question).read()
            ours = sum(map(clock, servers)) - started
            theirs = peer.ask(text, key.position, 1)
            same = same and content(answer) == _content(peer.ask(text, key.position))
            rounds_of.append((ours, theirs["rows"], theirs["text"]))
        took[query] = rounds_of[1:] if same else None  # the first time a query is read, which later ones need not
    return took


def _rows(took: dict[str, list[_Took] | None], how: str, least: dict[str, float], mean: float) -> Iterator[Row]:
    """A line for each question, and one for all of them; one that was answered otherwise is refused, and so is that.

    Args:
        took: What they took.
        how: How they were asked.
        least: The goal of each that has one.
        mean: The goal of all of them.
    """
    for query, found in took.items():
        what = f"{query} at a moment, {how}"
        if found is None:
            yield Row("T", f"{what}: refused", 0, None, "ms", f"{_PEER}, which answers otherwise")
            continue
        yield compared([(ours, theirs) for ours, theirs, _ in found]).row(
            "T", what, _AS_ROWS, at_least=least.get(query), speed=True
        )
    yield from _means(took, how, mean)


def _means(took: dict[str, list[_Took] | None], how: str, least: float | None) -> Iterator[Row]:
    """Two lines for all questions, where none was refused: beside rows, and beside the JSON that they are made of."""
    found = [each for each in took.values() if each is not None]
    if len(found) < len(took):
        return
    rows = [compared([(ours, theirs) for ours, theirs, _ in each]) for each in found]
    texts = [compared([(ours, text) for ours, _, text in each]) for each in found]
    yield _mean(rows).row("T", f"  geometric mean, {how}", _AS_ROWS, at_least=least, speed=True)
    yield _mean(texts).row("", "  … to JSON on both sides", "the JSON that it makes its rows of", speed=True)


def _mean(found: list[Compared]) -> Compared:
    return Compared(
        geometric_mean(each.ours for each in found),
        geometric_mean(each.reference for each in found),
        geometric_mean(each.ratio for each in found),
        None,
    )


def _answer(store: Store, query: str) -> bytes:
    found = store.query(query)
    assert isinstance(found, QuerySolutions)
    written = BytesIO()
    found.serialize(written, format=QueryResultsFormat.JSON)
    return written.getvalue()


def content(results: bytes) -> Counter[tuple[tuple[str, str], ...]]:
    """The rows of SPARQL results in JSON, in whatever order; of each term its text."""
    rows = json.loads(results)["results"]["bindings"]
    return Counter(tuple((name, term["value"]) for name, term in sorted(row.items())) for row in rows)


def _content(answer: dict[str, Any]) -> Counter[tuple[tuple[str, str], ...]]:
    return Counter(tuple((name, text) for name, text in row) for row in answer["rows"])


def _repeat(work: Callable[[], object]) -> int:
    """How often to do something for it to be measured."""
    started = CPU()
    work()
    return max(4, min(400, round(_ENOUGH / max(CPU() - started, 1e-6))))
