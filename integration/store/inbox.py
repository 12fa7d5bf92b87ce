"""The inbox: deliveries as they came, one row each, until they are taken in."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from integration.store.appending import Appending
from integration.store.engine import Store, chunks, insert, locked
from integration.store.gathering import Settle
from integration.store.tables import heard, inbox, inbox_portals

KEPT = ("due", "dead")  # states in which a delivery's body is kept


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook request, as it came."""

    id: int
    received_at: datetime
    body: bytes
    attempts: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Tally:
    """What was in a delivery: entries, of them known already, of them nothing of ours."""

    messages: int
    heard_before: int
    skipped: int


@dataclass(frozen=True, slots=True)
class Claim:
    """Who claims, when, and until when nobody else may."""

    lease: str
    now: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Arrived:
    """A delivery at the door."""

    body: bytes
    at: datetime


def put(connection: Connection, arrived: list[Arrived]) -> None:
    """Keep deliveries, due at once."""
    connection.execute(sa.insert(inbox), [_row(each) for each in arrived])


def appending(store: Store) -> Callable[[list[Arrived]], Settle]:
    """Give what does the same for a door, as `Gathering` puts it."""
    return Appending(store, inbox, _row).add


def _row(arrived: Arrived) -> dict[str, Any]:
    return {
        "body": arrived.body,
        "received_at": arrived.at,
        "due_at": arrived.at,
        "state": "due",
        "attempts": 0,
        "reason": "",
        "messages": 0,
        "heard_before": 0,
        "skipped": 0,
    }


def claim(connection: Connection, claim: Claim, limit: int) -> list[Delivery]:
    """Take the oldest due deliveries that nobody holds."""
    free = sa.or_(inbox.c.lease.is_(None), inbox.c.leased_until <= claim.now)
    query = (
        sa.select(inbox.c.id)
        .where(inbox.c.state == "due", inbox.c.due_at <= claim.now, free)
        .order_by(inbox.c.due_at, inbox.c.id)
        .limit(limit)
    )
    ids = list(connection.scalars(locked(connection, query)))
    if not ids:
        return []
    rows = connection.execute(
        sa.update(inbox)
        .where(inbox.c.id.in_(ids))
        .values(lease=claim.lease, leased_until=claim.until)
        .returning(inbox.c.id, inbox.c.received_at, inbox.c.body, inbox.c.attempts)
    )
    return sorted((Delivery(*row) for row in rows), key=lambda delivery: delivery.id)


def still_held(connection: Connection, ids: list[int], lease: str) -> set[int]:
    """Find which deliveries a lease still holds: a slow worker's may have been taken over."""
    query = sa.select(inbox.c.id).where(
        inbox.c.id.in_(ids), inbox.c.lease == lease, inbox.c.state == "due"
    )
    return set(connection.scalars(query))


def release(connection: Connection, lease: str) -> None:
    """Give back, unchanged, what a lease still holds."""
    mine = sa.and_(inbox.c.state == "due", inbox.c.lease == lease)
    connection.execute(sa.update(inbox).where(mine).values(lease=None))


def finish(connection: Connection, delivery_id: int, tally: Tally, now: datetime) -> None:
    """Mark a delivery done, with what was in it; it says nothing of anybody from here on."""
    _set(
        connection,
        delivery_id,
        body=b"",
        state="done",
        done_at=now,
        lease=None,
        reason="",
        messages=tally.messages,
        heard_before=tally.heard_before,
        skipped=tally.skipped,
    )


def put_off(
    connection: Connection, delivery: Delivery, until: datetime, counts: bool, reason: str
) -> None:
    """Make a delivery due again later; `counts` says whether it was a real attempt."""
    _set(
        connection,
        delivery.id,
        due_at=until,
        lease=None,
        attempts=delivery.attempts + (1 if counts else 0),
        reason=reason,
    )


def bury(connection: Connection, delivery_id: int, now: datetime, reason: str) -> None:
    """Give a delivery up, with the reason a person sees; `revive` brings it back."""
    _set(connection, delivery_id, state="dead", done_at=now, lease=None, reason=reason)


def wake(connection: Connection, portal_id: int, now: datetime) -> None:
    """Make the deliveries due now that waited for a portal to be connected again."""
    mine = sa.select(inbox_portals.c.inbox_id).where(inbox_portals.c.portal_id == portal_id)
    connection.execute(
        sa.update(inbox)
        .where(inbox.c.state == "due", inbox.c.due_at > now, inbox.c.id.in_(mine))
        .values(due_at=now)
    )


