"""The journal: every event that was ever recorded, in order, appended under a condition and never changed.

The journal stands on the small recorder interface of the eventsourcing library (dynamic consistency
boundaries), so that another database is another recorder and nothing else. The library changes the standard
library's dataclasses when it is imported: only the journal's two modules import it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Final, NamedTuple, Protocol, runtime_checkable

import msgspec
from eventsourcing.dcb.api import DCBAppendCondition, DCBEvent, DCBQuery, DCBQueryItem, DCBRecorder
from eventsourcing.persistence import IntegrityError, PersistenceError

from regiolog.events.errors import Conflict, FolderError
from regiolog.events.event import Event
from regiolog.events.kinds import UnreadableEvent, decode, decode_all, encode, stored_name
from regiolog.events.temporal import Clock, system_clock

PAGE: Final = 1_000
"""How many events are read at a time from a recorder that has no lean way of reading."""

POLL: Final = 0.05
"""How often, in seconds, such a recorder is asked for its head while somebody waits."""


class Recorded(NamedTuple):
    """An event and its place in the journal.

    Attributes:
        position: Counted from 1; it grows, though some recorders leave gaps.
        event: What was recorded.
    """

    position: int
    event: Event


_recorded: Final = partial(tuple.__new__, Recorded)
"""A Recorded from its parts, without the call of a Python function: a replay makes one for every event."""


class Boundary(NamedTuple):
    """What a rule read before it decided, and so what must not have changed when its events are appended.

    Attributes:
        tags: It covers each event that has any of these tags.
        everything: It covers every event, whatever its tags.
    """

    tags: frozenset[str] = frozenset()
    everything: bool = False


class EventUnreadable(FolderError):
    """An event of the journal that this version cannot read: it is damaged, or from a newer version."""

    def __init__(self, position: int, reason: str) -> None:
        """Name the event by its position."""
        super().__init__(f"event {position} of the journal cannot be read: {reason}")
        self.position = position
        self.reason = reason


@runtime_checkable
class Reader(Protocol):
    """The lean way of reading that a recorder may offer beside the library's interface."""

    def head(self) -> int:
        """The last position; 0 when nothing was recorded."""

    def pages(
        self, query: DCBQuery | None = None, *, after: int = 0, upto: int | None = None
    ) -> Iterator[list[tuple[int, bytes]]]:
        """Positions and stored bytes in order, ``after < position <= upto``, some at a time."""

    def wait(self, position: int, timeout: float) -> bool:
        """Return True as soon as the head is past a position, and False after `timeout` seconds."""

    def close(self) -> None:
        """Let go of whatever is open."""


