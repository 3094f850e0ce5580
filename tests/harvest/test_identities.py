"""Identities first, then names: what a code or a name means, and that a new name moves nobody."""

from __future__ import annotations

from collections.abc import Callable

from regiolog.events.claim import Naming, Placement
from regiolog.sync.harvest.harvesting import Harvester
from tests.builders import region as designated
from tests.builders import tell
from tests.harvest.lists import NAMES, PLACED, REGIONS, Register, declaration, regions_csv


def test_a_renamed_region_is_one_name_and_moves_nobody(register: Register) -> None:
    """With its code unchanged, a region's new name is one name withdrawn and one made."""
    register.harvest()
    register.publish("regions.csv", regions_csv(names={"R1": "Het Noorden", "R2": "Zuid"}))
    report = register.harvest()
    last = register.publications()[-1]
    assert (report.made, report.withdrawn) == (1, 1)
    assert [type(claim) for claim in (*last.made, *last.withdrawn)] == [Naming, Naming]
    assert last.made[0] == Naming(of="R1", words="Het Noorden", region="noord", marks=last.made[0].marks)


def test_a_region_that_is_known_by_its_name_alone_may_be_renamed(begin: Callable[..., Register]) -> None:
    """Where a table gives no code, a name that takes another's place for the same municipalities is the same region."""
    register = begin(krant=declaration(mapping={**REGIONS, "region": ["name"], "name": []}))
    register.publish("regions.csv", regions_csv())
    register.harvest()
    register.publish("regions.csv", regions_csv(names={"R1": "Poolstreek", "R2": "Zuid"}))
    assert register.harvest().outcome == "new"
    regions = {claim.of: claim.region for claim in register.saying().values() if isinstance(claim, Placement)}
    assert regions == {"10001": "noord", "10002": "noord", "10003": "zuid", "10004": "zuid"}
    assert register.placed()["10001"] == "Poolstreek"


def test_a_municipality_in_two_regions_is_no_sign_of_a_new_name(begin: Callable[..., Register]) -> None:
    """Where names are all that there is, one that stands in two regions tells nothing of what they are called now."""
    register = begin(krant=declaration(mapping={**REGIONS, "region": ["name"], "name": []}))
    register.publish("regions.csv", b"code,region,name\n10001,,Noord\n10001,,Zuid\n")
    register.harvest()
    register.publish("regions.csv", b"code,region,name\n10001,,Pool\n10001,,Oost\n")
    register.harvest(accept=True)
    assert {getattr(claim, "region", None) for claim in register.saying().values()} == {None}


def test_a_rename_with_a_move_in_it_is_still_a_rename(begin: Callable[..., Register]) -> None:
    """Where most of a region's municipalities go by a new name, that is its name, though one of them left."""
    register = begin(krant=declaration(mapping={**REGIONS, "region": ["name"], "name": []}))
    placed = {"10001": "R1", "10002": "R1", "10003": "R1", "10004": "R2"}
    register.publish("regions.csv", regions_csv(placed))
    register.harvest()
    register.publish("regions.csv", regions_csv({**placed, "10003": "R2"}, {"R1": "Poolstreek", "R2": "Zuid"}))
    report = register.harvest(accept=True)
    regions = {claim.of: claim.region for claim in register.saying().values() if isinstance(claim, Placement)}
    assert regions == {"10001": "noord", "10002": "noord", "10003": "zuid", "10004": "zuid"}
    assert "10001: Noord → Poolstreek" in report.changes


def test_a_region_with_another_code_and_another_name_is_the_same(register: Register) -> None:
    """The name goes with the code that takes the place of another for the same municipalities."""
    register.harvest()
    register.publish(
        "regions.csv", regions_csv({**PLACED, "10001": "X7", "10002": "X7"}, {"X7": "Het Noorden", "R2": "Zuid"})
    )
    register.harvest(accept=True)
    assert {
        getattr(claim, "region", "") for bare, claim in register.saying().items() if "X7" in (bare.of, bare.words)
    } == {"noord"}


def test_what_is_known_later_is_read_anew(register: Register) -> None:
    """A name that nobody knew is found once the register knows it, though the document is what it was."""
    register.publish("regions.csv", regions_csv({**PLACED, "10005": "R3"}, {**NAMES, "R3": "Oost"}))
    assert register.harvest().marked == {"unknown": 2}
    assert register.harvest().outcome == "unchanged"
    register.clock.turn(minutes=1)
    tell(register.folder.journal, designated("oost"), clock=register.clock)
    report = register.harvest()
    assert (report.outcome, report.made, report.withdrawn, report.marked) == ("new", 2, 2, {})
    assert register.saying()[Placement(of="10005", words="R3")] == Placement(
        of="10005", words="R3", municipality="10005", region="oost"
    )
    assert register.harvest().outcome == "unchanged"


