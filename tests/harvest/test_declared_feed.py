"""Declarations of feeds: everything that can be said of one is read strictly, and each mistake named."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from regiolog.sync.harvest.declared import read_source
from regiolog.sync.sources.source import Feed, Source

LDES: dict[str, Any] = {
    "said_by": "krant",
    "publisher": "De Krant",
    "kind": "ldes",
    "location": "https://x.example/feed",
    "mapping": {"says": "version-objects"},
}
CHANGES: dict[str, Any] = {
    **LDES,
    "kind": "cloudevents",
    "mapping": {"says": "municipalities", "municipality": "objectId", "name": "gemeentenaam"},
}


def read(declared: dict[str, Any], folder: Path = Path()) -> Source:
    """A source as it is declared."""
    return read_source("krant", declared, folder)[0]


def test_a_feed_is_that_of_the_base_registry_unless_it_is_said() -> None:
    """The names that the base registry uses need not be written down."""
    assert read(CHANGES).feed == Feed(
        page="pagina",
        first=1,
        complete="X-Page-Complete",
        types=("basisregisters.municipality",),
        ignore=(),
        where={},
        periods=None,
        gapless=False,
        key_header="x-api-key",
        key=None,
    )


def test_everything_about_a_feed_can_be_said(tmp_path: Path) -> None:
    """Each field is read, a text stands for a list of one, and the key may stand in a file beside the settings."""
    (tmp_path / "key").write_text("s3cret\n", encoding="utf-8")
    said = {
        "page": "page",
        "first": 0,
        "complete": "Complete",
        "types": ["a.b"],
        "ignore": ["a.c"],
        "where": {"status": "x", "soort": ["y", "z"]},
        "periods": "assignment",
        "gapless": True,
        "key_header": "Authorization",
        "key_file": "key",
    }
    feed = read({**CHANGES, "feed": said}, tmp_path).feed
    assert feed == Feed(
        page="page",
        first=0,
        complete="Complete",
        types=("a.b",),
        ignore=("a.c",),
        where={"status": ("x",), "soort": ("y", "z")},
        periods="assignment",
        gapless=True,
        key_header="Authorization",
        key="s3cret",
    )
    assert "s3cret" not in repr(feed)


@pytest.mark.parametrize(
    ("declared", "reason"),
    [
        ({**LDES, "location": "feed.ttl"}, "the location of a feed is an http address"),
        ({**LDES, "mapping": {"says": "layer"}}, "`mapping.says` is what is read from a document of RDF: "),
        ({**CHANGES, "mapping": {"says": "version-objects"}}, "`mapping.says` is what is read from a table: "),
        ({**LDES, "kind": "rdf", "feed": {}}, "a source of kind rdf has no `feed`: that is for cloudevents and ldes"),
        ({**LDES, "feed": {"page": "p"}}, "`feed.page` is for a source of kind cloudevents"),
        (
            {**CHANGES, "feed": {"pages": "p"}},
            "`feed.pages` is not a setting of a source; here stand page, first, complete",
        ),
        ({**CHANGES, "feed": {"page": ""}}, "`feed.page` is a text"),
        ({**CHANGES, "feed": {"first": -1}}, "`feed.first` is a whole number"),
        ({**CHANGES, "feed": {"first": "1"}}, "`feed.first` is a whole number, and not a text"),
        ({**CHANGES, "feed": {"complete": "X Page"}}, "`feed.complete` is a text"),
        ({**CHANGES, "feed": {"types": []}}, "`feed.types` is a list"),
        ({**CHANGES, "feed": {"types": "a.b"}}, "`feed.types` is a list, and not a text"),
        ({**CHANGES, "feed": {"where": ["x"]}}, "`feed.where` is a table, and not a list"),
        ({**CHANGES, "feed": {"gapless": 1}}, "`feed.gapless` is true or false, and not a whole number"),
        ({**CHANGES, "feed": {"key": "a", "key_file": "b"}}, "it has either a `feed.key` or a `feed.key_file`"),
        (
            {**CHANGES, "feed": {"key": "a\r\nHost: b"}},
            "`feed.key` is a text of 1,000 characters of plain ASCII at most",
        ),
        ({**CHANGES, "feed": {"key": ""}}, "`feed.key` is a text of 1,000 characters"),
        ({**CHANGES, "feed": {"key_file": "nowhere"}}, "the file that `feed.key_file` names cannot be read"),
        ({**CHANGES, "limits": {"pages": 0}}, "`limits.pages` is a whole number"),
    ],
)
def test_a_mistake_is_one_sentence(declared: dict[str, Any], reason: str, tmp_path: Path) -> None:
    """What cannot be used is named, with what may stand there."""
    with pytest.raises(ValueError, match=re.escape(reason)) as refused:
        read(declared, tmp_path)
    assert "\n" not in str(refused.value)
