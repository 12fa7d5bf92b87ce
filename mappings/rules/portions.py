"""The part of a rule book that some of its rules need."""

from collections.abc import Iterable
from dataclasses import replace

from mappings.rules.links import Node, dependencies
from mappings.rules.nodes import Happens, RuleBook, StageIs


def portion(
    book: RuleBook,
    segments: Iterable[str],
    triggers: Iterable[str] = (),
    with_lifecycle: bool = False,
) -> RuleBook:
    """Give the part of a book that these segments and triggers, and the lifecycle, need.

    What they refer to is in it too. Keys that aren't in the book raise KeyError.
    """
    kept = {key: book.triggers[key] for key in triggers}
    wanted: set[Node] = {("segment", key) for key in segments if book.segments[key]}
    for trigger in kept.values():
        if not isinstance(trigger.on, Happens):
            sort = "stage" if isinstance(trigger.on, StageIs) else "segment"
            wanted.add((sort, trigger.on.key))
    stages = book.lifecycle.stages if book.lifecycle else ()
    every = {("stage", stage.key) for stage in stages}
    needed = _closure(book, wanted | every if with_lifecycle else wanted)
    if needed & every:
        needed = _closure(book, needed | every)
    return replace(
        book,
        segments={
            key: segment for key, segment in book.segments.items() if ("segment", key) in needed
        },
        lifecycle=book.lifecycle if with_lifecycle or needed & every else None,
        triggers=kept,
    )


def _closure(book: RuleBook, wanted: set[Node]) -> set[Node]:
    graph = dependencies(book.segments, book.lifecycle)
    found: set[Node] = set()
    waiting = list(wanted)
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += graph[node]
    return found
