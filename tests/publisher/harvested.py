"""A small register that commands harvest into, the settings of its sources, and the server of their publishers."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from regiolog.publisher.cli import main
from regiolog.sync.folder import Folder
from tests.builders import small_register, tell
from tests.harvest.lists import PLACED, declaration, regions_csv
from tests.misbehaving import Misbehaving

MANY = {f"100{number:02}": f"R{number % 2 + 1}" for number in range(1, 13)}
"""Twelve municipalities, of which the register has four: enough that a tenth is more than a few."""


class Harvested:
    """A register whose sources are a server's documents.

    Args:
        path: An empty folder.
        server: Where the documents are.

    Attributes:
        data: The data folder.
        settings: The file of settings.
        server: Where the documents are.
    """

    def __init__(self, path: Path, server: Misbehaving) -> None:
        """Begin the register, without a source."""
        self.data = path / "data"
        self.settings = path / "regiolog.toml"
        self.server = server
        self._declared: dict[str, dict[str, Any]] = {}
        folder = Folder(self.data, create=True)
        tell(folder.journal, *small_register())
        folder.close()
        self.settings.write_text("")

    def declare(self, name: str, **changes: Any) -> None:
        """Declare a source, whose document is a path of its own name."""
        self._declared[name] = declaration(
            location=self.server.address(f"/{name}.csv"),
            allow=[f"127.0.0.1:{self.server.port}"],
            limits={"attempts": 1},
            **{"said_by": name, **changes},
        )
        self.settings.write_text("".join(f"[sources.{key}]\n{_fields(each)}" for key, each in self._declared.items()))

    def publish(self, name: str, placed: dict[str, str] | None = None, *, etag: str | None = None) -> None:
        """Let a publisher put a table of regions on the server."""
        self.server.answers(f"/{name}.csv", regions_csv(PLACED if placed is None else placed), etag=etag)

    def run(self, command: str) -> Result:
        """Type a command."""
        words = [*command.split(), "--data", str(self.data), "--config", str(self.settings)]
        return CliRunner().invoke(main, words, catch_exceptions=False)

    def answered(self, command: str) -> Any:
        """What a command prints, as JSON."""
        return json.loads(self.run(f"{command} --json").stdout)

    @property
    def head(self) -> int:
        """The last position of the journal."""
        with closing(sqlite3.connect(self.data / "journal.sqlite")) as journal:
            return int(journal.execute("SELECT COUNT(*) FROM events").fetchone()[0])


def _fields(table: dict[str, Any]) -> str:
    return "".join(f"{name} = {_toml(value)}\n" for name, value in table.items())


def _toml(value: Any) -> str:
    """A value as TOML writes it, which is as JSON does but for tables."""
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{name} = {_toml(each)}' for name, each in value.items())} }}"
    return json.dumps(value)
