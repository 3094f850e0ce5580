"""A Linked Data Event Stream, read page by page into its replica: each page that never changes once, each member once.

It is read in no order, and each run goes down the whole tree from its root: pages that never change are known, and
those that may are asked for only if they have changed. What a thing is last said to be depends on no order of reading.
"""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from datetime import date
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urldefrag

from regiolog.events.errors import BadMoment, Unreachable, Unreadable
from regiolog.events.temporal import day_of, parse_instant
from regiolog.sync.sources.feed import Pages, Reading
from regiolog.sync.sources.fetching import shown
from regiolog.sync.sources.guard import printable
from regiolog.sync.sources.replica import Page
from regiolog.sync.sources.stream import Member, Stream, interval_of, member_of, policy_of, rank
from regiolog.sync.sources.tree import ACCEPT, TreePage, coloured, digest, told
from regiolog.sync.sources.validators import Validators

if TYPE_CHECKING:
    from regiolog.sync.sources.fetching import Fetched, Fetcher
    from regiolog.sync.sources.replica import Replica, Version
    from regiolog.sync.sources.source import Source

_SHOWN: Final = 3


def follow(source: Source, fetcher: Fetcher, replica: Replica) -> Reading:
    """Read what is new in a stream, and say what is known of everything in it now.

    Args:
        source: The source.
        fetcher: Fetches within its limits.
        replica: What was read of it before; each page that is read is kept there at once.

    Raises:
        HarvestFailed: A page cannot be had, or read, or contradicts what was read before.
    """
    walk = _Walk(source, fetcher, replica)
    walk.go()
    walk.finish()
    return Reading(
        body=_document(source, replica),
        media="application/n-triples",
        published=_day(walk.latest),
        whole=walk.pages.whole,
        notes=walk.notes(),
        after=replica["interval"],
    )


