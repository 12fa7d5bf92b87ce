"""The leaf conditions of a rule book."""

from collections.abc import Iterator

from mappings.rules import Condition, RuleBook
from mappings.rules.needs import leaves


def all_leaves(book: RuleBook) -> Iterator[Condition]:
    """Give each different condition at the ends of the segments' and stages' rules once."""
    stages = book.lifecycle.stages if book.lifecycle else ()
    rules = [*(segment.when for segment in book.segments.values()), *(each.when for each in stages)]
    yield from dict.fromkeys(leaf for rule in rules for leaf in leaves(rule))
