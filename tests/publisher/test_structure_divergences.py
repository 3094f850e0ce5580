"""A source that names cooperation structures by their addresses: where it differs from the register, and where not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from regiolog.publisher.app import create_app
from regiolog.publisher.service import Service
from regiolog.publisher.settings import Settings
from regiolog.sync.folder import Folder
from tests.builders import BASE, Record, TurnedClock, said, small_register, tell
from tests.events.shorthand import newspaper, publishes
from tests.publisher.differing import divergences

X = "http://x.example.org/"
OWN = f"{BASE}id/cooperation/eigen"


def founded(key: str, name: str, iri: str | None, decision: str = "D1") -> Record:
    """A structure that a decision founded on 1 February 2020."""
    address = {} if iri is None else {"iri": iri}
    return said(
        "cooperation-was-founded", decision=decision, cooperation=key, name=name, id=f"founded/{key}", **address
    )


def members(kind: str, day: str, *who: Record, decision: str = "D1") -> Record:
    """An event about members of Zed."""
    fields = {"cooperation": "zed", "members": list(who), "id": f"{kind}/{day}"}
    return said(f"members-{kind}", day, decision=decision, **fields)


def lists(of: str, name: str) -> Record:
    """A claim that there is a structure."""
    return {"says": "structure", "of": of, "words": name, "type": "politiezone"}


def puts(of: str, structure: str, municipality: str) -> Record:
    """A claim that a municipality takes part in a structure."""
    return {"says": "member-of", "of": of, "words": structure, "municipality": municipality}


DECIDED = (
    *(founded(key, name, f"{X}{key}") for key, name in (("zed", "Zed"), ("oud", "Oud"), ("zelfde", "Zelfde"))),
    founded("eigen", "Eigen", None),
    members(
        "joined",
        "2020-03-01",
        {"organisation": f"{X}1", "municipality": "10001"},
        {"municipality": "10002"},
        {"organisation": f"{X}4"},
        {"organisation": f"{X}5", "municipality": "10005"},
    ),
    said("cooperations-were-merged", "2021-01-01", decision="D2", parts=["oud"], into="zed", id="merged"),
)
CLAIMED = (
    lists(f"{X}zed", " Zet "),
    lists(f"{X}oud", "Oud"),
    lists(f"{X}zelfde", " Zelfde "),
    lists(OWN, "Anders"),
    lists(f"{X}laat", "Laat?"),
    puts(f"{X}1", f"{X}zed", "10001"),
    puts(f"{X}2", f"{X}zed", "10002"),
    puts(f"{X}3", f"{X}zed", "10003"),
    puts(f"{X}4", f"{X}zed", "10004"),
    puts("10006", f"{X}zed", "10006"),
)
"""What is about the register's structures; of one it has not heard yet."""
ELSEWHERE = (
    *(lists(of, "Nergens") for of in ("politiezone/Zed", "zed", f"{X}nergens", "http://no address", "urn:x:zed")),
    *(puts(f"{X}3", of, "10003") for of in ("politiezone/Zed", "zed", f"{X}nergens", "http://no address", f"{X}oud")),
    puts(f"{X}7", f"{X}zed", "99999"),
)
"""What is about none of its structures, or none that stands, or about a municipality that nobody knows."""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """A small register on 1 June 2021, what a newspaper then says of its structures, and what is decided in July."""
    data = tmp_path_factory.mktemp("structures")
    clock = TurnedClock()
    folder = Folder(data, create=True, clock=clock)
    tell(folder.journal, *small_register(), *DECIDED, newspaper("krant"), clock=clock)
    clock.turn(days=1)
    publication = publishes(*CLAIMED, *ELSEWHERE, valid_from="2020-06-01", id="list")
    tell(folder.journal, publication, clock=clock)
    clock.turn(days=30)
    tell(
        folder.journal,
        founded("laat", "Laat", f"{X}laat", decision="D2"),
        members("joined", "2021-01-01", {"organisation": f"{X}3", "municipality": "10003"}),
        members("left", "2021-01-01", {"municipality": "10002"}, decision="D2"),
        clock=clock,
    )
    clock.turn(days=30)
    tell(folder.journal, publishes(withdrawn=(lists(OWN, "Anders"),), document="v2", id="less"), clock=clock)
    folder.close()
    with Service.open(Settings(data=data), clock=clock) as opened:
        yield create_app(opened).test_client()


