"""What sources say: kept to the letter, marked where it is odd, and never a change of the register."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import msgspec
import pytest

from regiolog.events.claim import ClaimsWereMade, Merging, Placement, Structure
from regiolog.events.errors import UnknownKey
from regiolog.events.held import Held
from regiolog.events.journal import Journal
from regiolog.events.record import as_record
from regiolog.events.recording import read_wishes, record
from regiolog.events.rules import decide
from tests.builders import Record, TurnedClock, lines, refuses, region, tell
from tests.events.shorthand import correct, joins, knows, lists, news, newspaper, publishes, puts, retract, saying

A, B, C = puts("10001", "Noord"), puts("10002", "Noord"), puts("10003", "Zuid")


class TestSilence:
    """What a source still says is no news."""

    @pytest.mark.parametrize(
        "again",
        [
            publishes(A, B, C),
            publishes(C, A, B),
            publishes(A, C),
            publishes(B, B),
            publishes(A, B, C, document="v2", valid_from="2021-03-01", id="another name", note="seen again"),
            publishes({**A, "region": "noord", "municipality": "10001"}),
            publishes({**A, "marks": ["ambiguous"]}),
            publishes(),
        ],
        ids=["the same", "in another order", "in part", "twice", "in a new version", "resolved", "marked", "nothing"],
    )
    def test_what_it_still_says_is_silence(self, press: Journal, again: Record) -> None:
        """A document that says nothing new records nothing, however it says it."""
        tell(press, publishes(A, B, C))
        head = press.head()
        assert tell(press, again) == ([], 1)
        assert press.head() == head

    def test_only_what_is_new_is_recorded(self, press: Journal) -> None:
        """Of a document that says old and new things, the new ones are an event."""
        tell(press, publishes(A))
        event = news(tell(press, publishes(B, A, C, document="v2")))
        assert [claim.of for claim in event.made] == ["10002", "10003"]
        assert event.document == "v2"
        assert saying(press) == [("10001", "Noord"), ("10002", "Noord"), ("10003", "Zuid")]

    def test_what_brought_only_partly_news_is_silent_when_it_is_told_again(self, press: Journal) -> None:
        """A file can be told twice, also when its event kept only a part of it."""
        file = [publishes(A, id="run 1"), publishes(A, B, id="run 2", document="v2")]
        tell(press, *file)
        assert tell(press, *file).silent == 2
        tell(press, publishes(withdrawn=(A,)), retract("run 2"))
        assert tell(press, *file).silent == 2

    @pytest.mark.parametrize(
        "other",
        [
            publishes(A, B, C, id="run"),
            publishes(A, id="run"),
            publishes(A, B, id="run", document="v2"),
            publishes(A, B, id="run", source="blad"),
            publishes(A, B, id="run", withdrawn=(A,)),
        ],
        ids=["more", "less", "another document", "another source", "a withdrawal"],
    )
    def test_an_id_does_not_name_two_publications(self, press: Journal, other: Record) -> None:
        """What was not recorded under an id is never taken for it, and so never lost."""
        tell(press, publishes(A, B, id="run"))
        tell(press, publishes(C, document="v2"))
        refused = refuses(press, other, because="the id run is in use for something else")
        assert refused.event == "event 9, run"

    def test_the_same_words_of_another_source_are_news(self, press: Journal) -> None:
        """Each source speaks for itself."""
        tell(press, publishes(A))
        assert len(tell(press, publishes(A, source="blad")).recorded) == 1
        assert saying(press, "blad") == saying(press, "krant") == [("10001", "Noord")]

    @pytest.mark.parametrize(
        "change", [{"words": "Zuid"}, {"words": "Noord "}, {"valid_from": "2020-01-01"}, {"valid_to": "2022-01-01"}]
    )
    def test_another_word_or_period_is_another_claim(self, press: Journal, change: Record) -> None:
        """What differs in anything that the source said is news, and stands beside the first."""
        tell(press, publishes(A))
        assert len(news(tell(press, publishes({**A, **change}))).made) == 1
        assert len(saying(press)) == 2


class TestListings:
    """A municipality that a source lists, with its days."""

    @pytest.mark.parametrize("resolved", [{}, {"municipality": "10001"}, {"marks": ["ended"]}])
    def test_what_it_still_lists_is_silence(self, press: Journal, resolved: Record) -> None:
        """However it was resolved or marked."""
        listed = knows("10001", "Dorp 1", begins="2019-01-01", ends="2025-01-01")
        tell(press, publishes(listed))
        assert tell(press, publishes({**listed, **resolved})) == ([], 1)

    @pytest.mark.parametrize("change", [{"begins": "2019-01-02"}, {"ends": "2019-01-01"}, {"ends": None}])
    def test_another_day_is_another_claim(self, press: Journal, change: Record) -> None:
        """Also an end that equals the beginning, and none any more."""
        listed = knows("10001", "Dorp 1", begins="2019-01-01", ends="2025-01-01")
        other = {name: value for name, value in {**listed, **change}.items() if value is not None}
        tell(press, publishes(listed))
        (made,) = news(tell(press, publishes(other, withdrawn=(listed,)))).made
        assert msgspec.to_builtins(made) == {**other, "municipality": "10001"}
        assert saying(press) == [("10001", "Dorp 1")]


class TestWithdrawals:
    """What a source no longer says."""

    def test_what_is_said_again_after_it_was_withdrawn_is_news(self, press: Journal) -> None:
        """As in December 2022, when Waasland became Regio Antwerpen and Waasland again."""
        tell(press, publishes(A, id="first"))
        tell(press, publishes(puts("10001", "Zuid"), withdrawn=(A,), id="second"))
        assert saying(press) == [("10001", "Zuid")]
        event = news(tell(press, publishes(A, withdrawn=(puts("10001", "Zuid"),), id="third")))
        assert (event.made[0].words, event.withdrawn[0].words) == ("Noord", "Zuid")
        assert saying(press) == [("10001", "Noord")]
        assert Held(press).source("krant").latest == Held(press).fact("third")

    def test_what_is_withdrawn_is_known_by_its_words_alone(self, press: Journal) -> None:
        """A source never said what we resolved or marked."""
        tell(press, publishes(puts("99999", "Noord")))
        tell(press, publishes(withdrawn=(puts("99999", "Noord"),)))
        assert saying(press) == []

    def test_withdrawn_and_made_at_once_is_made_anew(self, press: Journal) -> None:
        """What stands among both is said from now on, by this event."""
        tell(press, publishes(A, id="first"))
        event = news(tell(press, publishes(A, withdrawn=(A, A), id="second")))
        assert (len(event.made), len(event.withdrawn)) == (1, 1)
        ((_, number, fact),) = Held(press).source("krant").claims.values()
        assert (number, fact.event.id) == (1, "second")

    @pytest.mark.parametrize(
        ("before", "withdrawn"),
        [
            ([], (B,)),
            ([publishes(B, source="blad")], (B,)),
            ([publishes(B), publishes(withdrawn=(B,))], (B,)),
            ([publishes(B)], ({**B, "valid_from": "2021-01-01"},)),
            ([publishes(B)], ({**B, "words": "Noord "},)),
        ],
        ids=["never said", "said by another", "withdrawn", "another period", "other words"],
    )
    def test_withdrawing_what_it_is_not_saying_is_refused(
        self, press: Journal, before: list[Record], withdrawn: tuple[Record, ...]
    ) -> None:
        """The refusal names the claim; nothing is believed of a source that it did not say."""
        tell(press, publishes(A), *before)
        refused = refuses(
            press, publishes(C, withdrawn=(A, *withdrawn)), because="krant is not saying that 10002 is Noord"
        )
        assert refused.field == "withdrawn[1]"


class TestWhatIsKept:
    """As it was said, with where and when."""

    def test_document_and_licence_are_kept(self, press: Journal) -> None:
        """A document may have terms of its own; the source's are on its registration."""
        tell(press, newspaper("gids", licence="CC BY 4.0", attribution="De Gids", id="gids"))
        event = news(tell(press, publishes(A, source="gids", document="2021.csv@3fa", licence="on request")))
        assert (event.document, event.licence, event.valid_from) == ("2021.csv@3fa", "on request", date(2021, 1, 1))
        registered = Held(press).source("gids").registered
        assert registered is not None
        assert as_record(registered.event)["licence"] == "CC BY 4.0"

    def test_words_are_kept_to_the_letter(self, press: Journal) -> None:
        """Spaces at either end and what is not seen too, in whatever the source wrote; spaces hide no name."""
        event = news(
            tell(
                press,
                publishes(
                    puts("10001", " Noord\u00a0"),
                    {"says": "structure", "of": " laag/PZ ", "words": "PZ ", "type": "Zone ", "code": " 07"},
                    {"says": "merged-into", "of": "PZ ", "words": " ", "originals": [" PZ A "]},
                    puts("10002", "No\u200bord\n"),
                ),
            )
        )
        placement, structure, merging, unseen = event.made
        assert isinstance(placement, Placement)
        assert isinstance(structure, Structure)
        assert isinstance(merging, Merging)
        assert (placement.words, placement.region, placement.marks) == (" Noord\u00a0", "noord", ())
        assert (structure.of, structure.words, structure.type, structure.code) == (" laag/PZ ", "PZ ", "Zone ", " 07")
        assert (merging.of, merging.words, merging.originals) == ("PZ ", " ", (" PZ A ",))
        assert (unseen.words, unseen.marks) == ("No\u200bord\n", ("unknown",))

    def test_a_source_may_state_from_when_to_when(self, press: Journal) -> None:
        """The days that a source states are the claim's own."""
        event = news(tell(press, publishes(puts("10001", "Noord", valid_from="2019-01-01", valid_to="2020-01-01"))))
        assert (event.made[0].valid_from, event.made[0].valid_to) == (date(2019, 1, 1), date(2020, 1, 1))

    def test_claims_are_numbered_as_they_were_said(self, press: Journal) -> None:
        """A claim has a place in its event, from 1."""
        tell(press, publishes(A, B, A, C))
        claims = Held(press).source("krant").claims.values()
        assert [(claim.of, number) for claim, number, _ in claims] == [("10001", 1), ("10002", 2), ("10003", 3)]

    @pytest.mark.parametrize(
        ("claim", "field", "because"),
        [
            ({"of": "10001", "words": "Noord"}, "made[0].says", "missing"),
            ({**A, "says": "capital-of"}, "made[0].says", "capital-of"),
            ({**A, "type": "x"}, "made[0]", "type"),
            ({**A, "words": ""}, "made[0].words", "empty"),
            ({**A, "words": "No\ud800ord"}, "made[0].words", "U\\+D800"),
            ({**A, "region": "no\u200bord"}, "made[0].region", "not a key"),
            ({**A, "municipality": "1001"}, "made[0].municipality", "five digits"),
            ({**A, "valid_from": "2021-02-30"}, "made[0].valid_from", "does not exist"),
            ({**A, "begins": "2021-02-03"}, "made[0]", "begins"),
            (knows("10001", "Dorp", begins="2021-02-30"), "made[0].begins", "does not exist"),
            (knows("10001", "Dorp", ends="soon"), "made[0].ends", "soon"),
            (knows("10001", "Dorp", region="noord"), "made[0]", "region"),
            ({**A, "marks": ["strange"]}, "made[0].marks[0]", "strange"),
        ],
    )
    def test_what_is_no_claim_is_refused(self, press: Journal, claim: Record, field: str, because: str) -> None:
        """A line that says nothing we could keep is refused with its field; that is our writer's fault, not theirs."""
        refused = refuses(press, publishes(claim), because=because)
        assert refused.field == field

    def test_a_source_must_be_registered(self, press: Journal) -> None:
        """Nobody speaks who was not introduced, and nobody is introduced in two ways."""
        refused = refuses(press, publishes(A, source="gazet"), because="source gazet is unknown", kind=UnknownKey)
        assert refused.field == "said_by"
        assert tell(press, newspaper("krant")).silent == 1
        refuses(press, newspaper("krant", name="Iets anders"), because="source krant is registered already")


