"""Declarations: everything that can be said of a source in the settings is read strictly, and each mistake named."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from regiolog.events.authority import AUTHORITY, GROUPS
from regiolog.publisher.settings import Settings, UnusableSetting, read_settings
from regiolog.sync.sources.source import Limits, Source

TABLE = {"says": "regions", "municipality": "code", "region": "region"}
LAYER = {"says": "layer", "layer": "politie", "type": "Politiezone", "municipality": "code", "name": "zone"}
RDF: dict[str, Any] = {"kind": "rdf", "mapping": {"says": "regions"}}
CODES = {"says": "municipalities", "scheme": "http://vocab.example/codes"}
QUERY = "SELECT ?code ?region { ?code ?p ?region } ORDER BY ?code"
SPARQL = {"kind": "sparql", "location": "http://x.example/sparql", "query": QUERY}
GONE = object()
"""What is left out of a declaration."""

ReadDeclared = Callable[..., Settings]


def declared(**changes: object) -> dict[str, object]:
    """The declaration of a table, with some settings otherwise."""
    given = {"said_by": "krant", "publisher": "De Krant", "kind": "table", "location": "regions.csv", "mapping": TABLE}
    return {name: value for name, value in {**given, **changes}.items() if value is not GONE}


def inline(value: object) -> str:
    """A value, as TOML writes it on one line."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{json.dumps(name)} = {inline(each)}' for name, each in value.items())}}}"
    return f"[{', '.join(map(inline, value))}]" if isinstance(value, list) else json.dumps(value)


def write(path: Path, sources: Mapping[str, object], more: str = "") -> Path:
    """Write a file of settings."""
    path.parent.mkdir(exist_ok=True)
    tables = [f"{json.dumps(name)} = {inline(each)}" for name, each in sources.items()]
    path.write_text("\n".join([more, "[sources]", *tables, ""]), encoding="utf-8")
    return path


@pytest.fixture
def read(tmp_path: Path) -> ReadDeclared:
    """Read settings whose sources are declared so, from a file in a folder of its own."""
    return lambda sources, more="": read_settings({}, {}, write(tmp_path / "settings" / "my.toml", sources, more))


def only(settings: Settings) -> Source:
    """The one source of some settings."""
    (source,) = settings.sources.values()
    return source


# --- What is wrong ------------------------------------------------------------------------------------------------


