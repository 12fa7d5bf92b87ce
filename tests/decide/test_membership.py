"""Verdicts against what is stored: who enters, who leaves, when, and when to look next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from integration.decide.kernel import NEVER, NO_STAGE, StageVerdict, Verdict, Verdicts
from integration.decide.membership import Look, Outcome, compare, sooner
from mappings.instants import to_ms
from mappings.model import Cause, Membership, StageHeld

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MS = timedelta(milliseconds=1)
ANNA = 2**53 + 1


def verdicts(
    member: bool,
    changes_at: datetime | None = None,
    stage: tuple[int, datetime | None] | None = None,
    by_time: datetime | None = None,
) -> Verdicts:
    """Say that Anna is in segment `s` or not, in which stage, and when time alone made it so."""
    stages, since = None, _at(by_time)
    if stage is not None:
        stages = StageVerdict(("lead", "customer"), np.array([stage[0]]), _at(stage[1]), since)
    return Verdicts((ANNA,), {"s": Verdict(np.array([member]), _at(changes_at), since)}, stages)


def _at(instant: datetime | None) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([NEVER if instant is None else to_ms(instant)], dtype=np.int64)


def look(
    found: Verdicts,
    cause: Cause = Cause.BEHAVIOUR,
    due_at: datetime = NOW,
    held: Mapping[str, Membership] | None = None,
    stage: StageHeld | None = None,
) -> Outcome:
    """Compare what was found of Anna with what is stored of her."""
    stages = {ANNA: stage} if stage else {}
    return compare(found, {ANNA: Look(due_at, cause)}, {ANNA: held or {}}, stages, NOW)


def test_one_who_enters_is_kept_until_the_horizon_and_due_then() -> None:
    outcome = look(verdicts(True, NOW + HOUR))

    assert outcome.kept == {ANNA: {"s": Membership.between(NOW, NOW + HOUR)}}
    assert [(each.entered, each.at, each.cause) for each in outcome.changes] == [
        (True, NOW, Cause.BEHAVIOUR)
    ]
    assert outcome.due == {ANNA: NOW + HOUR}


def test_one_who_stays_is_stored_anew_only_if_the_end_moved() -> None:
    since = NOW - 5 * HOUR
    same = look(verdicts(True, NOW + HOUR), held={"s": Membership.between(since, NOW + HOUR)})
    moved = look(verdicts(True, NOW + 2 * HOUR), held={"s": Membership.between(since, NOW + HOUR)})

    assert (same.kept, same.changes, same.due) == ({}, [], {ANNA: NOW + HOUR})
    assert moved.kept == {ANNA: {"s": Membership.between(since, NOW + 2 * HOUR)}}
    assert moved.changes == []
    for_ever = look(verdicts(True), held={"s": Membership.between(since, None)})
    assert (for_ever.kept, for_ever.changes) == ({}, [])


def test_one_who_is_not_in_and_was_not_changes_nothing_but_may_be_due() -> None:
    outcome = look(verdicts(False, NOW + HOUR))

    assert (outcome.kept, outcome.changes, outcome.left) == ({}, [], [])
    assert outcome.due == {ANNA: NOW + HOUR}
    assert look(verdicts(False)).due == {ANNA: None}


@pytest.mark.parametrize("cause", [Cause.TIME, Cause.BEHAVIOUR])
@pytest.mark.parametrize(
    ("until", "by_time", "expected"),
    [
        # Time's change is dated when it came, not when somebody looked, whatever made them look.
        (None, NOW - HOUR, (Cause.TIME, NOW - HOUR)),
        (NOW + HOUR, NOW - HOUR, (Cause.TIME, NOW - HOUR)),
        # What had ended by itself did so, whatever else was done since.
        (NOW - HOUR, None, (Cause.TIME, NOW - HOUR)),
        (NOW - HOUR, NOW - MS, (Cause.TIME, NOW - HOUR)),
        (NOW, None, (Cause.TIME, NOW)),
        (NOW + HOUR, None, (Cause.BEHAVIOUR, NOW)),
        (None, None, (Cause.BEHAVIOUR, NOW)),
    ],
)
def test_leaving_is_dated_by_what_made_it(
    cause: Cause,
    until: datetime | None,
    by_time: datetime | None,
    expected: tuple[Cause, datetime],
) -> None:
    held = {"s": Membership.between(NOW - 9 * HOUR, until)}

    outcome = look(verdicts(False, by_time=by_time), cause, NOW - 2 * HOUR, held)

    assert outcome.left == [(ANNA, "s")]
    [change] = outcome.changes
    assert (change.cause, change.at) == expected


@pytest.mark.parametrize("cause", [Cause.FIRST_SYNC, Cause.RULE, Cause.REPAIR, Cause.RETENTION])
def test_what_nobody_did_is_dated_at_the_look(cause: Cause) -> None:
    """What is put right was so before, nobody knows since when."""
    held = {"s": Membership.between(NOW - 9 * HOUR, NOW - HOUR)}
    found = verdicts(False, stage=(1, None), by_time=NOW - HOUR)

    outcome = look(found, cause, NOW - 2 * HOUR, held)

    assert [(each.cause, each.at) for each in outcome.changes] == [(cause, NOW)]
    assert outcome.stages[ANNA].since == NOW


@pytest.mark.parametrize("cause", [Cause.TIME, Cause.BEHAVIOUR])
def test_entering_is_dated_by_what_made_it(cause: Cause) -> None:
    at = NOW - HOUR - MS
    by_time = look(verdicts(True, NOW + HOUR, by_time=at), cause, NOW - 2 * HOUR)
    by_news = look(verdicts(True, NOW + HOUR), cause, NOW - 2 * HOUR)

    assert [(each.at, each.cause) for each in by_time.changes] == [(at, Cause.TIME)]
    assert by_time.kept == {ANNA: {"s": Membership.between(at, NOW + HOUR)}}
    assert [(each.at, each.cause) for each in by_news.changes] == [(NOW, Cause.BEHAVIOUR)]


def test_a_segment_that_is_no_more_is_left_because_of_the_rules() -> None:
    outcome = look(verdicts(False), held={"old": Membership.between(NOW, None)})

    assert outcome.left == [(ANNA, "old")]
    assert [(each.segment, each.cause) for each in outcome.changes] == [("old", Cause.RULE)]


def test_a_stage_is_held_since_it_changed() -> None:
    fresh = look(verdicts(False, stage=(1, NOW + HOUR)))
    assert fresh.stages == {ANNA: StageHeld("customer", NOW, NOW + HOUR)}
    assert fresh.due == {ANNA: NOW + HOUR}

    before = StageHeld("customer", NOW - HOUR, NOW + HOUR)
    same = look(verdicts(False, stage=(1, NOW + HOUR)), stage=before)
    assert same.stages == {}

    later = look(verdicts(False, stage=(1, None)), stage=before)
    assert later.stages == {ANNA: StageHeld("customer", NOW - HOUR, None)}

    moved = verdicts(False, stage=(0, None), by_time=NOW - 2 * MS)
    by_time = look(moved, Cause.BEHAVIOUR, NOW - HOUR, stage=before)
    assert by_time.stages == {ANNA: StageHeld("lead", NOW - 2 * MS, None)}

    stayed = verdicts(False, stage=(1, None), by_time=NOW - MS)
    assert look(stayed, stage=before).stages == {ANNA: StageHeld("customer", NOW - HOUR, None)}

    nowhere = look(verdicts(False, stage=(NO_STAGE, None)), stage=before)
    assert nowhere.stages == {ANNA: StageHeld("", NOW, None)}


def test_the_soonest_of_all_instants_is_when_to_look_next() -> None:
    outcome = look(verdicts(True, NOW + 3 * HOUR, stage=(0, NOW + 2 * HOUR)))
    assert outcome.due == {ANNA: NOW + 2 * HOUR}

    sooner(outcome, ANNA, NOW + 4 * HOUR)
    sooner(outcome, ANNA, None)
    assert outcome.due == {ANNA: NOW + 2 * HOUR}
    sooner(outcome, ANNA, NOW + HOUR)
    assert outcome.due == {ANNA: NOW + HOUR}
