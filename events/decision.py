"""Decisions (besluiten): what was decided, by whom and when, and how one decision bears on another."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Literal

import msgspec

from regiolog.events.event import Entity, Event
from regiolog.events.fact import Fact, Impossible

DecisionType = Literal[
    "note",
    "proposal",
    "advice",
    "government-decision",
    "vote",
    "decree",
    "merger-decree",
    "ministerial-answer",
    "subsidy",
    "draft-decree",
    "amendment",
    "implementing-decision",
    "decision-in-principle",
]
WhichDate = Literal["decided", "adopted", "published", "in-force"]
Relation = Literal[
    "adopts",
    "ratifies",
    "implements",
    "amends",
    "confirms",
    "completes",
    "settles",
    "upholds",
    "follows",
]


class DivergentDate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A date of a decision that a source gives otherwise than the register holds it.

    Attributes:
        which: Which of the four dates.
        value: The day that the source gives.
        source: The source that gives it.
    """

    which: WhichDate
    value: date
    source: str


class DecisionWasRegistered(Event, frozen=True, kw_only=True, tag="decision-was-registered"):
    """A decision became known to the register (besluit geregistreerd).

    Attributes:
        decision: The key that the decision is registered under.
        type: What kind of decision it is.
        body: Who took it, in Dutch.
        title: What it is called, in Dutch.
        decided: The date on it (datum van het besluit; of a decree: bekrachtigd).
        adopted: The day on which parliament adopted it (aangenomen).
        published: The day on which it was published (bekendgemaakt).
        in_force: The first day on which it is in force (inwerkingtreding).
        divergent_dates: Dates that some source gives otherwise.
        effect: What it brought about, in English.
        regions_counted: How many reference regions it speaks of.
        standing: What became of it, in the words of the source, in English.
        remark: What contradicts it or is missing, in English.
    """

    type: DecisionType
    body: str
    title: str
    decided: date | None = None
    adopted: date | None = None
    published: date | None = None
    in_force: date | None = None
    divergent_dates: tuple[DivergentDate, ...] = ()
    effect: str = ""
    regions_counted: int | None = None
    standing: str = ""
    remark: str = ""

    needs_day: ClassVar[bool] = False

    def touches(self) -> tuple[Entity, ...]:
        """The decision itself."""
        return _decisions(self.decision)

    def tags(self) -> list[str]:
        """Not ``under:`` itself: that tag finds what rests on the decision."""
        return [f"id:{self.id}", *self.scope()]


class DecisionWasLinked(Event, frozen=True, kw_only=True, tag="decision-was-linked"):
    """A decision bears on another: adopts, ratifies or implements it, and the like (verband tussen besluiten).

    Attributes:
        relation: How `decision` bears on `other`.
        other: The key of the other decision.
    """

    relation: Relation
    other: str

    needs_day: ClassVar[bool] = False

    def touches(self) -> tuple[Entity, ...]:
        """Both decisions."""
        return _decisions(self.decision, self.other)


class DecisionWasSuperseded(Event, frozen=True, kw_only=True, tag="decision-was-superseded"):
    """A later decision, named by `decision`, took the place of this one (besluit vervangen).

    Attributes:
        superseded: The key of the decision that no longer stands.
    """

    superseded: str

    def touches(self) -> tuple[Entity, ...]:
        """Both decisions."""
        return _decisions(self.superseded, self.decision)


class DecisionWasRefused(Event, frozen=True, kw_only=True, tag="decision-was-refused"):
    """What was proposed was refused, by the decision that `decision` names when one is known (besluit geweigerd).

    Attributes:
        refused: The key of the decision that was refused.
    """

    refused: str

    needs_decision: ClassVar[bool] = False

    def touches(self) -> tuple[Entity, ...]:
        """The refused decision and the refusing one."""
        return _decisions(self.refused, self.decision)


class DecisionWasWithdrawn(Event, frozen=True, kw_only=True, tag="decision-was-withdrawn"):
    """Whoever took a decision took it back (besluit ingetrokken).

    Attributes:
        withdrawn: The key of the decision that was taken back.
    """

    withdrawn: str

    needs_decision: ClassVar[bool] = False

    def touches(self) -> tuple[Entity, ...]:
        """The decision that was taken back and the one that did so."""
        return _decisions(self.withdrawn, self.decision)


def _decisions(*keys: str | None) -> tuple[Entity, ...]:
    return tuple(Entity("decision", key) for key in dict.fromkeys(keys) if key is not None)


@dataclass(slots=True)
class Decision:
    """What is believed of one decision.

    Attributes:
        key: Its key.
        registered: The fact that registered it; None when nothing has.
        links: How it bears on others, as (relation, other key, fact).
        fate: What became of it, as (superseded | refused | withdrawn, day, fact); None while nothing did.
    """

    key: str
    registered: Fact | None = None
    links: list[tuple[Relation, str, Fact]] = field(default_factory=list)
    fate: tuple[Literal["superseded", "refused", "withdrawn"], date, Fact] | None = None

    @property
    def since(self) -> date | None:
        """The earliest of its dates: from then on there was something to speak of."""
        if self.registered is None or not isinstance(event := self.registered.event, DecisionWasRegistered):
            return None
        dates = [day for day in (event.decided, event.adopted, event.published, event.in_force) if day]
        return min(dates, default=None)


def fold_decision(key: str, facts: list[Fact]) -> Decision:
    """Work out what the believed facts say of one decision, in the order in which they were recorded.

    Raises:
        Impossible: A fact contradicts an earlier one.
    """
    state = Decision(key)
    for fact in sorted(facts, key=lambda each: each.origin):
        match fact.event:
            case DecisionWasRegistered():
                if state.registered:
                    raise Impossible(fact, f"decision {key} is registered already", state.registered)
                state.registered = fact
            case DecisionWasLinked(decision=subject, relation=relation, other=other):
                _must_be_registered(state, fact)
                if subject == other:
                    raise Impossible(fact, f"decision {key} cannot bear on itself", None, "other")
                if subject == key:
                    state.links.append((relation, other, fact))
            case DecisionWasSuperseded(superseded=ended):
                _settle(state, fact, ended, "superseded")
            case DecisionWasRefused(refused=ended):
                _settle(state, fact, ended, "refused")
            case DecisionWasWithdrawn(withdrawn=ended):
                _settle(state, fact, ended, "withdrawn")
            case _:
                pass
    return state


def _must_be_registered(state: Decision, fact: Fact) -> None:
    if state.registered is None:
        raise Impossible(fact, f"decision {state.key} is unknown", None, "decision")


def _settle(state: Decision, fact: Fact, ended: str, fate: Literal["superseded", "refused", "withdrawn"]) -> None:
    _must_be_registered(state, fact)
    if ended != state.key:
        return
    if state.fate is not None:
        raise Impossible(fact, f"decision {state.key} was {state.fate[0]} already", state.fate[2])
    day = fact.event.valid_from
    if day is None:  # pragma: no cover - records are refused without it
        raise Impossible(fact, "it does not say from which day", None)
    if state.since is not None and day < state.since:
        raise Impossible(fact, f"decision {state.key} was not taken before {state.since}", state.registered)
    state.fate = (fate, day, fact)
