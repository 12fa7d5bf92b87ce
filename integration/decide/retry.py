"""What to do after HubSpot refused: try again at an instant, or give up with a reason.

Pure: time and chance come in as arguments. Reasons are words for the portal's admin: what
happened, and what to do.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from integration.errors import (
    BudgetSpent,
    Conflict,
    DailyLimitReached,
    Forbidden,
    GrantRefused,
    HubSpotError,
    Invalid,
    MissingScopes,
    NotFound,
    PortalDisconnected,
    RateLimited,
    SegueError,
    TokenBusy,
    TooLong,
    Unauthorized,
    Unavailable,
    WrongDataCentre,
)

MOST_ATTEMPTS: Final = 16  # the waits between them add up to three to six hours
FIRST_WAIT: Final = timedelta(seconds=5)
LONGEST_WAIT: Final = timedelta(hours=1)
LONGEST_ASKED: Final = timedelta(hours=24)  # HubSpot's own bound, of a portal on the move (477)
RATE_WINDOW: Final = timedelta(seconds=10)
LOCKED: Final = timedelta(seconds=2)
SPREAD: Final = timedelta(seconds=2)  # so that many workers don't come back at one instant
PARKED: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class RetryAt:
    """Try again at `at`. `counts` says whether this was one of the attempts allowed."""

    at: datetime
    counts: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Dead:
    """Trying again can't help until a person did something."""

    reason: str


@dataclass(frozen=True, slots=True)
class Moment:
    """When the error came. `midnight` is the next one in the portal's own time zone; `jitter` is
    a random number from 0 to 1."""

    now: datetime
    midnight: datetime
    jitter: float


Decision = RetryAt | Dead


def decide(error: SegueError, attempts: int, moment: Moment) -> Decision:
    """Decide what to do after an error; `attempts` are those that counted before this one."""
    if isinstance(error, BudgetSpent | TokenBusy):
        return _waits(error, moment)
    if isinstance(error, PortalDisconnected):
        return RetryAt(moment.now + PARKED, False, _parked())
    if isinstance(error, GrantRefused):
        return _no_token(error, moment)
    if isinstance(error, RateLimited):
        return _limited(error, moment)
    if isinstance(error, Unavailable) and error.status in {423, 477}:
        return _asked_to_wait(error, moment)
    if isinstance(error, Unavailable | Unauthorized):
        return _backs_off(error, attempts, moment)
    if isinstance(error, HubSpotError):
        return Dead(_dead(error))
    return Dead(f"{error} This is a fault in Segue: please report it.")


def _waits(error: BudgetSpent | TokenBusy, moment: Moment) -> Decision:
    """Wait for our own budget or token: HubSpot refused nothing."""
    at = max(error.retry_at, moment.now) + moment.jitter * SPREAD
    return RetryAt(at, False, f"{error} It goes on by itself.")


def _parked() -> str:
    return (
        "Segue is disconnected from this portal. Nothing is lost: it goes on when an admin "
        "installs the app again."
    )


def _no_token(error: GrantRefused, moment: Moment) -> Decision:
    if error.revoked:
        return RetryAt(moment.now + PARKED, False, _parked())
    reason = (
        f"HubSpot refuses Segue's own app settings ({error.category or error.message}): whoever "
        "runs Segue must check the client id, client secret and redirect address."
    )
    return RetryAt(moment.now + PARKED, False, reason)


def _limited(error: RateLimited, moment: Moment) -> Decision:
    """Wait out a rate limit; it never counts towards giving up."""
    if isinstance(error, DailyLimitReached):
        at = max(moment.midnight, moment.now) + moment.jitter * SPREAD
        reason = (
            "HubSpot's daily limit of calls for this portal is used up. It goes on after midnight "
            "in the portal's time zone."
        )
        return RetryAt(at, False, reason)
    asked = RATE_WINDOW if error.retry_after is None else timedelta(seconds=error.retry_after)
    at = moment.now + min(asked, LONGEST_ASKED) + moment.jitter * SPREAD
    return RetryAt(at, False, "HubSpot asked for a pause: too many calls. It goes on by itself.")


def _asked_to_wait(error: Unavailable, moment: Moment) -> Decision:
    """Wait while HubSpot holds a record (423) or moves the portal (477)."""
    asked = timedelta(seconds=error.retry_after or 0)
    moves = error.status == 477
    least = RATE_WINDOW if moves else LOCKED
    at = moment.now + min(max(asked, least), LONGEST_ASKED) + moment.jitter * SPREAD
    reason = (
        "HubSpot is moving this portal to another data centre, which takes up to a day."
        if moves
        else "HubSpot is busy with this record."
    )
    return RetryAt(at, False, f"{reason} It goes on by itself.")


def _backs_off(error: HubSpotError, attempts: int, moment: Moment) -> Decision:
    """Wait twice as long each time, between half and the whole of it; give up at last."""
    if attempts + 1 >= MOST_ATTEMPTS:
        return Dead(
            f"HubSpot failed {attempts + 1} times, the last time with: {error} Try it again once "
            "status.hubspot.com shows no trouble."
        )
    doubled = min(FIRST_WAIT * 2 ** min(attempts, 30), LONGEST_WAIT)
    wait = doubled * (0.5 + moment.jitter / 2)
    if error.retry_after is not None:
        wait = max(wait, min(timedelta(seconds=error.retry_after), LONGEST_ASKED))
    return RetryAt(moment.now + wait, True, f"{error} Segue tries again by itself.")


def _dead(error: HubSpotError) -> str:
    """Say what HubSpot refused, and what a person can do about it."""
    what = next((words for kind, words in WORDS if isinstance(error, kind)), OTHERWISE)
    scopes = ", ".join(error.missing_scopes) or "HubSpot didn't say which"
    return what.format(error=error, scopes=scopes)


OTHERWISE: Final = "HubSpot refused this call: {error} Report it to whoever runs Segue."
WORDS: Final[tuple[tuple[type[HubSpotError], str], ...]] = (
    (
        MissingScopes,
        "The install lacks a permission ({scopes}). Install the app again from Segue's start "
        "page and grant it. {error}",
    ),
    (
        Forbidden,
        "HubSpot forbids this in your portal, often because its subscription doesn't include it. "
        "Check the portal's subscription and the installing user's rights. {error}",
    ),
    (
        NotFound,
        "What this was for is gone from HubSpot: it was deleted or merged there. Restore it in "
        "HubSpot, or take it out of Segue's rules. {error}",
    ),
    (
        Conflict,
        "HubSpot already has one of this name or address. Rename one of the two. {error}",
    ),
    (
        Invalid,
        "HubSpot refuses a value. Check in HubSpot's settings that the property still exists, "
        "with this option, and that no rule of the portal forbids the change. {error}",
    ),
    (TooLong, "This asks HubSpot for too much at once: use fewer properties in the rules. {error}"),
    (
        WrongDataCentre,
        "The portal moved to another HubSpot data centre. Install the app again from Segue's "
        "start page. {error}",
    ),
)
