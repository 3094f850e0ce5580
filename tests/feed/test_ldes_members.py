"""LDES 1.0, members: L12 to L17 and L24 to L27 of the conformance points, over the archive and over what befalls it."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyshacl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse, serialize
from rdflib import Graph

from regiolog.ontology import terms
from tests.builders import Record, TurnedClock, decision, region, said, small_register, tell
from tests.events.shorthand import correct, retract
from tests.feed.fed import Fed, begun
from tests.feed.held import act, believed, held, newest, place
from tests.feed.held import said as told
from tests.feed.page import TYPE, XSD, Page
from tests.feed.reader import FORMS, LDES, TREE, Member, canonical, fetch

BASE = "http://localhost:8000/"
NOORD = f"{BASE}id/region/noord"
TOWN = "https://data.vlaanderen.be/id/gemeente/10001"
SHACL = "http://www.w3.org/ns/shacl#"


def renamed(name: str, nis: str = "10001", valid_from: str = "2021-01-01", **fields: Any) -> Record:
    """A municipality goes by another name."""
    return said("municipality-was-renamed", valid_from, municipality=nis, name=name, **fields)


def of(members: list[Member], thing: str) -> list[Member]:
    """The version objects of one thing, in order."""
    return sorted((each for each in members if each.value(terms.DCTERMS_IS_VERSION_OF) == thing), key=place)


def test_l12_whoever_traverses_has_it_all(flemish: Fed, harvest: list[Member]) -> None:
    """As many members as things were changed by events, none twice, from the first event to the last."""
    changed = {(each.kind, each.key, each.position, each.act) for each in flemish.history.turned(0, 10**9)}
    assert len(harvest) == len({member.iri for member in harvest}) == len(changed)
    assert min(map(place, harvest)) == 1
    assert held(harvest) == believed(flemish.history)


@pytest.mark.parametrize("form", FORMS)
def test_l13_members_are_addresses_of_the_stream(flemish: Fed, form: str) -> None:
    """The subject of each `tree:member` is the stream, its object an IRI."""
    answer = fetch(f"{flemish.url}feed/3", form)
    page = Page(answer.url, answer.quads)
    links = [quad for quad in page.quads if quad.predicate.value == f"{TREE}member"]
    assert links
    assert {quad.subject for quad in links} == {NamedNode(page.stream)}
    assert all(isinstance(quad.object, NamedNode) for quad in links)


def test_l14_a_member_stays_as_it_is(small: Fed) -> None:
    """Months later, after all of it was corrected or withdrawn, in every form, on its page and by itself."""
    small.tell(renamed("Aa", id="aa"))
    before = {member.iri: canonical(member.quads) for member in small.reader().run()}
    small.clock.turn(days=200)
    small.tell(correct("aa", name="Bé"), retract("demarcation"), retract("D2/registration"), renamed("C", "10002"))
    for form in FORMS:
        after = {member.iri: canonical(member.quads) for member in small.reader(form).run()}
        assert {iri: after[iri] for iri in before} == before
        assert len(after) > len(before)
        for iri, text in before.items():
            own = small.get(iri.removeprefix(BASE), form)
            assert canonical(parse(own.data, format=FORMS[form], base_iri=iri)) == text


def test_l15_no_member_is_on_two_pages(pages: list[Page]) -> None:
    """So none can be on one of them, and not yet on the other."""
    places = [(iri, page.url) for page in pages for iri in page.members]
    assert len(places) == len({iri for iri, _ in places})


@pytest.mark.parametrize("form", ["application/n-quads", "application/trig", "application/ld+json"])
def test_l16_no_payload_is_in_a_named_graph(flemish: Fed, form: str) -> None:
    """Forms that have named graphs use none: all clients find all of a member in the default graph."""
    quads = fetch(f"{flemish.url}feed/2", form).quads
    assert {str(quad.graph_name) for quad in quads} == {"DEFAULT"}


turns = st.lists(st.integers(-400, 40), min_size=2, max_size=12)


@settings(deadline=None, max_examples=5, suppress_health_check=[HealthCheck.too_slow])
@given(turns)
def test_l17_no_member_comes_with_an_earlier_instant(days: list[int]) -> None:
    """Whatever the clock does, instants rise with positions, while what it showed is told as it was."""
    with TemporaryDirectory() as path:
        clock = TurnedClock()
        data = begun(Path(path), clock, lambda journal: tell(journal, *small_register(), clock=clock))
        shown: dict[int, datetime] = {}
        with Fed(data, clock) as fed:
            reader = fed.reader()
            latest = max(known(member) for member in reader.run())
            for number, by in enumerate(days):
                clock.turn(days=by, seconds=1)
                (position,) = fed.tell(renamed(f"Naam {number}", valid_from=f"2021-01-{number + 1:02}"))
                shown[position] = clock.now
                (member,) = reader.run()
                assert place(member) == position
                assert known(member) >= latest, f"day {by}"
                assert known(member) == max(latest, clock.now)
                assert datetime.fromisoformat(member.value(terms.RL_RECORDED_AT)) == clock.now
                latest = known(member)
            assert [known(each) for each in sorted(fed.reader().run(), key=place)][-1] == latest


def known(member: Member) -> datetime:
    """Since when it is known."""
    return datetime.fromisoformat(member.value(terms.PROV_GENERATED_AT_TIME))


def test_l17_backfill_is_known_since_its_publication(harvest: list[Member]) -> None:
    """What the archive dates back is in order by that day, and says that it was recorded much later."""
    in_order = sorted(harvest, key=place)
    instants = [known(member) for member in in_order]
    assert instants == sorted(instants)
    assert instants[0] == datetime(2017, 12, 31, 23, tzinfo=UTC)
    assert {member.value(terms.RL_RECORDED_AT) for member in harvest} == {"2026-06-01T12:00:00Z"}


def test_l24_a_back_dated_correction_is_the_latest_version(small: Fed) -> None:
    """No other order of versions is declared than that of the stream, and by it the newest is what is believed."""
    root = fetch(f"{small.url}feed", "application/n-quads")
    page = Page(root.url, root.quads)
    for name in ("versionTimestampPath", "versionSequencePath"):
        assert not page.values(page.stream, f"{LDES}{name}")
    small.tell(renamed("Later", valid_from="2022-01-01", id="later"))
    (at,) = small.tell(renamed("Vroeger", valid_from="2019-01-01", decision="D2"))
    latest = newest(small.reader().run())[TOWN]
    assert place(latest) == at
    names = {each[2] for each in told(latest) if each[1] == f"<{terms.RDFS_LABEL}>"}
    assert {'"Later"@nl', '"Vroeger"@nl'} <= names
    assert held(small.reader().run()) == believed(small.history)


def test_l25_what_ends_and_what_is_withdrawn(small: Fed) -> None:
    """A thing that ended is updated, for its days are still told; one that never was is deleted, and says nothing."""
    small.tell(region("west"), region("oost"))
    small.tell(said("region-was-ended", "2021-05-01", region="oost", decision="D2"))
    (withdrawn,) = small.tell(retract("region/west"))
    members = small.reader().run()
    west, east = (of(members, f"{BASE}id/region/{key}") for key in ("west", "oost"))
    assert [act(each) for each in east] == [terms.AS_CREATE, terms.AS_UPDATE]
    assert told(east[-1])
    assert [act(each) for each in west] == [terms.AS_CREATE, terms.AS_DELETE]
    assert place(west[-1]) == withdrawn
    assert not told(west[-1])
    assert west[-1].value(terms.DCTERMS_IDENTIFIER) == "west"


def test_l25_what_is_said_again_is_created_again(small: Fed) -> None:
    """After a retraction the same key may begin anew, as another creation."""
    small.tell(region("west"))
    small.tell(retract("region/west"))
    small.tell({**region("west"), "id": "again", "name": "Westen"})
    west = of(small.reader().run(), f"{BASE}id/region/west")
    assert [act(each) for each in west] == [terms.AS_CREATE, terms.AS_DELETE, terms.AS_CREATE]
    assert held(small.reader().run()) == believed(small.history)


def test_l25_a_thing_that_gets_another_address_is_gone_and_created(small: Fed) -> None:
    """What went by our address goes by its publisher's once its announcement is withdrawn: one ends, one begins."""
    official, ours = "http://x.example.org/west", f"{BASE}id/region/west"
    reader = small.reader()
    small.tell(said("region-was-announced", "2020-01-15", region="west", id="announced"))
    small.tell(region("west", iri=official))
    reader.run()
    (position,) = small.tell(retract("announced"))
    found = {member.iri: member for member in reader.run()}
    gone, begins = found[f"{BASE}feed/region/west/{position}/gone"], found[f"{BASE}feed/region/west/{position}"]
    assert (act(gone), gone.value(terms.DCTERMS_IS_VERSION_OF)) == (terms.AS_DELETE, ours)
    assert act(begins) == terms.AS_CREATE
    assert begins.value(terms.DCTERMS_IS_VERSION_OF) == official
    assert not told(gone)
    assert list(found).index(gone.iri) < list(found).index(begins.iri)
    assert held(small.reader().run()) == believed(small.history)
    for each in (gone, begins):
        own = small.get(each.iri.removeprefix(BASE), "application/n-triples")
        assert canonical(parse(own.data, format=RdfFormat.N_TRIPLES)) == canonical(each.quads)


