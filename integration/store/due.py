"""The due table: for each contact the next instant at which anything about it can change."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from integration.store.engine import among, chunks, insert, locked
from integration.store.inbox import Claim
from integration.store.tables import contacts, due, portals
from mappings.model import Cause


@dataclass(frozen=True, slots=True)
class Due:
    """A contact to look at: since when it is due, why, and the version that was claimed."""

    contact_id: int
    due_at: datetime
    cause: Cause
    version: int


@dataclass(frozen=True, slots=True)
class Next:
    """When a contact that was looked at is due again; None where nothing changes by itself."""

    contact_id: int
    version: int
    due_at: datetime | None


def touch(
    connection: Connection, portal_id: int, ids: Iterable[int], now: datetime, cause: Cause
) -> None:
    """Make contacts due now.

    Being looked at meanwhile does no harm: the version grows, so the look that read the old
    state can't put the contact off.
    """
    rows = [
        {"portal_id": portal_id, "contact_id": contact_id, "due_at": now, "cause": cause.value}
        for contact_id in sorted(set(ids))
    ]
    statement = insert(connection, due)
    statement = statement.on_conflict_do_update(
        index_elements=["portal_id", "contact_id"],
        set_={
            "due_at": sa.case(
                (due.c.due_at <= statement.excluded.due_at, due.c.due_at),
                else_=statement.excluded.due_at,
            ),
            # An overdue contact keeps the earlier instant, but something did happen to it.
            "cause": statement.excluded.cause,
            "version": due.c.version + 1,
        },
    )
    for part in chunks(rows):
        connection.execute(statement, part)


def touch_all(connection: Connection, portal_id: int, now: datetime, cause: Cause) -> None:
    """Make every live contact of a portal due now."""
    every = sa.select(
        contacts.c.portal_id,
        contacts.c.contact_id,
        sa.literal(now, due.c.due_at.type),
        sa.literal(cause.value),
        sa.literal(1),
    ).where(contacts.c.portal_id == portal_id, contacts.c.state == "live")
    statement = insert(connection, due).from_select(
        ["portal_id", "contact_id", "due_at", "cause", "version"], every
    )
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["portal_id", "contact_id"],
            set_={"due_at": now, "cause": cause.value, "version": due.c.version + 1},
        )
    )


def claim(connection: Connection, portal_id: int, claim: Claim, limit: int) -> list[Due]:
    """Take the contacts longest due that nobody holds."""
    free = sa.or_(due.c.lease.is_(None), due.c.leased_until <= claim.now)
    query = (
        sa.select(due.c.contact_id)
        .where(due.c.portal_id == portal_id, due.c.due_at <= claim.now, free)
        .order_by(due.c.due_at, due.c.contact_id)
        .limit(limit)
    )
    ids = list(connection.scalars(locked(connection, query)))
    taken: list[Due] = []
    for part in chunks(ids, 2000):
        rows = connection.execute(
            sa.update(due)
            .where(due.c.portal_id == portal_id, among(due.c.contact_id, part))
            .values(lease=claim.lease, leased_until=claim.until)
            .returning(due.c.contact_id, due.c.due_at, due.c.cause, due.c.version)
        )
        taken += [
            Due(contact_id, due_at, Cause(cause), version)
            for contact_id, due_at, cause, version in rows
        ]
    return sorted(taken, key=lambda item: item.contact_id)


def still_held(connection: Connection, portal_id: int, ids: list[int], lease: str) -> set[int]:
    """Find which of these contacts a lease still holds, once the portal's turn was taken."""
    held: set[int] = set()
    for part in chunks(ids, 2000):
        query = sa.select(due.c.contact_id).where(
            due.c.portal_id == portal_id, among(due.c.contact_id, part), due.c.lease == lease
        )
        held.update(connection.scalars(query))
    return held


def settle(connection: Connection, portal_id: int, looked_at: list[Next]) -> None:
    """Set when contacts are due again, and free them.

    One that was touched since it was claimed stays due at once; one that never changes by
    itself leaves the table.
    """
    if not looked_at:
        return
    same = sa.and_(
        due.c.portal_id == portal_id,
        due.c.contact_id == sa.bindparam("b_contact"),
        due.c.version == sa.bindparam("b_version"),
    )
    later = [_bound(item) for item in looked_at if item.due_at is not None]
    never = [_bound(item) for item in looked_at if item.due_at is None]
    if later:
        connection.execute(
            sa.update(due)
            .where(same)
            .values(due_at=sa.bindparam("b_due"), cause=Cause.TIME.value, lease=None),
            later,
        )
    if never:
        connection.execute(sa.delete(due).where(same), never)
    for part in chunks([item.contact_id for item in looked_at], 2000):
        # Who wasn't touched meanwhile is free already.
        held = sa.and_(due.c.portal_id == portal_id, due.c.lease.is_not(None))
        connection.execute(
            sa.update(due).where(held, among(due.c.contact_id, part)).values(lease=None)
        )


def forget(connection: Connection, portal_id: int, ids: list[int]) -> None:
    """Take contacts out of the table: nothing about them can change any more."""
    for part in chunks(ids):
        connection.execute(
            sa.delete(due).where(due.c.portal_id == portal_id, due.c.contact_id.in_(part))
        )


def portals_waiting(connection: Connection, now: datetime) -> set[int]:
    """Find the portals in which anybody is due: one probe of the index for each portal."""
    anybody = sa.exists().where(due.c.portal_id == portals.c.portal_id, due.c.due_at <= now)
    return set(connection.scalars(sa.select(portals.c.portal_id).where(anybody)))


def waiting(connection: Connection, portal_id: int, now: datetime) -> int:
    """Count the contacts that are due and not yet looked at."""
    query = sa.select(sa.func.count()).where(due.c.portal_id == portal_id, due.c.due_at <= now)
    return connection.scalar(query) or 0


def _bound(item: Next) -> dict[str, object]:
    return {"b_contact": item.contact_id, "b_version": item.version, "b_due": item.due_at}
