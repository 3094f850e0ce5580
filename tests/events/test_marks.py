"""What is odd about a claim, and what it is resolved to: it is kept as said, marked, and changes nothing."""

from __future__ import annotations

import pytest

from regiolog.events.claim import Belonging, Listing, Merging, Naming, Placement, Structure
from regiolog.events.held import Held
from regiolog.events.journal import Journal
from tests.builders import Record, refuses, region, said, tell
from tests.events.shorthand import correct, joins, knows, lists, merges, news, publishes, puts, saying

MERGER = said(
    "municipalities-were-merged",
    "2020-06-01",
    merged=["10001", "10002"],
    into={"nis": "20001", "name": "Groot", "province": "10000", "region": "noord"},
)
TWIN = said("region-was-designated", region="west", name="Noord")
"""A second region that bears the name of the first."""


def register(journal: Journal) -> list[object]:
    """All that is believed of the municipalities and regions, and of one structure."""
    held = Held(journal)
    codes = [*(f"1000{number}" for number in range(1, 7)), "20001", "99999", "99991"]
    return [
        *map(held.municipality, codes),
        *map(held.region, ("noord", "zuid", "west", "Noord", "West")),
        *map(held.cooperation, ("pz-a", "PZ A")),
    ]


class TestBadInput:
    """What is odd is kept as it was said and marked, and nothing else changes."""

    @pytest.mark.parametrize(
        ("given", "claim", "marks", "found"),
        [
            ([], puts("10001", "Zuid"), (), ("10001", "zuid")),
            ([], puts("99999", "Noord"), ("unknown",), (None, "noord")),
            ([], puts("http://x.example.org/10001", "Noord"), ("unknown",), (None, "noord")),
            ([], puts("http://x.example.org/1", "Noord", municipality="10001"), (), ("10001", "noord")),
            ([], puts("10001", "Noord", municipality="99999"), ("unknown",), (None, "noord")),
            ([], puts("10001", "West"), ("unknown",), ("10001", None)),
            ([], puts("10001", "noord"), ("unknown",), ("10001", None)),
            ([], puts("10001", "Noord", region="west"), ("unknown",), ("10001", None)),
            ([], puts("99999", "West"), ("unknown",), (None, None)),
            ([region("west", code="REFREG9")], puts("10001", "REFREG9 "), (), ("10001", "west")),
            (
                [region("west", iri="http://x.example.org/w")],
                puts("1", "http://x.example.org/w"),
                ("unknown",),
                (None, "west"),
            ),
            ([TWIN], puts("10001", "Noord"), ("ambiguous",), ("10001", None)),
            ([TWIN], puts("99999", "Noord"), ("ambiguous", "unknown"), (None, None)),
            ([TWIN], puts("10001", "Noord", region="west"), (), ("10001", "west")),
            ([MERGER], puts("10001", "Noord"), ("ended",), ("10001", "noord")),
            ([MERGER], puts("10001", "Noord", valid_from="2020-06-01"), ("ended",), ("10001", "noord")),
            ([MERGER], puts("10001", "Noord", valid_from="2020-05-31"), (), ("10001", "noord")),
            ([MERGER], puts("20001", "Noord"), (), ("20001", "noord")),
            (
                [region("west"), said("region-was-ended", "2021-01-01", region="west")],
                puts("10001", "West"),
                ("ended",),
                ("10001", "west"),
            ),
            (
                [region("west"), said("region-was-ended", "2021-01-02", region="west")],
                puts("10001", "West"),
                (),
                ("10001", "west"),
            ),
            ([], puts("99991", "onbekend", marks=["placeholder"]), ("placeholder",), (None, None)),
            ([], puts("99991", "Noord", marks=["placeholder"]), ("placeholder",), (None, None)),
        ],
    )
    def test_placements(
        self,
        press: Journal,
        given: list[Record],
        claim: Record,
        marks: tuple[str, ...],
        found: tuple[str | None, str | None],
    ) -> None:
        """Unknown codes and names, ended things, names of two things, placeholders."""
        if given:
            tell(press, *given)
        before = register(press)
        (made,) = news(tell(press, publishes(claim))).made
        assert isinstance(made, Placement)
        assert (made.of, made.words) == (claim["of"], claim["words"])
        assert (made.marks, (made.municipality, made.region)) == (marks, found)
        assert register(press) == before
        assert saying(press) == [(claim["of"], claim["words"])]

    @pytest.mark.parametrize(
        ("before", "now", "marks"),
        [
            ([], [puts("10001", "Noord"), puts("10001", "Zuid")], ("ambiguous",)),
            ([publishes(puts("10001", "Noord"))], [puts("10001", "Zuid")], ("ambiguous",)),
            ([publishes(puts("10001", "Noord"), source="blad")], [puts("10001", "Zuid")], ()),
            ([publishes(puts("10002", "Noord"))], [puts("10001", "Zuid")], ()),
            ([publishes(puts("10001", "Noord", valid_from="2020-01-01"))], [puts("10001", "Zuid")], ()),
            (
                [publishes(puts("10001", "Noord")), publishes(withdrawn=(puts("10001", "Noord"),))],
                [puts("10001", "Zuid")],
                (),
            ),
        ],
    )
    def test_a_municipality_in_two_regions_at_once(
        self, press: Journal, before: list[Record], now: list[Record], marks: tuple[str, ...]
    ) -> None:
        """A source that puts it in both from the same day means neither for sure; both words are kept."""
        if before:
            tell(press, *before)
        held = register(press)
        made = news(tell(press, publishes(*now))).made
        assert [claim.marks for claim in made] == [marks] * len(now)
        assert register(press) == held

    def test_what_is_said_twice_is_one_claim(self, press: Journal) -> None:
        """Fifteen of 2,748 memberships are stated twice by their publisher."""
        event = news(tell(press, publishes(joins("10001", "A"), joins("10002", "A"), joins("10001", "A"))))
        assert [(claim.of, claim.marks) for claim in event.made] == [("10001", ("duplicate",)), ("10002", ())]

    @pytest.mark.parametrize(
        ("before", "now", "marks"),
        [
            ([], [lists("A"), joins("10001", "A")], ()),
            ([publishes(joins("10001", "A"))], [lists("A")], ()),
            ([], [lists("A")], ("without-members",)),
            ([], [lists("A"), joins("10001", "B")], ("without-members",)),
            ([publishes(joins("10001", "A"), source="blad")], [lists("A")], ("without-members",)),
            (
                [publishes(joins("10001", "A")), publishes(withdrawn=(joins("10001", "A"),))],
                [lists("A")],
                ("without-members",),
            ),
            (
                [publishes(lists("A", type="Zone", code="1"), joins("10001", "A"))],
                [lists("A", type="Vereniging", code="1")],
                ("type-changed",),
            ),
            (
                [publishes(lists("A", type="Zone", code="1"), joins("10001", "A"))],
                [lists("A", type="Zone", code="2")],
                ("renumbered",),
            ),
            (
                [publishes(lists("A", type="Zone", code="1"))],
                [lists("A", type="Vereniging", code="2")],
                ("renumbered", "type-changed", "without-members"),
            ),
            ([publishes(lists("B", type="Zone"), joins("10001", "A"))], [lists("A", type="Vereniging")], ()),
            (
                [publishes(lists("A", type="Zone"), joins("10001", "A"), source="blad")],
                [lists("A", type="Vereniging")],
                ("without-members",),
            ),
        ],
    )
    def test_structures(self, press: Journal, before: list[Record], now: list[Record], marks: tuple[str, ...]) -> None:
        """Types that flip, codes that are given out anew, structures without members; other sources do not matter."""
        if before:
            tell(press, *before)
        held = register(press)
        made = news(tell(press, publishes(*now, document="v2"))).made[0]
        assert isinstance(made, Structure)
        assert made.marks == marks
        assert (made.of, made.type, made.code) == (now[0]["of"], now[0].get("type"), now[0].get("code"))
        assert register(press) == held

    def test_a_type_that_flips_at_once_with_its_withdrawal_is_marked(self, press: Journal) -> None:
        """A new version takes the old word back and says the new one."""
        old, new = lists("A", type="Zone"), lists("A", type="Vereniging")
        tell(press, publishes(old, joins("10001", "A")))
        (made,) = news(tell(press, publishes(new, withdrawn=(old,)))).made
        assert made.marks == ("type-changed",)
        (back,) = news(tell(press, publishes(old, withdrawn=(new, joins("10001", "A"))))).made
        assert back.marks == ("type-changed", "without-members")

    @pytest.mark.parametrize(
        ("claim", "marks"),
        [
            (merges("http://x.example.org/id/pz-a"), ("parts-ended",)),
            (merges("pz-a", "pz-b"), ("parts-ended", "unknown")),
            (merges("PZ A"), ("unknown",)),
            (merges("pz-a", valid_from="2020-06-01"), ()),
            (merges("pz-a", valid_from="2020-06-02"), ("parts-ended",)),
            (merges("pz-c"), ()),
        ],
    )
    def test_mergers(self, press: Journal, claim: Record, marks: tuple[str, ...]) -> None:
        """A merger whose parts have ended before, or were never known."""
        tell(
            press,
            said("cooperation-was-founded", cooperation="pz-a", name="A"),
            said("cooperation-was-founded", cooperation="pz-c", name="C"),
            said("cooperation-was-ended", "2020-06-01", cooperation="pz-a"),
        )
        before = register(press)
        (made,) = news(tell(press, publishes(claim))).made
        assert isinstance(made, Merging)
        assert (made.marks, list(made.originals)) == (marks, claim["originals"])
        assert register(press) == before

    @pytest.mark.parametrize(
        ("claim", "marks", "municipality"),
        [
            (joins("10003", "A"), (), "10003"),
            (joins("10001", "A"), ("ended",), "10001"),
            (joins("99999", "A"), ("unknown",), None),
            (joins("http://x.example.org/3", "A"), ("unknown",), None),
            (joins("http://x.example.org/3", "A", municipality="10003"), (), "10003"),
        ],
    )
    def test_members(self, press: Journal, claim: Record, marks: tuple[str, ...], municipality: str | None) -> None:
        """Who takes part is resolved, and the structure is the source's own."""
        tell(press, MERGER)
        (made,) = news(tell(press, publishes(claim))).made
        assert isinstance(made, Belonging)
        assert (made.of, made.words) == (claim["of"], "politie/A")
        assert (made.marks, made.municipality) == (marks, municipality)

    @pytest.mark.parametrize(
        ("claim", "marks", "municipality"),
        [
            (knows("10003", "Dorp 3"), (), "10003"),
            (knows("10003", "Elders", begins="2019-01-01", ends="2019-01-01"), (), "10003"),
            (knows("10001", "Dorp 1"), ("ended",), "10001"),
            (knows("10001", "Dorp 1", ends="2020-06-01"), ("ended",), "10001"),
            (knows("10001", "Dorp 1", valid_from="2020-05-31"), (), "10001"),
            (knows("99999", "Nergens"), ("unknown",), None),
            (knows("http://x.example.org/3", "Dorp 3"), ("unknown",), None),
            (knows("http://x.example.org/3", "Dorp 3", municipality="10003"), (), "10003"),
            (knows("99991", "onbekend", municipality="10003", marks=["placeholder"]), ("placeholder",), None),
        ],
    )
    def test_municipalities(
        self, press: Journal, claim: Record, marks: tuple[str, ...], municipality: str | None
    ) -> None:
        """What is listed is resolved by its code; whatever its days are, they are kept and change no municipality."""
        tell(press, MERGER)
        before = register(press)
        (made,) = news(tell(press, publishes(claim))).made
        assert isinstance(made, Listing)
        assert (made.marks, made.municipality) == (marks, municipality)
        days = [None if day is None else day.isoformat() for day in (made.begins, made.ends)]
        assert days == [claim.get("begins"), claim.get("ends")]
        assert register(press) == before

    def test_odd_claims_do_not_stop_the_others(self, press: Journal) -> None:
        """One publication full of oddities is one event with all of it, and is silent when it comes again."""
        oddities = [
            puts("99999", "Nergens"),
            puts("99991", "onbekend", marks=["placeholder"]),
            puts("10003", "Zuid"),
            puts("10003", "Zuid"),
            lists("Leeg"),
            merges("pz-x"),
        ]
        event = news(tell(press, publishes(*oddities)))
        assert [claim.marks for claim in event.made] == [
            ("unknown",),
            ("placeholder",),
            ("duplicate",),
            ("without-members",),
            ("unknown",),
        ]
        assert tell(press, publishes(*oddities)).silent == 1