WRONG: list[tuple[dict[str, object], str]] = [
    # What is said of the source itself.
    ({"color": "red"}, "`color` is not a setting of a source; here stand said_by, publisher, kind, mapping, location,"),
    ({"co\u001b[2Jlor": "red"}, "`co?[2Jlor` is not a setting of a source"),
    ({"publisher": GONE}, "`publisher` is missing"),
    ({"mapping": GONE}, "`mapping` is missing"),
    ({"said_by": "de krant"}, "`said_by` is a text that looks like"),
    ({"publisher": ""}, "`publisher` is a text of length >= 1"),
    ({"publisher": "De\nKrant"}, "`publisher` cannot be recorded: it holds the control character U+000A"),
    ({"licence": "vrij\u0007"}, "`licence` cannot be recorded: it holds the control character U+0007"),
    ({"attribution": "De\tKrant"}, "`attribution` cannot be recorded: it holds the control character U+0009"),
    ({"document": "regions\u0000"}, "`document` cannot be recorded: it holds the control character U+0000"),
    ({"licence": 4}, "`licence` is a text, and not a whole number"),
    ({"complete": "yes"}, "`complete` is true or false, and not a text"),
    ({"kind": "csv"}, "`kind` is one of table, rdf, sparql"),
    ({"kind": ["table"]}, "`kind` is one of table, rdf, sparql"),
    ({"schedule": "now and then"}, "is no schedule: write an interval in s, min, h or d"),
    # Where it lies.
    ({"location": GONE}, "it has either a `location` or a `series`"),
    ({"series": {"folder": ".", "pattern": "(?P<date>.*)"}}, "it has either a `location` or a `series`"),
    ({"location": GONE, "series": {"folder": "."}}, "`series.pattern` is missing"),
    ({"location": GONE, "series": {"folder": ".", "pattern": "(?P<date>.*)", "x": 1}}, "`series.x` is not a setting"),
    ({"location": GONE, "series": {"folder": ".", "pattern": "*"}}, "is no regular expression: nothing to repeat"),
    (
        {"location": GONE, "series": {"folder": ".", "pattern": ".*csv"}},
        "the pattern of its series has no group `date`",
    ),
    ({"location": "file:///etc/passwd"}, "file:///etc/passwd is neither an http address nor a path"),
    ({"location": "ftp://x.example/list"}, "ftp://x.example/list is neither an http address nor a path"),
    ({"location": "regions\u0000.csv"}, "'regions\\x00.csv' is neither an http address nor a path"),
    ({"location": "https:///list.csv"}, "https:///list.csv is not an address that can be used"),
    ({"location": "http://[::1/list.csv"}, "http://[::1/list.csv is not an address that can be used"),
    ({"location": "http://x.example:port/"}, "http://x.example:port/ is not an address that can be used"),
    ({"location": "http://me:secret@x.example/"}, "http://x.example/ is not an address that can be used"),
    ({"allow": "127.0.0.1"}, "`allow` is a list, and not a text"),
    ({"allow": ["localhost"]}, "'localhost' cannot be allowed: write an address (127.0.0.1)"),
    ({"allow": ["127.0.0.1:99999"]}, "'127.0.0.1:99999' cannot be allowed"),
    ({"proxy": "proxy:3128"}, "is no proxy that can be used: write http://host:port"),
    ({"contact": "de beheerder \u2192 jan"}, "cannot be given as contact: write an address in plain ASCII"),
    # What it may cost.
    ({"limits": {"size": 4}}, "`limits.size` is not a setting of a source; here stand bytes, seconds, silence, rows,"),
    ({"limits": {"rows": 0}}, "`limits.rows` is a whole number >= 1"),
    ({"limits": {"page": 0}}, "`limits.page` is a whole number >= 1"),
    ({"limits": {"page": 2.5}}, "`limits.page` is a whole number, and not a number"),
    ({"limits": {"bytes": "1 TB"}}, "its limit of bytes is a number, or one of KiB, MiB or GiB, as 64MiB"),
    ({"limits": {"bytes": 0}}, "its limit of bytes is a number"),
    ({"limits": {"bytes": True}}, "`limits.bytes` is a whole number or a text, and not true or false"),
    ({"limits": {"seconds": 0}}, "`limits.seconds` is a number >= 0.1"),
    ({"limits": {"change": 1.5}}, "`limits.change` is a number <= 1.0"),
    ({"limits": {"redirects": 21}}, "`limits.redirects` is a whole number <= 20"),
    ({"limits": {"attempts": 0}}, "`limits.attempts` is a whole number >= 1"),
    ({"limits": 5}, "`limits` is a table, and not a whole number"),
    # What is read from it.
    (
        {"mapping": {"municipality": "code"}},
        "`mapping.says` is what is read from a table: regions, layer, municipalities",
    ),
    ({"mapping": {**TABLE, "says": "cooperations"}}, "`mapping.says` is what is read from a table: regions, layer,"),
    ({"mapping": {**TABLE, "says": ["regions"]}}, "`mapping.says` is what is read from a table: regions, layer,"),
    ({**RDF, "mapping": LAYER}, "`mapping.says` is what is read from a document of RDF: regions, municipalities,"),
    ({**RDF, "mapping": TABLE}, "`mapping.municipality` is not a setting of a source; here stand says, beside, level"),
    ({"mapping": "regions"}, "`mapping` is a table, and not a text"),
    ({"mapping": {"says": "regions", "municipality": "code"}}, "`mapping.region` is missing"),
    ({"mapping": {**TABLE, "municipality": []}}, "`mapping.municipality` is a list of length >= 1"),
    ({"mapping": {**TABLE, "municipality": 3}}, "`mapping.municipality` is a list, and not a whole number"),
    ({"mapping": {**TABLE, "region": ["region", 3]}}, "`mapping.region[1]` is a text, and not a whole number"),
    ({"mapping": {**TABLE, "colum": "x"}}, "`mapping.colum` is not a setting of a source; here stand says, sheet,"),
    ({"mapping": {**TABLE, "delimiter": ", "}}, "`mapping.delimiter` is a text of length <= 1"),
    ({"mapping": {**TABLE, "codes": "[0-9"}}, "`mapping.codes` is no regular expression: unterminated character set"),
    ({"mapping": {**TABLE, "placeholders": "9999)"}}, "`mapping.placeholders` is no regular expression: unbalanced"),
    ({**RDF, "mapping": {**CODES, "codes": "("}}, "`mapping.codes` is no regular expression: missing )"),
    ({"mapping": {**LAYER, "layer": "De Politie"}}, "`mapping.layer` is a text that looks like '^[a-z0-9_-]+$'"),
    ({**RDF, "mapping": {"says": "cooperations", "types": ["club"]}}, "`mapping.types[0]` cannot be 'club'"),
    ({**RDF, "mapping": {"says": "regions", "beside": 3}}, "`mapping.beside` is a text, or a list of texts"),
    ({**RDF, "mapping": {"says": "regions", "beside": ["ftp://x/y"]}}, "ftp://x/y is neither an http address nor a"),
    # How an endpoint is asked.
    ({**SPARQL, "query": GONE}, "a source of kind sparql has a `query`, and no other has one"),
    ({"query": QUERY}, "a source of kind sparql has a `query`, and no other has one"),
    ({**SPARQL, "query_file": "my.rq"}, "it has either a `query` or a `query_file`"),
    ({**SPARQL, "query": GONE, "query_file": "my.rq"}, "its query cannot be read: "),
    ({**SPARQL, "query": "ASK { ?s ?p ?o }"}, "its query cannot be used: it is a SELECT or a CONSTRUCT"),
    ({**SPARQL, "query": "SELECT * { ?s ?p ?o }"}, "its query cannot be used: it ends in ORDER BY, without which"),
    ({**SPARQL, "query": f"{QUERY} LIMIT 10"}, "its query cannot be used: it says no LIMIT and no OFFSET"),
    ({**SPARQL, "location": "regions.csv"}, "the location of an endpoint is an http address"),
    ({**SPARQL, "mapping": {"says": "cooperations"}}, "`mapping.says` is what is read from a table"),
    # What it may open.
    ({"authority": ["regions"]}, "it names, for each source, one or more of cooperations, municipality-names"),
    ({"authority": "cooperations"}, "`authority` is a list, and not a text"),
]


