"""What the commands print, and how they end, on a register that is served meanwhile."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from regiolog.publisher.cli import main
from regiolog.publisher.service import Service
from regiolog.sync.statements.history_writer import HistoryWriter
from tests.facts import EVENTS
from tests.processes import copied, lines, prepared

COUNT = "SELECT (COUNT(*) AS ?n) { ?m a <https://w3id.org/regiolog/ns#Municipality> }"
READING = ("query", "dump", "history municipality 11056", "diff 2021-01-01 2022-01-01", "replay", "status")

Type = Callable[..., Result]


@pytest.fixture
def typed(service: Service) -> Type:
    """Type a command about the served register; `given` is its standard input."""

    def run(command: str, *more: object, given: str | None = None, data: Path | None = None) -> Result:
        words = [*command.split(), *map(str, more), "--data", str(data or service.settings.data)]
        return CliRunner().invoke(main, words, input=given, catch_exceptions=False)

    return run


def sentence(result: Result) -> str:
    """The one line that a command said on standard error."""
    (line,) = result.stderr.splitlines()
    return line


def test_every_command_shows_an_example() -> None:
    """Whoever asks for help sees something to type."""
    for words in ([], *([name] for name in main.commands)):
        result = CliRunner().invoke(main, [*words, "--help"])
        assert result.exit_code == 0
        assert "regiolog" in result.output.partition("Example:\n")[2]


def test_it_says_its_version() -> None:
    """On standard output."""
    result = CliRunner().invoke(main, ["--version"])
    assert result.stdout.startswith("regiolog, version ")


@pytest.mark.parametrize("command", [*READING, "record"])
def test_every_command_but_serve_needs_a_register(command: str, typed: Type, tmp_path: Path) -> None:
    """Exit 1, how to begin, and nothing is made there."""
    (tmp_path / "file").write_text(COUNT)
    more = [tmp_path / "file"] if command in {"record", "query"} else []
    result = typed(command, *more, data=tmp_path / "nowhere")
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"begin one with `regiolog serve --data {tmp_path / 'nowhere'}`" in sentence(result)
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    ("at", "expected"), [("2018-12-31", "308"), ("2019-01-01", "300"), ("2024-12-31", "300"), ("2025-01-01", "285")]
)
def test_query_answers_at_a_moment(at: str, expected: str, typed: Type) -> None:
    """The number of municipalities, as CSV on standard output and nothing else."""
    result = typed("query --at", at, given=COUNT)
    assert (result.exit_code, result.stdout.split(), result.stderr) == (0, ["n", expected], "")


def test_query_reads_a_file_and_honours_known(typed: Type, tmp_path: Path) -> None:
    """The mergers of 2025 were not known on 1 April 2024."""
    (tmp_path / "count.rq").write_text(COUNT)
    result = typed("query --at 2025-02-01 --known 2024-04-01 --format json", tmp_path / "count.rq")
    assert json.loads(result.stdout)["results"]["bindings"][0]["n"]["value"] == "300"


def test_a_query_can_name_snapshots(typed: Type) -> None:
    """Two days side by side, each a graph that is named by constant."""
    counted = "SELECT (COUNT(*) AS ?n) { GRAPH <http://localhost:8000/graph/%s> { ?m a <%s> } }"
    municipality = "https://w3id.org/regiolog/ns#Municipality"
    result = typed("query --at 2025-01-01", given=counted % ("2018-12-31", municipality))
    assert result.stdout.split() == ["n", "308"]


@pytest.mark.parametrize(
    ("query", "more", "code", "says"),
    [
        ("SELECT", "", 1, "not SPARQL"),
        ("CLEAR ALL", "", 1, "CLEAR"),
        ("SELECT * { SERVICE <http://x.example/> {} }", "", 1, "SERVICE"),
        ("SELECT * " + "{" * 3000, "", 1, "nested deeper than 100"),
        ("#" * 40_000, "", 1, "longer than 32768 bytes"),
        (COUNT, "--format ttl", 1, "cannot be had as ttl"),
        ("ASK { GRAPH <http://x.example/graph/2020-01-01> {} }", "", 1, "there is no graph"),
        (COUNT, "--at 2021-02-29", 2, "2021-02-29 is a day that does not exist"),
        (COUNT, "--at 2017-12-31", 2, "before coverage"),
        (COUNT, "--known 2999-01-01", 2, "after the head"),
    ],
)
def test_what_is_not_answered_is_refused_in_one_sentence(
    query: str, more: str, code: int, says: str, typed: Type
) -> None:
    """Exit 1 for what is refused, 2 for a moment that cannot be."""
    result = typed("query", *more.split(), given=query)
    assert (result.exit_code, result.stdout) == (code, "")
    assert says in sentence(result)


def test_dump_has_the_same_graph_in_every_form(typed: Type) -> None:
    """N-Quads sorted; the others start as they should."""
    quads = typed("dump --at 2022-02-04").stdout
    assert quads.splitlines() == sorted(quads.splitlines())
    own = typed("dump --at 2022-02-04 --format nt").stdout.splitlines()
    beside = set(quads.splitlines()) - set(own)
    assert len(quads.splitlines()) == len(own) + len(beside)
    assert beside
    assert all(re.search(r" <http://localhost:8000/graph/(source|proposal)/[^>]+> \.$", line) for line in beside)
    assert typed("dump --at 2022-02-04 --format ttl").stdout.startswith("@prefix")
    assert json.loads(typed("dump --at 2022-02-04 --format jsonld").stdout)["@graph"]


def test_dump_has_the_other_graphs_too(typed: Type) -> None:
    """What a source says, what was proposed, the history of all or of one thing; an unknown one is refused."""
    assert "REFREG14" in typed("dump --graph source/pinc --at 2022-12-03 --known 2022-12-03").stdout
    assert typed("dump --graph proposal/VR-2020-10-09 --format ttl").stdout.count("a rl:ProposedRegion") == 13
    event = typed("dump --graph history/event/64 --format ttl").stdout
    assert "a rdf:Statement" in event
    assert len(typed("dump --graph history --format nt").stdout.splitlines()) > 400_000
    refused = typed("dump --graph source/nobody")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "never had a source nobody" in sentence(refused)


def test_history_and_diff_know_structures_and_sources(typed: Type) -> None:
    """A police zone that replaced two; a source's own words; and what changed in graphs beside the register."""
    zone = typed("history cooperation 65EB0324E77A4F2289F6B63D --format csv").stdout
    assert zone.count("replaces") == 2
    event = list(csv.DictReader(io.StringIO(typed("history event 64 --format csv").stdout)))
    assert {row["event"] for row in event} == {"54"}
    assert {row["known_to"] for row in event} == {"2023-01-30T23:00:00Z"}
    source = typed("history source abb --format csv").stdout
    assert "Agentschap Binnenlands Bestuur" in source
    changed = typed("diff 2022-12-22 2022-12-22 --from-known 2022-12-21 --to-known 2022-12-22 --format csv")
    rows = list(csv.DictReader(io.StringIO(changed.stdout)))
    assert {(row["graph"], row["kind"]) for row in rows} == {("source/pinc", "claims-were-made")}


