"""Talking on the command line: results on standard output, talk and progress on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

import click

if TYPE_CHECKING:
    from regiolog.publisher.keeper import Progress


def say(sentence: str) -> None:
    """Say a sentence on standard error, on one line."""
    click.echo(f"regiolog: {' '.join(sentence.split())}", err=True)


def show(pieces: Iterable[str]) -> None:
    """Print pieces of a result, as they are."""
    for piece in pieces:
        click.echo(piece, nl=False)


def out() -> BinaryIO:
    """Standard output, for bytes."""
    return sys.stdout.buffer


def leave(code: int) -> NoReturn:
    """End this process at once, with what was printed, whatever its threads are doing."""
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


@contextmanager
def progress(label: str) -> Iterator[Progress]:
    """A progress bar on a terminal, once there is something to wait for; nothing elsewhere."""
    with ExitStack() as shown:
        bar: Any = None

        def show_bar(done: int, whole: int) -> None:
            nonlocal bar
            if bar is None and done < whole and sys.stderr.isatty():
                bar = shown.enter_context(click.progressbar(length=whole, label=label, file=sys.stderr, show_pos=True))
            if bar is not None:
                bar.update(done - bar.pos)

        yield show_bar
