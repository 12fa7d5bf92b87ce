"""Why a membership changed, in a line for the history: pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

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

# An event as it is stored: contact, id, kind, ms instant, properties, ms when it was learnt.
Line = tuple[int, str, str, int, str, int]


@dataclass(frozen=True, slots=True)
class Seen:
    """An event of a contact. `at` is in ms; `is_new`: learnt since the contact's last look."""

    contact_id: int
    id: str
    kind: str
    at: int
    is_new: bool

    @property
    def words(self) -> str:
        """Name it for the history."""
        return f"{self.kind} {self.id} at {iso(from_ms(self.at))}"


def latest(lines: Iterable[Line], due: Mapping[int, int], now_ms: int) -> list[Seen]:
    """Give what reasons are made of: of each kind a contact's latest event, and its latest new one.

    `due` says of the contacts that matter since when (ms) each was due: what was learnt since is
    new. Events later than `now_ms` are left out.
    """
    found: dict[tuple[int, str, bool], Line] = {}
    for line in lines:
        since = due.get(line[0])
        if since is None or line[3] > now_ms:
            continue
        place = line[0], line[2], line[5] >= since
        best = found.get(place)
        if best is None or (line[3], line[1]) > (best[3], best[1]):
            found[place] = line
    return [
        Seen(contact_id, line[1], kind, line[3], is_new)
        for (contact_id, kind, is_new), line in found.items()
    ]


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
    seen: Iterable[Seen],
    looked_at: Mapping[str, Basis],
    now_ms: int,
) -> list[MembershipChange]:
    """Say of each change what made it; `seen` are events of the contacts that changed."""
    moved = list(changes)
    mine: dict[int, list[Seen]] = {change.contact_id: [] for change in moved}
    for event in seen:
        if event.contact_id in mine and event.at <= now_ms:
            mine[event.contact_id].append(event)
    return [
        replace(change, why=_why(change, mine[change.contact_id], looked_at.get(change.segment)))
        for change in moved
    ]


def _why(change: MembershipChange, events: list[Seen], basis: Basis | None) -> str:
    if basis is None:
        return "the segment is no more"
    relevant = [event for event in events if event.kind in basis.kinds]
    last = _newest(relevant)
    if change.cause is Cause.RULE:
        return "the rule was changed"
    if change.cause is Cause.REPAIR:
        return "what was stored was wrong: Segue put it right"
    if change.cause is Cause.TIME:
        return f"time passed since {last}" if last else "time passed"
    if change.cause is Cause.FIRST_SYNC:
        return "so it was when Segue first looked" + (f": {last}" if last else "")
    news = _newest([event for event in relevant if event.is_new])
    # Without a new event of its kinds: of a contact merged into this one, or none at all.
    return news or ("a property changed" if basis.properties else last or "its timeline changed")


def _newest(events: list[Seen]) -> str:
    newest = max(events, key=lambda event: (event.at, event.id), default=None)
    return newest.words if newest else ""
