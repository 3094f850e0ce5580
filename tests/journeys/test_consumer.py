"""The consumer: which region is this municipality in, on any day; every golden answer, in three ways.

The numbers G0 to G20 are those of the product's list of facts. Each is asked by its named query, by plain SPARQL, and
by the same SPARQL on what ``graph/history`` alone gives.
"""

from __future__ import annotations

import pytest

from tests.journeys.conftest import PREFIXES, Plain, Served

LIMBURG = """
71002 71004 71011 71016 71017 71020 71022 71024 71034 71037 71045 71053 71057 71066 71067 71069 71070 72003 72004 72018
72020 72021 72030 72037 72038 72039 72041 72042 72043 73001 73006 73009 73022 73028 73032 73040 73042 73066 73083 73098
73107 73109
"""


def region_of(served: Served, nis: str, **moment: str) -> dict[str, str]:
    """The one row of the named query."""
    (row,) = served.query("region-of", nis=nis, **moment)
    return row


def region_by_sparql(plain: Plain, nis: str, **moment: str) -> list[str]:
    """The keys of the regions of a municipality, by plain SPARQL."""
    rows = plain.sparql(
        PREFIXES
        + f"""SELECT ?key {{
            ?m a rl:Municipality ; dcterms:identifier "{nis}" ; geo:sfWithin ?region .
            ?region a rl:ReferenceRegion ; dcterms:identifier ?key }}""",
        **moment,
    )
    return [row["key"] for row in rows]


def test_the_first_question_of_a_stranger(served: Served) -> None:
    """What the README asks first, answered with its legal basis."""
    row = region_of(served, "11056", at="2022-12-10")
    assert list(row)[:9] == [
        "municipality",
        "nis",
        "name",
        "region",
        "region_key",
        "region_name",
        "status",
        "decision",
        "evidence",
    ]
    assert row["municipality"] == "https://data.vlaanderen.be/id/gemeente/11056"
    assert (row["name"], row["region_key"], row["decision"]) == ("Zwijndrecht", "regio-antwerpen", "VR-2021-03-12")


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ({"at": "2021-06-01", "known": "2021-06-01"}, "regio-antwerpen"),  # G0
        ({"at": "2022-12-10"}, "regio-antwerpen"),  # G1
        ({"at": "2022-12-10", "known": "2021-03-12"}, "regio-antwerpen"),
        ({"at": "2022-12-10", "known": "2023-03-09"}, "regio-antwerpen"),
        ({"at": "2023-04-01", "known": "2023-03-01"}, "regio-antwerpen"),  # G2
        ({"at": "2023-04-01", "known": "2023-03-08"}, "regio-antwerpen"),
        ({"at": "2023-04-01", "known": "2023-03-10"}, "waasland"),  # G3
        ({"at": "2023-04-01"}, "waasland"),
        ({"at": "2023-03-18"}, "regio-antwerpen"),
        ({"at": "2023-03-19"}, "waasland"),
    ],
)
def test_g0_to_g3_zwijndrecht(served: Served, plain: Plain, moment: dict[str, str], expected: str) -> None:
    """One municipality, on both clocks."""
    assert region_of(served, "11056", **moment)["region_key"] == expected
    assert region_by_sparql(plain, "11056", **moment) == [expected]


@pytest.mark.parametrize("known", [{}, {"known": "2021-06-01"}])
def test_g0_and_g6_seventeen_regions(served: Served, plain: Plain, known: dict[str, str]) -> None:
    """Seventeen counted on 12 March 2021: fourteen demarcated, three announced without name or members."""
    rows = served.query("regions", at="2021-06-01", **known)
    demarcated = [row for row in rows if row["status"] == "demarcated"]
    announced = [row for row in rows if row["status"] == "announced"]
    proposed = [row for row in rows if row["status"] == "proposed"]
    assert (len(rows) - len(proposed), len(demarcated), len(announced)) == (17, 14, 3)
    assert [row["region_key"] for row in proposed] == ["proposal-2020-limburg"]  # standing, and not counted
    assert {(row["name"], row["members"]) for row in announced} == {("", "")}
    assert sum(int(row["members"]) for row in demarcated) == 258
    counted = plain.sparql(
        PREFIXES
        + "SELECT ?status (COUNT(?r) AS ?n) { ?r a rl:ReferenceRegion ; adms:status ?status } GROUP BY ?status",
        at="2021-06-01",
        **known,
    )
    assert sorted(row["n"] for row in counted) == ["14", "3"]


