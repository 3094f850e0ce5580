"""Events in words: what each was, and which things it changed, by the names that they had when it was known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Final, NamedTuple
from urllib.parse import quote

from regiolog.ontology import terms
from regiolog.ontology.iris import Iris
from regiolog.publisher.formats import read
from regiolog.sync.projection.gist import Gist
from regiolog.sync.statements.history import History, Timed
from regiolog.sync.statements.statement import iri
from regiolog.sync.statements.turns import Act, Turned

SHOWN: Final = 20
"""How many things that an event changed are named; it is said how many more there are."""

IN_TITLE: Final = 3
"""The same in a title."""

_ACTS: Final[dict[Act, str]] = {"create": "New", "update": "Changed", "delete": "Gone"}
_NAMES: Final = (iri(terms.RDFS_LABEL), iri(terms.DCTERMS_TITLE))


class Named(NamedTuple):
    """A thing that an event changed.

    Attributes:
        kind: What it is.
        key: Its key.
        name: What it was called, or its key.
    """

    kind: str
    key: str
    name: str

    @property
    def path(self) -> str:
        """Where its page is, from the root of the service."""
        return f"doc/{self.kind}/{quote(self.key, safe='')}"

    @property
    def text(self) -> str:
        """Its name with what it is."""
        of = self.kind if self.name == self.key else f"{self.kind} {self.key}"
        return f"{self.name} ({of})"


class Done(NamedTuple):
    """What an event did to some things alike.

    Attributes:
        what: What it did: they are ``New``, ``Changed`` or ``Gone``.
        things: The things, as many as are shown.
        more: How many there are besides.
    """

    what: str
    things: list[Named]
    more: int


class Happening(NamedTuple):
    """An event in words.

    Attributes:
        position: Its position.
        iri: Its IRI.
        known: Since when it is known, in effect.
        gist: What is kept of it.
        title: What it was.
        done: What it did.
    """

    position: int
    iri: str
    known: datetime
    gist: Gist
    title: str
    done: list[Done]

    @property
    def sentences(self) -> list[str]:
        """All of it, sentence by sentence."""
        gist = self.gist
        found = [f"{each.what}: {_listed([thing.text for thing in each.things], each.more)}." for each in self.done]
        if not found:
            found.append("It changed nothing of what the feeds tell of.")
        if gist.corrects is not None:
            found.append(f"It puts event {gist.corrects} right: {gist.reason}")
        if gist.valid_from is not None:
            found.append(f"Holds from {gist.valid_from}.")
        if gist.decision is not None:
            found.append(f"By decision {gist.decision}.")
        if gist.said_by is not None:
            found.append(f"Published by source {gist.said_by}.")
        return found


def happenings(history: History, positions: Sequence[int]) -> list[Happening]:
    """The events at some positions in words, the newest first.

    Args:
        history: The statements.
        positions: The positions, in order.
    """
    if not positions:
        return []
    turned: dict[int, list[Turned]] = defaultdict(list)
    for each in _turned(history, positions):
        turned[each.position].append(each)
    names = _names(history, (each for group in turned.values() for each in group), positions[-1])
    iris = Iris(history.base_iri)
    found = []
    for position in reversed(positions):
        told = history.told_of(position)
        if told is not None:
            done = _done(turned[position], names)
            words = told.gist.kind.replace("-", " ").capitalize()
            things = [thing.name for each in done for thing in each.things]
            more = len(turned[position]) - min(len(things), IN_TITLE)
            title = f"{words}: {_listed(things[:IN_TITLE], more)}" if things else words
            found.append(Happening(position, iris.event(position), told.known, told.gist, title, done))
    return found


def _turned(history: History, positions: Sequence[int]) -> Iterable[Turned]:
    """What the events at some positions changed."""
    if len(positions) == positions[-1] - positions[0] + 1:
        return history.turned(positions[0] - 1, positions[-1])
    return (each for position in positions for each in history.turned(position - 1, position))


def _done(turned: Iterable[Turned], names: dict[str, list[Timed]]) -> list[Done]:
    order = list(_ACTS)
    found = []
    for act, group in groupby(sorted(turned, key=lambda each: order.index(each.act)), key=lambda each: each.act):
        things = list(group)
        shown = [Named(each.kind, each.key, _name(each, names) or each.key) for each in things[:SHOWN]]
        found.append(Done(_ACTS[act], shown, len(things) - len(shown)))
    return found


def _names(history: History, turned: Iterable[Turned], position: int) -> dict[str, list[Timed]]:
    """All that some things were ever called up to a position, by their IRIs."""
    names: dict[str, list[Timed]] = defaultdict(list)
    for timed in history.said_of({iri(each.iri) for each in turned}, _NAMES, position):
        names[timed.statement.subject[1:-1]].append(timed)
    return names


def _name(turned: Turned, names: dict[str, list[Timed]]) -> str | None:
    """What a thing was called last, as was known once the event was; of what is gone, as was known before."""
    position = turned.position - (turned.act == "delete")
    said = [each.statement for each in names[turned.iri] if each.opened <= position < each.closed]
    if not said:
        return None
    return read(max(said, key=lambda each: (each.object.endswith("@nl"), each.start, each.object)).object).text


def _listed(words: Sequence[str], more: int) -> str:
    return ", ".join(words) + (f" and {more} more" if more else "")