class TestNames:
    """A region that is named is one of the register, by any name that it bears or bore."""

    RENAME = said("region-was-renamed", "2020-06-01", region="noord", name="Het Noorden", id="rename")

    def found(self, journal: Journal, name: str) -> tuple[str | None, tuple[str, ...]]:
        """What a name is resolved to, and how it is marked; in a placement and in a naming alike."""
        naming = {"says": "name-of-region", "of": f"code of {name}", "words": name}
        both = (puts("10005", name), naming)
        placed, named = news(tell(journal, publishes(*both))).made
        tell(journal, publishes(withdrawn=both))
        assert isinstance(placed, Placement)
        assert isinstance(named, Naming)
        assert (placed.region, placed.marks) == (named.region, named.marks)
        return named.region, named.marks

    def test_a_former_name_is_found_too(self, press: Journal) -> None:
        """Publishers go on using the old name for a while."""
        tell(press, self.RENAME)
        assert self.found(press, "Noord") == ("noord", ())
        assert self.found(press, "Het Noorden") == ("noord", ())

    def test_a_former_name_that_another_region_bears_now_is_ambiguous(self, press: Journal) -> None:
        """What could mean two regions means none."""
        tell(press, self.RENAME, TWIN)
        assert self.found(press, "Noord") == (None, ("ambiguous",))
        assert self.found(press, "Het Noorden") == ("noord", ())

    def test_a_name_that_never_was_is_not_found(self, press: Journal) -> None:
        """A corrected name is found, the wrong one is not."""
        tell(press, self.RENAME, correct("rename", name="Het Hoge Noorden"))
        assert self.found(press, "Het Noorden") == (None, ("unknown",))
        assert self.found(press, "Het Hoge Noorden") == ("noord", ())

    def test_proposed_regions_have_no_names_here(self, press: Journal) -> None:
        """A proposal is never meant, whether a real region bears that name or not."""
        proposed = {"p-noord": {"name": "Noord"}, "p-oost": {"name": "Oost"}}
        tell(press, said("regions-were-proposed", regions=proposed))
        assert self.found(press, "Noord") == ("noord", ())
        assert self.found(press, "Oost") == (None, ("unknown",))

    def test_a_name_is_said_of_what_the_code_means(self, press: Journal) -> None:
        """Whoever gives a region the name of another one still speaks of the first."""
        tell(press, region("west", code="REFREG99"))
        naming = {"says": "name-of-region", "of": "REFREG99", "words": "Noord"}
        (named,) = news(tell(press, publishes(naming))).made
        assert isinstance(named, Naming)
        assert (named.region, named.marks) == ("west", ())

    def test_a_code_and_an_address_are_names_too(self, press: Journal) -> None:
        """What a source calls a region by is found, also where that is no word."""
        address = "http://x.example.org/region/west"
        tell(press, region("west", code="REFREG99", iri=address))
        assert self.found(press, "REFREG99") == ("west", ())
        assert self.found(press, address) == ("west", ())