@pytest.mark.parametrize(
    ("at", "assigned", "municipalities"),
    [("2021-06-01", 258, 300), ("2022-02-04", 300, 300), ("2025-01-01", 285, 285)],
)
def test_g7_how_many_have_a_region(served: Served, plain: Plain, at: str, assigned: int, municipalities: int) -> None:
    """Counted over all municipalities of a day."""
    rows = served.query("municipalities", at=at)
    assert (sum(bool(row["region_key"]) for row in rows), len(rows)) == (assigned, municipalities)
    (row,) = plain.sparql(
        PREFIXES
        + """SELECT (COUNT(DISTINCT ?m) AS ?n) {
            ?m a rl:Municipality ; geo:sfWithin ?r . ?r a rl:ReferenceRegion }""",
        at=at,
    )
    assert row["n"] == str(assigned)


def test_g8_limburg_was_pending(served: Served, plain: Plain) -> None:
    """None of the forty-two had a region in 2021; all were in Limburg from 4 February 2022, known on the 7th."""
    for nis in LIMBURG.split()[::6]:
        row = region_of(served, nis, at="2021-06-01")
        assert (row["region_key"], row["status"], row["decision"]) == ("", "pending", "VR-2021-03-12")
        assert region_of(served, nis, at="2022-02-04")["region_key"] == "limburg"
        assert region_of(served, nis, at="2022-02-04", known="2022-02-06")["status"] == "pending"
        assert region_of(served, nis, at="2022-02-04", known="2022-02-07")["region_key"] == "limburg"
    pending = plain.sparql(
        PREFIXES
        + """SELECT ?nis { ?a a rl:Assignment ; adms:status rl:status-pending ; rl:municipality ?m .
            ?m dcterms:identifier ?nis } ORDER BY ?nis""",
        at="2021-06-01",
    )
    assert [row["nis"] for row in pending] == LIMBURG.split()


@pytest.mark.parametrize(("at", "name"), [("2022-07-01", "Regio Oostende"), ("2023-04-01", "Middenkust")])
def test_g9_one_region_two_names(served: Served, plain: Plain, at: str, name: str) -> None:
    """Regio Oostende became Middenkust: one region, one address."""
    (row,) = [row for row in served.query("regions", at=at) if row["region_key"] == "middenkust"]
    iri = "http://data.lblod.info/id/werkingsgebieden/5952a25321cd573ca8e15b4ca3ec61ce"
    assert (row["name"], row["region"]) == (name, iri)
    assert plain.sparql(PREFIXES + f"SELECT ?n {{ <{iri}> rdfs:label ?n }}", at=at) == [{"n": name}]


@pytest.mark.parametrize(
    ("at", "members"), [("2022-02-04", 9), ("2023-03-19", 10), ("2024-12-31", 10), ("2025-01-01", 7)]
)
def test_g10_waasland(served: Served, at: str, members: int) -> None:
    """Nine, ten, ten and seven municipalities."""
    assert len(served.query("members", region="waasland", at=at)) == members
    (row,) = [row for row in served.query("regions", at=at) if row["region_key"] == "waasland"]
    assert row["members"] == str(members)


@pytest.mark.parametrize(
    ("at", "count"), [("2018-12-31", 308), ("2019-01-01", 300), ("2024-12-31", 300), ("2025-01-01", 285)]
)
def test_g11_how_many_municipalities(served: Served, plain: Plain, at: str, count: int) -> None:
    """308, 300 and 285."""
    assert len(served.query("municipalities", at=at)) == count
    (row,) = plain.sparql(PREFIXES + "SELECT (COUNT(?m) AS ?n) { ?m a rl:Municipality }", at=at)
    assert row["n"] == str(count)


