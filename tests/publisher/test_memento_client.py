"""A client of Memento that is not ours, LANL's ``memento_client``, against a service that runs."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import requests
from memento_client import MementoClient

from regiolog.publisher.service import Service
from tests.processes import Served, prepared

CALLED = "http://127.0.0.1:9/"
"""Where the client would look for a TimeGate if we named none: nobody listens there."""

TOWN = "<https://data.vlaanderen.be/id/gemeente/11056>"
WITHIN = "<http://www.opengis.net/ont/geosparql#sfWithin>"


@pytest.fixture(scope="module")
def served(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The Flemish register on a free port."""
    data = prepared(service.settings.data, tmp_path_factory.mktemp("memento") / "data")
    with Served(data) as running:
        assert running.ready().status == 200
        yield running


def found(served: Served, path: str, known: str) -> dict[str, Any]:
    """What the client finds of an address; its times are in UTC, and do not say so."""
    with requests.Session() as session:
        client = MementoClient(CALLED, session=session)
        info: dict[str, Any] = client.get_memento_info(served.url + path, datetime.fromisoformat(known))
    return info


def regions(served: Served, address: str) -> list[str]:
    """In which regions Zwijndrecht lies by a document, which says so of the province too."""
    said = served.get(address.removeprefix(served.url), accept="application/n-triples").text
    return [each for each in re.findall(f"{re.escape(f'{TOWN} {WITHIN}')} <(.*)> \\.", said) if "province" not in each]


@pytest.mark.parametrize(
    ("path", "asked", "memento", "known", "region"),
    [
        (
            "doc/municipality/11056",
            "2022-12-10T12:00:00",
            "doc/municipality/11056/2022-12-06/2022-12-05T23:00:00Z",
            "2022-12-05T23:00:00",
            "regio-antwerpen",
        ),
        (
            "doc/municipality/11056/2023-04-01",
            "2023-03-01T00:00:00",
            "doc/municipality/11056/2023-04-01/2022-12-21T23:00:00Z",
            "2022-12-21T23:00:00",
            "regio-antwerpen",
        ),
        (
            "doc/municipality/11056?at=2023-04-01",
            "2023-03-10T00:00:00",
            "doc/municipality/11056/2023-04-01/2023-03-08T23:00:00Z",
            "2023-03-08T23:00:00",
            "waasland",
        ),
        (
            "doc/municipality/11056",
            "2026-01-01T00:00:00",
            "doc/municipality/11056/2025-01-20/2025-01-19T23:00:00Z",
            "2025-01-19T23:00:00",
            None,
        ),
    ],
)
def test_the_client_finds_the_region_of_a_municipality_as_it_was_known(
    served: Served, path: str, asked: str, memento: str, known: str, region: str | None
) -> None:
    """Through our own TimeGate, and what it finds says what the register says of that moment."""
    info = found(served, path, asked)
    original = path.replace("?at=", "/")
    closest = info["mementos"]["closest"]
    assert info["timegate_uri"] == f"{served.url}timegate/{original}"
    assert closest == {
        "uri": [served.url + memento],
        "datetime": datetime.fromisoformat(known),
        "http_status_code": 200,
    }
    at, instant = memento.split("/")[-2:]
    text = served.get("query/region-of.csv", nis="11056", at=at, known=instant).text
    expected = [row for row in csv.DictReader(io.StringIO(text)) if row["region"]]
    assert [row["region_key"] for row in expected] == ([] if region is None else [region])
    assert regions(served, closest["uri"][0]) == [row["region"] for row in expected]


@pytest.mark.parametrize(
    ("asked", "municipalities"),
    [
        ("2024-04-01T00:00:00", 300),
        ("2024-09-01T00:00:00", 285),
    ],
)
def test_the_client_finds_the_graph_of_a_day_as_it_was_known(served: Served, asked: str, municipalities: int) -> None:
    """The municipalities of February 2025, before and after the decrees of April 2024 that merged them."""
    info = found(served, "graph/2025-02-01.nt", asked)["mementos"]
    (address,) = info["closest"]["uri"]
    assert address.startswith(f"{served.url}graph/2025-02-01/")
    assert (
        info["first"]["datetime"]
        < info["prev"]["datetime"]
        < info["closest"]["datetime"]
        <= datetime.fromisoformat(asked)
    )
    assert datetime.fromisoformat(asked) < info["next"]["datetime"] <= info["last"]["datetime"]
    text = served.get(address.removeprefix(served.url)).text
    assert text.count("<https://w3id.org/regiolog/ns#Municipality> .") == municipalities


def test_the_client_finds_the_original_from_a_memento(served: Served) -> None:
    """Whoever has only the address of a memento can go on from there."""
    memento = found(served, "graph/now", "2022-12-10T00:00:00")["mementos"]["closest"]["uri"][0]
    info = found(served, memento.removeprefix(served.url), "2024-05-01T00:00:00")
    assert info["original_uri"] == f"{served.url}graph/now"
    assert info["mementos"]["closest"]["uri"] == [f"{served.url}graph/2024-04-19/2024-04-18T22:00:00Z"]
