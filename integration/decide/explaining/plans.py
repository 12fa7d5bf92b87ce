"""What might flip a single condition: proposals, each still to be confirmed by the kernel."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Final

from integration.decide.explaining.evidence import counting, numbers_of, ratio_reading, reading_of
from integration.decide.explaining.followers import following
from integration.decide.explaining.ground import Ground
from integration.decide.explaining.samples import (
    candidates,
    deeds_of,
    is_numeric,
    narrowed,
    passing_values,
)
from integration.decide.explaining.story import Act, Deed, Doing, Edit
from integration.decide.kernel.columns import encode
from integration.decide.kernel.occurrences import shared_identities
from mappings.rules import EventCondition, PropertyCondition, RatioCondition
from mappings.rules.nodes import Bound, Comparison, Where
from mappings.rules.values import DAY, read_moment

MOST: Final = 1_000  # events that are still called a near change
_OPPOSITE: Final = {
    "at_least": "less_than",
    "at_most": "more_than",
    "more_than": "at_most",
    "less_than": "at_least",
    "exactly": "is_not",
}


def of_event(ground: Ground, condition: EventCondition, target: bool) -> Iterator[Doing]:
    """Propose events of the condition's own kinds, and of what must or mustn't follow them."""
    yield from following(ground, condition)
    before, wait = condition.window.before or 0, 0
    if condition.without is not None:
        wait = condition.without.inside or 0
    for acts in _more(ground, condition, target):
        yield Doing(acts, wait=max(before, wait))


def _more(ground: Ground, condition: EventCondition, target: bool) -> Iterator[tuple[Act, ...]]:
    measure = condition.measure
    for kind in condition.pattern.kinds:
        if measure.name in {"count", "days", "distinct"}:
            yield from _numbered(ground, condition, kind)
        elif is_numeric(ground.book.catalogue, kind, measure.of or ""):
            yield from _amounts(ground, condition, kind, target)


def _numbered(ground: Ground, condition: EventCondition, kind: str) -> Iterator[tuple[Act, ...]]:
    """So many more, for each number at which the answer may turn."""
    measure = condition.measure
    value = reading_of(ground, condition).value or Fraction(0)
    for number in turning(measure.bounds, value):
        pattern = narrowed(condition.pattern, kind)
        if measure.name == "distinct":
            examples = _fresh(ground, condition, kind, number)
        else:
            one = deeds_of(ground.book.catalogue, kind, pattern.where, {})
            examples = (one,) * number if one else ()
        if len(examples) == number:
            name = measure.of or "" if measure.name == "distinct" else ""
            yield (Act(number, pattern, examples, distinct=name, daily=measure.name == "days"),)


def turning(bounds: tuple[Bound, ...], value: Fraction) -> list[int]:
    """Give the additions to a whole number at which bounds begin or end to hold, least first."""
    found = {
        int(edge - value)
        for bound in bounds
        for edge in (ceil(bound.value), floor(bound.value) + 1)
    }
    return sorted(number for number in found if 0 < number <= MOST)


def _fresh(ground: Ground, condition: EventCondition, kind: str, number: int) -> tuple[Deed, ...]:
    """Make up events that each bring a value of the property that isn't there yet."""
    catalogue, name = ground.book.catalogue, condition.measure.of or ""
    found = counting(ground, condition)
    (codes,) = shared_identities(ground.scene, (found.events,), name)
    known = {
        column.identities[code]
        for of_kind, rows in found.events.parts
        for column in [ground.scene.column(of_kind, name)]
        for code in column.codes[rows].tolist()
        if code >= 0
    }
    own = tuple(
        test for where in condition.pattern.where if where.name == name for test in where.tests
    )
    where = Where(name, (*own, Comparison("known", ("true",))))
    offered = candidates(where.tests, fresh=number + len(codes) + 5)
    values = [
        value
        for value in passing_values(catalogue, kind, where, offered)
        if _identity(ground, kind, name, value) not in known | {None}
    ]
    made = [
        deeds_of(catalogue, kind, condition.pattern.where, {name: value})
        for value in values[:number]
    ]
    return tuple(deed for deed in made if deed is not None)


