"""What an event did, as its page shows it: the statements that it opened and closed, and what is said of itself."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby, islice
from typing import Final, NamedTuple

from regiolog.ontology import terms
from regiolog.publisher.formats import Triple, read
from regiolog.publisher.things.links import Cell, Links
from regiolog.publisher.things.sheet import Stretch, label, stretch
from regiolog.sync.statements.history import History
from regiolog.sync.statements.statement import iri

SHOWN: Final = 300
"""How many statements the page of an event lists; it says so when there are more."""


class Deed(NamedTuple):
    """A statement that an event opened or closed.

    Attributes:
        sign: ``+`` when the event opened it, ``-`` when the event closed it.
        subject: Of what it is said.
        stretch: What is said, and on which days it holds.
    """

    sign: str
    subject: Cell
    stretch: Stretch


class Deeds(NamedTuple):
    """What an event did.

    Attributes:
        shown: Statements that it opened and closed, as many as a page shows.
        all: How many there are.
    """

    shown: list[Deed]
    all: int


def event_facts(described: Iterable[Triple], subject: str, links: Links) -> list[tuple[str, list[Cell]]]:
    """What is said of an event, property by property."""
    own = sorted(each for each in described if each.subject == iri(subject) and each.predicate != iri(terms.RDF_TYPE))
    return [
        (label(read(predicate).text), [links.cell(each.object) for each in group])
        for predicate, group in groupby(own, key=lambda each: each.predicate)
    ]


def deeds(history: History, event: int, position: int, links: Links) -> Deeds:
    """The statements that an event opened and closed, as far as is known at a position."""
    done = [timed for _, timed in history.done_by(event, position)]
    shown = [
        Deed("+" if timed.opened == event else "-", links.cell(timed.statement.subject), stretch(timed, links))
        for timed in islice(done, SHOWN)
    ]
    return Deeds(shown, len(done))
