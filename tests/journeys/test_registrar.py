"""The registrar: pulls the sources, sees what is new and where they disagree, and decides what is let through."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.facts import with_tables
from tests.journeys import conftest
from tests.misbehaving import Misbehaving
from tests.processes import PATIENCE, REGIOLOG, Served, alive, environment, family, gone, prepared, regiolog

SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "sources" / "pinc" / "gemeente_refreg"

SIX = {
    "11002": "REFREG01",
    "44021": "REFREG13",
    "46021": "REFREG14",
    "31005": "REFREG06",
    "71072": "REFREG15",
    "11056": "REFREG14",
}
"""Six municipalities; the last ended on 1 January 2025, which is a divergence."""

NAMES = {
    "REFREG01": "Regio Antwerpen",
    "REFREG06": "Regio Brugge",
    "REFREG13": "Regio Gent",
    "REFREG15": "Limburg",
    "REFREG14": "Waasland",
}

SETTINGS = """
[sources.regios]
said_by = "krant"
publisher = "De Krant"
kind = "table"
location = "http://127.0.0.1:{port}/regios.csv"
document = "regios.csv"
complete = true
schedule = "every 1s"
allow = ["127.0.0.1:{port}"]
mapping = {{ says = "regions", municipality = "gemeente", region = "REFREG", name = "Name REFREG" }}

