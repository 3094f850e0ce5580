"""TREE, and how LDES 1.0 uses it: T01 to T12 and L18 to L20 of the conformance points.

Of the thirteen points of TREE the publisher is held to these by no test, and why:

====  ================================================================================================================
T05   redirects on ``tree:node`` are what clients must follow; the tree has none, and no cycles, which is tested
T09   nothing in the feed is geospatial
T10   no time template is published: a client finds an instant by the relations, and ``/changes/positions`` by a number
T13   it is about catalogues: the tests of ``/catalog`` hold it
====  ================================================================================================================

T08 asks little of a tree that compares no text and leaves out no time zone, which is tested.
"""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest
from pyoxigraph import Literal, NamedNode, Quad, parse

from regiolog.ontology import terms
from tests.feed.fed import Fed
from tests.feed.held import place
from tests.feed.page import XSD, Page, Relation, comparable
from tests.feed.reader import FORMS, LDES, TREE, Answer, Member, canonical, extract, fetch

COMPARED = {f"{TREE}GreaterThanOrEqualToRelation", f"{TREE}LessThanOrEqualToRelation"}


def tree(pages: list[Page]) -> dict[str, Page]:
    """The pages by their addresses."""
    return {page.url: page for page in pages}


def below(page: Page, everything: dict[str, Page]) -> list[Page]:
    """A page and all those that it leads to, one below the other."""
    return [page, *(each for child in page.children for each in below(everything[child], everything))]


def bounds(page: Page, child: str) -> dict[tuple[str, str], Literal]:
    """What the relations to a child say: by the property and the class of relation, to which value."""
    return {(each.path, each.kinds[0]): each.value for each in page.relations if each.node == child}


def test_t01_every_node_is_there(pages: list[Page], nodes: dict[str, Answer]) -> None:
    """Each that a relation leads to can be fetched, and says that it is a node."""
    for page in pages:
        assert page.url in nodes
        assert NamedNode(f"{TREE}Node") in page.values(page.url, f"{terms.RDF_TYPE}")
        assert set(page.children) <= set(nodes)


def test_t02_there_is_one_way_in(pages: list[Page]) -> None:
    """No node is led to by two others, the root by none, and none leads back."""
    ways = Counter(child for page in pages for child in page.children)
    root = pages[0]
    assert set(ways.values()) == {1}
    assert set(ways) == {page.url for page in pages} - {root.url}


def test_t03_the_tree_is_complete(flemish: Fed, harvest: list[Member]) -> None:
    """Every position that changed a thing is there, with as many members as the statement table has."""
    found = Counter(place(member) for member in harvest)
    assert found == Counter(each.position for each in flemish.history.turned(0, flemish.history.position))


@pytest.mark.parametrize("form", FORMS)
def test_t04_the_root_is_the_object_of_its_view(flemish: Fed, form: str) -> None:
    """The address that was asked is the one that the view names, under whatever host it was."""
    for host in (flemish.url, flemish.url.replace("127.0.0.1", "localhost")):
        answer = fetch(f"{host}feed", form)
        page = Page(answer.url, answer.quads)
        assert page.values(page.stream, f"{TREE}view") == (NamedNode(f"{host}feed"),)
        assert all(child.startswith(f"{host}feed/") for child in page.children)


def test_t05_the_tree_has_no_cycles(pages: list[Page]) -> None:
    """Whoever walks down from the root meets every node once."""
    walked = below(pages[0], tree(pages))
    assert Counter(page.url for page in walked) == Counter(page.url for page in pages)


def test_t06_what_remains_is_counted_rightly(pages: list[Page]) -> None:
    """Where a relation says how many members are left, so many are at its node and below it, and will be."""
    everything = tree(pages)
    said = 0
    for page in pages:
        for relation in page.relations:
            for value in relation.remaining:
                assert isinstance(value, Literal)
                assert value.datatype.value == f"{XSD}integer"
                assert int(value.value) == sum(
                    len(each.members) for each in below(everything[relation.node], everything)
                )
                assert everything[relation.node].immutable
                said += 1
    assert said


