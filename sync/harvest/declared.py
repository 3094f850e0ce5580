"""Sources as they are declared in the settings, read strictly: nothing in a declaration is guessed or ignored."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, get_args
from urllib.parse import urlsplit

import msgspec

from regiolog.events.claim import ClaimsWereMade, Naming, SourceWasRegistered
from regiolog.events.errors import Refusal
from regiolog.events.record import as_strict
from regiolog.sync.harvest.complaints import complaint
from regiolog.sync.harvest.declared_feed import DeclaredFeed, feed_of
from regiolog.sync.harvest.mapping import mapping_of
from regiolog.sync.sources.endpoint import form_of
from regiolog.sync.sources.fetching import Fetcher, shown
from regiolog.sync.sources.source import Kind, Limits, Series, Source

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_KEY: Final = r"^[A-Za-z0-9][A-Za-z0-9._~-]{0,127}$"
_UNITS: Final = {"": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=4_000)]


class _Series(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    folder: Text
    pattern: Text


class _Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    bytes: int | str = Limits.bytes
    seconds: Annotated[float, msgspec.Meta(ge=0.1, le=86_400)] = Limits.seconds
    silence: Annotated[float, msgspec.Meta(ge=0.1, le=3_600)] = Limits.silence
    rows: Annotated[int, msgspec.Meta(ge=1, le=10**9)] = Limits.rows
    pages: Annotated[int, msgspec.Meta(ge=1, le=10**7)] = Limits.pages
    page: Annotated[int, msgspec.Meta(ge=1, le=10**6)] = Limits.page
    attempts: Annotated[int, msgspec.Meta(ge=1, le=20)] = Limits.attempts
    patience: Annotated[float, msgspec.Meta(ge=0, le=86_400)] = Limits.patience
    redirects: Annotated[int, msgspec.Meta(ge=0, le=20)] = Limits.redirects
    change: Annotated[float, msgspec.Meta(gt=0, le=1)] = Limits.change


class Declaration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What can be said of a source in the settings; see :class:`regiolog.sync.sources.source.Source`.

    Attributes:
        query_file: A file with the query of an endpoint, in the place of `query`.
        authority: For which groups of register events the source has authority.
    """

    said_by: Annotated[str, msgspec.Meta(pattern=_KEY)]
    publisher: Text
    kind: Kind
    mapping: dict[str, Any] | None = None
    location: Text | None = None
    series: _Series | None = None
    document: Text | None = None
    licence: Text | None = None
    attribution: str = ""
    query: Text | None = None
    query_file: Text | None = None
    form: Text | None = None
    complete: bool = False
    schedule: Text | None = None
    allow: tuple[str, ...] = ()
    proxy: Text | None = None
    contact: Text | None = None
    authority: tuple[str, ...] = ()
    limits: _Limits = _Limits()
    feed: DeclaredFeed | None = None


def read_source(name: str, declared: Mapping[str, Any], folder: Path) -> tuple[Source, tuple[str, ...]]:
    """Read the declaration of one source.

    Args:
        name: By what it is called.
        declared: Its table in the settings.
        folder: The folder that paths in it are relative to.

    Returns:
        The source, and the groups of register events for which it has authority.

    Raises:
        ValueError: It cannot be used; one sentence says why.
    """
    if not _NAME.fullmatch(name):
        raise ValueError("the name of a source is made of small letters, digits and hyphens")
    if declared.get("kind") == "journal":
        declared = {"said_by": name, "publisher": name, **declared}
    try:
        given = msgspec.convert(dict(declared), Declaration)
    except msgspec.ValidationError as error:
        raise ValueError(_said(error, declared)) from None
    if given.kind == "journal":
        _check_journal(given, declared)
    elif given.mapping is None:
        raise ValueError("`mapping` is missing")
    if (given.location is None) == (given.series is None):
        raise ValueError("it has either a `location` or a `series`")
    mapping = dict(given.mapping or {})
    if "beside" in mapping:
        places = [mapping["beside"]] if isinstance(mapping["beside"], str) else mapping["beside"]
        if not isinstance(places, list) or not all(isinstance(place, str) for place in places):
            raise ValueError("`mapping.beside` is a text, or a list of texts")
        mapping["beside"] = [_place(place, folder) for place in places]
    source = Source(
        name=name,
        said_by=given.said_by,
        publisher=given.publisher,
        kind=given.kind,
        document=given.document or name,
        mapping=mapping,
        location=None if given.location is None else _place(given.location, folder),
        series=None if given.series is None else _series(given.series, folder),
        licence=given.licence,
        attribution=given.attribution,
        query=_query(given, folder),
        form=given.form,
        complete=given.complete,
        schedule=given.schedule,
        allow=given.allow,
        proxy=given.proxy,
        contact=given.contact,
        feed=feed_of(given.kind, given.feed, given.location, folder),
        limits=Limits(**{**msgspec.structs.asdict(given.limits), "bytes": _bytes(given.limits.bytes)}),
    )
    if source.kind != "journal":
        mapping_of(source)
    _check_recordable(source)
    Fetcher(source.limits, allow=source.allow, proxy=source.proxy, contact=source.contact).close()
    return source, given.authority


