"""The stored names of events: which class each stands for, and how an event becomes bytes and comes back.

A stored name is a promise: it is never renamed. An event whose shape has changed is read in its old shape and
upcast when it is decoded.
"""

from __future__ import annotations

from typing import Any, Final, get_args

import msgspec

from regiolog.events.correction import EventWasCorrected, EventWasRetracted, Said
from regiolog.events.event import Event

AnyEvent = Said | EventWasCorrected | EventWasRetracted

KINDS: Final[dict[str, type[Event]]] = {str(kind.__struct_config__.tag): kind for kind in get_args(AnyEvent)}
"""Every kind of event by its stored name."""

_DECODER: Final[msgspec.json.Decoder[Any]] = msgspec.json.Decoder(AnyEvent)
_PAGE: Final[msgspec.json.Decoder[list[Any]]] = msgspec.json.Decoder(list[AnyEvent])
_ENCODER: Final = msgspec.json.Encoder(order="deterministic")


class UnreadableEvent(ValueError):
    """Stored bytes that this version cannot read as an event."""


def stored_name(event: Event) -> str:
    """The stored name of an event's kind."""
    return str(event.__struct_config__.tag)


def encode(event: Event) -> bytes:
    """An event as JSON, always the same bytes for the same event."""
    return _ENCODER.encode(event)


def decode(data: bytes) -> Event:
    """Read an event back.

    Raises:
        UnreadableEvent: Its kind or one of its fields is not known to this version.
    """
    try:
        event: Event = _DECODER.decode(data)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableEvent(str(error)) from None
    return event


def decode_all(page: list[bytes]) -> list[Event]:
    """Read many events back at once, which costs a third less than one by one.

    Raises:
        UnreadableEvent: One of them cannot be read; it does not say which.
    """
    try:
        events: list[Event] = _PAGE.decode(b"[%b]" % b",".join(page))
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, TypeError) as error:
        raise UnreadableEvent(str(error)) from None
    if len(events) != len(page):
        raise UnreadableEvent("what is stored as one event is several")
    return events
