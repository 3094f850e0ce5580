"""The ways in which regiolog says no, as one small tree.

    RegiologError
    ├── Refusal              what was asked contradicts the register, or is not usable
    │   └── UnknownKey       a key that the register has never had
    ├── Conflict             another writer was first, too often in a row
    ├── FolderError          a data folder that is missing, damaged, newer, in use or full
    │   ├── FolderInUse      another process projects there (sync.projector)
    │   └── EventUnreadable  a stored event that cannot be read (events.journal)
    ├── ProjectionStopped    an event that this version cannot project
    ├── BadMoment            a day or instant that cannot be asked about
    ├── HarvestFailed        a source that could not be harvested; nothing of it was recorded
    │   ├── Unreachable      its publisher does not answer, or breaks off; it may by itself come right
    │   ├── Forbidden        it leads to where no source may be fetched from
    │   ├── Unreadable       what came is not what the source is said to be
    │   ├── Suspicious       it changes so much at once that somebody has to look first
    │   └── Interrupted      we were told to end meanwhile
    └── QueryRejected        a query that is not answered
        ├── QueryMalformed   it is not SPARQL
        ├── QueryForbidden   it would change something, or reach out (``SERVICE``)
        ├── QueryUnsupported it asks for something that is not done here
        ├── QueryTooLong     longer than the limit
        ├── QueryTooDeep     nested deeper than the limit
        ├── QueryTimedOut    not answered within the deadline
        ├── QueryTooLarge    the answer is larger than the limit
        ├── QueryOutOfMemory needs more memory than the limit
        └── QueryOverload    too many queries wait already

Each is one clear sentence. How each becomes an HTTP status or an exit code is decided once, in the publisher.
"""

from __future__ import annotations


class RegiologError(Exception):
    """Anything that regiolog refuses or cannot do, said in one sentence."""


class Refusal(RegiologError):
    """A wish that contradicts what the register holds, or that cannot be used as it stands.

    Args:
        reason: One sentence that says what was wrong.
        line: The line of the record file, counted from 1, when there is one.
        field: The field of the record that is to blame, when there is one.
        event: The event that the wish contradicts, as the reader can look it up, when there is one.
    """

    def __init__(
        self, reason: str, *, line: int | None = None, field: str | None = None, event: str | None = None
    ) -> None:
        """Keep the parts apart; :meth:`__str__` joins them."""
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.field = None if field is None else _shown(field)
        self.event = event

    def __str__(self) -> str:
        """Line, field and reason, and the event that is contradicted."""
        where = "" if self.line is None else f"line {self.line}: "
        what = "" if self.field is None else f"{self.field}: "
        against = "" if self.event is None else f" (it contradicts {self.event})"
        return f"{where}{what}{self.reason}{against}"


def _shown(field: str) -> str:
    """A field's name as it fits in a sentence, whatever somebody called it."""
    shown = "".join(char if char.isprintable() else "?" for char in field[:60])
    return shown if len(field) <= 60 else f"{shown}…"


class UnknownKey(Refusal):
    """A code or key that the register has never had."""


class Conflict(RegiologError):
    """Another writer recorded something that this wish had to know about."""


class FolderError(RegiologError):
    """A data folder that cannot be used as it is."""


class ProjectionStopped(RegiologError):
    """An event that this version of regiolog cannot turn into statements; nothing after it is projected."""

    def __init__(self, position: int, reason: str) -> None:
        """Name the event by its position."""
        super().__init__(f"the projection stopped at event {position}: {reason}")
        self.position = position
        self.reason = reason


class BadMoment(RegiologError):
    """A day or an instant that cannot be read, or that the register cannot be asked about."""


class HarvestFailed(RegiologError):
    """A source that could not be harvested; nothing of what came was recorded."""


class Unreachable(HarvestFailed):
    """The publisher does not answer, answers with an error, or breaks off; it may come right by itself.

    Args:
        reason: One sentence that says what went wrong.
        after: For how many seconds the publisher asks to be left alone; None when it does not say.
        status: With which HTTP status it answered that it will not; None when it gave no such answer.
    """

    def __init__(self, reason: str, *, after: float | None = None, status: int | None = None) -> None:
        """Keep the parts apart."""
        super().__init__(reason)
        self.after = after
        self.status = status


class Forbidden(HarvestFailed):
    """The way to the document leads to an address that this source may not be fetched from."""


class Unreadable(HarvestFailed):
    """What came is not what the source is said to be: another form, broken, too large, or without what is wanted."""


class Suspicious(HarvestFailed):
    """So much would change at once that a mistake of the publisher is likelier; it waits until somebody accepts it."""


class Interrupted(HarvestFailed):
    """This process was told to end before the source was harvested."""


class QueryRejected(RegiologError):
    """A query that is not answered."""


class QueryMalformed(QueryRejected):
    """The text is not a SPARQL 1.1 query."""


class QueryForbidden(QueryRejected):
    """The query would change something, or would send a request elsewhere."""


class QueryUnsupported(QueryRejected):
    """The query asks for something that is not done here, such as a function of somebody else's."""


class QueryTooLong(QueryRejected):
    """The query is longer than the limit."""


class QueryTooDeep(QueryRejected):
    """The query is nested deeper than the limit."""


class QueryTimedOut(QueryRejected):
    """The query was not answered within its deadline."""


class QueryTooLarge(QueryRejected):
    """The answer is larger than the limit."""


class QueryOutOfMemory(QueryRejected):
    """The query needed more memory than a worker may have."""


class QueryOverload(QueryRejected):
    """Too many queries are waiting already."""
