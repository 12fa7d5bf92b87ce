"""What would flip an answer: of each condition its own, of combinations what their parts need."""

from itertools import islice, product
from typing import Final

from integration.decide.explaining import plans
from integration.decide.explaining.confirm import confirmed, united
from integration.decide.explaining.ground import Ground
from integration.decide.explaining.reach import parts_of
from integration.decide.explaining.story import Doing
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
        if together:  # all of these parts must turn at once
            ways = islice(product(*(self.of(part) for part in parts)), _MOST_TOGETHER)
            return [united(way) for way in ways if way]
        return [united([doing]) for part in parts for doing in self.of(part)]
