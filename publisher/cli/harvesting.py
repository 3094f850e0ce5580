"""The commands that harvest: by hand, and on schedule."""

from __future__ import annotations

import json
import sqlite3
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from regiolog.events.errors import RegiologError
from regiolog.publisher.cli.options import as_json, examples, in_folder
from regiolog.publisher.cli.talking import leave, progress, say, show
from regiolog.publisher.settings import Settings, read_settings

if TYPE_CHECKING:
    from regiolog.publisher.harvests.by_hand import ByHand
    from regiolog.publisher.harvests.telling import Diverging
    from regiolog.sync.folder import Folder


@click.command(epilog=examples("regiolog sync", "regiolog sync --dry-run pinc-regions"))
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option("--dry-run", is_flag=True, help="Say what would be recorded, and record nothing.")
@click.option("--accept", is_flag=True, help="Let suspicious changes through, once somebody has looked at them.")
@as_json
@in_folder
def sync(
    sources: tuple[str, ...], *, dry_run: bool, accept: bool, as_json: bool, config: Path | None, **flags: Any
) -> None:
    """Harvest each SOURCE once, one after the other; without any, all that the settings declare.

    Prints a report of each: what is new and withdrawn, what was refused and why, how much diverges. Exits 1 when one
    of them is not in step; the others are harvested all the same. Ctrl-C ends it, and leaves nothing half recorded.
    """
    from regiolog.publisher.harvests.by_hand import ByHand, begins_with, chosen
    from regiolog.publisher.keeper import open_register

    settings = read_settings(flags, toml=config)
    named = [settings.sources[name] for name in sources or settings.sources if name in settings.sources]
    with closing(open_register(settings.data, may_begin=begins_with(named))) as folder:
        names = chosen(settings.sources, sources)
        run = ByHand(folder, settings, accept=accept, dry_run=dry_run)
        with progress("harvesting") as done:
            run.harvest(names, done)
        conclude(run, folder, settings, as_json=as_json, dry_run=dry_run)


@click.command(epilog=examples("regiolog schedule", "regiolog schedule --json >> harvests.jsonl"))
@as_json
@in_folder
def schedule(*, as_json: bool, config: Path | None, **flags: Any) -> None:
    """Harvest the sources on their schedules until Ctrl-C or SIGTERM, and print a line for each run.

    However many are started on one data folder, one of them harvests; when it ends, another takes its place.
    """
    from regiolog.publisher.harvests.on_schedule import OnSchedule
    from regiolog.publisher.harvests.telling import as_json as json_of
    from regiolog.publisher.harvests.telling import line
    from regiolog.sync.harvest.report import Report

    settings = read_settings(flags, toml=config)
    stop = threading.Event()

    def done(report: Report) -> None:
        try:
            click.echo(json.dumps(json_of(report), ensure_ascii=False) if as_json else line(report))
        except BrokenPipeError:
            stop.set()  # nobody listens any more

    if not OnSchedule(settings, say=say, done=done, stop=stop).run():
        leave(0)


def conclude(run: ByHand, folder: Folder, settings: Settings, *, as_json: bool, dry_run: bool) -> None:
    """Print what became of a run, and end with its exit code."""
    from regiolog.publisher.harvests import telling

    diverging = None if run.left or (dry_run and as_json) else _diverging(folder, settings)
    if as_json:
        click.echo(telling.documents(run.reports, diverging))
    else:
        for report in run.reports:
            show(f"{line}\n" for line in telling.block(report, diverging, dry_run=dry_run))
    if dry_run:
        say("this was a dry run: nothing was recorded")
    if wrong := telling.not_in_step(run.reports):
        say(f"not in step: {wrong}")
    if run.left:
        say(f"told to end: {', '.join(run.left)} {'was' if len(run.left) == 1 else 'were'} not harvested")
    code = 0 if run.is_well else 1
    if not run.is_over:
        leave(code)
    sys.exit(code)


def _diverging(folder: Folder, settings: Settings) -> Diverging:
    """How much diverges once everything that was recorded is projected; None, and a sentence, when it is unknown."""
    from regiolog.publisher.harvests.standing import diverging_now

    if not folder.journal.head():
        return None
    try:
        with progress("projecting") as done:
            statements = folder.history(say, done)
    except (RegiologError, OSError, sqlite3.Error) as error:
        say(f"how much diverges is unknown: {error}")
        return None
    with closing(statements):
        return diverging_now(settings, folder, statements, say)
