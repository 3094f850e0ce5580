"""A peer that is missing is left out of the benchmark with one sentence, which says how to get it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import peers
from bench.__main__ import main
from bench.peers import PeerMissing, left_out, program


def test_a_peer_that_is_not_installed_is_left_out_and_the_rest_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All of its rows are named in one sentence under the table, and nothing fails."""
    monkeypatch.setattr(peers, "ENVIRONMENT", tmp_path / "nowhere")
    assert main(["--size", "S", "--only", "P4", "--only", "P5", "--only", "T", "--only", "P14"]) == 0
    head, *rows, first, second = capsys.readouterr().out.splitlines()
    assert "the reference is" in head
    assert [row.split()[0] for row in rows] == ["P14"]
    assert first == (
        "oxigraph is not installed, so the rows of P4 and P5 beside it are left out; `make peers` installs it"
    )
    assert second == "tiramemsu is not installed, so the rows of T beside it are left out; `make peers` installs it"


def test_an_environment_of_peers_that_was_left_half_made_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its python is there before what is installed in it."""
    monkeypatch.setattr(peers, "ENVIRONMENT", tmp_path)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    with pytest.raises(PeerMissing, match="`make peers`"):
        program("python", "rdflib-endpoint")
    (tmp_path / ".made").touch()
    assert program("python", "rdflib-endpoint") == tmp_path / "bin" / "python"


def test_nginx_is_looked_for_where_it_is_installed_and_its_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lies where only the administrator's path leads."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(peers, "_SBIN", str(tmp_path))
    with pytest.raises(PeerMissing) as missing, peers.nginx({"page": b"page"}, "text/plain", tmp_path):
        pass
    assert left_out(missing.value, ["P7"]) == (
        "nginx is not installed, so the rows of P7 beside it are left out; "
        "on Debian and Ubuntu `apt install nginx-light` brings it"
    )


def test_a_sentence_counts_its_rows_as_one_does() -> None:
    """With commas, and an `and` before the last."""
    assert "the rows of P4, P5 and P6 beside it" in left_out(PeerMissing("a", "b"), ["P4", "P5", "P6"])