def test_l25_each_member_does_one_thing(pages: list[Page], harvest: list[Member]) -> None:
    """It has one of the three classes that the root declares, under the path that it declares for each."""
    root = pages[0]
    declared = {}
    for name in ("Create", "Update", "Delete"):
        assert root.values(root.stream, f"{LDES}version{name}Path") == (NamedNode(TYPE),)
        (declared[name],) = root.values(root.stream, f"{LDES}version{name}Object")
    for member in harvest:
        assert sum(value in declared.values() for value in member.values(TYPE)) == 1


def test_l26_a_merger_is_one_transaction(flemish: Fed, harvest: list[Member]) -> None:
    """The merger of 2025 that made Beveren-Kruibeke-Zwijndrecht: three municipalities and the new one at once."""
    transactions = defaultdict(list)
    for member in sorted(harvest, key=place):
        transactions[member.value(terms.PROV_WAS_GENERATED_BY)].append(member)
    (new,) = (each for each in harvest if "/municipality/46030/" in each.iri and act(each) == terms.AS_CREATE)
    merger = transactions[new.value(terms.PROV_WAS_GENERATED_BY)]
    keys = {each.value(terms.DCTERMS_IDENTIFIER) for each in merger if "/municipality/" in each.iri}
    assert {"11056", "46003", "46013", "46030"} <= keys
    assert len({place(each) for each in merger}) == 1


