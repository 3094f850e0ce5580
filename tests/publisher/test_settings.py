"""Settings come from four places, in one order, and nothing in them is ignored."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from regiolog.publisher import settings
from regiolog.publisher.settings import Settings, UnusableSetting, read_settings


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    """A TOML file with a port, a deadline and a size."""
    path = tmp_path / "regiolog.toml"
    path.write_text('port = 8001\ndeadline = 2.5\nmemory = "1GiB"\n')
    return path


def test_the_defaults_serve_this_machine_only() -> None:
    """Without any setting, a register is served to this machine on port 8000."""
    assert read_settings({}, {}) == Settings()
    assert (Settings().host, Settings().port) == ("127.0.0.1", 8000)


def test_flags_win_over_the_environment_over_the_file_over_the_defaults(toml: Path) -> None:
    """Each place is asked in turn, and a flag that was not given is none."""
    read = read_settings({"host": "::1", "port": None}, {"REGIOLOG_PORT": "8002", "REGIOLOG_HOST": "localhost"}, toml)
    assert (read.host, read.port, read.deadline, read.memory) == ("::1", 8002, 2.5, 2**30)
    assert read.threads == Settings().threads


def test_the_environment_can_name_the_file(toml: Path) -> None:
    """``REGIOLOG_CONFIG`` names the TOML file, and the flag wins over it."""
    assert read_settings({}, {"REGIOLOG_CONFIG": str(toml)}).port == 8001
    with pytest.raises(UnusableSetting, match="nowhere"):
        read_settings({}, {"REGIOLOG_CONFIG": str(toml)}, Path("nowhere.toml"))


def test_the_file_in_the_current_folder_is_read(toml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``regiolog.toml`` is read where it lies beside whoever starts us."""
    monkeypatch.chdir(toml.parent)
    assert read_settings({}, {}).port == 8001


@pytest.mark.parametrize(
    ("environ", "written", "says"),
    [
        ({"REGIOLOG_PROT": "1"}, "", "REGIOLOG_PROT in the environment is not a setting: did you mean REGIOLOG_PORT?"),
        ({}, "prot = 1", "prot in {path} is not a setting: did you mean port?"),
        ({"REGIOLOG_PORT": "http"}, "", "REGIOLOG_PORT cannot be 'http': it is a whole number from 0 to 65535"),
        ({}, "port = true", "port in {path} cannot be True: it is a whole number from 0 to 65535"),
        ({"REGIOLOG_DEADLINE": "nan"}, "", "a number of seconds"),
        ({"REGIOLOG_MEMORY": "1kB"}, "", "KiB, MiB or GiB"),
        ({"REGIOLOG_SERVER": "nginx"}, "", "REGIOLOG_SERVER cannot be 'nginx': it is one of granian, waitress"),
        ({"REGIOLOG_HOST": "a b"}, "", "the name or the address of a host"),
        ({"REGIOLOG_BASE_IRI": "http://x.example/y"}, "", "an http or https address that ends in /"),
        ({"REGIOLOG_DATA": ""}, "", "it is a text"),
        ({}, "port = ", "{path} is not TOML"),
        ({}, "[serving]\nport = 1", "serving in {path} is not a setting"),
    ],
)
def test_what_cannot_be_used_is_named(environ: dict[str, str], written: str, says: str, tmp_path: Path) -> None:
    """An unknown name is an error that names the nearest one; a bad value one that says what is accepted."""
    path = tmp_path / "my.toml"
    path.write_text(written)
    with pytest.raises(UnusableSetting) as refused:
        read_settings({}, environ, path)
    assert says.format(path=path) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_what_the_archive_leaves_out_and_who_has_authority(toml: Path) -> None:
    """Names with commas, or a list; a table, or pairs in one line."""
    environ = {"REGIOLOG_LEAVE_OUT": "provincies-in-cijfers, abb", "REGIOLOG_AUTHORITY": "wvi=cooperations;abb="}
    with pytest.raises(UnusableSetting, match="abb=cooperations"):
        read_settings({}, environ)
    environ["REGIOLOG_AUTHORITY"] = "wvi=cooperations"
    read = read_settings({}, environ)
    assert read.leave_out == ("provincies-in-cijfers", "abb")
    assert set(read.authority) == {"wvi"}
    assert "cooperation-was-observed" in read.authority["wvi"]
    toml.write_text('leave_out = ["abb"]\n[authority]\nwvi = ["cooperations", "municipality-names"]\n')
    read = read_settings({}, {}, toml)
    assert read.leave_out == ("abb",)
    assert "municipality-was-renamed" in read.authority["wvi"]
    assert read_settings({"leave_out": "none"}, {}).leave_out == ()
    for wrong in ("flanders", "everything", 7):
        with pytest.raises(UnusableSetting, match="provincies-in-cijfers"):
            read_settings({"leave_out": wrong}, {})


def test_variables_of_others_are_theirs() -> None:
    """Only variables that begin with our prefix are ours."""
    assert read_settings({}, {"PORT": "1", "XREGIOLOG_PORT": "2"}) == Settings()


def test_every_setting_can_be_read() -> None:
    """No setting can be declared without a way to read it."""
    assert set(settings._READERS) == {field.name for field in fields(Settings)}
