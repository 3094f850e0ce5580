"""Errors on the command line: each is said in one sentence, and is one of two exit codes."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

import click

from regiolog.events.errors import BadMoment, RegiologError
from regiolog.publisher.cli.talking import say
from regiolog.publisher.settings import UnusableSetting

_MISUSE: Final = (UnusableSetting, BadMoment)
"""What was typed cannot be used at all (exit 2); everything else that goes wrong is a refusal (exit 1)."""


class Plainly(click.Group):
    """A group of commands that says every error in one sentence."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command, and turn what went wrong into a sentence and an exit code."""
        try:
            return super().invoke(ctx)
        except RegiologError as error:
            say(str(error))
            ctx.exit(2 if isinstance(error, _MISUSE) else 1)
        except BrokenPipeError:
            raise
        except OSError as error:
            say(f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror))
            ctx.exit(1)
        except sqlite3.Error as error:
            say(f"the statements cannot be read: {error}; delete statements.sqlite, it is built again")
            ctx.exit(1)
