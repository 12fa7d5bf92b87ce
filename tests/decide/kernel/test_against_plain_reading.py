"""The kernel gives what a plain reading of the language gives, horizons included.

Here hypothesis makes the cases, and makes a failing one as small as it can; tests/proof compares
many more, in every way in which rules meet timelines.
"""

import json
from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integration.decide.kernel import NEVER, NO_STAGE, EventRow, Timelines, Verdicts, evaluate
from mappings.catalogue import load_catalogue
from mappings.rules import parse
from tests.decide.kernel.languages import (
    NOW,
    TYPES,
    changes_possible,
    conditions,
    crowd,
    event_conditions,
)
from tests.decide.kernel.plain_reading import PlainContact, PlainReader

CATALOGUE = load_catalogue()
QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def kernel_says(
    document: dict[str, Any], people: Sequence[PlainContact], now: int, since: int | None = None
) -> Verdicts:
    """Parse the rules from text and evaluate them over the people, numbered from 0."""
    book = parse(json.dumps(document, ensure_ascii=False), "random.yml", CATALOGUE)
    rows = [
        EventRow(number, event.id, event.kind, event.at, json.dumps(dict(event.properties)))
        for number, person in enumerate(people)
        for event in person.events
    ]
    properties = {number: person.properties for number, person in enumerate(people)}
    return evaluate(book, Timelines.of(range(len(people)), rows, properties), now, since)


@st.composite
def cases(draw: st.DrawFn) -> tuple[dict[str, Any], list[PlainContact]]:
    """Some segments that refer to one another, a lifecycle, and a few people."""
    first, second = draw(conditions()), draw(conditions())
    followed = draw(event_conditions(followed=True))
    stage = draw(conditions(({"segment": "first"}, {"segment": "second"})))
    last = draw(conditions(({"stage": "low"}, {"stage": "high"}, {"segment": "second"})))
    document = {
        "version": 1,
        "segments": {
            "last": {"when": last},
            "first": {"when": first},
            "second": {"when": second},
            "followed": {"when": followed},
        },
        "lifecycle": {"stages": {"high": {"when": stage}, "low": {"when": first}}},
    }
    whens = [first, second, stage, last, followed]
    chance = Random(draw(st.integers(0, 2**32)))
    return document, crowd(chance, whens, draw(st.sampled_from([1, 40])))


def held_against_plain_reading(case: tuple[dict[str, Any], list[PlainContact]]) -> int:
    """Compare every answer of the kernel with the plain one; give how many were compared."""
    document, people = case
    segments = {key: segment["when"] for key, segment in document["segments"].items()}
    stages = {key: one["when"] for key, one in document["lifecycle"]["stages"].items()}
    reader = PlainReader(TYPES, segments, stages)
    verdicts = kernel_says(document, people, NOW)
    assert verdicts.stages is not None
    keys = dict(enumerate(verdicts.stages.keys)) | {NO_STAGE: None}
    for number, person in enumerate(people):
        instants = changes_possible(document, person)
        for key, when in segments.items():
            verdict = verdicts.segments[key]
            changes = reader.change(lambda now: reader.holds(when, person, now), instants, NOW)  # noqa: B023 -- called at once
            assert bool(verdict.member[number]) == reader.holds(when, person, NOW), key
            assert int(verdict.changes_at[number]) == (NEVER if changes is None else changes), key
        changes = reader.change(lambda now: reader.stage(person, now), instants, NOW)  # noqa: B023 -- called at once
        assert keys[int(verdicts.stages.stage[number])] == reader.stage(person, NOW)
        assert int(verdicts.stages.changes_at[number]) == (NEVER if changes is None else changes)
    return len(people) * (len(segments) + 1)


@settings(max_examples=60, deadline=None, suppress_health_check=QUIET)
@given(cases())
def test_random_rules_over_random_timelines_agree(
    case: tuple[dict[str, Any], list[PlainContact]],
) -> None:
    assert held_against_plain_reading(case) > 0


def last_change(answer: Callable[[int], object], instants: set[int], since: int) -> int:
    """Read plainly when an answer last changed, after `since` and up to NOW; NEVER for not."""
    within = sorted((each for each in instants if since < each <= NOW), reverse=True)
    return next((each for each in within if answer(each) != answer(each - 1)), NEVER)


@settings(max_examples=60, deadline=None, suppress_health_check=QUIET)
@given(cases(), st.integers(0, 2**32))
def test_looking_back_changes_no_answer_and_says_when_each_came(
    case: tuple[dict[str, Any], list[PlainContact]], seed: int
) -> None:
    document, people = case
    segments = {key: segment["when"] for key, segment in document["segments"].items()}
    stages = {key: one["when"] for key, one in document["lifecycle"]["stages"].items()}
    reader = PlainReader(TYPES, segments, stages)
    possible = [changes_possible(document, person) for person in people]
    early = sorted({at for each in possible for at in each if at <= NOW} | {NOW - 1})
    since = Random(seed).choice(early) - Random(seed).choice([0, 1])

    now = kernel_says(document, people, NOW)
    back = kernel_says(document, people, NOW, since)

    assert now.stages is not None
    assert back.stages is not None
    assert back.stages.stage.tolist() == now.stages.stage.tolist()
    assert back.stages.changes_at.tolist() == now.stages.changes_at.tolist()
    assert set(now.stages.changed_at.tolist()) == {NEVER}
    for number, person in enumerate(people):
        found = last_change(partial(reader.stage, person), possible[number], since)
        assert back.stages.changed_at[number] == found
        for key, when in segments.items():
            found = last_change(partial(reader.holds, when, person), possible[number], since)
            assert back.segments[key].changed_at[number] == found, key
    for key in segments:
        assert back.segments[key].member.tolist() == now.segments[key].member.tolist()
        assert back.segments[key].changes_at.tolist() == now.segments[key].changes_at.tolist()
