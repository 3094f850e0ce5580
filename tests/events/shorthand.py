"""Shorthand for what the tests of claims and of cooperation structures say, and ask."""

from __future__ import annotations

from typing import Any

from regiolog.events.claim import ClaimsWereMade
from regiolog.events.held import Held
from regiolog.events.journal import Journal
from regiolog.events.recording import Outcome
from tests.builders import Record, said

FOUNDED = said(
    "cooperation-was-founded",
    cooperation="zone",
    name="PZ Noord",
    types=["politiezone"],
    status="active",
    id="founded",
)
OBSERVED = said("cooperation-was-observed", cooperation="bond", name="De Bond", types=["projectvereniging"], id="seen")
OTHER = said("cooperation-was-founded", cooperation="ander", name="PZ Ander", id="other")
MEMBER = {"organisation": "http://x.example.org/1", "municipality": "10001", "role": "member"}
SECOND = {"municipality": "10002"}
JOINED = said("members-joined", "2020-03-01", cooperation="zone", members=[MEMBER, SECOND], id="joined")
MERGED = said("cooperations-were-merged", "2021-01-01", parts=["zone", "ander"], into="bond", id="merged")
ENDED = said("cooperation-was-ended", "2021-01-01", cooperation="zone", id="ended")


def of_zone(kind: str, valid_from: str, **fields: Any) -> Record:
    """An event about the police zone."""
    return said(kind, valid_from, cooperation="zone", **fields)


def members(kind: str, valid_from: str, *codes: str, **fields: Any) -> Record:
    """An event about members of the police zone, by their codes."""
    return of_zone(f"members-{kind}", valid_from, members=[{"municipality": nis} for nis in codes], **fields)


def correct(target: str, **change: Any) -> Record:
    """A correction."""
    return {"kind": "event-was-corrected", "corrects": target, "reason": "r", "change": change, "source": ["s"]}


def retract(target: str) -> Record:
    """A retraction."""
    return {"kind": "event-was-retracted", "retracts": target, "reason": "r", "source": ["s"]}


def newspaper(key: str, **fields: Any) -> Record:
    """A source, registered."""
    return {"kind": "source-was-registered", "said_by": key, "name": key.title(), "source": ["a colophon"], **fields}


def puts(nis: str, name: str, **fields: Any) -> Record:
    """A claim that a municipality is in a region."""
    return {"says": "region-of", "of": nis, "words": name, **fields}


def lists(name: str, **fields: Any) -> Record:
    """A claim that there is a structure."""
    return {"says": "structure", "of": f"politie/{name}", "words": name, **fields}


def joins(nis: str, name: str, **fields: Any) -> Record:
    """A claim that a municipality takes part in a structure."""
    return {"says": "member-of", "of": nis, "words": f"politie/{name}", **fields}


def knows(nis: str, name: str, **fields: Any) -> Record:
    """A claim that there is a municipality."""
    return {"says": "municipality", "of": nis, "words": name, **fields}


def merges(*originals: str, **fields: Any) -> Record:
    """A claim that structures became one."""
    return {"says": "merged-into", "of": "politie/PZ", "words": "fusie", "originals": list(originals), **fields}


def publishes(*made: Record, withdrawn: tuple[Record, ...] = (), source: str = "krant", **fields: Any) -> Record:
    """A publication by a source."""
    both = {name: list(claims) for name, claims in (("made", made), ("withdrawn", withdrawn)) if claims}
    return {
        "kind": "claims-were-made",
        "said_by": source,
        "document": "v1",
        "valid_from": "2021-01-01",
        "source": [f"https://{source}.example.org"],
        **both,
        **fields,
    }


def news(outcome: Outcome) -> ClaimsWereMade:
    """What was recorded of the one publication that was told."""
    ((_, event),) = outcome.recorded
    assert isinstance(event, ClaimsWereMade)
    return event


def saying(journal: Journal, source: str = "krant") -> list[tuple[str, str]]:
    """What a source is saying, of what, in the order in which it began to."""
    return [(claim.of, claim.words) for claim, *_ in Held(journal).source(source).claims.values()]
