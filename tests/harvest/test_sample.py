"""The sample settings for the real publishers can be read, and fit what those publishers published."""

from __future__ import annotations

import csv
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from regiolog.publisher.beginning import load_archive
from regiolog.publisher.settings import read_settings
from regiolog.sync.folder import Folder
from regiolog.sync.harvest.harvesting import Harvester
from regiolog.sync.harvest.mapping import mapping_of
from tests.facts import TABLES

SAMPLE = Path(__file__).parents[2] / "docs" / "sources.toml"
REAL = TABLES / "sources"
with_sources = pytest.mark.skipif(not REAL.is_dir(), reason="the publishers' files are not beside the repository")


def test_the_sample_can_be_read() -> None:
    """Every source of it is usable, has a schedule, and names its publisher."""
    sources = read_settings({}, {}, SAMPLE).sources
    assert {source.said_by for source in sources.values()} == {"pinc", "abb", "statbel"}
    for source in sources.values():
        assert mapping_of(source) is not None
        assert source.schedule is not None
        assert source.attribution


@with_sources
def test_the_sample_fits_what_was_published_last(tmp_path: Path) -> None:
    """Beside the archive that ships, the last versions of the tables say nothing that it does not hold already."""
    sources = {
        name: replace(source, location=str(_last(source.document)), form=None)
        for name, source in read_settings({}, {}, SAMPLE).sources.items()
        if source.said_by == "pinc"
    }
    with closing(Folder(tmp_path / "data", create=True)) as folder:
        load_archive(folder.journal, None)
        harvester = Harvester(folder, sources)
        reports = {name: harvester.harvest(name) for name in sources}
    assert {name: (report.outcome, report.made, report.withdrawn) for name, report in reports.items()} == dict.fromkeys(
        sources, ("silent", 0, 0)
    )
    for name, source in sources.items():
        with Path(str(source.location)).open(encoding="utf-8", newline="") as file:
            assert reports[name].again >= len(list(csv.reader(file))) - 2, name


def _last(document: str) -> Path:
    return max((REAL / "pinc" / document).iterdir())
