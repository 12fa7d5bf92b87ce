"""What the qualifying events add up to, followed through time and held against bounds.

Every measure is a handful of counters to which an event adds while it qualifies: `least` with a
bound asks whether any number below it is there, `distinct` counts the values that have at least
one event, and a mean is held against its bound as a sum against bound times count.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from integration.decide.kernel.columns import MISSING
from integration.decide.kernel.comparisons import bound_test
from integration.decide.kernel.courses import (
    NEVER,
    Answer,
    Bools,
    Course,
    Ints,
    Steps,
    Values,
    unfold,
)
from integration.decide.kernel.numbers import every, exact_numbers, mean_within, number_mask, within
from integration.decide.kernel.occurrences import Lives, Scene, Span, shared_identities
from mappings.rules.nodes import Bound, Measure
from mappings.rules.values import DAY

# A bound on the least or greatest number: which numbers must be there (True), which mustn't.
_Demands = tuple[tuple[str, bool], ...]
_LEAST: Final[dict[str, _Demands]] = {
    "at_least": (("less_than", False),),
    "more_than": (("at_most", False),),
    "at_most": (("at_most", True),),
    "less_than": (("less_than", True),),
    "exactly": (("less_than", False), ("at_most", True)),
}
_GREATEST: Final[dict[str, _Demands]] = {
    "at_most": (("more_than", False),),
    "less_than": (("at_least", False),),
    "at_least": (("at_least", True),),
    "more_than": (("more_than", True),),
    "exactly": (("more_than", False), ("at_least", True)),
}


def measured(scene: Scene, lives: Lives, measure: Measure) -> Course:
    """Give the course of a measure over the qualifying events."""
    bounds, name = measure.bounds, measure.of or ""
    if measure.name == "count":
        return counted(scene, lives.span, within(bounds, 1))
    if measure.name == "days":
        return _distinct(scene, lives.span, lives.events.at // DAY, bounds)
    if measure.name == "distinct":
        (codes,) = shared_identities(scene, (lives.events,), name)
        known = codes != MISSING
        return _distinct(scene, lives.where(known).span, codes[known], bounds)
    lives = lives.where(number_mask(scene, lives.events, name, lambda _: True))
    if measure.name in {"least", "greatest"}:
        return _extreme(scene, lives, measure)
    exact = exact_numbers(scene, lives.events, name)
    if measure.name == "total":
        return follow(scene, lives.span, [exact.values], within(bounds, exact.unit))
    addends = [exact.values, _ones(lives.span)]
    return follow(scene, lives.span, addends, mean_within(bounds, exact.unit))


def counted(scene: Scene, span: Span, answer: Answer) -> Course:
    """Answer from the number of events."""
    return follow(scene, span, [_ones(span)], answer)


def counted_apart(scene: Scene, one: Span, other: Span, answer: Answer) -> Course:
    """Answer from the numbers of two sets of events."""
    together = Span(
        np.concatenate([one.contact, other.contact]),
        np.concatenate([one.arrive, other.arrive]),
        np.concatenate([one.leave, other.leave]),
    )
    of_one = np.repeat([1, 0], [len(one.contact), len(other.contact)])
    return follow(scene, together, [of_one, 1 - of_one], answer)


def follow(scene: Scene, span: Span, addends: Sequence[Values], answer: Answer) -> Course:
    """Follow counters to which each event adds its addends while it qualifies."""
    counters, steps = _counters(span, addends, scene.now, scene.size)
    return unfold(counters, steps, answer)


def _counters(
    span: Span, addends: Sequence[Values], now: int, size: int
) -> tuple[list[Values], Steps]:
    here = span.arrive <= now
    present = _rows(here)
    counters = []
    for addend in addends:
        counter = np.zeros(size, dtype=addend.dtype)
        np.add.at(counter, span.contact[present], addend[present])
        counters.append(counter)
    coming, going = _rows(~here), _rows(span.leave < NEVER)
    steps = Steps(
        np.concatenate([span.contact[coming], span.contact[going]]),
        np.concatenate([span.arrive[coming], span.leave[going]]),
        [np.concatenate([addend[coming], -addend[going]]) for addend in addends],
    )
    return counters, steps


def _rows(mask: Bools) -> Ints | slice:
    """Give the rows that a mask picks: all of them as a slice, which copies nothing."""
    return slice(None) if mask.all() else np.flatnonzero(mask)


def _ones(span: Span) -> Ints:
    return np.ones(len(span.contact), dtype=np.int64)


def _distinct(scene: Scene, span: Span, codes: Ints, bounds: Sequence[Bound]) -> Course:
    """Count what is there at least once: the course of each (contact, code), then their number."""
    lowest = int(codes.min(initial=0))
    width = int(codes.max(initial=0)) - lowest + 1
    keys, group = np.unique(span.contact * width + (codes - lowest), return_inverse=True)
    grouped = Span(group.astype(np.int64), span.arrive, span.leave)
    counters, steps = _counters(grouped, [_ones(span)], scene.now, len(keys))
    there = unfold(counters, steps, lambda count: count > 0)
    owner = keys // width
    number = np.bincount(owner[there.now], minlength=scene.size).astype(np.int64)
    changes = Steps(owner[there.contact], there.at, [np.where(there.then, 1, -1)])
    return unfold([number], changes, within(bounds, 1))


def _extreme(scene: Scene, lives: Lives, measure: Measure) -> Course:
    demanded = _LEAST if measure.name == "least" else _GREATEST
    addends: list[Values] = [_ones(lives.span)]
    wanted = []
    for bound in measure.bounds:
        for operator, there in demanded[bound.operator]:
            test = bound_test(operator, bound.value)
            mask = number_mask(scene, lives.events, measure.of or "", test)
            addends.append(mask.astype(np.int64))
            wanted.append(there)

    def answer(number: Values, *passing: Values) -> Values:
        demands = [(count > 0) == there for count, there in zip(passing, wanted, strict=True)]
        return every([number > 0, *demands])

    return follow(scene, lives.span, addends, answer)