def differing(client: FlaskClient, **moment: str) -> list[tuple[str, str, str]]:
    """The structure, and what each of the two says."""
    return [
        (row["subject"].rpartition("/")[2], row["source_says"], row["register_says"])
        for row in divergences(client, **moment)
    ]


def known(client: FlaskClient, source_says: str, of: str = "zed", **moment: str) -> tuple[str, ...]:
    """Of the row in which the source says something of a structure: the days of knowing, the events, the decision."""
    rows = divergences(client, **moment)
    (row,) = [row for row in rows if (row["subject"].rpartition("/")[2], row["source_says"]) == (of, source_says)]
    assert (row["source"], row["document"]) == ("krant", "v1")
    days = (row["known_from"][:10], row["known_to"][:10])
    return (*days, row["claim_event"], row["register_event"], row["decision"])


JUNE = {"at": "2021-06-15", "known": "2021-06-15"}
"""When the newspaper had spoken, and the decisions of July were not known."""


def test_one_row_for_each_contrary_word(client: FlaskClient) -> None:
    """Another name, a structure that ended, a member that is none; agreement, spaces, silence and layers are none."""
    assert differing(client, **JUNE) == [
        ("eigen", "Anders", "Eigen"),
        ("oud", "listed", "ended on 2021-01-01: became zed"),
        ("zed", "Zet", "Zed"),
        ("zed", "member 10003 Dorp 3", "no member"),
        ("zed", "member 10006 Dorp 6", "no member"),
    ]


def test_what_still_stands_may_be_listed(client: FlaskClient) -> None:
    """Until it ends only its members may differ; nothing does before the claims hold, or before they were known."""
    eve = differing(client, at="2020-12-31", known="2021-06-15")
    assert [row for row in eve if row[0] == "oud"] == [("oud", "member 10003 Dorp 3", "no member")]
    assert ("oud", "listed", "ended on 2021-01-01: became zed") in differing(client, at="2021-01-01")
    assert differing(client, at="2020-05-31", known="2021-06-15") == []
    assert differing(client, at="2021-06-01", known="2021-06-01") == []


def test_what_is_decided_later_is_another_difference(client: FlaskClient) -> None:
    """One joined and is none any more, one left, and one was founded by the address that the source knew already."""
    assert differing(client) == [
        ("laat", "Laat?", "Laat"),
        ("oud", "listed", "ended on 2021-01-01: became zed"),
        ("zed", "Zet", "Zed"),
        ("zed", "member 10002 Dorp 2", "no member"),
        ("zed", "member 10006 Dorp 6", "no member"),
    ]
    eve = differing(client, at="2020-12-31")
    assert ("zed", "member 10003 Dorp 3", "no member") in eve
    assert ("zed", "member 10002 Dorp 2", "no member") not in eve


def test_a_name_rests_on_what_gave_it(client: FlaskClient) -> None:
    """The founding and its decision; known from the later of the two on, until the source takes its word back."""
    assert known(client, "Zet") == ("2021-06-02", "", "14", "7", "D1")
    assert known(client, "Anders", of="eigen", **JUNE) == ("2021-06-02", "2021-08-01", "14", "10", "D1")
    assert known(client, "Laat?", of="laat") == ("2021-07-02", "", "14", "15", "D2")


def test_an_end_rests_on_what_ended_it(client: FlaskClient) -> None:
    """The merger and its decision."""
    assert known(client, "listed", of="oud") == ("2021-06-02", "", "14", "12", "D2")


def test_no_member_is_known_since_it_was_none(client: FlaskClient) -> None:
    """From when the structure was held without it, or since it left, until it is known to have been one."""
    assert known(client, "member 10006 Dorp 6") == ("2021-06-02", "", "14", "7", "D1")
    assert known(client, "member 10002 Dorp 2") == ("2021-07-02", "", "14", "17", "D2")
    assert known(client, "member 10003 Dorp 3", **JUNE) == ("2021-06-02", "2021-07-02", "14", "7", "D1")
    assert known(client, "member 10003 Dorp 3", at="2020-12-31") == ("2021-06-02", "", "14", "7", "D1")
