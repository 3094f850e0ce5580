"""Before two servers are measured, it is made sure that they answer the same."""

from __future__ import annotations

import json
from collections.abc import Mapping

from bench import bitemporal, serving


def _results(*rows: Mapping[str, Mapping[str, str]]) -> bytes:
    return json.dumps({"head": {"vars": ["a", "b"]}, "results": {"bindings": rows}}).encode()


DUTCH = {"type": "literal", "value": "Gent", "xml:lang": "nl"}
FRENCH = {"type": "literal", "value": "Gent", "xml:lang": "fr"}
TOWN = {"type": "uri", "value": "https://data.vlaanderen.be/id/gemeente/44021"}


def test_the_order_of_rows_and_of_names_does_not_matter() -> None:
    """SPARQL promises none."""
    one = _results({"a": TOWN, "b": DUTCH}, {"a": TOWN})
    other = _results({"a": TOWN}, {"b": DUTCH, "a": TOWN})
    assert serving.content(one) == serving.content(other)
    assert bitemporal.content(one) == bitemporal.content(other)


def test_how_often_a_row_comes_matters() -> None:
    """A row too many is another answer."""
    once, twice = _results({"a": TOWN}), _results({"a": TOWN}, {"a": TOWN})
    assert serving.content(once) != serving.content(twice)
    assert bitemporal.content(once) != bitemporal.content(twice)


def test_every_part_of_a_term_matters_over_http() -> None:
    """The language of a text is part of it."""
    assert serving.content(_results({"b": DUTCH})) != serving.content(_results({"b": FRENCH}))


def test_yes_is_not_no() -> None:
    """An ASK has no rows."""
    yes, no = (json.dumps({"head": {}, "boolean": answer}).encode() for answer in (True, False))
    assert serving.content(yes) is True
    assert serving.content(no) is False