def test_history_tells_both_periods_the_event_and_the_decision(typed: Type) -> None:
    """Zwijndrecht's move was known ten days before it came into force."""
    result = typed("history municipality 11056 --format csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    moved = [row for row in rows if row["property"].endswith("sfWithin") and row["valid_from"] == "2023-03-19"]
    assert (moved[0]["known_from"], moved[0]["decision"]) == ("2023-03-08T23:00:00Z", "REGIODECREET")
    assert "valid_to" in typed("history municipality 11056").stdout.splitlines()[0]
    assert json.loads(typed("history region waasland --format json").stdout)


def test_history_shows_the_decision_behind_what_was_corrected(typed: Type, service: Service, tmp_path: Path) -> None:
    """A correction without a decision of its own shows that of what it puts right."""
    data = prepared(service.settings.data, tmp_path / "data")
    change = {"corrects": "REGIODECREET/name/middenkust", "reason": "misread", "change": {"name": "Middelkust"}}
    (tmp_path / "file").write_text(json.dumps({"id": "c", "kind": "event-was-corrected", "source": ["x"], **change}))
    assert typed("record", tmp_path / "file", data=data).exit_code == 0
    rows = csv.DictReader(io.StringIO(typed("history region middenkust --format csv", data=data).stdout))
    assert {row["decision"] for row in rows if row["value"] == "Middelkust"} == {"REGIODECREET"}


def test_history_of_what_never_was_is_refused(typed: Type) -> None:
    """A key that the register has never had: 1; a kind that there is not: 2."""
    assert sentence(typed("history region atlantis")) == "regiolog: the register has never had a region atlantis"
    assert typed("history region atlantis").exit_code == 1
    assert typed("history kingdom atlantis").exit_code == 2


def test_diff_names_the_event_and_exits_1(typed: Type) -> None:
    """Under the decree, Zwijndrecht left one region for another."""
    result = typed("diff 2023-03-18 2023-03-19 --format csv")
    rows = [row for row in csv.DictReader(io.StringIO(result.stdout)) if row["subject"].endswith("/gemeente/11056")]
    assert result.exit_code == 1
    assert [(row["change"], row["decision"]) for row in rows] == [("-", "REGIODECREET"), ("+", "REGIODECREET")]
    assert {row["kind"] for row in rows} == {"municipality-was-reassigned"}


def test_diff_of_equal_days_prints_no_row_and_exits_0(typed: Type) -> None:
    """Nothing changed."""
    result = typed("diff 2023-03-20 2023-03-21 --format json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, [])


def test_diff_there_and_back_are_opposites(typed: Type) -> None:
    """Set by set, on the known clock too: what one adds, the other takes away, by the same events."""
    there = typed("diff 2025-02-01 2025-02-01 --from-known 2024-04-01 --to-known 2024-09-01 --format json")
    back = typed("diff 2025-02-01 2025-02-01 --from-known 2024-09-01 --to-known 2024-04-01 --format json")
    turned = [row | {"change": "+" if row["change"] == "-" else "-"} for row in json.loads(back.stdout)]
    assert json.loads(there.stdout)
    assert sorted(map(str, turned)) == sorted(map(str, json.loads(there.stdout)))


def test_diff_takes_one_known_or_two(typed: Type) -> None:
    """Both would contradict each other."""
    assert typed("diff 2023-01-01 2023-02-01 --known 2024-01-01 --to-known 2024-01-01").exit_code == 2


def test_replay_gives_the_same_digests(typed: Type) -> None:
    """The history and a dozen moments; the last is the head."""
    result = typed("replay")
    rows = list(lines(result.stdout))
    assert result.exit_code == 0, result.stderr
    assert [len(row) for row in rows] == [3] * 13
    assert rows[0][0] == "history"
    assert f"replaying {EVENTS} events gives the same statements" in sentence(result)


def test_replay_finds_a_statement_that_was_tampered_with(typed: Type, service: Service, tmp_path: Path) -> None:
    """Exit 1, and the first difference."""
    data = prepared(service.settings.data, tmp_path / "data")
    writer = HistoryWriter.open(data / "statements.sqlite", readonly=False)
    writer._db.execute("UPDATE term SET text = '\"Zwijndrecht!\"@nl' WHERE text = '\"Zwijndrecht\"@nl'")
    writer.close()
    result = typed("replay", data=data)
    assert result.exit_code == 1
    assert "there is " in result.stdout
    assert "event 1: <https://data.vlaanderen.be/id/gemeente/11056>" in sentence(result)


def test_statements_of_an_earlier_version_are_built_again(typed: Type, service: Service, tmp_path: Path) -> None:
    """With one sentence, and the same graph; those of a newer version are refused."""
    data = prepared(service.settings.data, tmp_path / "data")
    graph = typed("dump", data=data).stdout
    for version, code, says in ((0, 0, "projection 0 became"), (99, 1, "made by a newer regiolog")):
        writer = HistoryWriter.open(data / "statements.sqlite", readonly=False)
        writer.note(version=version)
        writer.close()
        result = typed("dump", data=data)
        assert (result.exit_code, result.stdout) == (code, graph if code == 0 else "")
        assert says in sentence(result)


@pytest.mark.parametrize("command", ["serve", "status"])
def test_an_unknown_setting_is_misuse(command: str, typed: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 2, before anything is done."""
    monkeypatch.setenv("REGIOLOG_PROT", "1")
    result = typed(command)
    assert result.exit_code == 2
    assert sentence(result).endswith("did you mean REGIOLOG_PORT?")


def test_status_tells_where_things_stand(typed: Type) -> None:
    """As text and as JSON."""
    status = json.loads(typed("status --json").stdout)
    assert (status["register"], status["base_iri"], status["lag"]) == ("flanders", "http://localhost:8000/", 0)
    assert (status["events"], status["projected"], status["served"], status["stopped"]) == (EVENTS, EVENTS, True, None)
    shown = typed("status").stdout
    assert f"projected   {EVENTS}" in shown.splitlines()
    abb = next(each for each in status["sources"] if each["source"] == "abb")
    assert (abb["claims"], abb["marked"], abb["known"]) == (316, 0, "2024-08-22T22:00:00Z")
    assert "cooperation-was-observed" in abb["authority"]
    assert "source      abb (Agentschap Binnenlands Bestuur" in shown


def test_status_does_not_catch_up(service: Service, typed: Type, tmp_path: Path) -> None:
    """It says how things are: a folder with nothing but a journal lags by all of it."""
    data = copied(service.settings.data / "journal.sqlite", tmp_path / "data")
    status = json.loads(typed("status --json", data=data).stdout)
    assert (status["projected"], status["lag"], status["served"]) == (0, EVENTS, False)
