"""The due table: for each contact the next instant at which anything about it can change."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from integration.store import bulk, claims
from integration.store.engine import among, chunks, insert, locks_rows, plain
from integration.store.inbox import Claim
from integration.store.tables import contacts, due, portals
from mappings.instants import from_ms, to_ms
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
    held = claims.taken(connection, portal_id, claim.now)
    query = (
        _rows(portal_id)
        .where(due.c.due_at <= claim.now)
        .order_by(due.c.due_at, due.c.contact_id)
        .limit(limit + len(held))
    )
    free = [each for each in _read(connection, query) if each.contact_id not in held][:limit]
    return _claimed(connection, portal_id, free, claim)


def claim_these(connection: Connection, portal_id: int, ids: list[int], claim: Claim) -> list[Due]:
    """Take these contacts, whenever they are due; whoever calls knows that nobody holds them."""
    found = [
        each
        for part in chunks(ids, 2000)
        for each in _read(connection, _rows(portal_id).where(among(due.c.contact_id, part)))
    ]
    return _claimed(connection, portal_id, found, claim)


def hold(connection: Connection, portal_id: int, ids: list[int], claim: Claim) -> dict[int, Due]:
    """Hold those of some contacts that nobody holds and that aren't due, as due now for the rule.

    One that wasn't in the table, since it never changes by itself, comes into it.
    """
    held = claims.taken(connection, portal_id, claim.now)
    free = sorted({*ids} - held)
    rows = [
        {
            "portal_id": portal_id,
            "contact_id": contact_id,
            "due_at": claim.now,
            "cause": Cause.RULE.value,
        }
        for contact_id in free
    ]
    come: set[int] = set()
    found: list[Due] = []
    for part, new in zip(chunks(free), chunks(rows), strict=True):
        statement = insert(connection, due).on_conflict_do_nothing()
        come.update(connection.scalars(statement.returning(due.c.contact_id), new))
        found += _read(connection, _rows(portal_id).where(among(due.c.contact_id, part)))
    mine = [each for each in found if each.contact_id in come or each.due_at > claim.now]
    ready = [Due(each.contact_id, claim.now, Cause.RULE, each.version) for each in mine]
    return {each.contact_id: each for each in _claimed(connection, portal_id, ready, claim)}


def _rows(portal_id: int) -> "sa.Select[Any]":
    return sa.select(due.c.contact_id, due.c.due_at, due.c.cause, due.c.version).where(
        due.c.portal_id == portal_id
    )


def _read(connection: Connection, query: "sa.Select[Any]") -> list[Due]:
    return [
        Due(contact_id, from_ms(due_at), Cause(cause), version)
        for contact_id, due_at, cause, version in plain(connection, query)
    ]


def _claimed(connection: Connection, portal_id: int, found: list[Due], claim: Claim) -> list[Due]:
    if found:
        claims.put(connection, portal_id, claim, [each.contact_id for each in found])
    return sorted(found, key=lambda each: each.contact_id)


def unchanged(connection: Connection, portal_id: int, claimed: list[Due], lease: str) -> set[int]:
    """Find which claimed contacts a lease still holds and nothing happened to since the claim."""
    versions = {each.contact_id: each.version for each in claimed}
    held = claims.mine(connection, portal_id, lease)
    return {
        each.contact_id
        for part in chunks(sorted(versions), 2000)
        for each in _read(connection, _rows(portal_id).where(among(due.c.contact_id, part)))
        if each.contact_id in held and versions[each.contact_id] == each.version
    }


def of(connection: Connection, portal_id: int, ids: list[int]) -> dict[int, Waiting]:
    """Read when contacts are due; those that never are, are absent."""
    until = {
        contact_id: claim.until
        for claim in claims.held(connection, portal_id)
        for contact_id in claim.contact_ids
    }
    return {
        each.contact_id: Waiting(each.due_at, until.get(each.contact_id))
        for part in chunks(ids, 2000)
        for each in _read(connection, _rows(portal_id).where(among(due.c.contact_id, part)))
    }


def settle(connection: Connection, portal_id: int, looked_at: list[Next]) -> None:
    """Set when contacts are due again.

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
    changed = {"due_at": given["due_at"], "cause": by_time}
    return sa.update(due).where(*_is_same(given)).values(changed)


def _never(given: bulk.Given) -> sa.Delete:
    return sa.delete(due).where(*_is_same(given))


def _is_same(given: bulk.Given) -> list[sa.ColumnElement[bool]]:
    return [due.c[name] == given[name] for name in _SAME]


def overdue(
    connection: Connection, portal_id: int, ids: Iterable[int], now: datetime
) -> dict[int, datetime]:
    """Read since when those of some contacts are due that are."""
    found = of(connection, portal_id, sorted(set(ids)))
    return {each: one.due_at for each, one in found.items() if one.due_at <= now}


def forget(connection: Connection, portal_id: int, ids: list[int]) -> None:
    """Take contacts out of the table, and from whoever looks at them: nothing of them changes."""
    claims.forget(connection, portal_id, ids)
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
