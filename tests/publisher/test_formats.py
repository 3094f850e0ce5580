"""Statements go out as they stand: escapes, languages, datatypes and lexical forms are kept in every form."""

from __future__ import annotations

import pyoxigraph
import pytest

from regiolog.publisher import formats
from regiolog.publisher.formats import Term, Triple
from regiolog.publisher.negotiation import JSON_LD, N_TRIPLES, RDF_XML, TURTLE, Format
from regiolog.publisher.problems import Problem

PARSERS = {
    "ttl": pyoxigraph.RdfFormat.TURTLE,
    "nt": pyoxigraph.RdfFormat.N_TRIPLES,
    "jsonld": pyoxigraph.RdfFormat.JSON_LD,
    "rdf": pyoxigraph.RdfFormat.RDF_XML,
}
LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"
COUNTED = "<https://w3id.org/regiolog/ns#regionsCounted>"
ODD = (
    Triple("<http://example.org/a>", COUNTED, '"01"^^<http://www.w3.org/2001/XMLSchema#integer>'),
    Triple("<http://example.org/a>", COUNTED, '"about ten"@en'),
    Triple("<http://example.org/a>", "<http://example.org/p/x>", '"1.0"^^<http://www.w3.org/2001/XMLSchema#decimal>'),
    Triple("<http://example.org/a>", LABEL, '"a \\"quoted\\" \\\\ word,\\nand a line\\ttab"@nl'),
    Triple("<http://example.org/a>", LABEL, '"e\u0301t\u00e9 \U0001f3d8"@fr'),
    Triple("<http://example.org/a>", LABEL, '"one"@en'),
    Triple("<http://example.org/a>", LABEL, '"two"@en'),
    Triple("<http://example.org/a>", LABEL, '"looks^^<like:a datatype>"'),
    Triple("<http://example.org/a>", LABEL, "<http://example.org/an-iri-for-a-label>"),
    Triple("<http://example.org/a>", "<https://w3id.org/regiolog/ns#basis>", '"a text where an IRI is expected"'),
    Triple("<http://example.org/a>", "<http://www.w3.org/ns/adms#status>", "<http://example.org/other#status>"),
    Triple("<http://example.org/a>", "<http://purl.org/dc/terms/source>", "<http://example.org/s?x=1&y=2>"),
    Triple("<https://w3id.org/regiolog/ns#0odd>", "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>", "<http://x/C>"),
)


@pytest.mark.parametrize("form", [TURTLE, N_TRIPLES, JSON_LD, RDF_XML], ids=lambda form: form.suffix)
def test_nothing_is_lost_or_changed(form: Format) -> None:
    """What another library reads is, term for term, what was written; lexical forms included."""
    written = b"".join(formats.write(form, sorted(ODD)))
    said = {
        (str(quad.subject), str(quad.predicate), str(quad.object))
        for quad in pyoxigraph.parse(written, PARSERS[form.suffix])
    }
    wanted = "\n".join(f"{' '.join(each)} ." for each in ODD).encode()
    assert said == {
        (str(quad.subject), str(quad.predicate), str(quad.object))
        for quad in pyoxigraph.parse(wanted, pyoxigraph.RdfFormat.N_TRIPLES)
    }


def test_equal_graphs_give_equal_bytes() -> None:
    """The order in which lines come does not matter, nor do repetitions."""
    lines = [f"{' '.join(each)} .\n".encode() for each in ODD]
    assert list(formats.triples(b"".join(lines))) == list(formats.triples(b"".join([*reversed(lines), lines[0]])))


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("<http://example.org/\\u00E9>", Term("http://example.org/\u00e9", is_iri=True)),
        ('"a\\tb\\\\n"', Term("a\tb\\n")),
        ('"x"@en-GB', Term("x", "en-GB")),
        ('"1"^^<http://a/b>', Term("1", None, "http://a/b")),
        ('"\\U0001F3D8"', Term("\U0001f3d8")),
        ('""', Term("")),
    ],
)
def test_a_term_is_taken_apart(text: str, term: Term) -> None:
    """Escapes are undone, and language and datatype stand apart."""
    assert formats.read(text) == term


def test_what_is_no_term_is_refused() -> None:
    """Half a literal is a fault."""
    for text in ('"open', "plain"):
        with pytest.raises(ValueError, match="not an IRI or a literal"):
            formats.read(text)


def test_what_xml_cannot_hold_is_refused_and_not_lost() -> None:
    """A control character, and a property whose address ends in no name: a sentence that says so."""
    character = Triple("<http://example.org/a>", LABEL, '"bell \\u0007"')
    with pytest.raises(Problem, match=r"U\+0007, which XML cannot hold"):
        list(formats.write(RDF_XML, [character]))
    nameless = Triple("<http://example.org/a>", "<http://example.org/p/9>", '"x"')
    with pytest.raises(Problem, match=r"http://example\.org/p/9 has no name in RDF/XML"):
        list(formats.write(RDF_XML, [nameless]))