def revive(connection: Connection, now: datetime, delivery_id: int | None = None) -> int:
    """Make dead deliveries (all, or one) due again; give how many."""
    query = sa.update(inbox).where(inbox.c.state == "dead")
    if delivery_id is not None:
        query = query.where(inbox.c.id == delivery_id)
    return connection.execute(
        query.values(state="due", due_at=now, attempts=0, reason="", lease=None)
    ).rowcount


def tag(connection: Connection, delivery_id: int, portal_ids: Iterable[int]) -> None:
    """Remember of which portals a delivery speaks."""
    rows = [{"portal_id": portal_id, "inbox_id": delivery_id} for portal_id in portal_ids]
    if rows:
        connection.execute(insert(connection, inbox_portals).on_conflict_do_nothing(), rows)


def unheard(connection: Connection, portal_id: int, fingerprints: list[bytes]) -> set[bytes]:
    """Find which of these entries of a portal were never taken in."""
    known: set[bytes] = set()
    for part in chunks(fingerprints):
        query = sa.select(heard.c.fingerprint).where(
            heard.c.portal_id == portal_id, heard.c.fingerprint.in_(part)
        )
        known.update(connection.scalars(query))
    return set(fingerprints) - known


def hear(connection: Connection, portal_id: int, fingerprints: set[bytes], now: datetime) -> None:
    """Remember entries as taken in."""
    rows = [
        {"portal_id": portal_id, "fingerprint": fingerprint, "heard_at": now}
        for fingerprint in sorted(fingerprints)
    ]
    if rows:
        connection.execute(insert(connection, heard).on_conflict_do_nothing(), rows)


def unhear(connection: Connection, portal_id: int, beginnings: Iterable[bytes]) -> int:
    """Forget the entries whose fingerprints begin with one of these; give how many."""
    forgotten = 0
    for beginning in beginnings:
        which = heard.c.fingerprint.between(beginning, beginning + b"\xff" * 32)
        mine = sa.and_(heard.c.portal_id == portal_id, which)
        forgotten += connection.execute(sa.delete(heard).where(mine)).rowcount
    return forgotten


def kept_after(connection: Connection, after: int, limit: int) -> list[Delivery]:
    """Read the next deliveries by id that aren't done, so that their bodies are kept."""
    query = (
        sa.select(inbox.c.id, inbox.c.received_at, inbox.c.body, inbox.c.attempts, inbox.c.reason)
        .where(inbox.c.state.in_(KEPT), inbox.c.id > after)
        .order_by(inbox.c.id)
        .limit(limit)
    )
    return [Delivery(*row) for row in connection.execute(query)]


def reason_of(connection: Connection, delivery_id: int) -> str:
    """Say why a delivery isn't done."""
    query = sa.select(inbox.c.reason).where(inbox.c.id == delivery_id)
    return connection.scalar(query) or ""


def rewrite(
    connection: Connection, delivery_id: int, body: bytes, reason: str, now: datetime
) -> bool:
    """Keep less of a delivery than it said; one that says nothing any more is done.

    False where it was done meanwhile.
    """
    mine = sa.and_(inbox.c.id == delivery_id, inbox.c.state.in_(KEPT))
    values: dict[str, object] = {"body": body, "reason": reason}
    if body in (b"", b"[]"):
        values = {"body": b"", "reason": "", "state": "done", "done_at": now, "lease": None}
    return connection.execute(sa.update(inbox).where(mine).values(**values)).rowcount == 1


def prune(connection: Connection, before: datetime) -> int:
    """Drop what was done before an instant, and entries heard before it."""
    old = sa.select(inbox.c.id).where(inbox.c.state == "done", inbox.c.done_at < before)
    connection.execute(sa.delete(inbox_portals).where(inbox_portals.c.inbox_id.in_(old)))
    connection.execute(sa.delete(heard).where(heard.c.heard_at < before))
    result = connection.execute(
        sa.delete(inbox).where(inbox.c.state == "done", inbox.c.done_at < before)
    )
    return result.rowcount


def _set(connection: Connection, delivery_id: int, **values: object) -> None:
    connection.execute(sa.update(inbox).where(inbox.c.id == delivery_id).values(**values))
