"""What a data folder follows (volgen): the mark that its journal is a copy of another register's, made only there."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Final

import msgspec

from regiolog.events.errors import FolderError, Refusal

FILE: Final = "follows.json"
"""The mark in a data folder. Whoever removes it makes a register of its own of the copy, which follows nobody again."""


class Follows(msgspec.Struct, frozen=True, kw_only=True):
    """The register that a data folder follows.

    Attributes:
        source: By what the settings call it.
        address: The address of its root.
        register: Its own name.
        first: The digest (SHA-256) of its first event as it is stored, by which it is known again.
    """

    source: str
    address: str
    register: str
    first: str


def digest_of(stored: bytes) -> str:
    """By what a register is known again: the digest of its first event."""
    return hashlib.sha256(stored).hexdigest()


def followed(folder: Path) -> Follows | None:
    """The register that a data folder follows; None when it follows none.

    Raises:
        FolderError: There is a mark, and it cannot be read.
    """
    path = folder / FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=Follows)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise FolderError(f"{path}, which says what register is followed here, cannot be read: {why}") from None


def follow(folder: Path, follows: Follows) -> None:
    """Mark a data folder as one that follows; the mark is on disk when this returns, and whole or not at all.

    Raises:
        FolderError: It cannot be written.
    """
    path = folder / FILE
    beside = path.with_suffix(".new")
    try:
        with beside.open("wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(follows), indent=1) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        entries = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(entries)
        finally:
            os.close(entries)
    except OSError as error:
        raise FolderError(f"the data folder {folder} cannot be written: {error.strerror}") from None


def must_be_its_own(folder: Path) -> None:
    """See that changes are made here.

    Raises:
        Refusal: The register in this data folder is a copy of another one, where they are made.
        FolderError: That cannot be found out.
    """
    follows = followed(folder)
    if follows is not None:
        raise Refusal(
            f"this register follows {follows.address} and takes in nothing else: changes are made there, and come here "
            "from there"
        )
