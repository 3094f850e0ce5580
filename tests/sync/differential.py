"""Asks random queries of a part of a snapshot and of the whole, and sees that the answers are the same."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pyoxigraph import QueryBoolean, QuerySolutions, RdfFormat, Store, parse

from regiolog.ontology.terms import RDF_TYPE
from regiolog.sync.queries.patterns import scope
from regiolog.sync.queries.scoped import triples_for
from regiolog.sync.statements.history import History, SnapshotKey
from regiolog.sync.statements.statement import ALWAYS, NEVER, REGISTER, Statement, iri
from tests.sync.random_queries import LITERALS, Asked, Vocabulary, query
from tests.sync.tables import write

BASE: Final = "http://x.example.org/"
_RDF: Final = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#{}>"
_QUERIES: Final = 500
"""How many are asked of each register."""
_EVENTS: Final = 5


def compare(seed: int, count: int) -> Counter[str]:
    """Ask so many queries of random registers.

    Args:
        seed: Where registers and queries come from.
        count: How many queries.

    Returns:
        How many were ``asked``: of these were answered from a part of the snapshot (``scoped``), or from all of it
        though it was taken by its parts (``all``); had no scope (``not understood``), or none that an index finds
        (``not selective``); or were no query (``refused``). And how many of the answers say something (``answered``).
    """
    chance = random.Random(seed)
    found: Counter[str] = Counter()
    while found["asked"] < count:
        with tempfile.TemporaryDirectory() as path:
            file = Path(path) / "statements.sqlite"
            words = make(file, chance)
            history = History.open(file)
            keys = [SnapshotKey(chance.randrange(4), chance.randint(1, _EVENTS), 1) for _ in range(4)]
            found += ask(history, keys, words, chance, min(_QUERIES, count - found["asked"]))
            history.close()
    return found


def ask(
    history: History, keys: Sequence[SnapshotKey], words: Vocabulary, chance: random.Random, count: int
) -> Counter[str]:
    """Ask so many queries of one register at some moments; the same things are counted.

    Raises:
        AssertionError: An answer is not the same.
    """
    found: Counter[str] = Counter()
    whole = {key: history.triples(key) for key in keys}
    full = {key: _store(triples) for key, triples in whole.items()}
    for _ in range(count):
        found["asked"] += 1
        key, asked = chance.choice(keys), query(words, chance)
        read = scope(asked.text, BASE)
        if read is None:
            found["not understood"] += 1
            continue
        part = triples_for(history, key, read, chance.choice((20, 10_000, 10_000)))
        if part is None:
            found["not selective"] += 1
            continue
        lines = part.count(b"\n")
        assert set(part.splitlines()) <= set(whole[key].splitlines()), f"of another moment: {asked.text}"
        try:
            right = answer(full[key], asked)
        except SyntaxError:
            found["refused"] += 1
            continue
        given = answer(_store(part), asked)
        assert given == right, f"at {key}, from {lines} statements: {asked.text}\n{given}\ninstead of\n{right}"
        found["scoped" if lines < whole[key].count(b"\n") else "all"] += 1
        found["answered"] += right not in ([], True, False)
    return found


def answer(store: Store, asked: Asked) -> bool | Sequence[str]:
    """What a store answers: yes or no, rows, or triples; sorted unless the query sorts them."""
    results = store.query(asked.text, base_iri=BASE)
    if isinstance(results, QueryBoolean):
        return bool(results)
    if isinstance(results, QuerySolutions):
        rows = [str(row) for row in results]
        return rows if asked.is_ordered else sorted(rows)
    return sorted({str(triple) for triple in results})


def vocabulary(triples: bytes) -> Vocabulary:
    """The terms of a graph in N-Triples."""
    there = []
    for line in sorted(triples.decode().splitlines()):
        subject, predicate, value = line.removesuffix(" .").split(" ", 2)
        there.append((subject, predicate, value))
    subjects = sorted({subject for subject, _, _ in there})
    predicates = sorted({predicate for _, predicate, _ in there})
    classes = sorted({value for _, predicate, value in there if predicate == iri(RDF_TYPE)})
    return Vocabulary(subjects, predicates, [value for _, _, value in there], classes, there)


def make(file: Path, chance: random.Random) -> Vocabulary:
    """Write a random register: a few things that say much of each other, some of it only for a while."""
    subjects = [iri(f"{BASE}s{number}") for number in range(chance.randint(3, 9))]
    predicates = [iri(f"{BASE}p{number}") for number in range(chance.randint(2, 5))]
    classes = [iri(f"{BASE}C"), iri(f"{BASE}D"), iri(f"{BASE}s1")]
    literals = chance.sample(LITERALS, chance.randint(1, 10))
    objects = [*subjects, *subjects, *literals, predicates[0]]

    def said() -> Statement:
        kind = chance.random()
        start = chance.choice((ALWAYS, ALWAYS, 1, 2))
        end = chance.choice((NEVER, NEVER, 2, 3))
        about = chance.choice(subjects) if kind < 0.95 else predicates[-1]
        if kind < 0.1:
            return Statement(REGISTER, about, iri(RDF_TYPE), chance.choice(classes), start, end)
        if kind < 0.13:
            return Statement(REGISTER, about, _RDF.format("rest"), _RDF.format("nil"), start, end)
        if kind < 0.16:
            return Statement(REGISTER, about, _RDF.format("first"), chance.choice(objects), start, end)
        graph = REGISTER if kind < 0.9 else iri(f"{BASE}elsewhere")
        return Statement(graph, about, chance.choice(predicates), chance.choice(objects), start, end)

    opening: dict[int, list[Statement]] = {}
    closing: dict[int, list[Statement]] = {}
    believed: set[Statement] = set()
    for position in range(1, _EVENTS + 1):
        told = {said() for _ in range(chance.randint(5, 40))}
        opening[position] = sorted(told - believed)
        closing[position] = sorted(each for each in told & believed if each.start < 3)
        believed = (believed | told) - set(closing[position])
    write(file, opening, closing)
    there = [(each.subject, each.predicate, each.object) for each in sorted(believed) if each.graph == REGISTER]
    return Vocabulary(subjects, predicates, objects, classes, there)


def _store(triples: bytes) -> Store:
    store = Store()
    store.extend(parse(triples, format=RdfFormat.N_TRIPLES, lenient=True))
    return store
