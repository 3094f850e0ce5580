"""The command that records changes from a file."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO

import click

from regiolog.publisher.cli.options import examples, in_folder
from regiolog.publisher.cli.talking import say
from regiolog.publisher.settings import read_settings


@click.command(epilog=examples("regiolog record --dry-run changes.jsonl", "regiolog record changes.jsonl"))
@click.argument("file", type=click.File("rb"))
@click.option("--dry-run", is_flag=True, help="Say what would be recorded, and record nothing.")
@in_folder
def record(file: BinaryIO, *, dry_run: bool, config: Path | None, **flags: Any) -> None:
    """Record the changes in FILE (JSON Lines; - for standard input), all of them or none.

    Prints a line for each event: its position, its kind and its id. What the register holds already is passed over.
    """
    from regiolog.events import recording
    from regiolog.events.kinds import stored_name
    from regiolog.events.record import read_lines
    from regiolog.publisher.keeper import open_register
    from regiolog.sync.follows import must_be_its_own

    settings = read_settings(flags, toml=config)
    with closing(open_register(settings.data)) as folder:
        must_be_its_own(folder.path)
        wishes = recording.read_wishes(read_lines(file))
        outcome = recording.record(folder.journal, wishes, authority=settings.authority, dry_run=dry_run)
    for position, event in outcome.recorded:
        click.echo(f"{position}\t{stored_name(event)}\t{event.id}")
    say(f"{'would record' if dry_run else 'recorded'} {len(outcome.recorded)}; {outcome.silent} held already")
