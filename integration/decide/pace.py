"""How often each contact is asked about, where HubSpot has to be asked contact by contact.

Who was active lately is likely to be again: the next look comes after a tenth of the time that
nothing happened. The looks together take a fixed share of the portal's calls.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from integration.decide.budget import RATES
from mappings.model import Bucket

SHARE: Final = 0.2  # of all calls, once the past is read
PART: Final = 10
SOONEST: Final = timedelta(minutes=2)
LATEST: Final = timedelta(days=7)
BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


def next_look(now: datetime, active_at: datetime | None) -> datetime:
    """Say when to ask about a contact again that was last seen active at an instant."""
    idle = now - active_at if active_at else LATEST * PART
    return now + min(LATEST, max(SOONEST, idle / PART))


def first_look(now: datetime, active_at: datetime | None) -> datetime:
    """Say when a contact's past is due: long ago, the earlier the later it was active.

    So whoever was active last comes first, and before everybody whose past was read.
    """
    idle = now - active_at if active_at else now - BEGINNING
    return BEGINNING + max(timedelta(0), min(idle, now - BEGINNING))


def rest(calls: int) -> timedelta:
    """Say how long to wait after so many calls, so that they stay within their share."""
    rate = RATES[Bucket.GENERAL]
    return timedelta(milliseconds=calls * rate.span_ms / (rate.limit * SHARE))
