"""Explain why a contact is, or isn't, in a segment or lifecycle stage: pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from integration.decide.explaining import evidence
from integration.decide.explaining.flips import Flips
from integration.decide.explaining.ground import Ground
from integration.decide.explaining.reach import parts_of
from integration.decide.explaining.story import Explanation, Node
from mappings.instants import from_ms, to_ms
from mappings.model import Contact, Event
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
    Stage,
)
from mappings.rules import explain as in_english


class Explainer:
    """Explains one contact's place in the segments and stages of a book at an instant.

    `events` is the contact's whole timeline, in any order. Of two events with one id the first
    stands.
    """

    def __init__(
        self, book: RuleBook, contact: Contact, events: Sequence[Event], now: datetime
    ) -> None:
        self.ground = Ground(book, contact, events, to_ms(now))
        self.flips = Flips(self.ground)

    @property
    def book(self) -> RuleBook:
        """The rules."""
        return self.ground.book

    def holds(self, condition: Condition) -> bool:
        """Say whether a condition holds now."""
        return self.ground.standing(condition).holds

    def segment(self, key: str, whole: bool = True) -> Explanation:
        """Explain one segment. Raises KeyError where the book has none of this key."""
        segment = self.ground.book.segments[key]
        at = from_ms(self.ground.now)
        return Explanation("segment", key, segment.name, at, self.node(InSegment(key), whole))

    def stage(self, key: str, whole: bool = True) -> Explanation:
        """Explain one lifecycle stage. Raises KeyError where the book has none of this key."""
        lifecycle = self.ground.book.lifecycle
        names = {stage.key: stage.name for stage in (lifecycle.stages if lifecycle else ())}
        at = from_ms(self.ground.now)
        return Explanation("stage", key, names[key], at, self.node(InStage(key), whole))

    def node(self, condition: Condition, whole: bool = True) -> Node:
        """Explain one condition; without `whole` nothing below it and no evidence."""
        standing = self.ground.standing(condition)
        changed = evidence.properties_changed(self.ground, self.ground.reach(condition).properties)
        hidden = changed is not None and (standing.since is None or standing.since < changed)
        node = Node(
            sort=_sort(condition),
            key=condition.key if isinstance(condition, InSegment | InStage) else "",
            words=in_english(condition, self.ground.book),
            holds=standing.holds,
            since=evidence.instant(changed if hidden else standing.since),
            at_least=hidden,
            until=evidence.instant(standing.until),
            doings=tuple(self.flips.of(condition)),
        )
        return self._filled(node, condition) if whole else node

    def _filled(self, node: Node, condition: Condition) -> Node:
        """Add what a condition's answer rests on."""
        ground = self.ground
        if isinstance(condition, EventCondition):
            counting, waiting = evidence.of_event(ground, condition)
            reading = evidence.reading_of(ground, condition)
            return replace(node, reading=reading, evidence=counting, waiting=waiting)
        if isinstance(condition, RatioCondition):
            reading = evidence.ratio_reading(ground, condition)
            return replace(node, reading=reading, evidence=evidence.of_ratio(ground, condition))
        if isinstance(condition, PropertyCondition):
            return replace(node, held=evidence.held(ground, condition))
        parts = [self.node(part) for part in parts_of(ground.book, condition)]
        if isinstance(condition, InStage):
            parts = [*map(_above, parts[:-1], self._stages()), parts[-1]]
        return replace(node, parts=tuple(parts))

    def _stages(self) -> tuple[Stage, ...]:
        return self.book.lifecycle.stages if self.book.lifecycle else ()


def _above(node: Node, stage: Stage) -> Node:
    """Name the stage above that a contact mustn't be in."""
    return replace(node, key=stage.key, words=f'is not in the stage above, "{stage.name}"')


def _sort(condition: Condition) -> str:
    names: dict[type, str] = {
        EventCondition: "event",
        RatioCondition: "ratio",
        PropertyCondition: "property",
        InSegment: "segment",
        InStage: "stage",
        AllOf: "all",
        AnyOf: "any",
        Not: "not",
    }
    return names[type(condition)]
