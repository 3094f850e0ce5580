"""Dumps: whole graphs written down once, each with its checksum, any part of which can be read.

Those that were asked for last are kept, so that whoever fetches one in parts, or goes on after a break, gets parts of
the same bytes, and nothing is written twice for it.
"""

from __future__ import annotations

import hashlib
import io
import os
import threading
import weakref
from base64 import b64encode
from collections import OrderedDict
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

KEPT: Final = 256 * 2**20
"""How many bytes of dumps are kept on the disk, besides the last one."""

MOST: Final = 32
"""How many dumps are kept."""

_TURNS: Final = 16
_PIECE: Final = 2**16


class Dump:
    """A body as a file without a name, which is there as long as anybody reads it.

    Attributes:
        length: How many bytes it has.
        digest: Its checksum, as ``Repr-Digest`` has it (RFC 9530).
    """

    def __init__(self, body: IO[bytes]) -> None:
        """Take a body over, and close it."""
        digest = hashlib.sha256()
        with body:
            body.seek(0)
            while piece := body.read(_PIECE):
                digest.update(piece)
            self.length = body.tell()
            body.flush()
            self._file = os.dup(body.fileno())
        weakref.finalize(self, os.close, self._file)
        self.digest = f"sha-256=:{b64encode(digest.digest()).decode()}:"

    def part(self, start: int = 0, stop: int | None = None) -> IO[bytes]:
        """Some of its bytes, ``[start, stop)``, as a file of their own; all of them unless told."""
        return io.BufferedReader(_Part(self, start, self.length if stop is None else stop), _PIECE)

    def read(self, place: int, most: int) -> bytes:
        """So many bytes from a place on, or fewer."""
        return os.pread(self._file, most, place)


class _Part(io.RawIOBase):
    """Some of the bytes of a dump, which stays as long as they are read."""

    def __init__(self, dump: Dump, start: int, stop: int) -> None:
        self._dump = dump
        self._start, self._place, self._stop = start, start, stop

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        since = {os.SEEK_SET: self._start, os.SEEK_CUR: self._place, os.SEEK_END: self._stop}[whence]
        self._place = max(self._start, since + offset)
        return self._place - self._start

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        piece = self._dump.read(self._place, max(0, min(len(view), self._stop - self._place)))
        view[: len(piece)] = piece
        self._place += len(piece)
        return len(piece)


class Dumps:
    """The dumps that are kept, by their tags; those that were asked for longest ago go first.

    Args:
        kept: How many bytes are kept, besides the last one.
        most: How many dumps are kept.
    """

    def __init__(self, kept: int = KEPT, most: int = MOST) -> None:
        """Begin with none."""
        self._limits = (kept, most)
        self._dumps: OrderedDict[str, Dump] = OrderedDict()
        self._guard = threading.Lock()
        self._turns = tuple(threading.Lock() for _ in range(_TURNS))

    def find(self, tag: str) -> Dump | None:
        """A dump that is kept."""
        with self._guard:
            found = self._dumps.get(tag)
            if found is not None:
                self._dumps.move_to_end(tag)
            return found

    def make(self, tag: str, write: Callable[[], IO[bytes]]) -> Dump:
        """A dump that is written when it is not kept, by one thread at a time.

        Args:
            tag: Its tag, which stands for its very bytes.
            write: Writes it down.
        """
        with self._turns[hash(tag) % _TURNS]:
            found = self.find(tag)
            if found is None:
                found = Dump(write())
                self._keep(tag, found)
            return found

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._dumps)

    def _keep(self, tag: str, dump: Dump) -> None:
        kept, most = self._limits
        with self._guard:
            self._dumps[tag] = dump
            while len(self._dumps) > 1 and (
                len(self._dumps) > most or sum(each.length for each in self._dumps.values()) > kept
            ):
                self._dumps.popitem(last=False)
