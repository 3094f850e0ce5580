"""Queries that would harm are refused by their words, and no others are."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, Store

from regiolog.events.errors import QueryForbidden, QueryMalformed, QueryRejected, QueryTooDeep, QueryTooLong
from regiolog.sync.queries.guard import check, tokens

# Nothing listens there, and the engine says so without trying: an OSError shows that SERVICE was evaluated.
NOWHERE = "http://127.0.0.1:1/"
PROLOGUE = f"PREFIX ex: <{NOWHERE}> PREFIX bad: <http://127.0.0.1:> PREFIX : <{NOWHERE}> "


def a_store() -> Store:
    """A store in which the disguises' patterns match, so that none is skipped for want of rows."""
    names = (NamedNode(f"{NOWHERE}a.b"), NamedNode("http://127.0.0.1:"), NamedNode(f"{NOWHERE}o"))
    store = Store()
    for value in (Literal("o"), Literal(1), Literal(True), *names):  # noqa: FBT003 - true, as RDF has it
        store.add(Quad(NamedNode(f"{NOWHERE}s"), NamedNode(f"{NOWHERE}p"), value))
    return store


def reaches_out(query: str) -> bool:
    """Whether the engine, asked without a guard, evaluates a SERVICE in the query."""
    try:
        list(a_store().query(query, base_iri=NOWHERE))  # type: ignore[arg-type]
    except SyntaxError:
        return False
    except (OSError, RuntimeError):  # refused port; or a variable without a value
        return True
    return False


DISGUISES = {
    "plain": f"SELECT * {{ SERVICE <{NOWHERE}> {{ ?s ?p ?o }} }}",
    "mixed case": f"SELECT * {{ sErViCe <{NOWHERE}> {{ ?s ?p ?o }} }}",
    "silent": f"SELECT * {{ SERVICE SILENT <{NOWHERE}> {{ ?s ?p ?o }} }}",
    "no space": f"SELECT*{{SERVICE<{NOWHERE}>{{?s ?p ?o}}}}",
    "a comment between": f"SELECT * {{ SERVICE #x\n <{NOWHERE}> {{ ?s ?p ?o }} }}",
    "after a comment that a carriage return ends": f"SELECT * {{ #\rSERVICE <{NOWHERE}> {{ ?s ?p ?o }} }}",
    "a prefixed name": "SELECT * { SERVICE ex:x { ?s ?p ?o } }",
    "a variable": "SELECT * { VALUES ?x { ex:x } SERVICE ?x { ?s ?p ?o } }",
    "in FILTER EXISTS": f"SELECT * {{ FILTER EXISTS {{ SERVICE <{NOWHERE}> {{ ?a ?b ?c }} }} }}",
    "in a subquery": f"SELECT * {{ {{ SELECT * {{ SERVICE <{NOWHERE}> {{ ?s ?p ?o }} }} }} }}",
    "in OPTIONAL": f"SELECT * {{ OPTIONAL {{ SERVICE <{NOWHERE}> {{ ?s ?p ?o }} }} }}",
    "in a CONSTRUCT": f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ SERVICE <{NOWHERE}> {{ ?s ?p ?o }} }}",
    "in an ASK": f"ASK {{ SERVICE <{NOWHERE}> {{ ?s ?p ?o }} }}",
    "escaped": f"SELECT * {{ \\u0053ERVICE <{NOWHERE}> {{ ?s ?p ?o }} }}",
    "run into a name": "SELECT * { SERVICEex:x { ?s ?p ?o } }",
    "run into a name without a prefix": "SELECT * { SERVICE:x { ?s ?p ?o } }",
    "run into SILENT": f"SELECT * {{ SERVICESILENT<{NOWHERE}> {{ ?s ?p ?o }} }}",
    "run into SILENT and a name": "SELECT * { SERVICESILENTex:x { ?s ?p ?o } }",
    "run into true": f"SELECT * {{ ex:s ex:p trueSERVICE<{NOWHERE}> {{ ?s ?p ?o }} }}",
    "run into a number": f"SELECT * {{ ex:s ex:p 1SERVICE<{NOWHERE}> {{ ?s ?p ?o }} }}",
    "run into a dot": f"SELECT * {{ ex:s ex:p true.SERVICE<{NOWHERE}> {{ ?s ?p ?o }} }}",
    "run into a dot and a name": "SELECT * { ?s ex:p ?o . ex:s ex:p true.SERVICE:x { ?s ?p ?o } }",
    "run into a name with dots": f"SELECT * {{ ?s ex:p ex:a.b.SERVICE<{NOWHERE}> {{ ?s ?p ?o }} }}",
    "a name that is none": f"SELECT * {{ ?s ?p bad:SERVICE<{NOWHERE}> {{ ?s ?p ?o }} }}",
    "a comparison that looks like an IRI": f"SELECT * {{ FILTER(1<?b)SERVICE#>\n<{NOWHERE}>{{?s ?p ?o}} }}",
    "a string in what looks like an IRI": f"SELECT * {{FILTER(1<'>')SERVICE<{NOWHERE}>{{?s ?p ?o}} FILTER(''='')}}#'",
    "a long string that is none": f'SELECT * {{VALUES ?x {{"""a"}}SERVICE<{NOWHERE}>{{?s ?p ?o}} #\\z"""\n}}',
    "a long string with half a pair": f'SELECT * {{VALUES ?x {{"""a"}}SERVICE<{NOWHERE}>{{?s ?p ?o}} #\\uD800"""\n}}',
    "behind a quoted triple": f"SELECT * {{<<:a#>'''\n:p :o>> :q :r . SERVICE<{NOWHERE}>{{?s ?p ?o}} #'''\n}}",
}


