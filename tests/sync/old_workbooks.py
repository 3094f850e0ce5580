"""Workbooks in the old binary form ([MS-XLS] in [MS-CFB]), made byte by byte, for no library at hand writes them."""

from __future__ import annotations

import struct
from collections.abc import Sequence


def part(kind: int, content: bytes = b"") -> bytes:
    """One BIFF8 part: its kind, its length, and what is in it."""
    return struct.pack("<HH", kind, len(content)) + content


def text(row: int, column: int, said: str) -> bytes:
    """A cell with a text."""
    return part(0x204, struct.pack("<HHHHB", row, column, 0, len(said), 1) + said.encode("utf-16-le"))


def number(row: int, column: int, value: float, style: int = 0) -> bytes:
    """A cell with a number; style 1 shows it as a day."""
    return part(0x203, struct.pack("<HHHd", row, column, style, value))


def truth(row: int, column: int) -> bytes:
    """A cell with a truth value."""
    return part(0x205, struct.pack("<HHHBB", row, column, 0, 1, 0))


def merged(top: int, bottom: int, left: int, right: int) -> bytes:
    """A range of merged cells."""
    return part(0xE5, struct.pack("<HHHHH", 1, top, bottom, left, right))


def xls(*sheets: tuple[str, bool, bytes]) -> bytes:
    """An ``.xls`` workbook of some sheets: their names, whether they are hidden, and their parts."""

    def begin(kind: int) -> bytes:
        return part(0x809, struct.pack("<HHHHII", 0x600, kind, 0x0DBB, 0x07CC, 0, 6))

    def opening(places: Sequence[int]) -> bytes:
        styles = b"".join(part(0xE0, struct.pack("<HH", 0, shown) + bytes(16)) for shown in (0, 14))
        listed = b"".join(
            part(0x85, struct.pack("<IBBBB", place, hidden, 0, len(name), 1) + name.encode("utf-16-le"))
            for (name, hidden, _), place in zip(sheets, places, strict=True)
        )
        return begin(5) + part(0x42, struct.pack("<H", 1200)) + styles + listed + part(0x0A)

    bodies = [begin(0x10) + content + part(0x0A) for _, _, content in sheets]
    first = len(opening([0] * len(sheets)))
    places = [first + sum(map(len, bodies[:index])) for index in range(len(sheets))]
    return in_ole(opening(places) + b"".join(bodies))


def in_ole(stream: bytes, name: str = "Workbook") -> bytes:
    """A compound file with one stream: header, allocation table, directory, stream."""
    end, free = 0xFFFFFFFE, 0xFFFFFFFF
    stream = stream.ljust(4096, b"\0")
    stream += bytes(-len(stream) % 512)
    last = len(stream) // 512 + 1
    table = [0xFFFFFFFD, end, *range(3, last + 1), end]

    def entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
        named = f"{name}\0".encode("utf-16-le")
        links = struct.pack("<HBBIII36xIQ", len(named), kind, 1, free, free, child, start, size)
        return named.ljust(64, b"\0") + links

    directory = entry("Root Entry", 5, 1, end, 0) + entry(name, 2, free, 2, len(stream))
    header = struct.pack("<8s16x5H6x9I", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6,
                         0, 1, 1, 0, 4096, end, 0, end, 0)  # fmt: skip
    header += struct.pack("<109I", 0, *[free] * 108)
    allocation = struct.pack("<128I", *table, *[free] * (128 - len(table)))
    return header + allocation + directory.ljust(512, b"\0") + stream
