"""What a query reads is found in its text, and only that is loaded of a moment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyoxigraph import QuerySolutions, RdfFormat, Store

from regiolog.sync.queries.patterns import scope
from regiolog.sync.queries.question import Portion
from regiolog.sync.queries.scope import Beside, Group, Joined, Pattern, Scope, reads_nothing
from regiolog.sync.queries.scope import Path as Way
from regiolog.sync.queries.scoped import triples_for
from regiolog.sync.queries.snapshots import Snapshots
from regiolog.sync.statements.history import History, SnapshotKey
from regiolog.sync.statements.statement import REGISTER, Statement
from tests.house.checkout import ROOT
from tests.sync.differential import compare
from tests.sync.tables import write

BASE = "http://x.example.org/a/b"
TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"


def patterns(where: str, prologue: str = "") -> tuple[Pattern, ...]:
    """What the outermost group of a query matches."""
    read = scope(f"{prologue} SELECT * WHERE {{ {where} }}", BASE)
    assert read is not None
    return read.patterns


@pytest.mark.parametrize(
    ("written", "term"),
    [
        ("<urn:a>", "<urn:a>"),
        ("x:a", "<http://y.example.org/a>"),
        (":a", "<http://x.example.org/z#a>"),
        ("<c>", "<http://x.example.org/a/c>"),
        ("<../c#d>", "<http://x.example.org/c#d>"),
        ("<>", "<http://x.example.org/a/b>"),
        ("?o", "?o"),
        ("$o", "?o"),
        ('"a"', '"a"'),
        ("'een \"twee\"'", '"een \\"twee\\""'),
        ('"""a\nb\\t"""', '"a\\nb\\t"'),
        ('"é"', '"é"'),
        ("'a'@nl-BE", '"a"@nl-be'),
    ],
)
def test_terms_are_read_as_the_statements_hold_them(written: str, term: str) -> None:
    """IRIs are whole, and texts are escaped as in N-Triples, their language in small letters."""
    prologue = "PREFIX x: <http://y.example.org/> BASE <http://x.example.org/a/> PREFIX : <../z#> BASE <b>"
    assert patterns(f"<urn:s> <urn:p> {written}", prologue) == (Pattern("<urn:s>", "<urn:p>", term),)


@pytest.mark.parametrize("written", ['"1"^^<urn:t>', "1", "-1.5", "1e0", "true", '"\\u0061"'])
def test_a_literal_that_the_engine_may_rewrite_selects_nothing(written: str) -> None:
    """It stands for anything, since the statements may have it in another form: 01 for 1."""
    (pattern,) = patterns(f"<urn:s> <urn:p> {written}")
    assert pattern.object.startswith("? ")


def test_lists_and_nodes_without_a_name_are_triples() -> None:
    """Semicolons, commas, brackets and parentheses are short for patterns that share a node."""
    found = patterns("?a a <urn:C> ; <urn:p> <urn:x>, [ <urn:q> ?b ] . <urn:y> <urn:r> (?c) .")
    assert found == (
        Pattern("?a", TYPE, "<urn:C>"),
        Pattern("?a", "<urn:p>", "<urn:x>"),
        Pattern("? 1", "<urn:q>", "?b"),
        Pattern("?a", "<urn:p>", "? 1"),
        Pattern("? 2", TYPE.replace("type", "first"), "?c"),
        Pattern("? 2", TYPE.replace("type", "rest"), TYPE.replace("type", "nil")),
        Pattern("<urn:y>", "<urn:r>", "? 2"),
    )


def test_a_path_of_steps_is_as_many_patterns() -> None:
    """What is gone more than once, or one way or another, stays a path."""
    (first, second) = patterns("?a <urn:p>/^<urn:q> ?b")
    assert (first, second) == (Pattern("?a", "<urn:p>", "? 1"), Pattern("?b", "<urn:q>", "? 1"))
    (both,) = patterns("?a (<urn:p>|<urn:q>)+ <urn:b>")
    either = Way("alternative", parts=(Way("link", "<urn:p>"), Way("link", "<urn:q>")))
    assert both == Pattern("?a", Way("more", parts=(either,)), "<urn:b>")


def test_groups_stand_beside_or_within() -> None:
    """An OPTIONAL may rely on what stands before it, a filter on all of its group, a subquery on nothing."""
    read = scope(
        """SELECT * { ?a <urn:p> ?b OPTIONAL { ?b <urn:q> ?c } FILTER NOT EXISTS { ?d <urn:r> ?a } ?d <urn:s> ?b
        { ?b <urn:t> 1 } UNION { ?b <urn:u> 1 } { SELECT ?d (COUNT(*) AS ?n) { ?d <urn:v> ?e } GROUP BY ?d } }""",
        BASE,
    )
    assert read is not None
    assert [each.predicate for each in read.patterns] == ["<urn:p>", "<urn:s>"]
    optional, exists = read.beside
    assert optional == Beside(Group((Pattern("?b", "<urn:q>", "?c"),)), frozenset({"?a", "?b"}))
    assert exists.shared == {"?a", "?b", "?d"}
    union, subquery = read.joined
    assert len(union.branches) == 2
    assert not union.is_subquery
    (inner,) = subquery.branches
    grouped = Group((Pattern("?d", "<urn:v>", "?e"),))
    assert inner.joined == (Joined((grouped,), is_subquery=True, shown=frozenset({"?d"})),)


@pytest.mark.parametrize(
    "query",
    [
        "DESCRIBE <urn:a>",
        "SELECT * FROM { <urn:a> ?p ?o }",
        "SELECT * { <urn:a> !<urn:p> ?o }",
        "SELECT * { ?a <urn:p>* ?b }",
        "SELECT * { ?a <urn:p>? ?b . ?c ?a ?d }",
        "SELECT * { <urn:s> <urn:p> ?o LATERAL { ?o <urn:q> ?r } }",
        "SELECT * { << <urn:s> <urn:p> ?o >> ?q ?r }",
        "SELECT * { <urn:s> <urn:p> ?o {| <urn:q> ?r |} }",
        "SELECT * { <urn:s> <urn:p> ?o ~ ?r }",
        'SELECT * { <urn:s> <urn:p> "a"@en--ltr }',
        "SELECT * { <urn:s> <urn:p> ?o FILTER(isTRIPLE(?o)) }",
        "SELECT * { <urn:s> <urn:p> ?o FILTER(?o<b) ?x (>1) }",
        "SELECT * { <urn:s> <urn:p> ?o FILTER NOTEXISTS { ?o ?p ?q } }",
        "SELECT * { <urn:s> x:p ?o }",
        "SELECT * { <urn:s> <urn:p> ?o ",
        "nonsense",
        "",
    ],
)
def test_what_is_not_understood_has_no_scope(query: str) -> None:
    """Nor has what may read all of the graph; whoever asked loads it whole."""
    assert scope(query, BASE) is None


def test_a_relative_iri_without_a_base_has_no_scope() -> None:
    """Nothing says what it stands for."""
    assert scope("SELECT * { <a> ?p ?o }", "") is None
    assert scope("SELECT * { <urn:a> ?p ?o }", "") is not None


@pytest.mark.parametrize("query", sorted(ROOT.glob("publisher/queries/*.rq")), ids=lambda path: path.stem)
def test_our_own_queries_are_understood(query: Path) -> None:
    """None that is published is answered from a whole snapshot for want of reading it."""
    assert scope(query.read_text("utf-8"), "http://localhost:8000/") is not None


def said(subject: str, predicate: str, value: str, start: int = 0) -> Statement:
    """A statement of the register."""
    return Statement(REGISTER, f"<urn:{subject}>", f"<urn:{predicate}>", value, start, 2**31 - 1)


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    """A hundred municipalities with a name each, in ten regions; on day 7 the first moved to another."""
    path = tmp_path / "statements.sqlite"
    names = [said(f"m{number}", "name", f'"M{number}"@nl') for number in range(100)]
    places = [said(f"m{number}", "in", f"<urn:r{number % 10}>") for number in range(1, 100)]
    more = [said(f"r{number}", "near", f"<urn:r{number + 1}>") for number in range(9)]
    write(path, {1: [*names, *places, *more, said("m0", "in", "<urn:r0>")], 2: [said("m0", "in", "<urn:r5>", 7)]})
    history = History.open(path)
    yield history
    history.close()


FIRST = SnapshotKey(0, 1, 1)


def loaded(history: History, where: str, key: SnapshotKey = FIRST, most: int = 1_000) -> list[str] | None:
    """What a query makes be loaded, as lines; None when it is not selective."""
    read = scope(f"SELECT * {{ {where} }}", BASE)
    assert read is not None
    triples = triples_for(history, key, read, most)
    return None if triples is None else sorted(triples.decode().replace("urn:", "").splitlines())


def test_what_is_true_together_narrows(history: History) -> None:
    """The names that are loaded are those of the municipalities in the region, and no others."""
    found = loaded(history, "?m <urn:name> ?n . ?m <urn:in> <urn:r3>")
    assert found is not None
    assert len(found) == 20
    assert {line.split()[0] for line in found} == {f"<m{number}>" for number in range(3, 100, 10)}


def test_only_the_moment_is_loaded(history: History) -> None:
    """What is not held yet, or does not hold yet, is not."""
    where = "<urn:m0> <urn:in> ?r"
    assert loaded(history, where, SnapshotKey(7, 1, 1)) == ["<m0> <in> <r0> ."]
    assert loaded(history, where, SnapshotKey(6, 2, 1)) == ["<m0> <in> <r0> ."]
    assert loaded(history, where, SnapshotKey(7, 2, 1)) == ["<m0> <in> <r0> .", "<m0> <in> <r5> ."]


def test_an_optional_is_narrowed_by_what_comes_before_it_alone(history: History) -> None:
    """What comes later is held to what the OPTIONAL bound: leaving anything out of it would change that."""
    before = loaded(history, "<urn:m0> <urn:in> ?r OPTIONAL { ?r <urn:near> ?s }")
    assert before == ["<m0> <in> <r0> .", "<r0> <near> <r1> ."]
    assert loaded(history, "<urn:m0> <urn:in> <urn:r0> OPTIONAL { ?r <urn:near> ?s } <urn:m0> <urn:in> ?r") is None


def test_a_path_is_gone_from_the_end_that_is_known(history: History) -> None:
    """Only what it goes along is loaded; of a path without length also that its end is in the graph."""
    assert loaded(history, "<urn:r6> <urn:near>+ ?r") == [
        "<r6> <near> <r7> .",
        "<r7> <near> <r8> .",
        "<r8> <near> <r9> .",
    ]
    assert loaded(history, "?r <urn:near>/<urn:near> <urn:r2>") == ["<r0> <near> <r1> .", "<r1> <near> <r2> ."]
    assert loaded(history, "<urn:m5> <urn:near>* ?r") in (["<m5> <in> <r5> ."], ['<m5> <name> "M5"@nl .'])


@pytest.mark.parametrize("where", ["?s ?p ?o", "?m <urn:name> ?n", "?m <urn:name> 1", "?m <urn:in>+ ?r"])
def test_what_no_index_finds_is_not_selective(history: History, where: str) -> None:
    """A predicate alone, or a literal that the engine may rewrite, has no index."""
    assert loaded(history, where) is None


def test_a_text_with_a_language_is_found_however_that_is_written(tmp_path: Path) -> None:
    """To the engine NL and nl are the same; another language or another text is not."""
    write(
        tmp_path / "s",
        {1: [said("a", "p", f'"A"@{tag}') for tag in ("nl", "NL", "nl-BE")] + [said("a", "p", '"AB"@nl')]},
    )
    history = History.open(tmp_path / "s")
    assert loaded(history, "?m <urn:p> 'A'@Nl") == ['<a> <p> "A"@NL .', '<a> <p> "A"@nl .']
    history.close()


def test_what_is_bound_narrows(history: History) -> None:
    """An IRI that a variable is bound to, and another variable that is bound before."""
    near = ["<m0> <in> <r0> .", "<r0> <near> <r1> ."]
    assert loaded(history, "BIND(<urn:m0> AS ?m) ?m <urn:in> ?r BIND(?r AS ?s) ?s <urn:near> ?t") == near
    assert loaded(history, "OPTIONAL { <urn:m0> <urn:in> ?r } BIND(?r AS ?s) ?s <urn:near> ?t") is None


def test_too_much_is_given_up(history: History) -> None:
    """Looking at more statements than one wishes to costs more than the whole."""
    where = "?m <urn:name> ?n . ?m <urn:in> <urn:r3>"
    assert loaded(history, where, most=20) is not None
    assert loaded(history, where, most=19) is None


def test_statements_are_found_by_an_index(history: History) -> None:
    """SQLite reads no table from beginning to end for it."""
    asked: list[str] = []
    history._db.set_trace_callback(asked.append)
    where = "?m <urn:in> <urn:r3> ; <urn:name> ?n ; ?p ?o OPTIONAL { ?r <urn:near>* <urn:r1> }"
    assert loaded(history, where) is not None
    history._db.set_trace_callback(None)
    assert len(asked) > 5
    for sql in asked:
        plan = [str(row[3]) for row in history._db.execute(f"EXPLAIN QUERY PLAN {sql}")]
        assert not [step for step in plan if step.startswith("SCAN") and "json_each" not in step], (sql, plan)


def rows(store: Store, query: str) -> list[str]:
    """What a store answers."""
    found = store.query(query)
    assert isinstance(found, QuerySolutions)
    return sorted(map(str, found))


MEMBERS = "SELECT * { ?m <urn:in> <urn:r3> ; <urn:name> ?n }"


def read() -> Scope | None:
    """What that query reads."""
    return scope(MEMBERS, BASE)


def test_a_part_is_not_kept_and_answers_as_the_whole(history: History) -> None:
    """It is made for the query; once the whole is there, that is used."""
    snapshots = Snapshots(history)
    key = SnapshotKey(0, 1, 1)
    part = snapshots.store(key, scope=read)
    assert (len(part), len(snapshots)) == (20, 0)
    whole = snapshots.store(key)
    assert len(whole) == 209
    assert rows(part, MEMBERS) == rows(whole, MEMBERS)
    assert len(rows(part, MEMBERS)) == 10
    assert snapshots.store(key, scope=pytest.fail) is whole


def test_the_whole_is_built_where_a_part_is_no_gain(history: History) -> None:
    """When no index finds it, when there are named graphs as well, and when a moment was asked about often enough."""
    key = SnapshotKey(0, 1, 1)
    assert len(Snapshots(history).store(key, scope=lambda: scope("SELECT * { ?m <urn:name> ?n }", BASE))) == 209
    assert len(Snapshots(history).store(key, {"urn:g": Portion(key)}, read)) == 418
    snapshots = Snapshots(history)
    sizes = [len(snapshots.store(key, scope=read)) for _ in range(5)]
    assert sizes[0] == 20
    assert sizes[-1] == 209


def test_a_store_that_can_be_rolled_forward_is(history: History) -> None:
    """That is less work than it will save."""
    snapshots = Snapshots(history)
    before = snapshots.store(SnapshotKey(7, 1, 1))
    assert snapshots.store(SnapshotKey(7, 2, 1), scope=read) is before


def test_a_part_holds_what_the_engine_rewrites_as_it_does(tmp_path: Path) -> None:
    """Two literals that are one to the engine meet in a part as they do in the whole."""
    integer = "^^<http://www.w3.org/2001/XMLSchema#integer>"
    write(
        tmp_path / "s", {1: [said("a", "p", f'"01"{integer}'), said("b", "q", f'"1"{integer}'), said("b", "p", '"x"')]}
    )
    history = History.open(tmp_path / "s")
    query = "SELECT * { <urn:a> <urn:p> ?v . <urn:b> <urn:q> ?v }"
    read = scope(query, BASE)
    assert read is not None
    part = Store()
    part.bulk_load(triples_for(history, SnapshotKey(0, 1, 1), read, 10) or b"", format=RdfFormat.N_TRIPLES)
    assert len(rows(part, query)) == 1
    history.close()


def test_random_queries_are_answered_alike() -> None:
    """A few of what the soak asks a million of."""
    found = compare(1, 300)
    assert found["scoped"] > 100


def test_the_choice_of_graphs_is_passed_over() -> None:
    """Whoever asks knows by what the default graph was chosen; the patterns are the same."""
    plain = scope("SELECT * { <urn:a> ?p ?o }", BASE)
    assert plain is not None
    assert scope("SELECT * FROM <urn:g> FROM NAMED <urn:h> { <urn:a> ?p ?o }", BASE) == plain
    assert scope("PREFIX ex: <urn:> ASK FROM ex:g { <urn:a> ?p ?o }", BASE) == plain


@pytest.mark.parametrize(
    ("query", "nothing"),
    [
        ("ASK { GRAPH <urn:g> { ?s ?p ?o } GRAPH <urn:h> { ?s ?p ?o } }", True),
        ("ASK { GRAPH <urn:g> { ?s ?p ?o } { ?s a ?c } UNION { GRAPH <urn:h> { ?s ?p ?o } } }", False),
        ("ASK { GRAPH <urn:g> { ?s ?p ?o } FILTER NOT EXISTS { <urn:a> ?p ?o } }", False),
        ("SELECT (COUNT(*) AS ?n) { { SELECT ?s { GRAPH <urn:g> { ?s ?p ?o } } } }", True),
        ("ASK {}", True),
    ],
)
def test_a_query_may_read_nothing_of_the_default_graph(query: str, nothing: bool) -> None:
    """Where every pattern stands in ``GRAPH``, wherever it stands."""
    read = scope(query, BASE)
    assert read is not None
    assert reads_nothing(read) == nothing
