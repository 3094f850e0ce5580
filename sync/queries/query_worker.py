"""The process that evaluates queries: pyoxigraph cannot stop a query, so its process is what can be stopped.

Started as ``python -m regiolog.sync.queries.query_worker FD PARENT`` by :mod:`regiolog.sync.queries.workers`, at the
other end of a socket. One thread answers questions; the first thread only waits for the parent to be gone, and ends the
process. pyoxigraph evaluates without holding Python's lock, so that this works in the midst of a query.
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
from functools import lru_cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import BinaryIO, Final, cast

import msgspec
from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    Triple,
    serialize,
)

from regiolog.sync.queries.patterns import scope
from regiolog.sync.queries.question import (
    GRAPHS,
    NO_MOMENT,
    TABLES,
    Done,
    Failed,
    Form,
    Question,
    Ready,
    Reply,
    Setup,
    Task,
)
from regiolog.sync.queries.rows import Rows
from regiolog.sync.queries.scope import Scope, reads_nothing
from regiolog.sync.queries.snapshots import Snapshots
from regiolog.sync.queries.spool import Spool, TooLarge, TooMany
from regiolog.sync.statements.history import History

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


_scope: Final = lru_cache(maxsize=256)(scope)
"""The reader of queries, which need not read one again."""


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
        spool = Spool(task.spool, self._setup.answer_bytes, self._setup.answer_rows)
        try:
            form, media_type = _evaluate(self._store(task.question), task.question, spool, self._setup.answer_rows)
            return Done(form, media_type, spool.close(), spool.length)
        except SyntaxError as error:
            return Failed("malformed", error.msg)
        except RuntimeError as error:  # the engine's word for what it does not do, as a function that it does not know
            return Failed("unsupported", str(error))
        except TooLarge:
            return Failed("too large", "")
        except TooMany:
            return Failed("too many", "")
        except MemoryError:
            return Failed("memory", "")
        except BaseException as error:  # noqa: BLE001 - a panic of the engine is no Exception
            return Failed("other", f"{type(error).__name__}: {error}")

    def _store(self, question: Question) -> Store:
        """The store that a question is about, from the table as it is now: it may have been made anew."""
        default = NO_MOMENT if self._reads_no_default(question) else question.default
        merged = () if question.dataset is None or len(question.dataset.default) < 2 else question.dataset.default
        kept = self._snapshots.kept(default, question.named, merged)
        if kept is not None:
            return kept
        try:
            if self._history.position < max(
                default.position, *(each.key.position for each in question.named.values()), 0
            ):
                self._reopen()
            return self._snapshots.store(default, question.named, lambda: self._scope(question), merged)
        except sqlite3.Error:
            self._reopen()
            return self._snapshots.store(default, question.named, lambda: self._scope(question), merged)
        except SyntaxError as error:  # which in a query would be its asker's fault
            raise ValueError(f"a statement cannot be read: {error.msg}") from None

    def _reads_no_default(self, question: Question) -> bool:
        """Whether all that a question asks stands in ``GRAPH``, so that its default graph need not be there."""
        if not question.named or question.default == NO_MOMENT:
            return False
        scope = self._scope(question)
        return scope is not None and reads_nothing(scope)

    def _scope(self, question: Question) -> Scope | None:
        """What a question reads of its own default graph; None where that is not known, or another is asked."""
        own = question.dataset is None or question.dataset.default == ("",)
        if not self._setup.scoped or not own:
            return None
        return _scope(question.query, question.base_iri or "")

    def _reopen(self) -> None:
        self._history.close()
        self._open()


def _evaluate(store: Store, question: Question, spool: Spool, most: int) -> tuple[Form, str]:
    """Run a query and write its answer, of so many rows or triples at the most."""
    with _no_new_descriptors():
        asked = question.dataset
        results = store.query(
            question.query,
            base_iri=question.base_iri,
            default_graph=None if asked is None else _default(asked.default),
            named_graphs=None if asked is None else list(map(NamedNode, asked.named)),
        )
        output = cast("BinaryIO", spool)
        form = _form_of(results)
        media_type = question.formats.get(form) or (GRAPHS if form == "graph" else TABLES)[0]
        if isinstance(results, QueryTriples):
            serialize(_few(results, most), output, format=_GRAPH_FORMATS[media_type])
        else:
            if isinstance(results, QuerySolutions):
                spool.rows = Rows(media_type)
            results.serialize(output, format=_TABLE_FORMATS[media_type])
    return form, media_type


def _default(graphs: tuple[str, ...]) -> list[NamedNode | BlankNode | DefaultGraph]:
    """The default graph of a dataset, as the engine is told of it; several are merged in the store's own."""
    return [NamedNode(iri) if iri else DefaultGraph() for iri in graphs] if len(graphs) < 2 else [DefaultGraph()]


def _few(triples: QueryTriples, most: int) -> Iterator[Triple]:
    """The triples, as long as there are no more than so many.

    Raises:
        TooMany: There are.
    """
    for number, triple in enumerate(triples):
        if number == most:
            raise TooMany
        yield triple


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


if __name__ == "__main__":
    main()
