"""How the tests ask ``/sparql``, and read what it answers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Final

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

FORM: Final = "application/x-www-form-urlencoded"
QUERY: Final = "application/sparql-query"
UPDATE: Final = "application/sparql-update"

BASE: Final = "http://localhost:8000/"
PREFIXES: Final = """
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX geo: <http://www.opengis.net/ont/geosparql#>
PREFIX rl: <https://w3id.org/regiolog/ns#>
"""
COUNT: Final = f"{PREFIXES} SELECT (COUNT(DISTINCT ?m) AS ?n) WHERE {{ ?m a rl:Municipality }}"
"""How many municipalities there are: 308 on 2018-12-31, 300 on 2024-12-31, 285 today."""
ROWS: Final = f"{PREFIXES} SELECT ?s WHERE {{ ?s a rl:ReferenceRegion }} ORDER BY ?s LIMIT 2"
TRIPLES: Final = f"{PREFIXES} CONSTRUCT WHERE {{ ?s a rl:ReferenceRegion }}"
"""The fifteen regions."""
ANYTHING: Final = "ASK { ?s ?p ?o }"

Parameters = dict[str, str] | Iterable[tuple[str, str]]


def asked(client: FlaskClient, query: str, parameters: Parameters = (), **clocks: str) -> TestResponse:
    """Ask a query by GET, for rows as CSV; `parameters` are for names that are no words of Python."""
    more = list(parameters.items()) if isinstance(parameters, dict) else list(parameters)
    string = [("query", query), *more, *clocks.items()]
    pairs = {name: [value for each, value in string if each == name] for name, _ in string}
    return client.get("/sparql", query_string=pairs, headers={"Accept": "text/csv,*/*;q=0.1"})


def rows(client: FlaskClient, query: str, parameters: Parameters = (), **clocks: str) -> list[dict[str, str]]:
    """The rows that a query is answered with."""
    answer = asked(client, query, parameters, **clocks)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def number(client: FlaskClient, query: str, parameters: Parameters = (), **clocks: str) -> int:
    """The one number that a query is answered with, under the name n."""
    (row,) = rows(client, query, parameters, **clocks)
    return int(row["n"])


def yes(client: FlaskClient, query: str, parameters: Parameters = (), **clocks: str) -> bool:
    """Whether an ASK is answered with yes."""
    answer = asked(client, query, parameters, **clocks)
    assert answer.text in {"true", "false"}, answer.text
    return answer.text == "true"


def refused(answer: TestResponse, status: int, kind: str, words: str) -> None:
    """See that an answer is a problem of a kind, says why, and holds nothing else."""
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), answer.text
    assert answer.json is not None
    assert answer.json["type"] == f"/problems#{kind}"
    assert words in answer.json["detail"]
