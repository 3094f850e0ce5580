"""Naming: by which IRI a thing goes whose publisher may have named it, and which things feeds bring versions of."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from regiolog.events.event import Entity
from regiolog.events.fact import Fact
from regiolog.events.region import fold_region
from regiolog.ontology.iris import Iris


class Names(NamedTuple):
    """How the projection names the things that other things' facts decide on.

    Attributes:
        iris: Mints what is ours.
        region: The IRI of a region by its key.
        cooperation: The IRI of a cooperation structure by its key.
    """

    iris: Iris
    region: Callable[[str], str]
    cooperation: Callable[[str], str]


def region_iri(key: str, facts: list[Fact], iris: Iris) -> str:
    """The IRI of a region: its publisher's where there was one from the beginning, else ours."""
    return iris.region(key, fold_region(key, facts).iri)


def subregion_iri(key: str, facts: list[Fact], iris: Iris) -> str:
    """The IRI of a subregion: its publisher's where there was one from the beginning, else ours."""
    return iris.subregion(key, fold_region(key, facts).iri)


def followed(entity: Entity, facts: list[Fact], names: Names) -> str | None:
    """The IRI of a thing whose versions feeds bring to whoever follows them; None for things of other kinds.

    Args:
        entity: The thing.
        facts: What is believed of it.
        names: How to name things.
    """
    match entity.kind:
        case "municipality":
            return names.iris.municipality(entity.key)
        case "region":
            return names.region(entity.key)
        case "subregion":
            return subregion_iri(entity.key, facts, names.iris)
        case "cooperation":
            return names.cooperation(entity.key)
        case "decision":
            return names.iris.decision(entity.key)
        case _:
            return None
