"""References between rules: that each leads somewhere, and that none leads in a circle."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import TypeAlias

from mappings.rules.faults import Fault, nearest
from mappings.rules.nodes import (
    AllOf,
    AnyOf,
    Condition,
    Happens,
    InSegment,
    InStage,
    Lifecycle,
    Not,
    RuleBook,
    Segment,
    StageIs,
    Trigger,
)
from mappings.rules.reader import Reference

Node: TypeAlias = tuple[str, str]  # ("segment", "stage" or "trigger", key)
Graph: TypeAlias = dict[Node, set[Node]]


def unknown_references(references: Iterable[Reference], declared: Set[Node]) -> list[Fault]:
    """Give a fault for each reference to what isn't there."""
    faults = []
    for reference in references:
        if (reference.sort, reference.key) not in declared:
            place = reference.fault
            hint = nearest(reference.key, {key for sort, key in declared if sort == reference.sort})
            faults.append(Fault(place.source, place.line, place.path, place.message + hint))
    return faults


def circles(
    references: Sequence[Reference], segments: Mapping[str, Segment], lifecycle: Lifecycle | None
) -> list[Fault]:
    """Give a fault for each circle of references, at a reference that closes it."""
    graph = dependencies(segments, lifecycle)
    for reference in references:  # also those of rules that are faulty in another way
        graph.setdefault(reference.owner, set()).add((reference.sort, reference.key))
    faults = []
    while (circle := _find_circle(graph)) is not None:
        graph[circle[0]].discard(circle[1])
        words = " -> ".join(key for _, key in circle)
        faults.append(_at(circle, references, f"a circle of references: {words}"))
    return faults


def _at(circle: list[Node], references: Sequence[Reference], message: str) -> Fault:
    """Find the reference; there is one, as what stands above a stage can't lead in a circle."""
    steps = set(pairwise(circle))
    place = next(
        reference.fault
        for reference in references
        if (reference.owner, (reference.sort, reference.key)) in steps
    )
    return Fault(place.source, place.line, place.path, message)


def references_of(book: RuleBook) -> list[Reference]:
    """Give the references of a book that was read before, without the lines they stood in."""
    owners: list[tuple[Node, str, str, list[Node]]] = [
        (("segment", key), one.source, f"segments.{key}", list(mentions(one.when)))
        for key, one in book.segments.items()
    ]
    if book.lifecycle is not None:
        owners += [
            (
                ("stage", one.key),
                book.lifecycle.source,
                f"lifecycle.stages.{one.key}",
                list(mentions(one.when)),
            )
            for one in book.lifecycle.stages
        ]
    owners += [
        (("trigger", key), one.source, f"triggers.{key}", _occasion(one))
        for key, one in book.triggers.items()
    ]
    return [
        Reference(sort, key, owner, Fault(source, 0, path, f'unknown {sort} "{key}"'))
        for owner, source, path, targets in owners
        for sort, key in targets
    ]


def _occasion(trigger: Trigger) -> list[Node]:
    if isinstance(trigger.on, Happens):
        return []
    return [("stage" if isinstance(trigger.on, StageIs) else "segment", trigger.on.key)]


def _find_circle(graph: Graph) -> list[Node] | None:
    """Give a circle as nodes, each needing the next, the first again at the end."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return None


def evaluation_order(segments: Mapping[str, Segment], lifecycle: Lifecycle | None) -> list[Node]:
    """Give segments and stages in an order in which each comes after what it refers to."""
    return list(TopologicalSorter(dependencies(segments, lifecycle)).static_order())


def dependencies(segments: Mapping[str, Segment], lifecycle: Lifecycle | None) -> Graph:
    """Say what each segment and stage needs. A stage needs those above it, which go before it."""
    graph: Graph = {
        ("segment", key): set(mentions(segment.when)) for key, segment in segments.items()
    }
    above: set[Node] = set()
    for stage in lifecycle.stages if lifecycle else ():
        graph[("stage", stage.key)] = set(mentions(stage.when)) | above
        above = {("stage", stage.key)}
    return {node: {target for target in needs if target in graph} for node, needs in graph.items()}


def mentions(condition: Condition) -> Iterator[Node]:
    """Give every segment and stage that a condition mentions."""
    if isinstance(condition, InSegment):
        yield ("segment", condition.key)
    elif isinstance(condition, InStage):
        yield ("stage", condition.key)
    elif isinstance(condition, Not):
        yield from mentions(condition.condition)
    elif isinstance(condition, AllOf | AnyOf):
        for below in condition.conditions:
            yield from mentions(below)
