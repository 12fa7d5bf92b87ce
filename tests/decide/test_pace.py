"""How often each contact is asked about, within a share of the portal's calls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from integration.decide.budget import RATES
from integration.decide.pace import SHARE, first_look, next_look, rest
from mappings.model import Bucket

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("idle", "wait"),
    [
        (timedelta(0), 2 * MINUTE),
        (-HOUR, 2 * MINUTE),
        (HOUR, 6 * MINUTE),
        (10 * DAY, DAY),
        (700 * DAY, 7 * DAY),
        (None, 7 * DAY),
    ],
)
def test_who_was_active_lately_is_asked_about_sooner(
    idle: timedelta | None, wait: timedelta
) -> None:
    assert next_look(NOW, None if idle is None else NOW - idle) == NOW + wait


def test_the_last_active_ones_past_is_due_first_and_nobodys_is_due_later_than_now() -> None:
    active = [NOW + DAY, NOW, NOW - HOUR, NOW - 900 * DAY, datetime(1969, 1, 1, tzinfo=UTC), None]

    due = [first_look(NOW, one) for one in active]

    assert due == sorted(due)
    assert due[0] == due[1] < due[2] < due[3] < due[4] == due[5] == NOW


def test_the_calls_stay_within_their_share() -> None:
    window = timedelta(milliseconds=RATES[Bucket.GENERAL].span_ms)
    calls = RATES[Bucket.GENERAL].limit * SHARE

    assert rest(10) * calls / 10 == pytest.approx(window, abs=timedelta(milliseconds=10))
    assert rest(0) == timedelta(0)