@pytest.mark.parametrize("disguise", DISGUISES.values(), ids=DISGUISES.keys())
def test_service_is_refused_in_every_disguise(disguise: str) -> None:
    """However SERVICE is written, the query is refused."""
    with pytest.raises((QueryForbidden, QueryMalformed)):
        check(PROLOGUE + disguise)


def test_the_disguises_are_real() -> None:
    """These queries do reach out when no guard stands before the engine, or keep quiet about it."""
    quiet = {name for name, query in DISGUISES.items() if not reaches_out(PROLOGUE + query)}
    silent = {"silent", "run into SILENT", "run into SILENT and a name", "in FILTER EXISTS"}
    assert quiet == {*silent, "escaped", "behind a quoted triple"}


@pytest.mark.parametrize(
    "query",
    [
        'SELECT * { ?s ?p "SERVICE <http://x/> { }" }',
        "SELECT * { ?s ?p 'it is a SERVICE' }",
        'SELECT * { ?s ?p """a "SERVICE" <x> { } \n""" }',
        "SELECT * { ?s ?p '''a 'SERVICE' ''' }",
        'SELECT * { ?s ?p "\\" SERVICE" }',
        'SELECT * { ?s ?p "\\u0022 SERVICE" }',
        "SELECT * { ?s ?p <http://x/SERVICE> }",
        "SELECT * { ?s <http://x/y#service> ?o }",
        "# no SERVICE here\nSELECT * { ?s ?p ?o }",
        "SELECT * { ?s ?p ?o } # SERVICE <x> { }",
        "PREFIX service: <http://x/> SELECT * { ?s service:a ?o }",
        "PREFIX service: <http://x/> SELECT * { GRAPH service:a { ?s ?p ?o } }",
        "PREFIX dcat: <http://x/> SELECT * { ?s dcat:service ?o . ?s dcat:servesDataset ?d }",
        "PREFIX dcat: <http://x/> SELECT * { ?s a dcat:DataService ; dcat:service ?o }",
        "SELECT ?service { ?service ?p ?o }",
        "SELECT * { GRAPH ?service { ?s ?p ?o } }",
        'SELECT * { ?s ?p "service"@en-service }',
        "SELECT * { _:service ?p ?o }",
    ],
)
def test_the_word_may_stand_where_it_is_no_keyword(query: str) -> None:
    """In strings, IRIs, names, variables and comments the word is harmless, and allowed."""
    check(query)
    a_store().query(query)


