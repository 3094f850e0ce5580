"""What the command line prints: tables of what was said, what changed, how a replay went and where things stand."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from importlib.metadata import version
from typing import Any, Final, NamedTuple

from regiolog.events.authority import Authority
from regiolog.events.temporal import instant_text
from regiolog.ontology import terms
from regiolog.ontology.iris import Iris
from regiolog.ontology.namespaces import PREFIXES
from regiolog.publisher.beginning import register_of
from regiolog.publisher.difference.behind import Behind
from regiolog.publisher.formats import read
from regiolog.publisher.harvests.standing import Standing, diverging_now, standing_json, standing_lines, standings
from regiolog.publisher.settings import Settings
from regiolog.publisher.things.links import find
from regiolog.sync.folder import Folder
from regiolog.sync.follows import followed
from regiolog.sync.leading import is_led
from regiolog.sync.projection import projection
from regiolog.sync.projection.projector import FolderInUse
from regiolog.sync.projection.replay import Replayed
from regiolog.sync.statements import history_graph
from regiolog.sync.statements.difference import difference
from regiolog.sync.statements.history import History
from regiolog.sync.statements.moments import Moment
from regiolog.sync.statements.statement import ALWAYS, NEVER, iri

FORMATS: Final = ("text", "csv", "json")
"""The forms of a table."""

_WIDEST: Final = 60
"""How many characters of a value a text table shows; the other forms show all of it."""


class Said(NamedTuple):
    """One thing that was said of another, with both of its periods; what is open or unknown is empty."""

    property: str
    value: str
    valid_from: str
    valid_to: str
    known_from: str
    known_to: str
    event: int
    decision: str
    graph: str
    subject: str


class Changed(NamedTuple):
    """One statement that holds at only one of two moments, and the event that did it."""

    change: str
    subject: str
    property: str
    value: str
    valid_from: str
    valid_to: str
    event: int
    kind: str
    decision: str
    graph: str


class Spoken(NamedTuple):
    """What one source is saying.

    Attributes:
        source: Its key.
        name: Who publishes it.
        claims: How many claims it is making.
        marked: How many of them have something odd about them.
        document: The last document that brought something new; None when none did.
        known: Since when that is known.
        authority: For which kinds of register event it has authority.
    """

    source: str
    name: str
    claims: int
    marked: int
    document: str | None
    known: str | None
    authority: list[str]


class Status(NamedTuple):
    """Where a register stands.

    Attributes:
        register: Its own name.
        base_iri: Under which address it publishes.
        coverage: The first day that can be asked about.
        events: The last position of the journal.
        projected: The last position that was projected.
        lag: How many events are still to be projected.
        stopped: Why the projector stopped; None while it has not.
        served: Whether a process keeps the statements up to date now.
        scheduled: Whether a process harvests on schedule now.
        follows: The address of the register that is followed here; None when this is one of its own.
        known: Since when the last projected event is known.
        statements: How many statements there ever were.
        believed: How many of them are believed now.
        terms: How many different terms they are made of.
        sources: What each source is saying.
        harvests: Where each source stands that the settings declare.
        projection: By which version of the projection they were made.
        regiolog: The version of this program.
    """

    register: str
    base_iri: str
    coverage: str
    events: int
    projected: int
    lag: int
    stopped: str | None
    served: bool
    scheduled: bool
    follows: str | None
    known: str | None
    statements: int
    believed: int
    terms: int
    sources: list[Spoken]
    harvests: list[Standing]
    projection: int
    regiolog: str


def history_of(history: History, kind: str, key: str) -> list[Said]:
    """Everything that was ever said of one thing and of what describes it; of an event, all that it opened and closed.

    Raises:
        UnknownKey: The register has never had it.
    """
    behind, found = Behind(history), find(history, kind, key)
    said = [
        Said(
            read(timed.statement.predicate).text,
            read(timed.statement.object).text,
            _day(timed.statement.start),
            _day(timed.statement.end),
            instant_text(history.known_of(timed.opened)),
            "" if timed.closed == NEVER else instant_text(history.known_of(timed.closed)),
            timed.opened,
            behind.decision(timed.opened),
            _graph(timed.statement.graph, history),
            read(timed.statement.subject).text,
        )
        for _, timed in history_graph.statements(history, history.position, found)
    ]
    return sorted(
        said,
        key=lambda each: (
            each.subject != found,
            each.subject,
            each.property,
            each.valid_from,
            each.known_from,
            each.event,
            each.value,
        ),
    )


def changes_between(history: History, old: Moment, new: Moment) -> list[Changed]:
    """What has to be taken from the graph at one moment, and added, to get it at another."""
    behind = Behind(history)
    return [
        Changed(
            change.sign,
            read(change.statement.subject).text,
            read(change.statement.predicate).text,
            read(change.statement.object).text,
            _day(change.statement.start),
            _day(change.statement.end),
            change.position,
            behind.kind(change.position),
            behind.decision(change.position),
            _graph(change.statement.graph, history),
        )
        for change in difference(history, old.key, new.key)
    ]


def replay_lines(replayed: Replayed) -> Iterator[str]:
    """A line for the history and for each snapshot: day, instant and digest, and the other digest where it differs."""
    for each in replayed.compared:
        parts = ["history" if each.at is None else each.at.isoformat(), instant_text(each.known), each.replayed]
        yield "\t".join(parts if each.there == each.replayed else [*parts, f"there is {each.there}"])


def difference_sentence(replayed: Replayed) -> str:
    """The first difference that a replay showed, in one sentence."""
    if replayed.difference is None:
        return "the snapshots differ, though the statements are the same"
    where, timed = replayed.difference
    statement = timed.statement
    return (
        f"the first difference is of event {timed.opened}: {' '.join(statement[1:4])}, valid from "
        f"{_day(statement.start) or 'ever'} to {_day(statement.end) or 'no end'}, is {where}"
    )


def status_of(folder: Folder, settings: Settings, say: Callable[[str], None] = lambda _: None) -> Status:
    """Where the register in a folder stands, as it is; nothing is caught up.

    Args:
        folder: The data folder.
        settings: Which sources are harvested, and have authority.
        say: Told what cannot be had.

    Raises:
        FolderError: Something in the folder cannot be read.
    """
    begun, head, follows = register_of(folder.journal), folder.journal.head(), followed(folder.path)
    history = History.open(folder.statements) if folder.statements.exists() else None
    position = history.position if history else 0
    counts = history.counts() if history else {}
    try:
        return Status(
            register=begun.register if begun else "",
            base_iri=begun.base_iri if begun else "",
            coverage=begun.coverage.isoformat() if begun else "",
            events=head,
            projected=position,
            lag=head - position,
            stopped=history.stopped if history else None,
            served=_is_kept(folder),
            scheduled=is_led(folder.path),
            follows=follows.address if follows else None,
            known=instant_text(history.known_of(position)) if history and position else None,
            statements=counts.get("statements", 0),
            believed=counts.get("believed", 0),
            terms=counts.get("terms", 0),
            sources=_sources(history, settings.authority) if history else [],
            harvests=_harvests(folder, settings, history, say) if settings.sources else [],
            projection=history.version if history else projection.VERSION,
            regiolog=version("regiolog"),
        )
    finally:
        if history:
            history.close()


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]], form: str) -> Iterator[str]:
    """A table in one of :data:`FORMATS`, in pieces.

    Args:
        columns: What its columns are called.
        rows: Its rows; cells are plain values.
        form: ``text`` aligns the columns and shortens what is long; ``csv`` and ``json`` leave every value whole.
    """
    if form == "json":
        yield json.dumps([dict(zip(columns, row, strict=True)) for row in rows], ensure_ascii=False, indent=1) + "\n"
    elif form == "csv":
        out = io.StringIO()
        csv.writer(out, lineterminator="\r\n").writerows([columns, *rows])
        yield out.getvalue()
    else:
        shown = [[_shown(cell) for cell in row] for row in [columns, *rows]]
        widths = [max(len(row[column]) for row in shown) for column in range(len(columns))]
        for row in shown:
            yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n"


def status_json(status: Status) -> str:
    """Where a register stands, as a program reads it."""
    sources = [each._asdict() for each in status.sources]
    harvests = [standing_json(each) for each in status.harvests]
    return json.dumps({**status._asdict(), "sources": sources, "harvests": harvests}, ensure_ascii=False, indent=1)


def status_lines(status: Status) -> Iterator[str]:
    """Where a register stands, for people: a line for each thing that is known."""
    for name, value in status._asdict().items():
        if name == "sources":
            yield from (_source_line(each) for each in status.sources)
        elif name == "harvests":
            for each in status.harvests:
                yield from standing_lines(each)
        elif value not in (None, ""):
            shown = ("yes" if value else "no") if isinstance(value, bool) else value
            yield f"{name.replace('_', ' '):<12}{shown}"


def _source_line(spoken: Spoken) -> str:
    """What a source is saying, in one line."""
    said = f"{spoken.claims} claims, {spoken.marked} marked" if spoken.claims else "no claims"
    latest = f", last {spoken.document} known from {spoken.known}" if spoken.document else ""
    return f"source      {spoken.source} ({spoken.name}): {said}{latest}"


def _sources(history: History, authority: Authority) -> list[Spoken]:
    """What each source is saying now, as far as it is projected."""
    found = []
    iris = Iris(history.base_iri)
    for source in history.subjects(terms.RDF_TYPE, iri(terms.RL_SOURCE)):
        said = {timed.statement.predicate: timed.statement.object for timed in history.about(source)}
        key = read(said[iri(terms.DCTERMS_IDENTIFIER)]).text
        claims, marked = history.spoken(iri(iris.source_graph(key)), iri(terms.RL_SAYS), iri(terms.RL_MARK))
        told = history.told_of(history.last_document(key))
        found.append(
            Spoken(
                key,
                read(said[iri(terms.RDFS_LABEL)]).text,
                claims,
                marked,
                told.gist.document if told else None,
                instant_text(told.known) if told else None,
                sorted(authority.get(key, ())),
            )
        )
    return found


def _harvests(
    folder: Folder, settings: Settings, history: History | None, say: Callable[[str], None]
) -> list[Standing]:
    """Where each source stands that the settings declare; how much diverges as far as it is projected."""
    return standings(folder, settings, None if history is None else diverging_now(settings, folder, history, say))


def _graph(graph: str, history: History) -> str:
    """A graph by the end of its address; the register's own by that word."""
    return graph[1:-1].removeprefix(f"{history.base_iri}graph/") if graph else "register"


def _is_kept(folder: Folder) -> bool:
    """Whether another process holds the folder's lock."""
    try:
        folder.lock().release()
    except FolderInUse:
        return True
    return False


def _day(ordinal: int) -> str:
    return "" if ordinal in {ALWAYS, NEVER} else date.fromordinal(ordinal).isoformat()


def _shown(cell: Any) -> str:
    text = " ".join(str(cell).split())
    for prefix, namespace in PREFIXES.items():
        if text.startswith(namespace):
            text = f"{prefix}:{text[len(namespace) :]}"
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"
