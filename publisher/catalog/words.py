"""The publisher's own words in the catalogue: what a register is called there, who publishes it, and on what terms.

Nothing of it follows from the data. What was not said stays unknown: no name is made up, and no licence is claimed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

LANGUAGE: Final = "nl"
"""The language of a text that names none."""

EU_THEMES: Final = "http://publications.europa.eu/resource/authority/data-theme"
BELGIAN_THEMES: Final = "http://vocab.belgif.be/auth/datatheme"
"""The lists of themes that European and Belgian catalogues are ordered by."""

_TITLE: Final = {
    "nl": ("Register van de Vlaamse regio's, gemeenten en samenwerkingsverbanden",),
    "en": ("Register of the Flemish regions, municipalities and cooperation structures",),
}
_DESCRIPTION: Final = {
    "nl": (
        (
            "Welke gemeente op welke dag in welke referentieregio ligt, waarom, en wat daarvan wanneer gekend was; met "
            "de fusies van gemeenten, de samenwerkingsverbanden en hun leden, de beslissingen erachter, en wat "
            "uitgevers daarover zeggen."
        ),
    ),
    "en": (
        (
            "In which reference region each municipality is on which day, why, and what was known of it when; with "
            "the mergers of municipalities, the cooperation structures and their members, the decisions behind it "
            "all, and what publishers say of it."
        ),
    ),
}
_KEYWORD: Final = {
    "nl": ("gemeenten", "referentieregio's", "NIS-codes", "gemeentefusies", "samenwerkingsverbanden"),
    "en": ("municipalities", "reference regions", "NIS codes", "mergers of municipalities"),
}
_IRI: Final = re.compile(r"https?://[^\s<>\"{}|\\^`\x00-\x20]+")
_MAIL: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", re.ASCII)
_TAG: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)
_LONGEST: Final = 10_000

Texts = Mapping[str, tuple[str, ...]]
"""Texts by their language."""


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What the publisher of a register says of it.

    Attributes:
        title: What the register is called.
        description: What it is.
        keyword: Words under which it is to be found.
        publisher: The IRI of who publishes it.
        publisher_name: What that is called.
        contact_name: Who answers questions.
        contact_email: The address of mail for them.
        contact_page: A page for them.
        licence: The IRI of the licence; None says that none was chosen.
        landing_page: A page about the register; None is its own start page.
        theme: The IRIs of what it is about, of the European and the Belgian list of themes.
        status: The IRIs of what a Flemish catalogue files it under (``mdcat:statuut``).
    """

    title: Texts = msgspec.field(default_factory=lambda: dict(_TITLE))
    description: Texts = msgspec.field(default_factory=lambda: dict(_DESCRIPTION))
    keyword: Texts = msgspec.field(default_factory=lambda: dict(_KEYWORD))
    publisher: str | None = None
    publisher_name: str | None = None
    contact_name: str | None = None
    contact_email: str | None = None
    contact_page: str | None = None
    licence: str | None = None
    landing_page: str | None = None
    theme: tuple[str, ...] = (f"{EU_THEMES}/GOVE", f"{EU_THEMES}/REGI", f"{BELGIAN_THEMES}/GOVE")
    status: tuple[str, ...] = ()


def read_words(table: Mapping[str, Any]) -> Words:
    """Read the words of a catalogue from a table of settings.

    Raises:
        ValueError: A name is unknown, or a value cannot be used.
    """
    unknown = sorted(set(table) - set(_READERS))
    if unknown:
        raise ValueError(f"{unknown[0]} is none of {', '.join(_READERS)}")
    found: dict[str, Any] = {}
    for name, value in table.items():
        try:
            found[name] = _READERS[name](value)
        except ValueError as error:
            raise ValueError(f"{name} {error}") from None
    return Words(**found)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST or not value.isprintable():
        raise ValueError("is a text on one line")
    return value.strip()


def _texts(value: Any) -> Texts:
    """One text for each language: a table, or a text in Dutch."""
    table = value if isinstance(value, Mapping) else {LANGUAGE: value}
    return {language: (_text(each),) for language, each in _by_language(table).items()}


def _lists(value: Any) -> Texts:
    """Some texts for each language: a table of lists, or a list in Dutch."""
    table = value if isinstance(value, Mapping) else {LANGUAGE: value}
    found = {}
    for language, each in _by_language(table).items():
        if not isinstance(each, list) or not each:
            raise ValueError("is a list of texts, or a table of such lists by language")
        found[language] = tuple(map(_text, each))
    return found


def _by_language(table: Mapping[str, Any]) -> Mapping[str, Any]:
    for language in table:
        if not _TAG.fullmatch(language):
            raise ValueError(f"has the language {language!r}: write it as nl, en, fr or de")
    if not table:
        raise ValueError("has no language")
    return table


def _iri(value: Any) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST or not _IRI.fullmatch(value):
        raise ValueError("is an address that begins with http:// or https://")
    return value


def _iris(value: Any) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(map(_iri, value))
    raise ValueError("is a list of addresses")


def _mail(value: Any) -> str:
    if not isinstance(value, str) or not _MAIL.fullmatch(value):
        raise ValueError("is an address of mail, as desk@example.org")
    return value


_READERS: Final = {
    "title": _texts,
    "description": _texts,
    "keyword": _lists,
    "publisher": _iri,
    "publisher_name": _text,
    "contact_name": _text,
    "contact_email": _mail,
    "contact_page": _iri,
    "licence": _iri,
    "landing_page": _iri,
    "theme": _iris,
    "status": _iris,
}
