"""A register with sources whose documents are files in a folder, harvested by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from regiolog.events.claim import Claim, ClaimsWereMade
from regiolog.events.event import Event
from regiolog.events.held import Held
from regiolog.sync.folder import Folder
from regiolog.sync.harvest.declared import read_source
from regiolog.sync.harvest.harvesting import Harvester
from regiolog.sync.harvest.report import Report
from regiolog.sync.sources.source import Source
from tests.builders import Record, TurnedClock, small_register, tell

REGIONS = {"says": "regions", "municipality": ["code"], "region": ["region"], "name": ["name"]}
"""A table that puts municipalities in regions."""

PLACED = {"10001": "R1", "10002": "R1", "10003": "R2", "10004": "R2"}
"""Who is where, in the small register too: R1 is Noord, R2 is Zuid."""

NAMES = {"R1": "Noord", "R2": "Zuid", "R9": "Elders"}


def regions_csv(placed: Mapping[str, str] = PLACED, names: Mapping[str, str] = NAMES) -> bytes:
    """A table of municipalities and regions, as a publisher would write it."""
    rows = [f"{code},{region},{names.get(region, '')}" for code, region in placed.items()]
    return "\n".join(["code,region,name", *rows, ""]).encode()


def declaration(**changes: Any) -> dict[str, Any]:
    """The declaration of a complete table of regions."""
    return {
        "said_by": "krant",
        "publisher": "De Krant",
        "kind": "table",
        "location": "regions.csv",
        "document": "regions.csv",
        "complete": True,
        "mapping": REGIONS,
        **changes,
    }


class Register:
    """A small register in a folder, and sources that lie in another.

    Attributes:
        place: The folder of the sources' documents.
        folder: The data folder.
        clock: Tells the instant of now.
        sources: What is harvested, by name.
    """

    def __init__(self, path: Path, *records: Record, **declarations: Mapping[str, Any]) -> None:
        """Begin with a small register, or with other records."""
        self.place = path / "published"
        self.place.mkdir(parents=True)
        self.clock = TurnedClock()
        self.folder = Folder(path / "data", create=True, clock=self.clock)
        tell(self.folder.journal, *(records or small_register()), clock=self.clock)
        self.sources: dict[str, Source] = {}
        for name, declared in declarations.items():
            self.declare(name.replace("_", "-"), declared)

    def declare(self, name: str, declared: Mapping[str, Any]) -> Source:
        """Declare a source, anew where it was declared before."""
        self.sources[name] = read_source(name, declared, self.place)[0]
        return self.sources[name]

    def change(self, name: str, **changes: Any) -> None:
        """Declare a source otherwise in some respects."""
        self.sources[name] = replace(self.sources[name], **changes)

    def publish(self, name: str, body: bytes) -> None:
        """Let a publisher write a document."""
        (self.place / name).write_bytes(body)

    @property
    def harvester(self) -> Harvester:
        """A harvester as a new process would open it."""
        return Harvester(self.folder, self.sources)

    def harvest(self, name: str = "krant", **options: bool) -> Report:
        """Harvest a source a minute later."""
        self.clock.turn(minutes=1)
        return self.harvester.harvest(name, **options)

    def events(self, after: int = 0) -> list[Event]:
        """What the journal holds."""
        return [recorded.event for recorded in self.folder.journal.replay(after=after)]

    def publications(self) -> list[ClaimsWereMade]:
        """What sources published that was new."""
        return [event for event in self.events() if isinstance(event, ClaimsWereMade)]

    def saying(self, source: str = "krant") -> dict[Claim, Claim]:
        """What a source is saying, each claim as it was read, by itself as it was said."""
        claims = Held(self.folder.journal).source(source).claims
        return {bare: claim for bare, (claim, *_) in claims.items()}

    def placed(self, source: str = "krant") -> dict[str, str]:
        """In which region a source is putting each municipality, in its own words."""
        return {bare.of: bare.words for bare in self.saying(source) if type(bare).__name__ == "Placement"}

    def close(self) -> None:
        """Let go of the register."""
        self.folder.close()
