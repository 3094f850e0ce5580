"""Batches of CloudEvents, read page by page into a replica: a change feed as the Flemish base registry writes it.

A page is a JSON array of CloudEvents 1.0 (``application/cloudevents-batch+json``), and a header of it says when it is
complete and never changes again. Each event has a number that only grows; it creates, updates or deletes one thing and
gives the old and the new value of each attribute that changes, or says into what a thing was transformed.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec

from regiolog.events.errors import BadMoment, Unreachable, Unreadable
from regiolog.events.temporal import day_of, parse_instant
from regiolog.sync.sources.changed import Changed, table
from regiolog.sync.sources.feed import Pages, Reading
from regiolog.sync.sources.fetching import shown
from regiolog.sync.sources.guard import printable
from regiolog.sync.sources.validators import Validators

if TYPE_CHECKING:
    from regiolog.sync.sources.fetching import Fetched, Fetcher
    from regiolog.sync.sources.replica import Replica
    from regiolog.sync.sources.source import Source

BATCH: Final = "application/cloudevents-batch+json"
"""The media type of a batch (CloudEvents 1.0, JSON format, section 4)."""

_ACCEPT: Final = f"{BATCH}, application/json;q=0.5"
_WHAT: Final = frozenset({"create", "update", "delete", "transform"})
_VERSIONS: Final = frozenset({"v1"})
"""How the types of events end that are read: what happens, and the version of the type."""

_NOTES: Final = 20

_FRACTION: Final = re.compile(r"\.\d+")
_INSTANT: Final = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$"
_NUMBER: Final = r"^\d{1,18}$"

_Data = TypeVar("_Data", "Data", "Transform")

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=4_000)]


class Attribute(msgspec.Struct, frozen=True):
    """An attribute that changed."""

    name: Text = msgspec.field(name="naam")
    old: Any = msgspec.field(name="oudeWaarde")
    new: Any = msgspec.field(name="nieuweWaarde")


class Data(msgspec.Struct, frozen=True):
    """What is said of one thing."""

    object_id: Text = msgspec.field(name="objectId")
    namespace: Text = msgspec.field(name="naamruimte")
    version: Text = msgspec.field(name="versieId")
    codes: tuple[str, ...] = msgspec.field(name="nisCodes")
    attributes: tuple[Attribute, ...] = msgspec.field(name="attributen")


class Transform(msgspec.Struct, frozen=True):
    """What became of a thing: into which others it was transformed."""

    codes: tuple[str, ...] = msgspec.field(name="nisCodes")
    of: Text | None = msgspec.field(name="vanId", default=None)
    ofs: tuple[Text, ...] = msgspec.field(name="vanIds", default=())
    into: Text | None = msgspec.field(name="naarId", default=None)
    intos: tuple[Text, ...] = msgspec.field(name="naarIds", default=())


class Event(msgspec.Struct, frozen=True):
    """An event of the envelope of CloudEvents 1.0; extensions of a publisher's own are passed over."""

    id: Annotated[str, msgspec.Meta(pattern=_NUMBER)]
    specversion: str
    type: Text
    source: Text
    time: Annotated[str, msgspec.Meta(pattern=_INSTANT)]
    data: msgspec.Raw
    subject: Text | None = None

    @property
    def number(self) -> int:
        """Its number, which is its place in the feed."""
        return int(self.id)


def follow(source: Source, fetcher: Fetcher, replica: Replica, *, accept: bool) -> Reading:
    """Read what is new in a feed, and say what is known of everything in it now.

    Args:
        source: The source.
        fetcher: Fetches within its limits.
        replica: What was read of it before; each page that is read is kept there at once.
        accept: Whether somebody looked, so that an event that seems to be missing is only noted.

    Raises:
        HarvestFailed: A page cannot be had, or read, or contradicts what was read before.
    """
    walk = _Walk(source, fetcher, replica, accept=accept)
    number: int = source.feed.first if replica["page"] is None else replica["page"]
    while walk.page(number):
        number += 1
    things = (
        msgspec.json.decode(content, type=Changed)
        for _, versions in replica.things()
        if (content := versions[-1].content) is not None
    )
    body = table(things, source.feed.where, source.feed.periods)
    if len(body) > source.limits.bytes:
        raise Unreadable(f"what it says last of everything is larger than {source.limits.bytes:,} bytes")
    time = replica["time"]
    published = None if time is None else day_of(parse_instant(time))
    return Reading(body, "text/csv", published, walk.pages.whole, tuple(walk.notes[:_NOTES]))


