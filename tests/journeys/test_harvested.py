"""What publishers publish, harvested, answers as the archive does: small documents of ours, and the real ones."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from regiolog.events.claim import ClaimsWereMade, as_said
from regiolog.sync.folder import Folder
from tests.facts import TABLES, table
from tests.journeys import harvested
from tests.journeys.conftest import Served as Archive
from tests.journeys.harvested import begun, rows, scheme, series
from tests.processes import Served

REAL = TABLES / "sources"
with_sources = pytest.mark.skipif(not REAL.is_dir(), reason="the publishers' files are not beside the repository")

PEOPLE = [
    *("11001,Aartselaar,REFREG01,Regio Antwerpen", "11056,Zwijndrecht,REFREG01,Regio Antwerpen"),
    *("46003,Beveren,REFREG14,Waasland", "35013,Oostende,REFREG09,Regio Oostende"),
    *("44021,Gent,REFREG13,Regio Gent", "44084,Aalter,REFREG13,Regio Gent", "44083,Deinze,REFREG13,Regio Gent"),
    "99991,gemeente onbekend (Vlaanderen),REFREG91,Referentieregio onbekend (Vlaanderen)",
]
"""Some rows as Provincies in Cijfers wrote them on 17 February 2022."""

MOVED = "11056,Zwijndrecht,REFREG14,Waasland"

REGION = "http://data.lblod.info/id/werkingsgebieden/"
GHENT, ANTWERP = f"{REGION}e762504fb5c9fedc166e98c1112f8879", f"{REGION}3c9f5b3c00046aaee3fa5830de6ff7fe"
GEO, EXT = "http://www.opengis.net/ont/geosparql#", "http://mu.semte.ch/vocabularies/ext/"
MATCH, LABEL = "http://www.w3.org/2004/02/skos/core#exactMatch", "http://www.w3.org/2000/01/rdf-schema#label"


def _within(area: str, region: str) -> str:
    return f"<http://agency.example/{area}> <{GEO}sfWithin> <{region}> ."


def _area(name: str, label: str, nis: str | None = None) -> str:
    code = "" if nis is None else f" ; <{MATCH}> <http://vocab.belgif.be/auth/refnis2019/{nis}>"
    return f'<http://agency.example/{name}> <{LABEL}> "{label}" ; <{EXT}werkingsgebiedNiveau> "Gemeente"{code} .'


def _code(scheme: str, nis: str, name: str, begins: str, ends: str = "9999-12-31") -> str:
    skos, stated = "http://www.w3.org/2004/02/skos/core#", "http://www.w3.org/2001/XMLSchema#dateTime"
    address = f"http://vocab.belgif.be/auth/{scheme}"
    return (
        f'<{address}/{nis}> <{skos}inScheme> <{address}> ; <{skos}notation> "{nis}" ; <{skos}prefLabel> "{name}"@nl ; '
        f'<https://schema.org/startDate> "{begins}T00:00:00+01:00"^^<{stated}> ; '
        f'<https://schema.org/endDate> "{ends}T00:00:00+01:00"^^<{stated}> .'
    )


def _publish(place: Path) -> None:
    """Write small documents of three publishers, with their shapes and facts."""
    place.mkdir()
    for day, commit, changed in (
        ("2022-02-17", "75d6e8f", False),
        ("2022-12-01", "e8f99ea", True),
        ("2022-12-06", "818659e", False),
        ("2022-12-22", "34eb240", True),
    ):
        lines = [MOVED if changed and row.startswith("11056") else row for row in PEOPLE]
        header = "gemeente,Name gemeente,REFREG,Name REFREG" if not changed else "Gemeente,,Refreg,Name refreg"
        cells = [row if not changed else ",".join((row.split(",")[0], "", *row.split(",")[2:])) for row in lines]
        (place / f"{day}_{commit}.csv").write_text("\n".join([header, *cells, ""]), encoding="utf-8")
    regions = "\n".join(
        f'<{region}> <{LABEL}> "{name}"@nl ; <{EXT}werkingsgebiedNiveau> "Referentieregio"@nl .'
        for region, name in ((GHENT, "Regio Gent"), (ANTWERP, "Regio Antwerpen"))
    )
    now = [_within("aalter-2019", GHENT), _within("deinze-2019", GHENT), _within("gent", GHENT), _within("z", ANTWERP)]
    before = [_within("aalter", GHENT), _within("deinze", GHENT)]
    (place / "20220614112713-referentieregios.ttl").write_text("\n".join([*before, *now, regions]))
    (place / "20230131172200-referentieregios.ttl").write_text("\n".join([*now, regions]))
    areas = [
        *(_area("aalter", "Aalter"), _area("aalter-2019", "Aalter", "44084"), _area("deinze", "Deinze")),
        *(_area("deinze-2019", "Deinze", "44083"), _area("gent", "Gent", "44021"), _area("z", "Zwijndrecht", "11056")),
    ]
    (place / "areas.ttl").write_text("\n".join(areas))
    codes = [
        _code("refnis2025", "12034", "Sint-Amands", "2019-01-01"),
        _code("refnis2025", "44045", "Moerbeke", "2019-01-01", "2025-01-01"),
        _code("refnis2025", "37022", "Tielt", "2019-01-01", "2025-01-01"),
        _code("refnis2025", "11001", "Aartselaar", "2019-01-01"),
        _code("refnis2025", "11000", "Arrondissement Antwerpen", "2019-01-01"),
    ]
    (place / "refnis2025.ttl").write_text("\n".join(codes))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A register made of small documents of the three publishers, beside what was decided."""
    folder = tmp_path_factory.mktemp("small")
    _publish(place := folder / "published")
    left_out = ("abb", "provincies-in-cijfers")
    reports = begun(
        folder / "data",
        leave_out=left_out,
        pinc_regions=series(harvested.PINC, place, harvested.TABLES, "gemeente_refreg", **harvested.REFREG),
        abb_regions=series(
            *(harvested.ABB, place, harvested.DOCUMENTS, "referentieregios.ttl"),
            says="regions",
            beside=[str(place / "areas.ttl")],
        ),
        refnis2025=scheme("refnis2025", place / "refnis2025.ttl"),
    )
    assert {name: report.outcome for name, report in reports.items()} == {
        "pinc-regions": "unchanged",
        "abb-regions": "unchanged",
        "refnis2025": "new",
    }
    with harvested.served(folder / "data", leave_out=left_out) as service:
        yield service


