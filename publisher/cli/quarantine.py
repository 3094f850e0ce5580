"""The commands about the quarantine: what a harvest refused is listed, shown, and tried again."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from regiolog.publisher.cli.harvesting import conclude
from regiolog.publisher.cli.options import as_json, examples, in_folder
from regiolog.publisher.cli.talking import out, say, show
from regiolog.publisher.settings import read_settings

if TYPE_CHECKING:
    from regiolog.sync.folder import Folder
    from regiolog.sync.harvest.runs import Refused

_number = click.argument("number", type=click.IntRange(1, 2**63 - 1))


class _Listing(click.Group):
    """A group whose command is ``list`` where none is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read what was typed, with the command that was meant."""
        named = args and (not args[0].startswith("-") or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if named else ["list", *args])


@click.group(
    cls=_Listing,
    epilog=examples("regiolog quarantine", "regiolog quarantine show 1", "regiolog quarantine retry 1 --accept"),
)
def quarantine() -> None:
    """Documents that a harvest refused, and keeps as they came until the source is in step again.

    Without a command it lists them.
    """


@quarantine.command("list", epilog=examples("regiolog quarantine list --json"))
@as_json
@in_folder
def list_(*, as_json: bool, config: Path | None, **flags: Any) -> None:
    """List what waits, oldest first: its number, its source, and why it was refused."""
    from regiolog.publisher.harvests import telling

    with closing(_opened(config, flags)) as folder:
        found = _waiting(folder)
    if as_json:
        click.echo(json.dumps([telling.quarantine_json(each) for each in found], ensure_ascii=False, indent=1))
    else:
        show(f"{telling.quarantine_line(each)}\n" for each in found)
        if not found:
            say("nothing waits in the quarantine")


@quarantine.command("show", epilog=examples("regiolog quarantine show 1", "regiolog quarantine show 1 --body > it.csv"))
@_number
@click.option("--body", is_flag=True, help="Print the document's own bytes, and what is known of it on standard error.")
@as_json
@in_folder
def show_(number: int, *, body: bool, as_json: bool, config: Path | None, **flags: Any) -> None:
    """Print what is known of document NUMBER: where it came from, why it was refused, whether it can be accepted."""
    from regiolog.publisher.harvests import telling

    with closing(_opened(config, flags)) as folder:
        found = _refused(folder, number)
    if as_json:
        told = json.dumps({**telling.quarantine_json(found), "bytes": len(found.body)}, ensure_ascii=False, indent=1)
    else:
        told = "\n".join(telling.quarantine_lines(found))
    click.echo(told, err=body)
    if body:
        out().write(found.body)


@quarantine.command("retry", epilog=examples("regiolog quarantine retry 1 --accept"))
@_number
@click.option("--accept", is_flag=True, help="Let a suspicious change through, once somebody has looked at it.")
@click.option("--dry-run", is_flag=True, help="Say what would be recorded, and record nothing.")
@as_json
@in_folder
def retry(number: int, *, accept: bool, dry_run: bool, as_json: bool, config: Path | None, **flags: Any) -> None:
    """Take in document NUMBER, as it came then, and print the report; exits 1 when it is refused again."""
    from regiolog.publisher.harvests.by_hand import ByHand

    settings = read_settings(flags, toml=config)
    with closing(_opened(config, flags)) as folder:
        _refused(folder, number)
        run = ByHand(folder, settings, accept=accept, dry_run=dry_run)
        run.retry(number)
        conclude(run, folder, settings, as_json=as_json, dry_run=dry_run)


def _opened(config: Path | None, flags: dict[str, Any]) -> Folder:
    from regiolog.publisher.keeper import open_register

    return open_register(read_settings(flags, toml=config).data)


def _waiting(folder: Folder) -> list[Refused]:
    """What waits; nothing where nothing was ever harvested, which looking does not change."""
    from regiolog.sync.harvest.runs import FILE, Runs

    return Runs(folder.path).quarantine() if (folder.path / FILE).exists() else []


def _refused(folder: Folder, number: int) -> Refused:
    """One document that waits, with its bytes.

    Raises:
        UnknownKey: There is none of this number.
    """
    from regiolog.events.errors import UnknownKey
    from regiolog.sync.harvest.runs import FILE, Runs

    if not (folder.path / FILE).exists():
        raise UnknownKey(f"there is no {number} in the quarantine")
    return Runs(folder.path).refused(number)