def disagreeing(sources: Mapping[str, Source]) -> str | None:
    """Why some of the sources cannot be declared together; None when they can.

    Two complete documents of one publisher about the same things would each withdraw what only the other says. A
    register can be a copy of one other at most.
    """
    journals = [name for name, source in sources.items() if source.kind == "journal"]
    if len(journals) > 1:
        return f"{' and '.join(journals)} are of kind journal, and a register follows one other at most"
    complete = [source for source in sources.values() if source.complete]
    for number, one in enumerate(complete):
        for other in complete[number + 1 :]:
            if one.said_by == other.said_by and _overlap(mapping_of(one), mapping_of(other)):
                return (
                    f"{one.name} and {other.name} are both complete and about the same things, so that each would "
                    "withdraw what only the other says"
                )
    return None


def _overlap(one: object, other: object) -> bool:
    """Whether two mappings read the same matter: the same layer, the same scheme, or some of the same structures."""
    alike = [getattr(one, name, None) == getattr(other, name, None) for name in ("layer", "scheme")]
    types, others = (frozenset(getattr(mapping, "types", ())) for mapping in (one, other))
    return type(one) is type(other) and all(alike) and (not types or not others or bool(types & others))


def _check_recordable(source: Source) -> None:
    """See that the register can record what is declared of a source and its document."""
    key, where = source.said_by, (source.name,)
    registration = SourceWasRegistered(
        id=key,
        said_by=key,
        name=source.publisher,
        licence=source.licence,
        attribution=source.attribution,
        source=where,
    )
    claims = ClaimsWereMade(
        id=key,
        said_by=key,
        document=f"{source.document}@{'0' * 12}",
        made=(Naming(of=source.name, words=source.name),),
        valid_from=date.min,
        source=where,
    )
    try:
        as_strict(registration)
        as_strict(claims)
    except Refusal as refusal:
        field = "publisher" if refusal.field == "name" else refusal.field
        raise ValueError(f"`{field}` cannot be recorded: {refusal.reason}") from None


def _place(text: str, folder: Path) -> str:
    """An address as it is, a path as an absolute one."""
    if not text.isprintable():
        raise ValueError(f"{text!r} is neither an http address nor a path")
    try:
        split = urlsplit(text)
        is_address = split.scheme in {"http", "https"}
        if is_address and (not split.hostname or split.port == 0 or "@" in split.netloc):
            raise ValueError
    except ValueError:
        raise ValueError(
            f"{shown(text)} is not an address that can be used: write http://host/path, or https"
        ) from None
    if is_address:
        return text
    if "://" in text:
        raise ValueError(f"{text} is neither an http address nor a path")
    return str(folder / Path(text).expanduser())


def _check_journal(given: Declaration, declared: Mapping[str, Any]) -> None:
    """See that nothing is said of another register but where it is, and how it is reached."""
    strange = [name for name in declared if name not in _OF_JOURNAL]
    if strange:
        raise ValueError(f"a source of kind journal has no `{strange[0]}`: its events are copied as they are")
    location = given.location or ""
    if urlsplit(location).scheme not in {"http", "https"} or not {"?", "#"}.isdisjoint(location):
        raise ValueError("the location of a journal is the address of a register, as https://register.example/")


def _series(series: _Series, folder: Path) -> Series:
    try:
        pattern = re.compile(series.pattern)
    except re.error as error:
        raise ValueError(f"the pattern of its series is no regular expression: {error}") from None
    if "date" not in pattern.groupindex:
        raise ValueError("the pattern of its series has no group `date`, as (?P<date>[0-9-]{10})")
    return Series(Path(_place(series.folder, folder)), pattern)


def _query(given: Declaration, folder: Path) -> str | None:
    if given.query is not None and given.query_file is not None:
        raise ValueError("it has either a `query` or a `query_file`")
    query = given.query
    if given.query_file is not None:
        try:
            query = Path(_place(given.query_file, folder)).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"its query cannot be read: {error}") from None
    if (given.kind == "sparql") != (query is not None):
        raise ValueError("a source of kind sparql has a `query`, and no other has one")
    if query is not None:
        try:
            form_of(query)
        except ValueError as error:
            raise ValueError(f"its query cannot be used: {error}") from None
    if given.kind == "sparql" and (given.location is None or urlsplit(given.location).scheme not in {"http", "https"}):
        raise ValueError("the location of an endpoint is an http address")
    return query


def _bytes(value: int | str) -> int:
    found = re.fullmatch(r"(\d{1,12}) ?(KiB|MiB|GiB)?", str(value), re.ASCII)
    if found is None or int(found[1]) < 1:
        raise ValueError("its limit of bytes is a number, or one of KiB, MiB or GiB, as 64MiB")
    return int(found[1]) * _UNITS[found[2] or ""]


def _said(error: msgspec.ValidationError, declared: Mapping[str, Any]) -> str:
    """What msgspec found wrong, in our words."""
    if "kind" in declared and declared["kind"] not in get_args(Kind):
        return f"`kind` is one of {', '.join(get_args(Kind))}"
    within = next((name for name in _WITHIN if f"`$.{name}`" in str(error)), "")
    return complaint(error, known=_WITHIN.get(within, Declaration).__struct_fields__)


_WITHIN: Final[dict[str, type[msgspec.Struct]]] = {"limits": _Limits, "series": _Series, "feed": DeclaredFeed}
"""The tables within a declaration."""

_OF_JOURNAL: Final = frozenset(
    {"said_by", "publisher", "kind", "location", "schedule", "allow", "proxy", "contact", "limits"}
)
"""What can be said of another register that is followed."""
