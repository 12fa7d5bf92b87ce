"""The due table: for each contact the next instant at which anything about it can change."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from integration.store import bulk
from integration.store.engine import among, chunks, insert, locked, locks_rows
from integration.store.inbox import Claim
from integration.store.tables import contacts, due, portals
from mappings.instants import to_ms
from mappings.model import Cause

# A contact's row, unless it was touched meanwhile.
_SAME = ("portal_id", "contact_id", "version")


@dataclass(frozen=True, slots=True)
class Due:
    """A contact to look at: since when it is due, why, and the version that was claimed."""

    contact_id: int
    due_at: datetime
    cause: Cause
    version: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """When a contact is due, and until when somebody holds it (None: nobody does)."""

    due_at: datetime
    held_until: datetime | None


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
    return claim_these(connection, portal_id, ids, claim)


def claim_these(connection: Connection, portal_id: int, ids: list[int], claim: Claim) -> list[Due]:
    """Take these contacts, whenever they are due; whoever calls knows that nobody holds them."""
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


def hold(connection: Connection, portal_id: int, ids: list[int], claim: Claim) -> dict[int, Due]:
    """Hold those of some contacts that nobody holds and that aren't due, as due now for the rule.

    One that wasn't in the table, since it never changes by itself, comes into it.
    """
    rows = [
        {
            "portal_id": portal_id,
            "contact_id": contact_id,
            "due_at": claim.now,
            "cause": Cause.RULE.value,
            "lease": claim.lease,
            "leased_until": claim.until,
        }
        for contact_id in sorted(ids)
    ]
    statement = insert(connection, due)
    free = sa.or_(due.c.lease.is_(None), due.c.leased_until <= claim.now)
    statement = statement.on_conflict_do_update(
        index_elements=["portal_id", "contact_id"],
        set_={"lease": claim.lease, "leased_until": claim.until},
        where=sa.and_(free, due.c.due_at > claim.now),
    )
    held: dict[int, Due] = {}
    for part in chunks(rows):
        found = connection.execute(statement.returning(due.c.contact_id, due.c.version), part)
        held |= {each: Due(each, claim.now, Cause.RULE, version) for each, version in found}
    return held


def let_go(connection: Connection, portal_id: int, ids: list[int], lease: str) -> None:
    """Free the contacts that a lease still holds."""
    for part in chunks(ids):
        connection.execute(
            sa.update(due)
            .where(due.c.portal_id == portal_id, due.c.contact_id.in_(part), due.c.lease == lease)
            .values(lease=None)
        )


def unchanged(connection: Connection, portal_id: int, claimed: list[Due], lease: str) -> set[int]:
    """Find which claimed contacts a lease still holds and nothing happened to since the claim."""
    versions = {each.contact_id: each.version for each in claimed}
    same: set[int] = set()
    for part in chunks(sorted(versions)):
        query = sa.select(due.c.contact_id, due.c.version).where(
            due.c.portal_id == portal_id, due.c.contact_id.in_(part), due.c.lease == lease
        )
        same.update(
            each for each, version in connection.execute(query) if versions[each] == version
        )
    return same


def of(connection: Connection, portal_id: int, ids: list[int]) -> dict[int, Waiting]:
    """Read when contacts are due; those that never are, are absent."""
    found: dict[int, Waiting] = {}
    for part in chunks(ids):
        query = sa.select(due.c.contact_id, due.c.due_at, due.c.leased_until, due.c.lease).where(
            due.c.portal_id == portal_id, due.c.contact_id.in_(part)
        )
        for contact_id, due_at, leased_until, lease in connection.execute(query):
            found[contact_id] = Waiting(due_at, leased_until if lease is not None else None)
    return found


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
    later: list[bulk.Row] = []
    never: list[bulk.Row] = []
    for each in looked_at:
        key = (portal_id, each.contact_id, each.version)
        if each.due_at is None:
            never.append(key)
        else:
            later.append((*key, to_ms(each.due_at)))
    _lock(connection, portal_id, looked_at)
    bulk.change(connection, due, (*_SAME, "due_at"), later, _later)
    bulk.change(connection, due, _SAME, never, _never)
    for part in chunks([item.contact_id for item in looked_at], 2000):
        # Who wasn't touched meanwhile is free already.
        held = sa.and_(due.c.portal_id == portal_id, due.c.lease.is_not(None))
        connection.execute(
            sa.update(due).where(held, among(due.c.contact_id, part)).values(lease=None)
        )


def _lock(connection: Connection, portal_id: int, looked_at: list[Next]) -> None:
    """Lock rows in the order of their keys, where they are changed in whatever order is quick."""
    if not locks_rows(connection):
        return
    for part in chunks(sorted(each.contact_id for each in looked_at), 2000):
        mine = sa.and_(due.c.portal_id == portal_id, among(due.c.contact_id, part))
        found = sa.select(due.c.contact_id).where(mine).order_by(due.c.contact_id)
        connection.execute(found.with_for_update())


def _later(given: bulk.Given) -> sa.Update:
    by_time: sa.ColumnElement[str] = sa.literal_column(f"'{Cause.TIME.value}'")
    changed = {"due_at": given["due_at"], "cause": by_time, "lease": sa.null()}
    return sa.update(due).where(*_is_same(given)).values(changed)


def _never(given: bulk.Given) -> sa.Delete:
    return sa.delete(due).where(*_is_same(given))


def _is_same(given: bulk.Given) -> list[sa.ColumnElement[bool]]:
    return [due.c[name] == given[name] for name in _SAME]


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