@pytest.mark.parametrize(("changes", "reason"), WRONG, ids=[reason[:60] for _, reason in WRONG])
def test_what_cannot_be_used_is_named(read: ReadDeclared, changes: dict[str, object], reason: str) -> None:
    """One sentence names the source, says what is wrong with which of its settings, and what could stand there."""
    with pytest.raises(UnusableSetting) as refused:
        read({"krant": declared(**changes)})
    said = str(refused.value)
    assert said.startswith("the source krant cannot be used: ")
    assert reason in said
    assert said.isprintable()
    assert "$" not in said.partition("looks like")[0]


@pytest.mark.parametrize("name", ["Krant", "de krant", "de_krant", "-krant", "k" * 64, "../krant", ""])
def test_a_source_is_called_by_a_plain_name(read: ReadDeclared, name: str) -> None:
    """Its name is typed on the command line, and stands in the names of files."""
    with pytest.raises(UnusableSetting, match="made of small letters, digits and hyphens"):
        read({name: declared()})


@pytest.mark.parametrize("text", ["sources = 3", "sources = []", "[sources]\nkrant = 'regions.csv'", "sources = ''"])
def test_what_is_no_table_of_sources_is_named(tmp_path: Path, text: str) -> None:
    """Sources are tables by their names, or a file with such tables."""
    (tmp_path / "my.toml").write_text(text)
    with pytest.raises(UnusableSetting, match=r"sources in .* cannot be") as refused:
        read_settings({}, {}, tmp_path / "my.toml")
    assert "\n" not in str(refused.value)


def test_two_complete_sources_about_the_same_are_refused(read: ReadDeclared) -> None:
    """Each would withdraw what only the other says; about different things, or with a voice each, they may be."""
    one = declared(complete=True)
    with pytest.raises(UnusableSetting, match="krant and other are both complete and about the same things"):
        read({"krant": one, "other": {**one, "location": "other.csv"}})
    zones = {"kind": "rdf", "complete": True}
    for types, others in (([], ["politiezone"]), (["politiezone", "projectvereniging"], ["politiezone"])):
        with pytest.raises(UnusableSetting, match="both complete and about the same things"):
            read(
                {
                    "some": declared(**zones, mapping={"says": "cooperations", "types": types}),
                    "others": declared(**zones, mapping={"says": "cooperations", "types": others}),
                }
            )
    settings = read(
        {
            "krant": one,
            "zones": declared(complete=True, mapping=LAYER),
            "others": declared(complete=True, mapping={**LAYER, "layer": "zorg"}),
            "partial": declared(complete=False),
            "another": declared(complete=True, said_by="another"),
        }
    )
    assert len(settings.sources) == 5


# --- What is read -------------------------------------------------------------------------------------------------


