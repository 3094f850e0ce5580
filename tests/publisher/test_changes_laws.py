"""Laws of the change feed: whatever was recorded, who takes in every event holds what the register says."""

from __future__ import annotations

import json

from hypothesis import example, given

from regiolog.publisher.changes.events import batch, changes, changes_of
from regiolog.sync.statements.history import History
from tests.publisher.changing import Event, statements, taken
from tests.sync.registers import EVENTFUL, Step
from tests.sync.test_laws import laws, stories, told


def events(history: History, after: int, upto: int) -> list[Event]:
    """The events of some positions, as they are read."""
    found: list[Event] = json.loads(b"".join(batch(history, changes(history, after, upto))))
    return found


@laws
@given(stories)
@example(EVENTFUL)
def test_whoever_takes_all_in_holds_all(story: list[Step]) -> None:
    """Each event finds what it says was there before, and at the end everything that is said is held, and no more."""
    with told(story) as (folder, _):
        history = History.open(folder.statements)
        every = events(history, 0, history.position)
        turned = history.turned(0, history.position)
        standing = {each.iri: each for each in turned}
        standing = {each.iri: each for each in standing.values() if each.act != "delete"}
        assert statements(taken(every)) == {
            thing: {said[1:] for said in history.timeline(each.kind, each.key, history.position)}
            for thing, each in standing.items()
        }
        apart = [each for place in range(history.position) for each in events(history, place, place + 1)]
        assert apart == every, "where pages break makes no difference"
        for kind, key in {(each.kind, each.key) for each in turned}:
            places = dict.fromkeys(each.position for each in history.turns_of(kind, key, history.position))
            own = json.loads(b"".join(batch(history, changes_of(history, kind, key, places))))
            assert [each for each in own if ".transform." not in each["type"]] == [
                each for each in every if each["data"].get("objectId") == key and f".{kind}." in each["type"]
            ]
        history.close()


@laws
@given(stories)
@example(EVENTFUL)
def test_what_merges_ends(story: list[Step]) -> None:
    """Of each transform both sides changed by the same event, and they are two."""
    with told(story) as (folder, _):
        history = History.open(folder.statements)
        every = events(history, 0, history.position)
        for event in every:
            if ".transform." in event["type"]:
                source, target = event["data"]["vanId"], event["data"]["naarId"]
                changed = {each["subject"] for each in every if each["position"] == event["position"]}
                assert source != target
                assert {source, target} <= changed
                assert {source.rpartition("/")[2], target.rpartition("/")[2]} <= set(event["data"]["nisCodes"])
        history.close()
