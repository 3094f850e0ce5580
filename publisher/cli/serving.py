"""The command that serves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from regiolog.publisher.cli.options import examples, in_folder
from regiolog.publisher.cli.talking import progress, say
from regiolog.publisher.settings import read_settings


@click.command(
    epilog=examples(
        "regiolog serve --port 8080 --data /srv/regiolog --base-iri https://regio.example.org/",
        "regiolog serve --with-schedule",
    )
)
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
@click.option("--with-schedule", is_flag=True, default=None, help="Harvest the sources on their schedules meanwhile.")
@in_folder
def serve(config: Path | None, **flags: Any) -> None:
    """Serve the register over HTTP.

    An empty data folder first gets the Flemish archive that ships with regiolog, and the dated versions that the
    settings declare as series of sources. Prints the address as soon as it answers; Ctrl-C ends it.
    """
    from regiolog.publisher.server import serving

    serving.serve(read_settings(flags, toml=config), say=say, progress=progress, announce=click.echo)
