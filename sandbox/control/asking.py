"""What control requests have in common."""

from __future__ import annotations

from datetime import datetime, timedelta

from sandbox.clock import to_wire
from sandbox.errors import invalid, not_found
from sandbox.gate import sandbox
from sandbox.state import Portal

ROOT = "/sandbox"
PORTAL = f"{ROOT}/portals/<int:hub_id>"


def portal_of(hub_id: int) -> Portal:
    """Find a portal; raise the 404 otherwise."""
    portal = sandbox().portals.get(hub_id)
    if portal is None:
        raise not_found(f"There is no portal {hub_id}")
    return portal


def instant(text: object) -> datetime:
    """Read an aware instant in ISO 8601; raise the 400 otherwise."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise invalid(f"{text!r} is not an instant") from error
    if found.tzinfo is None:
        raise invalid(f"{text!r} has no time zone")
    return found


def seconds(given: object) -> timedelta:
    """Read a number of seconds; raise the 400 otherwise."""
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise invalid(f"{given!r} is not a number of seconds")
    return timedelta(seconds=given)


def time_now() -> dict[str, str]:
    """Say what time it is in the stand-in."""
    return {"now": to_wire(sandbox().clock.now())}
