"""Bad input: each record that cannot be used is refused with line, field and reason."""

from __future__ import annotations

import io
import json
import re

import pytest

from regiolog.events.errors import Refusal
from regiolog.events.journal import Journal
from regiolog.events.record import LONGEST_LINE, read_lines
from regiolog.events.recording import read_wishes, record
from tests.builders import said

RENAME = said("municipality-was-renamed", municipality="10001", name="Nieuwdorp")


def text(**changes: object) -> bytes:
    """A rename with some fields changed, as a line."""
    return json.dumps({**RENAME, **changes}).encode()


@pytest.mark.parametrize(
    ("line", "field", "because"),
    [
        (b"{", None, "not JSON"),
        (b'{"kind": "municipality-was-renamed",}', None, "not JSON"),
        (b"[]", None, "not a JSON object"),
        (b'"text"', None, "not a JSON object"),
        (b'{"kind": "\xff"}', None, "not UTF-8"),
        (b"[" * 100_000, None, "nested too deeply"),
        (b'{"a": NaN}', None, "NaN is not a JSON value"),
        (b'{"kind": "x", "kind": "y"}', "kind", "given twice"),
        (b"{}", "kind", "missing"),
        (b'{"kind": "x"}', "kind", "not a kind of event"),
        (b'{"kind": 7}', "kind", "not a kind of event"),
        (text(colour="red"), "colour", "no such field"),
        (text(**{"a\nb" * 100: 1}), "a?b" * 20 + "…", "no such field"),
        (text(recorded_at="2020-01-01T00:00:00Z"), "recorded_at", "the register fills it in"),
        (text(valid_from="2023-02-30"), "valid_from", "a day that does not exist"),
        (text(valid_from="30/02/2023"), "valid_from", "not a day"),
        (text(valid_from=20230201), "valid_from", "expected"),
        (text(valid_from=None), "valid_from", "from which day"),
        (text(decision=None), "decision", "on which decision"),
        (text(decision="a b"), "decision", "not a key"),
        (text(municipality="2000"), "municipality", "was a leading zero lost"),
        (text(municipality=2000), "municipality", "leading zero"),
        (text(municipality="110567"), "municipality", "five digits"),
        (text(municipality="1105a"), "municipality", "five digits"),
        (text(municipality="١١٠٥٦"), "municipality", "five digits"),
        (text(name=""), "name", "empty"),
        (text(name=" Dorp"), "name", "space"),
        (text(name="Dorp\u0007"), "name", "U+0007"),
        (text(name="Dorp\n"), "name", "U+000A"),
        (text(name="Do\u2028rp"), "name", "U+2028"),
        (text(name="X\u202e\u200b"), "name", "U+202E"),
        (text(name="x" * 301), "name", "301 characters, and may have 300"),
        (text(note="x" * 4_001), "note", "may have 4,000"),
        (json.dumps(said("regions-were-demarcated", assignments={})).encode(), "assignments", "says nothing"),
        (json.dumps(said("municipalities-were-left-pending", municipalities=[])).encode(), "municipalities", "nothing"),
        (
            json.dumps({"kind": "authorities-were-linked", "authorities": {}, "source": ["x"]}).encode(),
            "authorities",
            "says nothing",
        ),
        (text(name=["x"]), "name", "expected"),
        (b'{"kind": "municipality-was-renamed", "name": "\\ud800"}', "name", "U+D800"),
        (text(language="Dutch!"), "language", "language tag"),
        (text(evidence="certain"), "evidence", "invalid enum value"),
        (text(source="one"), "source", "expected"),
        (text(known_from="2020-13-01", known_basis="decided"), "known_from", "does not exist"),
        (text(known_from="2020-01-01"), "known_basis", "go together"),
        (json.dumps({k: v for k, v in RENAME.items() if k != "name"}).encode(), "name", "missing"),
        (json.dumps(said("region-was-designated", region="r", name="R", iri="file:///etc")).encode(), "iri", "http"),
        (json.dumps(said("regions-were-demarcated", assignments={"1000": "r"})).encode(), "assignments.1000", "zero"),
        (
            json.dumps(said("municipalities-were-merged", merged=["10001"], into={"nis": "10009"})).encode(),
            "into.name",
            "missing",
        ),
        (json.dumps({"kind": "event-was-corrected", "corrects": "x", "reason": "r"}).encode(), "change", "nothing"),
        (json.dumps({"kind": "event-was-corrected", "change": {"a": 1}, "reason": "r"}).encode(), "corrects", "names"),
        (json.dumps({"kind": "event-was-retracted", "retracts": "x"}).encode(), "reason", "missing"),
        (json.dumps({"kind": "event-was-retracted", "retracts": True, "reason": "r"}).encode(), "retracts", "names"),
    ],
)
def test_a_line_that_is_no_record_is_refused(journal: Journal, line: bytes, field: str | None, because: str) -> None:
    """The refusal names the line and the field, says why, and nothing of the file is recorded."""
    head = journal.head()
    with pytest.raises(Refusal, match=re.escape(because)) as refused:
        record(journal, read_wishes([(1, json.dumps(RENAME).encode()), (2, line)]))
    assert (refused.value.line, refused.value.field) == (2, field)
    assert str(refused.value).startswith("line 2: ")
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 250
    assert journal.head() == head


def test_a_line_without_end_is_refused_before_it_is_read() -> None:
    """A line of a gigabyte costs no more memory than the longest line allowed."""

    class Endless(io.RawIOBase):
        """A file that never gets to the end of its line."""

        given = 0

        def readable(self) -> bool:
            """It can be read."""
            return True

        def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
            """Give as much as is asked, and count it."""
            buffer[:] = b"x" * len(buffer)
            self.given += len(buffer)
            return len(buffer)

    endless = Endless()
    with pytest.raises(Refusal, match="longer than") as refused:
        list(read_lines(io.BufferedReader(endless)))  # type: ignore[type-var]
    assert refused.value.line == 1
    assert endless.given < LONGEST_LINE + 2**20


def test_empty_lines_are_passed_over() -> None:
    """A blank line counts as a line and says nothing."""
    assert list(read_lines(io.BytesIO(b"\n  \n{}\n"))) == [(3, b"{}\n")]
