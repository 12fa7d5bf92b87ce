"""Break any number, pattern or comparison of what ships, and one of its examples fails.

Each setting is changed in its file, by the least that matters, and the file is read anew; each
number, operator and text is changed once more in the rule as it was read, and each kind of event,
sequel and part of a combination is left out. Not changed: `priority`, which orders triggers when
more contacts wait than may be enrolled, and the subscription type, as HubSpot alone knows who
consented. Neither shows in an example of one contact.
"""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from integration.decide.examples import failing_examples
from mappings.catalogue import load_catalogue
from mappings.rules import (
    Happens,
    Own,
    RuleBook,
    Setting,
    Trigger,
    build_book,
    shipped,
    shipped_files,
)
from mappings.rules.nodes import AT_LEAST_ONE
from mappings.rules.spelling import texts_of
from mappings.rules.values import MINUTE, read_duration, read_number

CATALOGUE = load_catalogue()
FILES = dict(shipped_files())
BOOK = shipped(CATALOGUE)
NOT_SHOWN = {"marketing_consent"}
IN_CENTS = {"high_value_amount"}
CENT = Decimal("0.01")
ELSEWHERE = "elsewhere"
NOTHING = ("custom.nothing",)
DURATIONS = {"within", "before", "inside", "in_next", "again"}
SWAPPED = {
    "at_least": "more_than",
    "more_than": "at_least",
    "at_most": "less_than",
    "less_than": "at_most",
    "exactly": "at_least",
    "is": "is_not",
    "is_not": "is",
    "matches": "is",
}


# Settings, in their files


def values_beside(setting: Setting) -> list[str]:
    """Give the values next to a setting's own."""
    if setting.kind == "duration":
        length = (read_duration(setting.value) or 0) // MINUTE
        return [f"{length - 1}m", f"{length + 1}m"]
    if setting.kind == "number":
        number = Decimal(setting.value)
        in_hundredths = number != number.to_integral_value() or setting.key in IN_CENTS
        step = CENT if in_hundredths else Decimal(1)
        return [str(number - step), str(number + step)]
    if setting.kind == "text":
        return [ELSEWHERE]
    texts = texts_of(setting)
    lists = [[*texts[:place], ELSEWHERE, *texts[place + 1 :]] for place in range(len(texts))]
    return ["[" + ", ".join(f'"{text}"' for text in each) + "]" for each in lists]


def around(name: str) -> list[tuple[str, str]]:
    """Give a file, with the files that it refers to."""
    if not name.startswith("triggers/"):
        return [(name, FILES[name])]
    return [
        (one, text) for one, text in FILES.items() if one.startswith(("segments/", "triggers/"))
    ]


@pytest.mark.parametrize("key", sorted(set(BOOK.settings) - NOT_SHOWN))
def test_an_example_fails_when_a_setting_is_another(key: str) -> None:
    setting = BOOK.settings[key]

    unnoticed = [
        value
        for value in values_beside(setting)
        if not failing_examples(
            changed_alone(build_book(around(setting.source), Own({key: value}), CATALOGUE))
        )
    ]

    assert unnoticed == []


def changed_alone(book: RuleBook) -> RuleBook:
    """Keep the examples of those rules alone that aren't as they ship, and what they stand on."""
    triggers = {
        key: one for key, one in book.triggers.items() if bare(one) != bare(BOOK.triggers[key])
    }
    changed = {key for key, one in book.segments.items() if one.when != BOOK.segments[key].when}
    needed = {one.on.key for one in triggers.values() if not isinstance(one.on, Happens)}
    segments = {
        key: one if key in changed else replace(one, examples=())
        for key, one in book.segments.items()
        if key in changed | needed
    }
    return replace(book, segments=segments, triggers=triggers)


def bare(trigger: Trigger) -> Trigger:
    return replace(trigger, description="")


# Rules, as they were read