def test_t07_every_member_is_as_the_relations_above_it_say(pages: list[Page], harvest: list[Member]) -> None:
    """All relations to a node hold of all members at it and below it, however deep."""
    everything = tree(pages)
    by_iri = {member.iri: member for member in harvest}
    tried = 0
    for page in pages:
        for relation in page.relations:
            for under in below(everything[relation.node], everything):
                for iri in under.members:
                    (value,) = by_iri[iri].values(relation.path)
                    assert isinstance(value, Literal)
                    assert relation.holds(value), f"{iri} under {relation}"
                    tried += 1
    assert tried >= 2 * len(harvest)


def test_t07_pruning_by_position_loses_nothing(flemish: Fed, pages: list[Page], harvest: list[Member]) -> None:
    """Whoever follows only relations that a position can pass finds all members of that position, on few pages."""
    everything = tree(pages)
    by_position = defaultdict(set)
    for member in harvest:
        by_position[place(member)].add(member.iri)
    for position, wanted in by_position.items():
        value = Literal(str(position), datatype=NamedNode(f"{XSD}integer"))
        reached = [page for page in pruned(pages[0], everything, terms.RL_POSITION, value) if page.members]
        assert len(reached) == 1
        assert wanted <= set(reached[0].members)


def test_t07_pruning_by_instant_loses_nothing(pages: list[Page], harvest: list[Member]) -> None:
    """The same by the instant from which members are known, which several pages may share."""
    everything = tree(pages)
    by_instant = defaultdict(set)
    for member in harvest:
        (value,) = member.values(terms.PROV_GENERATED_AT_TIME)
        by_instant[value].add(member.iri)
    for value, wanted in by_instant.items():
        assert isinstance(value, Literal)
        reached = pruned(pages[0], everything, terms.PROV_GENERATED_AT_TIME, value)
        assert wanted <= {iri for page in reached for iri in page.members}


def pruned(page: Page, everything: dict[str, Page], path: str, value: Literal) -> list[Page]:
    """The pages that somebody reads who looks for members with a value: relations to one node combine with and."""
    excluded = {each.node for each in page.relations if each.path == path and not each.holds(value)}
    chosen = [child for child in page.children if child not in excluded]
    return [page, *(each for child in chosen for each in pruned(everything[child], everything, path, value))]


def test_t08_what_is_compared_is_plain(pages: list[Page]) -> None:
    """Values are instants with their time zone, or whole numbers: never text, or a day that lasts fifty hours."""
    values = [relation.value for page in pages for relation in page.relations]
    assert values
    for value in values:
        assert value.datatype.value in {f"{XSD}dateTime", f"{XSD}integer"}
        comparable(value)


