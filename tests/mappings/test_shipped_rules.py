"""What ships holds its own examples, and every number in it is held by one of them."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from integration.decide.examples import examples_of, failing_examples
from mappings.catalogue import load_catalogue
from mappings.rules import RuleBook, shipped
from mappings.rules.values import MINUTE, read_number

BOOK = shipped(load_catalogue())
DURATIONS = {"within", "before", "inside", "in_next"}


def mutants(node: Any) -> Iterator[tuple[str, Any]]:
    """Give every copy of a condition in which one number is a little more or a little less."""
    if isinstance(node, tuple):
        for place, below in enumerate(node):
            for label, mutant in mutants(below):
                yield label, (*node[:place], mutant, *node[place + 1 :])
    if not is_dataclass(node) or isinstance(node, type):
        return
    for part in fields(node):
        value = getattr(node, part.name)
        for label, mutant in changed(part.name, value):
            yield label, replace(node, **{part.name: mutant})


def changed(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if name in DURATIONS and value is not None:
        yield f"{name} - 1m", value - MINUTE
        yield f"{name} + 1m", value + MINUTE
    elif isinstance(value, Decimal):
        step = Decimal(1) if value == value.to_integral_value() else Decimal("0.01")
        yield f"{name} {value} - {step}", value - step
        yield f"{name} {value} + {step}", value + step
    elif name == "values" and (number := read_number(value[0])) is not None:
        yield f"{name} {number} - 1", (str(number - 1),)
        yield f"{name} {number} + 1", (str(number + 1),)
    else:
        yield from mutants(value)


def broken_books() -> Iterator[tuple[str, RuleBook]]:
    for key, segment in BOOK.segments.items():
        for label, when in mutants(segment.when):
            mutant = replace(segment, when=when)
            yield f"{key}: {label}", replace(BOOK, segments={**BOOK.segments, key: mutant})
    assert BOOK.lifecycle is not None
    for place, stage in enumerate(BOOK.lifecycle.stages):
        for label, when in mutants(stage.when):
            stages = list(BOOK.lifecycle.stages)
            stages[place] = replace(stage, when=when)
            lifecycle = replace(BOOK.lifecycle, stages=tuple(stages))
            yield f"stage {stage.key}: {label}", replace(BOOK, lifecycle=lifecycle)


def without_default_counts(label: str) -> bool:
    """Leave out `at_least 1` of a rule that names no count: nobody wrote that number."""
    return "value 1 " not in label


BROKEN = [broken for broken in broken_books() if without_default_counts(broken[0])]


def test_every_example_that_ships_holds() -> None:
    assert failing_examples(BOOK) == []
    assert examples_of(BOOK) > 60


@pytest.mark.parametrize("key", BOOK.segments)
def test_a_shipped_segment_says_what_it_is_and_has_examples(key: str) -> None:
    segment = BOOK.segments[key]

    assert segment.name
    assert segment.description.endswith(".")
    assert segment.family != "custom"
    assert len(segment.examples) >= 3
    assert {example.expect for example in segment.examples} == {True, False}


@pytest.mark.parametrize(("label", "book"), BROKEN, ids=[label for label, _ in BROKEN])
def test_an_example_fails_when_a_number_is_broken(label: str, book: RuleBook) -> None:
    assert failing_examples(book), label


def test_shipped_triggers_lead_to_workflows() -> None:
    assert {key: trigger.workflow for key, trigger in BOOK.triggers.items()} == {
        "abandoned_cart": "Abandoned cart",
        "welcome": "Welcome series",
        "re_engagement": "Re-engagement",
    }
