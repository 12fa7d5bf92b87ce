"""What would flip an answer: of each condition its own, of combinations what their parts need."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice, product
from typing import Final

from integration.decide.explaining import plans
from integration.decide.explaining.confirm import confirmed, united
from integration.decide.explaining.ground import Ground
from integration.decide.explaining.reach import parts_of, window_of
from integration.decide.explaining.story import Doing
from integration.decide.kernel import NEVER
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
)

MOST: Final = 2  # ways of doing it that are told of one condition
_MOST_TOGETHER: Final = 8


class Flips:
    """Finds what flips the conditions of a contact's rules; each is looked for once."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self._known: dict[Condition, list[Doing]] = {}

    def of(self, condition: Condition) -> list[Doing]:
        """Give what would make a condition's answer the opposite, least effort first."""
        if condition not in self._known:
            self._known[condition] = self._find(condition)
        return self._known[condition]

    def _find(self, condition: Condition) -> list[Doing]:
        if isinstance(condition, Not):
            return self.of(condition.condition)
        if isinstance(condition, InSegment):
            return self.of(self.ground.book.segments[condition.key].when)
        target = not self.ground.standing(condition).holds
        return confirmed(self.ground, condition, target, self._proposed(condition, target), MOST)

    def _proposed(
        self,
        condition: EventCondition | RatioCondition | PropertyCondition | InStage | AllOf | AnyOf,
        target: bool,
    ) -> list[Doing]:
        if isinstance(condition, EventCondition):
            return list(plans.of_event(self.ground, condition, target))
        if isinstance(condition, RatioCondition):
            return list(plans.of_ratio(self.ground, condition))
        if isinstance(condition, PropertyCondition):
            return list(plans.of_property(self.ground, condition, target))
        parts = [
            part
            for part in parts_of(self.ground.book, condition)
            if self.ground.standing(part).holds is not target
        ]
        together = target is not isinstance(condition, AnyOf)
        if together:
            return self._together(condition, parts)
        return [united([doing]) for part in parts for doing in self.of(part)]

    def _together(self, condition: Condition, parts: Sequence[Condition]) -> list[Doing]:
        """Give ways in which all of these parts turn at once.

        One that turns by itself, or that what is done for the others keeps from turning for a
        while, may only need waiting for as long as a window of the rule.
        """
        ways = islice(product(*(self._ways(part) for part in parts)), _MOST_TOGETHER)
        joined = [doing for way in ways if (doing := united(way)).effort]
        waits = sorted(
            window.within
            for window in map(window_of, self.ground.reach(condition).leaves)
            if window.within is not None
        )
        longer = [
            replace(doing, wait=wait)
            for doing in joined
            for wait in dict.fromkeys(waits)
            if wait > doing.wait
        ]
        return [*joined, *longer]

    def _ways(self, part: Condition) -> list[Doing]:
        by_itself = self.ground.standing(part).until < NEVER
        return [*self.of(part), *([Doing()] if by_itself else [])]
