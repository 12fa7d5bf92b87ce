"""Runs the examples of a rule book: each is one contact, and the rule must say what it expects."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from integration.decide.kernel.courses import NEVER
from integration.decide.kernel.evaluate import evaluate
from integration.decide.kernel.timelines import EventRow, Timelines
from mappings.rules import InStage, RuleBook, Segment
from mappings.rules.nodes import Example, ExampleDate
from mappings.rules.values import write_duration

EXAMPLES_NOW: Final = 1_782_777_600_000  # 2026-06-30T00:00Z, where an example says no `now`


@dataclass(frozen=True)
class Failure:
    """An example that doesn't come out as it says: `rule` is its path, `number` counts from 1."""

    source: str
    line: int
    rule: str
    number: int
    message: str

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.source}:{self.line}: {self.rule}, example {self.number}: {self.message}"


@dataclass(frozen=True)
class _Case:
    """An example of the rule `rule`, which is evaluated as the segment `key`."""

    rule: str
    key: str
    source: str
    number: int
    example: Example


def examples_of(book: RuleBook) -> int:
    """Count the examples of a book."""
    return len(list(_cases(book)))


def failing_examples(book: RuleBook) -> list[Failure]:
    """Run every example of the book and give those that fail, in the book's order."""
    cases = list(_cases(book))
    by_now: dict[int, list[int]] = {}
    for place, case in enumerate(cases):
        now = EXAMPLES_NOW if case.example.now is None else case.example.now
        by_now.setdefault(now, []).append(place)
    found: dict[int, str] = {}
    extended = _with_stages_as_segments(book)
    for now, places in by_now.items():
        found.update(_wrong(extended, {place: cases[place] for place in places}, now))
    return [
        Failure(case.source, case.example.line, case.rule, case.number, found[place])
        for place, case in enumerate(cases)
        if place in found
    ]


def _cases(book: RuleBook) -> Iterator[_Case]:
    for segment in book.segments.values():
        for number, example in enumerate(segment.examples, start=1):
            yield _Case(f"segments.{segment.key}", segment.key, segment.source, number, example)
    lifecycle = book.lifecycle
    if lifecycle is None:
        return
    for stage in lifecycle.stages:
        rule, key = f"lifecycle.stages.{stage.key}", _as_segment(stage.key)
        for number, example in enumerate(stage.examples, start=1):
            yield _Case(rule, key, lifecycle.source, number, example)


def _as_segment(stage: str) -> str:
    return f"stage {stage}"  # no key of a segment has a space in it


def _with_stages_as_segments(book: RuleBook) -> RuleBook:
    """Let each stage be a segment too: its own horizon, not that of the whole lifecycle."""
    stages = book.lifecycle.stages if book.lifecycle else ()
    extra = {
        key: Segment(key, stage.name, "lifecycle", "", InStage(stage.key))
        for stage in stages
        for key in [_as_segment(stage.key)]
    }
    return replace(book, segments={**book.segments, **extra})


def _wrong(book: RuleBook, cases: Mapping[int, _Case], now: int) -> Iterator[tuple[int, str]]:
    events = [row for place, case in cases.items() for row in _events(place, case.example, now)]
    properties = {place: _properties(case.example, now) for place, case in cases.items()}
    verdicts = evaluate(book, Timelines.of(tuple(cases), events, properties), now)
    for index, (place, case) in enumerate(cases.items()):
        verdict = verdicts.segments[case.key]
        holds, changes_at = bool(verdict.member[index]), int(verdict.changes_at[index])
        message = _difference(case.example, holds, changes_at, now)
        if message:
            yield place, message


def _events(place: int, example: Example, now: int) -> Iterator[EventRow]:
    for number, event in enumerate(example.given):
        at = event.at if event.at is not None else now - (event.ago or 0)
        yield EventRow(place, event.id or f"event {number}", event.kind, at, event.properties)


def _properties(example: Example, now: int) -> dict[str, str | None]:
    return {
        name: str(now - value.ago) if isinstance(value, ExampleDate) else value
        for name, value in example.contact.items()
    }


def _difference(example: Example, holds: bool, changes_at: int, now: int) -> str:
    """Say what is other than expected, or nothing."""
    if holds != example.expect:
        return f"expected {_word(example.expect)}, is {_word(holds)}"
    word = "leaves" if holds else "enters"
    actual = "never" if changes_at == NEVER else f"in {write_duration(changes_at - now)}"
    if example.never_changes:
        wanted = "never"
    elif example.changes_in is not None:
        wanted = f"in {write_duration(example.changes_in)}"
    else:
        return ""
    return "" if actual == wanted else f"{word} {actual}, expected {wanted}"


def _word(expect: bool) -> str:
    return "in" if expect else "out"
