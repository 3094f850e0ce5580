"""What is built is what lies in the four folders: nothing is missing from the wheel, and nothing is added."""

from __future__ import annotations

import email
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from email.message import Message

import pytest

from tests.house.checkout import PARTS, ROOT, files, name_of


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    """The wheel, built from a copy, so that no left-over of an earlier build gets in."""
    copy, out = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("out")
    for path in [*files(*PARTS), *(ROOT / name for name in ("pyproject.toml", "README.md", "LICENCE"))]:
        target = copy / name_of(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    built = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, copy],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    with zipfile.ZipFile(next(out.glob("*.whl"))) as archive:
        yield archive


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Message:
    """What the wheel says about itself."""
    name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return email.message_from_bytes(wheel.read(name))


def test_every_file_of_the_parts_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    """Every module, and every query, template, vocabulary and archive beside them, is installed."""
    inside = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert inside == {f"regiolog/{name_of(path)}" for path in files(*PARTS)}


def test_the_wheel_brings_its_licence(wheel: zipfile.ZipFile, metadata: Message) -> None:
    """The licence is named as SPDX does, and its text goes along."""
    assert metadata["License-Expression"] == "EUPL-1.2"
    text = next(name for name in wheel.namelist() if name.endswith(".dist-info/licenses/LICENCE"))
    assert wheel.read(text) == (ROOT / "LICENCE").read_bytes()


def test_the_wheel_brings_the_command(wheel: zipfile.ZipFile) -> None:
    """Installing gives the command `regiolog`."""
    name = next(name for name in wheel.namelist() if name.endswith(".dist-info/entry_points.txt"))
    assert "regiolog = regiolog.publisher.cli:main" in wheel.read(name).decode()


def test_the_changelog_begins_with_this_version(metadata: Message) -> None:
    """The first version in CHANGELOG.md is the one that is built."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    headings = [line for line in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines() if line[:3] == "## "]
    assert metadata["Version"] == version
    assert headings[0].startswith(f"## {version}")
