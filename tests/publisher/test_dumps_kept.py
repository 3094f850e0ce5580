"""Dumps on the disk: which are kept, who waits for whom, when they are let go; and which ranges there are of them."""

from __future__ import annotations

import os
import tempfile
import threading
from typing import IO

import pytest

from regiolog.publisher import ranges
from regiolog.publisher.dumps import Dump, Dumps
from regiolog.publisher.problems import Problem


def test_dumps_that_were_asked_for_last_are_kept() -> None:
    """As many as fit, and the last in any case; none is written twice, and one that is read stays."""
    dumps = Dumps(kept=10, most=3)
    writes: list[str] = []

    def make(tag: str, body: bytes) -> Dump:
        def write() -> IO[bytes]:
            writes.append(tag)
            return file_of(body)

        return dumps.make(tag, write)

    one = make("a", b"aaaa")
    reading = one.part(1)
    assert make("a", b"other") is one
    make("b", b"bbbb")
    assert dumps.find("a") is one
    make("c", b"cccc")
    assert (dumps.find("b"), len(dumps)) == (None, 2)
    large = make("d", b"d" * 100)
    assert (len(dumps), dumps.find("d")) == (1, large)
    assert reading.read() == b"aaa"
    for tag in "efgh":
        make(tag, b"")
    assert len(dumps) == 3
    assert writes == list("abcdefgh")


def file_of(body: bytes) -> IO[bytes]:
    """A body in an unnamed file."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - a dump takes it over
    file.write(body)
    return file


def test_two_that_ask_at_once_are_given_one_dump() -> None:
    """The second waits for the first instead of writing it too."""
    dumps, begun, go = Dumps(), threading.Event(), threading.Event()
    found: list[Dump] = []

    def write() -> IO[bytes]:
        begun.set()
        assert go.wait(10)
        return file_of(b"once")

    def never() -> IO[bytes]:
        raise AssertionError("it is being written already")

    first = threading.Thread(target=lambda: found.append(dumps.make("x", write)))
    first.start()
    assert begun.wait(10)
    second = threading.Thread(target=lambda: found.append(dumps.make("x", never)))
    second.start()
    go.set()
    first.join(10)
    second.join(10)
    assert len(found) == 2
    assert found[0] is found[1]


def test_a_file_is_let_go_when_nobody_needs_it() -> None:
    """Neither the store nor a reader: then its place on the disk is free again."""
    dumps = Dumps(kept=1, most=1)
    first = dumps.make("a", lambda: file_of(b"first"))
    descriptor = first._file
    part = first.part()
    del first
    dumps.make("b", lambda: file_of(b"second"))
    assert os.fstat(descriptor).st_size == 5
    assert part.read() == b"first"
    part.close()
    del part
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def _backwards(first: str, last: str) -> bool:
    return bool(first and last) and int(last) < int(first)


@pytest.mark.parametrize("length", [0, 1, 10])
def test_every_range_is_a_part_or_is_refused(length: int) -> None:
    """Whatever two numbers: what is given lies in the body, is what was asked for, and is never empty."""
    body = bytes(range(length))
    for first in ("", *map(str, range(12))):
        for last in ("", *map(str, range(12))):
            wanted = f"bytes={first}-{last}"
            if (
                not (body[int(first) :] if first else body and last != "0")
                and first + last
                and not _backwards(first, last)
            ):
                with pytest.raises(Problem) as refused:
                    ranges.asked("GET", wanted, None, "tag", length, lasting=True)
                assert refused.value.headers["Content-Range"] == f"bytes */{length}"
                continue
            part = ranges.asked("GET", wanted, None, "tag", length, lasting=True)
            if part is None:
                assert not first + last or _backwards(first, last)
                continue
            expected = body[int(first) : int(last) + 1 if last else None] if first else body[-int(last) :]
            assert body[part.start : part.stop] == expected
            assert expected
            assert part.stop <= length
