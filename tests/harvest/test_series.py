"""Series: dated versions of a document are taken in in their order, when a register begins and ever after."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from regiolog.events.claim import ClaimsWereMade
from regiolog.events.held import Held
from regiolog.events.recording import record
from regiolog.publisher.beginning import load_archive
from regiolog.sync.folder import Folder
from regiolog.sync.harvest.backfill import Backfill
from regiolog.sync.harvest.declared import read_source
from regiolog.sync.harvest.harvesting import Harvester
from regiolog.sync.harvest.runs import Runs
from regiolog.sync.sources.source import Source
from tests.builders import TurnedClock
from tests.harvest.lists import declaration, regions_csv

PATTERN = r"(?P<date>\d{4}-\d\d-\d\d)_(?P<version>v\d+)\.csv"
TWENTY = {f"110{number:02}": "REFREG01" for number in range(1, 13)} | {"44021": "REFREG13"}
MAPPING = {"says": "regions", "municipality": "code", "region": "region", "name": "name"}


def series(place: Path, **changes: object) -> Source:
    """A source that is a series of tables."""
    given = declaration(
        location=None, document="regions", series={"folder": ".", "pattern": PATTERN}, mapping=MAPPING, **changes
    )
    del given["location"]
    return read_source("krant", given, place)[0]


def publish(place: Path, day: str, version: str, placed: Mapping[str, str]) -> None:
    """Let the publisher write a version."""
    place.mkdir(exist_ok=True)
    (place / f"{day}_{version}.csv").write_bytes(regions_csv(placed, {"REFREG01": "Regio Antwerpen"}))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Three versions: a municipality moves, and comes back."""
    place = tmp_path / "published"
    publish(place, "2022-02-17", "v1", TWENTY)
    publish(place, "2022-12-01", "v2", {**TWENTY, "11001": "REFREG14"})
    publish(place, "2022-12-06", "v3", TWENTY)
    (place / "README").write_text("not a version")
    return place


def begun(path: Path, *sources: Source, clock: TurnedClock | None = None) -> Folder:
    """A register that began with the first file of the archive and some series."""
    folder = Folder(path, create=True, clock=clock or TurnedClock(datetime(2026, 1, 1, tzinfo=UTC)))
    declared = {source.name: source for source in sources}
    backfill = Backfill(declared)
    load_archive(
        *(folder.journal, None),
        leave_out=("abb", "provincies-in-cijfers"),
        series=backfill.versions,
        clock=folder.clock,
    )
    backfill.remember(Runs(path), declared, folder.clock)
    return folder


def publications(folder: Folder) -> list[ClaimsWereMade]:
    """What sources published that was new."""
    return [each.event for each in folder.journal.replay() if isinstance(each.event, ClaimsWereMade)]


def test_a_series_goes_into_the_backfill_day_by_day(tmp_path: Path, place: Path) -> None:
    """Each version is known from the day of its publication, in one order with the archive, under its own name."""
    folder = begun(tmp_path / "data", series(place))
    assert [
        (each.known_from and each.known_from.isoformat(), each.document, len(each.made), len(each.withdrawn))
        for each in publications(folder)
    ] == [
        ("2022-02-16T23:00:00+00:00", "regions@v1", 14, 0),
        ("2022-11-30T23:00:00+00:00", "regions@v2", 1, 1),
        ("2022-12-05T23:00:00+00:00", "regions@v3", 1, 1),
    ]
    known = [each.event.known_from for each in folder.journal.replay()]
    assert known == sorted(known, key=lambda each: each or datetime.max.replace(tzinfo=UTC))
    folder.close()


def test_two_registers_that_begin_alike_are_alike(tmp_path: Path, place: Path) -> None:
    """The backfill of a series depends on nothing but the archive and the series."""
    alike = []
    for name in ("one", "other"):
        folder = begun(tmp_path / name, series(place))
        alike.append([msgspec.structs.replace(each.event, recorded_at=None) for each in folder.journal.replay()])
        folder.close()
    assert alike[0] == alike[1]


def test_after_the_backfill_only_later_versions_are_harvested(tmp_path: Path, place: Path) -> None:
    """What came in as backfill is unchanged; a version that comes later is known from the day on which it was found."""
    folder = begun(tmp_path / "data", source := series(place))
    harvester = Harvester(folder, {"krant": source})
    assert harvester.harvest("krant").outcome == "unchanged"
    publish(place, "2025-01-20", "v4", {**TWENTY, "44021": "REFREG14"})
    report = harvester.harvest("krant")
    assert (report.outcome, report.documents, report.made) == ("new", ("regions@v4",), 1)
    last = publications(folder)[-1]
    assert (last.known_from, str(last.valid_from)) == (None, "2025-01-20")
    assert harvester.harvest("krant").outcome == "unchanged"
    folder.close()


def test_a_series_found_later_is_known_from_then_on(tmp_path: Path, place: Path) -> None:
    """On a register that has begun, every version is recorded in order, none of them dated back."""
    folder = begun(tmp_path / "data")
    report = Harvester(folder, {"krant": series(place)}).harvest("krant")
    assert report.documents == ("regions@v1", "regions@v2", "regions@v3")
    assert [each.known_from for each in publications(folder)] == [None, None, None]
    assert [str(each.valid_from) for each in publications(folder)] == ["2022-02-17", "2022-12-01", "2022-12-06"]
    folder.close()


