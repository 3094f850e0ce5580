"""Taking in: one document beside what is held, decided as one transaction, all of it or nothing."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec.structs import replace as replace_fields

from regiolog.events import marking
from regiolog.events.claim import Claim, ClaimsWereMade, SourceWasRegistered, as_said
from regiolog.events.claim import Source as Voice
from regiolog.events.cooperation import MembersWereLastObserved, MembersWereObserved
from regiolog.events.cooperation_life import Cooperation
from regiolog.events.errors import Refusal, Suspicious, Unreadable
from regiolog.events.event import ADDRESS, Entity, Event
from regiolog.events.fact import Fact
from regiolog.events.kinds import stored_name
from regiolog.events.municipality import MunicipalityWasNamed, MunicipalityWasRenamed
from regiolog.events.record import Wish, as_strict
from regiolog.events.rules import decide
from regiolog.events.temporal import day_of, start_of_day
from regiolog.sync.harvest import structures
from regiolog.sync.harvest.from_organisations import as_claims, structure_of, union_as_claim
from regiolog.sync.harvest.known import KnownByHeld
from regiolog.sync.harvest.reading import Organisation, Union
from regiolog.sync.harvest.reconcile import FEW, Change, Saying, doubts, reconcile, told
from regiolog.sync.sources.documents import Document, day_or

if TYPE_CHECKING:
    from regiolog.events.held import Held
    from regiolog.sync.harvest.mapping import Content
    from regiolog.sync.harvest.reading import Reading
    from regiolog.sync.sources.source import Source

MOST_CHANGES: Final = 200
"""How many changes a report lists."""

_MOST_REFUSED: Final = 50
"""How many events of one document may be refused before the whole of it is."""


class Taking:
    """One document of a source, to be decided beside what is held; a step of recording.

    Args:
        source: The source.
        document: The document.
        content: The document, parsed.
        run: By what the events that it becomes name this run.
        accept: Whether somebody looked at it, so that nothing about it is suspicious.
        last: The day on which the source was last seen before.
        backfill: Whether it is known from the day of its publication, and not from now on.

    Attributes:
        change: What it changes; None until it was decided.
        events: How many events of the register it opens, by kind.
        refused: Why what it says could not be an event of the register, a sentence each.
        marked: How many of its new claims have something odd about them, by mark.
        passed: What of it was passed over.
        changes: What would change, or did, a line each; no more of them than a report holds.
        upto: The last position of the journal that was looked at.
        is_resolved: Whether everything that it names was found; else what is recorded later may tell.
    """

    def __init__(
        self,
        source: Source,
        document: Document,
        content: Content,
        *,
        run: str,
        accept: bool = False,
        last: date | None = None,
        backfill: bool = False,
    ) -> None:
        """Decide nothing yet."""
        self._source = source
        self._document = document
        self._content = content
        self._run = run
        self._accept = accept
        self._last = last
        self._backfill = backfill
        self.change: Change | None = None
        self.events: Counter[str] = Counter()
        self.refused: list[str] = []
        self.marked: Counter[str] = Counter()
        self.passed: dict[str, int] = {}
        self.changes: tuple[str, ...] = ()
        self.upto = 0
        self.is_resolved = True
        self._claimed: tuple[list[Organisation], list[Union]] = ([], [])

    def __call__(self, held: Held, now: datetime) -> None:
        """Decide what the document becomes, and hold it.

        Raises:
            Suspicious: So much would change that somebody has to look first; nothing of it is held.
            Unreadable: It cannot be read, or what it says cannot be recorded; nothing of it is held.
        """
        before = len(held.pending)
        self.events, self.refused, self.marked, self.changes = Counter(), [], Counter(), ()
        self.upto = held.head
        try:
            self._take(held, now)
        except (Suspicious, Unreadable):
            held.take_back(before)
            raise
        except Refusal as refusal:
            held.take_back(before)
            raise Unreadable(f"what it says cannot be recorded: {refusal}") from None

    def _take(self, held: Held, now: datetime) -> None:
        source, begun = self._source, held.register()
        coverage = begun.coverage if begun is not None else date.min
        state = held.source(source.said_by)
        day = self._day(held, state, now, coverage)
        make = _Maker(source, self._document, self._run, day, backfill=self._backfill)
        reading = self._content.read(KnownByHeld(held, day, [claim for claim, *_ in state.claims.values()]))
        self.passed = reading.passed
        saying = {bare: claim for bare, (claim, *_) in state.claims.items() if reading.covers(bare)}
        if state.registered is None:
            decide(held, make.registration(), now)
        opens = bool(structures.KINDS & held.authority.get(source.said_by, frozenset()) and reading.organisations)
        weight = self._open(held, reading, make, now, opens=opens, coverage=coverage)
        claimed, unions = self._claimed
        said = (*(claim for each in claimed for claim in as_claims(each)), *map(union_as_claim, unions))
        opened = {each.iri for each in reading.organisations if each not in claimed}
        reading = replace(reading, claims=(*reading.claims, *said))

        def gone(bare: Claim) -> bool:
            """Whether the document would repeat a claim, or has become what the register holds instead."""
            ours = document_of(state.claims[bare][2]) == source.document
            return (source.complete and ours) or structure_of(bare) in opened

        change = reconcile(reading, saying, gone=gone)
        events = [f"{stored_name(event)} {_about(event)}" for event in held.pending if event.run == self._run]
        self.changes = tuple(islice((*events, *told(change)), MOST_CHANGES))
        if not self._accept:
            found = doubts(reading, change, saying, None if opens else source.limits.change)
            if source.complete and not self._document.whole and (change.withdrawn or weight.ending):
                what = (
                    f"{len(change.withdrawn)} claims would be withdrawn",
                    f"{weight.ending} structures would end or lose members",
                )
                would = " and ".join(each for each in what if not each.startswith("0 "))
                found.append(f"nothing tells that it came whole, and {would}")
            if weight.altered > FEW and weight.altered >= source.limits.change * weight.listed:
                found.append(f"{weight.altered} of the {weight.listed} structures that it lists would change at once")
            if found:
                raise Suspicious("; ".join(found))
        self.change = change = self._reread(held, make, state, reading, saying, change)
        if change.made or change.withdrawn:
            fields = {"document": self._document.name, "made": change.made, "withdrawn": change.withdrawn}
            made = decide(held, make.wish(ClaimsWereMade, **fields), now)
            if isinstance(made, ClaimsWereMade):
                self.marked.update(mark for claim in made.made for mark in claim.marks)
        saying = {bare: claim for bare, (claim, *_) in held.source(source.said_by).claims.items()}
        self.is_resolved = not any("unknown" in claim.marks for bare, claim in saying.items() if reading.covers(bare))

    def _reread(
        self, held: Held, make: _Maker, state: Voice, reading: Reading, saying: Saying, change: Change
    ) -> Change:
        """A change with what is said again and now names something that the register did not know: it is made anew."""
        lost = [claim for claim in reading.claims if "unknown" in getattr(saying.get(as_said(claim)), "marks", ())]
        if not lost:
            return change
        bare = tuple(dict.fromkeys(map(as_said, lost)))
        event = make.event(ClaimsWereMade, document=self._document.name, made=tuple(lost), withdrawn=bare)
        assert isinstance(event, ClaimsWereMade)
        read = marking.news(held, event, state)
        found = {as_said(claim): claim for claim in (read.made if read else ())}
        anew = tuple(each for each in lost if _names_more(found.get(as_said(each)), saying[as_said(each)]))
        again = tuple(dict.fromkeys(map(as_said, anew)))
        return change._replace(
            made=(*change.made, *anew), withdrawn=(*change.withdrawn, *again), again=change.again - len(again)
        )

    def _day(self, held: Held, state: Voice, now: datetime, coverage: date) -> date:
        """From which day what the document says holds, where it does not say so itself.

        A publisher's clock that does not go on from one document to the next tells nothing: then it is today.
        """
        day = day_or(self._document.published, now, coverage)
        if self._backfill or self._source.series is not None:
            return day
        made = [fact for _, _, fact in state.claims.values() if document_of(fact) == self._source.document]
        opened = [fact for fact in held.published_by(self._source.said_by) if self._is_of_source(fact.event.run)]
        before = max((fact.event.valid_from or date.min for fact in (*made, *opened)), default=date.min)
        return day if day > before else max(day, day_of(now))

    def _is_of_source(self, run: str | None) -> bool:
        return run is not None and re.fullmatch(rf"{re.escape(self._source.name)}-\d{{8}}T.*", run) is not None

    def _open(
        self, held: Held, reading: Reading, make: _Maker, now: datetime, *, opens: bool, coverage: date
    ) -> _Weight:
        """Open what the source has authority for; what a rule refuses becomes a claim instead.

        Returns:
            How much of what the source lists would be otherwise.
        """
        self._claimed = list(reading.organisations), list(reading.unions)
        may = held.authority.get(self._source.said_by, frozenset())
        altered: set[str] = set()
        ending: set[str] = set()
        listed: set[str] = set()
        if opens:
            listed = self._listed(held, make.day)
            past = [union for union in reading.unions if union.day is not None and union.day < coverage]
            self._claimed = [], past  # nothing can be held from before coverage
            for about, event in structures.events_of(
                replace(reading, unions=tuple(union for union in reading.unions if union not in past)),
                partial(_cooperation, held),
                sorted(listed),
                make.event,
                day=make.day,
                last=self._last,
                said_by=self._source.said_by,
                complete=self._source.complete,
            ):
                if not self._try(held, event, now):
                    if isinstance(about, Organisation) and about not in self._claimed[0]:
                        self._claimed[0].append(about)
                    elif isinstance(about, Union):
                        self._claimed[1].append(about)
                touched = {entity.key for entity in event.touches() if entity.kind == "cooperation"}
                if not isinstance(event, structures.ADDING):
                    altered |= touched
                if isinstance(event, structures.ENDING):
                    ending |= touched
        for called in reading.names:
            names = held.municipality(called.nis).names.get(called.language)
            now_called = None if names is None else names.at(make.day)
            kind = MunicipalityWasNamed if now_called is None else MunicipalityWasRenamed
            if str(kind.__struct_config__.tag) in may and (now_called is None or now_called.value != called.name):
                fields = {"municipality": called.nis, "name": called.name, "language": called.language}
                self._try(held, make.event(kind, **fields), now)
        return _Weight(len(altered & listed), len(ending & listed), len(listed))

    def _listed(self, held: Held, day: date) -> set[str]:
        """The structures that are held on the word of this source, of the kinds that its document is about."""
        types = set(getattr(self._content.mapping, "types", ()))
        keys = {
            entity.key
            for fact in held.published_by(self._source.said_by)
            for entity in fact.event.touches()
            if entity.kind == "cooperation"
        }
        found = set()
        for key in keys:
            state = held.cooperation(key)
            held_types = state.types.at(day)
            if structures.stands(state, day) and (
                not types or (held_types is not None and types & set(held_types.value))
            ):
                found.add(key)
        return found

    def _try(self, held: Held, event: Event, now: datetime) -> bool:
        """Open one event of the register; say why not, when a rule refuses it."""
        before = len(held.pending)
        try:
            decided = decide(held, Wish(0, as_strict(event), named=False), now)
        except Refusal as refusal:
            held.take_back(before)
            if isinstance(event, MembersWereObserved | MembersWereLastObserved) and len(event.members) > 1:
                singly = (
                    replace_fields(event, id=f"{event.id}-{number}", members=(member,))
                    for number, member in enumerate(event.members, start=1)
                )
                opened = [self._try(held, each, now) for each in singly]  # each of them, whatever becomes of the others
                return all(opened)
            why = Refusal(refusal.reason, field=refusal.field, event=refusal.event)
            self.refused.append(f"{stored_name(event)} {_about(event)}: {why}")
            if len(self.refused) > _MOST_REFUSED and not self._accept:
                raise Suspicious(f"more than {_MOST_REFUSED} of its changes contradict the register") from None
            return False
        if decided is not None:
            self.events[stored_name(decided)] += 1
        return True


class _Weight(NamedTuple):
    """How much of what a source lists would be otherwise.

    Attributes:
        altered: How many of the structures.
        ending: How many of them would end, or lose members.
        listed: How many structures it lists.
    """

    altered: int
    ending: int
    listed: int


class _Maker:
    """Makes the events of one document, with what all of them carry."""

    def __init__(self, source: Source, document: Document, run: str, day: date, *, backfill: bool) -> None:
        self.day = day
        self._source = source
        self._address = document.address or document.name
        self._run = run
        self._made = 0
        known = start_of_day(day) if backfill else None
        self._known = {"known_from": known, "known_basis": None if known is None else "published"}

    def event(self, kind: type[Event], **fields: Any) -> Event:
        """An event of a kind, with its own fields."""
        self._made += 1
        every = {
            "id": f"{self._run}/{self._made}",
            "run": self._run,
            "said_by": self._source.said_by,
            "valid_from": self.day,
            "source": (self._address,),
        }
        return kind(**{**every, **self._known, **fields})

    def wish(self, kind: type[Event], **fields: Any) -> Wish:
        """The wish to record such an event.

        Raises:
            Refusal: What it says cannot be recorded.
        """
        return Wish(0, as_strict(self.event(kind, **fields)), named=False)

    def registration(self) -> Wish:
        """The wish to register the source.

        Raises:
            Refusal: What the settings say of it cannot be recorded.
        """
        source = self._source
        fields = {"name": source.publisher, "licence": source.licence, "attribution": source.attribution}
        return self.wish(SourceWasRegistered, **fields, id=f"{source.said_by}/registration", valid_from=None)


def document_of(fact: Fact) -> str:
    """Which document, whatever its version, made the claims of an event."""
    event = fact.event
    return event.document.partition("@")[0] if isinstance(event, ClaimsWereMade) else ""


def _names_more(read: Claim | None, held: Claim) -> bool:
    """Whether a claim that is read anew names something that it did not."""
    names = ("municipality", "region")
    return any(getattr(read, name, None) is not None and getattr(held, name, None) is None for name in names)


def _about(event: Event) -> str:
    """The things that an event is about, as a report names them."""
    return ", ".join(f"{entity.kind} {entity.key}" for entity in event.touches() if entity.kind != ADDRESS)


def _cooperation(held: Held, key: str) -> Cooperation | None:
    return held.cooperation(key) if held.facts(Entity("cooperation", key)) else None
