"""The past of sources, as a service that begins takes it in and tells of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from regiolog.events.recording import record
from regiolog.publisher.harvests.past import Past
from regiolog.sync.folder import Folder
from regiolog.sync.harvest.declared import read_source
from regiolog.sync.harvest.runs import Runs
from regiolog.sync.sources.source import Source
from tests.builders import small_register, tell
from tests.harvest.lists import declaration, regions_csv


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    """A register that has just begun, in which nothing has happened live."""
    with closing(Folder(tmp_path / "data", create=True)) as folder:
        known = {"known_from": "2020-06-01", "known_basis": "published"}
        tell(folder.journal, *({**each, **known} for each in small_register()))
        yield folder


def series(place: Path, name: str, **versions: bytes) -> Source:
    """A source that is a series, of which some versions are there."""
    for day, body in versions.items():
        (place / name).mkdir(exist_ok=True)
        (place / name / f"{day.removeprefix('of_').replace('_', '-')}.csv").write_bytes(body)
    given = declaration(series={"folder": name, "pattern": r"(?P<date>\d{4}-\d\d-\d\d)\.csv"}, said_by=name)
    del given["location"]
    return read_source(name, given, place)[0]


def test_it_tells_what_became_of_each_series(folder: Folder, tmp_path: Path) -> None:
    """What came in, where one stopped and why, and which is not there; what stopped one waits in the quarantine."""
    sources = {
        "goed": series(tmp_path, "goed", of_2021_01_01=regions_csv(), of_2021_02_01=regions_csv()),
        "half": series(tmp_path, "half", of_2021_01_01=regions_csv(), of_2021_02_01=b"code,region\n"),
        "weg": series(tmp_path, "weg"),
        "los": read_source("los", declaration(), tmp_path)[0],
    }
    past = Past(sources)
    record(folder.journal, past.versions)
    good, half, gone = past.remembered(folder)
    assert good == "the series goed: 2 versions, 6 claims made, 0 withdrawn"
    assert half.startswith("the series half: 1 version, 6 claims made, 0 withdrawn; it stopped at the next one")
    assert gone == "the series weg cannot be read now: `regiolog sync weg` says why"
    assert [each.name for each in Runs(folder.path).quarantine()] == ["half"]


def test_without_series_there_is_nothing_to_tell(folder: Folder, tmp_path: Path) -> None:
    """And no memory of harvests is made."""
    past = Past({"los": read_source("los", declaration(), tmp_path)[0]})
    assert (list(past.versions), list(past.remembered(folder))) == ([], [])
    assert not (folder.path / "harvest.sqlite").exists()
