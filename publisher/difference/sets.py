"""Sets: a difference as a person reads it, one row for each thing that changed, in one of a few sets.

Every changed statement is in exactly one row. A row may stand for many: all that is said of a municipality that ends,
the node of an assignment beside the direct triple, a claim with all its parts. It shows what matters most of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, Literal, NamedTuple

from regiolog.ontology import terms
from regiolog.ontology.namespaces import RL
from regiolog.publisher.difference.placing import (
    AFTER,
    BECAME,
    BEFORE,
    BORDERS,
    CAME_FROM,
    CLASSIFICATION,
    DATED,
    EXISTS,
    FURTHER,
    HEARD,
    LABEL,
    MEMBER,
    MEMBER_OF,
    MERGED_FROM,
    MUNICIPALITY,
    PLACED,
    REGION,
    RESTS,
    SAYS,
    STANDS,
    STATUS,
    TAKES_PART,
    TURNED,
    TYPE,
    WITHIN,
    WORDS,
    Place,
    Places,
)
from regiolog.publisher.things.sheet import label
from regiolog.sync.statements.difference import Change
from regiolog.sync.statements.statement import iri, literal

TITLES: Final = {
    "municipalities": "Municipalities",
    "mergers": "Mergers, successions and boundary changes of municipalities",
    "regions": "Regions",
    "assignments": "Which municipality is in which region",
    "grounds": "On what assignments rest, where the region stayed",
    "subregions": "Subregions",
    "provinces": "Provinces",
    "cooperations": "Cooperation structures",
    "memberships": "Who takes part in cooperation structures",
    "authorities": "Local authorities",
    "decisions": "Decisions",
    "proposals": "Proposed regions",
    "sources": "Sources",
    FURTHER: "Everything else",
}
"""The sets, in order, by name; before the last come those of what each source says."""

_YES: Final = literal("yes")
_PENDING: Final = iri(terms.RL_STATUS_PENDING)
_OF_REGION: Final = iri(terms.CLAIM_KINDS["region-of"])
_SUCCESSION: Final = frozenset((MERGED_FROM, BECAME, CAME_FROM, BEFORE, AFTER))
_TELLING: Final = (
    *(REGION, WORDS, STATUS),
    *map(
        iri,
        (
            terms.RL_BASIS,
            terms.RL_EVIDENCE,
            terms.ORG_ROLE,
            terms.RL_ENDS,
            terms.RL_BEGINS,
            terms.RL_LISTED_FROM,
            terms.RL_LISTED_UNTIL,
            terms.RDFS_LABEL,
            terms.RL_FIRST_OBSERVED,
            terms.RL_LAST_OBSERVED,
            terms.DCTERMS_DATE,
            terms.DCTERMS_DESCRIPTION,
            terms.PROV_WAS_ATTRIBUTED_TO,
            terms.PROV_WAS_ASSOCIATED_WITH,
            terms.RL_DOCUMENT,
            terms.RL_MARK,
            terms.RDFS_COMMENT,
            terms.DCTERMS_SOURCE,
            terms.DC_SOURCE,
        ),
    ),
)
"""What a row shows where several properties changed: the first of these that did."""


class Row(NamedTuple):
    """One row of a set.

    Attributes:
        group: Which set.
        subject: Of what it speaks, as N-Triples.
        what: What of it changed, in a word or two.
        before: What was said at the first moment, as N-Triples; nothing where nothing was.
        after: What is said at the second.
        of: In a source's own words, of what it speaks; empty elsewhere.
        changes: The changed statements that it stands for.
    """

    group: str
    subject: str
    what: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    of: str
    changes: tuple[Change, ...]

    @property
    def change(self) -> Literal["added", "removed", "changed"]:
        """Whether it is something that was not there before, is no longer, or is otherwise."""
        if not self.before:
            return "added"
        return "changed" if self.after else "removed"


def rows(changes: Sequence[Change], places: Places) -> list[Row]:
    """The rows that changes come to, each change in one of them."""
    found: defaultdict[Place, list[Change]] = defaultdict(list)
    for change in changes:
        found[places.of(change)].append(change)
    return [row for place, placed in found.items() for row in _rows(place, placed)]


def _rows(place: Place, changes: list[Change]) -> Iterable[Row]:
    if place.row == PLACED:
        return [_assignment(place, changes)]
    if place.row == TAKES_PART or place.group.startswith("source/"):
        return _described_by_nodes(place, changes)
    if place.row in {TURNED, BORDERS, EXISTS, HEARD, STANDS, RESTS, DATED}:
        return [_gathered(place, changes)]
    return _property(place, changes)


class _Sides:
    """What some changed statements say at each of the two moments, by property."""

    def __init__(self, changes: Iterable[Change]) -> None:
        self._said: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self.predicates: set[str] = set()
        for change in changes:
            self._said[change.sign, change.statement.predicate].add(change.statement.object)
            self.predicates.add(change.statement.predicate)

    def values(self, predicate: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The values of a property before and after, but for those that are the same."""
        before, after = self._said.get(("-", predicate), set()), self._said.get(("+", predicate), set())
        return tuple(sorted(before - after)), tuple(sorted(after - before))

    def all(self, sign: Literal["-", "+"], *predicates: str) -> tuple[str, ...]:
        """The values of some properties on one side."""
        return tuple(sorted(set().union(*(self._said.get((sign, each), set()) for each in predicates))))

    def telling(self, *, but: frozenset[str] = frozenset()) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
        """The property that tells most, with its values before and after; none when all values are the same."""
        rest = sorted(self.predicates.difference(_TELLING))
        for predicate in (*_TELLING, *rest):
            before, after = self.values(predicate)
            if predicate not in but and (before or after):
                return label(predicate[1:-1]), before, after
        return "", (), ()