class _Walk:
    """One run through a feed."""

    def __init__(self, source: Source, fetcher: Fetcher, replica: Replica, *, accept: bool) -> None:
        self.pages = Pages(source, fetcher, source.form or _ACCEPT)
        self.notes: list[str] = []
        self._source = source
        self._replica = replica
        self._accept = accept
        self._last: int | None = replica["last"]
        self._time: str | None = replica["time"]
        self._taken = 0

    def page(self, number: int) -> bool:
        """Take what is new on a page; whether it is complete, so that the next one can be read."""
        url, feed = _address(self._source, number), self._source.feed
        where = f"page {number} of {shown(url)}"
        # It is asked for whole: a page that has become complete may have the validator that it had before.
        fetched = self.pages.fetch(url, Validators())
        if fetched is None or fetched.gone:
            raise Unreachable(f"{where} is gone")
        events = _events(fetched, where)
        said = {event.id: _digest(event) for event in events}
        self._check(events, said, where)
        for event in events:
            if self._last is None or event.number > self._last:
                self._take(event, where)
        complete = fetched.whole and fetched.headers.get(feed.complete.lower(), "").strip().lower() == "true"
        if complete and not events:
            raise Unreadable(f"{where} says that it is complete, and has no event")
        self._replica["page"] = number + complete
        self._replica["last"], self._replica["time"] = self._last, self._time
        self._replica["seen"] = {} if complete else said
        self._replica.keep()
        return complete

    def _check(self, events: list[Event], said: dict[str, str], where: str) -> None:
        """See that the numbers of events grow, and that what was read before is as it was."""
        seen: dict[str, str] = self._replica["seen"] or {}
        before = None if seen else self._last
        for event in events:
            if before is not None and event.number <= before:
                raise Unreadable(
                    f"{where} has event {event.number} after event {before}: its numbers go back, or are given twice"
                )
            before = event.number
            is_read = self._last is not None and event.number <= self._last
            if is_read and seen.get(event.id) != said[event.id]:
                raise Unreadable(f"{where} has event {event.number}, which was read before and is another one now")
        if lost := seen.keys() - said.keys():
            raise Unreadable(f"{where} no longer has event {min(map(int, lost))}, which was read before")

    def _take(self, event: Event, where: str) -> None:
        """Take one event."""
        feed = self._source.feed
        if feed.gapless and self._last is not None and event.number != self._last + 1:
            self._doubt(f"{where} has event {event.number} after event {self._last}: events are missing")
        self._last = event.number
        self._taken += 1
        if self._taken > self._source.limits.rows:
            raise Unreadable(f"it has more than {self._source.limits.rows} new events, which is the limit")
        self._time = max(self._time or "", _instant(event))
        begins, _, version = event.type.rpartition(".")
        kind, _, what = begins.rpartition(".")
        if what not in _WHAT or version not in _VERSIONS or kind not in {*feed.types, *feed.ignore}:
            raise Unreadable(
                f"event {event.number} is of the type {printable(event.type, 120)}, which is not known here"
            )
        if kind in feed.ignore:
            return
        if what == "transform":
            self._transform(event)
        else:
            self._change(event, kind, what)

    def _change(self, event: Event, kind: str, what: str) -> None:
        """Create, update or delete a thing."""
        subject = event.subject
        if subject is None:
            raise Unreadable(f"event {event.number} does not say which thing it is about")
        data, held, thing = _data(event, Data), self._held(subject), printable(subject, 200)
        if what == "create" and held is not None:
            raise Unreadable(f"event {event.number} creates {thing}, which is there already")
        if what != "create" and held is None:
            raise Unreadable(
                f"event {event.number} is about {thing}, which is not there: the feed does not begin at its beginning, "
                "or events are missing"
            )
        if what == "delete":
            self._hold(subject, None)
            return
        now = held or Changed(id=subject, kind=kind)
        for each in data.attributes:
            if not now.was(each.name, each.old):
                self._doubt(
                    f"event {event.number} says that {printable(each.name, 60)} of {thing} was "
                    f"{_told(each.old)}, and what was read is {_told(now.values.get(each.name))}: events are missing"
                )
        now = msgspec.structs.replace(
            now,
            object_id=data.object_id,
            namespace=data.namespace,
            version=data.version,
            codes=data.codes,
            values={**now.values, **{each.name: each.new for each in data.attributes}},
        )
        self._hold(subject, now)

    def _transform(self, event: Event) -> None:
        """Say into what things were transformed."""
        data = _data(event, Transform)
        for of in (*_one(data.of), *data.ofs):
            held = self._held(of)
            if held is not None:
                self._hold(of, msgspec.structs.replace(held, into=(*_one(data.into), *data.intos)))

    def _held(self, of: str) -> Changed | None:
        """A thing as it was read last."""
        versions = self._replica.versions(of)
        content = versions[-1].content if versions else None
        return None if content is None else msgspec.json.decode(content, type=Changed)

    def _hold(self, of: str, changed: Changed | None) -> None:
        """Hold a thing as it is now; None when it is no more."""
        for version in self._replica.versions(of):
            self._replica.drop_version(version.number)
        if changed is not None:
            self._replica.put_version(of, msgspec.json.encode(changed).decode())

    def _doubt(self, sentence: str) -> None:
        """Refuse what seems to be wrong, unless somebody looked."""
        if not self._accept:
            raise Unreadable(sentence)
        self.notes.append(sentence)


