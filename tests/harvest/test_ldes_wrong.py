"""What is wrong with an event stream is one sentence, and nothing of it is taken by halves.

The names of the points are those of LDES 1.0 and TREE that a client has to keep.
"""

from __future__ import annotations

import pytest
from pyoxigraph import RdfFormat

from tests.harvest.followed import Begin, fails, follow
from tests.harvest.streams import BEGINNING, FEED, HERE, PATHS, PLACED, STREAM, Stream, area, placed
from tests.misbehaving import Misbehaving


def test_a_clock_that_goes_back_is_told(begin: Begin, stream: Stream) -> None:
    """A later member with an earlier time is taken by its place, and the report says so."""
    register = follow(begin, stream)
    stream.grow(area(8, "10002", "R2", time="2019-01-01T00:00:00Z"))
    report = register.harvest()
    (note,) = report.notes
    assert note.startswith("a clock went back: 1 member has a time before that of earlier ones; it is its order that")
    assert placed(register)["10002"] == "R2"


def test_places_stand_against_a_clock_that_went_back_before(begin: Begin, server: Misbehaving) -> None:
    """Also where all of it is read at once, in whatever order, the place tells which version is the last."""
    late = [area(9, "10002", "R2", time="2020-03-01T00:00:00Z"), area(8, "10002", "R1", time="2020-03-02T00:00:00Z")]
    register = begin(krant=Stream(server, *BEGINNING, *late).declaration())
    assert ["a clock went back: 1 member" in note for note in register.harvest().notes] == [True]
    assert placed(register)["10002"] == "R2"


def test_a_clock_that_goes_back_without_places_is_complained_of(begin: Begin, server: Misbehaving) -> None:
    """Where a stream has no places, the time is all that there is; what came late is not lost, and is told."""
    stream = Stream(server, *BEGINNING, paths=PATHS.replace("ldes:sequencePath :place ;", ""))
    register = follow(begin, stream)
    stream.grow(area(8, "10005", "R2", time="2019-01-01T00:00:00Z"))
    report = register.harvest()
    assert ["may be wrong, since the stream states no other order" in note for note in report.notes] == [True]
    assert placed(register)["10005"] == "R2"


def test_places_that_begin_anew_are_no_order_of_versions(begin: Begin, server: Misbehaving) -> None:
    """A place that is given anew at each time orders what came at that time, and the time the rest."""
    stream = Stream(server, *BEGINNING[:2])
    at = '; :place {} ; dct:created "{}"^^xsd:dateTime'
    members = (("10001", "R1", 2, "2021-01-01"), ("10001", "R2", 1, "2021-01-02"), ("10002", "R1", 1, "2021-01-01"))
    said = "".join(
        f"<{STREAM}> tree:member :n{number} . :n{number} dct:isVersionOf :a{code} ; geo:sfWithin :{key} ; "
        f"skos:exactMatch nis:{code} {at.format(place, f'{day}T00:00:00Z')} ."
        for number, (code, key, place, day) in enumerate(members)
    )
    stream.page(f"{FEED}/1", stream.of(*BEGINNING[:2]) + said)
    assert placed(follow(begin, stream)) == {"10001": "R2", "10002": "R1"}


BAD: dict[str, tuple[str, str, str]] = {
    "two views": (FEED, f"<{STREAM}> tree:view <> . :other tree:view <> .", "is the view of more than one stream"),
    "no view": (FEED, f"<{STREAM}> a ldes:EventStream .", "has to be the one view (tree:view) of a stream"),
    "several views": (FEED, "<> tree:view <feed/1> , <feed/2> .", "names several"),
    "another view": (FEED, ":other tree:view <feed/1> .", "names none"),
    "two paths": (
        FEED,
        f"<{STREAM}> tree:view <> ; ldes:timestampPath dct:created , dct:issued .",
        "more than one ldes:timestampPath",
    ),
    "an odd path": (
        FEED,
        f"<{STREAM}> tree:view <> ; ldes:timestampPath [ <http://www.w3.org/ns/shacl#inversePath> :p ] .",
        "by a path that is neither an address nor a list",
    ),
    "a relation to nowhere": (f"{FEED}/2", "<> tree:relation [ a tree:Relation ] .", "does not lead to just one page"),
    "a relation to two pages": (
        f"{FEED}/2",
        "<> tree:relation [ tree:node <1> , <3> ] .",
        "does not lead to just one page",
    ),
    "relations of another page": (f"{FEED}/2", "</x> tree:relation [ tree:node <1> ] .", "and none of its own"),
    "a member without an address": (
        f"{FEED}/2",
        f"<{STREAM}> tree:member [ dct:isVersionOf :a ] .",
        "has a member without an address",
    ),
    "members of another stream": (
        f"{FEED}/2",
        ":other tree:member :m1 .",
        "has members of <http://agency.example/other>",
    ),
    "a member of nothing": (f"{FEED}/2", f"<{STREAM}> tree:member :m9 .", "and says nothing of it"),
    "a member without a time": (
        f"{FEED}/2",
        f"<{STREAM}> tree:member :m9 . :m9 dct:isVersionOf :a ; :place 9 .",
        "does not say at which one instant it came",
    ),
    "a member with a time that is none": (
        f"{FEED}/2",
        f'<{STREAM}> tree:member :m9 . :m9 dct:isVersionOf :a ; :place 9 ; dct:created "2020-02-30T00:00:00Z" .',
        "does not say at which one instant it came",
    ),
    "a member of two things": (
        f"{FEED}/2",
        f'<{STREAM}> tree:member :m9 . :m9 dct:isVersionOf :a , :b ; :place 9 ; dct:created "2020-02-20T00:00:00Z" .',
        "does not say of which one thing it is a version",
    ),
    "a page elsewhere": (
        f"{FEED}/2",
        "<> tree:relation [ tree:node <file:///etc/passwd> ] .",
        "only http and https are",
    ),
    "a page that is not public": (f"{FEED}/2", "<> tree:relation [ tree:node <http://10.0.0.1/> ] .", "10.0.0.1"),
}