@pytest.mark.parametrize("form", FORMS)
def test_t11_a_member_is_what_its_own_address_says(flemish: Fed, harvest: list[Member], form: str) -> None:
    """Extracted from a page, it is the whole of what is answered at its IRI, and nothing in it has no name."""
    for member in harvest[:: len(harvest) // 25]:
        own = flemish.get(member.iri.removeprefix("http://localhost:8000/"), form)
        assert own.status_code == 200
        quads = list(parse(own.data, format=FORMS[form], base_iri=member.iri))
        assert canonical(quads) == canonical(member.quads)


@pytest.mark.parametrize("form", [form for form in FORMS if form != "application/ld+json"])
def test_t12_controls_come_first_then_one_group_for_each_member(flemish: Fed, pages: list[Page], form: str) -> None:
    """The type names the profile, and a parser that keeps order cuts the very members out of the page."""
    for url in [page.url for page in pages[:4]]:
        answer = fetch(url, form)
        assert 'profile="https://w3id.org/tree/profile"' in answer.headers["content-type"]
        stream = Page(url, answer.quads).stream
        controls, groups = by_profile(answer.quads, url)
        assert not [quad for quad in controls if quad.predicate.value == f"{TREE}member"]
        whole = {member.iri: member for member in extract(answer.quads, stream, url)}
        assert list(groups) == list(whole)
        for iri, quads in groups.items():
            assert canonical(quads) == canonical(whole[iri].quads)


def by_profile(quads: list[Quad], page: str) -> tuple[list[Quad], dict[str, list[Quad]]]:
    """Controls and members as a client of the TREE profile cuts them out: a member begins with its `tree:member`."""
    controls: list[Quad] = []
    groups: dict[str, list[Quad]] = {}
    group = controls
    for quad in quads:
        if quad.predicate.value == f"{TREE}member":
            assert isinstance(quad.object, NamedNode)
            group = groups.setdefault(quad.object.value, [])
        elif quad.predicate.value == f"{TREE}view" or quad.subject == NamedNode(page):
            assert group is controls, "controls come after a member"
            group.append(quad)
        else:
            group.append(quad)
    return controls, groups


def test_l18_relations_speak_of_the_order_of_the_stream(pages: list[Page]) -> None:
    """Their paths are those by which the stream is in order, and every instant in the tree has its time zone."""
    root = pages[0]
    order = [*root.values(root.stream, f"{LDES}timestampPath"), *root.values(root.stream, f"{LDES}sequencePath")]
    assert len(order) == 2
    for page in pages:
        assert {each.path for each in page.relations} <= {path.value for path in order if isinstance(path, NamedNode)}
        for quad in page.quads:
            if isinstance(quad.object, Literal) and quad.object.datatype.value == f"{XSD}dateTime":
                comparable(quad.object)


@pytest.mark.parametrize("form", ["text/turtle", "application/trig", "application/ld+json"])
def test_l18_links_between_pages_are_relative(flemish: Fed, pages: list[Page], form: str) -> None:
    """Where the form has relative addresses the bytes are the same under any host, and name none."""
    for page in pages[:3]:
        path = page.url.removeprefix(flemish.url)
        here, there = fetch(page.url, form), flemish.get(path, form)
        assert here.body == there.data
        assert b"127.0.0.1" not in here.body
        assert b"feed.example" not in here.body


def test_l19_each_child_has_both_bounds(pages: list[Page]) -> None:
    """Of both properties, save the upper one of a child that may still grow; by position they do not overlap."""
    everything = tree(pages)
    begins = {pages[0].url: 1}
    for page in pages:
        after = begins[page.url] - 1
        for number, child in enumerate(page.children):
            said = bounds(page, child)
            grows = not everything[child].immutable
            assert not grows or number == len(page.children) - 1
            kinds = COMPARED - {f"{TREE}LessThanOrEqualToRelation"} if grows else COMPARED
            assert set(said) == {
                (path, kind) for kind in kinds for path in (terms.PROV_GENERATED_AT_TIME, terms.RL_POSITION)
            }
            first = begins[child] = int(said[terms.RL_POSITION, f"{TREE}GreaterThanOrEqualToRelation"].value)
            assert first == after + 1
            if not grows:
                after = int(said[terms.RL_POSITION, f"{TREE}LessThanOrEqualToRelation"].value)
                assert after >= first


def test_l20_a_relation_has_one_of_each(pages: list[Page]) -> None:
    """One node, which is an IRI, one path, one value, and one class that says how to compare."""
    relations: list[Relation] = [relation for page in pages for relation in page.relations]
    assert relations
    for each in relations:
        assert (len(each.nodes), len(each.paths), len(each.values), len(each.kinds)) == (1, 1, 1, 1)
        assert isinstance(each.nodes[0], NamedNode)
        assert isinstance(each.paths[0], NamedNode)
        assert set(each.kinds) <= COMPARED
