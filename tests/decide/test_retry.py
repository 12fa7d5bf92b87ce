"""After a refusal: when to try again, when to stop, and what to tell the admin."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration import errors
from integration.decide.retry import MOST_ATTEMPTS, Dead, Moment, RetryAt, decide
from integration.errors import Fault

NOW = datetime(2026, 6, 30, 22, 15, tzinfo=UTC)
MIDNIGHT = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)  # of a portal in New York
PLAIN = Moment(NOW, MIDNIGHT, 0.0)
LATE = Moment(NOW, MIDNIGHT, 1.0)


def retry(error: errors.SegueError, attempts: int = 0, moment: Moment = PLAIN) -> RetryAt:
    decision = decide(error, attempts, moment)
    assert isinstance(decision, RetryAt)
    return decision


def dead(error: errors.SegueError, attempts: int = 0) -> str:
    decision = decide(error, attempts, PLAIN)
    assert isinstance(decision, Dead)
    return decision.reason


def seconds(decision: RetryAt) -> float:
    return (decision.at - NOW).total_seconds()


def test_a_rate_limit_waits_as_long_as_hubspot_asks_and_never_counts() -> None:
    """Failure modes 1 and 2."""
    limited = errors.RateLimited(Fault(status=429, retry_after=7.0))

    decision = retry(limited, attempts=MOST_ATTEMPTS)

    assert (seconds(decision), decision.counts) == (7.0, False)


def test_a_rate_limit_without_a_wait_takes_the_rest_of_the_window_and_some_chance() -> None:
    """Failure mode 2: workers don't come back all at once."""
    limited = errors.RateLimited(Fault(status=429))

    assert seconds(retry(limited)) == 10.0
    assert seconds(retry(limited, moment=LATE)) > 10.0


def test_the_daily_limit_waits_for_midnight_in_the_portals_time_zone() -> None:
    """Failure mode 3: no hours of useless calls."""
    decision = retry(errors.DailyLimitReached(Fault(status=429, policy="DAILY")))

    assert (decision.at, decision.counts) == (MIDNIGHT, False)
    assert "midnight" in decision.reason
    assert retry(errors.DailyLimitReached(), moment=LATE).at > MIDNIGHT


def test_a_locked_record_waits_at_least_two_seconds() -> None:
    """Failure mode 15."""
    decision = retry(errors.Unavailable(Fault(status=423)))

    assert (seconds(decision), decision.counts) == (2.0, False)


@pytest.mark.parametrize(
    ("asked", "waited"), [(3_600.0, 3_600.0), (86_400.0, 86_400.0), (1e7, 86_400.0), (None, 10.0)]
)
def test_a_portal_on_the_move_is_left_alone_as_long_as_hubspot_asks(
    asked: float | None, waited: float
) -> None:
    """Failure mode 15: up to a day, and it isn't a failure."""
    decision = retry(errors.Unavailable(Fault(status=477, retry_after=asked)), MOST_ATTEMPTS)

    assert (seconds(decision), decision.counts) == (waited, False)


@pytest.mark.parametrize("error", [errors.BudgetSpent, errors.TokenBusy])
def test_our_own_budget_and_token_are_waited_for_without_counting(
    error: type[errors.BudgetSpent] | type[errors.TokenBusy],
) -> None:
    decision = retry(error(NOW + timedelta(seconds=4)), MOST_ATTEMPTS)

    assert (seconds(decision), decision.counts) == (4.0, False)


def test_a_wait_that_is_over_already_never_lies_in_the_past() -> None:
    assert retry(errors.BudgetSpent(NOW - timedelta(hours=1))).at == NOW


def test_a_disconnected_portals_work_is_parked_not_dropped() -> None:
    """Failure mode 7."""
    for error in (
        errors.PortalDisconnected(),
        errors.GrantRefused(Fault(status=400, category="BAD_REFRESH_TOKEN")),
    ):
        decision = retry(error, MOST_ATTEMPTS)

        assert not decision.counts
        assert decision.at > NOW
        assert "installs the app again" in decision.reason


def test_refused_app_settings_park_the_work_and_name_who_can_help() -> None:
    refused = errors.GrantRefused(Fault(status=400, category="BAD_CLIENT_SECRET"))

    decision = retry(refused, MOST_ATTEMPTS)

    assert not decision.counts
    assert "BAD_CLIENT_SECRET" in decision.reason


@pytest.mark.parametrize("status", [0, 500, 502, 503, 504, 521, 524])
def test_an_outage_is_tried_again_ever_more_slowly(status: int) -> None:
    """Failure modes 13 and 14."""
    outage = errors.Unavailable(Fault(status=status))

    waits = [seconds(retry(outage, attempts, LATE)) for attempts in range(MOST_ATTEMPTS - 1)]

    assert waits[:4] == [5.0, 10.0, 20.0, 40.0]
    assert waits == sorted(waits)
    assert waits[-1] == 3_600.0
    assert retry(outage).counts


@given(attempts=st.integers(0, MOST_ATTEMPTS - 2), jitter=st.floats(0, 1))
def test_chance_spreads_the_waits_between_half_and_the_whole(attempts: int, jitter: float) -> None:
    outage = errors.Unavailable(Fault(status=503))

    whole = seconds(retry(outage, attempts, LATE))
    wait = seconds(retry(outage, attempts, Moment(NOW, MIDNIGHT, jitter)))

    assert whole / 2 <= wait <= whole


def test_an_outage_that_names_a_longer_wait_gets_it() -> None:
    outage = errors.Unavailable(Fault(status=503, retry_after=120.0))

    assert seconds(retry(outage)) == 120.0


def test_the_last_attempt_allowed_is_the_last() -> None:
    outage = errors.Unavailable(Fault(status=503))

    assert isinstance(decide(outage, MOST_ATTEMPTS - 2, PLAIN), RetryAt)
    assert f"failed {MOST_ATTEMPTS} times" in dead(outage, MOST_ATTEMPTS - 1)


def test_a_token_refused_after_renewal_is_tried_again_and_counted() -> None:
    assert retry(errors.Unauthorized(Fault(status=401))).counts


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (errors.MissingScopes(Fault(status=403, missing_scopes=("crm.lists.write",))),
         ["crm.lists.write", "Install the app again"]),
        (errors.MissingScopes(Fault(status=403)), ["HubSpot didn't say which"]),
        (errors.Forbidden(Fault(status=403)), ["subscription"]),
        (errors.NotFound(Fault(status=404)), ["deleted"]),
        (errors.Conflict(Fault(status=409)), ["already"]),
        (errors.Invalid(Fault(status=400, message="INVALID_OPTION: x")),
         ["INVALID_OPTION: x", "Check in HubSpot's settings"]),
        (errors.TooLong(), ["fewer properties"]),
        (errors.WrongDataCentre(Fault(status=488)), ["data centre"]),
        (errors.HubSpotError(Fault(status=418)), ["whoever runs Segue"]),
        (errors.SegueError(), ["report it"]),
    ],
)  # fmt: skip
def test_what_only_a_person_can_mend_is_dead_at_once_and_says_what_to_do(
    error: errors.SegueError, words: list[str]
) -> None:
    """Failure modes 11, 12, 25 and 40."""
    reason = dead(error)

    for word in words:
        assert word in reason


def test_a_reason_carries_the_correlation_id_that_hubspots_support_asks_for() -> None:
    assert "correlation abc-1" in dead(errors.Invalid(Fault(status=400, correlation_id="abc-1")))
