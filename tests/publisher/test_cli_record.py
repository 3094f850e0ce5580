"""``regiolog record``: all of a file or nothing, and every refusal one sentence with line, field and reason."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from regiolog.publisher.cli import main
from regiolog.publisher.service import Service
from tests.builders import Record, decision, said
from tests.facts import EVENTS
from tests.processes import copied, lines

Records = Callable[..., Result]
BACKFILL = {"known_from": "2026-05-01", "known_basis": "published"}


@pytest.fixture
def data(service: Service, tmp_path: Path) -> Path:
    """A folder with a register of Flanders of its own."""
    return copied(service.settings.data / "journal.sqlite", tmp_path / "data")


@pytest.fixture(scope="module")
def shared(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A register of Flanders with one live event, that nothing more may be recorded in."""
    folder = copied(service.settings.data / "journal.sqlite", tmp_path_factory.mktemp("record"))
    assert record(folder, decision("D1")).exit_code == 0
    return folder


def record(data: Path, *records: Record | str | bytes, dry_run: bool = False) -> Result:
    """Record what some lines say, from standard input."""
    text = b"\n".join(
        each if isinstance(each, bytes) else (each if isinstance(each, str) else json.dumps(each)).encode()
        for each in records
    )
    typed = ["record", "-", "--data", str(data), *(["--dry-run"] if dry_run else [])]
    return CliRunner().invoke(main, typed, input=text, catch_exceptions=False)


def contents(data: Path) -> list[Any]:
    """Everything in a journal."""
    with closing(sqlite3.connect(data / "journal.sqlite")) as journal:
        return journal.execute("SELECT * FROM events").fetchall()


def test_it_prints_a_position_for_each_event(data: Path) -> None:
    """Position, kind and id on standard output; how many were silent on standard error."""
    result = record(
        data, decision("D1"), said("region-was-renamed", "2025-06-01", region="waasland", name="Waas", id="waas")
    )
    assert result.exit_code == 0, result.stderr
    assert list(lines(result.stdout)) == [
        [str(EVENTS + 1), "decision-was-registered", "D1/registration"],
        [str(EVENTS + 2), "region-was-renamed", "waas"],
    ]
    assert result.stderr == "regiolog: recorded 2; 0 held already\n"


def test_repeat_is_silence(data: Path) -> None:
    """The same file again records nothing."""
    record(data, decision("D1"))
    result = record(data, decision("D1"), decision("D2"))
    assert [row[0] for row in lines(result.stdout)] == [str(EVENTS + 2)]
    assert result.stderr == "regiolog: recorded 1; 1 held already\n"


def test_a_file_that_is_not_there_is_misuse(data: Path) -> None:
    """Exit 2, as for every argument that cannot be used."""
    assert CliRunner().invoke(main, ["record", str(data / "none"), "--data", str(data)]).exit_code == 2


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ('{"kind": ', ["line 2", "not JSON"]),
        ('["kind"]', ["line 2", "not a JSON object"]),
        (b'{"kind": "\xff"}', ["line 2", "not UTF-8"]),
        ('{"kind": "decision-was-registered", "kind": 1}', ["line 2", "kind", "twice"]),
        (said("region-was-drawn"), ["line 2", "kind", "region-was-drawn"]),
        (said("region-was-renamed", region="waasland", name="W", colour="red"), ["line 2", "colour"]),
        (
            said("region-was-renamed", "2025-02-30", region="waasland", name="W"),
            ["line 2", "valid_from", "does not exist"],
        ),
        (
            said("municipality-was-ended", "2025-06-01", municipality="99999"),
            ["line 2", "municipality", "99999 is unknown"],
        ),
        (
            said("region-was-renamed", decision="D9", region="waasland", name="W"),
            ["line 2", "decision", "D9 is unknown"],
        ),
        (said("municipality-was-ended", "2020-01-01", municipality="46030"), ["line 2", "46030", "has not begun"]),
        (said("region-was-ended", "2019-01-01", region="waasland"), ["line 2", "waasland"]),
        (
            said("municipality-was-assigned", "2025-06-01", municipality="46030", region="limburg"),
            ["line 2", "46030", "FUSIES-2025"],
        ),
        (
            said(
                "municipalities-were-merged",
                "2026-01-01",
                merged=["11056", "46003"],
                into={"nis": "46099", "name": "X", "province": "40000"},
            ),
            ["line 2", "11056", "ended", "FUSIES-2025"],
        ),
        (decision("D2", **BACKFILL), ["line 2", "known_from", "live events"]),
        (said("municipality-was-ended", municipality="1056"), ["line 2", "municipality", "leading zero"]),
        (said("municipality-was-ended", municipality=11056), ["line 2", "municipality", "as text"]),
        (said("region-was-renamed", region="waasland", name="Waas\u0007land"), ["line 2", "name", "U+0007"]),
        (said("region-was-renamed", region="waasland", name=""), ["line 2", "name", "empty"]),
        ("[" * 100_000, ["line 2", "nested too deeply"]),
    ],
)
def test_bad_input_is_refused_with_line_field_and_reason(
    bad: Record | str | bytes, says: list[str], shared: Path
) -> None:
    """Exit 1, one sentence, nothing of the file recorded."""
    before = contents(shared)
    result = record(shared, decision("D3"), bad, decision("D4"))
    assert (result.exit_code, result.stdout) == (1, "")
    (sentence,) = result.stderr.splitlines()
    for part in says:
        assert part in sentence
    assert contents(shared) == before


