"""What the full pages of the archive say was written down once: whoever changes it breaks what was promised.

A page that was served as immutable is never fetched again by those who have it. If a test here fails, then a change of
the projection, the paging or the writing of members gives them something else than those who begin now.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Final

from regiolog.ontology import terms
from tests.feed.fed import Fed

WRITTEN_DOWN: Final = Path(__file__).with_name("pages.json")
"""The SHA-256 of each full page as N-Quads under a fixed host, without what says when it was recorded here."""


def digests(flemish: Fed) -> dict[str, str]:
    """The same of the pages as they are now."""
    found = {}
    full = flemish.service.paging.read(flemish.history).full
    for path in [f"feed/{number}" for number in range(1, full + 1)]:
        answer = flemish.get(path)
        assert answer.status_code == 200
        lines = answer.data.splitlines(keepends=True)
        kept = [line for line in lines if f" <{terms.RL_RECORDED_AT}> ".encode() not in line]
        assert len(lines) - len(kept) >= 100
        found[path] = hashlib.sha256(b"".join(kept)).hexdigest()
    return found


def test_full_pages_are_those_that_were_written_down(flemish: Fed) -> None:
    """Each of them, and none is missing; what the archive got since may have filled further ones."""
    before = json.loads(WRITTEN_DOWN.read_text())
    now = digests(flemish)
    assert {path: now.get(path) for path in before} == before
    assert list(now) == list(before), "write down the new ones too: they never change either"