@given(
    st.lists(
        st.sampled_from(
            [
                *"{}()[]<>.,;*/|^?!=+-~ \n\r'\"#a1:",
                *("'''", '"""', "''", '""', "\\z", "\\uD800", "\\u0022", "<<", ">>", "{}", "&&", "||", "^^", "#>\n"),
                *(f"SERVICE<{NOWHERE}>{{}}", "SERVICE", f"SERVICE#>\n<{NOWHERE}>{{}}", f"<{NOWHERE}>", "SILENT"),
                *("?s ?p ?o", "?s ?p true", "?s ?p ex:a.b.", "?s ?p bad:", "ex:a ex:b ex:c", "?s ?p 1.", "@en", "?a"),
                *("FILTER(1<?b)", "FILTER(1<", "BIND(1<", "AS ?x)", "VALUES ?x {", "<urn:x#y>", "<'>'", "OPTIONAL{}"),
            ]
        ),
        max_size=12,
    ).map("".join),
    st.lists(st.sampled_from(["#'", '#"""', "#>", "#\\z", '"""', "'''", "'", "\n", ">", "}"]), max_size=4).map("".join),
)
def test_what_is_let_through_reaches_nobody(inside: str, after: str) -> None:
    """However words are run together, a query that passes the guard has no SERVICE in the engine's eyes."""
    for middle in ("", f"SERVICE<{NOWHERE}>{{}}"):
        query = f"{PROLOGUE}SELECT * {{{inside}{middle}}}{after}"
        try:
            check(query)
        except QueryRejected:
            continue
        assert not reaches_out(query)


@pytest.mark.parametrize(
    "update",
    [
        "INSERT DATA { <urn:a> <urn:b> <urn:c> }",
        "insert { ?s ?p ?o } where { ?s ?p ?o }",
        "PREFIX ex: <http://h/> DELETE WHERE { ?s ?p ?o }",
        "BASE <http://h/> # a comment\nPREFIX : <x> LOAD <file:///etc/passwd>",
        "CLEAR ALL",
        "DROP GRAPH <urn:g>",
        "CREATE GRAPH <urn:g>",
        "ADD <urn:a> TO <urn:b>",
        "MOVE <urn:a> TO <urn:b>",
        "COPY <urn:a> TO <urn:b>",
        "WITH <urn:g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
    ],
)
def test_updates_are_refused_as_such(update: str) -> None:
    """Every form of update is named in its refusal."""
    with pytest.raises(QueryForbidden, match="only queries"):
        check(update)


def test_words_of_updates_are_allowed_elsewhere() -> None:
    """A query may use the words of updates as names, texts and variables."""
    check('PREFIX insert: <urn:x> SELECT ?delete { ?delete insert:add "LOAD <x>" }')


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("SELECT * {" + "{" * 98, "}" * 99),
        ("SELECT * { ?s ?p ?o FILTER" + "(" * 98 + "1", ")" * 98 + "}"),
        ("SELECT * { ?s ?p " + "[ ?p " * 98 + "1", "]" * 98 + "}"),
        ("SELECT * { ?s " + "(" * 98 + "<urn:a>", ")*" * 98 + " ?o }"),
        ("SELECT * { ?s ?p ?o FILTER(" + "! " * 97 + "?o", ")}"),
        ("SELECT * { ?s ?p ?o FILTER(" + "!#(\n" * 97 + "?o", ")}"),
    ],
)
def test_nesting_is_allowed_up_to_the_limit(before: str, after: str) -> None:
    """A hundred levels pass, and one more is refused with the limit."""
    check(before + after)
    deeper = before.replace("{", "{ { {", 1) + after + "} }"
    with pytest.raises(QueryTooDeep, match="100"):
        check(deeper)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * " + "{" * 3000 + "}" * 3000,
        "SELECT * { ?s ?p ?o FILTER(" + "(" * 6000 + "1" + ")" * 6000 + ")}",
        "SELECT * { ?s ?p ?o FILTER(" + "!" * 12000 + "?o)}",
        "SELECT * { ?s ?p ?o FILTER(" + "- " * 12000 + "1)}",
        "SELECT * { ?s ?p ?o FILTER(" + "-+!" * 5000 + "1)}",
        "SELECT * { ?s " + "(" * 15000 + "<urn:a>" + ")" * 15000 + " ?o }",
        "SELECT * { ?s ?p " + "<<( ?s ?p " * 300 + "1" + ")>>" * 300 + "}",
        "SELECT * { ?s ?p " + "<< ?s ?p " * 300 + "1" + ">>" * 300 + "}",
        "SELECT * { ?s ?p ?o FILTER(1" + "<(((((?b>" * 30 + ")}",
        "SELECT * { ?s ?p ?o " + "{| ?p ?o " * 300 + "|}" * 300 + "}",
    ],
)
def test_what_would_end_the_engine_is_too_deep(query: str) -> None:
    """Nesting far beyond the limit is refused, in every form that takes it."""
    with pytest.raises(QueryTooDeep, match="100"):
        check(query)


