"""The history as a graph: which nodes and which events it holds, in which order, whole, of one thing, and cut."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from pyoxigraph import NamedNode

from regiolog.sync.folder import Folder
from regiolog.sync.queries.question import Portion
from regiolog.sync.queries.snapshots import BYTES_PER_TRIPLE, Snapshots
from regiolog.sync.statements import history_graph
from regiolog.sync.statements.history import History, SnapshotKey
from tests.builders import BASE, TurnedClock, said, small_register, tell
from tests.events.shorthand import FOUNDED, JOINED, correct, newspaper, publishes, puts, retract
from tests.sync.shown import MUNICIPALITY, ours, short

RENAMED = said("municipality-was-renamed", "2021-07-01", municipality="10001", name="Nieuwdorp", id="rename")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    """A register in which a source spoke (8), a structure has members (9, 10), and a name was corrected (11, 12)."""
    clock = TurnedClock()
    folder = Folder(tmp_path, create=True, clock=clock)
    for record in [
        *small_register(),
        newspaper("krant"),
        publishes(puts("10001", "Zuid"), puts("10002", "Noord")),
        FOUNDED,
        JOINED,
        {**RENAMED, "note": "a typo", "agent": "who"},
        {**correct("rename", name="Nieuwerdorp"), "id": "better"},
    ]:
        clock.turn(days=1)
        tell(folder.journal, record, clock=clock)
    yield folder
    folder.close()


@pytest.fixture
def history(folder: Folder) -> History:
    """Its statements."""
    return folder.history()


def told(history: History, position: int, about: str = history_graph.WHOLE) -> dict[str, set[str]]:
    """What the history says of each node, as property and value, in the order of the nodes."""
    found: dict[str, set[str]] = {}
    for line in b"".join(history_graph.lines(history, position, about)).decode().splitlines():
        subject, predicate, value = line.removesuffix(" .").split(" ", 2)
        found.setdefault(short(subject), set()).add(f"{short(predicate)} {short(value)}")
    return found


def statements(history: History, position: int, about: str = history_graph.WHOLE) -> list[tuple[str, str, str]]:
    """The triples that the nodes of a history are about, in order."""
    nodes = [said for name, said in told(history, position, about).items() if "#statement-" in name]
    parts = ("rdf:subject ", "rdf:predicate ", "rdf:object ")
    return [
        (found[0], found[1], found[2])
        for said in nodes
        for found in [[each.removeprefix(part) for part in parts for each in said if each.startswith(part)]]
    ]


def events(history: History, position: int, about: str = history_graph.WHOLE) -> list[int]:
    """The events that a history tells of, in order, however often it does."""
    lines = b"".join(history_graph.lines(history, position, about)).decode().splitlines()
    kind = "<https://w3id.org/regiolog/ns#Event> ."
    return [int(short(line.split(" ")[0]).split("/")[2][:-1]) for line in lines if line.endswith(kind)]


class TestNodes:
    """Every statement that ever was is a node with both of its periods."""

    def test_a_statement_that_is_still_believed(self, history: History) -> None:
        """Its triple, its graph, the event that opened it, since when it is known, and from which day it holds."""
        nodes = [each for each in told(history, 12).values() if "rdf:subject </event/8#claim-1>" in each]
        (words,) = (each for each in nodes if "rdf:predicate rl:words" in each)
        assert words == {
            "rdf:type rdf:Statement",
            "rdf:subject </event/8#claim-1>",
            "rdf:predicate rl:words",
            'rdf:object "Zuid"',
            "rl:graph <graph/source/krant>",
            "prov:wasGeneratedBy </event/8>",
            'prov:generatedAtTime "2021-06-09T12:00:00Z"^^xsd:dateTime',
            'rl:begins "2021-01-01"^^xsd:date',
        }

    def test_a_statement_that_was_corrected(self, history: History) -> None:
        """The event that closed it, and until when it was known; what ended in the world has a last day."""
        labels = {
            next(each for each in said if "rdf:object" in each): said - {"rdf:type rdf:Statement"}
            for said in told(history, 12).values()
            if {"rdf:subject <m/10001>", "rdf:predicate rdfs:label"} <= said
        }
        about = {"rdf:subject <m/10001>", "rdf:predicate rdfs:label", "rl:graph </register>"}
        assert labels['rdf:object "Nieuwdorp"@nl'] == about | {
            'rdf:object "Nieuwdorp"@nl',
            "prov:wasGeneratedBy </event/11>",
            'prov:generatedAtTime "2021-06-12T12:00:00Z"^^xsd:dateTime',
            "prov:wasInvalidatedBy </event/12>",
            'prov:invalidatedAtTime "2021-06-13T12:00:00Z"^^xsd:dateTime',
            'rl:begins "2021-07-01"^^xsd:date',
        }
        assert 'rl:begins "2021-07-01"^^xsd:date' in labels['rdf:object "Nieuwerdorp"@nl']

    def test_numbers_count_from_one_within_each_event(self, history: History) -> None:
        """Every statement has a name of its own: the event that opened it, and its place there, without gaps."""
        names = [name for name in told(history, 12) if "#statement-" in name]
        places = [tuple(map(int, name[8:-1].split("#statement-"))) for name in names]
        assert len(set(places)) == len(places) == history.counts()["statements"]
        assert places == sorted(places)
        for (event, number), (later, next_number) in pairwise(places):
            assert next_number == (number + 1 if later == event else 1)

    def test_a_name_is_the_same_in_every_history(self, history: History) -> None:
        """Whole, cut, or of one thing: a node that is there says the same under the same name."""
        whole = told(history, 12)
        things = [f"{MUNICIPALITY}10001", *map(ours, ("region/noord", "source/krant", "event/11", "cooperation/zone"))]
        for about in things:
            part = told(history, 12, about)
            assert part.items() <= whole.items()
            assert 0 < len(part) < len(whole)


class TestEvents:
    """The events behind the statements are activities."""

    def test_each_is_told_once_and_before_what_it_opened(self, history: History) -> None:
        """However many statements it opened and closed: who reads a line at a time knows what a node refers to."""
        assert sorted(events(history, 12)) == list(range(1, 13))
        seen: set[str] = set()
        for name, node in told(history, 12).items():
            seen.add(name)
            assert {each.split(" ")[1] for each in node if each.startswith(("prov:wasGen", "prov:wasInv"))} <= seen

    def test_a_run_of_a_harvest_is_an_activity_beside_its_events(self, folder: Folder) -> None:
        """By its name, of its source; it used what has an address, and ended when what it recorded was known."""
        tell(folder.journal, publishes(puts("10003", "Zuid")), run="krant-1")
        again = {**publishes(puts("10004", "Noord")), "source": ["http://x.example.org/v2", "a letter"]}
        tell(folder.journal, again, run="krant-1")
        history = folder.history()
        known = 'prov:endedAtTime "2021-06-13T12:00:00Z"^^xsd:dateTime'
        found = told(history, history.position)
        assert found["</source/krant#run-krant-1>"] == {
            "rdf:type prov:Activity",
            'dcterms:identifier "krant-1"',
            "prov:wasAssociatedWith </source/krant>",
            "prov:used <https://krant.example.org>",
            "prov:used <http://x.example.org/v2>",
            known,
        }
        for event in ("</event/13>", "</event/14>"):
            assert "prov:wasInformedBy </source/krant#run-krant-1>" in found[event]
            assert known in found[event]
        lines = b"".join(history_graph.lines(history, history.position)).splitlines()
        assert len(lines) == len(set(lines))

    def test_a_run_that_rests_on_a_decision_is_named_beside_it(self, folder: Folder) -> None:
        """What it recorded of no one source is a part of the register; the taking of the decision stays."""
        tell(folder.journal, {**RENAMED, "municipality": "10002", "id": "by a run"}, run="night")
        history = folder.history()
        found = told(history, 13)
        informed = {each for each in found["</event/13>"] if each.startswith("prov:wasInformedBy")}
        assert informed == {"prov:wasInformedBy </decision/D1#act>", "prov:wasInformedBy </register#run-night>"}
        assert not any("prov:wasAssociatedWith" in each for each in found["</register#run-night>"])

    def test_what_no_run_recorded_says_nothing_of_one(self, history: History) -> None:
        """No event before the harvests is told otherwise than it was."""
        assert not any("run-" in name or "prov:Activity" in "".join(said) for name, said in told(history, 12).items())

    def test_an_event_that_changed_nothing_is_told_at_the_end(self, folder: Folder) -> None:
        """The whole history tells of it all the same; that of a thing only if it is the thing."""
        tell(folder.journal, {**correct("rename", note="a slip"), "id": "same"} | {"corrects": "better"})
        history = folder.history()
        assert events(history, 13)[-1] == 13
        assert 13 not in events(history, 13, f"{MUNICIPALITY}10001")
        assert events(history, 13, ours("event/13")) == [13]
        assert events(history, 12, ours("event/13")) == []

    def test_what_is_said_of_an_event(self, history: History) -> None:
        """Its kind, decision, day, evidence, sources and who recorded it."""
        assert told(history, 12)["</event/11>"] == {
            "rdf:type rl:Event",
            "rl:eventKind rl:event-municipality-was-renamed",
            'dcterms:identifier "11"',
            'rdfs:label "rename"',
            'prov:endedAtTime "2021-06-12T12:00:00Z"^^xsd:dateTime',
            "rl:basis </decision/D1>",
            "prov:wasInformedBy </decision/D1#act>",
            'rl:begins "2021-07-01"^^xsd:date',
            "rl:evidence rl:evidence-published",
            'rdfs:comment "a typo"@en',
            'dc:contributor "who"',
        }

    def test_a_correction_and_a_retraction_name_what_was_wrong(self, folder: Folder) -> None:
        """The event that first said it, and why; a correction rests on the decision of what it should have said."""
        tell(folder.journal, retract("better"))
        found = told(folder.history(), 13)
        assert found["</event/12>"] == {
            "rdf:type rl:Event",
            "rl:eventKind rl:event-event-was-corrected",
            'dcterms:identifier "12"',
            'rdfs:label "better"',
            'prov:endedAtTime "2021-06-13T12:00:00Z"^^xsd:dateTime',
            "rl:corrects </event/11>",
            'rl:reason "r"@en',
            "rl:basis </decision/D1>",
            "prov:wasInformedBy </decision/D1#act>",
            "rl:evidence rl:evidence-published",
            'dc:source "s"',
        }
        assert {"rl:corrects </event/11>", "rl:eventKind rl:event-event-was-retracted"} <= found["</event/13>"]
        assert not any(each.startswith("rl:basis") for each in found["</event/13>"])

    def test_a_publication_names_its_document(self, folder: Folder) -> None:
        """Its source, document and licence, and the day on which it was published."""
        tell(folder.journal, publishes(puts("10003", "Noord"), document="v9", licence="vrij"))
        found = told(folder.history(), 13)["</event/13>"]
        assert {
            "rl:eventKind rl:event-claims-were-made",
            'rl:document "v9"',
            'dc:rights "vrij"',
            "prov:wasAssociatedWith </source/krant>",
            'rl:begins "2021-01-01"^^xsd:date',
            "dcterms:source <https://krant.example.org>",
        } <= found

    def test_a_decision_was_taken_and_a_demarcation_is_a_class(self, history: History) -> None:
        """The taking of a decision is an activity with its day; a demarcation is an event of a class of its own."""
        found = told(history, 12)
        assert found["</decision/D1#act>"] == {
            "rdf:type rl:DecisionMaking",
            "prov:generated </decision/D1>",
            'dcterms:date "2020-01-01"^^xsd:date',
        }
        assert [name for name, said in found.items() if "rdf:type rl:Demarcation" in said] == ["</event/6>"]


class TestOneThing:
    """The history of a thing is what was ever said of it and of the nodes that describe it, and no more."""

    def test_a_municipality(self, history: History) -> None:
        """Itself in every graph, its assignments, what is claimed of it, and its memberships."""
        subjects = {subject for subject, *_ in statements(history, 12, f"{MUNICIPALITY}10001")}
        assert subjects == {
            "<m/10001>",
            "</event/6#assignment-10001>",
            "</event/8#claim-1>",
            "</event/10#member-1>",
        }
        assert sorted(events(history, 12, f"{MUNICIPALITY}10001")) == [1, 6, 8, 10, 11, 12]

    def test_a_region(self, history: History) -> None:
        """Itself, the assignments to it, and the claims that put somebody in it."""
        subjects = {subject for subject, *_ in statements(history, 12, ours("region/noord"))}
        assert subjects == {
            "</region/noord>",
            "</event/6#assignment-10001>",
            "</event/6#assignment-10002>",
            "</event/8#claim-2>",
        }

    def test_a_source(self, history: History) -> None:
        """Itself, and all that its graph ever held."""
        triples = statements(history, 12, ours("source/krant"))
        assert {subject for subject, *_ in triples} == {
            "</source/krant>",
            "</event/8#claim-1>",
            "</event/8#claim-2>",
            "<m/10001>",
            "<m/10002>",
        }
        assert {predicate for subject, predicate, _ in triples if subject.startswith("<m/")} == {"geo:sfWithin"}
        assert events(history, 12, ours("source/krant")) == [7, 8]

    def test_a_decision(self, folder: Folder) -> None:
        """Itself, and the graph of what it proposed."""
        tell(folder.journal, said("regions-were-proposed", decision="D2", regions={"v1": {"name": "Eén"}}))
        history = folder.history()
        subjects = {subject for subject, *_ in statements(history, 13, ours("decision/D2"))}
        assert subjects == {"</decision/D2>", "</region/v1>"}
        assert {subject for subject, *_ in statements(history, 13, ours("decision/D1"))} == {"</decision/D1>"}

    def test_a_structure(self, history: History) -> None:
        """Itself and its memberships."""
        subjects = {subject for subject, *_ in statements(history, 12, ours("cooperation/zone"))}
        assert subjects == {"</cooperation/zone>", "</event/10#member-1>", "</event/10#member-2>"}

    def test_an_event(self, history: History) -> None:
        """What it opened and what it closed."""
        labels = [(predicate, value) for _, predicate, value in statements(history, 12, ours("event/12"))]
        assert labels == [("rdfs:label", '"Nieuwdorp"@nl'), ("rdfs:label", '"Nieuwerdorp"@nl')]
        assert events(history, 12, ours("event/12")) == [11, 12]

    @pytest.mark.parametrize("about", ["event/99", "event/x", "region/nowhere", "source/nobody", "register#x"])
    def test_what_is_not_there_has_no_history(self, history: History, about: str) -> None:
        """Nothing is said of it."""
        assert told(history, 12, ours(about)) == {}


class TestCut:
    """A history that is cut at a position knows nothing of what came later, and never changes again."""

    THINGS = (
        history_graph.WHOLE,
        f"{MUNICIPALITY}10001",
        *map(ours, ("region/noord", "region/zuid", "source/krant", "decision/D1", "event/6", "event/12")),
    )

    def test_what_was_closed_later_is_open(self, history: History) -> None:
        """The name that was corrected has no end, and the correction is not told."""
        found = told(history, 11)
        assert "</event/12>" not in found
        (label,) = (said for said in found.values() if 'rdf:object "Nieuwdorp"@nl' in said)
        assert not any("nvalidated" in each for each in label)
        assert not any('rdf:object "Nieuwerdorp"@nl' in said for said in found.values())
        assert sorted(events(history, 11)) == list(range(1, 12))
        assert told(history, 0) == {}

    def test_an_event_that_is_not_known_yet_has_done_nothing(self, history: History) -> None:
        """Not even closed what was there before it."""
        assert told(history, 11, ours("event/12")) == {}

    def test_later_events_leave_an_earlier_history_as_it_was(self, folder: Folder) -> None:
        """Line for line, of everything and of one thing: also when what described it comes to describe another."""
        history = folder.history()
        before = {
            (about, position): list(history_graph.lines(history, position, about))
            for about in self.THINGS
            for position in range(1, 13)
        }
        places = {"10001": "zuid", "10002": "zuid", "10003": "noord", "10004": None}
        tell(folder.journal, {**correct("demarcation", assignments=places), "id": "other way"})
        tell(folder.journal, {**correct("joined", members=[{"municipality": "10005"}]), "id": "other member"})
        tell(folder.journal, retract("better"), publishes(withdrawn=(puts("10001", "Zuid"),)))
        history = folder.history()
        for (about, position), lines in before.items():
            assert list(history_graph.lines(history, position, about)) == lines, (about, position)


class TestInAQuery:
    """A named graph of a query can be the history, whole or of one thing."""

    KEY = SnapshotKey(date(2021, 8, 1).toordinal(), 12, 1)

    def test_a_history_beside_a_moment(self, history: History) -> None:
        """The graph holds the lines of that history up to its position, and the default graph its moment."""
        portions = {
            f"{BASE}graph/history": Portion(self.KEY, history=True),
            f"{BASE}graph/history/event/12": Portion(self.KEY, history=True, about=ours("event/12")),
            f"{BASE}graph/then": Portion(self.KEY._replace(position=11), history=True),
        }
        store = Snapshots(history).store(self.KEY, portions)
        for name, (key, _, _, about) in portions.items():
            lines = b"".join(history_graph.lines(history, key.position, about)).splitlines()
            quads = store.quads_for_pattern(None, None, None, NamedNode(name))
            assert sorted(f"{each.triple} .".encode() for each in quads) == sorted(set(lines)), name

    def test_a_whole_history_that_is_too_large_is_refused(self, history: History) -> None:
        """Before any of it is loaded; one thing's is answered, and so is what was known when it was smaller."""
        most = BYTES_PER_TRIPLE * history_graph.size(history, 12)
        whole = {"urn:h": Portion(self.KEY, history=True)}
        assert Snapshots(history, most_bytes=most).store(self.KEY, whole)
        small = Snapshots(history, most_bytes=most - BYTES_PER_TRIPLE)
        with pytest.raises(MemoryError):
            small.store(self.KEY, whole)
        assert len(small) == 0
        assert small.store(self.KEY, {"urn:h": Portion(self.KEY, history=True, about=ours("event/12"))})
        assert small.store(self.KEY, {"urn:h": Portion(self.KEY._replace(position=10), history=True)})

    def test_its_size_is_not_underestimated_by_much(self, history: History) -> None:
        """What is worked out before loading is about what it comes to."""
        triples = len(b"".join(history_graph.lines(history, 12)).splitlines())
        assert 0.6 < triples / history_graph.size(history, 12) < 1.2
        assert history_graph.size(history, 0) == 0
