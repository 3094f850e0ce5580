"""Event streams as publishers write them, behind a web server on this machine that can misbehave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from pyoxigraph import RdfFormat, parse, serialize

from tests.harvest.followed import declared
from tests.harvest.lists import Register
from tests.misbehaving import Misbehaving

FEED: Final = "/feed"
STREAM: Final = "http://agency.example/stream"
HERE: Final = "http://agency.example/"
REGIONS: Final = {"R1": "noord", "R2": "zuid"}

PREFIXES: Final = """
@prefix : <http://agency.example/> .
@prefix as: <https://www.w3.org/ns/activitystreams#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix ext: <http://mu.semte.ch/vocabularies/ext/> .
@prefix geo: <http://www.opengis.net/ont/geosparql#> .
@prefix ldes: <https://w3id.org/ldes#> .
@prefix nis: <http://vocab.belgif.be/auth/refnis2019/> .
@prefix adms: <http://www.w3.org/ns/adms#> .
@prefix dc: <http://purl.org/dc/elements/1.1/> .
@prefix org: <http://www.w3.org/ns/org#> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix rl: <https://w3id.org/regiolog/ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix tree: <https://w3id.org/tree#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""

PATHS: Final = "ldes:timestampPath dct:created ; ldes:sequencePath :place ; ldes:versionOfPath dct:isVersionOf ; "
"""How the stream says that its members are read."""


class Said(NamedTuple):
    """A member: what it says of an area, or of a region.

    Attributes:
        place: Its place in the stream.
        of: The end of the address of what it is a version of; or the whole of it, in angle brackets.
        words: What it says of it, as Turtle behind the subject.
        time: When it came.
        graph: Whether it says so in a graph of its own.
    """

    place: int
    of: str
    words: str
    time: str = ""
    graph: bool = False

    def trig(self) -> str:
        """The member as TriG."""
        time = self.time or f"2020-01-01T00:{self.place // 60:02}:{self.place % 60:02}Z"
        of = self.of if self.of.startswith("<") else f":{self.of}"
        about = f':m{self.place} dct:isVersionOf {of} ; dct:created "{time}"^^xsd:dateTime ; :place {self.place}'
        return (
            f"{about} . :m{self.place} {{ :m{self.place} {self.words} }}" if self.graph else f"{about} ; {self.words} ."
        )


def area(place: int, code: str, region: str, **more: Any) -> Said:
    """A member that puts an area in a region."""
    return Said(place, f"a{code}", f"geo:sfWithin :{region} ; skos:exactMatch nis:{code}", **more)


def region(place: int, key: str, name: str, **more: Any) -> Said:
    """A member that names a region."""
    return Said(place, key, f'rdfs:label "{name}" ; ext:werkingsgebiedNiveau "Referentieregio"', **more)


BEGINNING: Final = (
    region(1, "R1", "Noord"),
    region(2, "R2", "Zuid"),
    area(3, "10001", "R1"),
    area(4, "10002", "R1"),
    area(5, "10003", "R2"),
    area(6, "10004", "R2"),
    area(7, "10001", "R2"),
)
"""Two regions and four areas in them, and one that moved."""

PLACED: Final = {"10001": "R2", "10002": "R1", "10003": "R2", "10004": "R2"}
"""Where the areas are in the end."""


class Stream:
    """An event stream: a root, and pages of three members; the full ones never change.

    Attributes:
        server: Where it is served.
        members: What it has.
        form: As what it is written.
        paths: How it says that its members are read.
        root: More that its root says, as Turtle.
    """

    def __init__(
        self, server: Misbehaving, *members: Said, form: RdfFormat = RdfFormat.TRIG, paths: str = PATHS
    ) -> None:
        """Publish some members."""
        self.server = server
        self.form = form
        self.paths = paths
        self.root = ""
        self.members: list[Said] = []
        self.grow(*members)

    def grow(self, *members: Said) -> None:
        """Publish more members."""
        self.members += members
        size = 3
        pages = [self.members[at : at + size] for at in range(0, max(len(self.members), 1), size)]
        links = " ".join(f"[ a tree:Relation ; tree:node <feed/{number}> ] ," for number in range(1, len(pages) + 1))
        self.page(FEED, f"<{STREAM}> a ldes:EventStream ; {self.paths} tree:view <> . {self.root} "
                        f"<> tree:relation {links.rstrip(',')} .")  # fmt: skip
        for number, page in enumerate(pages, start=1):
            self.page(f"{FEED}/{number}", self.of(*page), immutable=len(page) == size)

    def of(self, *members: Said) -> str:
        """Members of the stream as TriG."""
        return "\n".join(f"<{STREAM}> tree:member :m{each.place} . {each.trig()}" for each in members)

    def page(self, path: str, said: str, *, immutable: bool = False, etag: bool = True, **more: Any) -> None:
        """Publish a page, as TriG with the prefixes of this module."""
        body = written(said, self.server.address(path), self.form)
        headers = {"Cache-Control": "public, max-age=604800, immutable"} if immutable else {}
        tag = f'"{abs(hash(body))}"' if etag else None
        self.server.answers(path, body, media=self.form.media_type, etag=tag, headers=headers, **more)

    def asked(self) -> list[str]:
        """What was asked for since this was called last; with a ``?`` what was asked for if it had changed."""
        found = [f"{each.path}{'?' if 'if-none-match' in each.headers else ''}" for each in self.server.requests]
        self.server.requests.clear()
        return found

    def declaration(self, **changes: Any) -> dict[str, Any]:
        """The declaration of the stream."""
        return declared("ldes", self.server.address(FEED), "feed", {"says": "regions"}, **changes)


def written(said: str, base: str, form: RdfFormat) -> bytes:
    """Something that is written as TriG, in another form; relative addresses are kept in those that have them."""
    if form == RdfFormat.TRIG:
        return f"{PREFIXES}{said}".encode()
    quads = parse(f"{PREFIXES}{said}".encode(), format=RdfFormat.TRIG, base_iri=base)
    if form not in {RdfFormat.N_QUADS, RdfFormat.JSON_LD}:
        triples = (quad.triple for quad in quads)
        return serialize(triples, format=form) or b""
    return serialize(quads, format=form) or b""


def placed(register: Register) -> Mapping[str, str]:
    """In which region the source puts each area, by the ends of their addresses."""
    return {of.removeprefix(f"{HERE}a"): words.removeprefix(HERE) for of, words in register.placed().items()}
