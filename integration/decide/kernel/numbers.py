"""Numbers without loss: sums to the cent, comparisons without rounding."""

import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from typing import Final

import numpy as np

from integration.decide.kernel.columns import Column
from integration.decide.kernel.courses import Answer, Bools, Ints, Values
from integration.decide.kernel.occurrences import Chosen, Scene
from mappings.rules.nodes import Bound

_SAFE: Final = 2**62
_HOLDS: Final[dict[str, Callable[[Values, Values | int], Values]]] = {
    "at_least": operator.ge,
    "at_most": operator.le,
    "more_than": operator.gt,
    "less_than": operator.lt,
    "exactly": operator.eq,
}


@dataclass(frozen=True)
class Exact:
    """Numbers as whole multiples of 1/unit: int64 where every sum of them fits, else object."""

    values: Values
    unit: int


def exact_numbers(scene: Scene, events: Chosen, name: str) -> Exact:
    """Give a numeric property of events, 0 where an event holds no number there."""
    parts = list(_columns(scene, events, name))
    known = [number for column, _ in parts for number in column.numbers if number is not None]
    unit = 10 ** max((_places(number) for number in known), default=0)
    largest = _whole(max(map(Decimal.copy_abs, known), default=Decimal()), unit)
    kind = np.int64 if largest * max(len(events.at), 1) < _SAFE else object
    pieces = [_scaled(column, rows, unit, kind) for column, rows in parts]
    return Exact(np.concatenate(pieces), unit)


def number_mask(scene: Scene, events: Chosen, name: str, test: Callable[[Decimal], bool]) -> Bools:
    """Say which events hold a number that passes the test."""
    pieces = []
    for column, rows in _columns(scene, events, name):
        words = [number is not None and test(number) for number in column.numbers]
        pieces.append(column.spread(words, of_missing=False, rows=rows))
    return np.concatenate(pieces)


def _columns(scene: Scene, events: Chosen, name: str) -> Iterator[tuple[Column, Ints]]:
    for kind, rows in events.parts:
        yield scene.column(kind, name), rows


def _places(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _scaled(column: Column, rows: Ints, unit: int, kind: type) -> Values:
    words = [0 if number is None else _whole(number, unit) for number in column.numbers]
    table: Values = np.array([*words, 0], dtype=kind)
    return table[column.codes[rows]]


def _whole(number: Decimal, unit: int) -> int:
    above, below = number.as_integer_ratio()
    return above * unit // below


def within(bounds: Sequence[Bound], unit: int) -> Answer:
    """Make the answer whether a sum, counted in 1/unit, is within all bounds."""

    def answer(total: Values) -> Values:
        return every(compare(total, bound, None, unit) for bound in bounds)

    return answer


def mean_within(bounds: Sequence[Bound], unit: int) -> Answer:
    """Make the answer whether a sum over a count is within all bounds; of none it isn't."""

    def answer(total: Values, count: Values) -> Values:
        means = every(compare(total, bound, count, unit) for bound in bounds)
        return means & (count > 0)

    return answer


def every(answers: Iterable[Values]) -> Values:
    """Say where all of one or more answers hold."""
    return reduce(np.logical_and, answers)


def compare(left: Values, bound: Bound, right: Values | None, unit: int) -> Bools:
    """Hold `left / unit` against the bound times `right` (1 where None), exactly."""
    above, below = bound.value.as_integer_ratio()
    times = above * unit
    held = _HOLDS[bound.operator](
        _times(left, below), times if right is None else _times(right, times)
    )
    return np.asarray(held, dtype=np.bool_)


def _times(values: Values, factor: int) -> Values:
    """Multiply; in Python's unbounded numbers where 64 bits wouldn't hold it."""
    if factor == 1:
        return values
    if values.dtype != object and len(values):
        largest = max(abs(int(values.max())), abs(int(values.min())), 1)
        if largest * abs(factor) >= _SAFE:
            return values.astype(object) * factor
    return values * factor
