"""The command line: what is typed is read, done, and answered on standard output; talk goes to standard error."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TypeVar

import click

from regiolog.events.errors import BadMoment, QueryMalformed, QueryTooLong, RegiologError
from regiolog.publisher.settings import Settings, UnusableSetting, read_settings

if TYPE_CHECKING:
    from regiolog.publisher.keeper import Progress
    from regiolog.sync.folder import Folder
    from regiolog.sync.statements.history import History

Command = TypeVar("Command", bound=Callable[..., Any])

_MISUSE: Final = (UnusableSetting, BadMoment)
"""What was typed cannot be used at all (exit 2); everything else that goes wrong is a refusal (exit 1)."""


class _Plainly(click.Group):
    """A group of commands that says every error in one sentence."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command, and turn what went wrong into a sentence and an exit code."""
        try:
            return super().invoke(ctx)
        except RegiologError as error:
            _say(str(error))
            ctx.exit(2 if isinstance(error, _MISUSE) else 1)
        except BrokenPipeError:
            raise
        except OSError as error:
            _say(f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror))
            ctx.exit(1)
        except sqlite3.Error as error:
            _say(f"the statements cannot be read: {error}; delete statements.sqlite, it is built again")
            ctx.exit(1)


def _in_folder(command: Command) -> Command:
    """Give a command the options that every command has."""
    command = click.option(
        "--config", type=click.Path(path_type=Path), help="TOML file with settings.  [default: regiolog.toml]"
    )(command)
    return click.option("--data", type=click.Path(path_type=Path), help="The data folder.  [default: regiolog-data]")(
        command
    )


def _at_moment(command: Command) -> Command:
    """Give a command the two coordinates of a question."""
    command = click.option("--known", help="What was known then: a day, or an instant.  [default: now]")(command)
    return click.option("--at", help="What holds on that day, YYYY-MM-DD.  [default: today]")(command)


def _examples(*lines: str) -> str:
    """What help ends in: command lines, each left as it is."""
    return "\b\nExample:\n" + "\n".join(f"  {line}" for line in lines)


