"""Unpacking a body as it comes: never more of it than a limit, and never a part of it as the whole."""

from __future__ import annotations

import zlib
from io import BytesIO
from typing import Final, Literal

Coding = Literal["identity", "gzip"]

_GZIP: Final = 16 + zlib.MAX_WBITS
"""What zlib calls gzip, and nothing else."""


class TooLarge(Exception):
    """A body has more bytes than the limit, packed or unpacked."""


class Broken(Exception):
    """A packed body that ends too early, goes on after its end, or was never packed."""


class Unpacking:
    """Takes a body piece by piece; no more than one byte over the limit is ever unpacked.

    Args:
        coding: How it is packed.
        limit: How many bytes it may have, unpacked and, lest it never ends, packed.
    """

    def __init__(self, coding: Coding, limit: int) -> None:
        self._coding = coding
        self._limit = limit
        self._came = 0
        self._body = BytesIO()
        self._packed = zlib.decompressobj(_GZIP)

    def take(self, piece: bytes) -> None:
        """The next piece.

        Raises:
            TooLarge: It makes the body larger than the limit.
            Broken: It is not packed as it should be.
        """
        self._came += len(piece)
        if self._came > self._limit:
            raise TooLarge
        if self._coding == "identity":
            self._body.write(piece)
            return
        while piece:
            if self._packed.eof:
                self._packed = zlib.decompressobj(_GZIP)  # one gzip file may follow another (RFC 1952, 2.2)
            room = self._limit - self._body.tell()
            try:
                self._body.write(self._packed.decompress(piece, room + 1))
            except zlib.error:
                raise Broken("it is not packed as gzip, or something is wrong inside") from None
            if self._body.tell() > self._limit:
                raise TooLarge
            piece = self._packed.unused_data if self._packed.eof else self._packed.unconsumed_tail

    def end(self) -> bytes:
        """The whole body.

        Raises:
            Broken: It is packed, and its end is missing.
        """
        if self._coding == "gzip" and not self._packed.eof:
            raise Broken("its gzip ends too early")
        return self._body.getvalue()
