"""Paging: which positions of the journal each page of the feeds covers; every feed breaks at the same places.

A page takes the changes of whole events, and is full with the event by which it has :data:`SIZE` of them, or covers
:data:`LENGTH` positions: so where pages break depends on nothing that comes later, and a full page never changes. The
last page is never full.
"""

from __future__ import annotations

import hashlib
import threading
from bisect import bisect_left
from itertools import groupby
from typing import Final, NamedTuple

from regiolog.publisher.feed.members import members
from regiolog.sync.statements.history import History

SIZE: Final = 100
"""With how many version objects a page is full; one event may bring more. It is part of what the feed promises."""

_AT_A_TIME: Final = 5_000
"""Of how many positions turns are held in memory."""

LENGTH: Final = 1_000
"""With how many positions a page is full, whatever they brought: most events of a register may turn nothing."""

BRANCH: Final = 10_000
"""How many pages a branch of the tree has when it is full."""


class Page(NamedTuple):
    """A page of the feeds.

    Attributes:
        number: Its number, from 1.
        after: The last position of the page before; 0 for the first.
        upto: Its own last position; of the last page the last position that was projected.
        full: Whether it will never change.
        members: How many version objects it has.
    """

    number: int
    after: int
    upto: int
    full: bool
    members: int


class Tally(NamedTuple):
    """By what somebody who has all version objects up to a position can tell that it is all.

    Attributes:
        members: How many there are.
        sha256: The SHA-256 of their IRIs, one to a line, by position and then by IRI; as hexadecimal digits.
    """

    members: int
    sha256: str


class Paging:
    """The pages, as far as they are known to this process; it reads on when there is more."""

    def __init__(self) -> None:
        """Know none yet."""
        self._guard = threading.Lock()
        self._ends: list[int] = []
        self._tallies: list[Tally] = [Tally(0, hashlib.sha256().hexdigest())]
        self._names = hashlib.sha256()
        self._count = 0
        self._read = 0

    def read(self, history: History) -> Pages:
        """The pages up to where a table stands.

        Args:
            history: The table; nothing that it had when it was last read here may be gone.
        """
        head = history.position
        with self._guard:
            while self._read < head:
                self._on(history, min(head, self._read + _AT_A_TIME))
            return Pages(self._ends, self._tallies, Tally(self._count, self._names.hexdigest()), self._read)

    def _on(self, history: History, upto: int) -> None:
        """Read on to a position."""
        found = members(history, self._read, upto)
        for position, group in groupby(found, key=lambda member: member.turned.position):
            self._pass(position - 1)
            names = sorted(member.iri for member in group)
            self._count += len(names)
            self._names.update("".join(f"{name}\n" for name in names).encode())
            if self._count - self._tallies[-1].members >= SIZE:
                self._end(position)
        self._pass(upto)
        self._read = upto

    def _pass(self, position: int) -> None:
        """Come to a position without any more version objects."""
        while position - (self._ends[-1] if self._ends else 0) >= LENGTH:
            self._end((self._ends[-1] if self._ends else 0) + LENGTH)

    def _end(self, position: int) -> None:
        self._ends.append(position)
        self._tallies.append(Tally(self._count, self._names.hexdigest()))


class Pages:
    """The pages as they were at one time.

    Args:
        ends: The last positions of the full pages; it only grows.
        tallies: What there is before the first page, and up to the end of each full one; it only grows.
        all_: What there is up to the head.
        head: The last position that was projected.
    """

    def __init__(self, ends: list[int], tallies: list[Tally], all_: Tally, head: int) -> None:
        """Look at those that there are now."""
        self._ends = ends
        self._tallies = tallies
        self._all = all_
        self.full = len(ends)
        self.head = head

    def __len__(self) -> int:
        """How many pages there are; the last one is not full."""
        return self.full + 1

    def __getitem__(self, number: int) -> Page:
        """A page by its number.

        Raises:
            IndexError: There is none.
        """
        if not 1 <= number <= len(self):
            raise IndexError(number)
        after = self._ends[number - 2] if number > 1 else 0
        own = self.tally(number).members - self._tallies[number - 1].members
        if number <= self.full:
            return Page(number, after, self._ends[number - 1], full=True, members=own)
        return Page(number, after, self.head, full=False, members=own)

    def tally(self, number: int) -> Tally:
        """What there is up to the end of a page; of the last one up to the head, and nothing of none (0)."""
        return self._tallies[number] if number <= self.full else self._all

    def holding(self, position: int) -> Page:
        """The page that covers a position, or will."""
        return self[bisect_left(self._ends, position, hi=self.full) + 1]

    @property
    def branches(self) -> int:
        """How many branches there are; only the last one may grow."""
        return self.full // BRANCH + 1

    def of_branch(self, number: int) -> range:
        """The numbers of the pages of a branch.

        Raises:
            IndexError: There is no such branch.
        """
        if not 1 <= number <= self.branches:
            raise IndexError(number)
        first = (number - 1) * BRANCH + 1
        return range(first, min(first + BRANCH, len(self) + 1))

    def is_full(self, branch: int) -> bool:
        """Whether a branch will never change: all of its pages are full."""
        return branch * BRANCH <= self.full