def test_versions_that_the_register_holds_already_are_passed_over(tmp_path: Path, place: Path) -> None:
    """Where the memory of harvesting was lost, the last publication in the journal tells how far the series is."""
    folder = begun(tmp_path / "data", source := series(place))
    for lost in tmp_path.glob("data/harvest.sqlite*"):
        lost.unlink()
    assert Harvester(folder, {"krant": source}).harvest("krant").outcome == "unchanged"
    assert len(publications(folder)) == 3
    folder.close()


def test_a_version_that_cannot_be_read_ends_its_series_there(tmp_path: Path, place: Path) -> None:
    """The archive and the versions before it come in; it waits in the quarantine, and so do those after it."""
    (place / "2022-12-01_v2.csv").write_bytes(b"code,region,name\n11001,REFREG01\n")
    folder = begun(tmp_path / "data", source := series(place))
    assert [each.document for each in publications(folder)] == ["regions@v1"]
    (waiting,) = Runs(folder.path).quarantine()
    assert (waiting.document, str(waiting.published)) == ("regions@v2", "2022-12-01")
    report = Harvester(folder, {"krant": source}).harvest("krant")
    assert report.outcome == "refused"
    publish(place, "2022-12-01", "v2", {**TWENTY, "11001": "REFREG14"})
    assert Harvester(folder, {"krant": source}).harvest("krant").documents == ("regions@v2", "regions@v3")
    folder.close()


def test_a_series_may_begin_before_the_archive_ends(tmp_path: Path, place: Path) -> None:
    """On one instant the archive goes first: what a source says is read beside what was decided by then."""
    folder = begun(tmp_path / "data", series(place))
    said = Held(folder.journal).source("krant").claims.values()
    regions = {claim.of: getattr(claim, "region", None) for claim, *_ in said}
    assert (regions["11001"], regions["44021"]) == ("regio-antwerpen", "regio-gent")
    folder.close()


def test_versions_that_come_too_late_or_change_are_told_of(tmp_path: Path, place: Path) -> None:
    """What is dated before the last version that was taken in, or is not what it was, is passed over, and said."""
    folder = begun(tmp_path / "data", source := series(place))
    publish(place, "2022-06-01", "v8", TWENTY)
    publish(place, "2022-02-17", "v1", {**TWENTY, "44021": "REFREG14"})
    report = Harvester(folder, {"krant": source}).harvest("krant")
    assert (report.outcome, report.passed) == (
        "unchanged",
        {"versions that changed": 1, "versions that came too late": 1},
    )
    folder.close()


def test_versions_behind_one_that_is_refused_wait(tmp_path: Path, place: Path) -> None:
    """The report of a series that stops says how many versions wait."""
    folder = begun(tmp_path / "data", source := series(place))
    publish(place, "2023-01-01", "v4", {})
    publish(place, "2023-02-01", "v5", TWENTY)
    report = Harvester(folder, {"krant": source}).harvest("krant")
    assert (report.reason or "").endswith("1 later version waits behind it")
    folder.close()


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"folder": ".", "pattern": "(.*"}, "no regular expression"),
        ({"folder": ".", "pattern": ".*"}, "has no group `date`"),
        ({"folder": "."}, "`series.pattern` is missing"),
    ],
)
def test_a_series_that_cannot_be_used_is_said(tmp_path: Path, given: dict[str, str], reason: str) -> None:
    """What the settings say of a series is looked at when they are read."""
    declared = declaration(series=given)
    del declared["location"]
    with pytest.raises(ValueError, match=reason):
        read_source("krant", declared, tmp_path)


def test_a_folder_without_versions_is_a_failure(tmp_path: Path, place: Path) -> None:
    """A series whose folder is gone, or has no file of such a name, is said, and the register begins all the same."""
    elsewhere = series(tmp_path / "nowhere")
    folder = begun(tmp_path / "data", elsewhere)
    assert Harvester(folder, {"krant": elsewhere}).harvest("krant").outcome == "failed"
    for file in place.glob("*.csv"):
        file.unlink()
    report = Harvester(folder, {"krant": series(place)}).harvest("krant")
    assert (report.outcome, "is named like" in (report.reason or "")) == ("failed", True)
    folder.close()


def test_no_series_can_be_dated_back_later(tmp_path: Path, place: Path) -> None:
    """Steps of a backfill are refused once the journal has a live event."""
    folder = begun(tmp_path / "data")
    Harvester(folder, {"krant": series(place)}).harvest("krant")
    publish(place, "2023-01-01", "v9", {**TWENTY, "44021": "REFREG14"})
    steps = Backfill({"krant": series(place)}).versions
    head = folder.journal.head()
    record(folder.journal, steps, clock=folder.clock)
    assert folder.journal.head() == head
    assert "nothing can be dated back" in str(steps[1].failed)
    folder.close()
