"""What another register like this one tells in its feed is claimed, with the periods that it tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from pyoxigraph import RdfFormat

from regiolog.events.claim import Belonging, Listing, Naming, Placement, Structure
from tests.harvest.lists import Register
from tests.harvest.streams import HERE, Said, Stream
from tests.misbehaving import Misbehaving

Begin = Callable[..., Register]

GEMEENTE = "https://data.vlaanderen.be/id/gemeente/"
MAPPING = {"says": "version-objects"}


@pytest.fixture
def server() -> Iterator[Misbehaving]:
    """A server."""
    with Misbehaving() as server:
        yield server


def told(place: int, of: str, key: str, *slices: str) -> Said:
    """A version object of a thing."""
    each = " , ".join(f"[ a rl:TimeSlice ; {words} ]" for words in slices)
    return Said(place, of, f'a rl:VersionObject , as:Update ; dct:identifier "{key}" ; rl:timeSlice {each}')


def during(start: str, end: str) -> str:
    """The period of a slice; an end that is open is left out."""
    first = f'rl:validFrom "{start}"^^xsd:date ; ' if start else ""
    return first + (f'rl:validTo "{end}"^^xsd:date ; ' if end else "")


def named(place: int, region: str, *names: tuple[str, str, str]) -> Said:
    """A reference region with the names that it had."""
    slices = [
        f'a rl:ReferenceRegion ; prov:specializationOf :{region} ; {during(start, end)} rdfs:label "{name}"@nl'
        for name, start, end in names
    ]
    return told(place, region, region, f'prov:specializationOf :{region} ; dct:identifier "{region}"', *slices)


def municipality(place: int, nis: str, name: str, *placed: tuple[str, str, str], always: str = "") -> Said:
    """A municipality with the regions that it was assigned to."""
    of = f"<{GEMEENTE}{nis}>"
    slices = [
        f"a rl:Assignment ; prov:specializationOf <http://agency.example/event/{place}#{number}> ; "
        f"{during(start, end)} rl:municipality {of} ; rl:region :{region} ; adms:status rl:status-assigned"
        for number, (region, start, end) in enumerate(placed)
    ]
    slices += [f"prov:specializationOf {of} ; {during(start, end)} geo:sfWithin :{key}" for key, start, end in placed]
    own = f'prov:specializationOf {of} ; dct:identifier "{nis}" {always}'
    return told(
        place, of, nis, own, f'a rl:Municipality ; prov:specializationOf {of} ; rdfs:label "{name}"@nl', *slices
    )


FEED = (
    named(1, "noord", ("Noord", "2021-03-12", "")),
    named(2, "zuid", ("Zuidrand", "2021-03-12", "2022-01-01"), ("Zuid", "2022-01-01", "")),
    municipality(3, "10001", "Dorp 1", ("noord", "2021-03-12", "2023-01-01"), ("zuid", "2023-01-01", "")),
    municipality(
        4,
        "10002",
        "Dorp 2",
        ("noord", "2021-03-12", "2025-01-01"),
        always='; rl:begins "1977-01-01"^^xsd:date ; rl:ends "2025-01-01"^^xsd:date',
    ),
    told(
        5,
        "zone",
        "zone",
        'a rl:Cooperation ; prov:specializationOf :zone ; rdfs:label "PZ Een"@nl ; dc:type "Politiezone"@nl',
        f"a org:Membership ; prov:specializationOf :lid ; {during('2020-01-01', '2025-01-01')} "
        f"org:organization :zone ; rl:municipality <{GEMEENTE}10001>",
    ),
    told(6, "besluit", "D1", 'prov:specializationOf :besluit ; dct:title "Een besluit"@nl'),
)


@pytest.mark.parametrize("form", [RdfFormat.TRIG, RdfFormat.TURTLE, RdfFormat.N_QUADS, RdfFormat.JSON_LD])
def test_every_period_is_a_claim(begin: Begin, server: Misbehaving, form: RdfFormat) -> None:
    """A register's timeline becomes claims that hold in the periods that it tells, resolved by identity and name."""
    register = begin(krant=Stream(server, *FEED, form=form).declaration(mapping=MAPPING))
    report = register.harvest()
    assert (report.outcome, report.passed) == ("new", {"version objects of other things": 1})
    noord, zuid, zone = f"{HERE}noord", f"{HERE}zuid", f"{HERE}zone"
    founded, first, second = date(2021, 3, 12), f"{GEMEENTE}10001", f"{GEMEENTE}10002"
    assert {each for each in register.saying().values() if isinstance(each, Placement)} == {
        Placement(
            of=first, words=noord, municipality="10001", region="noord", valid_from=founded, valid_to=date(2023, 1, 1)
        ),
        Placement(of=first, words=zuid, municipality="10001", region="zuid", valid_from=date(2023, 1, 1)),
        Placement(
            of=second, words=noord, municipality="10002", region="noord", valid_from=founded, valid_to=date(2025, 1, 1)
        ),
    }
    assert {each for each in register.saying() if isinstance(each, Naming)} == {
        Naming(of=noord, words="Noord", valid_from=founded),
        Naming(of=zuid, words="Zuidrand", valid_from=founded, valid_to=date(2022, 1, 1)),
        Naming(of=zuid, words="Zuid", valid_from=date(2022, 1, 1)),
    }
    assert {each.region for each in register.saying().values() if isinstance(each, Naming)} == {"noord", "zuid"}
    assert {each for each in register.saying() if isinstance(each, Listing)} == {
        Listing(of=first, words="Dorp 1"),
        Listing(of=second, words="Dorp 2", begins=date(1977, 1, 1), ends=date(2025, 1, 1)),
    }
    assert [each for each in register.saying() if isinstance(each, Structure | Belonging)] == [
        Structure(of=zone, words="PZ Een", type="Politiezone"),
        Belonging(of=first, words=zone, valid_from=date(2020, 1, 1), valid_to=date(2025, 1, 1)),
    ]


