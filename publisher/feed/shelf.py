"""The shelf: full pages as they go out, compressed, each written down once in the data folder; it can be burnt.

A harvester that comes for the first time asks for every page there is, more than fit in memory. Pages whose bytes
depend on the address that was asked are kept for the register's own address alone, lest anybody fill the disk by asking
under many names.
"""

from __future__ import annotations

import gzip
import shutil
import tempfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from regiolog.publisher.answers import gzipped

FOLDER: Final = "pages"


class Shelf:
    """Pages of one edition of this software.

    Args:
        data: The data folder.
        edition: What tells pages of this software from those that another version of it made.
    """

    def __init__(self, data: Path, edition: str) -> None:
        """Look at nothing yet."""
        self._all = data / FOLDER
        self._own = self._all / edition
        self._whole: set[str] = set()

    def page(self, tag: str, written: Callable[[], bytes]) -> bytes:
        """A page, compressed; one that is damaged is found out when it is first read, and written again.

        Args:
            tag: Its tag, which stands for its very bytes.
            written: Writes it, where it is not there yet.
        """
        path = self._own / tag[:2] / f"{tag}.gz"
        with suppress(OSError, EOFError, zlib.error):
            page = path.read_bytes()
            if tag in self._whole or gzip.decompress(page):
                self._whole.add(tag)
                return page
        page = gzipped(written())
        with suppress(OSError):  # a full disk keeps nothing from being served
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
                try:
                    file.write(page)
                    file.flush()
                    Path(file.name).replace(path)
                except BaseException:
                    Path(file.name).unlink()
                    raise
        return page

    def sweep(self) -> None:
        """Burn what other versions of this software left."""
        with suppress(OSError):
            for folder in self._all.iterdir():
                if folder != self._own:
                    shutil.rmtree(folder, ignore_errors=True)
