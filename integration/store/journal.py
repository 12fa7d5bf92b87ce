"""How far the app's journal was read: one row an app, held by one worker at a time."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from integration.store.engine import insert
from integration.store.inbox import Claim
from integration.store.tables import journal


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an app's journal was read, and what it is subscribed to.

    `offset` is "" before the first file; `polled_at` is when there was nothing newer.
    """

    app_id: int
    offset: str
    attempts: int
    reason: str
    due_at: datetime
    polled_at: datetime | None
    subscribed_with: str
    subscribed_at: datetime | None
    events: int


def claim(connection: Connection, app_id: int, claim: Claim) -> Standing | None:
    """Take an app's journal; None where somebody holds it, or it isn't due."""
    begun = insert(connection, journal).values(app_id=app_id, due_at=claim.now)
    connection.execute(begun.on_conflict_do_nothing())
    free = sa.or_(journal.c.lease.is_(None), journal.c.leased_until <= claim.now)
    query = (
        sa.update(journal)
        .where(journal.c.app_id == app_id, journal.c.due_at <= claim.now, free)
        .values(lease=claim.lease, leased_until=claim.until)
        .returning(*_COLUMNS)
    )
    row = connection.execute(query).first()
    return None if row is None else Standing(*row)


def get(connection: Connection, app_id: int) -> Standing | None:
    """Read how far an app's journal was read."""
    row = connection.execute(sa.select(*_COLUMNS).where(journal.c.app_id == app_id)).first()
    return None if row is None else Standing(*row)


def advance(connection: Connection, held: Standing, lease: str, offset: str, events: int) -> bool:
    """Save the offset with what its file held; False where another holds the journal now."""
    values = {"offset": offset, "events": journal.c.events + events, "attempts": 0, "reason": ""}
    return connection.execute(_mine(held, lease).values(**values)).rowcount == 1


def note_subscriptions(
    connection: Connection, held: Standing, lease: str, digest: str, now: datetime
) -> None:
    """Remember with what HubSpot was last asked for."""
    values = {"subscribed_with": digest, "subscribed_at": now}
    connection.execute(_mine(held, lease).values(**values))


def rest(
    connection: Connection, held: Standing, lease: str, now: datetime, until: datetime
) -> None:
    """Let go of a journal that was read to its end."""
    values = {"polled_at": now, "due_at": until, "lease": None, "attempts": 0, "reason": ""}
    connection.execute(_mine(held, lease).values(**values))


def put_off(
    connection: Connection, held: Standing, lease: str, until: datetime, how: tuple[bool, str]
) -> None:
    """Go on later; `how` is whether it was a real attempt, and why."""
    counts, reason = how
    attempts = held.attempts + (1 if counts else 0)
    values = {"due_at": until, "lease": None, "attempts": attempts, "reason": reason}
    connection.execute(_mine(held, lease).values(**values))


_COLUMNS = (
    journal.c.app_id,
    journal.c.offset,
    journal.c.attempts,
    journal.c.reason,
    journal.c.due_at,
    journal.c.polled_at,
    journal.c.subscribed_with,
    journal.c.subscribed_at,
    journal.c.events,
)


def _mine(held: Standing, lease: str) -> sa.Update:
    return sa.update(journal).where(journal.c.app_id == held.app_id, journal.c.lease == lease)