def test_g4_what_a_publisher_said_and_took_back(small: Served) -> None:
    """Waasland, Regio Antwerpen, Waasland: each as it was said on its day."""
    said = {
        day: [
            row["region_key"] for row in rows(small, "said", nis="11056", at=day, known=day) if row["source"] == "pinc"
        ]
        for day in ("2022-12-03", "2022-12-10", "2022-12-23")
    }
    assert said == {"2022-12-03": ["waasland"], "2022-12-10": ["regio-antwerpen"], "2022-12-23": ["waasland"]}


def test_g17_what_never_was_stays_visible(small: Served) -> None:
    """Aalter and Deinze as they were before 2019: in Regio Gent from 2022-06-14, withdrawn on 2023-01-31."""
    for nis in ("44001", "44011"):
        (row,) = [row for row in rows(small, "said", nis=nis) if row["source"] == "abb"]
        assert row["region_key"] == "regio-gent"
        assert (row["known_from"], row["known_to"]) == ("2022-06-13T22:00:00Z", "2023-01-30T23:00:00Z")


def test_one_who_never_followed_diverges(small: Served) -> None:
    """The agency still has Zwijndrecht in Regio Antwerpen, after the decree and after the merger."""
    for at, says in (("2024-12-31", "waasland"), ("2025-02-19", "ended on 2025-01-01: became 46030 in waasland")):
        (row,) = [
            row for row in rows(small, "divergences", at=at) if "11056" in row["subject"] and row["source"] == "abb"
        ]
        assert (row["source_says"], row["register_says"]) == ("regio-antwerpen", says)


