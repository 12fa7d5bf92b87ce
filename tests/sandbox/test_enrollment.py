"""Enrolling contacts into workflows, with HubSpot's silent refusals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.marketing.model import Outcome, Trigger, Workflow
from sandbox.marketing.state import MarketingState

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
SERIES = Workflow(
    flow_id=501,
    workflow_id=901,
    name="Welcome series",
    created_at=NOW,
    trigger=Trigger.LIST,
    list_ids=("7",),
    lasts=timedelta(days=7),
)


@dataclass
class Lists:
    """A portal as far as enrollment looks: who is on which list."""

    members: frozenset[tuple[str, str]] = frozenset()

    def is_in_list(self, list_id: str, record_id: str) -> bool:
        return (list_id, record_id) in self.members


def _state(workflow: Workflow) -> MarketingState:
    return MarketingState(workflows={workflow.flow_id: workflow})


def _outcomes(state: MarketingState) -> list[Outcome]:
    return [a.outcome for a in state.enrollments.attempts]


def test_a_new_member_of_a_list_is_enrolled_into_the_workflow_listening_to_it() -> None:
    state = _state(SERIES)

    state.on_list_added(Lists(), "7", ["11", "12"], NOW)
    state.on_list_added(Lists(), "8", ["13"], NOW)

    assert [(a.contact_id, a.how) for a in state.enrollments.enrolled()] == [
        ("11", "list"),
        ("12", "list"),
    ]
    assert state.enrollments.is_enrolled(SERIES, "11", NOW)
    assert not state.enrollments.is_enrolled(SERIES, "13", NOW)


def test_a_contact_leaves_the_workflow_when_it_has_gone_through_it() -> None:
    state = _state(SERIES)

    state.on_list_added(Lists(), "7", ["11"], NOW)

    assert state.enrollments.is_enrolled(SERIES, "11", NOW + timedelta(days=7, seconds=-1))
    assert not state.enrollments.is_enrolled(SERIES, "11", NOW + timedelta(days=7))


def test_a_contact_still_in_the_workflow_is_not_enrolled_twice() -> None:
    state = _state(replace(SERIES, re_enroll=True))

    state.on_list_added(Lists(), "7", ["11"], NOW)
    state.on_list_added(Lists(), "7", ["11"], NOW + timedelta(days=1))

    assert _outcomes(state) == [Outcome.ENROLLED, Outcome.STILL_ENROLLED]


@pytest.mark.parametrize(
    ("re_enroll", "expected"), [(False, Outcome.NO_RE_ENROLLMENT), (True, Outcome.ENROLLED)]
)
def test_coming_again_later_enrolls_only_with_re_enrollment(
    re_enroll: bool, expected: Outcome
) -> None:
    state = _state(replace(SERIES, re_enroll=re_enroll))

    state.on_list_added(Lists(), "7", ["11"], NOW)
    state.on_list_added(Lists(), "7", ["11"], NOW + timedelta(days=8))

    assert _outcomes(state) == [Outcome.ENROLLED, expected]


def test_a_workflow_that_is_off_enrolls_nobody() -> None:
    state = _state(replace(SERIES, enabled=False))

    state.on_list_added(Lists(), "7", ["11"], NOW)

    assert _outcomes(state) == [Outcome.OFF]
    assert state.enrollments.enrolled() == []


def test_a_suppressed_contact_is_not_enrolled() -> None:
    state = _state(replace(SERIES, suppression_list_ids=("9",)))

    state.on_list_added(Lists(frozenset({("9", "11")})), "7", ["11", "12"], NOW)

    assert _outcomes(state) == [Outcome.SUPPRESSED, Outcome.ENROLLED]


def test_an_unenrolled_contact_has_still_been_enrolled_before() -> None:
    state = _state(SERIES)
    state.on_list_added(Lists(), "7", ["11"], NOW)

    state.enrollments.unenroll(SERIES, "11", NOW + timedelta(hours=1))
    state.on_list_added(Lists(), "7", ["11"], NOW + timedelta(hours=2))

    assert not state.enrollments.is_enrolled(SERIES, "11", NOW + timedelta(hours=1))
    assert _outcomes(state) == [Outcome.ENROLLED, Outcome.NO_RE_ENROLLMENT]


def test_a_merged_contacts_enrollment_goes_on_as_the_survivors() -> None:
    state = _state(SERIES)
    state.on_list_added(Lists(), "7", ["11"], NOW)

    state.move("11", "12")

    assert state.enrollments.is_enrolled(SERIES, "12", NOW)
    assert not state.enrollments.is_enrolled(SERIES, "11", NOW)
