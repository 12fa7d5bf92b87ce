"""Runs the examples of a rule book: each is one contact, and the rule must say what it expects.

Those of segments and stages ask who is in at an instant, those of triggers replay what was done.
"""

from integration.decide.examples import conditions, triggers
from integration.decide.examples.failures import EXAMPLES_NOW, Failure
from mappings.rules import RuleBook

__all__ = ["EXAMPLES_NOW", "Failure", "examples_of", "failing_examples"]


def examples_of(book: RuleBook) -> int:
    """Count the examples of a book."""
    return conditions.count(book) + triggers.count(book)


def failing_examples(book: RuleBook) -> list[Failure]:
    """Run every example of the book and give those that fail, in the book's order."""
    return [*conditions.failing(book), *triggers.failing(book)]