def _address(source: Source, number: int) -> str:
    """The address of a page: the feed's own, with its number in the query."""
    split = urlsplit(source.location or "")
    query = [each for each in parse_qsl(split.query, keep_blank_values=True) if each[0] != source.feed.page]
    return urlunsplit(split._replace(query=urlencode([*query, (source.feed.page, str(number))]), fragment=""))


def _events(fetched: Fetched, where: str) -> list[Event]:
    try:
        events = msgspec.json.decode(fetched.body, type=list[Event])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        called = printable(fetched.media or "of no media type", 80)
        said = printable(str(error), 160)
        raise Unreadable(f"{where} is no batch of CloudEvents ({said}); its publisher calls it {called}") from None
    for event in events:
        if event.specversion != "1.0":
            raise Unreadable(f"event {event.number} is of CloudEvents {printable(event.specversion, 20)}, and not 1.0")
    return events


def _digest(event: Event) -> str:
    """The digest of what an event says, however that is written."""
    try:
        said = (event.type, event.subject, event.time, msgspec.json.decode(event.data))
    except (msgspec.DecodeError, RecursionError) as error:
        raise Unreadable(f"the data of event {event.number} cannot be read: {printable(str(error), 160)}") from None
    return hashlib.sha256(msgspec.json.encode(said, order="deterministic")).hexdigest()


def _data(event: Event, kind: type[_Data]) -> _Data:
    try:
        return msgspec.json.decode(event.data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(f"the data of event {event.number} cannot be read: {printable(str(error), 160)}") from None


def _instant(event: Event) -> str:
    """The instant of an event, in UTC and whole seconds."""
    try:
        return f"{parse_instant(_FRACTION.sub('', event.time)):%Y-%m-%dT%H:%M:%SZ}"
    except (BadMoment, ValueError):
        raise Unreadable(f"event {event.number} has a time that does not exist") from None


def _one(text: str | None) -> tuple[str, ...]:
    return () if text is None else (text,)


def _told(value: object) -> str:
    return printable(msgspec.json.encode(value).decode(), 120)