class Journal:
    """Append, read and follow events; safe to use from several threads.

    Args:
        recorder: Where the events are kept.
        clock: Where `recorded_at` comes from.
    """

    def __init__(self, recorder: DCBRecorder, clock: Clock = system_clock) -> None:
        """Stand on a recorder; nothing is read yet."""
        self._recorder = recorder
        self._reader: Reader = recorder if isinstance(recorder, Reader) else _Paged(recorder)
        self._clock = clock

    def head(self) -> int:
        """The last position; 0 when the journal is empty."""
        with _as_folder_error():
            return self._reader.head()

    def read(self, boundary: Boundary, after: int = 0) -> list[Recorded]:
        """Every event within a boundary past a position, in order.

        To decide on what was read, take :meth:`head` first, then read, then append `after` that head:
        whatever came in between makes the append fail.
        """
        if not boundary.tags and not boundary.everything:
            return []
        return list(self._recorded(_query(boundary), after, None))

    def at(self, position: int) -> Recorded | None:
        """The event at a position; None when there is none."""
        return next(self._recorded(None, position - 1, position), None)

    def replay(self, after: int = 0, upto: int | None = None) -> Iterator[Recorded]:
        """Every event past a position, in order, without ever holding all of them.

        Args:
            after: The position to go on from; 0 is the beginning.
            upto: The last position wanted; None goes on to the head.

        Raises:
            EventUnreadable: The next event cannot be read; those before it were given.
        """
        return self._recorded(None, after, upto)

    def stored(self, after: int = 0, upto: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Positions and stored bytes past a position, in order, whether or not this version can read them.

        Args:
            after: The position to go on from; 0 is the beginning.
            upto: The last position wanted; None goes on to the head.
        """
        with _as_folder_error():
            for page in self._reader.pages(after=after, upto=upto):
                yield from page

    def append(self, events: Sequence[Event], boundary: Boundary, after: int) -> list[int]:
        """Record events in one transaction, all or none, unless the boundary has changed.

        Each event gets the clock's `recorded_at`. Beside the boundary it is made sure that none of their ids
        came in past `after`. When the recorder fails, the journal is read before anything is said: what was
        stored is reported as done, even though its acknowledgement was lost.

        Args:
            events: What is to be recorded, in order.
            boundary: What the decision rests on.
            after: The head at which the boundary was read.

        Returns:
            Their positions, in order.

        Raises:
            ValueError: The boundary is empty without being `everything`, or two of the events have one id.
            Conflict: Something was recorded past `after` that the boundary covers.
            FolderError: The recorder failed, and nothing of this was recorded, or that cannot be found out.
        """
        marks = [f"id:{event.id}" for event in events]
        if not boundary.tags and not boundary.everything:
            raise ValueError("an empty boundary guards nothing")
        if len(set(marks)) < len(marks):
            raise ValueError("two of the events have the same id")
        if not events:
            return []
        now = self._clock()
        drafts = [_draft(msgspec.structs.replace(event, recorded_at=now)) for event in events]
        guarded = Boundary(boundary.tags.union(marks), boundary.everything)
        return self._append(drafts, marks, guarded, after)

    def copy(self, stored: Sequence[bytes], after: int) -> list[Recorded]:
        """Append events as another journal stored them, byte for byte, in one transaction, all or none.

        They keep their `recorded_at`, and their positions too: this journal ends at `after`, as that one did before
        them. Their kinds and tags are worked out here.

        Args:
            stored: What that journal stores past `after`, in order, without a gap.
            after: The head of this journal.

        Returns:
            The events with their positions.

        Raises:
            EventUnreadable: One of them cannot be read here; nothing was recorded.
            Conflict: This journal has another head, or one of them has the id of another event; likewise.
            FolderError: The recorder failed, and nothing of this was recorded, or that cannot be found out.
        """
        read = [_read_one(each) for each in enumerate(stored, after + 1)]  # together they might be taken for others
        if not read:
            return []
        head = self.head()
        if head != after:
            raise Conflict(f"the journal ends at event {head}, and not at {after}")
        marks = [f"id:{event.id}" for _, event in read]
        had = {event.id: position for position, event in self.read(Boundary(frozenset(marks)))}
        for position, event in read:
            if event.id in had:
                raise Conflict(f"event {position} has the id of event {had[event.id]}")
            had[event.id] = position
        drafts = [
            DCBEvent(type=stored_name(event), data=data, tags=event.tags())
            for (_, event), data in zip(read, stored, strict=True)
        ]
        self._append(drafts, marks, Boundary(everything=True), after)
        return read

    def _append(self, drafts: list[DCBEvent], marks: list[str], guarded: Boundary, after: int) -> list[int]:
        """Append drafts unless something past a position is within a boundary; their positions."""
        try:
            last = self._recorder.append(drafts, DCBAppendCondition(_query(guarded), after))
        except PersistenceError as error:
            try:
                stored = self._stored(drafts, marks, after)
            except FolderError as unreadable:
                raise FolderError(f"whether this was recorded cannot be found out: {unreadable}") from error
            if stored is not None:
                return stored
            if isinstance(error, IntegrityError):
                raise Conflict("somebody else recorded something that this rests on") from error
            raise FolderError(f"nothing was recorded: {error}") from error
        return list(range(last - len(drafts) + 1, last + 1))

    def wait(self, position: int, timeout: float) -> bool:
        """Wait until the journal goes on past a position.

        Args:
            position: The head that is known already.
            timeout: The longest wait, in seconds.

        Returns:
            True as soon as the head is past the position, whichever process recorded; False after the time.
        """
        with _as_folder_error():
            return self._reader.wait(position, timeout)

    def close(self) -> None:
        """Let go of whatever the journal holds open; it cannot be used afterwards."""
        self._reader.close()

    def _recorded(self, query: DCBQuery | None, after: int, upto: int | None) -> Iterator[Recorded]:
        with _as_folder_error():
            for page in self._reader.pages(query, after=after, upto=upto):
                yield from _read_back(page)

    def _stored(self, drafts: list[DCBEvent], marks: list[str], after: int) -> list[int] | None:
        """Where these very bytes are stored; None when they are not.

        `recorded_at` is part of the bytes, so somebody else's event with the same id is not taken for ours.
        """
        stored: dict[bytes, int] = {}
        with _as_folder_error():
            for page in self._reader.pages(_query(Boundary(frozenset(marks))), after=after):
                stored.update((data, position) for position, data in page)
        positions = [stored[draft.data] for draft in drafts if draft.data in stored]
        return positions if len(positions) == len(drafts) else None


class _Paged:
    """The lean way of reading, built on nothing but the library's interface."""

    def __init__(self, recorder: DCBRecorder) -> None:
        self._recorder = recorder

    def head(self) -> int:
        nothing = DCBQuery([DCBQueryItem(tags=["no event has this tag"])])
        return self._recorder.read(nothing).head or 0

    def pages(
        self, query: DCBQuery | None = None, *, after: int = 0, upto: int | None = None
    ) -> Iterator[list[tuple[int, bytes]]]:
        while upto is None or after < upto:
            limit = PAGE if upto is None else min(PAGE, upto - after)
            found = list(self._recorder.read(query, after=after, limit=limit))
            yield [(each.position, each.event.data) for each in found if upto is None or each.position <= upto]
            if len(found) < limit:
                return
            after = found[-1].position

    def wait(self, position: int, timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        while self.head() <= position:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(left, POLL))
        return True

    def close(self) -> None:
        """Whoever opened the recorder closes it: the library's interface has no word for it."""


def _query(boundary: Boundary) -> DCBQuery:
    """A boundary in the library's words, where a query without items is one for every event."""
    if boundary.everything:
        return DCBQuery()
    return DCBQuery([DCBQueryItem(tags=[tag]) for tag in sorted(boundary.tags)])


def _draft(event: Event) -> DCBEvent:
    return DCBEvent(type=stored_name(event), data=encode(event), tags=event.tags())


def _read_back(page: list[tuple[int, bytes]]) -> Iterator[Recorded]:
    """The events of a page; read one by one, to name the one at fault, when they cannot be read together."""
    try:
        events = decode_all([data for _, data in page])
    except UnreadableEvent:
        yield from map(_read_one, page)
    else:
        yield from map(_recorded, zip((position for position, _ in page), events, strict=True))


def _read_one(stored: tuple[int, bytes]) -> Recorded:
    position, data = stored
    try:
        return Recorded(position, decode(data))
    except UnreadableEvent as error:
        raise EventUnreadable(position, str(error)) from error


@contextmanager
def _as_folder_error() -> Iterator[None]:
    try:
        yield
    except PersistenceError as error:
        raise FolderError(str(error)) from error
