"""Whoever has read the whole feed holds what the register holds: the same statements, as many, with the same days."""

from __future__ import annotations

import pytest

from regiolog.ontology import terms
from tests.builders import said
from tests.events.shorthand import newspaper, publishes, puts, retract
from tests.feed.fed import Fed
from tests.feed.held import believed, digest, held, newest
from tests.feed.held import said as told
from tests.feed.reader import FORMS


@pytest.mark.parametrize("form", FORMS)
def test_a_client_holds_what_the_register_holds(flemish: Fed, form: str) -> None:
    """Read in any form, the newest version objects say what is believed of all things, count and digest."""
    ours, theirs = believed(flemish.history), held(flemish.reader(form).run())
    assert theirs.total() == ours.total() > 20_000
    assert digest(theirs) == digest(ours)


def test_what_two_things_say_alike_each_says(small: Fed) -> None:
    """Two municipalities with one authority: who follows one is told of it, whatever becomes of the other."""
    authority = "http://x.example.org/authority"
    for nis in ("10001", "10002"):
        small.tell(
            said("authorities-were-linked", authorities={nis: {"authority": authority, "kbo": "0123456789"}}, id=nis)
        )
    of_authority = (f"<{authority}>", f"<{terms.DCTERMS_IDENTIFIER}>", '"0123456789"')
    for withdrawn, left in (("10001", {"10002"}), ("10002", set())):
        small.tell(retract(withdrawn))
        members = small.reader().run()
        sayers = {
            member.value(terms.DCTERMS_IDENTIFIER)
            for member in newest(members).values()
            if any(each[:3] == of_authority for each in told(member))
        }
        assert sayers == left
        assert held(members) == believed(small.history)


def test_claims_and_proposals_are_no_members(small: Fed) -> None:
    """Registering a source, its claims and a proposal change none of what the feed brings."""
    before = len(small.reader().run())
    small.tell(newspaper("krant"), publishes(puts("10001", "Noord")))
    small.tell(said("regions-were-proposed", decision="D2", regions={"v1": {"name": "Een"}}))
    members = small.reader().run()
    assert held(members) == believed(small.history)
    assert len(members) == before
