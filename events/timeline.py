"""A property over time: one value at a time, each with its days and the fact behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Generic, TypeVar

from regiolog.events.fact import Fact, Impossible
from regiolog.events.temporal import Period

Value = TypeVar("Value")


@dataclass(slots=True)
class Span(Generic[Value]):
    """One value over ``[start, end)``, and the fact that began it.

    Attributes:
        value: The value.
        start: Its first day; None when that is unknown.
        end: The first day on which it no longer holds; None while none is known.
        cause: The fact that began it.
    """

    value: Value
    start: date | None
    end: date | None
    cause: Fact

    @property
    def period(self) -> Period:
        """Its days."""
        return Period(self.start, self.end)


@dataclass(slots=True)
class Timeline(Generic[Value]):
    """The values of one property, in order and without overlap; filled from its beginning to its end."""

    spans: list[Span[Value]] = field(default_factory=list)

    def __iter__(self) -> Iterator[Span[Value]]:
        """The spans in order."""
        return iter(self.spans)

    def open(self) -> Span[Value] | None:
        """The last span, while it has no end."""
        last = self.spans[-1] if self.spans else None
        return last if last is not None and last.end is None else None

    def at(self, day: date | None) -> Span[Value] | None:
        """The span of a day; of no day in particular, the first one when its start is unknown."""
        for span in self.spans:
            if (day is None and span.start is None) or (day is not None and day in span.period):
                return span
        return None

    def put(self, value: Value, fact: Fact) -> Span[Value]:
        """Begin a value on the day of a fact, and end the one before it.

        Raises:
            Impossible: Another value began on that same day.
        """
        self.close(fact)
        span = Span(value, fact.event.valid_from, None, fact)
        self.spans.append(span)
        return span

    def close(self, fact: Fact) -> None:
        """End the open value, if there is one, on the day of a fact.

        Raises:
            Impossible: It began on that day, or it would end on no day at all.
        """
        last = self.open()
        if last is None:
            return
        day = fact.event.valid_from
        if day is None or (last.start is not None and day <= last.start):
            raise Impossible(fact, f"something else holds from {last.start} already", last.cause)
        last.end = day