[sources.kapot]
said_by = "kapot"
publisher = "Een kapotte bron"
kind = "table"
location = "http://127.0.0.1:{port}/kapot.csv"
allow = ["127.0.0.1:{port}"]
limits = {{ attempts = 1, seconds = 60 }}
mapping = {{ says = "regions", municipality = "gemeente", region = "REFREG" }}
"""


class Agency:
    """A register with two sources, one of them broken, and the command line.

    Attributes:
        data: The data folder.
        settings: The file of settings.
        server: Where the sources publish.
    """

    def __init__(self, data: Path, server: Misbehaving) -> None:
        """Configure the sources, before anything is harvested."""
        self.data = data
        self.server = server
        self.settings = data.parent / "regiolog.toml"
        self.settings.write_text(SETTINGS.format(port=server.port))
        self.publish(SIX, "first")
        server.shows_an_error_as_a_page("/kapot.csv")

    def publish(self, placed: dict[str, str], etag: str) -> None:
        """Let the newspaper put a table on its server."""
        rows = [f"{nis},{region},{NAMES.get(region, '')}" for nis, region in placed.items()]
        self.server.answers("/regios.csv", "\n".join(["gemeente,REFREG,Name REFREG", *rows, ""]).encode(), etag=etag)

    @property
    def options(self) -> list[str]:
        """What every command is told."""
        return ["--data", str(self.data), "--config", str(self.settings)]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return regiolog(*words, *self.options)

    def reports(self, *words: str) -> dict[str, Any]:
        """The reports of a harvest, by source."""
        return {each["source"]: each for each in json.loads(self.run("sync", "--json", *words).stdout)}

    @property
    def head(self) -> int:
        """The last position of the journal."""
        with closing(sqlite3.connect(self.data / "journal.sqlite")) as journal:
            return int(journal.execute("SELECT COUNT(*) FROM events").fetchone()[0])

    @contextmanager
    def started(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """A command that goes on, ended with the block when it has not ended."""
        process = subprocess.Popen(
            [REGIOLOG, *words, *self.options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.communicate(timeout=PATIENCE)


@pytest.fixture
def agency(served: conftest.Served, server: Misbehaving, tmp_path: Path) -> Agency:
    """A register of Flanders of its own."""
    return Agency(prepared(served.data, tmp_path / "data"), server)


def until(happened: Callable[[], object]) -> None:
    """Wait for something."""
    patience = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < patience
        time.sleep(0.02)


def of(source: str, service: Served, query: str, **parameters: str) -> list[dict[str, str]]:
    """The rows of a named query that are about one source."""
    service.ready()
    reply = service.get(f"query/{query}.json", **parameters)
    assert reply.status == 200, reply.text
    found = [{name: cell["value"] for name, cell in row.items()} for row in reply.json["results"]["bindings"]]
    return [row for row in found if row["source"] == source]


def test_a_registrar_keeps_in_step_with_a_source(agency: Agency) -> None:
    """From the first harvest to a suspicious change: reports, status, what was said, and where they differ."""
    with Served(agency.data) as service:
        # What a dry run says, a run does.
        assert agency.reports("--dry-run")["regios"]["new"] == 11
        head = agency.head
        first = agency.run("sync")
        assert first.returncode == 1
        assert "regios (krant): fetched, and something is new" in first.stdout
        assert "11 new, 0 withdrawn, 0 repeated" in first.stdout
        assert first.stderr == "regiolog: not in step: kapot (refused)\n"
        assert agency.head == head + 2  # the source is registered, and speaks
        said = of("krant", service, "said", nis="11056")
        assert [(row["region_key"], row.get("known_to")) for row in said] == [("waasland", None)]
        differing = of("krant", service, "divergences")
        assert [row["subject"].rpartition("/")[2] for row in differing] == ["11056"]
        assert "ended on 2025-01-01" in differing[0]["register_says"]
        assert "  diverging    1\n" in first.stdout

        # The publisher notices; what it no longer says is withdrawn, and the divergence is gone.
        assert agency.reports("regios")["regios"]["outcome"] == "unchanged"
        assert agency.server.asked("/regios.csv")[-1].headers["if-none-match"] == "first"
        corrected = {nis: region for nis, region in SIX.items() if nis != "11056"} | {"46030": "REFREG14"}
        agency.publish(corrected, "second")
        second = agency.reports("regios")["regios"]
        assert (second["new"], second["withdrawn"], second["diverging"]) == (1, 1, 0)
        said = of("krant", service, "said", nis="11056")
        assert ["known_to" in row for row in said] == [True]

        # All at once is suspicious, until somebody looked.
        head = agency.head
        agency.publish(dict.fromkeys(corrected, "REFREG01"), "third")
        assert agency.reports("regios")["regios"]["outcome"] == "refused"
        listed = agency.run("quarantine").stdout
        assert "regios: regios.csv@" in listed
        assert "would change at once" in listed
        status = json.loads(agency.run("status", "--json").stdout)
        assert [each["waiting"] for each in status["harvests"] if each["source"] == "regios"] == [1]
        assert agency.head == head
        accepted = agency.reports("regios", "--accept")["regios"]
        assert (accepted["outcome"], accepted["withdrawn"] > 4) == ("new", True)
        assert "regios: " not in agency.run("quarantine").stdout
        assert len(of("krant", service, "divergences")) > 3


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_harvest_that_is_told_to_end_ends(agency: Agency, how: signal.Signals) -> None:
    """Within seconds, though the publisher says nothing; exit 1; what was done stays done, and the rest is not."""
    agency.server.keeps_silent("/kapot.csv")
    head = agency.head
    with agency.started("sync") as process:
        until(lambda: agency.server.count("/kapot.csv"))
        begun = time.monotonic()
        process.send_signal(how)
        out, said = process.communicate(timeout=PATIENCE)
        assert time.monotonic() - begun < 4
    assert process.returncode == 1
    assert "regios (krant): fetched, and something is new" in out
    assert said == "regiolog: told to end: kapot was not harvested\n"
    assert agency.head == head + 2


def test_the_schedule_harvests_until_it_is_told_to_end(agency: Agency) -> None:
    """A line for each run, of the sources that have a schedule; one of two processes does it."""
    with agency.started("schedule", "--json") as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        assert (first["source"], first["outcome"]) == ("regios", "new")
        with agency.started("schedule") as other:
            assert other.stderr is not None
            assert "waiting to take its place" in other.stderr.readline()
            second = json.loads(process.stdout.readline())
            assert (second["source"], second["outcome"]) == ("regios", "unchanged")
            for each in (other, process):
                begun = time.monotonic()
                each.send_signal(signal.SIGTERM)
                each.communicate(timeout=PATIENCE)
                assert each.returncode == 0
                assert time.monotonic() - begun < 3
    assert agency.server.count("/kapot.csv") == 0


def test_a_schedule_ends_though_a_download_hangs(agency: Agency) -> None:
    """Ctrl-C ends it in a few seconds, and nothing of that run is remembered."""
    agency.server.falls_silent("/regios.csv")
    with agency.started("schedule") as process:
        until(lambda: agency.server.count("/regios.csv"))
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=PATIENCE)
        assert time.monotonic() - begun < 4
    assert (process.returncode, out) == (0, "")
    assert json.loads(agency.run("status", "--json").stdout)["harvests"][0]["last"] is None


def harvesting(service: Served) -> set[int]:
    """The processes of a service that harvest on schedule, by number."""
    return {pid for pid in alive(family(service.process.pid)) if _holds(pid, service.data / "schedule.lock")}


def _holds(pid: int, file: Path) -> bool:
    for each in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            if each.readlink() == file:
                return True
    return False


def test_a_service_harvests_on_schedule(agency: Agency) -> None:
    """In a process of its own, which is started again when it is killed, and ends with the service."""
    with Served(agency.data, "--with-schedule", "--config", agency.settings) as service:
        until(lambda: of("krant", service, "divergences"))
        (first,) = harvesting(service)
        os.kill(first, signal.SIGKILL)
        until(lambda: harvesting(service) - {first})
        (second,) = harvesting(service)
        code, said = service.end()
    assert code == 0
    assert "regios: fetched, and something is new" in said
    assert "the process that harvests on schedule ended (-9); another is started in 1 s" in said
    assert gone({second}, 1)


def test_the_schedule_of_a_service_does_not_outlive_it(agency: Agency) -> None:
    """Though the keeper is killed, and so can end nobody."""
    with Served(agency.data, "--with-schedule", "--config", agency.settings) as service:
        until(lambda: harvesting(service))
        whole = family(service.process.pid)
        service.process.kill()
        assert gone(whole - {service.process.pid}, 5)


def test_a_service_without_a_schedule_says_so(tmp_path: Path) -> None:
    """Before it makes anything."""
    result = regiolog("serve", "--with-schedule", "--data", tmp_path / "data", "--port", "0")
    assert (result.returncode, result.stdout) == (2, "")
    assert "no source with a `schedule`" in result.stderr
    assert not (tmp_path / "data").exists()


SERIES = """
[sources.pinc-regions]
said_by = "pinc"
publisher = "Provincies in Cijfers"
kind = "table"
document = "gemeente_refreg"
complete = true
series = {{ folder = "{folder}", pattern = '(?P<date>[0-9-]{{10}})_(?P<version>[0-9a-f]+)\\.csv' }}
mapping = {{ says = "regions", municipality = "gemeente", region = "REFREG", placeholders = '9999\\d|REFREG9\\d' }}
"""


@with_tables
@pytest.mark.skipif(not SHARED.exists(), reason="the publisher's own files are not here")
def test_a_register_begins_with_the_past_of_its_sources(tmp_path: Path) -> None:
    """Where the archive leaves it out, the eleven versions of Provincies in Cijfers give G4, in one sentence."""
    (tmp_path / "regiolog.toml").write_text(SERIES.format(folder=SHARED))
    leave_out = ("--leave-out", "provincies-in-cijfers", "--config", tmp_path / "regiolog.toml")
    with Served(tmp_path / "data", *leave_out) as service:
        said = {
            day: [row["region_key"] for row in of("pinc", service, "said", nis="11056", at=day, known=day)]
            for day in ("2022-12-03", "2022-12-10", "2022-12-23")
        }
        assert said == {"2022-12-03": ["waasland"], "2022-12-10": ["regio-antwerpen"], "2022-12-23": ["waasland"]}
        told = service.end()[1]
    assert "the series pinc-regions: 11 versions, " in told


@with_tables
@pytest.mark.skipif(not SHARED.exists(), reason="the publisher's own files are not here")
def test_a_past_that_contradicts_the_archive_begins_no_register(tmp_path: Path) -> None:
    """A series that is read otherwise than the archive was may withdraw what the archive withdraws: it says so."""
    settings = SERIES.format(folder=SHARED).replace("placeholders = '9999\\d|REFREG9\\d'", "codes = '[1-7]\\d{4}'")
    (tmp_path / "regiolog.toml").write_text(settings)
    begin = ("serve", "--port", "0", "--data", tmp_path / "data", "--config", tmp_path / "regiolog.toml")
    result = regiolog(*begin)
    assert (result.returncode, result.stdout) == (1, "")
    assert "cannot begin with the series of pinc-regions, and nothing was recorded" in result.stderr
    assert "there is no register in" in regiolog("status", "--data", tmp_path / "data").stderr
