"""The gist of an event: what the history tells of it, kept beside the statements so that readers need no journal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final

import msgspec

from regiolog.events.claim import ClaimsWereMade
from regiolog.events.correction import EventWasCorrected, EventWasRetracted
from regiolog.events.decision import DecisionWasRegistered
from regiolog.events.event import Event, Grade
from regiolog.events.kinds import stored_name

_SHORT: Final = {
    "kind": "k",
    "id": "i",
    "decision": "d",
    "said_by": "b",
    "valid_from": "v",
    "evidence": "e",
    "note": "n",
    "source": "s",
    "agent": "a",
    "document": "o",
    "licence": "l",
    "corrects": "c",
    "reason": "r",
    "decided": "t",
    "run": "h",
}
"""One letter for each field: there is a gist for every event, and it has to be short."""


class Gist(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename=_SHORT):
    """What is told of one event.

    Attributes:
        kind: The stored name of its kind.
        id: Our own name of it.
        decision: The key of the decision that it rests on; of a correction, else that of what it puts right.
        said_by: The key of the source that published it.
        valid_from: The first day on which it holds.
        evidence: How firm the evidence is.
        note: What the evidence says, in words.
        source: Where that can be read.
        agent: Who recorded it.
        document: Which version of a document made these claims.
        licence: On what terms that was published.
        corrects: The position of the event that it corrects or retracts.
        reason: Why that was wrong.
        decided: The day on which the decision that it registers was decided.
        run: The run of a harvest that recorded it.
    """

    kind: str
    id: str
    decision: str | None = None
    said_by: str | None = None
    valid_from: date | None = None
    evidence: Grade = "published"
    note: str = ""
    source: tuple[str, ...] = ()
    agent: str | None = None
    document: str | None = None
    licence: str | None = None
    corrects: int | None = None
    reason: str = ""
    decided: date | None = None
    run: str | None = None


def gist_of(event: Event, position_of: Callable[[str], int | None]) -> Gist:
    """The gist of an event.

    Args:
        event: The event.
        position_of: The position of an event by its id; None when it is unknown.
    """
    gist = Gist(
        kind=stored_name(event),
        id=event.id,
        decision=event.decision,
        said_by=event.said_by,
        valid_from=event.valid_from,
        evidence=event.evidence,
        note=event.note,
        source=event.source,
        agent=event.agent,
        run=event.run,
    )
    match event:
        case EventWasCorrected(corrects=corrected, reason=reason, replacement=replacement):
            decision = event.decision or replacement.decision
            return msgspec.structs.replace(gist, corrects=position_of(corrected), reason=reason, decision=decision)
        case EventWasRetracted(retracts=retracted, reason=reason):
            return msgspec.structs.replace(gist, corrects=position_of(retracted), reason=reason)
        case ClaimsWereMade(document=document, licence=licence):
            return msgspec.structs.replace(gist, document=document, licence=licence)
        case DecisionWasRegistered(decided=decided):
            return msgspec.structs.replace(gist, decided=decided)
        case _:
            return gist


_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(Gist)


def encode(gist: Gist) -> str:
    """A gist as the statement table keeps it."""
    return _ENCODER.encode(gist).decode()


def decode(text: str) -> Gist:
    """Read a gist back."""
    return _DECODER.decode(text)