def test_a_municipality_in_two_regions_at_once_is_ambiguous(press: Journal) -> None:
    """Both are kept, in one publication or in two; from another day on it is no contradiction."""
    (one, other) = news(tell(press, publishes(puts("10001", "Noord"), puts("10001", "Zuid")))).made
    assert (one.marks, other.marks) == (("ambiguous",), ("ambiguous",))
    tell(press, publishes(puts("10002", "Noord")))
    (later,) = news(tell(press, publishes(puts("10002", "Zuid")))).made
    assert later.marks == ("ambiguous",)
    (announced,) = news(tell(press, publishes(puts("10003", "Noord", valid_from="2022-01-01")))).made
    assert announced.marks == ()


@pytest.mark.parametrize(
    ("words", "kept"), [("a\tb", True), ("a\u00adb", True), ("a\x07b", False), ("a\uffffb", False)]
)
def test_words_are_kept_as_far_as_a_document_can_hold_them(press: Journal, words: str, kept: bool) -> None:
    """A tab or a soft hyphen is the source's own; what XML cannot hold is refused with its field."""
    if kept:
        assert news(tell(press, publishes(puts("10001", words)))).made[0].words == words
    else:
        refused = refuses(press, publishes(puts("10001", words)), because="control character")
        assert refused.field == "made[0].words"
