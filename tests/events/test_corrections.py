"""Being wrong: corrections and retractions are held to the same rules, and name what they are about."""

from __future__ import annotations

import pytest

from regiolog.events.correction import EventWasCorrected
from regiolog.events.journal import Journal
from tests.builders import Record, refuses, said, tell
from tests.events.shorthand import correct

RENAME = said("municipality-was-renamed", municipality="10001", name="Nieuwdorp")
MERGER = said(
    "municipalities-were-merged",
    "2022-01-01",
    merged=["10001", "10002"],
    into={"nis": "20001", "name": "Groot", "province": "10000", "region": "noord"},
)


class TestCorrections:
    """We were wrong: another event, with the reason."""

    def test_a_correction_names_the_event_and_puts_another_in_its_place(self, journal: Journal) -> None:
        """A correction keeps what the event should have said, whole."""
        tell(journal, {**RENAME, "id": "rename"})
        tell(
            journal,
            {
                "kind": "event-was-corrected",
                "corrects": "rename",
                "reason": "typing error",
                "change": {"name": "Nieuwdorpe"},
                "source": ["Staatsblad"],
            },
        )
        stored = journal.at(8)
        assert stored is not None
        assert stored.event.replacement.name == "Nieuwdorpe"  # type: ignore[attr-defined]
        assert "municipality:10001" in stored.event.tags()

    def test_by_position_too(self, journal: Journal) -> None:
        """An event can be named by its position."""
        tell(journal, RENAME)
        change = {"name": "Nieuwdorpe"}
        tell(
            journal,
            {"kind": "event-was-corrected", "corrects": 7, "reason": "r", "change": change, "source": ["s"]},
        )
        assert journal.head() == 8

    def correct(self, target: str | int, **change: object) -> Record:
        """A correction of some fields."""
        return {
            "kind": "event-was-corrected",
            "corrects": target,
            "reason": "wrong",
            "change": change,
            "source": ["s"],
        }

    def retract(self, target: str | int) -> Record:
        """A retraction."""
        return {"kind": "event-was-retracted", "retracts": target, "reason": "never so", "source": ["s"]}

    def test_the_same_correction_again_is_silent(self, journal: Journal) -> None:
        """A correction that changes nothing records nothing."""
        tell(journal, {**RENAME, "id": "rename"})
        tell(journal, {**self.correct("rename", name="B"), "id": "c"})
        assert tell(journal, {**self.correct("rename", name="B"), "id": "c"}).silent == 1
        assert tell(journal, self.correct("c", name="B")).silent == 1

    def test_an_id_in_use_for_another_correction_is_refused(self, journal: Journal) -> None:
        """A correction is never taken for another one that bears its id."""
        tell(journal, {**RENAME, "id": "rename"}, {**self.correct("rename", name="B"), "id": "c"})
        refuses(journal, {**self.correct("demarcation", note="x"), "id": "c"}, because="in use for something else")
        refuses(journal, {**self.retract("demarcation"), "id": "c"}, because="in use for something else")
        refuses(journal, {**self.correct("demarcation", decision="D1"), "id": "c"}, because="in use for something else")

    def test_a_second_correction_names_the_first(self, journal: Journal) -> None:
        """Whoever corrects must have seen the last word on it."""
        tell(journal, {**RENAME, "id": "rename"})
        tell(journal, {**self.correct("rename", name="B"), "id": "first"})
        refuses(journal, self.correct("rename", name="C"), because="name first instead")
        tell(journal, self.correct("first", name="C"))

    def test_what_was_retracted_is_gone(self, journal: Journal) -> None:
        """A retraction takes an event back; it can be recorded anew."""
        tell(journal, {**RENAME, "id": "rename"})
        tell(journal, {**self.retract("rename"), "id": "gone"})
        refuses(journal, self.retract("rename"), because="was retracted")
        assert len(tell(journal, RENAME).recorded) == 1

    def test_a_retraction_that_breaks_a_later_event_is_refused(self, journal: Journal) -> None:
        """The refusal names the event that would be impossible."""
        tell(journal, {**MERGER, "id": "merger"})
        tell(journal, {**RENAME, "municipality": "20001", "valid_from": "2023-01-01", "id": "later"})
        refused = refuses(journal, self.retract("merger"), because="later event impossible")
        assert refused.event == "event 8, later"

    def test_a_designation_with_members_cannot_be_retracted(self, journal: Journal) -> None:
        """A region cannot be unmade under its municipalities."""
        refused = refuses(journal, self.retract("region/noord"), because="not demarcated")
        assert refused.event == "event 6, demarcation"

    def test_a_decision_that_carries_something_cannot_be_retracted(self, journal: Journal) -> None:
        """A decision cannot be unmade under what rests on it."""
        refuses(journal, self.retract("D1/registration"), because="carries what rests on it")
        assert len(tell(journal, self.retract("D2/registration")).recorded) == 1

    def test_one_assignment_of_a_demarcation_can_be_corrected(self, journal: Journal) -> None:
        """A merge patch changes one municipality and leaves the others as they were."""
        tell(journal, self.correct("demarcation", assignments={"10001": "zuid", "10002": None}))
        stored = journal.at(7)
        assert stored is not None
        assert stored.event.replacement.assignments == {  # type: ignore[attr-defined]
            "10001": "zuid",
            "10003": "zuid",
            "10004": "zuid",
        }

    @pytest.mark.parametrize(
        ("target", "change", "because"),
        [
            ("beginning", {"provinces": {"40000": None}}, "cannot be taken away"),
            ("beginning", {"municipalities": {"10001": {"province": "70000"}}}, "province 70000 is unknown"),
            ("beginning", {"base_iri": "http://example.org/"}, "published name"),
            ("region/noord", {"iri": "http://example.org/noord"}, "published name"),
            ("D1/registration", {"decision": "D9"}, "published name"),
            ("demarcation", {"kind": "municipality-was-assigned"}, "cannot change it"),
            ("demarcation", {"strange": 1}, "no such field"),
            ("demarcation", {"valid_from": None}, "from which day"),
            ("demarcation", {"valid_from": "2020-13-01"}, "does not exist"),
            ("demarcation", {"assignments": {"99999": "noord"}}, "NIS code 99999 is unknown"),
            ("demarcation", {"assignments": {"10005": "west"}}, "region west is unknown"),
            ("nothing", {"name": "x"}, "no event nothing"),
            (99, {"name": "x"}, "no event 99"),
        ],
    )
    def test_bad_corrections_are_refused(
        self, journal: Journal, target: str | int, change: Record, because: str
    ) -> None:
        """A correction is held to the same rules as what it corrects, and published names stay."""
        refuses(journal, self.correct(target, **change), because=because)

    def test_the_beginning_cannot_be_retracted(self, journal: Journal) -> None:
        """There is no register without its beginning."""
        refuses(journal, self.retract("beginning"), because="cannot be retracted")


def test_what_a_run_recorded_can_be_corrected(journal: Journal) -> None:
    """Which run recorded the event stays with it; the correction is of no run."""
    told = said("municipality-was-renamed", municipality="10001", name="Nieuwdorp", id="rename")
    tell(journal, told, run="night")
    ((_, correction),) = tell(journal, {**correct("rename", name="Nieuwerdorp"), "id": "better"}).recorded
    assert isinstance(correction, EventWasCorrected)
    assert (correction.run, correction.replacement.run) == (None, "night")
    assert tell(journal, told).recorded == []
    refuses(journal, {**told, "id": "other", "run": "night"}, because="run")
