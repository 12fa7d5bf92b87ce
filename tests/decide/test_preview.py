"""What a preview counts: sizes, and what each condition of a rule keeps and adds."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from integration.decide.kernel import Timelines
from integration.decide.preview import Part, Preview, Question, lots_of, preview, together
from mappings.rules import AllOf, AnyOf, Not, explain, parse
from tests.decide.kernel.asking import CATALOGUE, book, event, ms
from tests.decide.kernel.languages import NOW, TYPES
from tests.decide.kernel.plain_reading import PlainContact, PlainReader
from tests.decide.kernel.test_against_plain_reading import QUIET, cases
from tests.decide.kernel.test_replay import timelines_of

RULES = """
segments:
  buyers: {when: {event: purchase, within: 30d}}
  fans:
    when:
      all:
        - {property: country, is: SE}
        - any:
            - {segment: buyers}
            - {event: video_watched}
            - {event: article_read}
        - {not: {event: refund}}
"""


def ask(people: dict[int, tuple[str, list[str]]], sample: int = 0) -> Preview:
    """Preview over contacts: number -> country and the kinds of what each did a day ago."""
    events = [
        event(kind, "2026-06-29")._replace(contact=number)
        for number, (_, kinds) in people.items()
        for kind in kinds
    ]
    properties = {number: {"country": country} for number, (country, _) in people.items()}
    question = Question(book(RULES), ("fans",), ms("2026-06-30"), sample)
    return preview(question, Timelines.of(list(people), events, properties))


PEOPLE = {
    1: ("SE", ["purchase", "video_watched"]),
    2: ("SE", ["video_watched"]),
    3: ("SE", ["article_read", "refund"]),
    4: ("SE", []),
    5: ("NO", ["purchase"]),
    6: ("NO", ["article_read", "refund"]),
}


def flat(part: Part) -> list[tuple[str, int, int]]:
    rules = book(RULES)
    word = {AllOf: "all", AnyOf: "any", Not: "not"}.get(type(part.condition))
    mine = (word or explain(part.condition, rules), part.holds, part.passed)
    return [mine, *(each for below in part.parts for each in flat(below))]


def test_an_all_narrows_down_step_by_step_and_an_any_gathers() -> None:
    found = ask(PEOPLE)

    assert found.contacts == 6
    fans = found.segments["fans"]
    assert fans.size == 2
    assert flat(fans.rule) == [
        ("all", 2, 2),
        ("has a property: country is SE", 4, 4),
        ("any", 5, 3),
        ('is in the segment "Buyers"', 2, 2),
        ("watched a video", 2, 3),
        ("read an article", 2, 5),
        ("not", 4, 2),
        ("got a refund", 2, 2),
    ]
    any_of = fans.rule.parts[1]
    assert fans.rule.changes(6) == [-2, -1, -1]
    assert any_of.changes(6) == [2, 1, 2]


def test_who_leaves_and_who_enters_by_itself_is_counted() -> None:
    rules = book("segments: {s: {when: {event: purchase, within: 2d, before: 1d}}}")
    days = {1: "2026-06-28T12:00Z", 2: "2026-06-29T12:00Z", 3: "2026-01-01"}
    events = [event("purchase", at)._replace(contact=number) for number, at in days.items()]
    question = Question(rules, ("s",), ms("2026-06-30"), 0)

    found = preview(question, Timelines.of([1, 2, 3], events, {})).segments["s"]

    assert (found.size, found.leaving, found.entering) == (1, 1, 1)


def test_groups_of_contacts_add_up_to_everybody_with_the_same_sample() -> None:
    many = {number: PEOPLE[number % 6 + 1] for number in range(2**53, 2**53 + 60)}
    numbers = list(many)
    parts = [{number: many[number] for number in numbers[at : at + 7]} for at in range(0, 60, 7)]

    added = together((ask(part, sample=4) for part in parts), 4)

    whole = ask(many, sample=4)
    assert added == whole
    drawn = [number for _, number in whole.segments["fans"].sample]
    assert len(set(drawn)) == 4
    assert drawn != [number for number in numbers if many[number] in (PEOPLE[1], PEOPLE[2])][:4]


@pytest.mark.parametrize("sample", [0, 1, 9])
def test_a_sample_is_as_large_as_asked_for_or_the_whole_segment(sample: int) -> None:
    assert len(ask(PEOPLE, sample).segments["fans"].sample) == min(sample, 2)


def test_lots_are_those_of_splitmix64() -> None:
    # The first outputs of the published generator from the seed 0, which counts by its increment.
    seeds = np.array([0, 0x9E3779B97F4A7C15 - 2**64], dtype=np.int64)
    assert lots_of(seeds).tolist() == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4]


def test_nobody_adds_up_to_nothing() -> None:
    assert together([], 5) == Preview()


@settings(max_examples=20, deadline=None, suppress_health_check=QUIET)
@given(cases())
def test_each_condition_is_counted_as_the_plain_reading_has_it(
    case: tuple[dict[str, Any], list[PlainContact]],
) -> None:
    document, people = case
    whens = {key: segment["when"] for key, segment in document["segments"].items()}
    stages = {key: one["when"] for key, one in document["lifecycle"]["stages"].items()}
    reader = PlainReader(TYPES, whens, stages)
    rules = parse(json.dumps(document), "random.yml", CATALOGUE)

    found = preview(Question(rules, tuple(whens), NOW, 3), timelines_of(people))

    for key, when in whens.items():
        one = found.segments[key]
        counted(reader, when, one.rule, people)
        members = {place for place, each in enumerate(people) if reader.holds(when, each, NOW)}
        assert one.size == len(members)
        assert {place for _, place in one.sample} <= members


def counted(reader: PlainReader, when: Any, part: Part, people: list[PlainContact]) -> None:
    """Hold a part and all below it against the plain reading."""
    assert part.holds == sum(reader.holds(when, each, NOW) for each in people)
    below = when.get("all") or when.get("any") or ([when["not"]] if "not" in when else [])
    assert len(part.parts) == len(below)
    word = "any" if "any" in when else "all"
    for place, (condition, one) in enumerate(zip(below, part.parts, strict=True), start=1):
        so_far = {word: below[:place]}
        assert one.passed == sum(reader.holds(so_far, each, NOW) for each in people)
        counted(reader, condition, one, people)