def _as_table(command: Command) -> Command:
    """Give a command the forms of a table."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(["text", "csv", "json"]),
        default="text",
        show_default=True,
        help="Form of the table; text shortens long values.",
    )(command)


@click.group(
    cls=_Plainly,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog=_examples("regiolog serve", "regiolog query --at 2022-12-10 question.rq"),
)
@click.version_option(version("regiolog"), prog_name="regiolog")
def main() -> None:
    """The register of Flanders' regions, municipalities and cooperation structures, answered across two clocks.

    Every answer holds at a moment: the day that is asked about (--at), as it was known then (--known).

    Results are printed on standard output, everything else on standard error. Exit code 0: done; 1: refused, or
    different; 2: misused. Settings are flags over REGIOLOG_... variables over regiolog.toml over defaults.
    """


@main.command(epilog=_examples("regiolog serve --port 8080 --data /srv/regiolog --base-iri https://regio.example.org/"))
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=int, help="Port to listen on; 0 takes a free one.  [default: 8000]")
@click.option("--base-iri", help="Where a new register publishes.  [default: http://localhost:8000/]")
@click.option("--threads", type=int, help="Requests answered at the same time.  [default: 16]")
@click.option("--workers", type=int, help="Processes that answer queries.  [default: 2]")
@click.option(
    "--leave-out",
    help="Record files of the archive not to load, as provincies-in-cijfers; or none.  [default: as it began]",
)
@click.option("--deadline", type=float, help="Seconds that a query may take.  [default: 10]")
@_in_folder
def serve(config: Path | None, **flags: Any) -> None:
    """Serve the register over HTTP.

    An empty data folder first gets the Flemish archive that ships with regiolog. Prints the address as soon as it
    answers; Ctrl-C ends it.
    """
    from regiolog.publisher.server import serving

    serving.serve(read_settings(flags, toml=config), say=_say, progress=_progress, announce=click.echo)


@main.command(epilog=_examples("regiolog record --dry-run changes.jsonl", "regiolog record changes.jsonl"))
@click.argument("file", type=click.File("rb"))
@click.option("--dry-run", is_flag=True, help="Say what would be recorded, and record nothing.")
@_in_folder
def record(file: BinaryIO, *, dry_run: bool, config: Path | None, **flags: Any) -> None:
    """Record the changes in FILE (JSON Lines; - for standard input), all of them or none.

    Prints a line for each event: its position, its kind and its id. What the register holds already is passed over.
    """
    from regiolog.events import recording
    from regiolog.events.kinds import stored_name
    from regiolog.events.record import read_lines
    from regiolog.publisher.keeper import open_register

    settings = read_settings(flags, toml=config)
    with closing(open_register(settings.data)) as folder:
        wishes = recording.read_wishes(read_lines(file))
        outcome = recording.record(folder.journal, wishes, authority=settings.authority, dry_run=dry_run)
    for position, event in outcome.recorded:
        click.echo(f"{position}\t{stored_name(event)}\t{event.id}")
    _say(f"{'would record' if dry_run else 'recorded'} {len(outcome.recorded)}; {outcome.silent} held already")


@main.command(
    epilog=_examples(
        "echo 'SELECT (COUNT(*) AS ?n) { ?m a <https://w3id.org/regiolog/ns#Municipality> }' > count.rq",
        "regiolog query count.rq --at 2025-01-01",
    )
)
@click.argument("file", type=click.File("rb"), default="-")
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "tsv", "json", "xml", "ttl", "nt", "jsonld"]),
    help="Form of the answer.  [default: csv, or ttl for a graph]",
)
@_at_moment
@_in_folder
def query(
    file: BinaryIO, form: str | None, at: str | None, known: str | None, config: Path | None, **flags: Any
) -> None:
    """Ask the SPARQL query in FILE (- or nothing for standard input)."""
    from regiolog.publisher import questions

    settings = read_settings(flags, toml=config)
    text = _text(file, settings.query_bytes)
    with (
        _reading(settings) as (folder, statements),
        questions.ask(settings, folder, statements, text, form=form, at=at, known=known) as answer,
    ):
        shutil.copyfileobj(answer, _out())


@main.command(epilog=_examples("regiolog dump --at 2022-02-04 --format ttl"))
@click.option(
    "--format",
    "form",
    type=click.Choice(["nq", "trig", "ttl", "nt", "jsonld", "rdf"]),
    default="nq",
    show_default=True,
    help="Form of the graph.",
)
@click.option("--graph", help="Another graph: history, history/KIND/KEY, source/KEY or proposal/KEY.")
@_at_moment
@_in_folder
def dump(form: str, graph: str | None, at: str | None, known: str | None, config: Path | None, **flags: Any) -> None:
    """Print the whole graph at a moment: the register's, or the one that --graph names."""
    from regiolog.publisher import graphs
    from regiolog.sync.statements import moments

    chosen = next(each for each in graphs.FORMATS if each.suffix == form)
    with _reading(read_settings(flags, toml=config)) as (folder, statements):
        moment = moments.resolve(statements, at, known)
        _out().writelines(graphs.pieces(statements, graph, moment, chosen, folder.clock))


@main.command(epilog=_examples("regiolog history municipality 11056"))
@click.argument(
    "kind",
    type=click.Choice(
        ["municipality", "region", "subregion", "province", "cooperation", "decision", "source", "event"]
    ),
)
@click.argument("key")
@_as_table
@_in_folder
def history(kind: str, key: str, form: str, config: Path | None, **flags: Any) -> None:
    """Print everything that was ever said of one thing: when it held, when it was known, by which event."""
    from regiolog.publisher import reports

    with _reading(read_settings(flags, toml=config)) as (_, statements):
        rows = reports.history_of(statements, kind, key)
    _print(reports.table(reports.Said._fields, rows, form))


