"""What the command line tells of harvests: the report of each run and what waits in the quarantine, as text or JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from regiolog.events.temporal import instant_text
from regiolog.sync.harvest.report import Report
from regiolog.sync.harvest.runs import Refused

Diverging = Mapping[str, int] | None
"""How many divergences the register has with each source, by the key of the source; None where that is unknown."""

SHOWN: Final = 12
"""How many changes a report for people lists."""

_OUTCOMES: Final = {
    "new": "fetched, and something is new",
    "silent": "fetched, and nothing is new",
    "unchanged": "unchanged",
    "refused": "fetched and refused",
    "failed": "failed",
    "busy": "busy",
}
"""What became of a run, in words."""

_READ: Final = {"new", "silent"}
"""The outcomes of runs that set a document beside what is held."""


def as_json(report: Report) -> dict[str, Any]:
    """The report of one run, as a program reads it."""
    return {
        "source": report.source,
        "said_by": report.said_by,
        "outcome": report.outcome,
        "begun": moment_text(report.begun),
        "seconds": report.seconds,
        "fetched": report.outcome in {"new", "silent", "refused"},
        "documents": list(report.documents),
        "new": report.made,
        "withdrawn": report.withdrawn,
        "repeated": report.again,
        "marked": report.marked,
        "events": report.events,
        "positions": None if report.positions is None else list(report.positions),
        "run": report.run,
        "passed_over": report.passed,
        "notes": list(report.notes),
        "changes": list(report.changes),
        "refused": list(report.refused),
        "reason": report.reason,
        "retry_after": report.after,
    }


def documents(reports: Iterable[Report], diverging: Diverging) -> str:
    """The reports of several runs as one JSON document."""
    found = [{**as_json(each), "diverging": _count(each.said_by, diverging)} for each in reports]
    return json.dumps(found, ensure_ascii=False, indent=1)


def line(report: Report) -> str:
    """The report of one run in one line."""
    numbers = [f"{report.made} new", f"{report.withdrawn} withdrawn"] if _tells_of_claims(report) else []
    if report.events:
        numbers.append(f"{sum(report.events.values())} events")
    if report.refused:
        numbers.append(f"{len(report.refused)} refused")
    told = sentence(report.reason) if report.reason else ", ".join(numbers)
    when = f"{moment_text(report.begun)}, {report.seconds:g} s"
    return f"{report.source}: {_OUTCOMES[report.outcome]}, {when}{': ' if told else ''}{told}"


def block(report: Report, diverging: Diverging, *, dry_run: bool = False) -> Iterator[str]:
    """The report of one run for people: its source and what became of it, and a line for each thing to be said.

    Args:
        report: The report.
        diverging: How many divergences the register has with each source.
        dry_run: Whether nothing was recorded, so that those are of the register without what the run would bring.
    """
    name = report.source if report.source == report.said_by else f"{report.source} ({report.said_by})"
    yield f"{name}: {_OUTCOMES[report.outcome]}"
    yield _told("when", f"{moment_text(report.begun)}, for {report.seconds:g} s")
    if report.reason:
        yield _told("because", sentence(report.reason))
    if report.documents:
        yield _told("documents", ", ".join(report.documents))
    if _tells_of_claims(report):
        yield _told("claims", f"{report.made} new, {report.withdrawn} withdrawn, {report.again} repeated")
    for change in report.changes[:SHOWN]:
        yield _told("change", sentence(change))
    if len(report.changes) > SHOWN:
        yield _told("", f"and more: --json lists {len(report.changes)}")
    if report.marked:
        yield _told("marked", _counted(report.marked))
    if report.events:
        yield _told("events", _counted(report.events))
    if report.passed:
        yield _told("passed over", _counted(report.passed))
    for note in report.notes:
        yield _told("note", sentence(note))
    for why in report.refused:
        yield _told("refused", sentence(why))
    if report.positions:
        yield _told("positions", "-".join(map(str, dict.fromkeys(report.positions))))
    number = _count(report.said_by, diverging)
    before = " before this" if dry_run else ""
    yield _told("diverging", "unknown" if number is None else f"{number}{before}")


def not_in_step(reports: Iterable[Report]) -> str:
    """Which sources are not in step, and why, in one sentence."""
    return ", ".join(f"{report.source} ({report.outcome})" for report in reports if not report.well)


def quarantine_json(refused: Refused) -> dict[str, Any]:
    """A document in the quarantine, as a program reads it."""
    return {
        "number": refused.number,
        "source": refused.name,
        "refused": moment_text(refused.refused),
        "times": refused.times,
        "document": refused.document,
        "address": refused.address,
        "published": None if refused.published is None else refused.published.isoformat(),
        "media": refused.media,
        "sha256": refused.sha256,
        "acceptable": refused.suspicious and refused.settled is None,
        "settled": None if refused.settled is None else moment_text(refused.settled),
        "reason": refused.reason,
    }


def quarantine_line(refused: Refused) -> str:
    """A document in the quarantine in one line."""
    what = "suspicious" if refused.suspicious else "unreadable"
    often = f", {refused.times} times" if refused.times > 1 else ""
    when = f"refused {moment_text(refused.refused)}{often}"
    return f"{refused.number:>4}  {refused.name}: {refused.document}, {what}, {when}: {sentence(refused.reason)}"


def quarantine_lines(refused: Refused) -> Iterator[str]:
    """A document in the quarantine for people: a line for each thing that is known of it."""
    for name, value in quarantine_json(refused).items():
        if value not in (None, ""):
            shown = ("yes" if value else "no") if isinstance(value, bool) else sentence(str(value))
            yield f"{name:<12}{'waits no more since ' if name == 'settled' else ''}{shown}"
    yield f"{'bytes':<12}{len(refused.body)}"


def moment_text(moment: datetime) -> str:
    """An instant to the second, in RFC 3339 and UTC."""
    return instant_text(moment.astimezone(UTC).replace(microsecond=0))


def _tells_of_claims(report: Report) -> bool:
    """Whether a run set a document beside what is held; one that copies a journal takes in no document."""
    return report.outcome in _READ and bool(report.documents)


def _told(name: str, what: str) -> str:
    return f"  {name:<13}{what}"


def _counted(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in numbers.items())


def _count(said_by: str, diverging: Diverging) -> int | None:
    return None if diverging is None else diverging.get(said_by, 0)


def sentence(text: str) -> str:
    """A text on one line, without what a terminal would obey: it may quote what came from outside."""
    return "".join(each if each.isprintable() else " " for each in " ".join(text.split()))
