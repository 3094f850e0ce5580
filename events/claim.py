"""Claims (beweringen): what a source said, since when, and what it no longer says.

A claim is no fact of the register. It stands in its source's own graph, beside the register and never in it; where
the two disagree, both are shown. A source that says again what it is saying records nothing; one that says again
what it had withdrawn is news.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Literal

import msgspec

from regiolog.events.event import Entity, Event
from regiolog.events.fact import Fact, Impossible

Mark = Literal[
    "unknown",
    "ended",
    "ambiguous",
    "duplicate",
    "placeholder",
    "type-changed",
    "renumbered",
    "without-members",
    "parts-ended",
]
"""What is odd about a claim: it names nothing that we know, or what has ended; it names several things, or puts one
municipality in several regions at once; the source says it twice; its code stands for "unknown" or "elsewhere" and for
no thing at all; a structure changed its type or its code, or has no members; what was merged had ended. Such a claim is
kept as said, and changes nothing."""


class _Claim(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, tag_field="says"
):
    """What every claim carries.

    Attributes:
        of: The thing that it is about, by the source's own code, address or name.
        words: What it says of that thing, in the source's own words.
        valid_from: From which day it holds, where the source states it; else it is open from the publication.
        valid_to: The first day on which it no longer holds, where the source states it.
        marks: What is odd about it.
    """

    of: str
    words: str
    valid_from: date | None = None
    valid_to: date | None = None
    marks: tuple[Mark, ...] = ()


class Placement(_Claim, frozen=True, kw_only=True, tag="region-of"):
    """A source puts a municipality in a reference region.

    Attributes:
        municipality: The NIS code that `of` was resolved to when it was read; None when it names none.
        region: The key of the region that `words` were resolved to; None when they name none.
    """

    municipality: str | None = None
    region: str | None = None


class Naming(_Claim, frozen=True, kw_only=True, tag="name-of-region"):
    """A source gives a reference region a name.

    Attributes:
        region: The key of the region that `of` was resolved to; None when it names none.
    """

    region: str | None = None


class Structure(_Claim, frozen=True, kw_only=True, tag="structure"):
    """A source lists a cooperation structure; `of` is its layer and its name, ``politiezone/PZ Hekla``.

    Attributes:
        type: What kind of structure it is, in the source's words.
        code: The code that the source gives it in this version; codes may be given out anew in the next.
    """

    type: str | None = None
    code: str | None = None


class Belonging(_Claim, frozen=True, kw_only=True, tag="member-of"):
    """A source puts a municipality in a cooperation structure; `words` are the structure's layer and name.

    Attributes:
        municipality: The NIS code that `of` was resolved to when it was read; None when it names none.
    """

    municipality: str | None = None


class Merging(_Claim, frozen=True, kw_only=True, tag="merged-into"):
    """A source says that structures became one: `of` is what they became, `words` what the source calls the merger.

    Attributes:
        originals: What was merged, by the source's own addresses or names.
    """

    originals: tuple[str, ...] = ()


class Listing(_Claim, frozen=True, kw_only=True, tag="municipality"):
    """A source lists a municipality: `of` is its code or address there, `words` its name.

    Its days are what is said of the municipality, and not of the claim: a source that says since when a code is in use
    says so today, whatever day that was.

    Attributes:
        begins: The first day of the municipality, where the source states one.
        ends: The first day on which it no longer is, where the source states one.
        municipality: The NIS code that `of` was resolved to when it was read; None when it names none.
    """

    begins: date | None = None
    ends: date | None = None
    municipality: str | None = None


Claim = Placement | Naming | Structure | Belonging | Merging | Listing
"""Everything that a source can say."""


def as_said(claim: Claim) -> Claim:
    """A claim without what we made of it when we read it: by this a source's repeat is known as one."""
    match claim:
        case Placement():
            return msgspec.structs.replace(claim, marks=(), municipality=None, region=None)
        case Naming():
            return msgspec.structs.replace(claim, marks=(), region=None)
        case Belonging() | Listing():
            return msgspec.structs.replace(claim, marks=(), municipality=None)
        case Structure() | Merging():
            return msgspec.structs.replace(claim, marks=())