class TestWriters:
    """A claim reads and touches its own source, so writers seldom meet."""

    def test_it_is_tagged_by_its_source_alone(self, press: Journal) -> None:
        """Not by what it speaks of: a claim changes no thing."""
        event = news(tell(press, publishes(A, id="run")))
        assert event.tags() == ["id:run", "source:krant"]

    def test_two_sources_at_once_both_succeed(self, press: Journal, clock: TurnedClock) -> None:
        """What another source says of the very same things is no conflict."""
        held = Held(press)
        (wish,) = read_wishes(lines([publishes(A, B)]))
        decide(held, wish, clock())
        tell(press, publishes(A, B, source="blad"))
        assert press.append(held.pending, held.boundary, held.head) == [10]

    def test_two_writers_for_one_source_decide_one_after_the_other(self, press: Journal) -> None:
        """Who comes second looks again, and records what is still news."""
        outcome = record(press, read_wishes(lines([publishes(A, B)])), clock=self.interrupted(press, publishes(B, C)))
        assert [claim.of for claim in news(outcome).made] == ["10001"]
        assert saying(press) == [("10002", "Noord"), ("10003", "Zuid"), ("10001", "Noord")]

    def test_who_comes_second_may_have_nothing_left_to_say(self, press: Journal) -> None:
        """Two harvests of the same document are one event."""
        outcome = record(press, read_wishes(lines([publishes(A)])), clock=self.interrupted(press, publishes(A)))
        assert outcome == ([], 1)

    def interrupted(self, journal: Journal, by: Record) -> Callable[[], datetime]:
        """A clock that, the first time it is looked at, lets another writer go first."""
        clock = TurnedClock()
        waiting = [by]

        def look() -> datetime:
            if waiting:
                tell(journal, waiting.pop())
            return clock()

        return look


