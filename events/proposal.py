"""Proposals (voorstellen): maps that a decision put forward, and what was settled of them, region by region.

A proposed region is not a region of the register: it has a key and an address of its own, and it stands in the
graph of the proposal. It stands until another decision settles the matter for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from regiolog.events.event import PROPOSED, Entity, Event
from regiolog.events.fact import Fact, Impossible, in_valid_order


class ProposedRegion(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A region as it was proposed.

    Attributes:
        name: Its name, in Dutch.
        source: Where the name can be read, when elsewhere than the proposal itself.
    """

    name: str
    source: tuple[str, ...] = ()


class RegionsWereProposed(Event, frozen=True, kw_only=True, tag="regions-were-proposed"):
    """A decision put a map of regions forward, that nothing made law (voorstel van afbakening).

    Attributes:
        regions: The proposed regions by key.
    """

    regions: dict[str, ProposedRegion]

    def touches(self) -> tuple[Entity, ...]:
        """The proposal, which goes by the key of its decision, and the keys of its regions."""
        return (*_proposal(self.decision), *(Entity(PROPOSED, key) for key in self.regions))


class ProposalWasSettled(Event, frozen=True, kw_only=True, tag="proposal-was-settled"):
    """A later decision, named by `decision`, settled the matter for some regions of a proposal (voorstel afgehandeld).

    Attributes:
        proposal: The key of the decision that proposed them.
        settled: The keys of the proposed regions that no longer stand.
    """

    proposal: str
    settled: tuple[str, ...]

    def touches(self) -> tuple[Entity, ...]:
        """The proposal."""
        return _proposal(self.proposal)


def _proposal(key: str | None) -> tuple[Entity, ...]:
    return () if key is None else (Entity("proposal", key),)


@dataclass(slots=True)
class Proposal:
    """What is believed of one proposal.

    Attributes:
        key: The key of the decision that made it.
        made: The fact that made it; None when nothing has.
        regions: The proposed regions by key.
        settled: The fact that settled each region that no longer stands, by key.
    """

    key: str
    made: Fact | None = None
    regions: dict[str, ProposedRegion] = field(default_factory=dict)
    settled: dict[str, Fact] = field(default_factory=dict)


def fold_proposal(key: str, facts: list[Fact]) -> Proposal:
    """Work out what stands of one proposal, day by day.

    Raises:
        Impossible: A fact cannot hold beside the others.
    """
    state = Proposal(key)
    for fact in in_valid_order(facts):
        match fact.event:
            case RegionsWereProposed(regions=regions):
                if state.made is not None:
                    raise Impossible(fact, f"{key} proposed regions already", state.made)
                state.made, state.regions = fact, regions
            case ProposalWasSettled(settled=keys):
                _settle(state, fact, keys)
            case _:
                pass
    return state


def _settle(state: Proposal, fact: Fact, keys: tuple[str, ...]) -> None:
    if state.made is None:
        raise Impossible(fact, f"{state.key} has proposed nothing by {fact.event.valid_from}", None, "proposal")
    for key in keys:
        if key not in state.regions:
            raise Impossible(fact, f"{state.key} proposed no region {key}", state.made, "settled")
        if key in state.settled:
            raise Impossible(fact, f"proposed region {key} was settled already", state.settled[key])
        state.settled[key] = fact
