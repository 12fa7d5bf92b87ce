"""What a rule book looks at: which events and properties have to be loaded to evaluate it."""

from collections.abc import Iterator
from dataclasses import replace

from mappings.rules.nodes import (
    AllOf,
    AnyOf,
    Condition,
    EventCondition,
    Happens,
    Not,
    Pattern,
    PropertyCondition,
    RatioCondition,
    RuleBook,
)


def kinds_used(book: RuleBook) -> frozenset[str] | None:
    """Give the kinds of events that any rule of the book looks at; None would mean all."""
    return frozenset(kind for kind, _ in _named(book))


def properties_used(book: RuleBook) -> frozenset[str]:
    """Give the contact properties that any rule of the book looks at."""
    return frozenset(
        leaf.name
        for condition in _conditions(book)
        for leaf in leaves(condition)
        if isinstance(leaf, PropertyCondition)
    )


def event_properties_used(book: RuleBook) -> dict[str, frozenset[str]]:
    """Give, for each kind used, the event properties that any rule of the book looks at."""
    used: dict[str, set[str]] = {}
    for kind, names in _named(book):
        known = {name for name in names if book.catalogue.type_of(kind, name) is not None}
        used.setdefault(kind, set()).update(known)
    return {kind: frozenset(names) for kind, names in used.items()}


def lookbacks(book: RuleBook) -> dict[tuple[str, str], int | None]:
    """Give for each (kind, event property) how old (ms) an event may be and still matter.

    That is the longest window of the segments' and stages' conditions that look at it; None where
    one of them has no window. What follows an event is later than that event, so the event's
    window holds for it too.
    """
    longest: dict[tuple[str, str], int | None] = {}
    for leaf, kind, names in _looks(book):
        within = leaf.window.within
        for name in names:
            known = longest.get((kind, name), 0)
            longest[kind, name] = None if within is None or known is None else max(known, within)
    return longest


def reaches(book: RuleBook) -> dict[str, int | None]:
    """Give for each kind used how old (ms) an event may be and still matter to any rule.

    None: however old. What triggers wait for is looked for in the past as well, so that nothing
    of its kinds is too old.
    """
    longest: dict[str, int | None] = dict.fromkeys(kinds_used(book) or (), 0)
    for leaf, kind, _ in _looks(book):
        within, known = leaf.window.within, longest[kind]
        longest[kind] = None if within is None or known is None else max(known, within)
    asked = replace(book, segments={}, lifecycle=None)
    return {**longest, **dict.fromkeys(kinds_used(asked) or ())}


def _looks(book: RuleBook) -> Iterator[tuple[EventCondition | RatioCondition, str, set[str]]]:
    rules = [segment.when for segment in book.segments.values()]
    rules += [stage.when for stage in (book.lifecycle.stages if book.lifecycle else ())]
    for rule in rules:
        for leaf in leaves(rule):
            if isinstance(leaf, EventCondition | RatioCondition):
                yield from ((leaf, kind, names) for kind, names in _of_leaf(leaf))


def _of_leaf(leaf: EventCondition | RatioCondition) -> Iterator[tuple[str, set[str]]]:
    if isinstance(leaf, EventCondition):
        yield from _of_event(leaf)
    else:
        yield from _of_pattern(leaf.of, set())
        yield from _of_pattern(leaf.to, set())


def leaves(condition: Condition) -> Iterator[Condition]:
    """Give the conditions at the ends of the combinations, references among them."""
    if isinstance(condition, Not):
        yield from leaves(condition.condition)
    elif isinstance(condition, AllOf | AnyOf):
        for below in condition.conditions:
            yield from leaves(below)
    else:
        yield condition


def _conditions(book: RuleBook) -> Iterator[Condition]:
    yield from (segment.when for segment in book.segments.values())
    yield from (stage.when for stage in (book.lifecycle.stages if book.lifecycle else ()))
    for trigger in book.triggers.values():
        if isinstance(trigger.on, Happens):
            yield trigger.on.condition
        if trigger.goal is not None:
            yield trigger.goal


def _named(book: RuleBook) -> Iterator[tuple[str, set[str]]]:
    """Give each kind that is looked at with the names of properties asked of it there."""
    for condition in _conditions(book):
        for leaf in leaves(condition):
            if isinstance(leaf, EventCondition | RatioCondition):
                yield from _of_leaf(leaf)


def _of_event(condition: EventCondition) -> Iterator[tuple[str, set[str]]]:
    extra = {condition.measure.of} if condition.measure.of else set()
    for sequel in (condition.then, condition.without):
        if sequel is not None:
            extra |= set(sequel.same)
            yield from _of_pattern(sequel.pattern, set(sequel.same))
    yield from _of_pattern(condition.pattern, extra)


def _of_pattern(pattern: Pattern, extra: set[str]) -> Iterator[tuple[str, set[str]]]:
    names = {where.name for where in pattern.where} | extra
    yield from ((kind, names) for kind in pattern.kinds)