def test_g12_the_mergers_were_known_from_april_2024(served: Served) -> None:
    """The municipalities of February 2025, as known before and after the decrees."""
    assert len(served.query("municipalities", at="2025-02-01", known="2024-04-01")) == 300
    assert len(served.query("municipalities", at="2025-02-01", known="2024-09-01")) == 285


def test_g13_a_merger_across_provinces(served: Served, plain: Plain) -> None:
    """Three became one on 1 January 2025, and the territory of Zwijndrecht came to Oost-Vlaanderen."""
    rows = served.query("lineage", nis="46030")
    assert [(row["date"], row["before_nis"], row["after_nis"]) for row in rows] == [
        ("2025-01-01", before, "46030") for before in ("11056", "46003", "46013")
    ]
    assert {row["decision"] for row in rows} == {"FUSIES-2025"}
    province = {
        at: {row["nis"]: row["province"] for row in served.query("municipalities", at=at)}
        for at in ("2024-12-31", "2025-01-01")
    }
    assert (province["2024-12-31"]["11056"], province["2025-01-01"]["46030"]) == ("10000", "40000")
    merged = plain.sparql(
        PREFIXES
        + """SELECT ?nis { ?merger a rl:Merger ; rl:mergedFrom/dcterms:identifier ?nis ;
            rl:mergedInto/dcterms:identifier "46030" } ORDER BY ?nis"""
    )
    assert [row["nis"] for row in merged] == ["11056", "46003", "46013"]


def test_g14_same_code_or_same_name(served: Served) -> None:
    """Antwerpen keeps its code and takes in Borsbeek; Hasselt keeps its name under another code."""
    rows = {
        (row["from_nis"], row["to_nis"]): row["kind"]
        for row in served.query("conversion", **{"from": "2024-12-31", "to": "2025-01-01"})
    }
    assert (rows["11002", "11002"], rows["11007", "11002"]) == ("absorbed", "absorbed")
    assert rows["71022", "71072"] == "merged"
    assert len(rows) == 28
    names = {row["before_nis"]: (row["before_name"], row["after_name"]) for row in served.query("lineage", nis="71072")}
    assert names["71022"] == ("Hasselt", "Hasselt")
    assert ("2025-01-01", "71072") in {(r["date"], r["after_nis"]) for r in served.query("lineage", nis="71022")}


def test_g15_never_in_two_regions(served: Served, plain: Plain) -> None:
    """On no day, under no known, is a municipality in two regions."""
    known = ["2021-03-12", "2022-02-07", "2023-03-09", "2024-04-19", "2025-01-07"]
    days = ["2018-01-01", "2019-01-01", "2021-03-12", "2022-02-04", "2023-03-19", "2025-01-01", "2026-01-01"]
    for moment in ({"at": at, "known": instant} for at in days for instant in known):
        doubled = plain.sparql(
            PREFIXES
            + """SELECT ?m { ?m geo:sfWithin ?r . ?r a rl:ReferenceRegion }
                GROUP BY ?m HAVING (COUNT(DISTINCT ?r) > 1)""",
            **moment,
        )
        assert doubled == [], moment


def test_g18_the_evidence_of_march_2021(served: Served, plain: Plain) -> None:
    """Derived for 244, with the sources; contradicted for Zulte."""
    rows = plain.sparql(
        PREFIXES
        + """SELECT ?grade (COUNT(?a) AS ?n) {
            ?a a rl:Assignment ; adms:status rl:status-assigned ; rl:evidence ?grade } GROUP BY ?grade""",
        at="2021-06-01",
    )
    graded = {row["grade"].rsplit("-", 1)[1]: int(row["n"]) for row in rows}
    assert graded == {"derived": 244, "published": 13, "contradicted": 1}
    zulte = region_of(served, "44081", at="2021-06-01")
    assert (zulte["evidence"], zulte["region_key"]) == ("contradicted", "regio-gent")
    assert "waregem1.be" in zulte["note"]
    gent = region_of(served, "44021", at="2021-06-01")
    assert gent["evidence"] == "derived"
    assert "20220614112713-referentieregios.ttl" in gent["sources"]


