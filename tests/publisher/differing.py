"""Where sources and register differ, as the named query tells it over HTTP."""

from __future__ import annotations

import csv
import io

from flask.testing import FlaskClient


def divergences(client: FlaskClient, **moment: str) -> list[dict[str, str]]:
    """Where source and register differ at a moment."""
    answer = client.get("/query/divergences.csv", query_string=moment)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))
