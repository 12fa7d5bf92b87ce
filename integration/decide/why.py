"""Why a membership changed, in a line for the history: pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Final

import numpy as np

from integration.decide.kernel import NEVER, KindEvents, Timelines
from integration.decide.kernel.courses import Ints
from mappings.instants import from_ms, to_ms
from mappings.model import Cause, MembershipChange
from mappings.rules import (
    AllOf,
    AnyOf,
    Condition,
    EventCondition,
    InSegment,
    InStage,
    Not,
    PropertyCondition,
    RatioCondition,
    RuleBook,
)
from mappings.values import iso

NOTHING: Final = -(2**63)  # the instant of an event that isn't there


@dataclass(frozen=True, slots=True)
class Basis:
    """What a segment's rule looks at: kinds of events, and whether contact properties too."""

    kinds: frozenset[str] = frozenset()
    properties: bool = False

    def __or__(self, other: "Basis") -> "Basis":
        return Basis(self.kinds | other.kinds, self.properties or other.properties)


@dataclass(frozen=True, slots=True)
class Grounds:
    """What each segment looks at by key, and what the lifecycle's stages look at together."""

    segments: Mapping[str, Basis]
    lifecycle: Basis


def bases(book: RuleBook) -> dict[str, Basis]:
    """Give what each segment's rule looks at, references followed."""
    return {key: _basis(book, segment.when) for key, segment in book.segments.items()}


def grounds(book: RuleBook) -> Grounds:
    """Give what all of a book looks at, references followed."""
    stages = book.lifecycle.stages if book.lifecycle else ()
    return Grounds(bases(book), reduce(or_, (_basis(book, each.when) for each in stages), Basis()))


def _basis(book: RuleBook, condition: Condition) -> Basis:
    if isinstance(condition, EventCondition):
        followers = [each for each in (condition.then, condition.without) if each is not None]
        patterns = [condition.pattern, *(each.pattern for each in followers)]
        return Basis(frozenset(kind for pattern in patterns for kind in pattern.kinds))
    if isinstance(condition, RatioCondition):
        return Basis(frozenset(condition.of.kinds) | frozenset(condition.to.kinds))
    if isinstance(condition, PropertyCondition):
        return Basis(properties=True)
    together = Basis()
    for below in _below(book, condition):
        together |= _basis(book, below)
    return together


def _below(book: RuleBook, condition: AllOf | AnyOf | Not | InSegment | InStage) -> list[Condition]:
    if isinstance(condition, AllOf | AnyOf):
        return list(condition.conditions)
    if isinstance(condition, Not):
        return [condition.condition]
    if isinstance(condition, InSegment):
        return [book.segments[condition.key].when]
    return [stage.when for stage in (book.lifecycle.stages if book.lifecycle else ())]


def with_reasons(
    changes: Iterable[MembershipChange],
    timelines: Timelines,
    due: Mapping[int, int],
    looked_at: Mapping[str, Basis],
    now_ms: int,
) -> list[MembershipChange]:
    """Say of each change what made it.

    `due` says of the contacts since when (ms) each was due: what was learnt since is new. Events
    later than `now_ms` made nothing.
    """
    memory = _Memory(timelines, due, now_ms)
    return [
        _told(change, _why(change, memory, looked_at.get(change.segment))) for change in changes
    ]


def _told(change: MembershipChange, why: str) -> MembershipChange:
    # Each field by its name: `replace` takes twice as long, and there may be thousands.
    place = change.contact_id, change.segment, change.entered
    return MembershipChange(*place, change.at, change.cause, why)


@dataclass(frozen=True, slots=True)
class _Latest:
    """The latest events of some kinds, one a contact, (n,) each.

    `at` are instants (ms, NOTHING for none), `row` rows of the timelines, `kind` places in `kinds`.
    """

    kinds: tuple[str, ...]
    at: Ints
    row: Ints
    kind: Ints