@pytest.mark.parametrize(
    ("nis", "at", "basis"),
    [
        ("44021", "2022-01-01", "VR-2021-03-12"),
        ("44021", "2023-04-01", "REGIODECREET"),
        ("11002", "2025-06-01", "REGIODECREET"),
        ("46030", "2025-06-01", "FUSIES-2025"),
        ("44081", "2023-04-01", "REGIODECREET"),
    ],
)
def test_g19_the_legal_basis(served: Served, plain: Plain, nis: str, at: str, basis: str) -> None:
    """The decree's annex carries every assignment from 19 March 2023; the merger decrees those of 2025."""
    assert region_of(served, nis, at=at)["decision"] == basis
    rows = plain.sparql(
        PREFIXES
        + f"""SELECT ?key {{ ?a a rl:Assignment ; rl:municipality/dcterms:identifier "{nis}" ;
            rl:basis/dcterms:identifier ?key }}""",
        at=at,
    )
    assert rows == [{"key": basis}]


def test_g19_what_rests_on_the_decree(served: Served, plain: Plain) -> None:
    """All three hundred on the day of the decree; in 2025 all but the twelve new ones."""
    counting = (
        PREFIXES
        + """SELECT ?key (COUNT(?a) AS ?n) {
        ?a a rl:Assignment ; rl:basis/dcterms:identifier ?key } GROUP BY ?key"""
    )
    on_the_day = plain.sparql(counting, at="2023-03-19")
    assert {row["key"]: row["n"] for row in on_the_day} == {"REGIODECREET": "300"}
    in_2025 = plain.sparql(counting, at="2025-01-01")
    assert {row["key"]: row["n"] for row in in_2025} == {"REGIODECREET": "273", "FUSIES-2025": "12"}


def test_g20_a_region_is_no_organisation(served: Served) -> None:
    """It has no organs, powers or budget."""
    response = served.get("sparql", query=PREFIXES + "ASK { ?r a rl:ReferenceRegion, org:Organization }")
    assert response.json()["boolean"] is False


@pytest.mark.parametrize(
    ("nis", "moment", "reason"),
    [
        ("11056", {"at": "2025-01-01"}, "2025-01-01"),
        ("46030", {"at": "2024-12-31"}, "2025-01-01"),
        ("46030", {"at": "2025-01-01", "known": "2023-01-01"}, "known"),
    ],
)
def test_a_code_that_is_not_valid_says_why(served: Served, nis: str, moment: dict[str, str], reason: str) -> None:
    """Ended, not yet begun, or not known yet: status none, with the reason."""
    row = region_of(served, nis, **moment)
    assert (row["status"], row["region_key"]) == ("none", "")
    assert reason in row["evidence"]


def test_a_code_that_never_was_is_not_found(served: Served) -> None:
    """A code that the register has never had is a 404 with one sentence."""
    response = served.get("query/region-of.csv", nis="99999")
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"
    assert "99999" in response.json()["detail"]


def test_a_thing_has_an_address_that_leads_to_a_page(served: Served) -> None:
    """From the identifier to the document, in the format that was asked for."""
    response = served.get("id/municipality/11056", at="2022-12-10")
    assert response.status_code == 303
    location = response.headers["Location"]
    assert not location.startswith("http"), "redirects are relative, so that any host works"
    turtle = served.get("doc/municipality/11056.ttl", at="2022-12-10")
    assert turtle.headers["Content-Type"].startswith("text/turtle")
    assert '"Zwijndrecht"@nl' in turtle.text
