"""Whether a value passes the comparisons of a rule: decided once for each distinct value."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np

from integration.decide.kernel.columns import Column
from integration.decide.kernel.courses import Bools, Ints
from mappings.rules.nodes import Comparison, Where
from mappings.rules.values import fold, glob, read_number

_Text: TypeAlias = Callable[[str], bool]
_Number: TypeAlias = Callable[[Decimal], bool]

_NEGATIVE: Final = frozenset({"is_not", "not_in"})


def passing(column: Column, where: Where, rows: Ints) -> Bools:
    """Say for each of these rows whether its value passes every comparison."""
    passes = np.ones(len(rows), dtype=np.bool_)
    for comparison in where.tests:
        words = _of_words(column, comparison)
        passes &= column.spread(words, of_missing(comparison), rows)
    return passes


def of_missing(comparison: Comparison) -> bool:
    """Say what a comparison answers where there is no value."""
    if comparison.operator == "known":
        return comparison.values[0] == "false"
    return comparison.operator in _NEGATIVE


def _of_words(column: Column, comparison: Comparison) -> Sequence[bool]:
    if comparison.operator == "known":
        return [comparison.values[0] == "true"] * len(column.words)
    text = text_test(comparison)
    number = number_test(comparison)
    return [
        text(word) if word is not None else value is not None and number(value)
        for word, value in zip(column.texts, column.numbers, strict=True)
    ]


def text_test(comparison: Comparison) -> _Text:
    """Make the test of a folded text. Comparisons by size hold for no text."""
    operator = comparison.operator
    wanted = frozenset(fold(value) for value in comparison.values)
    one = fold(comparison.values[0])
    tests: dict[str, _Text] = {
        "is": wanted.__contains__,
        "in": wanted.__contains__,
        "is_not": lambda text: text not in wanted,
        "not_in": lambda text: text not in wanted,
        "contains": lambda text: one in text,
        "starts_with": lambda text: text.startswith(one),
        "matches": lambda text: _fits(wanted, text),
    }
    return tests.get(operator, lambda _: False)


@lru_cache(maxsize=16_384)
def _fits(patterns: frozenset[str], text: str) -> bool:
    """Hold a text against globs; the same pages are looked at all the time, by many contacts."""
    return any(fits(text) for fits in _globs(patterns))


@lru_cache(maxsize=256)
def _globs(patterns: frozenset[str]) -> list[_Text]:
    return [glob(pattern) for pattern in patterns]


def number_test(comparison: Comparison) -> _Number:
    """Make the test of a number. Comparisons by spelling hold for no number."""
    operator = comparison.operator
    wanted = frozenset(
        number for value in comparison.values if (number := read_number(value)) is not None
    )
    if operator in {"is", "in"}:
        return wanted.__contains__
    if operator in _NEGATIVE:
        return lambda number: number not in wanted
    bound = next(iter(wanted), None)
    if bound is None:
        return lambda _: False
    return bound_test(operator, bound)


def bound_test(operator: str, bound: Decimal) -> _Number:
    """Make the test of a number against a bound."""
    tests: dict[str, _Number] = {
        "at_least": lambda number: number >= bound,
        "at_most": lambda number: number <= bound,
        "more_than": lambda number: number > bound,
        "less_than": lambda number: number < bound,
        "exactly": lambda number: number == bound,
    }
    return tests.get(operator, lambda _: False)
