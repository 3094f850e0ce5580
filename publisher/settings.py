"""The settings: flags over the environment over a TOML file over defaults.

This is the one reader of the environment.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from regiolog.events.authority import AUTHORITY, GROUPS, Authority
from regiolog.events.errors import RegiologError
from regiolog.ontology.iris import Iris, UnusableIri
from regiolog.publisher.catalog.words import Words, read_words
from regiolog.sync.archive import NAMES

if TYPE_CHECKING:
    from regiolog.sync.sources.source import Source

PREFIX: Final = "REGIOLOG_"
"""What the names of our environment variables begin with."""

CONFIG: Final = "config"
"""The flag, and behind the prefix the variable, that names the TOML file."""

FILE: Final = Path("regiolog.toml")
"""The TOML file that is read when none is named and it lies in the current folder."""

SERVERS: Final = ("granian", "waitress")
"""What can answer over HTTP."""

DEFAULT_BASE_IRI: Final = "http://localhost:8000/"
"""Where a new register says that it is published, unless it is told."""


class UnusableSetting(RegiologError):
    """A setting that nobody knows, or a value that it cannot have."""


@dataclass(frozen=True)
class Settings:
    """How this process behaves; never what the register holds.

    Attributes:
        data: The data folder, with the journal and everything that is made from it.
        host: The address that is listened on.
        port: The port that is listened on; 0 takes a free one.
        base_iri: Under which address a new register publishes its IRIs; None leaves it to the register.
        server: Which server answers over HTTP: granian, which is compiled, or waitress, which is plain Python.
        threads: How many requests are answered at the same time.
        workers: How many processes answer queries.
        deadline: How many seconds a query may take.
        share: After how many seconds a query gives way when others wait for a worker.
        memory: How many bytes of memory a query worker may have.
        answer_bytes: How many bytes an answer to a query may have.
        answer_rows: How many rows, or triples, an answer to a query may have.
        query_bytes: How many bytes a query may have.
        query_depth: How deep a query may be nested.
        scoped: Whether a query may be answered from the part of a snapshot that it can read, where that is quicker.
        cache: How many bytes of answers are kept, to be given again at once; 0 keeps none.
        proxies: How many proxies stand before the service, whose ``X-Forwarded-…`` headers are believed.
        leave_out: Which record files of the archive are not loaded, by name; None leaves it as the register began.
        authority: Which source may open which kinds of register event.
        sources: The sources that are harvested, by name.
        contact: Where publishers can reach whoever runs this register; None tells them nothing.
        proxy: The proxy through which sources are fetched; None uses none, whatever the environment says.
        with_schedule: Whether the service harvests the sources on their schedules meanwhile.
        graphs: How many graphs a query may name.
        queue: How many queries may wait for a worker; fewer, where else no thread were left for anything else.
        catalog: What the publisher says of the register in its catalogue.
    """

    data: Path = Path("regiolog-data")
    host: str = "127.0.0.1"
    port: int = 8000
    base_iri: str | None = None
    server: str = "granian"
    threads: int = 16
    workers: int = 2
    deadline: float = 10.0
    share: float = 2.0
    memory: int = 2 * 2**30
    answer_bytes: int = 256 * 2**20
    answer_rows: int = 1_000_000
    query_bytes: int = 32 * 2**10
    query_depth: int = 100
    graphs: int = 100
    queue: int = 8
    scoped: bool = True
    cache: int = 64 * 2**20
    proxies: int = 0
    leave_out: tuple[str, ...] | None = None
    authority: Authority = field(default_factory=lambda: AUTHORITY)
    sources: Mapping[str, Source] = field(default_factory=dict)
    contact: str | None = None
    proxy: str | None = None
    with_schedule: bool = False
    catalog: Words = field(default_factory=Words)


def read_settings(
    flags: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    toml: Path | None = None,
) -> Settings:
    """Read the settings from everywhere they can be given.

    Args:
        flags: Values by name, as the command line gives them; None stands for a flag that was not given.
        environ: The environment; the process's own when it is None.
        toml: The TOML file; when it is None, the environment's, else ``regiolog.toml`` in the current folder if it
            lies there.

    Raises:
        UnusableSetting: A name is unknown, a value cannot be used, or the file cannot be read.
    """
    environ = os.environ if environ is None else environ
    variables = {name: value for name, value in environ.items() if name.startswith(PREFIX)}
    config = variables.pop(f"{PREFIX}{CONFIG.upper()}", None)
    path = toml or (Path(config) if config else FILE if FILE.is_file() else None)
    given: dict[str, Any] = {}
    for key, value in ({} if path is None else _table(path)).items():
        name = _known(key, str, f"in {path}")
        placed: Any = value
        if name in {"sources", "catalog"} and path is not None:  # paths are relative to this file
            if isinstance(value, str) and value.strip():
                placed = path.parent / value
            elif name == "sources" and isinstance(value, dict):
                placed = (value, path.parent)
        given[name] = _value(name, placed, f"{name} in {path}")
    for variable, text in sorted(variables.items()):
        name = _known(variable, _variable, "in the environment")
        given[name] = _value(name, text, variable)
    for name, value in (flags or {}).items():
        if value is not None:
            given[name] = _value(name, value, f"--{name.replace('_', '-')}")
    return _with_sources(Settings(**{**given, "sources": {}}), given.get("sources", ({}, Path())))


def _with_sources(settings: Settings, declared: _Declared) -> Settings:
    """The settings with their sources; each has authority for what its declaration says, besides what the others say.

    Raises:
        UnusableSetting: A source cannot be used.
    """
    tables, folder = declared
    if not tables:
        return settings
    # These load much, for few commands.
    from regiolog.sync.due import trigger_of  # noqa: PLC0415
    from regiolog.sync.harvest.declared import disagreeing, read_source  # noqa: PLC0415

    shared = {name: value for name in ("contact", "proxy") if (value := getattr(settings, name)) is not None}
    found: dict[str, Source] = {}
    authority = dict(settings.authority)
    for name, table in tables.items():
        try:
            source, groups = read_source(name, {**shared, **table}, folder)
            if source.schedule is not None:
                trigger_of(source.schedule)
            granted = _authority({source.said_by: list(groups)}) if groups else {}
        except ValueError as error:
            raise UnusableSetting(f"the source {name} cannot be used: {error}") from None
        found[name] = source
        for said_by, kinds in granted.items():
            authority[said_by] = authority.get(said_by, frozenset()) | kinds
    if why := disagreeing(found):
        raise UnusableSetting(f"these sources cannot be used together: {why}")
    return replace(settings, sources=found, authority=authority)


def _table(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnusableSetting(f"the settings in {path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnusableSetting(f"{path} is not TOML: {error}") from None


def _variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"{PREFIX}{name.upper()}"


def _known(given: str, spelling: Callable[[str], str], where: str) -> str:
    """The setting that a spelling stands for.

    Raises:
        UnusableSetting: There is none; the nearest is named.
    """
    names = {spelling(name): name for name in _READERS}
    if given in names:
        return names[given]
    near = difflib.get_close_matches(given, names, n=1, cutoff=0)
    raise UnusableSetting(f"{given} {where} is not a setting: did you mean {near[0]}?")


def _value(name: str, value: Any, where: str) -> Any:
    try:
        return _READERS[name](value)
    except ValueError as error:
        raise UnusableSetting(f"{where} cannot be {value!r}: {error}") from None


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ValueError("it is a text")
    return value


def _path(value: Any) -> Path:
    return value if isinstance(value, Path) else Path(_text(value)).expanduser()


def _host(value: Any) -> str:
    text = _text(value)
    try:
        ipaddress.ip_address(text)
    except ValueError:
        if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?", text):
            raise ValueError("it is the name or the address of a host, without a port") from None
    return text


def _base_iri(value: Any) -> str:
    try:
        return Iris(_text(value)).base
    except UnusableIri:
        raise ValueError("it is an http or https address that ends in / and has no query or fragment") from None


def _server(value: Any) -> str:
    if value not in SERVERS:
        raise ValueError(f"it is one of {', '.join(SERVERS)}")
    return str(value)


def _whole(least: int, most: int) -> Callable[[Any], int]:
    """A reader of whole numbers between two bounds."""

    def read(value: Any) -> int:
        number = int(value) if isinstance(value, str) and re.fullmatch(r"\d{1,18}", value, re.ASCII) else value
        if isinstance(number, bool) or not isinstance(number, int) or not least <= number <= most:
            raise ValueError(f"it is a whole number from {least} to {most}")
        return number

    return read


def _yes_or_no(value: Any) -> bool:
    answers = {"yes": True, "true": True, "no": False, "false": False}
    if isinstance(value, bool) or value in answers:
        return value if isinstance(value, bool) else answers[value]
    raise ValueError("it is yes or no")


def _seconds(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = 0.0
    if isinstance(value, bool) or not 0.01 <= number <= 86_400:
        raise ValueError("it is a number of seconds, from 0.01 to 86400")
    return number


def _bytes(least: int) -> Callable[[Any], int]:
    """A reader of sizes, at least so many bytes: a whole number, or one followed by KiB, MiB or GiB."""

    def read(value: Any) -> int:
        found = re.fullmatch(r"(\d{1,12}) ?(KiB|MiB|GiB)?", str(value), re.ASCII)
        size = int(found[1]) * _UNITS[found[2]] if found and not isinstance(value, bool) else 0
        if not least <= size <= 2**50:
            raise ValueError(f"it is a number of bytes, at least {least}, or one of KiB, MiB or GiB, as 512MiB")
        return size

    return read


def _left_out(value: Any) -> tuple[str, ...]:
    """Names of record files, as a list or with commas between them; ``none`` takes all of them in."""
    if value == "none":
        return ()
    names = [name.strip() for name in value.split(",")] if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not all(name in NAMES[1:] for name in names):
        raise ValueError(f"it is none, or one or more of {', '.join(NAMES[1:])}, with commas between them")
    return tuple(names)


def _authority(value: Any) -> Authority:
    """A table of groups of events by source, or ``abb=cooperations;statbel=municipality-names``."""
    table = dict(part.partition("=")[::2] for part in value.split(";") if part) if isinstance(value, str) else value
    found: dict[str, frozenset[str]] = {}
    for source, groups in table.items() if isinstance(table, Mapping) else [("", None)]:
        names = groups.split(",") if isinstance(groups, str) else groups
        if not source or not isinstance(names, list | tuple) or not all(name in GROUPS for name in names):
            raise ValueError(_AUTHORITY)
        found[source.strip()] = frozenset().union(*(GROUPS[name] for name in names))
    return found


_Declared = tuple[Mapping[str, Mapping[str, Any]], Path]
"""Declarations of sources by name, and the folder that paths in them are relative to."""


def _sources(value: Any) -> _Declared:
    """Tables of sources, or the path of a TOML file whose table ``sources`` has them."""
    if isinstance(value, tuple):
        tables, folder = value
    else:
        path = _path(value)
        try:
            tables, folder = _table(path).get("sources"), path.parent
        except UnusableSetting as error:
            raise ValueError(str(error)) from None
    if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
        raise ValueError("it is a table of sources, each a table by its name, or a TOML file with such a table")
    return tables, folder


def _catalog(value: Any) -> Words:
    """A table of words, or the path of a TOML file whose table ``catalog`` has them."""
    table = value
    if not isinstance(value, dict):
        try:
            table = _table(_path(value)).get("catalog")
        except UnusableSetting as error:
            raise ValueError(str(error)) from None
    if isinstance(table, dict):
        return read_words(table)
    raise ValueError("it is a table of words, or a TOML file with such a table")


_AUTHORITY: Final = f"it names, for each source, one or more of {', '.join(GROUPS)}, as abb=cooperations"

_UNITS: Final = {None: 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}

_READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "data": _path,
    "host": _host,
    "port": _whole(0, 65_535),
    "base_iri": _base_iri,
    "server": _server,
    "threads": _whole(1, 256),
    "workers": _whole(1, 64),
    "deadline": _seconds,
    "share": _seconds,
    "memory": _bytes(512 * 2**20),
    "answer_bytes": _bytes(2**10),
    "answer_rows": _whole(1, 10**9),
    "query_bytes": _bytes(1),
    "query_depth": _whole(1, 1_000),
    "graphs": _whole(1, 10_000),
    "queue": _whole(1, 10_000),
    "scoped": _yes_or_no,
    "cache": _bytes(0),
    "proxies": _whole(0, 8),
    "leave_out": _left_out,
    "authority": _authority,
    "sources": _sources,
    "contact": _text,
    "proxy": _text,
    "with_schedule": _yes_or_no,
    "catalog": _catalog,
}
