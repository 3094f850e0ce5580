"""The record format: one JSON object a line, read strictly, so that nothing is guessed and nothing is ignored.

What a record says becomes an event; whether it may be recorded is for the rules in :mod:`regiolog.events.rules`.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from itertools import compress
from typing import Any, BinaryIO, Final, NamedTuple

import msgspec

from regiolog.events.correction import EventWasCorrected, EventWasRetracted
from regiolog.events.errors import BadMoment, Refusal
from regiolog.events.event import Event
from regiolog.events.kinds import KINDS
from regiolog.events.temporal import parse_day, parse_instant, start_of_day

LONGEST_LINE: Final = 16 * 2**20
"""How many bytes a line may have: room for a whole country's beginning, and no more."""

_NIS: Final = re.compile(r"\d{5}\Z", re.ASCII)
_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,127}\Z", re.ASCII)
_IRI: Final = re.compile(r"https?://[^\s<>\"{}|\\^`\x00-\x20]+\Z")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{1,8})*\Z", re.ASCII)

_CODES: Final = frozenset({"municipality", "municipalities", "merged", "nis", "province", "provinces", "successors"})
_KEYS: Final = frozenset(
    {
        "decision",
        "other",
        "superseded",
        "refused",
        "withdrawn",
        "region",
        "from_region",
        "to_region",
        "subregion",
        "within",
        "said_by",
        "proposal",
        "settled",
        "cooperation",
        "parts",
        "into",
        "register",
    }
)
_IRIS: Final = frozenset({"iri", "authority", "area", "base_iri", "organisation"})
_BY_KEY: Final = frozenset({"regions"})
_BY_CODE: Final = frozenset({"provinces", "municipalities", "assignments", "evidence_of", "authorities"})
_SUBJECTS: Final = frozenset(
    {
        "assignments",
        "authorities",
        "members",
        "merged",
        "municipalities",
        "parts",
        "provinces",
        "regions",
        "settled",
        "types",
    }
)
_DAYS: Final = frozenset(
    {
        "valid_from",
        "valid_to",
        "coverage",
        "decided",
        "adopted",
        "published",
        "in_force",
        "value",
        "last",
        "begins",
        "ends",
    }
)
_PATTERNS: Final = {
    "kbo": (r"[0-9]{10}", "a KBO number of ten digits"),
    "ovo": (r"OVO[0-9]{6}", "an OVO code, as OVO002214"),
}
_AS_SAID: Final = ("made[", "withdrawn[")
"""Where what a source wrote stands, which is kept to the letter."""
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories of what is not seen: control and format characters, lone surrogates, line separators."""
_WRITABLE: Final = re.compile("[\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What a claim may be written with: whatever XML 1.0 can hold (section 2.2)."""
_LONGEST_NAME: Final = 300
_LONGEST_TEXT: Final = 4_000
_OURS: Final = frozenset({"recorded_at", "replacement", "run", "tagged"})


class Correction(NamedTuple):
    """A record that corrects or retracts an event, before it is known what that event said.

    Attributes:
        event: The event as far as the record gives it; its replacement is still missing.
        target: The id or the position of the event that is to be corrected or retracted.
        change: A merge patch (RFC 7396) of that event's fields; None for a retraction.
    """

    event: dict[str, Any]
    target: str | int
    change: dict[str, Any] | None


class Wish(NamedTuple):
    """What one line asks to be recorded.

    Attributes:
        line: Its line, counted from 1.
        asked: The event, or the correction, that it asks for.
        named: Whether the record gave an id of its own.
    """

    line: int
    asked: Event | Correction
    named: bool


