"""The documentation is true: what it links to exists, and what exists is in it."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import click
import msgspec
import pytest

from regiolog.events.kinds import KINDS
from regiolog.publisher.cli import main
from regiolog.publisher.queries import QUERIES
from regiolog.publisher.settings import DEFAULT_BASE_IRI, PREFIX, Settings, read_settings
from regiolog.sync.harvest.declared import Declaration
from regiolog.sync.harvest.mapping import GraphMapping, TableMapping
from regiolog.sync.sources.source import Limits
from tests.house.checkout import ROOT, files, name_of

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [path for path in files() if path.suffix == ".md"]
DOCUMENTATION = "\n".join(path.read_text(encoding="utf-8") for path in PAGES)

RUNNING = (ROOT / "docs" / "running-it.md").read_text(encoding="utf-8")
SOURCES = RUNNING.partition("\n## Sources\n")[2].partition("\n## ")[0]
"""What is told of sources."""

EXAMPLES = [example for example in re.findall(r"```toml\n(.+?)```", RUNNING, re.DOTALL) if "[sources." in example]
"""Sources that are declared there."""

MAPPINGS = (*typing.get_args(TableMapping), *typing.get_args(GraphMapping))

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


@pytest.mark.parametrize("name", Declaration.__struct_fields__)
def test_every_field_of_a_source_is_documented(name: str) -> None:
    """What can be said of a source in the settings has its row."""
    assert re.search(rf"^\| (`\w+`, )?`{name}`[ ,`\w]* \|", SOURCES, re.MULTILINE)


@pytest.mark.parametrize("mapping", MAPPINGS, ids=[each.__name__ for each in MAPPINGS])
def test_every_field_of_a_mapping_is_documented(mapping: type[msgspec.Struct]) -> None:
    """What a mapping says has a row with its own fields; those that others have too are told of beside it."""
    rows = re.findall(rf"^\| `{mapping.__struct_config__.tag}` \| .+$", SOURCES, re.MULTILINE)
    missing = [name for name in mapping.__struct_fields__ if f"`{name}`" not in SOURCES]
    assert not missing
    own = [name for name in mapping.__struct_fields__ if name not in _shared(mapping)]
    assert any(all(f"`{name}`" in row for name in own) for row in rows), own


def _shared(mapping: type[msgspec.Struct]) -> tuple[str, ...]:
    (parent,) = mapping.__bases__
    return typing.cast("type[msgspec.Struct]", parent).__struct_fields__


def test_documented_limits_are_the_limits() -> None:
    """Each limit of a source has its row, with what it is when nothing is said."""
    table = SOURCES.partition("### Limits")[2].partition("###")[0]
    documented = dict(re.findall(r"^\| `(\w+)` \| `(.+?)` \|", table, re.MULTILINE))
    bounds = {field.name: str(field.default).removesuffix(".0") for field in fields(Limits)}
    assert documented == bounds | {"bytes": f"{Limits.bytes // 2**20}MiB"}


@pytest.mark.parametrize("example", EXAMPLES)
def test_documented_sources_can_be_declared(example: str, tmp_path: Path) -> None:
    """What the page shows of sources is read without a complaint."""
    (tmp_path / "regiolog.toml").write_text(example, encoding="utf-8")
    assert read_settings({}, {}, tmp_path / "regiolog.toml").sources


def test_documented_defaults_are_the_defaults() -> None:
    """What the page of settings gives as the default of each is what it is when nothing is set."""
    documented = dict(re.findall(rf"^\| `({PREFIX}[A-Z_]+)` \| `(.+?)` \|", RUNNING, re.MULTILINE))
    base_iri = documented.pop(f"{PREFIX}BASE_IRI")
    assert base_iri == DEFAULT_BASE_IRI
    without = {"base_iri", "leave_out", "sources", "contact", "proxy", "catalog"}
    assert set(documented) == {
        f"{PREFIX}{field.name.upper()}" for field in fields(Settings) if field.name not in without
    }
    assert read_settings({}, documented) == Settings()
