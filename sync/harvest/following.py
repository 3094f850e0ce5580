"""Following (volgen): the journal of another register is copied, event by event, as it is stored there."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import msgspec

from regiolog.events.errors import Conflict, HarvestFailed, Refusal, Unreachable, Unreadable
from regiolog.events.kinds import KINDS, UnreadableEvent, decode, stored_name
from regiolog.events.register import RegisterWasBegun
from regiolog.sync.follows import FILE, Follows, digest_of, follow, followed
from regiolog.sync.harvest.report import Outcome, Report
from regiolog.sync.harvest.runs import Memory
from regiolog.sync.sources.fetching import Fetcher, shown
from regiolog.sync.sources.guard import printable
from regiolog.sync.sources.journals import Stretch, stretch
from regiolog.sync.sources.validators import Validators

if TYPE_CHECKING:
    from regiolog.events.event import Event
    from regiolog.sync.folder import Folder
    from regiolog.sync.harvest.harvesting import Harvester
    from regiolog.sync.sources.source import Source

OVERLAP: Final = 8
"""How many of the last events that are held are fetched once more, to see that the other register still has them."""

_HAS_NO_SUCH: Final = frozenset({400, 404, 416})
"""With what a register may answer that is asked for what comes after its end."""

_LONGEST: Final = 500
"""How many characters the reason of a report may have, which may quote what came."""


class Following:
    """One run of a source that is the journal of another register.

    Each range is recorded in a transaction of its own, under the condition that the journal here ends where it begins.
    What came whole before something went wrong stays: it is what the other register holds.

    Args:
        harvester: Runs it.
        folder: The data folder: empty, or a copy of the same register.
        source: The other register.
        dry_run: Whether only to say what would be recorded.
        progress: Told how far the copy is, and how far it goes.

    Attributes:
        memory: What is to be remembered of the source, as far as the run came.
        waits: Whether something waits in the quarantine; of a journal nothing does.
    """

    waits: Final = False

    def __init__(
        self,
        harvester: Harvester,
        folder: Folder,
        source: Source,
        *,
        dry_run: bool,
        progress: Callable[[int, int], None] = lambda _done, _all: None,
    ) -> None:
        """Look at nothing yet."""
        self._of = harvester
        self._folder = folder
        self._source = source
        self._place = shown(source.location or "")
        self._dry_run = dry_run
        self._progress = progress
        self._clock = time.monotonic()
        self._begun = harvester.now()
        self._ours = 0
        self._follows: Follows | None = None
        self._copied: Counter[str] = Counter()
        self._positions: tuple[int, int] | None = None
        self._unchanged = False
        self.memory: Memory | None = None

    def follow(self, memory: Memory) -> Memory:
        """Copy what is new in the other journal.

        Returns:
            What is to be remembered of it.

        Raises:
            Refusal: This folder holds a register of its own.
            HarvestFailed: The other register cannot be had, is another one, or has gone apart from what is held here.
            FolderError: This folder cannot be used.
        """
        self._ours = self._folder.journal.head()
        self._follows = followed(self._folder.path)
        if self._ours and self._follows is None:
            raise Refusal(
                f"this data folder holds a register of its own, and cannot follow {self._place}; an empty one can"
            )
        after = _start(self._ours)
        known = memory.validators if memory.version == _between(after, self._ours) else Validators()
        with self._of.fetcher(self._source) as fetcher:
            found = self._first(fetcher, after, known)
            if found is None:
                self._unchanged = True
                return memory._replace(seen=self._of.now())
            while True:
                memory = self._take(found, memory, fetcher)
                if not found.goes_on:
                    break
                found = self._next(fetcher, found.position)
        if not found.position:
            raise HarvestFailed(f"{self._place} has no event yet")
        self._mark_anew()
        is_asked_next = found.after == _start(found.position)
        self.memory = memory._replace(
            seen=self._of.now(),
            version=_between(found.after, found.position) if is_asked_next else None,
            validators=found.validators if is_asked_next else Validators(),
        )
        return self.memory

    def report(
        self, outcome: Outcome | None = None, reason: str | None = None, *, after: float | None = None
    ) -> Report:
        """What became of this run, so far."""
        usual: Outcome = "new" if self._copied else "unchanged" if self._unchanged else "silent"
        return Report(
            source=self._source.name,
            said_by=self._source.said_by,
            outcome=outcome or usual,
            begun=self._begun,
            seconds=round(time.monotonic() - self._clock, 3),
            events=dict(self._copied),
            positions=self._positions,
            reason=None if reason is None else printable(reason, _LONGEST),
            after=after,
        )

    def _first(self, fetcher: Fetcher, after: int, known: Validators) -> Stretch | None:
        """The last events that are held, and what comes after them; None when that is what it was.

        Raises:
            HarvestFailed: It cannot be had, or ends before.
        """
        try:
            return stretch(fetcher, self._source, after, known)
        except Unreachable as failed:
            if failed.status not in _HAS_NO_SUCH or not after:
                raise
            refused = failed
        if not self._begins_alike(fetcher):
            raise self._is_another()
        raise HarvestFailed(
            f"{self._place} went back: {self._ours} of its events are held here, and it answers {refused.status} when "
            f"it is asked what comes after event {after}; nothing was recorded"
        )

    def _next(self, fetcher: Fetcher, after: int) -> Stretch:
        found = stretch(fetcher, self._source, after)
        assert found is not None  # nothing was said of what is known
        return found

    def _take(self, found: Stretch, memory: Memory, fetcher: Fetcher) -> Memory:
        """Compare what is held of some events, and record the rest."""
        self._compare(found, fetcher)
        start = max(found.after, self._ours)
        stored = found.stored[start - found.after :]
        if not stored:
            return memory
        events = [self._read(position, each) for position, each in enumerate(stored, start + 1)]
        if start == 0:
            self._begin(events[0], stored[0])
        if not self._dry_run:
            self._copy(stored, start)
            memory = memory._replace(recorded=self._of.now(), version=None)
            self.memory = memory
            self._positions = (start + 1 if self._positions is None else self._positions[0], found.position)
        self._copied.update(map(stored_name, events))
        self._progress(found.position, max(found.head, found.position))
        return memory

    def _compare(self, found: Stretch, fetcher: Fetcher) -> None:
        """See that the other register has what is held here.

        Raises:
            HarvestFailed: It does not.
        """
        if found.after < self._ours:
            held = self._folder.journal.stored(found.after, min(found.position, self._ours))
            for (position, ours), theirs in zip(held, found.stored, strict=False):
                if ours != theirs:
                    if position == 1 or not self._begins_alike(fetcher):
                        raise self._is_another()
                    raise HarvestFailed(
                        f"event {position} of {self._place} is another than the one that is held here, so that the two "
                        "have gone apart; nothing was recorded"
                    )
        if found.position < self._ours and not found.goes_on:
            raise HarvestFailed(
                f"{self._place} went back: {self._ours} of its events are held here, and it ends at event "
                f"{found.position}; nothing was recorded"
            )

    def _begins_alike(self, fetcher: Fetcher) -> bool:
        """Whether the other register begins with the first event that is held here.

        Raises:
            HarvestFailed: Its beginning cannot be had.
        """
        ours = [stored for _, stored in self._folder.journal.stored(0, 1)]
        return self._next(fetcher, 0).stored[:1] == ours

    def _is_another(self) -> HarvestFailed:
        name = "" if self._follows is None else f", {self._follows.register}"
        return HarvestFailed(
            f"{self._place} is another register than the one that is followed here{name}; nothing was recorded"
        )

    def _read(self, position: int, stored: bytes) -> Event:
        """An event of the other register.

        Raises:
            Unreadable: This version cannot read it, or it cannot stand there.
        """
        what = f"event {position} of {self._place}"
        try:
            event = decode(stored)
        except UnreadableEvent as error:
            with suppress(msgspec.MsgspecError, UnicodeDecodeError):
                kind = msgspec.json.decode(stored, type=_OfKind).kind
                if kind not in KINDS:
                    raise Unreadable(
                        f"{what} is of the kind {printable(kind, 60)!r}, which this version of regiolog does not know: "
                        "install a newer one"
                    ) from None
            raise Unreadable(f"{what} cannot be read by this version of regiolog: {error}") from None
        if isinstance(event, RegisterWasBegun) != (position == 1):
            raise Unreadable(f"{what} is {stored_name(event)}, and a register begins with its first event and no other")
        told = (event.recorded_at, event.known_from or event.recorded_at)
        if any(instant is None or instant.tzinfo is None for instant in told):
            raise Unreadable(f"{what} does not say when it was recorded, as an instant")
        return event

    def _begin(self, first: Event, stored: bytes) -> None:
        """Mark this folder as one that follows, before anything is in it.

        Raises:
            HarvestFailed: It is to follow another register.
        """
        assert isinstance(first, RegisterWasBegun)
        if self._follows is not None and self._follows.first != digest_of(stored):
            raise self._is_another()
        self._mark(first.register, digest_of(stored))

    def _mark(self, register: str, first: str) -> None:
        follows = Follows(source=self._source.name, address=self._place, register=register, first=first)
        if not self._dry_run and follows != self._follows:
            follow(self._folder.path, follows)
            self._follows = follows

    def _mark_anew(self) -> None:
        """Say where the register is now that is followed, which may have moved."""
        if self._follows is not None:
            self._mark(self._follows.register, self._follows.first)

    def _copy(self, stored: list[bytes], after: int) -> None:
        self._of.look()
        try:
            self._folder.journal.copy(stored, after)
        except Conflict as conflict:
            first = next((bytes_ for _, bytes_ in self._folder.journal.stored(0, 1)), None)
            if not after and first not in {None, stored[0]}:  # a register of its own was begun here just then
                (self._folder.path / FILE).unlink(missing_ok=True)
            raise HarvestFailed(f"{self._place} cannot be copied: {conflict}") from None


class _OfKind(msgspec.Struct):
    kind: str


def _start(head: int) -> int:
    """After which position to ask first, where so many events are held."""
    return max(0, head - OVERLAP)


def _between(after: int, position: int) -> str:
    """What validators are of: the events past one position, up to another."""
    return f"{after}-{position}"
