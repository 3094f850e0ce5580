"""The process that evaluates queries: pyoxigraph cannot stop a query, so its process is what can be stopped.

Started as ``python -m regiolog.sync.query_worker FD PARENT`` by :mod:`regiolog.sync.workers`, at the other end of a
socket. One thread answers questions; the first thread only waits for the parent to be gone, and ends the process.
pyoxigraph evaluates without holding Python's lock, so that this works in the midst of a query.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import sqlite3
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

import msgspec
from pyoxigraph import QueryBoolean, QueryResultsFormat, QuerySolutions, QueryTriples, RdfFormat, Store

from regiolog.sync.history import History
from regiolog.sync.question import GRAPHS, TABLES, Done, Failed, Form, Question, Ready, Reply, Setup, Task
from regiolog.sync.snapshots import Snapshots

MEMORY_SPOOL: Final = 1 << 20
"""Answers up to this many bytes travel through the socket; longer ones through a file."""

_STACK: Final = 64 << 20  # 32 kB of `?o+?o+?o…` is a tree 16,000 deep, and takes more than the usual 8 MB
_TABLE_FORMATS: Final = dict(
    zip(
        TABLES,
        (QueryResultsFormat.JSON, QueryResultsFormat.XML, QueryResultsFormat.CSV, QueryResultsFormat.TSV),
        strict=True,
    )
)
_GRAPH_FORMATS: Final = dict(
    zip(GRAPHS, (RdfFormat.TURTLE, RdfFormat.N_TRIPLES, RdfFormat.JSON_LD, RdfFormat.RDF_XML), strict=True)
)


class TooLarge(Exception):
    """The answer has more bytes than it may."""


class Spool:
    """Where an answer is written: memory, and a file once it is long.

    Args:
        path: The file, made when it is needed.
        limit: How many bytes there may be.
    """

    def __init__(self, path: Path, limit: int) -> None:
        self._path = path
        self._limit = limit
        self._file = BytesIO()
        self.length = 0
        self.in_memory = True

    def write(self, data: bytes) -> int:
        """Take some bytes.

        Raises:
            TooLarge: There are too many.
        """
        self.length += len(data)
        if self.length > self._limit:
            raise TooLarge
        if self.in_memory and self.length > MEMORY_SPOOL:
            self._move_to_file()
        return self._file.write(data)

    def flush(self) -> None:
        """Hand everything to the system; asked of whatever is written to."""
        self._file.flush()

    def close(self) -> bytes | None:
        """End writing, and return the bytes; None when they are in the file."""
        body = self._file.getvalue() if self.in_memory else None
        self._file.close()
        return body

    def _move_to_file(self) -> None:
        with _files_allowed():
            file = self._path.open("xb")
        file.write(self._file.getvalue())
        self._file.close()
        self._file = file  # type: ignore[assignment]
        self.in_memory = False


def main() -> None:
    """Answer questions until the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    descriptor, parent = int(sys.argv[1]), int(sys.argv[2])
    threading.stack_size(_STACK)
    threading.Thread(target=_work, args=(descriptor,), daemon=True).start()
    _await_end_of(parent, descriptor)
    os._exit(0)


def _await_end_of(parent: int, descriptor: int) -> None:
    """Return as soon as the parent is gone: its end of the socket closes, or another process adopts this one."""
    poll = select.poll()
    poll.register(descriptor, 0)  # hang-ups are always reported
    while os.getppid() == parent and not poll.poll(250):
        pass


def _work(descriptor: int) -> None:
    """Answer questions from the socket, and end the process when that cannot go on."""
    try:
        connection: Connection = Connection(descriptor)
        setup = msgspec.msgpack.decode(connection.recv_bytes(), type=Setup)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (setup.memory_bytes, setup.memory_bytes))
        worker = _Worker(setup)
        _send(connection, Ready())
        while True:
            task = msgspec.msgpack.decode(connection.recv_bytes(), type=Task)
            reply = worker.reply(task)
            _send(connection, reply)
            if isinstance(reply, Failed) and reply.kind == "memory":
                break  # what is left may be in no good order
    except (EOFError, ConnectionError):
        pass
    except BaseException:  # noqa: BLE001 - said on the way out, for the parent to pass on
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


def _send(connection: Connection, reply: Reply) -> None:
    connection.send_bytes(msgspec.msgpack.encode(reply))


class _Worker:
    """A statement table, the snapshots made from it, and the limits."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._open()

    def _open(self) -> None:
        self._history = History.open(Path(self._setup.statements))
        self._snapshots = Snapshots(self._history, self._setup.kept_bytes, self._setup.memory_bytes)

    def reply(self, task: Task) -> Reply:
        """Answer, or say why not."""
        spool = Spool(Path(task.spool), self._setup.answer_bytes)
        try:
            form, media_type = _evaluate(self._store(task.question), task.question, spool)
            return Done(form, media_type, spool.close(), spool.length)
        except SyntaxError as error:
            return Failed("malformed", error.msg)
        except TooLarge:
            return Failed("too large", "")
        except MemoryError:
            return Failed("memory", "")
        except BaseException as error:  # noqa: BLE001 - a panic of the engine is no Exception
            return Failed("other", f"{type(error).__name__}: {error}")

    def _store(self, question: Question) -> Store:
        """The store that a question is about, from the table as it is now: it may have been made anew."""
        try:
            if self._history.position < max(
                question.default.position, *(each.key.position for each in question.named.values()), 0
            ):
                self._reopen()
            return self._snapshots.store(question.default, question.named)
        except sqlite3.Error:
            self._reopen()
            return self._snapshots.store(question.default, question.named)

    def _reopen(self) -> None:
        self._history.close()
        self._open()


def _evaluate(store: Store, question: Question, spool: Spool) -> tuple[Form, str]:
    """Run a query and write its answer."""
    with _no_new_descriptors():
        results = store.query(question.query, base_iri=question.base_iri)
        form = _form_of(results)
        known: dict[str, QueryResultsFormat] | dict[str, RdfFormat]
        known = _GRAPH_FORMATS if form == "graph" else _TABLE_FORMATS
        media_type = question.formats.get(form) or next(iter(known))
        results.serialize(output=spool, format=known[media_type])  # type: ignore[arg-type]
    return form, media_type


def _form_of(results: QuerySolutions | QueryBoolean | QueryTriples) -> Form:
    if isinstance(results, QuerySolutions):
        return "select"
    return "ask" if isinstance(results, QueryBoolean) else "graph"


@contextmanager
def _no_new_descriptors() -> Iterator[None]:
    """Let no file and no socket be opened: whatever a query says, nothing leaves."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, most))  # 0, 1 and 2 are taken
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


@contextmanager
def _files_allowed() -> Iterator[None]:
    """Allow a file to be opened after all."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    now = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, now)


if __name__ == "__main__":
    main()
