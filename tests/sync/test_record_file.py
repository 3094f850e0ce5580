"""The record file's page and schema: every example is one that the register accepts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from regiolog.events.journal_sqlite import open_journal
from regiolog.events.kinds import KINDS
from regiolog.events.recording import read_wishes, record
from regiolog.sync.archive import archive_lines, archive_names

DOCS = Path(__file__).resolve().parents[2] / "docs"
SCHEMA = DOCS / "record.schema.json"
PAGE = DOCS / "record-file.md"

Line = dict[str, Any]


def examples() -> list[Line]:
    """The examples of the documentation, in the order of the page."""
    blocks = PAGE.read_text(encoding="utf-8").split("```jsonl\n")[1:]
    return [json.loads(line) for block in blocks for line in block.split("```")[0].splitlines()]


def test_the_schema_and_the_page_have_an_example_of_each_kind() -> None:
    """Every kind of event is in the schema with one example, and the page shows that very line."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    page = PAGE.read_text(encoding="utf-8")
    kinds = schema["properties"]["kind"]["enum"]
    assert sorted(kinds) == sorted(KINDS)
    for kind in kinds:
        (example,) = schema["$defs"][kind]["examples"]
        assert example["kind"] == kind
        assert f"#### `{kind}`" in page
        assert json.dumps(example, ensure_ascii=False) in page


def test_the_register_accepts_the_archive_and_the_examples_of_the_page(tmp_path: Path) -> None:
    """An empty register records the whole archive, then the page's examples; repeats are silent."""
    page = [json.dumps(line).encode() for line in examples()]

    def first(line: int) -> dict[str, Any]:
        return {"base_iri": "http://localhost:8000/"} if line == 1 else {}

    journal = open_journal(tmp_path, create=True)
    try:
        for wishes in (
            read_wishes(enumerate(archive_lines(), start=1), defaults=first),
            read_wishes(enumerate(page, start=1)),
        ):
            assert len(record(journal, wishes).recorded) == len(wishes)
            assert record(journal, wishes).silent == len(wishes)
    finally:
        journal.close()


def test_every_line_follows_the_schema() -> None:
    """The archive and the examples are valid under the schema; lines with something wrong are not."""
    jsonschema = pytest.importorskip("jsonschema", reason="no JSON Schema validator is installed")
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    begun = schema["$defs"]["register-was-begun"]["examples"]
    archive = [json.loads(line) for name in archive_names() for line in archive_lines(name)]
    for line in [*archive, *examples(), *begun]:
        assert validator.is_valid(line), line["id"]
    for line in examples():
        assert not validator.is_valid({**line, "valid_form": "2021-03-12"})
        assert not validator.is_valid({**line, "note": ""})
        assert not validator.is_valid({**line, "kind": "region-was-moved"})
    (claims,) = schema["$defs"]["claims-were-made"]["examples"]
    days = {"begins": "1977-01-01", "ends": "2030-01-01"}
    for claim in claims["made"]:
        stated = {**claims, "made": [{**claim, **days}]}
        assert validator.is_valid(stated) == (claim["says"] == "municipality"), claim["says"]