def test_two_documents_of_one_source_leave_each_other_alone(begin: Callable[..., Register]) -> None:
    """A complete document withdraws what it said itself, and nothing that another document of its source says."""
    register = begin(krant=declaration(), more=declaration(location="more.csv", document="more.csv", complete=False))
    register.publish("regions.csv", regions_csv())
    register.publish("more.csv", regions_csv({"10005": "R2"}, {}))
    assert (register.harvest("krant").made, register.harvest("more").made) == (6, 1)
    register.publish("regions.csv", regions_csv({**PLACED, "10001": "R2"}))
    assert (register.harvest("krant").withdrawn, register.placed()["10005"]) == (1, "R2")
    for _ in range(3):
        assert {register.harvest(name).outcome for name in ("krant", "more")} <= {"silent", "unchanged"}
    assert {register.harvest(name).outcome for name in ("krant", "more")} == {"unchanged"}


def test_what_another_document_says_too_is_said_again(begin: Callable[..., Register]) -> None:
    """What one document withdraws and another still says comes back with that one, and stays."""
    register = begin(krant=declaration(), more=declaration(location="more.csv", document="more.csv", complete=False))
    register.publish("regions.csv", regions_csv())
    register.publish("more.csv", regions_csv({"10001": "R1"}, {}))
    assert (register.harvest("krant").made, register.harvest("more").made) == (6, 0)
    register.publish("regions.csv", regions_csv({code: PLACED[code] for code in list(PLACED)[1:]}))
    assert (register.harvest("krant").withdrawn, register.harvest("more").made) == (1, 1)
    for _ in range(3):
        assert {register.harvest(name).outcome for name in ("krant", "more")} <= {"silent", "unchanged"}
    assert register.placed() == PLACED


def test_what_a_registrar_retracts_stays_retracted(register: Register) -> None:
    """A correction is the register's own word: the document that it is about is not read again for it."""
    register.harvest()
    publication = register.publications()[-1]
    record = {"kind": "event-was-retracted", "retracts": publication.id, "reason": "a test", "source": ["a test"]}
    tell(register.folder.journal, record, clock=register.clock)
    assert (register.harvest().outcome, register.saying()) == ("unchanged", {})


def test_a_region_that_nobody_knows_may_be_renamed(begin: Callable[..., Register]) -> None:
    """Sixty municipalities under a new name are no large change, though the register never had that region."""
    register = begin(krant=declaration(mapping={**REGIONS, "region": ["name"], "name": []}))
    placed = {f"2{number:04}": "R1" for number in range(60)}
    register.publish("regions.csv", regions_csv(placed, {"R1": "Verweg"}))
    register.harvest()
    register.publish("regions.csv", regions_csv(placed, {"R1": "Nog verder"}))
    assert register.harvest().outcome == "new"


def test_authority_that_is_given_later_is_seen(register: Register) -> None:
    """Who may say what is part of how a document is read."""
    register.harvest()
    may = Harvester(register.folder, register.sources, authority={"krant": frozenset({"municipality-was-named"})})
    assert may.harvest("krant").outcome == "silent"
    assert may.harvest("krant").outcome == "unchanged"


def test_the_official_address_of_a_municipality_is_that_municipality(register: Register) -> None:
    """A table, or the rows of an endpoint, may name municipalities by their addresses."""
    official = "https://data.vlaanderen.be/id/gemeente/10001"
    register.publish("regions.csv", regions_csv({official: "R1"}))
    register.harvest()
    assert Placement(of=official, words="R1", municipality="10001", region="noord") in register.saying().values()


def test_unknown_and_placeholder_codes_are_kept_and_marked(register: Register) -> None:
    """What stands for nothing that we know is kept as it was said, and the report counts it."""
    register.declare("krant", declaration(mapping={**REGIONS, "placeholders": "9999[0-9]"}))
    register.publish("regions.csv", regions_csv({**PLACED, "88888": "R1", "99991": "R9"}))
    report = register.harvest()
    assert report.marked == {"unknown": 2, "placeholder": 1}
    assert register.placed()["99991"] == "R9"


def test_a_key_given_twice_is_marked(register: Register) -> None:
    """A row given twice is said once; a municipality in two regions is said as it stands. Both are marked."""
    register.publish("regions.csv", regions_csv() + b"10001,R1,Noord\n10002,R2,Zuid\n")
    report = register.harvest()
    assert report.marked == {"duplicate": 1, "ambiguous": 2}
    assert report.made == 8
