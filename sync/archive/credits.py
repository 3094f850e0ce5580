"""Whom the archive owes its facts to: the collections of documents that its lines name, and the terms of each.

A line without an address names its document by a collection and what follows a slash; the README of this folder says
the same in words.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Collection(NamedTuple):
    """A collection of documents that somebody publishes.

    Attributes:
        prefix: What the names of its documents begin with.
        title: What it is called.
        publisher: Who publishes it, by the key that a source of that name has.
        licence: The address of its licence; None where none is stated.
        address: Where it can be had, or what else there is to see of it; None where nothing is known.
        terms: What else has to be said of the terms.
    """

    prefix: str
    title: str
    publisher: str
    licence: str | None
    address: str | None
    terms: str


PUBLISHERS: Final = {
    "abb": "Agentschap Binnenlands Bestuur",
    "statbel": "Statbel (Algemene Directie Statistiek - Statistics Belgium)",
    "pinc": "Provincies in Cijfers",
}
"""What each publisher is called, as it has to be named."""

_MIT: Final = "https://spdx.org/licenses/MIT"
_NONE: Final = "Plain facts were taken."

COLLECTIONS: Final = (
    Collection(
        "abb-op/",
        "OrganisatiePortaal",
        "abb",
        _MIT,
        "https://github.com/lblod/app-organization-portal",
        "Copyright 2021 Vlaamse Overheid.",
    ),
    Collection(
        "abb-lpdc/",
        "Lokale producten- en dienstencatalogus",
        "abb",
        _MIT,
        "https://github.com/lblod/app-lpdc-digitaal-loket",
        "",
    ),
    Collection(
        "statbel-refnis",
        "REFNIS-codes",
        "statbel",
        "http://statbel.fgov.be/en/statistics/opendata/licence/",
        "https://vocab.belgif.be/",
        "Statbel open data licence: the source must be named.",
    ),
    Collection(
        "pinc/",
        "Gebiedsniveaus",
        "pinc",
        None,
        "https://github.com/provinciesincijfers/gebiedsniveaus",
        _NONE,
    ),
    Collection(
        "lblod/app-organization-portal",
        "OrganisatiePortaal, by commit or file",
        "abb",
        _MIT,
        "https://github.com/lblod/app-organization-portal",
        "Copyright 2021 Vlaamse Overheid.",
    ),
    Collection(
        "geo/municipality-hierarchy.csv",
        "Gebiedsniveaus, and their history",
        "pinc",
        None,
        "https://github.com/provinciesincijfers/gebiedsniveaus",
        _NONE,
    ),
)
"""The collections, in the order of the README."""
