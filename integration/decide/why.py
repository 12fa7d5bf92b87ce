"""Why a membership changed, in a line for the history: pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from integration.decide.kernel import NEVER, KindEvents, Timelines
from mappings.instants import from_ms
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


def bases(book: RuleBook) -> dict[str, Basis]:
    """Give what each segment's rule looks at, references followed."""
    return {key: _basis(book, segment.when) for key, segment in book.segments.items()}


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
        replace(change, why=_why(change, memory, looked_at.get(change.segment)))
        for change in changes
    ]


@dataclass(frozen=True, slots=True)
class _Latest:
    """The latest events of a kind, one a contact: instants (ms, NOTHING for none) and rows."""

    at: list[int]
    row: list[int]


class _Memory:
    """What contacts did last. Found kind by kind in columns, when a reason first asks for it."""

    def __init__(self, timelines: Timelines, due: Mapping[int, int], now_ms: int) -> None:
        self._timelines = timelines
        self._now_ms = now_ms
        self._place = {int(each): place for place, each in enumerate(timelines.contacts)}
        self._since = np.array([due.get(each, NEVER) for each in self._place], dtype=np.int64)
        self._known: dict[tuple[str, bool], _Latest] = {}

    def newest(self, contact_id: int, kinds: Iterable[str], *, new: bool = False) -> str:
        """Name a contact's newest event of some kinds; "" where there is none."""
        place, best = self._place[contact_id], (NOTHING, "", "")
        for kind in kinds:
            latest = self._of(kind, new)
            if latest.at[place] > NOTHING and latest.at[place] >= best[0]:
                id_ = self._timelines.ids[latest.row[place]]
                best = max(best, (latest.at[place], id_, kind))
        at, id_, kind = best
        return f"{kind} {id_} at {iso(from_ms(at))}" if kind else ""

    def _of(self, kind: str, new: bool) -> _Latest:
        if (kind, new) not in self._known:
            self._known[kind, new] = self._latest(self._timelines.kind(kind), new)
        return self._known[kind, new]

    def _latest(self, events: KindEvents, new: bool) -> _Latest:
        kept = events.at <= self._now_ms
        if new:
            kept &= self._timelines.known[events.row] >= self._since[events.contact]
        contact, at, row = events.contact[kept], events.at[kept], events.row[kept]
        ends = np.flatnonzero(np.append(contact[1:] != contact[:-1], True)[: len(contact)])
        instants = np.full(len(self._place), NOTHING, dtype=np.int64)
        instants[contact[ends]] = at[ends]
        rows = np.zeros(len(self._place), dtype=np.int64)
        rows[contact[ends]] = row[ends]
        best = rows.tolist()
        ids = self._timelines.ids
        # Of several at one instant the one with the greatest id, so that it's always the same.
        several = (contact[1:] == contact[:-1]) & (at[:-1] == instants[contact[:-1]])
        for position in np.flatnonzero(several).tolist():
            of, other = int(contact[position]), int(row[position])
            best[of] = max(best[of], other, key=ids.__getitem__)
        return _Latest(instants.tolist(), best)


def _why(change: MembershipChange, memory: _Memory, basis: Basis | None) -> str:
    if basis is None:
        return "the segment is no more"
    if change.cause is Cause.RULE:
        return "the rule was changed"
    if change.cause is Cause.REPAIR:
        return "what was stored was wrong: Segue put it right"
    # Without a new event of its kinds: of a contact merged into this one, or none at all.
    by_behaviour = change.cause is Cause.BEHAVIOUR
    news = by_behaviour and memory.newest(change.contact_id, basis.kinds, new=True)
    if news or (by_behaviour and basis.properties):
        return news or "a property changed"
    last = memory.newest(change.contact_id, basis.kinds)
    if change.cause is Cause.TIME:
        return f"time passed since {last}" if last else "time passed"
    if change.cause is Cause.FIRST_SYNC:
        return "so it was when Segue first looked" + (f": {last}" if last else "")
    return last or "its timeline changed"
