"""Authority (gezag): which source may open which kind of register event, where no decision has settled the matter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, get_args

from regiolog.events.cooperation import Cooperating

Authority = Mapping[str, frozenset[str]]
"""The stored names of the kinds of event that each source may open, by the key of the source."""

GROUPS: Final[Mapping[str, frozenset[str]]] = {
    "cooperations": frozenset(str(kind.__struct_config__.tag) for kind in get_args(Cooperating)),
    "municipality-names": frozenset({"municipality-was-named", "municipality-was-renamed"}),
}
"""Kinds of event that one is given authority for together, by what settings call them."""

AUTHORITY: Final[Authority] = {
    "abb": GROUPS["cooperations"],
    "statbel": GROUPS["municipality-names"],
    "basisregisters": GROUPS["municipality-names"],
}
"""Who has authority unless the settings say otherwise: the Agentschap Binnenlands Bestuur (ABB) for cooperation
structures, Statbel and the base registry for municipalities. For regions nobody has: only decisions make them."""
