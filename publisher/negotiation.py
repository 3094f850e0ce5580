"""Which form of an answer to send: the one that ends the address, else what the Accept header likes (RFC 9110, 12)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from flask import request
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from regiolog.publisher.problems import Problem


class Format(NamedTuple):
    """One form in which something can be had.

    Attributes:
        suffix: How an address ends that asks for it, without the dot.
        media_type: What it is called in headers.
        also: Other names under which clients ask for the same.
    """

    suffix: str
    media_type: str
    also: tuple[str, ...] = ()

    @property
    def content_type(self) -> str:
        """The media type, with the charset where a reader would have to guess it."""
        return f"{self.media_type}; charset=utf-8" if self.media_type.startswith("text/") else self.media_type


TURTLE: Final = Format("ttl", "text/turtle", ("application/x-turtle",))
TRIG: Final = Format("trig", "application/trig")
N_TRIPLES: Final = Format("nt", "application/n-triples", ("text/plain",))
N_QUADS: Final = Format("nq", "application/n-quads")
JSON_LD: Final = Format("jsonld", "application/ld+json")
PLAIN_JSON: Final = Format("json", "application/json")
RDF_XML: Final = Format("rdf", "application/rdf+xml")
HTML: Final = Format("html", "text/html", ("application/xhtml+xml",))
CSV: Final = Format("csv", "text/csv")
TSV: Final = Format("tsv", "text/tab-separated-values")
RESULTS_JSON: Final = Format("json", "application/sparql-results+json", ("application/json",))
RESULTS_XML: Final = Format("xml", "application/sparql-results+xml", ("application/xml", "text/xml"))


_LONG: Final = 500
"""How long an Accept header is that is not worth remembering, nor showing whole."""


def choose(formats: Sequence[Format], suffix: str | None = None) -> Format:
    """The form to answer in.

    Args:
        formats: What there is; the first is for those who do not mind.
        suffix: How the address ends, when it names a form.

    Raises:
        Problem: The address names a form that there is not (404), or the header accepts none that there is (406).
    """
    if suffix is not None:
        for each in formats:
            if each.suffix == suffix:
                return each
        raise Problem("unknown-format", f"there is no .{suffix} of this: {said(formats)}")
    return pick(tuple(formats), request.headers.get("Accept"))


def pick(formats: tuple[Format, ...], accept: str | None) -> Format:
    """The form that an Accept header likes best, the earlier one where it likes two alike.

    Raises:
        Problem: It accepts none that there is.
    """
    best = (_best if accept is None or len(accept) < _LONG else _best.__wrapped__)(formats, accept)
    if best is None:
        shown = "" if accept is None else accept if len(accept) < _LONG else f"{accept[:_LONG]}…"
        raise Problem(
            "not-acceptable",
            f"this can be had as {', '.join(each.media_type for each in formats)}; the request accepts {shown}",
        )
    return best


@lru_cache(1024)
def _best(formats: tuple[Format, ...], accept: str | None) -> Format | None:
    best, liking = None, 0.0
    wishes = [
        (media_range.partition(";")[0].strip().lower(), quality)
        for media_range, quality in parse_accept_header(accept, MIMEAccept)
    ]
    for each in formats:
        quality = _liking(each, wishes) if wishes else 1.0
        if quality > liking:
            best, liking = each, quality
    return best


def split(name: str, formats: Iterable[Format]) -> tuple[str, str | None]:
    """The name and the form in the last part of an address; what is not a form we know is part of the name."""
    stem, dot, suffix = name.rpartition(".")
    if dot and stem and any(each.suffix == suffix for each in formats):
        return stem, suffix
    return name, None


def said(formats: Iterable[Format]) -> str:
    """The forms that there are, in words."""
    return "there is " + ", ".join(f".{each.suffix}" for each in formats)


def _liking(format_: Format, wishes: list[tuple[str, float]]) -> float:
    """How well a form is liked: what the most specific range that it fits says."""
    best = 0.0
    for position, name in enumerate((format_.media_type, *format_.also)):
        ranges = (name, f"{name.partition('/')[0]}/*", "*/*")[: 3 if position == 0 else 1]
        for each in ranges:
            found = [quality for media_range, quality in wishes if media_range == each]
            if found:
                best = max(best, *found)
                break
    return best
