"""Options that several commands have, and the examples that their help ends in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def in_folder(command: Command) -> Command:
    """Give a command the options that every command has."""
    command = click.option(
        "--config", type=click.Path(path_type=Path), help="TOML file with settings.  [default: regiolog.toml]"
    )(command)
    return click.option("--data", type=click.Path(path_type=Path), help="The data folder.  [default: regiolog-data]")(
        command
    )


def at_moment(command: Command) -> Command:
    """Give a command the two coordinates of a question."""
    command = click.option("--known", help="What was known then: a day, or an instant.  [default: now]")(command)
    return click.option("--at", help="What holds on that day, YYYY-MM-DD.  [default: today]")(command)


def as_table(command: Command) -> Command:
    """Give a command the forms of a table."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(["text", "csv", "json"]),
        default="text",
        show_default=True,
        help="Form of the table; text shortens long values.",
    )(command)


as_json = click.option("--json", "as_json", is_flag=True, help="As JSON.")
"""Gives a command another form, for programs."""


def examples(*lines: str) -> str:
    """What help ends in: command lines, each left as it is."""
    return "\b\nExample:\n" + "\n".join(f"  {line}" for line in lines)