def test_errors_of_a_code_list_are_divergences_and_no_events(small: Served) -> None:
    """A code that ended in 2019 is listed as current, and one ends on the day on which it began."""
    found = {
        (row["subject"].rpartition("/")[2], row["source_says"], row["register_says"])
        for row in rows(small, "divergences")
        if row["source"] == "statbel"
    }
    assert found == {
        ("12034", "listed without an end", "ended on 2019-01-01: became 12041 in rivierenland"),
        ("37022", "begins on 2019-01-01", "begins on 2025-01-01"),
        ("37022", "ends on 2025-01-01", "no end"),
    }
    at_once = rows(small, "municipalities", at="2025-06-01")
    assert len(at_once) == 285


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A register made of the publishers' own files, beside what was decided."""
    folder = tmp_path_factory.mktemp("real")
    agency, place = REAL / "abb-op", folder / "published"
    place.mkdir()
    first = (agency / "20220614112713-referentieregios.ttl").read_text(encoding="utf-8")
    (place / "20220614112713-referentieregios.ttl").write_text(first, encoding="utf-8")
    (place / "20230131172200-referentieregios.ttl").write_text(_corrected(first), encoding="utf-8")
    left_out = ("abb", "provincies-in-cijfers")
    reports = begun(
        folder / "data",
        leave_out=left_out,
        pinc_regions=series(
            *(harvested.PINC, REAL / "pinc" / "gemeente_refreg", harvested.TABLES, "gemeente_refreg"),
            **harvested.REFREG,
        ),
        abb_regions=series(
            *(harvested.ABB, place, harvested.DOCUMENTS, "referentieregios.ttl"),
            says="regions",
            beside=[str(agency / f"202208160857{end}") for end in ("00-lblod_to_nis.ttl",)]
            + [str(agency / "20220816085800-werkingsgebieden.ttl")],
        ),
        abb_export={
            **harvested.ABB,
            "complete": False,
            "location": str(REAL / "abb-lmb" / "20250219161101-op-politiezones.cut.ttl"),
            "mapping": {"says": "regions"},
        },
        refnis2019=scheme(
            "refnis2019",
            REAL / "statbel-refnis" / "20250416181230-refnis2019-after-2025-municipality-mergers.ttl",
        ),
        refnis2025=scheme("refnis2025", REAL / "statbel-refnis" / "20250107101800-refnis2025.ttl"),
    )
    assert reports["abb-export"].outcome == "silent"
    with harvested.served(folder / "data", leave_out=left_out) as service:
        yield service


def _corrected(document: str) -> str:
    """The list of June 2022 without the areas of the two authorities that were put right on 2023-01-31."""
    authorities = [row["werkingsgebied_or_bestuurseenheid"] for row in _corrections() if row["date"] == "2023-01-31"]
    areas = (REAL / "abb-op" / "20220816085800-werkingsgebieden.ttl").read_text(encoding="utf-8")
    wrong = {
        line.split()[2]
        for line in areas.splitlines()
        if line.startswith(tuple(f"<{each}> besluit" for each in authorities))
    }
    assert len(wrong) == 2
    return "\n".join(
        line for line in document.splitlines() if line.split(" ")[0] not in wrong or "sfWithin" not in line
    )


def _corrections() -> list[dict[str, str]]:
    return table("sources/abb-op/location-corrections")


@with_sources
def test_eleven_real_versions_give_what_the_archive_gives(real: Served, served: Archive) -> None:
    """Each publication of Provincies in Cijfers makes and withdraws the same claims, resolved and marked alike."""
    of_archive, ours = _publications(served.data), _publications(real.data)
    assert len(ours) == 11
    assert ours == {document: of_archive[document] for document in ours}