def test_brackets_in_strings_and_comments_are_not_nesting() -> None:
    """Text is not counted."""
    check('SELECT * { ?s ?p "' + "{" * 500 + '" } #' + "(" * 500)


def test_length_is_counted_in_bytes() -> None:
    """A query of two-byte letters may have half as many."""
    check("#" + "é" * 16_383)
    with pytest.raises(QueryTooLong, match="32769 bytes, and the limit is 32768"):
        check("#" + "é" * 16_384)


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ("SELECT *\n { ?s ?p 'x }", "line 2, column 10"),
        ('SELECT * { ?s ?p """x }', "line 1, column 18"),
        ('SELECT * { ?s ?p "\\z" }', "line 1, column 18"),
        ('SELECT * { ?s ?p "\\uDC00" }', "line 1, column 19"),
        ('SELECT * { ?s ?p "\\U00110000" }', "line 1, column 19"),
        ("SELECT * { ?s ?p @ }", "line 1, column 18"),
        ("SELECT * {\x00}", "line 1, column 11"),
        ("SELECT * {\u00a0}", "line 1, column 11"),
        ("SELECT * { \ud800 }", "line 1, column 12"),
    ],
)
def test_what_is_no_word_of_sparql_is_named_with_its_place(query: str, where: str) -> None:
    """A refusal says where."""
    with pytest.raises(QueryMalformed, match=where):
        check(query)


def test_words_are_cut_as_the_grammar_says() -> None:
    """The terminals of section 19.8, with their less obvious corners."""
    query = "ex:a.b.c. ex:%41\\,-x.y ?v.:_a<b>'''a''b'''\"\"'\\''@en-BE-x1 _:b.1. 1.5e-3 .5 +7 a.b:c.d é:ü<=^^ #x<\r$w"
    assert [(token.kind, token.text) for token in tokens(query)] == [
        ("name", "ex:a.b.c"),
        ("mark", "."),
        ("name", "ex:%41\\,-x.y"),
        ("var", "?v"),
        ("mark", "."),
        ("name", ":_a"),
        ("iri", "<b>"),
        ("string", "'''a''b'''"),
        ("string", '""'),
        ("string", "'\\''"),
        ("lang", "@en-BE-x1"),
        ("blank", "_:b.1"),
        ("mark", "."),
        ("number", "1.5e-3"),
        ("number", ".5"),
        ("mark", "+"),
        ("number", "7"),
        ("name", "a.b:c.d"),
        ("name", "é:ü"),
        ("mark", "<"),
        ("mark", "="),
        ("mark", "^"),
        ("mark", "^"),
        ("var", "$w"),
    ]


@given(st.text(st.characters(codec=None)) | st.text(st.sampled_from("SELECT{}()<>\"'\\#?:.@^!-+*/|&=%_ab1 \n\u00b7é")))
@example("\\")
def test_nothing_but_a_refusal_comes_of_any_text(text: str) -> None:
    """Whatever the text, it passes or is refused as a query; what passes is made of the text's own parts."""
    try:
        check(text)
    except QueryRejected:
        return
    for token in tokens(text):
        assert text[token.start : token.end] == token.text


@pytest.mark.parametrize(
    "unit",
    [
        *"<.'\"?:(!\\@",
        "<a",
        "a.",
        "a.b:c.d.",
        "'\\",
        '"""a ',
        "ex:%4",
        "ex:a\\-.",
        "_:a.",
        "1.",
        "?a<?b",
        "'''\\'",
        "#\n",
    ],
)
def test_time_grows_with_length_alone(unit: str) -> None:
    """Eight times the text takes nowhere near sixty-four times the processor time."""

    def seconds(length: int) -> float:
        text = ("SELECT * {" + unit * length)[:length]
        times = []
        for _ in range(3):
            begun = time.process_time()
            with suppress(QueryRejected):
                check(text, max_length=length, max_depth=length)
            times.append(time.process_time() - begun)
        return min(times)

    assert seconds(64_000) < 24 * seconds(8_000) + 0.05
