"""The commands that read: queries, graphs, histories, differences, a replay, and where things stand."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from regiolog.events.errors import QueryMalformed, QueryTooLong
from regiolog.publisher.cli.options import as_json, as_table, at_moment, examples, in_folder
from regiolog.publisher.cli.talking import out, progress, say, show
from regiolog.publisher.settings import Settings, read_settings

if TYPE_CHECKING:
    from regiolog.sync.folder import Folder
    from regiolog.sync.statements.history import History


@click.command(
    epilog=examples(
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
@at_moment
@in_folder
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
        shutil.copyfileobj(answer, out())


@click.command(epilog=examples("regiolog dump --at 2022-02-04 --format ttl"))
@click.option(
    "--format",
    "form",
    type=click.Choice(["nq", "trig", "ttl", "nt", "jsonld", "rdf"]),
    default="nq",
    show_default=True,
    help="Form of the graph.",
)
@click.option("--graph", help="Another graph: history, history/KIND/KEY, source/KEY or proposal/KEY.")
@at_moment
@in_folder
def dump(form: str, graph: str | None, at: str | None, known: str | None, config: Path | None, **flags: Any) -> None:
    """Print the whole graph at a moment: the register's, or the one that --graph names."""
    from regiolog.publisher import graphs
    from regiolog.sync.statements import moments

    chosen = next(each for each in graphs.FORMATS if each.suffix == form)
    with _reading(read_settings(flags, toml=config)) as (folder, statements):
        moment = moments.resolve(statements, at, known)
        out().writelines(graphs.pieces(statements, graph, moment, chosen, folder.clock))


@click.command(epilog=examples("regiolog history municipality 11056"))
@click.argument(
    "kind",
    type=click.Choice(
        ["municipality", "region", "subregion", "province", "cooperation", "decision", "source", "event"]
    ),
)
@click.argument("key")
@as_table
@in_folder
def history(kind: str, key: str, form: str, config: Path | None, **flags: Any) -> None:
    """Print everything that was ever said of one thing: when it held, when it was known, by which event."""
    from regiolog.publisher import reports

    with _reading(read_settings(flags, toml=config)) as (_, statements):
        rows = reports.history_of(statements, kind, key)
    show(reports.table(reports.Said._fields, rows, form))


@click.command(
    epilog=examples(
        "regiolog diff 2024-12-31 2025-01-01",
        "regiolog diff 2025-02-01 2025-02-01 --from-known 2024-04-01 --to-known 2024-09-01",
    )
)
@click.argument("from_", metavar="FROM")
@click.argument("to", metavar="TO")
@click.option("--known", help="What was known then, of both days.  [default: now]")
@click.option("--from-known", help="What was known then, of FROM.")
@click.option("--to-known", help="What was known then, of TO.")
@as_table
@in_folder
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
    show(reports.table(reports.Changed._fields, rows, form))
    sys.exit(1 if rows else 0)


@click.command(epilog=examples("regiolog replay"))
@in_folder
def replay(config: Path | None, **flags: Any) -> None:
    """Build the statements again from the journal, and compare digests. Exits 1 when they differ.

    Prints a line for the whole history and for each of a dozen moments: day, instant and digest.
    """
    from regiolog.publisher import reports
    from regiolog.sync.projection.replay import replay as replayed

    with _reading(read_settings(flags, toml=config)) as (folder, statements), progress("replaying") as done:
        result = replayed(folder.journal, statements, done)
    show(f"{line}\n" for line in reports.replay_lines(result))
    if not result.same:
        say(reports.difference_sentence(result))
        sys.exit(1)
    say(f"replaying {result.position} events gives the same statements (projection {result.version})")


@click.command(epilog=examples("regiolog status --json"))
@as_json
@in_folder
def status(*, as_json: bool, config: Path | None, **flags: Any) -> None:
    """Print where the register stands: positions, lag, counts, what sources are saying, how harvests went, versions."""
    from regiolog.publisher import reports
    from regiolog.publisher.keeper import open_register

    settings = read_settings(flags, toml=config)
    with closing(open_register(settings.data)) as folder:
        found = reports.status_of(folder, settings, say)
    if as_json:
        click.echo(reports.status_json(found))
    else:
        show(f"{line}\n" for line in reports.status_lines(found))


@contextmanager
def _reading(settings: Settings) -> Iterator[tuple[Folder, History]]:
    """A register and its statements, up to the head of the journal."""
    from regiolog.publisher.keeper import open_register

    with closing(open_register(settings.data)) as folder:
        with progress("projecting") as done:
            statements = folder.history(say, done)
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
