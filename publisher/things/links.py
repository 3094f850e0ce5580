"""Where on our own pages a thing is: the address of a page by the thing's IRI, and the thing by its kind and key."""

from __future__ import annotations

from typing import Final, NamedTuple
from urllib.parse import quote, unquote

from regiolog.events.errors import UnknownKey
from regiolog.ontology import terms
from regiolog.ontology.iris import Iris
from regiolog.ontology.namespaces import RL
from regiolog.publisher.asking import here_to
from regiolog.publisher.formats import read
from regiolog.sync.statements.history import History, SnapshotKey, Timed
from regiolog.sync.statements.statement import iri, literal

CLASSES: Final = {
    "municipality": (terms.RL_MUNICIPALITY,),
    "region": (terms.RL_REFERENCE_REGION, terms.RL_PROPOSED_REGION),
    "subregion": (terms.RL_SUB_REGION,),
    "province": (terms.RL_PROVINCE,),
    "cooperation": (terms.RL_COOPERATION,),
    "decision": (terms.RL_DECISION,),
    "source": (terms.RL_SOURCE,),
    "event": (terms.RL_EVENT,),
}
"""The kinds of thing that have a page by now, and the classes of each."""

_RUN: Final = "run-"
"""What the name of a run of a harvest follows, in its IRI."""

_NAMES: Final = {iri(terms.RDFS_LABEL), iri(terms.DCTERMS_TITLE)}
_KINDS: Final = {iri(name): kind for kind, names in CLASSES.items() for name in names}


class Cell(NamedTuple):
    """One value on a page.

    Attributes:
        text: What is read.
        href: Where it leads; None when nowhere.
        language: The language of the text; None when it is the page's.
    """

    text: str
    href: str | None = None
    language: str | None = None


def find(history: History, kind: str, key: str) -> str:
    """The IRI of a thing.

    Raises:
        UnknownKey: The register has never had it.
    """
    if kind == "event":
        told = history.told_of(int(key)) if key.isascii() and key.isdecimal() and len(key) < 19 else None
        if told is None or str(told.position) != key:
            raise UnknownKey(f"the register has never had an event {key}: events go by their position")
        return Iris(history.base_iri).event(told.position)
    wanted = {iri(name) for name in CLASSES[kind]}
    for found in history.subjects(terms.DCTERMS_IDENTIFIER, literal(key)):
        said = (timed.statement for timed in history.about(found))
        if any(each.predicate == iri(terms.RDF_TYPE) and each.object in wanted for each in said):
            return found
    raise UnknownKey(f"the register has never had a {kind} {key}")


def holds(timed: Timed, key: SnapshotKey) -> bool:
    """Whether a statement holds in a snapshot."""
    said = timed.statement
    return timed.opened <= key.position < timed.closed and said.start <= key.breakpoint < said.end


class Links:
    """The links of one page.

    Args:
        history: The statements.
        key: The snapshot that names are taken from.
        query: What follows the address of every page about the register, so that its moment goes along.
    """

    def __init__(self, history: History, key: SnapshotKey, query: str = "") -> None:
        """Remember what is looked up, for this page."""
        self._history = history
        self._key = key
        self._iris = Iris(history.base_iri)
        self._query = query
        self._names: dict[str, tuple[str | None, str | None]] = {}

    def cell(self, term: str) -> Cell:
        """A term, written as N-Triples, as it stands on a page: by its name, and with a link, where it has one."""
        value = read(term)
        if not value.is_iri:
            return Cell(value.text, None, value.language)
        ours = self._iris.read(value.text)
        if ours is not None and ours.kind == "event" and not ours.part:
            return Cell(f"event {ours.key}", here_to(f"doc/event/{ours.key}") + self._query)
        if ours is not None and ours.kind == "source" and ours.part.startswith(_RUN):
            run = unquote(ours.part.removeprefix(_RUN))
            return Cell(f"run {run}", here_to(f"doc/source/{quote(ours.key, safe='')}") + self._query)
        if value.text.startswith(RL):
            word = value.text.removeprefix(RL)
            return Cell(word.partition("-")[2] or word, here_to(f"ns#{word}"))
        path, name = self._look_up(value.text)
        if path is not None:
            return Cell(name or value.text, here_to(path) + self._query, "nl")
        return Cell(value.text, value.text if value.text.startswith(("http://", "https://")) else None)

    def stands(self, term: str) -> bool:
        """Whether what an IRI, written as N-Triples, names exists at the moment."""
        about = self._history.about(term[1:-1], register=True)
        return any(holds(timed, self._key) and timed.statement.predicate == iri(terms.RDF_TYPE) for timed in about)

    def plain(self, address: str) -> Cell:
        """An IRI as it stands, with a link to our page of it where we have one."""
        path, _ = self._look_up(address)
        if path is not None:
            return Cell(address, here_to(path) + self._query)
        return Cell(address, address if address.startswith(("http://", "https://")) else None)

    def _look_up(self, address: str) -> tuple[str | None, str | None]:
        """The path of the page about an IRI, and a name for it."""
        if address not in self._names:
            self._names[address] = self._find(address)
        return self._names[address]

    def _find(self, address: str) -> tuple[str | None, str | None]:
        kind = key = name = None
        for timed in self._history.about(address, register=True) or self._history.about(address):
            said = timed.statement
            if said.predicate == iri(terms.DCTERMS_IDENTIFIER):
                key = read(said.object).text
            elif said.predicate == iri(terms.RDF_TYPE) and said.object in _KINDS:
                kind = _KINDS[said.object]
            elif said.predicate in _NAMES and holds(timed, self._key):
                name = read(said.object).text
        if kind is None or key is None:
            return None, None
        return self._iris.thing(kind, key).replace(f"{self._iris.base}id/", "doc/", 1), name or key