class TestBeingWrong:
    """We misread a source: that is put right like anything else."""

    def test_a_correction_is_read_like_what_it_corrects(self, press: Journal) -> None:
        """Its claims are resolved and marked too."""
        tell(press, newspaper("gids"), publishes(A, id="run"))
        tell(press, correct("run", made=[puts("99999", "Zuid"), puts("10002", "Zuid"), puts("10002", "Zuid")]))
        claims = [claim for claim, *_ in Held(press).source("krant").claims.values()]
        assert [as_record_of(claim) for claim in claims] == [
            ("99999", "Zuid", None, "zuid", ("unknown",)),
            ("10002", "Zuid", "10002", "zuid", ("duplicate",)),
        ]

    def test_a_correction_is_read_beside_what_was_said_before_it(self, press: Journal) -> None:
        """What a structure was, and who was in it, is asked of earlier publications; its own first reading is none."""
        tell(press, publishes(lists("A", type="Zone"), joins("10001", "A"), id="first"))
        tell(press, publishes(lists("B", type="Zone"), id="second"))
        tell(press, correct("second", made=[lists("A", type="Vereniging"), lists("B", type="Vereniging")]))
        marks = {claim.words: claim.marks for claim, *_ in Held(press).source("krant").claims.values()}
        assert marks["A"] == ("type-changed",)
        assert marks["B"] == ("without-members",)

    def test_the_same_correction_again_is_silent(self, press: Journal) -> None:
        """By its id, and by what it says."""
        tell(press, publishes(A, id="run"))
        odd = puts("99999", "Zuid")
        correction = {**correct("run", made=[odd, B]), "id": "c"}
        assert len(tell(press, correction).recorded) == 1
        assert tell(press, correction).silent == 1
        assert tell(press, correct("c", made=[odd, B])).silent == 1
        for made in ([odd], [odd, B, C], [A, B]):
            other = {**correction, "change": {"made": made}}
            refuses(press, other, because="the id c is in use for something else")

    def test_the_document_alone_can_be_corrected(self, press: Journal) -> None:
        """What was read of the claims stays as it was."""
        before = news(tell(press, publishes(puts("10001", "West"), id="run"))).made
        tell(press, region("west"), correct("run", document="v1-bis"))
        fact = Held(press).fact("run")
        assert fact is not None
        assert isinstance(fact.event, ClaimsWereMade)
        assert (fact.event.document, fact.event.made) == ("v1-bis", before)

    def test_what_was_retracted_was_never_said(self, press: Journal) -> None:
        """It is no longer believed to be said, and is news when it is said again."""
        tell(press, publishes(A, id="run"), publishes(B))
        tell(press, retract("run"))
        assert saying(press) == [("10002", "Noord")]
        assert [claim.of for claim in news(tell(press, publishes(A, B))).made] == ["10001"]

    def test_the_same_retraction_again_is_silent(self, press: Journal) -> None:
        """By its id; another one of that id is refused."""
        tell(press, publishes(A, id="run"), publishes(B, id="other"))
        retraction = {**retract("run"), "id": "gone"}
        assert len(tell(press, retraction).recorded) == 1
        assert tell(press, retraction).silent == 1
        for other in (retract("other"), correct("run", document="v1-bis")):
            refuses(press, {**other, "id": "gone"}, because="the id gone is in use for something else")

    def test_what_was_withdrawn_since_cannot_be_unsaid(self, press: Journal) -> None:
        """A withdrawal needs what it withdraws; the refusal names it."""
        tell(press, publishes(A, B, id="run"), publishes(withdrawn=(A,), id="later"))
        for wish in (retract("run"), correct("run", made=[B])):
            refused = refuses(press, wish, because="later event impossible: krant is not saying that 10001 is Noord")
            assert refused.event == "event 10, later"
        tell(press, correct("run", made=[A]))
        assert saying(press) == []

    def test_a_source_that_spoke_cannot_be_unmade(self, press: Journal) -> None:
        """Its claims are somebody's."""
        tell(press, newspaper("gids", id="gids"), publishes(A, source="gids", id="run"))
        refused = refuses(press, retract("gids"), because="source gids is unknown")
        assert refused.event == "event 10, run"
        refuses(press, correct("gids", said_by="krant"), because="published name")
        tell(press, retract("run"), retract("gids"))
        refuses(press, publishes(A, source="gids"), because="source gids is unknown", kind=UnknownKey)

    def test_a_correction_cannot_give_claims_to_a_source_that_is_unknown(self, press: Journal) -> None:
        """Whoever is said to have said it must be registered."""
        tell(press, publishes(A, id="run"))
        refuses(press, correct("run", said_by="gazet"), because="source gazet is unknown", kind=UnknownKey)
        tell(press, correct("run", said_by="blad"))
        assert (saying(press, "krant"), saying(press, "blad")) == ([], [("10001", "Noord")])


def as_record_of(claim: object) -> tuple[object, ...]:
    """What a placement says, and how it was read."""
    assert isinstance(claim, Placement)
    return claim.of, claim.words, claim.municipality, claim.region, claim.marks
