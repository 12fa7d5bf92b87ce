"""A stretch of days over again is what each day's end says."""

import json
from collections import Counter
from typing import Any

from hypothesis import given, settings

from integration.decide.kernel import NO_STAGE, Timelines, evaluate
from integration.decide.simulation import OTHERWISE, Days, Movement, simulate, together
from mappings.rules import parse
from tests.decide.kernel.asking import CATALOGUE, book, event, ms
from tests.decide.kernel.languages import NOW
from tests.decide.kernel.plain_reading import DAY, PlainContact
from tests.decide.kernel.test_against_plain_reading import QUIET, cases
from tests.decide.kernel.test_replay import timelines_of

TEN_DAYS = Days(NOW // DAY - 7, 10)


@settings(max_examples=25, deadline=None, suppress_health_check=QUIET)
@given(cases())
def test_the_members_of_a_day_are_those_at_its_end(
    case: tuple[dict[str, Any], list[PlainContact]],
) -> None:
    document, people = case
    rules = parse(json.dumps(document), "random.yml", CATALOGUE)
    timelines = timelines_of(people)

    found = simulate(rules, timelines, TEN_DAYS)

    for day in range(TEN_DAYS.count):
        end = (TEN_DAYS.first + day + 1) * DAY - 1
        verdicts = evaluate(rules, timelines, end)
        for key, verdict in verdicts.segments.items():
            assert found.segments[key].members[day] == verdict.member.sum(), (key, day)
        assert verdicts.stages is not None
        held = Counter(verdicts.stages.stage.tolist())
        keys = [*enumerate(verdicts.stages.keys), (NO_STAGE, OTHERWISE)]
        assert [found.stages[key].members[day] for _, key in keys] == [held[at] for at, _ in keys]
    assert found.stages.keys() == {"high", "low", OTHERWISE}
    assert sum(each.members[-1] for each in found.stages.values()) == found.contacts


def moves(movement: Movement) -> tuple[int, list[int], list[int], list[int]]:
    columns = (movement.entered, movement.left, movement.members)
    entered, left, members = (column.tolist() for column in columns)
    return movement.before, entered, left, members


RULES = """
segments:
  buyers: {when: {event: purchase, within: 2d}}
lifecycle:
  stages:
    fresh: {when: {event: purchase, within: 1d}}
    customer: {when: {event: purchase}}
triggers:
  thanks: {on: {enters: buyers}, enroll: {workflow: Thanks}, again: always}
"""
FOUR_DAYS = Days(ms("2026-06-10") // DAY, 4)


def test_a_change_at_midnight_is_of_the_day_that_begins_then() -> None:
    bought = [event("purchase", "2026-06-10"), event("purchase", "2026-06-09T23:59:59.999Z")]
    timelines = [Timelines.of(["x"], [each], {}) for each in bought]

    first, second = (simulate(book(RULES), each, FOUR_DAYS) for each in timelines)

    assert moves(first.segments["buyers"]) == (0, [1, 0, 0, 0], [0, 0, 1, 0], [1, 1, 0, 0])
    assert moves(second.segments["buyers"]) == (1, [0, 0, 0, 0], [0, 1, 0, 0], [1, 0, 0, 0])
    assert moves(first.stages["fresh"]) == (0, [1, 0, 0, 0], [0, 1, 0, 0], [1, 0, 0, 0])
    assert moves(first.stages["customer"]) == (0, [0, 1, 0, 0], [0, 0, 0, 0], [0, 1, 1, 1])
    assert moves(first.stages[OTHERWISE]) == (1, [0, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0])
    assert [each.at for each in first.triggers["thanks"]] == [ms("2026-06-10")]
    assert second.triggers["thanks"] == []


def test_several_entries_of_a_day_all_count() -> None:
    rules = book("segments: {now: {when: {event: purchase, within: 1h}}}")
    days = [event("purchase", f"2026-06-11T0{hour}:00Z") for hour in (1, 3, 5)]

    found = simulate(rules, Timelines.of(["x"], days, {}), FOUR_DAYS)

    assert moves(found.segments["now"]) == (0, [0, 3, 0, 0], [0, 3, 0, 0], [0, 0, 0, 0])
    assert found.stages == {}


def test_the_simulations_of_two_groups_add_up_to_that_of_both() -> None:
    events = [
        event("purchase", f"2026-06-1{day}")._replace(contact=who, id=who)
        for day, who in enumerate("abcd")
    ]
    groups = [["a", "b"], ["c", "d", "e"]]

    parts = [simulate(book(RULES), Timelines.of(each, events, {}), FOUR_DAYS) for each in groups]
    whole = simulate(book(RULES), Timelines.of(list("abcde"), events, {}), FOUR_DAYS)

    added = together(parts)
    assert added.contacts == whole.contacts == 5
    assert moves(added.segments["buyers"]) == moves(whole.segments["buyers"])
    assert {key: moves(each) for key, each in added.stages.items()} == {
        key: moves(each) for key, each in whole.stages.items()
    }
    assert added.triggers == whole.triggers


def test_nobody_adds_up_to_nothing() -> None:
    assert together([]).contacts == 0
