"""Parts of a rule book: one segment with what it refers to."""

from collections.abc import Iterator
from dataclasses import replace

from mappings.rules import Condition, InSegment, InStage, RuleBook
from mappings.rules.needs import leaves


def alone(book: RuleBook, key: str) -> RuleBook:
    """Give a book of one segment, the segments it refers to, and the lifecycle if it names it."""
    needed, staged = {key}, False
    waiting = [book.segments[key].when]
    while waiting:
        for leaf in leaves(waiting.pop()):
            if isinstance(leaf, InStage) and not staged:
                staged = True
                waiting += _stages(book)
            elif isinstance(leaf, InSegment) and leaf.key not in needed:
                needed.add(leaf.key)
                waiting.append(book.segments[leaf.key].when)
    segments = {name: each for name, each in book.segments.items() if name in needed}
    return replace(
        book, segments=segments, triggers={}, lifecycle=book.lifecycle if staged else None
    )


def _stages(book: RuleBook) -> list[Condition]:
    return [stage.when for stage in (book.lifecycle.stages if book.lifecycle else ())]


def all_leaves(book: RuleBook) -> Iterator[Condition]:
    """Give each different condition at the ends of the segments' and stages' rules once."""
    rules = [*(segment.when for segment in book.segments.values()), *_stages(book)]
    yield from dict.fromkeys(leaf for rule in rules for leaf in leaves(rule))
