"""Mappings: what the settings say is to be read from a source's document, and where in it that stands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, get_args

import msgspec

from regiolog.sync.harvest.complaints import complaint
from regiolog.sync.harvest.from_graphs import MunicipalitiesOfGraph, RegionsOfGraph
from regiolog.sync.harvest.from_organisations import CooperationsOfGraph
from regiolog.sync.harvest.from_tables import LayerOfTable, MunicipalitiesOfTable, RegionsOfTable
from regiolog.sync.harvest.from_versions import VersionObjects
from regiolog.sync.harvest.reading import Known, Reading
from regiolog.sync.sources.documents import Document, graph_of, table_of
from regiolog.sync.sources.endpoint import form_of
from regiolog.sync.sources.graphs import Graph
from regiolog.sync.sources.source import Source

TableMapping = RegionsOfTable | LayerOfTable | MunicipalitiesOfTable
"""Everything that can be read from a table."""

GraphMapping = RegionsOfGraph | MunicipalitiesOfGraph | CooperationsOfGraph | VersionObjects
"""Everything that can be read from a document of RDF."""

_OF: Final[dict[bool, Any]] = {True: TableMapping, False: GraphMapping}


def is_table(source: Source) -> bool:
    """Whether what a source publishes is read as a table; else it is read as RDF."""
    if source.kind == "sparql":
        return form_of(source.query or "") == "SELECT"
    return source.kind in {"table", "cloudevents"}


def mapping_of(source: Source) -> TableMapping | GraphMapping:
    """The mapping that a source declares.

    Raises:
        ValueError: It is none; one sentence says what is wrong with it.
    """
    kinds = _OF[is_table(source)]
    declared: Mapping[str, Any] = source.mapping
    known = {str(kind.__struct_config__.tag): kind.__struct_fields__ for kind in get_args(kinds)}
    says = declared.get("says")
    if not isinstance(says, str) or says not in known:
        what = "a table" if is_table(source) else "a document of RDF"
        raise ValueError(f"`mapping.says` is what is read from {what}: {', '.join(known)}")
    try:
        mapping: TableMapping | GraphMapping = msgspec.convert(
            {name: [value] if name in _LISTS and isinstance(value, str) else value for name, value in declared.items()},
            kinds,
        )
    except msgspec.ValidationError as error:
        raise ValueError(complaint(error, "mapping", ("says", *known[says]))) from None
    for name in _EXPRESSIONS:
        try:
            re.compile(getattr(mapping, name, None) or "")
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(f"`mapping.{name}` is no regular expression: {error}") from None
    return mapping


_LISTS: Final = frozenset(
    {
        *("municipality", "region", "name", "code", "valid_from", "valid_to", "begins", "ends"),
        *("beside", "languages", "types"),
    }
)
"""Settings of mappings that are lists, and may be written as one text."""

_EXPRESSIONS: Final = ("codes", "placeholders")
"""Settings of mappings that are regular expressions."""


class Content:
    """A document, parsed and not yet read.

    Args:
        source: The source.
        document: The document.
        beside: What stands beside it.

    Raises:
        Unreadable: It cannot be parsed.
    """

    def __init__(self, source: Source, document: Document, beside: Graph) -> None:
        """Parse the document."""
        self.mapping = mapping_of(source)
        self._beside = beside
        self._table = table_of(source, document) if is_table(source) else None
        self._graph = None if is_table(source) else graph_of(source, document)

    def read(self, known: Known) -> Reading:
        """What the document says.

        Raises:
            Unreadable: It lacks what the mapping looks for, or has something else in its place.
        """
        if self._table is not None and isinstance(self.mapping, TableMapping):
            return self.mapping.read(self._table, known)
        if self._graph is not None and isinstance(self.mapping, GraphMapping):
            return self.mapping.read(self._graph, self._beside, known)
        raise AssertionError("a mapping of a table reads a table, and one of a graph a graph")