@pytest.mark.parametrize("fault", BAD)
def test_what_is_wrong_is_one_sentence(begin: Begin, stream: Stream, fault: str) -> None:
    """Whatever is wrong with a page, nothing is recorded, and once it is right all of it is."""
    path, said, reason = BAD[fault]
    stream.page(path, said)
    register = begin(krant=stream.declaration())
    fails(register, reason)
    stream.grow()
    assert register.harvest().outcome == "new"
    assert placed(register) == PLACED


def test_nothing_of_a_page_is_taken_by_halves(begin: Begin, stream: Stream) -> None:
    """What stands on a page before what is wrong with it was never read, once its publisher has mended it."""
    stream.page(f"{FEED}/3", stream.of(area(90, "10004", "R1")) + f"<{STREAM}> tree:member :m91 . :m91 a :Odd .")
    register = begin(krant=stream.declaration())
    fails(register, "does not say of which one thing it is a version")
    stream.grow()
    register.harvest()
    assert placed(register) == PLACED


@pytest.mark.parametrize("cut", [1, 5, 40, 200])
def test_a_page_that_is_cut_is_not_read(begin: Begin, server: Misbehaving, stream: Stream, cut: int) -> None:
    """A page that ends in the midst of a statement, as if that were all, is refused."""
    body = stream.of(*BEGINNING[3:6]).encode()
    server.answers(f"{FEED}/2", body[:-cut], media="application/trig", etag='"1"')
    fails(begin(krant=stream.declaration()), "cannot be read: it is no TriG document")


def test_a_page_that_breaks_off_is_asked_for_again(begin: Begin, server: Misbehaving, stream: Stream) -> None:
    """A connection that ends before a page does is no page."""
    server.breaks_off(f"{FEED}/2", b"x" * 100, times=1)
    follow(begin, stream)
    assert server.count(f"{FEED}/2") == 2


def test_a_page_that_may_go_on_is_read_again(begin: Begin, server: Misbehaving) -> None:
    """Where nothing tells that a page came whole, it is asked for again, whatever it promised."""
    stream = Stream(server, *BEGINNING, form=RdfFormat.N_TRIPLES)
    stream.page(f"{FEED}/1", stream.of(*BEGINNING[:2]), immutable=True, sized="end")
    register = begin(krant=stream.declaration())
    register.harvest()
    stream.grow()
    stream.asked()
    assert register.harvest(accept=True).outcome in {"new", "silent"}
    assert stream.asked() == [f"{FEED}?", f"{FEED}/1", f"{FEED}/3?"]
    assert placed(register) == PLACED


def test_an_error_that_is_shown_as_a_page_is_refused(begin: Begin, server: Misbehaving, stream: Stream) -> None:
    """A page of HTML is no page of a feed."""
    server.shows_an_error_as_a_page(f"{FEED}/2")
    fails(begin(krant=stream.declaration()), "HTML page")


def test_no_context_is_fetched(begin: Begin, server: Misbehaving, stream: Stream) -> None:
    """JSON-LD that leans on a document elsewhere is refused, and nobody is asked."""
    body = f'{{"@context": "{server.address("/context")}", "@id": "x"}}'.encode()
    server.answers(f"{FEED}/2", body, media="application/ld+json")
    fails(begin(krant=stream.declaration()), "JSON-LD")
    assert server.count("/context") == 0


def test_a_promise_that_is_broken_is_refused_until_somebody_looks(
    begin: Begin, server: Misbehaving, stream: Stream
) -> None:
    """A member that says something else is refused at every run; accepting it reads the feed from its beginning."""
    register = follow(begin, stream)
    stream.members[3] = area(4, "10002", "R2")
    stream.grow(BEGINNING[3]._replace(words="geo:sfWithin :R2"))
    for _ in range(2):
        fails(register, f"has the member {HERE}m4, which was read before and says something else now")
    stream.members.pop()
    stream.grow()
    assert register.harvest(accept=True).outcome == "new"
    assert placed(register)["10002"] == "R2"


def test_l22_a_page_that_was_never_to_change_and_does(begin: Begin, server: Misbehaving, stream: Stream) -> None:
    """A page that is met by another way with other members is refused, though it was not asked for itself."""
    register = follow(begin, stream)
    stream.page(f"{FEED}/1", stream.of(*BEGINNING[:2]), immutable=True)
    server.leads(f"{FEED}/again", f"{FEED}/1")
    stream.page(f"{FEED}/3", "<> tree:relation [ tree:node <again> ] ." + stream.of(*BEGINNING[6:]))
    fails(register, f"{FEED}/1 was never to change, and has other members or links now")


@pytest.mark.parametrize(
    ("paths", "what"),
    [
        (PATHS.replace("dct:created", "dct:issued"), "ldes:timestampPath was http://purl.org/dc/terms/created"),
        (
            PATHS.replace("ldes:sequencePath :place ; ", ""),
            "its ldes:sequencePath was http://agency.example/place, and is nothing",
        ),
        (f"{PATHS} ldes:versionDeleteObject as:Remove ; ", "ldes:versionDeleteObject was nothing"),
    ],
)
def test_a_stream_that_becomes_another_one_is_refused(begin: Begin, stream: Stream, paths: str, what: str) -> None:
    """What a stream says of itself may not change underneath a follower."""
    register = follow(begin, stream)
    stream.paths = paths
    stream.grow(area(8, "10002", "R2"))
    fails(register, what)
    assert placed(register) == PLACED
