"""Disagreement (onenigheid): how many divergences the register has now with each source."""

from __future__ import annotations

import csv
import io
from collections import Counter
from contextlib import closing
from typing import Final

from regiolog.publisher.negotiation import CSV
from regiolog.publisher.queries import QUERIES
from regiolog.publisher.service import query_workers
from regiolog.publisher.settings import Settings
from regiolog.publisher.sparql import dataset
from regiolog.sync.folder import Folder
from regiolog.sync.queries.question import Question
from regiolog.sync.statements.history import History
from regiolog.sync.statements.moments import resolve

_NAME: Final = "divergences"


def divergences(settings: Settings, folder: Folder, history: History) -> Counter[str]:
    """Ask the named query of divergences about now, as far as the statements are, and count its rows by source.

    Raises:
        QueryRejected: It is not answered.
    """
    query = QUERIES[_NAME]
    assert query.ranges is not None
    moment = resolve(history, None, None, clock=folder.clock)
    graphs = dataset.standing(history, query.ranges, moment)
    question = Question(
        query=query.filled({"at": moment.at.isoformat()}),
        default=moment.key,
        named={graph: dataset.portion(graph, history, moment, folder.clock) for graph in graphs},
        formats={"select": CSV.media_type},
        base_iri=history.base_iri,
    )
    with closing(query_workers(settings, folder, size=1)) as workers:
        rows = csv.DictReader(io.StringIO(workers.ask(question).read().decode(), newline=""))
        return Counter(row["source"] for row in rows)