def _identity(ground: Ground, kind: str, name: str, value: object) -> object:
    column = encode([value], ground.book.catalogue.type_of(kind, name) or "text")
    return column.identities[0] if column.words else None


def _amounts(
    ground: Ground, condition: EventCondition, kind: str, target: bool
) -> Iterator[tuple[Act, ...]]:
    """One event that holds the number that is missing."""
    measure = condition.measure
    numbers = numbers_of(ground, counting(ground, condition), measure.of or "")
    wanted = [(bound.operator, _needed(measure.name, bound, numbers)) for bound in measure.bounds]
    demands = (
        [[(("is" if word == "exactly" else word), value) for word, value in wanted]]
        if target
        else [[(_OPPOSITE[word], value)] for word, value in wanted]
    )
    for demand in demands:
        if any(word in {"at_most", "less_than"} and value <= 0 for word, value in demand):
            continue  # nobody buys for less than nothing
        tests = tuple(Comparison(word, (written(value),)) for word, value in demand)
        pattern = narrowed(condition.pattern, kind, Where(measure.of or "", tests))
        one = deeds_of(ground.book.catalogue, kind, pattern.where, {})
        if one is not None:
            yield (Act(1, pattern, (one,)),)


def _needed(measure: str, bound: Bound, numbers: list[Fraction]) -> Fraction:
    """Say what one more number is held against where the measure is held against a bound."""
    value, total = Fraction(bound.value), sum(numbers, Fraction(0))
    if measure == "total":
        return value - total
    if measure == "average":
        return value * (len(numbers) + 1) - total
    return value


def written(value: Fraction) -> str:
    """Write a fraction of tenths, hundredths, ... as a decimal, exactly."""
    places = next(places for places in range(200) if (value * 10**places).denominator == 1)
    return f"{Decimal(int(value * 10**places)).scaleb(-places):f}"


def of_ratio(ground: Ground, condition: RatioCondition) -> Iterator[Doing]:
    """Propose more events on either side."""
    reading = ratio_reading(ground, condition)
    numbers = _turning_ratio(condition, reading.part, reading.whole)
    for side in (condition.of, condition.to):
        for kind in side.kinds:
            pattern = narrowed(side, kind)
            one = deeds_of(ground.book.catalogue, kind, pattern.where, {})
            if one is not None:
                acts = [Act(number, pattern, (one,) * number) for number in numbers]
                yield from (Doing((act,), wait=condition.window.before or 0) for act in acts)


def _turning_ratio(condition: RatioCondition, part: int, whole: int) -> list[int]:
    """Give numbers of events, on one side or on both, at which the answer may turn."""
    edges = [Fraction(condition.minimum) - whole]
    for bound in condition.bounds:
        share = Fraction(bound.value)
        edges.append(share * whole - part)
        edges += [part / share - whole] if share else []
        edges += [(share * whole - part) / (1 - share)] if share != 1 else []
    found = {1} | {turn for edge in edges for turn in (ceil(edge), floor(edge) + 1)}
    return sorted(number for number in found if 0 < number <= MOST)


def of_property(ground: Ground, condition: PropertyCondition, target: bool) -> Iterator[Doing]:
    """Propose other values of the property."""
    now, span = ground.now, (condition.within, condition.before, condition.in_next)
    dates = [
        str(now + sign * offset)
        for length in span
        if length is not None
        for offset in (length // 2, length, length + DAY)
        for sign in (-1, 1)
    ]
    dates = [text for text in dates if read_moment(text) is not None]
    for value in [*candidates(condition.tests), *dates]:
        yield Doing(edits=(Edit(condition, target, value),))