def read_lines(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The lines of a record file with their numbers; empty ones are passed over.

    Raises:
        Refusal: A line is longer than :data:`LONGEST_LINE`.
    """
    number = 0
    while line := stream.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise Refusal(f"the line is longer than {LONGEST_LINE:,} bytes", line=number)
        if line.strip():
            yield number, line


def read_wish(number: int, line: bytes, *, name: str, defaults: dict[str, Any] | None = None) -> Wish:
    """Read one line of a record file.

    Args:
        number: Its line, for the reader of a refusal.
        line: Its bytes, in UTF-8.
        name: The id that the event gets when the record has none.
        defaults: Fields that the record need not give.

    Raises:
        Refusal: The line is not a record; line, field and reason say why.
    """
    try:
        return _wish(number, {**(defaults or {}), **_object(line)}, name)
    except Refusal as refusal:
        raise Refusal(refusal.reason, line=number, field=refusal.field, event=refusal.event) from None


def as_record(event: Event) -> dict[str, Any]:
    """An event in the form of a record, without what the journal adds to it."""
    record: dict[str, Any] = msgspec.to_builtins(event)
    record.pop("recorded_at", None)
    return record


def as_strict(event: Event) -> Event:
    """An event that a program made, read as strictly as a record that somebody wrote.

    Raises:
        Refusal: It is no record; field and reason say why.
    """
    known = {"known_from": event.known_from, "known_basis": event.known_basis, "run": event.run}
    bare = msgspec.structs.replace(event, recorded_at=None, known_from=None, known_basis=None, run=None)
    return msgspec.structs.replace(_event(msgspec.json.decode(msgspec.json.encode(bare))), **known)


def patched(event: Event, change: dict[str, Any]) -> Event:
    """The event that results when a merge patch (RFC 7396) is applied to an event's record.

    Raises:
        Refusal: The patch changes what a correction cannot, or the result is no record.
    """
    fixed = change.keys() & {"id", "kind", "known_from", "known_basis", "recorded_at"}
    if fixed:
        raise Refusal("a correction cannot change it", field=min(fixed))
    record = _merge_patch(as_record(event), change)
    for name in ("known_from", "known_basis"):
        record.pop(name, None)
    return _event(record)


def _object(line: bytes) -> dict[str, Any]:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refusal(f"byte {error.start + 1} of the line is not UTF-8") from None
    if text.startswith("\ufeff"):
        raise Refusal("it begins with a byte order mark: save the file as UTF-8 without one")
    try:
        record = json.loads(text, object_pairs_hook=_no_twins, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise Refusal(f"it is not JSON: {error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise Refusal("it is nested too deeply") from None
    except ValueError as error:
        raise Refusal(f"it is not JSON: {error}") from None
    if not isinstance(record, dict):
        raise Refusal("it is not a JSON object")
    return record


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise Refusal("it is given twice", field=name)
        found[name] = value
    return found


def _no_constant(name: str) -> None:
    raise Refusal(f"{name} is not a JSON value")


def _wish(number: int, record: dict[str, Any], name: str) -> Wish:
    kind = record.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise Refusal(f"{kind!r} is not a kind of event" if kind is not None else "it is missing", field="kind")
    ours = record.keys() & _OURS
    if ours:
        raise Refusal("the register fills it in; leave it out", field=min(ours))
    named = record.get("id") is not None
    record = {**record, "id": record["id"] if named else name}
    if "known_from" in record:
        record["known_from"] = _instant(record["known_from"], "known_from")
    if KINDS[kind] is EventWasCorrected:
        return Wish(number, _correction(record, "corrects", with_change=True), named)
    if KINDS[kind] is EventWasRetracted:
        return Wish(number, _correction(record, "retracts", with_change=False), named)
    return Wish(number, _event(record), named)


def _correction(record: dict[str, Any], name: str, *, with_change: bool) -> Correction:
    rest = dict(record)
    target = rest.pop(name, None)
    if isinstance(target, bool) or not isinstance(target, str | int):
        raise Refusal("it names no event: give its id or its position", field=name)
    change = rest.pop("change", None)
    if with_change and not (isinstance(change, dict) and change):
        raise Refusal("it says nothing: give the fields that were wrong", field="change")
    if not with_change and change is not None:
        raise Refusal("a retraction changes nothing", field="change")
    if not rest.get("reason"):
        raise Refusal("it is missing", field="reason")
    probe = {**rest, "kind": "event-was-retracted", "retracts": "?"}
    _event(probe)
    return Correction(rest, target, change)


def _instant(value: object, field: str) -> str:
    if not isinstance(value, str):
        raise Refusal("it is not a day or an instant", field=field)
    try:
        instant = parse_instant(value) if "T" in value else start_of_day(parse_day(value))
    except (BadMoment, OverflowError) as error:
        raise Refusal(str(error), field=field) from None
    return instant.isoformat()


def _event(record: dict[str, Any]) -> Event:
    kind = KINDS[record["kind"]]
    strange = [name for name in record if name not in kind.__struct_fields__ and name != "kind"]
    if strange:
        raise Refusal(f"{record['kind']} has no such field", field=min(strange))
    for name, value in record.items():
        _check(name, name, value)
    try:
        event: Event = msgspec.convert(record, kind)
    except msgspec.ValidationError as error:
        raise _refusal(str(error)) from None
    if kind.needs_day and event.valid_from is None:
        raise Refusal("it is missing: from which day does it hold?", field="valid_from")
    if kind.needs_decision and event.decision is None and event.said_by is None:
        raise Refusal(
            "it is missing: on which decision does it rest, or which source with authority says so (said_by)?",
            field="decision",
        )
    if event.decision is None and not event.source and not isinstance(event, EventWasRetracted):
        raise Refusal("without a decision it needs a source", field="source")
    if (event.known_from is None) != (event.known_basis is None):
        raise Refusal("known_from and known_basis go together", field="known_basis")
    return event


def _refusal(problem: str) -> Refusal:
    """Turn msgspec's sentence into field and reason."""
    reason, _, path = problem.partition(" - at `$.")
    missing = re.match(r"Object missing required field `(.+)`", reason)
    if missing:
        field = f"{path.rstrip('`')}.{missing[1]}" if path else missing[1]
        return Refusal("it is missing", field=field)
    return Refusal(reason[0].lower() + reason[1:], field=path.rstrip("`") or None)


def _check(path: str, name: str, value: Any) -> None:
    """Look at every text in a record as what its field says that it is."""
    if isinstance(value, dict | list) and not value and name in _SUBJECTS:
        raise Refusal("it is empty, so that the record says nothing", field=path)
    if isinstance(value, dict):
        for key, inner in value.items():
            if name in _BY_CODE:
                _check_text(f"{path}.{key}"[:80], "nis", key)
            if name in _BY_KEY:
                _check_text(f"{path}.{key}"[:80], "region", key)
            _check(f"{path}.{key}", "region" if name == "assignments" else _inner(name, key), inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _check(f"{path}[{index}]", name, inner)
    elif isinstance(value, str):
        _check_text(path, name, value)
    elif name in _CODES and isinstance(value, int):
        raise Refusal(f"{value} is a number; write a NIS code as text, with its leading zero", field=path)


def _inner(name: str, key: str) -> str:
    return "name" if name == "provinces" else key


def _check_text(path: str, name: str, text: str) -> None:
    as_said = path.startswith(_AS_SAID)
    if not text.isprintable():  # few are not, and only they need a closer look
        is_unseen = (not _WRITABLE.match(char) if as_said else unicodedata.category(char) in _UNSEEN for char in text)
        bad = next(compress(text, is_unseen), None)
        if bad is not None:
            raise Refusal(f"it holds the control character U+{ord(bad):04X}", field=path)
    longest = _LONGEST_NAME if name in {"name", "title", "body"} else _LONGEST_TEXT
    if len(text) > longest:
        raise Refusal(f"it has {len(text):,} characters, and may have {longest:,}", field=path)
    if text != text.strip() and not as_said:
        raise Refusal("it begins or ends with a space", field=path)
    if not text:
        raise Refusal("it is empty: leave out what is not known", field=path)
    if name in _CODES and not _NIS.match(text):
        lost = " (was a leading zero lost?)" if text.isdigit() and len(text) < 5 else ""
        raise Refusal(f"{text[:40]!r} is not a NIS code of five digits{lost}", field=path)
    if name in _KEYS and not _KEY.match(text):
        raise Refusal(f"{text[:40]!r} is not a key: use letters, digits, '.', '_', '~' and '-'", field=path)
    if name in _IRIS and not _IRI.match(text):
        raise Refusal(f"{text[:40]!r} is not an http address", field=path)
    if name == "language" and not _LANGUAGE.match(text):
        raise Refusal(f"{text[:40]!r} is not a language tag", field=path)
    if name in _PATTERNS and not as_said and not re.fullmatch(_PATTERNS[name][0], text, re.ASCII):
        raise Refusal(f"{text[:40]!r} is not {_PATTERNS[name][1]}", field=path)
    if name in _DAYS:
        try:
            parse_day(text)
        except BadMoment as error:
            raise Refusal(str(error), field=path) from None


def _merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7396, section 2."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merge_patch(merged.get(name), value)
    return merged
