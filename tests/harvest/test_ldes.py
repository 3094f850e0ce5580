"""Event streams are followed: the latest version of everything in one is one document, in whatever form it comes.

The names of the points are those of LDES 1.0 and TREE that a client has to keep.
"""

from __future__ import annotations

from datetime import date

import pytest
from pyoxigraph import RdfFormat

from regiolog.events.claim import Naming
from tests.harvest.followed import Begin, fails, follow
from tests.harvest.streams import BEGINNING, FEED, HERE, PATHS, PLACED, STREAM, Said, Stream, area, placed, region
from tests.misbehaving import Misbehaving


def test_the_latest_version_of_everything_is_one_document(begin: Begin, stream: Stream) -> None:
    """A version says what holds of the thing that it is a version of, and the latest of them counts."""
    register = follow(begin, stream)
    assert placed(register) == PLACED
    assert Naming(of=f"{HERE}R1", words="Noord") in register.saying()
    assert register.publications()[-1].valid_from == date(2020, 1, 1)


@pytest.mark.parametrize(
    "form", [RdfFormat.TURTLE, RdfFormat.TRIG, RdfFormat.N_TRIPLES, RdfFormat.N_QUADS, RdfFormat.JSON_LD]
)
def test_l01_every_form_is_read(begin: Begin, server: Misbehaving, form: RdfFormat) -> None:
    """Each of the five forms that LDES names is asked for and read."""
    assert placed(follow(begin, Stream(server, *BEGINNING, form=form))) == PLACED
    assert all(form.media_type in asked.headers["accept"] for asked in server.requests)


@pytest.mark.parametrize("form", [RdfFormat.TRIG, RdfFormat.N_QUADS, RdfFormat.JSON_LD])
def test_t11_a_member_may_have_a_graph_of_its_own(begin: Begin, server: Misbehaving, form: RdfFormat) -> None:
    """What stands in the graph that a member names is said by it."""
    members = [each._replace(graph=True) for each in BEGINNING]
    assert placed(follow(begin, Stream(server, *members, form=form))) == PLACED


def test_t11_a_graph_may_tell_of_the_thing_itself(begin: Begin, server: Misbehaving) -> None:
    """The payload of a member may have the thing as its subject, and not the member."""
    stream = Stream(server, *BEGINNING[:2])
    payload = "{ :a10001 geo:sfWithin :R1 ; skos:exactMatch nis:10001 }"
    said = f"{area(3, '10001', 'R2', graph=True).trig().partition('{')[0]} {payload}"
    stream.page(f"{FEED}/1", f"{stream.of(*BEGINNING[:2])} <{STREAM}> tree:member :m3 . {said}")
    assert placed(follow(begin, stream)) == {"10001": "R1"}


def test_t11_what_blank_nodes_say_tells_members_apart(begin: Begin, stream: Stream, server: Misbehaving) -> None:
    """A member with other labels for its blank nodes is the same; with other words in them it is another one."""
    detail = '[ rdfs:label "{}" ; :in [ rdfs:label "deep" ] ] , [ rdfs:label "b" ]'
    said = f"geo:sfWithin :R1 ; skos:exactMatch nis:10002 ; :detail {detail.format('a')}"
    stream.page(f"{FEED}/3", stream.of(Said(7, "a10002", said)), etag=False)
    register = follow(begin, stream)
    stream.page(f"{FEED}/3", "[ a :Other ] . " + stream.of(Said(7, "a10002", said)), etag=False)
    assert register.harvest().outcome == "unchanged"
    stream.page(f"{FEED}/3", stream.of(Said(7, "a10002", said.replace("deep", "shallow"))), etag=False)
    fails(register, f"has the member {HERE}m7, which was read before and says something else now")


def test_t11_blank_nodes_are_told_apart_by_what_lies_beyond_them(begin: Begin, stream: Stream) -> None:
    """Two chains of blank nodes that change their ends are something else, though every node is as it was."""
    chain = ':has [ rdfs:label "{}" ; :in [ :in [ :at "{}" ] ] ]'

    def chains(one: str, other: str) -> str:
        said = f"geo:sfWithin :R1 ; {chain.format('a', one)} ; {chain.format('b', other)}"
        return stream.of(Said(7, "a10002", said))

    stream.page(f"{FEED}/3", chains("1", "2"), etag=False)
    register = follow(begin, stream)
    stream.page(f"{FEED}/3", chains("2", "1"), etag=False)
    fails(register, f"has the member {HERE}m7, which was read before and says something else now")