def _publications(data: Path) -> dict[str, tuple[object, ...]]:
    with closing(Folder(data)) as folder:
        return {
            event.document: (event.known_from, event.valid_from, set(event.made), set(map(as_said, event.withdrawn)))
            for event in (recorded.event for recorded in folder.journal.replay())
            if isinstance(event, ClaimsWereMade) and event.said_by == "pinc"
        }


@with_sources
def test_said_answers_alike(real: Served, served: Archive) -> None:
    """The named query, for every municipality that the log of publications names, and for some that it does not."""
    named = {row["nis"] for row in table("publication_log") if row["nis"]}
    others = [row["nis"] for row in table("municipalities")][::60]
    for nis in sorted({*named, *others}):
        ours = [_period(row) for row in rows(real, "said", nis=nis) if row["source"] == "pinc"]
        theirs = [_period(row) for row in served.query("said", nis=nis) if row["source"] == "pinc"]
        assert ours == theirs, nis


def _period(row: dict[str, str]) -> tuple[str, ...]:
    names = ("source", "region_key", "valid_from", "valid_to", "known_from", "known_to", "words", "document")
    return tuple(row[name] for name in names)


@with_sources
def test_g4_of_the_real_versions(real: Served) -> None:
    """Waasland, Regio Antwerpen, Waasland."""
    assert [
        row["region_key"]
        for day in ("2022-12-03", "2022-12-10", "2022-12-23")
        for row in rows(real, "said", nis="11056", at=day, known=day)
        if row["source"] == "pinc"
    ] == ["waasland", "regio-antwerpen", "waasland"]


@with_sources
def test_the_agency_s_regions_of_2022(real: Served) -> None:
    """Fifteen names, and every municipality of 2022 where the archive's own claims have it."""
    for nis in ("44001", "44011"):
        (row,) = [row for row in rows(real, "said", nis=nis) if row["source"] == "abb"]
        assert (row["region_key"], row["known_from"], row["known_to"]) == (
            "regio-gent",
            "2022-06-13T22:00:00Z",
            "2023-01-30T23:00:00Z",
        )
    expected = {row["municipality_nis"]: row["region_key"] for row in _members() if row["valid_from"] < "2023"}
    query = """PREFIX rl: <https://w3id.org/regiolog/ns#> PREFIX dcterms: <http://purl.org/dc/terms/>
        SELECT ?nis ?key { GRAPH <graph/source/abb> { ?c rl:municipality ?m ; rl:region ?r }
          ?m dcterms:identifier ?nis . ?r dcterms:identifier ?key }"""
    answer = real.get("sparql", "text/csv", at="2022-07-01", known="2022-07-01", query=query).text
    found = {row["nis"]: row["key"] for row in csv.DictReader(io.StringIO(answer))}
    assert {nis: region for nis, region in found.items() if nis not in {"44001", "44011"}} == expected


def _members() -> list[dict[str, str]]:
    return table("region_members")


@with_sources
def test_the_agency_s_export_and_statbel_diverge(real: Served) -> None:
    """Zwijndrecht, and Statbel's own errors; nothing of it is an event of the register."""
    found = {
        (row["subject"].rpartition("/")[2], row["source"], row["source_says"], row["register_says"])
        for row in rows(real, "divergences")
    }
    assert ("11056", "abb", "regio-antwerpen", "ended on 2025-01-01: became 46030 in waasland") in found
    assert ("12034", "statbel", "listed without an end", "ended on 2019-01-01: became 12041 in rivierenland") in found
    for nis in ("37022", "71071"):
        assert (nis, "statbel", "begins on 2019-01-01", "begins on 2025-01-01") in found
        assert (nis, "statbel", "ends on 2025-01-01", "no end") in found
    assert len(rows(real, "municipalities", at="2025-05-01")) == 285
