"""Keeps a history in tiramemsu and answers queries about its moments; run by the python of the peers' environment.

The first line on stdin is the file of a new database, the second a file of transactions: on each line the position of
the journal, and what is done there. Every further line is one question, as JSON, and is answered by one line.
"""

from __future__ import annotations

import json
import sys
import time
from bisect import bisect_right
from collections.abc import Callable
from typing import Any

from tiramemsu import Database


def main() -> None:
    """Take the history in, and answer until there are no more questions."""
    lines = iter(sys.stdin)
    database = Database(next(lines).rstrip("\n"))
    positions, transactions = _taken_in(database, next(lines).rstrip("\n"))
    _say({"transactions": len(transactions)})
    for line in lines:
        question = json.loads(line)
        transaction = transactions[bisect_right(positions, question["position"]) - 1]
        view = database.as_of(tx=transaction).valid_at(question["day"])
        if question["repeat"]:
            _say(_timed(view, question["query"], question["repeat"]))
        else:
            rows = [[[name, _text(row.get(name))] for name in sorted(row)] for row in view.sparql(question["query"])]
            _say({"rows": rows})


def _taken_in(database: Database, path: str) -> tuple[list[int], list[int]]:
    """Which positions something was done at, and the transaction of each."""
    positions, transactions = [], []
    with open(path, encoding="utf-8") as file, database.bulk_import() as session:  # noqa: PTH123
        for line in file:
            position, operations = json.loads(line)
            positions.append(position)
            transactions.append(session.chunk(operations).t)
    return positions, transactions


def _timed(view: Any, query: str, repeat: int) -> dict[str, float]:
    """The CPU time of one answer, in seconds: as rows, and as the JSON that its native half makes them of."""
    return {
        "rows": _each(lambda: view.sparql(query), repeat),
        "text": _each(lambda: view._call("sparql", {"text": query}), repeat),
    }


def _each(work: Callable[[], object], repeat: int) -> float:
    started = time.process_time()
    for _ in range(repeat):
        work()
    return (time.process_time() - started) / repeat


def _text(value: Any) -> str:
    """A term without its type: tiramemsu makes Python's values of some."""
    for name in ("value", "lex"):
        if hasattr(value, name):
            return str(getattr(value, name))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _say(what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