def _row(place: Place, what: str, before: tuple[str, ...], after: tuple[str, ...], changes: list[Change]) -> Row:
    of = place.other if place.group.startswith("source/") else ""
    return Row(place.group, place.subject, what, before, after, of, tuple(changes))


def _told(place: Place, changes: list[Change], *, but: frozenset[str] = frozenset()) -> Row:
    """A row of what is described otherwise than before; if by nothing else, by another node."""
    what, before, after = _Sides(changes).telling(but=but)
    if not what:
        what = "node"
        before, after = (
            tuple(sorted({each.statement.subject for each in changes if each.sign == sign})) for sign in ("-", "+")
        )
    return _row(place, what, before, after, changes)


def _assignment(place: Place, changes: list[Change]) -> Row:
    """In which region a municipality is; where it stayed in the same, on what that rests."""
    sides = _Sides(changes)
    before, after = (
        sides.all(sign, REGION, WITHIN) or tuple(each for each in sides.all(sign, STATUS) if each == _PENDING)
        for sign in ("-", "+")
    )
    if before != after:
        return _row(place, PLACED, before, after, changes)
    return _told(place._replace(group="grounds"), changes, but=frozenset((TYPE, MUNICIPALITY, REGION, WITHIN, STATUS)))


def _described_by_nodes(place: Place, changes: list[Change]) -> Iterable[Row]:
    """Memberships, or claims: one row for each node; one for two where one made place for the other."""
    of_source = place.group != "memberships"
    nodes: defaultdict[str, list[Change]] = defaultdict(list)
    short: list[Change] = []
    signs: list[str] = []
    for change in changes:
        predicate = change.statement.predicate
        if predicate in {MEMBER_OF, WITHIN} or (of_source and predicate == LABEL):
            short.append(change)
        else:
            nodes[change.statement.subject].append(change)
        if predicate == TYPE:
            signs.append(change.sign)
    packs = list(nodes.values())
    if sorted(signs) == ["+", "-"] and len(packs) == 2:
        packs = [[*packs[0], *packs[1]]]
    if not packs:
        return _property(place, short)
    packs[0] += short
    return [_of_node(place, pack) for pack in packs]


def _of_node(place: Place, changes: list[Change]) -> Row:
    sides = _Sides(changes)
    ways = [_value_of_node(sides, sign) if TYPE in sides.predicates else () for sign in ("-", "+")]
    if ways[0] == ways[1]:
        return _told(place, changes, but=frozenset((TYPE,)))
    what = place.row if place.row == TAKES_PART else label(place.row.split()[0][1:-1]).removeprefix("claim-")
    return _row(place, what, ways[0], ways[1], changes)


def _value_of_node(sides: _Sides, sign: Literal["-", "+"]) -> tuple[str, ...]:
    """What a membership or a claim comes to: who takes part, or what is said."""
    said = sides.all(sign, SAYS)
    if said:
        return (sides.all(sign, REGION) if said == (_OF_REGION,) else ()) or sides.all(sign, WORDS)
    return next(filter(None, (sides.all(sign, each) for each in (MUNICIPALITY, MEMBER, LABEL, TYPE))), ())


def _gathered(place: Place, changes: list[Change]) -> Row:
    """That something is there, what it became, how it stands, or on what it rests."""
    sides = _Sides(changes)
    before: tuple[str, ...]
    after: tuple[str, ...]
    if place.row == TURNED:
        before, after = ((place.other,) if sides.all(sign, *_SUCCESSION) else () for sign in ("-", "+"))
        if before != after:
            return _row(place, "merged into" if MERGED_FROM in sides.predicates else TURNED, before, after, changes)
    elif place.row == EXISTS:
        before, after = ((sides.all(sign, STATUS) or (_YES,)) if sides.all(sign, TYPE) else () for sign in ("-", "+"))
        if before != after:
            return _row(place, EXISTS, before, after, changes)
    return _told(place, changes)


def _property(place: Place, changes: list[Change]) -> Iterable[Row]:
    """One property of a thing: from one value to another, or each value that went and each that came."""
    sides = _Sides(changes)
    predicate = place.row.split()[0]
    if predicate not in sides.predicates:
        predicate = changes[0].statement.predicate
    what = _name_of(place, predicate)
    before, after = sides.values(predicate)
    if len(before) <= 1 and len(after) <= 1:
        return [_row(place, what, before, after, changes)]
    found = []
    rest = [each for each in changes if each.statement.predicate != predicate]
    for sign, values in (("-", before), ("+", after)):
        for value in values:
            own = [each for each in changes if each.statement[2:4] == (predicate, value) and each.sign == sign]
            gone, come = ((value,), ()) if sign == "-" else ((), (value,))
            found.append(_row(place, what, gone, come, [*own, *rest]))
            rest = []
    return found


def _name_of(place: Place, predicate: str) -> str:
    """What a property is called in rows."""
    if predicate == WITHIN:
        return "province" if place.group == "municipalities" else PLACED
    if predicate == CLASSIFICATION:
        return "kind"
    return label(predicate[1:-1])


def word(term: str) -> str:
    """A word of a code list, as it is stored and shown: ``demarcated`` for ``rl:status-demarcated``."""
    name = term[1:-1].removeprefix(RL)
    return name.partition("-")[2] or name
