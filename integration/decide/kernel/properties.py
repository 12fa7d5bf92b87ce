"""The course of a condition on a contact property: decided once for each distinct value."""

import numpy as np

from integration.decide.kernel.comparisons import bound_test, of_missing, text_test
from integration.decide.kernel.courses import NEVER, Course
from integration.decide.kernel.measures import counted
from integration.decide.kernel.occurrences import Scene, Span
from mappings.rules.nodes import Comparison, PropertyCondition
from mappings.rules.values import fold, read_moment, read_number
from mappings.rules.wheres import ORDER

_ALWAYS = -(2**63)


def of_property(scene: Scene, condition: PropertyCondition) -> Course:
    """Give the course of a property condition. Only its dates make it change by itself."""
    column = scene.timelines.contact_column(condition.name)
    spans = [_span(condition, str(word)) for word in column.words]
    spans.append(_span_of_missing(condition))
    table = np.array(spans, dtype=np.int64)[column.codes]  # MISSING is -1: the last one
    span = Span(np.arange(scene.size), table[:, 0], table[:, 1])
    # An empty span isn't followed: it would be a change at NEVER, in a course that has none.
    lasting = (span.leave > scene.now) & (span.arrive < span.leave)
    return counted(scene, span.where(lasting), lambda count: count > 0)


def _span_of_missing(condition: PropertyCondition) -> tuple[int, int]:
    dated = condition.within, condition.before, condition.in_next
    holds = all(of_missing(test) for test in condition.tests) and not any(dated)
    return (_ALWAYS, NEVER) if holds else (NEVER, NEVER)


def _span(condition: PropertyCondition, value: str) -> tuple[int, int]:
    """Say from when until when a value passes; an empty span where it never does."""
    nothing = NEVER, NEVER
    if not all(passes(test, value) for test in condition.tests):
        return nothing
    start, end = _ALWAYS, NEVER
    if condition.within or condition.before or condition.in_next:
        moment = read_moment(value)
        if moment is None:
            return nothing
        start, end = _dated(condition, moment)
    return (start, end) if start < end else nothing


def _dated(condition: PropertyCondition, moment: int) -> tuple[int, int]:
    start, end = _ALWAYS, NEVER
    if condition.within is not None:
        start, end = moment, moment + condition.within
    if condition.before is not None:
        start = max(start, moment + condition.before)
    if condition.in_next is not None:
        start, end = max(start, moment - condition.in_next), min(end, moment)
    return start, end


def passes(test: Comparison, value: str) -> bool:
    """Say whether a property's value passes; each value of a multi-checkbox is tried as well."""
    if test.operator == "known":
        return test.values[0] == "true"
    if test.operator in ORDER:
        number, bound = read_number(value), read_number(test.values[0])
        return number is not None and bound is not None and bound_test(test.operator, bound)(number)
    if test.operator in {"is_not", "not_in"}:
        opposite = {"is_not": "is", "not_in": "in"}[test.operator]
        return not passes(Comparison(opposite, test.values), value)
    parts = {value, *value.split(";")}
    holds = text_test(test)
    return any(holds(fold(part)) for part in parts)
