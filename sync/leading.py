"""Leading (leiding): which process harvests a data folder's sources on schedule, told by who holds a lock there."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Final

from regiolog.events.errors import FolderError

LOCK: Final = "schedule.lock"
"""The file in a data folder that the process which harvests on schedule holds."""


def taken(file: int) -> bool:
    """Take the lead, unless another process has it; the operating system lets go when this one ends, however it does.

    Args:
        file: The opened lock.
    """
    return _locks(file, fcntl.LOCK_EX)


def is_led(folder: Path) -> bool:
    """Whether a process harvests on schedule now.

    Looking is in nobody's way: whoever leads goes on, others may look meanwhile, and whoever would lead just then tries
    again.

    Args:
        folder: The data folder.

    Raises:
        FolderError: The lock cannot be read.
    """
    try:
        file = os.open(folder / LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise FolderError(f"{folder / LOCK} cannot be read: {error.strerror}") from None
    try:
        return not _locks(file, fcntl.LOCK_SH)
    finally:
        os.close(file)


def _locks(file: int, how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