@main.command(
    epilog=_examples(
        "regiolog diff 2024-12-31 2025-01-01",
        "regiolog diff 2025-02-01 2025-02-01 --from-known 2024-04-01 --to-known 2024-09-01",
    )
)
@click.argument("from_", metavar="FROM")
@click.argument("to", metavar="TO")
@click.option("--known", help="What was known then, of both days.  [default: now]")
@click.option("--from-known", help="What was known then, of FROM.")
@click.option("--to-known", help="What was known then, of TO.")
@_as_table
@_in_folder
def diff(
    from_: str,
    to: str,
    known: str | None,
    from_known: str | None,
    to_known: str | None,
    form: str,
    config: Path | None,
    **flags: Any,
) -> None:
    """Print what changed from the day FROM to the day TO, and the event that did it. Exits 1 when anything did."""
    from regiolog.publisher import reports
    from regiolog.sync.statements import moments

    if known is not None and (from_known is not None or to_known is not None):
        raise click.UsageError("--known is for both days; leave it out, or --from-known and --to-known")
    with _reading(read_settings(flags, toml=config)) as (_, statements):
        old = moments.resolve(statements, from_, from_known or known)
        new = moments.resolve(statements, to, to_known or known)
        rows = reports.changes_between(statements, old, new)
    _print(reports.table(reports.Changed._fields, rows, form))
    sys.exit(1 if rows else 0)


@main.command(epilog=_examples("regiolog replay"))
@_in_folder
def replay(config: Path | None, **flags: Any) -> None:
    """Build the statements again from the journal, and compare digests. Exits 1 when they differ.

    Prints a line for the whole history and for each of a dozen moments: day, instant and digest.
    """
    from regiolog.publisher import reports
    from regiolog.sync.projection.replay import replay as replayed

    with _reading(read_settings(flags, toml=config)) as (folder, statements), _progress("replaying") as done:
        result = replayed(folder.journal, statements, done)
    _print(f"{line}\n" for line in reports.replay_lines(result))
    if not result.same:
        _say(reports.difference_sentence(result))
        sys.exit(1)
    _say(f"replaying {result.position} events gives the same statements (projection {result.version})")


@main.command(epilog=_examples("regiolog status --json"))
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@_in_folder
def status(*, as_json: bool, config: Path | None, **flags: Any) -> None:
    """Print where the register stands: positions, lag, counts, what each source is saying, versions."""
    from regiolog.publisher import reports
    from regiolog.publisher.keeper import open_register

    settings = read_settings(flags, toml=config)
    with closing(open_register(settings.data)) as folder:
        found = reports.status_of(folder, settings.authority)
    if as_json:
        shown = {**found._asdict(), "sources": [each._asdict() for each in found.sources]}
        click.echo(json.dumps(shown, ensure_ascii=False, indent=1))
    else:
        _print(f"{line}\n" for line in reports.status_lines(found))


@contextmanager
def _reading(settings: Settings) -> Iterator[tuple[Folder, History]]:
    """A register and its statements, up to the head of the journal."""
    from regiolog.publisher.keeper import open_register

    with closing(open_register(settings.data)) as folder:
        with _progress("projecting") as done:
            statements = folder.history(_say, done)
        with closing(statements):
            yield folder, statements


def _text(file: BinaryIO, limit: int) -> str:
    """A query from a file, of which no more is read than a query may have."""
    text = file.read(limit + 1)
    if len(text) > limit:
        raise QueryTooLong(f"the query is longer than {limit} bytes, which is the limit")
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise QueryMalformed("the query is not UTF-8") from None


def _say(sentence: str) -> None:
    click.echo(f"regiolog: {' '.join(sentence.split())}", err=True)


def _print(pieces: Iterable[str]) -> None:
    for piece in pieces:
        click.echo(piece, nl=False)


def _out() -> BinaryIO:
    return sys.stdout.buffer


@contextmanager
def _progress(label: str) -> Iterator[Progress]:
    """A progress bar on a terminal, once there is something to wait for; nothing elsewhere."""
    with ExitStack() as shown:
        bar: Any = None

        def show(done: int, whole: int) -> None:
            nonlocal bar
            if bar is None and done < whole and sys.stderr.isatty():
                bar = shown.enter_context(click.progressbar(length=whole, label=label, file=sys.stderr, show_pos=True))
            if bar is not None:
                bar.update(done - bar.pos)

        yield show


if __name__ == "__main__":
    main()