def test_a_line_of_a_gigabyte_is_refused_unread(shared: Path, tmp_path: Path) -> None:
    """The limit is named, and nothing near a gigabyte is read."""
    before = contents(shared)
    with (tmp_path / "huge").open("wb") as huge:
        huge.truncate(2**30)
    result = CliRunner().invoke(main, ["record", str(tmp_path / "huge"), "--data", str(shared)])
    assert result.exit_code == 1
    assert result.stderr == "regiolog: line 1: the line is longer than 16,777,216 bytes\n"
    assert contents(shared) == before


def test_a_dry_run_records_nothing(data: Path) -> None:
    """It says what would be recorded, and where; and refuses as the real one would."""
    before = contents(data)
    result = record(data, decision("D1"), dry_run=True)
    assert result.exit_code == 0
    assert list(lines(result.stdout)) == [[str(EVENTS + 1), "decision-was-registered", "D1/registration"]]
    assert result.stderr == "regiolog: would record 1; 0 held already\n"
    assert record(data, said("region-was-renamed", region="atlantis", name="A"), dry_run=True).exit_code == 1
    assert contents(data) == before


def test_an_event_can_be_named_by_its_position_as_text(data: Path) -> None:
    """As pages and RDF give it; and a mark at the front of a file is told from a letter."""
    assert record(data, decision("D1")).exit_code == 0
    retraction = {"kind": "event-was-retracted", "retracts": str(EVENTS + 1), "reason": "r", "source": ["s"]}
    assert record(data, retraction).exit_code == 0
    (data / "marked.jsonl").write_bytes(b"\xef\xbb\xbf{}")
    result = CliRunner().invoke(main, ["record", str(data / "marked.jsonl"), "--data", str(data)])
    assert "byte order mark" in result.stderr


def test_backfill_goes_on_until_the_first_live_event(data: Path) -> None:
    """Then nothing can be dated back any more."""
    assert record(data, decision("D1", **BACKFILL)).exit_code == 0
    assert record(data, decision("D2")).exit_code == 0
    assert "live events" in record(data, decision("D3", **BACKFILL)).stderr


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (lambda journal: journal.write_bytes(b"SQLite format 3\0" + b"?" * 5000), "is damaged: put a copy of it back"),
        (lambda journal: journal.write_text("not a journal at all, but long enough to be looked at"), "is damaged"),
        (lambda journal: _execute(journal, "PRAGMA user_version = 99"), "was made by a newer version of regiolog"),
        (lambda journal: _execute(journal, "PRAGMA application_id = 7"), "is not a journal of regiolog"),
        (lambda journal: (journal.unlink(), journal.mkdir()), "cannot be opened"),
    ],
)
@pytest.mark.parametrize("command", ["record -", "query", "serve --port 0", "status"])
def test_a_folder_that_cannot_be_used_gives_one_sentence(
    command: str, harm: Callable[[Path], object], says: str, data: Path
) -> None:
    """Exit 1, whatever is typed, and the file stays as it is."""
    journal = data / "journal.sqlite"
    harm(journal)
    before = journal.read_bytes() if journal.is_file() else None
    result = CliRunner().invoke(
        main, [*command.split(), "--data", str(data)], input=json.dumps(decision("D1")), catch_exceptions=False
    )
    assert (result.exit_code, result.stdout) == (1, "")
    (sentence,) = result.stderr.splitlines()
    assert says in sentence
    assert (journal.read_bytes() if journal.is_file() else None) == before


def _execute(journal: Path, statement: str) -> None:
    with closing(sqlite3.connect(journal)) as opened:
        opened.execute(statement)
        opened.commit()
        opened.execute("PRAGMA wal_checkpoint(TRUNCATE)")
