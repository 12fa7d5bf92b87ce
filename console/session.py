"""The signed session: which portal a browser may see, and what binds its forms to it.

It lives in a cookie that SECRET_KEY signs. It begins when an install is finished: whoever may
install the app in a HubSpot account may see what Segue does there.
"""

import hmac
import secrets
from datetime import datetime, timedelta

from flask import session

from mappings.instants import to_ms

PORTAL = "portal"
TOKEN = "token"  # noqa: S105 -- the name of the field, not a secret
STATES = "installs"
STATE_LIVES = timedelta(minutes=15)
MOST_STATES = 5  # installs begun at once, in several tabs


def sign_in(portal_id: int) -> None:
    """Begin a session for one portal alone; whatever the browser had before is dropped."""
    session.clear()
    session.permanent = True
    session[PORTAL] = portal_id
    session[TOKEN] = secrets.token_urlsafe(24)


def sign_out() -> None:
    """End the session."""
    session.clear()


def portal_id() -> int | None:
    """Give the portal that this browser may see; None without a session."""
    held = session.get(PORTAL)
    return held if isinstance(held, int) else None


def form_token() -> str:
    """Give what a form must carry to be taken for one of this session's pages."""
    return str(session.get(TOKEN, ""))


def is_own_form(given: str) -> bool:
    """Does a form come from a page of this session?"""
    held = form_token()
    return bool(held) and hmac.compare_digest(held.encode(), given.encode("utf-8", "replace"))


def new_state(now: datetime) -> str:
    """Begin an install: make the state that must come back from HubSpot to this browser."""
    state = secrets.token_urlsafe(32)
    begun = {**_begun(now), state: to_ms(now)}
    session[STATES] = dict(list(begun.items())[-MOST_STATES:])
    return state


def take_state(given: str, now: datetime) -> bool:
    """Was an install with this state begun here of late? A state is good once."""
    begun = _begun(now)
    found = [each for each in begun if hmac.compare_digest(each.encode(), _bytes(given))]
    session[STATES] = {each: at for each, at in begun.items() if each not in found}
    return bool(found)


def _begun(now: datetime) -> dict[str, int]:
    held = session.get(STATES)
    if not isinstance(held, dict):
        return {}
    oldest = to_ms(now - STATE_LIVES)
    # A cookie's JSON comes back sorted by key: by time again, so that the oldest goes first.
    recent = [(str(state), int(at)) for state, at in held.items() if oldest <= int(at)]
    return dict(sorted(recent, key=lambda each: each[1]))


def _bytes(given: str) -> bytes:
    return given.encode("utf-8", "replace")
