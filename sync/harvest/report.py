"""The report of one run: what became of one source, in numbers and in sentences."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

Outcome = Literal["new", "silent", "unchanged", "refused", "failed", "busy"]
"""What became of a run: it recorded something; its document said nothing new; the document is what it was; it was
refused and waits; it could not be had; or another run of the same source is under way."""


class Report(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """What one run of one source did.

    Attributes:
        source: The source, by what the settings call it.
        said_by: Its key in the register.
        outcome: What became of the run.
        begun: When it began.
        seconds: How long it took.
        run: By what the events that it recorded name it; None when it recorded none.
        documents: The versions that it took in, by what they are called in the register.
        made: How many claims are new.
        withdrawn: How many claims were withdrawn.
        again: How many claims were merely repeated.
        marked: How many of the new claims have something odd about them, by mark.
        events: How many events of the register, by kind, were opened by the authority of the source.
        positions: The first and the last position that was recorded; None when none was.
        changes: What changed, or would have, a line each; no more of them than is kept.
        refused: Why something was refused, a sentence each.
        passed: What was passed over, and how often.
        notes: What is odd about a feed, a sentence each.
        reason: Why the run was refused, or failed; None when it was neither.
        after: For how many seconds from then its publisher asks to be left alone; None when it does not say.
    """

    source: str
    said_by: str
    outcome: Outcome
    begun: datetime
    seconds: float = 0.0
    run: str | None = None
    documents: tuple[str, ...] = ()
    made: int = 0
    withdrawn: int = 0
    again: int = 0
    marked: dict[str, int] = {}
    events: dict[str, int] = {}
    positions: tuple[int, int] | None = None
    changes: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    passed: dict[str, int] = {}
    notes: tuple[str, ...] = ()
    reason: str | None = None
    after: float | None = None

    @property
    def well(self) -> bool:
        """Whether the source is in step now."""
        return self.outcome in {"new", "silent", "unchanged"}
