"""Runs the examples of segments and stages: who is in at an instant, and until when."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from integration.decide.examples.failures import Failure, events_of, now_of, properties_of
from integration.decide.kernel import NEVER, Timelines, evaluate
from mappings.rules import InStage, RuleBook, Segment
from mappings.rules.nodes import Example
from mappings.rules.values import write_duration


@dataclass(frozen=True)
class _Case:
    """An example of the rule `rule`, which is evaluated as the segment `key`."""

    rule: str
    key: str
    source: str
    number: int
    example: Example


def count(book: RuleBook) -> int:
    """Count the examples of segments and stages."""
    return len(list(_cases(book)))


def failing(book: RuleBook) -> list[Failure]:
    """Run the examples of segments and stages and give those that fail, in the book's order."""
    cases = list(_cases(book))
    by_now: dict[int, list[int]] = {}
    for place, case in enumerate(cases):
        by_now.setdefault(now_of(case.example), []).append(place)
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
    events = [row for place, case in cases.items() for row in events_of(place, case.example)]
    properties = {place: properties_of(case.example) for place, case in cases.items()}
    verdicts = evaluate(book, Timelines.of(tuple(cases), events, properties), now)
    for index, (place, case) in enumerate(cases.items()):
        verdict = verdicts.segments[case.key]
        holds, changes_at = bool(verdict.member[index]), int(verdict.changes_at[index])
        message = _difference(case.example, holds, changes_at, now)
        if message:
            yield place, message


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