class _Walk:
    """One run through a stream."""

    def __init__(self, source: Source, fetcher: Fetcher, replica: Replica) -> None:
        self.pages = Pages(source, fetcher, source.form or ACCEPT)
        self._source = source
        self._replica = replica
        self._entry = urldefrag(source.location or "").url
        kept = replica["stream"]
        self._stream = None if kept is None else Stream.kept(kept)
        self._before: list[Any] = replica["before"] or [None, None]
        self._latest: list[Any] = replica["latest"] or [None, None]
        self._new: list[tuple[Any, Any, str]] = []
        self._late: set[str] = set()
        self._odd: Counter[str] = Counter()
        self._policy: str | None = None
        self._met: set[str] = {self._entry}
        self._unchanging: dict[str, str] = {}

    def go(self) -> None:
        """Visit every page that can be reached from the entry, each once."""
        waiting = deque([self._entry])
        while waiting:
            for link in self._visit(waiting.popleft()):
                if link not in self._met:
                    self._met.add(link)
                    waiting.append(link)

    def finish(self) -> None:
        """Note that all that there was is read."""
        if self._stream is not None and self._stream.sequence_path and not self._replica["restarts"]:
            latest: Any = None
            for _, came, iri in sorted(self._new, key=lambda each: rank(each[0])):
                if came is not None and rank(came) < rank(latest):
                    self._late.add(iri)
                latest = max(latest, came, key=rank)
        self._replica["before"] = self._latest
        self._replica.keep()

    @property
    def latest(self) -> Any:
        """The latest instant at which anything came into the stream; None where it has none."""
        return self._latest[0]

    def notes(self) -> tuple[str, ...]:
        """What is odd about the stream, a sentence each."""
        found = []
        if self._late and self._stream is not None:
            stream = self._stream
            is_told = stream.sequence_path or stream.version_timestamp_path or stream.version_sequence_path
            what = (
                "it is its order that tells which version of a thing is the last"
                if is_told
                else "which version of a thing is the last may be wrong, since the stream states no other order"
            )
            found.append(f"a clock went back: {_members(len(self._late))} a time before that of earlier ones; {what}")
        if self._odd["place"] and not self._replica["restarts"]:
            found.append(f"{_members(self._odd['place'])} a place before that of members that were read already")
        if self._odd["unordered"]:
            found.append(
                f"{self._odd['unordered']} times two versions of a thing have no order, and the one that was met last "
                "is taken"
            )
        if self._policy is not None:
            found.append(f"its view has a retention policy ({self._policy}), and may lack what was there before")
        return tuple(found)

    # --- Pages --------------------------------------------------------------------------------------------------

    def _visit(self, url: str) -> tuple[str, ...]:
        """The pages that one leads to, once what is on it has been taken."""
        held = self._replica.page(url)
        if held is not None:
            self._met.add(held.final)
            if held.settled:
                return held.links
        fetched = self.pages.fetch(url, Validators() if held is None else held.validators)
        if fetched is None:
            return () if held is None else held.links
        if fetched.gone:
            if self._stream is None or url in {self._entry, self._replica["root"]}:
                raise Unreachable(f"{shown(url)} answers 410 Gone: there is no feed any more")
            return self._put(url, fetched, (), (), settled=False)
        page = TreePage(fetched, url, form=self._source.form, most=self._source.limits.rows)
        self._met.add(page.url)
        members, links = self._taken(page, url)
        return self._put(url, fetched, members, links, settled=page.is_immutable and fetched.whole)

    def _put(
        self, url: str, fetched: Fetched, members: tuple[str, ...], links: tuple[str, ...], *, settled: bool
    ) -> tuple[str, ...]:
        """Keep a page, and what was taken from it; see that one that never changes is what it was.

        A page of which nothing tells that it came whole is asked for again in any case.
        """
        said = hashlib.sha256("\n".join([*sorted(members), "", *sorted(links)]).encode()).hexdigest()
        held = self._replica.page(fetched.url)
        was = held.digest if held is not None and held.settled else self._unchanging.get(fetched.url)
        if was not in {None, said} and not fetched.gone:
            raise Unreadable(f"{shown(fetched.url)} was never to change, and has other members or links now")
        if settled:
            self._unchanging[fetched.url] = said
        validators = fetched.validators if fetched.whole else Validators()
        self._replica.put_page(url, Page(fetched.url, settled, validators, said, links))
        self._replica["latest"] = self._latest
        self._replica.keep()
        return links

    def _taken(self, page: TreePage, url: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The members on a page, which are taken, and the pages that it leads to."""
        if url == self._entry:
            root = self._enter(page)
            if root is not None:
                return (), (root,)
        elif url == self._replica["root"]:
            self._describe(page, self._viewed(page) or Stream.kept(self._replica["overview"]).iri)
        assert self._stream is not None
        links, members = page.links(), page.members(self._stream.iri)
        for iri in members:
            self._take(page, iri)
        return members, links

    def _enter(self, page: TreePage) -> str | None:
        """Where the root is that the entry leads to; None when it is the root (LDES 1.0, initialization run)."""
        stream = self._viewed(page)
        if stream is not None:
            self._replica["root"] = self._entry
            self._describe(page, stream)
            return None
        names = {self._source.location, self._entry, page.url}
        named = sorted({(subject, view) for subject, view in page.views() if subject in names})
        if len(named) != 1:
            views = printable(", ".join(view for _, view in named[:_SHOWN]), 400)
            raise Unreadable(
                f"{shown(page.url)} has to be the one view (tree:view) of a stream, or to name one, and names "
                f"{f'several: {views}' if named else 'none'}"
            )
        overview, before = Stream.of(page, named[0][0]), self._replica["overview"]
        _check_same(page, overview, None if before is None else Stream.kept(before))
        self._replica["overview"] = list(overview)
        self._replica["root"] = urldefrag(named[0][1]).url
        return urldefrag(named[0][1]).url

    def _viewed(self, page: TreePage) -> str | None:
        """The stream of which a page is a view; None when it is of none."""
        streams = sorted({stream for stream, view in page.views() if urldefrag(view).url == page.url})
        if len(streams) > 1:
            some = printable(", ".join(streams[:_SHOWN]), 400)
            raise Unreadable(f"{shown(page.url)} is the view of more than one stream: {some}")
        return streams[0] if streams else None

    def _describe(self, page: TreePage, iri: str) -> None:
        """Read what the root says of its stream, which must be what it was."""
        stream, overview = Stream.of(page, iri), self._replica["overview"]
        if overview is not None:
            stream = stream.over(Stream.kept(overview))
        self._policy = policy_of(page) if self._stream is None else None
        _check_same(page, stream, self._stream)
        self._stream = stream
        self._replica["stream"] = list(stream)
        self._replica["interval"] = interval_of(page, iri)

    # --- Members ------------------------------------------------------------------------------------------------

    def _take(self, page: TreePage, iri: str) -> None:
        """Take a member, unless it was taken."""
        assert self._stream is not None
        quads = page.member(iri)
        plain = told(quads)
        colours = coloured(plain)
        said, known = digest(plain, colours), self._replica.digest(iri)
        if known is not None:
            if known != said:
                raise Unreadable(
                    f"{shown(page.url)} has the member {printable(iri, 200)}, which was read before and says "
                    "something else now"
                )
            return
        member = member_of(self._stream, iri, quads, colours)
        time, place = self._before
        if rank(member.time) < rank(time):
            self._late.add(iri)
        self._odd["place"] += rank(member.sequence) < rank(place)
        self._latest = [max(self._latest[0], member.time, key=rank), max(self._latest[1], member.sequence, key=rank)]
        self._new.append((member.sequence, member.time, iri))
        if len(self._new) > self._source.limits.rows:
            raise Unreadable(f"it has more than {self._source.limits.rows} members, which is the limit")
        if self._replica.put_member(iri, said, member.sequence, member.time):
            self._replica["restarts"] = True
        self._hold(member)

    def _hold(self, member: Member) -> None:
        """Hold what a member says of a thing, in the place of what that makes stale."""
        first, second = (member.sequence, member.time) if member.order is None else member.order
        is_plain = member.order is not None or first is None or second is None
        ours = (rank(first), rank(second))
        for held in self._replica.versions(member.of):
            theirs = (rank(held.first), rank(held.second))
            if is_plain:
                is_older, is_newer = theirs <= ours, theirs > ours
            else:  # a clock that went back, or a sequence that began anew, leaves both standing for now
                is_older = all(one <= other for one, other in zip(theirs, ours, strict=True))
                is_newer = not is_older and all(one >= other for one, other in zip(theirs, ours, strict=True))
            if is_newer:
                return
            if is_older:
                self._odd["unordered"] += first is None and second is None
                self._replica.drop_version(held.number)
        self._replica.put_version(member.of, member.content, first, second)


def _document(source: Source, replica: Replica) -> bytes:
    """What is said last of everything, as N-Triples."""
    by_time = bool(replica["restarts"])
    lines: list[bytes] = []
    size = 0
    for _, versions in replica.things():
        content = _last(versions, by_time=by_time).content
        if content is not None:
            lines.append(content.encode())
            size += len(lines[-1])
            if size > source.limits.bytes:
                raise Unreadable(f"what it says last of everything is larger than {source.limits.bytes:,} bytes")
    return b"".join(lines)


def _last(versions: list[Version], *, by_time: bool) -> Version:
    """Which of the versions that stand of a thing is the last: by its place, unless places begin anew with time."""
    return max(
        versions,
        key=lambda each: (
            (rank(each.second), rank(each.first)) if by_time else (rank(each.first), rank(each.second)),
            each.number,
        ),
    )


def _members(count: int) -> str:
    return "1 member has" if count == 1 else f"{count} members have"


def _check_same(page: TreePage, stream: Stream, before: Stream | None) -> None:
    """See that a stream is what it was."""
    if before is not None and stream != before:
        what = next(name for name in stream._fields if getattr(stream, name) != getattr(before, name))
        raise Unreadable(
            f"{shown(page.url)} describes another stream than before: its {_term(what)} was "
            f"{_told(getattr(before, what))}, and is {_told(getattr(stream, what))}"
        )


def _term(field: str) -> str:
    """How LDES calls what a field of a stream holds."""
    first, *rest = field.split("_")
    return "address" if field == "iri" else f"ldes:{first}{''.join(map(str.title, rest))}"


def _told(value: object) -> str:
    return printable(" / ".join(value) if isinstance(value, tuple) else str(value), 200) or "nothing"


def _day(time: Any) -> date | None:
    """The day of an instant of a stream; None where it has none that can be read."""
    if time is None:
        return None
    try:
        return day_of(parse_instant(f"{time[1].partition('.')[0]}Z"))
    except (BadMoment, OverflowError):
        return None