class _Memory:
    """What contacts did last. Found in columns, when a reason first asks for these kinds.

    Of several events at one instant it is the one with the greatest id, so always the same.
    """

    def __init__(self, timelines: Timelines, due: Mapping[int, int], now_ms: int) -> None:
        self._timelines = timelines
        self._now_ms = now_ms
        self._place = {int(each): place for place, each in enumerate(timelines.contacts)}
        self._since = np.array([due.get(each, NEVER) for each in self._place], dtype=np.int64)
        self._known: dict[tuple[frozenset[str], bool], _Latest] = {}
        self._of_kind: dict[tuple[str, bool], tuple[Ints, Ints]] = {}
        self._names: dict[int, str] = {}

    def newest(self, contact_id: int, kinds: frozenset[str], *, new: bool = False) -> str:
        """Name a contact's newest event of some kinds; "" where there is none."""
        if (kinds, new) not in self._known:
            self._known[kinds, new] = self._united(tuple(sorted(kinds)), new)
        latest, place = self._known[kinds, new], self._place[contact_id]
        at = int(latest.at[place])
        if at == NOTHING:
            return ""
        return self._name(int(latest.row[place]), latest.kinds[latest.kind[place]], at)

    def newest_by(self, contact_id: int, kinds: frozenset[str], by: int) -> str:
        """Name a contact's newest event of some kinds up to an instant (ms); "" for none."""
        newest, place = self.newest(contact_id, kinds), self._place[contact_id]
        if self._known[kinds, False].at[place] <= by:
            return newest
        # Something happened after it: rare, so this is looked up for one contact at a time.
        best: tuple[int, str, int, str] | None = None
        for kind in kinds:
            events = self._timelines.kind(kind)
            for index in np.flatnonzero((events.contact == place) & (events.at <= by)).tolist():
                row = int(events.row[index])
                found = int(events.at[index]), self._timelines.ids[row], row, kind
                best = found if best is None else max(best, found)
        return self._name(best[2], best[3], best[0]) if best else ""

    def _name(self, row: int, kind: str, at: int) -> str:
        if row not in self._names:
            self._names[row] = f"{kind} {self._timelines.ids[row]} at {iso(from_ms(at))}"
        return self._names[row]

    def _united(self, kinds: tuple[str, ...], new: bool) -> _Latest:
        at = np.full(len(self._place), NOTHING, dtype=np.int64)
        row, kind = np.zeros_like(at), np.zeros_like(at)
        ids = self._timelines.ids
        for code, name in enumerate(kinds):
            if (name, new) not in self._of_kind:
                self._of_kind[name, new] = self._latest(self._timelines.kind(name), new)
            other_at, other_row = self._of_kind[name, new]
            later = other_at > at
            for place in np.flatnonzero((other_at == at) & (at > NOTHING)).tolist():
                later[place] = ids[other_row[place]] > ids[row[place]]
            at[later], row[later], kind[later] = other_at[later], other_row[later], code
        return _Latest(kinds, at, row, kind)

    def _latest(self, events: KindEvents, new: bool) -> tuple[Ints, Ints]:
        kept = events.at <= self._now_ms
        if new:
            kept &= self._timelines.known[events.row] >= self._since[events.contact]
        contact, at, row = events.contact[kept], events.at[kept], events.row[kept]
        instants = np.full(len(self._place), NOTHING, dtype=np.int64)
        rows = np.zeros_like(instants)
        instants[contact], rows[contact] = at, row  # in the order of instants: the last stays
        ids = self._timelines.ids
        several = (contact[1:] == contact[:-1]) & (at[:-1] == instants[contact[:-1]])
        for position in np.flatnonzero(several).tolist():
            of, other = contact[position], row[position]
            rows[of] = max(rows[of], other, key=ids.__getitem__)
        return instants, rows


def _why(change: MembershipChange, memory: _Memory, basis: Basis | None) -> str:
    if basis is None:
        return "the segment is no more"
    if change.cause is Cause.RULE:
        return "the rule was changed"
    if change.cause is Cause.REPAIR:
        return "what was stored was wrong: Segue put it right"
    if change.cause is Cause.RETENTION:
        return "events are older than they are kept"
    # Without a new event of its kinds: of a contact merged into this one, or none at all.
    by_behaviour = change.cause is Cause.BEHAVIOUR
    news = by_behaviour and memory.newest(change.contact_id, basis.kinds, new=True)
    if news or (by_behaviour and basis.properties):
        return news or "a property changed"
    last = memory.newest(change.contact_id, basis.kinds)
    if change.cause is Cause.TIME:
        last = memory.newest_by(change.contact_id, basis.kinds, to_ms(change.at))
        return f"time passed since {last}" if last else "time passed"
    if change.cause is Cause.FIRST_SYNC:
        return "so it was when Segue first looked" + (f": {last}" if last else "")
    return last or "its timeline changed"