def test_the_next_version_object_changes_what_it_tells_otherwise(begin: Begin, server: Misbehaving) -> None:
    """A version object that comes again in other words withdraws and makes only what differs."""
    stream = Stream(server, *FEED)
    register = begin(krant=stream.declaration(mapping=MAPPING))
    register.harvest()
    stream.grow(municipality(7, "10001", "Dorp 1", ("noord", "2021-03-12", "2024-01-01"), ("zuid", "2024-01-01", "")))
    stream.grow(Said(8, "zone", "a as:Delete , rl:VersionObject"))
    report = register.harvest()
    assert (report.made, report.withdrawn) == (2, 4)


def test_a_municipality_is_called_what_it_is_called_last(begin: Begin, server: Misbehaving) -> None:
    """Of a name that has no end, and of those that ended, it is the last one that is claimed."""
    of = f"<{GEMEENTE}10001>"
    names = [("Dorp B", "2019-01-01", "2020-01-01"), ("Dorp C", "2020-01-01", ""), ("Dorp A", "", "2019-01-01")]
    slices = [
        f'a rl:Municipality ; prov:specializationOf {of} ; {during(start, end)} rdfs:label "{name}"@nl'
        for name, start, end in names
    ]
    for last, words in ((3, "Dorp C"), (1, "Dorp B")):
        told_last = told(last, of, "10001", *slices[:last])
        register = begin(krant=Stream(server, told_last).declaration(mapping=MAPPING))
        register.harvest()
        assert [each.words for each in register.saying() if isinstance(each, Listing)] == [words]


@pytest.mark.parametrize(
    ("member", "reason"),
    [
        (told(7, "x", "x", 'rdfs:label "Nergens"@nl'), "does not say of which one thing it is"),
        (told(7, "x", "x", 'prov:specializationOf :x ; rl:validFrom "2021"^^xsd:date'), "where a day is expected"),
    ],
)
def test_a_slice_that_cannot_be_read_is_refused(begin: Begin, server: Misbehaving, member: Said, reason: str) -> None:
    """A slice of nothing, or with a day that is none, refuses all of it, which waits in the quarantine."""
    register = begin(krant=Stream(server, *FEED, member).declaration(mapping=MAPPING))
    report = register.harvest()
    assert report.outcome == "refused"
    assert reason in (report.reason or "")
    (waiting,) = register.harvester.runs.quarantine()
    assert register.harvester.retry(waiting.number, accept=True).outcome == "refused"


def test_another_feed_than_of_a_register_is_refused(begin: Begin, server: Misbehaving) -> None:
    """Version objects of nothing that is known here are no empty register."""
    register = begin(krant=Stream(server, FEED[-1]).declaration(mapping=MAPPING))
    assert "neither municipalities nor regions nor structures" in (register.harvest().reason or "")
