"""The events that count for a condition, those that wait, and what they add up to."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from typing import Final

import numpy as np

from integration.decide.explaining.ground import Ground
from integration.decide.explaining.reach import patterns_of
from integration.decide.explaining.story import Evidence, Held, Reading
from integration.decide.kernel.columns import MISSING
from integration.decide.kernel.numbers import exact_numbers, number_mask
from integration.decide.kernel.occurrences import (
    Chosen,
    Lives,
    choose,
    lives,
    shared_identities,
    span_of,
)
from mappings.instants import from_ms
from mappings.rules import EventCondition, PropertyCondition, RatioCondition
from mappings.rules.nodes import Measure, Pattern
from mappings.rules.values import DAY

_LAST: Final = 253_402_300_799_999  # of year 9999: what lies beyond is never


def instant(at: int | None) -> datetime | None:
    """Give an instant of epoch ms; None for none, for never, and for what no calendar holds."""
    return None if at is None or not -_LAST // 5 < at <= _LAST else from_ms(at)


def counting(ground: Ground, condition: EventCondition) -> Lives:
    """Give the events that qualify now."""
    found = lives(ground.scene, condition)
    return found.where(found.span.arrive <= ground.now)


def rows_of(ground: Ground, chosen: Chosen) -> list[int]:
    """Give which of the contact's events these are."""
    pieces = [ground.timelines.kind(kind).row[rows] for kind, rows in chosen.parts]
    return np.concatenate(pieces).tolist() if pieces else []


def of_event(
    ground: Ground, condition: EventCondition
) -> tuple[tuple[Evidence, ...], tuple[Evidence, ...]]:
    """Give what counts now and what waits to count, newest first."""
    found = lives(ground.scene, condition)
    here = found.span.arrive <= ground.now
    done = found.events.at <= ground.now
    names = _names(condition)
    waiting = found.where(~here & done)
    coming = [
        replace(each, counts_from=instant(at))
        for each, at in zip(
            _evidence(ground, waiting, names), waiting.span.arrive.tolist(), strict=True
        )
    ]
    return _newest(_evidence(ground, found.where(here), names)), _newest(coming)


def of_ratio(ground: Ground, condition: RatioCondition) -> tuple[Evidence, ...]:
    """Give the events that count on either side, newest first, each once."""
    found: dict[str, Evidence] = {}
    for side in (condition.of, condition.to):
        names = [where.name for where in side.where]
        for each in _evidence(ground, _of_side(ground, condition, side), names):
            found.setdefault(each.id, each)
    return _newest(found.values())


def _of_side(ground: Ground, condition: RatioCondition, side: Pattern) -> Lives:
    events = choose(ground.scene, side, condition.window)
    span = span_of(events, condition.window)
    return Lives(events, span).where((span.arrive <= ground.now) & (span.leave > ground.now))


def _names(condition: EventCondition) -> list[str]:
    """Name the properties that a condition looks at."""
    own = [where.name for where in condition.pattern.where]
    own += [condition.measure.of] if condition.measure.of else []
    sequels = [sequel for sequel in (condition.then, condition.without) if sequel is not None]
    return list(dict.fromkeys([*own, *(name for each in sequels for name in each.same)]))


def _evidence(ground: Ground, found: Lives, names: Iterable[str]) -> list[Evidence]:
    wanted = list(names)
    told = []
    for row, leave in zip(rows_of(ground, found.events), found.span.leave.tolist(), strict=True):
        event = ground.events[row]
        shown = {name: str(event.properties[name]) for name in wanted if name in event.properties}
        told.append(Evidence(event.id, event.kind, event.at, event.source, shown, instant(leave)))
    return told


def _newest(found: Iterable[Evidence]) -> tuple[Evidence, ...]:
    return tuple(sorted(found, key=lambda each: (each.at, each.id), reverse=True))


def reading_of(ground: Ground, condition: EventCondition) -> Reading:
    """Give the measure's value now against its bounds."""
    measure, found = condition.measure, counting(ground, condition)
    value = _value(ground, found, measure)
    return Reading(measure.name, measure.of or "", value, measure.bounds)


def _value(ground: Ground, found: Lives, measure: Measure) -> Fraction | None:
    events, name = found.events, measure.of or ""
    if measure.name == "count":
        return Fraction(len(events.at))
    if measure.name == "days":
        return Fraction(len(np.unique(events.at // DAY)))
    if measure.name == "distinct":
        (codes,) = shared_identities(ground.scene, (events,), name)
        return Fraction(len(np.unique(codes[codes != MISSING])))
    numbers = numbers_of(ground, found, name)
    if measure.name == "total":
        return sum(numbers, Fraction(0))
    if not numbers:
        return None
    if measure.name == "average":
        return sum(numbers, Fraction(0)) / len(numbers)
    return min(numbers) if measure.name == "least" else max(numbers)


def numbers_of(ground: Ground, found: Lives, name: str) -> list[Fraction]:
    """Give the numbers that qualifying events hold in a property, exactly."""
    known = found.events.where(number_mask(ground.scene, found.events, name, lambda _: True))
    exact = exact_numbers(ground.scene, known, name)
    return [Fraction(int(value), exact.unit) for value in exact.values.tolist()]


def ratio_reading(ground: Ground, condition: RatioCondition) -> Reading:
    """Give a ratio's two counts and their ratio now."""
    part, whole = (
        len(_of_side(ground, condition, side).events.at) for side in patterns_of(condition)
    )
    value = Fraction(part, whole) if whole else None
    minimum = int(condition.minimum)
    return Reading("ratio", "", value, condition.bounds, part, whole, minimum)


def held(ground: Ground, condition: PropertyCondition) -> Held:
    """Give the value of a contact property, and when HubSpot changed it."""
    value, changed = ground.contact.values.get(condition.name, (None, None))
    return Held(condition.name, value or "", instant(changed))


def properties_changed(ground: Ground, names: Iterable[str]) -> int | None:
    """Give when (ms) the last of these properties was changed, up to now; None for never."""
    known = [ground.contact.values[name][1] for name in names if name in ground.contact.values]
    return max((at for at in known if at <= ground.now), default=None)
