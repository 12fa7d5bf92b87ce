"""What people are shown of one portal: reads only, each for one portal alone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from integration.store.tables import IS_DEAD, IS_DUE, budgets, inbox, inbox_portals, outbox
from mappings.instants import from_ms, to_ms
from mappings.writing import IntentKind

MOST_GROUPS = 50


@dataclass(frozen=True, slots=True)
class Heard:
    """One delivery as its portal may see it.

    `shared` ones speak of other portals too: their counts and reasons are nobody's alone.
    """

    id: int
    received_at: datetime
    state: str  # due, done, dead
    reason: str
    due_at: datetime
    attempts: int
    messages: int
    heard_before: int
    skipped: int
    shared: bool


@dataclass(frozen=True, slots=True)
class StuckDeliveries:
    """Deliveries that are alike: dead ones, or ones put off (`due`)."""

    state: str
    reason: str
    shared: bool
    count: int
    since: datetime
    next_at: datetime


@dataclass(frozen=True, slots=True)
class Group:
    """Items of the outbox that are alike: how many, since when, when next."""

    kind: IntentKind
    target: str
    state: str  # due, done, skipped, dead
    reason: str
    count: int
    since: datetime
    next_at: datetime
    done_at: datetime | None


def deliveries(connection: Connection, portal_id: int, limit: int) -> list[Heard]:
    """Read the newest deliveries that spoke of a portal."""
    query = _heard(portal_id).order_by(inbox.c.id.desc()).limit(limit)
    return [Heard(*row) for row in connection.execute(query)]


def stuck_deliveries(
    connection: Connection, portal_id: int, now: datetime
) -> list[StuckDeliveries]:
    """Group a portal's deliveries that are dead or put off; the largest groups first."""
    put_off = sa.and_(inbox.c.state == "due", inbox.c.reason != "", inbox.c.due_at > now)
    heard = _heard(portal_id).where(sa.or_(inbox.c.state == "dead", put_off)).subquery()
    alike = (heard.c.state, heard.c.reason, heard.c.shared)
    number = sa.func.count().label("number")
    query = (
        sa.select(
            *alike,
            number,
            sa.func.min(heard.c.received_at, type_=inbox.c.received_at.type),
            sa.func.min(heard.c.due_at, type_=inbox.c.due_at.type),
        )
        .group_by(*alike)
        .order_by(number.desc(), *alike)
        .limit(MOST_GROUPS)
    )
    return [StuckDeliveries(*row) for row in connection.execute(query)]


def dead_deliveries(connection: Connection, portal_id: int) -> list[int]:
    """Find the dead deliveries that spoke of a portal."""
    query = (
        sa.select(inbox.c.id)
        .join(inbox_portals, inbox_portals.c.inbox_id == inbox.c.id)
        .where(inbox_portals.c.portal_id == portal_id, inbox.c.state == "dead")
    )
    return list(connection.scalars(query))


def open_items(connection: Connection, portal_id: int) -> list[Group]:
    """Group what is not written yet, or was given up, by reason; the largest groups first."""
    both = _groups(connection, portal_id, IS_DUE) + _groups(connection, portal_id, IS_DEAD)
    return sorted(both, key=lambda group: -group.count)[:MOST_GROUPS]


def enrollments(connection: Connection, portal_id: int) -> list[Group]:
    """Group a portal's enrollments by trigger, state and reason; the largest groups first."""
    return _groups(connection, portal_id, outbox.c.kind == IntentKind.ENROLLMENT.value)


def pauses(connection: Connection, portal_id: int, now: datetime) -> dict[str, datetime]:
    """Say until when HubSpot asked for no calls, by bucket; only where it is later than now."""
    query = sa.select(budgets.c.bucket, budgets.c.blocked_until).where(
        budgets.c.portal_id == portal_id, budgets.c.blocked_until > to_ms(now)
    )
    return {bucket: from_ms(until) for bucket, until in connection.execute(query)}


def _heard(portal_id: int) -> "sa.Select[Any]":
    other = inbox_portals.alias()
    shared = sa.exists().where(other.c.inbox_id == inbox.c.id, other.c.portal_id != portal_id)
    return (
        sa.select(
            inbox.c.id,
            inbox.c.received_at,
            inbox.c.state,
            inbox.c.reason,
            inbox.c.due_at,
            inbox.c.attempts,
            inbox.c.messages,
            inbox.c.heard_before,
            inbox.c.skipped,
            shared.label("shared"),
        )
        .join(inbox_portals, inbox_portals.c.inbox_id == inbox.c.id)
        .where(inbox_portals.c.portal_id == portal_id)
    )


def _groups(connection: Connection, portal_id: int, which: sa.ColumnElement[bool]) -> list[Group]:
    alike = (outbox.c.kind, outbox.c.target, outbox.c.state, outbox.c.reason)
    number = sa.func.count().label("number")
    query = (
        sa.select(
            *alike,
            number,
            sa.func.min(outbox.c.wanted_at, type_=outbox.c.wanted_at.type),
            sa.func.min(outbox.c.due_at, type_=outbox.c.due_at.type),
            sa.func.max(outbox.c.done_at, type_=outbox.c.done_at.type),
        )
        .where(outbox.c.portal_id == portal_id, which)
        .group_by(*alike)
        .order_by(number.desc(), *alike)
        .limit(MOST_GROUPS)
    )
    return [Group(IntentKind(row[0]), *row[1:]) for row in connection.execute(query)]
