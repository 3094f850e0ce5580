"""What tiramemsu is told of a history holds at each moment what our snapshot of that moment holds."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from bench.bitemporal import transactions
from bench.filling import Hand, Size, fill
from bench.generator import generate
from regiolog.sync.folder import Folder

_EPOCH = date(1970, 1, 1)


def test_what_it_is_told_holds_what_our_snapshots_hold(tmp_path: Path) -> None:
    """At random days and positions of a made-up register, in what is created and retracted up to there."""
    clock = Hand()
    folder = Folder(tmp_path, create=True, clock=clock)
    head = fill(folder.journal, clock, generate(Size(30, 300), 5))
    history = folder.history()
    told = list(transactions(history))
    random = Random(1)
    for _ in range(40):
        day, position = date(1990, 1, 1) + timedelta(random.randrange(13_000)), random.randint(1, head)
        triples = parse(history.triples(history.key(day, position)), format=RdfFormat.N_TRIPLES)
        ours = {(_json(each.subject), _json(each.predicate), _json(each.object)) for each in triples}
        assert _held(told, day, position) == ours
    assert ours
    history.close()
    folder.close()


def _held(told: list[tuple[int, list[dict[str, Any]]]], day: date, position: int) -> set[tuple[str, ...]]:
    """What is believed after a position, and holds on a day, of what is told up to there."""
    believed: dict[int, dict[str, Any]] = {}
    created = 0
    for at, operations in told:
        if at > position:
            break
        for operation in operations:
            if operation["op"] == "create":
                created += 1
                believed[created] = operation
            else:
                del believed[operation["eid"]["stmt"]]
    instant = (day - _EPOCH).days * 86_400_000
    return {
        tuple(str(sorted(each[part].items())) for part in "spo")
        for each in believed.values()
        if each.get("validFrom", instant) <= instant < each.get("validTo", instant + 1)
    }


def _json(term: object) -> str:
    assert isinstance(term, NamedNode | Literal)
    if isinstance(term, NamedNode):
        return str([("iri", term.value)])
    kind = ("lang", term.language) if term.language else ("datatype", term.datatype.value)
    return str(sorted([("lex", term.value), kind]))
