"""What is served conforms to its own shapes, at twenty moments of both clocks, graph by graph.

`make test` looks at the first five of them, `make soak` at all.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pyshacl import validate
from rdflib import Graph

from regiolog.ontology import documents
from tests.journeys.conftest import Served

MOMENTS = [
    ("2025-02-19", "2025-02-20"),
    ("2021-06-01", "2021-06-01"),
    ("2022-12-03", "2022-12-03"),
    ("2018-01-01", "2018-01-01"),
    ("2018-12-31", "2026-01-01"),
    ("2019-01-01", "2018-04-25"),
    ("2020-05-08", "2020-05-08"),
    ("2021-01-01", "2020-10-09"),
    ("2021-03-11", "2026-01-01"),
    ("2021-03-12", "2021-03-12"),
    ("2022-02-03", "2026-01-01"),
    ("2022-02-04", "2022-02-06"),
    ("2022-02-04", "2022-02-07"),
    ("2022-06-14", "2022-06-14"),
    ("2022-12-22", "2022-12-22"),
    ("2023-03-18", "2023-03-09"),
    ("2023-03-19", "2026-01-01"),
    ("2023-08-29", "2023-08-29"),
    ("2024-12-31", "2024-09-01"),
    ("2026-03-09", "2026-03-09"),
]


@pytest.fixture(scope="module")
def shapes() -> Graph:
    """The shapes, parsed once."""
    return documents.shapes()


def conforms(served: Served, shapes: Graph, path: str, **moment: str) -> bool:
    """See that a graph breaks no shape; False when it was not there yet."""
    answer = served.get(path, **moment)
    if answer.status_code == 404:
        return False
    assert answer.status_code == 200, answer.text
    data = Graph().parse(data=answer.text, format="nt")
    right, _, report = validate(data, shacl_graph=shapes, inference="none")
    assert right, f"{path} {moment}: {report[:2000]}"
    return True


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_every_graph_conforms_at_every_moment(
    served: Served, shapes: Graph, at_length: Callable[[int, int], int]
) -> None:
    """The register's snapshot, what each source says, and what was proposed."""
    assert len(MOMENTS) == 20
    seen = set()
    for at, known in MOMENTS[: at_length(5, 20)]:
        assert conforms(served, shapes, f"graph/{at}/{known}.nt")
        for source in ("abb", "pinc"):
            if conforms(served, shapes, f"graph/source/{source}.nt", at=at, known=known):
                seen.add(source)
        if conforms(served, shapes, "graph/proposal/VR-2020-10-09.nt", known=known):
            seen.add("proposal")
    assert seen == {"abb", "pinc", "proposal"}


@pytest.mark.parametrize(
    "thing",
    [
        "municipality/11056",
        "region/middenkust",
        "decision/VR-2020-10-09",
        "cooperation/65EB0324E77A4F2289F6B63D",
        "event/33",
        "event/64",
    ],
)
def test_histories_conform(served: Served, shapes: Graph, thing: str) -> None:
    """Statements with their events, of things of every kind."""
    assert conforms(served, shapes, f"graph/history/{thing}.nt")


def test_a_municipality_without_its_region_is_found(served: Served, shapes: Graph) -> None:
    """From the decision on Limburg on, a snapshot in which one municipality has no region breaks a shape."""
    text = served.get("graph/2022-02-04/2022-02-07.nt").text
    gent = "<https://data.vlaanderen.be/id/gemeente/44021> <http://www.opengis.net/ont/geosparql#sfWithin> <http://data"
    data = Graph().parse(data="\n".join(line for line in text.splitlines() if not line.startswith(gent)), format="nt")
    right, _, report = validate(data, shacl_graph=shapes, inference="none")
    assert not right
    assert "gemeente/44021" in report
