"""Cooperation structures: a whole life, and what is refused of it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from regiolog.events.cooperation import MembersWereObserved
from regiolog.events.cooperation_life import Cooperation
from regiolog.events.errors import UnknownKey
from regiolog.events.held import Held
from regiolog.events.journal import Journal
from regiolog.events.timeline import Timeline
from tests.builders import Record, refuses, said, tell
from tests.events.shorthand import ENDED, FOUNDED, MEMBER, MERGED, OTHER, SECOND, correct, members, of_zone, retract


def life(journal: Journal, key: str = "zone") -> Cooperation:
    """What is believed of a structure."""
    return Held(journal).cooperation(key)


def spans(timeline: Timeline[Any]) -> list[tuple[Any, ...]]:
    """The values of a timeline with their first day, and the first day on which they no longer hold."""
    return [(span.value, str(span.start), span.end and str(span.end)) for span in timeline]


def parts(cooperation: Cooperation) -> dict[str, list[tuple[Any, ...]]]:
    """The days of each membership, by the key of the member."""
    return {key: [span[1:] for span in spans(timeline)] for key, timeline in cooperation.members.items()}


class TestLives:
    """What the events mean together, day by day."""

    def test_a_whole_life(self, journal: Journal) -> None:
        """Founded, renamed, of another type, at rest, and ended: each with its days."""
        tell(
            journal,
            FOUNDED,
            of_zone("cooperation-was-renamed", "2020-04-01", name="PZ Hoge Noorden"),
            of_zone("cooperation-type-was-changed", "2020-05-01", types=["projectvereniging", "politiezone"]),
            of_zone("cooperation-status-was-changed", "2020-06-01", status="inactive"),
            ENDED,
        )
        zone = life(journal)
        assert (zone.begin, zone.end, zone.iri) == (date(2020, 2, 1), date(2021, 1, 1), None)
        assert spans(zone.names) == [
            ("PZ Noord", "2020-02-01", "2020-04-01"),
            ("PZ Hoge Noorden", "2020-04-01", "2021-01-01"),
        ]
        assert spans(zone.types) == [
            (("politiezone",), "2020-02-01", "2020-05-01"),
            (("projectvereniging", "politiezone"), "2020-05-01", "2021-01-01"),
        ]
        assert spans(zone.statuses) == [
            ("active", "2020-02-01", "2020-06-01"),
            ("inactive", "2020-06-01", "2021-01-01"),
        ]
        assert zone.successors == ()

    def test_what_is_not_said_is_not_held(self, journal: Journal) -> None:
        """A structure that was observed has no type or status until somebody gives it one."""
        tell(journal, said("cooperation-was-observed", cooperation="zone", name="Z"))
        zone = life(journal)
        assert (spans(zone.types), spans(zone.statuses), zone.members) == ([], [], {})
        tell(journal, of_zone("cooperation-status-was-changed", "2020-06-01", status="founding"))
        assert spans(life(journal).statuses) == [("founding", "2020-06-01", None)]

    def test_members_come_and_go(self, known: Journal) -> None:
        """Joined, left, and joined again: two memberships of one member."""
        tell(known, members("left", "2020-06-01", "10002"), members("joined", "2020-09-01", "10002", "10003"))
        zone = life(known)
        assert parts(zone) == {
            "http://x.example.org/1": [("2020-03-01", None)],
            "10002": [("2020-03-01", "2020-06-01"), ("2020-09-01", None)],
            "10003": [("2020-09-01", None)],
        }
        (first, second), (third,) = zone.members["10002"].spans, zone.members["10003"].spans
        assert [(span.value.number, span.value.joined) for span in (first, second, third)] == [
            (2, True),
            (1, True),
            (2, True),
        ]

    def test_observed_is_not_joined(self, known: Journal) -> None:
        """When somebody was first seen says nothing about when they joined; when last, nothing about when they left."""
        tell(known, members("were-observed", "2020-04-01", "10003", "10004", id="observed"))
        tell(known, members("were-last-observed", "2020-06-01", "10004", last="2020-05-20"))
        tell(known, members("were-last-observed", "2020-06-02", "10003"))
        zone = life(known)
        assert parts(zone)["10004"] == [("2020-04-01", "2020-06-01")]
        assert not zone.members["10004"].spans[0].value.joined
        observed = Held(known).fact("observed")
        assert observed is not None
        assert zone.left == {(observed.origin, 2): date(2020, 5, 20)}

    def test_an_end_ends_the_memberships(self, known: Journal) -> None:
        """Nobody is a member of what no longer is; those who had left are as they were."""
        tell(known, members("left", "2020-06-01", "10002"), {**ENDED, "last": "2020-12-01"})
        assert parts(life(known)) == {
            "http://x.example.org/1": [("2020-03-01", "2021-01-01")],
            "10002": [("2020-03-01", "2020-06-01")],
        }

    def test_a_merger_into_a_new_one(self, known: Journal) -> None:
        """The parts end and name what they became; that one goes on."""
        tell(known, MERGED)
        for key in ("zone", "ander"):
            assert (life(known, key).end, life(known, key).successors) == (date(2021, 1, 1), ("bond",))
        assert (life(known, "bond").end, life(known, "bond").successors) == (None, ())
        for key in ("zone", "ander", "bond"):
            assert [fact.event.id for fact in life(known, key).mergers] == ["merged"]

    def test_a_merger_into_one_of_the_parts(self, known: Journal) -> None:
        """That one takes in the others and keeps its members."""
        tell(known, {**MERGED, "into": "zone"})
        assert life(known).end is None
        assert parts(life(known))["10002"] == [("2020-03-01", None)]
        assert life(known, "ander").successors == ("zone",)

    def test_a_split(self, known: Journal) -> None:
        """What was split ends; what came of it was known already."""
        tell(known, of_zone("cooperation-was-split", "2021-01-01", into=["ander", "bond"], id="split"))
        assert (life(known).end, life(known).successors) == (date(2021, 1, 1), ("ander", "bond"))
        assert life(known, "ander").end is None
        assert [fact.event.id for fact in life(known, "bond").mergers] == ["split"]

    def test_a_merger_of_municipalities_leaves_memberships_alone(self, known: Journal) -> None:
        """A member stays one until somebody says otherwise, also when its municipality has ended."""
        before = life(known)
        into = {"nis": "20001", "name": "Groot", "province": "10000"}
        tell(known, said("municipalities-were-merged", "2021-01-01", merged=["10001", "10002"], into=into))
        assert Held(known).municipality("10002").end == date(2021, 1, 1)
        assert life(known) == before
        tell(known, members("were-last-observed", "2021-03-01", "10002"))
        assert parts(life(known))["10002"] == [("2020-03-01", "2021-03-01")]
        assert len(tell(known, members("were-observed", "2021-03-01", "10002", "20001")).recorded) == 1

    def test_an_address_names_it(self, journal: Journal) -> None:
        """What its publisher calls it is kept with it."""
        tell(journal, {**FOUNDED, "iri": "http://x.example.org/id/zone", "kbo": "0123456789", "ovo": "OVO000001"})
        assert life(journal).iri == "http://x.example.org/id/zone"


class TestRepeats:
    """Said again is silence; of members, only the new ones are news."""

    @pytest.mark.parametrize(
        "wish",
        [
            said("cooperation-was-founded", cooperation="nieuw", name="N"),
            said("cooperation-was-observed", cooperation="nieuw", name="N", types=["politiezone"], status="active"),
            of_zone("cooperation-was-renamed", "2020-04-01", name="PZ Hoge Noorden"),
            of_zone("cooperation-type-was-changed", "2020-04-01", types=["projectvereniging"]),
            of_zone("cooperation-status-was-changed", "2020-04-01", status="inactive"),
            members("joined", "2020-04-01", "10003"),
            members("left", "2020-04-01", "10002"),
            members("were-observed", "2020-04-01", "10003", "10004"),
            members("were-last-observed", "2020-04-01", "10002", last="2020-03-31"),
            MERGED,
            {**MERGED, "into": "zone"},
            of_zone("cooperation-was-split", "2021-01-01", into=["ander", "bond"]),
            ENDED,
        ],
        ids=lambda wish: str(wish["kind"]),
    )
    def test_a_repeat_is_silent(self, known: Journal, wish: Record) -> None:
        """With or without an id, in the same file or another."""
        wish = {name: value for name, value in wish.items() if name != "id"}
        assert len(tell(known, wish).recorded) == 1
        assert tell(known, wish, {**wish, "id": "another name", "note": "seen again"}).silent == 2

    @pytest.mark.parametrize(
        ("change", "silent"),
        [
            ({}, True),
            ({"iri": None}, True),
            ({"kbo": None, "ovo": None}, True),
            ({"name": "Anders"}, False),
            ({"types": ["woonmaatschappij"]}, False),
            ({"status": "inactive"}, False),
            ({"iri": "http://y.example.org/nieuw"}, False),
            ({"kbo": "0000000000"}, False),
            ({"ovo": "OVO000000"}, False),
        ],
    )
    def test_observed_again_later(self, journal: Journal, change: Record, silent: bool) -> None:
        """A later list that says the same of a structure is silence; one that does not is never passed over."""
        seen = said(
            "cooperation-was-observed",
            cooperation="nieuw",
            name="N",
            types=["politiezone"],
            status="active",
            iri="http://x.example.org/nieuw",
            kbo="0123456789",
            ovo="OVO000001",
        )
        tell(journal, seen)
        again = {name: value for name, value in {**seen, **change, "valid_from": "2021-01-01"}.items() if value}
        if silent:
            assert tell(journal, again).silent == 1
        else:
            refuses(journal, again, because="cooperation nieuw is in the register already")

    def test_observed_again_without_type_or_status(self, journal: Journal) -> None:
        """What was never said of it is not asked for either; a status that it got since is."""
        seen = said("cooperation-was-observed", cooperation="nieuw", name="N")
        tell(journal, seen)
        assert tell(journal, {**seen, "valid_from": "2020-05-01"}).silent == 1
        refuses(journal, {**seen, "valid_from": "2020-05-01", "status": "active"}, because="in the register already")

    def test_of_members_observed_only_the_new_ones_are_news(self, known: Journal) -> None:
        """Those who are members on that day are left out."""
        tell(known, members("left", "2020-06-01", "10002"))
        outcome = tell(known, members("were-observed", "2020-04-01", "10002", "10003"))
        ((_, event),) = outcome.recorded
        assert isinstance(event, MembersWereObserved)
        assert [member.municipality for member in event.members] == ["10003"]
        ((_, event),) = tell(known, members("were-observed", "2020-07-01", "10003", "10002")).recorded
        assert isinstance(event, MembersWereObserved)
        assert [member.municipality for member in event.members] == ["10002"]
        assert tell(known, members("were-observed", "2020-08-01", "10002", "10003")).silent == 1

    def test_an_id_names_a_list_in_any_order(self, known: Journal) -> None:
        """The same members in another order are the same list."""
        tell(known, members("were-observed", "2020-04-01", "10003", "10004", id="list"))
        assert tell(known, members("were-observed", "2020-04-01", "10004", "10003", id="list")).silent == 1

    def test_a_member_need_not_be_a_municipality(self, known: Journal) -> None:
        """Then it is known by its address alone."""
        company = {"organisation": "http://x.example.org/company", "name": "Een bedrijf", "role": "participant"}
        tell(known, of_zone("members-were-observed", "2020-04-01", members=[company]))
        (span,) = life(known).members["http://x.example.org/company"]
        assert (span.value.member.name, span.value.member.municipality) == ("Een bedrijf", None)

    def test_a_member_is_known_again_by_its_address(self, known: Journal) -> None:
        """Said the same it is no news; in another role it is neither the same nor a new member, and not passed over."""
        assert tell(known, of_zone("members-were-observed", "2020-04-01", members=[MEMBER])).silent == 1
        for other in ({"role": "participant"}, {"name": "Dorp 1"}):
            wish = of_zone("members-were-observed", "2020-04-01", members=[{**MEMBER, **other}])
            refuses(known, wish, because="is a member of zone already")

    def test_a_file_that_was_partly_news_is_silent_again(self, known: Journal) -> None:
        """Also under an id, also after one of them has left."""
        file = members("were-observed", "2020-04-01", "10002", "10003", id="list")
        tell(known, file, members("left", "2020-05-01", "10003"))
        assert tell(known, file).silent == 1

    @pytest.mark.parametrize(
        "other",
        [
            members("were-observed", "2020-04-01", "10002", "10003", "10004", id="list"),
            members("were-observed", "2020-04-01", "10002", id="list"),
            members("were-observed", "2020-04-02", "10002", "10003", id="list"),
            members("were-observed", "2020-04-01", "10002", "10003", id="list", decision="D2"),
        ],
        ids=["more", "less", "another day", "another decision"],
    )
    def test_an_id_does_not_name_two_lists(self, known: Journal, other: Record) -> None:
        """Members that were not recorded under an id are never taken for recorded."""
        tell(known, members("were-observed", "2020-04-01", "10002", "10003", id="list"))
        refuses(known, other, because="the id list is in use for something else")

    @pytest.mark.parametrize("kind", ["joined", "were-observed"])
    def test_a_member_named_twice_at_once_is_one_member(self, known: Journal, kind: str) -> None:
        """Publishers do so; its place is the first."""
        tell(known, members(kind, "2020-04-01", "10004", "10003", "10003"))
        zone = life(known)
        assert parts(zone)["10003"] == [("2020-04-01", None)]
        assert zone.members["10003"].spans[0].value.number == 2


class TestBeingWrong:
    """Corrected and retracted like anything else."""

    def test_a_founding_can_be_corrected(self, known: Journal) -> None:
        """Its day and its name, but not the key and the address that were published."""
        tell(known, correct("founded", name="PZ Noorden", valid_from="2020-01-15"))
        assert spans(life(known).names) == [("PZ Noorden", "2020-01-15", None)]
        for change in ({"cooperation": "elders"}, {"iri": "http://x.example.org/zone"}):
            refuses(known, correct("other", **change), because="published name")

    def test_members_can_be_corrected(self, known: Journal) -> None:
        """The list is replaced whole, and held to the same rules."""
        tell(known, correct("joined", members=[SECOND, {"municipality": "10003"}]))
        assert parts(life(known)) == {"10002": [("2020-03-01", None)], "10003": [("2020-03-01", None)]}
        again = tell(known, members("were-observed", "2020-04-01", "10002", "10003", "10004"))
        assert len(again.recorded) == 1
        unknown = correct("joined", members=[{"municipality": "99999"}])
        refuses(known, unknown, because="name .* instead")

    def test_a_correction_names_only_what_is_known(self, known: Journal) -> None:
        """Members of a correction are looked up too."""
        wrong = correct("joined", members=[{"municipality": "99999"}])
        refuses(known, wrong, because="NIS code 99999 is unknown", kind=UnknownKey)

    def test_what_later_events_need_stays(self, known: Journal) -> None:
        """A correction or retraction that would break a later event names it."""
        tell(known, members("left", "2020-06-01", "10002", id="left"))
        wishes = [
            (retract("founded"), "joined"),
            (correct("founded", valid_from="2020-03-15"), "joined"),
            (retract("joined"), "left"),
            (correct("joined", members=[MEMBER]), "left"),
            (correct("joined", cooperation="bond"), "left"),
        ]
        for wish, event in wishes:
            refused = refuses(known, wish, because="later event impossible")
            assert (refused.event or "").endswith(f", {event}")

    def test_a_merger_that_never_was(self, known: Journal) -> None:
        """Its parts go on as if nothing had been said, with their members."""
        before = {key: life(known, key) for key in ("zone", "ander", "bond")}
        tell(known, MERGED)
        tell(known, retract("merged"))
        assert {key: life(known, key) for key in ("zone", "ander", "bond")} == before

    def test_a_corrected_merger_ends_its_own_parts_only(self, known: Journal) -> None:
        """What it named before goes on, and what it names now ends."""
        tell(known, MERGED, correct("merged", parts=["ander"], valid_from="2021-02-01"))
        assert life(known).end is None
        assert (life(known, "ander").end, life(known, "ander").successors) == (date(2021, 2, 1), ("bond",))

    def test_a_structure_can_be_unmade_and_made_anew(self, known: Journal) -> None:
        """What was retracted is in nobody's way."""
        tell(known, retract("other"))
        refuses(known, {**MERGED, "into": "zone"}, because="cooperation ander is unknown", kind=UnknownKey)
        assert len(tell(known, {**OTHER, "id": "anew", "name": "PZ Andermaal"}).recorded) == 1