def test_everything_that_can_be_said_is_read(read: ReadDeclared) -> None:
    """Each setting of a declaration arrives where it is used."""
    limits = {"bytes": "2MiB", "seconds": 9, "silence": 2.5, "rows": 10, "page": 7, "attempts": 2, "patience": 0}
    source = only(
        read(
            {
                "de-krant-2": declared(
                    **{**SPARQL, "document": "regions", "licence": "CC0", "attribution": "De Krant, 2026"},
                    limits={**limits, "redirects": 0, "change": 0.25},
                    allow=["10.0.0.0/8", "[::1]:8080"],
                    proxy="http://proxy.example:3128",
                    contact="mailto:me@example.org",
                    schedule="every 6h",
                    complete=True,
                )
            }
        )
    )
    assert (source.name, source.said_by, source.document, source.query) == ("de-krant-2", "krant", "regions", QUERY)
    assert source.limits == Limits(2 * 2**20, 9, 2.5, 10, 7, 2, 0, 0, 0.25)
    assert (source.licence, source.attribution, source.schedule) == ("CC0", "De Krant, 2026", "every 6h")
    assert (source.allow, source.complete) == (("10.0.0.0/8", "[::1]:8080"), True)
    assert (source.proxy, source.contact) == ("http://proxy.example:3128", "mailto:me@example.org")


def test_what_is_not_said_has_defaults(read: ReadDeclared) -> None:
    """A document is called as its source, and its contact and proxy are those of the settings."""
    more = 'contact = "mailto:all@example.org"\nproxy = "http://proxy.example:3128"'
    source = only(read({"krant": declared()}, more))
    assert (source.document, source.complete, source.limits, source.allow) == ("krant", False, Limits(), ())
    assert (source.contact, source.proxy) == ("mailto:all@example.org", "http://proxy.example:3128")


def test_paths_are_relative_to_the_file_that_names_them(
    read: ReadDeclared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever somebody starts us, a path in a file leads from there; addresses and absolute paths stay as they are."""
    monkeypatch.chdir(tmp_path)
    here = tmp_path / "settings"
    here.mkdir()
    (here / "my.rq").write_text(QUERY)
    series = {"folder": "versions", "pattern": "(?P<date>.{10})[.]csv"}
    beside = {"says": "regions", "beside": ["codes.ttl", "https://x.example/codes.ttl"]}
    settings = read(
        {
            "file": declared(),
            "absolute": declared(location="/srv/regions.csv"),
            "series": declared(location=GONE, series=series),
            "rdf": declared(**{**RDF, "mapping": beside}),
            "endpoint": declared(**{**SPARQL, "query": GONE, "query_file": "my.rq"}),
        }
    )
    found = settings.sources
    assert (found["file"].location, found["absolute"].location) == (str(here / "regions.csv"), "/srv/regions.csv")
    assert found["series"].series
    assert found["series"].series.folder == here / "versions"
    assert found["rdf"].mapping["beside"] == [str(here / "codes.ttl"), "https://x.example/codes.ttl"]
    assert (found["endpoint"].query, found["endpoint"].location) == (QUERY, "http://x.example/sparql")


def test_sources_may_stand_in_a_file_of_their_own(tmp_path: Path) -> None:
    """The environment names it, and it takes the place of what the settings say of sources; its paths lead from it."""
    here = write(tmp_path / "here" / "my.toml", {"krant": declared()})
    there = write(tmp_path / "there" / "sources.toml", {"elsewhere": declared()})
    source = only(read_settings({}, {"REGIOLOG_SOURCES": str(there)}, here))
    assert (source.name, source.location) == ("elsewhere", str(there.parent / "regions.csv"))
    with pytest.raises(UnusableSetting, match=r"REGIOLOG_SOURCES cannot be .*nowhere"):
        read_settings({}, {"REGIOLOG_SOURCES": str(tmp_path / "nowhere.toml")})


def test_authority_adds_to_what_others_have(read: ReadDeclared) -> None:
    """A source has the authority that its declaration gives it, besides what its voice had, and nobody loses any."""
    names, cooperations = GROUPS["municipality-names"], GROUPS["cooperations"]
    settings = read(
        {
            "krant": declared(authority=["municipality-names"]),
            "abb-codes": declared(said_by="abb", authority=["municipality-names"]),
            "abb-more": declared(said_by="abb"),
        }
    )
    assert settings.authority == {**AUTHORITY, "krant": names, "abb": cooperations | names}
