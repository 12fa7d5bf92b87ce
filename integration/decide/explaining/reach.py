"""What a condition looks at, references followed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

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
from mappings.rules.nodes import Pattern, Window


@dataclass(frozen=True)
class Reach:
    """The conditions at the ends of a condition, and the small book that is enough for it."""

    leaves: tuple[EventCondition | RatioCondition | PropertyCondition, ...]
    book: RuleBook

    @property
    def patterns(self) -> tuple[Pattern, ...]:
        """Give every pattern of events that is asked for."""
        return tuple(pattern for leaf in self.leaves for pattern in patterns_of(leaf))

    @property
    def kinds(self) -> frozenset[str]:
        """Give the kinds of events that are looked at."""
        return frozenset(kind for pattern in self.patterns for kind in pattern.kinds)

    @property
    def properties(self) -> frozenset[str]:
        """Give the contact properties that are looked at."""
        return frozenset(leaf.name for leaf in self.leaves if isinstance(leaf, PropertyCondition))

    @property
    def memory(self) -> int | None:
        """Give how far back (ms) events can matter; None where without end."""
        windows = [leaf.window for leaf in self.leaves if not isinstance(leaf, PropertyCondition)]
        lengths = [window.within for window in windows]
        known = [length for length in lengths if length is not None]
        return max(known, default=0) if len(known) == len(lengths) else None


def patterns_of(leaf: Condition) -> tuple[Pattern, ...]:
    """Give the patterns of a leaf, those of what follows last."""
    if isinstance(leaf, RatioCondition):
        return leaf.of, leaf.to
    if not isinstance(leaf, EventCondition):
        return ()
    sequels = [sequel for sequel in (leaf.then, leaf.without) if sequel is not None]
    return leaf.pattern, *(sequel.pattern for sequel in sequels)


def window_of(leaf: Condition) -> Window:
    """Give the window of a leaf; of a property all time."""
    return leaf.window if isinstance(leaf, EventCondition | RatioCondition) else Window()


def reach(book: RuleBook, condition: Condition) -> Reach:
    """Follow a condition to its ends."""
    seen: dict[Condition, None] = {}
    walk(book, condition, seen)
    ends = (EventCondition, RatioCondition, PropertyCondition)
    leaves = tuple(each for each in seen if isinstance(each, ends))
    segments = {each.key: book.segments[each.key] for each in seen if isinstance(each, InSegment)}
    staged = any(isinstance(each, InStage) for each in seen)
    lifecycle = book.lifecycle if staged else None
    small = replace(book, segments=segments, lifecycle=lifecycle, triggers={})
    return Reach(leaves, small)


def walk(book: RuleBook, condition: Condition, seen: dict[Condition, None]) -> None:
    """Note a condition and everything below it."""
    if condition not in seen:
        seen[condition] = None
        for below in parts_of(book, condition):
            walk(book, below, seen)


def parts_of(book: RuleBook, condition: Condition) -> Iterator[Condition]:
    """Give what a condition is made of: of a stage those above it too, which must not hold."""
    if isinstance(condition, AllOf | AnyOf):
        yield from condition.conditions
    elif isinstance(condition, Not):
        yield condition.condition
    elif isinstance(condition, InSegment):
        yield book.segments[condition.key].when
    elif isinstance(condition, InStage):
        yield from as_conditions(book, condition)


def as_conditions(book: RuleBook, stage: InStage) -> tuple[Condition, ...]:
    """Say what being in a stage asks for: none of the stages above, and its own rule."""
    stages = book.lifecycle.stages if book.lifecycle else ()
    place = next(place for place, each in enumerate(stages) if each.key == stage.key)
    above = tuple(Not(each.when) for each in stages[:place])
    return (*above, stages[place].when)