def mutants(node: Any) -> Iterator[tuple[str, Any]]:
    """Give every copy of a rule in which one thing is a little different."""
    if isinstance(node, tuple):
        for place, below in enumerate(node):
            for label, mutant in mutants(below):
                yield label, (*node[:place], mutant, *node[place + 1 :])
    if not is_dataclass(node) or isinstance(node, type) or node == AT_LEAST_ONE:
        return
    for part in fields(node):
        value = getattr(node, part.name)
        for label, mutant in changes(part.name, value):
            yield f"{part.name} {label}", replace(node, **{part.name: mutant})


def changes(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if name in DURATIONS and value:
        yield "- 1m", value - MINUTE
        yield "+ 1m", value + MINUTE
    elif isinstance(value, Decimal):
        step = Decimal(1) if value == value.to_integral_value() else CENT
        yield f"{value} - {step}", value - step
        yield f"{value} + {step}", value + step
    elif name == "operator":
        yield f"{value} -> {SWAPPED[value]}", SWAPPED[value]
    elif name == "values":
        yield from of_operands(value)
    elif name in {"kinds", "same"}:
        for one in value:
            yield f"without {one}", tuple(other for other in value if other != one) or NOTHING
    elif (
        name in {"on", "goal", "condition", "when"}
        or isinstance(value, tuple)
        or is_dataclass(value)
    ):
        yield from mutants(value)


def of_operands(values: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for place, value in enumerate(values):
        number = read_number(value)
        others = [ELSEWHERE] if number is None else [str(number - 1), str(number + 1)]
        for other in others:
            yield f"{value} -> {other}", (*values[:place], other, *values[place + 1 :])


def unnoticed(book: RuleBook, broken: Iterator[tuple[str, RuleBook]]) -> list[str]:
    """Give the changes that no example notices, of a book whose own examples hold."""
    assert failing_examples(book) == []
    return [label for label, mutant in broken if not failing_examples(mutant)]


@pytest.mark.parametrize("key", BOOK.segments)
def test_an_example_fails_when_a_segment_is_another(key: str) -> None:
    segment = BOOK.segments[key]
    alone = replace(BOOK, segments={key: segment}, lifecycle=None, triggers={})

    broken = (
        (label, replace(alone, segments={key: replace(segment, when=when)}))
        for label, when in mutants(segment.when)
    )

    assert unnoticed(alone, broken) == []


STAGES = BOOK.lifecycle.stages if BOOK.lifecycle else ()


@pytest.mark.parametrize("place", range(len(STAGES)), ids=[stage.key for stage in STAGES])
def test_an_example_fails_when_a_stage_is_another(place: int) -> None:
    assert BOOK.lifecycle is not None
    stage = STAGES[place]
    # Examples of the stages below it may rely on it, but its own have to hold it.
    others = tuple(one if one is stage else replace(one, examples=()) for one in STAGES)
    lifecycle = replace(BOOK.lifecycle, stages=others)
    alone = replace(BOOK, segments={}, lifecycle=lifecycle, triggers={})

    def with_stage(when: Any) -> RuleBook:
        stages = (*others[:place], replace(stage, when=when), *others[place + 1 :])
        return replace(alone, lifecycle=replace(lifecycle, stages=stages))

    broken = ((label, with_stage(when)) for label, when in mutants(stage.when))

    assert unnoticed(alone, broken) == []


@pytest.mark.parametrize("key", BOOK.triggers)
def test_an_example_fails_when_a_trigger_is_another(key: str) -> None:
    trigger = BOOK.triggers[key]
    on = trigger.on
    needed = {} if isinstance(on, Happens) else {on.key: BOOK.segments[on.key]}
    segments = {name: replace(one, examples=()) for name, one in needed.items()}
    alone = replace(BOOK, segments=segments, lifecycle=None, triggers={key: trigger})

    broken = (
        (label, replace(alone, triggers={key: replace(trigger, **{part: mutant})}))
        for part in ("on", "again", "goal")
        for label, mutant in changes(part, getattr(trigger, part))
    )

    assert unnoticed(alone, broken) == []
