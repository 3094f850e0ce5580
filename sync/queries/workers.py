"""Query workers: a few persistent processes that evaluate SPARQL, killed and replaced when a limit is hit.

A query that yields nothing for a long time can be stopped only by ending its process. Each worker therefore answers
one question at a time, and a question that waits, or another worker's, never notices that one was replaced.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from multiprocessing.connection import Pipe
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

from regiolog.events.errors import (
    QueryMalformed,
    QueryOutOfMemory,
    QueryOverload,
    QueryRejected,
    QueryTimedOut,
    QueryTooLarge,
    QueryUnsupported,
    RegiologError,
)
from regiolog.sync.queries.guard import MAX_DEPTH, MAX_LENGTH, check, explained
from regiolog.sync.queries.question import GRAPHS, TABLES, Answer, Done, Failed, Question, Ready, Reply, Setup, Task
from regiolog.sync.queries.spool import SpoolFolder

__all__ = ["GRAPHS", "TABLES", "Answer", "QueryWorkers", "Question"]

_START_SECONDS: Final = 30.0
_CLOSE_SECONDS: Final = 2.0

MAX_ROWS: Final = 1_000_000
"""How many rows, or triples, an answer may have, unless told otherwise."""


class QueryWorkers:
    """The pool; any thread may ask.

    Args:
        statements: The file of the statement table.
        spool: A folder for long answers; made when it is missing. What an earlier process left there is removed.
        size: How many processes.
        deadline: Seconds that a query may take, unless a question is asked with another limit.
        share: Seconds after which a query gives way when others wait for a worker.
        memory_bytes: Address space of one worker.
        answer_bytes: How long an answer may be.
        answer_rows: How many rows, or triples, an answer may have.
        waiting: How many questions may wait for a worker.
        max_length: Bytes of UTF-8 in a query.
        max_depth: Nesting in a query.
        scoped: Whether a query may be answered from a part of a snapshot, where that is enough.
    """

    def __init__(
        self,
        statements: Path,
        *,
        spool: Path,
        size: int = 2,
        deadline: float = 10.0,
        share: float = 2.0,
        memory_bytes: int = 2 << 30,
        answer_bytes: int = 256 << 20,
        answer_rows: int = MAX_ROWS,
        waiting: int = 64,
        max_length: int = MAX_LENGTH,
        max_depth: int = MAX_DEPTH,
        scoped: bool = False,
    ) -> None:
        self._deadline = deadline
        self._share = share
        self._waiting_limit = waiting
        self._max_length = max_length
        self._max_depth = max_depth
        self._setup = Setup(
            str(statements.absolute()), memory_bytes, answer_bytes, answer_rows, memory_bytes // 8, scoped
        )
        self._spool = SpoolFolder(spool)
        self._changed = threading.Condition()
        self._idle: deque[_Worker | None] = deque()  # the last used on the right; None where starting one failed
        self._busy: set[_Worker] = set()
        self._waiting = 0
        self._closed = False
        try:
            for _ in range(size):
                self._idle.append(_Worker(self._setup))
        except BaseException:
            self.close()
            raise

    def ask(self, question: Question, deadline: float | None = None) -> Answer:
        """Answer a question, whole.

        Args:
            question: The query and its moments.
            deadline: Seconds that it may take, the waiting for a worker included.

        Raises:
            QueryMalformed: It is not SPARQL.
            QueryForbidden: It is an update, or has ``SERVICE``.
            QueryUnsupported: It asks for something else that is not done here.
            QueryTooLong: The query is longer than the limit.
            QueryTooDeep: The query is nested deeper than the limit.
            QueryTimedOut: The deadline passed.
            QueryOutOfMemory: A worker's memory was not enough.
            QueryTooLarge: The answer is longer than the limit, or has too many rows or triples.
            QueryOverload: Too many questions wait, or this one did for too long, or it gave way to one that waited.
            QueryRejected: It ended its worker, or cannot be evaluated for another reason.
            ValueError: A media type is none of ours.
        """
        for form, media_type in question.formats.items():
            if media_type not in (GRAPHS if form == "graph" else TABLES):
                raise ValueError(f"{media_type} is no format for {form}")
        check(question.query, max_length=self._max_length, max_depth=self._max_depth)
        seconds = self._deadline if deadline is None else deadline
        until = time.monotonic() + seconds
        worker = self._take(seconds)
        spool = self._spool.next_file()
        try:
            reply = worker.ask(Task(question, spool), seconds, until)
        except BaseException:
            Path(spool).unlink(missing_ok=True)
            self._replace(worker)
            if self._closed:
                raise QueryOverload("the query workers were stopped") from None
            if worker.gives_way:
                what = f"others waited, and the query had run for {self._share:g} s, which is its share then"
                raise QueryOverload(f"{what}: ask again, or something smaller") from None
            raise
        if isinstance(reply, Done):
            self._give_back(worker)
            body = Path(spool) if reply.body is None else reply.body
            return Answer(form=reply.form, media_type=reply.media_type, body=body, length=reply.length)
        Path(spool).unlink(missing_ok=True)
        if reply.kind == "memory":
            self._replace(worker)
        else:
            self._give_back(worker)
        raise self._rejection(reply, question.query)

    def close(self) -> None:
        """End all workers at once, and the questions that they are answering."""
        with self._changed:
            self._closed = True
            idle = [worker for worker in self._idle if worker is not None]
            self._idle.clear()
            for worker in self._busy:
                worker.end()  # whoever asked it cleans up
            self._changed.notify_all()
        for worker in idle:
            worker.kill()
        with self._changed:
            self._changed.wait_for(lambda: not self._busy, _CLOSE_SECONDS)
        self._spool.close()

    def __enter__(self) -> Self:
        """Use the pool for a while."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def _rejection(self, failed: Failed, query: str) -> QueryRejected:
        match failed.kind:
            case "malformed":
                return QueryMalformed(f"the query is not SPARQL 1.1: {explained(query, failed.reason)}")
            case "unsupported":
                return QueryUnsupported(f"the query asks for what is not done here: {failed.reason}")
            case "too large":
                limit = size_in_words(self._setup.answer_bytes)
                return QueryTooLarge(f"the answer is larger than {limit}, which is the limit")
            case "too many":
                most = self._setup.answer_rows
                return QueryTooLarge(f"the answer has more than {most} rows or triples, which is the limit")
            case "memory":
                return _out_of_memory(self._setup)
            case _:
                return QueryRejected(f"the query cannot be evaluated: {failed.reason}")

    def _take(self, seconds: float) -> _Worker:
        """The idle worker that was used last, once there is one."""
        with self._changed:
            if not self._idle and self._waiting >= self._waiting_limit:
                raise QueryOverload(f"{self._waiting} queries wait already, which is the limit")
            self._waiting += 1
            try:
                free = self._await_idle(seconds)
            finally:
                self._waiting -= 1
            if self._closed:
                raise QueryOverload("the query workers were stopped")
            if not free:
                raise QueryOverload(f"no query worker was free within {seconds:g} s")
            worker = self._idle.pop()
            if worker is None or not worker.is_alive():
                if worker is not None:
                    worker.kill()
                try:
                    worker = _Worker(self._setup)
                except OSError as error:
                    self._idle.appendleft(None)
                    self._changed.notify()
                    raise QueryOverload(f"a query worker cannot be started: {error.strerror}") from None
            worker.asked = time.monotonic()
            self._busy.add(worker)
            return worker

    def _await_idle(self, seconds: float) -> bool:
        """Wait until a worker is idle, and say whether one is; meanwhile whoever has had his share gives way."""
        until = time.monotonic() + seconds
        while not self._idle and not self._closed:
            now = time.monotonic()
            if now >= until:
                return False
            self._changed.wait(min(until - now, self._press(now)))
        return True

    def _press(self, now: float) -> float:
        """End the query that has run longest, if it has had its share; return after how many seconds to look again."""
        giving_way = sum(worker.gives_way for worker in self._busy)
        others = [worker for worker in self._busy if not worker.gives_way]
        if giving_way >= self._waiting or not others:
            return self._share
        longest = min(others, key=lambda worker: worker.asked)
        left = longest.asked + self._share - now
        if left > 0:
            return left
        longest.gives_way = True
        longest.end()  # whoever asked it cleans up
        return self._share

    def _give_back(self, worker: _Worker) -> None:
        with self._changed:
            self._busy.discard(worker)
            if self._closed:
                worker.kill()
            else:
                self._idle.append(worker)
            self._changed.notify_all()

    def _replace(self, worker: _Worker) -> None:
        """End a worker and start another, which is then used last: it has no snapshot yet."""
        worker.kill()
        fresh = None
        if not self._closed:
            with suppress(OSError):
                fresh = _Worker(self._setup)
        with self._changed:
            self._busy.discard(worker)
            if not self._closed:
                self._idle.appendleft(fresh)
            elif fresh is not None:
                fresh.kill()
            self._changed.notify_all()