def test_t11_the_parts_of_a_member_are_its_own(begin: Begin, server: Misbehaving) -> None:
    """What a member says of its own parts (``member#part``) is kept too, in forms without graphs."""
    members = (region(1, "R1", "Noord"), Said(2, "x", "dct:hasPart <m2#1>"))
    stream = Stream(server, *members)
    part = f"<{HERE}m2#1> geo:sfWithin :R1 ; skos:exactMatch nis:10002 ."
    said = stream.of(*members).replace("<m2#1>", f"<{HERE}m2#1>")
    stream.page(f"{FEED}/1", f"{said} {part}", immutable=True)
    register = follow(begin, stream)
    assert register.placed() == {f"{HERE}m2#1": f"{HERE}R1"}


def test_l25_what_is_deleted_is_gone(begin: Begin, stream: Stream) -> None:
    """A delete takes away what it is a version of; what is created again is there again."""
    register = follow(begin, stream)
    stream.grow(Said(8, "a10004", "a as:Delete"))
    report = register.harvest()
    assert (report.outcome, report.withdrawn) == ("new", 1)
    assert "10004" not in placed(register)
    stream.grow(area(9, "10004", "R1"))
    register.harvest()
    assert placed(register)["10004"] == "R1"


def test_l25_a_stream_says_what_a_delete_is(begin: Begin, server: Misbehaving) -> None:
    """The path and the object by which a stream says that something is no more are its own."""
    paths = f'{PATHS} ldes:versionDeletePath ( :change :kind ) ; ldes:versionDeleteObject "gone" ; '
    gone = Said(8, "a10004", 'a as:Delete ; :change [ :kind "gone" ]')
    lives = Said(9, "a10003", "a as:Delete ; geo:sfWithin :R2 ; skos:exactMatch nis:10003")
    register = follow(begin, Stream(server, *BEGINNING, gone, lives, paths=paths))
    assert placed(register).keys() == {"10001", "10002", "10003"}


def test_l24_versions_may_come_in_another_order(begin: Begin, server: Misbehaving) -> None:
    """Where a stream gives an order of versions, the latest is told by that, and not by when they came."""
    paths = f"{PATHS} ldes:versionTimestampPath :since ; ldes:versionSequencePath :number ; "
    since = '; :since "{}T00:00:00Z"^^xsd:dateTime ; :number {}'
    members = [
        each._replace(words=each.words + since.format(day, number))
        for each, day, number in (
            (region(1, "R1", "Noord"), "2020-01-01", 1),
            (region(2, "R2", "Zuid"), "2020-01-01", 1),
            (area(3, "10001", "R2"), "2021-01-01", 1),
            (area(4, "10001", "R1"), "2020-01-01", 9),
            (area(5, "10002", "R2"), "2020-01-01", 10),
            (area(6, "10002", "R1"), "2020-01-01", 9),
        )
    ]
    assert placed(follow(begin, Stream(server, *members, paths=paths))) == {"10001": "R2", "10002": "R2"}


def test_members_of_no_thing_are_things_of_their_own(begin: Begin, server: Misbehaving) -> None:
    """A stream without ``ldes:versionOfPath`` is a list of things that never change."""
    paths = PATHS.replace("ldes:versionOfPath dct:isVersionOf ;", "")
    stream = Stream(server, region(1, "R1", "Noord"), area(2, "10001", "m1"), area(3, "10002", "m1"), paths=paths)
    register = follow(begin, stream)
    assert register.placed() == {f"{HERE}m2": f"{HERE}m1", f"{HERE}m3": f"{HERE}m1"}


def test_an_instant_is_the_same_in_every_zone(begin: Begin, server: Misbehaving) -> None:
    """Instants compare as instants, with fractions and zones, and not as texts."""
    paths = PATHS.replace("ldes:sequencePath :place ;", "")
    members = (
        region(1, "R1", "Noord"),
        region(2, "R2", "Zuid"),
        area(3, "10001", "R1", time="2020-06-01T12:00:00+02:00"),
        area(4, "10001", "R2", time="2020-06-01T11:00:00Z"),
        area(5, "10002", "R2", time="2020-06-01T11:00:00.25Z"),
        area(6, "10002", "R1", time="2020-06-01T11:00:00.125Z"),
    )
    assert placed(follow(begin, Stream(server, *members, paths=paths))) == {"10001": "R2", "10002": "R2"}
