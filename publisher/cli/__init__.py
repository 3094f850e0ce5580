"""The command line: what is typed is read, done, and answered on standard output; talk goes to standard error."""

from __future__ import annotations

from importlib.metadata import version

import click

from regiolog.publisher.cli import harvesting, quarantine, reading, recording, serving
from regiolog.publisher.cli.options import examples
from regiolog.publisher.cli.plainly import Plainly


@click.group(
    cls=Plainly,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog=examples("regiolog serve", "regiolog query --at 2022-12-10 question.rq"),
)
@click.version_option(version("regiolog"), prog_name="regiolog")
def main() -> None:
    """The register of Flanders' regions, municipalities and cooperation structures, answered across two clocks.

    Every answer holds at a moment: the day that is asked about (--at), as it was known then (--known).

    Results are printed on standard output, everything else on standard error. Exit code 0: done; 1: refused, or
    different; 2: misused. Settings are flags over REGIOLOG_... variables over regiolog.toml over defaults.
    """


for command in (
    *(serving.serve, harvesting.sync, quarantine.quarantine, harvesting.schedule, recording.record),
    *(reading.query, reading.dump, reading.history, reading.diff, reading.replay, reading.status),
):
    main.add_command(command)
