"""When a record's property says that something was: milliseconds, seconds, ISO 8601 or a day.

HubSpot's datetime properties travel as ISO 8601 or milliseconds. Its date properties stand for a
calendar day and travel as that day's midnight in UTC, whatever the portal's time zone: such a day
begins at midnight where the portal is. Shops and tools that write into text or number properties
send seconds, too.
https://developers.hubspot.com/docs/guides/api/crm/properties
"""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mappings.values import Unreadable, believed, happened, instant

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def moment(value: Any, zone: str = "UTC", *, is_date: bool = False) -> datetime:
    """Read an instant from a property's value; Unreadable for what is none.

    `is_date` says that the property is of HubSpot's type date: its number counts milliseconds
    always, and what it means is the day, which begins at midnight in `zone` (an IANA name). A bare
    day (`2026-06-30`) begins there, too. A time without an offset is UTC, as HubSpot's are. What
    isn't to be believed (before 1990, after 2100) is none.
    """
    if is_date:
        return _begin(instant(value).date(), zone)
    text = value.strip() if isinstance(value, str) else ""
    if _DAY.fullmatch(text):
        try:
            return _begin(date.fromisoformat(text), zone)
        except ValueError:
            raise Unreadable("not a day") from None
    return happened(value)


def _begin(day: date, zone: str) -> datetime:
    believed(datetime.combine(day, time(), UTC))
    return start_of(day, zone)


def start_of(day: date, zone: str) -> datetime:
    """Give the first instant of a calendar day in a time zone (UTC where the name is unknown).

    Where the clocks skip midnight, the day begins with the first hour that there is; where they
    show midnight twice, with the first one.
    """
    return datetime.combine(day, time(), _zone(zone)).astimezone(UTC)


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def seconds_between(start: datetime, end: datetime) -> int:
    """Count the whole seconds from one instant to a later one; nothing where it isn't later."""
    return max(0, (end - start) // timedelta(seconds=1))
