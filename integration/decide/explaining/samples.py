"""Makes up events and values that would pass a rule's comparisons; the kernel says which do."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

import numpy as np

from integration.decide.explaining.story import Deed
from integration.decide.kernel.columns import JsonNumber, encode
from integration.decide.kernel.comparisons import of_missing, passing
from mappings.catalogue import NUMBER_TYPES, OPEN_TYPE, Catalogue
from mappings.rules.nodes import Comparison, Pattern, Where
from mappings.rules.values import read_number

_WORDS: Final = ("any", "other", "x", "/any", "https://example.com/any", "1", "0", "100")
_STEPS: Final = (Decimal(0), Decimal(1), Decimal(-1), Decimal("0.01"), Decimal("-0.01"))


def deeds_of(
    catalogue: Catalogue, kind: str, where: Sequence[Where], given: Mapping[str, object]
) -> Deed | None:
    """Make up an event of a kind that passes; None where none was found.

    `given` are values that it shall have. Several `where` on one property must all hold.
    """
    properties: dict[str, object] = dict(given)
    for name, tests in _by_name(where).items():
        offered = [given[name]] if name in given else candidates(tests)
        value = next(passing_values(catalogue, kind, Where(name, tests), offered), _NOTHING)
        if value is _NOTHING:
            return None
        properties[name] = value
    return Deed(kind, {name: value for name, value in properties.items() if value is not None})


_NOTHING: Final = object()


def _by_name(where: Sequence[Where]) -> dict[str, tuple[Comparison, ...]]:
    tests: dict[str, tuple[Comparison, ...]] = {}
    for each in where:
        tests[each.name] = tests.get(each.name, ()) + each.tests
    return tests


def passing_values(
    catalogue: Catalogue, kind: str, where: Where, offered: Iterable[object]
) -> Iterator[object]:
    """Give those of the values that an event of the kind may have there, each identity once."""
    column_type = catalogue.type_of(kind, where.name)
    if column_type is None:
        if all(of_missing(test) for test in where.tests):
            yield None
        return
    values = [variant for value in offered for variant in _as_declared(value, column_type)]
    column = encode(values, column_type)
    passes = passing(column, where, np.arange(len(values)))
    seen = set()
    for value, code, good in zip(values, column.codes.tolist(), passes.tolist(), strict=True):
        identity = column.identities[code] if code >= 0 else None
        if good and identity not in seen:
            seen.add(identity)
            yield value


def _as_declared(value: object, column_type: str) -> tuple[object, ...]:
    """Write a value as the type wants it; properties of no type may be numbers of JSON too."""
    if column_type == OPEN_TYPE and isinstance(value, str) and read_number(value) is not None:
        return JsonNumber(value.strip()), value
    return (value,)


def candidates(tests: Sequence[Comparison], fresh: int = 0) -> list[str | None]:
    """Give values worth trying for these comparisons, and `fresh` more that differ from all."""
    operands = [value for test in tests for value in test.values if test.operator != "known"]
    found: list[str | None] = list(operands)
    found += _texts(tests)
    numbers = [number for value in operands if (number := read_number(value)) is not None]
    found += [f"{number + step:f}" for number in numbers for step in _STEPS]
    found += [f"{(one + other) / 2:f}" for one in numbers for other in numbers if one < other]
    found += _WORDS
    top = max((int(number) for number in numbers), default=1000) + 1
    found += [str(top + place) for place in range(fresh)]
    found += [f"{value}{place}" for value in operands[:3] for place in range(fresh)]
    found.append(None)
    return list(dict.fromkeys(found))


def _texts(tests: Sequence[Comparison]) -> list[str]:
    """Join what a text must begin with, contain and look like."""
    starts = [test.values[0] for test in tests if test.operator == "starts_with"] or [""]
    middles = [test.values[0] for test in tests if test.operator == "contains"]
    globs = [test.values[0] for test in tests if test.operator == "matches"]
    found = ["".join([*starts, *middles])]
    fillings = ("", "x", "".join(middles), "".join([*starts, *middles]))
    found += [glob.replace("*", filling) for glob in globs for filling in fillings]
    return [text for text in found if text]


def is_numeric(catalogue: Catalogue, kind: str, name: str) -> bool:
    """Say whether a kind's property can hold a number."""
    return catalogue.type_of(kind, name) in {*NUMBER_TYPES, OPEN_TYPE}


def narrowed(pattern: Pattern, kind: str, *more: Where) -> Pattern:
    """Give the pattern of one of its kinds with further demands, said once."""
    return Pattern((kind,), tuple(dict.fromkeys((*pattern.where, *more))))
