"""Whom triggers enroll, and whom they don't."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from integration.decide.triggers import (
    HELD_OUT,
    News,
    Occurred,
    Past,
    Ready,
    StageChange,
    enrollments,
    held_out,
    match,
)
from mappings.model import Cause, MembershipChange
from mappings.rules import Enters, EventCondition, Happens, Leaves, Occasion, StageIs, Trigger
from mappings.rules.nodes import Pattern
from mappings.writing import Workflow

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ANNA, BERT = 2**53 + 1, 2**53 + 2
BUYS = Happens(EventCondition(Pattern(("purchase",))))


def trigger(on: Occasion, again: timedelta | None = None, **how: object) -> Trigger:
    known = {"key": "t", "name": "T", "workflow": "Series", **how}
    pause = None if again is None else again // timedelta(milliseconds=1)
    return Trigger(on=on, again=pause, **known)  # type: ignore[arg-type]


def workflow(name: str = "Series", *, enabled: bool = True, flow_id: str = "61") -> Workflow:
    return Workflow(flow_id, name, enabled, frozenset(), re_enrolls=False)


def entered(contact_id: int, at: datetime = NOW, cause: Cause = Cause.TIME) -> MembershipChange:
    return MembershipChange(contact_id, "s", True, at, cause, "")


def left(contact_id: int, cause: Cause = Cause.TIME) -> MembershipChange:
    return MembershipChange(contact_id, "s", False, NOW, cause, "")


def enrolled(
    what: Trigger, news: News, past: dict[tuple[int, str], Past] | None = None
) -> list[tuple[int, str, str]]:
    intents = enrollments([Ready(what, workflow())], news, past or {})
    assert {intent.wanted for intent in intents} <= {"61"}
    return [(each.contact_id, each.occurrence, each.held_back) for each in intents]


def test_workflows_are_found_by_name_in_any_case_or_by_id_the_urgent_first() -> None:
    one = trigger(Enters("s"), key="one", workflow="SERIES")
    two = trigger(Enters("s"), key="two", workflow="61", priority=5)
    off = trigger(Enters("s"), key="off", workflow="Off")
    gone = trigger(Enters("s"), key="gone", workflow="Gone")
    there = [workflow(), workflow("Off", enabled=False, flow_id="62")]

    ready, idle = match([one, two, off, gone], there)

    assert [each.trigger.key for each in ready] == ["two", "one"]
    assert idle == {
        "off": "the workflow “Off” is switched off in HubSpot",
        "gone": "HubSpot has no workflow named “Gone”",
    }


@pytest.mark.parametrize(
    ("on", "expected"),
    [(Enters("s"), [ANNA]), (Leaves("s"), [BERT]), (StageIs("lead"), [ANNA]), (BUYS, [BERT])],
)
def test_each_kind_of_occasion_enrolls_whom_it_names(on: Occasion, expected: list[int]) -> None:
    other = MembershipChange(ANNA, "other", True, NOW, Cause.TIME, "")
    news = News(
        (entered(ANNA), left(BERT), other),
        (
            StageChange(ANNA, "lead", NOW, Cause.BEHAVIOUR),
            StageChange(BERT, "", NOW, Cause.BEHAVIOUR),
        ),
        (Occurred(BERT, "t", "purchase:1", NOW), Occurred(ANNA, "another", "purchase:2", NOW)),
    )
    assert [each[0] for each in enrolled(trigger(on), news)] == expected


@pytest.mark.parametrize("cause", list(Cause))
@pytest.mark.parametrize("on", [Enters("s"), StageIs("lead")])
def test_what_the_first_sync_or_a_rule_moved_did_nothing(on: Occasion, cause: Cause) -> None:
    news = News((entered(ANNA, cause=cause),), (StageChange(ANNA, "lead", NOW, cause),))
    acts = cause in (Cause.TIME, Cause.BEHAVIOUR)
    assert bool(enrolled(trigger(on), news)) is acts


@pytest.mark.parametrize("cause", list(Cause))
@pytest.mark.parametrize("on", [Enters("s"), StageIs("lead")])
def test_a_trigger_that_says_so_acts_on_edits_too(on: Occasion, cause: Cause) -> None:
    news = News((entered(ANNA, cause=cause),), (StageChange(ANNA, "lead", NOW, cause),))
    acts = cause in (Cause.TIME, Cause.BEHAVIOUR, Cause.RULE)
    assert bool(enrolled(trigger(on, edits="enroll"), news)) is acts


@pytest.mark.parametrize(
    ("again", "last", "expected"),
    [
        (None, None, ["once"]),
        (None, NOW - 900 * DAY, []),
        (timedelta(0), NOW + DAY, ["2026-06-30T12:00:00.000+00:00"]),
        (2 * DAY, None, ["2026-06-30T12:00:00.000+00:00"]),
        (2 * DAY, NOW - 2 * DAY, ["2026-06-30T12:00:00.000+00:00"]),
        (2 * DAY, NOW - 2 * DAY + timedelta(milliseconds=1), []),
    ],
)
def test_again_says_how_long_it_must_be_since_the_last_one(
    again: timedelta | None, last: datetime | None, expected: list[str]
) -> None:
    past = {(ANNA, "t"): Past(last), (BERT, "t"): Past(NOW), (ANNA, "u"): Past(NOW)}
    found = enrolled(trigger(Enters("s"), again), News((entered(ANNA),)), past)
    assert [each[1] for each in found] == expected


def test_an_event_that_was_dealt_with_is_not_again_whatever_became_of_it() -> None:
    events = (
        Occurred(ANNA, "t", "purchase:2", NOW),
        Occurred(ANNA, "t", "purchase:1", NOW - DAY),
    )
    skipped = {(ANNA, "t"): Past(None, frozenset({"purchase:1"}))}

    every = trigger(BUYS, timedelta(0))
    assert enrolled(every, News(events=events)) == [
        (ANNA, "purchase:1", ""),
        (ANNA, "purchase:2", ""),
    ]
    assert enrolled(every, News(events=events), skipped) == [(ANNA, "purchase:2", "")]
    # Of two at once the earlier counts, and the later is judged by it.
    assert enrolled(trigger(BUYS), News(events=events)) == [(ANNA, "purchase:1", "")]
    assert enrolled(trigger(BUYS, 2 * DAY), News(events=events)) == [(ANNA, "purchase:1", "")]
    assert len(enrolled(trigger(BUYS, DAY), News(events=events))) == 2


def test_a_segment_entered_anew_is_an_occasion_though_the_first_one_was_skipped() -> None:
    past = {(ANNA, "t"): Past(None, frozenset({"once"}))}
    assert enrolled(trigger(Enters("s")), News((entered(ANNA),)), past) == [(ANNA, "once", "")]


def test_the_control_group_is_held_out_always_the_same_and_of_its_share() -> None:
    half = trigger(Enters("s"), control_percent=Decimal("12.5"))
    everybody = range(ANNA, ANNA + 8_000)

    held = [each for each in everybody if held_out(half, each)]

    assert held == [each for each in everybody if held_out(half, each)]
    assert 0.115 < len(held) / 8_000 < 0.135
    found = enrolled(half, News(tuple(entered(each) for each in held[:1])))
    assert found[0][2] == HELD_OUT
    assert not held_out(trigger(Enters("s")), held[0])
    other = trigger(Enters("s"), key="other", control_percent=Decimal("12.5"))
    assert [each for each in everybody if held_out(other, each)] != held


@pytest.mark.parametrize("percent", ["0.01", "0.5", "99.9"])
def test_a_share_of_the_control_group_below_a_percent_is_kept_too(percent: str) -> None:
    some = trigger(Enters("s"), control_percent=Decimal(percent))
    number = sum(held_out(some, each) for each in range(ANNA, ANNA + 40_000))
    assert number == pytest.approx(40_000 * float(percent) / 100, rel=0.5, abs=6)
