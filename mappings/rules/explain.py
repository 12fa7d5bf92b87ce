"""Rules in English: what completes the sentence "The contact ..."."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from mappings.catalogue import Catalogue
from mappings.rules.nodes import (
    AT_LEAST_ONE,
    AllOf,
    AnyOf,
    Bound,
    Comparison,
    Condition,
    EventCondition,
    InSegment,
    InStage,
    Measure,
    Not,
    Pattern,
    PropertyCondition,
    RatioCondition,
    RuleBook,
    Sequel,
    Window,
)
from mappings.rules.values import DAY, HOUR, MINUTE

_BOUNDS: Final = {
    "at_least": "at least",
    "at_most": "at most",
    "more_than": "more than",
    "less_than": "less than",
    "exactly": "exactly",
}
_TESTS: Final = {
    "is": "is",
    "is_not": "is not",
    "in": "is one of",
    "not_in": "is none of",
    "contains": "contains",
    "starts_with": "starts with",
    "matches": "matches",
    "at_least": "is at least",
    "at_most": "is at most",
    "more_than": "is more than",
    "less_than": "is less than",
}
_MEASURES: Final[dict[str, str]] = {
    "total": "with a total {of} of {bounds}",
    "average": "with an average {of} of {bounds}",
    "least": "with a least {of} of {bounds}",
    "greatest": "with a greatest {of} of {bounds}",
    "distinct": "with {bounds} different values of {of}",
    "days": "on {bounds} different days",
}


def explain(condition: Condition, book: RuleBook) -> str:
    """Say a condition in English; the book gives the names of what it refers to."""
    if isinstance(condition, AllOf):
        return _joined(condition.conditions, " and ", book)
    if isinstance(condition, AnyOf):
        return _joined(condition.conditions, " or ", book)
    if isinstance(condition, Not):
        return f"not: {_part(condition.condition, book)}"
    if isinstance(condition, InSegment):
        segment = book.segments.get(condition.key)
        return f'is in the segment "{segment.name if segment else condition.key}"'
    if isinstance(condition, InStage):
        return f'is in the stage "{_stage_name(condition.key, book)}"'
    if isinstance(condition, PropertyCondition):
        return _property(condition)
    if isinstance(condition, RatioCondition):
        return _ratio(condition, book.catalogue)
    return _event(condition, book.catalogue)


def _stage_name(key: str, book: RuleBook) -> str:
    stages = book.lifecycle.stages if book.lifecycle else ()
    return next((stage.name for stage in stages if stage.key == key), key)


def _joined(conditions: Iterable[Condition], word: str, book: RuleBook) -> str:
    return word.join(_part(condition, book) for condition in conditions)


def _part(condition: Condition, book: RuleBook) -> str:
    """Put brackets around what would run into its neighbours."""
    words = explain(condition, book)
    several = isinstance(condition, AllOf | AnyOf) and len(condition.conditions) > 1
    return f"({words})" if several else words


def _event(condition: EventCondition, catalogue: Catalogue) -> str:
    words = [
        _pattern(condition.pattern, catalogue),
        _measure(condition.measure),
        _window(condition.window),
    ]
    if condition.then is not None:
        words.append(f", followed{_sequel(condition.then, catalogue)}")
    if condition.without is not None:
        words.append(f", not followed{_sequel(condition.without, catalogue)}")
    return " ".join(word for word in words if word).replace(" ,", ",")


def _pattern(pattern: Pattern, catalogue: Catalogue) -> str:
    lines = [catalogue.line(kind) for kind in pattern.kinds]
    did = " or ".join([", ".join(lines[:-1]), lines[-1]] if len(lines) > 1 else lines)
    tests = [_test(where.name, test) for where in pattern.where for test in where.tests]
    return f"{did} (where {' and '.join(tests)})" if tests else did


def _test(name: str, test: Comparison) -> str:
    if test.operator == "known":
        return f"{_word(name)} is {'known' if test.values[0] == 'true' else 'unknown'}"
    between = " or " if test.operator == "matches" else ", "
    return f"{_word(name)} {_TESTS[test.operator]} {between.join(test.values)}"


def _word(name: str) -> str:
    return name.replace("_", " ")


def _sequel(sequel: Sequel, catalogue: Catalogue) -> str:
    inside = f" within {duration_in_words(sequel.inside)}" if sequel.inside else ""
    same = f" with the same {' and '.join(map(_word, sequel.same))}" if sequel.same else ""
    return f"{inside} by: {_pattern(sequel.pattern, catalogue)}{same}"


def _measure(measure: Measure) -> str:
    if measure == AT_LEAST_ONE:
        return ""
    if measure.name == "count":
        return f"{_bounds(measure.bounds)} {'time' if measure.bounds[-1].value == 1 else 'times'}"
    return _MEASURES[measure.name].format(
        of=_word(measure.of or ""), bounds=_bounds(measure.bounds)
    )


def _bounds(bounds: Sequence[Bound]) -> str:
    return " and ".join(f"{_BOUNDS[bound.operator]} {_number(bound.value)}" for bound in bounds)


def _number(value: Decimal) -> str:
    return f"{value:f}"


def _window(window: Window) -> str:
    words = []
    if window.within is not None and window.before is not None:
        latest, earliest = map(duration_in_words, (window.before, window.within))
        words.append(f"between {latest} and {earliest} ago")
    elif window.within is not None:
        words.append(f"within {duration_in_words(window.within)}")
    elif window.before is not None:
        words.append(f"{duration_in_words(window.before)} ago or earlier")
    words += [f"from {_instant(window.start)}"] if window.start is not None else []
    words += [f"before {_instant(window.end)}"] if window.end is not None else []
    return " ".join(words)


def _instant(at: int) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)
    return f"{moment:%Y-%m-%d}" if at % DAY == 0 else f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def duration_in_words(length: int) -> str:
    """Write milliseconds as `14 days`, `1 hour` or `45 minutes`, in the largest unit that fits."""
    for unit, size in (("day", DAY), ("hour", HOUR), ("minute", MINUTE)):
        if length % size == 0:
            number = length // size
            return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
    return f"{length} milliseconds"


def _ratio(condition: RatioCondition, catalogue: Catalogue) -> str:
    of, to = (_pattern(side, catalogue) for side in (condition.of, condition.to))
    window = _window(condition.window)
    least = _number(condition.minimum)
    enough = f", counted from {least} of the latter on" if condition.minimum > 1 else ""
    share = f'{_bounds(condition.bounds)} times "{of}" for each "{to}"'
    return " ".join(word for word in (share, window) if word) + enough


def _property(condition: PropertyCondition) -> str:
    name = _word(condition.name)
    spans: tuple[tuple[int | None, Callable[[str], str]], ...] = (
        (condition.within, lambda length: f"{name} was within {length}"),
        (condition.before, lambda length: f"{name} was {length} ago or earlier"),
        (condition.in_next, lambda length: f"{name} comes in the next {length}"),
    )
    words = [_test(condition.name, test) for test in condition.tests]
    words += [say(duration_in_words(length)) for length, say in spans if length is not None]
    return "has a property: " + " and ".join(words)


def pattern_in_words(pattern: Pattern, catalogue: Catalogue) -> str:
    """Say which events are meant: what completes "The contact ..."."""
    return _pattern(pattern, catalogue)


def bounds_in_words(bounds: Sequence[Bound]) -> str:
    """Write bounds as `at least 3` or `more than 1 and less than 9`."""
    return _bounds(bounds)


def property_in_words(condition: PropertyCondition) -> str:
    """Say a property condition without its introduction: `country is SE`."""
    return _property(condition).removeprefix("has a property: ")
