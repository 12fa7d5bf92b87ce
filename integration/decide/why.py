"""Why a membership changed, in a line for the history: pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from mappings.model import Cause, MembershipChange, from_ms
from mappings.rules import (
    AllOf,
    AnyOf,
    Condition,
    EventCondition,
    InSegment,
    InStage,
    Not,
    RatioCondition,
    RuleBook,
)
from mappings.values import iso

# A contact's newest events: (contact, id, kind, ms instant) of each.
Seen = tuple[int, str, str, int]


def kinds_of_segments(book: RuleBook) -> dict[str, frozenset[str]]:
    """Give the kinds of events that each segment's rule looks at, references followed."""
    return {key: _kinds(book, segment.when) for key, segment in book.segments.items()}


def _kinds(book: RuleBook, condition: Condition) -> frozenset[str]:
    if isinstance(condition, EventCondition):
        followers = [each for each in (condition.then, condition.without) if each is not None]
        patterns = [condition.pattern, *(each.pattern for each in followers)]
        return frozenset(kind for pattern in patterns for kind in pattern.kinds)
    if isinstance(condition, RatioCondition):
        return frozenset(condition.of.kinds) | frozenset(condition.to.kinds)
    return frozenset().union(*(_kinds(book, each) for each in _below(book, condition)))


def _below(book: RuleBook, condition: Condition) -> list[Condition]:
    if isinstance(condition, AllOf | AnyOf):
        return list(condition.conditions)
    if isinstance(condition, Not):
        return [condition.condition]
    if isinstance(condition, InSegment):
        return [book.segments[condition.key].when]
    if isinstance(condition, InStage) and book.lifecycle:
        return [stage.when for stage in book.lifecycle.stages]
    return []


def with_reasons(
    changes: Iterable[MembershipChange],
    seen: Iterable[Seen],
    kinds: Mapping[str, frozenset[str]],
    now_ms: int,
) -> list[MembershipChange]:
    """Say of each change what made it; `seen` are events of the contacts that changed."""
    moved = list(changes)
    mine: dict[int, list[Seen]] = {change.contact_id: [] for change in moved}
    for event in seen:
        if event[0] in mine and event[3] <= now_ms:
            mine[event[0]].append(event)
    return [
        replace(change, why=_why(change, mine[change.contact_id], kinds.get(change.segment)))
        for change in moved
    ]


def _why(change: MembershipChange, events: list[Seen], kinds: frozenset[str] | None) -> str:
    newest = max(
        (event for event in events if kinds is not None and event[2] in kinds),
        key=lambda event: (event[3], event[1]),
        default=None,
    )
    last = f"{newest[2]} {newest[1]} at {iso(from_ms(newest[3]))}" if newest else ""
    if change.cause is Cause.RULE:
        return "the segment is no more" if kinds is None else "the rule was changed"
    if change.cause is Cause.TIME:
        return f"time passed since {last}" if last else "time passed"
    if change.cause is Cause.FIRST_SYNC:
        return "so it was when Segue first looked" + (f": {last}" if last else "")
    return last or "a property changed"
