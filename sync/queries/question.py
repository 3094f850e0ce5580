"""What is asked of a query worker, and what comes back: the words of both ends of the pipe."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final, Literal, NamedTuple

import msgspec

from regiolog.sync.statements.history import SnapshotKey
from regiolog.sync.statements.statement import REGISTER

Form = Literal["select", "ask", "graph"]
"""What a query's answer is: rows, yes or no, or triples (CONSTRUCT and DESCRIBE)."""

TABLES: Final = (
    "application/sparql-results+json",
    "application/sparql-results+xml",
    "text/csv",
    "text/tab-separated-values",
)
"""The media types in which rows, and yes or no, can be answered."""
GRAPHS: Final = ("text/turtle", "application/n-triples", "application/ld+json", "application/rdf+xml")
"""The media types in which triples can be answered."""


class Portion(NamedTuple):
    """What a named graph of a query holds.

    Attributes:
        key: The moment; of a history only its position counts.
        graph: The graph of the statements, as N-Triples; empty for the register's own.
        history: Whether it is the history instead, up to that position.
        about: The IRI of the thing whose history it is; empty for the history of everything.
    """

    key: SnapshotKey
    graph: str = REGISTER
    history: bool = False
    about: str = ""


NO_MOMENT: Final = SnapshotKey(0, 0, 0)
"""The key of a graph that holds nothing."""


class Dataset(NamedTuple):
    """The graphs that a query is asked of, where it or its request chooses them (SPARQL 1.1, section 13.2).

    Attributes:
        default: The graphs whose merge is the default graph, by IRI; an empty one stands for the question's own.
        named: The graphs that ``GRAPH`` can speak of, by IRI.
    """

    default: tuple[str, ...]
    named: tuple[str, ...]


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A query, and the moments that it is about.

    Attributes:
        query: SPARQL.
        default: The key of the default graph; :data:`NO_MOMENT` where the dataset does without.
        named: What the named graphs hold, by IRI; ``GRAPH ?g`` ranges over these.
        dataset: Which of these graphs are asked; None asks the default graph and all the others.
        formats: The media type for each form that the answer may have; the first of ours for those left out.
        base_iri: What relative IRIs in the query resolve against.
    """

    query: str
    default: SnapshotKey
    named: dict[str, Portion] = {}
    dataset: Dataset | None = None
    formats: dict[Form, str] = {}
    base_iri: str | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A whole answer.

    Attributes:
        form: What it is.
        media_type: How it is written.
        body: The bytes, or the file that they are in when they are many. The file is its taker's to remove;
            :meth:`open` and :meth:`discard` do.
        length: How many bytes.
    """

    form: Form
    media_type: str
    body: bytes | Path
    length: int

    def open(self) -> BinaryIO:
        """Open the answer for reading, once: its file leaves the folder, and is gone when it is closed."""
        if isinstance(self.body, bytes):
            return BytesIO(self.body)
        file = self.body.open("rb")
        self.body.unlink()
        return file

    def take(self) -> bytes | BinaryIO:
        """The bytes, or their open file where they are many, once."""
        return self.body if isinstance(self.body, bytes) else self.open()

    def read(self) -> bytes:
        """The bytes, once."""
        with self.open() as file:
            return file.read()

    def discard(self) -> None:
        """Remove the file of an answer that nobody will read."""
        if isinstance(self.body, Path):
            self.body.unlink(missing_ok=True)


class Setup(msgspec.Struct, frozen=True):
    """What a worker is told first.

    Attributes:
        statements: The file of the statement table.
        memory_bytes: How much address space it may have.
        answer_bytes: How long an answer may be.
        answer_rows: How many rows, or triples, an answer may have.
        kept_bytes: How much memory its snapshots may take.
        scoped: Whether it may answer from a part of a snapshot, where that is enough.
    """

    statements: str
    memory_bytes: int
    answer_bytes: int
    answer_rows: int
    kept_bytes: int
    scoped: bool = False


class Task(msgspec.Struct, frozen=True):
    """A question, and the file to write its answer to if it is long."""

    question: Question
    spool: str


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """A worker has started."""


class Done(msgspec.Struct, frozen=True, tag="done"):
    """A question was answered; `body` is None when the answer is in the file."""

    form: Form
    media_type: str
    body: bytes | None
    length: int


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """A question was not answered, and why."""

    kind: Literal["malformed", "unsupported", "too large", "too many", "memory", "other"]
    reason: str


Reply = Ready | Done | Failed