class _Worker:
    """One process, and this end of its socket.

    Attributes:
        asked: Since when, on the monotonic clock, it has been at work on a question.
        gives_way: Whether it was ended for the sake of a question that waited.
    """

    def __init__(self, setup: Setup) -> None:
        self.asked = 0.0
        self.gives_way = False
        self._setup = setup
        self._ready = False
        self._connection, theirs = Pipe()
        held = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])  # until it has learnt to ignore it
        try:
            self._process = subprocess.Popen(  # noqa: S603 - ourselves
                [
                    sys.executable,
                    "-P",
                    "-m",
                    "regiolog.sync.queries.query_worker",
                    str(theirs.fileno()),
                    str(os.getpid()),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C is for the service, which then ends its workers
            )
        except BaseException:
            self._connection.close()
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, held)
            theirs.close()
        self._poll = select.poll()
        self._poll.register(self._connection.fileno(), select.POLLIN)
        with suppress(OSError):  # it has ended already, as `ask` will find
            self._connection.send_bytes(msgspec.msgpack.encode(setup))

    def is_alive(self) -> bool:
        """Whether the process runs, asked while it is idle: all that an idle one can say is that it has ended."""
        return not self._poll.poll(0) if self._ready else self._process.poll() is None

    def ask(self, task: Task, seconds: float, until: float) -> Done | Failed:
        """Have a question answered; when this raises, the worker is of no more use.

        Args:
            task: The question.
            seconds: How long it may take, as it is said.
            until: When that is over, on the monotonic clock; a worker that has yet to start is given time for that.

        Raises:
            QueryTimedOut: It took too long.
            QueryOutOfMemory: The process ended for want of memory.
            QueryRejected: The process ended for another reason.
            RegiologError: The process did not start.
        """
        try:
            if not self._ready:
                began = time.monotonic()
                self._await_start()
                until += time.monotonic() - began
            self._connection.send_bytes(msgspec.msgpack.encode(task))
            if not self._poll.poll(1000 * max(until - time.monotonic(), 0)):
                raise QueryTimedOut(f"the query was not answered within {seconds:g} s, which is the limit")
            reply = self._receive()
        except (EOFError, OSError):
            raise self._reason_of_end() from None
        assert not isinstance(reply, Ready)
        return reply

    def end(self) -> None:
        """End the process; :meth:`kill` is still to be called, by the thread that uses this worker."""
        self._process.kill()

    def kill(self) -> None:
        """End the process now, and let go of everything."""
        self._process.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        self._connection.close()
        assert self._process.stderr is not None
        self._process.stderr.close()

    def _await_start(self) -> None:
        if not self._poll.poll(1000 * _START_SECONDS) or not isinstance(self._receive(), Ready):
            raise RegiologError(f"a query worker did not start within {_START_SECONDS:g} s")
        self._ready = True

    def _receive(self) -> Reply:
        reply: Reply = msgspec.msgpack.decode(self._connection.recv_bytes(), type=Reply)
        return reply

    def _reason_of_end(self) -> RegiologError:
        """Why the process ended by itself."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        code = self._process.poll()
        if code is None:
            return QueryRejected("the query worker closed its end, and went on")
        assert self._process.stderr is not None
        said = self._process.stderr.read().decode(errors="replace").strip()
        last = said.splitlines()[-1] if said else ""
        if not self._ready:
            return QueryOverload(f"a query worker did not start: {last or f'exit code {code}'}")
        if "memory allocation" in said or "MemoryError" in said:
            return _out_of_memory(self._setup)
        if code == -signal.SIGKILL:
            limit = size_in_words(self._setup.memory_bytes)
            return QueryOutOfMemory(f"the system ended the query, which may have {limit}, as it does to free memory")
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return QueryRejected(f"the query ended the worker that ran it ({how}){': ' if last else ''}{last}")


def _out_of_memory(setup: Setup) -> QueryOutOfMemory:
    return QueryOutOfMemory(f"the query needs more memory than {size_in_words(setup.memory_bytes)}, which is the limit")


def size_in_words(number: int) -> str:
    """A number of bytes as people say it."""
    for unit, factor in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if number >= factor:
            return f"{number / factor:g} {unit}"
    return f"{number} bytes"
