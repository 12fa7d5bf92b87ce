"""What must or mustn't follow: proposals of events that come after those that are there."""

from collections.abc import Iterator
from itertools import islice

from integration.decide.explaining.evidence import rows_of
from integration.decide.explaining.ground import Ground
from integration.decide.explaining.samples import deeds_of, narrowed
from integration.decide.explaining.story import Act, Doing
from integration.decide.kernel.occurrences import choose
from mappings.model import Event
from mappings.rules import EventCondition
from mappings.rules.nodes import Comparison, Sequel, Where

_MOST = 5  # different values of `same` that are tried


def following(ground: Ground, condition: EventCondition) -> Iterator[Doing]:
    """Propose followers of events that are there, and, for `then`, an event with its follower."""
    for sequel in (condition.then, condition.without):
        if sequel is not None:
            for kind in sequel.pattern.kinds:
                yield from _after_those(ground, condition, sequel, kind)
    if condition.then is not None:
        for kind in condition.pattern.kinds:
            yield from _pairs(ground, condition, condition.then, kind)


def _after_those(
    ground: Ground, condition: EventCondition, sequel: Sequel, kind: str
) -> Iterator[Doing]:
    """One follower that suits, for each set of equal values; then several together."""
    acts = list(islice(_suiting(ground, condition, sequel, kind), _MOST))
    for act in acts:
        yield Doing((act,))
    for number in range(2, len(acts) + 1):
        yield Doing(tuple(acts[:number]))


def _suiting(ground: Ground, condition: EventCondition, sequel: Sequel, kind: str) -> Iterator[Act]:
    chosen = choose(ground.scene, condition.pattern, condition.window)
    rows = rows_of(ground, chosen.where(chosen.at <= ground.now))
    events = sorted((ground.events[row] for row in rows), key=lambda event: event.at, reverse=True)
    seen = set()
    for event in events:
        shared = tuple(event.properties.get(name) for name in sequel.same)
        told = all(isinstance(value, str) and value for value in shared)
        if told and shared not in seen:
            seen.add(shared)
            act = _with_same(ground, sequel, kind, event)
            if act is not None:
                yield act


def _with_same(ground: Ground, sequel: Sequel, kind: str, event: Event) -> Act | None:
    alike = [Where(name, (Comparison("is", (event.properties[name],)),)) for name in sequel.same]
    pattern = narrowed(sequel.pattern, kind, *alike)
    given = {name: event.properties[name] for name in sequel.same}
    deed = deeds_of(ground.book.catalogue, kind, pattern.where, given)
    return Act(1, pattern, (deed,)) if deed else None


def _pairs(ground: Ground, condition: EventCondition, sequel: Sequel, kind: str) -> Iterator[Doing]:
    """One event and what must follow it, with equal values where the rule wants them equal."""
    catalogue = ground.book.catalogue
    named = {where.name: where for where in sequel.pattern.where}
    for follower in sequel.pattern.kinds:
        shared = [
            Where(name, (Comparison("known", ("true",)), *_tests(named.get(name))))
            for name in sequel.same
        ]
        first = narrowed(condition.pattern, kind, *shared)
        one = deeds_of(catalogue, kind, first.where, {})
        if one is None:
            continue
        given = {name: one.properties[name] for name in sequel.same if name in one.properties}
        second = narrowed(sequel.pattern, follower)
        other = deeds_of(catalogue, follower, second.where, given)
        if other is not None:
            acts = Act(1, first, (one,)), Act(1, second, (other,), 1, same=sequel.same)
            yield Doing(acts, wait=condition.window.before or 0)


def _tests(where: Where | None) -> tuple[Comparison, ...]:
    return where.tests if where else ()
