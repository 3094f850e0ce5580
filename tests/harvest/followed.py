"""A feed on this machine that a register follows: how it is declared, followed, and found wanting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from tests.harvest.lists import Register

Begin = Callable[..., Register]
"""Begins a register with sources."""


class Followed(Protocol):
    """A feed that can be declared as a source."""

    def declaration(self, **changes: Any) -> dict[str, Any]:
        """The declaration of the feed."""


def declared(kind: str, location: str, document: str, mapping: object, /, **changes: Any) -> dict[str, Any]:
    """The declaration of a feed of a newspaper, which may change at once as it likes."""
    return {
        "said_by": "krant",
        "publisher": "De Krant",
        "kind": kind,
        "location": location,
        "document": document,
        "complete": True,
        "allow": ["127.0.0.1"],
        "mapping": mapping,
        "limits": {"attempts": 2, "seconds": 20, "patience": 1, "change": 1.0},
        **changes,
    }


def follow(begin: Begin, feed: Followed, /, **changes: object) -> Register:
    """A register that follows a feed, and has done so once."""
    register = begin(krant=feed.declaration(**changes))
    report = register.harvest()
    assert (report.outcome, report.reason) == ("new", None)
    return register


def fails(register: Register, reason: str) -> None:
    """See that a run fails with one sentence, and that nothing of it is recorded."""
    head = register.folder.journal.head()
    report = register.harvest()
    assert report.outcome == "failed"
    assert reason in (report.reason or "")
    assert "\n" not in (report.reason or "")
    assert register.folder.journal.head() == head
