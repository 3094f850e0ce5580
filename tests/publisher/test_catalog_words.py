"""The publisher's own words are settings: read strictly, from a table or a file of their own."""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from typing import Any

import pytest

from regiolog.publisher.catalog.words import Words, read_words
from regiolog.publisher.settings import Settings, UnusableSetting, read_settings

TABLE = """
[catalog]
title = "Het register"
description = { nl = "Wat het is", en = "What it is" }
keyword = { nl = ["regio's", "gemeenten"] }
publisher = "https://example.org/id/organisation/1"
publisher_name = "An organisation"
contact_name = "The desk"
contact_email = "desk@example.org"
contact_page = "https://example.org/contact"
licence = "https://creativecommons.org/publicdomain/zero/1.0/"
landing_page = "https://example.org/register"
theme = ["http://vocab.belgif.be/auth/datatheme/GOVE"]
status = []
"""
SAID = Words(
    title={"nl": ("Het register",)},
    description={"nl": ("Wat het is",), "en": ("What it is",)},
    keyword={"nl": ("regio's", "gemeenten")},
    publisher="https://example.org/id/organisation/1",
    publisher_name="An organisation",
    contact_name="The desk",
    contact_email="desk@example.org",
    contact_page="https://example.org/contact",
    licence="https://creativecommons.org/publicdomain/zero/1.0/",
    landing_page="https://example.org/register",
    theme=("http://vocab.belgif.be/auth/datatheme/GOVE",),
    status=(),
)


def test_words_are_a_table_or_a_file_of_their_own(tmp_path: Path) -> None:
    """In the file of settings, in another beside it, or in one that the environment names."""
    (tmp_path / "regiolog.toml").write_text(TABLE, encoding="utf-8")
    assert read_settings({}, {}, tmp_path / "regiolog.toml").catalog == SAID
    (tmp_path / "other.toml").write_text('catalog = "regiolog.toml"\n', encoding="utf-8")
    assert read_settings({}, {}, tmp_path / "other.toml").catalog == SAID
    assert read_settings({}, {"REGIOLOG_CATALOG": str(tmp_path / "regiolog.toml")}).catalog == SAID


def test_the_documented_words_can_be_read(tmp_path: Path) -> None:
    """The example of the page of settings is what it says."""
    page = (Path(__file__).parents[2] / "docs" / "running-it.md").read_text(encoding="utf-8")
    example = page.partition("```toml\n[catalog]\n")[2].partition("```")[0]
    (tmp_path / "regiolog.toml").write_text(f"[catalog]\n{example}", encoding="utf-8")
    words = read_settings({}, {}, tmp_path / "regiolog.toml").catalog
    assert words.licence is not None
    section = page.partition("### The catalogue")[2].partition("\n### ")[0].partition("\n## ")[0]
    for name in Words.__struct_fields__:
        assert f"| `{name}` |" in section, f"the page tells nothing of {name}"


def test_nothing_is_said_unless_it_was_said() -> None:
    """No name of anybody, no address and no licence; but what a Flemish register is about."""
    words = Settings().catalog
    assert words == Words()
    assert words.publisher is words.publisher_name is words.contact_name is words.contact_email is None
    assert words.contact_page is words.licence is words.landing_page is None
    assert words.status == ()
    assert {language for text in (words.title, words.description, words.keyword) for language in text} == {"nl", "en"}


def test_words_reach_another_process() -> None:
    """The process that answers is started with the settings."""
    settings = Settings(catalog=SAID)
    assert pickle.loads(pickle.dumps(settings)) == settings
    assert pickle.loads(pickle.dumps(Settings())) == Settings()


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"titel": "x"}, "titel is none of title, description, keyword, "),
        ({"title": ""}, "title is a text on one line"),
        ({"title": "a\nb"}, "title is a text on one line"),
        ({"title": 3}, "title is a text on one line"),
        ({"title": {}}, "title has no language"),
        ({"title": {"Dutch": "x"}}, "title has the language 'Dutch'"),
        ({"keyword": "x"}, "keyword is a list of texts"),
        ({"keyword": []}, "keyword is a list of texts"),
        ({"keyword": {"nl": [" "]}}, "keyword is a text on one line"),
        ({"licence": "CC0"}, "licence is an address that begins with http:// or https://"),
        ({"licence": "https://example.org/a b"}, "licence is an address"),
        ({"licence": "https://example.org/>"}, "licence is an address"),
        ({"licence": "https://example.org/" + "a" * 20_000}, "licence is an address"),
        ({"publisher": None}, "publisher is an address"),
        ({"landing_page": "javascript:alert(1)"}, "landing_page is an address"),
        ({"contact_email": "desk"}, "contact_email is an address of mail"),
        ({"contact_email": "a@b, c@d"}, "contact_email is an address of mail"),
        ({"theme": "https://example.org/"}, "theme is a list of addresses"),
        ({"status": [1]}, "status is an address"),
    ],
)
def test_what_cannot_be_used_is_refused(table: dict[str, Any], says: str) -> None:
    """With the name of the word, and what it can be."""
    with pytest.raises(ValueError, match=f"^{re.escape(says)}"):
        read_words(table)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("catalog = 3\n", "catalog in .* cannot be 3: it is a text"),
        ('catalog = "nowhere.toml"\n', "the settings in .*nowhere.toml cannot be read"),
        ('[catalog]\nlicense = "x"\n', "license is none of title"),
    ],
)
def test_a_command_says_what_is_wrong(tmp_path: Path, text: str, says: str) -> None:
    """In one sentence, with the file."""
    (tmp_path / "regiolog.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UnusableSetting, match=says):
        read_settings({}, {}, tmp_path / "regiolog.toml")