def test_l26_a_transaction_is_finalised_by_its_last_member(pages: list[Page], harvest: list[Member]) -> None:
    """By the value that the root declares, at the same place as the rest, on the same page, and after them."""
    root = pages[0]
    (value,) = root.values(root.stream, f"{LDES}transactionFinalizedObject")
    assert value == Literal("true", datatype=NamedNode(f"{XSD}boolean"))
    by_iri = {member.iri: member for member in harvest}
    finalised: dict[str, str] = {}
    for page in pages:
        for iri in page.members:
            transaction = by_iri[iri].value(terms.PROV_WAS_GENERATED_BY)
            assert transaction not in finalised, f"{iri} comes after the end of its transaction"
            if by_iri[iri].values(terms.RL_LAST_OF_EVENT) == [value]:
                finalised[transaction] = iri
    assert set(finalised) == {member.value(terms.PROV_WAS_GENERATED_BY) for member in harvest}


def shapes(root: Page) -> Graph:
    """The shapes that the root carries, with every member as a target of the one that it names."""
    about = [quad for quad in root.quads if str(quad.subject).startswith("<https://w3id.org/regiolog/ns#")]
    (shape,) = root.values(root.stream, f"{TREE}shape")
    targets = Quad(shape, NamedNode(f"{SHACL}targetObjectsOf"), NamedNode(f"{TREE}member"))  # type: ignore[arg-type]
    return graph([*about, targets])


def graph(quads: list[Quad]) -> Graph:
    """Quads as a graph of rdflib."""
    return Graph().parse(data=serialize(quads, format=RdfFormat.N_QUADS) or b"", format="nt")


def conforms(page: Page, shape: Graph) -> tuple[bool, str]:
    """Whether the members of a page pass a shape, and why not."""
    passed, _, why = pyshacl.validate(graph(page.quads), shacl_graph=shape, inference="none")
    return passed, why


def test_l27_members_pass_the_shape_of_the_root(flemish: Fed, pages: list[Page]) -> None:
    """Each `tree:member` is a focus node of the one shape that `tree:shape` names, and conforms."""
    shape = shapes(pages[0])
    assert len(pages[0].values(pages[0].stream, f"{TREE}shape")) == 1
    leaves = [page for page in pages if page.members]
    for page in leaves[:: max(1, len(leaves) // 4)]:
        passed, why = conforms(page, shape)
        assert passed, why


def test_l27_whatever_befalls_a_thing_its_versions_pass(small: Fed) -> None:
    """Corrected, deleted, and named in letters that need care."""
    small.tell(region("west", iri="http://x.example.org/west"), decision("D-9", title='"\\ é \U0001f600'))
    small.tell(renamed('Aa "b" \\ é <x> ^^'), retract("demarcation"), {**correct("region/west", name="W"), "id": "w"})
    small.tell(retract("w"), retract("D-9/registration"))
    answer = fetch(f"{small.url}feed/1", "application/n-quads")
    root = fetch(f"{small.url}feed", "application/n-quads")
    passed, why = conforms(Page(answer.url, answer.quads), shapes(Page(root.url, root.quads)))
    assert passed, why
    assert held(small.reader().run()) == believed(small.history)


@pytest.mark.parametrize(
    "broken",
    [terms.DCTERMS_IS_VERSION_OF, terms.RL_POSITION, terms.PROV_GENERATED_AT_TIME, terms.PROV_WAS_GENERATED_BY, TYPE],
)
def test_l27_the_shape_would_notice(small: Fed, broken: str) -> None:
    """Without any of what every version object has, the page does not conform."""
    answer = fetch(f"{small.url}feed/1", "application/n-quads")
    root = fetch(f"{small.url}feed", "application/n-quads")
    page = Page(answer.url, answer.quads)
    first = NamedNode(page.members[0])
    left = [quad for quad in page.quads if quad.subject != first or quad.predicate.value != broken]
    passed, _ = conforms(Page(answer.url, left), shapes(Page(root.url, root.quads)))
    assert not passed
