"""The documentation is true: what it links to exists, and what exists is in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import click
import pytest

from regiolog.events.kinds import KINDS
from regiolog.publisher.cli import main
from regiolog.publisher.queries import QUERIES
from regiolog.publisher.settings import DEFAULT_BASE_IRI, PREFIX, Settings, read_settings
from tests.house.checkout import ROOT, files, name_of

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [path for path in files() if path.suffix == ".md"]
DOCUMENTATION = "\n".join(path.read_text(encoding="utf-8") for path in PAGES)

WORDS = (
    *("event", "journal", "position", "valid", "known", "recorded_at", "at", "moment", "head", "coverage", "backfill"),
    *("statement", "projection", "snapshot", "digest", "replay", "source", "claim"),
    *("correction", "retraction", "refusal", "decision", "evidence"),
    *("announced", "demarcated", "assignment", "pending", "confirmation", "merger"),
)


def commands(group: click.Group, name: str = "regiolog") -> Iterator[tuple[str, click.Command]]:
    """Every command below a group, by what one types."""
    for word, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} {word}")
        else:
            yield f"{name} {word}", command


def tells_of(name: str) -> bool:
    """Whether some page has a name as code: between backticks or quotes, or at the start of a line of an example."""
    return re.search(rf"""(?m)(^|[`"]){re.escape(name)}(?![\w-])""", DOCUMENTATION) is not None


COMMANDS = dict(commands(main))


def test_the_readme_opens_with_two_commands() -> None:
    """Before anything else is explained, a reader sees how to run the register and its tests."""
    first = re.search(r"```sh\n(.+?)```", README, re.DOTALL)
    assert first is not None
    assert [line.split("#")[0].strip() for line in first[1].splitlines()] == ["make serve", "make test"]
    assert README[: first.start()].count("\n") < 30


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    """A link to a file of the repository leads to one."""
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), f"{name_of(page)} links to {target}"


def test_every_choice_is_listed() -> None:
    """The list of choices has each page, in order, under its own title."""
    folder = ROOT / "docs" / "adr"
    pages = sorted(path for path in folder.glob("*.md") if path.name != "README.md")
    listed = re.findall(r"^\| \[(\d{4})\]\((.+?)\) \| (.+?) \|$", (folder / "README.md").read_text(), re.MULTILINE)
    titles = [page.read_text(encoding="utf-8").splitlines()[0] for page in pages]
    assert [f"# {number} {title}" for number, _, title in listed] == titles
    assert [name for _, name, _ in listed] == [page.name for page in pages]
    assert [number for number, _, _ in listed] == [f"{count:04}" for count in range(1, len(pages) + 1)]


@pytest.mark.parametrize("word", WORDS)
def test_the_glossary_has_the_word(word: str) -> None:
    """Each word that the code and the addresses are built of is explained."""
    assert re.search(rf"^\| \*\*{word}\*\*", (ROOT / "docs" / "glossary.md").read_text(), re.MULTILINE)


@pytest.mark.parametrize("typed", COMMANDS)
def test_every_command_is_documented(typed: str) -> None:
    """Each command is told of in the documentation, and its help ends in an example."""
    assert tells_of(typed), f"no page tells of {typed}"
    command = COMMANDS[typed]
    _usage, _, description = command.get_help(click.Context(command, info_name=typed)).partition("\n")
    assert f" {typed}" in description, f"{typed} --help shows no example"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_event_is_documented(kind: str) -> None:
    """Each kind of event that can be recorded is told of under its stored name."""
    assert tells_of(kind), f"no page tells of {kind}"


@pytest.mark.parametrize("setting", [field.name for field in fields(Settings)])
def test_every_setting_is_documented(setting: str) -> None:
    """Each setting is told of under the name of its environment variable."""
    assert tells_of(f"{PREFIX}{setting.upper()}"), f"no page tells of {PREFIX}{setting.upper()}"


@pytest.mark.parametrize("name", QUERIES)
def test_every_named_query_is_documented(name: str) -> None:
    """The page of addresses has a row for each, with the parameters that have to be given."""
    page = (ROOT / "docs" / "http.md").read_text(encoding="utf-8")
    row = re.search(rf"^\| `{name}` \| .+ \| (.*)\|$", page, re.MULTILINE)
    assert row is not None
    assert re.findall(r"`(\w+)`", row[1]) == [each.name for each in QUERIES[name].parameters]


def test_documented_defaults_are_the_defaults() -> None:
    """What the page of settings gives as the default of each is what it is when nothing is set."""
    page = (ROOT / "docs" / "running-it.md").read_text(encoding="utf-8")
    documented = dict(re.findall(rf"^\| `({PREFIX}[A-Z_]+)` \| `(.+?)` \|", page, re.MULTILINE))
    base_iri = documented.pop(f"{PREFIX}BASE_IRI")
    assert base_iri == DEFAULT_BASE_IRI
    assert set(documented) == {f"{PREFIX}{field.name.upper()}" for field in fields(Settings)} - {
        f"{PREFIX}BASE_IRI",
        f"{PREFIX}LEAVE_OUT",
    }
    assert read_settings({}, documented) == Settings()