class SourceWasRegistered(Event, frozen=True, kw_only=True, tag="source-was-registered"):
    """A source (bron) became known to the register: who publishes it, and on what terms.

    Attributes:
        said_by: The key of the source.
        name: What its publisher is called, in Dutch.
        licence: The address or the words of its licence; None when it states none.
        attribution: How it is to be named where its facts are shown.
    """

    said_by: str
    name: str
    licence: str | None = None
    attribution: str = ""

    needs_day: ClassVar[bool] = False
    needs_decision: ClassVar[bool] = False

    def touches(self) -> tuple[Entity, ...]:
        """The source."""
        return (Entity("source", self.said_by),)


class ClaimsWereMade(Event, frozen=True, kw_only=True, tag="claims-were-made"):
    """A source published something new (bron publiceert): what it began to say, and what it no longer says.

    One event for each publication, or run of a harvest, that brought something new. `valid_from` is the day of the
    publication.

    Attributes:
        said_by: The key of the source.
        document: Which version of its document said so.
        licence: On what terms that document was published, where that is not the licence of the source.
        made: What it says now and did not say before.
        withdrawn: What it said before and no longer says, as it said it.
    """

    said_by: str
    document: str
    licence: str | None = None
    made: tuple[Claim, ...] = ()
    withdrawn: tuple[Claim, ...] = ()

    needs_decision: ClassVar[bool] = False

    def touches(self) -> tuple[Entity, ...]:
        """The source, and nothing that it speaks of: a claim changes no thing."""
        return (Entity("source", self.said_by),)

    def repeats(self, other: Event) -> bool:
        """Whether another event is what became of this one when it was recorded."""
        return (
            isinstance(other, ClaimsWereMade)
            and (self.said_by, self.document) == (other.said_by, other.document)
            and {as_said(claim) for claim in self.withdrawn} == {as_said(claim) for claim in other.withdrawn}
            and {as_said(claim) for claim in self.made} >= {as_said(claim) for claim in other.made}
        )


@dataclass(slots=True)
class Source:
    """What is believed of one source: what it is, and what it is saying.

    Attributes:
        key: Its key.
        registered: The fact that registered it; None when nothing has.
        claims: What it is saying: by each claim as it was said, the claim as it was read, its number among those that
            its event made (from 1), and that fact.
        latest: The last fact that brought something new; None when none did.
    """

    key: str
    registered: Fact | None = None
    claims: dict[Claim, tuple[Claim, int, Fact]] = field(default_factory=dict)
    latest: Fact | None = None


def fold_source(key: str, facts: list[Fact]) -> Source:
    """Work out what a source is saying, in the order in which it was recorded.

    Raises:
        Impossible: A fact contradicts an earlier one.
    """
    state = Source(key)
    for fact in sorted(facts, key=lambda each: each.origin):
        match fact.event:
            case SourceWasRegistered():
                if state.registered:
                    raise Impossible(fact, f"source {key} is registered already", state.registered)
                state.registered = fact
            case ClaimsWereMade(made=made, withdrawn=withdrawn):
                speak(state, fact, made, withdrawn)
            case _:
                pass
    return state


def speak(state: Source, fact: Fact, made: tuple[Claim, ...], withdrawn: tuple[Claim, ...]) -> None:
    """Let a source say what one more publication made and withdrew.

    Raises:
        Impossible: It withdraws what it is not saying, or nobody knows the source.
    """
    if state.registered is None:
        raise Impossible(fact, f"source {state.key} is unknown", None, "said_by")
    for number, claim in enumerate(withdrawn):
        if state.claims.pop(as_said(claim), None) is None:
            raise Impossible(
                fact, f"{state.key} is not saying that {claim.of} is {claim.words}", None, f"withdrawn[{number}]"
            )
    for number, claim in enumerate(made, start=1):
        state.claims.setdefault(as_said(claim), (claim, number, fact))
    state.latest = fact
