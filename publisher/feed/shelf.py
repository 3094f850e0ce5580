"""The shelf: full pages as they go out, compressed, each written down once in the data folder; it can be burnt.

A harvester that comes for the first time asks for every page there is, more than fit in memory. Pages whose bytes
depend on the address that was asked are kept for the register's own address alone, lest anybody fill the disk by asking
under many names.
"""

from __future__ import annotations

import gzip
import shutil
import tempfile
import threading
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from regiolog.publisher.answers import VERSION, gzipped
from regiolog.sync.projection import projection

FOLDER: Final = "pages"

_TURNS: Final = 64
"""How many pages may be written at a time, at the most."""


EDITION: Final = f"{VERSION}-{projection.VERSION}"
"""What tells pages of this software from those that another version of it made."""


class Shelf:
    """The pages in a data folder.

    Args:
        data: The data folder.
    """

    def __init__(self, data: Path) -> None:
        """Look at nothing yet."""
        self._all = data / FOLDER
        self._own = self._all / EDITION
        self._whole: set[str] = set()
        self._turns = [threading.Lock() for _ in range(_TURNS)]

    def page(self, tag: str, written: Callable[[], bytes]) -> bytes:
        """A page, compressed; one that is damaged is found out when it is first read, and written again.

        However many ask for a page at a time, one of them writes it.

        Args:
            tag: Its tag, which stands for its very bytes.
            written: Writes it, where it is not there yet.
        """
        path = self._own / tag[:2] / f"{tag}.gz"
        with suppress(OSError, EOFError, zlib.error):
            return self._read(tag, path)
        with self._turns[int(tag[:2], 16) % _TURNS]:
            with suppress(OSError, EOFError, zlib.error):
                return self._read(tag, path)
            page = gzipped(written())
            with suppress(OSError):  # a full disk keeps nothing from being served
                self._write(path, page)
            return page

    def _read(self, tag: str, path: Path) -> bytes:
        page = path.read_bytes()
        if tag not in self._whole:
            if not gzip.decompress(page):
                raise EOFError
            self._whole.add(tag)
        return page

    def _write(self, path: Path, page: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            try:
                file.write(page)
                file.flush()
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink()
                raise

    def sweep(self) -> None:
        """Burn what other versions of this software left."""
        with suppress(OSError):
            for folder in self._all.iterdir():
                if folder != self._own:
                    shutil.rmtree(folder, ignore_errors=True)
